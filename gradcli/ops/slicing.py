"""Parts of a tensor that share its storage: select, slice, narrow, diagonal; and their scatters.

Sources: aten/src/ATen/native/TensorShape.cpp, torch/csrc/autograd/FunctionsManual.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.adjoints import zeros
from gradcli.engine.dims import normalize_dim
from gradcli.engine.limits import reserve
from gradcli.engine.op import composite, op

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Dim, Object

Shape = tuple[int, ...]


@op(private=True, view=True, vjp={"input": lambda g: g})
def alias(input: Array) -> Array:
    """All of it: what `x[...]` is."""
    return input[...]


# --- one place along a dimension -----------------------------------------------------------------------------------


@op(
    view=True,
    vjp={"input": lambda g, input_shape, dim, index: select_backward(g, input_shape, dim, index)},
    samples=["select(m, 0, 1)", "select(t3, -1, -2)", "v.select(0, 2)"],
    examples=["select(tensor([[1., 2.], [3., 4.]]), 0, 1)"],
)
def select(input: Array, dim: int, index: int) -> Array:
    """The slice at `index` along `dim`, without that dimension; a view."""
    if not input.ndim:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim = normalize_dim(dim, input.ndim)
    size = input.shape[dim]
    if not -size <= index < size:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(input.shape)} at dimension {dim}"
        )
    return input[(slice(None),) * dim + (index, ...)]


@op(private=True, grad_fn="SelectBackwardBackward0", vjp={"g": lambda g, dim, index: select(g, dim, index)})
def select_backward(g: Array, shape: Object, dim: int, index: int) -> Array:
    """Zeros of `shape` with g in the place that select showed."""
    return _placed(g, zeros(g, shape), select.kernel, dim, index)


def _placed(region: Any, whole: Array, kernel: Any, *args: Any) -> Array:
    """`whole` with `region` written into the view of it that the kernel gives."""
    kernel(whole, *args)[...] = region
    return whole


# --- a stretch of a dimension --------------------------------------------------------------------------------------


@op(
    "slice",
    private=True,
    view=True,
    vjp={"input": lambda g, input_shape, dim, start, end, step: slice_backward(g, input_shape, dim, start, end, step)},
)
def slice_(input: Array, dim: Dim, start: Object, end: Object, step: int) -> Array:
    """From start to end along `dim`, clamped as Python clamps; a view."""
    return input[(slice(None),) * dim + (slice(start, end, step),)]


@op(
    private=True,
    grad_fn="SliceBackwardBackward0",
    vjp={"g": lambda g, dim, start, end, step: slice_(g, dim, start, end, step)},
)
def slice_backward(g: Array, shape: Object, dim: int, start: Object, end: Object, step: int) -> Array:
    """Zeros of `shape` with g in the stretch that slice showed."""
    return _placed(g, zeros(g, shape), slice_.kernel, dim, start, end, step)


@composite("narrow", samples=["narrow(m, 1, labels[1], 2)"], examples=["narrow(tensor([1., 2., 3.]), 0, tensor(1), 2)"])
def narrow_tensor(input: Array, dim: int, start: Array, length: int) -> Any:
    """`length` places along `dim`, beginning at a 0-dim integer tensor; a view."""
    array = start.array  # type: ignore[attr-defined]
    if array.ndim or array.dtype.kind not in "iu":
        raise RuntimeError("start must be an 0-dim integral Tensor.")
    return narrow(input, dim, int(array), length)


@composite(
    samples=["narrow(m, 1, 0, 2)", "narrow(t3, -1, -2, 2)", "v.narrow(0, 1, 0)"],
    examples=["narrow(tensor([1., 2., 3.]), 0, 1, 2)"],
)
def narrow(input: Array, dim: int, start: int, length: int) -> Any:
    """`length` places along `dim`, beginning at `start`; a view."""
    if not input.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    dim = normalize_dim(dim, input.ndim)
    size = input.shape[dim]
    if not -size <= start <= size:
        raise IndexError(f"start out of range (expected to be in range of [-{size}, {size}], but got {start})")
    start += size if start < 0 else 0
    if start > size - length:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return slice_(input, dim, start, start + length, 1)


# --- diagonals -----------------------------------------------------------------------------------------------------


def _diagonal(input: Array, offset: int, dim1: int, dim2: int) -> Array:
    dim1, dim2 = dim1 % max(input.ndim, 1), dim2 % max(input.ndim, 1)  # formulas hand on what was called
    if dim1 == dim2:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    rows, columns = input.shape[dim1], input.shape[dim2]
    offset = max(-rows, min(columns, offset))
    return np.lib.stride_tricks.as_strided(*_diagonal_layout(input, offset, dim1, dim2))


def _diagonal_layout(input: Array, offset: int, dim1: int, dim2: int) -> tuple[Array, Shape, Shape]:
    first, second = max(-offset, 0), max(offset, 0)
    count = max(0, min(input.shape[dim1] - first, input.shape[dim2] - second))
    start: list[Any] = [slice(None)] * input.ndim
    if count:
        start[dim1], start[dim2] = slice(first, None), slice(second, None)
    kept = [d for d in range(input.ndim) if d not in (dim1, dim2)]
    shape = (*(input.shape[d] for d in kept), count)
    strides = (*(input.strides[d] for d in kept), input.strides[dim1] + input.strides[dim2])
    return input[tuple(start)], shape, strides


@op(
    view=True,
    vjp={"input": lambda g, input_shape, offset, dim1, dim2: diagonal_backward(g, input_shape, offset, dim1, dim2)},
    samples=["diagonal(sq)", "diagonal(m, 1)", "diagonal(t3, -1, 0, 2)", "diagonal(t3, 0, -1, 0)", "m.diagonal(5)"],
    examples=["diagonal(tensor([[1., 2.], [3., 4.]]))"],
)
def diagonal(input: Array, offset: int = 0, dim1: Dim = 0, dim2: Dim = 1) -> Array:
    """The diagonal over two dimensions, as the last dimension; a view. offset: above (positive) or below."""
    return _diagonal(input, offset, dim1, dim2)


@op(
    private=True,
    grad_fn="DiagonalBackwardBackward0",
    vjp={"g": lambda g, offset, dim1, dim2: diagonal(g, offset, dim1, dim2)},
)
def diagonal_backward(g: Array, shape: Object, offset: int, dim1: int, dim2: int) -> Array:
    """Zeros of `shape` with g on the diagonal."""
    return _placed(g, zeros(g, shape), _diagonal, offset, dim1, dim2)


@op(
    "diagonal_copy",
    method=False,
    grad_fn="DiagonalBackward0_copy",
    vjp={"input": lambda g, input_shape, offset, dim1, dim2: diagonal_backward(g, input_shape, offset, dim1, dim2)},
    samples=["diagonal_copy(sq)"],
    examples=["diagonal_copy(tensor([[1., 2.], [3., 4.]]))"],
)
def diagonal_copy(input: Array, offset: int = 0, dim1: Dim = 0, dim2: Dim = 1) -> Array:
    """`diagonal` as a copy."""
    return _diagonal(input, offset, dim1, dim2).copy()


@composite(
    "diagonal", module="linalg", samples=["linalg.diagonal(t3)"], examples=["linalg.diagonal(ones(2, 3, 3)).shape"]
)
def linalg_diagonal(A: Array, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """The diagonal of each matrix; a view."""
    return diagonal(A, offset, dim1, dim2)


@op(
    vjp={"input": lambda g, offset, dim1, dim2: diagonal(g, offset, dim1, dim2)},
    samples=["diag_embed(m)", "diag_embed(v, 1)", "diag_embed(m, -1, 0, 2)", "diag_embed(empty2)"],
    examples=["diag_embed(tensor([1., 2.]))"],
)
def diag_embed(input: Array, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Array:
    """Matrices over two new dimensions, zero but for the last dimension of input on the diagonal."""
    ndim = input.ndim + 1
    dim1, dim2 = normalize_dim(dim1, ndim), normalize_dim(dim2, ndim)
    if dim1 == dim2:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    side = input.shape[-1] + abs(offset)
    shape = list(input.shape[:-1])
    for dim in sorted((dim1, dim2)):
        shape.insert(dim, side)
    whole = np.zeros(reserve(tuple(shape), input.dtype), input.dtype)
    _diagonal(whole, offset, dim1, dim2)[...] = input
    return whole


# --- a copy with a part replaced -----------------------------------------------------------------------------------


def _scattered(input: Array, src: Array, kernel: Any, *args: Any) -> Array:
    whole = input.copy()
    region = kernel(whole, *args)
    if region.shape != src.shape:
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. "
            f"src size = {list(src.shape)}, slice size = {list(region.shape)}"
        )
    region[...] = src
    return whole


@op(
    vjp={
        "input": lambda g, src_shape, dim, index: select_scatter(g, zeros(g, src_shape), dim, index),
        "src": lambda g, dim, index: select(g, dim, index),
    },
    samples=["select_scatter(m, row, 0, 1)"],
    examples=["select_scatter(zeros(2, 2), ones(2), 0, 1)"],
)
def select_scatter(input: Array, src: Array, dim: Dim, index: int) -> Array:
    """A copy of input with src in place of `select(input, dim, index)`."""
    return _scattered(input, src, select.kernel, dim, index)


@op(
    vjp={
        "input": lambda g, src_shape, dim, start, end, step: slice_scatter(
            g, zeros(g, src_shape), dim, start, end, step
        ),
        "src": lambda g, dim, start, end, step: slice_(g, dim, start, end, step),
    },
    samples=["slice_scatter(m, col, 1, 1, 2)", "slice_scatter(m, n)"],
    examples=["slice_scatter(zeros(2, 2), ones(2, 1), 1, 1)"],
)
def slice_scatter(
    input: Array, src: Array, dim: Dim = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Array:
    """A copy of input with src in place of the stretch from start to end along `dim`."""
    return _scattered(input, src, slice_.kernel, dim, start, end, step)


@op(
    vjp={
        "input": lambda g, src_shape, offset, dim1, dim2: diagonal_scatter(g, zeros(g, src_shape), offset, dim1, dim2),
        "src": lambda g, offset, dim1, dim2: diagonal(g, offset, dim1, dim2),
    },
    samples=["diagonal_scatter(sq, v)", "diagonal_scatter(m, labels.double(), 1)"],
    examples=["diagonal_scatter(zeros(2, 2), ones(2))"],
)
def diagonal_scatter(input: Array, src: Array, offset: int = 0, dim1: Dim = 0, dim2: Dim = 1) -> Array:
    """A copy of input with src on a diagonal."""
    return _scattered(input, src, _diagonal, offset, dim1, dim2)
