"""Circular and hyperbolic functions, and their inverses."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dtypes import constant
from gradcli.engine.entry import OUT
from gradcli.engine.op import op
from gradcli.ops.common import is_complex, require, rounded_once, without_inplace_derivative
from gradcli.ops.elementary import reciprocal, rsqrt
from gradcli.ops.selection import masked_fill_scalar, where

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, FloatArray, FloatOperand


# Circular functions


@op(
    vjp={"input": lambda g, input: g * cos(input)},
    inplace=True,
    extras=OUT,
    samples=["sin(m)", "sin(c)", "sin(i)"],
    examples=["sin(tensor([0., 1.]))"],
)
def sin(input: FloatArray) -> Array:
    """The sine of each element."""
    return rounded_once(np.sin, input)


@op(
    vjp={"input": lambda g, input: g * -sin(input)},
    inplace=True,
    extras=OUT,
    samples=["cos(m)", "cos(c)"],
    examples=["cos(tensor([0., 1.]))"],
)
def cos(input: FloatArray) -> Array:
    """The cosine of each element."""
    return rounded_once(np.cos, input)


@op(
    vjp={"input": lambda g, result: g * (result * result + 1)},
    inplace=True,
    extras=OUT,
    samples=["tan(m)", "tan(c)"],
    examples=["tan(tensor([0., 1.]))"],
)
def tan(input: FloatArray) -> Array:
    """The tangent of each element."""
    return np.tan(input)


@op(
    vjp={"input": lambda g, input: g * rsqrt(1 - input * input)},
    inplace=True,
    extras=OUT,
    aliases=["arcsin"],
    samples=["asin(unit)", "asin(c)", "asin(ties)"],
    examples=["asin(tensor([0., 1.]))"],
)
def asin(input: FloatArray) -> Array:
    """The angle whose sine each element is, nan beyond [-1, 1]."""
    return np.arcsin(input)


@op(
    vjp={"input": lambda g, input: g * -rsqrt(1 - input * input)},
    inplace=True,
    extras=OUT,
    aliases=["arccos"],
    samples=["acos(unit)", "acos(c)", "acos(ties)"],
    examples=["acos(tensor([0., 1.]))"],
)
def acos(input: FloatArray) -> Array:
    """The angle whose cosine each element is, nan beyond [-1, 1]."""
    return np.arccos(input)


@op(
    vjp={"input": lambda g, input: g / (input * input + 1)},
    inplace=True,
    extras=OUT,
    aliases=["arctan"],
    samples=["atan(m)", "atan(c)", "atan(huge)"],
    examples=["atan(tensor([0., 1.]))"],
)
def atan(input: FloatArray) -> Array:
    """The angle whose tangent each element is."""
    return np.arctan(input)


def _inverse_square(x: Any, y: Any) -> Any:
    """1 / (x**2 + y**2), 0 at the origin."""
    square = x * x + y * y
    return masked_fill_scalar(reciprocal(square), square == 0, 0.0)


@op(
    vjp={
        "input": lambda g, input, other: g * other * _inverse_square(input, other),
        "other": lambda g, input, other: g * -input * _inverse_square(input, other),
    },
    inplace=True,
    extras=OUT,
    aliases=["arctan2"],
    samples=["atan2(m, n)", "atan2(m, row)", "atan2(zeros_in, zeros_in)", "atan2(i, i)"],
    examples=["atan2(tensor([1., -1.]), tensor([0., -1.]))"],
)
def atan2(input: FloatOperand, other: FloatOperand) -> Array:
    """The angle of the point (other, input), elementwise; shapes broadcast."""
    require(input, "f", "atan2_cpu")
    return np.arctan2(input, other)


def _slope_of_sinc(g: Any, input: Any) -> Any:
    x = input * math.pi
    square = input * input * math.pi
    return where(square == 0, 0.0, g * ((x * cos(x) - sin(x)) / square))


@op(
    vjp={"input": lambda g, input: _slope_of_sinc(g, input)},
    inplace=True,
    extras=OUT,
    also=["special.sinc"],
    samples=["sinc(m)", "sinc(c)", "sinc(zeros_in)"],
    examples=["sinc(tensor([0., 0.5, 1.]))"],
)
def sinc(input: FloatArray) -> Array:
    """sin(pi * input) / (pi * input), 1 at 0."""
    x = input * math.pi
    return np.where(x == 0, np.ones((), x.dtype), np.sin(x) / x)


@op(
    grad_fn="Deg2RadBackward0",
    vjp={"input": lambda g: g * (math.pi / 180)},
    inplace=True,
    extras=OUT,
    samples=["deg2rad(m)", "deg2rad(iv)"],
    examples=["deg2rad(tensor([180., 90.]))"],
)
def deg2rad(input: FloatArray) -> Array:
    """Degrees to radians."""
    if input.dtype.kind == "c":
        raise RuntimeError("deg2rad is not supported for complex tensors.")
    return input * (math.pi / 180)


@op(
    grad_fn="Rad2DegBackward0",
    vjp={"input": lambda g: g * (180 / math.pi)},
    inplace=True,
    extras=OUT,
    samples=["rad2deg(m)", "rad2deg(iv)"],
    examples=["rad2deg(tensor([3.1416, 1.]))"],
)
def rad2deg(input: FloatArray) -> Array:
    """Radians to degrees."""
    if input.dtype.kind == "c":
        raise RuntimeError("rad2deg is not supported for complex tensors.")
    return input * (180 / math.pi)


# Hyperbolic functions


@op(
    vjp={"input": lambda g, input: g * cosh(input)},
    inplace=True,
    extras=OUT,
    samples=["sinh(m)", "sinh(c)"],
    examples=["sinh(tensor([0., 1.]))"],
)
def sinh(input: FloatArray) -> Array:
    """The hyperbolic sine of each element."""
    return rounded_once(np.sinh, input)


@op(
    vjp={"input": lambda g, input: g * sinh(input)},
    inplace=True,
    extras=OUT,
    samples=["cosh(m)", "cosh(c)"],
    examples=["cosh(tensor([0., 1.]))"],
)
def cosh(input: FloatArray) -> Array:
    """The hyperbolic cosine of each element."""
    return rounded_once(np.cosh, input)


@op(
    private=True,
    grad_fn="TanhBackwardBackward0",
    vjp={
        "gradient": lambda g, output: tanh_backward(g, output),
        "output": lambda g, gradient, output: g * (-2 * output * gradient),
    },
)
def tanh_backward(gradient: Array, output: Array) -> Array:
    """The gradient before a tanh whose result is `output`."""
    return gradient * (constant(1, output.dtype) - output * output)


@op(
    vjp={"input": lambda g, result: tanh_backward(g, result)},
    inplace=True,
    extras=OUT,
    also=["nn.functional.tanh"],
    samples=["tanh(m)", "tanh(c)", "tanh(huge)"],
    examples=["tanh(tensor([0., 1., 1000.]))"],
)
def tanh(input: FloatArray) -> Array:
    """The hyperbolic tangent of each element."""
    return rounded_once(np.tanh, input)


@without_inplace_derivative(
    "AsinhBackward1",
    vjp={"input": lambda g, input: g * rsqrt(input * input + 1)},
    extras=OUT,
    aliases=["arcsinh"],
    samples=["asinh(m)", "asinh(c)"],
    examples=["asinh(tensor([0., 1.]))"],
)
def asinh(input: FloatArray) -> Array:
    """The inverse hyperbolic sine of each element."""
    return np.arcsinh(input)


def _slope_of_acosh(x: Any) -> Any:
    if is_complex(x):
        return rsqrt(x + 1) * rsqrt(x - 1)
    return rsqrt(x * x - 1)


@without_inplace_derivative(
    "AcoshBackward1",
    vjp={"input": lambda g, input: g * _slope_of_acosh(input)},
    extras=OUT,
    aliases=["arccosh"],
    samples=["acosh(above)", "acosh(c)", "acosh(ties)"],
    examples=["acosh(tensor([1., 2.]))"],
)
def acosh(input: FloatArray) -> Array:
    """The inverse hyperbolic cosine of each element, nan below 1."""
    return np.arccosh(input)


@without_inplace_derivative(
    "AtanhBackward1",
    vjp={"input": lambda g, input: g / (1 - input * input)},
    extras=OUT,
    aliases=["arctanh"],
    samples=["atanh(unit)", "atanh(c)"],
    examples=["atanh(tensor([0., 0.5]))"],
)
def atanh(input: FloatArray) -> Array:
    """The inverse hyperbolic tangent of each element, nan beyond [-1, 1]."""
    return rounded_once(np.arctanh, input)
