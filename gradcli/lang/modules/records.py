"""`dataclasses`: the methods of a class from the names that its body annotates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Final

from gradcli.lang.budget import items, key, tree
from gradcli.lang.compile.binding import Parameters, bound
from gradcli.lang.compile.operators import COMPARISONS
from gradcli.lang.syntax.nodes import Parameter
from gradcli.lang.values.classes import Class, Instance
from gradcli.lang.values.copying import deepcopy
from gradcli.lang.values.table import MISSING, TYPES, Type, attribute, register, set_attribute, type_name, type_of

FIELDS: Final = "__dataclass_fields__"


class Field:
    """What `field(…)` says of a name. `name` is None until a class has it."""

    __slots__ = ("compare", "default", "default_factory", "hash", "init", "kw_only", "name", "repr")

    def __init__(
        self,
        *,
        default: Any = MISSING,
        default_factory: Any = MISSING,
        init: bool = True,
        repr: bool = True,
        hash: bool | None = None,
        compare: bool = True,
        metadata: Any = None,
        kw_only: bool = False,
    ) -> None:
        if default is not MISSING and default_factory is not MISSING:
            raise ValueError("cannot specify both default and default_factory")
        self.name: Any = None
        self.default = default
        self.default_factory = default_factory
        self.init = init
        self.repr = repr
        self.hash = hash
        self.compare = compare
        self.kw_only = kw_only

    @property
    def optional(self) -> bool:
        """Whether there is a value without an argument."""
        return self.default is not MISSING or self.default_factory is not MISSING

    def value(self) -> Any:
        """The value where none is given."""
        return self.default if self.default_factory is MISSING else self.default_factory()


register(Field, {}, {"name": lambda field: field.name, "default": lambda field: field.default})
TYPES[Field] = Type("dataclasses.Field", Field)


class FrozenInstanceError(AttributeError):
    """An attribute of a frozen instance was assigned to."""


TYPES[FrozenInstanceError] = Type("dataclasses.FrozenInstanceError", FrozenInstanceError, FrozenInstanceError)


def _dataclass(
    cls: Any = None,
    /,
    *,
    init: bool = True,
    repr: bool = True,
    eq: bool = True,
    order: bool = False,
    unsafe_hash: bool = False,
    frozen: bool = False,
    kw_only: bool = False,
    match_args: bool = True,
    slots: bool = False,
) -> Any:
    def make(kind: Class) -> Class:
        fields = _collected(kind, kw_only)
        made: dict[str, Any] = {}
        if init:
            made["__init__"] = _init(kind, fields, frozen)
        if repr:
            made["__repr__"] = _repr([field.name for field in fields.values() if field.repr])
        compared = [name for name, field in fields.items() if field.compare]
        if eq:
            made["__eq__"] = _comparison(compared, COMPARISONS["=="])
        if order:
            made |= {name: _comparison(compared, compare) for name, compare in _ORDER.items()}
        hashed = [name for name, field in fields.items() if (field.compare if field.hash is None else field.hash)]
        if unsafe_hash or (eq and frozen):
            made["__hash__"] = lambda self: hash(key(_values(self, hashed)))
        elif eq and "__hash__" not in kind.own:
            made["__hash__"] = None
        _add(kind, made, replacing=("__init__",))
        if frozen:
            kind.put = _refuse
        return kind

    return make if cls is None else make(cls)


def _collected(kind: Class, kw_only: bool) -> dict[str, Field]:
    """The fields of a class, those that it inherits first. Raises TypeError and ValueError in Python's words."""
    if type(kind) is not Class:
        raise TypeError(f"dataclass() should be called on a class, not {type_name(kind)!r}")
    fields: dict[str, Field] = {}
    for each in reversed(kind.ancestors()[1:]):
        fields.update(each.own.get(FIELDS, {}))
    for name in kind.annotated:
        given = kind.own.get(name, MISSING)
        found = given if type(given) is Field else Field(default=given)
        found.name, found.kw_only = name, found.kw_only or kw_only
        if isinstance(found.default, list | dict | set):
            raise ValueError(
                f"mutable default {TYPES[type(found.default)]!r} for field {name} is not allowed: use default_factory"
            )
        fields[name] = found
        if type(given) is Field:
            del kind.own[name]
            if found.default is not MISSING:
                kind.own[name] = found.default
    kind.own[FIELDS] = fields
    return fields


def _add(kind: Class, made: dict[str, Any], replacing: tuple[str, ...]) -> None:
    """Give a class methods, where its body has none of the name."""
    new = {name: function for name, function in made.items() if name in replacing or name not in kind.own}
    for name, function in new.items():
        if function is not None:
            function.__name__, function.__qualname__ = name, f"{kind.qualname}.{name}"
    kind.add(new)


def _init(kind: Class, fields: dict[str, Field], frozen: bool) -> Callable[..., None]:
    taken = [field for field in fields.values() if field.init]
    positional = [field for field in taken if not field.kw_only]
    required = [field.name for field in positional if not field.optional]
    late = [field.name for at, field in enumerate(positional) if field.name in required and _optional(positional[:at])]
    if late:
        raise TypeError(f"non-default argument {late[0]!r} follows default argument")
    in_order = [*positional, *(field for field in taken if field.kw_only)]
    parameters = Parameters(
        f"{kind.qualname}.__init__",
        (
            Parameter((0, 0), "self", None, ""),
            *(Parameter((0, 0), field.name, None, "keyword" if field.kw_only else "") for field in in_order),
        ),
        {
            field.name: field.default if field.default_factory is MISSING else MISSING
            for field in taken
            if field.optional
        },
    )

    def init(*args: Any, **named: Any) -> None:
        self, *values = bound(parameters, args, named)
        given = dict(zip([field.name for field in in_order], values, strict=True))
        for name, field in fields.items():
            value = given.get(name, MISSING)
            if value is MISSING and field.optional:
                value = field.value()
            if value is not MISSING:
                self.fields.__setitem__(name, value) if frozen else set_attribute(self, name, value)
        if "__post_init__" in type_of(self).known:  # type: ignore[attr-defined]
            attribute(self, "__post_init__")()

    init.__dict__["parameters"] = parameters
    return init


def _optional(fields: list[Field]) -> bool:
    return any(field.optional for field in fields)


def _values(instance: Any, names: list[str]) -> tuple[Any, ...]:
    return tuple([attribute(instance, name) for name in names])


def _repr(names: list[Any]) -> Callable[[Any], str]:
    def run(self: Any) -> str:
        kind: Any = type_of(self)
        return f"{kind.qualname}({', '.join(f'{name}={tree(attribute(self, name))!r}' for name in names)})"

    return run


_ORDER: Final[dict[str, Callable[[Any, Any], Any]]] = {
    f"__{name}__": COMPARISONS[symbol] for name, symbol in (("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">="))
}


def _comparison(names: list[str], compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def run(self: Any, other: Any) -> Any:
        if type_of(other) is not type_of(self):
            return NotImplemented
        return compare(_values(self, names), _values(other, names))

    return run


def _refuse(instance: Any, name: str, value: Any) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


# ---------------------------------------------------------------- functions


def _fields_of(value: Any) -> dict[str, Field]:
    kind = value if isinstance(value, Class) else type_of(value)
    found: dict[str, Field] | None = kind.known.get(FIELDS) if isinstance(kind, Class) else None
    if found is None:
        raise TypeError("must be called with a dataclass type or instance")
    return found


def _is_dataclass(obj: Any) -> bool:
    kind = obj if isinstance(obj, Class) else type_of(obj)
    return isinstance(kind, Class) and FIELDS in kind.known


def _as(make: Callable[[list[tuple[str, Any]]], Any]) -> Callable[[Any], Any]:
    """`asdict`, `astuple`: through lists and dicts, down to copies of what is no dataclass."""

    def inner(value: Any, counter: Iterator[int]) -> Any:
        items(next(counter))  # what is reached twice is copied twice
        if isinstance(value, Instance) and _is_dataclass(value):
            return make([(name, inner(attribute(value, name), counter)) for name in _fields_of(value)])
        if type(value) in (list, tuple):
            return type(value)([inner(item, counter) for item in value])
        if type(value) is dict:
            return {inner(name, counter): inner(item, counter) for name, item in value.items()}
        return deepcopy(value)

    def run(obj: Any) -> Any:
        if not isinstance(obj, Instance) or not _is_dataclass(obj):
            raise TypeError("asdict() should be called on dataclass instances")
        return inner(obj, count())

    return run


def _replace(obj: Any, /, **changes: Any) -> Any:
    for name, field in _fields_of(obj).items():
        if field.init:
            changes.setdefault(name, attribute(obj, name))
    return type_of(obj)(**changes)


def table() -> dict[str, Any]:
    """The members of `dataclasses`."""
    return {
        "dataclass": _dataclass,
        "field": lambda **options: Field(**options),
        "fields": lambda class_or_instance: tuple(_fields_of(class_or_instance).values()),
        "asdict": _as(dict),
        "astuple": _as(lambda pairs: tuple([value for _, value in pairs])),
        "replace": _replace,
        "is_dataclass": _is_dataclass,
        "FrozenInstanceError": TYPES[FrozenInstanceError],
        "Field": TYPES[Field],
    }
