"""`itertools`, `functools` and `operator` as closed tables.

Every item that an iterator of these yields counts as a step: code of Python's that walks one without end, as
`filter(None, repeat(0))` does, comes to the limit of the run.
"""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any, Final

from gradcli.lang.budget import bounded, counted, grown, items, ticking
from gradcli.lang.compile.operators import BINARY, COMPARISONS
from gradcli.lang.compile.targets import set_item
from gradcli.lang.values.descriptors import CACHED
from gradcli.lang.values.table import MISSING, TYPES, Type, attribute, dynamic, method, register

Function = Callable[..., Any]


# ---------------------------------------------------------------- itertools


def _lazy(function: Function) -> Function:
    """An iterator over iterators: it holds no more than they do."""

    def call(*args: Any, **named: Any) -> Iterator[Any]:
        return ticking(function(*args, **named))

    call.__name__ = call.__qualname__ = function.__name__
    return call


def _gathering(function: Function) -> Function:
    """product, permutations, …: what they walk over, they keep."""

    def call(*args: Any, **named: Any) -> Iterator[Any]:
        kept = [value if isinstance(value, int) else list(bounded(iter(value))) for value in args]
        chosen = [value for value in (*args[1:], *named.values()) if isinstance(value, int)]
        items(max([len(kept) * max(chosen, default=1), *chosen]))
        return ticking(function(*kept, **named))

    call.__name__ = call.__qualname__ = function.__name__
    return call


def _accumulate(iterable: Any, func: Any = None, *, initial: Any = None) -> Iterator[Any]:
    return ticking(itertools.accumulate(iterable, func or BINARY["+"], initial=initial))


def _cycle(iterable: Any) -> Iterator[Any]:
    return ticking(itertools.cycle(counted(iterable)))


def _groupby(iterable: Any, key: Any = None) -> Iterator[Any]:
    return itertools.groupby(ticking(iterable), key)


def _tee(iterable: Any, n: int = 2) -> tuple[Iterator[Any], ...]:
    values = list(bounded(iter(iterable)))
    return tuple(iter(values) for _ in range(items(n)))


def _batched(iterable: Any, n: int) -> Iterator[tuple[Any, ...]]:
    if n < 1:
        raise ValueError("n must be at least one")
    values = iter(iterable)
    while batch := tuple(bounded(itertools.islice(values, n))):
        yield batch


_CHAIN = Type(
    "itertools.chain",
    itertools.chain,
    _lazy(itertools.chain),
    {"from_iterable": _lazy(itertools.chain.from_iterable)},
)


def itertools_table() -> dict[str, Any]:
    """The members of `itertools`."""
    lazy = (
        *(itertools.count, itertools.islice, itertools.zip_longest, itertools.repeat, itertools.starmap),
        *(itertools.takewhile, itertools.dropwhile, itertools.filterfalse, itertools.compress, itertools.pairwise),
    )
    gathering = (
        itertools.product,
        itertools.permutations,
        itertools.combinations,
        itertools.combinations_with_replacement,
    )
    return {
        **{function.__name__: _lazy(function) for function in lazy},
        **{function.__name__: _gathering(function) for function in gathering},
        "chain": _CHAIN,
        "accumulate": _accumulate,
        "cycle": _cycle,
        "groupby": _groupby,
        "batched": _batched,
        "tee": _tee,
    }


register(itertools.groupby)


# ---------------------------------------------------------------- functools


class Partial:
    """`functools.partial`."""

    __slots__ = ("args", "func", "keywords")

    def __init__(self, func: Any, /, *args: Any, **keywords: Any) -> None:
        if not callable(func):
            raise TypeError("the first argument must be callable")
        self.func = func
        self.args = args
        self.keywords = keywords

    def __call__(self, /, *args: Any, **keywords: Any) -> Any:
        return self.func(*self.args, *args, **{**self.keywords, **keywords})

    def __repr__(self) -> str:
        given = [
            repr(self.func),
            *map(repr, self.args),
            *(f"{name}={value!r}" for name, value in self.keywords.items()),
        ]
        return f"functools.partial({', '.join(given)})"


def _reduce(function: Any, iterable: Any, *initial: Any) -> Any:
    values = iter(bounded(iter(iterable)))
    if len(initial) > 1:
        raise TypeError(f"reduce expected at most 3 arguments, got {2 + len(initial)}")
    if initial:
        (result,) = initial
    else:
        result = next(values, MISSING)
        if result is MISSING:
            raise TypeError("reduce() of empty iterable with no initial value")
    for value in values:
        result = grown(function(result, value))
    return result


_OF_PROGRAMS: Final = "gradcli.lang.compile.functions"


def _update_wrapper(wrapper: Any, wrapped: Any, *args: Any, **named: Any) -> Any:
    """Give a function of a program the name and the text of another."""
    if type(wrapper) is FunctionType and wrapper.__module__ == _OF_PROGRAMS:
        wrapper.__name__ = str(getattr(wrapped, "__name__", wrapper.__name__))
        wrapper.__qualname__ = str(getattr(wrapped, "__qualname__", wrapper.__name__))
        wrapper.__doc__ = getattr(wrapped, "__doc__", None)
        wrapper.__dict__["fields"] = {**wrapped.__dict__.get("fields", {}), "__wrapped__": wrapped}
    return wrapper


def _wraps(wrapped: Any, *args: Any, **named: Any) -> Function:
    return lambda wrapper: _update_wrapper(wrapper, wrapped)


# What follows from the answer of one comparison, where the values are equal and where they are not.
_FROM: Final[dict[str, dict[str, Callable[[Any, Any, Any], bool]]]] = {
    "__lt__": {
        "__gt__": lambda less, self, other: not less and self != other,
        "__le__": lambda less, self, other: less or self == other,
        "__ge__": lambda less, self, other: not less,
    },
    "__le__": {
        "__ge__": lambda least, self, other: not least or self == other,
        "__lt__": lambda least, self, other: least and self != other,
        "__gt__": lambda least, self, other: not least,
    },
    "__gt__": {
        "__lt__": lambda more, self, other: not (more or self == other),
        "__ge__": lambda more, self, other: more or self == other,
        "__le__": lambda more, self, other: not more,
    },
    "__ge__": {
        "__le__": lambda most, self, other: not most or self == other,
        "__gt__": lambda most, self, other: most and self != other,
        "__lt__": lambda most, self, other: not most,
    },
}


def _following(root: str, follow: Callable[[Any, Any, Any], bool]) -> Function:
    def compare(self: Any, other: Any) -> Any:
        answer = attribute(self, root)(other)
        return answer if answer is NotImplemented else follow(answer, self, other)

    return compare


def _total_ordering(cls: Any) -> Any:
    """The comparisons that a class has not, from one that it has."""
    root = next((name for name in _FROM if name in cls.known), None)
    if root is None:
        raise ValueError("must define at least one ordering operation: < > <= >=")
    cls.add({name: _following(root, follow) for name, follow in _FROM[root].items() if name not in cls.known})
    return cls


def _lru_cache(maxsize: Any = 128, typed: Any = False) -> Any:
    if callable(maxsize):
        return functools.lru_cache(128, bool(typed))(maxsize)
    if maxsize is not None and type(maxsize) is not int:
        raise TypeError("Expected first argument to be an integer, a callable, or None")
    return lambda function: functools.lru_cache(maxsize, bool(typed))(function)


_CACHED: Any = type(functools.lru_cache(abs))
_INFO = type(functools.lru_cache(abs).cache_info())

register(Partial, {}, {"func": lambda p: p.func, "args": lambda p: p.args, "keywords": lambda p: dict(p.keywords)})
register(
    _CACHED,
    {"cache_info": lambda function: function.cache_info(), "cache_clear": lambda function: function.cache_clear()},
    {"__name__": lambda function: function.__name__, "__doc__": lambda function: function.__doc__},
)
dynamic(_INFO, lambda value: value._fields, lambda value, name: value[value._fields.index(name)])
TYPES[Partial] = Type("functools.partial", Partial, Partial)


def functools_table() -> dict[str, Any]:
    """The members of `functools`."""
    return {
        "reduce": _reduce,
        "partial": TYPES[Partial],
        "wraps": _wraps,
        "update_wrapper": _update_wrapper,
        "lru_cache": _lru_cache,
        "cache": lambda function: functools.lru_cache(None)(function),
        "cmp_to_key": functools.cmp_to_key,
        "total_ordering": _total_ordering,
        "cached_property": CACHED,
    }


# ---------------------------------------------------------------- operator


def _itemgetter(item: Any, *others: Any) -> Function:
    if not others:
        return lambda value: value[item]
    return lambda value: tuple([value[each] for each in (item, *others)])


def _attrgetter(attr: Any, *others: Any) -> Function:
    def read(value: Any, path: Any) -> Any:
        if type(path) is not str:
            raise TypeError("attribute name must be a string")
        for name in path.split("."):
            value = attribute(value, name)
        return value

    return (
        (lambda value: tuple([read(value, path) for path in (attr, *others)]))
        if others
        else (lambda value: read(value, attr))
    )


def _methodcaller(name: str, /, *args: Any, **named: Any) -> Function:
    def call(value: Any) -> Any:
        function = method(value, name)
        return function(value, *args, **named) if function is not None else attribute(value, name)(*args, **named)

    return call


def operator_table() -> dict[str, Any]:
    """The members of `operator`: the language's operators as functions."""
    symbols = {
        "add": "+",
        "sub": "-",
        "mul": "*",
        "truediv": "/",
        "floordiv": "//",
        "mod": "%",
        "matmul": "@",
        "pow": "**",
        "lshift": "<<",
        "rshift": ">>",
        "and_": "&",
        "or_": "|",
        "concat": "+",
    }
    compared = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=", "is_": "is", "is_not": "is not"}
    return {
        **{name: BINARY[symbol] for name, symbol in symbols.items()},
        **{name: COMPARISONS[symbol] for name, symbol in compared.items()},
        "xor": operator.xor,
        "neg": operator.neg,
        "pos": operator.pos,
        "abs": operator.abs,
        "invert": operator.invert,
        "not_": operator.not_,
        "truth": operator.truth,
        "index": operator.index,
        "contains": lambda container, value: COMPARISONS["in"](value, container),
        "getitem": lambda value, index: value[index],
        "setitem": set_item,
        "itemgetter": _itemgetter,
        "attrgetter": _attrgetter,
        "methodcaller": _methodcaller,
    }
