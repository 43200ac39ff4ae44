"""Expression statements, assignments, `assert`, `del`, `raise`, imports."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from gradcli.engine.tensor import Tensor
from gradcli.lang import budget
from gradcli.lang.compile.base import Compiler, Run, statement
from gradcli.lang.compile.operands import CONSTANT, Operand, blame_operands, operand_of
from gradcli.lang.compile.operators import settling
from gradcli.lang.compile.scopes import names_of
from gradcli.lang.compile.targets import assigned, delete, plain_key, set_item, store, store_name
from gradcli.lang.errors.spots import Place, blame, changed, forget
from gradcli.lang.events import Shown
from gradcli.lang.syntax import nodes
from gradcli.lang.values.table import Type, attribute, set_attribute


@statement(nodes.ExpressionStatement)
def _expression(c: Compiler, node: nodes.ExpressionStatement) -> Run:
    value = c.expression(node.value)
    if c.echo == "none" or node.silenced or not c.scope.is_module:

        def discard(frame: Any) -> None:
            value(frame)

        return discard
    world, span = c.world, node.value.span
    name = node.value.name if isinstance(node.value, nodes.Name) else None

    def show(frame: Any) -> None:
        result = value(frame)
        if result is not None:
            world.emit(Shown(name, budget.tree(result), span))

    return show


@statement(nodes.Pass)
def _pass(c: Compiler, node: nodes.Pass) -> Run:
    return lambda frame: None


@statement(nodes.Global)
@statement(nodes.Nonlocal)
def _declaration(c: Compiler, node: nodes.Statement) -> Run:
    return lambda frame: None


# ---------------------------------------------------------------- assignments


def echo_variables(c: Compiler, node: nodes.Assign | nodes.AugAssign | nodes.Param, run: Run) -> Run:
    """After an assignment at module level: show what was assigned, where the front end wants that."""
    if c.echo != "all" or node.silenced or not c.scope.is_module:
        return run
    targets = node.targets if isinstance(node, nodes.Assign) else (node.target,)
    names = dict.fromkeys(name for target in targets for name in names_of(target))
    world, span = c.world, node.span

    def show(frame: Any) -> None:
        run(frame)
        for name in names:
            if frame[name] is not None:
                world.emit(Shown(name, frame[name], span))

    return show


@statement(nodes.Assign)
def _assign(c: Compiler, node: nodes.Assign) -> Run:
    value = c.expression(node.value)
    key = plain_key(c, node.targets[0]) if len(node.targets) == 1 else None
    stores = [store(c, target) for target in node.targets]
    run = _assign_variable(value, key) if key is not None else _assign_all(value, stores)
    for target in node.targets:
        assigned(c, target)
    return echo_variables(c, node, run)


def _assign_variable(value: Run, key: Any) -> Run:
    def run(frame: Any) -> None:
        frame[key] = value(frame)

    return run


def _assign_all(value: Run, stores: list[Callable[[Any, Any], None]]) -> Run:
    if len(stores) == 1:
        (only,) = stores
        return lambda frame: only(frame, value(frame))

    def run(frame: Any) -> None:
        result = value(frame)
        for put in stores:
            put(frame, result)

    return run


def _add_inplace(left: Any, right: Any) -> Any:
    if type(left) is list:
        added = list(budget.bounded(right))
        budget.items(len(left) + len(added))
        left += added
        return left
    left += right
    return budget.grown(left)


def _multiply_inplace(left: Any, right: Any) -> Any:
    if type(left) is list:
        if isinstance(right, (int, np.integer)):
            budget.items(len(left) * max(int(right), 0))
    elif type(left) in (str, tuple, int, bool) or isinstance(left, np.integer):
        return budget.multiply(left, right)
    left *= right
    return left


def _power_inplace(left: Any, right: Any) -> Any:
    if isinstance(left, int):
        return budget.power(left, right)
    left **= right
    return budget.settled(left)


def _shift_inplace(left: Any, right: Any) -> Any:
    if isinstance(left, int):
        return budget.shift_left(left, right)
    left <<= right
    return budget.settled(left)


def _remainder_inplace(left: Any, right: Any) -> Any:
    if type(left) is str:
        return budget.remainder(left, right)
    left %= right
    return budget.settled(left)


INPLACE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": _add_inplace,
    "-": settling(operator.isub),
    "*": _multiply_inplace,
    "/": settling(operator.itruediv),
    "//": settling(operator.ifloordiv),
    "%": _remainder_inplace,
    "@": operator.imatmul,
    "**": _power_inplace,
    "^": _power_inplace,
    "<<": _shift_inplace,
    ">>": settling(operator.irshift),
    "&": settling(operator.iand),
    "|": settling(operator.ior),
}


@statement(nodes.AugAssign)
def _aug_assign(c: Compiler, node: nodes.AugAssign) -> Run:
    function, value = INPLACE[node.op], operand_of(c, node.value)
    place = c.place(node, node.target, node.value)
    if isinstance(node.target, nodes.Attribute):
        return _aug_attribute(c, node.target, function, value.run, place)
    if isinstance(node.target, nodes.Index):
        return _aug_index(c, node.target, function, value.run, place)
    assert isinstance(node.target, nodes.Name)
    key = plain_key(c, node.target)
    if key is not None and c.key(node.target.name) is not None:
        run = _aug_plain(node.op, key, function, value, place)
    else:
        run = _aug_name(c, node.target, function, value.run, place)
    return echo_variables(c, node, run)


def _aug_plain(op: str, key: Any, function: Callable[[Any, Any], Any], value: Operand, place: Place) -> Run:
    constant, operand = value.value, value.run
    if value.kind == CONSTANT and op == "+":

        def increment(frame: Any) -> None:
            try:
                frame[key] += constant
                if frame[key].__class__ is Tensor:
                    changed(place)
            except Exception as error:
                blame_operands(error, place, frame, key)
                raise

        return increment

    def run(frame: Any) -> None:
        other = operand(frame)
        try:
            frame[key] = result = function(frame[key], other)
            if result.__class__ is Tensor:
                changed(place)
        except Exception as error:
            blame_operands(error, place, frame, key)
            raise

    return run


def _aug_name(c: Compiler, target: nodes.Name, function: Callable[[Any, Any], Any], value: Run, place: Place) -> Run:
    load, put = c.load(target), store_name(c, target.name)

    def run(frame: Any) -> None:
        old = load(frame)
        other = value(frame)
        try:
            put(frame, function(old, other))
            if old.__class__ is Tensor:
                changed(place)
        except Exception as error:
            blame(error, place, old, other)
            raise

    return run


def _aug_attribute(
    c: Compiler, target: nodes.Attribute, function: Callable[[Any, Any], Any], value: Run, place: Place
) -> Run:
    owner, name = c.expression(target.value), target.name

    def run(frame: Any) -> None:
        holder = owner(frame)
        old = None
        try:
            old = attribute(holder, name)
            set_attribute(holder, name, function(old, value(frame)))
            if old.__class__ is Tensor:
                changed(place)
        except Exception as error:
            blame(error, place, old)
            raise

    return run


def _aug_index(c: Compiler, target: nodes.Index, function: Callable[[Any, Any], Any], value: Run, place: Place) -> Run:
    owner, index = c.expression(target.value), c.expression(target.index)

    def run(frame: Any) -> None:
        holder = owner(frame)
        at = index(frame)
        old = None
        try:
            old = holder[at]
            set_item(holder, at, function(old, value(frame)))
            if old.__class__ is Tensor:
                changed(place)
        except Exception as error:
            blame(error, place, old)
            raise

    return run


@statement(nodes.Del)
def _del(c: Compiler, node: nodes.Del) -> Run:
    deletes = [delete(c, target) for target in node.targets]

    def run(frame: Any) -> None:
        for each in deletes:
            each(frame)

    return run


# ---------------------------------------------------------------- assert and raise


@statement(nodes.Assert)
def _assert(c: Compiler, node: nodes.Assert) -> Run:
    test, place = c.expression(node.test), c.place(node.test, node.test)
    message = c.expression(node.message) if node.message is not None else None

    def run(frame: Any) -> None:
        value = test(frame)
        try:
            if not value:
                raise AssertionError(*([message(frame)] if message is not None else []))
        except Exception as error:
            blame(error, place, value)
            raise

    return run


@statement(nodes.Raise)
def _raise(c: Compiler, node: nodes.Raise) -> Run:
    place, handling = c.place(node), c.world.handling
    value = c.expression(node.exception) if node.exception is not None else None
    cause = c.expression(node.cause) if node.cause is not None else None

    def run(frame: Any) -> None:
        if value is None:
            if not handling:
                error: BaseException = RuntimeError("No active exception to reraise")
                blame(error, place)
                raise error
            raise handling[-1]
        raised = value(frame)
        reason = cause(frame) if cause is not None else None
        try:
            error = _exception(raised, "exceptions must derive from BaseException")
            if cause is not None:
                error.__cause__ = (
                    None if reason is None else _exception(reason, "exception causes must derive from BaseException")
                )
        except TypeError as wrong:
            error = wrong
        forget(error)
        blame(error, place)
        raise error

    return run


def _exception(value: Any, otherwise: str) -> BaseException:
    if isinstance(value, Type) and isinstance(value.python, type) and issubclass(value.python, BaseException):
        value = value()
    if not isinstance(value, BaseException):
        raise TypeError(otherwise)
    return value
