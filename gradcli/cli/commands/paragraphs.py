"""Text for people to read, in lines as long as the terminal takes."""

from __future__ import annotations

import textwrap
from typing import Final

from gradcli.cli.screen import columns

MOST_COLUMNS: Final = 100  # longer lines are hard to read


def width() -> int:
    """How long a line may be."""
    return min(columns() - 1, MOST_COLUMNS)


def filled(text: str) -> str:
    """Paragraphs, with lines that fill the width. The lines of the first stay lines: it is a title, or signatures.

    So do those of a paragraph of which some are indented.
    """
    title, *rest = text.split("\n\n")
    return "\n\n".join([_broken(title), *map(_filled, rest)])


def wrapped(text: str, indent: str = "", more: str = "") -> str:
    """Text broken at blanks; `more` is what the lines after the first are indented further."""
    return textwrap.fill(
        text,
        width(),
        initial_indent=indent,
        subsequent_indent=indent + more,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _filled(paragraph: str) -> str:
    indented = any(line.startswith(" ") for line in paragraph.split("\n"))
    return _broken(paragraph) if indented else wrapped(paragraph.replace("\n", " "))


def _broken(paragraph: str) -> str:
    """The lines as they are, those that are too long in parts."""
    return "\n".join(line if len(line) <= width() else _parts(line) for line in paragraph.split("\n"))


def _parts(line: str) -> str:
    text = line.lstrip()
    indent = line[: len(line) - len(text)]
    return wrapped(text, indent, more="    " if indent else "")
