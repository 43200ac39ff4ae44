"""Activation functions that few programs use, and gelu.

Sources: ATen/native/Activation.cpp, GatedLinearUnit.cpp, torch/nn/functional.py.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dims import normalize_dim
from gradcli.engine.dtypes import of
from gradcli.engine.op import composite, op
from gradcli.ops.activation import either
from gradcli.ops.approximations import normal
from gradcli.ops.common import multiply_add, require, rounded_once
from gradcli.ops.elementary import exp, sigmoid
from gradcli.ops.error_functions import erf
from gradcli.ops.joining import joined
from gradcli.ops.matmul import array_of
from gradcli.ops.selection import where
from gradcli.ops.slicing import narrow
from gradcli.ops.trigonometry import tanh
from gradcli.ops.views import reshape

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Number

HOME = "nn.functional"
_CUBE, _ROOT = 0.044715, math.sqrt(2 / math.pi)


def _inner(x: Any) -> Any:
    return (x + x * x * x * _CUBE) * _ROOT


def _slope_of_gelu(x: Any, approximate: str) -> Any:
    if approximate == "tanh":
        t = tanh(_inner(x))
        return (t + 1) * 0.5 + x * (1 - t * t) * (x * x * (3 * _CUBE) + 1) * (0.5 * _ROOT)
    return (erf(x * math.sqrt(0.5)) + 1) * 0.5 + x * exp(x * x * -0.5) * (0.5 * _ROOT)


@op(
    module=HOME,
    vjp={"input": lambda g, input, approximate: g * _slope_of_gelu(input, approximate)},
    samples=["F.gelu(m)", "F.gelu(m, approximate='tanh')", "F.gelu(huge)", "F.gelu(zeros_in)"],
    examples=["torch.nn.functional.gelu(tensor([-1., 0., 2.]))"],
)
def gelu(input: Array, *, approximate: str = "none") -> Array:
    """input times the normal distribution function of input, or its approximation by tanh."""
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    require(input, "f", "GeluKernelImpl")
    wide = input.astype(np.float32, copy=False) if input.dtype == np.float16 else input
    if approximate == "tanh":
        inner = multiply_add(wide * wide * wide, np.asarray(_CUBE, wide.dtype), wide) * _ROOT
        result = wide * 0.5 * (1 + rounded_once(np.tanh, inner))
    else:
        result = wide * 0.5 * (1 + normal.erf(wide * math.sqrt(0.5)).astype(wide.dtype))
    return np.asarray(result).astype(input.dtype, copy=False)


# --- gated linear units --------------------------------------------------------------------------------------------


def _halves(input: Any, dim: int) -> tuple[Any, Any]:
    half = array_of(input).shape[dim] // 2
    if input.__class__ is np.ndarray:
        first, second = np.split(input, 2, dim)
        return first, second
    return narrow(input, dim, 0, half), narrow(input, dim, half, half)


def _slope_of_glu(g: Any, input: Any, dim: int) -> Any:
    dim = normalize_dim(dim, array_of(input).ndim)
    first, second = _halves(input, dim)
    gate = sigmoid(second)
    return joined([g * gate, g * first * gate * (1 - gate)], dim, (first.shape, second.shape))


@op(
    private=True,
    grad_fn="GluBackward0",
    vjp={"input": lambda g, input, dim: _slope_of_glu(g, input, dim)},
)
def gated(input: Array, dim: int) -> Array:
    """The first half times the sigmoid of the second."""
    dim = normalize_dim(dim, input.ndim)
    size = input.shape[dim]
    if size % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim} is size {size}")
    require(input, "f", "glu_cpu")
    first, second = np.split(input, 2, dim)
    return first * sigmoid.kernel(second)


@composite(
    module=HOME,
    samples=["F.glu(wide)", "F.glu(wide, 0)", "F.glu(t3, 2)"],
    examples=["torch.nn.functional.glu(tensor([1., 2., 0., 1.]))"],
)
def glu(input: Array, dim: int = -1) -> Any:
    """The first half along `dim` times the sigmoid of the second half."""
    if array_of(input).ndim == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    return gated(input, dim)


# --- shrinking -----------------------------------------------------------------------------------------------------


@op(
    method=False,
    also=["nn.functional.hardshrink"],
    vjp={"input": lambda g, input, lambd: where((input >= -lambd) & (input <= lambd), 0.0, g)},
    samples=["F.hardshrink(m)", "F.hardshrink(m, 1.0)", "F.hardshrink(zeros_in)", "F.hardshrink(ties, 2)"],
    examples=["torch.nn.functional.hardshrink(tensor([-1., 0.2, 2.]))"],
)
def hardshrink(input: Array, lambd: Number = 0.5) -> Array:
    """Each element, or 0 between -lambd and lambd."""
    require(input, "f", "hardshrink_cpu")
    return np.where((input >= -lambd) & (input <= lambd), input.dtype.type(0), input)


@op(
    module=HOME,
    vjp={"input": lambda g, input, lambd: where((input >= -lambd) & (input <= lambd), 0.0, g)},
    samples=["F.softshrink(m)", "F.softshrink(m, 1.0)", "F.softshrink(zeros_in)", "F.softshrink(ties, 2)"],
    examples=["torch.nn.functional.softshrink(tensor([-1., 0.2, 2.]))"],
)
def softshrink(input: Array, lambd: Number = 0.5) -> Array:
    """Each element moved by lambd towards 0, and 0 between -lambd and lambd."""
    require(input, "f", "softshrink_cpu")
    largest = np.finfo(input.dtype).max
    if not 0 <= lambd <= largest:  # type: ignore[operator]
        raise RuntimeError(
            f"lambda must be in range [0, {largest:g}] for input dtype {of(input.dtype).scalar}, but found {lambd:g}"
        )
    bound = input.dtype.type(lambd)
    shrunk = np.where(input > bound, input - bound, np.where(input < -bound, input + bound, input * 0))
    return shrunk.astype(input.dtype, copy=False)


@op("hardsigmoid_backward", private=True, vjp={"g": NotImplemented, "input": NotImplemented})
def slope_of_hardsigmoid(g: Array, input: Array) -> Array:
    """g / 6 on the slope: torch has no derivative of it."""
    return np.where((input > -3) & (input < 3), g * (1 / 6), 0).astype(g.dtype, copy=False)


@op(
    private=True,
    grad_fn="HardsigmoidBackward0",
    vjp={"input": lambda g, input: slope_of_hardsigmoid(g, input)},
)
def hard_sigmoid(input: Array) -> Array:
    """relu6(input + 3) / 6."""
    require(input, "f", "hardsigmoid_cpu")
    return np.minimum(np.maximum(input + 3, 0), 6) / 6


@composite(
    module=HOME,
    samples=["F.hardsigmoid(m)", "F.hardsigmoid(huge)"],
    examples=["torch.nn.functional.hardsigmoid(tensor([-4., 0., 1., 4.]))"],
)
def hardsigmoid(input: Array, inplace: bool = False) -> Any:
    """0 below -3, 1 above 3, a line between."""
    return either(hard_sigmoid, inplace, input)


def _slope_of_hardswish(g: Any, x: Any) -> Any:
    return where(x <= -3, 0.0, where(x < 3, g * (x / 3 + 0.5), g))


@op(private=True, grad_fn="HardswishBackward0", vjp={"input": lambda g, input: _slope_of_hardswish(g, input)})
def hard_swish(input: Array) -> Array:
    """input * relu6(input + 3) / 6."""
    require(input, "f", "hardswish_cpu")
    return input * np.minimum(np.maximum(input + 3, 0), 6) / 6


@composite(
    module=HOME,
    samples=["F.hardswish(m)", "F.hardswish(huge)"],
    examples=["torch.nn.functional.hardswish(tensor([-4., 0., 1., 4.]))"],
)
def hardswish(input: Array, inplace: bool = False) -> Any:
    """input * hardsigmoid(input)."""
    return either(hard_swish, inplace, input)


# --- a slope for each channel ----------------------------------------------------------------------------------------


@op(
    private=True,
    grad_fn="PreluKernelBackward0",
    vjp={
        "input": lambda g, input, weight: where(input > 0, g, g * weight),
        "weight": lambda g, input: where(input > 0, 0.0, g * input),
    },
)
def sloped(input: Array, weight: Array) -> Array:
    """Each element above 0, weight times it below."""
    return np.where(input > 0, input, weight * input)


@composite(
    "prelu",
    also=["nn.functional.prelu"],
    samples=["prelu(m, row)", "prelu(m, one)", "prelu(t3, v)", "prelu(v, one)"],
    examples=["torch.nn.functional.prelu(tensor([-1., 2.]), tensor([0.5]))"],
)
def prelu(input: Array, weight: Array) -> Any:
    """Each element above 0, weight times it below; one weight for all, or one for each channel."""
    x, w = array_of(input), array_of(weight)
    if w.dtype != x.dtype:
        raise RuntimeError(f"prelu: Type promoting not supported. Got {of(x.dtype).scalar} and {of(w.dtype).scalar}")
    if w.size != 1:
        if not x.ndim:
            raise RuntimeError("Not allow zero-dim input tensor.")
        channels = x.shape[1] if x.ndim >= 2 else 1
        if channels != w.size:
            raise RuntimeError(
                "Mismatch of parameter numbers and input channel size. Found parameter numbers = "
                f"{w.size} and channel size = {channels}."
            )
    if w.ndim > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {w.ndim}")
    if x.ndim >= 2:
        weight = reshape(weight, (1, w.size, *[1] * (x.ndim - 2)))
    elif x.ndim == 0 and w.ndim:
        weight = reshape(weight, ())
    return sloped(input, weight)
