"""The shape of a tensor, as torch.Size is one."""

from __future__ import annotations

from math import prod


class Size(tuple[int, ...]):
    """A tuple of sizes that prints as torch prints it."""

    __slots__ = ()

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        return prod(self)

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"
