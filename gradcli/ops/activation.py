"""Activation functions, most of them in torch.nn.functional."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.op import Op, composite, op
from gradcli.ops.common import checked, require, rounded_once
from gradcli.ops.elementary import exp, log1p, sigmoid
from gradcli.ops.selection import clamp_max_scalar, relu, where
from gradcli.ops.trigonometry import tanh

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Number

HOME = "nn.functional"


def either(operator: Op, inplace: bool, *args: Any) -> Any:
    """Into its first argument, where the function was told `inplace=True`."""
    return operator.call_inplace(list(args)) if inplace else operator.call(list(args))


@composite("relu", module=HOME, samples=["F.relu(m)"], examples=["F.relu(tensor([-1., 0., 2.]))"])
def functional_relu(input: Array, inplace: bool = False) -> Array:
    """Each element, or 0 if it is negative. At 0 the gradient is 0."""
    return either(relu, inplace, input)


# Linear above, exponential below


@op(
    private=True,
    grad_fn="EluBackward0",
    inplace_grad_fn="EluBackward1",
    vjp={
        "input": lambda g, input, alpha, scale, input_scale: where(
            input <= 0, g * (alpha * scale * input_scale) * exp(-relu(-input) * input_scale), g * scale
        )
    },
)
def exponential_linear(input: Array, alpha: Number, scale: Number, input_scale: Number) -> Array:
    """scale * input above 0, scale * alpha * (exp(input_scale * input) - 1) below."""
    require(input, "f", "elu_cpu")
    for factor in (alpha, scale, input_scale):
        checked(factor, input.dtype)
    below = np.expm1(np.minimum(input, 0) * input_scale) * (alpha * scale)
    return np.where(input <= 0, below, input * scale if scale != 1 else input)


@composite(
    module=HOME,
    samples=["F.elu(m)", "F.elu(zeros_in)", "F.elu(m, 0.5)", "F.elu(huge)"],
    examples=["F.elu(tensor([-1., 0., 2.]))"],
)
def elu(input: Array, alpha: float = 1.0, inplace: bool = False) -> Array:
    """Each element above 0, alpha * (exp(input) - 1) below."""
    return either(exponential_linear, inplace, input, alpha, 1, 1)


SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


@composite(
    method=False,
    inplace=lambda input: exponential_linear.call_inplace([input, SELU_ALPHA, SELU_SCALE, 1]),
    samples=["selu(m)", "selu(zeros_in)"],
    examples=["torch.selu(tensor([-1., 0., 2.]))"],
)
def selu(input: Array) -> Array:
    """scale * elu(input, alpha), with the constants that keep mean 0 and variance 1."""
    return exponential_linear(input, SELU_ALPHA, SELU_SCALE, 1)


@composite("selu", module=HOME, samples=["F.selu(m)"], examples=["F.selu(tensor([-1., 0., 2.]))"])
def functional_selu(input: Array, inplace: bool = False) -> Array:
    """scale * elu(input, alpha), with the constants that keep mean 0 and variance 1."""
    return either(exponential_linear, inplace, input, SELU_ALPHA, SELU_SCALE, 1)


@op(
    method=False,
    inplace="function",
    inplace_grad_fn="CeluBackward1",
    vjp={"input": lambda g, input, alpha: where(input <= 0, g * exp(-relu(-input) * (1 / alpha)), g)},
    samples=["celu(m)", "celu(m, 0.5)", "celu(zeros_in)", "celu(m, 0)"],
    examples=["torch.celu(tensor([-1., 0., 2.]), 0.5)"],
)
def celu(input: Array, alpha: Number = 1.0) -> Array:
    """Each element above 0, alpha * (exp(input / alpha) - 1) below. Raises RuntimeError for alpha 0."""
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return exponential_linear.kernel(input, alpha, 1, 1 / alpha)


@composite("celu", module=HOME, samples=["F.celu(m, 0.5)"], examples=["F.celu(tensor([-1., 0., 2.]))"])
def functional_celu(input: Array, alpha: float = 1.0, inplace: bool = False) -> Array:
    """Each element above 0, alpha * (exp(input / alpha) - 1) below. Raises RuntimeError for alpha 0."""
    return either(celu, inplace, input, alpha)


# Pieces of lines


@op(
    private=True,
    grad_fn="LeakyReluBackward0",
    inplace_grad_fn="LeakyReluBackward1",
    vjp={"input": lambda g, input, negative_slope: where(input > 0, g, g * negative_slope)},
)
def leaking(input: Array, negative_slope: Number) -> Array:
    """Each element above 0, negative_slope times it below."""
    require(input, "f", "leaky_relu_cpu")
    return np.where(input > 0, input, input * negative_slope)


@composite(
    module=HOME,
    samples=["F.leaky_relu(m)", "F.leaky_relu(zeros_in, 0.2)"],
    examples=["F.leaky_relu(tensor([-1., 0., 2.]), 0.1)"],
)
def leaky_relu(input: Array, negative_slope: float = 0.01, inplace: bool = False) -> Array:
    """Each element above 0, negative_slope times it below."""
    return either(leaking, inplace, input, negative_slope)


@op(
    private=True,
    grad_fn="HardtanhBackward0",
    vjp={"input": lambda g, input, low, high: where((input <= low) | (input >= high), 0.0, g)},
)
def cut_off(input: Array, low: Number, high: Number) -> Array:
    """Each element, but at least low and at most high; at the bounds the gradient is 0."""
    if input.dtype.kind == "b":
        raise RuntimeError("Bool inputs not supported for hardtanh")
    if input.dtype.kind in "iu":
        low, high = int(low), int(high)  # type: ignore[arg-type]
    return np.minimum(np.maximum(input, checked(low, input.dtype)), checked(high, input.dtype))


@composite(
    module=HOME,
    samples=["F.hardtanh(m)", "F.hardtanh(ties, 2, 3)", "F.hardtanh(m, -0.5, 0.7)", "F.hardtanh(m, 1, -1)"],
    examples=["F.hardtanh(tensor([-2., 0.5, 2.]))"],
)
def hardtanh(input: Array, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Array:
    """Each element, but at least min_val and at most max_val; at the bounds the gradient is 0."""
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    return either(cut_off, inplace, input, min_val, max_val)


@composite(
    module=HOME,
    samples=["F.relu6(m)", "F.relu6(zeros_in)", "F.relu6(wide)"],
    examples=["F.relu6(tensor([-1., 3., 8.]))"],
)
def relu6(input: Array, inplace: bool = False) -> Array:
    """Each element, but at least 0 and at most 6; at the bounds the gradient is 0."""
    return either(cut_off, inplace, input, 0, 6)


@op(
    method=False,
    inplace="function",
    inplace_grad_fn="ThresholdBackward1",
    vjp={"input": lambda g, input, threshold: where(input <= threshold, 0.0, g)},
    samples=["threshold(m, 0.2, 5)", "threshold(ties, 2, -1.5)", "threshold(i, 1, 5.5)"],
    examples=["torch.threshold(tensor([-1., 0., 2.]), 0, 9)"],
)
def threshold(input: Array, threshold: Number, value: Number) -> Array:
    """Each element above the threshold, value elsewhere."""
    require(input, "iuf", "threshold_cpu")
    if input.dtype.kind in "iu":
        threshold, value = int(threshold), int(value)  # type: ignore[arg-type]
    return np.where(input <= checked(threshold, input.dtype), checked(value, input.dtype), input)


@composite(
    "threshold", module=HOME, samples=["F.threshold(m, 0.2, 5)"], examples=["F.threshold(tensor([-1., 0., 2.]), 0, 9)"]
)
def functional_threshold(input: Array, threshold: float, value: float, inplace: bool = False) -> Array:
    """Each element above the threshold, value elsewhere."""
    return either(_threshold, inplace, input, threshold, value)


_threshold = threshold


# Smooth ones


def _softplus(x: Any) -> Any:
    return np.logaddexp(x, x.dtype.type(0))


@op(
    module=HOME,
    vjp={"input": lambda g, input, beta, threshold: where(input * beta > threshold, g, g * sigmoid(input * beta))},
    samples=["F.softplus(m)", "F.softplus(m, 2)", "F.softplus(wide, 1, 5)", "F.softplus(huge)", "F.softplus(i)"],
    examples=["F.softplus(tensor([-1., 0., 30.]))"],
)
def softplus(input: Array, beta: Number = 1, threshold: Number = 20) -> Array:
    """log(1 + exp(beta * input)) / beta; the input itself where beta * input exceeds the threshold."""
    require(input, "f", "softplus_cpu")
    scaled = input * beta
    return np.where(scaled > threshold, input, rounded_once(np.log1p, rounded_once(np.exp, scaled)) / beta)


@op(
    module=HOME,
    grad_fn="LogSigmoidBackward0",
    vjp={"input": lambda g, input: g * sigmoid(-input)},
    samples=["F.logsigmoid(m)", "F.logsigmoid(huge)", "F.logsigmoid(i)"],
    examples=["F.logsigmoid(tensor([-1000., 0., 2.]))"],
)
def logsigmoid(input: Array) -> Array:
    """log(sigmoid(input)), without overflow."""
    require(input, "f", "log_sigmoid_cpu")
    return np.minimum(input, 0) - rounded_once(np.log1p, rounded_once(np.exp, -np.abs(input)))


def _slope_of_silu(input: Any) -> Any:
    s = sigmoid(input)
    return s * (1 + input * (1 - s))


@op(private=True, grad_fn="SiluBackward0", vjp={"input": lambda g, input: g * _slope_of_silu(input)})
def swish(input: Array) -> Array:
    """input * sigmoid(input)."""
    require(input, "fc", "silu_cpu")
    return input / (1 + rounded_once(np.exp, -input))


@composite(module=HOME, samples=["F.silu(m)", "F.silu(huge)", "F.silu(i)"], examples=["F.silu(tensor([-1., 0., 2.]))"])
def silu(input: Array, inplace: bool = False) -> Array:
    """input * sigmoid(input)."""
    return either(swish, inplace, input)


def _slope_of_mish(input: Any) -> Any:
    t = tanh(where(input > 20, input, log1p(exp(clamp_max_scalar(input, 20)))))
    return t + input * sigmoid(input) * (1 - t * t)


@op(private=True, grad_fn="MishBackward0", vjp={"input": lambda g, input: g * _slope_of_mish(input)})
def softly(input: Array) -> Array:
    """input * tanh(log(1 + exp(input)))."""
    require(input, "f", "mish_cpu")
    return input * np.tanh(_softplus(input))


@composite(module=HOME, samples=["F.mish(m)", "F.mish(wide)", "F.mish(i)"], examples=["F.mish(tensor([-1., 0., 2.]))"])
def mish(input: Array, inplace: bool = False) -> Array:
    """input * tanh(softplus(input))."""
    return either(softly, inplace, input)


@composite(module=HOME, samples=["F.softsign(m)", "F.softsign(c)"], examples=["F.softsign(tensor([-1., 0., 3.]))"])
def softsign(input: Array) -> Array:
    """input / (1 + |input|)."""
    return input / (abs(input) + 1)


@composite(
    module=HOME, samples=["F.tanhshrink(m)", "F.tanhshrink(i)"], examples=["F.tanhshrink(tensor([-1., 0., 3.]))"]
)
def tanhshrink(input: Array) -> Array:
    """input - tanh(input)."""
    return input - tanh(input)
