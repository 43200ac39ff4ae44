"""Literals, displays, f-strings, attributes and subscripts."""

from __future__ import annotations

from typing import Any

from gradcli.lang import budget
from gradcli.lang.budget import CONTAINERS, bounded, key
from gradcli.lang.compile.base import Compiler, Run, expression
from gradcli.lang.errors.spots import blame
from gradcli.lang.syntax import nodes
from gradcli.lang.values.table import CLASSES, GETTERS, attribute, type_name
from gradcli.lang.values.text import CONVERSIONS, formatted


@expression(nodes.Number)
def _number(c: Compiler, node: nodes.Number) -> Run:
    value = node.value
    if type(value) is int and value.bit_length() > budget.BUDGET.bits:
        raise c.refuse(node.span, str(budget.too_many_bits(value.bit_length())))
    return lambda frame: value


@expression(nodes.Constant)
@expression(nodes.String)
def _constant(c: Compiler, node: nodes.Constant | nodes.String) -> Run:
    value = node.value
    return lambda frame: value


@expression(nodes.Name)
def _name(c: Compiler, node: nodes.Name) -> Run:
    return c.load(node)


# ---------------------------------------------------------------- displays


@expression(nodes.List)
def _list(c: Compiler, node: nodes.List) -> Run:
    if all(isinstance(item, (nodes.Number, nodes.String, nodes.Constant)) for item in node.items):
        constants = [c.expression(item)(None) for item in node.items]
        return lambda frame: constants.copy()
    if any(isinstance(item, nodes.Starred) for item in node.items):
        return _spread(c, node.items)
    items = [c.expression(item) for item in node.items]
    return lambda frame: [item(frame) for item in items]


@expression(nodes.Tuple)
def _tuple(c: Compiler, node: nodes.Tuple) -> Run:
    if any(isinstance(item, nodes.Starred) for item in node.items):
        spread = _spread(c, node.items)
        return lambda frame: tuple(spread(frame))
    items = [c.expression(item) for item in node.items]
    if len(items) == 2:
        first, second = items
        return lambda frame: (first(frame), second(frame))
    return lambda frame: tuple([item(frame) for item in items])


def _spread(c: Compiler, items: tuple[nodes.Expression, ...]) -> Run:
    """A list from items of which some are `*values`."""
    parts = [
        (c.expression(item.value), c.place(item.value))
        if isinstance(item, nodes.Starred)
        else (c.expression(item), None)
        for item in items
    ]

    def run(frame: Any) -> list[Any]:
        result: list[Any] = []
        for item, place in parts:
            value = item(frame)
            if place is None:
                result.append(value)
                continue
            try:
                result.extend(starred(value, "Value"))
                budget.items(len(result))
            except Exception as error:
                blame(error, place, value)
                raise
        return result

    return run


def starred(value: Any, what: str) -> Any:
    """What `*value` stands for. Raises TypeError if it cannot be iterated over."""
    try:
        return bounded(iter(value) if type(value) not in CONTAINERS else value)
    except TypeError as error:
        if str(error) != f"{type(value).__name__!r} object is not iterable":
            raise
        raise TypeError(f"{what} after * must be an iterable, not {type_name(value)}") from None


@expression(nodes.Set)
def _set(c: Compiler, node: nodes.Set) -> Run:
    items, place = _spread(c, node.items), c.place(node)

    def run(frame: Any) -> set[Any]:
        values = items(frame)
        try:
            return {key(value) for value in values}
        except Exception as error:
            blame(error, place)
            raise

    return run


@expression(nodes.Dict)
def _dict(c: Compiler, node: nodes.Dict) -> Run:
    place = c.place(node)
    pairs = [(c.expression(name) if name is not None else None, c.expression(value)) for name, value in node.items]

    def run(frame: Any) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        for name, item in pairs:
            known = name(frame) if name is not None else None
            value = item(frame)
            try:
                if name is not None:
                    result[key(known)] = value
                elif isinstance(value, dict):
                    result.update(value)
                else:
                    raise TypeError(f"'{type(value).__name__}' object is not a mapping")
            except Exception as error:
                blame(error, place)
                raise
        return result

    return run


# ---------------------------------------------------------------- f-strings


@expression(nodes.FString)
def _fstring(c: Compiler, node: nodes.FString) -> Run:
    parts = _format_parts(c, node.parts)

    def run(frame: Any) -> str:
        return _joined([part if type(part) is str else part(frame) for part in parts])

    return run


def _joined(pieces: list[str]) -> str:
    result = "".join(pieces)
    budget.characters(len(result))
    return result


def _format_parts(c: Compiler, parts: tuple[str | nodes.FormatField, ...]) -> list[Any]:
    return [part if isinstance(part, str) else _format_field(c, part) for part in parts]


def _format_field(c: Compiler, node: nodes.FormatField) -> Run:
    value, place = c.expression(node.value), c.place(node.value, node.value)
    conversion = node.conversion or ("r" if node.text is not None and not node.spec else "")
    convert, label = CONVERSIONS.get(conversion), node.text or ""
    spec = _format_parts(c, node.spec)
    constant = "".join(spec) if all(type(part) is str for part in spec) else None

    def run(frame: Any) -> str:
        shown = value(frame)
        how = constant if constant is not None else "".join([p if type(p) is str else p(frame) for p in spec])
        try:
            return label + formatted(shown if convert is None else convert(shown), how)
        except Exception as error:
            blame(error, place, shown)
            raise

    return run


# ---------------------------------------------------------------- attributes and subscripts


@expression(nodes.Attribute)
def _attribute(c: Compiler, node: nodes.Attribute) -> Run:
    value, name = c.expression(node.value), node.name
    place = c.at(node.name_span, node.value)

    def run(frame: Any) -> Any:
        owner = value(frame)
        try:
            kind = type(owner)
            if kind in CLASSES:
                return attribute(owner, name)
            table = GETTERS.get(kind)
            getter = table.get(name) if table is not None else None
            return getter(owner) if getter is not None else attribute(owner, name)
        except Exception as error:
            blame(error, place, owner)
            raise

    return run


@expression(nodes.Slice)
def _slice(c: Compiler, node: nodes.Slice) -> Run:
    fields = (node.lower, node.upper, node.step)
    if all(field is None or isinstance(field, nodes.Number) for field in fields):
        constant = slice(*[None if field is None else c.expression(field)(None) for field in fields])
        return lambda frame: constant
    lower, upper, step = [None if field is None else c.expression(field) for field in fields]

    def run(frame: Any) -> slice:
        return slice(
            lower(frame) if lower else None,
            upper(frame) if upper else None,
            step(frame) if step else None,
        )

    return run


@expression(nodes.Index)
def _index(c: Compiler, node: nodes.Index) -> Run:
    value, index = c.expression(node.value), c.expression(node.index)
    place = c.place(node, node.value, node.index)
    if isinstance(node.index, nodes.Number):
        constant = node.index.value

        def run_constant(frame: Any) -> Any:
            owner = value(frame)
            try:
                return owner[constant]
            except Exception as error:
                blame(error, place, owner)
                raise

        return run_constant

    def run(frame: Any) -> Any:
        owner = value(frame)
        at = index(frame)
        try:
            if type(at) is tuple and isinstance(owner, dict):
                key(at)
            return owner[at]
        except Exception as error:
            blame(error, place, owner, at)
            raise

    return run
