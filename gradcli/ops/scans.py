"""Running sums, products, maxima and their like along a dimension.

Sources: aten/src/ATen/native/ReduceOps.cpp (`cumsum`, `cummax_helper`), native/cpu/ReduceOpsKernel.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dtypes import bool_
from gradcli.engine.entry import OUT, OUTS
from gradcli.engine.op import op
from gradcli.ops.along import flipped, in_type, kept_where, plain, put_at, shifted
from gradcli.ops.common import is_complex, refuse, require
from gradcli.ops.elementary import exp, log

if TYPE_CHECKING:
    from gradcli.engine.dtypes import DType
    from gradcli.engine.kinds import Array, Dim

_WIDER: dict[Any, np.dtype[Any]] = {np.dtype("float16"): np.dtype("float32"), np.dtype("float32"): np.dtype("float64")}


def accumulated(function: np.ufunc, input: Array, dim: int) -> Array:
    """`function.accumulate`, in the wider type that torch accumulates in: each element is rounded once."""
    if not input.ndim:
        return np.array(input)
    wide = _WIDER.get(input.dtype, input.dtype)
    result = function.accumulate(input, axis=dim, dtype=wide)
    return result if wide == input.dtype else result.astype(input.dtype)


def _summands(input: Array, dtype: DType | None, name: str) -> Array:
    if dtype is bool_:
        refuse(f"{name}_out_cpu", bool_.np)
    return in_type(input, dtype)


@op(
    inplace=True,
    extras=OUT,
    vjp={"input": lambda g, dim: cumsum_from_end(g, dim)},
    samples=[
        "cumsum(v, 0)",
        "cumsum(m, -1)",
        "cumsum(t3, 1)",
        "cumsum(s, 0)",
        "cumsum(ints, 0)",
        "cumsum(~mask, 0)",
        "cumsum(c, 0)",
        "cumsum(empty2, 0)",
    ],
    examples=["cumsum(tensor([1., 2., 3.]), 0)"],
)
def cumsum(input: Array, dim: Dim, *, dtype: DType | None = None) -> Array:
    """Sums of the elements up to each place along `dim`. Integers and booleans are summed as int64."""
    return accumulated(np.add, _summands(input, dtype, "cumsum"), dim)


@op(private=True, grad_fn="FlipBackward0", vjp={"input": lambda g, dim: cumsum(g, dim)})
def cumsum_from_end(input: Array, dim: int) -> Array:
    """Sums from each place to the end: the adjoint of cumsum."""
    return flipped.kernel(accumulated(np.add, flipped.kernel(input, dim), dim), dim)


# -- products ----------------------------------------------------------------------------------------------------------


@op(
    inplace=True,
    extras=OUT,
    vjp={"input": lambda g, input, result, dim: _cumprod_gradient(g, input, result, dim)},
    samples=[
        "cumprod(v, 0)",
        "cumprod(m, -1)",
        "cumprod(t3, 1)",
        "cumprod(zeros_in, 0)",
        "cumprod(zeros_in, 1)",
        "cumprod(s, 0)",
        "cumprod(ints, 0)",
        "cumprod(cv, 0)",
        "cumprod(empty2, 0)",
    ],
    examples=["cumprod(tensor([2., 3., 4.]), 0)"],
)
def cumprod(input: Array, dim: Dim, *, dtype: DType | None = None) -> Array:
    """Products of the elements up to each place along `dim`. Integers and booleans are multiplied as int64."""
    return accumulated(np.multiply, _summands(input, dtype, "cumprod"), dim)


def _cumprod_gradient(g: Any, input: Any, result: Any, dim: int) -> Any:
    """The product before each place, times what the places from it on make of it.

    Where nothing is zero, one division does it; where something is, the recurrence is exact: [0, 2] has [1 + 2, 0].
    """
    if not input.shape or input.shape[dim] == 1:
        return g
    if not (plain(input) == 0).any():
        return cumsum_from_end(g * result, dim) / input
    before = cumprod(shifted(input, dim, 1, 1), dim)
    return before * carried_back(g, shifted(input, dim, -1, 0), dim)


@op(
    private=True,
    vjp={
        "input": lambda g, factor, dim: carried_on(g, factor, dim),
        "factor": lambda g, result, factor, dim: _carried_factor(g, result, factor, dim),
    },
)
def carried_back(input: Array, factor: Array, dim: int) -> Array:
    """r[k] = input[k] + factor[k] * r[k + 1], from the end."""
    turned = flipped.kernel(input, dim), flipped.kernel(factor, dim)
    return flipped.kernel(_recurrence(*turned, dim), dim)


@op(
    private=True,
    vjp={
        "input": lambda g, factor, dim: carried_back(g, factor, dim),
        "factor": lambda g, result, factor, dim: _carried_on_factor(g, result, factor, dim),
    },
)
def carried_on(input: Array, factor: Array, dim: int) -> Array:
    """r[k] = input[k] + factor[k - 1] * r[k - 1], from the start: the adjoint of carried_back."""
    return _recurrence(input, shifted.kernel(factor, dim, 1, 0), dim)


def _carried_factor(g: Any, result: Any, factor: Any, dim: int) -> Any:
    return carried_on(g, factor, dim) * shifted(result, dim, -1, 0)


def _carried_on_factor(g: Any, result: Any, factor: Any, dim: int) -> Any:
    return shifted(carried_back(g, factor, dim), dim, -1, 0) * result


def _recurrence(input: Array, factor: Array, dim: int) -> Array:
    """r[k] = input[k] + factor[k] * r[k - 1]."""
    result = np.array(np.broadcast_to(input, factor.shape))
    rows, factors = np.moveaxis(result, dim, 0), np.moveaxis(factor, dim, 0)
    for k in range(1, len(rows)):
        rows[k] += factors[k] * rows[k - 1]
    return result


# -- log of running sums of exponentials -------------------------------------------------------------------------------


@op(
    extras=OUT,
    vjp={
        "input": lambda g, input, result, dim: _logcumsumexp_gradient(g, input, result, dim),
    },
    samples=[
        "logcumsumexp(v, 0)",
        "logcumsumexp(m, -1)",
        "logcumsumexp(huge, 1)",
        "logcumsumexp(s, 0)",
        "logcumsumexp(cv, 0)",
    ],
    examples=["logcumsumexp(tensor([1., 2., 3.]), 0)"],
)
def logcumsumexp(input: Array, dim: Dim) -> Array:
    """log(cumsum(exp(input))) along `dim`, without overflow."""
    require(input, "fc", "logcumsumexp_out_cpu")
    if input.dtype.kind == "f" or not input.ndim:
        return accumulated(np.logaddexp, input, dim)
    result = np.array(input)
    rows = np.moveaxis(result, dim, 0)
    for k in range(1, len(rows)):
        low, high = rows[k - 1].copy(), rows[k].copy()
        swap = low.real > high.real
        low, high = np.where(swap, high, low), np.where(swap, low, high)
        rows[k] = high + np.log1p(np.exp(low - high))
    return result


def _logcumsumexp_gradient(g: Any, input: Any, result: Any, dim: int) -> Any:
    """The sum of g * exp(input - result) from each place on, in logarithms: of positive and of negative parts of g."""
    if not input.shape:
        return g
    if is_complex(input):
        return exp(_logcumsumexp_from_end(log(g) - result, dim) + input)
    sign, log_size = np.sign(plain(g)), log(abs(g))
    lowest = float(np.finfo(sign.dtype).min)
    parts = [
        exp(_logcumsumexp_from_end(kept_where(log_size, sign == wanted, lowest) - result, dim) + input)
        for wanted in (1, -1)
    ]
    return parts[0] - parts[1]


def _logcumsumexp_from_end(input: Any, dim: int) -> Any:
    return flipped(logcumsumexp(flipped(input, dim), dim), dim)


# -- running extrema ---------------------------------------------------------------------------------------------------


def _running(function: np.ufunc, input: Array, dim: int, name: str) -> tuple[Array, Array]:
    """The extremes so far and where they are: of equal ones the last, of nan the last too."""
    require(input, "biuf", f"{name}_cpu")
    if not input.ndim:
        return np.array(input), np.zeros((), np.int64)
    values = function.accumulate(input, axis=dim)
    new = input == values
    if input.dtype.kind == "f":
        new |= np.isnan(input)
    steps = np.arange(input.shape[dim]).reshape((-1,) + (1,) * (input.ndim - 1 - dim))
    return values, np.maximum.accumulate(np.where(new, steps, 0), axis=dim)


@op(
    extras=OUTS,
    returns=("values", "indices"),
    nondifferentiable=("indices",),
    vjp={"input": lambda g, indices, dim, input_shape: put_at(g, indices, dim, input_shape, True)},
    samples=["cummax(v, 0)", "cummax(m, 1)", "cummax(ties, 1)", "cummax(nans, 0)", "cummax(s, 0)", "cummax(ints, 0)"],
    examples=["cummax(tensor([1., 3., 2., 3.]), 0)"],
)
def cummax(input: Array, dim: Dim) -> tuple[Array, Array]:
    """The largest element up to each place along `dim`, and where it is. nan counts as largest."""
    return _running(np.maximum, input, dim, "cummax")


@op(
    extras=OUTS,
    returns=("values", "indices"),
    nondifferentiable=("indices",),
    vjp={"input": lambda g, indices, dim, input_shape: put_at(g, indices, dim, input_shape, True)},
    samples=["cummin(v, 0)", "cummin(m, 1)", "cummin(ties, 1)", "cummin(nans, 0)", "cummin(s, 0)", "cummin(ints, 0)"],
    examples=["cummin(tensor([3., 1., 2., 1.]), 0)"],
)
def cummin(input: Array, dim: Dim) -> tuple[Array, Array]:
    """The smallest element up to each place along `dim`, and where it is. nan counts as smallest."""
    return _running(np.minimum, input, dim, "cummin")
