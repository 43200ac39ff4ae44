"""What users call: functions, methods and Python operators, all made from the operators' entries.

A public name has one entry for each overload of torch's; a call binds its arguments as torch's parser does and runs
the entry that takes them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradcli.engine.kinds import known
from gradcli.engine.entry import Entry, entries
from gradcli.engine.signature import Overloads, Signature
from gradcli.engine.tensor import Tensor

known.tensor = Tensor


class Function:
    """A public name, `torch.sum` or `Tensor.sum`: its overloads, found when first called.

    path: dotted, below torch ("sum", "nn.functional.relu"). inplace: the variant that writes its first argument.
    """

    __slots__ = ("__name__", "_overloads", "_runs", "doc", "entries", "inplace", "method", "path")

    def __init__(self, path: str, entries: list[Entry], method: bool = False, inplace: bool = False) -> None:
        self.path = path
        self.__name__ = path.rpartition(".")[2]
        self.doc = entries[0].__doc__
        self.entries = entries
        self.method = method
        self.inplace = inplace
        self._overloads: Overloads | None = None
        self._runs: list[Callable[[list[Any]], Any]] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._overloads is None:
            signatures = [
                Signature.of(entry.kernel, entry.extras, entry.method_extras, entry.deprecated)
                for entry in self.entries
            ]
            self._overloads = Overloads(self.__name__, signatures, self.method)
            self._runs = [entry.call_inplace if self.inplace else entry.call for entry in self.entries]
        index, bound = self._overloads.bind(args, kwargs)
        return self._runs[index](bound)

    def __repr__(self) -> str:
        if self.method:
            return f"<method '{self.__name__}' of 'torch._C.TensorBase' objects>"
        return f"<built-in method {self.__name__} of type object at {hex(id(self))}>"


functions: dict[str, Function] = {}  # by path below torch
methods: dict[str, Function] = {}


def publish() -> None:
    """Make the public names of all entries defined so far, and put methods and operators on Tensor."""
    by_function: dict[str, list[Entry]] = {}
    by_method: dict[str, list[Entry]] = {}
    for entry in entries:
        prefix = f"{entry.module}." if entry.module else ""
        for name in (entry.name, *entry.aliases):
            if entry.function:
                by_function.setdefault(prefix + name, []).append(entry)
            if entry.method:
                by_method.setdefault(name, []).append(entry)
        for path in entry.also:
            by_function.setdefault(path, []).append(entry)
    functions.update((path, Function(path, overloads)) for path, overloads in by_function.items())
    methods.update((name, Function(name, overloads, method=True)) for name, overloads in by_method.items())
    for path, overloads in by_function.items():
        inplace = [entry for entry in overloads if entry.inplace]
        if inplace and len(inplace[0].parameters) == 1 and f"{path}_" not in functions:
            functions[f"{path}_"] = Function(f"{path}_", inplace, inplace=True)
    for name, overloads in by_method.items():
        inplace = [entry for entry in overloads if entry.inplace]
        if inplace and f"{name}_" not in methods:
            methods[f"{name}_"] = Function(f"{name}_", inplace, method=True, inplace=True)
    for name, function in methods.items():
        setattr(Tensor, name, _method(function))
    for entry in entries:
        if entry.operator:
            _attach_operator(entry)


def _method(function: Function) -> Callable[..., Any]:
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    method.__name__ = function.__name__
    return method


# Python's operators

_BINARY = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "truediv",
    "//": "floordiv",
    "%": "mod",
    "**": "pow",
    "@": "matmul",
    "&": "and",
    "|": "or",
    "^": "xor",
    "<<": "lshift",
    ">>": "rshift",
    "<": "lt",
    "<=": "le",
    ">": "gt",
    ">=": "ge",
    "==": "eq",
    "!=": "ne",
}
_UNARY = {"-x": "__neg__", "~x": "__invert__", "abs(x)": "__abs__", "+x": "__pos__"}
_COMMUTES = {"+", "*", "&", "|", "^"}
_NUMBERS = {int, float, bool, complex}


def _attach_operator(entry: Entry) -> None:
    """`operator="+"` makes `__add__`, `__iadd__` and, where it commutes, `__radd__`; "r-" makes `__rsub__`.

    Of two entries with one symbol, that which takes a number in second place serves numbers.
    """
    symbol = entry.operator
    if symbol in _UNARY:
        setattr(Tensor, _UNARY[symbol], lambda self: entry.call([self, *entry.defaults[1:]]))
    elif symbol.startswith("r"):
        name = f"__r{_BINARY[symbol[1:]]}__"
        swapped = entry.parameters[0].kind != "Number"  # rsub(input, other) against pow(number, exponent)
        setattr(Tensor, name, _reflected(entry, swapped))
    else:
        name = _BINARY[symbol]
        other = entry.parameters[1]
        takes_number = "Number" in other.kinds
        found = getattr(Tensor, f"__{name}__", None)
        table = getattr(found, "table", {})
        if takes_number:
            table |= dict.fromkeys(_NUMBERS, entry)
        if other.kind != "Number":
            table[Tensor] = entry
        if not getattr(found, "table", None):
            setattr(Tensor, f"__{name}__", _forward(table))
        if symbol in _COMMUTES:
            setattr(Tensor, f"__r{name}__", _reflected(entry, True))
        if entry.inplace:
            current = getattr(Tensor, f"__i{name}__", None)
            inplace = getattr(current, "table", {})
            inplace |= {kind: value for kind, value in table.items() if value is entry}
            if current is None:
                setattr(Tensor, f"__i{name}__", _augmented(inplace))


def _forward(table: dict[type, Entry]) -> Any:
    def forward(self: Tensor, other: Any) -> Any:
        entry = table.get(type(other)) or _entry_for(table, other)
        if entry is None:
            return NotImplemented
        return entry.call_binary(self, other)

    forward.table = table  # type: ignore[attr-defined]
    return forward


def _augmented(table: dict[type, Entry]) -> Any:
    def augmented(self: Tensor, other: Any) -> Any:
        entry = table.get(type(other)) or _entry_for(table, other)
        if entry is None:
            return NotImplemented
        return entry.call_inplace([self, other, *entry.defaults[2:]])

    augmented.table = table  # type: ignore[attr-defined]
    return augmented


def _reflected(entry: Entry, swapped: bool) -> Any:
    def reflected(self: Tensor, other: Any) -> Any:
        if type(other) not in _NUMBERS and not isinstance(other, (int, float, complex)):
            return NotImplemented
        return entry.call_binary(self, other) if swapped else entry.call([other, self, *entry.defaults[2:]])

    return reflected


def _entry_for(table: dict[type, Entry], other: Any) -> Entry | None:
    """Subclasses of Tensor, and numpy's scalars, which are Python numbers to us."""
    if isinstance(other, Tensor):
        return table.get(Tensor)
    return table.get(float) if isinstance(other, (int, float, complex)) else None
