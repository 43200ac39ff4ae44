"""Autograd's errors are found in backward and made long before: where, and what to type instead.

Imported when there is something to complain about.
"""

from __future__ import annotations

import re

from gradcli.lang.compile.base import World
from gradcli.lang.errors.hints import Facts
from gradcli.lang.errors.origins import explain_missing_graph
from gradcli.lang.errors.spots import place_of_change, place_of_walk


def graph_help(error: BaseException, message: str, world: World, facts: Facts) -> str:
    """The help for an error about the graph, with labels added where it was made; "" for other errors."""
    if "modified" in error.__dict__:
        node, moments = error.__dict__["modified"]
        return _modified(node, moments, facts)
    if "freed" in error.__dict__:
        return _freed(error.__dict__["freed"], facts)
    if "does not require grad and does not have a grad_fn" in message:
        return _no_graph(world, facts)
    return ""


def _modified(node: str, moments: list[int], facts: Facts) -> str:
    """A saved tensor was changed: by whom."""
    points = facts.points
    found = [place for place in map(place_of_change, moments) if place is not None]
    for place in dict.fromkeys(found[-3:]):
        points.add(place, "changed here")
    points.notes.append(f"{node} needs the values from before the change")
    changes = dict.fromkeys(place.source.text[slice(*place.span)] for place in found)
    written = next(iter(changes)) if len(changes) == 1 else ""
    target, sign, value = (part.strip() for part in written.partition("="))
    operator = target[-1:]
    if sign and operator in tuple("+-*/") and target[:-1].strip().isidentifier():
        name = target[:-1].strip()
        return f"a new tensor leaves the old one as it was: `{name} = {name} {operator} {_grouped(value)}`"
    return "change a copy, `y.clone()`, or make a new tensor: `y = y + 1` instead of `y += 1`"


def _grouped(value: str) -> str:
    return value if value.replace("_", "").replace(".", "").isalnum() else f"({value})"


def _freed(moment: int, facts: Facts) -> str:
    """The graph is gone: which backward has freed it."""
    place = place_of_walk(moment)
    if place is not None and facts.spot is not None and place.span != facts.spot.place.span:
        facts.points.add(place, "this freed the graph")
    name = facts.first
    return f"compute `{name}` again before it, or keep the graph the first time: `.backward(retain_graph=True)`"


def _no_graph(world: World, facts: Facts) -> str:
    """The root has no graph: what cut it off, or which leaves it was computed from."""
    root = facts.operands[0].text if facts.operands else ""
    if facts.spot is None or not root:
        return _leaves_to_mark([], facts)
    roots = re.findall(r"(?<![.\w])[A-Za-z_]\w*", root)
    help, names = explain_missing_graph(facts.points, roots, world.sources, facts.spot.place.span[0])
    return help or _leaves_to_mark(names, facts)


def _leaves_to_mark(names: list[str], facts: Facts) -> str:
    leaves = [name for name in names if name in facts.leaves] or [
        name for name in facts.leaves if not facts.operands or name != facts.operands[0].text
    ]
    if not leaves:
        return "nothing it was computed from requires grad: make a leaf with `param x = …` or `requires_grad=True`"
    marks = " or ".join(f"`{name}.requires_grad_()`" for name in leaves[:3])
    return f"nothing it was computed from requires grad: {marks} before computing it"
