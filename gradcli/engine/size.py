"""The shape of a tensor, as torch.Size is one."""

from __future__ import annotations

from math import prod
from typing import Any


class Size(tuple[int, ...]):
    """A tuple of sizes that prints as torch prints it; its slices and sums are of its kind."""

    __slots__ = ()

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        return prod(self)

    def __getitem__(self, index: Any) -> Any:
        found = tuple.__getitem__(self, index)
        return Size(found) if index.__class__ is slice else found

    def __add__(self, other: Any) -> Size:
        if not isinstance(other, tuple):
            raise TypeError(f"can only concatenate tuple (not {type(other).__name__}) to torch.Size")
        return Size(_checked((*self, *other)))

    def __radd__(self, other: tuple[Any, ...]) -> Size:
        return Size(_checked((*other, *self)))

    def __mul__(self, count: Any) -> Size:
        return Size(tuple.__mul__(self, count))

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"


def _checked(items: tuple[Any, ...]) -> tuple[int, ...]:
    for place, item in enumerate(items):
        if not isinstance(item, int):
            raise TypeError(f"torch.Size() takes an iterable of 'int' (item {place} is '{type(item).__name__}')")
    return items


Size.__name__ = "torch.Size"  # as errors name it, Python's own too
