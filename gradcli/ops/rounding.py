"""Rounding, signs, and division with remainder: functions with steps, whose slope is 0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.entry import OUT
from gradcli.engine.op import composite, op
from gradcli.ops.common import nothing, promoted, refuse, require, written_apart
from gradcli.ops.pointwise import div_rounded, floor_quotient, refuse_zero
from gradcli.ops.selection import masked_fill_scalar

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, FloatOperand, Number, Operand


def _rounded(function: Any, name: str, input: Array) -> Array:
    if input.dtype.kind == "f":
        return function(input)
    if input.dtype.kind == "c" and name != "round":
        raise NotImplementedError(f"{name} is not supported for complex inputs")
    require(input, "iu", f"{name}_vml_cpu")
    return input.copy()


@op(
    vjp={"input": lambda g: nothing(g)},
    inplace=True,
    extras=OUT,
    samples=["floor(m)", "floor(i)", "floor(nans)"],
    examples=["floor(tensor([-1.5, 1.5]))"],
)
def floor(input: Array) -> Array:
    """The largest integer that is not above each element."""
    return _rounded(np.floor, "floor", input)


@op(
    vjp={"input": lambda g: nothing(g)},
    inplace=True,
    extras=OUT,
    samples=["ceil(m)", "ceil(i)"],
    examples=["ceil(tensor([-1.5, 1.5]))"],
)
def ceil(input: Array) -> Array:
    """The smallest integer that is not below each element."""
    return _rounded(np.ceil, "ceil", input)


@op(
    vjp={"input": lambda g: nothing(g)},
    inplace=True,
    extras=OUT,
    aliases=["fix"],
    samples=["trunc(m)", "trunc(i)"],
    examples=["trunc(tensor([-1.5, 1.5]))"],
)
def trunc(input: Array) -> Array:
    """Each element without its fraction."""
    return _rounded(np.trunc, "trunc", input)


@op(
    "round",
    vjp={"input": lambda g: nothing(g)},
    inplace=True,
    extras=OUT,
    also=["special.round"],
    samples=["torch.round(m)", "m.round()", "torch.round(i)"],
    examples=["torch.round(tensor([0.5, 1.5, -1.2]))"],
)
def round_all(input: Array) -> Array:
    """The nearest integer to each element, the even one of two."""
    return _rounded(np.rint, "round", input)


@op(
    "round",
    grad_fn="RoundBackward1",
    vjp={"input": lambda g: nothing(g)},
    inplace="function",
    extras=OUT,
    also=["special.round"],
    samples=[
        "torch.round(m, decimals=1)",
        "m.round(decimals=0)",
        "torch.round(wide, decimals=-1)",
        "i.round(decimals=1)",
    ],
    examples=["torch.round(tensor([1.2345, 5.]), decimals=2)"],
)
def round_decimals(input: Array, *, decimals: int) -> Array:
    """The nearest number with so many decimals to each element; negative ones are places before the point."""
    require(input, "f", "round_cpu" if decimals else "round_vml_cpu")
    scale = input.dtype.type(10.0 ** abs(decimals)) if abs(decimals) < 308 else input.dtype.type(np.inf)
    if decimals < 0:
        return np.rint(input / scale) * scale
    return np.rint(input * scale) / scale


@op(
    vjp={"input": lambda g: g},
    inplace=True,
    extras=OUT,
    samples=["frac(m)", "frac(i)", "frac(c)"],
    examples=["frac(tensor([-1.5, 1.25]))"],
)
def frac(input: Array) -> Array:
    """The fraction of each element, with its sign."""
    require(input, "f", "frac_cpu")
    return input - np.trunc(input)


@op(
    vjp={"input": lambda g: nothing(g)},
    inplace=True,
    extras=OUT,
    samples=["sign(m)", "sign(zeros_in)", "sign(nans)", "sign(i)", "sign(mask)", "sign(c)"],
    examples=["sign(tensor([-3., 0., 5.]))"],
)
def sign(input: Array) -> Array:
    """-1, 0 or 1 for each element; 0 for nan."""
    if input.dtype.kind == "c":
        raise NotImplementedError(
            "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn instead."
        )
    return real_sign(input)


def real_sign(input: Array) -> Array:
    """torch's sign: that of nan is 0."""
    if input.dtype.kind == "b":
        return input.copy()
    signs = np.sign(input)
    return np.where(signs == signs, signs, np.zeros((), input.dtype)) if input.dtype.kind == "f" else signs


# Division with remainder


@written_apart(
    vjp={"input": NotImplemented, "other": NotImplemented},
    written={"vjp": {"input": NotImplemented, "other": NotImplemented}},
    operator="//",
    extras=OUT,
    samples=["floor_divide(m, n)", "m // 2", "iv // 2", "i // iv", "iv // 0", "mask // mask"],
    examples=["floor_divide(tensor([-7, 7]), 2)", "tensor([7., -7.]) // 2"],
)
def floor_divide(input: Operand | Number, other: Operand | Number) -> Array:
    """Divide elementwise and round down; shapes broadcast. Raises RuntimeError for an integer divided by zero.

    It has no gradient: torch refuses to give one.
    """
    return floor_quotient(input, other)  # type: ignore[arg-type]


@composite(
    "__rfloordiv__", operator="r//", function=False, samples=["7 // iv", "7.5 // m"], examples=["7 // tensor([2])"]
)
def reflected_floor_divide(input: Array, other: Number) -> Array:
    """A number divided by a tensor, rounded down."""
    return floor_divide(other, input)


def _remainder(function: Any, name: str, input: Array, other: Array) -> Array:
    if input.dtype.kind not in "iuf":
        refuse(f"{name}_cpu", input.dtype)
    refuse_zero(other)
    return function(input, other)


def floor_remainder(input: Array, other: Array) -> Array:
    """numpy's remainder, but that a remainder of 0 has the sign of input, as fmod has it."""
    if input.dtype.kind != "f":
        return np.remainder(input, other)
    left = np.fmod(input, other)
    return np.where((left != 0) & ((left < 0) != (other < 0)), left + other, left)


@op(
    grad_fn="RemainderBackward1",
    vjp={
        "input": lambda g: g,
        "other": lambda g, input, other: -g * div_rounded(input, other, rounding_mode="floor"),
    },
    operator="%",
    inplace=True,
    extras=OUT,
    samples=[
        "remainder(m, n)",
        "remainder(m, row)",
        "m % s",
        "iv % ipos",
        "zeros_in % zeros_in",
        "iv % i",
        "huge % nans",
    ],
    examples=["remainder(tensor([-5., 5.]), tensor([3., -3.]))"],
)
def remainder(input: Operand, other: Operand) -> Array:
    """What division rounded down leaves, with the sign of other; shapes broadcast.

    Raises RuntimeError for an integer divided by zero.
    """
    return _remainder(floor_remainder, "remainder", input, other)


@op(
    "remainder",
    vjp={"other": NotImplemented},
    operator="r%",
    method=False,
    samples=["remainder(5, m)", "5 % iv"],
    examples=["5 % tensor([3, -3])"],
)
def remainder_of_number(self: Number, other: Array) -> Array:
    """What division of a number, rounded down, leaves. It has no gradient: torch refuses to give one."""
    return _remainder(floor_remainder, "remainder", *promoted(self, other))


@op(
    "remainder",
    vjp={"input": lambda g: g},
    operator="%",
    inplace=True,
    extras=OUT,
    samples=["remainder(m, 0.7)", "m % -2", "iv % 3", "iv % 0", "i % 2.5"],
    examples=["tensor([-5, 5]) % 3"],
)
def remainder_scalar(input: Array, other: Number) -> Array:
    """What division by a number, rounded down, leaves, with the sign of other."""
    return _remainder(floor_remainder, "remainder", *promoted(input, other))


@op(
    grad_fn="FmodBackward1",
    vjp={
        "input": lambda g: g,
        "other": lambda g, input, other: -g * div_rounded(input, other, rounding_mode="trunc"),
    },
    inplace=True,
    extras=OUT,
    samples=["fmod(m, n)", "fmod(m, row)", "fmod(iv, ipos)", "fmod(zeros_in, zeros_in)"],
    examples=["fmod(tensor([-5., 5.]), tensor([3., -3.]))"],
)
def fmod(input: Operand, other: Operand) -> Array:
    """What division rounded towards zero leaves, with the sign of input; shapes broadcast.

    Raises RuntimeError for an integer divided by zero.
    """
    return _remainder(np.fmod, "fmod", input, other)


@op(
    "fmod",
    vjp={"input": lambda g: g},
    inplace=True,
    extras=OUT,
    samples=["fmod(m, 0.7)", "fmod(iv, 3)", "fmod(iv, 0)"],
    examples=["fmod(tensor([-5, 5]), 3)"],
)
def fmod_scalar(input: Array, other: Number) -> Array:
    """What division by a number, rounded towards zero, leaves, with the sign of input."""
    return _remainder(np.fmod, "fmod", *promoted(input, other))


# Signs of others


def _slope_of_copysign(g: Any, input: Any, result: Any) -> Any:
    return g * masked_fill_scalar(result / input, input == 0, 0.0)


@op(
    vjp={
        "input": lambda g, input, result: _slope_of_copysign(g, input, result),
        "other": lambda g: nothing(g),
    },
    inplace=True,
    extras=OUT,
    samples=["copysign(m, n)", "copysign(m, row)", "copysign(zeros_in, m)", "copysign(i, iv)"],
    examples=["copysign(tensor([1., -2.]), tensor([-0., 1.]))"],
)
def copysign(input: FloatOperand, other: FloatOperand) -> Array:
    """The size of input with the sign of other, elementwise; shapes broadcast."""
    require(input, "f", "copysign_cpu")
    return np.copysign(input, other)


@op(
    "copysign",
    grad_fn="CopysignBackward1",
    vjp={"input": lambda g, input, result: _slope_of_copysign(g, input, result)},
    inplace=True,
    extras=OUT,
    samples=["copysign(m, -2)", "copysign(zeros_in, -1.)", "copysign(iv, 1)"],
    examples=["copysign(tensor([1., -2.]), -1)"],
)
def copysign_scalar(input: Array, other: Number) -> Array:
    """The size of each element with the sign of other."""
    number = promoted(input, other)
    require(number[0], "biuf", "copysign_cpu")
    if number[0].dtype.kind != "f":
        number = promoted(input, float(other))  # type: ignore[arg-type]
    return np.copysign(*number)
