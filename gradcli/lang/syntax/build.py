"""From reductions to nodes: one method for every rule or alias of the grammar that makes a node, of the same name.

A method gets the span and the children: nodes (or whatever the methods of inner rules returned), and for terminals the
number of the token. What the grammar lets through and the language does not is refused here, in Python's words.
"""

from __future__ import annotations

from gradcli.lang.syntax import checks, literals
from gradcli.lang.syntax import nodes as n
from gradcli.lang.syntax.nodes import Block, Expression, Span, Statement
from gradcli.lang.syntax.tokens import Tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

Operator = tuple[str, Span]
Pair = tuple[Expression | None, Expression]


class Builder:
    """Makes the nodes of one text. `parse` is how it asks for the expressions in f-strings."""

    def __init__(self, tokens: Tokens, parse: Callable[[int, int], Expression]) -> None:
        self.tokens = tokens
        self.texts = tokens.texts
        self.parse = parse
        # break, continue, return and yield that no loop and no function has claimed yet.
        self.loose: list[Statement | Expression] = []
        # The names of `name: T` and `name: T = value`, by the span of the statement: a class keeps those of its body.
        self.annotated: dict[Span, str] = {}

    # ------------------------------------------------------------ program and blocks

    def program(self, span: Span, *parts: Statement | Block) -> n.Program:
        for node in sorted(self.loose, key=lambda node: node.span):
            raise checks.misplaced(node)
        return n.Program((0, len(self.tokens.source)), _flat(parts))

    def line(self, span: Span, *statements: Statement) -> Block:
        return statements

    def silenced_line(self, span: Span, *statements: Statement) -> Block:
        last = statements[-1]
        if "silenced" in last.fields:
            return (*statements[:-1], last.replace(silenced=True))
        return statements

    def line_block(self, span: Span, statements: Block) -> Block:
        return statements

    def block(self, span: Span, *parts: Statement | Block) -> Block:
        return _flat(parts)

    # ------------------------------------------------------------ simple statements

    def evaluate(self, span: Span, value: Expression) -> Statement:
        return n.ExpressionStatement(span, checks.unstarred(value), False)

    def assign(self, span: Span, *values: Expression) -> Statement:
        *targets, value = values
        for target in targets:
            checks.target(target, "assign to", equals=True)
        return n.Assign(span, tuple(targets), checks.unstarred(value), False)

    def augment(self, span: Span, target: Expression, token: int, value: Expression) -> Statement:
        checks.single_target(target, "'{}' is an illegal expression for augmented assignment")
        where = self.tokens.span(token)
        return n.AugAssign(span, target, self.texts[token][:-1], checks.unstarred(value), where, False)

    def annotate(self, span: Span, target: Expression, kind: Expression, value: Expression | None) -> Statement:
        if isinstance(target, n.Tuple | n.List):
            checks.refuse(f"only single target (not {type(target).__name__.lower()}) can be annotated", target.span)
        checks.single_target(target, "illegal target for annotation")
        if isinstance(target, n.Name):
            self.annotated[span] = target.name
        return n.Pass(span) if value is None else n.Assign(span, (target,), checks.unstarred(value), False)

    def pass_(self, span: Span) -> Statement:
        return n.Pass(span)

    def break_(self, span: Span) -> Statement:
        return self.claimable(n.Break(span))

    def continue_(self, span: Span) -> Statement:
        return self.claimable(n.Continue(span))

    def return_(self, span: Span, value: Expression | None) -> Statement:
        return self.claimable(n.Return(span, value and checks.unstarred(value)))

    def raise_(self, span: Span, exception: Expression | None, cause: Expression | None) -> Statement:
        return n.Raise(span, exception, cause)

    def assert_(self, span: Span, test: Expression, message: Expression | None) -> Statement:
        return n.Assert(span, test, message)

    def del_(self, span: Span, values: Expression) -> Statement:
        checks.target(values, "delete")
        return n.Del(span, values.items if isinstance(values, n.Tuple) else (values,))

    def global_(self, span: Span, *names: int) -> Statement:
        return n.Global(span, tuple(self.texts[name] for name in names))

    def nonlocal_(self, span: Span, *names: int) -> Statement:
        return n.Nonlocal(span, tuple(self.texts[name] for name in names))

    def import_(self, span: Span, *names: n.Alias) -> Statement:
        return n.Import(span, names)

    def from_import(self, span: Span, module: Operator, names: tuple[n.Alias, ...]) -> Statement:
        return n.FromImport(span, *module, names)

    def module(self, span: Span, *names: int) -> Operator:
        return ".".join(self.texts[name] for name in names), span

    def module_alias(self, span: Span, module: Operator, bound: int | None) -> n.Alias:
        return n.Alias(span, module[0], self.text(bound))

    def name_alias(self, span: Span, name: int, bound: int | None) -> n.Alias:
        return n.Alias(span, self.texts[name], self.text(bound))

    def imported(self, span: Span, *names: n.Alias) -> tuple[n.Alias, ...]:
        return names

    def import_all(self, span: Span) -> tuple[n.Alias, ...]:
        return (n.Alias(span, "*", None),)

    # ------------------------------------------------------------ compound statements

    def if_(self, span: Span, *parts: Expression | Block | None) -> Statement:
        tests, blocks = parts[:-1:2], parts[1:-1:2]
        return n.If(span, tuple(zip(tests, blocks, strict=True)), parts[-1] or ())  # type: ignore[arg-type]

    def while_(self, span: Span, test: Expression, body: Block, orelse: Block | None) -> Statement:
        self.claim_loop(body)
        return n.While(span, test, body, orelse or ())

    def for_(self, span: Span, target: Expression, values: Expression, body: Block, orelse: Block | None) -> Statement:
        self.claim_loop(body)
        checks.target(target, "assign to")
        return n.For(span, target, checks.unstarred(values), body, orelse or ())

    def with_(self, span: Span, *parts: n.WithItem | Block) -> Statement:
        *items, body = parts
        return n.With(span, tuple(items), body)  # type: ignore[arg-type]

    def with_item(self, span: Span, context: Expression, target: Expression | None) -> n.WithItem:
        if target:
            checks.target(target, "assign to")
        return n.WithItem(span, context, target)

    def try_(self, span: Span, body: Block, *parts: n.Handler | Block | None) -> Statement:
        *handlers, orelse, final = parts
        for handler in handlers[:-1]:
            if isinstance(handler, n.Handler) and handler.type is None:
                checks.refuse("default 'except:' must be last", handler.span)
        return n.Try(span, body, tuple(handlers), orelse or (), final or ())  # type: ignore[arg-type]

    def try_finally(self, span: Span, body: Block, final: Block) -> Statement:
        return n.Try(span, body, (), (), final)

    def handler(self, span: Span, body: Block) -> n.Handler:
        return n.Handler(span, None, None, body)

    def typed_handler(self, span: Span, kind: Expression, name: int | None, body: Block) -> n.Handler:
        return n.Handler(span, kind, self.text(name), body)

    def decorator(self, span: Span, value: Expression) -> Expression:
        return value

    def define(self, span: Span, *parts: object) -> Statement:
        *decorators, name, parameters, _, body = parts
        is_generator = self.claim_function(body)  # type: ignore[arg-type]
        return n.Def(
            span,
            self.texts[name],  # type: ignore[call-overload]
            self.tokens.span(name),  # type: ignore[arg-type]
            parameters or (),  # type: ignore[arg-type]
            body,  # type: ignore[arg-type]
            tuple(decorators),  # type: ignore[arg-type]
            is_generator,
        )

    def class_(self, span: Span, *parts: object) -> Statement:
        *decorators, name, arguments, body = parts
        for node in self.claim(body):  # type: ignore[arg-type]
            raise checks.misplaced(node)
        return n.Class(
            span,
            self.texts[name],  # type: ignore[call-overload]
            self.tokens.span(name),  # type: ignore[arg-type]
            *checks.arguments(arguments or ()),  # type: ignore[arg-type]
            body,  # type: ignore[arg-type]
            tuple(decorators),  # type: ignore[arg-type]
            tuple([self.annotated[each.span] for each in body if each.span in self.annotated]),  # type: ignore[attr-defined]
        )

    def parameters(self, span: Span, *parameters: n.Parameter) -> tuple[n.Parameter, ...]:
        return checks.parameters(parameters)

    def plain_parameter(self, span: Span, name: int, kind: object, default: Expression | None) -> n.Parameter:
        return n.Parameter(span, self.texts[name], default, "")

    def star_parameter(self, span: Span, name: int, kind: object = None) -> n.Parameter:
        return n.Parameter(span, self.texts[name], None, "*")

    def double_star_parameter(self, span: Span, name: int, kind: object = None) -> n.Parameter:
        return n.Parameter(span, self.texts[name], None, "**")

    def star_separator(self, span: Span) -> n.Parameter:
        return n.Parameter(span, "", None, "*")

    def slash_separator(self, span: Span) -> n.Parameter:
        return n.Parameter(span, "", None, "/")

    def lambda_parameter(self, span: Span, name: int, default: Expression | None) -> n.Parameter:
        return n.Parameter(span, self.texts[name], default, "")

    lambda_star = star_parameter
    lambda_double_star = double_star_parameter

    # ------------------------------------------------------------ commands

    def param(self, span: Span, verb: int, name: int, value: Expression) -> Statement:
        target = n.Name(self.tokens.span(name), self.texts[name])
        return n.Param(span, target, checks.unstarred(value), False)

    def command(
        self, span: Span, verb: int, operands: tuple[Expression, ...], others: tuple[Expression, ...] | None = None
    ) -> Statement:
        return n.Command(span, self.texts[verb], self.tokens.span(verb), operands, others or (), False)

    def bare_command(self, span: Span, verb: int) -> Statement:
        return n.Command(span, self.texts[verb], self.tokens.span(verb), (), (), False)

    def help(self, span: Span, token: int) -> Statement:
        text, end = self.texts[token], self.tokens.ends[token]
        topic = text[len("help") :].strip()
        return n.Help(span, topic, (end - len(topic), end))

    def operands(self, span: Span, *values: Expression) -> tuple[Expression, ...]:
        return values

    # ------------------------------------------------------------ operators

    def tuple_(self, span: Span, *items: Expression) -> Expression:
        return n.Tuple(span, items)

    def starred(self, span: Span, value: Expression) -> Expression:
        return n.Starred(span, value)

    def conditional(self, span: Span, body: Expression, test: Expression, orelse: Expression) -> Expression:
        return n.Conditional(span, test, body, orelse)

    def yield_(self, span: Span, value: Expression | None) -> Expression:
        return self.claimable_value(n.Yield(span, value and checks.unstarred(value)))

    def yield_from(self, span: Span, value: Expression) -> Expression:
        return self.claimable_value(n.YieldFrom(span, value))

    def lambda_(self, span: Span, parameters: tuple[n.Parameter, ...] | None, body: Expression) -> Expression:
        for node in self.loose:
            if node.span[0] >= body.span[0]:
                raise checks.misplaced(node)
        return n.Lambda(span, parameters or (), body)

    def disjunction(self, span: Span, *operands: Expression) -> Expression:
        return n.BoolOp(span, "or", operands)

    def conjunction(self, span: Span, *operands: Expression) -> Expression:
        return n.BoolOp(span, "and", operands)

    def not_(self, span: Span, operand: Expression) -> Expression:
        return n.Not(span, operand)

    def comparison(self, span: Span, first: Expression, *rest: Expression | Operator) -> Expression:
        pairs = zip(rest[::2], rest[1::2], strict=True)
        return n.Compare(span, first, tuple((op[0], operand, op[1]) for op, operand in pairs))  # type: ignore[index, misc]

    def comparator(self, span: Span, *words: int) -> Operator:
        return " ".join([self.texts[word] for word in words]), span

    def chain(self, span: Span, first: Expression, *rest: Expression | int) -> Expression:
        texts, starts, ends = self.texts, self.tokens.starts, self.tokens.ends
        pairs = zip(rest[::2], rest[1::2], strict=True)
        return n.Chain(span, first, tuple([(texts[op], value, (starts[op], ends[op])) for op, value in pairs]))  # type: ignore[index, misc]

    def sign(self, span: Span, op: int, operand: Expression) -> Expression:
        return n.Unary(span, self.texts[op], operand)

    def power(self, span: Span, base: Expression, op: int, exponent: Expression) -> Expression:
        return n.Power(span, base, exponent, self.texts[op], self.tokens.span(op))

    # ------------------------------------------------------------ calls, attributes, subscripts

    def attribute(self, span: Span, value: Expression, name: int) -> Expression:
        return n.Attribute(span, value, self.texts[name], self.tokens.span(name))

    def call(self, span: Span, func: Expression, arguments: tuple[Expression | n.Keyword, ...] | None) -> Expression:
        if not arguments:
            return n.Call(span, func, (), ())
        return n.Call(span, func, *checks.arguments(arguments))

    def arguments(self, span: Span, *arguments: Expression | n.Keyword) -> tuple[Expression | n.Keyword, ...]:
        for argument in arguments:
            if len(arguments) > 1 and isinstance(argument, n.Comprehension) and argument.kind == "bare":
                checks.refuse("Generator expression must be parenthesized", argument.span)
        return arguments

    def keyword(self, span: Span, name: int, value: Expression) -> n.Keyword:
        return n.Keyword(span, self.texts[name], value)

    def double_starred(self, span: Span, value: Expression) -> n.Keyword:
        return n.Keyword(span, None, value)

    def bare_generator(self, span: Span, element: Expression, clauses: tuple[n.ForClause, ...]) -> Expression:
        return n.Comprehension(span, "bare", None, element, clauses)

    def index(self, span: Span, value: Expression, index: Expression) -> Expression:
        if isinstance(index, n.Starred):
            index = n.Tuple(index.span, (index,))
        return n.Index(span, value, index)

    def slice_(
        self, span: Span, lower: Expression | None, upper: Expression | None, step: Expression | None
    ) -> Expression:
        return n.Slice(span, lower, upper, step)

    # ------------------------------------------------------------ atoms

    def name(self, span: Span, token: int) -> Expression:
        return n.Name(span, self.texts[token])

    def number(self, span: Span, token: int) -> Expression:
        return n.Number(span, literals.number(self.texts[token], span))

    def string(self, span: Span, *tokens: int) -> Expression:
        parts: list[literals.Part] = []
        source = self.tokens.source
        formatted = False
        for token in tokens:
            literal = literals.Literal(self.texts[token], self.tokens.starts[token])
            if literal.formatted:
                formatted = True
                parts += literals.fields(source, literal, self.parse)
            else:
                parts.append(literals.plain(source[literal.start : literal.end], literal.start, raw=literal.raw))
        if formatted:
            return n.FString(span, tuple(part for part in parts if part != ""))
        return n.String(span, "".join(parts))  # type: ignore[arg-type]

    def none(self, span: Span) -> Expression:
        return n.Constant(span, None)

    def true(self, span: Span) -> Expression:
        return n.Constant(span, True)

    def false(self, span: Span) -> Expression:
        return n.Constant(span, False)

    def ellipsis(self, span: Span) -> Expression:
        return n.Constant(span, ...)

    def empty_tuple(self, span: Span) -> Expression:
        return n.Tuple(span, ())

    def group(self, span: Span, value: Expression) -> Expression:
        # Parentheses leave no trace, except that they are part of a tuple.
        return value.replace(span=span) if isinstance(value, n.Tuple) else checks.unstarred(value)

    def list_(self, span: Span, *items: Expression) -> Expression:
        return n.List(span, items)

    def set_(self, span: Span, *items: Expression) -> Expression:
        return n.Set(span, items)

    def dict_(self, span: Span, *items: Pair) -> Expression:
        return n.Dict(span, items)

    def pair(self, span: Span, key: Expression, value: Expression) -> Pair:
        return key, value

    def double_starred_pair(self, span: Span, value: Expression) -> Pair:
        return None, value

    def generator(self, span: Span, element: Expression, clauses: tuple[n.ForClause, ...]) -> Expression:
        return n.Comprehension(span, "generator", None, element, clauses)

    def list_comprehension(self, span: Span, element: Expression, clauses: tuple[n.ForClause, ...]) -> Expression:
        return n.Comprehension(span, "list", None, element, clauses)

    def set_comprehension(self, span: Span, element: Expression, clauses: tuple[n.ForClause, ...]) -> Expression:
        return n.Comprehension(span, "set", None, element, clauses)

    def dict_comprehension(
        self, span: Span, key: Expression, element: Expression, clauses: tuple[n.ForClause, ...]
    ) -> Expression:
        return n.Comprehension(span, "dict", key, element, clauses)

    def clauses(self, span: Span, *clauses: n.ForClause) -> tuple[n.ForClause, ...]:
        return clauses

    def clause(self, span: Span, target: Expression, values: Expression, *conditions: Expression) -> n.ForClause:
        checks.target(target, "assign to")
        return n.ForClause(span, target, values, conditions)

    # ------------------------------------------------------------ what the methods share

    def text(self, token: int | None) -> str | None:
        return None if token is None else self.texts[token]

    def claimable(self, statement: Statement) -> Statement:
        self.loose.append(statement)
        return statement

    def claimable_value(self, value: Expression) -> Expression:
        self.loose.append(value)
        return value

    def claim_loop(self, body: Block) -> None:
        """A loop has its `break` and `continue`, but not those in its `else`."""
        begin, end = body[0].span[0], body[-1].span[1]
        self.loose = [
            node for node in self.loose if not isinstance(node, n.Break | n.Continue) or not begin <= node.span[0] < end
        ]

    def claim_function(self, body: Block) -> bool:
        """A function has its `return` and `yield`; a `break` inside it finds no loop any more. Is there a `yield`?"""
        inside = self.claim(body)
        for node in inside:
            if isinstance(node, n.Break | n.Continue):
                raise checks.misplaced(node)
        return any(isinstance(node, Expression) for node in inside)

    def claim(self, body: Block) -> list[Statement | Expression]:
        """Take out what stands loose in the body of a function or class."""
        begin = body[0].span[0]
        inside = [node for node in self.loose if node.span[0] >= begin]
        self.loose = self.loose[: len(self.loose) - len(inside)]
        return inside


def _flat(parts: tuple[Statement | Block, ...]) -> Block:
    statements: list[Statement] = []
    for part in parts:
        if isinstance(part, Statement):
            statements.append(part)
        else:
            statements += part
    return tuple(statements)
