"""The containers of torch.nn. Source: torch/nn/modules/container.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from gradcli.engine.tensor import Tensor
from gradcli.lang.networks.module import MODULE, children_of, each_module, made
from gradcli.lang.values.classes import Class
from gradcli.nn.parameter import parameter


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

    def extend(self: Any, modules: Any) -> Any:
        for module in modules:
            Sequential.append(self, module)
        return self

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
        return list(modules.values())[_position(idx, len(modules))]

    def __setitem__(self: Any, idx: Any, module: Any) -> None:
        modules = children_of(self)
        modules[list(modules)[_position(idx, len(modules))]] = module


def _position(idx: Any, length: int) -> int:
    place = int(idx)
    if not -length <= place < length:
        raise IndexError(f"index {place} is out of range")
    return place % length


class ModuleList:
    """A list of modules."""

    def __init__(self: Any, modules: Any = ()) -> None:
        MODULE.own["__init__"](self)
        Sequential.extend(self, each_module(modules))

    append = Sequential.append
    extend = Sequential.extend
    __len__ = Sequential.__len__
    __iter__ = Sequential.__iter__
    __setitem__ = Sequential.__setitem__

    def __getitem__(self: Any, idx: Any) -> Any:
        modules = list(children_of(self).values())
        return MODULE_LIST(modules[idx]) if isinstance(idx, slice) else modules[_position(idx, len(modules))]


class ModuleDict:
    """A dict of modules."""

    def __init__(self: Any, modules: Any = None) -> None:
        MODULE.own["__init__"](self)
        for name, module in (modules or {}).items():
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

    def keys(self: Any) -> Any:
        return children_of(self).keys()

    def items(self: Any) -> Any:
        return children_of(self).items()

    def values(self: Any) -> Any:
        return children_of(self).values()


class ParameterList:
    """A list of parameters."""

    def __init__(self: Any, values: Any = ()) -> None:
        MODULE.own["__init__"](self)
        for value in values:
            ParameterList.append(self, value)

    def append(self: Any, value: Any) -> Any:
        parameters = self.fields["_parameters"]
        parameters[str(len(parameters))] = parameter(value) if isinstance(value, Tensor) and value.is_leaf else value
        return self

    def __len__(self: Any) -> int:
        return len(self.fields["_parameters"])

    def __iter__(self: Any) -> Iterator[Any]:
        return iter(self.fields["_parameters"].values())

    def __getitem__(self: Any, idx: Any) -> Any:
        return list(self.fields["_parameters"].values())[idx]

    def extra_repr(self: Any) -> str:
        lines = []
        for name, value in self.fields["_parameters"].items():
            size = "x".join(map(str, value.shape))
            lines.append(f"  ({name}): Parameter containing: [{value.dtype} of size {size}]")
        return "\n".join(lines)


SEQUENTIAL: Final = made(Sequential, MODULE, "torch.nn.modules.container")
MODULE_LIST: Final = made(ModuleList, MODULE, "torch.nn.modules.container")
CLASSES: Final[dict[str, Class]] = {
    "Sequential": SEQUENTIAL,
    "ModuleList": MODULE_LIST,
    "ModuleDict": made(ModuleDict, MODULE, "torch.nn.modules.container"),
    "ParameterList": made(ParameterList, MODULE, "torch.nn.modules.container"),
}
