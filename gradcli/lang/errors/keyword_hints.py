"""A keyword argument that an operator does not have: which one was meant.

Imported when there is something to complain about.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from types import FunctionType
from typing import Any, Final

from gradcli.engine.tensor import Tensor
from gradcli.lang.errors.names import did_you_mean
from gradcli.lang.errors.places import Points, node_at
from gradcli.lang.errors.spots import Place, Spot
from gradcli.lang.syntax import nodes
from gradcli.lang.values.table import METHODS

# What other libraries call it.
_ELSEWHERE: Final = {
    "axes": "dim",
    "axis": "dim",
    "dims": "dim",
    "keepdims": "keepdim",
    "shape": "size",
    "require_grad": "requires_grad",
    "retain_grad": "retain_graph",
    "decimal": "decimals",
    "low": "min",
    "high": "max",
    "a_min": "min",
    "a_max": "max",
}


def keyword_help(message: str, spot: Spot | None, points: Points) -> str:
    """What to type instead of the first keyword of the failed call that its function does not have; it is marked."""
    call = node_at(spot.place.source.text, spot.place.span) if spot is not None else None
    named = re.match(r"(?:\w+\.)?(?P<function>\w+)\(\)", message)
    if spot is None or not isinstance(call, nodes.Call) or named is None or not call.keywords:
        return ""
    known = _parameters(named["function"])
    for keyword in call.keywords:
        if known and keyword.name and keyword.name not in known:
            points.add(Place(spot.place.source, keyword.span), "no such argument")
            return _meant(keyword.name, known)
    return ""


def _meant(keyword: str, known: list[str]) -> str:
    elsewhere = _ELSEWHERE.get(keyword, "")
    return f"did you mean `{elsewhere}`?" if elsewhere in known else did_you_mean(keyword, known)


def _parameters(function: str) -> list[str]:
    """The names that any overload of an operator has for its arguments."""
    from gradcli.engine import public

    names: dict[str, None] = {}
    for path, found in (*public.functions.items(), *public.methods.items()):
        if path.rpartition(".")[2] == function:
            for entry in found.entries:
                names |= dict.fromkeys(parameter.name for parameter in entry.parameters)
                if entry.options is not None:
                    names |= dict.fromkeys(_of_code(entry.options))
    if not names and type(method := METHODS[Tensor].get(function)) is FunctionType:
        names = dict.fromkeys(_of_code(method)[1:])
    return list(names)


def _of_code(function: Callable[..., Any]) -> tuple[str, ...]:
    code = function.__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
