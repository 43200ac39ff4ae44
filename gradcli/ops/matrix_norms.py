"""Norms of matrices, what is measured with them, and the cross product.

Sources: ATen/native/LinearAlgebra.cpp, Cross.cpp.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dims import broadcast_shapes, normalize_dim
from gradcli.engine.dtypes import of
from gradcli.engine.entry import OUT
from gradcli.engine.errors import LinAlgError, warn_once
from gradcli.engine.op import composite, op
from gradcli.ops.axes import permute
from gradcli.ops.common import multiply_add, require
from gradcli.ops.extrema import amax, amin
from gradcli.ops.factorizations import svdvals
from gradcli.ops.linalg import inv
from gradcli.ops.matmul import array_of
from gradcli.ops.matrix_checks import check_floating, check_matrix, check_square
from gradcli.ops.norms import vector_norm
from gradcli.ops.reduction import sum_dim
from gradcli.ops.slicing import slice_
from gradcli.ops.views import squeeze_dim, unsqueeze

if TYPE_CHECKING:
    from gradcli.engine.dtypes import DType
    from gradcli.engine.kinds import Array, DimList, Dims, Number

Shape = tuple[int, ...]


def _check_matrix_dims(x: Array, dim: Shape, name: str, half: bool) -> Shape:
    check_matrix(x, name)
    check_floating(x, name, half)
    if len(dim) != 2:
        raise RuntimeError(f"{name}: dim must be a 2-tuple. Got {' '.join(map(str, dim))}")
    first, second = (normalize_dim(axis, x.ndim) for axis in dim)
    if first == second:
        raise RuntimeError(f"{name}: dims must be different. Got ({dim[0]}, {dim[1]})")
    return first, second


def _singular_values(A: Any, dims: Shape) -> Any:
    others = [axis for axis in range(array_of(A).ndim) if axis not in dims]
    return svdvals(permute(A, (*others, *dims)))


def _kept(result: Any, dims: Shape, keepdim: bool) -> Any:
    """With the two dimensions as ones: added behind, then moved to their places."""
    if not keepdim:
        return result
    ndim = array_of(result).ndim + 2
    order = [axis for axis in range(ndim) if axis not in dims] + list(dims)
    behind = unsqueeze(unsqueeze(result, ndim - 2), ndim - 1)
    return permute(behind, tuple(order.index(axis) for axis in range(ndim)))


def _norm_of_order(A: Any, order: float, dims: Shape, keepdim: bool, dtype: Any) -> Any:
    if abs(order) == 2:
        values = _singular_values(_in_type(A, dtype), dims)
        return _kept(_extreme(values, -1, order, False), dims, keepdim)
    first, second = dims if abs(order) == 1 else dims[::-1]
    sums = vector_norm(A, 1, (first,), keepdim, dtype=dtype)
    if not keepdim and first < second:
        second -= 1
    return _extreme(sums, second, order, keepdim)


def _extreme(values: Any, dim: int, order: float, keepdim: bool) -> Any:
    """The largest value, 0 of none, or the least."""
    if order > 0 and not array_of(values).shape[dim]:
        return sum_dim(values, (dim,), keepdim)
    return (amax if order > 0 else amin)(values, (dim,), keepdim)


def _in_type(A: Any, dtype: Any) -> Any:
    return A if dtype is None else A.to(dtype)


@composite(
    module="linalg",
    extras=OUT,
    samples=[
        "torch.linalg.matrix_norm(m, 1)",
        "torch.linalg.matrix_norm(m, -inf)",
        "torch.linalg.matrix_norm(t3, 2, (0, 2), True)",
        "torch.linalg.matrix_norm(bsq, -2)",
    ],
    examples=["torch.linalg.matrix_norm(tensor([[1., 2.], [3., 4.]]), 1)"],
)
def matrix_norm(
    input: Array, ord: Number, dim: DimList = (-2, -1), keepdim: bool = False, *, dtype: DType | None = None
) -> Any:
    """The norm of order 1, -1 (sums of columns), inf, -inf (of rows), 2 or -2 (singular values)."""
    order: Any = ord
    if isinstance(order, complex):
        raise RuntimeError("linalg.matrix_norm: Expected a non-complex scalar as the order of norm.")
    if abs(order) not in (1, 2, inf):
        raise RuntimeError(f"linalg.matrix_norm: Order {order:g} not supported.")
    dims = _check_matrix_dims(array_of(input), dim, "linalg.matrix_norm", abs(order) != 2)
    return _norm_of_order(input, order, dims, keepdim, dtype)


@composite(
    "matrix_norm",
    module="linalg",
    extras=OUT,
    samples=[
        "torch.linalg.matrix_norm(m)",
        "torch.linalg.matrix_norm(t3, 'fro', (0, 1))",
        "torch.linalg.matrix_norm(m, 'nuc', keepdim=True)",
        "torch.linalg.matrix_norm(c)",
    ],
    examples=["torch.linalg.matrix_norm(tensor([[3., 0.], [0., 4.]]))"],
)
def matrix_norm_by_name(
    input: Array, ord: str = "fro", dim: DimList = (-2, -1), keepdim: bool = False, *, dtype: DType | None = None
) -> Any:
    """The norm "fro" (Frobenius) or "nuc" (the sum of the singular values)."""
    if ord not in ("fro", "nuc"):
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    dims = _check_matrix_dims(array_of(input), dim, "linalg.matrix_norm", ord != "nuc")
    if ord == "fro":
        return vector_norm(input, 2, dims, keepdim, dtype=dtype)
    values = _singular_values(_in_type(input, dtype), dims)
    return _kept(sum_dim(values, (array_of(values).ndim - 1,)), dims, keepdim)


@composite(
    "norm",
    module="linalg",
    extras=OUT,
    samples=[
        "torch.linalg.norm(m)",
        "torch.linalg.norm(v, 3)",
        "torch.linalg.norm(m, inf)",
        "torch.linalg.norm(t3, dim=1)",
        "torch.linalg.norm(t3, 2, (0, 1))",
        "torch.linalg.norm(ints)",
        "torch.linalg.norm(m, dtype=torch.float64)",
    ],
    examples=["torch.linalg.norm(tensor([3., 4.]))", "torch.linalg.norm(tensor([[3., 0.], [0., 4.]]), 2)"],
)
def linalg_norm(
    input: Array,
    ord: Number | None = None,
    dim: Dims | None = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Any:
    """A vector's or a matrix' norm: of all elements as a vector without ord, of a matrix with it or for two dims."""
    x = array_of(input)
    if dim is not None and len(dim) not in (1, 2):
        raise RuntimeError(f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dim)}")
    if dim is None and ord is not None and x.ndim not in (1, 2):
        raise RuntimeError(
            f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {x.ndim}D."
        )
    if ord is not None and (len(dim) == 2 if dim is not None else x.ndim == 2):
        return matrix_norm(input, ord, (0, 1) if dim is None else dim, keepdim, dtype=dtype)
    return vector_norm(input, 2.0 if ord is None else ord, dim, keepdim, dtype=dtype)


@composite(
    "norm",
    module="linalg",
    extras=OUT,
    samples=["torch.linalg.norm(m, 'nuc')", "torch.linalg.norm(t3, 'fro', (1, 2), True)"],
    examples=["torch.linalg.norm(tensor([[3., 0.], [0., 4.]]), 'nuc')"],
)
def linalg_norm_by_name(
    input: Array, ord: str, dim: Dims | None = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Any:
    """A matrix' norm "fro" or "nuc"."""
    if dim is not None and len(dim) not in (1, 2):
        raise RuntimeError(f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dim)}")
    if dim is None and array_of(input).ndim not in (1, 2):
        raise RuntimeError(
            f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {array_of(input).ndim}D."
        )
    return matrix_norm_by_name(input, ord, (0, 1) if dim is None else dim, keepdim, dtype=dtype)


# --- measures --------------------------------------------------------------------------------------------------------


@composite(
    module="linalg",
    extras=OUT,
    samples=[
        "torch.linalg.cond(sq)",
        "torch.linalg.cond(sq.detach(), 1)",
        "torch.linalg.cond(bsq, -2)",
        "torch.linalg.cond(m)",
    ],
    examples=["torch.linalg.cond(tensor([[2., 0.], [0., 4.]]))"],
)
def cond(input: Array, p: Number | None = None) -> Any:
    """The condition number in the norm of order p: 2, -2, 1, -1, inf or -inf."""
    x = array_of(input)
    if x.ndim < 2:
        raise RuntimeError("linalg.cond: The input tensor must have at least 2 dimensions.")
    if isinstance(p, complex):
        raise RuntimeError("value cannot be converted to type double without overflow")
    if p not in (None, 1, -1, 2, -2, inf, -inf):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p:g}")
    if not x.size:
        return _condition_of_nothing(x)
    if p not in (None, 2, -2):
        check_square(x, f"linalg.cond(ord={f'{p:f}' if isinstance(p, float) else p})")
        return _condition(input, matrix_norm, p)
    values = svdvals(input)
    axis = array_of(values).ndim - 1
    last = array_of(values).shape[axis] - 1
    largest, smallest = slice_(values, axis, 0, 1, 1), slice_(values, axis, last, last + 1, 1)
    return squeeze_dim(smallest / largest if p == -2 else largest / smallest, axis)


@composite(
    "cond",
    module="linalg",
    extras=OUT,
    samples=["torch.linalg.cond(sq.detach(), 'fro')", "torch.linalg.cond(sq.detach(), 'nuc')"],
    examples=["torch.linalg.cond(tensor([[2., 0.], [0., 4.]]), 'fro')"],
)
def cond_by_name(input: Array, p: str) -> Any:
    """The condition number in the norm "fro" or "nuc"."""
    x = array_of(input)
    check_square(x, f"linalg.cond(ord={p})")
    if p not in ("fro", "nuc"):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    if not x.size:
        return _condition_of_nothing(x)
    if p == "fro":
        return _condition(input, matrix_norm_by_name, p)
    values = svdvals(input)
    axis = (array_of(values).ndim - 1,)
    return sum_dim(values, axis) * sum_dim(1 / values, axis)


def _condition_of_nothing(x: Array) -> Any:
    from gradcli.engine.tensor import Tensor

    return Tensor(np.zeros(x.shape[:-2], x.real.dtype))


def _condition(input: Any, norm: Any, p: Any) -> Any:
    """The norm times the norm of the inverse; infinite where there is none."""
    try:
        inverse = inv(input)
    except LinAlgError:
        from gradcli.engine.tensor import Tensor

        x = array_of(input)
        return Tensor(np.full(x.shape[:-2], np.inf, x.real.dtype))
    return norm(input, p) * norm(inverse, p)


# --- cross product ---------------------------------------------------------------------------------------------------


@op(
    "linalg_cross",
    private=True,
    vjp={
        "input": lambda g, other, dim: crossed(other, g, dim),
        "other": lambda g, input, dim: crossed(g, input, dim),
    },
)
def crossed(input: Array, other: Array, dim: int) -> Array:
    """The cross product along `dim`; shapes broadcast."""
    x, y = (np.moveaxis(array, dim, 0) for array in np.broadcast_arrays(input, other))
    parts = [multiply_add(x[i], y[j], -(x[j] * y[i])) for i, j in ((1, 2), (2, 0), (0, 1))]
    return np.stack(parts, axis=dim)


def _crossed(input: Any, other: Any, dim: int, name: str = "linalg.cross") -> Any:
    x, y = array_of(input), array_of(other)
    if x.ndim != y.ndim:
        raise RuntimeError(f"{name}: inputs must have the same number of dimensions.")
    axis = normalize_dim(dim, x.ndim, False)
    if not x.shape[axis] == y.shape[axis] == 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {x.shape[axis]} and {y.shape[axis]}"
        )
    broadcast_shapes(x.shape, y.shape)
    require(x, "iufc", "cross")
    if x.dtype != y.dtype:
        raise RuntimeError(f"expected scalar type {of(x.dtype).scalar} but found {of(y.dtype).scalar}")
    return crossed(input, other, axis)


@composite(
    "cross",
    module="linalg",
    extras=OUT,
    samples=["torch.linalg.cross(m, n)", "torch.linalg.cross(sq, sq2, dim=0)", "torch.linalg.cross(m, row[None])"],
    examples=["torch.linalg.cross(tensor([1., 0., 0.]), tensor([0., 1., 0.]))"],
)
def linalg_cross(input: Array, other: Array, *, dim: int = -1) -> Any:
    """The cross product of vectors of three along `dim`; shapes broadcast."""
    return _crossed(input, other, dim)


@composite(
    "cross",
    extras=OUT,
    samples=["cross(m, n, 1)", "cross(v, w, dim=0)"],
    examples=["cross(tensor([1., 0., 0.]), tensor([0., 1., 0.]), dim=0)"],
)
def cross(input: Array, other: Array, dim: int | None = None) -> Any:
    """The cross product of vectors of three; without `dim` along the first dimension of that size."""
    if dim is not None:
        return _crossed(input, other, dim)
    warn_once(
        "Using torch.cross without specifying the dim arg is deprecated.\nPlease either pass the dim explicitly or "
        "simply use torch.linalg.cross.\nThe default value of dim will change to agree with that of linalg.cross "
        "in a future release."
    )
    shape = array_of(input).shape
    if 3 not in shape:
        raise RuntimeError("no dimension of size 3 in input")
    return _crossed(input, other, shape.index(3))
