"""Largest, smallest and middle elements.

Of equal elements, max(), amax() and median() share the gradient evenly; the forms that return an index give it to that.
Sources: aten/src/ATen/native/{ReduceOps,TensorCompare,Sorting}.cpp, torch/csrc/autograd/FunctionsManual.cpp
(`evenly_distribute_backward`, `scale_grad_by_count`, `aminmax_backward`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.entry import OUT, OUTS
from gradcli.engine.op import composite, op
from gradcli.ops.along import (
    Shape,
    add_reduce,
    kept_where,
    maximum_reduce,
    minimum_reduce,
    or_reduce,
    plain,
    put_at,
    restored,
    scaled,
    take_at,
)
from gradcli.ops.common import require
from gradcli.ops.selection import maximum, minimum

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Dim, Dims, Operand


def require_elements(name: str, input: Array, dim: Dims) -> None:
    """Raise IndexError if a dimension to be reduced is empty."""
    if input.size or not input.ndim:
        return
    for axis in dim:
        if not input.shape[axis]:
            raise IndexError(f"{name}(): Expected reduction dim {axis} to have non-zero size.")


def _shared(g: Any, input: Any, result: Any) -> Any:
    """The gradient in equal parts to all elements that equal the result, or to all nan if that is nan."""
    array, extreme = plain(input), plain(result)
    mask = np.isnan(array) if extreme != extreme else array == extreme
    return kept_where(g / int(np.count_nonzero(mask)), mask)


def _shared_along(g: Any, input: Any, result: Any, dim: Shape | None, keepdim: bool) -> Any:
    """As `_shared`, for each slice over `dim`. A slice with nan has nan."""
    shape = input.shape
    array, extreme = plain(input), plain(restored(plain(result), shape, dim, keepdim))
    mask = array == extreme
    count = add_reduce(mask, axis=dim or None if shape else None, keepdims=True, dtype=array.dtype)
    return scaled(scaled(restored(g, shape, dim, keepdim), mask), 1 / count)


# -- max and min -------------------------------------------------------------------------------------------------------


def _extreme(reduce: Any, name: str, input: Array) -> Array:
    if not input.size:
        raise RuntimeError(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0. "
            "Specify the reduction dim with the 'dim' argument."
        )
    require(input, "biuf", f"{name}_all")
    return reduce(input, axis=None)


def _extreme_at(reduce: Any, argument: Any, name: str, input: Array, dim: int, keepdim: bool) -> tuple[Array, Array]:
    """The extreme along `dim` and its place: the first nan, or else the first of equal ones."""
    require_elements(name, input, (dim,))
    if input.dtype.kind == "c":
        raise RuntimeError(f"{name}(): does not support complex input")
    if not input.ndim:
        return np.array(input), np.zeros((), np.int64)
    return reduce(input, axis=dim, keepdims=keepdim), argument(input, dim, keepdims=keepdim)


@op(
    "max",
    grad_fn="MaxBackward1",
    extras=OUT,
    vjp={"input": lambda g, input, result: _shared(g, input, result)},
    samples=[
        "max(m)",
        "max(ties)",
        "max(nans)",
        "max(s)",
        "max(ints)",
        "max(mask)",
    ],
    examples=["max(tensor([1., 3., 2.]))"],
)
def max_all(input: Array) -> Array:
    """The largest element; with `dim`, values and indices along it; of two tensors, the larger elements.

    nan counts as largest. Ties share the gradient, except along `dim`.
    """
    return _extreme(maximum_reduce, "max", input)


@composite(
    "max",
    extras=OUT,
    samples=["max(m, n)", "max(m, row)", "max(ints, iv)"],
    examples=["max(tensor([1., 4.]), tensor([3., 2.]))"],
)
def max_other(input: Operand, other: Operand) -> Any:
    """The larger of two elements, elementwise."""
    return maximum(input, other)


@op(
    "max",
    grad_fn="MaxBackward0",
    extras=OUTS,
    returns=("values", "indices"),
    nondifferentiable=("indices",),
    vjp={"input": lambda g, indices, dim, input_shape: put_at(g, indices, dim, input_shape)},
    samples=[
        "max(m, 0)",
        "max(t3, -1, True)",
        "max(t3, 1)",
        "max(ties, 1)",
        "max(nans, 1)",
        "max(s, 0)",
        "max(ints, 0)",
        "max(mask, 0)",
        "max(empty2, 1)",
    ],
    examples=["max(tensor([[1., 3.], [4., 2.]]), 1)", "max(tensor([[1., 3.], [4., 2.]]), 0, keepdim=True)"],
)
def max_dim(input: Array, dim: Dim, keepdim: bool = False) -> tuple[Array, Array]:
    """The largest elements along `dim`, and where they are: of equal ones the first."""
    return _extreme_at(maximum_reduce, np.ndarray.argmax, "max", input, dim, keepdim)


@op(
    "min",
    grad_fn="MinBackward1",
    extras=OUT,
    vjp={"input": lambda g, input, result: _shared(g, input, result)},
    samples=[
        "min(m)",
        "min(ties)",
        "min(nans)",
        "min(s)",
        "min(ints)",
        "min(mask)",
    ],
    examples=["min(tensor([1., 3., 2.]))"],
)
def min_all(input: Array) -> Array:
    """The smallest element; with `dim`, values and indices along it; of two tensors, the smaller elements.

    nan counts as smallest. Ties share the gradient, except along `dim`.
    """
    return _extreme(minimum_reduce, "min", input)


@composite(
    "min",
    extras=OUT,
    samples=["min(m, n)", "min(m, row)", "min(ints, iv)"],
    examples=["min(tensor([1., 4.]), tensor([3., 2.]))"],
)
def min_other(input: Operand, other: Operand) -> Any:
    """The smaller of two elements, elementwise."""
    return minimum(input, other)


@op(
    "min",
    grad_fn="MinBackward0",
    extras=OUTS,
    returns=("values", "indices"),
    nondifferentiable=("indices",),
    vjp={"input": lambda g, indices, dim, input_shape: put_at(g, indices, dim, input_shape)},
    samples=[
        "min(m, 0)",
        "min(t3, -1, True)",
        "min(t3, 1)",
        "min(ties, 1)",
        "min(nans, 1)",
        "min(s, 0)",
        "min(ints, 0)",
        "min(empty2, 1)",
    ],
    examples=["min(tensor([[1., 3.], [4., 2.]]), 1)"],
)
def min_dim(input: Array, dim: Dim, keepdim: bool = False) -> tuple[Array, Array]:
    """The smallest elements along `dim`, and where they are: of equal ones the first."""
    return _extreme_at(minimum_reduce, np.ndarray.argmin, "min", input, dim, keepdim)


# -- amax, amin, aminmax -----------------------------------------------------------------------------------------------


def _extreme_over(function: np.ufunc, name: str, input: Array, dim: Dims, keepdim: bool) -> Array:
    if not dim and not input.size:
        raise RuntimeError(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0. "
            "Specify the reduction dim with the 'dim' argument."
        )
    require_elements(name, input, dim)
    require(input, "biuf", f"{name[1:]}_values_cpu")
    if not input.ndim:
        return np.array(input)
    return function.reduce(input, axis=dim or None, keepdims=keepdim)


@op(
    extras=OUT,
    vjp={"input": lambda g, input, result, dim, keepdim: _shared_along(g, input, result, dim, keepdim)},
    samples=[
        "amax(m)",
        "amax(t3, (0, 2))",
        "amax(ties, 1, True)",
        "amax(nans, 1)",
        "amax(s, 0)",
        "amax(ints, 0)",
    ],
    examples=["amax(tensor([[1., 3.], [4., 2.]]), 1)"],
)
def amax(input: Array, dim: Dims = (), keepdim: bool = False) -> Array:
    """The largest elements over `dim`. Ties share the gradient."""
    return _extreme_over(np.maximum, "amax", input, dim, keepdim)


@op(
    extras=OUT,
    vjp={"input": lambda g, input, result, dim, keepdim: _shared_along(g, input, result, dim, keepdim)},
    samples=[
        "amin(m)",
        "amin(t3, (0, 2))",
        "amin(ties, 1, True)",
        "amin(nans, 1)",
        "amin(s, 0)",
        "amin(ints, 0)",
    ],
    examples=["amin(tensor([[1., 3.], [4., 2.]]), 1)"],
)
def amin(input: Array, dim: Dims = (), keepdim: bool = False) -> Array:
    """The smallest elements over `dim`. Ties share the gradient."""
    return _extreme_over(np.minimum, "amin", input, dim, keepdim)


@op(
    extras=OUTS,
    returns=("min", "max"),
    vjp={
        "input": lambda grads, input, min, max, dim, keepdim: (
            _shared_along(grads[0], input, min, _listed(dim), keepdim)
            + _shared_along(grads[1], input, max, _listed(dim), keepdim)
        )
    },
    samples=[
        "aminmax(m)",
        "aminmax(m, dim=1)",
        "aminmax(t3, dim=-2, keepdim=True)",
        "aminmax(ties, dim=1)",
        "aminmax(s)",
        "aminmax(ints)",
    ],
    examples=["aminmax(tensor([1., 3., 2.]))"],
)
def aminmax(input: Array, *, dim: Dim | None = None, keepdim: bool = False) -> tuple[Array, Array]:
    """The smallest and the largest elements, of all or along `dim`."""
    if dim is None and not input.size:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        )
    if dim is not None and input.ndim and not input.shape[dim]:
        raise IndexError(f"aminmax: Expected reduction dim {dim} to have non-zero size.")
    require(input, "biuf", "aminmax_cpu")
    axis = dim if input.ndim else None
    return minimum_reduce(input, axis=axis, keepdims=keepdim), maximum_reduce(input, axis=axis, keepdims=keepdim)


def _listed(dim: int | None) -> Shape | None:
    return None if dim is None else (dim,)


# -- places ------------------------------------------------------------------------------------------------------------


def _place(argument: Any, name: str, input: Array, dim: int | None, keepdim: bool) -> Array:
    if dim is None and not input.size:
        raise IndexError(f"{name}(): Expected reduction dim to be specified for input.numel() == 0.")
    require_elements(name, input, () if dim is None else (dim,))
    if input.dtype.kind in "cb":
        raise RuntimeError(f"{name}(): does not support {'bool' if input.dtype.kind == 'b' else 'complex'} input")
    result: Array = argument(input, axis=dim if input.ndim else None, keepdims=keepdim)
    return result


@op(
    extras=OUT,
    samples=[
        "argmax(m)",
        "argmax(m, 1)",
        "argmax(ties, -1, True)",
        "argmax(nans)",
        "argmax(s, 0)",
        "argmax(ints, 0)",
        "argmax(empty)",
    ],
    examples=["argmax(tensor([1., 3., 2.]))"],
)
def argmax(input: Array, dim: Dim | None = None, keepdim: bool = False) -> Array:
    """Where the largest element is, among all (counted in rows) or along `dim`: the first nan or first of ties."""
    return _place(np.ndarray.argmax, "argmax", input, dim, keepdim)


@op(
    extras=OUT,
    samples=["argmin(m)", "argmin(m, 1)", "argmin(ties, -1, True)", "argmin(nans)", "argmin(s, 0)", "argmin(ints, 0)"],
    examples=["argmin(tensor([3., 1., 2.]))"],
)
def argmin(input: Array, dim: Dim | None = None, keepdim: bool = False) -> Array:
    """Where the smallest element is, among all (counted in rows) or along `dim`: the first nan or first of ties."""
    return _place(np.ndarray.argmin, "argmin", input, dim, keepdim)


# -- median ------------------------------------------------------------------------------------------------------------


def _median(input: Array, ignore_nan: bool) -> Array:
    """Of an even number, the lower of the two in the middle."""
    require(input, "iuf", "median_cpu")
    flat = input.reshape(-1)
    if not flat.size:
        return np.array(np.nan if input.dtype.kind == "f" else np.iinfo(input.dtype).min, input.dtype)
    if input.dtype.kind == "f" and (nan := np.isnan(flat)).any():
        flat = flat[~nan]
        if not ignore_nan or not flat.size:
            return np.array(np.nan, input.dtype)
    middle = (flat.size - 1) // 2
    return np.array(np.partition(flat, middle)[middle])


def _median_along(input: Array, dim: int, keepdim: bool, ignore_nan: bool) -> tuple[Array, Array]:
    """The median and its place: of equal elements, where a stable sort has it; of nan the first."""
    require_elements("median", input, (dim,))
    require(input, "iuf", "median_out")
    if not input.ndim:
        return np.array(input), np.zeros((), np.int64)
    order = np.argsort(input, axis=dim, kind="stable")
    count = input.shape[dim]
    middle = order[(slice(None),) * dim + (slice((count - 1) // 2, (count - 1) // 2 + 1),)]
    if input.dtype.kind == "f" and (nan := input != input).any():
        if ignore_nan:
            places = np.maximum(add_reduce(~nan, axis=dim, keepdims=True) - 1, 0) // 2
            middle = take_at.kernel(order, places, dim)
        else:
            middle = np.where(or_reduce(nan, axis=dim, keepdims=True), nan.argmax(dim, keepdims=True), middle)
    indices = middle.copy() if keepdim else middle.reshape(input.shape[:dim] + input.shape[dim + 1 :])
    return take_at.kernel(input, indices, dim), indices


@op(
    "median",
    grad_fn="MedianBackward0",
    vjp={"input": lambda g, input, result: _shared(g, input, result)},
    samples=["median(m)", "median(v)", "median(ties)", "median(nans)", "median(s)", "median(ints)"],
    examples=["median(tensor([4., 1., 3., 2.]))"],
)
def median_all(input: Array) -> Array:
    """The middle element, of an even number the lower; with `dim`, values and indices along it. nan if any is."""
    return _median(input, ignore_nan=False)


@op(
    "median",
    grad_fn="MedianBackward1",
    extras=OUTS,
    returns=("values", "indices"),
    nondifferentiable=("indices",),
    vjp={"input": lambda g, indices, dim, input_shape: put_at(g, indices, dim, input_shape)},
    samples=[
        "median(m, 0)",
        "median(t3, -1, True)",
        "median(ties, 1)",
        "median(nans, 1)",
        "median(s, 0)",
        "median(ints, 0)",
        "median(long, 0)",
    ],
    examples=["median(tensor([[4., 1., 3.], [1., 2., 0.]]), 1)"],
)
def median_dim(input: Array, dim: Dim, keepdim: bool = False) -> tuple[Array, Array]:
    """The middle elements along `dim` and where they are; nan where any is."""
    return _median_along(input, dim, keepdim, ignore_nan=False)


@op(
    "nanmedian",
    grad_fn="NanmedianBackward0",
    vjp={"input": lambda g, input, result: _shared(g, input, result)},
    samples=["nanmedian(m)", "nanmedian(nans)", "nanmedian(s)"],
    examples=["nanmedian(tensor([4., nan, 3., 2.]))"],
)
def nanmedian_all(input: Array) -> Array:
    """The middle of the elements that are not nan; with `dim`, values and indices along it."""
    return _median(input, ignore_nan=True)


@op(
    "nanmedian",
    grad_fn="NanmedianBackward1",
    extras=OUTS,
    returns=("values", "indices"),
    nondifferentiable=("indices",),
    vjp={"input": lambda g, indices, dim, input_shape: put_at(g, indices, dim, input_shape)},
    samples=["nanmedian(m, 0)", "nanmedian(nans, 1)", "nanmedian(t3, 1, True)"],
    examples=["nanmedian(tensor([[4., nan, 3.], [1., 2., 0.]]), 1)"],
)
def nanmedian_dim(input: Array, dim: Dim, keepdim: bool = False) -> tuple[Array, Array]:
    """The middle of the elements that are not nan, along `dim`, and where they are."""
    return _median_along(input, dim, keepdim, ignore_nan=True)
