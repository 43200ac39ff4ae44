"""What stands in annotations: names of `typing`, `list[int]`, `int | None`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradcli.lang.values.table import TYPES, Type, poses_as, register


class Hint:
    """A name for annotations: it can be subscripted and called, and means nothing. A class may derive from it.

    make: what makes a class that derives from it, from the name, what its body binds and what it annotates; None where
    the class is one like all others.
    """

    __slots__ = ("make", "name")

    def __init__(self, name: str, make: Callable[[str, dict[str, Any], tuple[str, ...]], Type] | None = None) -> None:
        self.name = name
        self.make = make

    def __getitem__(self, item: Any) -> Hint:
        return self

    def __call__(self, *args: Any, **named: Any) -> Any:
        return Hint(str(args[0])) if args else self

    def __or__(self, other: Any) -> Hint:
        return self

    __ror__ = __or__

    def __repr__(self) -> str:
        return self.name


class Union:
    """`int | None`: for annotations, and for `isinstance`."""

    __slots__ = ("kinds",)

    kinds: tuple[Any, ...]

    def __init__(self, *kinds: Any) -> None:
        found: list[Any] = []
        for kind in kinds:
            found += [each for each in (kind.kinds if type(kind) is Union else (kind,)) if each not in found]
        self.kinds = tuple(found)

    def __or__(self, other: Any) -> Any:
        return union(self, other)

    def __ror__(self, other: Any) -> Any:
        return union(other, self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Union) and set(self.kinds) == set(other.kinds)

    def __hash__(self) -> int:
        return hash(frozenset(self.kinds))

    def __repr__(self) -> str:
        return " | ".join(text_of(kind) for kind in self.kinds)


def text_of(kind: Any) -> str:
    """A type as it stands in an annotation."""
    return kind.name.removeprefix("builtins.") if isinstance(kind, Type) else "..." if kind is ... else repr(kind)


def union(left: Any, right: Any) -> Any:
    """`left | right` of types."""
    for kind in (left, right):
        if kind is not None and not isinstance(kind, Type | Union | Hint):
            return NotImplemented
    return Union(left, right)


def of_items(kind: Type, items: Any) -> Hint | Type:
    """`list[int]`. Raises TypeError for a type without items."""
    if kind.generic:
        return kind
    if kind.python not in _GENERIC:
        raise TypeError(f"type {kind.__name__!r} is not subscriptable")
    inside = items if type(items) is tuple else (items,)
    return Hint(f"{kind.name}[{', '.join(map(text_of, inside))}]")


_GENERIC = (list, tuple, dict, set, frozenset, type)
poses_as(Union, "UnionType")
TYPES[Union] = Type("types.UnionType", Union)
register(Hint, {}, {"__name__": lambda hint: hint.name.rpartition(".")[2]})
