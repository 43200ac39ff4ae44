"""`help functions`: torch's functions and methods by what they are about, as their modules say."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from gradcli.cli.commands.paragraphs import wrapped
from gradcli.engine.entry import Entry, entries

TOPIC = "functions"


def families() -> Iterator[tuple[str, str, list[Entry]]]:
    """(title, what else there is to say, entries) of every family, by title."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.kernel.__module__, []).append(entry)
    yield from sorted((*heading(module), family) for module, family in found.items())


def heading(module: str) -> tuple[str, str]:
    """The first sentence of a family's module: what stands before its colon, and what behind."""
    first = str(sys.modules[module].__doc__).split("\n", 1)[0]
    title, _, rest = (re.match(r"(.*?)([:.](?:\s|$))(.*)", first) or re.match("(.*)()()", first)).groups()  # type: ignore[union-attr]
    return title[:1].upper() + title[1:] if not title.startswith("torch") else title, rest[:1].upper() + rest[1:]


def path_of(entry: Entry) -> str:
    """How a call of it begins: `relu`, `nn.functional.gelu`, `x.add_`."""
    if not entry.function:
        return f"x.{entry.name}" if entry.method else entry.also[0]
    return f"{entry.module}.{entry.name}" if entry.module else entry.name


def functions_text() -> str:
    """The names, a family in a paragraph."""
    paragraphs = []
    for title, _, family in families():
        names = sorted({path_of(entry) for entry in family}, key=str.lower)
        paragraphs.append(f"{title}\n{wrapped('  '.join(names), indent='    ')}")
    return "\n\n".join(paragraphs)
