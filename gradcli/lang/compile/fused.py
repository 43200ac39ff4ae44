"""`+`, `-`, `*` and `%` written out for the operands that programs have most: loops spend their time in these closures.

`+` and `*` can make something long out of something short, `%` fills in texts: each looks at the types before it works.
"""

from __future__ import annotations

from typing import Any, Final

from numpy import bool_, int8, int16, int32, int64, ndarray, uint8, uint16, uint32, uint64

from gradcli.lang.budget import grown, multiply, remainder, settled
from gradcli.lang.compile.base import Run
from gradcli.lang.compile.operands import CONSTANT, VARIABLE, Operand, blame_operands
from gradcli.lang.errors.spots import Place, blame

GROWS: Final = frozenset((str, list, tuple, ndarray))
NUMPYS: Final = (bool_, int8, int16, int32, int64, uint8, uint16, uint32, uint64)  # they, too, repeat a list
REPEATS: Final = frozenset((str, list, tuple, int, bool, *NUMPYS))
SMALL: Final = 1 << 62


def fused_add(left: Operand, right: Operand, place: Place) -> Run:
    """`left + right`."""
    a, b, k, j, c = left.run, right.run, left.key, right.key, right.value

    def vv(frame: Any) -> Any:
        try:
            result = frame[k] + frame[j]
            kind = type(result)
            return grown(result) if kind is not float and kind is not int and kind in GROWS else result
        except Exception as error:
            blame_operands(error, place, frame, k, j)
            raise

    def vc(frame: Any) -> Any:
        try:
            return frame[k] + c
        except Exception as error:
            blame_operands(error, place, frame, k)
            raise

    def vx(frame: Any) -> Any:
        try:
            value = frame[k]
        except KeyError as error:
            blame_operands(error, place, frame, k)
            raise
        other = b(frame)
        try:
            result = value + other
            kind = type(result)
            return grown(result) if kind is not float and kind is not int and kind in GROWS else result
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
            kind = type(result)
            return grown(result) if kind is not float and kind is not int and kind in GROWS else result
        except Exception as error:
            blame(error, place, value, other)
            raise

    return _choose(left, right, vv, vc, vx, xc, xx)


def fused_subtract(left: Operand, right: Operand, place: Place) -> Run:
    """`left - right`."""
    a, b, k, j, c = left.run, right.run, left.key, right.key, right.value

    def vv(frame: Any) -> Any:
        try:
            result = frame[k] - frame[j]
            return settled(result) if type(result) is ndarray else result
        except Exception as error:
            blame_operands(error, place, frame, k, j)
            raise

    def vc(frame: Any) -> Any:
        try:
            return frame[k] - c
        except Exception as error:
            blame_operands(error, place, frame, k)
            raise

    def vx(frame: Any) -> Any:
        try:
            value = frame[k]
        except KeyError as error:
            blame_operands(error, place, frame, k)
            raise
        other = b(frame)
        try:
            result = value - other
            return settled(result) if type(result) is ndarray else result
        except Exception as error:
            blame(error, place, value, other)
            raise

    def xc(frame: Any) -> Any:
        value = a(frame)
        try:
            return value - c
        except Exception as error:
            blame(error, place, value)
            raise

    def xx(frame: Any) -> Any:
        value = a(frame)
        other = b(frame)
        try:
            result = value - other
            return settled(result) if type(result) is ndarray else result
        except Exception as error:
            blame(error, place, value, other)
            raise

    return _choose(left, right, vv, vc, vx, xc, xx)


def fused_multiply(left: Operand, right: Operand, place: Place) -> Run:
    """`left * right`."""
    a, b, k, j, c = left.run, right.run, left.key, right.key, right.value

    def vv(frame: Any) -> Any:
        try:
            value, other = frame[k], frame[j]
            if type(value) is float or type(value) not in REPEATS or type(other) not in REPEATS:
                return value * other
            return _product(value, other)
        except Exception as error:
            blame_operands(error, place, frame, k, j)
            raise

    def vx(frame: Any) -> Any:
        try:
            value = frame[k]
        except KeyError as error:
            blame_operands(error, place, frame, k)
            raise
        other = b(frame)
        try:
            if type(value) is float or type(value) not in REPEATS or type(other) not in REPEATS:
                return value * other
            return _product(value, other)
        except Exception as error:
            blame(error, place, value, other)
            raise

    def xx(frame: Any) -> Any:
        value = a(frame)
        other = b(frame)
        try:
            if type(value) is float or type(value) not in REPEATS or type(other) not in REPEATS:
                return value * other
            return _product(value, other)
        except Exception as error:
            blame(error, place, value, other)
            raise

    if right.kind == CONSTANT:
        return _times_constant(left, c, place)
    if left.kind == CONSTANT and type(left.value) in (int, float):
        return _constant_times(left.value, right, place)
    return vv if left.kind == right.kind == VARIABLE else vx if left.kind == VARIABLE else xx


def _times_constant(left: Operand, c: Any, place: Place) -> Run:
    a, k = left.run, left.key
    if type(c) is int and abs(c) < SMALL:  # the product has at most 62 bits more: the next check sees it in time

        def vc(frame: Any) -> Any:
            try:
                value = frame[k]
                if type(value) is int:
                    result = value * c
                    return result if -SMALL < result < SMALL else grown(result)
                return value * c if type(value) not in GROWS else multiply(value, c)
            except Exception as error:
                blame_operands(error, place, frame, k)
                raise

        def xc(frame: Any) -> Any:
            value = a(frame)
            try:
                if type(value) is int:
                    result = value * c
                    return result if -SMALL < result < SMALL else grown(result)
                return value * c if type(value) not in GROWS else multiply(value, c)
            except Exception as error:
                blame(error, place, value)
                raise

        return vc if left.kind == VARIABLE else xc

    def run(frame: Any) -> Any:
        value = a(frame)
        try:
            return multiply(value, c) if type(value) in REPEATS else value * c
        except Exception as error:
            blame(error, place, value)
            raise

    return run


def _constant_times(c: Any, right: Operand, place: Place) -> Run:
    b = right.run

    def cx(frame: Any) -> Any:
        value = b(frame)
        try:
            if type(value) is float or type(value) not in REPEATS:
                return c * value
            return _product(c, value)
        except Exception as error:
            blame(error, place, c, value)
            raise

    return cx


def fused_remainder(left: Operand, right: Operand, place: Place) -> Run:
    """`left % right`."""
    a, b, k, c = left.run, right.run, left.key, right.value

    def vc(frame: Any) -> Any:
        try:
            value = frame[k]
            return value % c if type(value) is not str else remainder(value, c)
        except Exception as error:
            blame_operands(error, place, frame, k)
            raise

    def xx(frame: Any) -> Any:
        value = a(frame)
        other = b(frame)
        try:
            result = value % other if type(value) is not str else remainder(value, other)
            return settled(result) if type(result) is ndarray else result
        except Exception as error:
            blame(error, place, value, other)
            raise

    return vc if left.kind == VARIABLE and right.kind == CONSTANT else xx


def _choose(left: Operand, right: Operand, vv: Run, vc: Run, vx: Run, xc: Run, xx: Run) -> Run:
    if left.kind == VARIABLE:
        return vv if right.kind == VARIABLE else vc if right.kind == CONSTANT else vx
    return xc if right.kind == CONSTANT else xx


def _product(left: Any, right: Any) -> Any:
    if type(left) is int and type(right) is int:
        result = left * right
        return result if -SMALL < result < SMALL else grown(result)
    return multiply(left, right)
