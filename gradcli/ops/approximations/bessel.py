"""Bessel functions of order 0 and 1: ordinary (J, Y) and modified (I, K).

Sources: the Cephes Math Library (S. Moshier) by way of ATen/native/Math.h.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.ops.approximations import bessel_tables as tables
from gradcli.ops.approximations.gamma import polynomial

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Doubles = NDArray[np.float64]
    Table = tuple[float, ...]


def chebyshev(x: Any, coefficients: Table) -> Any:
    """The sum of Chebyshev polynomials, the highest first."""
    before, last, result = 0.0, 0.0, coefficients[0]
    for coefficient in coefficients[1:]:
        before, last = last, result
        result = x * last - before + coefficient
    return 0.5 * (result - before)


def _scaled(x: Doubles, near: Table, far: Table, order: int) -> Doubles:
    """exp(-x) times the modified function of the first kind, for x >= 0."""
    low = chebyshev(np.minimum(x, 8.0) / 2 - 2, near) * (x if order else 1.0)
    return np.where(x <= 8, low, chebyshev(32 / np.maximum(x, 8.0) - 2, far) / np.sqrt(x))


def i0e(x: Doubles) -> Doubles:
    """exp(-|x|) * i0(x)."""
    return _scaled(np.abs(x), tables.I0E_A, tables.I0E_B, 0)


def i0(x: Doubles) -> Doubles:
    """The modified function of the first kind, of order 0."""
    return np.exp(np.abs(x)) * i0e(x)


def i1e(x: Doubles) -> Doubles:
    """exp(-|x|) * i1(x)."""
    size = _scaled(np.abs(x), tables.I1E_A, tables.I1E_B, 1)
    return np.where(x < 0, -size, size)


def i1(x: Doubles) -> Doubles:
    """The modified function of the first kind, of order 1."""
    return np.exp(np.abs(x)) * i1e(x)


def _waves(x: Doubles, ratios: tuple[Table, Table, Table, Table], shift: float, second: bool) -> Doubles:
    """Beyond 5, the asymptotic form; the function of the second kind is a quarter of a period later."""
    pp, pq, qp, qq = ratios
    square = 25 / (x * x)
    p = polynomial(square, pp) / polynomial(square, pq)
    q = 5 / x * (polynomial(square, qp) / polynomial(square, qq))
    sine, cosine = np.sin(x - shift), np.cos(x - shift)
    wave = p * sine + q * cosine if second else p * cosine - q * sine
    return np.asarray(wave * math.sqrt(2 / math.pi) / np.sqrt(x))


_J0 = (tables.J0_PP, tables.J0_PQ, tables.J0_QP, tables.J0_QQ)
_J1 = (tables.J1_PP, tables.J1_PQ, tables.J1_QP, tables.J1_QQ)
_QUARTER, _THREE_QUARTERS = math.pi / 4, 3 * math.pi / 4


def j0(x: Doubles) -> Doubles:
    """The function of the first kind, of order 0."""
    x = np.abs(x)
    square = x * x
    inner = (square - 5.78318596294678452118) * (square - 30.4712623436620863991)
    inner = inner * polynomial(square, tables.J0_RP) / polynomial(square, tables.J0_RQ)
    inner = np.where(x < 0.00001, 1 - square / 4, inner)
    return np.where(x <= 5, inner, _waves(x, _J0, _QUARTER, second=False))


def j1(x: Doubles) -> Doubles:
    """The function of the first kind, of order 1."""
    size = np.abs(x)
    square = x * x
    inner = polynomial(square, tables.J1_RP) / polynomial(square, tables.J1_RQ)
    inner = inner * size * (square - 14.6819706421238932572) * (square - 49.2184563216946036703)
    result = np.where(size <= 5, inner, _waves(size, _J1, _THREE_QUARTERS, second=False))
    return np.where(x < 0, -result, result)


def _second_kind(x: Doubles, inner: Any, outer: Any) -> Doubles:
    """-inf at 0, nan below."""
    result = np.where(x <= 5, inner, outer)
    return np.asarray(np.where(x == 0, -np.inf, np.where(x < 0, np.nan, result)))


def y0(x: Doubles) -> Doubles:
    """The function of the second kind, of order 0."""
    square = x * x
    inner = polynomial(square, tables.Y0_P) / polynomial(square, tables.Y0_Q) + 2 / math.pi * np.log(x) * j0(x)
    return _second_kind(x, inner, _waves(x, _J0, _QUARTER, second=True))


def y1(x: Doubles) -> Doubles:
    """The function of the second kind, of order 1."""
    square = x * x
    inner = x * (polynomial(square, tables.Y1_P) / polynomial(square, tables.Y1_Q)) + 2 / math.pi * (
        j1(x) * np.log(x) - 1 / x
    )
    return _second_kind(x, inner, _waves(x, _J1, _THREE_QUARTERS, second=True))


def k0(x: Doubles, scaled: bool = False) -> Doubles:
    """The modified function of the second kind, of order 0; scaled: times exp(x)."""
    low = chebyshev(x * x - 2, tables.K0_A) - np.log(0.5 * x) * i0(x)
    return _modified_second_kind(x, low, tables.K0_B, scaled)


def k1(x: Doubles, scaled: bool = False) -> Doubles:
    """The modified function of the second kind, of order 1; scaled: times exp(x)."""
    low = np.log(0.5 * x) * i1(x) + chebyshev(x * x - 2, tables.K1_A) / x
    return _modified_second_kind(x, low, tables.K1_B, scaled)


def _modified_second_kind(x: Doubles, low: Any, far: Table, scaled: bool) -> Doubles:
    high = chebyshev(8 / x - 2, far) / np.sqrt(x)
    result = np.where(x <= 2, low * np.exp(x), high) if scaled else np.where(x <= 2, low, high * np.exp(-x))
    return np.asarray(np.where(x == 0, np.inf, np.where(x < 0, np.nan, result)))
