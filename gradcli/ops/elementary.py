"""Exponentials, logarithms, roots, and their like."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dtypes import constant
from gradcli.engine.entry import OUT
from gradcli.engine.op import op
from gradcli.ops.common import promoted, require, rounded_once
from gradcli.ops.selection import masked_fill_scalar

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, FloatArray, FloatOperand, Number, Operand

LN2, LN10 = math.log(2), math.log(10)


# Exponentials and logarithms


@op(
    vjp={"input": lambda g, result: g * result},
    inplace=True,
    extras=OUT,
    samples=["exp(m)", "exp(s)", "exp(c)", "exp(i)", "exp(huge)"],
    examples=["exp(tensor([0., 1.]))"],
)
def exp(input: FloatArray) -> Array:
    """e to the power of each element."""
    return rounded_once(np.exp, input)


@op(
    vjp={"input": lambda g, result: g * (result * LN2)},
    inplace=True,
    extras=OUT,
    also=["special.exp2"],
    samples=["exp2(m)", "exp2(c)", "exp2(i)"],
    examples=["exp2(tensor([0., 1., 3.]))"],
)
def exp2(input: FloatArray) -> Array:
    """2 to the power of each element."""
    return np.exp2(input)


@op(
    vjp={"input": lambda g, result: g * (result + 1)},
    inplace=True,
    extras=OUT,
    also=["special.expm1"],
    samples=["expm1(m)", "expm1(c)"],
    examples=["expm1(tensor([0., 1e-5]))"],
)
def expm1(input: FloatArray) -> Array:
    """exp(input) - 1, exact near 0."""
    return rounded_once(np.expm1, input)


@op(
    vjp={"input": lambda g, input: g / input},
    inplace=True,
    extras=OUT,
    samples=["log(pos)", "log(c)", "log(zeros_in)", "log(iv)"],
    examples=["log(tensor([1., 10., 0.]))"],
)
def log(input: FloatArray) -> Array:
    """The natural logarithm of each element."""
    return rounded_once(np.log, input)


@op(
    vjp={"input": lambda g, input: g / (input * LN2)},
    inplace=True,
    extras=OUT,
    samples=["log2(pos)", "log2(c)"],
    examples=["log2(tensor([1., 2., 8.]))"],
)
def log2(input: FloatArray) -> Array:
    """The logarithm to base 2 of each element."""
    return rounded_once(np.log2, input)


@op(
    vjp={"input": lambda g, input: g / (input * LN10)},
    inplace=True,
    extras=OUT,
    samples=["log10(pos)", "log10(c)"],
    examples=["log10(tensor([1., 10., 0.1]))"],
)
def log10(input: FloatArray) -> Array:
    """The logarithm to base 10 of each element."""
    return rounded_once(np.log10, input)


@op(
    grad_fn="Log1PBackward0",
    vjp={"input": lambda g, input: g / (input + 1)},
    inplace=True,
    extras=OUT,
    also=["special.log1p"],
    samples=["log1p(pos)", "log1p(c)"],
    examples=["log1p(tensor([0., 1e-5]))"],
)
def log1p(input: FloatArray) -> Array:
    """log(1 + input), exact near 0."""
    return rounded_once(np.log1p, input)


def _log_of_sum(x: Array, y: Array, exponential: Any, log_of_one_plus: Any) -> Array:
    """The larger plus what the smaller adds to it; equal infinities have no difference."""
    swap = x.real < y.real
    high, low = np.where(swap, y, x), np.where(swap, x, y)
    same = np.isinf(high.real) & (high == low)
    return np.where(same, high, high + log_of_one_plus(exponential(low - high)))


@op(
    vjp={
        "input": lambda g, input, other: g / (exp(other - input) + 1),
        "other": lambda g, input, other: g / (exp(input - other) + 1),
    },
    extras=OUT,
    samples=["logaddexp(m, n)", "logaddexp(m, row)", "logaddexp(huge, nans)", "logaddexp(c, c * 2)", "logaddexp(i, i)"],
    examples=["logaddexp(tensor([0., 1000.]), tensor([0., 1000.]))"],
)
def logaddexp(input: Operand, other: Operand) -> Array:
    """log(exp(input) + exp(other)), elementwise, without overflow; shapes broadcast."""
    require(input, "fc", "logaddexp_cpu")
    if input.dtype.kind == "c":
        return _log_of_sum(input, other, np.exp, np.log1p)
    return np.logaddexp(input, other)


@op(
    vjp={
        "input": lambda g, input, other: g / (exp2(other - input) + 1),
        "other": lambda g, input, other: g / (exp2(input - other) + 1),
    },
    extras=OUT,
    samples=["logaddexp2(m, n)", "logaddexp2(m, row)"],
    examples=["logaddexp2(tensor([0., 1.]), tensor([0., 2.]))"],
)
def logaddexp2(input: Operand, other: Operand) -> Array:
    """log2(2**input + 2**other), elementwise, without overflow; shapes broadcast."""
    require(input, "f", "logaddexp2_cpu")
    return np.logaddexp2(input, other)


def _xlogy(input: Any, other: Any) -> Array:
    require(other, "f", "xlogy_cpu")
    product = np.multiply(input, rounded_once(np.log, np.asarray(other)))
    return np.where((input == 0) & (other == other), np.zeros((), product.dtype), product)


@op(
    vjp={
        "input": lambda g, input, other: masked_fill_scalar(xlogy(g, other), (input == 0) & (other <= 0), 0.0),
        "other": lambda g, input, other: g * input / other,
    },
    inplace="function",
    extras=OUT,
    also=["special.xlogy"],
    samples=["xlogy(m, pos)", "xlogy(m, s)", "xlogy(zeros_in, zeros_in)", "xlogy(i, pos)"],
    examples=["xlogy(tensor([0., 1.]), tensor([0., 2.]))"],
)
def xlogy(input: FloatOperand, other: FloatOperand) -> Array:
    """input * log(other), elementwise, 0 where input is 0; shapes broadcast."""
    return _xlogy(input, other)


@op(
    "xlogy",
    grad_fn="XlogyBackward1",
    vjp={"other": lambda g, self, other: g * self / other},
    method=False,
    extras=OUT,
    also=["special.xlogy"],
    samples=["xlogy(2.5, pos)", "xlogy(0, zeros_in)"],
    examples=["xlogy(2, tensor([1., 2.]))"],
)
def xlogy_number(self: Number, other: FloatArray) -> Array:
    """self * log(other), elementwise, 0 where self is 0."""
    return _xlogy(*promoted(self, other))


@op(
    "xlogy",
    grad_fn="XlogyBackward2",
    vjp={
        "input": lambda g, input, other: (
            g * math.log(other)
            if other > 0
            else masked_fill_scalar(g * (-math.inf if other == 0 else math.nan), input == 0, 0.0)
        )
    },
    inplace="function",
    extras=OUT,
    also=["special.xlogy"],
    samples=["xlogy(m, 2.5)", "xlogy(zeros_in, 0)"],
    examples=["xlogy(tensor([0., 1.]), 2)"],
)
def xlogy_scalar(input: FloatArray, other: Number) -> Array:
    """input * log(other), elementwise, 0 where input is 0."""
    return _xlogy(*promoted(input, other))


# Roots and reciprocals


@op(
    vjp={"input": lambda g, result: g / (2 * result)},
    inplace=True,
    extras=OUT,
    samples=["sqrt(pos)", "sqrt(c)", "sqrt(zeros_in)", "sqrt(iv)"],
    examples=["sqrt(tensor([4., 2., -1.]))"],
)
def sqrt(input: FloatArray) -> Array:
    """The square root of each element."""
    return np.sqrt(input)


@op(
    vjp={"input": lambda g, result: g * (-0.5 * (result * result * result))},
    inplace=True,
    extras=OUT,
    samples=["rsqrt(pos)", "rsqrt(c)", "rsqrt(zeros_in)"],
    examples=["rsqrt(tensor([4., 0.25]))"],
)
def rsqrt(input: FloatArray) -> Array:
    """One over the square root of each element."""
    return 1 / np.sqrt(input)


@op(
    vjp={"input": lambda g, result: -g * (result * result)},
    inplace=True,
    extras=OUT,
    samples=["reciprocal(m)", "reciprocal(c)", "reciprocal(zeros_in)", "reciprocal(iv)"],
    examples=["reciprocal(tensor([4., 0.5]))"],
)
def reciprocal(input: FloatArray) -> Array:
    """One over each element."""
    return np.reciprocal(input)


@op(
    vjp={
        "input": lambda g, result, input: g * (input / result),
        "other": lambda g, result, other: g * (other / result),
    },
    inplace=True,
    extras=OUT,
    samples=["hypot(m, n)", "hypot(m, row)", "hypot(zeros_in, zeros_in)", "hypot(i, i)"],
    examples=["hypot(tensor([3.]), tensor([4.]))"],
)
def hypot(input: Operand, other: Operand) -> Array:
    """The hypotenuse sqrt(input**2 + other**2), elementwise; shapes broadcast."""
    require(input, "f", "hypot_cpu")
    return np.hypot(input, other)


@op(
    private=True,
    grad_fn="SigmoidBackwardBackward0",
    vjp={
        "gradient": lambda g, output: sigmoid_backward(g, output),
        "output": lambda g, gradient, output: g * gradient * (-2 * output + 1),
    },
)
def sigmoid_backward(gradient: Array, output: Array) -> Array:
    """The gradient before a sigmoid whose result is `output`."""
    return gradient * (constant(1, output.dtype) - output) * output


@op(
    vjp={"input": lambda g, result: sigmoid_backward(g, result)},
    inplace=True,
    extras=OUT,
    also=["nn.functional.sigmoid", "special.expit"],
    samples=["sigmoid(m)", "sigmoid(c)", "sigmoid(huge)", "sigmoid(i)"],
    examples=["sigmoid(tensor([0., 1., -1000.]))"],
)
def sigmoid(input: FloatArray) -> Array:
    """1 / (1 + exp(-input)), elementwise."""
    return 1 / (1 + rounded_once(np.exp, -input))
