"""Shapes that do not fit, as a table: right-aligned as broadcasting sees them, the clashing axes marked.

    w * 2  [2, 3]
    b         [4]
               ^

Imported when there is something to complain about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

Shape = tuple[int, ...]

LONGEST_NAME: Final = 32


class Row:
    """One tensor: what the program calls it, its shape, and the axes to mark, counted from the right: 1 is the last."""

    __slots__ = ("marks", "name", "shape")

    def __init__(self, name: str, shape: Sequence[int], marks: Sequence[int] = ()) -> None:
        self.name = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 3] + "..."
        self.shape = tuple(shape)
        self.marks = [axis for axis in marks if axis <= len(self.shape)]


Named = Sequence[tuple[str, Shape]]
Finder = Callable[["re.Match[str]", Named], list[Row]]


def clash_table(message: str, operands: Named) -> str:
    """The table for one of torch's sentences about shapes; "" where there is nothing to mark."""
    for pattern, find in _CLASHES:
        if found := re.search(pattern, message):
            rows = find(found, operands)
            return table(rows) if len(rows) > 1 else ""
    return ""


def table(rows: Sequence[Row]) -> str:
    """Draw the rows under each other; the line of marks follows the last of the rows that share it."""
    rank = max(len(row.shape) for row in rows)
    widths = [max(len(str(row.shape[-axis])) for row in rows if axis <= len(row.shape)) for axis in range(1, rank + 1)]
    margin = max(len(row.name) for row in rows) + 2
    lines = []
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        numbers = [f"{size:>{widths[axis]}}" for axis, size in enumerate(reversed(row.shape))]
        room = sum(widths) + 2 * (rank - 1) + 2
        lines.append(f"{row.name:<{margin}}{'[' + ', '.join(reversed(numbers)) + ']':>{room}}")
        if row.marks and (following is None or following.marks != row.marks):
            lines.append(_marks(row, widths, margin + room - 1).rstrip())
    return "\n".join(lines)


def _marks(row: Row, widths: list[int], end: int) -> str:
    """A line with a caret under each marked number; `end` is the column after the last number."""
    drawn = [" "] * end
    for axis in row.marks:
        last = end - sum(widths[: axis - 1]) - 2 * (axis - 1)
        size = len(str(row.shape[-axis]))
        drawn[last - size : last] = "^" * size
    return "".join(drawn)


# ---------------------------------------------------------------- what torch's sentences say of the axes


def _broadcast(found: re.Match[str], operands: Named) -> list[Row]:
    rank = max((len(shape) for _, shape in operands), default=0)
    return _all(operands, [rank - int(found["dim"])])


def _all(operands: Named, marks: Sequence[int]) -> list[Row]:
    return [Row(name, shape, marks) for name, shape in operands]


def _matrices(found: re.Match[str], operands: Named) -> list[Row]:
    """Columns of the left against rows of the right; `linear` takes its weight transposed."""
    if len(operands) < 2:
        return []
    (left, first), (right, second) = operands[-2:] if len(operands) == 3 and len(operands[0][1]) == 1 else operands[:2]
    rows = int(found["rows"])
    turned = len(second) > 1 and second[-2] != rows
    return [Row(left, first, [1]), Row(right, second, [1] if turned or len(second) == 1 else [2])]


def _last_axes(found: re.Match[str], operands: Named) -> list[Row]:
    return _all(operands[:2], [1])


def _batches(found: re.Match[str], operands: Named) -> list[Row]:
    wanted, got = ([int(size) for size in found[group].split(", ")] for group in ("wanted", "got"))
    if len(operands) < 2:
        return []
    (left, first), (right, second) = operands[:2]
    if wanted[0] != got[0]:
        return [Row(left, first, [3]), Row(right, second, [3])]
    return [Row(left, first, [1]), Row(right, second, [2])]


def _joined(found: re.Match[str], operands: Named) -> list[Row]:
    """`cat`: all axes but one must agree, in this tensor and the first."""
    along, number = int(found["dim"]), int(found["number"])
    if number >= len(operands):
        return []
    first, other = operands[0][1], operands[number][1]
    marks = [
        len(first) - axis
        for axis in range(len(first))
        if axis != along % len(first) and len(other) == len(first) and other[axis] != first[axis]
    ]
    return [Row(*operands[0], marks), Row(*operands[number], marks)]


def _stacked(found: re.Match[str], operands: Named) -> list[Row]:
    """`stack`: all axes must agree."""
    number = int(found["number"])
    if number >= len(operands):
        return []
    first, other = operands[0][1], operands[number][1]
    return [Row(*operands[0], _different(first, other)), Row(*operands[number], _different(first, other))]


def _different(first: Shape, other: Shape) -> list[int]:
    """The axes from the right that one shape does not have, or has otherwise."""
    ranks = range(1, max(len(first), len(other)) + 1)
    return [axis for axis in ranks if axis > min(len(first), len(other)) or first[-axis] != other[-axis]]


def _expanded(found: re.Match[str], operands: Named) -> list[Row]:
    target, own = ([int(size) for size in found[group].split(", ") if size] for group in ("target", "own"))
    return [
        Row("target", target, [len(target) - int(found["dim"])]),
        Row(operands[0][0] if operands else "tensor", own, [len(target) - int(found["dim"])]),
    ]


def _output(found: re.Match[str], operands: Named) -> list[Row]:
    """In place: the result must fit where it goes."""
    own, result = (tuple(int(size) for size in found[group].split(", ") if size) for group in ("own", "result"))
    marks = _different(own, result)
    return [Row(operands[0][0] if operands else "output", own, marks), Row("the result", result, marks)]


def _arrays(found: re.Match[str], operands: Named) -> list[Row]:
    """numpy's operators say which shapes, and not which axes."""
    if len(operands) < 2:
        return []
    first, other = operands[0][1], operands[1][1]
    ranks = range(1, min(len(first), len(other)) + 1)
    return _all(
        operands[:2], [axis for axis in ranks if first[-axis] != other[-axis] and 1 not in (first[-axis], other[-axis])]
    )


def _array_product(found: re.Match[str], operands: Named) -> list[Row]:
    """numpy's `@`."""
    if len(operands) < 2:
        return []
    (left, first), (right, second) = operands[:2]
    return [Row(left, first, [1]), Row(right, second, [1 if len(second) == 1 else 2])]


_CLASHES: Final[list[tuple[str, Finder]]] = [
    (r"tensor a \(\d+\) must match the size of tensor b \(\d+\) at non-singleton dimension (?P<dim>\d+)", _broadcast),
    (r"shapes cannot be multiplied \(\d+x\d+ and (?P<rows>\d+)x\d+\)", _matrices),
    (r"size mismatch, got input \(\d+\), mat \(\d+x\d+\), vec \(\d+\)", _last_axes),
    (r"inconsistent tensor size, expected tensor \[\d+\] and src \[\d+\]", _last_axes),
    (r"first two dimensions of batch2 tensor to be: \[(?P<wanted>[\d, ]+)\] but got: \[(?P<got>[\d, ]+)\]", _batches),
    (r"must match except in dimension (?P<dim>-?\d+).*for tensor number (?P<number>\d+) in the list", _joined),
    (r"to be equal size, but got .* at entry 0 and .* at entry (?P<number>\d+)", _stacked),
    (
        r"non-singleton dimension (?P<dim>\d+).*: \[(?P<target>[\d, ]*)\]\.  Tensor sizes: \[(?P<own>[\d, ]*)\]",
        _expanded,
    ),
    (r"operands could not be broadcast together with shapes", _arrays),
    (r"mismatch in its core dimension|shapes .* not aligned", _array_product),
    (r"output with shape \[(?P<own>[\d, ]*)\] doesn't match the broadcast shape \[(?P<result>[\d, ]*)\]", _output),
]
