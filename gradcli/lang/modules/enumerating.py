"""`enum`: classes with a fixed set of instances."""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType
from typing import Any, Final

from gradcli.lang.values.classes import Class
from gradcli.lang.values.descriptors import ClassMethod, Property, StaticMethod
from gradcli.lang.values.table import TYPES, Type, poses_as


class Auto:
    """`auto()`: one more than the member before has."""

    __slots__ = ()


TYPES[Auto] = Type("enum.auto", Auto, Auto)


class EnumClass(Class):
    """A class that derives from `Enum`. instances: by name, aliases included."""

    __slots__ = ("instances",)
    makes_heirs = True

    def __init__(self, name: str, qualname: str, bases: tuple[Type, ...], own: dict[str, Any], module: str) -> None:
        self.instances: dict[str, Any] = {}
        if any(type(base) is EnumClass and base.instances for base in bases):
            raise TypeError(f"{name} cannot extend {bases[0]!r}")
        super().__init__(name, qualname, bases, own, module)
        last: Any = 0
        for member, value in [*own.items()]:
            if member.startswith("_") or isinstance(value, FunctionType | Property | StaticMethod | ClassMethod):
                continue
            last = last + 1 if type(value) is Auto else value
            own[member] = self.instances[member] = self._member(member, last)
        self.refresh()

    def _member(self, name: str, value: Any) -> Any:
        found = next((each for each in self.instances.values() if each.fields["_value_"] == value), None)
        if found is not None:
            return found  # another name of the same
        instance: Any = object.__new__(self.python)
        instance.fields = {"_name_": name, "_value_": value}
        if "__init__" in self.known:
            self.known["__init__"](instance, *(value if type(value) is tuple else (value,)))
        return instance

    def __iter__(self) -> Iterator[Any]:
        return iter(dict.fromkeys(self.instances.values()))

    def __len__(self) -> int:
        return len(dict.fromkeys(self.instances.values()))

    def __repr__(self) -> str:
        return f"<enum {self.__name__!r}>"

    def __bool__(self) -> bool:
        return True

    def __contains__(self, value: Any) -> bool:
        if not isinstance(value, ENUM.python):
            raise TypeError(f"unsupported operand type(s) for 'in': {type(value).__name__!r} and 'EnumType'")
        return isinstance(value, self.python)

    def __getitem__(self, name: Any) -> Any:
        return self.instances[name]

    def __call__(self, *args: Any, **named: Any) -> Any:
        (value,) = args
        for member in self:
            if member is value or member.fields["_value_"] == value:
                return member
        raise ValueError(f"{value!r} is not a valid {self.qualname}")


def _repr(self: Any) -> str:
    return f"<{_str(self)}: {self.fields['_value_']!r}>"


def _str(self: Any) -> str:
    return f"{type(self).__name__}.{self.fields['_name_']}"


poses_as(EnumClass, "EnumType")
TYPES[EnumClass] = Type("enum.EnumType", EnumClass)
ENUM: Final = EnumClass(
    "Enum",
    "Enum",
    (),
    {
        "__repr__": _repr,
        "__str__": _str,
        "__hash__": lambda self: hash(self.fields["_name_"]),
        "name": Property(lambda self: self.fields["_name_"]),
        "value": Property(lambda self: self.fields["_value_"]),
    },
    "enum",
)


def _unique(enumeration: Any) -> Any:
    for name, member in enumeration.instances.items():
        if member.fields["_name_"] != name:
            raise ValueError(f"duplicate values found in {enumeration!r}: {name} -> {member.fields['_name_']}")
    return enumeration


def table() -> dict[str, Any]:
    """The members of `enum`: those whose instances are no numbers."""
    return {"Enum": ENUM, "auto": TYPES[Auto], "unique": _unique}
