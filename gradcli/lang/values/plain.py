"""The methods of numbers, strings and containers. Those that could allocate without bound are checked."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from gradcli.lang import budget
from gradcli.lang.budget import BUDGET, bounded, grown, items, key, too_many_characters
from gradcli.lang.depth import SORTING
from gradcli.lang.values.table import register
from gradcli.lang.values.text import format_text


def _padded(pad: Any) -> Any:
    def run(text: str, width: int, *fill: str) -> str:
        if type(width) is int:
            budget.characters(width)
        result: str = pad(text, width, *fill)
        return result

    run.__name__ = pad.__name__
    return run


def _replace(text: str, old: str, new: str, count: int = -1) -> str:
    times = text.count(old) if count < 0 else min(count, text.count(old))
    budget.characters(len(text) + times * max(len(new) - len(old), 0))
    return text.replace(old, new, count)


def _join(text: str, parts: Any) -> str:
    pieces = list(bounded(parts))
    size = sum(len(piece) for piece in pieces if isinstance(piece, str)) + len(text) * len(pieces)
    if size > budget.BUDGET.characters:
        raise too_many_characters(size)
    return text.join(pieces)


def _translate(text: str, table: Any) -> str:
    if type(table) is not dict:
        raise TypeError("translate() takes a dict, such as str.maketrans() makes")
    longest = max((len(new) for new in table.values() if type(new) is str), default=1)
    budget.characters(len(text) * longest)
    return text.translate(table)


def _expandtabs(text: str, tabsize: int = 8) -> str:
    budget.characters(len(text) + text.count("\t") * max(tabsize, 0))
    return text.expandtabs(tabsize)


_STRING: dict[str, Any] = {
    "upper": str.upper,
    "lower": str.lower,
    "title": str.title,
    "capitalize": str.capitalize,
    "casefold": str.casefold,
    "swapcase": str.swapcase,
    "strip": str.strip,
    "lstrip": str.lstrip,
    "rstrip": str.rstrip,
    "removeprefix": str.removeprefix,
    "removesuffix": str.removesuffix,
    "split": str.split,
    "rsplit": str.rsplit,
    "splitlines": str.splitlines,
    "partition": str.partition,
    "rpartition": str.rpartition,
    "startswith": str.startswith,
    "endswith": str.endswith,
    "find": str.find,
    "rfind": str.rfind,
    "index": str.index,
    "rindex": str.rindex,
    "count": str.count,
    "isalpha": str.isalpha,
    "isdigit": str.isdigit,
    "isdecimal": str.isdecimal,
    "isnumeric": str.isnumeric,
    "isalnum": str.isalnum,
    "isspace": str.isspace,
    "isupper": str.isupper,
    "islower": str.islower,
    "istitle": str.istitle,
    "isidentifier": str.isidentifier,
    "isascii": str.isascii,
    "isprintable": str.isprintable,
    "ljust": _padded(str.ljust),
    "rjust": _padded(str.rjust),
    "center": _padded(str.center),
    "zfill": _padded(str.zfill),
    "replace": _replace,
    "join": _join,
    "expandtabs": _expandtabs,
    "translate": _translate,
    "format": format_text,
    "format_map": lambda text, mapping: format_text(text, **make_dict(mapping)),
}


def _append(values: list[Any], item: Any) -> None:
    if len(values) >= BUDGET.items:
        raise budget.too_many_items(len(values) + 1)
    values.append(item)


def _extend(values: list[Any], more: Any) -> None:
    added = list(bounded(more))
    items(len(values) + len(added))
    values.extend(added)


def _sort(values: list[Any], *, key: Any = None, reverse: Any = False) -> None:
    with SORTING:
        values.sort(key=key, reverse=reverse)


_LIST: dict[str, Any] = {
    "append": _append,
    "extend": _extend,
    "insert": list.insert,
    "pop": list.pop,
    "remove": list.remove,
    "clear": list.clear,
    "index": list.index,
    "count": list.count,
    "sort": _sort,
    "reverse": list.reverse,
    "copy": list.copy,
}
_TUPLE: dict[str, Any] = {"index": tuple.index, "count": tuple.count}


def _get(values: dict[Any, Any], name: Any, default: Any = None) -> Any:
    return values.get(key(name), default)


def _dict_pop(values: dict[Any, Any], name: Any, *default: Any) -> Any:
    return values.pop(key(name), *default)


def _setdefault(values: dict[Any, Any], name: Any, default: Any = None) -> Any:
    items(len(values) + 1)
    return values.setdefault(key(name), default)


def _update(values: dict[Any, Any], *more: Any, **named: Any) -> None:
    added = make_dict(*more, **named)
    items(len(values) + len(added))
    values.update(added)


_DICT: dict[str, Any] = {
    "get": _get,
    "keys": dict.keys,
    "values": dict.values,
    "items": dict.items,
    "pop": _dict_pop,
    "popitem": dict.popitem,
    "setdefault": _setdefault,
    "update": _update,
    "clear": dict.clear,
    "copy": dict.copy,
}


def make_dict(*args: Any, **named: Any) -> dict[Any, Any]:
    """`dict(…)`."""
    if len(args) > 1:
        raise TypeError(f"dict expected at most 1 argument, got {len(args)}")
    if not args:
        return named
    if isinstance(args[0], dict):
        return {**args[0], **named}
    pairs: list[Any] = []
    for index, entry in enumerate(bounded(args[0])):
        try:
            pair = entry if type(entry) in (tuple, list) else list(bounded(iter(entry)))
        except TypeError:
            raise TypeError(f"cannot convert dictionary update sequence element #{index} to a sequence") from None
        if len(pair) != 2:
            raise ValueError(f"dictionary update sequence element #{index} has length {len(pair)}; 2 is required")
        pairs.append((key(pair[0]), pair[1]))
    return {**dict(pairs), **named}


def from_keys(keys: Any, value: Any = None) -> dict[Any, Any]:
    """`dict.fromkeys(…)`."""
    return {key(name): value for name in bounded(keys)}


def _set_add(values: set[Any], item: Any) -> None:
    items(len(values) + 1)
    values.add(key(item))


def _combined(combine: Any) -> Any:
    def run(values: set[Any], *others: Any) -> Any:
        return grown(combine(values, *[[key(item) for item in bounded(other)] for other in others]))

    run.__name__ = combine.__name__
    return run


_COMBINE = (
    *("union", "intersection", "difference", "symmetric_difference", "issubset", "issuperset", "isdisjoint"),
    *("update", "difference_update", "intersection_update", "symmetric_difference_update"),
)


def _of_sets(kind: type) -> dict[str, Any]:
    own = kind.__dict__
    return {"copy": own["copy"], **{name: _combined(own[name]) for name in _COMBINE if name in own}}


_SET: dict[str, Any] = {
    "add": _set_add,
    "discard": lambda values, item: values.discard(key(item)),
    "remove": lambda values, item: values.remove(key(item)),
    "pop": set.pop,
    "clear": set.clear,
    **_of_sets(set),
}

_PARTS: dict[str, Any] = {"real": lambda value: value.real, "imag": lambda value: value.imag}
_INT: dict[str, Any] = {
    function.__name__: function for function in (int.bit_length, int.bit_count, int.conjugate, int.as_integer_ratio)
}
_FLOAT: dict[str, Any] = {
    "is_integer": float.is_integer,
    "as_integer_ratio": float.as_integer_ratio,
    "conjugate": float.conjugate,
    "hex": float.hex,
}


_ENDS: dict[str, Any] = {"start": lambda r: r.start, "stop": lambda r: r.stop, "step": lambda r: r.step}
_RANGE: dict[str, Any] = {"index": range.index, "count": range.count}
_COMPLEX: dict[str, Any] = {"conjugate": complex.conjugate}


def _name_methods() -> None:
    """Give our own functions the names that Python's have in its errors: `list.append() missing …`"""
    for kind, methods in (("str", _STRING), ("list", _LIST), ("dict", _DICT), ("set", _SET)):
        for name, function in methods.items():
            if isinstance(function, FunctionType):
                function.__name__, function.__qualname__ = name, f"{kind}.{name}"


def install() -> None:
    """Enter the tables."""
    _name_methods()
    register(str, _STRING)
    register(list, _LIST)
    register(tuple, _TUPLE)
    register(dict, _DICT)
    register(set, _SET)
    register(frozenset, _of_sets(frozenset))
    for kind in (int, bool):
        register(kind, _INT, {**_PARTS, "numerator": lambda n: n.numerator, "denominator": lambda n: n.denominator})
    register(float, _FLOAT, _PARTS)
    register(complex, _COMPLEX, _PARTS)
    register(
        range,
        _RANGE,
        _ENDS,
    )
    register(slice, {"indices": slice.indices}, _ENDS)
