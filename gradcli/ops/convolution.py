"""Convolutions in any number of dimensions.

A convolution is linear in the input and in the weight. With g the gradient of the output, its three faces `convolve`,
`spread` (to the input) and `correlate` (to the weight) are each other's derivatives; each is a sum over the places of
the kernel, one matrix product a place.

Source: ATen/native/Convolution.cpp.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product as places
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dtypes import of
from gradcli.engine.errors import warn_once
from gradcli.engine.limits import reserve, work
from gradcli.engine.op import composite, op
from gradcli.ops.common import require
from gradcli.ops.matmul import array_of
from gradcli.ops.matrix import product
from gradcli.ops.reduction import sum_dim
from gradcli.ops.views import squeeze_dim, unsqueeze

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Ints, Object

Shape = tuple[int, ...]
_UNEVEN = (
    "Using padding='same' with even kernel lengths and odd dilation may require a zero-padded copy of the input "
    "be created"
)


class Spec:
    """stride, padding, dilation of each spatial dimension, and groups. padding: (before, after)."""

    __slots__ = ("dilation", "groups", "padding", "stride")

    def __init__(self, stride: Shape, padding: Sequence[tuple[int, int]], dilation: Shape, groups: int) -> None:
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.groups = groups

    def output(self, sizes: Shape, kernel: Shape) -> Shape:
        """The sizes of the output for an input of `sizes`."""
        return tuple(
            (n + sum(pad) - d * (k - 1) - 1) // s + 1
            for n, pad, d, k, s in zip(sizes, self.padding, self.dilation, kernel, self.stride, strict=True)
        )

    def taps(self, kernel: Shape, output: Shape) -> Iterator[tuple[Any, Any]]:
        """For each place of the kernel: its index, and the part of the padded input that it meets."""
        for place in places(*map(range, kernel)):
            part = tuple(
                slice(p * d, p * d + s * (n - 1) + 1, s)
                for p, d, s, n in zip(place, self.dilation, self.stride, output, strict=True)
            )
            yield (..., *place), (..., *part)

    def padded(self, array: Array) -> Array:
        """The input with zeros around it, its channels in groups: batch x groups x channels x sizes."""
        if any(before or after for before, after in self.padding):
            array = np.pad(array, [(0, 0), (0, 0), *self.padding])
        return self.grouped(array, 1)

    def grouped(self, array: Array, axis: int) -> Array:
        """Axis `axis` split into groups and channels."""
        shape = array.shape
        return array.reshape(*shape[:axis], self.groups, shape[axis] // self.groups, *shape[axis + 1 :])

    def inner(self, array: Array) -> Array:
        """The padded array without its padding, groups joined again."""
        joined = array.reshape(array.shape[0], array.shape[1] * array.shape[2], *array.shape[3:])
        cut: Any = tuple(
            slice(before, n - after) for (before, after), n in zip(self.padding, joined.shape[2:], strict=True)
        )
        return np.ascontiguousarray(joined[(..., *cut)])


def _columns(array: Array) -> Array:
    """Spatial dimensions as one: batch x groups x channels x places."""
    return array.reshape(*array.shape[:3], prod(array.shape[3:]))


@op(
    "convolution",
    private=True,
    vjp={
        "input": lambda g, input_shape, weight, spec: spread(g, weight, input_shape, spec),
        "weight": lambda g, input, weight_shape, spec: correlate(g, input, weight_shape, spec),
        "bias": lambda g: sum_dim(g, (0, *range(2, array_of(g).ndim))),
    },
)
def convolve(input: Array, weight: Array, bias: Array | None, spec: Object) -> Array:
    """The weight laid over the input at each place of the output."""
    kernel = weight.shape[2:]
    sizes = spec.output(input.shape[2:], kernel)
    shape = reserve((input.shape[0], weight.shape[0], *sizes), input.dtype)
    work(prod(shape) * prod(weight.shape[1:]))
    padded, grouped = spec.padded(input), spec.grouped(weight, 0)
    kind = np.dtype(np.float32) if input.dtype == np.float16 else input.dtype
    total = np.zeros((shape[0], spec.groups, weight.shape[0] // spec.groups, prod(sizes)), kind)
    for place, part in spec.taps(kernel, sizes):
        total += product(grouped[place], _columns(padded[part]))
    result = total.reshape(shape)
    if bias is not None:
        result += bias.reshape(-1, *[1] * len(sizes))
    return result.astype(input.dtype, copy=False)


@op(
    "convolution_backward",
    private=True,
    vjp={
        "grad": lambda g, weight, spec: convolve(g, weight, None, spec),
        "weight": lambda g, grad, weight_shape, spec: correlate(grad, g, weight_shape, spec),
    },
)
def spread(grad: Array, weight: Array, shape: Object, spec: Object) -> Array:
    """The gradient of the input: each element of `grad` spread over the places that the kernel saw."""
    sizes = grad.shape[2:]
    grouped = spec.grouped(weight, 0).swapaxes(1, 2)
    columns = _columns(spec.grouped(grad, 1))
    outer = tuple(n + sum(pad) for n, pad in zip(shape[2:], spec.padding, strict=True))
    total = np.zeros((grad.shape[0], spec.groups, weight.shape[1], *outer), grad.dtype)
    for place, part in spec.taps(weight.shape[2:], sizes):
        total[part] += product(grouped[place], columns).reshape(*total.shape[:3], *sizes)
    return spec.inner(total)


@op(
    "convolution_backward",
    private=True,
    vjp={
        "grad": lambda g, input, spec: convolve(input, g, None, spec),
        "input": lambda g, grad, input_shape, spec: spread(grad, g, input_shape, spec),
    },
)
def correlate(grad: Array, input: Array, shape: Object, spec: Object) -> Array:
    """The gradient of the weight: at each place of the kernel, what it met times what it gave."""
    padded, columns = spec.padded(input), _columns(spec.grouped(grad, 1))
    result = np.empty((spec.groups, shape[0] // spec.groups, *shape[1:]), grad.dtype)
    for place, part in spec.taps(shape[2:], grad.shape[2:]):
        met = _columns(padded[part]).swapaxes(-1, -2)
        result[place] = np.add.reduce(product(columns, met), axis=0)
    return result.reshape(shape)


# --- conv1d, conv2d, conv3d ----------------------------------------------------------------------------------------


def expanded(value: Any, ndim: int, name: str) -> Shape:
    """A number for each dimension, where one may stand for all. Raises RuntimeError for another count."""
    given = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if len(given) == 1:
        return given * ndim
    if len(given) != ndim:
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of {ndim} values to match the convolution "
            f"dimensions, but got {name}={list(given)}"
        )
    return given


def _checked(x: Array, w: Array, b: Array | None, spec: Spec) -> None:
    """torch's check_shape_forward."""
    for name, values in (("padding", [min(pad) for pad in spec.padding]), ("stride", spec.stride)):
        if name == "padding" and min(values) < 0:
            raise RuntimeError("negative padding is not supported")
        if name == "stride" and min(values) <= 0:
            raise RuntimeError("non-positive stride is not supported")
    if min(spec.dilation) < 0:
        raise RuntimeError("dilation should be greater than zero")
    if not min(spec.dilation):
        shown = [1, *spec.dilation] if w.ndim == 3 else list(spec.dilation)  # torch makes images of signals first
        raise RuntimeError(f"dilation should be greater than zero, but got {shown}")
    if spec.groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    if w.shape[0] < spec.groups:
        raise RuntimeError(
            f"Given groups={spec.groups}, expected weight to be at least {spec.groups} at dimension 0, but got weight "
            f"of size {list(w.shape)} instead"
        )
    if w.shape[0] % spec.groups:
        raise RuntimeError(
            f"Given groups={spec.groups}, expected weight to be divisible by {spec.groups} at dimension 0, but got "
            f"weight of size [{list(w.shape)}] instead"
        )
    if x.shape[1] != w.shape[1] * spec.groups:
        raise RuntimeError(
            f"Given groups={spec.groups}, weight of size {list(w.shape)}, expected input{list(x.shape)} to have "
            f"{w.shape[1] * spec.groups} channels, but got {x.shape[1]} channels instead"
        )
    if b is not None and b.shape != w.shape[:1]:
        raise RuntimeError(
            f"Given weight of size {list(w.shape)}, expected bias to be 1-dimensional with {w.shape[0]} elements, but "
            f"got bias of size {list(b.shape)} instead"
        )
    padded = [n + sum(pad) for n, pad in zip(x.shape[2:], spec.padding, strict=True)]
    kernel = [d * (k - 1) + 1 for k, d in zip(w.shape[2:], spec.dilation, strict=True)]
    if any(k > n for k, n in zip(kernel, padded, strict=True)):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({' x '.join(map(str, padded))}). Kernel size: "
            f"({' x '.join(map(str, kernel))}). Kernel size can't be greater than actual input size"
        )


def _convolution(
    ndim: int, input: Any, weight: Any, bias: Any, stride: Shape, padding: Any, dilation: Shape, groups: int
) -> Any:
    x, w = array_of(input), array_of(weight)
    batched = x.ndim == ndim + 2
    if x.ndim not in (ndim + 1, ndim + 2):
        raise RuntimeError(
            f"Expected {ndim + 1}D (unbatched) or {ndim + 2}D (batched) input to conv{ndim}d, but got input of size: "
            f"{list(x.shape)}"
        )
    if not batched:
        input = unsqueeze(input, 0)
        x = array_of(input)
    if w.ndim < 3:
        raise RuntimeError("weight should have at least three dimensions")
    if w.ndim != ndim + 2:
        raise RuntimeError(
            f"Expected {w.ndim}-dimensional input for {w.ndim}-dimensional weight{list(w.shape)}, but got {x.ndim}-"
            f"dimensional input of size {list(x.shape)} instead"
        )
    stride, dilation = expanded(stride, ndim, "stride"), expanded(dilation, ndim, "dilation")
    spec = Spec(stride, _pads(padding, ndim, w.shape[2:], stride, dilation), dilation, groups)
    _checked(x, w, None if bias is None else array_of(bias), spec)
    if bias is not None and array_of(bias).dtype != x.dtype:
        names = of(x.dtype).c_name, of(array_of(bias).dtype).c_name
        raise RuntimeError(f"Input type ({names[0]}) and bias type ({names[1]}) should be the same")
    if w.dtype != x.dtype:
        raise RuntimeError(f"expected scalar type {of(x.dtype).scalar} but found {of(w.dtype).scalar}")
    require(x, "fciu", f"slow_conv{max(ndim, 2)}d_cpu")
    output = convolve(input, weight, bias, spec)
    return output if batched else squeeze_dim(output, 0)


def _pads(padding: Any, ndim: int, kernel: Shape, stride: Shape, dilation: Shape) -> list[tuple[int, int]]:
    """The zeros before and after each dimension. Raises RuntimeError for words other than "same" and "valid"."""
    if not isinstance(padding, str):
        return [(pad, pad) for pad in expanded(padding, ndim, "padding")]
    if padding == "valid":
        return [(0, 0)] * ndim
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    if any(step != 1 for step in stride):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    totals = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    if any(total % 2 for total in totals):
        warn_once(_UNEVEN)
    return [(total // 2, total - total // 2) for total in totals]


def _define(ndim: int, what: str, samples: list[str], example: str) -> None:
    """conv1d, conv2d or conv3d: two overloads each, padding in numbers and padding in words."""

    def conv(
        input: Array,
        weight: Array,
        bias: Array | None = None,
        stride: Ints = 1,  # type: ignore[assignment]
        padding: Ints = 0,  # type: ignore[assignment]
        dilation: Ints = 1,  # type: ignore[assignment]
        groups: int = 1,
    ) -> Any:
        return _convolution(ndim, input, weight, bias, stride, padding, dilation, groups)

    def conv_padded(
        input: Array,
        weight: Array,
        bias: Array | None = None,
        stride: Ints = 1,  # type: ignore[assignment]
        padding: str = "valid",
        dilation: Ints = 1,  # type: ignore[assignment]
        groups: int = 1,
    ) -> Any:
        return _convolution(ndim, input, weight, bias, stride, padding, dilation, groups)

    name = f"conv{ndim}d"
    for body, text in ((conv, ""), (conv_padded, ' padding: "same" or "valid".')):
        body.__doc__ = f"Slide `weight` (outputs x inputs x kernel) over {what}.{text}"
        composite(name, module="nn.functional", also=(name,), samples=samples, examples=[example])(body)


_define(
    1,
    "signals (batch x channels x length)",
    [
        "conv1d(sig, kernel1)",
        "conv1d(sig, kernel1, v, stride=2, padding=1)",
        "conv1d(sig[0], kernel1, dilation=2)",
        "conv1d(sig, kernel1, padding='same')",
        "conv1d(sig, kernel1[:2, :1], groups=2)",
    ],
    "torch.nn.functional.conv1d(ones(1, 1, 4), ones(1, 1, 2))",
)
_define(
    2,
    "images (batch x channels x height x width)",
    ["conv2d(img, kernel2)", "conv2d(img, kernel2, v, stride=2, padding=1)", "conv2d(img[0], kernel2, padding='same')"],
    "torch.nn.functional.conv2d(ones(1, 1, 3, 3), ones(1, 1, 2, 2))",
)
_define(
    3,
    "volumes (batch x channels x depth x height x width)",
    ["conv3d(vol, kernel2[:1, None, :, :2, :2])", "conv3d(vol, kernel2[:1, None], padding=(1, 0, 1))"],
    "torch.nn.functional.conv3d(ones(1, 1, 2, 2, 2), ones(1, 1, 2, 2, 2))",
)
