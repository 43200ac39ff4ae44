"""Writing by tensors of indices and masks: index_add, index_fill, index_copy, index_put, scatter, put, masked_scatter.

Sources: aten/src/ATen/native/TensorAdvancedIndexing.cpp, torch/csrc/autograd/FunctionsManual.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine import dtypes
from gradcli.engine.adjoints import zeros
from gradcli.engine.dims import broadcast_shapes
from gradcli.engine.errors import warn
from gradcli.engine.limits import reserve
from gradcli.engine.op import composite, op
from gradcli.engine.tensor import Tensor
from gradcli.ops.copies import converted
from gradcli.ops.indexing import (
    check_bounds,
    check_taken,
    expanded_indices,
    first_outside,
    index,
    index_select,
    indexed_shape,
    is_index_type,
    is_long,
    is_mask,
    masked_select,
    places,
    scalar_name,
    take,
)
from gradcli.ops.inplace import writer
from gradcli.ops.literals import checked_number
from gradcli.ops.selection import masked_fill_scalar
from gradcli.ops.views import reshape

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Arrays, Dim, Number, Object

Shape = tuple[int, ...]


def _vector(tensor: Any) -> Any:
    """A source of no dimension, which goes with an index of one element, as one element."""
    return tensor if tensor.ndim else reshape(tensor, (1,))


def _shown(g: Any, dim: int, index: Any, shape: Shape) -> Any:
    """The gradient of a source that was written along `dim`: what lies there now."""
    found = index_select(g, dim, index)
    return found if found.shape == shape else reshape(found, shape)


# --- along a dimension ---------------------------------------------------------------------------------------------


@op(
    inplace=True,
    vjp={
        "input": lambda g: g,
        "index": None,
        "source": lambda g, source_shape, dim, index, alpha: (
            _shown(g, dim, index, source_shape) * alpha if alpha != 1 else _shown(g, dim, index, source_shape)
        ),
    },
    samples=["index_add(m, 0, labels[1:], row.view(1, 3))", "index_add(v, 0, idx, one.expand(2), alpha=2)"],
    examples=["index_add(zeros(3), 0, tensor([0, 2, 0]), tensor([1., 2., 3.]))"],
)
def index_add(input: Array, dim: Dim, index: Array, source: Array, *, alpha: Number = 1) -> Array:
    """input with alpha times the slices of source added at the places along `dim` that index names."""
    _check_index_add(input, dim, index, source)
    added = source if alpha == 1 else source * np.asarray(alpha, source.dtype)
    if input.ndim <= 1:
        result = input.copy()
        np.add.at(result.reshape(-1), index.reshape(-1), added.reshape(-1))
        return result
    # numpy adds fast where both are flat: each slice's place, spread over its elements
    result = np.array(input, order="C")
    spread = (1,) * dim + (-1,) + (1,) * (input.ndim - dim - 1)
    flat = places(np.broadcast_to(index.reshape(spread), source.shape), dim, input.shape)
    np.add.at(result.reshape(-1), flat.reshape(-1), added.reshape(-1))
    return result


def _check_index_add(input: Array, dim: int, index: Array, source: Array) -> None:
    if not is_index_type(index):
        raise RuntimeError(f"index_add_(): Expected dtype int32/int64 for index but got: {scalar_name(index)}")
    if source.dtype != input.dtype:
        raise RuntimeError(
            f"index_add_(): self ({scalar_name(input)}) and source ({scalar_name(source)}) must have the same scalar "
            "type"
        )
    if index.ndim > 1:
        raise IndexError(
            f"index_add_(): Index is supposed to be a vector, but got dim: {index.ndim} with type: "
            f"{scalar_name(index)} and size: {list(index.shape)}"
        )
    given = source.shape[dim] if source.ndim > dim else 1
    if index.size != given:
        raise RuntimeError(
            f"index_add_(): Number of indices ({index.size}) should be equal to source.size(dim): ({given}), "
            f"for dim: {dim}"
        )
    if input.shape[:dim] + input.shape[dim + 1 :] != source.shape[:dim] + source.shape[dim + 1 :] or (
        input.ndim != source.ndim
    ):
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
            f"{list(input.shape)} source.shape = {list(source.shape)}"
        )
    if first_outside(index, 0, input.shape[dim] if input.ndim else 1) is not None:
        raise IndexError("index out of range in self")


def _filled(input: Array, dim: int, index: Array, value: Any) -> Array:
    if not is_long(index):
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    if index.ndim > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    size = input.shape[dim] if input.ndim else 1
    outside = first_outside(index, -size, size)
    if outside is not None:
        raise IndexError(f"index {outside} is out of bounds for dimension {dim} with size {size}")
    result = input.copy()
    if index.size:
        whole = result if input.ndim else result.reshape(1)
        whole[(slice(None),) * dim + (index.reshape(-1),)] = value
    return result


@op(
    "index_fill",
    inplace=True,
    grad_fn="IndexFillBackward1",
    vjp={
        "input": lambda g, dim, index: index_fill(g, dim, index, 0),
        "index": None,
        "value": lambda g, dim, index: index_select(g, dim, _distinct(index)),
    },
    samples=["index_fill(m, 1, idx, s)", "index_fill(v, 0, labels[1], s)"],
    examples=["index_fill(zeros(3), 0, tensor([0, 2]), tensor(5.))"],
)
def index_fill_tensor(input: Array, dim: Dim, index: Array, value: Array) -> Array:
    """input with a 0-dim tensor's number at the places along `dim` that index names."""
    if value.ndim:
        raise RuntimeError(
            f"index_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s)."
        )
    if value.dtype.kind == "c" and input.dtype.kind != "c":
        raise RuntimeError("index_fill_(): Converting complex Scalar to non-complex type is not supported")
    return _filled(input, dim, index, value)


def _distinct(index: Any) -> Any:
    array = np.unique(index.array if type(index) is Tensor else index)
    return Tensor(array) if type(index) is Tensor else array


@op(
    inplace=True,
    vjp={"input": lambda g, dim, index: index_fill(g, dim, index, 0), "index": None},
    samples=["index_fill(m, 1, idx, 2.)", "index_fill(v, 0, labels[1], 7)", "index_fill(s, 0, labels[1], 3.)"],
    examples=["index_fill(zeros(3), 0, tensor([0, 2]), 5.)"],
)
def index_fill(input: Array, dim: Dim, index: Array, value: Number) -> Array:
    """input with a number at the places along `dim` that index names."""
    if isinstance(value, complex) and input.dtype.kind != "c":
        raise RuntimeError("index_fill_(): Converting complex Scalar to non-complex type is not supported")
    return _filled(input, dim, index, checked_number(value, dtypes.of(input.dtype)))


@op(
    inplace=True,
    vjp={
        "input": lambda g, dim, index: index_fill(g, dim, index, 0),
        "index": None,
        "source": lambda g, source_shape, dim, index: _shown(g, dim, index, source_shape),
    },
    samples=["index_copy(m, 1, idx, sq[:2, :2])", "index_copy(v, 0, labels[1], s)"],
    examples=["index_copy(zeros(3), 0, tensor([0, 2]), tensor([1., 2.]))"],
)
def index_copy(input: Array, dim: Dim, index: Array, source: Array) -> Array:
    """input with the slices of source at the places along `dim` that index names."""
    _check_index_copy(input, dim, index, source)
    result = input.copy()
    whole = result if input.ndim else result.reshape(1)
    whole[(slice(None),) * dim + (index.reshape(-1),)] = source
    return result


def _check_index_copy(input: Array, dim: int, index: Array, source: Array) -> None:
    if index.ndim > 1:
        raise IndexError(f"index_copy_(): Index should have dimension 1 or 0 (got {index.ndim})")
    count = index.size
    if not source.ndim and count != 1:
        raise IndexError(f"index_copy_(): When source is scalar, index should have one element (got {count})")
    if source.ndim and input.ndim and source.ndim != input.ndim:
        raise IndexError(
            "index_copy_(): When source and destination are not scalars, their dimensionality must match. Source "
            f"dimensionality ({source.ndim}), destination dimensionality ({input.ndim})"
        )
    if not is_long(index):
        raise RuntimeError(f"index_copy_(): Expected a long tensor for index, but got {scalar_name(index)}")
    if input.dtype != source.dtype:
        raise RuntimeError(
            "index_copy_(): self and source expected to have the same dtype, but got (self) "
            f"{scalar_name(input)} and (source) {scalar_name(source)}"
        )
    own = input.shape[:dim] + input.shape[dim + 1 :]
    given = source.shape[:dim] + source.shape[dim + 1 :]
    if own != given:
        raise RuntimeError(
            "index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: "
            f"{' '.join(map(str, own))} at dimension {dim} and source slice shape: {' '.join(map(str, given))} at "
            "dimension 0."
        )
    if source.ndim and source.shape[dim] != count:
        raise IndexError(
            f"index_copy_(): Number of indices ({count}) should be equal to source.size(dim) ({source.shape[dim]})"
        )
    size = input.shape[dim] if input.ndim else 1
    outside = first_outside(index, 0, size)
    if outside is not None:
        raise IndexError(f"index_copy_(): index {outside} is out of bounds for dimension {dim} with size {size}")


# --- put -----------------------------------------------------------------------------------------------------------


@op(
    inplace=True,
    vjp={
        "input": lambda g, index, source_shape, accumulate: (
            g if accumulate else put(g, index, zeros(g, source_shape), False)
        ),
        "index": None,
        "source": lambda g, index, source_shape: reshape(take(g, index), source_shape),
    },
    samples=["put(m, idx, one.expand(2))", "put(m, idx2, n, True)"],
    examples=["put(zeros(2, 2), tensor([0, -1]), tensor([1., 2.]))"],
)
def put(input: Array, index: Array, source: Array, accumulate: bool = False) -> Array:
    """input with source written (added) at the given places, counted over all elements in a row."""
    if not is_long(index):
        raise RuntimeError(f"put_(): Expected a long tensor for index, but got {scalar_name(index)}")
    if source.dtype != input.dtype:
        raise RuntimeError(
            "put_(): self and source expected to have the same dtype, but got self.dtype = "
            f"{scalar_name(input)} and source.dtype = {scalar_name(source)}"
        )
    if source.size != index.size:
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, but got source.numel() = "
            f"{source.size}, index.numel() = {index.size}"
        )
    check_taken(index, input.size)
    result = np.array(input, order="C")
    flat = result.reshape(-1)
    if accumulate:
        np.add.at(flat, index.reshape(-1), source.reshape(-1))
    else:
        flat[index.reshape(-1)] = source.reshape(-1)
    return result


# --- index_put: x[tensors] = values --------------------------------------------------------------------------------


def write_indexed(target: Array, indices: Any, values: Array, accumulate: bool) -> None:
    """`target[indices] = values` (`+=`, duplicates counted) for integer arrays and slices."""
    if values.dtype != target.dtype:
        raise RuntimeError(
            "Index put requires the source and destination dtypes match, got "
            f"{scalar_name(target)} for the destination and {scalar_name(values)} for the source."
        )
    shape = indexed_shape(target.shape, indices)
    if values.shape != shape and not _broadcasts(values.shape, shape):
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(values.shape)} cannot be broadcast to indexing result of "
            f"shape {list(shape)}"
        )
    check_bounds(target.shape, indices)
    if not accumulate:
        target[indices] = values
    elif target.flags.c_contiguous and target.ndim > 1:
        flat = np.arange(target.size).reshape(target.shape)[indices]
        np.add.at(target.reshape(-1), flat.reshape(-1), np.broadcast_to(values, shape).reshape(-1))
    else:
        np.add.at(target, indices, values)


def _broadcasts(shape: Shape, target: Shape) -> bool:
    return len(shape) <= len(target) and all(
        n in (1, size) for n, size in zip(shape, target[len(target) - len(shape) :], strict=True)
    )


_INDEX_PUT_VJP: dict[str, Any] = {
    "input": lambda g, indices, values_shape, accumulate: (
        g if accumulate else index_put_private(g, indices, zeros(g, values_shape), False)
    ),
    "values": lambda g, indices: index(g, indices),
}


@op("index_put", private=True, vjp=_INDEX_PUT_VJP)
def index_put_private(input: Array, indices: Object, values: Array, accumulate: bool) -> Array:
    """A copy of input with values at `indices`."""
    result = np.array(input, order="C")
    write_indexed(result, indices, values, accumulate)
    return result


@writer("index_put_", private=True, grad_fn="IndexPutBackward0", vjp=_INDEX_PUT_VJP)
def index_put_private_(input: Array, indices: Object, values: Array, accumulate: bool) -> None:
    """Write values at `indices`."""
    if any(step == 0 and size > 1 for step, size in zip(input.strides, input.shape, strict=True)):
        warn(
            "Use of index_put_ on expanded tensors is deprecated. Please clone() the tensor before performing this "
            "operation. This also applies to advanced indexing e.g. tensor[indices] = tensor"
        )
    write_indexed(input, indices, values, accumulate)


def one_for_a_mask(values: Any, target: Any, tensors: Any) -> Any:
    """A single value that one mask places is converted, as masked_fill does (at::canDispatchToMaskedFill)."""
    masks = [tensor for tensor in tensors if tensor is not None]
    if values.array.size == 1 and len(masks) == 1 and is_mask(masks[0].array):
        return converted(values, target.dtype)
    return values


def _prepared(input: Any, indices: Any) -> tuple[Any, ...]:
    if not indices:
        raise RuntimeError("sym_strides() called on an undefined Tensor")
    return expanded_indices(input.shape, indices)


def _index_put_into(input: Array, indices: Arrays, values: Array, accumulate: bool = False) -> Any:
    parts = _prepared(input, indices)
    return index_put_private_.call([input, parts, one_for_a_mask(values, input, indices), accumulate])


@composite(
    inplace=_index_put_into,
    samples=[
        "index_put(m, (labels[1:], idx[:1]), s)",
        "index_put(v, (idx,), w[:2])",
        "index_put(v, (idx[:1].expand(3),), w, accumulate=True)",
        "index_put(m, (mask,), s)",
    ],
    examples=["index_put(zeros(3), (tensor([0, 2]),), tensor([1., 2.]))"],
)
def index_put(input: Array, indices: Arrays, values: Array, accumulate: bool = False) -> Any:
    """input with values at the places that tensors of indices, or a mask, name; accumulate: added to what is there."""
    parts = _prepared(input, indices)
    return index_put_private(input, parts, one_for_a_mask(values, input, indices), accumulate)


# --- masked_scatter ------------------------------------------------------------------------------------------------


@op(
    inplace=True,
    vjp={
        "input": lambda g, mask: masked_fill_scalar(g, mask, 0.0),
        "mask": None,
        "source": lambda g, mask, source_shape: _first_of(masked_select(g, mask), source_shape),
    },
    samples=["masked_scatter(m, mask, n)", "masked_scatter(m, mrow, long)", "masked_scatter(v, mrow, w)"],
    examples=["masked_scatter(zeros(3), tensor([True, False, True]), tensor([1., 2.]))"],
)
def masked_scatter(input: Array, mask: Array, source: Array) -> Array:
    """input with the elements of source, one after the other, where a mask is true."""
    if mask.dtype.kind != "b":
        raise RuntimeError(f"masked_scatter_ only supports boolean masks, but got mask with dtype {scalar_name(mask)}")
    if source.dtype != input.dtype:
        raise RuntimeError(
            "masked_scatter: expected self and source to have same dtypes but got"
            f"{scalar_name(input)} and {scalar_name(source)}"
        )
    shape = reserve(broadcast_shapes(mask.shape, input.shape), input.dtype)
    result = np.empty(shape, input.dtype)
    result[...] = input
    wide = np.broadcast_to(mask, shape)
    count = np.count_nonzero(wide)
    if source.size < count:
        raise RuntimeError("Number of elements of source < number of ones in mask")
    result[wide] = source.reshape(-1)[:count]
    return result


def _first_of(taken: Any, shape: Shape) -> Any:
    """As many elements as were used, then zeros, in the source's shape."""
    from math import prod

    from gradcli.ops.joining import joined

    missing = prod(shape) - taken.shape[0]
    if missing:
        rest = zeros(taken, (missing,))
        taken = joined([taken, Tensor(rest) if type(taken) is Tensor else rest], 0, (taken.shape, rest.shape))
    return reshape(taken, shape)
