"""The repr of a tensor, character for character PyTorch 2.13's (`torch/_tensor_str.py`).

The order of things: choose the elements that are drawn, turn them into cells of one width, lay the cells out in rows
and blocks, append what the numbers do not say (size, dtype, grad_fn). All of it runs on Python's floats, which hold
every float16, float32 and float64 exactly, so that a short tensor costs no numpy call but `tolist`.
"""

from __future__ import annotations

from math import inf, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine import dtypes
from gradcli.nn.parameter import is_parameter
from gradcli.show.options import PRINT_OPTIONS, PrintOptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gradcli.engine.tensor import Tensor

__all__ = ["format_tensor", "grad_fn_name", "tensor_repr", "tensor_text"]

_PREFIX = "tensor("


def tensor_repr(tensor: Tensor) -> str:
    """Return `repr(tensor)` under the print options and the default dtype in force: what `Tensor.text` is set to."""
    grad_fn = grad_fn_name(tensor)
    mark = "Parameter containing:\n" if is_parameter(tensor) else ""
    return mark + tensor_text(
        tensor.array,
        tensor.dtype.name,
        requires_grad=grad_fn is None and tensor.requires_grad,
        grad_fn=grad_fn,
        default_dtype=dtypes.default().name,
    )


def grad_fn_name(tensor: Tensor) -> str | None:
    """Return the name of the tensor's node as a repr has it: `CopySlices` for `torch::autograd::CopySlices`."""
    try:
        node = tensor.grad_fn
    except RuntimeError:
        # A view made and changed in place under no_grad has a history that cannot be told (PyTorch issue 99968).
        return "Invalid"
    return None if node is None else node.name().rpartition("::")[2]


def tensor_text(
    array: np.ndarray[Any, Any],
    dtype_name: str,
    *,
    requires_grad: bool = False,
    grad_fn: str | None = None,
    options: PrintOptions = PRINT_OPTIONS,
    default_dtype: str = "float32",
) -> str:
    """Return `tensor(…)` as PyTorch prints it.

    array          the values, of any shape and strides; an expanded one is never materialised when summarised
    dtype_name     the name PyTorch would print after `torch.`
    requires_grad  whether a tensor without grad_fn says `requires_grad=True`
    grad_fn        the name of the node, such as "AddBackward0"
    default_dtype  the dtype that is not worth saying

    Raises RuntimeError when more than `options.max_elements` would be drawn.
    """
    shape = array.shape
    if array.size == 0:
        body = "[]"
        # `tensor([])` is the empty vector, of the default dtype: any other must say so.
        suffixes = [f"size={shape}"] if len(shape) != 1 else []
        says_dtype = dtype_name != default_dtype
    else:
        body = _body(array, options)
        suffixes = [] if options.edgeitems else [f"size={shape}"]
        default_complex = "complex128" if default_dtype == "float64" else "complex64"
        says_dtype = dtype_name not in (default_dtype, default_complex, "int64", "bool")
    if says_dtype:
        suffixes.append(f"dtype=torch.{dtype_name}")
    if grad_fn is not None:
        suffixes.append(f"grad_fn=<{grad_fn}>")
    elif requires_grad:
        suffixes.append("requires_grad=True")
    return _with_suffixes(_PREFIX + body, suffixes, options.linewidth)


def _with_suffixes(text: str, suffixes: Iterable[str], linewidth: float) -> str:
    """Append the suffixes, each on the last line when it fits there, and close the bracket."""
    # rfind gives -1 without a line break, and PyTorch counts the same two characters too many.
    column = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if column + len(suffix) + 2 > linewidth:
            text += ",\n" + " " * len(_PREFIX) + suffix
            column = len(_PREFIX) + len(suffix)
        else:
            text += ", " + suffix
            column += len(suffix) + 2
    return text + ")"


def _body(array: np.ndarray[Any, Any], options: PrintOptions) -> str:
    """The brackets and numbers of a tensor that has elements."""
    edge = options.edgeitems
    shape = array.shape
    cut = [False] * len(shape)
    if array.size > options.threshold and shape:
        if not edge:
            return "[...]"
        cut = [size > 2 * edge for size in shape]
    kept = [2 * edge if is_cut else size for size, is_cut in zip(shape, cut, strict=True)]
    _check_amount(prod(kept), options)
    if True in cut:
        array = array[np.ix_(*map(_edges, shape, cut, [edge] * len(shape)))]
    cells, width = _cells(array.reshape(-1).tolist(), array.dtype.kind, options)
    return _layout(cells, width, kept, cut, options) if shape else cells[0]


def _check_amount(elements: int, options: PrintOptions) -> None:
    if elements > options.max_elements:
        raise RuntimeError(
            f"printing this tensor would draw {elements} elements, and the limit is {options.max_elements} "
            "(set_printoptions(threshold=1000, edgeitems=3) summarises)"
        )


def _edges(size: int, is_cut: bool, edge: int) -> Sequence[int]:
    """The places along one dimension that are drawn."""
    return [*range(edge), *range(size - edge, size)] if is_cut else range(size)


def _layout(cells: list[str], width: int, kept: list[int], cut: list[bool], options: PrintOptions) -> str:
    """Fold cells into rows, rows into matrices, and so on outwards."""
    last = len(kept) - 1
    indent = len(_PREFIX) + last
    room = options.linewidth - indent
    per_line = 1 if room < width + 2 else len(cells) + 1 if room == inf else int(room // (width + 2))
    line_break = ",\n" + " " * (indent + 1)
    blocks = []
    for row in _groups(cells, kept[last], cut[last], " ..."):
        lines = [", ".join(row[start : start + per_line]) for start in range(0, len(row), per_line)]
        blocks.append("[" + line_break.join(lines) + "]")
    for depth in range(last - 1, -1, -1):
        joint = "," + "\n" * (last - depth) + " " * (len(_PREFIX) + depth + 1)
        blocks = ["[" + joint.join(group) + "]" for group in _groups(blocks, kept[depth], cut[depth], "...")]
    return blocks[0]


def _groups(parts: list[str], size: int, is_cut: bool, gap: str) -> Iterable[list[str]]:
    """Split into lists of `size`, with `gap` in the middle where elements were left out."""
    for start in range(0, len(parts), size):
        group = parts[start : start + size]
        if is_cut:
            group.insert(size // 2, gap)
        yield group


def _cells(values: list[Any], kind: str, options: PrintOptions) -> tuple[list[str], int]:
    """Each value as text, and the width that counts when lines are broken.

    The width is PyTorch's: 0, inf and nan have no say in it, so a cell may be wider than the width.
    """
    if kind == "f":
        return _float_cells(values, options)
    if kind == "c":
        real, real_width = _float_cells([value.real for value in values], options)
        imaginary, imaginary_width = _float_cells([value.imag for value in values], options)
        cells = [
            left + right if right[0] == "-" else f"{left}+{right}"
            for left, right in zip(real, (text.lstrip() + "j" for text in imaginary), strict=True)
        ]
        return cells, real_width + imaginary_width + 1
    cells = [str(value) for value in values]
    width = max(map(len, cells))
    return [cell.rjust(width) for cell in cells], width


def _float_cells(values: list[float], options: PrintOptions) -> tuple[list[str], int]:
    # `v - v` is nan for nan and the infinities.
    telling = [v for v in values if v and v - v == 0.0]
    if telling and _is_scientific(telling, options):
        pattern = f"%.{options.precision}e"
        cells = [pattern % v for v in values]
        width = max(len(pattern % v) for v in telling)
    elif all(map(float.is_integer, telling)):
        cells = [f"{v:.0f}." if v - v == 0.0 else f"{v:.0f}" for v in values]
        width = _widest("%.0f.", telling)
    else:
        pattern = f"%.{options.precision}f"
        cells = [pattern % v for v in values]
        width = _widest(pattern, telling)
    return [cell.rjust(width) for cell in cells], width


def _widest(pattern: str, values: list[float]) -> int:
    """The longest text: that of the largest or, with its sign, the smallest value, when no exponent is written."""
    return max(len(pattern % min(values)), len(pattern % max(values))) if values else 1


def _is_scientific(telling: list[float], options: PrintOptions) -> bool:
    if options.sci_mode is not None:
        return options.sci_mode
    smallest, largest = min(map(abs, telling)), max(map(abs, telling))
    return largest / smallest > 1000.0 or largest > 1.0e8 or smallest < 1.0e-4


def format_tensor(tensor: Tensor, spec: str) -> str:
    """Return `format(tensor, spec)`: the bare number for a 0-dim tensor, else its repr.

    Raises TypeError for a specification on a tensor with dimensions, and what Python raises for one that the number
    does not understand.
    """
    marked = is_parameter(tensor)
    if tensor.array.ndim == 0 and not marked:
        return format(tensor.array.item(), spec)
    if spec:
        kind = "Parameter" if marked else "Tensor"
        raise TypeError(f"unsupported format string passed to {kind}.__format__")
    return tensor_repr(tensor)
