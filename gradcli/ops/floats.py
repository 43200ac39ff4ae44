"""Numbers taken apart and put together: exponents, neighbours, common divisors, polar coordinates.

Sources: ATen/native/BinaryOps.cpp, UnaryOps.cpp; torch/csrc/autograd/FunctionsManual.cpp.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dims import broadcast_shapes
from gradcli.engine.dtypes import default, of, result_type
from gradcli.engine.entry import OUT, OUTS
from gradcli.engine.limits import reserve
from gradcli.engine.op import op
from gradcli.ops.along import plain, scaled
from gradcli.ops.common import nothing, require
from gradcli.ops.complex_parts import conj, imag, real, sgn
from gradcli.ops.powers import pow_base
from gradcli.ops.selection import where

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Operand


def _power_of_two(x: Any) -> Any:
    """2 ** x, which torch takes in integers for an integer x: 0 for negative ones."""
    return pow_base(2, x)


@op(
    inplace=True,
    extras=OUT,
    vjp={
        "input": lambda g, other: g * _power_of_two(other),
        "other": lambda g, result: g * result * math.log(2),
    },
    samples=["ldexp(m, n)", "ldexp(ties, ints)", "ldexp(m, ipos)", "ldexp(ipos, ipos)"],
    examples=["ldexp(tensor([1.]), tensor([1, 2, 3, 4]))"],
)
def ldexp(input: Array, other: Array) -> Array:
    """input * 2 ** other."""
    whole = other.dtype.kind in "iub"
    if input.dtype.kind == "f" and whole:
        require(other, "iu", "ldexp_cpu_exp")
    power = np.empty(other.shape, default().np if whole else other.dtype)
    kind = input.dtype if input.dtype.kind == "f" and whole else result_type([input, power]).np
    reserve(broadcast_shapes(input.shape, other.shape), kind)
    return np.asarray(input * np.exp2(other.astype(np.result_type(kind, np.float32)))).astype(kind, copy=False)


@op(
    extras=OUTS,
    returns=("mantissa", "exponent"),
    nondifferentiable=("exponent",),
    vjp={"input": lambda g, exponent: scaled(g, 2.0 ** -plain(exponent).astype(float))},
    samples=["frexp(m)", "frexp(zeros_in)"],
    examples=["frexp(tensor([1., 3., 8.]))"],
)
def frexp(input: Array) -> tuple[Array, Array]:
    """Mantissas of at least 1/2 and less than 1, and the powers of two that they go with."""
    if input.dtype.kind != "f":
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    mantissa, exponent = np.frexp(input)
    return np.asarray(mantissa), np.asarray(exponent, np.int32)


@op(
    inplace=True,
    extras=OUT,
    vjp={"input": lambda g, input, other: where(input == other, 0.0, g), "other": lambda g: nothing(g)},
    samples=["nextafter(ties, zeros_in)", "nextafter(m.detach(), n.detach())"],
    examples=["nextafter(tensor([1., 2.]), tensor([2., 1.])) == tensor([1., 2.])"],
)
def nextafter(input: Operand, other: Operand) -> Array:
    """The next floating-point number after each element, towards `other`."""
    require(input, "f", "nextafter_cpu")
    return np.nextafter(input, other)


@op(
    inplace="function",
    extras=OUT,
    vjp=None,
    samples=["gcd(ints, iv)", "gcd(ints, ints)"],
    examples=["gcd(tensor([5, 10, 15]), tensor([3, 4, 5]))"],
)
def gcd(input: Operand, other: Operand) -> Array:
    """The greatest common divisor."""
    require(input, "iu", "gcd_cpu")
    return np.gcd(input, other)


@op(
    inplace="function",
    extras=OUT,
    vjp=None,
    samples=["lcm(ints, iv)", "lcm(ints, ints)"],
    examples=["lcm(tensor([5, 10, 15]), tensor([3, 4, 5]))"],
)
def lcm(input: Operand, other: Operand) -> Array:
    """The least common multiple."""
    require(input, "iu", "lcm_cpu")
    return np.lcm(input, other)


@op(
    method=False,
    extras=OUT,
    holomorphic=False,
    vjp={
        "abs": lambda g, result: real(conj(g) * sgn(result)),
        "angle": lambda g, result: -imag(conj(g) * result),
    },
    samples=["polar(pos, m)", "polar(pos, row)", "polar(ties - 2, row)"],
    examples=["polar(tensor([1., 2.]), tensor([0., 1.5708]))"],
)
def polar(abs: Array, angle: Array) -> Array:
    """Complex numbers of these absolute values and angles."""
    for array in (abs, angle):
        if array.dtype.kind != "f":
            raise RuntimeError(
                f"Expected both inputs to be Half, Float or Double tensors but got {of(abs.dtype).scalar} and "
                f"{of(angle.dtype).scalar}"
            )
    if abs.dtype != angle.dtype:
        raise RuntimeError(
            f"Expected object of scalar type {of(abs.dtype).scalar} but got scalar type {of(angle.dtype).scalar} for "
            "second argument"
        )
    reserve(broadcast_shapes(abs.shape, angle.shape), np.result_type(abs.dtype, np.complex64))
    return np.asarray(abs * np.cos(angle) + 1j * (abs * np.sin(angle))).astype(
        np.complex64 if abs.dtype == np.float32 else np.complex128
    )
