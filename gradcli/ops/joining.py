"""Several tensors in one, and one many times: cat, stack, repeat, tile, repeat_interleave, meshgrid.

Sources: aten/src/ATen/native/TensorShape.cpp, Repeat.cpp, torch/csrc/autograd/FunctionsManual.cpp.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine import dtypes
from gradcli.engine.adjoints import sum_to_size, zeros
from gradcli.engine.dims import normalize_dim
from gradcli.engine.entry import OUT
from gradcli.engine.limits import reserve
from gradcli.engine.op import composite, op
from gradcli.engine.tensor import Tensor
from gradcli.ops.slicing import slice_
from gradcli.ops.views import expand, flatten, reshape, unsqueeze

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Arrays, Object, Operands, Size

Shape = tuple[int, ...]


# --- cat -----------------------------------------------------------------------------------------------------------


def _is_skipped(shape: Shape) -> bool:
    """torch's legacy: an empty 1-dim tensor joins with anything."""
    return shape == (0,)


def _checked_dim(shapes: tuple[Shape, ...], dim: int) -> int:
    """`dim` counted from the front. Raises as torch.cat does where the shapes do not fit."""
    if not shapes:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    for position, shape in enumerate(shapes):
        if not shape:
            raise RuntimeError(f"zero-dimensional tensor (at position {position}) cannot be concatenated")
    kept = [(position, shape) for position, shape in enumerate(shapes) if not _is_skipped(shape)]
    if not kept:
        return normalize_dim(dim, 1)
    first = kept[0][1]
    dim = normalize_dim(dim, len(first))
    for position, shape in kept:
        if shape == first:
            continue
        if len(shape) != len(first):
            raise RuntimeError(f"Tensors must have same number of dimensions: got {len(first)} and {len(shape)}")
        if shape[:dim] != first[:dim] or shape[dim + 1 :] != first[dim + 1 :]:
            wanted, got = next((a, b) for i, (a, b) in enumerate(zip(first, shape, strict=True)) if a != b and i != dim)
            raise RuntimeError(
                f"Sizes of tensors must match except in dimension {dim}. Expected size {wanted} but got size {got} for "
                f"tensor number {position} in the list."
            )
    return dim


def _cat_back(g: Any, dim: int, shapes: tuple[Shape, ...]) -> list[Any]:
    parts, start = [], 0
    for shape in shapes:
        if _is_skipped(shape):
            parts.append(_zeros(g, shape))
            continue
        parts.append(slice_(g, dim, start, start + shape[dim], 1))
        start += shape[dim]
    return parts


def _zeros(g: Any, shape: Shape) -> Any:
    made = zeros(g, shape)
    return Tensor(made) if type(g) is Tensor else made


@op("cat", private=True, vjp={"tensors": _cat_back})
def joined(tensors: Operands, dim: int, shapes: Object) -> Array:
    """The tensors one after the other along `dim`."""
    kept = [array for array in tensors if array.shape != (0,)]
    if not kept:
        return np.zeros((0,), tensors[0].dtype)
    reserve((sum([array.size for array in kept]),), kept[0].dtype)
    result = np.concatenate(kept, dim)
    return result if result.flags.c_contiguous else np.ascontiguousarray(result)


@composite(
    extras=OUT,
    aliases=("concat", "concatenate"),
    method=False,
    samples=["cat([m, n])", "cat((m, col, n), 1)", "cat([v, w], -1)", "cat([empty, m])", "cat([v, iv])"],
    examples=["cat([tensor([1., 2.]), tensor([3.])])", "cat((ones(2, 1), zeros(2, 2)), dim=1)"],
)
def cat(tensors: Arrays, dim: int = 0) -> Any:
    """Join tensors along a dimension they have; all other sizes must match."""
    shapes = tuple(tensor.shape for tensor in tensors)
    return joined(tensors, _checked_dim(shapes, dim), shapes)


# --- stack ---------------------------------------------------------------------------------------------------------


def _unstack(g: Any, dim: int) -> list[Any]:
    from gradcli.ops.splitting import unbind

    return list(unbind(g, dim))


@op("stack", private=True, vjp={"tensors": _unstack})
def stacked(tensors: Operands, dim: int) -> Array:
    """The tensors side by side along a new dimension."""
    first = tensors[0]
    shape = (*first.shape[:dim], len(tensors), *first.shape[dim:])
    result = np.empty(reserve(shape, first.dtype), first.dtype)
    places = np.moveaxis(result, dim, 0) if dim else result
    for position, array in enumerate(tensors):
        places[position] = array
    return result


@composite(
    extras=OUT,
    method=False,
    samples=["stack([v, w, v])", "stack((m, n), -1)", "stack([s, s])", "stack([v, iv], 1)"],
    examples=["stack([tensor([1., 2.]), tensor([3., 4.])])", "stack((zeros(2), ones(2)), dim=1)"],
)
def stack(tensors: Arrays, dim: int = 0) -> Any:
    """Join tensors of one shape along a new dimension."""
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    first = tensors[0].shape
    dim = normalize_dim(dim, len(first) + 1)
    for position, tensor in enumerate(tensors):
        if tensor.shape != first:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 and "
                f"{list(tensor.shape)} at entry {position}"
            )
    return stacked(tensors, dim)


def _non_empty(tensors: Any, name: str) -> None:
    if not tensors:
        raise RuntimeError(f"{name} expects a non-empty TensorList")


@composite(
    extras=OUT,
    method=False,
    samples=["hstack([v, w])", "hstack((m, col))", "hstack([s, s])"],
    examples=["hstack([ones(2), zeros(1)])"],
)
def hstack(tensors: Arrays) -> Any:
    """Join along the second dimension (vectors: the first)."""
    _non_empty(tensors, "hstack")
    rows = [at_least_1d(tensor) for tensor in tensors]
    return cat(rows, 0 if rows[0].ndim == 1 else 1)


@composite(
    extras=OUT,
    aliases=("row_stack",),
    method=False,
    samples=["vstack([v, m])"],
    examples=["vstack([ones(2), zeros(2)])"],
)
def vstack(tensors: Arrays) -> Any:
    """Join along the first dimension, vectors as rows."""
    _non_empty(tensors, "vstack")
    return cat([at_least_2d(tensor) for tensor in tensors], 0)


@composite(
    extras=OUT, method=False, samples=["dstack([m, n])", "dstack([v, w])"], examples=["dstack([ones(2), zeros(2)])"]
)
def dstack(tensors: Arrays) -> Any:
    """Join along the third dimension."""
    _non_empty(tensors, "dstack")
    return cat([at_least_3d(tensor) for tensor in tensors], 2)


@composite(
    extras=OUT,
    method=False,
    samples=["column_stack([v, sq])", "column_stack([s, s])"],
    examples=["column_stack([ones(2), zeros(2)])"],
)
def column_stack(tensors: Arrays) -> Any:
    """Join along the second dimension, vectors as columns."""
    _non_empty(tensors, "column_stack")
    return hstack([tensor if tensor.ndim > 1 else reshape(tensor, (prod(tensor.shape), 1)) for tensor in tensors])


# --- at least so many dimensions -----------------------------------------------------------------------------------


def at_least_1d(tensor: Any) -> Any:
    """The tensor, a 0-dim one as one element."""
    return tensor if tensor.ndim else reshape(tensor, (1,))


def at_least_2d(tensor: Any) -> Any:
    """The tensor, with as many leading dimensions as a matrix lacks."""
    if tensor.ndim == 1:
        return unsqueeze(tensor, 0)
    return tensor if tensor.ndim else reshape(tensor, (1, 1))


def at_least_3d(tensor: Any) -> Any:
    """The tensor, a matrix with a last dimension added, a vector with one on either side."""
    if tensor.ndim == 1:
        return unsqueeze(unsqueeze(tensor, 0), -1)
    if tensor.ndim == 2:
        return unsqueeze(tensor, -1)
    return tensor if tensor.ndim else reshape(tensor, (1, 1, 1))


# --- repeat --------------------------------------------------------------------------------------------------------


def _repeat_back(g: Any, input_shape: Shape, repeats: Shape) -> Any:
    """Each dimension as (repeats, size), summed over the repeats."""
    lead = len(repeats) - len(input_shape)
    if not prod(repeats):
        return _zeros(g, input_shape)
    padded = (1,) * lead + input_shape
    if all(times == 1 for times in repeats):
        return reshape(g, input_shape)
    blocks = tuple(n for pair in zip(repeats, padded, strict=True) for n in pair)
    once = tuple(n for size in padded for n in (1, size))
    return reshape(sum_to_size(reshape(g, blocks), once), input_shape)


@op(
    function=False,
    vjp={"input": _repeat_back},
    samples=["v.repeat(2)", "m.repeat(2, 1, 3)", "s.repeat(2, 2)", "m.repeat(0, 1)", "s.repeat(())"],
    examples=["tensor([1., 2.]).repeat(2)", "tensor([1., 2.]).repeat(2, 2)"],
)
def repeat(input: Array, repeats: Size) -> Array:
    """The tensor repeated along each dimension; a copy. More repeats than dimensions add leading dimensions."""
    if len(repeats) < input.ndim:
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    padded = (1,) * (len(repeats) - input.ndim) + input.shape
    shape = tuple(times * size for times, size in zip(repeats, padded, strict=True))
    for size in shape:
        if size < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {size}: {list(shape)}")
    reserve(shape, input.dtype)
    pairs = [n for pair in zip(repeats, padded, strict=True) for n in pair]
    blocks = np.empty(shape, input.dtype)
    if blocks.size:
        blocks.reshape(pairs)[...] = input.reshape([n for size in padded for n in (1, size)])
    return blocks


@composite(samples=["tile(m, (2,))", "v.tile(2, 2)", "m.tile(())"], examples=["tile(tensor([1., 2.]), (2,))"])
def tile(input: Array, dims: Size) -> Any:
    """`repeat` that adds leading ones to `dims` where there are fewer than dimensions."""
    return repeat(input, (1,) * (input.ndim - len(dims)) + dims)


def _counts(repeats: Array) -> Array:
    if repeats.ndim > 1:
        raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
    if repeats.dtype.name not in ("int32", "int64"):
        scalar = dtypes.of(repeats.dtype).scalar
        raise NotImplementedError(f"\"repeat_interleave_cpu\" not implemented for '{scalar}'")
    if repeats.size and repeats.min() < 0:
        raise RuntimeError("repeats can not be negative")
    return repeats


@composite(
    "repeat_interleave",
    samples=["repeat_interleave(v, ipos)", "repeat_interleave(m, ipos, -1)", "repeat_interleave(m, ipos[1:2], 0)"],
    examples=["repeat_interleave(tensor([1., 2.]), tensor([1, 3]))"],
)
def repeat_interleave_each(
    input: Array, repeats: Array, dim: int | None = None, *, output_size: int | None = None
) -> Any:
    """Each element (or slice along `dim`) as many times as `repeats` says."""
    from gradcli.ops.indexing import index_select

    if dim is None:
        input, dim = flatten(input), 0
    if not input.ndim:
        input = reshape(input, (1,))
    dim = normalize_dim(dim, input.ndim)
    counts = repeats.array  # type: ignore[attr-defined]
    if counts.ndim == 0 or (counts.ndim == 1 and counts.size == 1):
        counts = np.broadcast_to(counts.reshape(()), (input.shape[dim],))
    elif counts.ndim == 1 and counts.size != input.shape[dim]:
        raise RuntimeError(
            "repeats must have the same size as input along dim, but got "
            f"repeats.size(0) = {counts.size} and input.size({dim}) = {input.shape[dim]}"
        )
    return index_select(input, dim, Tensor(_interleaved(_counts(counts), output_size)))


@op(
    "repeat_interleave",
    method=False,
    samples=["repeat_interleave(ipos)"],
    examples=["repeat_interleave(tensor([1, 3]))"],
)
def repeat_interleave_counts(repeats: Array, *, output_size: int | None = None) -> Array:
    """The index i as many times as repeats[i] says."""
    if repeats.ndim != 1:
        raise RuntimeError("repeat_interleave only accept 1D vector as repeat")
    return _interleaved(_counts(repeats), output_size).astype(repeats.dtype)


@composite(
    samples=["repeat_interleave(v, 2)", "repeat_interleave(m, 3, 1)", "s.repeat_interleave(2)"],
    examples=["repeat_interleave(tensor([1., 2.]), 2)"],
)
def repeat_interleave(input: Array, repeats: int, dim: int | None = None, *, output_size: int | None = None) -> Any:
    """Each element (or slice along `dim`) `repeats` times in a row."""
    if dim is None:
        input, dim = flatten(input), 0
    if not input.ndim:
        input = reshape(input, (1,))
    if repeats < 0:
        raise RuntimeError("Repeats must be non-negative")
    dim = normalize_dim(dim, input.ndim)
    count = input.shape[dim] * repeats
    if output_size is not None and output_size != count:
        raise RuntimeError(f"repeat_interleave: Invalid output_size, expected {count} but got {output_size}")
    from gradcli.ops.copies import clone_contiguous

    wide = unsqueeze(input, dim + 1)
    wide = expand(wide, (*wide.shape[: dim + 1], repeats, *wide.shape[dim + 2 :]))
    reserve(wide.shape, input.array.dtype)  # type: ignore[attr-defined]
    return flatten(clone_contiguous(wide), dim, dim + 1)


def _interleaved(counts: Array, output_size: int | None) -> Array:
    total = int(counts.sum())
    if output_size is not None and output_size != total:
        raise RuntimeError("allocated size does not match required size")
    reserve((total,), np.dtype(np.int64))
    return np.repeat(np.arange(counts.size), counts)
