"""What users call: functions, methods and Python operators, all made from the operators' entries.

A public name has one entry for each overload of torch's; a call binds its arguments as torch's parser does and runs
the entry that takes them. Names may be shelved: known, and defined by a module that is loaded when one is first used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from gradcli.engine.arrays import number_in
from gradcli.engine.entry import Entry, entries
from gradcli.engine.kinds import known
from gradcli.engine.out import write_out
from gradcli.engine.signature import Overloads, Signature
from gradcli.engine.tensor import Tensor

known.tensor = Tensor


_OPERANDS = frozenset((Tensor, float, int))
BinaryOperator = Callable[[Any, Any], Any]


class Function:
    """A public name, `torch.sum` or `Tensor.sum`: its overloads, found when first called.

    path: dotted, below torch ("sum", "nn.functional.relu"). inplace: the variant that writes its first argument.
    """

    __slots__ = (
        "__name__",
        "_binary",
        "_entries",
        "_load",
        "_overloads",
        "_runs",
        "_unary",
        "_update",
        "inplace",
        "method",
        "path",
    )

    def __init__(self, path: str, method: bool = False, inplace: bool = False) -> None:
        self.path = path
        home, _, name = path.rpartition(".")
        self.__name__ = f"{home}_{name}" if home in ("linalg", "special", "fft") else name  # as torch's messages say it
        self.method = method
        self.inplace = inplace
        self._entries: list[Entry] = []
        self._load: Callable[[], None] | None = None
        self._overloads: Overloads | None = None
        self._runs: list[Callable[[list[Any]], Any]] = []
        # Short cuts: of one tensor; of a tensor and a tensor or number; of the same, in place.
        self._unary: Callable[[Any], Any] | None = None
        self._binary: BinaryOperator | None = None
        self._update: Callable[[Any, Any], bool] | None = None

    def define(self, entries: list[Entry], inplace: bool = False) -> Function:
        """Give the name its entries, behind those that it has."""
        self._entries = [*self._entries, *entries]
        self.inplace = inplace
        self._overloads = self._load = None
        self._unary = None if inplace else self._entries[0].unary()
        self._update = self._entries[0].update() if inplace else None
        return self

    @property
    def entries(self) -> list[Entry]:
        """The overloads, loaded if they are on the shelf."""
        if self._load is not None:
            self._load()
        return self._entries

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not kwargs and args and args[0].__class__ is Tensor:
            if len(args) == 1:
                if self._unary is not None:
                    return self._unary(args[0])
            elif len(args) == 2:
                if self._binary is not None and args[1].__class__ in _OPERANDS:
                    return self._binary(*args)
                if self._update is not None and self._update(*args):
                    return args[0]
        if self._overloads is None:
            entries = self.entries
            if entries[0].varargs:
                return entries[0].kernel(*args, **kwargs)
            signatures = [
                Signature.of(entry.kernel, entry.extras, entry.method_extras, entry.deprecated, entry.options)
                for entry in entries
            ]
            python = not self.method and written_in_python(self.path)
            self._overloads = Overloads(self.__name__, signatures, self.method, python)
            self._runs = [entry.call_inplace if self.inplace else entry.call for entry in entries]
        index, bound = self._overloads.bind(args, kwargs)
        if kwargs and kwargs.get("out") is not None:
            return write_out(self.__name__, self._entries[index], bound, kwargs["out"])
        return self._runs[index](bound)

    def __repr__(self) -> str:
        if self.method:
            return f"<method '{self.__name__}' of 'torch._C.TensorBase' objects>"
        return f"<built-in method {self.__name__} of type object at {hex(id(self))}>"


# torch.nn.functional is Python, but for these; torch itself is not, but for those.
_NOT_PYTHON = frozenset(
    ("avg_pool1d", "avg_pool2d", "avg_pool3d", "bilinear", "conv1d", "conv2d", "conv3d", "cosine_similarity", "gelu")
    + ("hardshrink", "linear", "logsigmoid", "one_hot", "pairwise_distance", "pdist", "prelu", "softplus")
    + ("softshrink", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "scaled_dot_product_attention")
    + (
        "pixel_shuffle",
        "pixel_unshuffle",
        "channel_shuffle",
        "relu_",
        "selu_",
        "celu_",
        "rrelu_",
        "adaptive_avg_pool1d",
    )
)
_PYTHON = frozenset(
    ("cdist", "is_tensor", "manual_seed", "norm", "seed", "set_default_dtype", "split", "tensordot", "unique")
    + ("unique_consecutive", "unravel_index", "initial_seed")
)


def written_in_python(path: str) -> bool:
    """Is torch's function at this path a Python def? CPython has its own words for calls of those."""
    home, _, name = path.rpartition(".")
    return name not in _NOT_PYTHON if home == "nn.functional" else not home and name in _PYTHON


functions: dict[str, Function] = {}  # by path below torch
methods: dict[str, Function] = {}
_published: list[Entry] = []


def publish() -> None:
    """Make the public names of the entries defined since the last time, and put methods and operators on Tensor."""
    new = entries[len(_published) :]
    _published.extend(new)
    by_function: dict[str, list[Entry]] = {}
    by_method: dict[str, list[Entry]] = {}
    for entry in new:
        prefix = f"{entry.module}." if entry.module else ""
        for name in (entry.name, *entry.aliases):
            if entry.function:
                by_function.setdefault(prefix + name, []).append(entry)
            if entry.method:
                by_method.setdefault(name, []).append(entry)
        for path in entry.also:
            by_function.setdefault(path, []).append(entry)
    for path, overloads in by_function.items():
        _function(path).define(overloads)
        inplace = [entry for entry in overloads if entry.inplace]
        if has_inplace_function(path, inplace):
            written = _function(f"{path}_")
            if not written._entries:
                written.define(inplace, inplace=True)
    for name, overloads in by_method.items():
        _attach(_method(name).define(overloads))
        inplace = [entry for entry in overloads if entry.inplace]
        if inplace and f"{name}_" not in by_method:
            _attach(_method(f"{name}_").define(inplace, inplace=True))
    operators = [entry for entry in new if entry.operator]
    for entry in operators:
        _attach_operator(entry)
    for entry in operators:
        _shorten(entry)


def has_inplace_function(path: str, inplace: list[Entry]) -> bool:
    """Is there a function `path_`, of these entries that work in place? torch.special has none."""
    return not path.startswith("special.") and any(
        entry.inplace == "function" or len(entry.parameters) == 1 for entry in inplace
    )


def shelve(module: str, paths: Iterable[str], names: Iterable[str], load: Callable[[str], None]) -> None:
    """Make functions and methods known that `load(module)` will publish: at the first call, or look at the entries."""
    for path in paths:
        _function(path)._load = partial(load, module)
    for name in names:
        _method(name)._load = partial(load, module)
        _attach(methods[name])


def _function(path: str) -> Function:
    return functions.setdefault(path, Function(path))


def _method(name: str) -> Function:
    return methods.setdefault(name, Function(name, method=True))


def _attach(function: Function) -> None:
    setattr(Tensor, function.path, _bound(function))


def _bound(function: Function) -> Callable[..., Any]:
    unary = function._unary

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        if unary is not None and not args and not kwargs:
            return unary(self)
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


def _attach_operator(entry: Entry) -> None:
    """`operator="+"` makes `__add__`, `__iadd__` and, where it commutes, `__radd__`; "r-" makes `__rsub__`.

    Of two entries with one symbol, one may take tensors and the other numbers in second place.
    """
    symbol = entry.operator
    if symbol in _UNARY:
        setattr(Tensor, _UNARY[symbol], entry.unary() or (lambda self: entry.call([self, *entry.defaults[1:]])))
    elif symbol.startswith("r"):
        _add(f"__r{_BINARY[symbol[1:]]}__", _reflected(entry))
    else:
        name = _BINARY[symbol]
        _add(f"__{name}__", entry.binary())
        if symbol in _COMMUTES:
            setattr(Tensor, f"__r{name}__", _reflected(entry))
        if entry.inplace:
            _add(f"__i{name}__", _augmented(entry))


def _shorten(entry: Entry) -> None:
    """Let `x.mul(y)` and `torch.mul(x, y)` be `x * y` where there is no more to them."""
    if entry.operator in _BINARY:
        operator = Tensor.__dict__[f"__{_BINARY[entry.operator]}__"]
        for name in (entry.name, *entry.aliases):
            for known in (functions.get(name), methods.get(name)):
                if known is not None:
                    known._binary = operator


def _add(name: str, operator: BinaryOperator) -> None:
    """Put an operator on Tensor, behind the one that is there."""
    first = Tensor.__dict__.get(name)
    if first is None or (name in ("__eq__", "__ne__") and first is getattr(object, name)):
        setattr(Tensor, name, operator)
        return

    def either(self: Tensor, other: Any) -> Any:
        result = first(self, other)
        return operator(self, other) if result is NotImplemented else result

    setattr(Tensor, name, either)


def _augmented(entry: Entry) -> BinaryOperator:
    tail = entry.defaults[2:]
    takes_tensor = entry.parameters[1].kind != "Number"
    takes_number = "Number" in entry.parameters[1].kinds

    update = entry.update()

    def augmented(self: Tensor, other: Any) -> Any:
        if update is not None and update(self, other):
            return self
        if isinstance(other, Tensor) if takes_tensor else False:
            return entry.call_inplace([self, other, *tail])
        if takes_number and isinstance(other, (int, float, complex)):
            return entry.call_inplace([self, other, *tail])
        number = number_in(other)
        return NotImplemented if number is None else augmented(self, number)

    return augmented


def _reflected(entry: Entry) -> BinaryOperator:
    """For a number on the left: of rsub(input, other) it is the second argument, of pow(number, exponent) the first."""
    operator = entry.binary()
    number_first = entry.parameters[0].kind == "Number"
    takes_number = number_first or "Number" in entry.parameters[1].kinds
    takes_tensor = number_first or entry.parameters[1].kind != "Number"
    forward = f"__{_BINARY[entry.operator.removeprefix('r')]}__"
    tail = entry.defaults[2:]
    divides = entry.operator == "r/"  # torch multiplies by the reciprocal, which takes an array

    quick = takes_number and not number_first

    def reflected(self: Tensor, other: Any) -> Any:
        if quick and (other.__class__ is float or other.__class__ is int):
            return operator(self, other)
        if isinstance(other, Tensor):  # called by name: x.__rpow__(y)
            if number_first:
                return getattr(other, forward)(self)
            return operator(self, other) if takes_tensor else NotImplemented
        if not (takes_number and isinstance(other, (int, float, complex))):
            number = number_in(other)
            if number is not None:
                return reflected(self, number)
            return entry.call([self, other]) if divides and isinstance(other, np.ndarray) else NotImplemented
        return entry.call([other, self, *tail]) if number_first else operator(self, other)

    return reflected
