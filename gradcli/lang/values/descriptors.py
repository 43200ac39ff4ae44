"""What stands between a class and its instance: methods, `@staticmethod`, `@classmethod`, `@property`."""

from __future__ import annotations

from types import FunctionType
from typing import Any, Final

from gradcli.lang.values.table import TYPES, Method, Type, poses_as, register, type_name


class BoundMethod(Method):
    """A function of a class with the instance (or class) that goes first."""

    __slots__ = ()

    def __repr__(self) -> str:
        qualname = getattr(self.function, "__qualname__", self.name)
        return f"<bound method {qualname} of {self.owner!r}>"


poses_as(BoundMethod, "method")


class StaticMethod:
    """`@staticmethod`."""

    __slots__ = ("function",)

    def __init__(self, function: Any) -> None:
        self.function = function

    def __call__(self, *args: Any, **named: Any) -> Any:
        return self.function(*args, **named)

    def __repr__(self) -> str:
        return f"<staticmethod({self.function!r})>"


class ClassMethod:
    """`@classmethod`."""

    __slots__ = ("function",)

    def __init__(self, function: Any) -> None:
        self.function = function

    def __repr__(self) -> str:
        return f"<classmethod({self.function!r})>"


class Property:
    """`@property`, with `.setter` and `.deleter`."""

    __slots__ = ("fdel", "fget", "fset")

    def __init__(self, fget: Any = None, fset: Any = None, fdel: Any = None) -> None:
        self.fget = fget
        self.fset = fset
        self.fdel = fdel

    def accessor(self, what: str, name: str, value: Any) -> Any:
        """The function that reads, writes or deletes. Raises AttributeError where there is none."""
        found = {"getter": self.fget, "setter": self.fset, "deleter": self.fdel}[what]
        if found is None:
            raise AttributeError(f"property {name!r} of {type_name(value)!r} object has no {what}")
        return found


class CachedProperty:
    """`@functools.cached_property`: what it computes becomes a field."""

    __slots__ = ("function",)

    def __init__(self, func: Any) -> None:
        self.function = func


for _kind, _name in ((StaticMethod, "staticmethod"), (ClassMethod, "classmethod"), (Property, "property")):
    poses_as(_kind, _name)
    _kind.__init__.__qualname__ = f"{_name}.__init__"


def bound(found: Any, instance: Any, kind: Any, name: str) -> Any:
    """What a class holds as `name`, as it is read from an instance, or with `instance` None from the class."""
    of = type(found)
    if of is FunctionType:
        return found if instance is None else BoundMethod(instance, name, found)
    if of is StaticMethod:
        return found.function
    if of is ClassMethod:
        return BoundMethod(kind, name, found.function)
    if of is Property and instance is not None:
        return found.accessor("getter", name, instance)(instance)
    if of is CachedProperty and instance is not None:
        instance.fields[name] = found.function(instance)
        return instance.fields[name]
    return found


register(StaticMethod, {}, {"__func__": lambda value: value.function})
register(ClassMethod, {}, {"__func__": lambda value: value.function})
register(
    Property,
    {
        "getter": lambda value, fget: Property(fget, value.fset, value.fdel),
        "setter": lambda value, fset: Property(value.fget, fset, value.fdel),
        "deleter": lambda value, fdel: Property(value.fget, value.fset, fdel),
    },
    {"fget": lambda value: value.fget, "fset": lambda value: value.fset},
)
register(
    BoundMethod,
    {},
    {
        "__name__": lambda method: method.name,
        "__self__": lambda method: method.owner,
        "__func__": lambda method: method.function,
        "__doc__": lambda method: getattr(method.function, "__doc__", None),
    },
)


def _decorator(name: str, python: type[Any]) -> Type:
    made = TYPES[python] = Type(name, python, python)
    return made


CACHED: Final = _decorator("functools.cached_property", CachedProperty)
BUILTINS: Final[dict[str, Type]] = {
    "staticmethod": _decorator("staticmethod", StaticMethod),
    "classmethod": _decorator("classmethod", ClassMethod),
    "property": _decorator("property", Property),
}
