"""Comparisons and tests of elements: results are booleans."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dims import broadcast_shapes
from gradcli.engine.dtypes import of
from gradcli.engine.entry import OUT
from gradcli.engine.limits import reserve
from gradcli.engine.op import composite, op
from gradcli.engine.tensor import Tensor
from gradcli.ops.common import WrittenApart, nothing, require

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Number, Operand


def comparison(operator: str, *aliases: str, samples: list[str], examples: list[str]) -> Callable[..., WrittenApart]:
    """Make a comparison of a kernel. Its result never requires grad, but written into an operand it is a step."""

    def decorate(kernel: Callable[..., Any]) -> WrittenApart:
        stem = kernel.__name__.capitalize()
        fields = {
            "operator": operator,
            "aliases": aliases,
            "extras": OUT,
            "samples": samples,
            "examples": examples,
            "written": {
                "vjp": {"input": lambda g: nothing(g), "other": lambda g: nothing(g)},
                "grad_fn": lambda input, other: f"{stem}Backward{int(isinstance(other, Tensor))}",
            },
        }
        return WrittenApart("", kernel, fields)

    return decorate


@comparison(
    "==",
    samples=["eq(m, n)", "eq(ties, 2)", "m == row", "c == 1", "i == 2.5", "nans == nans"],
    examples=["tensor([1., 2.]) == tensor([1., 3.])"],
)
def eq(input: Operand, other: Operand | Number) -> Array:
    """Is input equal to other? Elementwise; shapes broadcast."""
    return np.equal(input, other)


@comparison(
    "!=",
    "not_equal",
    samples=["ne(m, n)", "ne(ties, 2)", "m != row", "c != 1", "nans != nans"],
    examples=["tensor([1., 2.]) != tensor([1., 3.])"],
)
def ne(input: Operand, other: Operand | Number) -> Array:
    """Does input differ from other? Elementwise; shapes broadcast."""
    return np.not_equal(input, other)


@comparison(
    "<",
    "less",
    samples=["lt(m, n)", "lt(ties, 2)", "m < row", "i < 2.5", "c < 1", "u8 < -1", "i8 < 300"],
    examples=["tensor([1., 2.]) < 2"],
)
def lt(input: Operand, other: Operand | Number) -> Array:
    """Is input less than other? Elementwise; shapes broadcast."""
    require(input, "biuf", "lt_cpu")
    return np.less(input, other)


@comparison(
    "<=",
    "less_equal",
    samples=["le(m, n)", "le(ties, 2)", "m <= row", "c <= 1"],
    examples=["tensor([1., 2.]) <= 1"],
)
def le(input: Operand, other: Operand | Number) -> Array:
    """Is input less than or equal to other? Elementwise; shapes broadcast."""
    require(input, "biuf", "le_cpu")
    return np.less_equal(input, other)


@comparison(
    ">",
    "greater",
    samples=["gt(m, n)", "gt(ties, 2)", "m > row", "2 > m", "c > 1"],
    examples=["tensor([1., 2.]) > 1"],
)
def gt(input: Operand, other: Operand | Number) -> Array:
    """Is input greater than other? Elementwise; shapes broadcast."""
    require(input, "biuf", "gt_cpu")
    return np.greater(input, other)


@comparison(
    ">=",
    "greater_equal",
    samples=["ge(m, n)", "ge(ties, 2)", "m >= row", "c >= 1"],
    examples=["tensor([1., 2.]) >= 2"],
)
def ge(input: Operand, other: Operand | Number) -> Array:
    """Is input greater than or equal to other? Elementwise; shapes broadcast."""
    require(input, "biuf", "ge_cpu")
    return np.greater_equal(input, other)


# Logic, where all but 0 is true


def _truth_shapes(input: Array, other: Array) -> None:
    if input.shape != other.shape:
        reserve(broadcast_shapes(input.shape, other.shape), np.dtype(bool))


@op(
    inplace=True,
    extras=OUT,
    samples=["logical_and(mask, mrow)", "logical_and(m, zeros_in)"],
    examples=["logical_and(tensor([True, False]), tensor([1., 2.]))"],
)
def logical_and(input: Array, other: Array) -> Array:
    """Are both true? Elementwise; shapes broadcast."""
    _truth_shapes(input, other)
    return np.logical_and(input, other)


@op(
    inplace=True,
    extras=OUT,
    samples=["logical_or(mask, mrow)", "logical_or(m, zeros_in)"],
    examples=["logical_or(tensor([True, False]), tensor([0., 0.]))"],
)
def logical_or(input: Array, other: Array) -> Array:
    """Is one of them true? Elementwise; shapes broadcast."""
    _truth_shapes(input, other)
    return np.logical_or(input, other)


@op(
    inplace=True,
    extras=OUT,
    samples=["logical_xor(mask, mrow)", "logical_xor(c, zeros_in)"],
    examples=["logical_xor(tensor([True, False]), tensor([1., 0.]))"],
)
def logical_xor(input: Array, other: Array) -> Array:
    """Is exactly one of them true? Elementwise; shapes broadcast."""
    _truth_shapes(input, other)
    return np.not_equal(input != 0, other != 0)


@op(
    inplace=True,
    extras=OUT,
    samples=["logical_not(mask)", "logical_not(zeros_in)"],
    examples=["logical_not(tensor([True, False]))"],
)
def logical_not(input: Array) -> Array:
    """Is it 0 (or False)?"""
    return np.logical_not(input)


# Tests of one


@op(samples=["isnan(nans)", "isnan(i)", "isnan(c)"], examples=["isnan(tensor([1., nan]))"])
def isnan(input: Array) -> Array:
    """Is it nan?"""
    return np.isnan(input)


@op(samples=["isinf(nans)", "isinf(i)", "isinf(c)"], examples=["isinf(tensor([1., -inf]))"])
def isinf(input: Array) -> Array:
    """Is it infinite?"""
    return np.isinf(input)


@op(samples=["isfinite(nans)", "isfinite(i)", "isfinite(c)"], examples=["isfinite(tensor([1., inf, nan]))"])
def isfinite(input: Array) -> Array:
    """Is it neither infinite nor nan?"""
    return np.isfinite(input)


def _signed_infinity(input: Array, sign: float, name: str) -> Array:
    if input.dtype.kind == "c":
        raise RuntimeError(f"{name} does not support complex inputs.")
    return np.equal(input, sign * np.inf)


@op(
    extras=OUT, samples=["isposinf(nans)", "isposinf(i)", "isposinf(c)"], examples=["isposinf(tensor([1., inf, -inf]))"]
)
def isposinf(input: Array) -> Array:
    """Is it positive infinity?"""
    return _signed_infinity(input, 1, "isposinf")


@op(
    extras=OUT, samples=["isneginf(nans)", "isneginf(i)", "isneginf(c)"], examples=["isneginf(tensor([1., inf, -inf]))"]
)
def isneginf(input: Array) -> Array:
    """Is it negative infinity?"""
    return _signed_infinity(input, -1, "isneginf")


@op(samples=["isreal(m)", "isreal(c)"], examples=["isreal(tensor([1 + 0j, 2j]))"])
def isreal(input: Array) -> Array:
    """Has it no imaginary part?"""
    return np.isreal(input)


@op(extras=OUT, samples=["signbit(m)", "signbit(i)", "signbit(c)"], examples=["signbit(tensor([1., -0.]))"])
def signbit(input: Array) -> Array:
    """Is it negative, -0 included?"""
    if input.dtype.kind == "c":
        raise NotImplementedError("signbit is not implemented for complex tensors.")
    return np.signbit(input) if input.dtype.kind == "f" else np.less(input, 0)


# Nearly, and wholly


@op(
    samples=[
        "isclose(m, m + 1e-9)",
        "isclose(m, n, rtol=0.5, atol=0.2)",
        "isclose(nans, nans, equal_nan=True)",
        "isclose(i, iv)",
        "isclose(c, c)",
        "isclose(m, i)",
        "isclose(m, m, rtol=-1.)",
    ],
    examples=["isclose(tensor([1., 2.]), tensor([1.000001, 2.1]))"],
)
def isclose(input: Array, other: Array, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Array:
    """Is |input - other| at most atol + rtol * |other|? Elementwise; shapes broadcast."""
    if input.dtype != other.dtype:
        raise RuntimeError(f"{of(input.dtype).scalar} did not match {of(other.dtype).scalar}")
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if tolerance < 0:
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got {tolerance:g}")
    reserve(broadcast_shapes(input.shape, other.shape), input.dtype)
    close = np.equal(input, other)
    if equal_nan:
        close = close | (np.isnan(input) & np.isnan(other))
    if not rtol and not atol:
        return close
    if input.dtype.kind in "biu":
        input, other = input.astype(np.float64), other.astype(np.float64)
    error = np.abs(input - other)
    return close | (np.isfinite(error) & (error <= atol + np.abs(rtol * other)))


@composite(
    samples=["allclose(m, m + 1e-9)", "allclose(m, n)", "allclose(nans, nans, equal_nan=True)"],
    examples=["allclose(tensor([1., 2.]), tensor([1., 2.000001]))"],
)
def allclose(input: Array, other: Array, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Are all elements close, as isclose has it? A Python bool."""
    return bool(isclose(input, other, rtol, atol, equal_nan).array.all())


@composite(samples=["equal(m, m)", "equal(m, row)", "equal(i, m)"], examples=["equal(tensor([1, 2]), tensor([1, 2]))"])
def equal(input: Array, other: Array) -> bool:
    """Have both the same shape and elements? A Python bool."""
    return bool(np.array_equal(input.array, other.array))  # type: ignore[attr-defined]
