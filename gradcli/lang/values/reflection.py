"""`hasattr`, `setattr`, `delattr`: by a name that is computed, in the same closed tables as `value.name`.

`getattr` and `vars` are not in the language (HOSTILE H26).
"""

from __future__ import annotations

from typing import Any, Final

from gradcli.lang.values.table import attribute, delete_attribute, set_attribute


def _name(name: Any) -> str:
    if type(name) is not str:
        raise TypeError("attribute name must be string")
    return name


def has(value: Any, name: Any, /) -> bool:
    """`hasattr(value, name)`."""
    try:
        attribute(value, _name(name))
    except AttributeError:
        return False
    return True


def _set(value: Any, name: Any, to: Any, /) -> None:
    set_attribute(value, _name(name), to)


def _delete(value: Any, name: Any, /) -> None:
    delete_attribute(value, _name(name))


FUNCTIONS: Final = {"hasattr": has, "setattr": _set, "delattr": _delete}
