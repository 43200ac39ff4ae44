"""Classes that programs make, and their instances: objects of ours with closed tables of attributes.

Behind every class stands a Python class that holds nothing but slots for the special methods of SPECIAL, each of which
looks up the program's function. So Python's own operators, `len`, `for`, `sorted`, `except` work on instances as they
work on Python's, while a name from a program is only ever looked up in the dicts that programs fill (HOSTILE H21).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import FunctionType
from typing import Any, Final

from gradcli.engine.limits import LimitExceeded
from gradcli.lang.values.descriptors import BUILTINS as DECORATORS
from gradcli.lang.values.descriptors import BoundMethod, Property, bound
from gradcli.lang.values.hints import Hint
from gradcli.lang.values.table import (
    CLASSES,
    DELETERS,
    GETTERS,
    METHODS,
    MISSING,
    RESERVED,
    SETTERS,
    TYPES,
    Type,
    dynamic,
    no_attribute,
    poses_as,
    register,
    type_name,
    type_of,
)

MOST_ABOVE: Final = 200  # classes that one derives from: each is looked at whenever one of them changes

# Special methods that Python calls by itself.
_PROTOCOLS = "repr str format len bool hash call iter next contains getitem setitem delitem reversed"
_NUMBERS = "eq ne lt le gt ge neg pos abs invert int float complex index round floor ceil trunc divmod rdivmod"
_ARITHMETIC = "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift"
_IN_ALL_WAYS = " ".join(before + name for before in ("", "r", "i") for name in _ARITHMETIC.split())
SPECIAL: Final = frozenset(f"__{name}__" for name in f"{_PROTOCOLS} {_NUMBERS} {_IN_ALL_WAYS}".split())
_TEXTS: Final = ("__repr__", "__str__")
# Those that the language itself looks up.
OWN: Final = frozenset(
    (
        *("__init__", "__enter__", "__exit__", "__doc__", "__version__", "__all__", "__slots__", "__post_init__"),
        *("__dataclass_fields__", "__array_priority__", "__array_ufunc__"),
    )
)


class Instance:
    """What all instances have in common; `fields` are the attributes of their own."""

    __slots__ = ()
    fields: dict[str, Any]


class Plain(Instance):
    """An instance of a class that derives from none of Python's."""

    __slots__ = ("__weakref__", "fields")

    def __repr__(self) -> str:
        return f"<{type_of(self).name} object at {hex(id(self))}>"


class Class(Type):
    """A class of a program.

    own: what its body bound. known: the same with what it inherits. properties: the names that fields do not hide.
    Instances hold `fields`; what `known` has as a function becomes a method of theirs. get, put: how the instances read
    and write what is neither; heirs have them too. annotated: the names that its body annotates. demands: whether there
    are instances only of heirs that define all `abstract` methods.
    """

    __slots__ = (
        *("_callers", "abstract", "annotated", "demands", "drop", "get", "heirs", "known", "own", "properties", "put"),
        "qualname",
    )

    makes_heirs = False  # whether the classes that derive from it are of its own kind
    own: dict[str, Any]
    known: dict[str, Any]
    properties: set[str]
    python: type[Any]
    get: Callable[[Any, str], Any] | None
    put: Callable[[Any, str, Any], None] | None
    drop: Callable[[Any, str], bool] | None

    def __init__(self, name: str, qualname: str, bases: tuple[Type, ...], own: dict[str, Any], module: str) -> None:
        parents = tuple(_python(base, name) for base in bases if base.python is not object)
        if not any(issubclass(parent, Instance) for parent in parents):
            parents = (Instance, *parents) if parents else (Plain,)
        space: dict[str, Any] = {"__slots__": (), "__module__": "__main__"}
        if "__array_priority__" in own or "__array_ufunc__" in own:
            space["__array_ufunc__"] = None  # numpy's arrays leave the operator to the instance
        if "__eq__" in own:
            space["__hash__"] = None
        if sum(len(parent.__mro__) for parent in parents) > MOST_ABOVE:
            raise LimitExceeded(f"too many classes above each other: the limit is {MOST_ABOVE}", "")
        python = type(name, parents, space)
        self._callers: set[str] = set()
        self.annotated: tuple[str, ...] = ()
        self.demands = self.generic = False
        super().__init__(f"{module}.{qualname}", python)
        self.qualname = qualname
        self.own = own
        self.heirs: list[Class] = []
        TYPES[python] = CLASSES[python] = self
        self.get = self.put = self.drop = None
        for base in self.ancestors()[1:]:
            base.heirs.append(self)
            self.get, self.put, self.drop = self.get or base.get, self.put or base.put, self.drop or base.drop
            self.demands, self.generic = self.demands or base.demands, self.generic or base.generic
        if issubclass(python, Plain) and (self.put is None or type(self.put) is Slots):
            line = self.ancestors()
            self.put = Slots(line) if all("__slots__" in each.own for each in line) else None
        GETTERS[python], SETTERS[python], DELETERS[python] = _READ, _WRITE, _DELETE
        self.refresh()

    def ancestors(self) -> list[Class]:
        """The class and what it inherits from, in the order in which attributes are looked up."""
        found = [TYPES.get(python) for python in self.python.__mro__]
        return [each for each in found if isinstance(each, Class)]

    def line(self) -> list[Type]:
        """The same, with the exceptions of Python that it derives from: `__mro__` but for `object`."""
        return [TYPES[python] for python in self.python.__mro__ if python in TYPES and python is not object]

    def add(self, members: dict[str, Any]) -> None:
        """Bind more than the body did."""
        self.own.update(members)
        for each in (self, *self.heirs):
            each.refresh()

    def refresh(self) -> None:
        """Work out the tables anew: the class, or one that it derives from, has changed."""
        self.known = {}
        for each in reversed(self.ancestors()):
            self.known.update(each.own)
        self.properties = {name for name, found in self.known.items() if type(found) is Property}
        METHODS[self.python] = {name: found for name, found in self.known.items() if type(found) is FunctionType}
        self.abstract = sorted(name for name, found in self.known.items() if is_abstract(found)) if self.demands else []
        special = SPECIAL & self.own.keys()
        for name in self._callers - special:
            type.__delattr__(self.python, name)
        for name in special:
            type.__setattr__(self.python, name, None if self.own[name] is None else _caller(name))
        self._callers = set(special)

    def __call__(self, *args: Any, **named: Any) -> Any:
        if self.abstract:
            what = f"method{'s' if len(self.abstract) > 1 else ''} {', '.join(self.abstract)}"
            raise TypeError(f"Can't instantiate abstract class {self.__name__} with abstract {what}")
        is_plain = issubclass(self.python, Plain)
        instance = self.python.__new__(self.python, *(() if is_plain else args))
        instance.fields = {}
        start = self.known.get("__init__")
        if start is None:
            start_plain(instance, args, named)
        elif (result := start(instance, *args, **named)) is not None:
            raise TypeError(f"__init__() should return None, not {type_name(result)!r}")
        return instance

    @property
    def __name__(self) -> str:
        return self.python.__name__


def is_abstract(found: Any) -> bool:
    """Whether `@abstractmethod` stands above what a class holds."""
    function = found.fget if type(found) is Property else getattr(found, "function", found)
    return type(function) is FunctionType and "abstract" in function.__dict__


class Slots:
    """How instances take attributes where the class, and all that it derives from, has `__slots__`."""

    __slots__ = ("_names",)

    def __init__(self, kinds: list[Class]) -> None:
        self._names: set[str] = set()
        for slots in [kind.own["__slots__"] for kind in kinds]:
            self._names.update((slots,) if isinstance(slots, str) else slots)

    def __call__(self, instance: Any, name: str, value: Any) -> None:
        if name not in self._names:
            raise no_attribute(instance, name)
        instance.fields[name] = value


poses_as(Class, "type")
TYPES[Class] = TYPES.get(Type, Type("type", Type))


def _python(base: Any, name: str) -> type[Any]:
    """The Python class behind a base. Raises TypeError for what cannot be one."""
    if isinstance(base, Class):
        return base.python
    python = base.python if type(base) is Type else None
    if not (isinstance(python, type) and issubclass(python, Exception) and python.__module__ == "builtins"):
        what = base.name if isinstance(base, Type) else type_name(base)
        raise TypeError(f"{name} cannot derive from {what!r}: only from classes of the program and from exceptions")
    return python


def start_plain(instance: Any, args: tuple[Any, ...], named: dict[str, Any]) -> None:
    """What `__init__` does where a program has not written one. Raises TypeError for arguments that nobody takes."""
    if isinstance(instance, BaseException):
        if named:
            raise TypeError(f"{type_name(instance)}() takes no keyword arguments")
        instance.args = args
    elif args or named:
        raise TypeError(f"{type_name(instance)}() takes no arguments")


def _caller(name: str) -> Callable[..., Any]:
    """The slot of the Python class: it calls the program's method."""

    def call(self: Any, *args: Any, **named: Any) -> Any:
        try:
            result = bound(type_of(self).known[name], self, type_of(self), name)(*args, **named)  # type: ignore[attr-defined]
            if name in _TEXTS and not isinstance(result, str):
                raise TypeError(f"{name} returned non-string (type {type_name(result)})")
            return result
        except Exception as error:
            error.__dict__["special"] = name  # also where nothing of the program called it: see Session
            raise

    call.__name__ = call.__qualname__ = name
    return call


# ---------------------------------------------------------------- attributes of instances


class AnyName(Mapping[str, Any]):
    """A table with an entry for every name: `make(name)`, which looks further. known: those that are always there."""

    __slots__ = ("_known", "_made", "_make")

    def __init__(self, make: Callable[[str], Any], known: Iterable[str] = ()) -> None:
        self._make = make
        self._known = tuple(known)
        self._made: dict[str, Any] = {}

    def get(self, name: str, default: Any = None) -> Any:
        found = self._made.get(name)
        if found is None:
            found = self._made[name] = self._make(name)
        return found

    __getitem__ = get

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def _reader(name: str) -> Callable[[Any], Any]:
    def read(instance: Any) -> Any:
        kind: Any = type_of(instance)
        found = kind.known.get(name, MISSING)
        if name in instance.fields and type(found) is not Property:
            return instance.fields[name]
        if found is not MISSING:
            return bound(found, instance, kind, name)
        if name == "__class__":
            return kind
        if name == "__dict__":
            METHODS[kind.python] = {}  # from here on a field may hide a method without our knowing
            return instance.fields
        inherited = _inherited(instance, name)
        if inherited is MISSING and kind.get is not None:
            inherited = kind.get(instance, name)
        if inherited is MISSING:
            raise no_attribute(instance, name)
        return inherited

    return read


def _inherited(instance: Any, name: str) -> Any:
    """What an instance has without its class saying so: of an exception what all exceptions have."""
    if isinstance(instance, BaseException):
        getter = GETTERS[BaseException].get(name)
        return MISSING if getter is None else getter(instance)
    return None if name == "__doc__" else MISSING


def _writer(name: str) -> Callable[[Any, Any], None]:
    def write(instance: Any, value: Any) -> None:
        kind: Any = type_of(instance)
        found = kind.known.get(name)
        if type(found) is Property:
            found.accessor("setter", name, instance)(instance, value)
            return
        if name in RESERVED:
            raise AttributeError(f"attribute {name!r} of {type_name(instance)!r} objects is not writable")
        if found is not None:
            METHODS[kind.python].pop(name, None)  # type: ignore[attr-defined]
        if kind.put is not None:
            kind.put(instance, name, value)
        else:
            instance.fields[name] = value

    return write


def _deleter(name: str) -> Callable[[Any], None]:
    def delete(instance: Any) -> None:
        kind: Any = type_of(instance)
        found = kind.known.get(name)
        if type(found) is Property:
            found.accessor("deleter", name, instance)(instance)
        elif instance.fields.pop(name, MISSING) is MISSING and not (kind.drop and kind.drop(instance, name)):
            raise no_attribute(instance, name)

    return delete


_READ, _WRITE, _DELETE = AnyName(_reader), AnyName(_writer), AnyName(_deleter)


# ---------------------------------------------------------------- attributes of classes


def _class_reader(name: str) -> Callable[[Class], Any]:
    def read(kind: Class) -> Any:
        found = kind.known.get(name, MISSING)
        if found is not MISSING:
            return bound(found, None, kind, name)
        of_classes = _OF_CLASSES.get(name)
        if of_classes is None:
            raise no_attribute(kind, name)
        return of_classes(kind)

    return read


_OF_CLASSES: dict[str, Callable[[Class], Any]] = {
    "__name__": lambda kind: kind.__name__,
    "__qualname__": lambda kind: kind.qualname,
    "__module__": lambda kind: "__main__",
    "__doc__": lambda kind: None,
    "__mro__": lambda kind: (*kind.line(), TYPES[object]),
    "__bases__": lambda kind: tuple([_type_behind(base) for base in kind.python.__bases__ if base is not Instance]),
}


def _type_behind(python: type) -> Type:
    return TYPES[object] if python is Plain else TYPES[python]


def _class_writer(name: str) -> Callable[[Class, Any], None]:
    def write(kind: Class, value: Any) -> None:
        _check_special(name)
        kind.own[name] = value
        for each in (kind, *kind.heirs):
            each.refresh()

    return write


def _class_deleter(name: str) -> Callable[[Class], None]:
    def delete(kind: Class) -> None:
        if kind.own.pop(name, MISSING) is MISSING:
            raise no_attribute(kind, name)
        for each in (kind, *kind.heirs):
            each.refresh()

    return delete


register(Class, {}, AnyName(_class_reader), AnyName(_class_writer), AnyName(_class_deleter))
dynamic(Class, lambda kind: kind.known, lambda kind, name: bound(kind.known[name], None, kind, name))
dynamic(
    Instance,
    lambda instance: {**instance.fields, **type_of(instance).known},  # type: ignore[attr-defined]
    lambda instance, name: _reader(name)(instance),
)


# ---------------------------------------------------------------- super, and the decorators


class Super:
    """`super()`: the attributes of what comes after `kind` in the order of `owner`'s class."""

    __slots__ = ("kind", "owner")

    def __init__(self, kind: Any, owner: Any) -> None:
        of = owner if isinstance(owner, Class) else type_of(owner)
        if not isinstance(kind, Class) or not isinstance(of, Class) or not issubclass(of.python, kind.python):
            raise TypeError("super(type, obj): obj must be an instance or subtype of type")
        self.kind = kind
        self.owner = owner

    def __repr__(self) -> str:
        return f"<super: {self.kind!r}, {self.owner!r}>"

    def read(self, name: str) -> Any:
        """The attribute. Raises AttributeError."""
        owner = self.owner
        of: Any = owner if isinstance(owner, Class) else type_of(owner)
        line = of.ancestors()
        for each in line[line.index(self.kind) + 1 :]:
            if name in each.own:
                return bound(each.own[name], None if owner is of else owner, of, name)
        plain = _PLAIN.get(name)
        if plain is None or owner is of:
            raise no_attribute(self, name)
        return BoundMethod(owner, name, plain)


def _object_init(instance: Any, *args: Any, **named: Any) -> None:
    if (args or named) and not isinstance(instance, BaseException):
        raise TypeError("object.__init__() takes exactly one argument (the instance to initialize)")
    start_plain(instance, args, named)


def _object_repr(instance: Any) -> str:
    return BaseException.__repr__(instance) if isinstance(instance, BaseException) else Plain.__repr__(instance)


def _object_str(instance: Any) -> str:
    return BaseException.__str__(instance) if isinstance(instance, BaseException) else repr(instance)


_PLAIN: dict[str, Callable[..., Any]] = {
    "__init__": _object_init,
    "__repr__": _object_repr,
    "__str__": _object_str,
    "__eq__": lambda instance, other: instance is other or NotImplemented,
    "__hash__": lambda instance: object.__hash__(instance),
}
poses_as(Super, "super")
register(Super, {}, AnyName(lambda name: lambda value: value.read(name)))
BUILTINS: Final[dict[str, Type]] = {**DECORATORS, "super": Type("super", Super, Super)}
TYPES[Super] = BUILTINS["super"]


def make_class(
    name: str, qualname: str, bases: Iterable[Any], own: dict[str, Any], annotated: tuple[str, ...] = ()
) -> Type:
    """What a `class` statement makes. Raises TypeError for bases that cannot be, in Python's words where it has any."""
    for special in own:
        _check_special(special)
    kinds, given = [], tuple(bases)
    for base in given:
        if type(base) is Hint:
            if base.make is not None:
                return base.make(name, own, annotated)
        elif isinstance(base, Type):
            kinds.append(base)
        else:
            raise TypeError(f"{name} cannot derive from a {type_name(base)!r} object")
    make = next((type(kind) for kind in kinds if isinstance(kind, Class) and kind.makes_heirs), Class)
    made = make(name, qualname, tuple(kinds), own, "__main__")
    made.annotated = annotated
    made.generic = made.generic or len(kinds) < len(given)
    return made


def _check_special(name: str) -> None:
    if name.startswith("__") and name.endswith("__") and name not in SPECIAL and name not in OWN:
        raise TypeError(f"{name} is not available: classes have data, methods and operators")
