"""`collections.abc`: types for annotations and for `isinstance`."""

from __future__ import annotations

import collections.abc
from typing import Any, Final

from gradcli.lang.values.table import Type

_ABSTRACT: Final = (
    "Callable Collection Container Generator Hashable Iterable Iterator Mapping MutableMapping MutableSequence "
    "MutableSet Reversible Sequence Set Sized"
)


def table() -> dict[str, Any]:
    """The members of `collections.abc`."""
    kinds = collections.abc.__dict__
    return {name: Type(f"collections.abc.{name}", kinds[name], generic=True) for name in _ABSTRACT.split()}
