"""Nodes back to Python source, everything in parentheses: so Python's own parser can say what they mean."""

from __future__ import annotations

from gradcli.lang.syntax import nodes as n


def source(node) -> str:
    return _WRITERS[type(node)](node)


def _all(nodes) -> str:
    return ", ".join(map(source, nodes))


def _block(block, depth="    ") -> str:
    lines = "\n".join(map(source, block)).split("\n")
    return "".join(f"\n{depth}{line}" for line in lines)


def _tuple(node) -> str:
    return f"({_all(node.items)},)" if node.items else "()"


def _chain(node) -> str:
    text = source(node.first)
    for op, operand, _ in node.rest:
        text = f"({text} {op} {source(operand)})"
    return text


def _index(node) -> str:
    if isinstance(node.index, n.Tuple) and node.index.items:
        return f"{source(node.value)}[{_all(node.index.items)},]"
    return f"{source(node.value)}[{source(node.index)}]"


def _slice(node) -> str:
    return ":".join("" if part is None else source(part) for part in (node.lower, node.upper)) + (
        f":{source(node.step)}" if node.step else ""
    )


def _parameters(parameters) -> str:
    parts = []
    for place, parameter in enumerate(parameters):
        before = parameters[place - 1].kind if place else ""
        if before == "positional" and parameter.kind != "positional":
            parts.append("/")
        if parameter.kind == "keyword" and before not in ("*", "keyword"):
            parts.append("*")
        star = parameter.kind if parameter.kind in ("*", "**") else ""
        default = f"={source(parameter.default)}" if parameter.default else ""
        parts.append(star + parameter.name + default)
    if parameters and parameters[-1].kind == "positional":
        parts.append("/")
    return ", ".join(parts)


def _comprehension(node) -> str:
    opening, closing = {"list": "[]", "set": "{}", "dict": "{}", "generator": "()"}[node.kind]
    key = f"{source(node.key)}: " if node.key else ""
    clauses = "".join(
        f" for {source(clause.target)} in {source(clause.iter)}"
        + "".join(f" if {source(c)}" for c in clause.conditions)
        for clause in node.clauses
    )
    return f"{opening}{key}{source(node.element)}{clauses}{closing}"


def _dict(node) -> str:
    return (
        "{"
        + ", ".join(f"{source(key)}: {source(value)}" if key else f"**{source(value)}" for key, value in node.items)
        + "}"
    )


def _call(node) -> str:
    return f"{source(node.func)}({_arguments(node.args, node.keywords)})"


def _arguments(values, keywords) -> str:
    named = [f"{item.name}={source(item.value)}" if item.name else f"**{source(item.value)}" for item in keywords]
    return ", ".join([*map(source, values), *named])


def _alias(alias) -> str:
    return alias.name + (f" as {alias.bound}" if alias.bound else "")


def _if(node) -> str:
    words = ["if"] + ["elif"] * (len(node.branches) - 1)
    branches = [
        f"{word} {source(test)}:{_block(body)}" for word, (test, body) in zip(words, node.branches, strict=True)
    ]
    return "\n".join(branches) + _tail("else", node.orelse)


def _tail(word, block) -> str:
    return f"\n{word}:{_block(block)}" if block else ""


def _with(node) -> str:
    items = [source(item.context) + (f" as {source(item.target)}" if item.target else "") for item in node.items]
    return f"with {', '.join(items)}:{_block(node.body)}"


def _try(node) -> str:
    text = f"try:{_block(node.body)}"
    for handler in node.handlers:
        kind = f" {source(handler.type)}" if handler.type else ""
        text += f"\nexcept{kind}{f' as {handler.name}' if handler.name else ''}:{_block(handler.body)}"
    return text + _tail("else", node.orelse) + _tail("finally", node.final)


def _def(node) -> str:
    decorators = "".join(f"@{source(decorator)}\n" for decorator in node.decorators)
    return f"{decorators}def {node.name}({_parameters(node.parameters)}):{_block(node.body)}"


def _class(node) -> str:
    decorators = "".join(f"@{source(decorator)}\n" for decorator in node.decorators)
    return f"{decorators}class {node.name}({_arguments(node.bases, node.keywords)}):{_block(node.body)}"


def _format(node) -> str:
    """An f-string as a call: `fstring('text', field(value, 'r', 'spec'))`. Python's trees are brought to this form."""
    return f"fstring({', '.join(_format_parts(node.parts))})"


def _format_parts(parts) -> list[str]:
    texts = [""]
    for part in parts:
        if isinstance(part, str):
            texts[-1] += part
            continue
        texts[-1] += part.text or ""
        conversion = part.conversion or ("r" if part.text and not part.spec else "")
        inner = [source(part.value), repr(conversion), *_format_parts(part.spec)]
        texts += [f"field({', '.join(inner)})", ""]
    # every other one is text
    return [text if place % 2 else repr(text) for place, text in enumerate(texts) if text]


def _optional(word, first, glue, second) -> str:
    text = word + (f" {source(first)}" if first else "")
    return text + (f"{glue}{source(second)}" if second else "")


_WRITERS = {
    n.Number: lambda node: "1e999" if node.value == float("inf") else repr(node.value),
    n.Constant: lambda node: "..." if node.value is ... else repr(node.value),
    n.String: lambda node: repr(node.value),
    n.FString: _format,
    n.Name: lambda node: node.name,
    n.List: lambda node: f"[{_all(node.items)}]",
    n.Tuple: _tuple,
    n.Set: lambda node: "{" + _all(node.items) + "}",
    n.Dict: _dict,
    n.Starred: lambda node: f"*{source(node.value)}",
    n.Attribute: lambda node: f"({source(node.value)}).{node.name}",
    n.Call: _call,
    n.Slice: _slice,
    n.Index: _index,
    n.Unary: lambda node: f"({node.op}{source(node.operand)})",
    n.Chain: _chain,
    n.Power: lambda node: f"({source(node.base)} ** {source(node.exponent)})",
    n.Compare: lambda node: f"({source(node.first)}" + "".join(f" {op} {source(x)}" for op, x, _ in node.rest) + ")",
    n.BoolOp: lambda node: "(" + f" {node.op} ".join(map(source, node.operands)) + ")",
    n.Not: lambda node: f"(not {source(node.operand)})",
    n.Conditional: lambda node: f"({source(node.body)} if {source(node.test)} else {source(node.orelse)})",
    n.Yield: lambda node: f"(yield {source(node.value)})" if node.value else "(yield)",
    n.YieldFrom: lambda node: f"(yield from {source(node.value)})",
    n.Lambda: lambda node: f"(lambda {_parameters(node.parameters)}: {source(node.body)})",
    n.Comprehension: _comprehension,
    n.Program: lambda node: "\n".join(map(source, node.body)),
    n.ExpressionStatement: lambda node: source(node.value),
    n.Assign: lambda node: " = ".join(map(source, [*node.targets, node.value])),
    n.AugAssign: lambda node: f"{source(node.target)} {node.op}= {source(node.value)}",
    n.If: _if,
    n.While: lambda node: f"while {source(node.test)}:{_block(node.body)}{_tail('else', node.orelse)}",
    n.For: lambda node: (
        f"for {source(node.target)} in {source(node.iter)}:{_block(node.body)}{_tail('else', node.orelse)}"
    ),
    n.Break: lambda node: "break",
    n.Continue: lambda node: "continue",
    n.Pass: lambda node: "pass",
    n.With: _with,
    n.Def: _def,
    n.Class: _class,
    n.Return: lambda node: _optional("return", node.value, "", None),
    n.Assert: lambda node: _optional("assert", node.test, ", ", node.message),
    n.Del: lambda node: f"del {_all(node.targets)}",
    n.Raise: lambda node: _optional("raise", node.exception, " from ", node.cause),
    n.Try: _try,
    n.Import: lambda node: "import " + ", ".join(map(_alias, node.names)),
    n.FromImport: lambda node: f"from {node.module} import " + ", ".join(map(_alias, node.names)),
    n.Global: lambda node: "global " + ", ".join(node.names),
    n.Nonlocal: lambda node: "nonlocal " + ", ".join(node.names),
}
