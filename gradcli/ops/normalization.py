"""Layers that shift and scale to mean 0 and variance 1.

They differ in what is taken together: `standardized` is the one operator behind them.
Sources: ATen/native/layer_norm.cpp, group_norm.cpp, Normalization.cpp; torch/nn/functional.py.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.adjoints import sum_to_size
from gradcli.engine.op import composite, op
from gradcli.engine.tensor import Tensor, bump
from gradcli.ops.along import reshaped, scaled
from gradcli.ops.common import require
from gradcli.ops.elementary import rsqrt
from gradcli.ops.joining import repeat
from gradcli.ops.matmul import array_of
from gradcli.ops.norms import norm
from gradcli.ops.powers import pow_scalar
from gradcli.ops.reduction import mean_dim, sum_dim
from gradcli.ops.scalars import plus
from gradcli.ops.selection import clamp_min_scalar
from gradcli.ops.views import expand_as, view

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Object, Size

HOME = "nn.functional"
Shape = tuple[int, ...]


def _moments(x: Any, dims: Shape, eps: float) -> tuple[Any, Any]:
    """The input standardized, and 1 / sqrt(variance + eps)."""
    count = prod(array_of(x).shape[dim] for dim in dims)
    centred = x - sum_dim(x, dims, True) / count
    scale = rsqrt(sum_dim(centred * centred, dims, True) / count + eps)
    return centred * scale, scale


def _slope_of_input(g: Any, input: Any, weight: Any, split: Shape, dims: Shape, channels: Shape, eps: float) -> Any:
    shape = array_of(input).shape
    straight, scale = _moments(reshaped(input, split), dims, eps)
    g = reshaped(g if weight is None else g * reshaped(weight, channels), split)
    count = prod(array_of(straight).shape[dim] for dim in dims)
    common = sum_dim(g, dims, True) / count + straight * (sum_dim(g * straight, dims, True) / count)
    return reshaped((g - common) * scale, shape)


def _slope_of_weight(
    g: Any, input: Any, weight_shape: Shape, split: Shape, dims: Shape, channels: Shape, eps: float
) -> Any:
    straight = reshaped(_moments(reshaped(input, split), dims, eps)[0], array_of(input).shape)
    return _gathered(g * straight, channels, weight_shape)


def _gathered(g: Any, channels: Shape, shape: Shape) -> Any:
    return reshaped(sum_to_size(g, channels), shape)


@op(
    private=True,
    grad_fn=lambda input, weight, bias, node, split, dims, channels, eps: node,
    vjp={
        "input": lambda g, input, weight, split, dims, channels, eps: _slope_of_input(
            g, input, weight, split, dims, channels, eps
        ),
        "weight": lambda g, input, weight_shape, split, dims, channels, eps: _slope_of_weight(
            g, input, weight_shape, split, dims, channels, eps
        ),
        "bias": lambda g, bias_shape, channels: _gathered(g, channels, bias_shape),
    },
)
def standardized(
    input: Array,
    weight: Array | None,
    bias: Array | None,
    node: str,
    split: Object,
    dims: Object,
    channels: Object,
    eps: float,
) -> Array:
    """(input - mean) / sqrt(variance + eps) * weight + bias.

    Moments are over `dims` of the input in the shape `split`; weight and bias are taken in the shape `channels`.
    """
    x = input.reshape(split).astype(np.float64)
    count = prod(x.shape[dim] for dim in dims)
    centred = x - np.add.reduce(x, axis=dims, keepdims=True) / count
    variance = np.add.reduce(centred * centred, axis=dims, keepdims=True) / count
    result = (centred / np.sqrt(variance + eps)).reshape(input.shape)
    return _scaled_and_shifted(result, weight, bias, channels).astype(input.dtype)


def _scaled_and_shifted(result: Array, weight: Array | None, bias: Array | None, channels: Shape) -> Array:
    if weight is not None:
        result = result * weight.reshape(channels)
    return result if bias is None else result + bias.reshape(channels)


# --- over the last dimensions ----------------------------------------------------------------------------------------


def _check_normalized(x: Any, shape: Shape, weight: Any, bias: Any, comma: str = ", ") -> None:
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, "
            f"but got normalized_shape = {list(shape)}"
        )
    for name, value in (("weight", weight), ("bias", bias)):
        if value is not None and tuple(value.shape) != shape:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{list(value.shape)} and normalized_shape = {list(shape)}"
            )
    if x.ndim < len(shape) or x.shape[x.ndim - len(shape) :] != shape:
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected input with shape [*{comma}{', '.join(map(str, shape))}], "
            f"but got input of size{list(x.shape)}"
        )


@composite(
    module=HOME,
    also=["layer_norm"],
    samples=[
        "F.layer_norm(m, (3,))",
        "F.layer_norm(t3, (3, 4))",
        "F.layer_norm(m, (3,), row, v)",
        "F.layer_norm(m, [3], row, eps=0.1)",
    ],
    examples=["torch.nn.functional.layer_norm(tensor([[1., 2., 3.]]), (3,))"],
)
def layer_norm(
    input: Array, normalized_shape: Size, weight: Array | None = None, bias: Array | None = None, eps: float = 1e-05
) -> Any:
    """Mean 0 and variance 1 over the last dimensions, times weight, plus bias."""
    x = array_of(input)
    shape = tuple(normalized_shape)
    _check_normalized(x, shape, weight, bias)
    require(x, "f", "LayerNormKernelImpl")
    dims = tuple(range(x.ndim - len(shape), x.ndim))
    return standardized(input, weight, bias, "NativeLayerNormBackward0", x.shape, dims, shape, eps)


@composite(
    module=HOME,
    also=["rms_norm"],
    samples=["F.rms_norm(m, (3,))", "F.rms_norm(m, (3,), row)", "F.rms_norm(t3, (3, 4), eps=0.1)"],
    examples=["torch.nn.functional.rms_norm(tensor([[1., 2., 3.]]), (3,))"],
)
def rms_norm(input: Array, normalized_shape: Size, weight: Array | None = None, eps: float | None = None) -> Any:
    """The input over its root mean square of the last dimensions, times weight."""
    x = array_of(input)
    shape = tuple(normalized_shape)
    _check_normalized(x, shape, weight, None, comma="")
    small = float(np.finfo(x.dtype).eps) if eps is None else eps
    square = mean_dim(pow_scalar(input, 2), tuple(range(x.ndim - len(shape), x.ndim)), True)
    result = input * rsqrt(plus(square, small))
    return result if weight is None else result * weight


# --- over groups of channels -----------------------------------------------------------------------------------------


@composite(
    module=HOME,
    samples=["F.group_norm(img, 2)", "F.group_norm(bm, 3, v, w)", "F.group_norm(bm, 1, v)"],
    examples=["torch.nn.functional.group_norm(tensor([[1., 2., 3., 4.]]), 2)"],
)
def group_norm(
    input: Array, num_groups: int, weight: Array | None = None, bias: Array | None = None, eps: float = 1e-05
) -> Any:
    """Mean 0 and variance 1 over groups of channels, times weight, plus bias, one for each channel."""
    shape = array_of(input).shape
    if len(shape) < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {len(shape)}")
    rows = shape[0] * shape[1] // num_groups
    _check_values(rows, shape[2:], [rows, num_groups, *shape[2:]])
    if num_groups < 1:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {num_groups}")
    if shape[1] % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{list(shape)} and num_groups={num_groups}"
        )
    for name, value in (("weight", weight), ("bias", bias)):
        if value is not None and tuple(value.shape) != (shape[1],):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, but got {name} of "
                f"shape {list(value.shape)} and input of shape {list(shape)}"
            )
    split = (shape[0], num_groups, shape[1] // num_groups * prod(shape[2:]))
    channels = (1, shape[1], *[1] * (len(shape) - 2))
    return standardized(input, weight, bias, "NativeGroupNormBackward0", split, (2,), channels, eps)


# --- over batches ----------------------------------------------------------------------------------------------------


def _check_values(rows: int, sizes: Shape, shown: Any) -> None:
    if rows * prod(sizes) == 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size torch.Size({list(shown)})"
        )


@op(
    private=True,
    grad_fn="NativeBatchNormBackward0",
    vjp={
        "input": lambda g, weight, variance, channels, eps: scaled(
            g if weight is None else g * reshaped(weight, channels), 1 / np.sqrt(variance + eps)
        ),
        "weight": lambda g, input, mean, variance, channels, eps, weight_shape: _gathered(
            g * scaled(plus(input, -mean), 1 / np.sqrt(variance + eps)), channels, weight_shape
        ),
        "bias": lambda g, bias_shape, channels: _gathered(g, channels, bias_shape),
    },
)
def with_moments(
    input: Array,
    weight: Array | None,
    bias: Array | None,
    mean: Object,
    variance: Object,
    channels: Object,
    eps: float,
) -> Array:
    """(input - mean) / sqrt(variance + eps) * weight + bias, with moments that are given."""
    result = (input - mean) * (1 / np.sqrt(variance + eps))
    return _scaled_and_shifted(result, weight, bias, channels).astype(input.dtype, copy=False)


def _update(running: Any, found: Array, momentum: float) -> None:
    if running is not None:
        _overwrite(running, (1 - momentum) * running.array + momentum * found)


def _overwrite(tensor: Any, values: Array) -> None:
    tensor.array[...] = values
    bump(tensor)


@composite(
    module=HOME,
    samples=[
        "F.batch_norm(m, None, None, training=True)",
        "F.batch_norm(img, None, None, row[:2], v[:2], True)",
        "F.batch_norm(m, rates.detach(), rates.detach(), row, v)",
        "F.batch_norm(m, None, None, row, v, True, 0.1, 0.01)",
    ],
    examples=["torch.nn.functional.batch_norm(tensor([[1.], [3.]]), None, None, training=True)"],
)
def batch_norm(
    input: Array,
    running_mean: Array | None,
    running_var: Array | None,
    weight: Array | None = None,
    bias: Array | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-05,
) -> Any:
    """Mean 0 and variance 1 over all but the channels (training), or by the running moments; times weight, plus bias.

    In training the running moments move towards the batch's by `momentum`, in place.
    """
    x = array_of(input)
    if training:
        if not x.ndim:
            raise IndexError("tuple index out of range")
        _check_values(x.shape[0], x.shape[2:], x.shape)
    _check_statistics(x, {"running_mean": running_mean, "running_var": running_var}, training)
    for name, value in (("weight", weight), ("bias", bias)):
        _check_count(name, value, x.shape[1])
    require(x, "f", "batch_norm")
    channels = (1, x.shape[1], *[1] * (x.ndim - 2))
    if not training:
        mean, variance = [array_of(moment).reshape(channels) for moment in (running_mean, running_var)]
        return with_moments(input, weight, bias, mean, variance, channels, eps)
    dims = (0, *range(2, x.ndim))
    count = prod(x.shape[dim] for dim in dims)
    wide = x.astype(np.float64)
    _update(running_mean, np.mean(wide, axis=dims), momentum)
    _update(running_var, np.var(wide, axis=dims) * (count / (count - 1)), momentum)
    return standardized(input, weight, bias, "NativeBatchNormBackward0", x.shape, dims, channels, eps)


def _check_statistics(x: Array, moments: dict[str, Any], training: bool) -> None:
    for name, value in moments.items():
        if value is None and not training:
            raise RuntimeError(f"Expected {name} to be defined when training=False")
        _check_count(name, value, x.shape[1])


def _check_count(name: str, value: Any, channels: int) -> None:
    if value is not None and array_of(value).size != channels:
        raise RuntimeError(f"{name} should contain {channels} elements not {array_of(value).size}")


# --- each sample for itself ------------------------------------------------------------------------------------------


@composite(
    module=HOME,
    samples=["F.instance_norm(img)", "F.instance_norm(bm, None, None, v, w)", "F.instance_norm(bm, eps=0.1)"],
    examples=["torch.nn.functional.instance_norm(tensor([[[1., 3.]]]))"],
)
def instance_norm(
    input: Array,
    running_mean: Array | None = None,
    running_var: Array | None = None,
    weight: Array | None = None,
    bias: Array | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-05,
) -> Any:
    """Mean 0 and variance 1 over the places of each channel of each sample."""
    shape = array_of(input).shape
    if use_input_stats:
        if prod(shape[2:]) == 1:
            raise ValueError(
                f"Expected more than 1 spatial element when training, got input size torch.Size({list(shape)})"
            )
    batch, channels = shape[:2]
    weight, bias = [None if value is None else repeat(value, (batch,)) for value in (weight, bias)]
    running = [value for value in (running_mean, running_var) if value is not None]
    moments: list[Any] = [Tensor(np.tile(array_of(value), batch)) for value in running] or [None, None]
    one = view(input, (1, batch * channels, *shape[2:]))
    result = batch_norm(one, *moments, weight, bias, use_input_stats, momentum, eps)
    for value, found in zip(running, moments, strict=False):
        if use_input_stats:
            _overwrite(value, np.mean(array_of(found).reshape(batch, channels), axis=0))
    return view(result, shape)


@composite(
    module=HOME,
    samples=["F.normalize(m)", "F.normalize(m, 1, 0)", "F.normalize(v, dim=0)", "F.normalize(zeros_in, eps=0.1)"],
    examples=["torch.nn.functional.normalize(tensor([3., 4.]), dim=0)"],
)
def normalize(input: Array, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: Object = None) -> Any:
    """The input over its norm along `dim`, or over eps where that is larger."""
    return input / expand_as(clamp_min_scalar(norm(input, p, (dim,), True), eps), input)
