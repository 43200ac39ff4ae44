"""Diagonals and triangles of matrices: diag, diagflat, tril, triu, trace, block_diag, fill_diagonal_.

Source: aten/src/ATen/native/TriangularOps.cpp, TensorShape.cpp, ReduceOps.cpp.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.adjoints import zeros
from gradcli.engine.entry import OUT
from gradcli.engine.op import composite, op
from gradcli.ops.slicing import diag_embed, diagonal_copy
from gradcli.ops.views import reshape

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Number, Object


@composite(
    extras=OUT,
    samples=["diag(v)", "diag(sq)", "diag(m, 1)", "diag(v, -1)"],
    examples=["diag(tensor([1., 2.]))", "diag(tensor([[1., 2.], [3., 4.]]))"],
)
def diag(input: Array, diagonal: int = 0) -> Any:
    """The diagonal of a matrix, or the matrix with a vector as diagonal; a copy."""
    if input.ndim not in (1, 2):
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.ndim}D")
    return diag_embed(input, diagonal) if input.ndim == 1 else diagonal_copy(input, diagonal)


@composite(samples=["diagflat(m)", "diagflat(v, 1)", "diagflat(s)"], examples=["diagflat(tensor([[1., 2.]]))"])
def diagflat(input: Array, offset: int = 0) -> Any:
    """The matrix with all elements of input on its diagonal."""
    return diag_embed(reshape(input, (prod(input.shape),)), offset)


@op(
    extras=OUT,
    inplace=True,
    vjp={"input": lambda g, diagonal: tril(g, diagonal)},
    samples=["tril(sq)", "tril(t3, -1)", "tril(m, 1)", "tril(nans)", "tril(empty2)"],
    examples=["tril(tensor([[1., 2.], [3., 4.]]))"],
)
def tril(input: Array, diagonal: int = 0) -> Array:
    """The lower triangle of each matrix, zero above diagonal number `diagonal`."""
    return _triangle(input, "tril", diagonal)


@op(
    extras=OUT,
    inplace=True,
    vjp={"input": lambda g, diagonal: triu(g, diagonal)},
    samples=["triu(sq)", "triu(t3, -1)", "triu(m, 1)", "triu(nans)"],
    examples=["triu(tensor([[1., 2.], [3., 4.]]))"],
)
def triu(input: Array, diagonal: int = 0) -> Array:
    """The upper triangle of each matrix, zero below diagonal number `diagonal`."""
    return _triangle(input, "triu", diagonal)


def _triangle(input: Array, name: str, diagonal: int) -> Array:
    if input.ndim < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")
    rows, columns = input.shape[-2:]
    diagonal = max(-rows - 1, min(columns + 1, diagonal))
    below = np.arange(columns) <= np.arange(rows)[:, None] + (diagonal if name == "tril" else diagonal - 1)
    result = np.zeros(input.shape, input.dtype)
    np.copyto(result, input, where=below if name == "tril" else ~below)
    return result


@op(
    vjp={"input": lambda g, input_shape: trace_backward(g, input_shape)},
    samples=["trace(sq)", "trace(m)", "trace(i)"],
    examples=["trace(tensor([[1., 2.], [3., 4.]]))"],
)
def trace(input: Array) -> Array:
    """The sum of the diagonal of a matrix."""
    if input.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input.ndim}")
    kind = input.dtype.kind
    if kind == "b":
        raise NotImplementedError("\"trace\" not implemented for 'Bool'")
    return np.add.reduce(input.diagonal(), dtype=np.dtype(np.int64) if kind in "iu" else input.dtype)


@op(private=True, grad_fn="IndexFillBackward0", vjp={"g": lambda g: trace(g)})
def trace_backward(g: Array, shape: Object) -> Array:
    """Zeros of `shape` with g on the diagonal."""
    whole = zeros(g, shape)
    np.fill_diagonal(whole[: shape[1]], g)  # numpy begins again below a square
    return whole


@composite(
    function=False,
    samples=["sq.fill_diagonal_(2.)", "tall.fill_diagonal_(2., wrap=True)"],
    examples=["zeros(2, 3).fill_diagonal_(1.)"],
)
def fill_diagonal_(input: Array, fill_value: Number, wrap: bool = False) -> Any:
    """Write one number on the diagonal, in place; wrap: again below the square, after a gap of one row."""
    from gradcli.ops.copies import fill_
    from gradcli.ops.strided import as_strided

    shape = input.shape
    if len(shape) < 2:
        raise RuntimeError("dimensions must larger than 1")
    if len(shape) > 2 and any(size != shape[0] for size in shape):
        raise RuntimeError("all dimensions of input must be of equal length")
    array = input.array  # type: ignore[attr-defined]
    steps = [stride // array.itemsize for stride in array.strides]
    count = min(shape)
    origin = _offset(array)
    fill_(as_strided(input, (count,), (sum(steps),), origin), fill_value)
    if wrap and len(shape) == 2 and shape[0] > shape[1] + 1:
        begin = origin + steps[0] * (shape[1] + 1)
        remaining = (shape[0] * steps[0] - steps[0] * (shape[1] + 1) + sum(steps) - 1) // sum(steps)
        fill_(as_strided(input, (remaining,), (sum(steps),), begin), fill_value)
    return input


def _offset(array: Array) -> int:
    from gradcli.ops.strided import storage_of

    return storage_of(array)[1]
