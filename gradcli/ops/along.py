"""What the formulas of reductions, scans and sorts are written in: operators along dimensions, and their adjoints.

All are private, and each is the adjoint of another (or of itself), so that formulas hold for second gradients too.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.adjoints import cast
from gradcli.engine.errors import warn
from gradcli.engine.op import op
from gradcli.engine.tensor import Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gradcli.engine.dtypes import DType
    from gradcli.engine.kinds import Array

Shape = tuple[int, ...]

# numpy's reductions as names: the overloads in its stubs know no `keepdims: bool`.
Reduce = Callable[..., "NDArray[Any]"]
add_reduce: Reduce = np.add.reduce
multiply_reduce: Reduce = np.multiply.reduce
maximum_reduce: Reduce = np.maximum.reduce
minimum_reduce: Reduce = np.minimum.reduce
and_reduce: Reduce = np.logical_and.reduce
or_reduce: Reduce = np.logical_or.reduce


def plain(value: Any) -> Any:
    """The ndarray of a formula's argument, for what has no derivative: masks and counts."""
    return value.array if isinstance(value, Tensor) else value


def in_type(input: Array, dtype: DType | None) -> Array:
    """The input as it is summed or multiplied: in `dtype` if that is given; else integers and booleans as int64."""
    if dtype is None:
        return input.astype(np.int64) if input.dtype.kind in "bui" and input.dtype != np.int64 else input
    if input.dtype.kind == "c" and dtype.np.kind not in "cb":
        warn("Casting complex values to real discards the imaginary part")
    return cast.kernel(input, dtype.np) if input.dtype != dtype.np else input


def kept_shape(shape: Shape, dim: Shape | None) -> Shape:
    """The shape of a reduction over `dim` with keepdim. None and () are all dimensions."""
    return tuple([1 if not dim or axis in dim else size for axis, size in enumerate(shape)])


def restored(reduced: Any, shape: Shape, dim: Shape | None, keepdim: bool) -> Any:
    """A reduction's result, or its gradient, with the reduced dimensions (of an input of `shape`) as ones."""
    return reduced if keepdim or not shape else reshaped(reduced, kept_shape(shape, dim))


@op(private=True, grad_fn="ViewBackward0", vjp={"input": lambda g, input_shape: reshaped(g, input_shape)})
def reshaped(input: Array, shape: Shape) -> Array:
    """The same elements in another shape."""
    return input.reshape(shape)


@op(private=True, grad_fn="MaskedFillBackward0", vjp={"input": lambda g, mask: kept_where(g, mask)})
def kept_where(input: Array, mask: Any, fill: float = 0.0) -> Array:
    """`fill` where `mask` is False, also in place of infinities and nan. Broadcasts."""
    return np.where(mask, input, input.dtype.type(fill))


@op(private=True, grad_fn="MulBackward0", vjp={"input": lambda g, factor: scaled(g, factor)})
def scaled(input: Array, factor: Any) -> Array:
    """Multiply by an array that is a constant. Broadcasts."""
    return np.multiply(input, factor, dtype=input.dtype)


@op(private=True, grad_fn="FlipBackward0", vjp={"input": lambda g, dim: flipped(g, dim)})
def flipped(input: Array, dim: int) -> Array:
    """Back to front along `dim`."""
    return input[(slice(None),) * dim + (slice(None, None, -1),)] if input.ndim else input


@op(private=True, grad_fn="CatBackward0", vjp={"input": lambda g, dim, step: shifted(g, dim, -step, 0)})
def shifted(input: Array, dim: int, step: int, fill: int) -> Array:
    """Moved one place along `dim`, to the back (step 1) or the front (-1); `fill` comes into the gap."""
    result = np.full(input.shape, fill, input.dtype)
    if input.ndim:
        before = (slice(None),) * dim
        ahead, behind = (*before, slice(1, None)), (*before, slice(None, -1))
        if step == 1:
            result[ahead] = input[behind]
        else:
            result[behind] = input[ahead]
    return result


def _places(indices: Array, dim: int, shape: Shape) -> Array:
    """Where `indices` along `dim` point to in a contiguous array of `shape`, in the order (outer, along, inner)."""
    outer, inner = prod(shape[:dim]), prod(shape[dim + 1 :])
    if inner == 1:
        rows = indices.reshape(outer, -1)
        return rows if outer == 1 else rows + np.arange(0, outer * shape[dim], shape[dim])[:, None]
    places = indices.reshape(outer, -1, inner) * inner + np.arange(inner)
    return (
        places if outer == 1 else places + np.arange(0, outer * shape[dim] * inner, shape[dim] * inner)[:, None, None]
    )


@op(
    private=True,
    grad_fn="GatherBackward0",
    vjp={
        "input": lambda g, indices, dim, input_shape, repeated: put_at(g, indices, dim, input_shape, repeated),
        "indices": None,
    },
)
def take_at(input: Array, indices: Array, dim: int, repeated: bool = False) -> Array:
    """The elements that `indices` name along `dim`: as gather, for the shape of a reduction with or without keepdim."""
    if not input.ndim:
        return np.array(input).reshape(indices.shape)
    if not indices.size:
        return np.empty(indices.shape, input.dtype)
    return input.reshape(-1)[_places(indices, dim, input.shape)].reshape(indices.shape)


@op(
    private=True,
    grad_fn="ScatterBackward0",
    vjp={"input": lambda g, indices, dim, repeated: take_at(g, indices, dim, repeated), "indices": None},
)
def put_at(input: Array, indices: Array, dim: int, shape: Shape, repeated: bool = False) -> Array:
    """Zeros of `shape` with the elements of `input` at `indices` along `dim`: the adjoint of take_at.

    repeated: one place may be named more than once, and gets the sum.
    """
    if not shape:
        return np.array(input).reshape(())
    result = np.zeros(prod(shape), input.dtype)
    if indices.size:
        places = _places(indices, dim, shape)
        if repeated:
            np.add.at(result, places, input.reshape(places.shape))
        else:
            result[places] = input.reshape(places.shape)
    return result.reshape(shape)
