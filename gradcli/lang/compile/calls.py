"""Calls: of functions, and of methods without making a bound method first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradcli.lang.compile.base import Compiler, Run, expression
from gradcli.lang.compile.expressions import starred
from gradcli.lang.errors.spots import Place, blame, changed, walked
from gradcli.lang.syntax import nodes
from gradcli.lang.values.table import METHODS, MISSING, NO_MEMBERS, Type, attribute, type_name


@expression(nodes.Call)
def _call(c: Compiler, node: nodes.Call) -> Run:
    if isinstance(node.func, nodes.Name) and node.func.name == "super" and not node.args and not node.keywords:
        from gradcli.lang.compile.classes import super_call

        return super_call(c, node)
    run = _run_call(c, node)
    name = node.func.name if isinstance(node.func, (nodes.Attribute, nodes.Name)) else ""
    if name.endswith("_") and name[0] != "_":
        return _noted(run, c.place(node), changed)
    return _noted(run, c.place(node), walked) if name in ("backward", "grad") else run


def _noted(run: Run, place: Place, note: Callable[[Place], None]) -> Run:
    def run_noted(frame: Any) -> Any:
        result = run(frame)
        note(place)
        return result

    return run_noted


def _run_call(c: Compiler, node: nodes.Call) -> Run:
    func = node.func
    if node.keywords or any(isinstance(arg, nodes.Starred) for arg in node.args):
        return _call_general(c, node)
    args = [c.expression(arg) for arg in node.args]
    if isinstance(func, nodes.Attribute):
        place = c.place(node, func.value, *node.args)
        return _call_method(c.expression(func.value), func.name, c.at(func.name_span, func.value), args, place)
    place = c.place(node, func, *node.args)
    if isinstance(func, nodes.Name) and (c.scope.is_module or not c.is_local(func.name)):
        return _call_global(c, func, args, place)
    return _call_plain(c.expression(func), args, place)


# ---------------------------------------------------------------- positional arguments only


def _call_global(c: Compiler, func: nodes.Name, args: list[Run], place: Place) -> Run:
    """A call of a global or builtin, looked up without a closure of its own; `unknown` raises the NameError."""
    name, get, builtin, unknown = func.name, c.world.variables.get, c.world.builtin(func.name), c.expression(func)
    if len(args) == 1:
        (only,) = args

        def run_1(frame: Any) -> Any:
            function = get(name, builtin)
            if function is MISSING:
                unknown(frame)
            value = only(frame)
            try:
                return function(value)
            except Exception as error:
                blame(error, place, function, value)
                raise

        return run_1

    if len(args) == 2:
        first, second = args

        def run_2(frame: Any) -> Any:
            function = get(name, builtin)
            if function is MISSING:
                unknown(frame)
            value, other = first(frame), second(frame)
            try:
                return function(value, other)
            except Exception as error:
                blame(error, place, function, value, other)
                raise

        return run_2

    def run(frame: Any) -> Any:
        function = get(name, builtin)
        if function is MISSING:
            unknown(frame)
        values = [arg(frame) for arg in args]
        try:
            return function(*values)
        except Exception as error:
            blame(error, place, function, *values)
            raise

    return run


def _call_plain(callee: Run, args: list[Run], place: Place) -> Run:
    if len(args) == 1:
        (only,) = args

        def run_1(frame: Any) -> Any:
            function = callee(frame)
            value = only(frame)
            try:
                return function(value)
            except Exception as error:
                blame(error, place, function, value)
                raise

        return run_1
    if len(args) == 2:
        first, second = args

        def run_2(frame: Any) -> Any:
            function = callee(frame)
            value, other = first(frame), second(frame)
            try:
                return function(value, other)
            except Exception as error:
                blame(error, place, function, value, other)
                raise

        return run_2

    def run(frame: Any) -> Any:
        function = callee(frame)
        values = [arg(frame) for arg in args]
        try:
            return function(*values)
        except Exception as error:
            blame(error, place, function, *values)
            raise

    return run


def _call_method(value: Run, name: str, at: Place, args: list[Run], place: Place) -> Run:
    if len(args) < 2:
        return _call_method_1(value, name, at, args[0] if args else None, place)

    def run(frame: Any) -> Any:
        owner = value(frame)
        table = METHODS.get(type(owner))
        function = table.get(name) if table is not None else None
        if function is None:
            function = _member(owner, name, at)
            values = [arg(frame) for arg in args]
        else:
            values = [owner, *[arg(frame) for arg in args]]
        try:
            return function(*values)
        except Exception as error:
            blame(error, place, owner, *values[-len(args) :])
            raise

    return run


def _call_method_1(value: Run, name: str, at: Place, arg: Run | None, place: Place) -> Run:
    if arg is None:

        def run_0(frame: Any) -> Any:
            owner = value(frame)
            table = METHODS.get(type(owner))
            function = table.get(name) if table is not None else None
            if function is None:
                member = _member(owner, name, at)
            try:
                return function(owner) if function is not None else member()
            except Exception as error:
                blame(error, place, owner)
                raise

        return run_0

    def run_1(frame: Any) -> Any:
        owner = value(frame)
        table = METHODS.get(type(owner))
        function = table.get(name) if table is not None else None
        if function is None:
            member = _member(owner, name, at)
        argument = arg(frame)
        try:
            return function(owner, argument) if function is not None else member(argument)
        except Exception as error:
            blame(error, place, owner, argument)
            raise

    return run_1


def _member(owner: Any, name: str, at: Place) -> Any:
    """An attribute that is no method of a table: a member of a module, a property that can be called."""
    try:
        return attribute(owner, name)
    except Exception as error:
        blame(error, at, owner)
        raise


def _finder(c: Compiler, func: nodes.Expression) -> Run:
    """Yields the function to call, and the object that goes before its arguments, or None."""
    if not isinstance(func, nodes.Attribute):
        callee = c.expression(func)
        return lambda frame: (callee(frame), None)
    value, name, at = c.expression(func.value), func.name, c.at(func.name_span, func.value)

    def find(frame: Any) -> tuple[Any, Any]:
        owner = value(frame)
        function = METHODS.get(type(owner), NO_MEMBERS).get(name)
        return (function, owner) if function is not None else (_member(owner, name, at), None)

    return find


# ---------------------------------------------------------------- keywords and stars


def _call_general(c: Compiler, node: nodes.Call) -> Run:
    find = _finder(c, node.func)
    first = node.func.value if isinstance(node.func, nodes.Attribute) else node.func
    is_plain = not any(isinstance(arg, nodes.Starred) for arg in node.args) and all(k.name for k in node.keywords)
    operands = [*node.args, *[keyword.value for keyword in node.keywords]] if is_plain else []
    place = c.place(node, first, *operands)
    args = [
        (c.expression(arg.value), True) if isinstance(arg, nodes.Starred) else (c.expression(arg), False)
        for arg in node.args
    ]
    keywords = [(keyword.name, c.expression(keyword.value)) for keyword in node.keywords]

    def run(frame: Any) -> Any:
        function, owner = find(frame)
        values: list[Any] = []
        named: dict[str, Any] = {}
        try:
            for arg, is_starred in args:
                if is_starred:
                    values += starred(arg(frame), f"{_called(function)}() argument")
                else:
                    values.append(arg(frame))
            for name, keyword in keywords:
                if name is None:
                    _spread_keywords(function, named, keyword(frame))
                elif name in named:
                    raise TypeError(f"{_called(function)}() got multiple values for keyword argument {name!r}")
                else:
                    named[name] = keyword(frame)
            if "dtype" in named and type(named["dtype"]) is Type:
                named["dtype"] = named["dtype"].python
            return function(*values, **named) if owner is None else function(owner, *values, **named)
        except Exception as error:
            blame(error, place, owner if owner is not None else function, *values, *named.values())
            raise

    return run


def _spread_keywords(function: Any, named: dict[str, Any], more: Any) -> None:
    if not isinstance(more, dict):
        raise TypeError(f"{_called(function)}() argument after ** must be a mapping, not {type_name(more)}")
    for name, value in more.items():
        if type(name) is not str:
            raise TypeError("keywords must be strings")
        if name in named:
            raise TypeError(f"{_called(function)}() got multiple values for keyword argument {name!r}")
        named[name] = value


def _called(function: Any) -> str:
    return str(getattr(function, "__qualname__", None) or getattr(function, "__name__", "function"))
