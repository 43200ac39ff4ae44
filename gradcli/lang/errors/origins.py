"""Where a variable got its value, read from the program's text: for messages about graphs that are not there.

Nothing is recorded while a program runs; the last assignment above the place of the failure is taken. That is a guess
when the program branches, so what is said from it is advice and never the error itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gradcli.lang.errors.diagnostics import SyntaxFailure
from gradcli.lang.errors.places import Points
from gradcli.lang.errors.spots import Place, Source
from gradcli.lang.syntax import nodes

# Attributes that give the values of a tensor outside its graph; `tensor(x)` does so too.
CUTS = frozenset(("detach", "data", "item", "tolist", "numpy"))
_SILENT = frozenset(("no_grad", "inference_mode"))


class Origin:
    """An assignment: its place, the names on its right, and what there keeps the graph from growing, or None."""

    __slots__ = ("cut", "place", "reads", "silent")

    def __init__(self, place: Place, reads: list[str], cut: tuple[str, Place] | None, silent: Place | None) -> None:
        self.place = place
        self.reads = reads
        self.cut = cut
        self.silent = silent


def origins(source: Source, before: int) -> dict[str, Origin]:
    """The last assignment to each variable of the module that stands before the offset `before`."""
    from gradcli.lang.syntax.parse import parse

    found: dict[str, Origin] = {}
    try:
        program = parse(source.text)
    except SyntaxFailure:
        return found
    for statement, silent in _statements(program.body, None):
        if statement.span[0] >= before or not isinstance(statement, (nodes.Assign, nodes.AugAssign)):
            continue
        targets = statement.targets if isinstance(statement, nodes.Assign) else (statement.target,)
        reads = [node.name for node in _inside(statement.value) if isinstance(node, nodes.Name)]
        for target in targets:
            for name in target.items if isinstance(target, (nodes.Tuple, nodes.List)) else (target,):
                if isinstance(name, nodes.Name):
                    place = Place(source, statement.span)
                    quiet = None if silent is None else Place(source, silent)
                    more = [name.name] if isinstance(statement, nodes.AugAssign) else []
                    found[name.name] = Origin(place, [*reads, *more], _cut(statement.value, source), quiet)
    return found


def _statements(
    body: Iterable[nodes.Statement], silent: tuple[int, int] | None
) -> Iterator[tuple[nodes.Statement, tuple[int, int] | None]]:
    """The statements outside functions, in order, each with the span of the `no_grad()` it is under."""
    for statement in body:
        yield statement, silent
        if isinstance(statement, (nodes.Def, nodes.Class)):
            continue
        here = silent
        if isinstance(statement, nodes.With):
            quiet = [item.context.span for item in statement.items if _SILENT & set(_names(item.context))]
            here = quiet[0] if quiet else silent
        yield from _statements((child for child in _below(statement) if isinstance(child, nodes.Statement)), here)


def _below(statement: nodes.Statement) -> Iterator[nodes.Node]:
    for child in statement.children():
        if isinstance(child, nodes.Handler):
            yield from child.children()
        yield child


def _inside(node: nodes.Node) -> Iterator[nodes.Node]:
    stack: list[nodes.Node] = [node]
    while stack:
        inner = stack.pop()
        yield inner
        stack += reversed(list(inner.children()))


def _names(node: nodes.Node) -> Iterator[str]:
    return (inner.name for inner in _inside(node) if isinstance(inner, (nodes.Name, nodes.Attribute)))


def _cut(value: nodes.Expression, source: Source) -> tuple[str, Place] | None:
    """The first thing in an expression that leaves the graph: its name and place."""
    for node in _inside(value):
        if isinstance(node, nodes.Attribute) and node.name in CUTS:
            return node.name, Place(source, node.name_span)
        if isinstance(node, nodes.Call) and isinstance(node.func, (nodes.Name, nodes.Attribute)):
            copied = node.args and any(isinstance(inner, nodes.Name) for inner in _inside(node.args[0]))
            if node.func.name == "tensor" and copied:
                return "tensor", Place(source, node.func.span)
    return None


def explain_missing_graph(
    points: Points, roots: list[str], sources: Iterable[Source], before: int
) -> tuple[str, list[str]]:
    """Point at what cut the graph off above the roots; returns the help, or "" and the variables it was made from.

    sources: the texts to look through, the present one first.
    """
    known: dict[str, Origin] = {}
    for source in sources:
        for name, origin in origins(source, before if source is points.source else len(source.text) + 1).items():
            known.setdefault(name, origin)
    seen, queue = list(roots), list(roots)
    while queue:
        origin_of = known.get(queue.pop(0))
        if origin_of is None:
            continue
        if origin_of.silent is not None:
            points.add(origin_of.place, "computed here")
            points.add(origin_of.silent, "nothing is recorded in here")
            return "compute it outside of the `with` block", []
        if origin_of.cut is not None:
            name, place = origin_of.cut
            points.add(place, f"`{name}` leaves the graph")
            return f"compute with the tensor itself instead of what `{name}` makes of it", []
        new = [name for name in dict.fromkeys(origin_of.reads) if name not in seen]
        seen += new
        queue += new
    return "", seen
