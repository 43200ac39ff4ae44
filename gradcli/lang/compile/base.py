"""The compiler's shared part: nodes in, closures out.

A closure takes the frame (the dict of globals at module level, a list in a function) and returns the value. That of a
statement returns None, or a signal: BREAK, CONTINUE, or `(value,)` for `return value`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from gradcli.lang.compile.scopes import UNBOUND, Scope
from gradcli.lang.errors.diagnostics import Diagnostic, Label, Span, SyntaxFailure
from gradcli.lang.errors.spots import Place, Source, blame, unknown
from gradcli.lang.events import Event
from gradcli.lang.syntax import nodes
from gradcli.lang.values.table import MISSING

if TYPE_CHECKING:
    from gradcli.lang.compile.loops import Loops

Run = Callable[[Any], Any]


class Signal:
    """How a block ended, if not at its end."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


BREAK: Final = Signal("break")
CONTINUE: Final = Signal("continue")


MOST_SOURCES: Final = 200


class World:
    """What the closures of a session share.

    variables: the globals. builtins: name to value, or None; names(): all of them. handling: the exceptions whose
    handlers are running, for a bare `raise`. sources: the texts that were run, the latest first, for messages.
    """

    __slots__ = ("builtin", "builtin_names", "emit", "handling", "loops", "modules", "sources", "variables")

    def __init__(self, builtin: Callable[[str], Any], builtin_names: Callable[[], list[str]], modules: Any) -> None:
        self.variables: dict[str, Any] = {}
        self.builtin = builtin
        self.builtin_names = builtin_names
        self.modules = modules
        self.emit: Callable[[Event], None] = lambda event: None
        self.handling: list[BaseException] = []
        self.loops: Loops | None = None
        self.sources: deque[Source] = deque(maxlen=MOST_SOURCES)


class Compiler:
    """Compiles the nodes of one source. `assigned`: the locals that certainly have a value here."""

    __slots__ = ("assigned", "echo", "qualname", "scope", "source", "world")

    def __init__(self, world: World, source: Source, echo: str = "none") -> None:
        self.world = world
        self.source = source
        self.echo = echo
        self.scope = Scope(None, None)
        self.assigned: set[str] = set()
        self.qualname = ""

    def expression(self, node: nodes.Expression) -> Run:
        """The closure that yields the value of an expression."""
        return (EXPRESSIONS.get(type(node)) or _load(type(node)))(self, node)

    def statement(self, node: nodes.Statement) -> Run:
        """The closure that carries out a statement."""
        return (STATEMENTS.get(type(node)) or _load(type(node)))(self, node)

    def place(self, node: nodes.Node, *operands: nodes.Node) -> Place:
        """Where to say that `node` failed."""
        return Place(self.source, node.span, tuple([operand.span for operand in operands]))

    def at(self, span: Span, *operands: nodes.Node) -> Place:
        """The same for a span."""
        return Place(self.source, span, tuple([operand.span for operand in operands]))

    def refuse(self, span: Span, message: str, help: str = "") -> SyntaxFailure:
        """An error that Python finds while compiling."""
        return SyntaxFailure(Diagnostic("syntax", message, [Label(span)], help, exception="SyntaxError"))

    # Variables

    def is_local(self, name: str) -> bool:
        """Does the name mean a slot of the frame (one's own, or a cell of an outer function)?"""
        return name in self.scope.slots

    def key(self, name: str) -> Any:
        """The key with which `frame[key]` reads the variable, with nothing else to check but KeyError; else None."""
        scope = self.scope
        if scope.is_module:
            return name if name in self.world.variables or self.world.builtin(name) is MISSING else None
        slot = scope.slots.get(name)
        if slot is None or scope.in_cell(name) or name in scope.deleted or name not in self.assigned:
            return None
        return slot

    def load(self, node: nodes.Name) -> Run:
        """Read a variable."""
        name = node.name
        key = self.key(name)
        if key is not None:
            return self._load_key(node, key)
        if self.scope.is_module or not self.is_local(name):
            return self._load_global(node)
        if self.scope.is_class and not self.scope.in_cell(name):
            return self._load_own(node)
        return self._load_checked(node)

    def _load_key(self, node: nodes.Name, key: Any) -> Run:
        if not self.scope.is_module:
            return lambda frame: frame[key]
        place = self.place(node)
        name = node.name

        def run(frame: Any) -> Any:
            try:
                return frame[name]
            except KeyError:
                error = unknown(name)
                blame(error, place)
                raise error from None

        return run

    def _load_global(self, node: nodes.Name) -> Run:
        name, variables = node.name, self.world.variables
        builtin = self.world.builtin(name)
        if builtin is not MISSING:
            return lambda frame: variables[name] if name in variables else builtin  # noqa: SIM401 - faster than get
        place, local = self.place(node), tuple(self.scope.slots)

        def run(frame: Any) -> Any:
            try:
                return variables[name]
            except KeyError:
                error = unknown(name, local)
                blame(error, place)
                raise error from None

        return run

    def _load_own(self, node: nodes.Name) -> Run:
        """A name that the body of a class binds: before it does, it is the global one."""
        slot, outside = self.scope.slots[node.name], self._load_global(node)

        def run(frame: Any) -> Any:
            value = frame[slot]
            return outside(frame) if value is UNBOUND else value

        return run

    def _load_checked(self, node: nodes.Name) -> Run:
        name, place, slot = node.name, self.place(node), self.scope.slots[node.name]
        shared = self.scope.in_cell(name)
        own = name not in self.scope.free

        def run(frame: Any) -> Any:
            value = frame[slot][0] if shared else frame[slot]
            if value is UNBOUND:
                error = unbound(name, own)
                blame(error, place)
                raise error
            return value

        return run


def unbound(name: str, own: bool) -> NameError:
    """The error for a local variable without a value."""
    if own:
        return UnboundLocalError(f"cannot access local variable {name!r} where it is not associated with a value")
    return NameError(f"cannot access free variable {name!r} where it is not associated with a value in enclosing scope")


Handler = Callable[[Compiler, Any], Run]
EXPRESSIONS: dict[type, Handler] = {}
STATEMENTS: dict[type, Handler] = {}


def _load(kind: type) -> Handler:
    from gradcli.lang.compile.program import handler

    return handler(kind)


def expression(kind: type) -> Callable[[Handler], Handler]:
    """Enter the function that compiles expressions of this kind."""
    return lambda handler: EXPRESSIONS.setdefault(kind, handler)


def statement(kind: type) -> Callable[[Handler], Handler]:
    """Enter the function that compiles statements of this kind."""
    return lambda handler: STATEMENTS.setdefault(kind, handler)
