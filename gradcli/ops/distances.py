"""Distances between tensors, between rows, and norms of slices.

Sources: ATen/native/Distance.cpp, cpu/DistanceOpsKernel.cpp, Normalization.cpp (`renorm`); torch/nn/functional.py.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dims import broadcast_shapes, normalize_dim
from gradcli.engine.dtypes import of, result_type
from gradcli.engine.entry import OUT
from gradcli.engine.limits import reserve, work
from gradcli.engine.op import composite, op
from gradcli.ops.along import add_reduce, kept_where, plain, scaled
from gradcli.ops.axes import transpose
from gradcli.ops.common import not_differentiable, refuse
from gradcli.ops.complex_parts import sgn
from gradcli.ops.matmul import array_of, matmul
from gradcli.ops.matrix_checks import check_floating
from gradcli.ops.norms import size_of, slope_of_norm, vector_norm
from gradcli.ops.pointwise import subtrahends
from gradcli.ops.reduction import sum_dim
from gradcli.ops.scalars import plus
from gradcli.ops.views import unsqueeze

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Dim, Number


# --- of two tensors --------------------------------------------------------------------------------------------------


def _slope_of_distance(g: Any, input: Any, other: Any, result: Any, p: float) -> Any:
    """The slope of the norm of input - other, for one number or for each last axis."""
    off = input - other
    if p == 0:
        return off * 0
    if p == 1:
        return sgn(off) * g
    some = plain(result) != 0
    if p == inf:
        return scaled(sgn(off), np.abs(plain(off)) == plain(result)) * g
    ratio = kept_where(g / result, some)
    if p == 2:
        return off * ratio
    if p < 2:
        return sgn(off) * kept_where(abs(off) ** (p - 1), plain(off) != 0) * kept_where(g / result ** (p - 1), some)
    return off * abs(off) ** (p - 2) * kept_where(g / result ** (p - 1), some)


@op(
    vjp={
        "input": lambda g, input, other, result, p: _slope_of_distance(g, input, other, result, p),
        "other": lambda g, input, other, result, p: -_slope_of_distance(g, input, other, result, p),
    },
    samples=[
        "dist(m, n)",
        "dist(m, n, 1)",
        "dist(m, row, 3)",
        "dist(m, n, inf)",
        "dist(m, n, 1.5)",
    ],
    examples=["dist(tensor([1., 2.]), tensor([4., 6.]))"],
)
def dist(input: Array, other: Array, p: Number = 2) -> Array:
    """The norm of order p of input - other."""
    first, second = subtrahends(input, other)
    if first.dtype.kind not in "fc":
        kind = of(first.dtype).scalar
        raise RuntimeError(f"norm(): input dtype should be either floating point or complex. Got {kind} instead.")
    return size_of(np.abs(first - second), float(p), None, False)  # type: ignore[arg-type]


@op(
    "norm",
    private=True,
    grad_fn="NormBackward1",
    vjp={"input": lambda g, input, result, p, dim, keepdim: slope_of_norm(g, input, result, p, (dim,), keepdim)},
)
def norm_of_rows(input: Array, p: float, dim: int, keepdim: bool) -> Array:
    """The norm of order p along `dim`."""
    return size_of(np.abs(input), p, (dim,), keepdim)


@composite(
    module="nn.functional",
    also=["pairwise_distance"],
    samples=["F.pairwise_distance(m, n)", "F.pairwise_distance(m, row, 1.0, keepdim=True)"],
    examples=["F.pairwise_distance(tensor([[1., 2.]]), tensor([[4., 6.]]))"],
)
def pairwise_distance(x1: Array, x2: Array, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """The norm of order p of each row of x1 - x2 + eps."""
    ndim = max(array_of(x1).ndim, array_of(x2).ndim)
    difference = plus(x1 - x2, eps)
    if not ndim:
        return norm_of_rows(unsqueeze(difference, 0), p, 0, False)
    return norm_of_rows(difference, p, ndim - 1, keepdim)


@composite(
    module="nn.functional",
    also=["cosine_similarity"],
    samples=[
        "F.cosine_similarity(m, n)",
        "F.cosine_similarity(m, row, dim=0)",
        "F.cosine_similarity(zeros_in, ties, dim=1)",
        "F.cosine_similarity(ties, zeros_in, 1, 2.5)",
    ],
    examples=["F.cosine_similarity(tensor([[1., 0.]]), tensor([[1., 1.]]))"],
)
def cosine_similarity(x1: Array, x2: Array, dim: int = 1, eps: float = 1e-8) -> Any:
    """The cosine of the angle between x1 and x2 along `dim`; norms count as eps at least."""
    common = result_type([array_of(x1), array_of(x2)])
    if not common.is_floating_point:
        raise RuntimeError(f"expected common dtype to be floating point, yet common dtype is {common.scalar}")
    shape = broadcast_shapes(array_of(x1).shape, array_of(x2).shape)
    axis = normalize_dim(dim, len(shape))
    parts = []
    for value in (x1, x2):
        x: Any = value if array_of(value).dtype == common.np else value.to(common)  # type: ignore[attr-defined]
        wide: Any = x.expand(shape) if array_of(x).shape != shape else x
        length: Any = vector_norm(wide, 2, (axis,), True).clone()
        raised = np.maximum(array_of(length), eps)
        parts.append(wide / _with_values(length, raised))
    return sum_dim(parts[0] * parts[1], (axis,))


def _with_values(tensor: Any, values: Array) -> Any:
    """Other values behind the back of autograd, as torch clamps the norms."""
    tensor.array[...] = values
    return tensor


# --- between rows ----------------------------------------------------------------------------------------------------


def _row_slope(g: Any, x1: Any, x2: Any, result: Any, p: float) -> Any:
    ndim = array_of(x1).ndim
    wide = [unsqueeze(value, array_of(value).ndim) for value in (g, result)]
    off = _slope_of_distance(wide[0], unsqueeze(x1, ndim - 1), unsqueeze(x2, array_of(x2).ndim - 2), wide[1], p)
    return sum_dim(off, (array_of(off).ndim - 2,))


@op(
    "_cdist_backward",
    private=True,
    vjp={
        "g": lambda g: not_differentiable("_cdist_backward"),
        "x1": lambda g: not_differentiable("_cdist_backward"),
        "x2": lambda g: not_differentiable("_cdist_backward"),
        "result": lambda g: not_differentiable("_cdist_backward"),
    },
)
def rows_back(g: Array, x1: Array, x2: Array, result: Array, p: float) -> Array:
    """The gradient of the first rows of cdist."""
    return np.asarray(_row_slope(g, x1, x2, result, p))


@op(
    "cdist",
    private=True,
    vjp={
        "x1": lambda g, x1, x2, result, p: rows_back(g, x1, x2, result, p),
        "x2": lambda g, x1, x2, result, p: rows_back(transpose(g, -2, -1), x2, x1, transpose(result, -2, -1), p),
    },
)
def row_distances(x1: Array, x2: Array, p: float) -> Array:
    """The norm of order p of each difference of a row of x1 and a row of x2."""
    work(x1.size * x2.shape[-2])
    off = np.abs(x1[..., :, None, :] - x2[..., None, :, :])
    return np.asarray(size_of(off, p, (off.ndim - 1,), False))


@op(
    "_euclidean_dist",
    private=True,
    grad_fn="EuclideanDistBackward0",
    vjp={
        "x1": lambda g, x1, x2, result: _euclidean_slope(g, x1, x2, result),
        "x2": lambda g, x1, x2, result: _euclidean_slope(transpose(g, -2, -1), x2, x1, transpose(result, -2, -1)),
    },
)
def euclidean(x1: Array, x2: Array) -> Array:
    """Distances by matrix products, for many rows."""
    squares = add_reduce(x1 * x1, axis=-1)[..., :, None] + add_reduce(x2 * x2, axis=-1)[..., None, :]
    return np.sqrt(np.maximum(squares - 2 * np.matmul(x1, x2.swapaxes(-1, -2)), 0))


def _euclidean_slope(g: Any, x1: Any, x2: Any, result: Any) -> Any:
    ratio = kept_where(g / result, plain(result) != 0)
    return x1 * unsqueeze(sum_dim(ratio, (array_of(ratio).ndim - 1,)), array_of(ratio).ndim - 1) - matmul(ratio, x2)


@composite(
    method=False,
    samples=["cdist(m, sq)", "cdist(m, sq, 1.0)", "cdist(bm, bm, inf)", "cdist(m, sq, 3.0)", "cdist(m, m)"],
    examples=["cdist(tensor([[0., 0.], [3., 4.]]), tensor([[0., 0.]]))"],
)
def cdist(x1: Array, x2: Array, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary") -> Any:
    """The distance of order p of each row of x1 from each row of x2."""
    a, b = array_of(x1), array_of(x2)
    for name, array in (("X1", a), ("X2", b)):
        if array.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {array.ndim}D")
    if a.shape[-1] != b.shape[-1]:
        raise RuntimeError(f"X1 and X2 must have the same number of columns. X1: {a.shape[-1]} X2: {b.shape[-1]}")
    for name, array in (("X1", a), ("X2", b)):
        if array.dtype.kind != "f":
            raise RuntimeError(f"cdist only supports floating-point dtypes, {name} got: {of(array.dtype).scalar}")
    if a.size and b.size:
        if a.dtype == np.float16:
            refuse("cdist", a.dtype)
        if a.dtype != b.dtype:
            raise RuntimeError(f"expected scalar type {of(a.dtype).scalar} but found {of(b.dtype).scalar}")
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    lead = broadcast_shapes(a.shape[:-2], b.shape[:-2])
    reserve((*lead, a.shape[-2], b.shape[-2]), a.dtype)
    x1, x2 = (
        value if array_of(value).shape[:-2] == lead else value.expand((*lead, *array_of(value).shape[-2:]))  # type: ignore[attr-defined]
        for value in (x1, x2)
    )
    many = a.shape[-2] > 25 or b.shape[-2] > 25
    if p == 2 and (compute_mode == "use_mm_for_euclid_dist" or (many and compute_mode.endswith("necessary"))):
        return euclidean(x1, x2)
    return row_distances(x1, x2, p)


@composite(
    "pdist",
    method=False,
    also=["nn.functional.pdist"],
    samples=["pdist(sq.detach())", "pdist(sq.detach(), 1.0)"],
    examples=["pdist(tensor([[0., 0.], [3., 4.], [0., 1.]]))"],
)
def pdist(input: Array, p: float = 2.0) -> Any:
    """The distances of order p between each two rows."""
    x = array_of(input)
    if x.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {x.ndim}D")
    if p < 0:
        raise RuntimeError("pdist only supports non-negative p values")
    if x.dtype.kind != "f":
        raise RuntimeError("pdist only supports floating-point dtypes")
    return pair_distances(input, p)


@op(
    "_pdist_forward",
    private=True,
    grad_fn="PdistBackward0",
    vjp={"input": lambda g, input, p, result: _pair_slope(g, input, p, result)},
)
def pair_distances(input: Array, p: float) -> Array:
    """The distance of each two rows, the first with the second, with the third, and so on."""
    first, second = np.triu_indices(input.shape[0], 1)
    reserve((len(first), input.shape[1]), input.dtype)
    return np.asarray(size_of(np.abs(input[first] - input[second]), p, (1,), False))


def _pair_slope(g: Any, input: Any, p: float, result: Any) -> Any:
    x = plain(input)
    first, second = np.triu_indices(x.shape[0], 1)
    slope = plain(_slope_of_distance(plain(g)[:, None], x[first], x[second], plain(result)[:, None], p))
    total = np.zeros_like(x)
    np.add.at(total, first, slope)
    np.subtract.at(total, second, slope)
    return total if g.__class__ is np.ndarray else not_differentiable("_pdist_backward")


# --- norms of slices -------------------------------------------------------------------------------------------------


def _slope_of_renorm(g: Any, input: Any, p: Any, dim: int, maxnorm: Any) -> Any:
    dims = tuple(axis for axis in range(array_of(input).ndim) if axis != dim)
    norm = vector_norm(input, p, dims, True)
    long = plain(norm) > maxnorm
    along = sum_dim(g * input, dims, True)
    inverse = 1 / (norm + 1e-7)
    change = slope_of_norm(along * (-maxnorm) * inverse * inverse, input, norm, p, dims, True)
    return kept_where(g * inverse * maxnorm + change, long) + kept_where(g, ~long)


@op(
    inplace=True,
    extras=OUT,
    vjp={"input": lambda g, input, p, dim, maxnorm: _slope_of_renorm(g, input, p, dim, maxnorm)},
    samples=["renorm(m, 2, 0, 1.5)", "renorm(sq, 1, 1, 2.0)", "renorm(t3, 3, -1, 1)"],
    examples=["renorm(tensor([[3., 4.], [0.3, 0.4]]), 2, 0, 1.)"],
)
def renorm(input: Array, p: Number, dim: Dim, maxnorm: Number) -> Array:
    """Slices along `dim` whose norm of order p exceeds maxnorm, shortened to it."""
    if isinstance(p, complex) or p <= 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if maxnorm < 0:  # type: ignore[operator]
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm:g}")
    if input.ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions")
    check_floating(input, "linalg.vector_norm")
    others = tuple(axis for axis in range(input.ndim) if axis != dim)
    norms = size_of(np.abs(input), float(p), others, True)
    factor = np.where(norms > maxnorm, maxnorm / (norms + 1e-7), 1)
    return (input * factor).astype(input.dtype, copy=False)
