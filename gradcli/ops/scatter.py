"""scatter and what it does to elements that meet: scatter, scatter_add, scatter_reduce.

Sources: aten/src/ATen/native/TensorAdvancedIndexing.cpp, ScatterGatherChecks.h, torch/csrc/autograd/FunctionsManual.cpp
(`scatter_reduce_backward`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.entry import OUT
from gradcli.engine.errors import warn_once
from gradcli.engine.op import op
from gradcli.engine.tensor import Tensor
from gradcli.ops.along import plain
from gradcli.ops.common import checked
from gradcli.ops.indexing import check_places, gather, is_index_type, places
from gradcli.ops.selection import masked_fill_scalar, where

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Dim, Number

Shape = tuple[int, ...]


def _check(input: Array, dim: int, index: Array, src: Array | None) -> None:
    """Raise RuntimeError for types and shapes that do not fit (`scatter_meta_impl`)."""
    if index.size and not is_index_type(index):
        raise RuntimeError("scatter(): Expected dtype int32/int64 for index")
    if src is not None and src.dtype != input.dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    if not index.size:
        return
    own, asked = input.shape or (1,), index.shape or (1,)
    if len(own) != len(asked):
        raise RuntimeError("Index tensor must have the same number of dimensions as self tensor")
    given = None if src is None else src.shape or (1,)
    if given is not None and len(given) != len(asked):
        raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")
    beyond_self = any(n > size for axis, (n, size) in enumerate(zip(asked, own, strict=True)) if axis != dim)
    beyond_src = given is not None and any(n > size for n, size in zip(asked, given, strict=True))
    if beyond_self or beyond_src:
        and_src = "" if src is None else f" and to be no larger size than src {list(src.shape)}"
        raise RuntimeError(
            f"Expected index {list(index.shape)} to be no larger than self {list(input.shape)} apart from dimension "
            f"{dim}{and_src}"
        )
    check_places(index, dim, input.shape)


def _scattered(input: Array, dim: int, index: Array, src: Any, write: Any) -> Array:
    """A copy of input; `write(flat copy, places, elements of src)` has seen to it."""
    result = np.array(input, order="C")
    if index.size:
        where_to = places(index, dim, input.shape or (1,)).reshape(-1)
        write(result.reshape(-1), where_to, _first(src, index.shape).reshape(-1))
    return result


def _first(src: Array, shape: Shape) -> Array:
    """The part of src that an index of `shape` uses."""
    if not src.ndim or src.shape == shape:
        return src if src.shape == shape else np.broadcast_to(src, shape)
    return src[tuple(slice(0, n) for n in shape or (1,))]


def _assign(flat: Array, where_to: Array, values: Array) -> None:
    flat[where_to] = values


@op(
    inplace=True,
    extras=OUT,
    vjp={
        "input": lambda g, dim, index: scatter_value(g, dim, index, 0),
        "index": None,
        "src": lambda g, src_shape, dim, index: _back_to(gather(g, dim, index), src_shape, "ScatterBackward0"),
    },
    samples=[
        "scatter(m, 0, idx2[:1], n)",
        "scatter(t3, -1, idx2[:, :2].unsqueeze(-1), t3)",
        "scatter(s, 0, labels[1], s)",
    ],
    examples=["scatter(zeros(3), 0, tensor([2, 0]), tensor([1., 2.]))"],
)
def scatter(input: Array, dim: Dim, index: Array, src: Array) -> Array:
    """input with the elements of src at the places along `dim` that index names."""
    _check(input, dim, index, src)
    return _scattered(input, dim, index, src, _assign)


def _back_to(taken: Any, shape: Shape, node: str) -> Any:
    """The gradient of src, which torch has only where index is as large."""
    if tuple(taken.shape) != shape:
        raise RuntimeError(
            f"Function {node} returned an invalid gradient at index 1 - got {list(taken.shape)} but expected shape "
            f"compatible with {list(shape)}"
        )
    return taken


_COMBINE: dict[str, Any] = {"add": np.add, "multiply": np.multiply}


def _combined(input: Array, dim: int, index: Array, src: Array, reduce: str) -> Array:
    if reduce not in _COMBINE:
        raise RuntimeError("reduce argument must be either add or multiply.")
    return _scattered(input, dim, index, src, lambda flat, at, values: _COMBINE[reduce].at(flat, at, values))


@op(
    "scatter",
    inplace=True,
    extras=OUT,
    grad_fn="torch::autograd::NotImplemented",
    vjp={"input": NotImplemented, "index": None, "src": NotImplemented},
    samples=["scatter(i, 1, idx2, i, reduce='add')"],
    examples=["scatter(ones(3), 0, tensor([2, 2]), tensor([3., 4.]), reduce='multiply')"],
)
def scatter_combine(input: Array, dim: Dim, index: Array, src: Array, *, reduce: str) -> Array:
    """input with the elements of src added to (multiplied into) the places along `dim` that index names."""
    warn_once(
        "The reduce argument of torch.scatter with Tensor src is deprecated and will be removed in a future PyTorch "
        "release. Use torch.scatter_reduce instead for more reduction options."
    )
    _check(input, dim, index, src)
    return _combined(input, dim, index, src, reduce)


@op(
    "scatter",
    inplace=True,
    extras=OUT,
    grad_fn="ScatterBackward1",
    vjp={"input": lambda g, dim, index: scatter_value(g, dim, index, 0), "index": None},
    samples=["scatter(m, 0, idx2, 2.5)", "scatter(v, 0, idx, 7)"],
    examples=["scatter(zeros(3), 0, tensor([2, 0]), 5.)"],
)
def scatter_value(input: Array, dim: Dim, index: Array, value: Number) -> Array:
    """input with a number at the places along `dim` that index names."""
    _check(input, dim, index, None)
    return _scattered(input, dim, index, np.asarray(checked(value, input.dtype)), _assign)


@op(
    "scatter",
    inplace=True,
    extras=OUT,
    grad_fn="torch::autograd::NotImplemented",
    vjp={"input": NotImplemented, "index": None},
    samples=["scatter(i, 1, idx2, 3, reduce='multiply')"],
    examples=["scatter(ones(3), 0, tensor([2, 2]), 3., reduce='multiply')"],
)
def scatter_combine_value(input: Array, dim: Dim, index: Array, value: Number, *, reduce: str) -> Array:
    """input with a number added to (multiplied into) the places along `dim` that index names."""
    _check(input, dim, index, None)
    return _combined(input, dim, index, np.asarray(checked(value, input.dtype)), reduce)


@op(
    inplace=True,
    extras=OUT,
    vjp={
        "input": lambda g: g,
        "index": None,
        "src": lambda g, src_shape, dim, index: _back_to(gather(g, dim, index), src_shape, "ScatterAddBackward0"),
    },
    samples=["scatter_add(m, 0, idx2, n)", "scatter_add(v, 0, idx, w)", "scatter_add(s, 0, labels[1], s)"],
    examples=["scatter_add(zeros(3), 0, tensor([2, 2]), tensor([1., 2.]))"],
)
def scatter_add(input: Array, dim: Dim, index: Array, src: Array) -> Array:
    """input with the elements of src added at the places along `dim` that index names."""
    _check(input, dim, index, src)
    return _scattered(input, dim, index, src, np.add.at)


# --- scatter_reduce ------------------------------------------------------------------------------------------------

_START = {"sum": 0, "mean": 0, "prod": 1, "amax": -np.inf, "amin": np.inf}
_REDUCE: dict[str, Any] = {
    "sum": np.add,
    "mean": np.add,
    "prod": np.multiply,
    "amax": np.maximum,
    "amin": np.minimum,
}


def _reduce_back(
    g: Any, input: Any, dim: int, index: Any, src: Any, reduce: str, include_self: bool, result: Any
) -> Any:
    """The gradients of input and src; those of src in the shape of index."""
    if reduce == "sum":
        of_input, of_src = g, gather(g, dim, index)
    elif reduce == "mean":
        counts = scatter_add(_constant(g, input, include_self), dim, index, _constant(g, src, True))
        share = g / masked_fill_scalar(counts, counts == 0, 1)
        of_input, of_src = share, gather(share, dim, index)
    elif reduce == "prod":
        whole = masked_fill_scalar(input, input == 0, 1)
        of_input = g * scatter_reduce(whole, dim, index, src, reduce, include_self=include_self) / whole
        of_src = _product_back(g, input, dim, index, src, include_self, result)
    else:
        own = _constant(g, input, input == result)
        theirs = _constant(g, src, src == gather(result, dim, index))
        share = g / scatter_add(own, dim, index, theirs)
        of_input, of_src = own * share, theirs * gather(share, dim, index)
    if not include_self:
        of_input = scatter_value(of_input, dim, index, 0)
    return of_input, of_src


def _constant(g: Any, like: Any, value: Any) -> Any:
    """Zeros and ones of the shape and type of an input, as g is: a Tensor or an ndarray."""
    array = np.zeros(like.shape, plain(like).dtype)
    array[...] = plain(value)
    return Tensor(array) if type(g) is Tensor else array


def _product_back(g: Any, input: Any, dim: int, index: Any, src: Any, include_self: bool, result: Any) -> Any:
    zero = src == 0
    number = gather(scatter_add(_constant(g, input, 0), dim, index, _constant(g, src, zero)), dim, index)
    lone = zero & (number == 1)
    others = scatter_reduce(input, dim, index, masked_fill_scalar(src, lone, 1), "prod", include_self=include_self)
    return where(
        lone,
        gather(g * others, dim, index),
        gather(g * result, dim, index) / masked_fill_scalar(src, zero, 1),
    )


@op(
    inplace=True,
    extras=OUT,
    vjp={
        "input": lambda g, input, dim, index, src, reduce, include_self, result: _reduce_back(
            g, input, dim, index, src, reduce, include_self, result
        )[0],
        "index": None,
        "src": lambda g, input, dim, index, src, reduce, include_self, result: _back_to(
            _reduce_back(g, input, dim, index, src, reduce, include_self, result)[1],
            tuple(src.shape),
            "ScatterReduceBackward0",
        ),
    },
    samples=[
        *(f"scatter_reduce(m, 0, idx2, n, '{name}')" for name in _REDUCE),
        *(f"scatter_reduce(m, 0, idx2, n, '{name}', include_self=False)" for name in _REDUCE),
    ],
    examples=["scatter_reduce(zeros(2), 0, tensor([0, 0, 1]), tensor([1., 2., 3.]), 'amax')"],
)
def scatter_reduce(
    input: Array, dim: Dim, index: Array, src: Array, reduce: str, *, include_self: bool = True
) -> Array:
    """input reduced with the elements of src that meet at a place: sum, prod, mean, amax or amin.

    include_self=False: what input had at those places does not count.
    """
    if reduce not in _REDUCE:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    _check(input, dim, index, src)
    start = input
    if not include_self and index.size:
        start = _scattered(input, dim, index, np.asarray(_start(reduce, input.dtype)), _assign)
    result = _scattered(start, dim, index, src, _REDUCE[reduce].at)
    if reduce != "mean" or not index.size:
        return result
    counts = np.full(input.shape, int(include_self), np.int64)
    counts = _scattered(counts, dim, index, np.ones((), np.int64), np.add.at)
    np.maximum(counts, 1, out=counts)
    if result.dtype.kind in "iu":
        return result // counts.astype(result.dtype)
    return result / counts.astype(result.dtype)


def _start(reduce: str, dtype: np.dtype[Any]) -> Any:
    value = _START[reduce]
    if dtype.kind in "iu" and value in (np.inf, -np.inf):
        bounds = np.iinfo(dtype)
        value = int(bounds.max if value > 0 else bounds.min)
    return np.asarray(value).astype(dtype)
