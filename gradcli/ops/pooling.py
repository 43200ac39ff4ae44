"""Pooling: the largest, or the mean, of the window at each place.

Sources: ATen/native/Pool.h, DilatedMaxPool2d.cpp, AveragePool2d.cpp; torch/nn/functional.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product as places
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.limits import reserve
from gradcli.engine.op import composite, op
from gradcli.ops.along import put_at, reshaped
from gradcli.ops.common import require
from gradcli.ops.matmul import array_of
from gradcli.ops.views import squeeze_dim, unsqueeze

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Ints, Object

HOME = "nn.functional"
Shape = tuple[int, ...]


class Window:
    """Size, stride, padding and dilation of a window along each spatial dimension, and the output's sizes."""

    __slots__ = ("dilation", "output", "padding", "size", "sizes", "stride")

    def __init__(self, sizes: Shape, size: Shape, stride: Shape, padding: Shape, dilation: Shape, ceil: bool) -> None:
        self.sizes, self.size, self.stride, self.padding, self.dilation = sizes, size, stride, padding, dilation
        self.output = tuple(_output(*row, ceil) for row in zip(sizes, size, stride, padding, dilation, strict=True))

    def padded(self, array: Array, fill: Any) -> Array:
        """The input between borders of `fill`: the padding, and as much behind as the last window needs."""
        borders = [(0, 0)] * (array.ndim - len(self.sizes))
        for axis, (n, k, s, p, d) in enumerate(
            zip(self.sizes, self.size, self.stride, self.padding, self.dilation, strict=True)
        ):
            borders.append((p, max((self.output[axis] - 1) * s + d * (k - 1) + 1 - n - p, 0)))
        return np.pad(array, borders, constant_values=fill) if any(map(any, borders)) else array

    def taps(self) -> Iterator[tuple[tuple[int, ...], Any]]:
        """For each place in the window: its offset, and the part of the padded input that lies there."""
        for place in places(*map(range, self.size)):
            offset = tuple(p * d for p, d in zip(place, self.dilation, strict=True))
            part = tuple(
                slice(o, o + s * (n - 1) + 1, s) for o, s, n in zip(offset, self.stride, self.output, strict=True)
            )
            yield offset, (..., *part)


def _output(n: int, k: int, s: int, p: int, d: int, ceil: bool) -> int:
    room = n + 2 * p - d * (k - 1) - 1
    count = -(-room // s) + 1 if ceil else room // s + 1
    return count - 1 if ceil and (count - 1) * s >= n + p else count


def _each(value: Any, ndim: int, name: str, what: str) -> Shape:
    given = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if len(given) not in (1, ndim):
        one = "a single int" if ndim == 1 else "either be a single int"
        raise RuntimeError(f"{name}: {what} must {one}, or a tuple of {_WORDS[ndim]} ints")
    return given * ndim if len(given) == 1 else given


_WORDS = {1: "one", 2: "two", 3: "three"}


def _window(x: Array, ndim: int, name: str, args: tuple[Any, ...], ceil: bool) -> Window:
    size, stride, padding, dilation = args
    size = _each(size, ndim, name, "kernel_size")
    stride = _each(stride, ndim, name, "stride") if stride not in ((), None) else size
    padding, dilation = _each(padding, ndim, name, "padding"), _each(dilation, ndim, name, "dilation")
    for what, values in (("kernel_size", size), ("stride", stride), ("dilation", dilation)):
        if min(values) <= 0:
            raise RuntimeError(_not_positive(name, what, values))
    if any(2 * p > k for p, k in zip(padding, size, strict=True)):
        raise RuntimeError(
            f"pad should be at most half of effective kernel size, but got pad={max(padding)}, "
            f"kernel_size={max(size)} and dilation={max(dilation)}"
        )
    if min(padding) < 0:
        raise RuntimeError(f"pad must be non-negative, but got pad: {min(padding)}")
    _check_filled(x, ndim, name)
    window = Window(x.shape[x.ndim - ndim :], size, stride, padding, dilation, ceil)
    if min(window.output) < 1:
        if name == "max_pool1d":
            raise RuntimeError(f"max_pool1d() Invalid computed output size: {window.output[0]}")
        planes = x.shape[-ndim - 1]
        raise RuntimeError(
            f"Given input size: ({_by(planes, *window.sizes)}). Calculated output size: "
            f"({_by(planes, *window.output)}). Output size is too small"
        )
    return window


def _not_positive(name: str, what: str, values: Shape) -> str:
    if name == "max_pool1d":
        return f"max_pool1d() {what} must be greater than zero, but got {values[0]}"
    if what == "stride":
        return "stride should not be zero"
    letters = {1: "W", 2: "HW", 3: "TWH"}[len(values)]
    shown = ", ".join(f"d{axis}: {n}" for axis, n in zip(letters, values, strict=True))
    return f"{what.replace('_', ' ')} should be greater than zero, but got {shown}"


def _by(*sizes: int) -> str:
    return "x".join(map(str, sizes))


def _check_rank(x: Array, ndim: int, name: str) -> None:
    """Raise RuntimeError unless x is a signal, image or volume, or a batch of them."""
    if x.ndim in (ndim + 1, ndim + 2):
        if name == "max_pool1d":
            _check_filled(x, ndim, name)
    elif name.startswith("max") and ndim < 3:
        raise RuntimeError(_optional_batch(x, ndim))
    elif ndim == 1:
        raise RuntimeError(f"Expected 2D or 3D input to {name}, but got {list(x.shape)}")
    else:
        raise RuntimeError(f"non-empty {ndim + 1}D or {ndim + 2}D (batch mode) tensor expected for input")


def _check_filled(x: Array, ndim: int, name: str) -> None:
    """Raise RuntimeError where there is a batch of nothing."""
    lead = x.ndim - ndim - 1
    for axis in range(lead, x.ndim):
        if not x.shape[axis]:
            if name.startswith("max") and ndim < 3:
                raise RuntimeError(_optional_batch(x, ndim))
            raise RuntimeError(
                f"{name}{'_with_indices' * name.startswith('max')}_out_cpu_template(): Expected input's non-batch "
                f"dimensions to have positive length, but input has a shape of {list(x.shape)} and non-batch dimension "
                f"{axis} has length zero!"
            )


def _optional_batch(x: Array, ndim: int) -> str:
    prefix = "max_pool1d: " if ndim == 1 else ""
    return (
        f"{prefix}Expected {ndim + 1}D or {ndim + 2}D (batch mode) tensor with optional 0 dim batch size for input, "
        f"but got:{list(x.shape)}"
    )


# --- the largest -----------------------------------------------------------------------------------------------------


def _flat(x: Any, ndim: int) -> Any:
    """The spatial dimensions as one."""
    shape = array_of(x).shape
    return reshaped(x, (*shape[: len(shape) - ndim], prod(shape[len(shape) - ndim :])))


def _largest_back(g: Any, indices: Any, input_shape: Shape, window: Window) -> Any:
    ndim = len(window.sizes)
    flat = (*input_shape[: len(input_shape) - ndim], prod(window.sizes))
    placed = put_at(_flat(g, ndim), _flat(indices, ndim), len(flat) - 1, flat, True)
    return reshaped(placed, input_shape)


@op(
    "max_pool_with_indices",
    private=True,
    grad_fn=lambda input, window: f"MaxPool{len(window.sizes)}DWithIndicesBackward0",
    returns=("values", "indices"),
    nondifferentiable=("indices",),
    vjp={"input": lambda g, indices, input_shape, window: _largest_back(g, indices, input_shape, window)},
)
def largest(input: Array, window: Object) -> tuple[Array, Array]:
    """The largest of each window, nan before all, and where it stands among the input's places, counted flat."""
    lowest = -np.inf if input.dtype.kind == "f" else np.iinfo(input.dtype).min
    padded = window.padded(input, lowest)
    where_from = window.padded(np.arange(prod(window.sizes)).reshape(window.sizes), -1)
    shape = reserve((*input.shape[: input.ndim - len(window.sizes)], *window.output), np.dtype(np.int64))
    best, indices = np.full(shape, lowest, input.dtype), np.full(shape, -1, np.int64)
    for _, part in window.taps():
        values, here = padded[part], np.broadcast_to(where_from[part], shape)
        better = ((values > best) | np.isnan(values) | (indices < 0)) & (here >= 0)
        best, indices = np.where(better, values, best), np.where(better, here, indices)
    return best, indices


def _max_pool(ndim: int, input: Any, args: tuple[Any, ...], ceil: bool, with_indices: bool) -> Any:
    name = f"max_pool{ndim}d"
    x = array_of(input)
    _check_rank(x, ndim, name)
    window = _window(x, ndim, name, args, ceil)
    require(x, "fiu", name)
    if ndim == 1:  # torch makes images of signals
        lifted = Window(
            (1, *window.sizes),
            (1, *window.size),
            (1, *window.stride),
            (0, *window.padding),
            (1, *window.dilation),
            ceil,
        )
        values, indices = (squeeze_dim(part, x.ndim - 1) for part in largest(unsqueeze(input, x.ndim - 1), lifted))
    else:
        values, indices = largest(input, window)
    return (values, indices) if with_indices else values


def _define_max(ndim: int, what: str, samples: list[str], example: str) -> None:
    def pool(
        input: Array,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Ints = 0,  # type: ignore[assignment]
        dilation: Ints = 1,  # type: ignore[assignment]
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:
        return _max_pool(ndim, input, (kernel_size, stride, padding, dilation), ceil_mode, return_indices)

    def pool_with_indices(
        input: Array,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Ints = 0,  # type: ignore[assignment]
        dilation: Ints = 1,  # type: ignore[assignment]
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:
        return _max_pool(ndim, input, (kernel_size, stride, padding, dilation), ceil_mode, with_indices=True)

    pool.__doc__ = f"The largest of each window that slides over {what}. nan counts as largest."
    pool_with_indices.__doc__ = f"{pool.__doc__} Also where it stands, counted flat."
    composite(f"max_pool{ndim}d", module=HOME, also=[f"max_pool{ndim}d"], samples=samples, examples=[example])(pool)
    composite(
        f"max_pool{ndim}d_with_indices",
        module=HOME,
        samples=[text.replace(f"pool{ndim}d(", f"pool{ndim}d_with_indices(") for text in samples[:1]],
        examples=[example.replace(f"pool{ndim}d(", f"pool{ndim}d_with_indices(")],
    )(pool_with_indices)


_define_max(
    1,
    "signals (channels x length)",
    [
        "F.max_pool1d(sig, 2)",
        "F.max_pool1d(sig[0], 3, 2, 1)",
        "F.max_pool1d(nans, 2, 1)",
        "F.max_pool1d(sig, 2, 1, 0, 3)",
    ],
    "torch.nn.functional.max_pool1d(tensor([[1., 3., 2., 5.]]), 2)",
)
_define_max(
    2,
    "images (channels x height x width)",
    ["F.max_pool2d(img, 2)", "F.max_pool2d(img[0], 3, 2, 1)", "F.max_pool2d(img, (2, 3), 2, ceil_mode=True)"],
    "torch.nn.functional.max_pool2d(tensor([[[1., 3.], [2., 5.]]]), 2)",
)
_define_max(
    3,
    "volumes (channels x depth x height x width)",
    ["F.max_pool3d(vol, 2)", "F.max_pool3d(vol[0], 3, 1, 1)"],
    "torch.nn.functional.max_pool3d(ones(1, 2, 2, 2), 2)",
)


# --- the mean --------------------------------------------------------------------------------------------------------


def _counts(window: Window, count_padding: bool, divisor: int | None) -> Array:
    """How many elements each window's sum is divided by."""
    if divisor is not None:
        return np.full(window.output, divisor)
    total = np.ones(window.output, np.int64)
    for axis, (n, k, s, p) in enumerate(zip(window.sizes, window.size, window.stride, window.padding, strict=True)):
        first = np.arange(window.output[axis]) * s - p
        last = np.minimum(first + k, n + p)
        if not count_padding:
            first, last = np.maximum(first, 0), np.minimum(last, n)
        total *= (last - first).reshape([-1 if other == axis else 1 for other in range(len(window.sizes))])
    return total


@op(
    private=True,
    grad_fn=lambda input, window, counts: f"AvgPool{len(window.sizes)}DBackward0",
    vjp={"input": lambda g, window, counts: spread_means(g, window, counts)},
)
def window_means(input: Array, window: Object, counts: Object) -> Array:
    """The sum of each window over its count."""
    padded = window.padded(input, 0)
    total = np.zeros((*input.shape[: input.ndim - len(window.sizes)], *window.output), input.dtype)
    for _, part in window.taps():
        total += padded[part]
    return (total / counts).astype(input.dtype, copy=False)


@op(
    private=True,
    grad_fn=lambda input, window, counts: f"AvgPool{len(window.sizes)}DBackwardBackward0",
    vjp={"input": lambda g, window, counts: window_means(g, window, counts)},
)
def spread_means(input: Array, window: Object, counts: Object) -> Array:
    """Each element shared out over its window: the adjoint of window_means."""
    lead = input.shape[: input.ndim - len(window.sizes)]
    padded = window.padded(np.zeros((*lead, *window.sizes), input.dtype), 0)
    shares = (input / counts).astype(input.dtype, copy=False)
    for _, part in window.taps():
        padded[part] += shares
    inner: Any = tuple(slice(p, p + n) for p, n in zip(window.padding, window.sizes, strict=True))
    return np.ascontiguousarray(padded[(..., *inner)])


def _avg_pool(
    ndim: int, input: Any, args: tuple[Any, ...], ceil: bool, count_include_pad: bool, divisor: int | None
) -> Any:
    name = f"avg_pool{ndim}d"
    x = array_of(input)
    _check_rank(x, ndim, name)
    window = _window(x, ndim, name, (*args, 1), ceil)
    require(x, "f", name)
    if divisor == 0:
        raise RuntimeError("divisor must be not zero")
    if ndim == 1:
        window = Window((1, *window.sizes), (1, *window.size), (1, *window.stride), (0, *window.padding), (1, 1), ceil)
        means = window_means(unsqueeze(input, x.ndim - 1), window, _counts(window, count_include_pad, None))
        return squeeze_dim(means, x.ndim - 1)
    return window_means(input, window, _counts(window, count_include_pad, divisor))


@composite(
    module=HOME,
    also=["avg_pool1d"],
    samples=["F.avg_pool1d(sig, 2)", "F.avg_pool1d(sig[0], 3, 2, 1)", "F.avg_pool1d(sig, 3, 2, 1, True, False)"],
    examples=["torch.nn.functional.avg_pool1d(tensor([[[1., 3., 2., 6.]]]), 2)"],
)
def avg_pool1d(
    input: Array,
    kernel_size: Ints,
    stride: Ints = (),
    padding: Ints = 0,  # type: ignore[assignment]
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """The mean of each window that slides over signals (channels x length)."""
    return _avg_pool(1, input, (kernel_size, stride, padding), ceil_mode, count_include_pad, None)


def _define_mean(ndim: int, what: str, samples: list[str], example: str) -> None:
    def pool(
        input: Array,
        kernel_size: Ints,
        stride: Ints = (),
        padding: Ints = 0,  # type: ignore[assignment]
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> Any:
        return _avg_pool(ndim, input, (kernel_size, stride, padding), ceil_mode, count_include_pad, divisor_override)

    pool.__doc__ = f"The mean of each window that slides over {what}."
    composite(f"avg_pool{ndim}d", module=HOME, samples=samples, examples=[example])(pool)


_define_mean(
    2,
    "images (channels x height x width)",
    [
        "F.avg_pool2d(img, 2)",
        "F.avg_pool2d(img[0], 3, 2, 1)",
        "F.avg_pool2d(img, 3, 2, 1, True, False)",
        "F.avg_pool2d(img, 2, divisor_override=3)",
    ],
    "torch.nn.functional.avg_pool2d(tensor([[[1., 3.], [2., 6.]]]), 2)",
)
_define_mean(
    3,
    "volumes (channels x depth x height x width)",
    ["F.avg_pool3d(vol, 2)", "F.avg_pool3d(vol[0], 3, 1, 1)"],
    "torch.nn.functional.avg_pool3d(ones(1, 2, 2, 2), 2)",
)
