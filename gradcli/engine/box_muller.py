"""Normal numbers from uniform ones, in blocks of 16, bit for bit as torch's kernels compute them.

float32 follows the vector code that torch runs on AVX2 machines: Cephes' single-precision log, sin and cos, with the
multiply-adds that the compiler fuses. A fused multiply-add of float32 is had in float64: the product is exact there.

Sources: ATen/native/cpu/DistributionTemplates.h (`NormalFill16`); ATen/native/cpu/avx_mathfun.h; S. Moshier's Cephes
(logf.c, sinf.c).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

_F = np.float32
_LOG: Final = tuple(
    map(
        _F,
        (
            7.0376836292e-2,
            -1.1514610310e-1,
            1.1676998740e-1,
            -1.2420140846e-1,
            1.4249322787e-1,
            -1.6668057665e-1,
            2.0000714765e-1,
            -2.4999993993e-1,
            3.3333331174e-1,
        ),
    )
)
_LN2_LOW, _LN2_HIGH = _F(-2.12194440e-4), _F(0.693359375)
_SQRT_HALF = _F(0.707106781186547524)
_SIN: Final = tuple(map(_F, (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)))
_COS: Final = tuple(map(_F, (2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)))
_QUARTER_PI: Final = tuple(map(_F, (-0.78515625, -2.4187564849853515625e-4, -3.77489497744594108e-8)))
_FOUR_OVER_PI = _F(1.27323954473516)
_TWO_PI = _F(2 * math.pi)
_ONE, _HALF, _MINUS_TWO = _F(1), _F(0.5), _F(-2)
_BLOCK: Final = 1 << 15  # what stays in the cache between the steps
_FEW: Final = 4096


def normal_float32(uniform: Array, mean: float, std: float) -> None:
    """Replace float32 uniforms in [0, 1), a multiple of 16 of them, by normal numbers."""
    for start in range(0, uniform.size, _BLOCK):
        block = uniform[start : start + _BLOCK].reshape(-1, 16)
        radius = np.sqrt(_MINUS_TWO * _log(_ONE - block[:, :8]))
        sine, cosine = _sin_cos(_TWO_PI * block[:, 8:])
        block[:, :8] = _fma(radius * cosine, _F(std), _F(mean))
        block[:, 8:] = _fma(radius * sine, _F(std), _F(mean))


def normal_float64(uniform: Array, mean: float, std: float) -> None:
    """The same in float64, where torch calls the C library."""
    block = uniform.reshape(-1, 16)
    radius = np.sqrt(-2 * precise(math.log, np.log, 1 - block[:, :8]))
    angle = 2 * math.pi * block[:, 8:]
    block[:, :8] = _fma_float64(radius * precise(math.cos, np.cos, angle), std, mean)
    block[:, 8:] = _fma_float64(radius * precise(math.sin, np.sin, angle), std, mean)


def precise(scalar: Callable[[float], float], vector: Callable[[Array], Array], values: Array) -> Array:
    """A function of the C library, as torch calls it; for many values numpy's, whose last bit may differ."""
    if values.size > _FEW:
        return vector(values)
    return np.array(list(map(scalar, values.ravel().tolist())), np.float64).reshape(values.shape)


def fma(a: Array, b: Any, c: Any) -> Array:
    """a * b + c of float32 or float64 values, rounded once but for rare ties."""
    return _fma(a, b, c) if a.dtype == np.float32 else _fma_float64(a, float(b), float(c))


def _fma_float64(a: Array, b: float, c: float) -> Array:
    """Dekker's product, Knuth's sum."""
    product = a * b
    if b == 1:
        return np.asarray(product + c)
    high_a, high_b = _upper_half(a), float(_upper_half(b))
    low_a, low_b = a - high_a, b - high_b
    error = ((high_a * high_b - product) + high_a * low_b + low_a * high_b) + low_a * low_b
    total = product + c
    other = total - product
    exact = total + ((product - (total - other)) + (c - other) + error)
    return np.where(np.isfinite(exact), exact, total)


def _upper_half(value: Any) -> Any:
    scaled = value * 134217729.0  # 2**27 + 1
    return scaled - (scaled - value)


def _fma(a: Array, b: Any, c: Any) -> Array:
    wide = a.astype(np.float64)
    wide *= b
    wide += c
    return wide.astype(np.float32)


def _polynomial(x: Array, coefficients: tuple[Any, ...]) -> Array:
    result: Any = coefficients[0]
    for coefficient in coefficients[1:]:
        result = _fma(x, result, coefficient)
    return np.asarray(result)


def _log(x: Array) -> Array:
    """Of positive numbers that are not subnormal."""
    bits = x.view(np.int32)
    exponent = ((bits >> 23) - 126).astype(np.float32)
    mantissa = ((bits & 0x7FFFFF) | 0x3F000000).view(np.float32)  # in [0.5, 1)
    small = mantissa < _SQRT_HALF
    exponent -= small
    x = (mantissa - _ONE) + np.where(small, mantissa, _F(0))
    square = x * x
    y = _polynomial(x, _LOG) * x
    y = _fma(y, square, exponent * _LN2_LOW)
    y = _fma(square, -_HALF, y)
    return _fma(exponent, _LN2_HIGH, x + y)


def _sin_cos(x: Array) -> tuple[Array, Array]:
    """Of angles from 0 up, reduced to [-pi/4, pi/4]."""
    octant = ((x * _FOUR_OVER_PI).astype(np.int32) + 1) & ~1
    turns = octant.astype(np.float32)
    for part in _QUARTER_PI:
        x = _fma(turns, part, x)
    square = x * x
    cosine = _fma(_polynomial(square, _COS) * square, square, square * -_HALF) + _ONE
    sine = _fma(_polynomial(square, _SIN) * square, x, x)
    swapped = (octant & 2) != 0
    sine, cosine = np.where(swapped, cosine, sine), np.where(swapped, sine, cosine)
    np.negative(sine, out=sine, where=(octant & 4) != 0)
    np.negative(cosine, out=cosine, where=((octant - 2) & 4) == 0)
    return sine, cosine
