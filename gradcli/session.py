"""One Session under every front end: text in, events out.

    s = Session(seed=0)
    s["x"] = np.ones((2, 2), np.float32)
    ok = s.run("y = (x+2)*(x+2)*3; out = mean(y)", emit)

A statement that fails, or is interrupted, leaves the variables as they were before it; those before it took effect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

import gradcli.ops  # noqa: F401 - it publishes the operators
from gradcli.engine.errors import forget_warnings, listen
from gradcli.engine.size import Size
from gradcli.engine.tensor import Tensor
from gradcli.lang.budget import BUDGET
from gradcli.lang.builtins import Builtins
from gradcli.lang.compile.base import Compiler, World
from gradcli.lang.depth import deepen, restore
from gradcli.lang.errors.diagnostics import Span, SyntaxFailure
from gradcli.lang.errors.spots import Source
from gradcli.lang.events import (
    Event,
    Exited,
    Failed,
    Gradients,
    Helped,
    Printed,
    Shown,
    Variables,
    Warned,
)
from gradcli.lang.modules.table import MODULES
from gradcli.lang.syntax import nodes
from gradcli.lang.syntax.parse import parse
from gradcli.lang.values.table import MISSING, attribute
from gradcli.lang.values.text import OUTPUT, Stream, as_str, printed

if TYPE_CHECKING:
    from gradcli.lang.compile.loops import Loops

__all__ = [
    "Event",
    "Exited",
    "Failed",
    "Gradients",
    "Helped",
    "Printed",
    "Session",
    "Shown",
    "Variables",
    "Warned",
]

Emit = Callable[[Event], None]
ECHOES = ("none", "expressions", "last", "all")
_SIMPLE = (nodes.ExpressionStatement, nodes.Assign, nodes.Pass, nodes.Assert, nodes.Help, nodes.Def)


class Undelivered(BaseException):
    """The front end could not take an event (a closed pipe). No `except` of a program is to see that."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Session:
    """Variables, and the programs that change them.

    done: how many characters of the latest program, from its beginning, took effect.
    seed: of the random numbers. The limits are those of one `run`; None leaves the default (gradcli/lang/budget.py).
    sandbox: without files.
    """

    def __init__(
        self,
        seed: int | None = None,
        *,
        max_steps: int | None = None,
        max_bits: int | None = None,
        max_items: int | None = None,
        max_characters: int | None = None,
        max_output: int | None = None,
        sandbox: bool = False,
    ) -> None:
        self.done = 0
        self._builtins = Builtins(self._print)
        self._world = World(self._builtins.find, self._builtins.names, MODULES)
        self._limits = {
            "steps": max_steps,
            "bits": max_bits,
            "items": max_items,
            "characters": max_characters,
            "output": max_output,
            "files": not sandbox,
        }
        self._warned = set()
        forget_warnings()
        if seed is not None:
            attribute(MODULES["torch"], "manual_seed")(seed)

    # Variables

    @property
    def variables(self) -> dict[str, Any]:
        """Name to value, in the order in which they were first bound."""
        return self._world.variables

    def __getitem__(self, name: str) -> Any:
        return self._world.variables[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._world.variables[_identifier(name)] = admitted(value)

    def __delitem__(self, name: str) -> None:
        del self._world.variables[name]

    def __contains__(self, name: object) -> bool:
        return name in self._world.variables

    def __iter__(self) -> Iterator[str]:
        return iter(self._world.variables)

    def param(self, name: str, value: Any) -> Tensor:
        """Bind a new leaf that requires grad, as `param name = value` does, and return it."""
        from gradcli.lang.compile.commands import make_leaf

        leaf = make_leaf(admitted(value), self._world)
        self._world.variables[_identifier(name)] = leaf
        return leaf

    def builtin(self, name: str) -> Any:
        """The value of a name that every program knows. Raises KeyError."""
        found = self._builtins.find(name)
        if found is MISSING:
            raise KeyError(name)
        return found

    def builtin_names(self) -> list[str]:
        """All names that every program knows: for completion."""
        return self._builtins.names()

    # Running

    def watch_loops(self) -> Loops:
        """The `for` loops under way, outermost first, in what is run from now on: to be read from another thread."""
        if self._world.loops is None:
            self._world.loops = []
        return self._world.loops

    def run(
        self,
        text: str,
        emit: Emit | None = None,
        *,
        name: str = "<input>",
        echo: str = "expressions",
        keep_going: bool = False,
    ) -> bool:
        """Run a program; True if all of it succeeded.

        echo: what is shown besides what is printed: "expressions" (bare ones, as Python's prompt does), "all"
        (assignments too), "last" (the value that a notebook's cell ends in), "none". keep_going: a statement that
        fails does not end the run. A program that ends itself has succeeded if its exit status is 0.
        Raises KeyboardInterrupt, and what `emit` raises.
        """
        if echo not in ECHOES:
            raise ValueError(f"echo is one of {', '.join(ECHOES)}, not {echo!r}")
        source = Source(text, name)
        self._world.sources.appendleft(source)
        outer = self._begin(emit)
        try:
            with np.errstate(all="ignore"):
                return self._run(source, echo, keep_going)
        except SystemExit as stop:
            return self._exit(stop.code)
        except Undelivered as undelivered:
            raise undelivered.reason from None
        finally:
            self._end(outer)

    def _begin(self, emit: Emit | None) -> tuple[Any, ...]:
        """Take over the process's warnings and limits; returns what `_end` puts back (a run may contain a run)."""

        def deliver(event: Event) -> None:
            if emit is not None:
                try:
                    emit(event)
                except Exception as reason:
                    if "special" in reason.__dict__:  # a `__repr__` of the program's failed while a value was shown
                        raise
                    raise Undelivered(reason) from reason

        world = self._world
        before = (world.emit, self._statement, self._warned, listen(self._warn), OUTPUT.show, BUDGET.save(), deepen())
        self._warned = set()
        OUTPUT.show = self._print
        self._world.emit = deliver
        BUDGET.start(self._limits)
        return before

    _statement: tuple[Source, Span] | None = None
    _warned: set[tuple[str, str, Span]]  # what was said where: once a run, as Python's warnings are once a line

    def _end(self, before: tuple[Any, ...]) -> None:
        self._world.emit, self._statement, self._warned, warn, OUTPUT.show, limits, depth = before
        restore(depth)
        listen(warn)
        BUDGET.restore(limits)
        self._world.handling.clear()

    def _run(self, source: Source, echo: str, keep_going: bool) -> bool:
        self.done = 0
        try:
            body = parse(source.text).body
        except SyntaxFailure as failure:
            self._world.emit(Failed(failure.diagnostic))
            return False
        if echo == "none":  # else the text is a result
            self._builtins.document(nodes.docstring(body))
        ok = True
        for position, node in enumerate(body):
            shown = echo
            if echo == "last":
                last = position + 1 == len(body) and isinstance(node, nodes.ExpressionStatement)
                shown = "expressions" if last else "none"
            elif echo == "all" and isinstance(node, nodes.COMPOUND):
                shown = "expressions"  # a loop would show what it assigns each time
            if self._step(node, source, shown):
                self.done = node.span[1]
            else:
                ok = False
                if not keep_going:
                    break
        return ok

    def _step(self, node: nodes.Statement, source: Source, echo: str) -> bool:
        """One statement at module level."""
        world = self._world
        self._statement = (source, node.span)
        before = None if isinstance(node, _SIMPLE) else world.variables.copy()
        try:
            Compiler(world, source, echo).statement(node)(world.variables)
            BUDGET.check_steps()
        except SyntaxFailure as failure:
            self._restore(before)
            world.emit(Failed(failure.diagnostic))
            return False
        except Exception as error:  # noqa: BLE001 - whatever a program raises becomes a diagnostic
            self._restore(before)
            from gradcli.lang.errors.failures import diagnose

            diagnostic = diagnose(error, source, world, node.span)
            error.__traceback__ = None
            world.emit(Failed(diagnostic))
            return False
        except BaseException:
            self._restore(before)
            raise
        return True

    def _exit(self, code: Any) -> bool:
        """Tell that the program has ended itself, as Python would: what is no number is a reason, and a failure."""
        status = 0 if code is None else code & 0xFF if isinstance(code, int) else 1
        self._world.emit(Exited(status, "" if code is None or isinstance(code, int) else as_str(code)))
        return status == 0

    def _restore(self, before: dict[str, Any] | None) -> None:
        if before is not None:
            self._world.variables.clear()
            self._world.variables.update(before)

    # What programs say

    def _print(
        self, *values: Any, sep: Any = None, end: Any = None, file: Any = None, flush: Any = False, **other: Any
    ) -> None:
        if other:
            raise TypeError(f"{next(iter(other))!r} is an invalid keyword argument for print()")
        text = printed(values, sep, end)
        if file is None or type(file) is Stream:
            self._world.emit(Printed(text, "stdout" if file is None else file.name))
        else:
            write, between = attribute(file, "write"), " " if sep is None else sep
            for position, value in enumerate(values):
                if position:
                    write(between)
                write(as_str(value))
            write("\n" if end is None else end)

    def _warn(self, message: str, category: str) -> None:
        from gradcli.lang.errors.failures import warned

        if self._statement is not None:
            diagnostic = warned(message, category, *self._statement)
            said = (message, category, diagnostic.labels[0].span)
            if said not in self._warned:
                self._warned.add(said)
                self._world.emit(Warned(diagnostic))


def _identifier(name: str) -> str:
    if not name.isidentifier() or not name.isascii():
        raise ValueError(f"not a name of the language: {name!r}")
    return name


_PLAIN = (Tensor, int, float, complex, bool, str, type(None), Size)


def admitted(value: Any) -> Any:
    """A Python value as a value of the language: arrays become tensors (copied), containers are taken item by item.

    Raises TypeError for what the language has no place for.
    """
    if type(value) in _PLAIN:
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        from gradcli.engine import dtypes

        dtypes.of(value.dtype)
        return Tensor(value.copy())
    if type(value) in (list, tuple):
        return type(value)([admitted(item) for item in value])
    if type(value) is dict:
        return {admitted(name): admitted(item) for name, item in value.items()}
    if callable(value) and not isinstance(value, type):
        return value
    raise TypeError(f"the language has no values of type {type(value).__name__}")
