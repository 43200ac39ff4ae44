"""Tables as plain text, and what a variable says in one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from gradcli.engine.tensor import Tensor
from gradcli.lang.values.table import type_name
from gradcli.show.escape import escape_line

VARIABLE_HEADINGS: Final = ("name", "shape", "dtype", "requires_grad", "grad_fn", "bytes")


def table_text(headings: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[str] = ()) -> str:
    """Rows below headings, in columns as wide as they need; `right`: the headings of columns that end in a line."""
    lines = [list(headings), *([escape_line(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if heading in right else cell.ljust(width)
            for cell, width, heading in zip(line, widths, headings, strict=True)
        ).rstrip()
        for line in lines
    )


def variable_row(name: str, value: Any) -> list[str]:
    """A variable as VARIABLE_HEADINGS has it."""
    if type(value) is not Tensor:
        return [name, "", type_name(value), "", "", ""]
    node = value.grad_fn
    return [
        name,
        str(list(value.shape)),
        value.dtype.name,
        "yes" if value.requires_grad else "",
        node.name() if node else "",
        f"{value.array.nbytes:,}",
    ]


def variables_text(items: Iterable[tuple[str, Any]]) -> str:
    """The table of `vars`."""
    return table_text(VARIABLE_HEADINGS, [variable_row(*item) for item in items], right=("bytes",))
