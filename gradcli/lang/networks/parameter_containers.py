"""Lists and dicts of parameters. Source: torch/nn/modules/container.py.

Both keep their values as attributes of the module, by place or by name, and beside them which there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from gradcli.engine.tensor import Tensor
from gradcli.lang.networks.containers import HOME, pairs, position
from gradcli.lang.networks.module import MODULE, made
from gradcli.lang.values.classes import Class
from gradcli.lang.values.table import attribute, delete_attribute, set_attribute, type_name
from gradcli.lang.values.tensor_types import typename
from gradcli.nn.parameter import is_parameter, parameter


def _put(self: Any, name: str, value: Any) -> None:
    is_plain = isinstance(value, Tensor) and not is_parameter(value)
    set_attribute(self, name, parameter(value) if is_plain else value)


def _line(name: Any, value: Any, kind: Any) -> str:
    if not isinstance(value, Tensor):
        return f"  ({name}): Object of type: {type_name(value)}"
    what = "Parameter" if is_parameter(value) else "Tensor"
    return f"  ({name}): {what} containing: [{kind(value)} of size {'x'.join(map(str, value.shape))}]"


class ParameterList:
    """A list of parameters."""

    def __init__(self: Any, values: Any = None) -> None:
        MODULE.own["__init__"](self)
        self.fields["_size"] = 0
        if values is not None:
            ParameterList.extend(self, values)

    def append(self: Any, value: Any) -> Any:
        place = self.fields["_size"]
        self.fields["_size"] += 1
        _put(self, str(place), value)
        return self

    def extend(self: Any, values: Any) -> Any:
        if isinstance(values, Tensor) or not hasattr(values, "__iter__"):
            raise TypeError(f"ParameterList.extend should be called with an iterable, but got {type_name(values)}")
        for value in list(values):
            ParameterList.append(self, value)
        return self

    __iadd__ = extend

    def __len__(self: Any) -> int:
        return int(self.fields["_size"])

    def __iter__(self: Any) -> Iterator[Any]:
        return iter([attribute(self, str(place)) for place in range(self.fields["_size"])])

    def __getitem__(self: Any, idx: Any) -> Any:
        if isinstance(idx, slice):
            return CLASSES["ParameterList"](list(ParameterList.__iter__(self))[idx])
        return attribute(self, str(position(idx, self.fields["_size"])))

    def __setitem__(self: Any, idx: Any, param: Any) -> None:
        _put(self, str(position(idx, self.fields["_size"])), param)

    def extra_repr(self: Any) -> str:
        values = ParameterList.__iter__(self)
        return "\n".join(_line(place, value, lambda value: value.dtype) for place, value in enumerate(values))


class ParameterDict:
    """A dict of parameters."""

    def __init__(self: Any, parameters: Any = None) -> None:
        MODULE.own["__init__"](self)
        self.fields["_keys"] = {}
        if parameters is not None:
            ParameterDict.update(self, parameters)

    def update(self: Any, parameters: Any) -> None:
        found = pairs(parameters, "ParameterDict")
        for name, value in sorted(found) if type(parameters) is dict else list(found):  # as torch does
            ParameterDict.__setitem__(self, name, value)

    def __getitem__(self: Any, key: Any) -> Any:
        return attribute(self, _name(key))

    def __setitem__(self: Any, key: Any, value: Any) -> None:
        self.fields["_keys"][key] = None
        _put(self, _name(key), value)

    def __delitem__(self: Any, key: Any) -> None:
        del self.fields["_keys"][key]
        delete_attribute(self, key)

    def __len__(self: Any) -> int:
        return len(self.fields["_keys"])

    def __iter__(self: Any) -> Iterator[Any]:
        return iter(self.fields["_keys"])

    def __contains__(self: Any, key: Any) -> bool:
        return key in self.fields["_keys"]

    def clear(self: Any) -> None:
        for key in list(self.fields["_keys"]):
            ParameterDict.__delitem__(self, key)

    def pop(self: Any, key: Any) -> Any:
        found = ParameterDict.__getitem__(self, key)
        ParameterDict.__delitem__(self, key)
        return found

    def get(self: Any, key: Any, default: Any = None) -> Any:
        return ParameterDict.__getitem__(self, key) if key in self.fields["_keys"] else default

    def setdefault(self: Any, key: Any, default: Any = None) -> Any:
        if key not in self.fields["_keys"]:
            ParameterDict.__setitem__(self, key, default)
        return ParameterDict.__getitem__(self, key)

    def keys(self: Any) -> Any:
        return self.fields["_keys"].keys()

    def values(self: Any) -> Any:
        return [attribute(self, key) for key in self.fields["_keys"]]

    def items(self: Any) -> Any:
        return [(key, attribute(self, key)) for key in self.fields["_keys"]]

    def extra_repr(self: Any) -> str:
        return "\n".join(
            _line(key, value, lambda value: typename(value.data)) for key, value in ParameterDict.items(self)
        )


def _name(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(
            f"Index given to ParameterDict cannot be used as a key as it is not a string (type is '{type_name(key)}'). "
            "Open an issue on github if you need non-string keys."
        )
    return key


CLASSES: Final[dict[str, Class]] = {
    "ParameterList": made(ParameterList, MODULE, HOME),
    "ParameterDict": made(ParameterDict, MODULE, HOME),
}
