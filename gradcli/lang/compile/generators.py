"""Functions with a `yield`: what contains one becomes a Python generator, everything else stays a plain closure.

A `yield` is a whole value: a statement, or what is assigned or returned. So a statement runs in two steps: hand out,
and put what is sent back into a slot of the frame; then run as any other, with the slot where the `yield` stands.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

from gradcli.lang.budget import BUDGET, StepLimit
from gradcli.lang.compile.base import BREAK, CONTINUE, Compiler, Run, expression
from gradcli.lang.compile.blocks import Context, ExceptHandler, branch, merge, not_iterable
from gradcli.lang.compile.scopes import SENT
from gradcli.lang.compile.targets import assigned, store
from gradcli.lang.errors.spots import Place, blame, cross
from gradcli.lang.syntax import nodes
from gradcli.lang.values.table import type_of

Flow = Callable[[Any], Generator[Any, Any, Any]]


@expression(nodes.Yield)
@expression(nodes.YieldFrom)
def _sent(c: Compiler, node: nodes.Expression) -> Run:
    slot = c.scope.slots[SENT]
    return lambda frame: frame[slot]


def generator_body(c: Compiler, body: nodes.Block) -> Flow:
    """The flow of a function's body: its frame in, a generator that ends with what it returns out."""
    flow, function_name = block(c, body), c.qualname

    def run(frame: Any) -> Generator[Any, Any, Any]:
        try:
            signal = yield from flow(frame)
        except Exception as error:
            cross(error, function_name)
            raise
        return None if signal is None else signal[0]

    return run


def block(c: Compiler, body: nodes.Block) -> Flow:
    """The flow of statements in a row; it ends with the first that gives a signal."""
    steps: list[tuple[bool, Any]] = []
    for each in body:
        yields = _yields(each)
        steps.append((bool(yields), _flow(c, each, yields) if yields else c.statement(each)))

    def run(frame: Any) -> Generator[Any, Any, Any]:
        for flows, step in steps:
            signal = (yield from step(frame)) if flows else step(frame)
            if signal is not None:
                return signal
        return None

    return run


def _yields(statement: nodes.Node) -> list[nodes.Node]:
    """The yields of a statement, those of functions inside it left out."""
    found: list[nodes.Node] = []
    todo = [statement]
    while todo:
        node = todo.pop()
        if isinstance(node, nodes.Yield | nodes.YieldFrom):
            found.append(node)
        elif isinstance(node, nodes.Def | nodes.Lambda | nodes.Class):
            continue
        todo += node.children()
    return found


def _flow(c: Compiler, node: nodes.Statement, yields: list[nodes.Node]) -> Flow:
    compound = _COMPOUND.get(type(node))
    if compound is not None:
        return compound(c, node)
    value = getattr(node, "value", None)
    for each in yields:
        if each is not value:
            raise c.refuse(each.span, "a `yield` inside a larger expression", "assign what it gives to a name first")
    run, hand_out, slot = c.statement(node), _hand_out(c, value), c.scope.slots[SENT]

    def flow(frame: Any) -> Generator[Any, Any, Any]:
        frame[slot] = yield from hand_out(frame)
        return run(frame)

    return flow


def _hand_out(c: Compiler, node: Any) -> Flow:
    if node.value is None:
        return lambda frame: _once(None)
    value, place = c.expression(node.value), c.place(node.value)
    if isinstance(node, nodes.Yield):
        return lambda frame: _once(value(frame))

    def delegate(frame: Any) -> Generator[Any, Any, Any]:
        inner = value(frame)
        try:
            iterator = iter(inner)
        except Exception as error:
            blame(error, place)
            raise
        return (yield from iterator)

    return delegate


def _once(value: Any) -> Generator[Any, Any, Any]:
    return (yield value)


# ---------------------------------------------------------------- statements with blocks


def _if(c: Compiler, node: nodes.If) -> Flow:
    branches: list[tuple[Run, Place, Flow]] = []
    ends: list[set[str] | None] = []
    before = c.assigned
    for condition, body in node.branches:
        c.assigned = before
        test = c.expression(condition)
        flow, end = branch(c, body, before, block)
        branches.append((test, c.place(condition, condition), flow))
        ends.append(end)
    orelse, end = branch(c, node.orelse, before, block)
    merge(c, before, [*ends, end])

    def run(frame: Any) -> Generator[Any, Any, Any]:
        for test, place, body in branches:
            if _holds(test, frame, place):
                return (yield from body(frame))
        return (yield from orelse(frame))

    return run


def _holds(test: Run, frame: Any, place: Place) -> bool:
    value = test(frame)
    try:
        return bool(value)
    except Exception as error:
        blame(error, place, value)
        raise


def _while(c: Compiler, node: nodes.While) -> Flow:
    before = c.assigned
    test, place = c.expression(node.test), c.place(node.test, node.test)
    body, _ = branch(c, node.body, before, block)
    orelse, _ = branch(c, node.orelse, before, block)
    c.assigned = before

    def run(frame: Any) -> Generator[Any, Any, Any]:
        while _holds(test, frame, place):
            _tick()
            signal = yield from body(frame)
            if signal is not None and signal is not CONTINUE:
                return None if signal is BREAK else signal
        return (yield from orelse(frame))

    return run


def _for(c: Compiler, node: nodes.For) -> Flow:
    values, place = c.expression(node.iter), c.place(node.iter, node.iter)
    before = c.assigned
    c.assigned = set(before)
    put = store(c, node.target)
    assigned(c, node.target)
    body, _ = branch(c, node.body, c.assigned, block)
    orelse, _ = branch(c, node.orelse, before, block)
    c.assigned = before

    def items(frame: Any) -> Iterator[Any]:
        iterable = values(frame)
        try:
            for item, _ in zip(iterable, BUDGET.ticks, strict=False):
                yield item
            BUDGET.check_steps()
        except Exception as error:
            blame(not_iterable(error, iterable), place, iterable)
            raise

    def run(frame: Any) -> Generator[Any, Any, Any]:
        for item in items(frame):
            put(frame, item)
            signal = yield from body(frame)
            if signal is not None and signal is not CONTINUE:
                return None if signal is BREAK else signal
        return (yield from orelse(frame))

    return run


def _tick() -> None:
    for _ in BUDGET.ticks:
        return
    BUDGET.check_steps()


def _with(c: Compiler, node: nodes.With) -> Flow:
    contexts = []
    for item in node.items:
        contexts.append(Context(c, item))
    body = block(c, node.body)

    def run(frame: Any) -> Generator[Any, Any, Any]:
        return (yield from inside(frame, 0))

    def inside(frame: Any, depth: int) -> Generator[Any, Any, Any]:
        if depth == len(contexts):
            return (yield from body(frame))
        manager, leave, value = contexts[depth].enter(frame)
        try:
            contexts[depth].bind(frame, value)
            signal = yield from inside(frame, depth + 1)
        except BaseException as error:
            if leave(manager, type_of(error), error, None):
                return None
            raise
        leave(manager, None, None, None)
        return signal

    return run


def _try(c: Compiler, node: nodes.Try) -> Flow:
    before = c.assigned
    body, end = branch(c, node.body, before, block)
    orelse, end = branch(c, node.orelse, end if end is not None else before, block)
    handlers = [ExceptHandler(c, each, before, block) for each in node.handlers]
    merge(c, before, [end, *[handler.end for handler in handlers]])
    after = c.assigned
    final, _ = branch(c, node.final, before, block)
    c.assigned = after | c.assigned
    handling = c.world.handling

    def guarded(frame: Any) -> Generator[Any, Any, Any]:
        try:
            signal = yield from body(frame)
        except StepLimit:
            raise
        except Exception as error:
            handler = next((each for each in handlers if each.catches(error, frame)), None)
            if handler is None:
                raise
            handler.begin(error, frame, handling)
            try:
                return (yield from handler.body(frame))
            finally:
                handler.finish(error, frame, handling)
        return signal if signal is not None else (yield from orelse(frame))

    def run(frame: Any) -> Generator[Any, Any, Any]:
        try:
            signal = yield from guarded(frame)
        except BaseException:
            replaced = yield from final(frame)
            if replaced is not None:
                return replaced
            raise
        replaced = yield from final(frame)
        return signal if replaced is None else replaced

    return run


_COMPOUND: dict[type, Callable[[Compiler, Any], Flow]] = {
    nodes.If: _if,
    nodes.While: _while,
    nodes.For: _for,
    nodes.With: _with,
    nodes.Try: _try,
}
