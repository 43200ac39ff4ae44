"""Counting and searching: histograms, bins, membership, indices.

Sources: ATen/native/SummaryOps.cpp, Bucketization.cpp, Histogram.cpp, TestOps/TensorCompare.cpp, TensorFactories.cpp.
None of these has a derivative.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dtypes import bool_, of, of_number, result_type
from gradcli.engine.entry import OUT, OUTS
from gradcli.engine.limits import reserve
from gradcli.engine.op import composite, op
from gradcli.engine.tensor import Tensor
from gradcli.ops.common import refuse, require
from gradcli.ops.matmul import array_of

if TYPE_CHECKING:
    from gradcli.engine.dtypes import DType
    from gradcli.engine.kinds import Array, Floats, Ints, Number, Object

LONG = np.dtype(np.int64)


@op(
    vjp=None,
    samples=["bincount(iv * iv)", "bincount(labels, rates[:2].detach(), 5)", "bincount(labels, minlength=4)"],
    examples=["bincount(tensor([0, 2, 2, 3]))", "bincount(tensor([0, 2]), tensor([0.5, 1.5]), minlength=4)"],
)
def bincount(input: Array, weights: Array | None = None, minlength: int = 0) -> Array:
    """How often each integer from 0 on occurs, or the sum of the weights that stand with it."""
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if input.dtype.kind not in "iu":
        raise NotImplementedError(f"\"bincount_cpu\" not implemented for '{of(input.dtype).scalar}'")
    if input.ndim != 1 or (input.size and input.min() < 0):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is not None and weights.shape != input.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    reserve((max(int(input.max()) + 1 if input.size else 0, minlength),), LONG)
    counts = np.bincount(input.astype(np.int64), weights, minlength)
    return counts if weights is None or weights.dtype != np.float32 else counts.astype(np.float32)


# --- histograms ------------------------------------------------------------------------------------------------------


def _limits(input: Array, low: float, high: float, widen: float) -> tuple[float, float]:
    """The range of the bins: of the elements where both ends are equal, and of some width. `widen` on either side."""
    if low == high and input.size:
        low, high = float(input.min()), float(input.max())
    if low == high:
        low, high = low - widen, high + widen
    return low, high


def _refuse_infinite(low: float, high: float, range_of: str) -> None:
    if not (np.isfinite(low) and np.isfinite(high)):
        raise RuntimeError(f"{range_of} [{low:g}, {high:g}] is not finite")


def _counted(input: Array, edges: Array, weights: Array | None, kind: Any) -> Array:
    """How many elements lie in each bin; the last bin has its end."""
    inside = (input >= edges[0]) & (input <= edges[-1])
    places = np.minimum(np.searchsorted(edges, input[inside], "right") - 1, len(edges) - 2)
    amounts = None if weights is None else weights[inside]
    return np.bincount(places, amounts, len(edges) - 1).astype(kind)


@op(
    extras=OUT,
    vjp=None,
    samples=["histc(m, 4)", "histc(m, bins=3, min=-1, max=1)", "histc(v)"],
    examples=["histc(tensor([1., 2., 1.]), bins=4, min=0, max=3)"],
)
def histc(input: Array, bins: int = 100, min: Number = 0, max: Number = 0) -> Array:
    """How many elements lie in each of `bins` equal bins from min to max (of the elements, where those are equal)."""
    if bins <= 0:
        raise RuntimeError(f"torch.histc(): bins must be > 0, but got {bins}")
    require(input, "f", "histogram_cpu")
    low, high = _limits(input, float(min), float(max), 1)  # type: ignore[arg-type]
    _refuse_infinite(low, high, "torch.histc: range of")
    if low > high:
        raise RuntimeError("torch.histc: max must be larger than min")
    flat = input.ravel()
    flat = flat[(flat >= low) & (flat <= high)]
    places = ((flat - low) / (high - low) * bins).astype(np.int64)
    reserve((bins,), input.dtype)
    return np.bincount(np.minimum(places, bins - 1), minlength=bins).astype(input.dtype)


def _histogram(x: Array, edges: Array, weight: Array | None, density: bool) -> tuple[Array, Array]:
    if weight is not None and weight.size != x.size:
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided it should have the same shape as the input tensor "
            f"excluding its innermost dimension, but got input with shape [{x.size}, 1] and weight with shape "
            f"[{weight.size}]"
        )
    if weight is not None and weight.dtype != x.dtype:
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided, input tensor and weight tensor should have the same "
            f"dtype, but got input({of(x.dtype).c_name}), and weight({of(weight.dtype).c_name})"
        )
    counts = _counted(x.ravel(), edges, None if weight is None else weight.ravel(), x.dtype)
    if density:
        counts = (counts / (counts.sum() * np.diff(edges))).astype(x.dtype)
    return counts, edges.astype(x.dtype)


@op(
    extras=OUTS,
    returns=("hist", "bin_edges"),
    vjp={"input": NotImplemented, "weight": NotImplemented},
    samples=["histogram(ties, 4)", "histogram(ties, 3, range=(-1., 1.), density=True)", "histogram(m.detach(), 2)"],
    examples=["histogram(tensor([1., 2., 1.]), bins=4, range=(0., 3.))"],
)
def histogram(
    input: Array, bins: int, *, range: Floats | None = None, weight: Array | None = None, density: bool = False
) -> tuple[Array, Array]:
    """How many elements (or which sum of weights) lie in each of `bins` equal bins, and the bins' edges."""
    if bins <= 0:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")
    if range is not None and len(range) != 2:
        raise RuntimeError(
            f"torch.histogramdd: for a 1-dimensional histogram range should have 2 elements, but got {len(range)}"
        )
    require(input, "f", "histogramdd")
    low, high = _limits(input, *(range or (0.0, 0.0)), widen=0.5)
    _refuse_infinite(low, high, "torch.histogramdd: dimension 0's range")
    if low > high:
        raise RuntimeError(
            f"torch.histogramdd: min should not exceed max, but got min {low:g} max {high:g} for dimension 0"
        )
    reserve((bins + 1,), input.dtype)
    return _histogram(input, np.linspace(low, high, bins + 1).astype(input.dtype), weight, density)


@op(
    "histogram",
    extras=OUTS,
    returns=("hist", "bin_edges"),
    vjp={"input": NotImplemented, "bins": None, "weight": NotImplemented},
    samples=["histogram(ties, rates.detach().sort()[0])"],
    examples=["histogram(tensor([1., 2., 1.]), tensor([0., 1.5, 3.]))"],
)
def histogram_edges(
    input: Array, bins: Array, *, weight: Array | None = None, density: bool = False
) -> tuple[Array, Array]:
    """How many elements (or which sum of weights) lie between each two edges."""
    if bins.dtype != input.dtype:
        raise RuntimeError(
            "torch.histogramdd: input tensor and bins tensors should have the same dtype, but got input with dtype "
            f"{of(input.dtype).c_name} and bins for dimension 0 with dtype {of(bins.dtype).c_name}"
        )
    if bins.ndim != 1:
        raise RuntimeError(
            f"torch.histogramdd: bins tensor should have one dimension, but got {bins.ndim} dimensions in the bins "
            "tensor for dimension 0"
        )
    if not bins.size:
        raise RuntimeError(
            "torch.histogramdd: bins tensor should have at least 1 element, but got 0 elements in the bins tensor for "
            "dimension 0"
        )
    require(input, "f", "histogramdd")
    if bins.size == 1:
        raise RuntimeError("torch.histogram(): bins must be > 0, but got 0 for dimension 0")
    return _histogram(input, bins, weight, density)


# --- bins ------------------------------------------------------------------------------------------------------------


def _place(sequence: Array, values: Array, side: str, int32: bool) -> Array:
    kind = result_type([sequence, values])
    if kind.is_complex or kind is bool_:
        refuse("searchsorted_out_cpu", kind.np)
    found = np.searchsorted(sequence, values, "right" if side == "right" else "left")
    return np.asarray(found).astype(np.int32 if int32 else np.int64)


@op(
    extras=OUT,
    vjp=None,
    samples=["bucketize(m, tensor([-1., 0., 1.]).to(m.dtype))", "bucketize(ints, ipos, right=True)"],
    examples=["bucketize(tensor([[3, 6, 9], [3, 6, 9]]), tensor([1, 3, 5, 7, 9]))"],
)
def bucketize(input: Array, boundaries: Array, *, out_int32: bool = False, right: bool = False) -> Array:
    """Between which boundaries each element lies; right: an element that is a boundary belongs to the next bin."""
    if boundaries.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})")
    return _place(boundaries, input, "right" if right else "left", out_int32)


@composite(
    "bucketize",
    samples=["bucketize(2, ipos)"],
    examples=["bucketize(4, tensor([1, 3, 5]))"],
    method=False,
)
def bucketize_number(self: Number, boundaries: Array, *, out_int32: bool = False, right: bool = False) -> Any:
    """Between which boundaries a number lies."""
    if array_of(boundaries).ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({array_of(boundaries).ndim})")
    return Tensor(_place(array_of(boundaries), np.asarray(self), "right" if right else "left", out_int32))


def _side(side: str | None, right: bool) -> str:
    if side not in (None, "left", "right"):
        raise RuntimeError(f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise RuntimeError(
            "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True"
        )
    return "right" if right or side == "right" else "left"


@op(
    extras=OUT,
    vjp=None,
    samples=[
        "searchsorted(tensor([-1., 0., 1.]).to(m.dtype), m)",
        "searchsorted(ties.sort()[0], m)",
        "searchsorted(ipos, ints, right=True)",
        "searchsorted(ipos, ints, side='right', out_int32=True)",
    ],
    examples=["searchsorted(tensor([1, 3, 5, 7, 9]), tensor([[3, 6, 9], [3, 6, 9]]))"],
)
def searchsorted(
    sorted_sequence: Array,
    input: Array,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Array | None = None,
) -> Array:
    """Where each element would be put into a sorted sequence: one sequence for all, or one for each row."""
    where = _side(side, right)
    if sorter is not None:
        if sorter.shape != sorted_sequence.shape:
            raise RuntimeError(
                "torch.searchsorted(): boundary and sorter must have the same size, but got boundary tensor "
                f"{list(sorted_sequence.shape)}and got sorter tensor {list(sorter.shape)}"
            )
        sorted_sequence = np.take_along_axis(sorted_sequence, sorter, -1)
    if not input.ndim and sorted_sequence.ndim != 1:
        raise RuntimeError(
            "torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1, but we got "
            f"boundaries tensor dim({sorted_sequence.ndim}) and input value's dim(0) numel(1)"
        )
    if not sorted_sequence.ndim:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should have positive dimension, but got 0 dimension"
        )
    if sorted_sequence.ndim == 1:
        return _place(sorted_sequence, input, where, out_int32)
    if input.shape[:-1] != sorted_sequence.shape[:-1]:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries "
            f"tensor and input value tensor must match, but we got boundaries tensor {list(sorted_sequence.shape)} and "
            f"input value tensor {list(input.shape)}"
        )
    if not input.size:
        return np.zeros(input.shape, np.int32 if out_int32 else np.int64)
    rows, values = (array.reshape(-1, array.shape[-1]) for array in (sorted_sequence, input))
    found = [_place(row, value, where, out_int32) for row, value in zip(rows, values, strict=True)]
    return np.array(found, np.int32 if out_int32 else np.int64).reshape(input.shape)


@composite(
    "searchsorted",
    samples=["searchsorted(ipos, 2)"],
    examples=["searchsorted(tensor([1, 3, 5]), 4)"],
    method=False,
    extras=OUT,
)
def searchsorted_number(
    sorted_sequence: Array,
    self: Number,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Array | None = None,
) -> Any:
    """Where a number would be put into a sorted sequence."""
    sequence = array_of(sorted_sequence)
    if sequence.ndim != 1:
        raise RuntimeError(
            "torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1, but we got "
            f"boundaries tensor dim({sequence.ndim}) and input value's dim(0) numel(1)"
        )
    if sorter is not None:
        sequence = np.take_along_axis(sequence, array_of(sorter), -1)
    return Tensor(_place(sequence, np.asarray(self), _side(side, right), out_int32))


# --- membership ------------------------------------------------------------------------------------------------------


@op(
    extras=OUT,
    vjp=None,
    method=False,
    samples=["isin(ints, ipos)", "isin(ints, ipos, invert=True)", "isin(ties, ties[0])"],
    examples=["isin(tensor([[1, 2], [3, 4]]), tensor([2, 3]))"],
)
def isin(elements: Array, test_elements: Array, *, assume_unique: bool = False, invert: bool = False) -> Array:
    """Whether each element is among `test_elements`."""
    for array in (elements, test_elements):
        _check_member(of(array.dtype))
    return np.isin(elements, test_elements, invert=invert)


def _check_member(kind: DType) -> None:
    if kind is bool_ or kind.is_complex:
        raise RuntimeError(f"Unsupported input type encountered for isin(): {kind.scalar}")


@composite(
    "isin",
    method=False,
    extras=OUT,
    samples=["isin(2, ints)", "isin(2, ints, invert=True)"],
    examples=["isin(2, tensor([[1, 2], [3, 4]]))"],
)
def isin_of_number(element: Number, test_elements: Array, *, assume_unique: bool = False, invert: bool = False) -> Any:
    """Whether a number is among `test_elements`."""
    _check_member(of_number(element))
    return isin(Tensor(np.asarray(element)), test_elements, assume_unique=assume_unique, invert=invert)


@composite(
    "isin",
    method=False,
    extras=OUT,
    samples=["isin(ints, 2)"],
    examples=["isin(tensor([[1, 2], [3, 4]]), 2)"],
)
def isin_number(elements: Array, test_element: Number, *, assume_unique: bool = False, invert: bool = False) -> Any:
    """Whether each element is a number."""
    _check_member(of(array_of(elements).dtype))
    return (elements != test_element) if invert else (elements == test_element)


# --- indices ---------------------------------------------------------------------------------------------------------


def _corner(row: int, col: int, offset: int, dtype: Any, lower: bool) -> Any:
    if row < 0 or col < 0:
        name, value = ("row", row) if row < 0 else ("col", col)
        raise RuntimeError(f"{name} must be non-negative, got{value}")
    kind = np.dtype(np.int64) if dtype is None else dtype.np
    if kind.kind not in "iu":
        raise NotImplementedError(f"\"{'tril' if lower else 'triu'}_indices\" not implemented for '{of(kind).scalar}'")
    reserve((row, col), kind)
    indices = np.tril_indices(row, offset, col) if lower else np.triu_indices(row, offset, col)
    return Tensor(np.stack(indices).astype(kind))


@composite(
    method=False,
    samples=["tril_indices(3, 3)", "tril_indices(4, 3, -1)", "tril_indices(4, 3, offset=1)"],
    examples=["tril_indices(3, 3)"],
)
def tril_indices(
    row: int,
    col: int,
    offset: int = 0,
    *,
    dtype: DType | None = None,
    layout: Object = None,
    device: Object = None,
    pin_memory: bool = False,
) -> Any:
    """Rows and columns of the elements on and below a diagonal."""
    return _corner(row, col, offset, dtype, lower=True)


@composite(
    method=False,
    samples=["triu_indices(3, 3)", "triu_indices(4, 3, -1)", "triu_indices(4, 3, offset=1)"],
    examples=["triu_indices(3, 3)"],
)
def triu_indices(
    row: int,
    col: int,
    offset: int = 0,
    *,
    dtype: DType | None = None,
    layout: Object = None,
    device: Object = None,
    pin_memory: bool = False,
) -> Any:
    """Rows and columns of the elements on and above a diagonal."""
    return _corner(row, col, offset, dtype, lower=False)


@composite(
    method=False,
    samples=["unravel_index(labels, (2, 3))", "unravel_index(ipos, (2, 2))", "unravel_index(ipos, 6)"],
    examples=["unravel_index(tensor([4, 1]), (3, 2))"],
)
def unravel_index(indices: Array, shape: Ints) -> Any:
    """A flat index as one index for each dimension of `shape`."""
    index = array_of(indices)
    if index.dtype.kind not in "iu":
        raise TypeError(f"expected 'indices' to be integer dtype, but got {of(index.dtype)!r}")
    return tuple(Tensor(np.asarray(part, np.int64)) for part in np.unravel_index(index, shape))
