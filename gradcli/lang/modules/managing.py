"""`contextlib`, `abc` and `weakref` as closed tables."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable
from types import FunctionType
from typing import Any, Final

from gradcli.lang.compile.blocks import exception_classes
from gradcli.lang.values.classes import Class
from gradcli.lang.values.descriptors import Property
from gradcli.lang.values.table import TYPES, Type, register, type_name

_Managed: Any = contextlib._GeneratorContextManager


class Generated(_Managed):  # type: ignore[misc]
    """What a function under `@contextmanager` returns: entered up to its `yield`, left after it."""

    def __exit__(self, kind: Any, value: Any, trace: Any) -> Any:
        return _Managed.__exit__(self, None if value is None else type(value), value, None)

    def __call__(self, function: Any) -> Callable[..., Any]:
        """As a decorator: around every call."""

        def call(*args: Any, **named: Any) -> Any:
            with Generated(self.func, self.args, self.kwds):
                return function(*args, **named)

        return call


def _contextmanager(func: Any) -> Callable[..., Any]:
    def call(*args: Any, **named: Any) -> Generated:
        return Generated(func, args, named)

    call.__name__, call.__qualname__, call.__doc__ = func.__name__, func.__qualname__, func.__doc__
    return call


class Suppress:
    """`contextlib.suppress`."""

    __slots__ = ("_kinds",)

    def __init__(self, *kinds: Any) -> None:
        self._kinds = exception_classes(kinds)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, value: Any, trace: Any) -> bool:
        return isinstance(value, self._kinds)


class Null:
    """`contextlib.nullcontext`."""

    __slots__ = ("_result",)

    def __init__(self, enter_result: Any = None) -> None:
        self._result = enter_result

    def __enter__(self) -> Any:
        return self._result

    def __exit__(self, *failure: Any) -> None:
        pass


for _kind in (Generated, Suppress, Null):
    _own = {**Generated.__mro__[1].__dict__, **_kind.__dict__}
    register(_kind, {"__enter__": _own["__enter__"], "__exit__": _own["__exit__"]})
TYPES[Generated] = Type("contextlib._GeneratorContextManager", Generated)


def contextlib_table() -> dict[str, Any]:
    """The members of `contextlib`."""
    return {
        "contextmanager": _contextmanager,
        "suppress": Type("contextlib.suppress", Suppress, Suppress),
        "nullcontext": Type("contextlib.nullcontext", Null, Null),
    }


# ---------------------------------------------------------------- abc


def _abstract_base() -> Class:
    made = Class("ABC", "ABC", (), {"__doc__": None}, "abc")
    made.demands = True
    return made


ABC: Final = _abstract_base()


def _abstractmethod(funcobj: Any) -> Any:
    function = funcobj.fget if type(funcobj) is Property else getattr(funcobj, "function", funcobj)
    if type(function) is FunctionType and "parameters" in function.__dict__:
        function.__dict__["abstract"] = True
    return funcobj


def abc_table() -> dict[str, Any]:
    """The members of `abc`."""
    return {"ABC": ABC, "abstractmethod": _abstractmethod}


# ---------------------------------------------------------------- weakref


def _ref(object: Any) -> Any:
    try:
        return weakref.ref(object)
    except TypeError:
        raise TypeError(f"cannot create weak reference to {type_name(object)!r} object") from None


TYPES[weakref.ref] = Type("weakref.ReferenceType", weakref.ref, _ref)


def weakref_table() -> dict[str, Any]:
    """The members of `weakref`."""
    return {"ref": TYPES[weakref.ref]}
