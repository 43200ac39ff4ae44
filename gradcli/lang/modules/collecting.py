"""`collections` as a closed table: namedtuple, deque, defaultdict, OrderedDict, Counter."""

from __future__ import annotations

import collections
from collections import Counter, OrderedDict, defaultdict, deque
from itertools import pairwise
from types import FunctionType
from typing import Any, Final

from gradcli.lang.budget import BUDGET, bounded, items, key, too_many_items
from gradcli.lang.values.descriptors import Property
from gradcli.lang.values.plain import make_dict
from gradcli.lang.values.snapshots import remembers
from gradcli.lang.values.table import GETTERS, METHODS, TYPES, Type, dynamic, named, register

MOST_FIELDS: Final = 1000

# ---------------------------------------------------------------- deque


def _deque(iterable: Any = (), maxlen: Any = None) -> deque[Any]:
    return deque(bounded(iter(iterable)), maxlen)


def _room(values: deque[Any]) -> None:
    if len(values) >= BUDGET.items:
        raise too_many_items(len(values) + 1)


def _append(values: deque[Any], item: Any) -> None:
    _room(values)
    values.append(item)


def _appendleft(values: deque[Any], item: Any) -> None:
    _room(values)
    values.appendleft(item)


def _extend(values: deque[Any], more: Any) -> None:
    added = list(bounded(iter(more)))
    items(len(values) + len(added))
    values.extend(added)


def _extendleft(values: deque[Any], more: Any) -> None:
    added = list(bounded(iter(more)))
    items(len(values) + len(added))
    values.extendleft(added)


_DEQUE: Final[dict[str, Any]] = {
    "append": _append,
    "appendleft": _appendleft,
    "extend": _extend,
    "extendleft": _extendleft,
    **{
        function.__name__: function
        for function in (
            *(deque.pop, deque.popleft, deque.clear, deque.rotate, deque.index, deque.count, deque.remove),
            *(deque.reverse, deque.copy, deque.insert),
        )
    },
}

# ---------------------------------------------------------------- dicts


def _defaultdict(default_factory: Any = None, *args: Any, **given: Any) -> defaultdict[Any, Any]:
    if default_factory is not None and not callable(default_factory):
        raise TypeError("first argument must be callable or None")
    return defaultdict(default_factory, make_dict(*args, **given))


def _ordered(*args: Any, **given: Any) -> OrderedDict[Any, Any]:
    return OrderedDict(make_dict(*args, **given))


# An OrderedDict keeps its order beside the dict that it is: dict's own methods would miss it.


def _pop_ordered(values: OrderedDict[Any, Any], name: Any, *default: Any) -> Any:
    return values.pop(key(name), *default)


def _setdefault_ordered(values: OrderedDict[Any, Any], name: Any, default: Any = None) -> Any:
    items(len(values) + 1)
    return values.setdefault(key(name), default)


def _update_ordered(values: OrderedDict[Any, Any], *more: Any, **given: Any) -> None:
    added = make_dict(*more, **given)
    items(len(values) + len(added))
    values.update(added)


def _counter(iterable: Any = None, **given: Any) -> Counter[Any]:
    if iterable is None:
        return Counter(**given)
    if isinstance(iterable, dict):
        return Counter(iterable, **given)
    return Counter([key(item) for item in bounded(iter(iterable))], **given)


def _elements(values: Counter[Any]) -> Any:
    items(sum(max(count, 0) for count in values.values()))
    return values.elements()


def _update(values: Counter[Any], iterable: Any = None, **given: Any) -> None:
    values.update(_counter(iterable, **given))
    items(len(values))


def _subtract(values: Counter[Any], iterable: Any = None, **given: Any) -> None:
    values.subtract(_counter(iterable, **given))
    items(len(values))


# ---------------------------------------------------------------- namedtuple


def _namedtuple(
    typename: Any, field_names: Any, *, rename: bool = False, defaults: Any = None, module: Any = None
) -> Type:
    names = field_names.replace(",", " ").split() if isinstance(field_names, str) else list(bounded(field_names))
    if not all(type(name) is str and name.isascii() for name in (typename, *names)):
        raise TypeError("Type names and field names must be strings of ASCII letters")
    if len(names) > MOST_FIELDS:
        raise too_many_items(len(names))
    make: Any = collections.namedtuple
    kind = make(typename, names, rename=rename, defaults=defaults, module="__main__")
    fields: tuple[str, ...] = kind._fields
    found = Type(f"__main__.{typename}", kind, kind, {"_fields": fields, "_make": named("_make", kind._make)})
    TYPES[kind] = found
    register(
        kind,
        {"index": tuple.index, "count": tuple.count, "_asdict": kind._asdict, "_replace": kind._replace},
        {"_fields": lambda value: fields},
    )
    dynamic(kind, lambda value: fields, lambda value, name: value[fields.index(name)])
    return found


def named_tuple(name: str, own: dict[str, Any], annotated: tuple[str, ...]) -> Type:
    """What `class name(NamedTuple)` makes: fields are what the body annotates. Raises TypeError."""
    given = [field for field in annotated if field in own]
    for before, after in pairwise(annotated):
        if before in own and after not in own:
            raise TypeError(f"Non-default namedtuple field {after} cannot follow default field {before}")
    made = _namedtuple(name, list(annotated), defaults=[own[field] for field in given])
    for member, found in own.items():
        if member.startswith("__") and member != "__doc__":
            raise TypeError(f"{member} is not available: a named tuple prints and compares as tuples do")
        if type(found) is FunctionType:
            METHODS[made.python][member] = found  # type: ignore[index]
        elif type(found) is Property:
            GETTERS[made.python][member] = found.fget  # type: ignore[index]
    return made


def _install() -> None:
    common = METHODS[dict]
    register(deque, _DEQUE, {"maxlen": lambda values: values.maxlen})
    register(
        defaultdict, {**common, "copy": defaultdict.copy}, {"default_factory": lambda values: values.default_factory}
    )
    register(
        OrderedDict,
        {
            **common,
            **{
                function.__name__: function
                for function in (
                    *(OrderedDict.keys, OrderedDict.values, OrderedDict.items, OrderedDict.popitem, OrderedDict.copy),
                    *(OrderedDict.move_to_end, OrderedDict.clear),
                )
            },
            "pop": _pop_ordered,
            "setdefault": _setdefault_ordered,
            "update": _update_ordered,
        },
    )
    register(
        Counter,
        {
            **common,
            "most_common": Counter.most_common,
            "elements": _elements,
            "update": _update,
            "subtract": _subtract,
            "total": Counter.total,
            "copy": Counter.copy,
        },
    )
    for name, kind, make in (
        ("deque", deque, _deque),
        ("defaultdict", defaultdict, _defaultdict),
        ("OrderedDict", OrderedDict, _ordered),
        ("Counter", Counter, _counter),
    ):
        TYPES[kind] = Type(f"collections.{name}", kind, make)
    for dicts in (defaultdict, OrderedDict, Counter):
        remembers(dicts, lambda value: (*value, *value.values()), _write)


def _write(value: dict[Any, Any], state: tuple[Any, ...]) -> None:
    half = len(state) // 2
    value.clear()
    pairs = zip(state[:half], state[half:], strict=True)
    OrderedDict.update(value, pairs) if isinstance(value, OrderedDict) else dict.update(value, pairs)


_install()


def table() -> dict[str, Any]:
    """The members of `collections`."""
    kinds = {TYPES[kind].__name__: TYPES[kind] for kind in (deque, defaultdict, OrderedDict, Counter)}
    return {**kinds, "namedtuple": _namedtuple}
