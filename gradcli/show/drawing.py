"""A diagnostic as lines of styled pieces; `plain` joins the pieces, `terminal` colours them.

    error: The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1
     --> line 2, column 5
      |
    2 | y = x @ w + b
      |     ^^^^^   ^ shape [4]
      |     |
      |     shape [2, 3]
      = help: the last axis must match or be 1: 3 against 4

Spans become marks, one for each line that is marked. Marks of a line that do not overlap share a row of carets; a line
too long to be read is cut to the part around its marks, or shown in several parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradcli.show.escape import escape_line, escape_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradcli.lang.errors.diagnostics import Diagnostic, Label, LineMap

__all__ = ["Line", "Piece", "draw_diagnostic", "draw_place"]

Piece = tuple[str, str]
"""Style and text. The styles are error, warning, message, place, gutter, source, mark, label, help and note."""

Line = list[Piece]

LONGEST_LINE = 120
"""Source lines up to this many characters are shown whole."""

CONTEXT = 30
"""Characters kept on both sides of the marks when a line is cut."""

TAB = 4
CUT = "..."


class _Mark:
    """One label on one line, in characters of that line; later in columns of its drawing."""

    __slots__ = ("end", "start", "text")

    def __init__(self, start: int, end: int, text: str) -> None:
        self.start = start
        self.end = end
        self.text = text


def draw_diagnostic(
    diagnostic: Diagnostic, source: LineMap | None = None, name: str | None = None, first_line: int = 1
) -> list[Line]:
    """Draw a diagnostic.

    source      the text that its spans point into; without it only the sentences are drawn
    name        the file's name; None for text that was typed
    first_line  the number of the source's first line in that file
    """
    severity = "warning" if diagnostic.kind == "warning" else "error"
    drawn: list[Line] = [[(severity, severity), ("message", ": " + escape_text(diagnostic.message))]]
    margin = ""
    if source is not None and diagnostic.labels:
        marks = _marks_by_line(diagnostic, source)
        margin = " " * len(str(max(marks) + first_line - 1))
        line, column = source.position(_clipped(diagnostic.labels[0].span, source)[0])
        place = draw_place(line + first_line - 1, column, name)
        drawn.append([("gutter", margin + "--> "), ("place", place)])
        drawn.append([("gutter", margin + " |")])
        drawn.extend(_excerpts(marks, source, first_line, margin))
    margin = margin or " "
    for style, text in [("help", diagnostic.help), *(("note", note) for note in diagnostic.notes)]:
        if text:
            drawn.extend(_remark(style, escape_text(text), margin))
    return drawn


def draw_place(line: int, column: int, name: str | None) -> str:
    """Where a diagnostic is, in the form that editors follow for a file: `name:line:column`."""
    return f"line {line}, column {column}" if name is None else f"{escape_line(name)}:{line}:{column}"


def _remark(style: str, text: str, margin: str) -> Iterator[Line]:
    first, *others = text.split("\n")
    yield [("gutter", f"{margin} = "), (style, f"{style}: "), ("message", first)]
    for line in others:
        yield [("gutter", margin + " " * len(f" = {style}: ")), ("message", line)]


def _clipped(span: tuple[int, int], source: LineMap) -> tuple[int, int]:
    """The span within the text, and not empty unless it stands at the end of a line."""
    start = min(max(span[0], 0), len(source.text))
    return start, min(max(span[1], start), len(source.text))


def _marks_by_line(diagnostic: Diagnostic, source: LineMap) -> dict[int, list[_Mark]]:
    """The marks of each line, in the order of the labels; of a span over several lines, on its first and last."""
    marks: dict[int, list[_Mark]] = {}
    for label in _worth_marking(diagnostic.labels):
        start, end = _clipped(label.span, source)
        text = escape_line(label.text)
        first, column = source.position(start)
        # A span that ends where a line begins ends with the line before.
        last, last_column = source.position(max(start, end - 1))
        if first == last:
            marks.setdefault(first, []).append(_Mark(column - 1, last_column if end > start else column - 1, text))
            continue
        marks.setdefault(first, []).append(_Mark(column - 1, len(source.line(first)), ""))
        line = source.line(last)
        indent = len(line) - len(line.lstrip())
        marks.setdefault(last, []).append(_Mark(min(indent, last_column - 1), last_column, text))
    return marks


def _worth_marking(labels: list[Label]) -> list[Label]:
    """All but a whole that has nothing to say, where two of its parts have: they mark it well enough."""
    said = [label.span for label in labels if label.text]

    def is_told(whole: Label) -> bool:
        inside = [span for span in said if whole.span[0] <= span[0] and span[1] <= whole.span[1]]
        return not whole.text and len(inside) > 1

    return [label for label in labels if not is_told(label)]


def _excerpts(marks: dict[int, list[_Mark]], source: LineMap, first_line: int, margin: str) -> Iterator[Line]:
    """The marked lines in order, with what lies between them when that is a single line."""
    before = 0
    for number in sorted(marks):
        if before and number == before + 2:
            shown, _ = _drawn_line(source.line(before + 1)[:LONGEST_LINE])
            yield _source_line(before + 1 + first_line - 1, shown, margin)
        elif before and number > before + 2:
            yield [("gutter", CUT)]
        text = source.line(number)
        for part in _parts(marks[number], text):
            shown, columns = _part(text, part)
            yield _source_line(number + first_line - 1, shown, margin)
            for row in _rows(part, columns):
                yield [("gutter", margin + " | "), *row]
        before = number


def _source_line(number: int, text: str, margin: str) -> Line:
    gutter = f"{number:>{len(margin)}} |"
    return [("gutter", gutter + " "), ("source", text)] if text.rstrip() else [("gutter", gutter)]


def _parts(marks: list[_Mark], text: str) -> list[list[_Mark]]:
    """The marks that one excerpt of the line can show: all of them, unless the line is too long."""
    if len(text) <= LONGEST_LINE:
        return [marks]
    room = LONGEST_LINE - 2 * CONTEXT
    parts: list[list[_Mark]] = []
    for mark in sorted(marks, key=lambda mark: mark.start):
        if parts and min(mark.end, mark.start + room) - parts[-1][0].start <= room:
            parts[-1].append(mark)
        else:
            parts.append([mark])
    return parts


def _part(text: str, marks: list[_Mark]) -> tuple[str, list[int]]:
    """The drawing of the part of a line around the marks, and the column of each character from the line's start."""
    low, high = 0, len(text)
    if len(text) > LONGEST_LINE:
        low = max(0, min(mark.start for mark in marks) - CONTEXT)
        high = min(low + LONGEST_LINE, len(text))
        low = max(0, high - LONGEST_LINE)
    shown, columns = _drawn_line(text[low:high])
    if low:
        shown = CUT + shown
        columns = [column + len(CUT) for column in columns]
    if high < len(text):
        shown += CUT
    # Marks that reach out of the part end at its edges.
    return shown, [columns[0]] * low + columns + [columns[-1]] * (len(text) - high)


def _drawn_line(text: str) -> tuple[str, list[int]]:
    """The line as it is drawn, and the column at which each character begins, and the end."""
    if text.isascii() and text.isprintable():
        return text, list(range(len(text) + 1))
    shown: list[str] = []
    columns = [0]
    for char in text:
        drawn = " " * (TAB - columns[-1] % TAB) if char == "\t" else escape_line(char)
        shown.append(drawn)
        columns.append(columns[-1] + (len(drawn) if len(drawn) > 1 or drawn.isascii() else _width(drawn)))
    return "".join(shown), columns


def _width(char: str) -> int:
    """How many columns a terminal gives to a character outside ASCII."""
    from unicodedata import category, east_asian_width

    if category(char) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def _rows(marks: list[_Mark], columns: list[int]) -> Iterator[Line]:
    """Rows of carets and labels under a line. Marks that overlap go under each other."""
    end = len(columns) - 1
    placed = []
    for mark in marks:
        start = columns[min(mark.start, end)]
        placed.append(_Mark(start, max(start + 1, columns[min(mark.end, end)]), mark.text))
    while placed:
        layer: list[_Mark] = []
        left: list[_Mark] = []
        for mark in placed:
            free = all(mark.end <= other.start or other.end <= mark.start for other in layer)
            (layer if free else left).append(mark)
        layer.sort(key=lambda mark: mark.start)
        yield from _layer(layer)
        placed = left


def _layer(marks: list[_Mark]) -> Iterator[Line]:
    """One row of carets; the last label stands at its right, the others hang below on bars."""
    row: Line = []
    column = 0
    for mark in marks:
        row.append(("mark", " " * (mark.start - column) + "^" * (mark.end - mark.start)))
        column = mark.end
    last = marks[-1]
    if last.text:
        row.append(("label", " " + last.text))
    yield row
    hanging = [mark for mark in marks[:-1] if mark.text]
    if hanging:
        yield _bars(hanging)
    while hanging:
        mark = hanging.pop()
        bars = _bars(hanging)
        drawn = hanging[-1].start + 1 if hanging else 0
        yield [*bars, ("label", " " * (mark.start - drawn) + mark.text)]


def _bars(marks: list[_Mark]) -> Line:
    column = 0
    row: Line = []
    for mark in marks:
        row.append(("mark", " " * (mark.start - column) + "|"))
        column = mark.start + 1
    return row
