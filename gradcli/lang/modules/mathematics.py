"""Python's `math`, with bounds on the integers that its functions make."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from gradcli.lang import budget
from gradcli.lang.budget import BUDGET, bounded, grown


def _factorial(n: Any) -> Any:
    if isinstance(n, int) and n > BUDGET.bits:
        raise budget.too_many_bits(n)
    return grown(math.factorial(n))


def _comb(n: Any, k: Any) -> int:
    _check_product(n, min(k, n - k) if isinstance(k, int) and isinstance(n, int) else 0)
    result: int = grown(math.comb(n, k))
    return result


def _perm(n: Any, k: Any = None) -> int:
    _check_product(n, n if k is None else k)
    result: int = grown(math.perm(n, k))
    return result


def _check_product(n: Any, factors: Any) -> None:
    """Refuse a product of so many numbers up to `n` that it would take long, before `grown` sees it."""
    if isinstance(n, int) and isinstance(factors, int) and factors * n.bit_length() > 64 * BUDGET.bits:
        raise budget.too_many_bits(factors)


def _prod(values: Any, *, start: Any = 1) -> Any:
    for value in bounded(values):
        start = budget.multiply(start, value)
    return start


def _lcm(*values: Any) -> int:
    result = 1
    for value in values:
        result = grown(math.lcm(result, value))
    return result if values else math.lcm()


_PLAIN = (
    "acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh degrees dist e erf erfc exp exp2 expm1 fabs "
    "floor fmod frexp gamma gcd hypot inf isclose isfinite isinf isnan isqrt ldexp lgamma log log10 log1p log2 modf "
    "nan nextafter pi pow radians remainder sin sinh sqrt tan tanh tau trunc ulp"
)


def members() -> dict[str, Any]:
    """The module's functions and constants."""
    table: Mapping[str, Any] = math.__dict__
    return {
        **{name: table[name] for name in _PLAIN.split()},
        "factorial": _factorial,
        "comb": _comb,
        "perm": _perm,
        "prod": _prod,
        "fsum": lambda values: math.fsum(bounded(values)),
        "lcm": _lcm,
    }
