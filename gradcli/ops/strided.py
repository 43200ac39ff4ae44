"""Views that name their strides, and sliding windows: as_strided, unfold.

A base whose memory is dense counts as its own storage. Sources: torch/csrc/autograd/FunctionsManual.cpp
(`as_strided_backward`), aten/src/ATen/native/TensorShape.cpp, UnfoldBackward.cpp.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dims import normalize_dim
from gradcli.engine.op import composite, op
from gradcli.engine.views import ViewMeta
from gradcli.ops.inplace import Restride

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, DimList, Object, Size

Shape = tuple[int, ...]
Layout = tuple[Shape, Shape, int]  # sizes, strides and offset in elements


def storage_of(array: Array) -> tuple[Array, int]:
    """(the flat memory that an array shows part of, the offset of its first element in it)."""
    root = array
    while (owner := _owner(root)) is not None and owner.dtype == array.dtype:
        root = owner
    step = array.itemsize
    flat = root.reshape(-1) if root.flags.c_contiguous else root.T.reshape(-1)
    if not np.may_share_memory(flat, root) or any(s % step for s in array.strides):
        flat = array.reshape(-1)  # gaps that numpy cannot flatten: only array itself is at hand
        return flat, 0
    offset = (array.ctypes.data - flat.ctypes.data) // step if array.size else 0
    return flat, offset


def _owner(array: Array) -> Array | None:
    """The array whose memory this one shows; numpy's as_strided puts an object of its own between."""
    base = array.base
    if not isinstance(base, np.ndarray):
        base = getattr(base, "base", None)
    return base if isinstance(base, np.ndarray) else None


def layout_of(array: Array) -> Layout:
    """Sizes, strides and offset of an array in its storage."""
    return array.shape, tuple(s // array.itemsize for s in array.strides), storage_of(array)[1]


def _places(layout: Layout) -> Array:
    """The place in storage of each element."""
    sizes, strides, offset = layout
    places = np.full(sizes, offset, np.int64)
    for axis, (size, stride) in enumerate(zip(sizes, strides, strict=True)):
        places += (np.arange(size) * stride).reshape((size,) + (1,) * (len(sizes) - axis - 1))
    return places


def _strided(array: Array, layout: Layout) -> Array:
    """The view of an array's storage that a layout describes; a copy of an array that is not dense is its storage."""
    sizes, strides, offset = layout
    flat, _ = storage_of(array)
    steps = tuple(stride * array.itemsize for stride in strides)
    return np.lib.stride_tricks.as_strided(flat[offset:], sizes, steps)


def _on_base(base: Array, layout: Layout) -> Array:
    """The step that leads from a base to such a view: a gradient is laid out as the base first."""
    owner = base if (found := _owner(base)) is None else found
    dense = base.flags.c_contiguous and owner.size == base.size and owner.flags.owndata
    return _strided(base if dense else base.copy(), layout)


def _check(input: Array, size: Shape, stride: Shape, offset: int) -> None:
    if len(size) != len(stride):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(step < 0 for step in stride):
        raise RuntimeError(f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}")
    if any(n < 0 for n in size):
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(size)} and strides={list(stride)}")
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    if prod(size):
        needed = (offset + 1 + sum((n - 1) * step for n, step in zip(size, stride, strict=True))) * input.itemsize
        available = storage_of(input)[0].nbytes
        if needed > available:
            raise RuntimeError(
                f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset}, and itemsize "
                f"{input.itemsize} requiring a storage size of {needed} are out of bounds for storage of size "
                f"{available}"
            )


@op(
    "as_strided",
    private=True,
    view=True,
    vjp={"input": lambda g, layout, own: strided_backward(g, layout, own)},
)
def strided(input: Array, layout: Object, own: Object) -> Array:
    """`layout` of input's storage, where input itself lies as `own` says."""
    return _strided(input, layout)


@op(private=True, grad_fn="AsStridedBackward0", vjp={"g": lambda g, layout, own: strided_again(g, layout, own)})
def strided_backward(g: Array, layout: Object, own: Object) -> Array:
    """The gradient of `strided`: g summed into storage, and what input shows of it."""
    inside, outside = _places(own), _places(layout)
    storage = np.zeros(1 + max(inside.max(initial=-1), outside.max(initial=-1)), g.dtype)
    np.add.at(storage, outside.ravel(), np.ravel(g))
    return storage[inside]


@op(private=True, grad_fn="AsStridedBackward0", vjp={"g": lambda g, layout, own: strided_backward(g, layout, own)})
def strided_again(g: Array, layout: Object, own: Object) -> Array:
    """The adjoint of `strided_backward`."""
    inside, outside = _places(own), _places(layout)
    storage = np.zeros(1 + max(inside.max(initial=-1), outside.max(initial=-1)), g.dtype)
    np.add.at(storage, inside.ravel(), np.ravel(g))
    return storage[outside]


@composite(
    samples=["as_strided(m, (2, 2), (1, 2))", "as_strided(m, (2, 2), (1, 1), 2)", "as_strided(v, (), ())"],
    examples=["as_strided(arange(6.), (2, 2), (1, 2))"],
)
def as_strided(input: Array, size: Size, stride: DimList, storage_offset: int | None = None) -> Any:
    """A view of input's storage with these sizes and strides, counted in elements.

    RuntimeError if it would reach beyond the storage.
    """
    array = input.array  # type: ignore[attr-defined]
    own = layout_of(array)
    layout = (size, stride, own[2] if storage_offset is None else storage_offset)
    _check(array, *layout)
    view = strided(input, layout, own)
    meta = view._view
    view._view = ViewMeta(meta.base, ((_on_base, (layout,)),), meta.creation, meta.version)
    return view


# --- windows -------------------------------------------------------------------------------------------------------


@op(
    function=False,
    view=True,
    vjp={"input": lambda g, input_shape, dimension, size, step: unfold_backward(g, input_shape, dimension, size, step)},
    samples=["v.unfold(0, 2, 1)", "t3.unfold(-1, 2, 2)", "t3.unfold(1, 3, 1)", "s.unfold(0, 1, 1)"],
    examples=["arange(5.).unfold(0, 3, 2)"],
)
def unfold(input: Array, dimension: int, size: int, step: int) -> Array:
    """All windows of `size` along a dimension, `step` apart, in a new last dimension; a view."""
    ndim = input.ndim
    dim = normalize_dim(dimension, ndim)
    length = input.shape[dim] if ndim else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > length:
        raise RuntimeError(f"maximum size for tensor at dimension {dim} is {length} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    if not ndim:
        return np.lib.stride_tricks.as_strided(input, (size,), (input.itemsize,))
    shape = [*input.shape, size]
    strides = [*input.strides, input.strides[dim]]
    shape[dim] = (length - size) // step + 1
    strides[dim] *= step
    return np.lib.stride_tricks.as_strided(input, shape, strides)


@op(
    private=True,
    grad_fn="UnfoldBackwardBackward0",
    vjp={"g": lambda g, dimension, size, step: unfold(g, dimension, size, step)},
)
def unfold_backward(g: Array, shape: Object, dimension: int, size: int, step: int) -> Array:
    """Each element's gradient summed over the windows that it was in."""
    whole = np.zeros(shape, g.dtype)
    windows = unfold.kernel(whole, dimension, size, step)
    for place in range(size):  # within one place of the window no element comes twice
        windows[..., place] += g[..., place]
    return whole


restrided = Restride(
    "as_strided",
    strided.kernel,
    {"private": True, "grad_fn": "AsStridedBackward1", "vjp": strided.vjp},
)


@composite(
    "as_strided_",
    samples=["m.as_strided_((2, 2), (1, 2))"],
    examples=["ones(6).as_strided_((2, 2), (1, 2))"],
)
def as_strided_inplace(input: Array, size: Size, stride: DimList, storage_offset: int | None = None) -> Any:
    """`as_strided` in place."""
    array = input.array  # type: ignore[attr-defined]
    own = layout_of(array)
    layout = (size, stride, own[2] if storage_offset is None else storage_offset)
    _check(array, *layout)
    return restrided.call([input, layout, own])
