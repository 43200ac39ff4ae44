"""Transposed convolutions: what a convolution does to the gradient of its output, done to an input.

Source: ATen/native/Convolution.cpp.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.limits import reserve, work
from gradcli.engine.op import composite, op
from gradcli.ops.common import require
from gradcli.ops.convolution import Shape, Spec, convolve, correlate, expanded, spread
from gradcli.ops.matmul import array_of
from gradcli.ops.reduction import sum_dim
from gradcli.ops.views import squeeze_dim, unsqueeze

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Ints, Object


@op(
    "convolution",
    private=True,
    vjp={
        "input": lambda g, weight, spec: convolve(g, weight, None, spec),
        "weight": lambda g, input, weight_shape, spec: correlate(input, g, weight_shape, spec),
        "bias": lambda g: sum_dim(g, (0, *range(2, array_of(g).ndim))),
    },
)
def convolve_back(input: Array, weight: Array, bias: Array | None, shape: Object, spec: Object) -> Array:
    """Each element of the input times the weight, added up over the places of an output of `shape`."""
    work(prod(input.shape) * prod(weight.shape[1:]))
    result: Array = spread.kernel(input, weight, shape, spec)
    return result if bias is None else result + bias.reshape(-1, *[1] * (result.ndim - 2))


def _check(ndim: int, x: Array, w: Array, b: Array | None, spec: Spec, extra: Shape) -> None:
    if x.ndim not in (ndim + 1, ndim + 2):
        raise RuntimeError(
            f"Expected {ndim + 1}D (unbatched) or {ndim + 2}D (batched) input to conv_transpose{ndim}d, but got input "
            f"of size: {list(x.shape)}"
        )
    channels = x.shape[x.ndim - ndim - 1]
    if channels != w.shape[0]:
        size = [1] * (ndim + 2 - x.ndim) + list(x.shape)
        raise RuntimeError(
            f"Given transposed=1, weight of size {list(w.shape)}, expected input{size} to have {w.shape[0]} channels, "
            f"but got {channels} channels instead"
        )
    if b is not None and b.shape != (w.shape[1] * spec.groups,):
        raise RuntimeError(
            f"Given transposed=1, weight of size {list(w.shape)}, expected bias to be 1-dimensional with "
            f"{w.shape[1] * spec.groups} elements, but got bias of size {list(b.shape)} instead"
        )
    for more, stride, dilation in zip(extra, spec.stride, spec.dilation, strict=True):
        if more >= max(stride, dilation):
            raise RuntimeError("output padding must be smaller than either stride or dilation")
    require(x, "fc", f"slow_conv_transpose{max(ndim, 2)}d_cpu")


def _transposed(ndim: int, input: Any, weight: Any, bias: Any, spec: Spec, extra: Shape) -> Any:
    x, w = array_of(input), array_of(weight)
    _check(ndim, x, w, None if bias is None else array_of(bias), spec, extra)
    alone = x.ndim == ndim + 1
    if alone:
        input = unsqueeze(input, 0)
        x = array_of(input)
    sizes = tuple(
        (n - 1) * s - sum(pad) + d * (k - 1) + more + 1
        for n, s, pad, d, k, more in zip(
            x.shape[2:], spec.stride, spec.padding, spec.dilation, w.shape[2:], extra, strict=True
        )
    )
    if min(sizes) <= 0:
        raise RuntimeError(
            f"Given input size per channel: {list(x.shape[2:])}. Calculated output size per channel: {list(sizes)}. "
            "Output size is too small"
        )
    shape = reserve((x.shape[0], w.shape[1] * spec.groups, *sizes), np.dtype(x.dtype))
    output = convolve_back(input, weight, bias, shape, spec)
    return squeeze_dim(output, 0) if alone else output


def _define(ndim: int, what: str, samples: list[str], example: str) -> None:
    def conv_transpose(
        input: Array,
        weight: Array,
        bias: Array | None = None,
        stride: Ints = 1,  # type: ignore[assignment]
        padding: Ints = 0,  # type: ignore[assignment]
        output_padding: Ints = 0,  # type: ignore[assignment]
        groups: int = 1,
        dilation: Ints = 1,  # type: ignore[assignment]
    ) -> Any:
        steps, apart = expanded(stride, ndim, "stride"), expanded(dilation, ndim, "dilation")
        pads = [(pad, pad) for pad in expanded(padding, ndim, "padding")]
        extra = expanded(output_padding, ndim, "output_padding")
        return _transposed(ndim, input, weight, bias, Spec(steps, pads, apart, groups), extra)

    name = f"conv_transpose{ndim}d"
    conv_transpose.__doc__ = f"Spread {what} by `weight` (inputs x outputs x kernel): the adjoint of conv{ndim}d."
    composite(name, module="nn.functional", also=(name,), samples=samples, examples=[example])(conv_transpose)


_define(
    1,
    "signals (batch x channels x length)",
    [
        "conv_transpose1d(sig, kernel1.transpose(0, 1)[:, :2], stride=2)",
        "conv_transpose1d(sig[0], kernel1.transpose(0, 1)[:, :2], padding=1, dilation=2)",
    ],
    "torch.nn.functional.conv_transpose1d(ones(1, 1, 3), ones(1, 1, 2))",
)
_define(
    2,
    "images (batch x channels x height x width)",
    ["conv_transpose2d(img, kernel2.transpose(0, 1), v, stride=2, padding=1, output_padding=1)"],
    "torch.nn.functional.conv_transpose2d(ones(1, 1, 2, 2), ones(1, 1, 2, 2))",
)
_define(
    3,
    "volumes (batch x channels x depth x height x width)",
    ["conv_transpose3d(vol, kernel2[None, :1, :, :2, :2].transpose(0, 1))"],
    "torch.nn.functional.conv_transpose3d(ones(1, 1, 1, 2, 2), ones(1, 1, 1, 2, 2))",
)
