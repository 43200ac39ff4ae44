"""`+` and `*`: the operators that can make something long out of something short, written out for numbers and tensors."""

from __future__ import annotations

from typing import Any, Final

from gradcli.lang.budget import grown, multiply
from gradcli.lang.compile_base import Run
from gradcli.lang.operands import CONSTANT, VARIABLE, Operand, blame_operands
from gradcli.lang.spots import Place, blame

GROWS: Final = frozenset((str, list, tuple))
REPEATS: Final = frozenset((str, list, tuple, int, bool))
SMALL: Final = 1 << 62


def fused_add(left: Operand, right: Operand, place: Place) -> Run:
    """`left + right`."""
    a, b, k, j, c = left.run, right.run, left.key, right.key, right.value

    def vv(frame: Any) -> Any:
        try:
            result = frame[k] + frame[j]
            return grown(result) if type(result) in GROWS else result
        except Exception as error:
            raise blame_operands(error, place, frame, k, j) from None

    def vc(frame: Any) -> Any:
        try:
            return frame[k] + c
        except Exception as error:
            raise blame_operands(error, place, frame, k) from None

    def vx(frame: Any) -> Any:
        try:
            value = frame[k]
        except KeyError as error:
            raise blame_operands(error, place, frame, k) from None
        other = b(frame)
        try:
            result = value + other
            return grown(result) if type(result) in GROWS else result
        except Exception as error:
            blame(error, place, value, other)
            raise

    def xc(frame: Any) -> Any:
        value = a(frame)
        try:
            return value + c
        except Exception as error:
            blame(error, place, value)
            raise

    def xx(frame: Any) -> Any:
        value = a(frame)
        other = b(frame)
        try:
            result = value + other
            return grown(result) if type(result) in GROWS else result
        except Exception as error:
            blame(error, place, value, other)
            raise

    return _choose(left, right, vv, vc, vx, xc, xx)


def fused_multiply(left: Operand, right: Operand, place: Place) -> Run:
    """`left * right`."""
    a, b, k, j, c = left.run, right.run, left.key, right.key, right.value
    bounded = type(c) is float

    def vv(frame: Any) -> Any:
        try:
            value, other = frame[k], frame[j]
            if type(value) in REPEATS and type(other) in REPEATS:
                return _product(value, other)
            return value * other
        except Exception as error:
            raise blame_operands(error, place, frame, k, j) from None

    def vc(frame: Any) -> Any:
        try:
            value = frame[k]
            if bounded or type(value) not in REPEATS:
                return value * c
            return _product(value, c)
        except Exception as error:
            raise blame_operands(error, place, frame, k) from None

    def vx(frame: Any) -> Any:
        try:
            value = frame[k]
        except KeyError as error:
            raise blame_operands(error, place, frame, k) from None
        other = b(frame)
        try:
            if type(value) in REPEATS and type(other) in REPEATS:
                return _product(value, other)
            return value * other
        except Exception as error:
            blame(error, place, value, other)
            raise

    def xc(frame: Any) -> Any:
        value = a(frame)
        try:
            if bounded or type(value) not in REPEATS:
                return value * c
            return _product(value, c)
        except Exception as error:
            blame(error, place, value)
            raise

    def xx(frame: Any) -> Any:
        value = a(frame)
        other = b(frame)
        try:
            if type(value) in REPEATS and type(other) in REPEATS:
                return _product(value, other)
            return value * other
        except Exception as error:
            blame(error, place, value, other)
            raise

    return _choose(left, right, vv, vc, vx, xc, xx)


def _choose(left: Operand, right: Operand, vv: Run, vc: Run, vx: Run, xc: Run, xx: Run) -> Run:
    if left.kind == VARIABLE:
        return vv if right.kind == VARIABLE else vc if right.kind == CONSTANT else vx
    return xc if right.kind == CONSTANT else xx


def _product(left: Any, right: Any) -> Any:
    if type(left) is int and type(right) is int:
        result = left * right
        return result if -SMALL < result < SMALL else grown(result)
    return multiply(left, right)
