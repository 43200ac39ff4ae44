"""Bitwise operators on integers and booleans, and shifts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.entry import OUT
from gradcli.engine.op import composite, op
from gradcli.ops.common import require

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Number, Operand


def _bitwise(function: Any, input: Any, other: Any) -> Array:
    require(input, "biu", f"{function.__name__}_cpu")
    return np.asarray(function(input, other))


@op(
    operator="&",
    inplace=True,
    vjp={"input": None, "other": None},
    extras=OUT,
    samples=["bitwise_and(i, iv)", "mask & mrow", "i & 3", "3 & i", "m & 1"],
    examples=["tensor([6, 5]) & 3", "tensor([True, False]) & tensor([True, True])"],
)
def bitwise_and(input: Operand | Number, other: Operand | Number) -> Array:
    """Bits that both have; logical and of booleans. Elementwise; shapes broadcast."""
    return _bitwise(np.bitwise_and, input, other)


@op(
    operator="|",
    inplace=True,
    vjp={"input": None, "other": None},
    extras=OUT,
    samples=["bitwise_or(i, iv)", "mask | mrow", "i | 3", "3 | i", "m | 1"],
    examples=["tensor([6, 5]) | 1", "tensor([True, False]) | tensor([False, False])"],
)
def bitwise_or(input: Operand | Number, other: Operand | Number) -> Array:
    """Bits that either has; logical or of booleans. Elementwise; shapes broadcast."""
    return _bitwise(np.bitwise_or, input, other)


@op(
    operator="^",
    inplace=True,
    vjp={"input": None, "other": None},
    extras=OUT,
    samples=["bitwise_xor(i, iv)", "bitwise_xor(mask, mrow)", "bitwise_xor(m, 1)"],
    examples=["bitwise_xor(tensor([6, 5]), 3)"],
)
def bitwise_xor(input: Operand | Number, other: Operand | Number) -> Array:
    """Bits that exactly one has. Elementwise; shapes broadcast."""
    return _bitwise(np.bitwise_xor, input, other)


@op(
    inplace=True,
    vjp={"input": None},
    extras=OUT,
    samples=["bitwise_not(i)", "bitwise_not(mask)", "bitwise_not(m)"],
    examples=["bitwise_not(tensor([0, 5]))"],
)
def bitwise_not(input: Array) -> Array:
    """All bits changed; logical not of booleans."""
    require(input, "biu", "bitwise_not_cpu")
    return np.invert(input)


@composite(
    "__invert__", operator="~x", function=False, samples=["~mask", "~i", "~m"], examples=["~tensor([True, False])"]
)
def invert(input: Array) -> Array:
    """`~x`: all bits changed. Raises TypeError for floating point."""
    if input.array.dtype.kind not in "biu":  # type: ignore[attr-defined]
        raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
    return bitwise_not(input)


def _shifted_left(input: Any, other: Any) -> Array:
    require(input, "iu", "lshift_cpu")
    gone = (other < 0) | (other >= 8 * input.dtype.itemsize)
    shifted = np.left_shift(input, np.where(gone, 0, other).astype(input.dtype))
    return np.where(gone, np.zeros((), shifted.dtype), shifted)


def _shifted_right(input: Any, other: Any) -> Array:
    """As a division by a power of two: what shifts too far leaves the sign, in all bits."""
    require(input, "iu", "rshift_cpu")
    farthest = 8 * input.dtype.itemsize - 1
    gone = (other < 0) | (other > farthest)
    shifted = np.right_shift(input, np.where(gone, farthest, other).astype(input.dtype))
    return np.where(gone, np.zeros((), input.dtype), shifted) if input.dtype.kind == "u" else shifted


@op(
    operator="<<",
    inplace=True,
    extras=OUT,
    samples=["bitwise_left_shift(i, ipos)", "i << 2", "iv << 64", "iv << -1", "u8 << 9", "m << 1"],
    examples=["tensor([1, 5]) << 2"],
)
def bitwise_left_shift(input: Operand | Number, other: Operand | Number) -> Array:
    """Bits moved up, 0 where all have left. Elementwise; shapes broadcast."""
    return _shifted_left(input, other)


@op(
    operator=">>",
    inplace=True,
    extras=OUT,
    samples=["bitwise_right_shift(i, ipos)", "i >> 1", "iv >> 64", "iv >> -1", "u8 >> 1", "m >> 1"],
    examples=["tensor([8, -5]) >> 1"],
)
def bitwise_right_shift(input: Operand | Number, other: Operand | Number) -> Array:
    """Bits moved down, the sign's coming in. Elementwise; shapes broadcast."""
    return _shifted_right(input, other)


def _reflected(symbol: str) -> Any:
    return {
        "operator": f"r{symbol}",
        "function": False,
        "samples": [f"5 {symbol} ipos"],
        "examples": [f"4 {symbol} tensor([1, 2])"],
    }


@composite("__rlshift__", **_reflected("<<"))
def reflected_left_shift(input: Array, other: Number) -> Array:
    """A number's bits moved up."""
    return bitwise_left_shift(other, input)


@composite("__rrshift__", **_reflected(">>"))
def reflected_right_shift(input: Array, other: Number) -> Array:
    """A number's bits moved down."""
    return bitwise_right_shift(other, input)
