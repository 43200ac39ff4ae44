"""Statements with blocks: `if`, loops, `with`, `try`, and what leaves them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradcli.lang.budget import BUDGET, StepLimit
from gradcli.lang.compile.base import BREAK, CONTINUE, Compiler, Run, World, statement
from gradcli.lang.compile.scopes import UNBOUND
from gradcli.lang.compile.targets import assigned, plain_key, store, store_name
from gradcli.lang.errors.spots import Place, blame
from gradcli.lang.syntax import nodes
from gradcli.lang.values.table import Type, method, type_name, type_of


def block(c: Compiler, body: nodes.Block) -> Run:
    """The closure for statements in a row; it ends with the first that gives a signal."""
    runs = [c.statement(each) for each in body]
    if not runs:
        return lambda frame: None
    if len(runs) == 1:
        return runs[0]
    if len(runs) == 2:
        first, second = runs

        def run_2(frame: Any) -> Any:
            signal = first(frame)
            return second(frame) if signal is None else signal

        return run_2

    def run(frame: Any) -> Any:
        for each in runs:
            signal = each(frame)
            if signal is not None:
                return signal
        return None

    return run


def branch(
    c: Compiler, body: nodes.Block, before: set[str], make: Callable[[Compiler, nodes.Block], Run] = block
) -> tuple[Run, set[str] | None]:
    """A block that may not run: its closure, and what is assigned after it (None if its end is never reached)."""
    c.assigned = set(before)
    run = make(c, body)
    leaves = bool(body) and isinstance(body[-1], (nodes.Return, nodes.Raise, nodes.Break, nodes.Continue))
    return run, None if leaves else c.assigned


def merge(c: Compiler, before: set[str], ends: list[set[str] | None]) -> None:
    """After branches that meet again: assigned is what every one of them has assigned."""
    reached = [end for end in ends if end is not None]
    c.assigned = set.intersection(*reached) if reached else before


@statement(nodes.Break)
def _break(c: Compiler, node: nodes.Break) -> Run:
    return lambda frame: BREAK


@statement(nodes.Continue)
def _continue(c: Compiler, node: nodes.Continue) -> Run:
    return lambda frame: CONTINUE


@statement(nodes.Return)
def _return(c: Compiler, node: nodes.Return) -> Run:
    if node.value is None:
        nothing = (None,)
        return lambda frame: nothing
    value = c.expression(node.value)
    return lambda frame: (value(frame),)


@statement(nodes.If)
def _if(c: Compiler, node: nodes.If) -> Run:
    branches: list[tuple[Run, Run, Place]] = []
    ends: list[set[str] | None] = []
    before = c.assigned
    for condition, body in node.branches:
        c.assigned = before
        test = c.expression(condition)
        run, end = branch(c, body, before)
        branches.append((test, run, c.place(condition, condition)))
        ends.append(end)
    orelse, end = branch(c, node.orelse, before)
    merge(c, before, [*ends, end])
    if len(branches) == 1:
        return _if_else(*branches[0], orelse)

    def run_all(frame: Any) -> Any:
        for test, body, place in branches:
            value = test(frame)
            try:
                chosen = bool(value)
            except Exception as error:
                blame(error, place, value)
                raise
            if chosen:
                return body(frame)
        return orelse(frame)

    return run_all


def _if_else(test: Run, body: Run, place: Place, orelse: Run) -> Run:
    def run(frame: Any) -> Any:
        value = test(frame)
        try:
            chosen = body if value else orelse
        except Exception as error:
            blame(error, place, value)
            raise
        return chosen(frame)

    return run


# ---------------------------------------------------------------- loops


@statement(nodes.While)
def _while(c: Compiler, node: nodes.While) -> Run:
    before = c.assigned
    test, place = c.expression(node.test), c.place(node.test, node.test)
    body, _ = branch(c, node.body, before)
    orelse, _ = branch(c, node.orelse, before)
    c.assigned = before

    def run(frame: Any) -> Any:
        value: Any = None
        try:
            for _ in BUDGET.ticks:
                value = test(frame)
                if not value:
                    break
                signal = body(frame)
                if signal is not None and signal is not CONTINUE:
                    return None if signal is BREAK else signal
            else:
                BUDGET.check_steps()
        except Exception as error:
            blame(error, place, value)
            raise
        return orelse(frame)

    return run


@statement(nodes.For)
def _for(c: Compiler, node: nodes.For) -> Run:
    values, place = c.expression(node.iter), c.place(node.iter, node.iter)
    before = c.assigned
    c.assigned = set(before)
    key, put = plain_key(c, node.target), store(c, node.target)
    assigned(c, node.target)
    body, _ = branch(c, node.body, c.assigned)
    orelse, _ = branch(c, node.orelse, before)
    c.assigned = before

    def make(values: Run) -> Run:
        if key is not None:
            return _for_variable(values, key, body, orelse, place)
        return _for_any(values, put, body, orelse, place)

    if c.world.loops is None:
        return make(values)
    from gradcli.lang.compile.loops import watched

    return watched(c.world.loops, c.source.text[node.span[0] : node.iter.span[1]], values, make)


def _for_variable(values: Run, key: Any, body: Run, orelse: Run, place: Place) -> Run:
    def run(frame: Any) -> Any:
        iterable = values(frame)
        try:
            for frame[key], _ in zip(iterable, BUDGET.ticks, strict=False):
                signal = body(frame)
                if signal is not None and signal is not CONTINUE:
                    return None if signal is BREAK else signal
            BUDGET.check_steps()
        except Exception as error:
            blame(not_iterable(error, iterable), place, iterable)
            raise
        return orelse(frame)

    return run


def _for_any(values: Run, put: Callable[[Any, Any], None], body: Run, orelse: Run, place: Place) -> Run:
    def run(frame: Any) -> Any:
        iterable = values(frame)
        try:
            for item, _ in zip(iterable, BUDGET.ticks, strict=False):
                put(frame, item)
                signal = body(frame)
                if signal is not None and signal is not CONTINUE:
                    return None if signal is BREAK else signal
            BUDGET.check_steps()
        except Exception as error:
            blame(not_iterable(error, iterable), place, iterable)
            raise
        return orelse(frame)

    return run


def not_iterable(error: Exception, value: Any) -> Exception:
    """zip says "zip argument #1 must support iteration" where Python says what is not iterable."""
    if type(error) is TypeError and error.args == ("zip argument #1 must support iteration",):
        error.args = (f"{type_name(value)!r} object is not iterable",)
    return error


# ---------------------------------------------------------------- with


class Context:
    """One `context as target` of a `with`."""

    __slots__ = ("context", "place", "put")

    def __init__(self, c: Compiler, item: nodes.WithItem) -> None:
        self.context, self.place = c.expression(item.context), c.place(item.context, item.context)
        self.put = store(c, item.target) if item.target is not None else None
        if item.target is not None:
            assigned(c, item.target)

    def enter(self, frame: Any) -> tuple[Any, Callable[..., Any], Any]:
        """The context manager, how to leave it, and what entering it gave."""
        manager = self.context(frame)
        enter, leave = method(manager, "__enter__"), method(manager, "__exit__")
        try:
            if enter is None or leave is None:
                raise TypeError(f"{type_name(manager)!r} object does not support the context manager protocol")
            return manager, leave, enter(manager)
        except Exception as error:
            blame(error, self.place)
            raise

    def bind(self, frame: Any, value: Any) -> None:
        """`as target`."""
        if self.put is not None:
            self.put(frame, value)


@statement(nodes.With)
def _with(c: Compiler, node: nodes.With) -> Run:
    return _with_item(c, node.items, node.body)


def _with_item(c: Compiler, items: tuple[nodes.WithItem, ...], body: nodes.Block) -> Run:
    item, *rest = items
    context = Context(c, item)
    inside = _with_item(c, tuple(rest), body) if rest else block(c, body)

    def run(frame: Any) -> Any:
        manager, leave, value = context.enter(frame)
        try:
            context.bind(frame, value)
            signal = inside(frame)
        except BaseException as error:
            if leave(manager, type_of(error), error, None):
                return None
            raise
        leave(manager, None, None, None)
        return signal

    return run


# ---------------------------------------------------------------- try


class ExceptHandler:
    """One `except`: what it catches (None: everything), how it binds and unbinds the name, its block."""

    __slots__ = ("body", "clear", "end", "place", "put", "types")

    def __init__(
        self,
        c: Compiler,
        node: nodes.Handler,
        before: set[str],
        make: Callable[[Compiler, nodes.Block], Run] = block,
    ) -> None:
        self.types = c.expression(node.type) if node.type is not None else None
        self.place = c.place(node.type or node)
        c.assigned = set(before)
        self.put = store_name(c, node.name) if node.name is not None else None
        self.clear = _clearer(c, node.name) if node.name is not None else None
        self.body, self.end = branch(c, node.body, c.assigned, make)

    def catches(self, error: BaseException, frame: Any) -> bool:
        """Is the error one of this handler's?"""
        try:
            return self.types is None or isinstance(error, exception_classes(self.types(frame)))
        except Exception as wrong:
            blame(wrong, self.place)
            raise

    def begin(self, error: BaseException, frame: Any, handling: list[BaseException]) -> None:
        """Bind the name, before the block runs."""
        error.__traceback__ = None  # or the frames it passed would live as long as the name
        handling.append(error)
        if self.put is not None:
            self.put(frame, error)

    def finish(self, error: BaseException, frame: Any, handling: list[BaseException]) -> None:
        """Unbind it, after the block has run."""
        handling.remove(error)
        if self.clear is not None:
            self.clear(frame)


def _clearer(c: Compiler, name: str) -> Callable[[Any], None]:
    slot = c.scope.slots.get(name)
    if c.scope.is_module or slot is None:
        variables = c.world.variables
        return lambda frame: variables.pop(name, None)
    shared = c.scope.in_cell(name)

    def clear(frame: Any) -> None:
        if shared:
            frame[slot][0] = UNBOUND
        else:
            frame[slot] = UNBOUND

    return clear


def exception_classes(value: Any) -> tuple[type, ...]:
    """The Python classes behind what stands after `except`."""
    found: list[type] = []
    for each in value if type(value) is tuple else (value,):
        python = each.python if isinstance(each, Type) else None
        if not isinstance(python, type) or not issubclass(python, BaseException):
            raise TypeError("catching classes that do not inherit from BaseException is not allowed")
        found.append(python)
    return tuple(found)


@statement(nodes.Try)
def _try(c: Compiler, node: nodes.Try) -> Run:
    before = c.assigned
    body, end = branch(c, node.body, before)
    orelse, end = branch(c, node.orelse, end if end is not None else before) if node.orelse else (None, end)
    handlers = [ExceptHandler(c, each, before) for each in node.handlers]
    merge(c, before, [end, *[handler.end for handler in handlers]])
    guarded = _try_except(c.world, body, handlers, orelse) if handlers else body
    if not node.final:
        return guarded
    after = c.assigned
    final, _ = branch(c, node.final, before)
    c.assigned = after | c.assigned
    return _try_finally(guarded, final)


def _try_except(world: World, body: Run, handlers: list[ExceptHandler], orelse: Run | None) -> Run:
    def run(frame: Any) -> Any:
        try:
            signal = body(frame)
        except StepLimit:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the handlers decide
            return _handle(world, handlers, error, frame)
        return orelse(frame) if orelse is not None and signal is None else signal

    return run


def _handle(world: World, handlers: list[ExceptHandler], error: BaseException, frame: Any) -> Any:
    handler = next((each for each in handlers if each.catches(error, frame)), None)
    if handler is None:
        raise error
    handler.begin(error, frame, world.handling)
    try:
        return handler.body(frame)
    finally:
        handler.finish(error, frame, world.handling)


def _try_finally(body: Run, final: Run) -> Run:
    def run(frame: Any) -> Any:
        try:
            signal = body(frame)
        except BaseException:
            replaced = final(frame)
            if replaced is not None:
                return replaced
            raise
        replaced = final(frame)
        return signal if replaced is None else replaced

    return run
