"""The names that every program knows: Python's safe builtins, and torch's functions without `torch.`

`sum`, `max`, `abs` and their like are torch's for a tensor and Python's for anything else. Called by its bare name, a
torch function makes tensors of lists of numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Final

from gradcli.engine.tensor import Tensor
from gradcli.lang import budget
from gradcli.lang.budget import BUDGET, bounded, ticking
from gradcli.lang.compile.lists import takes_lists
from gradcli.lang.depth import SORTING
from gradcli.lang.modules.table import MODULES
from gradcli.lang.values import iterators
from gradcli.lang.values import plain as plain_values
from gradcli.lang.values import tensors as tensor_values
from gradcli.lang.values.table import (
    BUILTIN,
    MISSING,
    TYPES,
    Deferred,
    Method,
    Namespace,
    Type,
    attribute,
    method,
    named,
    type_name,
    type_of,
)
from gradcli.lang.values.text import as_ascii, as_repr, as_str, formatted

# ---------------------------------------------------------------- types


def _int(*args: Any, **others: Any) -> int:
    if args and type(args[0]) is str and len(args[0]) > 4000:
        raise budget.too_many_bits(3 * len(args[0]))
    result: int = budget.grown(int(*args, **others))
    return result


def _str(*args: Any) -> str:
    if len(args) > 1:
        raise TypeError(f"str() takes at most 1 argument ({len(args)} given)")
    return as_str(args[0]) if args else ""


def _collect(kind: Callable[[Any], Any], name: str) -> Callable[..., Any]:
    def make(*args: Any) -> Any:
        if len(args) > 1:
            raise TypeError(f"{name} expected at most 1 argument, got {len(args)}")
        values = bounded(args[0]) if args else ()
        return kind([budget.key(value) for value in values] if "set" in name else values)

    return make


EXCEPTIONS: Final[tuple[type[BaseException], ...]] = (
    BaseException,
    Exception,
    ArithmeticError,
    AssertionError,
    AttributeError,
    FileExistsError,
    FileNotFoundError,
    FloatingPointError,
    ImportError,
    IndexError,
    IsADirectoryError,
    KeyboardInterrupt,
    KeyError,
    LookupError,
    MemoryError,
    ModuleNotFoundError,
    NameError,
    NotImplementedError,
    OSError,
    OverflowError,
    PermissionError,
    RecursionError,
    RuntimeError,
    StopIteration,
    SystemExit,
    TypeError,
    UnboundLocalError,
    UserWarning,
    ValueError,
    ZeroDivisionError,
)


def _start_exception(error: Any, *args: Any) -> None:
    if not isinstance(error, BaseException):
        raise TypeError(f"descriptor '__init__' requires an exception but received a {type_name(error)!r}")
    error.args = args


def _type(*args: Any) -> Type:
    if len(args) != 1:
        raise TypeError("type() takes 1 argument: classes are not made this way here")
    return type_of(args[0])


def _types() -> dict[str, Type]:
    made = [
        Type("int", int, _int),
        Type("float", float, float, {"fromhex": float.fromhex}),
        Type("bool", bool, bool),
        Type("complex", complex, complex),
        Type("str", str, _str, {"maketrans": str.maketrans}),
        Type("list", list, _collect(list, "list")),
        Type("tuple", tuple, _collect(tuple, "tuple")),
        Type("dict", dict, plain_values.make_dict, {"fromkeys": plain_values.from_keys}),
        Type("set", set, _collect(set, "set")),
        Type("frozenset", frozenset, _collect(frozenset, "frozenset")),
        Type("range", range, range),
        Type("slice", slice, slice),
        Type("object", object, object),
        Type("type", Type, _type),
        *[Type(kind.__name__, kind, kind, {"__init__": _start_exception}) for kind in EXCEPTIONS],
    ]
    for each in made:
        TYPES[each.python] = each  # type: ignore[index]
    TYPES[Namespace] = Type("module", Namespace)
    TYPES[Method] = TYPES[type(len)] = BUILTIN
    return {each.name: each for each in made}


# ---------------------------------------------------------------- functions


def _isinstance(value: Any, kinds: Any) -> bool:
    return any(
        kind.has(value) for kind in _kinds(kinds, "isinstance() arg 2 must be a type, a tuple of types, or a union")
    )


def _kinds(kinds: Any, otherwise: str) -> Iterator[Type]:
    """The types in a type, a union, or a tuple of these, one after the other. Raises TypeError."""
    if isinstance(kinds, Type):
        yield kinds
    elif type(kinds) is tuple or type_of(kinds).name == "types.UnionType":
        for kind in kinds if type(kinds) is tuple else kinds.kinds:
            yield from _kinds(type_of(None) if kind is None and type(kinds) is not tuple else kind, otherwise)
    else:
        raise TypeError(otherwise)


def _round(number: Any, ndigits: Any = None) -> Any:
    """Python's; to more digits than an integer can have it is 0, which Python would find out by a power of ten."""
    if isinstance(number, int) and isinstance(ndigits, int) and ndigits < -BUDGET.bits:
        return 0
    return round(number) if ndigits is None else round(number, ndigits)


def _issubclass(kind: Any, kinds: Any) -> bool:
    if not isinstance(kind, Type):
        raise TypeError("issubclass() arg 1 must be a class")
    of = _kinds(kinds, "issubclass() arg 2 must be a class, a tuple of classes, or a union")
    return any(isinstance(kind.python, type) and issubclass(kind.python, each.python) for each in of)


def _sorted(values: Any, /, *, key: Any = None, reverse: Any = False) -> list[Any]:
    with SORTING:
        return sorted(bounded(values), key=key, reverse=reverse)


def _reversed(values: Any) -> Any:
    if isinstance(values, Tensor):
        flip = method(values, "flip")
        return values if not values.ndim or flip is None else flip(values, 0)
    return reversed(values)


def _sum(values: Any, /, start: Any = 0) -> Any:
    if type(start) is str:
        raise TypeError("sum() can't sum strings [use ''.join(seq) instead]")
    if type(start) in budget.NUMBERS or type(start) is Tensor:
        return sum(bounded(values), start)
    for value in bounded(values):
        start = budget.grown(start + value)
    return start


def _extreme(choose: Callable[..., Any]) -> Callable[..., Any]:
    def run(*args: Any, **others: Any) -> Any:
        return choose(bounded(args[0]), **others) if len(args) == 1 else choose(*args, **others)

    return run


def _pow(base: Any, exp: Any, mod: Any = None) -> Any:
    return budget.power(base, exp) if mod is None else pow(base, exp, mod)


def _divmod(left: Any, right: Any) -> Any:
    result = divmod(left, right)
    return tuple(map(budget.settled, result)) if type(result) is tuple else result


def _format(value: Any, spec: str = "") -> str:
    return formatted(value, spec)


def _hash(value: Any) -> int:
    return hash(budget.key(value))


def _next(*args: Any) -> Any:
    return next(*args)


def _exit(code: Any = None) -> None:
    raise SystemExit(code)


def _callable(value: Any) -> bool:
    return callable(value)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "all": lambda values: all(bounded(values)),
    "any": lambda values: any(bounded(values)),
    "abs": abs,
    "ascii": as_ascii,
    "bin": bin,
    "callable": _callable,
    "chr": chr,
    "divmod": _divmod,
    **iterators.FUNCTIONS,
    "exit": _exit,
    "filter": lambda function, values: filter(function, ticking(values)),
    "format": _format,
    "hash": _hash,
    "hex": hex,
    "id": id,
    "isinstance": _isinstance,
    "issubclass": _issubclass,
    "iter": lambda value: iter(value),
    "len": len,
    "max": _extreme(max),
    "min": _extreme(min),
    "next": _next,
    "oct": oct,
    "ord": ord,
    "quit": _exit,
    "pow": _pow,
    "repr": as_repr,
    "reversed": _reversed,
    "round": _round,
    "sorted": _sorted,
    "sum": _sum,
}
EITHER = ("abs", "all", "any", "max", "min", "pow", "round", "sum")
CONSTANTS: Final = {
    "NotImplemented": NotImplemented,
    "Ellipsis": ...,
    "__name__": "__main__",
    "__doc__": None,
    "pi": math.pi,
    "e": math.e,
    "inf": math.inf,
    "nan": math.nan,
}


def _either(name: str, ours: Callable[..., Any]) -> Callable[..., Any]:
    """torch's function of a tensor, else Python's."""

    def run(*args: Any, **others: Any) -> Any:
        if _is_for_torch(name, args, others):
            return attribute(MODULES["torch"], name)(*args, **others)
        return ours(*args, **others)

    return run


_PYTHONS = frozenset(("key", "default", "start"))  # keyword arguments that torch's functions do not have


def _is_for_torch(name: str, args: tuple[Any, ...], others: dict[str, Any]) -> bool:
    """Is a tensor asked about, and not one of several values: `max(a, 0.5)` compares, as it does in Python."""
    if "input" in others:
        return True
    if _PYTHONS.intersection(others) or not any(type(value) is Tensor for value in args[:2]):
        return False
    if len(args) == 1 or name not in ("max", "min", "sum"):
        return True
    first, second = args[:2]
    if name == "sum":
        return not isinstance(second, (float, complex, Tensor))
    if type(first) is not Tensor or isinstance(second, float):
        return False
    if type(second) is Tensor:
        return len(args) == 2 and not (first.array.size == second.array.size == 1)
    return first.ndim > 0


class Builtins:
    """The table of a session. `show` does what `print` does. Entries for torch's functions are made late."""

    __slots__ = ("_table",)

    def __init__(self, show: Callable[..., None]) -> None:
        self._table: dict[str, Any] = {
            **_common(),
            "print": named("print", lambda *args, **others: show(*args, **others)),
        }

    def find(self, name: str) -> Any:
        """The value of a builtin name, or MISSING."""
        found = self._table.get(name, MISSING)
        if found is MISSING:
            found = self._table[name] = _from_torch(name)
        return found

    def document(self, text: str | None) -> None:
        """Let `__doc__` be the text that a program begins with."""
        self._table["__doc__"] = text

    def names(self) -> list[str]:
        """All builtin names."""
        own = [name for name, value in self._table.items() if value is not MISSING]
        return list(dict.fromkeys([*own, *_torch_names()]))


_shared: dict[str, Any] = {}


def _common() -> dict[str, Any]:
    if not _shared:
        _shared.update(_types())
        plain_values.install()
        tensor_values.install()
        for name, function in _FUNCTIONS.items():
            made = named(name, function)
            _shared[name] = named(name, _either(name, made)) if name in EITHER else made
        _shared.update(CONSTANTS)
    return _shared


_OF_CLASSES = ("staticmethod", "classmethod", "property", "super")
_OF_ATTRIBUTES = ("hasattr", "setattr", "delattr")
_OF_FILES = ("load", "save")
_OTHERS = ("compile",)  # by a bare name Python means another function, which the language has not (HOSTILE H26)


def _from_torch(name: str) -> Any:
    if name in _OF_CLASSES:
        from gradcli.lang.values import classes as class_values

        return class_values.BUILTINS[name]
    if name in _OF_ATTRIBUTES:
        from gradcli.lang.values import reflection

        return named(name, reflection.FUNCTIONS[name])
    if name in _OF_FILES:
        from gradcli.lang.files import data as data_files

        return named(name, data_files.load if name == "load" else data_files.save)
    if name.startswith("_") or name in _OTHERS:
        return MISSING
    if name == "torch":
        return MODULES["torch"]
    if name == "grad":
        return attribute(MODULES["torch.autograd"], name)
    for path in ("torch", "torch.nn.functional"):
        members = MODULES[path].members
        if name in members:
            found = members[name]
            found = found.resolve() if type(found) is Deferred else found
            return takes_lists(found) if callable(found) and type(found) is not Type else found
    return MISSING


def _torch_names() -> list[str]:
    names = [
        *MODULES["torch"].members,
        *MODULES["torch.nn.functional"].members,
        "torch",
        "grad",
        *_OF_CLASSES,
        *_OF_ATTRIBUTES,
        *_OF_FILES,
    ]
    return [name for name in names if not name.startswith("_") and name not in _OTHERS]
