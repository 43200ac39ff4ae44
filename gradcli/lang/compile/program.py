"""Which module compiles which kind of node: a run imports those that its program needs."""

from __future__ import annotations

from gradcli.lang.compile.base import EXPRESSIONS, STATEMENTS, Handler
from gradcli.lang.syntax import nodes

_BLOCKS = (
    nodes.Break,
    nodes.Continue,
    nodes.For,
    nodes.If,
    nodes.Return,
    nodes.Try,
    nodes.While,
    nodes.With,
)
_OPERATORS = (
    nodes.BoolOp,
    nodes.Chain,
    nodes.Compare,
    nodes.Conditional,
    nodes.Not,
    nodes.Power,
    nodes.Unary,
)


def handler(kind: type) -> Handler:
    """The function that compiles nodes of a kind."""
    if kind in _OPERATORS:
        from gradcli.lang.compile import operators as compile_operators  # noqa: F401
    elif kind is nodes.Call:
        from gradcli.lang.compile import calls as compile_calls  # noqa: F401
    elif kind in _BLOCKS:
        from gradcli.lang.compile import blocks as compile_blocks  # noqa: F401
    elif kind in (nodes.Def, nodes.Lambda, nodes.Comprehension):
        from gradcli.lang.compile import functions as compile_functions  # noqa: F401
    elif kind in (nodes.Yield, nodes.YieldFrom):
        from gradcli.lang.compile import generators as compile_generators  # noqa: F401
    elif kind is nodes.Class:
        from gradcli.lang.compile import classes as compile_classes  # noqa: F401
    elif kind in (nodes.Import, nodes.FromImport):
        from gradcli.lang.compile import imports as compile_imports  # noqa: F401
    elif kind in (nodes.Command, nodes.Help, nodes.Param):
        from gradcli.lang.compile import commands as compile_commands  # noqa: F401
    elif issubclass(kind, nodes.Expression):
        from gradcli.lang.compile import expressions as compile_expressions  # noqa: F401
    else:
        from gradcli.lang.compile import statements as compile_statements  # noqa: F401
    return EXPRESSIONS[kind] if issubclass(kind, nodes.Expression) else STATEMENTS[kind]
