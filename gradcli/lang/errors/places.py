"""Where a diagnostic points: labels in the text that was given, notes for places in texts that came before it.

Imported when there is something to complain about.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gradcli.lang.errors.diagnostics import Label, LineMap, Span, SyntaxFailure
from gradcli.lang.errors.spots import Fact, Place, Source, Spot
from gradcli.lang.syntax import nodes

LONGEST_TRAIL: Final = 8
LONGEST_TEXT: Final = 80


class Operand:
    """A tensor that took part: what the program calls it, where (None: it stands nowhere by itself), what it was."""

    __slots__ = ("dtype", "shape", "span", "text")

    def __init__(self, text: str, span: Span | None, shape: tuple[int, ...], dtype: str) -> None:
        self.text = text
        self.span = span
        self.shape = shape
        self.dtype = dtype

    def said(self, kind: str) -> str:
        """What there is to say of it in a diagnostic of this kind."""
        return f"dtype torch.{self.dtype}" if kind == "dtype" else f"shape {list(self.shape)}"


class Points:
    """Labels and notes as they are gathered for a source."""

    __slots__ = ("labels", "notes", "source")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.labels: list[Label] = []
        self.notes: list[str] = []

    def add(self, place: Place, text: str) -> None:
        """Say something of a place, wherever it is."""
        if place.source is self.source:
            same = next((label for label in self.labels if label.span == place.span and not label.text), None)
            if same is not None:
                same.text = text
            else:
                self.labels.append(Label(place.span, text))
        else:
            self.notes.append(f"{text}: {somewhere(place)}" if text else somewhere(place))


def text_of(source: Source, span: Span) -> str:
    """The source at a span, on one line."""
    text = " ".join(source.text[span[0] : span[1]].split())
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 3] + "..."


def somewhere(place: Place) -> str:
    """A place in words."""
    line, _ = LineMap(place.source.text).position(place.span[0])
    return f"{place.source.name}, line {line}: {text_of(place.source, place.span)}"


def operands_of(spot: Spot) -> list[Operand]:
    """The tensors at a spot, in order; those of a list one by one."""
    found: list[Operand] = []
    for fact in spot.facts:
        found += _members(fact, spot.place.source) if fact.is_list else [_single(fact, spot.place.source)]
    return found


def _single(fact: Fact, source: Source) -> Operand:
    ((shape, dtype),) = fact.tensors
    return Operand(text_of(source, fact.span), fact.span, shape, dtype)


def _members(fact: Fact, source: Source) -> Iterator[Operand]:
    """The items of a list: by their own spans if the list is written out here, else by their numbers."""
    written = _written(source, fact.span)
    name = text_of(source, fact.span)
    for number, (shape, dtype) in enumerate(fact.tensors):
        if number < len(written):
            yield Operand(text_of(source, written[number].span), written[number].span, shape, dtype)
        else:
            yield Operand(f"{name}[{number}]" if len(name) <= 20 else f"[{number}]", None, shape, dtype)


def _written(source: Source, span: Span) -> tuple[nodes.Expression, ...]:
    node = node_at(source.text, span)
    items = node.items if isinstance(node, (nodes.List, nodes.Tuple)) else ()
    return () if any(isinstance(item, nodes.Starred) for item in items) else tuple(items)


def node_at(text: str, span: Span) -> nodes.Node | None:
    """The largest node of the program that has this span."""
    from gradcli.lang.syntax.parse import parse

    try:
        level: list[nodes.Node] = [parse(text)]
    except SyntaxFailure:
        return None
    while level:
        node = level.pop()
        if node.span == span and not isinstance(node, (nodes.Program, nodes.Statement)):
            return node
        if node.span[0] <= span[0] and span[1] <= node.span[1]:
            level += node.children()
    return None


# ---------------------------------------------------------------- what a spot says


def point_at(points: Points, spot: Spot, operands: list[Operand], kind: str) -> None:
    """The place itself, its operands, and the calls that led there."""
    place = spot.place
    if place.source is points.source:
        label = Label(place.span)
        points.labels.append(label)
        for operand in operands:
            if operand.span == place.span and len(operands) == 1:
                label.text = operand.said(kind)
            elif operand.span is not None and operand.span != place.span:
                points.labels.append(Label(operand.span, operand.said(kind)))
    else:
        points.notes.append(f"{_within(spot.trail[0][0] if spot.trail else '')}{somewhere(place)}")
        points.notes += [f"{operand.text}: {operand.said(kind)}" for operand in operands]
    _follow(points, spot.trail, kind == "limit")


def _within(function: str) -> str:
    return f"in {function}, " if function else ""


def _follow(points: Points, trail: list[tuple[str, Place]], endless: bool) -> None:
    """The calls, innermost first. A place that many calls came from is told once; of a long way, the two ends.

    endless: it is no matter how often, as the depth that was reached depends on who called us.
    """
    counts: dict[tuple[str, Place], int] = {}
    for step in trail:
        counts[step] = counts.get(step, 0) + 1
    steps = list(counts)
    if len(steps) > LONGEST_TRAIL:
        half = LONGEST_TRAIL // 2
        steps = [*steps[:half], *steps[-half:]]
        points.notes.append(f"{len(counts) - LONGEST_TRAIL} more calls lie between")
    for number, (function, place) in enumerate(steps):
        times = counts[function, place]
        often = "" if times == 1 else " (again and again)" if endless else f" ({times} times)"
        if place.source is points.source:
            points.add(place, f"in {function}, called here{often}")
        else:
            caller = steps[number + 1][0] if number + 1 < len(steps) else ""
            points.notes.append(f"{_within(caller)}{somewhere(place)}{often}")
