"""Powers: of tensors, of numbers, to tensors, to numbers."""

from __future__ import annotations

import cmath
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.adjoints import cast
from gradcli.engine.dtypes import constant, of
from gradcli.engine.entry import OUT
from gradcli.engine.op import composite, op
from gradcli.ops.common import checked, ndarray, nothing, promoted, refuse
from gradcli.ops.elementary import log
from gradcli.ops.selection import where

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Number, Operand


def _first_power(input: Array) -> Array:
    return input.copy()


_POWERS: dict[Any, Any] = {
    0: np.ones_like,
    1: _first_power,
    2: lambda x: x * x,
    3: lambda x: x * x * x,
    0.5: np.sqrt,
    -0.5: lambda x: 1 / np.sqrt(x),
    -1: np.reciprocal,
    -2: lambda x: 1 / (x * x),
}  # numpy's power takes 25 times as long as these


@op(private=True, vjp=None)
def vanishes(base: Array, exponent: Array) -> Array:
    """Where base ** exponent * log(base) is taken as 0: at a zero base, unless the exponent is negative."""
    if exponent.dtype.kind == "c":
        return (base == 0) & (exponent.imag == 0) & (exponent.real >= 0)
    return np.equal(base, 0) & (exponent >= 0)


@op(
    "pow",
    grad_fn="PowBackward1",
    vjp={
        "input": lambda g, input, exponent: where(exponent == 0, 0.0, g * (exponent * pow_tensor(input, exponent - 1))),
        # `+ nothing` brings an integer base to the result's type.
        "exponent": lambda g, result, input, exponent: (
            g * where(vanishes(input, exponent), 0.0, result * log(input + nothing(result)))
        ),
    },
    operator="**",
    inplace=True,
    extras=OUT,
    samples=[
        "pow(pos, n)",
        "pow(pos, row)",
        "pos ** s",
        "pow(zeros_in, ties)",
        "pow(m, iv)",
        "pow(ipos, row)",
        "iv ** iv",
    ],
    examples=["pow(tensor([1., 2., 3.]), tensor([2., 3., 4.]))", "tensor([2, 3]) ** tensor([3, -1])"],
)
def pow_tensor(input: Operand, exponent: Operand) -> Array:
    """Raise each element to the power in exponent; shapes broadcast. Integers stay integers: 2 ** -1 is 0."""
    kind = input.dtype.kind
    if kind == "b":
        refuse("pow", input.dtype)
    if kind != "i" or exponent.dtype.kind == "f" or not (exponent < 0).any():
        return np.power(input, exponent)
    negative = exponent < 0
    odd = exponent % 2 == 1
    reciprocals = np.where(input == 1, 1, np.where(input == -1, np.where(odd, -1, 1), 0))
    powers = np.power(input, np.where(negative, 0, exponent))
    return np.where(negative, reciprocals, powers).astype(powers.dtype)


@op(
    "pow",
    grad_fn="PowBackward2",
    vjp={"exponent": lambda g, result, self, exponent: _slope_of_exponential(g, result, self, exponent)},
    operator="r**",
    method=False,
    extras=OUT,
    samples=["pow(2.5, m)", "3 ** m", "pow(0, ties)", "pow(1, row)", "pow(2, i)", "pow(-2, ties)", "2j ** m"],
    examples=["pow(2, tensor([1., 2., 3.]))", "2 ** tensor([1., 2., 3.])"],
)
def pow_base(self: Number, exponent: Array) -> Array:
    """Raise a number to the power of each element."""
    if exponent.__class__ is not ndarray:  # a numpy scalar, in a formula
        return np.power(self, exponent)
    base, exponent = promoted(self, exponent)
    return np.asarray(pow_tensor.kernel(base, exponent))


def _slope_of_exponential(g: Any, result: Any, base: Any, exponent: Any) -> Any:
    if base == 0:
        return g * where(vanishes(base, exponent), 0.0, result * _log_of(base))
    return g * (result * _log_of(base))


def _log_of(number: Any) -> Any:
    if isinstance(number, complex):
        return cmath.log(number) if number else complex(-math.inf, 0)
    return math.log(number) if number > 0 else -math.inf if number == 0 else math.nan


@op(
    "pow",
    grad_fn="PowBackward0",
    vjp={
        "input": lambda g, input, exponent: (
            nothing(g) if exponent == 0 else g * (exponent * pow_scalar(input, exponent - 1))
        )
    },
    operator="**",
    bare_number=True,
    inplace=True,
    extras=OUT,
    samples=[
        *[f"pow(m, {k})" for k in (0, 1, 2, 3, 4, -1, -2)],
        *[f"pow(pos, {k})" for k in (0.5, -0.5, 2.5, -1.5)],
        "zeros_in ** 2",
        "zeros_in ** 0",
        "zeros_in ** 0.5",
        "c ** 2",
        "c ** 2j",
        "pow(m, 2j)",
        "i ** 2",
        "i ** -1",
        "iv ** 0.5",
    ],
    examples=["pow(tensor([1., 2., 3.]), 2)", "tensor([4., 9.]) ** 0.5"],
)
def pow_scalar(input: Array, exponent: Number) -> Array:
    """Raise each element to a power. Raises RuntimeError for integers to negative integers."""
    return _power(input, exponent)


def _power(input: Array, exponent: Any) -> Array:
    if input.dtype.kind not in "fc" or exponent.__class__ is complex:
        return _power_of_other_types(input, exponent)
    short = _POWERS.get(exponent)
    if short is not None:
        result: Array = short(input)
        return result
    if exponent == 4:
        input = input * input
        return input * input
    return np.power(input, constant(exponent, input.dtype))


def _power_of_other_types(input: Array, exponent: Number) -> Array:
    """Integers, booleans, and reals to a complex power."""
    base, _ = promoted(np.asarray(input), exponent)
    if base.dtype.kind in "fc":
        if exponent.__class__ is complex:
            return np.power(base, constant(exponent, base.dtype))
        return pow_scalar.kernel(base, exponent)
    if exponent < 0:  # type: ignore[operator]
        raise RuntimeError("Integers to negative integer powers are not allowed.")
    if base.dtype.kind == "b":
        return np.ones_like(base) if not exponent else base.copy()
    return np.power(base, checked(exponent, base.dtype))


@composite(
    inplace=lambda input: pow_scalar.call_inplace([input, 2]),
    extras=OUT,
    samples=["square(m)", "square(c)", "square(i)"],
    examples=["square(tensor([1., -2., 3.]))"],
)
def square(input: Array) -> Array:
    """Multiply each element by itself."""
    return pow_scalar(input, 2)


def _to_double(value: Any) -> Any:
    """As float_power takes its operands: in float64, or complex128."""
    if not hasattr(value, "array"):
        return value
    target = np.dtype("complex128" if value.array.dtype.kind == "c" else "float64")
    return value if value.array.dtype == target else cast(value, target)


def _float_power_into(input: Any, exponent: Any) -> Any:
    needs = "ComplexDouble" if any(_is_complex_operand(x) for x in (input, exponent)) else "Double"
    if of(input.array.dtype).scalar != needs:
        raise RuntimeError(
            f"the base given to float_power_ has dtype {of(input.array.dtype).scalar} "
            f"but the operation's result requires dtype {needs}"
        )
    exponent = _to_double(exponent)
    return (pow_tensor if hasattr(exponent, "array") else pow_scalar).call_inplace([input, exponent])


def _is_complex_operand(value: Any) -> bool:
    return value.array.dtype.kind == "c" if hasattr(value, "array") else isinstance(value, complex)


@composite(
    inplace=_float_power_into,
    extras=OUT,
    samples=["float_power(pos, n)", "float_power(ipos, row)"],
    examples=["float_power(tensor([2, 3]), tensor([-1, 2]))"],
)
def float_power(input: Array, exponent: Array) -> Array:
    """Raise each element to a power, in float64 (complex128)."""
    return pow_tensor(_to_double(input), _to_double(exponent))


@composite(
    "float_power",
    method=False,
    extras=OUT,
    samples=["float_power(2, m)"],
    examples=["float_power(2, tensor([1, 2]))"],
)
def float_power_base(self: Number, exponent: Array) -> Array:
    """Raise a number to the power of each element, in float64 (complex128)."""
    return pow_base(self, _to_double(exponent))


@composite(
    "float_power",
    inplace=_float_power_into,
    extras=OUT,
    samples=["float_power(pos, 1.5)", "float_power(iv, -1)"],
    examples=["float_power(tensor([2, 3]), -1)"],
)
def float_power_scalar(input: Array, exponent: Number) -> Array:
    """Raise each element to a power, in float64 (complex128)."""
    return pow_scalar(_to_double(input), exponent)
