"""`def`, `lambda` and comprehensions: closures with a frame of their own."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from itertools import repeat
from typing import Any

from gradcli.lang import budget
from gradcli.lang.budget import BUDGET
from gradcli.lang.compile.base import Compiler, Run, expression, statement
from gradcli.lang.compile.binding import Parameters, bound
from gradcli.lang.compile.scopes import UNBOUND, Function, Scope
from gradcli.lang.compile.targets import Store, plain_key, store, store_name
from gradcli.lang.errors.spots import blame, cross
from gradcli.lang.syntax import nodes


def inner_compiler(c: Compiler, node: Function, name: str) -> Compiler:
    """A compiler for what is inside a function."""
    inner = Compiler(c.world, c.source)
    inner.scope = c.scope.child(node)
    around = c.qualname if c.scope.is_class or not c.qualname else f"{c.qualname}.<locals>"
    inner.qualname = f"{around}.{name}" if around else name
    return inner


def _layout(c: Compiler, scope: Scope) -> tuple[list[int], list[Any], list[int]]:
    """Where free names have their cells in the outer frame; what own slots hold at first; which are cells."""
    capture = [c.scope.shared[name] for name in scope.free]
    return capture, [UNBOUND] * scope.own, [scope.slots[name] for name in scope.cells]


def _declared(c: Compiler, scope: Scope, node: nodes.Def) -> None:
    for name, where in scope.nonlocals.items():
        if name not in scope.free:
            raise c.refuse(where.span, f"no binding for nonlocal {name!r} found")


@statement(nodes.Def)
def _def(c: Compiler, node: nodes.Def) -> Run:
    inner = inner_compiler(c, node, node.name)
    _declared(c, inner.scope, node)
    inner.assigned.update(parameter.name for parameter in node.parameters)
    only = node.body[0] if len(node.body) == 1 else None
    body: Any
    if node.generator:
        from gradcli.lang.compile.generators import generator_body

        body = generator_body(inner, node.body)
    elif isinstance(only, nodes.Return) and only.value is not None:
        body = inner.expression(only.value)
    else:
        body = [inner.statement(each) for each in node.body]
    make = _maker(c, node, inner, body, nodes.docstring(node.body))
    put = decorated(c, node.decorators, store_name(c, node.name))
    c.assigned.add(node.name)
    return lambda frame: put(frame, make(frame))


def decorated(c: Compiler, decorators: tuple[nodes.Expression, ...], put: Store) -> Store:
    """The closure that binds a function or class after its decorators have seen it, the innermost first."""
    if not decorators:
        return put
    wraps = [(c.expression(each), c.place(each)) for each in reversed(decorators)]

    def run(frame: Any, made: Any) -> None:
        for decorator, place in wraps:
            wrap = decorator(frame)
            try:
                made = wrap(made)
            except Exception as error:
                blame(error, place)
                raise
        put(frame, made)

    return run


@expression(nodes.Lambda)
def _lambda(c: Compiler, node: nodes.Lambda) -> Run:
    inner = inner_compiler(c, node, "<lambda>")
    inner.assigned.update(parameter.name for parameter in node.parameters)
    return _maker(c, node, inner, inner.expression(node.body), None)


def _maker(c: Compiler, node: nodes.Def | nodes.Lambda, inner: Compiler, body: Any, doc: str | None) -> Run:
    """The closure that makes the function: evaluates defaults, takes hold of the cells."""
    capture, blank, cells = _layout(c, inner.scope)
    defaults = [(parameter, c.expression(parameter.default)) for parameter in node.parameters if parameter.default]
    name = node.name if isinstance(node, nodes.Def) else "<lambda>"
    qualname, generates = inner.qualname, isinstance(node, nodes.Def) and node.generator

    def make(frame: Any) -> Callable[..., Any]:
        parameters = Parameters(qualname, node.parameters, {p.name: value(frame) for p, value in defaults})
        tail = [*blank[len(node.parameters) :], *[frame[slot] for slot in capture]]
        function = _function(parameters, tail, cells, body)
        if generates:
            function = _generator_function(function, name, qualname)
        function.__name__, function.__qualname__, function.__doc__ = name, qualname, doc
        function.__dict__["parameters"] = parameters
        return function

    return make


def _generator_function(begin: Callable[..., Any], name: str, qualname: str) -> Callable[..., Any]:
    """The function of which each call begins another generator."""

    def call(*args: Any, **named: Any) -> Any:
        made = begin(*args, **named)
        made.__name__, made.__qualname__ = name, qualname
        return made

    return call


def _function(parameters: Parameters, tail: list[Any], cells: list[int], body: Any) -> Callable[..., Any]:
    simple = parameters.count if parameters.simple else -1
    plain = simple if not cells else -1
    function_name = parameters.function  # spots.here() looks for it
    check_steps = BUDGET.check_steps

    def enter(args: tuple[Any, ...], named: dict[str, Any]) -> list[Any]:
        frame = [*args, *tail] if len(args) == simple and not named else [*bound(parameters, args, named), *tail]
        for slot in cells:
            frame[slot] = [frame[slot]]
        return frame

    def call(*args: Any, **named: Any) -> Any:
        try:
            frame = [*args, *tail] if len(args) == plain and not named else enter(args, named)
            for _ in BUDGET.ticks:
                break
            else:
                check_steps()
            for step in body:
                signal = step(frame)
                if signal is not None:
                    return signal[0]
        except Exception as error:
            cross(error, function_name)
            raise
        return None

    def evaluate(*args: Any, **named: Any) -> Any:
        try:
            frame = [*args, *tail] if len(args) == plain and not named else enter(args, named)
            for _ in BUDGET.ticks:
                break
            else:
                check_steps()
            return body(frame)
        except Exception as error:
            cross(error, function_name)
            raise

    return call if type(body) is list else evaluate


# ---------------------------------------------------------------- comprehensions


def _nothing(frame: Any) -> Any:
    """The first iterable is evaluated outside of the comprehension."""


class _Level:
    """One `for … if …` of a comprehension: the iterable, the store, the conditions."""

    __slots__ = ("conditions", "iter", "place", "store")

    def __init__(self, c: Compiler, clause: nodes.ForClause, outer: bool) -> None:
        self.iter: Run = _nothing if outer else c.expression(clause.iter)
        self.place = c.place(clause.iter)
        self.store = store(c, clause.target)
        self.conditions = [(c.expression(each), c.place(each, each)) for each in clause.conditions]


def _walk(levels: list[_Level], depth: int, frame: Any, values: Any) -> Iterator[None]:
    """Set the variables for every combination that the conditions let through, and yield."""
    level = levels[depth]
    put, conditions, last = level.store, level.conditions, depth + 1 == len(levels)
    ticks = BUDGET.ticks
    for item, _ in zip(values, ticks, strict=False):
        put(frame, item)
        if conditions and not _hold(conditions, frame):
            continue
        if last:
            yield
        else:
            following = levels[depth + 1]
            yield from _walk(levels, depth + 1, frame, _iterator(following.iter(frame), following))
    BUDGET.check_steps()


def _hold(conditions: list[tuple[Run, Any]], frame: Any) -> bool:
    for condition, place in conditions:
        value = condition(frame)
        try:
            if not value:
                return False
        except Exception as error:
            blame(error, place, value)
            raise
    return True


def _iterator(values: Any, level: _Level) -> Iterator[Any]:
    try:
        return iter(values)
    except Exception as error:
        blame(error, level.place)
        raise


@expression(nodes.Comprehension)
def _comprehension(c: Compiler, node: nodes.Comprehension) -> Run:
    inner = inner_compiler(
        c, node, {"list": "<listcomp>", "set": "<setcomp>", "dict": "<dictcomp>"}.get(node.kind, "<genexpr>")
    )
    first = c.expression(node.clauses[0].iter)
    levels: list[_Level] = []
    for clause in node.clauses:
        levels.append(_Level(inner, clause, not levels))
        inner.assigned.update(inner.scope.bound)
    element = inner.expression(node.element)
    key = inner.expression(node.key) if node.key is not None else None
    enter = entry(c, inner.scope)
    if node.kind == "generator":
        return _generator(first, levels, enter, element)
    if node.kind == "list":
        return _list(first, levels, enter, element, plain_key(inner, node.clauses[0].target))
    return _keyed(first, levels, enter, key, element)


def entry(c: Compiler, scope: Scope) -> Callable[[Any], list[Any]]:
    """The closure that makes the frame of a comprehension or a class, from the frame around it."""
    capture, blank, cells = _layout(c, scope)

    def enter(frame: Any) -> list[Any]:
        inner = [*blank, *[frame[slot] for slot in capture]]
        for slot in cells:
            inner[slot] = [UNBOUND]
        return inner

    return enter


def _list(first: Run, levels: list[_Level], enter: Run, element: Run, slot: Any) -> Run:
    if len(levels) == 1 and slot is not None and len(levels[0].conditions) < 2:
        (level,) = levels
        test, place = level.conditions[0] if level.conditions else (None, level.place)

        def run_simple(frame: Any) -> list[Any]:
            values = _iterator(first(frame), level)
            inner = enter(frame)
            result: list[Any] = []
            append = result.append
            room = repeat(None, BUDGET.items + 1)
            try:
                for inner[slot], _, _ in zip(values, BUDGET.ticks, room, strict=False):
                    if test is None or test(inner):
                        append(element(inner))
            except Exception as error:
                blame(error, place)
                raise
            BUDGET.check_steps()
            if not room.__length_hint__():
                raise budget.too_many_items(BUDGET.items + 1)
            return result

        return run_simple

    def run(frame: Any) -> list[Any]:
        values = _iterator(first(frame), levels[0])
        inner = enter(frame)
        return list(budget.counted(element(inner) for _ in _walk(levels, 0, inner, values)))

    return run


def _keyed(first: Run, levels: list[_Level], enter: Run, key: Run | None, element: Run) -> Run:
    def run(frame: Any) -> Any:
        values = _iterator(first(frame), levels[0])
        inner = enter(frame)
        walk = budget.counted(_walk(levels, 0, inner, values))
        if key is None:
            return {budget.key(element(inner)) for _ in walk}
        return {budget.key(key(inner)): element(inner) for _ in walk}

    return run


def _generator(first: Run, levels: list[_Level], enter: Run, element: Run) -> Run:
    def generate(inner: Any, values: Any) -> Generator[Any, None, None]:
        for _ in _walk(levels, 0, inner, values):
            yield element(inner)

    generate.__name__ = generate.__qualname__ = "<genexpr>"

    def run(frame: Any) -> Iterator[Any]:
        values = _iterator(first(frame), levels[0])
        return generate(enter(frame), values)

    return run
