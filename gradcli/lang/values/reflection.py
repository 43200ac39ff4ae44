"""`getattr` and its kin: attributes by a name that is computed, from the same closed tables as `value.name`."""

from __future__ import annotations

from typing import Any, Final

from gradcli.lang.values.classes import Instance
from gradcli.lang.values.table import MISSING, attribute, delete_attribute, set_attribute


def _name(name: Any) -> str:
    if type(name) is not str:
        raise TypeError("attribute name must be string")
    return name


def _get(value: Any, name: Any, default: Any = MISSING, /) -> Any:
    try:
        return attribute(value, _name(name))
    except AttributeError:
        if default is MISSING:
            raise
        return default


def _has(value: Any, name: Any, /) -> bool:
    return _get(value, name, _ABSENT) is not _ABSENT


_ABSENT: Final = object()


def _set(value: Any, name: Any, to: Any, /) -> None:
    set_attribute(value, _name(name), to)


def _delete(value: Any, name: Any, /) -> None:
    delete_attribute(value, _name(name))


def _vars(value: Any, /) -> dict[str, Any]:
    if not isinstance(value, Instance):
        raise TypeError("vars() argument must have __dict__ attribute")
    fields: dict[str, Any] = attribute(value, "__dict__")
    return fields


FUNCTIONS: Final = {"getattr": _get, "hasattr": _has, "setattr": _set, "delattr": _delete, "vars": _vars}
