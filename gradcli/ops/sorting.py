"""Sorting, and what is found by sorting: the k-th, the most frequent, the different elements.

Sources: aten/src/ATen/native/Sorting.cpp, native/cpu/{SortingKernel,TensorCompareKernel}.cpp, native/TopKImpl.h,
torch/functional.py (`unique`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dims import normalize_dim
from gradcli.engine.entry import OUT, OUTS
from gradcli.engine.limits import reserve
from gradcli.engine.op import composite, op
from gradcli.ops.along import or_reduce, plain, put_at, take_at
from gradcli.ops.common import require
from gradcli.ops.extrema import require_elements
from gradcli.ops.ties import SHORT, Selection, as_torch_leaves, equal_neighbours, ranks_of

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Dim

_MOST_REORDERED = 1 << 14  # beyond, equal elements stay in order: to follow std::sort takes microseconds an element


def _sorted_indices(input: Array, dim: int, descending: bool) -> Array:
    """Where the elements come from: equal ones stay in order, nan counts as largest."""
    if input.dtype.kind == "c":
        raise RuntimeError(" Sort does not support complex dtypes on CPU")
    if not input.ndim:
        return np.zeros((), np.int64)
    if not descending:
        return np.argsort(input, axis=dim, kind="stable")
    # Backwards twice: once what is sorted, so that equal elements stay in order, and once the result.
    turned = np.flip(np.argsort(np.flip(input, dim), axis=dim, kind="stable"), dim)
    return input.shape[dim] - 1 - turned


def _sorted(input: Array, dim: int, descending: bool, stable: bool | None) -> tuple[Array, Array]:
    """Values and indices. Equal elements in long rows are as std::sort leaves them, unless their order is promised."""
    reserve(input.shape, np.dtype(np.int64))
    indices = _sorted_indices(input, dim, descending)
    values = take_at.kernel(input, indices, dim)
    length = input.shape[dim] if input.ndim else 1
    if not stable and length > SHORT and _is_unsure(values, dim):
        indices = as_torch_leaves(input, dim, descending, length, lambda selection: selection.sort(length))
    return values, indices


def _is_unsure(values: Array, dim: int) -> bool:
    """Are there equal elements whose order depends on torch's algorithm, and few enough to follow it?"""
    return values.size <= _MOST_REORDERED and bool(equal_neighbours(values, dim).any())


@op(
    "sort",
    grad_fn="SortBackward1",
    extras=OUTS,
    returns=("values", "indices"),
    nondifferentiable=("indices",),
    vjp={"input": lambda g, indices, dim, input_shape: put_at(g, indices, dim, input_shape)},
    samples=["sort(m, stable=True)", "sort(ties, stable=True, dim=1, descending=True)", "sort(nans, stable=False)"],
    examples=["sort(tensor([3., 1., 3.]), stable=True, descending=True)"],
)
def sort_stable(input: Array, *, stable: bool | None, dim: Dim = -1, descending: bool = False) -> tuple[Array, Array]:
    """Sort along `dim`: values, and where they were. nan counts as largest, equal elements stay in order."""
    return _sorted(input, dim, descending, stable)


@op(
    "sort",
    extras=OUTS,
    returns=("values", "indices"),
    nondifferentiable=("indices",),
    vjp={"input": lambda g, indices, dim, input_shape: put_at(g, indices, dim, input_shape)},
    samples=[
        "sort(m)",
        "sort(t3, 1)",
        "sort(m, 0, True)",
        "sort(ties, descending=True)",
        "sort(nans, 0)",
        "sort(nans, 1, True)",
        "sort(s)",
        "sort(ints)",
        "sort(mask)",
        "sort(empty2)",
        "sort(empty2, 0)",
    ],
    examples=["sort(tensor([3., 1., 2.]))", "sort(tensor([[3., 1.], [2., 4.]]), dim=0, descending=True)"],
)
def sort(input: Array, dim: Dim = -1, descending: bool = False) -> tuple[Array, Array]:
    """Sort along `dim`: values, and where they were. nan counts as largest, equal elements stay in order."""
    return _sorted(input, dim, descending, False)


@op(
    "argsort",
    extras=OUT,
    samples=["argsort(ties, stable=True)", "argsort(m, stable=True, descending=True)"],
    examples=["argsort(tensor([3., 1., 3.]), stable=True, descending=True)"],
)
def argsort_stable(input: Array, *, stable: bool, dim: Dim = -1, descending: bool = False) -> Array:
    """The indices that sort along `dim`."""
    return _sorted_indices(input, dim, descending)


@op(
    "argsort",
    samples=["argsort(m)", "argsort(t3, 1, True)", "argsort(nans)", "argsort(s)", "argsort(ints, 0)"],
    examples=["argsort(tensor([3., 1., 2.]))"],
)
def argsort(input: Array, dim: Dim = -1, descending: bool = False) -> Array:
    """The indices that sort along `dim`."""
    return _sorted(input, dim, descending, False)[1]


@composite(
    extras=OUT,
    samples=["msort(m)", "msort(s)", "msort(ints)"],
    examples=["msort(tensor([[3., 1.], [2., 4.]]))"],
)
def msort(input: Array) -> Any:
    """Sort along the first dimension; the values alone."""
    return sort(input, 0, False)[0]


# -- the first k, the k-th ---------------------------------------------------------------------------------------------


@op(
    extras=OUTS,
    returns=("values", "indices"),
    nondifferentiable=("indices",),
    vjp={"input": lambda g, indices, dim, input_shape: put_at(g, indices, dim, input_shape)},
    samples=[
        "topk(m, 2)",
        "topk(t3, 2, 1)",
        "topk(m, 1, 0, False)",
        "topk(ties, 2)",
        "topk(nans, 2)",
        "topk(nans, 2, largest=False)",
        "topk(long, 7, sorted=False)",
        "topk(s, 1)",
        "topk(m, 0)",
        "topk(ints, 2)",
        "topk(mask, 1)",
    ],
    examples=["topk(tensor([1., 4., 2., 3.]), 2)"],
)
def topk(input: Array, k: int, dim: Dim = -1, largest: bool = True, sorted: bool = True) -> tuple[Array, Array]:
    """The k largest (or smallest) elements along `dim` and where they are. nan counts as largest."""
    if not 0 <= k <= (input.shape[dim] if input.ndim else 1):
        raise RuntimeError("selected index k out of range")
    if input.dtype.kind == "b":
        raise RuntimeError("topk does not support bool dtypes on CPU")
    if input.dtype.kind == "c":
        raise RuntimeError(" topk does not support complex dtypes on CPU")
    if not input.ndim:
        return np.array(input), np.zeros((), np.int64)
    before = (slice(None),) * dim
    indices = _sorted_indices(input, dim, largest)[(*before, slice(k + 1))]
    values = take_at.kernel(input, indices, dim)
    if k and (_is_unsure(values, dim) or (not sorted and input.size <= _MOST_REORDERED)):
        indices = as_torch_leaves(input, dim, largest, k, lambda selection: selection.first(k, sorted))
        return take_at.kernel(input, indices, dim), indices
    first = (*before, slice(k))
    return np.ascontiguousarray(values[first]), np.ascontiguousarray(indices[first])


@op(
    extras=OUTS,
    returns=("values", "indices"),
    nondifferentiable=("indices",),
    vjp={"input": lambda g, indices, dim, input_shape: put_at(g, indices, dim, input_shape)},
    samples=[
        "kthvalue(m, 2)",
        "kthvalue(t3, 1, 1, True)",
        "kthvalue(ties, 2)",
        "kthvalue(nans, 3)",
        "kthvalue(s, 1)",
        "kthvalue(ints, 1, 0)",
    ],
    examples=["kthvalue(tensor([4., 1., 3., 2.]), 2)"],
)
def kthvalue(input: Array, k: int, dim: Dim = -1, keepdim: bool = False) -> tuple[Array, Array]:
    """The k-th smallest element along `dim` (the first is k=1), and where it is."""
    require_elements("kthvalue", input, (dim,))
    if not 1 <= k <= (input.shape[dim] if input.ndim else 1):
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {dim}")
    require(input, "iuf", "kthvalue_cpu")
    if not input.ndim:
        return np.array(input), np.zeros((), np.int64)
    before = (slice(None),) * dim
    indices = _sorted_indices(input, dim, False)
    if _is_unsure(take_at.kernel(input, indices, dim), dim):
        indices = as_torch_leaves(input, dim, False, input.shape[dim], lambda selection: selection.quick_select(k - 1))
    indices = indices[(*before, slice(k - 1, k))]
    indices = indices.copy() if keepdim else indices.reshape(input.shape[:dim] + input.shape[dim + 1 :])
    return take_at.kernel(input, indices, dim), indices


@op(
    extras=OUTS,
    returns=("values", "indices"),
    nondifferentiable=("indices",),
    vjp={"input": lambda g, indices, dim, input_shape: put_at(g, indices, dim, input_shape)},
    samples=["mode(ties)", "mode(m, 0)", "mode(t3, 1, True)", "mode(s)", "mode(ints)", "mode(mask)", "mode(nans)"],
    examples=["mode(tensor([1., 2., 2., 3.]))"],
)
def mode(input: Array, dim: Dim = -1, keepdim: bool = False) -> tuple[Array, Array]:
    """The most frequent element along `dim`, the smallest of several, and where it is."""
    require_elements("mode", input, (dim,))
    require(input, "biuf", "mode_cpu")
    if not input.ndim:
        return np.array(input), np.zeros((), np.int64)
    rows = np.moveaxis(input, dim, -1)
    indices = np.empty(rows.shape[:-1], np.int64)
    for place in np.ndindex(indices.shape):
        indices[place] = _most_frequent(rows[place])
    if keepdim:
        indices = np.expand_dims(indices, dim)
    return take_at.kernel(input, indices, dim), indices


def _most_frequent(row: Array) -> int:
    """The last of the first longest run of equal elements in the sorted row; nan equals nothing.

    torch compares nan as it is, so that a short row, which is sorted by insertion, stays cut in two at a nan.
    """
    selection = Selection(row.tolist() if len(row) <= SHORT else ranks_of(row))
    selection.sort(len(row))
    order = np.array(selection.order)
    values = row[order]
    ends = np.flatnonzero(np.append(values[1:] != values[:-1], True))
    lengths = np.diff(ends, prepend=-1)
    return int(order[ends[np.argmax(lengths)]])


# -- different elements ------------------------------------------------------------------------------------------------


def _no_derivative(name: str) -> Any:
    """torch's words for derivatives that it declares missing."""
    raise NotImplementedError(f"the derivative for '{name}' is not implemented.")


@op(private=True, grad_fn="Unique2Backward0", vjp={"input": lambda g: _no_derivative("_unique2")})
def _unique2(input: Array) -> tuple[Array, Array, Array]:
    values, inverse, counts = np.unique(input, return_inverse=True, return_counts=True, equal_nan=False)
    return values, inverse.reshape(input.shape), counts


def _nothing_along(input: Array, dim: int) -> tuple[Array, Array, Array]:
    """Unique slices of no elements. Raises RuntimeError if there are slices, as torch does."""
    if input.shape[dim]:
        raise RuntimeError("There are 0 sized dimensions, and they aren't selected, so unique cannot be applied")
    if input.shape.count(0) > 1:
        raise RuntimeError("Number of zero sized dimensions is more than one, so unique cannot be applied ")
    none = np.zeros(0, np.int64)
    return input.copy(), none, none


@op(private=True, grad_fn="UniqueDimBackward0", vjp={"input": lambda g: _no_derivative("unique_dim")})
def _unique_dim(input: Array, dim: int) -> tuple[Array, Array, Array]:
    if not input.size:
        return _nothing_along(input, dim)
    values, inverse, counts = np.unique(input, False, True, True, axis=dim, equal_nan=False)
    return values, inverse.reshape(-1), counts


@op(private=True, grad_fn="UniqueConsecutiveBackward0", vjp={"input": lambda g: _no_derivative("unique_consecutive")})
def _unique_runs(input: Array, dim: int | None) -> tuple[Array, Array, Array]:
    if dim is not None and not input.size:
        return _nothing_along(input, dim)
    rows = input.reshape(-1, 1) if dim is None else np.moveaxis(input, dim, 0).reshape(input.shape[dim], -1)
    starts = np.append(np.ones(min(len(rows), 1), bool), or_reduce(rows[1:] != rows[:-1], axis=1))
    first = np.flatnonzero(starts)
    values = input.reshape(-1)[first] if dim is None else np.take(input, first, axis=dim)
    inverse = np.add.accumulate(starts, dtype=np.int64) - 1
    return values, inverse.reshape(input.shape) if dim is None else inverse, np.diff(first, append=len(rows))


def _wanted(found: Any, return_inverse: bool, return_counts: bool) -> Any:
    """The values alone, or a tuple of what is asked for."""
    values, inverse, counts = found
    chosen = (values, *([inverse] if return_inverse else []), *([counts] if return_counts else []))
    return chosen if len(chosen) > 1 else values


@composite(
    samples=[
        "unique(ints)",
        "unique(ties, return_inverse=True)",
        "unique(ints, return_counts=True, dim=0)",
        "unique(nans)",
    ],
    examples=["unique(tensor([3, 1, 3, 2]))", "unique(tensor([3, 1, 3]), return_inverse=True, return_counts=True)"],
)
def unique(
    input: Array, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The different elements (or slices along `dim`), sorted; on demand where each went, and how many there were."""
    require(plain(input), "biuf", "unique")
    if dim is None:
        found = _unique2.call([input])
    else:
        found = _unique_dim.call([input, normalize_dim(dim, input.ndim, wrap_scalar=False)])
    return _wanted(found, return_inverse, return_counts)


@composite(
    samples=[
        "unique_consecutive(iv)",
        "unique_consecutive(ties, return_inverse=True)",
        "unique_consecutive(ties, dim=1)",
    ],
    examples=["unique_consecutive(tensor([1, 1, 2, 1]), return_counts=True)"],
)
def unique_consecutive(
    input: Array, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Runs of equal elements (or slices along `dim`) as one; on demand where each went, and how long they were."""
    found = _unique_runs.call([input, None if dim is None else normalize_dim(dim, input.ndim)])
    return _wanted(found, return_inverse, return_counts)
