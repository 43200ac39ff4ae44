"""Differences, slopes and integrals of sampled functions; polynomials' matrices; covariances.

Sources: ATen/native/{Integration,ReduceOps,Correlation}.cpp, TensorFactories.cpp; torch/functional.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dims import normalize_dim, normalize_dims
from gradcli.engine.dtypes import default, of
from gradcli.engine.entry import OUT
from gradcli.engine.limits import reserve
from gradcli.engine.op import composite
from gradcli.engine.tensor import Tensor
from gradcli.ops.axes import t
from gradcli.ops.common import is_complex
from gradcli.ops.comparison import ne
from gradcli.ops.complex_parts import conj, real
from gradcli.ops.elementary import sqrt
from gradcli.ops.joining import cat
from gradcli.ops.matmul import array_of, matmul
from gradcli.ops.reduction import sum_dim
from gradcli.ops.scalars import over, times
from gradcli.ops.scans import cumprod, cumsum
from gradcli.ops.selection import clamp_scalars
from gradcli.ops.slicing import diagonal, select, slice_
from gradcli.ops.views import expand, squeeze, unsqueeze, view

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Number, Object


def _cut(x: Any, dim: int, start: int, end: int) -> Any:
    return slice_(x, dim, start, end, 1)


def _steps(x: Any, dim: int) -> Any:
    """The differences of neighbours."""
    n = array_of(x).shape[dim]
    return _cut(x, dim, 1, n) - _cut(x, dim, 0, n - 1)


# --- differences -----------------------------------------------------------------------------------------------------


@composite(
    extras=OUT,
    samples=["diff(m)", "diff(m, 2)", "diff(t3, 1, 0)", "diff(m, prepend=col)", "diff(mask)", "diff(m, 5)"],
    examples=["diff(tensor([1., 3., 2.]))", "diff(tensor([1., 3., 2.]), n=2)"],
)
def diff(input: Array, n: int = 1, dim: int = -1, prepend: Array | None = None, append: Array | None = None) -> Any:
    """The n-th differences along `dim`, of the input with `prepend` before it and `append` behind it."""
    x = array_of(input)
    if not x.ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    axis = normalize_dim(dim, x.ndim)
    for other in (prepend, append):
        if other is not None and array_of(other).ndim != x.ndim:
            raise RuntimeError("diff expects prepend or append to be the same dimension as input")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    if not n:
        copy: Any = Tensor(np.zeros_like(x))
        return copy.copy_(input)
    parts = [part for part in (prepend, input, append) if part is not None]
    whole: Any = cat(parts, axis) if len(parts) > 1 else input
    for _ in range(min(n, array_of(whole).shape[axis])):
        if array_of(whole).dtype.kind == "b":
            size = array_of(whole).shape[axis]
            whole = ne(_cut(whole, axis, 1, size), _cut(whole, axis, 0, size - 1))
        else:
            whole = _steps(whole, axis)
    return whole


# --- slopes ----------------------------------------------------------------------------------------------------------


def _slope(x: Any, spacing: Any, dim: int, edge_order: int) -> Any:
    """Central differences inside, one-sided ones at the ends; spacing: a number, or the coordinates."""
    n = array_of(x).shape[dim]
    if isinstance(spacing, Tensor):
        return _uneven_slope(x, spacing, dim, edge_order, n)
    inner = over(over(_cut(x, dim, 2, n) - _cut(x, dim, 0, n - 2), spacing), 2)
    if edge_order == 1:
        first = over(_cut(x, dim, 1, 2) - _cut(x, dim, 0, 1), spacing)
        last = over(_cut(x, dim, n - 1, n) - _cut(x, dim, n - 2, n - 1), spacing)
    else:
        a, b, c = (_cut(x, dim, i, i + 1) for i in range(3))
        first = over(a * -1.5 + b * 2.0 - c * 0.5, spacing)
        a, b, c = (_cut(x, dim, n - i - 1, n - i) for i in range(3))
        last = over(a * 1.5 - b * 2.0 + c * 0.5, spacing)
    return cat([first, inner, last], dim)


def _uneven_slope(x: Any, at: Any, dim: int, edge_order: int, n: int) -> Any:
    def part(start: int, end: int) -> Any:
        return _cut(x, dim, start, end)

    shape = [-1 if axis == dim else 1 for axis in range(array_of(x).ndim)]
    kind = array_of(x).real.dtype
    gaps = np.diff(array_of(at)).astype(kind if kind.kind == "f" else default().np)

    def gap(start: int, end: int) -> Any:
        return Tensor(gaps[start:end].reshape(shape))

    before, behind = gap(0, n - 2), gap(1, n - 1)
    inner = part(0, n - 2) * (-behind / (before * (before + behind)))
    inner = inner + part(1, n - 1) * ((behind - before) / (before * behind))
    inner = inner + part(2, n) * (before / (behind * (before + behind)))
    if edge_order == 1:
        first = (part(1, 2) - part(0, 1)) / gap(0, 1)
        last = (part(n - 1, n) - part(n - 2, n - 1)) / gap(n - 2, n - 1)
        return cat([first, inner, last], dim)
    h, k = gap(0, 1), gap(1, 2)
    first = part(0, 1) * (-(h * 2 + k) / (h * (h + k))) + part(1, 2) * ((h + k) / (h * k))
    first = first - part(2, 3) * (h / (k * (h + k)))
    h, k = gap(n - 3, n - 2), gap(n - 2, n - 1)
    last = part(n - 3, n - 2) * (k / (h * (h + k))) - part(n - 2, n - 1) * ((h + k) / (h * k))
    last = last + part(n - 1, n) * ((k * 2 + h) / (k * (h + k)))
    return cat([first, inner, last], dim)


@composite(
    method=False,
    samples=[
        "gradient(m)",
        "gradient(v, spacing=0.5)",
        "gradient(sq, spacing=(2.0, 3.0))",
        "gradient(sq, dim=1, edge_order=2)",
        "gradient(iv, spacing=(ipos,))",
        "gradient(sq, spacing=(ipos,), dim=0)",
        "gradient(long, spacing=(iv.cumsum(0)[:1].expand(20).cumsum(0),), edge_order=2)",
    ],
    examples=["gradient(tensor([1., 2., 4., 8.]))", "gradient(tensor([1., 4., 9.]), spacing=0.5)"],
)
def gradient(input: Array, *, spacing: Object = None, dim: Object = None, edge_order: int = 1) -> Any:
    """The slopes of a sampled function along each dimension; spacing: of the samples, or their coordinates."""
    x = array_of(input)
    given = (dim,) if isinstance(dim, int) else tuple(range(x.ndim)) if dim is None else tuple(dim)
    dims = normalize_dims(given, x.ndim)
    spaces = spacing if isinstance(spacing, (list, tuple)) else [1.0 if spacing is None else spacing] * len(dims)
    if len(spaces) != len(dims):
        start = "torch.gradient expected spacing to be unspecified, a scalar or "
        if dim is None:
            raise RuntimeError(
                f"{start}a list of length equal to 'self.dim() = {x.ndim}', since dim argument was not given, but got "
                f"a list of length {len(spaces)}"
            )
        raise RuntimeError(
            f"{start}it's spacing and dim arguments to have the same length, but got a spacing argument of length "
            f"{len(spaces)} and a dim argument of length {len(dims)}."
        )
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    for axis in dims:
        if x.shape[axis] < edge_order + 1:
            raise RuntimeError("torch.gradient expected each dimension size to be at least edge_order+1")
    return tuple(_slope(input, space, axis, edge_order) for space, axis in zip(spaces, dims, strict=True))


# --- integrals -------------------------------------------------------------------------------------------------------


def _left(x: Any, dim: int) -> Any:
    if not array_of(x).ndim:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    return slice_(x, dim, 0, -1, 1)


def _right(x: Any, dim: int) -> Any:
    return slice_(x, dim, 1, None, 1)


def _beside(x: Any, y: Any, dim: int, name: str) -> Any:
    """Coordinates shaped to stand beside y: a vector along `dim`, anything else as it broadcasts."""
    shape, ndim = array_of(x).shape, array_of(y).ndim
    if len(shape) == 1:
        if shape[0] != array_of(y).shape[normalize_dim(dim, ndim, False)]:
            raise RuntimeError(f"{name}: There must be one `x` value for each sample point")
        return view(x, [-1 if axis == dim else 1 for axis in range(ndim)]) if ndim > 1 else x
    return view(x, [1] * (ndim - len(shape)) + list(shape)) if len(shape) < ndim else x


def _integral(name: str, y: Any, x: Any, dx: Any, dim: int, running: bool) -> Any:
    array = array_of(y)
    axis = normalize_dim(normalize_dim(dim, array.ndim, running or x is not None), array.ndim, running)
    if not running and not array.shape[axis]:
        return Tensor(np.zeros(array.shape[:axis] + array.shape[axis + 1 :], array.dtype))
    if array.dtype.kind == "b" or (x is not None and array_of(x).dtype.kind == "b"):
        which = "`y`" if x is None else "`x` or `y`"
        raise RuntimeError(f"{name}: received a bool input for {which}, but bool is not supported")
    if x is not None:
        along = _beside(x, y, axis, name)
        left = _left(along, axis)
        steps = _right(along, axis) - left
        areas = (_right(y, axis) + _left(y, axis)) * steps if array.ndim else _left(y, axis)
        return over(cumsum(areas, axis), 2.0) if running else over(sum_dim(areas, (axis,)), 2.0)
    if isinstance(dx, (complex, bool)):
        raise RuntimeError(f"{name}: Currently, we only support dx as a real number.")
    if running:
        return cumsum(times(_left(y, axis) + _right(y, axis), dx / 2.0), axis)
    ends = select(y, axis, 0) + select(y, axis, array.shape[axis] - 1)
    return times(sum_dim(y, (axis,)) - times(ends, 0.5), dx)


def _define(name: str, aliases: list[str], running: bool, text: str) -> None:
    def along(y: Array, x: Array, *, dim: int = -1) -> Any:
        return _integral(name, y, x, None, dim, running)

    def even(y: Array, *, dx: Number = 1, dim: int = -1) -> Any:
        return _integral(name, y, None, dx, dim, running)

    along.__doc__ = f"{text} of y sampled at x, by the trapezoidal rule."
    even.__doc__ = f"{text} of samples at a distance of dx, by the trapezoidal rule."
    fields: Any = {"method": False, "aliases": aliases}
    composite(
        name,
        samples=[f"{name}(m, row)", f"{name}(m, n, dim=0)"],
        examples=[f"{name}(tensor([1., 5., 10.]), tensor([1., 3., 6.]))"],
        **fields,
    )(along)
    composite(
        name,
        samples=[f"{name}(m)", f"{name}(ints)", f"{name}(t3, dx=0.5, dim=1)"],
        examples=[f"{name}(tensor([1., 5., 10.]))", f"{name}(tensor([1., 5., 10.]), dx=2)"],
        **fields,
    )(even)


_define("trapezoid", ["trapz"], False, "The integral")
_define("cumulative_trapezoid", [], True, "The integrals up to each sample")


# --- powers, covariances ---------------------------------------------------------------------------------------------


@composite(
    method=False,
    samples=["vander(v.detach())", "vander(v.detach(), 4)", "vander(v.detach(), increasing=True)", "vander(ipos)"],
    examples=["vander(tensor([1, 2, 3, 5]))"],
)
def vander(x: Array, N: int | None = None, increasing: bool = False) -> Any:
    """The powers of x as columns, falling, N of them."""
    array = array_of(x)
    if array.ndim != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    count = array.shape[0] if N is None else N
    if count < 0:
        raise RuntimeError("N must be non-negative.")
    reserve((array.shape[0], count), array.dtype)
    first = Tensor(np.ones((array.shape[0], min(count, 1)), array.dtype if array.dtype.kind in "fc" else np.int64))
    powers = cumprod(expand(unsqueeze(x, 1), (array.shape[0], max(count - 1, 0))), 1)
    result: Any = cat([first, powers], 1)
    return result if increasing else result.flip(1)


def _weighted_mean(x: Any, weights: Any, total: Any) -> Any:
    return sum_dim(x if weights is None else x * weights, (1,), True) / total


def _check_weights(name: str, weights: Any, what: str, kinds: str, count: int) -> None:
    if weights is None:
        return
    w = array_of(weights)
    if w.ndim > 1:
        raise RuntimeError(
            f"cov(): expected {name} to have one or fewer dimensions but got {name} with {w.ndim} dimensions"
        )
    if w.dtype.kind not in kinds:
        raise RuntimeError(
            f"cov(): expected {name} to have {what} dtype but got {name} with {of(w.dtype).scalar} dtype"
        )
    if w.size != count:
        raise RuntimeError(
            f"cov(): expected {name} to have the same numel as there are observations in the input but got {w.size} != "
            f"{count}"
        )
    if w.size and w.min() < 0:
        raise RuntimeError(f"cov(): {name} cannot be negative")


@composite(
    samples=["cov(m)", "cov(v)", "cov(m, correction=0)", "cov(m, fweights=ipos)", "cov(c)"],
    examples=["cov(tensor([[0., 2.], [1., 1.], [2., 0.]]).T)"],
)
def cov(input: Array, *, correction: int = 1, fweights: Array | None = None, aweights: Array | None = None) -> Any:
    """The covariances of variables (rows) over observations (columns), weighted by counts and by importance."""
    x = array_of(input)
    if x.ndim > 2:
        raise RuntimeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with {x.ndim} dimensions"
        )
    if x.dtype.kind == "b":
        raise RuntimeError("cov(): bool dtype is not supported for input")
    rows: Any = view(input, (1, -1)) if x.ndim < 2 else input
    _check_weights("fweights", fweights, "integral", "iu", array_of(rows).shape[1])
    _check_weights("aweights", aweights, "floating point", "f", array_of(rows).shape[1])
    weights = fweights if aweights is None else aweights if fweights is None else fweights * aweights
    total: Any = array_of(rows).shape[1] if weights is None else sum_dim(weights, None)
    centred = rows - unsqueeze(_weighted_mean(rows, weights, total)[:, 0], 1)
    factor: Any = total - correction
    if aweights is not None and weights is not None and correction:
        factor = total - correction * sum_dim(weights * aweights, None) / total
    value = array_of(factor).item() if isinstance(factor, Tensor) else factor
    if value <= 0:
        from gradcli.engine.errors import warn

        warn("cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of observations.")
        factor = 0
    other = centred if weights is None else centred * weights
    other = t(conj(other) if is_complex(other) else other)
    return squeeze(matmul(centred, other) / factor)


@composite(
    samples=["corrcoef(m)", "corrcoef(v)"],
    examples=["corrcoef(tensor([[0., 1., 2.], [2., 1., 0.]]))"],
)
def corrcoef(input: Array) -> Any:
    """The correlations of variables (rows) over observations (columns)."""
    if array_of(input).ndim > 2:
        raise RuntimeError(
            "corrcoef(): expected input to have two or fewer dimensions but got an input with "
            f"{array_of(input).ndim} dimensions"
        )
    covariances: Any = cov(input)
    if not array_of(covariances).ndim:
        return covariances / covariances
    deviations = sqrt(diagonal(covariances, 0, 0, 1))
    if is_complex(deviations):
        deviations = real(deviations)
    found = covariances / view(deviations, (-1, 1)) / view(deviations, (1, -1))
    return found if is_complex(found) else clamp_scalars(found, -1, 1)
