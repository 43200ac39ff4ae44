"""`string`, `heapq`, `bisect`, `statistics`, `json`, `cmath` and `timeit` as closed tables."""

from __future__ import annotations

import bisect
import cmath
import heapq
import json
import string
import time
from collections.abc import Callable
from typing import Any, Final

from gradcli.lang.budget import bounded, characters, items, ticking, tree
from gradcli.lang.values.table import MISSING


def string_table() -> dict[str, Any]:
    """The members of `string`: its constants."""
    return {name: value for name, value in string.__dict__.items() if type(value) is str and name.islower()}


# ---------------------------------------------------------------- sorted lists


def _heappush(heap: list[Any], item: Any) -> None:
    items(len(heap) + 1)
    heapq.heappush(heap, item)


def heapq_table() -> dict[str, Any]:
    """The members of `heapq`."""
    return {
        **{f.__name__: f for f in (heapq.heapify, heapq.heappop, heapq.heappushpop, heapq.heapreplace)},
        "heappush": _heappush,
        "nlargest": lambda n, iterable, key=None: heapq.nlargest(n, bounded(iter(iterable)), key),
        "nsmallest": lambda n, iterable, key=None: heapq.nsmallest(n, bounded(iter(iterable)), key),
    }


def _insort(insort: Callable[..., None]) -> Callable[..., None]:
    def call(a: list[Any], x: Any, lo: int = 0, hi: int | None = None, *, key: Any = None) -> None:
        items(len(a) + 1)
        insort(a, x, lo, hi, key=key)

    return call


def bisect_table() -> dict[str, Any]:
    """The members of `bisect`."""
    return {
        **{name: bisect.__dict__[name] for name in ("bisect", "bisect_left", "bisect_right")},
        **{name: _insort(bisect.__dict__[name]) for name in ("insort", "insort_left", "insort_right")},
    }


# ---------------------------------------------------------------- numbers

_OF_DATA: Final = (
    "mean fmean geometric_mean harmonic_mean median median_low median_high mode multimode stdev pstdev variance "
    "pvariance"
)


def statistics_table() -> dict[str, Any]:
    """The members of `statistics` that take one list of numbers, and those that compare two."""
    import statistics

    def of_data(function: Any) -> Callable[..., Any]:
        return lambda data, *others: function(list(bounded(iter(data))), *others)

    def of_two(function: Any) -> Callable[..., Any]:
        return lambda x, y, /: function(list(bounded(iter(x))), list(bounded(iter(y))))

    return {
        **{name: of_data(statistics.__dict__[name]) for name in _OF_DATA.split()},
        **{name: of_two(statistics.__dict__[name]) for name in ("covariance", "correlation")},
    }


def cmath_table() -> dict[str, Any]:
    """The members of `cmath`."""
    return {name: value for name, value in cmath.__dict__.items() if not name.startswith("_")}


# ---------------------------------------------------------------- json


MOST_BETWEEN: Final = 100


def _dumps(
    obj: Any,
    *,
    skipkeys: bool = False,
    ensure_ascii: bool = True,
    allow_nan: bool = True,
    indent: Any = None,
    separators: Any = None,
    default: Any = None,
    sort_keys: bool = False,
) -> str:
    for text in (" " * min(indent, MOST_BETWEEN + 1) if isinstance(indent, int) else indent, *(separators or ())):
        if isinstance(text, str) and len(text) > MOST_BETWEEN:
            raise ValueError(f"indent and separators have at most {MOST_BETWEEN} characters")
    text = json.dumps(
        tree(obj),
        skipkeys=skipkeys,
        ensure_ascii=ensure_ascii,
        allow_nan=allow_nan,
        indent=indent,
        separators=separators,
        default=default,
        sort_keys=sort_keys,
    )
    characters(len(text))
    return text


def _loads(s: Any) -> Any:
    if type(s) is not str:
        raise TypeError(f"the JSON object must be str, bytes or bytearray, not {type(s).__name__}")
    return json.loads(s)


def json_table() -> dict[str, Any]:
    """The members of `json`, but for those that take files."""
    return {"dumps": _dumps, "loads": _loads}


# ---------------------------------------------------------------- timeit


def _timeit(stmt: Any = MISSING, *, number: int = 1_000_000) -> float:
    if not callable(stmt):
        raise ValueError("timeit() takes a function here: text is never run as code")
    began = time.perf_counter()
    for _ in ticking(range(number)):
        stmt()
    return time.perf_counter() - began


def timeit_table() -> dict[str, Any]:
    """The members of `timeit`."""
    return {"default_timer": time.perf_counter, "timeit": _timeit}
