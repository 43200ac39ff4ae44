"""Named tuples that operators with several outputs return (torch.return_types)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class ReturnType(tuple[Any, ...]):
    """Several results with names: a tuple whose parts are attributes too."""

    __slots__ = ()
    fields: tuple[str, ...] = ()

    def __getattr__(self, name: str) -> Any:
        if name in self.fields:
            return self[self.fields.index(name)]
        raise AttributeError(f"'torch.return_types.{type(self).__name__}' object has no attribute '{name}'")

    def __repr__(self) -> str:
        parts = ",\n".join(f"{name}={value!r}" for name, value in zip(self.fields, self, strict=True))
        return f"torch.return_types.{type(self).__name__}(\n{parts})"


_known: dict[str, type[ReturnType]] = {}


def return_type(name: str, fields: Sequence[str]) -> type[ReturnType]:
    """The class of `torch.return_types.<name>`, one for each operator."""
    found = _known.get(name)
    if found is None:
        found = _known[name] = type(name, (ReturnType,), {"__slots__": (), "fields": tuple(fields)})
    return found
