"""Operators. Most of a loop's time goes into `name op name` and `name op constant`: these have closures of their own.

In the names of the closures: `v` a variable (`frame[key]`), `c` a constant, `x` any other expression.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final

from numpy import ndarray

from gradcli.lang import budget
from gradcli.lang.budget import settled
from gradcli.lang.compile.base import Compiler, Run, expression
from gradcli.lang.compile.fused import fused_add, fused_multiply, fused_remainder, fused_subtract
from gradcli.lang.compile.operands import ANY, CONSTANT, VARIABLE, Operand, blame_operands, operand_of
from gradcli.lang.errors.spots import Place, blame
from gradcli.lang.syntax import nodes

Binary = Callable[[Any, Any], Any]


def _add(left: Any, right: Any) -> Any:
    return budget.grown(left + right)


def _subtract(left: Any, right: Any) -> Any:
    result = left - right
    return settled(result) if type(result) is ndarray else result


def _divide(left: Any, right: Any) -> Any:
    result = left / right
    return settled(result) if type(result) is ndarray else result


def settling(function: Binary) -> Binary:
    """An operator that numpy's numbers have, too: beside a list they make an array, which becomes one of ours."""

    def run(left: Any, right: Any) -> Any:
        result = function(left, right)
        return settled(result) if type(result) is ndarray else result

    return run


BINARY: Final[dict[str, Binary]] = {
    "+": _add,
    "-": _subtract,
    "*": budget.multiply,
    "/": _divide,
    "//": settling(operator.floordiv),
    "%": settling(budget.remainder),
    "@": operator.matmul,
    "**": budget.power,
    "<<": settling(budget.shift_left),
    ">>": settling(operator.rshift),
    "&": settling(operator.and_),
    "|": settling(operator.or_),
}
# Beside a number nothing becomes an array that was none.
_BESIDE_NUMBER: Final[dict[str, Binary]] = {"-": operator.sub, "/": operator.truediv, "//": operator.floordiv}
_FUSED: Final[dict[str, Callable[[Operand, Operand, Place], Run]]] = {
    "+": fused_add,
    "-": fused_subtract,
    "*": fused_multiply,
    "%": fused_remainder,
}
NESTED_CHAIN = 6


def binary(op: str, left: Operand, right: Operand, place: Place) -> Run:
    """`left op right`."""
    fused = _FUSED.get(op)
    if fused is not None:
        return fused(left, right, place)
    function = BINARY[op]
    if right.kind == CONSTANT or (left.kind == CONSTANT and type(left.value) in budget.NUMBERS):
        function = _BESIDE_NUMBER.get(op, function)
    return apply(function, left, right, place)


def apply(function: Binary, left: Operand, right: Operand, place: Place) -> Run:
    """The closure for a function of two operands, by what the operands are."""
    if left.kind == VARIABLE:
        return _apply_v(function, left.key, right, place)
    a, b, c = left.run, right.run, right.value
    if right.kind == CONSTANT:

        def xc(frame: Any) -> Any:
            value = a(frame)
            try:
                return function(value, c)
            except Exception as error:
                blame(error, place, value, c)
                raise

        return xc

    def xx(frame: Any) -> Any:
        value = a(frame)
        other = b(frame)
        try:
            return function(value, other)
        except Exception as error:
            blame(error, place, value, other)
            raise

    return xx


def _apply_v(function: Binary, k: Any, right: Operand, place: Place) -> Run:
    j, b, c = right.key, right.run, right.value
    if right.kind == VARIABLE:

        def vv(frame: Any) -> Any:
            try:
                return function(frame[k], frame[j])
            except Exception as error:
                blame_operands(error, place, frame, k, j)
                raise

        return vv
    if right.kind == CONSTANT:

        def vc(frame: Any) -> Any:
            try:
                return function(frame[k], c)
            except Exception as error:
                blame_operands(error, place, frame, k)
                raise

        return vc

    def vx(frame: Any) -> Any:
        try:
            value = frame[k]
        except KeyError as error:
            blame_operands(error, place, frame, k)
            raise
        other = b(frame)
        try:
            return function(value, other)
        except Exception as error:
            blame(error, place, value, other)
            raise

    return vx


@expression(nodes.Chain)
def _chain(c: Compiler, node: nodes.Chain) -> Run:
    if len(node.rest) > NESTED_CHAIN:
        return _long_chain(c, node)
    start = node.span[0]
    left, left_span = operand_of(c, node.first), node.first.span
    for op, right, _ in node.rest:
        place = Place(c.source, (start, right.span[1]), (left_span, right.span))
        left = Operand(c, binary(op, left, operand_of(c, right), place))
        left_span = (start, right.span[1])
    return left.run


def _long_chain(c: Compiler, node: nodes.Chain) -> Run:
    """A sum of 100,000 terms: no closure for a term that is a name or a number."""
    first = c.expression(node.first)
    rest = [(BINARY[op], *_term(c, right)) for op, right, _ in node.rest]

    def run(frame: Any) -> Any:
        value = first(frame)
        position = -1
        try:
            for position, (function, kind, term) in enumerate(rest):  # noqa: B007 - read when it fails
                value = function(value, frame[term] if kind == VARIABLE else term if kind == CONSTANT else term(frame))
        except Exception as error:
            end = node.rest[position][1].span
            place = Place(c.source, (node.span[0], end[1]), ((node.span[0], end[0]), end))
            if type(error) is KeyError and rest[position][1] == VARIABLE:
                blame_operands(error, Place(c.source, end, (end,)), frame, rest[position][2])
            blame(error, place, value)
            raise
        return value

    return run


def _term(c: Compiler, node: nodes.Expression) -> tuple[int, Any]:
    """A kind of operand, and its value, the key of its variable, or its closure."""
    if isinstance(node, nodes.Name):
        key = c.key(node.name)
        if key is not None:
            return VARIABLE, key
    value = c.expression(node)
    return (CONSTANT, value(None)) if isinstance(node, nodes.Number) else (ANY, value)


@expression(nodes.Power)
def _power(c: Compiler, node: nodes.Power) -> Run:
    left, right = operand_of(c, node.base), operand_of(c, node.exponent)
    return apply(budget.power, left, right, c.place(node, node.base, node.exponent))


_UNARY: Final[dict[str, Callable[[Any], Any]]] = {"-": operator.neg, "+": operator.pos, "~": operator.invert}


@expression(nodes.Unary)
def _unary(c: Compiler, node: nodes.Unary) -> Run:
    function, value = _UNARY[node.op], operand_of(c, node.operand)
    if value.kind == CONSTANT and type(value.value) in (int, float, complex) and node.op != "~":
        constant = function(value.value)
        return lambda frame: constant
    place, operand = c.place(node, node.operand), value.run

    def run(frame: Any) -> Any:
        value = operand(frame)
        try:
            return function(value)
        except Exception as error:
            blame(error, place, value)
            raise

    return run


@expression(nodes.Not)
def _not(c: Compiler, node: nodes.Not) -> Run:
    operand, place = c.expression(node.operand), c.place(node, node.operand)

    def run(frame: Any) -> Any:
        value = operand(frame)
        try:
            return not value
        except Exception as error:
            blame(error, place, value)
            raise

    return run


# ---------------------------------------------------------------- comparisons


def _in(left: Any, right: Any) -> Any:
    return budget.member(left) in budget.searched(right, left)


def _not_in(left: Any, right: Any) -> Any:
    return budget.member(left) not in budget.searched(right, left)


def _equal(left: Any, right: Any) -> Any:
    result = (left if type(left) in budget.NUMBERS else budget.tree(left)) == right
    return settled(result) if type(result) is ndarray else result


def _unequal(left: Any, right: Any) -> Any:
    result = (left if type(left) in budget.NUMBERS else budget.tree(left)) != right
    return settled(result) if type(result) is ndarray else result


def _less(left: Any, right: Any) -> Any:
    result = left < right
    return settled(result) if type(result) is ndarray else result


def _greater(left: Any, right: Any) -> Any:
    result = left > right
    return settled(result) if type(result) is ndarray else result


COMPARISONS: Final[dict[str, Binary]] = {
    "<": _less,
    ">": _greater,
    "<=": settling(operator.le),
    ">=": settling(operator.ge),
    "==": _equal,
    "!=": _unequal,
    "in": _in,
    "not in": _not_in,
    "is": operator.is_,
    "is not": operator.is_not,
}
_WITH_NUMBER: Final[dict[str, Binary]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


@expression(nodes.Compare)
def _compare(c: Compiler, node: nodes.Compare) -> Run:
    if len(node.rest) > 1:
        return _compare_all(c, node)
    op, right, _ = node.rest[0]
    b = operand_of(c, right)
    function = COMPARISONS[op]
    if b.kind == CONSTANT:
        function = _WITH_NUMBER.get(op, function)
    return apply(function, operand_of(c, node.first), b, c.place(node, node.first, right))


def _compare_all(c: Compiler, node: nodes.Compare) -> Run:
    """`a < b < c`: each operand is evaluated once, and only as far as the outcome is open."""
    first = c.expression(node.first)
    rest = [(COMPARISONS[op], c.expression(right)) for op, right, _ in node.rest]
    operands = [node.first, *[right for _, right, _ in node.rest]]
    places = [c.at((a.span[0], b.span[1]), a, b) for a, b in pairwise(operands)]
    last = len(rest) - 1

    def run(frame: Any) -> Any:
        left = first(frame)
        result: Any = True
        for position, (function, operand) in enumerate(rest):
            right = operand(frame)
            try:
                result = function(left, right)
                if position == last or not result:
                    return result
            except Exception as error:
                blame(error, places[position], left, right)
                raise
            left = right
        return result

    return run


@expression(nodes.BoolOp)
def _bool_op(c: Compiler, node: nodes.BoolOp) -> Run:
    runs = [c.expression(operand) for operand in node.operands]
    places = [c.place(operand, operand) for operand in node.operands]
    wanted = node.op == "or"
    *firsts, final = runs
    if len(firsts) == 1:
        return _either(wanted, firsts[0], final, places[0])

    def run(frame: Any) -> Any:
        position = 0
        value: Any = None
        try:
            for position, operand in enumerate(firsts):  # noqa: B007 - read when it fails
                value = operand(frame)
                if wanted is bool(value):
                    return value
        except Exception as error:
            blame(error, places[position], value)
            raise
        return final(frame)

    return run


def _either(wanted: bool, first: Run, second: Run, place: Place) -> Run:
    def run(frame: Any) -> Any:
        value = first(frame)
        try:
            if wanted is bool(value):
                return value
        except Exception as error:
            blame(error, place, value)
            raise
        return second(frame)

    return run


@expression(nodes.Conditional)
def _conditional(c: Compiler, node: nodes.Conditional) -> Run:
    test, place = c.expression(node.test), c.place(node.test, node.test)
    body, orelse = c.expression(node.body), c.expression(node.orelse)

    def run(frame: Any) -> Any:
        value = test(frame)
        try:
            chosen = body if value else orelse
        except Exception as error:
            blame(error, place, value)
            raise
        return chosen(frame)

    return run
