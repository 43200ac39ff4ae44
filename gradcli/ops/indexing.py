"""Elements by tensors of indices and masks: index_select, gather, take, index, masked_select, nonzero.

Sources: aten/src/ATen/native/TensorAdvancedIndexing.cpp, IndexingUtils.h, torch/csrc/autograd/FunctionsManual.cpp.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine import dtypes
from gradcli.engine.adjoints import zeros
from gradcli.engine.dims import broadcast_shapes, normalize_dim
from gradcli.engine.entry import OUT
from gradcli.engine.errors import warn
from gradcli.engine.limits import reserve
from gradcli.engine.op import composite, op
from gradcli.engine.tensor import Tensor
from gradcli.ops.views import flatten

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Dim, Object

Shape = tuple[int, ...]


def scalar_name(array: Array) -> str:
    """The type of an array as torch's messages call it, "Float"."""
    return dtypes.of(array.dtype).scalar


def is_index_type(index: Array) -> bool:
    """int32 or int64."""
    return index.dtype.char in "ilq"


def is_long(index: Array) -> bool:
    """int64 (numpy's names of types are slow)."""
    return index.dtype.kind == "i" and index.dtype.itemsize == 8


def is_mask(array: Array) -> bool:
    """bool, or uint8, which torch still takes for it."""
    return array.dtype.char in "?B"


def first_outside(index: Array, low: int, high: int) -> int | None:
    """The first index that is not in [low, high)."""
    if not index.size or (index.min() >= low and index.max() < high):
        return None
    return int(index[(index < low) | (index >= high)][0])


# --- index_select --------------------------------------------------------------------------------------------------


@op(
    extras=OUT,
    vjp={
        "input": lambda g, input_shape, dim, index: scattering.index_add(zeros(g, input_shape), dim, index, g),
        "index": None,
    },
    samples=[
        "index_select(m, 1, idx)",
        "index_select(t3, -1, ints[0].abs())",
        "index_select(m, 0, labels[1])",
        "index_select(s, 0, labels[1])",
        "index_select(m, 0, empty.long())",
    ],
    examples=["index_select(tensor([[1., 2.], [3., 4.]]), 1, tensor([1, 0, 1]))"],
)
def index_select(input: Array, dim: Dim, index: Array) -> Array:
    """The slices along `dim` that a vector of indices names; a copy."""
    if index.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    if not is_index_type(index):
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index")
    if not input.ndim and index.size != 1:
        raise RuntimeError(f"index_select(): Index to scalar can have only 1 value, got {index.size} value(s)")
    if first_outside(index, 0, input.shape[dim] if input.ndim else 1) is not None:
        raise IndexError("index out of range in self")
    if not input.ndim:
        return input.copy()
    reserve((*input.shape[:dim], index.size, *input.shape[dim + 1 :]), input.dtype)
    return input.take(index.reshape(-1), dim)


# --- gather --------------------------------------------------------------------------------------------------------


def places(index: Array, dim: int, shape: Shape) -> Array:
    """Where the elements that `index` names along `dim` lie in a contiguous array of `shape`."""
    if index.ndim <= 1:
        return index
    result = index * prod(shape[dim + 1 :])
    for axis, size in enumerate(index.shape):
        if axis != dim:
            step = prod(shape[axis + 1 :])
            result += np.arange(0, size * step or 1, step or 1)[:size].reshape((-1,) + (1,) * (index.ndim - axis - 1))
    return result


def check_places(index: Array, dim: int, shape: Shape) -> None:
    """Raise RuntimeError, as gather and scatter do, for an index that is out of bounds."""
    size = shape[dim] if shape else 1
    outside = first_outside(index, 0, size)
    if outside is not None:
        raise RuntimeError(f"index {outside} is out of bounds for dimension {dim} with size {size}")


def _at_least(shape: Shape) -> Shape:
    return shape or (1,)


@op(
    extras=OUT,
    vjp={
        "input": lambda g, input_shape, dim, index: scatter.scatter_add(zeros(g, input_shape), dim, index, g),
        "index": None,
    },
    samples=[
        "gather(m, 0, idx2)",
        "gather(m, 1, idx2)",
        "gather(t3, -1, idx2.unsqueeze(-1))",
        "gather(v, 0, labels[0])",
        "gather(s, 0, labels[1])",
        "gather(m, 0, empty2.long())",
    ],
    examples=["gather(tensor([[1., 2.], [3., 4.]]), 1, tensor([[0, 0], [1, 0]]))"],
)
def gather(input: Array, dim: Dim, index: Array, *, sparse_grad: bool = False) -> Array:
    """The elements that `index` names along `dim`, in the shape of index."""
    if not index.size:
        return np.empty(index.shape, input.dtype)
    if not is_index_type(index):
        raise RuntimeError("gather(): Expected dtype int32/int64 for index")
    own, asked = _at_least(input.shape), _at_least(index.shape)
    if len(own) != len(asked):
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    if any(n > size for axis, (n, size) in enumerate(zip(asked, own, strict=True)) if axis != dim):
        axis = next(a for a, (n, size) in enumerate(zip(asked, own, strict=True)) if a != dim and n > size)
        raise RuntimeError(
            f"Size does not match at dimension {axis} expected index {list(index.shape)} to be no larger than self "
            f"{list(input.shape)} apart from dimension {dim}"
        )
    check_places(index, dim, input.shape)
    return input.reshape(-1)[places(index, dim, own)]


@composite(
    extras=OUT,
    samples=["take_along_dim(m, idx2, 0)", "take_along_dim(m, idx)", "take_along_dim(t3, labels.view(1, 1, 2), -1)"],
    examples=["take_along_dim(tensor([[1., 3.], [4., 2.]]), tensor([[1], [0]]), dim=1)"],
)
def take_along_dim(input: Array, indices: Array, dim: int | None = None) -> Any:
    """`gather` with sizes that broadcast; without dim, of the elements in one row."""
    if dim is None:
        return gather(flatten(input), 0, flatten(indices))
    if input.ndim != indices.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
            f"{input.ndim} dimensions for input, and {indices.ndim} dimensions for indices"
        )
    dim = normalize_dim(dim, input.ndim)
    array = indices.array  # type: ignore[attr-defined]
    if not is_long(array):
        raise RuntimeError(f"torch.take_along_dim(): dtype of indices should be Long but got {scalar_name(array)}")
    if not input.ndim:
        return gather(input, dim, indices)
    if input.shape[dim] and first_outside(array, 0, input.shape[dim]) is not None:
        indices = Tensor(array % input.shape[dim])  # type: ignore[assignment]
    from gradcli.ops.views import expand

    own, asked = list(input.shape), list(indices.shape)
    own[dim], asked[dim] = asked[dim], own[dim]
    wide_index = broadcast_shapes(tuple(own), tuple(indices.shape))
    wide_input = broadcast_shapes(tuple(asked), tuple(input.shape))
    return gather(_expanded(input, wide_input, expand), dim, _expanded(indices, wide_index, expand))


def _expanded(tensor: Any, shape: Shape, expand: Any) -> Any:
    return tensor if tensor.shape == shape else expand(tensor, shape)


# --- take ----------------------------------------------------------------------------------------------------------


@op(
    extras=OUT,
    vjp={"input": lambda g, input_shape, index: scattering.put(zeros(g, input_shape), index, g, True), "index": None},
    samples=["take(m, idx)", "take(t3, ints)", "take(s, labels[1])", "m.t().take(idx)"],
    examples=["take(tensor([[1., 2.], [3., 4.]]), tensor([0, -1]))"],
)
def take(input: Array, index: Array) -> Array:
    """The elements at the given places, counted over all elements in a row."""
    if not is_long(index):
        raise RuntimeError(f"take(): Expected a long tensor for index, but got {scalar_name(index)}")
    if index.size and not input.size:
        raise IndexError("take(): tried to take from an empty tensor")
    check_taken(index, input.size)
    return np.take(input, index) if input.size else np.empty(index.shape, input.dtype)


def check_taken(index: Array, count: int) -> None:
    """Raise IndexError, as take and put do, for a place that does not exist."""
    outside = first_outside(index, -count, count)
    if outside is not None:
        raise IndexError(f"out of range: tried to access index {outside} on a tensor of {count} elements.")


# --- index: x[tensors] ---------------------------------------------------------------------------------------------


@op(
    "index",
    private=True,
    vjp={
        "input": lambda g, input_shape, indices: scattering.index_put_private(zeros(g, input_shape), indices, g, True),
    },
)
def index(input: Array, indices: Object) -> Array:
    """The elements that `indices` name: integer arrays and slices, one for each of the first dimensions."""
    try:
        if len(indices) == 1 or all(part.__class__ is slice for part in indices[:-1]):
            axis, last = len(indices) - 1, indices[-1]
            reserve((*input.shape[:axis], *last.shape, *input.shape[axis + 1 :]), input.dtype)
            return input.take(last, axis)
        reserve(indexed_shape(input.shape, indices), input.dtype)
        result = input[indices]
    except IndexError:  # in numpy's words
        check_bounds(input.shape, indices)
        raise
    return result if result.flags.c_contiguous else result.copy()


def indexed_shape(shape: Shape, indices: Any) -> Shape:
    """The shape of `array[indices]`."""
    arrays = [part for part in indices if part.__class__ is not slice]
    together = np.broadcast_shapes(*(part.shape for part in arrays))
    at = [axis for axis, part in enumerate(indices) if part.__class__ is not slice]
    rest = [size for axis, size in enumerate(shape) if axis not in at]
    lead = at[0] if at[-1] - at[0] + 1 == len(at) else 0
    return (*rest[:lead], *together, *rest[lead:])


def check_bounds(shape: Shape, indices: Any) -> None:
    """Raise IndexError for an index out of bounds; torch counts the dimensions that are indexed by tensors alone."""
    position = 0
    for axis, part in enumerate(indices):
        if part.__class__ is slice:
            continue
        size = shape[axis]
        outside = first_outside(part, -size, size)
        if outside is not None:
            raise IndexError(f"index {outside} is out of bounds for dimension {position} with size {size}")
        position += 1


def expanded_indices(shape: Shape, indices: Any) -> tuple[Any, ...]:
    """Tensors and None as numpy takes them: masks as indices, None as a full slice (at::native::expandTensors).

    Raises IndexError for wrong types, masks of other shapes, too many indices, shapes that do not broadcast.
    """
    if len(indices) > len(shape):
        raise IndexError(f"too many indices for tensor of dimension {len(shape)} (got {len(indices)})")
    result: list[Any] = []
    for tensor in indices:
        if tensor is None:
            result.append(slice(None))
            continue
        array = tensor.array
        if array.dtype.char in "ilq":
            result.append(array)
            continue
        if not is_mask(array):
            raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
        if array.dtype.kind != "b":
            warn("indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.")
        for axis, size in enumerate(array.shape):
            here = len(result) + axis
            if here >= len(shape) or shape[here] != size:
                raise IndexError(
                    f"The shape of the mask {list(array.shape)} at index {axis} does not match the shape of the "
                    f"indexed tensor {list(shape)} at index {here}"
                )
        result += np.nonzero(array) if array.ndim else [np.zeros(int(array != 0), np.int64)]
    arrays = [part for part in result if part.__class__ is not slice]
    if any(part.shape != arrays[0].shape for part in arrays):
        try:
            np.broadcast_shapes(*(part.shape for part in arrays))
        except ValueError:
            shapes = ", ".join(str(list(part.shape)) for part in arrays)
            raise IndexError(
                f"shape mismatch: indexing tensors could not be broadcast together with shapes {shapes}"
            ) from None
    return tuple(result)


# --- masks ---------------------------------------------------------------------------------------------------------


@op(
    extras=OUT,
    vjp={"input": lambda g, input_shape, mask: _unselect(g, input_shape, mask), "mask": None},
    samples=["masked_select(m, mask)", "masked_select(m, mrow)", "masked_select(v, mask)", "masked_select(s, mrow)"],
    examples=["x = tensor([1., -2., 3.]); masked_select(x, x > 0)"],
)
def masked_select(input: Array, mask: Array) -> Array:
    """The elements where a mask is true, in one row; shapes broadcast."""
    if mask.dtype.kind != "b":
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    shape = reserve(broadcast_shapes(mask.shape, input.shape), input.dtype)
    return np.broadcast_to(input, shape)[np.broadcast_to(mask, shape)]


def _unselect(g: Any, input_shape: Shape, mask: Any) -> Any:
    shape = broadcast_shapes(tuple(mask.shape), input_shape)
    array = mask.array if type(mask) is Tensor else mask
    return scattering.masked_scatter(zeros(g, shape), np.broadcast_to(array, shape), g)


# --- nonzero -------------------------------------------------------------------------------------------------------


@op(
    private=True,
    vjp=None,
)
def nonzero_rows(input: Array) -> Array:
    """The index of each element that is not zero, one a row."""
    if not input.ndim:
        return np.zeros((int(input != 0), 0), np.int64)
    found = np.stack(np.nonzero(input)).astype(np.int64)
    return found.T


@composite(
    extras=OUT,
    samples=["nonzero(zeros_in)", "nonzero(i, as_tuple=True)", "nonzero(flag)", "nonzero(empty2)"],
    examples=["nonzero(tensor([0., 2., 3.]))", "nonzero(tensor([0., 2., 3.]), as_tuple=True)"],
)
def nonzero(input: Array, *, as_tuple: bool = False) -> Any:
    """The indices of all elements that are not zero: one a row, or a tensor for each dimension."""
    if not as_tuple:
        return nonzero_rows(input)
    from gradcli.ops.joining import at_least_1d
    from gradcli.ops.splitting import unbind

    return unbind(nonzero_rows(at_least_1d(input)), 1)


@composite(samples=["argwhere(zeros_in)"], examples=["argwhere(tensor([0., 2., 3.]))"])
def argwhere(input: Array) -> Any:
    """The indices of all elements that are not zero, one a row."""
    return nonzero_rows(input)


from gradcli.ops import scatter, scattering  # noqa: E402 - each is the other's gradient
