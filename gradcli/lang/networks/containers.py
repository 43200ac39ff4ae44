"""The containers of modules. Source: torch/nn/modules/container.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any, Final

from gradcli.lang.networks.module import MODULE, children_of, each_module, indented, is_module, made
from gradcli.lang.values.classes import Class, Instance
from gradcli.lang.values.table import attribute, type_name, type_of

HOME: Final = "torch.nn.modules.container"


def position(idx: Any, length: int) -> int:
    """An index counted from the front. Raises IndexError."""
    place = int(idx)
    if not -length <= place < length:
        raise IndexError(f"index {place} is out of range")
    return place % length


def _renumber(self: Any, modules: Iterable[Any]) -> None:
    kept = children_of(self)
    listed = list(modules)
    kept.clear()
    kept.update({str(place): module for place, module in enumerate(listed)})


def _joined(self: Any, other: Any, made_of: Callable[[], Any]) -> Any:
    found = made_of()
    _renumber(found, chain(children_of(self).values(), other))
    return found


class Sequential:
    """One module after the other."""

    def __init__(self: Any, *args: Any) -> None:
        MODULE.own["__init__"](self)
        named = args[0].items() if len(args) == 1 and isinstance(args[0], dict) else enumerate(args)
        for name, module in named:
            MODULE.own["add_module"](self, str(name), module)

    def forward(self: Any, input: Any) -> Any:
        for module in children_of(self).values():
            input = module(input)
        return input

    def append(self: Any, module: Any) -> Any:
        MODULE.own["add_module"](self, str(len(children_of(self))), module)
        return self

    def extend(self: Any, sequential: Any) -> Any:
        for module in list(sequential):
            Sequential.append(self, module)
        return self

    def insert(self: Any, index: int, module: Any) -> Any:
        if not is_module(module):
            raise AssertionError(f"module should be of type: {MODULE!r}")
        modules = list(children_of(self).values())
        if not -len(modules) <= index <= len(modules):
            raise IndexError(f"Index out of range: {index}")
        modules.insert(index, module)
        _renumber(self, modules)
        return self

    def pop(self: Any, key: Any) -> Any:
        found = self[key]
        Sequential.__delitem__(self, key)
        return found

    def __len__(self: Any) -> int:
        return len(children_of(self))

    def __iter__(self: Any) -> Iterator[Any]:
        return iter(children_of(self).values())

    def __getitem__(self: Any, idx: Any) -> Any:
        modules = children_of(self)
        if isinstance(idx, slice):
            part = SEQUENTIAL()
            part.fields["_modules"] = dict(list(modules.items())[idx])
            return part
        return list(modules.values())[position(idx, len(modules))]

    def __setitem__(self: Any, idx: Any, module: Any) -> None:
        modules = children_of(self)
        modules[list(modules)[position(idx, len(modules))]] = module

    def __delitem__(self: Any, idx: Any) -> None:
        modules = list(children_of(self).values())
        del modules[idx if isinstance(idx, slice) else position(idx, len(modules))]
        _renumber(self, modules)

    def __add__(self: Any, other: Any) -> Any:
        return _joined(self, _sequential(other), SEQUENTIAL)

    def __iadd__(self: Any, other: Any) -> Any:
        return Sequential.extend(self, _sequential(other))

    def __mul__(self: Any, other: Any) -> Any:
        if not isinstance(other, int):
            raise TypeError(f"unsupported operand type(s) for *: {type_of(self)!r} and {type_of(other)!r}")
        if other <= 0:
            raise ValueError(f"Non-positive multiplication factor {other} for {type_of(self)!r}")
        found = SEQUENTIAL()
        _renumber(found, list(children_of(self).values()) * other)
        return found

    __rmul__ = __mul__


def _sequential(other: Any) -> Any:
    if not (isinstance(other, Instance) and SEQUENTIAL.has(other)):
        raise ValueError(f"add operator supports only objects of Sequential class, but {type_of(other)!r} is given.")
    return other


class ModuleList:
    """A list of modules."""

    def __init__(self: Any, modules: Any = ()) -> None:
        MODULE.own["__init__"](self)
        Sequential.extend(self, each_module(modules or ()))

    append = Sequential.append
    extend = Sequential.extend
    pop = Sequential.pop
    __len__ = Sequential.__len__
    __iter__ = Sequential.__iter__
    __setitem__ = Sequential.__setitem__
    __delitem__ = Sequential.__delitem__
    __iadd__ = Sequential.extend

    def __add__(self: Any, other: Any) -> Any:
        return _joined(self, other, MODULE_LIST)

    def insert(self: Any, index: int, module: Any) -> None:
        modules = list(children_of(self).values())
        modules.insert(index, module)
        _renumber(self, modules)

    def __getitem__(self: Any, idx: Any) -> Any:
        modules = list(children_of(self).values())
        return MODULE_LIST(modules[idx]) if isinstance(idx, slice) else modules[position(idx, len(modules))]

    def __repr__(self: Any) -> str:
        name = attribute(self, "_get_name")()
        blocks: list[tuple[int, int, str]] = []  # the first and the last of those that look alike
        for place, module in enumerate(children_of(self).values()):
            text = repr(module)
            if blocks and blocks[-1][2] == text:
                blocks[-1] = (blocks[-1][0], place, text)
            else:
                blocks.append((place, place, text))
        if not blocks:
            return f"{name}()"
        lines = [
            indented(f"({first}): {text}" if first == last else f"({first}-{last}): {last - first + 1} x {text}")
            for first, last, text in blocks
        ]
        return "\n  ".join([f"{name}(", *lines]) + "\n)"


class ModuleDict:
    """A dict of modules."""

    def __init__(self: Any, modules: Any = None) -> None:
        MODULE.own["__init__"](self)
        if modules is not None:
            ModuleDict.update(self, modules)

    def update(self: Any, modules: Any) -> None:
        for name, module in pairs(modules, "ModuleDict"):
            MODULE.own["add_module"](self, name, module)

    def __len__(self: Any) -> int:
        return len(children_of(self))

    def __iter__(self: Any) -> Iterator[Any]:
        return iter(children_of(self))

    def __contains__(self: Any, key: str) -> bool:
        return key in children_of(self)

    def __getitem__(self: Any, key: str) -> Any:
        return children_of(self)[key]

    def __setitem__(self: Any, key: str, module: Any) -> None:
        MODULE.own["add_module"](self, key, module)

    def __delitem__(self: Any, key: str) -> None:
        del children_of(self)[key]

    def clear(self: Any) -> None:
        children_of(self).clear()

    def pop(self: Any, key: str) -> Any:
        return children_of(self).pop(key)

    def keys(self: Any) -> Any:
        return children_of(self).keys()

    def items(self: Any) -> Any:
        return children_of(self).items()

    def values(self: Any) -> Any:
        return children_of(self).values()


def pairs(values: Any, who: str) -> Iterator[tuple[Any, Any]]:
    """The names and values that a container is updated with, of a mapping or in pairs. Raises TypeError, ValueError."""
    if isinstance(values, dict):
        yield from values.items()
        return
    kind = type_of(values)
    if isinstance(kind, Class) and "keys" in kind.known:  # a container like the one that asks
        yield from [(name, values[name]) for name in attribute(values, "keys")()]
        return
    for place, pair in enumerate(values):
        if not isinstance(pair, Iterable):
            raise TypeError(f"{who} update sequence element #{place} should be Iterable; is{type_name(pair)}")
        listed = list(pair)
        if len(listed) != 2:
            raise ValueError(f"{who} update sequence element #{place} has length {len(listed)}; 2 is required")
        yield listed[0], listed[1]


SEQUENTIAL: Final = made(Sequential, MODULE, HOME)
MODULE_LIST: Final = made(ModuleList, MODULE, HOME)
CLASSES: Final[dict[str, Class]] = {
    "Sequential": SEQUENTIAL,
    "ModuleList": MODULE_LIST,
    "ModuleDict": made(ModuleDict, MODULE, HOME),
}
