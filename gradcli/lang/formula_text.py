"""The formulas of operators' gradients as text, read where they are written: a lambda's body is the formula."""

from __future__ import annotations

import ast
import linecache
from functools import lru_cache
from typing import Any


def formula_text(formula: Any) -> str | None:
    """What a gradient's formula computes: a lambda's body, a function's name with its parameters; None if unknown."""
    code = getattr(formula, "__code__", None)
    if code is None:
        return None
    if code.co_name != "<lambda>":
        return f"{code.co_name}({', '.join(code.co_varnames[: code.co_argcount])})"
    places = [place for place in code.co_positions() if None not in place and place[3]]
    first = min((line, column) for line, _, column, _ in places)
    last = max((line, column) for _, line, _, column in places)
    around = [(start, end, text) for start, end, text in _bodies(code.co_filename) if start <= first and last <= end]
    return max(around)[2] if around else None  # the innermost one


@lru_cache(maxsize=8)
def _bodies(file: str) -> list[tuple[tuple[int, int], tuple[int, int], str]]:
    """The bodies of all lambdas of a file: where they begin and end, by line and column, and what they say."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return []
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, ast.Lambda)]
    return [
        (
            (body.lineno, body.col_offset),
            (body.end_lineno or 0, body.end_col_offset or 0),
            " ".join(ast.unparse(body).split()),
        )
        for body in bodies
    ]
