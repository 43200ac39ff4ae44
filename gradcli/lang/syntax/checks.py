"""What the grammar cannot say: targets, arguments, parameters, where a statement may stand. Messages are Python's."""

from __future__ import annotations

from gradcli.lang.errors.diagnostics import SyntaxFailure
from gradcli.lang.syntax import nodes as n
from gradcli.lang.syntax.nodes import Expression, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def refuse(message: str, span: Span, help: str = "") -> NoReturn:
    """Raise the failure with this message."""
    from gradcli.lang.syntax.complaints import failure

    raise failure(message, span, help)


def unstarred(value: Expression) -> Expression:
    """The value, which may not be a bare `*x`."""
    if type(value) is n.Starred:
        refuse("can't use starred expression here", value.span, "a star unpacks inside a list, a tuple or a call")
    return value


def target(node: Expression, verb: str, *, equals: bool = False) -> None:
    """Refuse what cannot be assigned to (or deleted). `equals`: an equals sign follows, perhaps one too few."""
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, n.Name | n.Attribute | n.Index):
            continue
        if isinstance(item, n.Tuple | n.List):
            stars = [part for part in item.items if isinstance(part, n.Starred)]
            if len(stars) > 1:
                refuse("multiple starred expressions in assignment", stars[1].span)
            inner = [part.value if verb == "assign to" and isinstance(part, n.Starred) else part for part in item.items]
            stack += reversed(inner)
        elif isinstance(item, n.Starred) and verb == "assign to":
            refuse("starred assignment target must be in a list or tuple", item.span, "write *a, = …")
        else:
            _bad_target(item, verb, equals=equals and item is node)


def single_target(node: Expression, message: str) -> None:
    """Refuse all but a name, an attribute or an index; `{}` in the message stands for what it is."""
    if not isinstance(node, n.Name | n.Attribute | n.Index):
        refuse(message.format(describe(node)), node.span)


def _bad_target(node: Expression, verb: str, *, equals: bool) -> NoReturn:
    what = describe(node)
    message = f"cannot {verb} {what}"
    if not equals or isinstance(node, n.Constant):
        refuse(message, node.span)
    refuse(f"{message} here. Maybe you meant '==' instead of '='?", node.span, "= gives a name to a value, == compares")


def describe(node: Expression) -> str:
    """What Python calls an expression in messages about targets."""
    if isinstance(node, n.Constant):
        return "ellipsis" if node.value is ... else str(node.value)
    if isinstance(node, n.Comprehension):
        return "generator expression" if node.kind in ("generator", "bare") else f"{node.kind} comprehension"
    return _DESCRIBED.get(type(node), "expression")


_DESCRIBED: dict[type, str] = {
    n.Number: "literal",
    n.String: "literal",
    n.FString: "f-string expression",
    n.Call: "function call",
    n.Compare: "comparison",
    n.Conditional: "conditional expression",
    n.Lambda: "lambda",
    n.Yield: "yield expression",
    n.YieldFrom: "yield expression",
    n.Dict: "dict literal",
    n.Set: "set display",
    n.List: "list",
    n.Tuple: "tuple",
    n.Starred: "starred",
}


def arguments(
    given: tuple[Expression | n.Keyword, ...],
) -> tuple[tuple[Expression, ...], tuple[n.Keyword, ...]]:
    """Positional and keyword arguments of a call, in Python's order and each keyword once."""
    values: list[Expression] = []
    keywords: list[n.Keyword] = []
    names: set[str] = set()
    unpacked = False
    for argument in given:
        if isinstance(argument, n.Keyword):
            keywords.append(argument)
            unpacked = unpacked or argument.name is None
            if argument.name in names:
                refuse(f"keyword argument repeated: {argument.name}", argument.span)
            if argument.name is not None:
                names.add(argument.name)
        elif isinstance(argument, n.Starred):
            if unpacked:
                refuse("iterable argument unpacking follows keyword argument unpacking", argument.span)
            values.append(argument)
        else:
            if keywords:
                unpacking = " unpacking" if unpacked else ""
                refuse(f"positional argument follows keyword argument{unpacking}", argument.span)
            if isinstance(argument, n.Comprehension) and argument.kind == "bare":
                argument = argument.replace(kind="generator")
            values.append(argument)
    return tuple(values), tuple(keywords)


def parameters(given: tuple[n.Parameter, ...]) -> tuple[n.Parameter, ...]:
    """The parameters with their kinds settled and the separators `*` and `/` gone."""
    result: list[n.Parameter] = []
    starred = defaults = False
    for place, parameter in enumerate(given):
        if result and result[-1].kind == "**":
            refuse("arguments cannot follow var-keyword argument", parameter.span)
        if parameter.kind == "/":
            _check_slash(parameter, result, starred)
            result = [before.replace(kind="positional") for before in result]
        elif parameter.kind == "*":
            if starred:
                refuse("* argument may appear only once", parameter.span)
            starred = True
            if parameter.name:
                result.append(parameter)
            elif place + 1 == len(given) or given[place + 1].kind:
                refuse("named arguments must follow bare *", parameter.span)
        elif parameter.kind == "" and starred:
            result.append(parameter.replace(kind="keyword"))
        else:
            if parameter.kind == "" and parameter.default is None and defaults:
                refuse("non-default argument follows default argument", parameter.span)
            defaults = defaults or parameter.default is not None
            result.append(parameter)
    _check_distinct(result)
    return tuple(result)


def _check_slash(slash: n.Parameter, before: list[n.Parameter], starred: bool) -> None:
    if starred:
        refuse("/ must be ahead of *", slash.span)
    if not before:
        refuse("at least one argument must precede /", slash.span)
    if before[0].kind == "positional":
        refuse("/ may appear only once", slash.span)


def _check_distinct(parameters: list[n.Parameter]) -> None:
    names: set[str] = set()
    for parameter in parameters:
        if parameter.name in names:
            refuse(f"duplicate argument '{parameter.name}' in function definition", parameter.span)
        names.add(parameter.name)


def misplaced(statement: n.Statement | Expression) -> SyntaxFailure:
    """A `break`, `continue`, `return` or `yield` that stands where it means nothing."""
    from gradcli.lang.syntax.complaints import failure

    if isinstance(statement, n.Break):
        return failure("'break' outside loop", statement.span, "")
    if isinstance(statement, n.Continue):
        return failure("'continue' not properly in loop", statement.span, "")
    if isinstance(statement, n.Yield | n.YieldFrom):
        return failure("'yield' outside function", statement.span, "")
    return failure("'return' outside function", statement.span, "at the top level an expression alone shows its value")
