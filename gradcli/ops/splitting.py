"""A tensor in pieces: unbind, split, chunk, tensor_split.

Source: aten/src/ATen/native/TensorShape.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradcli.engine import dtypes
from gradcli.engine.dims import normalize_dim
from gradcli.engine.kinds import is_int, is_tensor
from gradcli.engine.limits import work
from gradcli.engine.op import composite, op
from gradcli.engine.public import Function
from gradcli.ops.joining import cat, stack
from gradcli.ops.slicing import slice_

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Dim, DimList

Shape = tuple[int, ...]

_PIECE = 10**6  # multiply-adds that take as long as cutting off a piece, however small


@op(
    view=True,
    vjp={"input": lambda grads, dim: stack(grads, dim)},
    samples=["unbind(m)", "unbind(t3, -1)"],
    examples=["unbind(tensor([[1., 2.], [3., 4.]]))"],
)
def unbind(input: Array, dim: int = 0) -> Any:
    """The slices along `dim`, each without that dimension; views that refuse to be written."""
    dim = normalize_dim(dim, input.ndim, wrap_scalar=False)
    lead: tuple[Any, ...] = (slice(None),) * dim
    return [input[(*lead, index, ...)] for index in range(input.shape[dim])]


def _split_sizes(input: Array, split_size: int, dim: int) -> list[int]:
    if not input.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    if split_size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={split_size}")
    size = input.shape[dim]
    if not split_size:
        if size:
            raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {size}")
        return [0]
    return [min(split_size, size - start) for start in range(0, size, split_size)] or [0]


def _pieces(input: Array, sizes: Any, dim: int) -> list[Array]:
    lead = (slice(None),) * dim
    pieces, start = [], 0
    for size in sizes:
        pieces.append(input[(*lead, slice(start, start + size))])
        start += size
    return pieces


def _check_sizes(input: Array, sizes: Shape, dim: int) -> None:
    if not input.ndim:
        raise RuntimeError("split_with_sizes expects at least a 1-dimensional tensor")
    if min(sizes, default=0) < 0:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={list(sizes)}"
        )
    if sum(sizes) != input.shape[dim]:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {input.shape[dim]} (input tensor's size at "
            f"dimension {dim}), but got split_sizes={list(sizes)}"
        )


@op("split", private=True, view=True, vjp={"input": lambda grads, dim: cat(grads, dim)})
def split_by_size(input: Array, split_size: int, dim: Dim = 0) -> Any:
    """Pieces of `split_size` along `dim`, the last one smaller if need be."""
    return _pieces(input, _split_sizes(input, split_size, dim), dim)


@op(
    view=True,
    vjp={"input": lambda grads, dim: cat(grads, dim)},
    samples=["split_with_sizes(v, [1, 2])"],
    examples=["split_with_sizes(arange(5), [1, 4])"],
)
def split_with_sizes(input: Array, split_sizes: DimList, dim: Dim = 0) -> Any:
    """Pieces of the given sizes along `dim`."""
    _check_sizes(input, split_sizes, dim)
    return _pieces(input, split_sizes, dim)


_by_size = Function("split").define([split_by_size])
_by_sizes = Function("split_with_sizes").define([split_with_sizes])


@composite(
    varargs=True,
    samples=["split(v, 2)", "split(t3, 3, -1)", "empty.split(2)", "split(v, [1, 2])", "split(t3, (1, 0, 3), -1)"],
    examples=["split(arange(5), 2)", "split(arange(5), [1, 4])"],
)
def split(tensor: Any, split_size_or_sections: Any, dim: Any = 0) -> Any:
    """Pieces along `dim` of one size (the last one smaller) or of given sizes; views that refuse to be written."""
    by = _by_size if is_int(split_size_or_sections) or is_tensor(split_size_or_sections) else _by_sizes
    return by(tensor, split_size_or_sections, dim)


@op(
    vjp={"input": lambda grads, dim: cat(grads, dim)},
    samples=["unsafe_split(v, 2)"],
    examples=["unsafe_split(arange(5), 2)"],
)
def unsafe_split(input: Array, split_size: int, dim: Dim = 0) -> Any:
    """`split`, as tensors that count as copies and may be written."""
    return _pieces(input, _split_sizes(input, split_size, dim), dim)


@op(
    vjp={"input": lambda grads, dim: cat(grads, dim)},
    samples=["unsafe_split_with_sizes(v, [1, 2])"],
    examples=["unsafe_split_with_sizes(arange(5), [1, 4])"],
)
def unsafe_split_with_sizes(input: Array, split_sizes: DimList, dim: Dim = 0) -> Any:
    """`split_with_sizes`, as tensors that count as copies and may be written."""
    _check_sizes(input, split_sizes, dim)
    return _pieces(input, split_sizes, dim)


def _chunk(input: Array, chunks: int, dim: int, by_size: Any, by_sizes: Any) -> Any:
    if not input.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    dim = normalize_dim(dim, input.ndim)
    size = input.shape[dim]
    each = -(-size // chunks)
    return by_size(input, each, dim) if each else by_sizes(input, (0,) * chunks, dim)


@composite(samples=["chunk(v, 2)", "chunk(t3, 3, -1)", "empty.chunk(2)"], examples=["chunk(arange(5), 2)"])
def chunk(input: Array, chunks: int, dim: int = 0) -> Any:
    """At most `chunks` pieces of one size along `dim`; views that refuse to be written."""
    return _chunk(input, chunks, dim, split_by_size, split_with_sizes)


@composite(samples=["unsafe_chunk(v, 2)"], examples=["unsafe_chunk(arange(5), 2)"])
def unsafe_chunk(input: Array, chunks: int, dim: int = 0) -> Any:
    """`chunk`, as tensors that count as copies and may be written."""
    return _chunk(input, chunks, dim, unsafe_split, unsafe_split_with_sizes)


# --- pieces that are plain views -----------------------------------------------------------------------------------


def _cut(input: Any, ends: Any, dim: int) -> tuple[Any, ...]:
    """The stretches between the places `ends`, and the last one to the end."""
    starts = [0, *ends]
    return tuple(
        slice_(input, dim, start, end, 1) for start, end in zip(starts, [*ends, input.shape[dim]], strict=True)
    )


def _splittable(input: Array, dim: int) -> int:
    if not input.ndim:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    return normalize_dim(dim, input.ndim)


@composite(
    "tensor_split",
    samples=["tensor_split(v, (1,))", "tensor_split(t3, (1, 3, 2, -1), -1)"],
    examples=["tensor_split(arange(5), (1, 3))"],
)
def tensor_split_indices(input: Array, indices: DimList, dim: int = 0) -> Any:
    """The pieces between the given places along `dim`; views."""
    return _cut(input, indices, _splittable(input, dim))


@composite(
    "tensor_split",
    samples=["tensor_split(v, labels[0])", "tensor_split(v, idx)"],
    examples=["tensor_split(arange(5), tensor([1, 3]))"],
)
def tensor_split_tensor(input: Array, tensor_indices_or_sections: Array, dim: int = 0) -> Any:
    """The same, the number of pieces or the places given by a tensor."""
    array = tensor_indices_or_sections.array  # type: ignore[attr-defined]
    _splittable(input, dim)
    if array.dtype.name != "int64":
        raise RuntimeError(
            f"tensor_split expected tensor_indices_or_sections to have dtype of long, but got "
            f"{dtypes.of(array.dtype).scalar}"
        )
    if array.ndim > 1:
        raise RuntimeError(
            "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor, "
            f"but got a tensor with {array.ndim} dims"
        )
    if not array.ndim:
        return tensor_split(input, int(array), dim)
    return tensor_split_indices(input, tuple(array.tolist()), dim)


@composite(
    samples=["tensor_split(v, 2)", "tensor_split(t3, 3, dim=-1)", "v.tensor_split(5)"],
    examples=["tensor_split(arange(5), 2)"],
)
def tensor_split(input: Array, sections: int, dim: int = 0) -> Any:
    """`sections` pieces along `dim`, the first ones larger by one where it does not divide; views."""
    dim = _splittable(input, dim)
    if sections <= 0:
        raise RuntimeError(f"number of sections must be larger than 0, got {sections}")
    work(sections * _PIECE)
    least, larger = divmod(input.shape[dim], sections)
    return _cut(input, [place * least + min(place, larger) for place in range(1, sections)], dim)


def _named_split(input: Array, sections: int | Shape, name: str, dim: int) -> Any:
    """hsplit, vsplit, dsplit: along the second, first, third dimension, of at least one, two, three."""
    least = "hvd".index(name[0]) + 1
    if input.ndim < least:
        raise RuntimeError(
            f"torch.{name} requires a tensor with at least {least} dimension, but got a tensor with "
            f"{input.ndim} dimensions!"
        )
    dim = min(dim, input.ndim - 1)
    if isinstance(sections, tuple):
        return tensor_split_indices(input, sections, dim)
    size = input.shape[dim]
    if not sections or size % sections:
        raise RuntimeError(
            f"torch.{name} attempted to split along dimension {dim}, but the size of the dimension {size} is not "
            f"divisible by the split_size {sections}!"
        )
    return tensor_split(input, sections, dim)


@composite(samples=["hsplit(tall, 2)", "hsplit(v, 3)"], examples=["hsplit(arange(6).view(2, 3), 3)"])
def hsplit(input: Array, sections: int) -> Any:
    """Equal pieces of the columns (of a vector's elements); views."""
    return _named_split(input, sections, "hsplit", 1)


@composite("hsplit", samples=["hsplit(m, (1,))"], examples=["hsplit(arange(6).view(2, 3), (1,))"])
def hsplit_indices(input: Array, indices: DimList) -> Any:
    """The columns between the given places; views."""
    return _named_split(input, indices, "hsplit", 1)


@composite(samples=["vsplit(m, 2)"], examples=["vsplit(arange(6).view(2, 3), 2)"])
def vsplit(input: Array, sections: int) -> Any:
    """Equal pieces of the rows; views."""
    return _named_split(input, sections, "vsplit", 0)


@composite("vsplit", samples=["vsplit(sq, (1,))"], examples=["vsplit(arange(6).view(3, 2), (1,))"])
def vsplit_indices(input: Array, indices: DimList) -> Any:
    """The rows between the given places; views."""
    return _named_split(input, indices, "vsplit", 0)


@composite(samples=["dsplit(t3, 2)"], examples=["dsplit(arange(8).view(2, 2, 2), 2)"])
def dsplit(input: Array, sections: int) -> Any:
    """Equal pieces along the third dimension; views."""
    return _named_split(input, sections, "dsplit", 2)


@composite("dsplit", samples=["dsplit(t3, (1,))"], examples=["dsplit(arange(8).view(2, 2, 2), (1,))"])
def dsplit_indices(input: Array, indices: DimList) -> Any:
    """The pieces between the given places along the third dimension; views."""
    return _named_split(input, indices, "dsplit", 2)
