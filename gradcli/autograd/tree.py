"""Structures of tensors: tuples, lists and dicts of them, taken apart and put together (torch.utils._pytree).

Anything else, None too, is a leaf.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_DEEPEST = 200


class Spec:
    """How a structure is built. kind: its class, or None for a leaf; keys: of a dict."""

    __slots__ = ("children", "keys", "kind", "leaves")

    def __init__(self, kind: type | None, keys: list[Any] | None, children: list[Spec]) -> None:
        self.kind = kind
        self.keys = keys
        self.children = children
        self.leaves: int = sum(child.leaves for child in children) if kind is not None else 1

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Spec)
            and (self.kind, self.keys) == (other.kind, other.keys)
            and self.children == other.children
        )

    __hash__ = None  # type: ignore[assignment]

    def text(self, indent: int = 0) -> str:
        """As torch's messages have it: `TreeSpec(tuple, None, [*, ...])`, a child a line."""
        if self.kind is None:
            return "*"
        indent += 2
        inside = f",\n{' ' * indent}".join(child.text(indent) for child in self.children)
        return f"TreeSpec({self.kind.__name__}, {self.keys}, [{inside}])"

    __repr__ = text

    def sketch(self) -> str:
        """The structure with a star for each leaf: `(*, [*])`."""
        if self.kind is None:
            return "*"
        inside = [child.sketch() for child in self.children]
        if self.keys is not None:
            return "{" + ", ".join(f"{key!r}: {text}" for key, text in zip(self.keys, inside, strict=True)) + "}"
        if self.kind is list:
            return f"[{', '.join(inside)}]"
        return f"({', '.join(inside)}{',' * (len(inside) == 1)})"


LEAF = Spec(None, None, [])


def flatten(tree: Any, depth: int = 0) -> tuple[list[Any], Spec]:
    """The leaves in order, and how to put them together again. Raises RecursionError for a structure 200 deep."""
    kind = type(tree)
    if kind not in (tuple, list, dict):
        return [tree], LEAF
    if depth == _DEEPEST:
        raise RecursionError("maximum recursion depth exceeded")
    parts = [flatten(each, depth + 1) for each in (tree.values() if kind is dict else tree)]
    keys = list(tree) if kind is dict else None
    return [leaf for leaves, _ in parts for leaf in leaves], Spec(kind, keys, [spec for _, spec in parts])


def unflatten(leaves: Sequence[Any], spec: Spec) -> Any:
    """The structure with these leaves."""
    if spec.kind is None:
        return leaves[0]
    children, start = [], 0
    for child in spec.children:
        children.append(unflatten(leaves[start : start + child.leaves], child))
        start += child.leaves
    return dict(zip(spec.keys, children, strict=True)) if spec.keys is not None else spec.kind(children)


def spread(prefix: Any, spec: Spec) -> list[Any] | None:
    """One leaf of `prefix` for each of the structure's: a leaf stands for all below it. None where they do not fit."""
    _, given = flatten(prefix)
    if given.kind is None:
        return [prefix] * spec.leaves
    if (given.kind, given.keys, len(given.children)) != (spec.kind, spec.keys, len(spec.children)):
        return None
    found: list[Any] = []
    for each, child in zip(prefix.values() if isinstance(prefix, dict) else prefix, spec.children, strict=True):
        below = spread(each, child)
        if below is None:
            return None
        found += below
    return found
