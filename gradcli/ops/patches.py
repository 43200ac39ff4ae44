"""Images taken apart: into sliding blocks and back, and channels into finer pixels and back.

Sources: ATen/native/Im2Col.cpp, Col2Im.cpp, im2col_shape_check.h, PixelShuffle.cpp, ChanelShuffle.cpp.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.limits import reserve
from gradcli.engine.op import composite, op
from gradcli.engine.public import Function
from gradcli.ops.common import require
from gradcli.ops.matmul import array_of

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, DimList, Object

HOME = "nn.functional"
Pair = tuple[int, int]


# --- sliding blocks --------------------------------------------------------------------------------------------------


def _pair(value: Any) -> Any:
    """torch.nn.modules.utils._pair."""
    return tuple(value) if isinstance(value, Iterable) else (value, value)


def _check_pairs(**values: Any) -> None:
    for name, value in values.items():
        if len(value) != 2:
            raise RuntimeError(f"It is expected {name} equals to 2, but got size {len(value)}")


def _check_steps(kernel: Pair, dilation: Pair, padding: Pair, stride: Pair) -> None:
    for what, name, values, least in (
        ("kernel size", "kernel", kernel, 1),
        ("dilation", "dilation", dilation, 1),
        ("padding", "pad", padding, 0),
        ("stride", "stride", stride, 1),
    ):
        if min(values) < least:
            needed = "greater than zero" if least else "non-negative"
            height, width = values
            raise RuntimeError(f"{what} should be {needed}, but got {name}_height: {height} {name}_width: {width}")


def _counts(size: Any, kernel: Pair, dilation: Pair, padding: Pair, stride: Pair) -> list[int]:
    """How many blocks there are along each dimension."""
    steps = zip(size, kernel, dilation, padding, stride, strict=True)
    return [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, d, p, s in steps]


def _places(counts: Any, kernel: Pair, dilation: Pair, stride: Pair) -> tuple[Array, Array]:
    """The row and the column in the padded image of each element of each block: (k, k, rows, columns)."""
    row, column = (
        np.arange(k)[:, None] * d + np.arange(n) * s
        for k, d, s, n in zip(kernel, dilation, stride, counts, strict=True)
    )
    return row[:, None, :, None], column[None, :, None, :]


@op(
    "im2col",
    private=True,
    grad_fn="Im2ColBackward0",
    vjp={
        "input": lambda g, input_shape, kernel, dilation, padding, stride: assembled(
            g, tuple(input_shape[-2:]), kernel, dilation, padding, stride
        )
    },
)
def blocks(input: Array, kernel: Object, dilation: Object, padding: Object, stride: Object) -> Array:
    """(…, C, H, W) -> (…, C k k, L): the elements of each block one below the other."""
    *outer, channels, height, width = input.shape
    counts = _counts((height, width), kernel, dilation, padding, stride)
    length = channels * prod(kernel)
    reserve((*outer, length, prod(counts)), input.dtype)
    (top, left) = padding
    reserve((*outer, channels, height + 2 * top, width + 2 * left), input.dtype)
    padded = np.pad(input, [*[(0, 0)] * (input.ndim - 2), (top, top), (left, left)])
    rows, columns = _places(counts, kernel, dilation, stride)
    return padded[..., rows, columns].reshape(*outer, length, prod(counts))


def _every(at: Any, scale: Pair, counts: Any, steps: Pair) -> Any:
    """The place `at` times `scale`, and so many in all, `steps` apart."""
    along = zip(at, scale, counts, steps, strict=True)
    return (..., *(slice(i * s, i * s + (n - 1) * step + 1, step) for i, s, n, step in along))


@op(
    "col2im",
    private=True,
    grad_fn="Col2ImBackward0",
    vjp={"input": lambda g, kernel, dilation, padding, stride: blocks(g, kernel, dilation, padding, stride)},
)
def assembled(
    input: Array, output_size: Object, kernel: Object, dilation: Object, padding: Object, stride: Object
) -> Array:
    """(…, C k k, L) -> (…, C, H, W): the blocks added up where they belong."""
    *outer, length, _ = input.shape
    (height, width), (top, left) = output_size, padding
    channels = length // prod(kernel)
    reserve((*outer, channels, height + 2 * top, width + 2 * left), input.dtype)
    whole = np.zeros((*outer, channels, height + 2 * top, width + 2 * left), input.dtype)
    counts = _counts(output_size, kernel, dilation, padding, stride)
    parts = input.reshape(*outer, channels, *kernel, *counts)
    # The fewer of the two run in Python: the places in a block, or the blocks.
    if prod(kernel) <= prod(counts):
        for at in np.ndindex(*kernel):
            whole[_every(at, dilation, counts, stride)] += parts[..., at[0], at[1], :, :]
    else:
        for block in np.ndindex(*counts):
            whole[_every(block, stride, kernel, dilation)] += parts[..., block[0], block[1]]
    return whole[..., top : top + height, left : left + width]


@composite("im2col", private=True)
def _im2col(input: Array, kernel_size: DimList, dilation: DimList, padding: DimList, stride: DimList) -> Any:
    _check_pairs(kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride)
    steps: list[Any] = [kernel_size, dilation, padding, stride]
    _check_steps(*steps)
    array = array_of(input)
    if array.ndim < 3:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-array.ndim}, {array.ndim - 1}], but got 2)"
        )
    if array.ndim > 4 or 0 in array.shape[-3:]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, "
            f"but got: {list(array.shape)}"
        )
    size = array.shape[-2:]
    counts = _counts(size, *steps)
    if min(counts) < 1:
        raise RuntimeError(
            f"Given input with spatial size {size}, kernel_size={kernel_size}, dilation={dilation}, "
            f"padding={padding}, calculated shape of the array of sliding blocks as {tuple(counts)}, but its "
            "components must be at least one."
        )
    require(array, "fcb", "im2col_out_cpu")
    return blocks(input, *steps)


_to_blocks = Function("_C.im2col").define([_im2col])  # what torch's Python function calls


@composite(
    "unfold",
    module=HOME,
    varargs=True,
    samples=["F.unfold(img, 2)", "F.unfold(img, (3, 2), dilation=2, padding=1, stride=2)", "F.unfold(img[0], 3)"],
    examples=["torch.nn.functional.unfold(arange(9.).reshape(1, 1, 3, 3), 2)"],
)
def unfold_image(input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """The sliding blocks of images, each as a column."""
    return _to_blocks(input, *map(_pair, (kernel_size, dilation, padding, stride)))


@composite("col2im", private=True)
def _col2im(
    input: Array, output_size: DimList, kernel_size: DimList, dilation: DimList, padding: DimList, stride: DimList
) -> Any:
    _check_pairs(output_size=output_size, kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride)
    steps: list[Any] = [kernel_size, dilation, padding, stride]
    _check_steps(*steps)
    array = array_of(input)
    if array.ndim not in (2, 3) or 0 in array.shape[-2:]:
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for "
            f"input, but got: {list(array.shape)}"
        )
    dim = array.ndim - 2
    if array.shape[-2] % prod(kernel_size):
        raise RuntimeError(
            f"Expected size of input's dimension {dim} to be divisible by the product of kernel_size, but got "
            f"input.size({dim})={array.shape[-2]} and kernel_size={kernel_size}."
        )
    height, width = _counts(output_size, *steps)
    if height * width != array.shape[-1]:
        raise RuntimeError(
            f"Given output_size={output_size}, kernel_size={kernel_size}, dilation={dilation}, padding={padding}, "
            f"stride={stride}, expected size of input's dimension {dim + 1} to match the calculated number of sliding "
            f"blocks {height} * {width} = {height * width}, but got input.size({dim + 1})={array.shape[-1]}."
        )
    require(array, "fcb", "col2im_out_cpu")
    return assembled(input, output_size, *steps)


_to_images = Function("_C.col2im").define([_col2im])  # what torch's Python function calls


@composite(
    module=HOME,
    varargs=True,
    samples=["F.fold(wide.reshape(1, 4, 6)[..., :4], (3, 3), 2)", "F.fold(t3.reshape(4, 6), (3, 4), 2, stride=1)"],
    examples=["torch.nn.functional.fold(ones(1, 4, 4), (3, 3), 2)"],
)
def fold(input: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """Images made of sliding blocks, which are added up where they overlap."""
    return _to_images(input, *map(_pair, (output_size, kernel_size, dilation, padding, stride)))


# --- channels and pixels ---------------------------------------------------------------------------------------------


def _check_factor(name: str, what: str, input: Array, factor: int) -> None:
    if input.ndim < 3:
        raise RuntimeError(
            f"{name} expects input to have at least 3 dimensions, but got input with {input.ndim} dimension(s)"
        )
    if factor <= 0:
        raise RuntimeError(f"{name} expects a positive {what}, but got {factor}")


@op(
    vjp={"input": lambda g, upscale_factor: pixel_unshuffle(g, upscale_factor)},
    method=False,
    also=["nn.functional.pixel_shuffle"],
    samples=["torch.pixel_shuffle(t4.reshape(4, 3, 1), 2)", "torch.pixel_shuffle(img.reshape(1, 18, 2, 2), 3)"],
    examples=["torch.pixel_shuffle(arange(4.).reshape(4, 1, 1), 2)"],
)
def pixel_shuffle(input: Array, upscale_factor: int) -> Array:
    """(…, C r r, H, W) -> (…, C, H r, W r): the channels of a pixel become a square of pixels."""
    _check_factor("pixel_shuffle", "upscale_factor", input, upscale_factor)
    *outer, channels, height, width = input.shape
    r = upscale_factor
    if channels % r**2:
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, "
            f"but input.size(-3)={channels} is not divisible by {r**2}"
        )
    parts = input.reshape(*outer, channels // r**2, r, r, height, width)
    moved = np.moveaxis(parts, (-4, -3), (-3, -1))
    return moved.reshape(*outer, channels // r**2, height * r, width * r)


@op(
    vjp={"input": lambda g, downscale_factor: pixel_shuffle(g, downscale_factor)},
    method=False,
    also=["nn.functional.pixel_unshuffle"],
    samples=["torch.pixel_unshuffle(img, 2)", "torch.pixel_unshuffle(img, 3)"],
    examples=["torch.pixel_unshuffle(arange(4.).reshape(1, 2, 2), 2)"],
)
def pixel_unshuffle(input: Array, downscale_factor: int) -> Array:
    """(…, C, H r, W r) -> (…, C r r, H, W): what pixel_shuffle undoes."""
    _check_factor("pixel_unshuffle", "downscale_factor", input, downscale_factor)
    *outer, channels, height, width = input.shape
    r = downscale_factor
    for what, dim, size in (("height", -2, height), ("width", -1, width)):
        if size % r:
            raise RuntimeError(
                f"pixel_unshuffle expects {what} to be divisible by downscale_factor, but input.size({dim})={size} is "
                f"not divisible by {r}"
            )
    parts = input.reshape(*outer, channels, height // r, r, width // r, r)
    moved = np.moveaxis(parts, (-3, -1), (-4, -3))
    return moved.reshape(*outer, channels * r**2, height // r, width // r)


@op(
    vjp={"input": lambda g, input_shape, groups: channel_shuffle(g, input_shape[1] // groups if groups else 1)},
    method=False,
    also=["nn.functional.channel_shuffle"],
    samples=["torch.channel_shuffle(img.reshape(1, 6, 3, 4), 3)", "torch.channel_shuffle(img, 2)"],
    examples=["torch.channel_shuffle(arange(4.).reshape(1, 4, 1), 2)"],
)
def channel_shuffle(input: Array, groups: int) -> Array:
    """The channels dealt out anew: the first of each group, then the second of each, …"""
    if input.ndim <= 2:
        raise RuntimeError(f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(input.shape)}")
    if groups <= 0:
        raise RuntimeError(f"Number of groups to divide channels in must be positive. Value of groups:{groups}")
    rows, channels, *rest = input.shape
    if channels % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {channels} channels and {groups} groups."
        )
    return np.swapaxes(input.reshape(rows, groups, channels // groups, *rest), 1, 2).reshape(input.shape)
