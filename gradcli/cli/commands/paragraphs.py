"""Text for people to read, in lines as long as the terminal takes."""

from __future__ import annotations

import textwrap
from shutil import get_terminal_size
from typing import Final

MOST_COLUMNS: Final = 100  # longer lines are hard to read


def width() -> int:
    """How long a line may be."""
    return min(get_terminal_size().columns - 1, MOST_COLUMNS)


def filled(text: str) -> str:
    """Paragraphs, with lines that fill the width. What is indented stays as it is, and lines of the first stay lines.

    (The first is a title, or signatures.)
    """
    title, *rest = text.split("\n\n")
    first = "\n".join(map(wrapped, title.split("\n")))
    return "\n\n".join([first, *map(_filled, rest)])


def wrapped(text: str, indent: str = "") -> str:
    """Text broken at blanks."""
    return textwrap.fill(
        text,
        width(),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _filled(paragraph: str) -> str:
    lines = paragraph.split("\n")
    return paragraph if any(line.startswith(" ") for line in lines) else wrapped(" ".join(lines))
