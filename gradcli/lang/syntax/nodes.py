"""The tree that the compiler reads: frozen nodes with `span = (start, end)`, character offsets into the source text.

`parse` promises, so that whoever walks the tree may recurse: expressions nest to `parse.MAX_DEPTH` levels (200),
blocks to `parse.MAX_BLOCKS` (100). What can be long without being deep is flat: a sum of 100,000 terms is one `Chain`,
a row of `elif` is one `If`. Targets (assignment, `for`, `with`, `del`) have been checked: a name, an attribute, an
index, or a tuple or list of targets with at most one star.

Plain slotted classes, not dataclasses: importing those costs more than parsing a one-liner.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, ClassVar, TypeVar, dataclass_transform

    T = TypeVar("T")
else:

    def dataclass_transform(**_):
        """At run time a no-op: it only tells type checkers that fields make the constructor."""
        return lambda cls: cls


Span = tuple[int, int]


@dataclass_transform(frozen_default=True)
class _Fields(type):
    """Makes the annotations of a class its slots, in order: a field is written once."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> _Fields:
        own = tuple(field for field, kind in namespace.get("__annotations__", {}).items() if "ClassVar" not in kind)
        cls = super().__new__(mcs, name, bases, {**namespace, "__slots__": own})
        inherited: tuple[str, ...] = getattr(bases[0], "fields", ()) if bases else ()
        type.__setattr__(cls, "fields", inherited + own)
        if own:
            # A class without fields of its own keeps the constructor of its base.
            setters = [getattr(cls, field).__set__ for field in inherited + own]
            type.__setattr__(cls, "__init__", _constructor(*setters))
        return cls


def _constructor(
    span: Callable[[object, Any], None],
    first: Callable[[object, Any], None] | None = None,
    second: Callable[[object, Any], None] | None = None,
    *more: Callable[[object, Any], None],
) -> Callable[..., None]:
    """An `__init__` that fills the slots; spelled out for few of them, since nodes are made by the hundred thousand."""
    if first is None:

        def one(self: Node, a: Span) -> None:
            span(self, a)

        return one
    if second is None:

        def two(self: Node, a: Span, b: object) -> None:
            span(self, a)
            first(self, b)

        return two
    if not more:

        def three(self: Node, a: Span, b: object, c: object) -> None:
            span(self, a)
            first(self, b)
            second(self, c)

        return three

    def many(self: Node, a: Span, b: object, c: object, *rest: object) -> None:
        span(self, a)
        first(self, b)
        second(self, c)
        for put, value in zip(more, rest, strict=True):
            put(self, value)

    return many


class Node(metaclass=_Fields):
    """A piece of a program. Fields are given in the order in which they are written, `span` first."""

    fields: ClassVar[tuple[str, ...]]
    span: Span

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __repr__(self) -> str:
        shown = (f"{field}={_brief(getattr(self, field))}" for field in self.fields if field != "span")
        return f"{type(self).__name__}({', '.join(shown)})"

    def children(self) -> Iterator[Node]:
        """The nodes directly below this one, in source order, those inside tuples included."""
        stack = [getattr(self, field) for field in reversed(self.fields) if field != "span"]
        while stack:
            value = stack.pop()
            if isinstance(value, Node):
                yield value
            elif isinstance(value, tuple):
                stack.extend(reversed(value))

    def replace(self: T, **changes: object) -> T:
        """A copy with some fields changed."""
        return type(self)(*(changes.get(field, getattr(self, field)) for field in self.fields))  # type: ignore[attr-defined]


def _brief(value: object) -> str:
    """Nodes inside nodes by class name only: the whole tree could be too deep to print."""
    if isinstance(value, tuple):
        return "(" + ", ".join(_brief(item) for item in value[:8]) + (", ...)" if len(value) > 8 else ")")
    return f"<{type(value).__name__}>" if isinstance(value, Node) else repr(value)


# ---------------------------------------------------------------- expressions


class Expression(Node):
    """Anything with a value."""


class Number(Expression):
    """`42`, `1.5e-3`, `2j`."""

    value: int | float | complex


class Constant(Expression):
    """`None`, `True`, `False` or `...`"""

    value: object


class String(Expression):
    """A string literal, or several side by side; escapes done."""

    value: str


class FormatField(Node):
    """`{value!r:spec}` in an f-string. `conversion` is "", "r", "s" or "a"; `spec` may hold fields itself.

    `text` is the source with the `=` for `{value=}` (it is shown before the value, which is then formatted with repr
    unless a conversion or spec is given), else None.
    """

    value: Expression
    conversion: str
    spec: tuple[str | FormatField, ...]
    text: str | None


class FString(Expression):
    """`f'text {value}'`: texts and fields in turn."""

    parts: tuple[str | FormatField, ...]


class Name(Expression):
    """`x`."""

    name: str


class List(Expression):
    """`[a, *b]`."""

    items: tuple[Expression, ...]


class Tuple(Expression):
    """With or without parentheses. In an index its items may be slices."""

    items: tuple[Expression, ...]


class Set(Expression):
    """`{a, b}`."""

    items: tuple[Expression, ...]


class Dict(Expression):
    """Pairs of key and value; the key is None for `**value`."""

    items: tuple[tuple[Expression | None, Expression], ...]


class Starred(Expression):
    """`*value`: only in calls, in list, tuple and set displays, and in targets."""

    value: Expression


class Attribute(Expression):
    """`value.name`; `name_span` is where the name stands."""

    value: Expression
    name: str
    name_span: Span


class Keyword(Node):
    """`name=value` in a call; `name` is None for `**value`."""

    name: str | None
    value: Expression


class Call(Expression):
    """`args` may hold `Starred`. Keyword names are distinct."""

    func: Expression
    args: tuple[Expression, ...]
    keywords: tuple[Keyword, ...]


class Slice(Expression):
    """`lower:upper:step`, only in an index."""

    lower: Expression | None
    upper: Expression | None
    step: Expression | None


class Index(Expression):
    """`value[index]`, the index being an expression, a `Slice`, or for `x[a, b]` a `Tuple` of these."""

    value: Expression
    index: Expression


class Unary(Expression):
    """`op` is "-", "+" or "~"."""

    op: str
    operand: Expression


class Chain(Expression):
    """Operators of one precedence level, left to right: `a - b + c` is first `a`, rest `("-", b), ("+", c)` with spans.

    The levels are `|`, `^` has none (it is power), `&`, `<< >>`, `+ -`, `* / // % @`.
    """

    first: Expression
    rest: tuple[tuple[str, Expression, Span], ...]


class Power(Expression):
    """`base ** exponent` and `base ^ exponent` (`op` keeps which); right-associative."""

    base: Expression
    exponent: Expression
    op: str
    op_span: Span


class Compare(Expression):
    """`a < b <= c`. The operators are `< > <= >= == != in`, "not in", `is`, "is not"."""

    first: Expression
    rest: tuple[tuple[str, Expression, Span], ...]


class BoolOp(Expression):
    """`op` is "and" or "or"."""

    op: str
    operands: tuple[Expression, ...]


class Not(Expression):
    """`not operand`."""

    operand: Expression


class Conditional(Expression):
    """`body if test else orelse`"""

    test: Expression
    body: Expression
    orelse: Expression


class Parameter(Node):
    """`kind` is "" (by position or name), "positional" (before `/`), "keyword" (after `*`), "*" or "**".

    Annotations are dropped.
    """

    name: str
    default: Expression | None
    kind: str


class Lambda(Expression):
    """`lambda parameters: body`."""

    parameters: tuple[Parameter, ...]
    body: Expression


class Yield(Expression):
    """`yield value`: only inside a function, checked by the parser."""

    value: Expression | None


class YieldFrom(Expression):
    """`yield from value`."""

    value: Expression


class ForClause(Node):
    """`for target in iter if condition if …` of a comprehension."""

    target: Expression
    iter: Expression
    conditions: tuple[Expression, ...]


class Comprehension(Expression):
    """`kind` is "list", "set", "dict" or "generator"; `key` is None unless it is a dict."""

    kind: str
    key: Expression | None
    element: Expression
    clauses: tuple[ForClause, ...]


# Expressions with nothing below them.
LEAVES = frozenset((Number, Constant, String, Name))


# ---------------------------------------------------------------- statements


class Statement(Node):
    """Anything without a value."""


Block = tuple[Statement, ...]


class Program(Node):
    """A whole text; its span too."""

    body: Block


class ExpressionStatement(Statement):
    """`silenced`: a `;` ends the line after it, so that nothing is echoed; the same on other statements that may be."""

    value: Expression
    silenced: bool


class Assign(Statement):
    """`a = b = value`; for `x: T = value` the annotation is dropped."""

    targets: tuple[Expression, ...]
    value: Expression
    silenced: bool


class AugAssign(Statement):
    """`op` without the equals sign: `x @= w` has "@"; `^=` is power."""

    target: Expression
    op: str
    value: Expression
    op_span: Span
    silenced: bool


class If(Statement):
    """`branches` are (test, block) of `if` and every `elif`."""

    branches: tuple[tuple[Expression, Block], ...]
    orelse: Block


class While(Statement):
    """`while test: body else: orelse`."""

    test: Expression
    body: Block
    orelse: Block


class For(Statement):
    """`for target in iter: body else: orelse`."""

    target: Expression
    iter: Expression
    body: Block
    orelse: Block


class Break(Statement):
    """Only inside a loop: checked by the parser."""


class Continue(Statement):
    """Only inside a loop: checked by the parser."""


class Pass(Statement):
    """Also what is left of a bare annotation, `x: int`."""


class WithItem(Node):
    """`context as target`."""

    context: Expression
    target: Expression | None


class With(Statement):
    """`with items: body`."""

    items: tuple[WithItem, ...]
    body: Block


class Def(Statement):
    """A docstring stays in the body, as its first statement. `name_span` for messages about the function.

    generator: there is a `yield` in the body.
    """

    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    body: Block
    decorators: tuple[Expression, ...]
    generator: bool


class Class(Statement):
    """`class name(bases, keyword=value): body`. A docstring is the first statement of the body.

    annotated: the names that stand before a `: T` in the body, with or without a value.
    """

    name: str
    name_span: Span
    bases: tuple[Expression, ...]
    keywords: tuple[Keyword, ...]
    body: Block
    decorators: tuple[Expression, ...]
    annotated: tuple[str, ...]


class Return(Statement):
    """Only inside a function: checked by the parser."""

    value: Expression | None


class Assert(Statement):
    """`assert test, message`."""

    test: Expression
    message: Expression | None


class Del(Statement):
    """`del targets`."""

    targets: tuple[Expression, ...]


class Raise(Statement):
    """`raise exception from cause`; a bare `raise` has neither."""

    exception: Expression | None
    cause: Expression | None


class Handler(Node):
    """`except type as name:`; a bare `except:` has no type, and is the last."""

    type: Expression | None
    name: str | None
    body: Block


class Try(Statement):
    """`try: body`, its handlers, `else: orelse`, `finally: final`."""

    body: Block
    handlers: tuple[Handler, ...]
    orelse: Block
    final: Block


class Alias(Node):
    """`name as bound`; `bound` is None without `as`. `name` is dotted in `import a.b`, "*" in `from a import *`."""

    name: str
    bound: str | None


class Import(Statement):
    """`import a.b as c, d`."""

    names: tuple[Alias, ...]


class FromImport(Statement):
    """`from module import names`."""

    module: str
    module_span: Span
    names: tuple[Alias, ...]


class Global(Statement):
    """`global a, b`."""

    names: tuple[str, ...]


class Nonlocal(Statement):
    """`nonlocal a, b`."""

    names: tuple[str, ...]


# Statements with blocks: at a prompt they end with a blank line.
COMPOUND = (If, While, For, With, Def, Class, Try)


# ---------------------------------------------------------------- commands (their verbs are soft keywords)


class Param(Statement):
    """`param x = value`: a leaf that requires grad."""

    target: Name
    value: Expression
    silenced: bool


class Command(Statement):
    """`verb operands [wrt|with others]`, for backward, grad, explain, graph, formula, check and vars.

    `backward a, b with u, v` and `grad out wrt x, w` have `others`; `vars` has neither. A bare `vars` or `help` is a
    command even where a variable has that name; the compiler may look first whether one is bound.
    """

    verb: str
    verb_span: Span
    operands: tuple[Expression, ...]
    others: tuple[Expression, ...]
    silenced: bool


class Help(Statement):
    """`help topic`; the topic is a dotted name, an operator or a keyword, "" when nothing follows."""

    topic: str
    topic_span: Span


def docstring(body: Block) -> str | None:
    """The text that a body begins with."""
    first = body[0] if body else None
    text = first.value if isinstance(first, ExpressionStatement) else None
    return text.value if isinstance(text, String) else None
