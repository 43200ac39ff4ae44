"""The error function, the normal distribution, and their inverses.

Sources: ATen/native/Math.h (`calc_erfinv` after G. L. Pavlis, `calc_ndtri` after the Cephes Math Library); DLMF 7.9.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradcli.ops.approximations.gamma import polynomial

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Doubles = NDArray[np.float64]

_P0: Final = (
    -59.96335010141079,
    98.00107541859997,
    -56.67628574690703,
    13.931260938727968,
    -1.2391658386738125,
)
_Q0: Final = (
    1.0,
    1.9544885833814176,
    4.676279128988815,
    86.36024213908905,
    -225.46268785411937,
    200.26021238006066,
    -82.03722561683334,
    15.90562251262117,
    -1.1833162112133,
)
_P1: Final = (
    4.0554489230596245,
    31.525109459989388,
    57.16281922464213,
    44.08050738932008,
    14.684956192885803,
    2.1866330685079025,
    -0.1402560791713545,
    -0.03504246268278482,
    -0.0008574567851546854,
)
_Q1: Final = (
    1.0,
    15.779988325646675,
    45.39076351288792,
    41.3172038254672,
    15.04253856929075,
    2.504649462083094,
    -0.14218292285478779,
    -0.03808064076915783,
    -0.0009332594808954574,
)
_P2: Final = (
    3.2377489177694603,
    6.915228890689842,
    3.9388102529247444,
    1.3330346081580755,
    0.20148538954917908,
    0.012371663481782003,
    0.00030158155350823543,
    2.6580697468673755e-06,
    6.239745391849833e-09,
)
_Q2: Final = (
    1.0,
    6.02427039364742,
    3.6798356385616087,
    1.3770209948908132,
    0.21623699359449663,
    0.013420400608854318,
    0.00032801446468212774,
    2.8924786474538068e-06,
    6.790194080099813e-09,
)
_TAIL: Final = 0.13533528323661269189  # exp(-2)

_erf, _erfc = np.frompyfunc(math.erf, 1, 1), np.frompyfunc(math.erfc, 1, 1)


def erf(x: Any) -> Doubles:
    """The error function."""
    return np.asarray(_erf(x), np.float64)


def erfc(x: Doubles) -> Doubles:
    """1 - erf(x), exact also where erf(x) is close to 1."""
    return np.asarray(_erfc(x), np.float64)


def erfinv(y: Doubles) -> Doubles:
    """The x with erf(x) = y: a rational approximation, and two of Newton's steps."""
    size = np.abs(y)
    z = y * y
    middle = y * polynomial(z, (-0.140543331, 0.914624893, -1.645349621, 0.886226899))
    middle /= polynomial(z, (0.012229801, -0.329097515, 1.442710462, -2.118377725, 1.0))
    z = np.sqrt(-np.log((1 - size) / 2))
    outer = np.copysign(polynomial(z, (1.641345311, 3.429567803, -1.624906493, -1.970840454)), y)
    outer /= polynomial(z, (1.637067800, 3.543889200, 1.0))
    x = np.where(size <= 0.7, middle, outer)
    for _ in range(2):
        x = x - (erf(np.where(np.isfinite(x), x, 0.0)) - y) / (2 / math.sqrt(math.pi) * np.exp(-x * x))
    return np.asarray(np.where(size == 1, np.copysign(np.inf, y), np.where(size > 1, np.nan, x)))


def erfcx(x: Doubles) -> Doubles:
    """exp(x**2) * erfc(x)."""
    return np.where(x > 8, _erfcx_fraction(np.maximum(x, 8)), _erfcx_product(np.clip(x, -30, 8)))


def _erfcx_product(x: Doubles) -> Doubles:
    """The square in two parts, so that its rounding does not grow in the exponential."""
    high = np.asarray(x, np.float32).astype(np.float64)
    return np.asarray(np.exp(high * high) * np.exp((x - high) * (x + high)) * erfc(x))


def _erfcx_fraction(x: Doubles) -> Doubles:
    """The continued fraction 1 / (x + 0.5 / (x + 1 / (x + 1.5 / …))) / sqrt(pi)."""
    denominator = x
    for k in range(40, 0, -1):
        denominator = x + 0.5 * k / denominator
    return np.asarray(1 / (math.sqrt(math.pi) * denominator))


def log_ndtr(x: Doubles) -> Doubles:
    """The logarithm of the normal distribution function."""
    t = x / math.sqrt(2)
    return np.where(x < -1, np.log(erfcx(-np.minimum(t, 0)) / 2) - t * t, np.log1p(-erfc(t) / 2))


def ndtri(p: Doubles) -> Doubles:
    """The inverse of the normal distribution function."""
    upper = p > 1 - _TAIL
    y = np.where(upper, 1 - p, p)
    centred = y - 0.5
    square = centred * centred
    middle = centred + centred * (square * polynomial(square, _P0) / polynomial(square, _Q0))
    x = np.sqrt(-2 * np.log(y))
    z = 1 / x
    near = polynomial(z, _P1) / polynomial(z, _Q1)
    far = polynomial(z, _P2) / polynomial(z, _Q2)
    tail = x - np.log(x) / x - z * np.where(x < 8, near, far)
    result = np.where(y > _TAIL, middle * math.sqrt(2 * math.pi), np.where(upper, tail, -tail))
    result = np.where((p < 0) | (p > 1), np.nan, result)
    return np.asarray(np.where(p == 0, -np.inf, np.where(p == 1, np.inf, result)))
