"""Sums, means, products and the like over dimensions.

An empty or missing `dim` means all dimensions. Sources: aten/src/ATen/native/ReduceOps.cpp,
torch/csrc/autograd/FunctionsManual.cpp (`sum_backward`, `prod_backward`, `logsumexp_backward`).
"""

from __future__ import annotations

from math import prod as product
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.adjoints import expand_to
from gradcli.engine.dims import normalize_dims
from gradcli.engine.dtypes import of
from gradcli.engine.entry import OUT
from gradcli.engine.op import composite, op
from gradcli.engine.summing import add_up
from gradcli.engine.tensor import Tensor
from gradcli.ops.along import (
    Shape,
    add_reduce,
    and_reduce,
    flipped,
    in_type,
    kept_shape,
    maximum_reduce,
    multiply_reduce,
    or_reduce,
    plain,
    reshaped,
    restored,
    scaled,
    shifted,
)
from gradcli.ops.common import rounded_once
from gradcli.ops.elementary import exp
from gradcli.ops.scans import cumprod

if TYPE_CHECKING:
    from gradcli.engine.dtypes import DType
    from gradcli.engine.kinds import Array, Dim, DimList, Dims, FloatArray

HALF, FLOAT, DOUBLE, LONG = map(np.dtype, ("float16", "float32", "float64", "int64"))
_LARGE = 1 << 14


def axes(input: Array, dim: Dims | None) -> Shape | None:
    """`dim` as numpy's `axis`."""
    return dim or None if input.ndim else None


def total(input: Array, axis: Shape | None, keepdim: bool) -> Array:
    """The sum, as exact as torch's: half precision is summed in single, and so on.

    numpy sums pairwise only along memory; 0.1 a million times along the first of two axes would be off by one per cent.
    """
    wide = input.dtype
    if wide == HALF:
        wide = FLOAT
    elif wide == FLOAT and input.size > _LARGE and axis is not None and axis != (input.ndim - 1,):
        wide = DOUBLE
    if wide is input.dtype or wide == input.dtype:
        return add_up(input, axis, keepdim)
    return add_reduce(input, axis=axis, dtype=wide, keepdims=keepdim).astype(input.dtype)


def count_along(shape: Shape, dim: Dims | None) -> int:
    """How many elements a reduction over `dim` takes together."""
    return product([shape[axis] for axis in dim] if dim and shape else shape)


# -- sum ---------------------------------------------------------------------------------------------------------------


@op(
    "sum",
    grad_fn="SumBackward0",
    vjp={"input": lambda g, input_shape: expand_to(g, input_shape)},
    samples=[
        "sum(m)",
        "sum(s)",
        "sum(empty2)",
        "sum(ints)",
        "sum(mask)",
        "sum(u8)",
        "sum(c)",
        "sum(m, dtype=torch.float64)",
    ],
    examples=["sum(tensor([[1., 2.], [3., 4.]]))", "sum(tensor([True, True, False]))"],
)
def sum_all(input: Array, *, dtype: DType | None = None) -> Array:
    """Sum of all elements, or over the dimensions `dim`. Integers and booleans are summed as int64."""
    return total(in_type(input, dtype), None, False)


@op(
    "sum",
    grad_fn="SumBackward1",
    extras=OUT,
    vjp={"input": lambda g, input_shape, dim, keepdim: expand_reduced(g, input_shape, dim, keepdim)},
    samples=[
        "sum(m, 0)",
        "sum(m, -1, True)",
        "sum(t3, (0, 2))",
        "sum(t3, (2, 0), keepdim=True)",
        "sum(m, ())",
        "sum(m, None)",
        "sum(s, 0)",
        "sum(empty2, 0)",
        "sum(empty2, 1)",
        "sum(ints, 0)",
        "sum(c, 1)",
        "m.sum(axis=0, keepdims=True)",
        "sum(m, 0, dtype=torch.float64)",
    ],
    examples=["sum(tensor([[1., 2.], [3., 4.]]), dim=0)", "sum(tensor([[1., 2.], [3., 4.]]), 1, keepdim=True)"],
)
def sum_dim(input: Array, dim: Dims | None, keepdim: bool = False, *, dtype: DType | None = None) -> Array:
    """Sum of all elements, or over the dimensions `dim`. Integers and booleans are summed as int64."""
    return total(in_type(input, dtype), axes(input, dim), keepdim)


@op(
    private=True,
    grad_fn="ExpandBackward0",
    vjp={"input": lambda g, dim, keepdim: sum_dim(g, dim, keepdim)},
)
def expand_reduced(input: Array, shape: Shape, dim: Shape | None, keepdim: bool) -> Array:
    """Back to the `shape` that was reduced over `dim`, by repetition: the adjoint of the sum."""
    return np.broadcast_to(input if keepdim or not shape else input.reshape(kept_shape(shape, dim)), shape)


def _refuse_complex(input: Array) -> None:
    if input.dtype.kind == "c":
        raise RuntimeError("nansum on CPU does not support complex inputs")


@op(
    vjp={
        "input": lambda g, input, dim, keepdim: scaled(
            expand_reduced(g, input.shape, dim, keepdim), ~np.isnan(plain(input))
        )
    },
    extras=OUT,
    samples=[
        "nansum(nans)",
        "nansum(nans, 0)",
        "nansum(m, (0, 1), True)",
        "nansum(ints)",
        "nansum(s)",
        "nansum(empty2, 0)",
    ],
    examples=["nansum(tensor([1., nan, 2.]))"],
)
def nansum(input: Array, dim: Dims | None = None, keepdim: bool = False, *, dtype: DType | None = None) -> Array:
    """Sum over `dim` where nan counts as zero."""
    _refuse_complex(input)
    if input.dtype.kind == "f":
        input = np.where(np.isnan(input), input.dtype.type(0), input)
    return total(in_type(input, dtype), axes(input, dim), keepdim)


# -- mean --------------------------------------------------------------------------------------------------------------


def _mean(input: Array, dim: Dims | None, keepdim: bool, dtype: DType | None) -> Array:
    kind = input.dtype if dtype is None else dtype.np
    if kind.kind not in "fc":
        which = "Input" if dtype is None else "Optional"
        raise RuntimeError(
            f"mean(): could not infer output dtype. {which} dtype must be either a floating point or complex dtype. "
            f"Got: {of(kind).scalar}"
        )
    input = in_type(input, dtype)
    count = count_along(input.shape, dim)
    if kind == HALF:
        return np.divide(total(input.astype(FLOAT), axes(input, dim), keepdim), count).astype(HALF)
    return total(input, axes(input, dim), keepdim) / count


@op(
    "mean",
    grad_fn="MeanBackward0",
    extras=OUT,
    vjp={"input": lambda g, input_shape: expand_to(g, input_shape) / product(input_shape)},
    samples=["mean(m)", "mean(s)", "mean(c)", "mean(empty)", "mean(ints, dtype=torch.float64)", "mean(ints)"],
    examples=["mean(tensor([1., 2., 6.]))"],
)
def mean_all(input: Array, *, dtype: DType | None = None) -> Array:
    """Mean of all elements, or over the dimensions `dim`. Integers need a `dtype`; RuntimeError without."""
    return _mean(input, None, False, dtype)


@op(
    "mean",
    grad_fn="MeanBackward1",
    extras=OUT,
    vjp={
        "input": lambda g, input_shape, dim, keepdim: (
            expand_reduced(g, input_shape, dim, keepdim) / count_along(input_shape, dim)
        )
    },
    samples=[
        "mean(m, 0)",
        "mean(t3, (0, -1))",
        "mean(m, 1, True)",
        "mean(m, ())",
        "mean(s, 0)",
        "mean(empty2, 0)",
        "mean(empty2, 1)",
    ],
    examples=["mean(tensor([[1., 2.], [3., 6.]]), 1)"],
)
def mean_dim(input: Array, dim: Dims | None, keepdim: bool = False, *, dtype: DType | None = None) -> Array:
    """Mean of all elements, or over the dimensions `dim`. Integers need a `dtype`; RuntimeError without."""
    return _mean(input, dim, keepdim, dtype)


@composite(
    extras=OUT,
    samples=["nanmean(nans)", "nanmean(m, 0)", "nanmean(m, (0, 1), True)", "nanmean(s)"],
    examples=["nanmean(tensor([1., nan, 3.]))"],
)
def nanmean(input: Array, dim: Dims | None = None, keepdim: bool = False, *, dtype: DType | None = None) -> Any:
    """Mean over `dim` of what is not nan. Raises RuntimeError for integers."""
    array = plain(input)
    if array.dtype.kind not in "fc":
        scalar = of(array.dtype).scalar
        raise RuntimeError(f"nanmean(): expected input to have floating point or complex dtype but got {scalar}")
    axis = axes(array, None if dim is None else normalize_dims(dim, array.ndim))
    count = add_reduce(~np.isnan(array), axis=axis, dtype=LONG, keepdims=keepdim)
    return nansum(input, dim, keepdim, dtype=dtype) / Tensor(count)


# -- product -----------------------------------------------------------------------------------------------------------


def _product(input: Array, axis: Shape | None, keepdim: bool) -> Array:
    if input.dtype == HALF:
        return multiply_reduce(input, axis=axis, dtype=FLOAT, keepdims=keepdim).astype(HALF)
    return multiply_reduce(input, axis=axis, dtype=input.dtype, keepdims=keepdim)


def _other_factors(input: Any, dim: int) -> Any:
    """The product of all elements along `dim` but the one in that place: from the left times from the right.

    No division: [2, 0, 3] has [0, 6, 0].
    """
    left = cumprod(shifted(input, dim, 1, 1), dim)
    right = flipped(cumprod(flipped(shifted(input, dim, -1, 1), dim), dim), dim)
    return left * right


def _product_gradient(g: Any, input: Any, result: Any) -> Any:
    if not input.shape:
        return g
    if (plain(input) == 0).any():
        return reshaped(g * _other_factors(reshaped(input, (-1,)), 0), input.shape)
    return g * (result / input)


def _product_gradient_dim(g: Any, input: Any, result: Any, dim: int, keepdim: bool) -> Any:
    if not input.shape:
        return g
    g = restored(g, input.shape, (dim,), keepdim)
    if (plain(input) == 0).any():
        return g * _other_factors(input, dim)
    return g * (restored(result, input.shape, (dim,), keepdim) / input)


@op(
    "prod",
    grad_fn="ProdBackward0",
    vjp={"input": lambda g, input, result: _product_gradient(g, input, result)},
    samples=[
        "prod(m)",
        "prod(s)",
        "prod(empty2)",
        "prod(zeros_in)",
        "prod(zeros_in[0])",
        "prod(ints)",
        "prod(mask)",
        "prod(u8)",
        "prod(cv)",
    ],
    examples=["prod(tensor([2., 3., 4.]))"],
)
def prod_all(input: Array, *, dtype: DType | None = None) -> Array:
    """Product of all elements, or along the dimension `dim`. Integers and booleans are multiplied as int64."""
    return _product(in_type(input, dtype), None, False)


@op(
    "prod",
    grad_fn="ProdBackward1",
    extras=OUT,
    vjp={"input": lambda g, input, result, dim, keepdim: _product_gradient_dim(g, input, result, dim, keepdim)},
    samples=[
        "prod(m, 0)",
        "prod(m, -1, True)",
        "prod(zeros_in, 0)",
        "prod(zeros_in, 1, True)",
        "prod(s, 0)",
        "prod(empty2, 0)",
        "prod(empty2, 1)",
        "prod(ints, 1)",
        "prod(c, 1)",
    ],
    examples=["prod(tensor([[1., 2.], [3., 4.]]), 0)"],
)
def prod_dim(input: Array, dim: Dim, keepdim: bool = False, *, dtype: DType | None = None) -> Array:
    """Product of all elements, or along the dimension `dim`. Integers and booleans are multiplied as int64."""
    return _product(in_type(input, dtype), (dim,) if input.ndim else None, keepdim)


# -- log of a sum of exponentials --------------------------------------------------------------------------------------


def finite_maximum(input: Array, axis: Any) -> Array:
    """The largest real part along `axis`, 0 in place of infinities: what is taken out of sums of exponentials."""
    real = input.real if input.dtype.kind == "c" else input
    if not input.size:
        return np.zeros(kept_shape(input.shape, axis), real.dtype)
    largest = maximum_reduce(real, axis=axis, keepdims=True)
    return np.where(np.isinf(largest), largest.dtype.type(0), largest)


@op(
    extras=OUT,
    also=["special.logsumexp"],
    vjp={
        "input": lambda g, input, result, dim, keepdim: (
            restored(g, input.shape, dim, keepdim) * exp(input - restored(result, input.shape, dim, keepdim))
        )
    },
    samples=[
        "logsumexp(m, 0)",
        "logsumexp(t3, (0, -1), True)",
        "logsumexp(huge, 1)",
        "logsumexp(s, 0)",
        "logsumexp(ints, 0)",
        "logsumexp(empty2, 0)",
        "logsumexp(c, 1)",
    ],
    examples=["logsumexp(tensor([1., 2., 3.]), 0)", "logsumexp(tensor([10000., 10000.]), 0)"],
)
def logsumexp(input: FloatArray, dim: Dims, keepdim: bool = False) -> Array:
    """log(sum(exp(input))) over `dim`, without overflow."""
    if not dim and input.ndim:
        ones = ", ".join(["1"] * input.ndim)
        raise RuntimeError(f"output with shape [] doesn't match the broadcast shape [{ones}]")
    kind, axis = input.dtype, axes(input, dim)
    if kind == HALF:
        input = input.astype(FLOAT)
    largest = finite_maximum(input, axis)
    powers = rounded_once(np.exp, np.asarray(input - largest))
    result = rounded_once(np.log, np.asarray(add_up(powers, axis, keepdim)))
    result = result + (largest if keepdim else largest.reshape(result.shape))
    return result.astype(kind) if result.dtype != kind else result


# -- truth -------------------------------------------------------------------------------------------------------------


def _truth(reduce: Any, input: Array, axis: Shape | None, keepdim: bool) -> Array:
    """torch keeps the type of uint8, all else becomes bool."""
    result = reduce(input, axis=axis, keepdims=keepdim)
    return result.astype(np.uint8) if input.dtype == np.uint8 else result


def _truth_dims(reduce: Any, input: Array, dim: DimList | None, keepdim: bool) -> Array:
    """() reduces nothing here."""
    dims = None if dim is None else normalize_dims(dim, input.ndim)
    return _truth(reduce, input, () if dims == () else axes(input, dims), keepdim)


@op(
    "all", extras=OUT, samples=["all(mask)", "all(m)", "all(u8)", "all(empty)"], examples=["all(tensor([True, False]))"]
)
def all_all(input: Array) -> Array:
    """Is every element true (not zero)? Of all elements, or over `dim`."""
    return _truth(and_reduce, input, None, False)


@op("all", extras=OUT, samples=["all(mask, (0, 1))", "all(m, ())"], examples=["all(tensor([[True, False]]), (0, 1))"])
def all_dims(input: Array, dim: DimList | None = None, keepdim: bool = False) -> Array:
    """Is every element true (not zero)? Of all elements, or over `dim`."""
    return _truth_dims(and_reduce, input, dim, keepdim)


@op("all", extras=OUT, samples=["all(mask, 0)", "all(u8, 0, True)"], examples=["all(tensor([[True, False]]), 0)"])
def all_dim(input: Array, dim: Dim, keepdim: bool = False) -> Array:
    """Is every element true (not zero)? Of all elements, or over `dim`."""
    return _truth(and_reduce, input, axes(input, (dim,)), keepdim)


@op(
    "any", extras=OUT, samples=["any(mask)", "any(m)", "any(u8)", "any(empty)"], examples=["any(tensor([True, False]))"]
)
def any_all(input: Array) -> Array:
    """Is one element true (not zero)? Of all elements, or over `dim`."""
    return _truth(or_reduce, input, None, False)


@op("any", extras=OUT, samples=["any(mask, (0, 1))", "any(m, ())"], examples=["any(tensor([[True, False]]), (0, 1))"])
def any_dims(input: Array, dim: DimList | None = None, keepdim: bool = False) -> Array:
    """Is one element true (not zero)? Of all elements, or over `dim`."""
    return _truth_dims(or_reduce, input, dim, keepdim)


@op("any", extras=OUT, samples=["any(mask, 0)", "any(u8, 0, True)"], examples=["any(tensor([[True, False]]), 0)"])
def any_dim(input: Array, dim: Dim, keepdim: bool = False) -> Array:
    """Is one element true (not zero)? Of all elements, or over `dim`."""
    return _truth(or_reduce, input, axes(input, (dim,)), keepdim)


@op(
    "count_nonzero",
    samples=["count_nonzero(zeros_in)", "count_nonzero(m, 0)", "count_nonzero(s)"],
    examples=["count_nonzero(tensor([0, 3, 4]))"],
)
def count_nonzero(input: Array, dim: Dim | None = None) -> Array:
    """How many elements are not zero, in all or along `dim`."""
    return add_reduce(input != 0, axis=None if dim is None else axes(input, (dim,)), dtype=LONG)


@op(
    "count_nonzero",
    samples=["count_nonzero(zeros_in, (0, 1))", "count_nonzero(t3, (0, -1))"],
    examples=["count_nonzero(tensor([[0, 3]]), (0, 1))"],
)
def count_nonzero_dims(input: Array, dim: DimList) -> Array:
    """How many elements are not zero, in all or along `dim`."""
    return add_reduce(input != 0, axis=axes(input, normalize_dims(dim, input.ndim)), dtype=LONG)
