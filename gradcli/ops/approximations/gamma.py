"""The logarithm of the gamma function, its derivatives, Hurwitz' zeta and the incomplete gamma functions.

Sources: the Cephes Math Library (S. Moshier) by way of ATen/native/Math.h; DLMF 8.7, 8.9, 8.11.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Doubles = NDArray[np.float64]

_PSI_10: Final = 2.25175258906672110764
_PSI: Final = (
    8.33333333333333333333e-2,
    -2.10927960927960927961e-2,
    7.57575757575757575758e-3,
    -4.16666666666666666667e-3,
    3.96825396825396825397e-3,
    -8.33333333333333333333e-3,
    8.33333333333333333333e-2,
)
# (2k)! / B_2k, the coefficients of Euler and Maclaurin's sum.
_ZETA: Final = (
    12.0,
    -720.0,
    30240.0,
    -1209600.0,
    47900160.0,
    -1.8924375803183791606e9,
    7.47242496e10,
    -2.950130727918164224e12,
    1.1646782814350067249e14,
    -4.5979787224074726105e15,
    1.8152105401943546773e17,
    -7.1661652561756670113e18,
)
_EPSILON: Final = 1.11022302462515654042e-16
_MOST_TERMS: Final = 100_000


def polynomial(x: Any, coefficients: tuple[float, ...]) -> Any:
    """The value at x, the highest power's coefficient first."""
    result = coefficients[0] * np.ones_like(x)
    for coefficient in coefficients[1:]:
        result = result * x + coefficient
    return result


def _log_gamma(x: float) -> float:
    try:
        return math.lgamma(x)
    except ValueError:  # a pole
        return math.inf


_lgamma = np.frompyfunc(_log_gamma, 1, 1)


def lgamma(x: Doubles) -> Doubles:
    """log |gamma(x)|, infinite at 0, -1, -2, …"""
    return np.asarray(_lgamma(x), np.float64)


def digamma(x: Doubles) -> Doubles:
    """The derivative of log gamma: nan at negative integers, an infinity of the other sign at a zero."""
    negative = x < 0
    result, y = np.zeros_like(x), np.where(negative, 1 - x, x)
    for _ in range(10):
        low = y < 10
        result -= np.where(low, 1 / y, 0)
        y = np.where(low, y + 1, y)
    squared = 1 / (y * y)
    tail = np.where(y < 1e17, squared * polynomial(squared, _PSI), 0.0)
    result += np.where(y == 10, _PSI_10, np.log(y) - 0.5 / y - tail)
    whole = np.trunc(x)
    result -= np.where(negative, math.pi / np.tan(math.pi * (x - whole)), 0)
    result = np.where(negative & (x == whole), np.nan, result)
    return np.asarray(np.where(x == 0, np.copysign(np.inf, -x), result))


def trigamma(x: Doubles) -> Doubles:
    """The second derivative of log gamma."""
    reflected = x < 0.5
    y = np.where(reflected, 1 - x, x)
    result = np.where(reflected, -((math.pi / np.sin(math.pi * x)) ** 2), x.dtype.type(0))
    for _ in range(6):
        result += 1 / (y * y)
        y = y + 1
    squared = 1 / (y * y)
    result += (1 + 1 / (2 * y) + squared * (1 / 6 - squared * (1 / 30 - squared * (1 / 42)))) / y
    return np.asarray(np.where(reflected, -result, result))


def _power(base: float, exponent: float) -> float:
    """base ** exponent as C has it: infinities where Python raises."""
    try:
        return math.pow(base, exponent)
    except (OverflowError, ZeroDivisionError, ValueError):
        return float(np.power(base, exponent))


def _hurwitz(x: float, q: float) -> float:
    if math.isnan(x) or math.isnan(q) or x < 1:
        return math.nan
    if x == 1:
        return math.inf
    if q <= 0:
        if q == -math.inf or q % 1 == 0:
            return math.inf
        if x % 1:
            return math.nan
    total = _power(q, -x)
    start, term, steps = q, 0.0, 0
    while steps < 9 or start <= 9:
        steps += 1
        start += 1
        term = _power(start, -x)
        total += term
        if abs(term) < _EPSILON * total or steps > _MOST_TERMS:
            return total
    total += term * start / (x - 1) - 0.5 * term
    factor, k = 1.0, 0.0
    for coefficient in _ZETA:
        factor *= x + k
        term /= start
        step = factor * term / coefficient
        total += step
        if abs(step / total) < _EPSILON:
            break
        factor *= x + k + 1
        term /= start
        k += 2
    return total


_zeta = np.frompyfunc(_hurwitz, 2, 1)


def zeta(x: Any, q: Any) -> Doubles:
    """Hurwitz' zeta: the sum of (k + q) ** -x over k = 0, 1, 2, …"""
    return np.asarray(_zeta(x, q), np.float64)


def polygamma(n: int, x: Doubles) -> Doubles:
    """The n-th derivative of digamma."""
    if n == 0:
        return digamma(x)
    if n == 1:
        return trigamma(x)
    return np.asarray((1.0 if n % 2 else -1.0) * math.exp(math.lgamma(n + 1.0)) * zeta(n + 1.0, x))


# --- incomplete gamma functions ------------------------------------------------------------------------------------


def _weight(a: float, x: float) -> float:
    """x**a * exp(-x) / gamma(a)."""
    exponent = a * math.log(x) - x - math.lgamma(a)
    if abs(a - x) < 0.4 * a and a > 10:  # the terms nearly cancel: in terms of their distance instead (Stirling)
        ratio = (x - a) / a
        stirling = 1 / (12 * a) - 1 / (360 * a**3) + 1 / (1260 * a**5) - 1 / (1680 * a**7)
        return math.sqrt(a / (2 * math.pi)) * math.exp(a * (math.log1p(ratio) - ratio) - stirling)
    return math.exp(exponent) if exponent > -709.78 else 0.0


def _lower_series(a: float, x: float) -> float:
    weight = _weight(a, x)
    term = total = 1.0
    r = a
    for _ in range(_MOST_TERMS if weight else 0):
        r += 1
        term *= x / r
        total += term
        if term <= _EPSILON * total:
            break
    return total * weight / a


def _upper_series(a: float, x: float) -> float:
    factor, total = 1.0, 0.0
    for n in range(1, 2000):
        factor *= -x / n
        term = factor / (a + n)
        total += term
        if abs(term) <= _EPSILON * abs(total):
            break
    logarithm = math.log(x)
    return -math.expm1(a * logarithm - math.lgamma(1 + a)) - math.exp(a * logarithm - math.lgamma(a)) * total


def _upper_fraction(a: float, x: float) -> float:
    """The continued fraction, by Lentz' method."""
    weight = _weight(a, x)
    if not weight:
        return 0.0
    b = x + 1 - a
    c, d = 1e300, 1 / b
    result = d
    for i in range(1, _MOST_TERMS):
        step = -i * (i - a)
        b += 2
        d = step * d + b
        d = 1 / (d or 1e-300)
        c = b + step / c or 1e-300
        result *= d * c
        if abs(d * c - 1) <= _EPSILON:
            break
    return result * weight


def _edge(a: float, x: float) -> float | None:
    """The lower function where neither series applies."""
    if math.isnan(a) or math.isnan(x) or x < 0 or a < 0 or (a == x and a in (0, math.inf)):
        return math.nan
    if a == 0 or x == math.inf:
        return 1.0
    return 0.0 if x == 0 or a == math.inf else None


def _upper(a: float, x: float) -> float:
    edge = _edge(a, x)
    if edge is not None:
        return 1 - edge
    if x > 1.1:
        return 1 - _lower_series(a, x) if x < a else _upper_fraction(a, x)
    small = -0.4 / math.log(x) < a if x <= 0.5 else x * 1.1 < a
    return 1 - _lower_series(a, x) if small else _upper_series(a, x)


def _lower(a: float, x: float) -> float:
    edge = _edge(a, x)
    if edge is not None:
        return edge
    return 1 - _upper(a, x) if x > 1 and x > a else _lower_series(a, x)


_igamma, _igammac = np.frompyfunc(_lower, 2, 1), np.frompyfunc(_upper, 2, 1)


def igamma(a: Doubles, x: Doubles) -> Doubles:
    """The regularized lower incomplete gamma function."""
    return np.asarray(_igamma(a, x), np.float64)


def igammac(a: Doubles, x: Doubles) -> Doubles:
    """The regularized upper incomplete gamma function."""
    return np.asarray(_igammac(a, x), np.float64)
