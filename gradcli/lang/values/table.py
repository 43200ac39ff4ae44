"""What a program can reach from a value: closed tables of attributes, one a type, and the types as values.

Nothing here asks Python for an attribute by a name that came from a program: a name is looked up in the table of the
value's type or it does not exist (HOSTILE H21, H22).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import BuiltinFunctionType, FunctionType, GeneratorType
from typing import Any

from gradcli.engine.size import Size

Member = Callable[..., Any]

METHODS: dict[type, Mapping[str, Member]] = {}
GETTERS: dict[type, Mapping[str, Member]] = {}
SETTERS: dict[type, Mapping[str, Member]] = {}
DELETERS: dict[type, Mapping[str, Member]] = {}
NO_MEMBERS: dict[str, Member] = {}
MISSING: Any = object()
# What numpy takes the types for, where it is loaded: `array.dtype == numpy.float32`.
DTYPES: dict[Any, Any] = {}


def register(
    kind: type,
    methods: Mapping[str, Member] = NO_MEMBERS,
    getters: Mapping[str, Member] = NO_MEMBERS,
    setters: Mapping[str, Member] = NO_MEMBERS,
    deleters: Mapping[str, Member] = NO_MEMBERS,
) -> None:
    """Give the values of `kind` their attributes: methods and getters take the value first."""
    for name, method in methods.items():
        named(name, method)
    METHODS[kind] = methods
    GETTERS[kind] = getters
    SETTERS[kind] = setters
    DELETERS[kind] = deleters


def named(name: str, function: Any) -> Any:
    """Let a function of ours be called by the name that programs have for it, in the errors of its calls."""
    if type(function) is FunctionType and (function.__qualname__[0] == "_" or "<" in function.__qualname__):
        function.__name__ = function.__qualname__ = name.rpartition(".")[2]
    return function


class Namespace:
    """A module as a value: a closed table of names, filled when the first of them is asked for.

    switches: members that a program may set to True or False.
    """

    __slots__ = ("_fill", "_members", "name", "switches")

    def __init__(self, name: str, fill: Callable[[], dict[str, Any]]) -> None:
        self.name = name
        self.switches: tuple[str, ...] = ()
        self._fill: Callable[[], dict[str, Any]] | None = fill
        self._members: dict[str, Any] = {}

    @property
    def members(self) -> dict[str, Any]:
        """The names and their values."""
        if self._fill is not None:
            self._members, self._fill = self._fill(), None
            for name, value in self._members.items():
                named(name, value)
        return self._members

    def _put(self, name: str, value: Any) -> None:
        """Add a name to a table that is filled already."""
        if self._fill is None:
            self._members[name] = value

    def __getattr__(self, name: str) -> Any:
        """For use from Python: the same closed table."""
        if (not name.startswith("__") and name in self.members) or name in ("__version__", "__name__"):
            return attribute(self, name)
        raise AttributeError(f"module {self.name!r} has no attribute {name!r}")

    def __dir__(self) -> Iterable[str]:
        return sorted(self.members)

    def __repr__(self) -> str:
        return f"<module {self.name!r}>"


class Type:
    """A type as a value: prints as Python's, can be called if `make` says how, answers isinstance.

    python: the classes whose instances it has. generic: whether `kind[…]`, for annotations, is itself.
    """

    __slots__ = ("check", "generic", "make", "members", "name", "python")

    def __init__(
        self,
        name: str,
        python: type | tuple[type, ...],
        make: Member | None = None,
        members: Mapping[str, Any] = NO_MEMBERS,
        check: Callable[[Any], bool] | None = None,
        generic: bool = False,
    ) -> None:
        self.name = name
        self.python = python
        self.make = named(name, make)
        self.members = members
        self.check = check
        self.generic = generic
        if isinstance(python, type):
            _named_in_repr(python, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.make is None:
            raise TypeError(f"cannot create {self.name!r} instances")
        return self.make(*args, **kwargs)

    def has(self, value: Any) -> bool:
        """isinstance(value, self)."""
        return isinstance(value, self.python) and (self.check is None or self.check(value))

    def __getitem__(self, items: Any) -> Any:
        from gradcli.lang.values import hints

        return hints.of_items(self, items)

    __iter__: Any = None  # or Python would walk it by `__getitem__`

    def __or__(self, other: Any) -> Any:
        from gradcli.lang.values import hints

        return hints.union(self, other)

    def __ror__(self, other: Any) -> Any:
        from gradcli.lang.values import hints

        return hints.union(other, self)

    @property
    def dtype(self) -> Any:
        """Read by numpy when a dtype is compared with a type."""
        found = DTYPES.get(self.python)
        if found is None:
            raise AttributeError("dtype")
        return found

    @property
    def __name__(self) -> str:
        return self.name.rpartition(".")[2]

    def __repr__(self) -> str:
        return f"<class {self.name!r}>"


def _named_in_repr(kind: Any, name: str) -> None:
    """Let Python's own repr name a class of ours as programs know it."""
    if kind.__repr__ is object.__repr__ and kind.__module__.startswith("gradcli."):
        module, _, kind.__qualname__ = name.rpartition(".")
        kind.__module__ = module or "builtins"


class Method:
    """`value.name` without its call."""

    __slots__ = ("function", "name", "owner")

    def __init__(self, owner: Any, name: str, function: Member) -> None:
        self.owner = owner
        self.name = name
        self.function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(self.owner, *args, **kwargs)

    @property
    def __name__(self) -> str:
        return self.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Method) and self.owner is other.owner and self.name == other.name

    def __hash__(self) -> int:
        return hash((id(self.owner), self.name))

    def __repr__(self) -> str:
        return f"<built-in method {self.name} of {type_name(self.owner)} object at {hex(id(self.owner))}>"


class Unbound:
    """`str.lower`: a method without its value, which goes first."""

    __slots__ = ("function", "name", "owner")

    def __init__(self, owner: Type, name: str, function: Member) -> None:
        self.owner = owner
        self.name = name
        self.function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not args:
            raise TypeError(f"unbound method {self.owner.__name__}.{self.name}() needs an argument")
        if not isinstance(args[0], self.owner.python):
            raise TypeError(
                f"descriptor {self.name!r} for {self.owner.__name__!r} objects doesn't apply to a "
                f"{type_name(args[0])!r} object"
            )
        return self.function(*args, **kwargs)

    @property
    def __name__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<method {self.name!r} of {self.owner.__name__!r} objects>"


def poses_as(kind: Any, name: str) -> None:
    """Let Python's and the engine's errors name a class of ours as Python's: "'module' object is not callable"."""
    kind.__name__ = kind.__qualname__ = name
    kind.__module__ = "builtins"


poses_as(Namespace, "module")
poses_as(Type, "type")
poses_as(Method, "builtin_function_or_method")
poses_as(Unbound, "method_descriptor")

TYPES: dict[type, Type] = {}
_NARROWED: dict[type, Callable[[Any], Type]] = {}


def type_of(value: Any) -> Type:
    """`type(value)` as the language has it."""
    kind = type(value)
    found = TYPES.get(kind)
    if found is not None:
        return found
    for base in kind.__mro__:
        if base in _NARROWED:
            return _NARROWED[base](value)
        if kind.__module__.startswith("gradcli.") and base in TYPES and issubclass(base, BaseException):
            return TYPES[base]  # our own kinds of Python's exceptions are not to be told from them
    found = TYPES[kind] = Type(kind.__name__, kind)
    return found


def narrow(kind: type, choose: Callable[[Any], Type]) -> None:
    """Let values of a Python class and its heirs have types of their own (a node the type of its name)."""
    _NARROWED[kind] = choose


def type_name(value: Any) -> str:
    """The name of a value's type in error messages: CPython has the module in it for what is written in C."""
    kind = type_of(value)
    return kind.name if kind.name.startswith(("numpy.", "datetime.")) else kind.__name__


Names = Callable[[Any], Iterable[str]]
Get = Callable[[Any, str], Any]
Put = Callable[[Any, str, Any], None]
_DYNAMIC: dict[type, tuple[Names, Get, Put | None]] = {}


def dynamic(kind: type, names: Names, get: Get, put: Put | None = None) -> None:
    """Give values of `kind` attributes that differ from one to the next: which there are, how to read and write one."""
    _DYNAMIC[kind] = (names, get, put)


def _own(kind: type) -> tuple[Names, Get, Put | None] | None:
    return next((_DYNAMIC[base] for base in kind.__mro__ if base in _DYNAMIC), None)


def table(tables: dict[type, Mapping[str, Member]], kind: type) -> Mapping[str, Member]:
    """The table of a class, or of the first class it derives from that has one."""
    found = tables.get(kind)
    if found is None:
        found = next((tables[base] for base in kind.__mro__ if base in tables), NO_MEMBERS)
        tables[kind] = found
    return found


def method(value: Any, name: str) -> Member | None:
    """The method `name` of a value, to be called with the value first, or None."""
    return table(METHODS, type(value)).get(name)


RESERVED: Any = frozenset(("__class__", "__dict__"))  # what instances have besides their fields
# The classes of programs, by the Python class behind each: most attributes of theirs are fields, found without a table.
CLASSES: dict[type, Any] = {}


def attribute(value: Any, name: str) -> Any:
    """`value.name`. Raises AttributeError in Python's words."""
    kind = type(value)
    if kind in CLASSES and name in value.fields and name not in CLASSES[kind].properties:
        return value.fields[name]
    if kind is Namespace:
        members = value.members
        if name in members:
            found = members[name]
            return found.resolve() if type(found) is Deferred else found
    elif kind is Type and name in value.members:
        return value.members[name]
    getter = table(GETTERS, kind).get(name)
    if getter is not None:
        return getter(value)
    function = table(METHODS, kind).get(name)
    if function is not None:
        return Method(value, name, function)
    own = _own(kind)
    if own is not None and name in own[0](value):
        return own[1](value, name)
    if kind is Type and value.python in METHODS and name in METHODS[value.python]:
        return Unbound(value, name, METHODS[value.python][name])
    raise no_attribute(value, name)


class Deferred:
    """A member of a namespace that is made when it is asked for."""

    __slots__ = ("resolve",)

    def __init__(self, resolve: Callable[[], Any]) -> None:
        self.resolve = resolve


def set_attribute(value: Any, name: str, to: Any) -> None:
    """`value.name = to`. Raises AttributeError in Python's words."""
    kind = type(value)
    if kind in CLASSES and name not in CLASSES[kind].known and name not in RESERVED and CLASSES[kind].put is None:
        value.fields[name] = to
        return
    if kind is Namespace and name in value.switches:
        value.members[name] = bool(to)
        return
    setter = table(SETTERS, kind).get(name)
    if setter is None:
        if name in table(GETTERS, kind) or name in table(METHODS, kind):
            owner = type_name(value)
            if name in table(METHODS, kind):
                raise AttributeError(f"{owner!r} object attribute {name!r} is read-only")
            owner = "torch._C.TensorBase" if owner == "Tensor" else owner
            raise AttributeError(f"attribute {name!r} of {owner!r} objects is not writable")
        own = _own(kind)
        if own is None or own[2] is None:
            raise no_attribute(value, name)
        own[2](value, name, to)
        return
    setter(value, to)


def delete_attribute(value: Any, name: str) -> None:
    """`del value.name`."""
    deleter = table(DELETERS, type(value)).get(name)
    if deleter is None:
        raise no_attribute(value, name)
    deleter(value)


class NoAttribute(AttributeError):
    """An attribute that a table does not have. `owner` says whose, for did-you-mean."""

    def __init__(self, message: str, owner: Any, missing: str) -> None:
        super().__init__(message)
        self.owner = owner
        self.missing = missing


def no_attribute(value: Any, name: str) -> AttributeError:
    """The error, with the value kept for did-you-mean."""
    if type(value) is Namespace:
        return NoAttribute(f"module {value.name!r} has no attribute {name!r}", value, name)
    if isinstance(value, Type):
        return NoAttribute(f"type object {value.__name__!r} has no attribute {name!r}", value, name)
    return NoAttribute(f"{type_name(value)!r} object has no attribute {name!r}", value, name)


def attribute_names(value: Any) -> list[str]:
    """What `value.` can be followed by: for completion and did-you-mean."""
    kind = type(value)
    members: Iterable[str] = value.members if kind is Namespace or kind is Type else ()
    if kind is Type:
        members = [*members, *METHODS.get(value.python, ())]
    own = _own(kind)
    return [*members, *table(GETTERS, kind), *table(METHODS, kind), *(own[0](value) if own is not None else ())]


def _name(value: Any) -> str:
    return str(value.__name__)


def _function_field(function: Any, name: str, value: Any) -> None:
    """What a program keeps at a function of its own."""
    if "parameters" not in function.__dict__ or name.startswith("__"):
        raise no_attribute(function, name)
    function.__dict__.setdefault("fields", {})[name] = value


register(Namespace, getters={"__name__": lambda value: value.name})
register(Type, getters={"__name__": _name, "__qualname__": _name, "__doc__": lambda value: None})
register(Method, getters={"__name__": _name})
register(Unbound, getters={"__name__": _name})
register(
    FunctionType,
    getters={
        "__name__": _name,
        "__qualname__": lambda value: value.__qualname__,
        "__doc__": lambda value: value.__doc__,
        "__module__": lambda value: "__main__" if "parameters" in value.__dict__ else None,
    },
)
register(BuiltinFunctionType, getters={"__name__": _name, "__doc__": lambda value: value.__doc__})
FUNCTION = Type("function", FunctionType)
BUILTIN = Type("builtin_function_or_method", (Method, BuiltinFunctionType))
dynamic(
    FunctionType,
    lambda function: function.__dict__.get("fields", ()),
    lambda function, name: function.__dict__["fields"][name],
    lambda function, name, value: _function_field(function, name, value),
)
narrow(FunctionType, lambda function: FUNCTION if "parameters" in function.__dict__ else BUILTIN)
register(
    GeneratorType,
    methods={"send": GeneratorType.send, "throw": GeneratorType.throw, "close": GeneratorType.close},
    getters={"__name__": _name},
)
register(
    BaseException,
    getters={"args": lambda value: value.args, "__cause__": lambda value: value.__cause__},
)
register(StopIteration, getters={**GETTERS[BaseException], "value": lambda value: value.value})
register(SystemExit, getters={**GETTERS[BaseException], "code": lambda value: value.code})
register(
    OSError,
    getters={**GETTERS[BaseException], "errno": lambda e: e.errno, "strerror": lambda e: e.strerror},
)
register(KeyError, getters=GETTERS[BaseException])
register(
    Size,
    methods={"numel": Size.numel, "index": tuple.index, "count": tuple.count},
)
