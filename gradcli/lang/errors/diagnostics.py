"""Errors as data: what happened, where, and what to type instead. `show` turns them into characters."""

from __future__ import annotations

import re

Span = tuple[int, int]


class Label:
    """A place in the source, `span` in character offsets, and what there is to say about it ("" marks it only)."""

    __slots__ = ("span", "text")

    def __init__(self, span: Span, text: str = "") -> None:
        self.span = span
        self.text = text

    def __repr__(self) -> str:
        return f"Label({self.span}, {self.text!r})"


class Diagnostic:
    """One problem. The first label is the place where it happened; `message` is torch's or Python's own sentence.

    `kind` is the stage that found it ("syntax", "name", "type", "shape", "autograd", "limit", "warning", …),
    `exception` the class that Python with torch would have raised. Texts are raw: renderers escape them.
    """

    __slots__ = ("exception", "help", "kind", "labels", "message", "notes")

    def __init__(
        self,
        kind: str,
        message: str,
        labels: list[Label] | None = None,
        help: str = "",
        notes: list[str] | None = None,
        exception: str = "RuntimeError",
    ) -> None:
        self.kind = kind
        self.message = message
        self.labels = labels or []
        self.help = help
        self.notes = notes or []
        self.exception = exception

    def __repr__(self) -> str:
        return f"Diagnostic({self.kind!r}, {self.message!r}, {self.labels!r}, help={self.help!r})"


class SyntaxFailure(Exception):
    """The text is not a program. `incomplete` when it is only the beginning of one."""

    def __init__(self, diagnostic: Diagnostic, incomplete: bool = False) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic
        self.incomplete = incomplete


class LineMap:
    """Offsets to lines and columns, both from 1. A line ends at LF, CR LF or CR, as the lexer has it."""

    __slots__ = ("starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(match.end() for match in re.finditer(r"\r\n|\n|\r", text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset; the column counts characters."""
        from bisect import bisect_right

        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line without its end."""
        start = self.starts[number - 1]
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")
