"""The parts of Python's own modules that programs use: `random`, `time`, `functools`, `itertools`, `copy` and others.

Each is a closed table. What could run or allocate without bound is counted or refused; nothing here reaches files,
processes or other programs' objects.
"""

from __future__ import annotations

import copy
import functools
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from types import FunctionType, GeneratorType
from typing import Any

from gradcli.engine.tensor import Tensor
from gradcli.lang import budget
from gradcli.lang.budget import BUDGET, bounded
from gradcli.lang.values import GETTERS, TYPES, Type, named, register, type_name


def _random() -> dict[str, Any]:
    import random

    from gradcli.engine.random import default_generator

    generator = random.Random(default_generator.initial_seed())

    def seed(a: Any = None) -> None:
        generator.seed(a)

    def choices(population: Any, weights: Any = None, *, cum_weights: Any = None, k: int = 1) -> list[Any]:
        budget.items(k)
        return generator.choices(population, weights, cum_weights=cum_weights, k=k)

    def getrandbits(k: Any) -> int:
        if isinstance(k, int) and k > BUDGET.bits:
            raise budget.too_many_bits(k)
        return generator.getrandbits(k)

    plain = (
        generator.random,
        generator.uniform,
        generator.randint,
        generator.randrange,
        generator.choice,
        generator.sample,
        generator.shuffle,
        generator.gauss,
        generator.normalvariate,
        generator.expovariate,
        generator.betavariate,
        generator.triangular,
    )
    own = (seed, choices, getrandbits)
    return {function.__name__: function for function in (*plain, *own)}


def _time() -> dict[str, Any]:
    return {
        function.__name__: function
        for function in (
            time.time,
            time.time_ns,
            time.perf_counter,
            time.perf_counter_ns,
            time.monotonic,
            time.process_time,
            time.sleep,
        )
    }


# ---------------------------------------------------------------- functools


def _reduce(function: Any, iterable: Any, /, *initial: Any) -> Any:
    return functools.reduce(function, bounded(iterable), *initial)


def _partial(func: Any, /, *args: Any, **keywords: Any) -> Any:
    if not callable(func):
        raise TypeError("the first argument must be callable")
    return functools.partial(func, *args, **keywords)


def _wraps(wrapped: Any) -> Callable[[Any], Any]:
    def wrap(wrapper: Any) -> Any:
        if type(wrapper) is FunctionType:
            for name in ("__name__", "__qualname__", "__doc__"):
                getter = GETTERS.get(type(wrapped), {}).get(name)
                if getter is not None:
                    wrapper.__setattr__(name, getter(wrapped))
        return wrapper

    return wrap


def _lru_cache(maxsize: Any = 128, typed: bool = False) -> Any:
    if callable(maxsize):
        return functools.lru_cache(128)(maxsize)
    return functools.lru_cache(maxsize, typed)


Cached: Any = type(functools.lru_cache(named("cached", lambda: None)))
register(
    Cached,
    {"cache_info": lambda cached: tuple(cached.cache_info()), "cache_clear": lambda cached: cached.cache_clear()},
    {"__name__": lambda cached: cached.__name__, "__doc__": lambda cached: cached.__doc__},
)
PARTIAL = TYPES[functools.partial] = Type("functools.partial", functools.partial, _partial)
register(
    functools.partial,
    {},
    {"func": lambda made: made.func, "args": lambda made: made.args, "keywords": lambda made: dict(made.keywords)},
)


def _functools() -> dict[str, Any]:
    return {
        "reduce": _reduce,
        "partial": PARTIAL,
        "wraps": _wraps,
        "lru_cache": _lru_cache,
        "cache": lambda user_function: functools.cache(user_function),
    }


# ---------------------------------------------------------------- itertools


def _count(start: Any = 0, step: Any = 1) -> Iterator[Any]:
    for _ in BUDGET.ticks:
        yield start
        start = budget.grown(start + step)
    BUDGET.check_steps()


def _cycle(iterable: Any) -> Iterator[Any]:
    values = list(bounded(iterable))
    while values:
        yield from budget.counted(values)


def _repeat(object: Any, *times: int) -> Iterator[Any]:
    for _ in zip(BUDGET.ticks, range(*times) if times else itertools.count(), strict=False):
        yield object
    BUDGET.check_steps()


def _product(*iterables: Any, repeat: int = 1) -> Iterator[Any]:
    pools = [list(bounded(each)) for each in iterables]
    budget.items(sum(map(len, pools)) * max(repeat, 0))
    return itertools.product(*pools, repeat=repeat)


def _walked(make: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """A function of an iterable whose items it keeps."""
    return lambda iterable, *more, **options: make(list(bounded(iterable)), *more, **options)


def _islice(iterable: Any, *bounds: Any) -> Iterator[Any]:
    return itertools.islice(budget.counted(iterable), *bounds)


def _from_iterable(iterables: Iterable[Any]) -> Iterator[Any]:
    return itertools.chain.from_iterable(iterables)


CHAIN = Type(
    "itertools.chain", itertools.chain, lambda *them: itertools.chain(*them), {"from_iterable": _from_iterable}
)


def _tee(iterable: Any, n: int = 2) -> tuple[Iterator[Any], ...]:
    values = list(bounded(iterable))
    return tuple(iter(values) for _ in range(budget.items(n)))


def _itertools() -> dict[str, Any]:
    return {
        "accumulate": lambda iterable, *function, **initial: itertools.accumulate(iterable, *function, **initial),
        "chain": CHAIN,
        "combinations": _walked(itertools.combinations),
        "combinations_with_replacement": _walked(itertools.combinations_with_replacement),
        "compress": lambda data, selectors: itertools.compress(budget.counted(data), selectors),
        "count": _count,
        "cycle": _cycle,
        "dropwhile": lambda predicate, iterable: itertools.dropwhile(predicate, iterable),
        "groupby": lambda iterable, key=None: itertools.groupby(iterable, key),
        "islice": _islice,
        "pairwise": lambda iterable: itertools.pairwise(iterable),
        "permutations": _walked(itertools.permutations),
        "product": _product,
        "repeat": _repeat,
        "starmap": lambda function, iterable: itertools.starmap(function, iterable),
        "takewhile": lambda predicate, iterable: itertools.takewhile(predicate, iterable),
        "tee": _tee,
        "zip_longest": lambda *iterables, fillvalue=None: itertools.zip_longest(*iterables, fillvalue=fillvalue),
    }


# ---------------------------------------------------------------- copy


def _copy(x: Any) -> Any:
    from gradcli.lang.class_values import Instance

    if isinstance(x, Instance):
        return _emptied(x, dict(x.fields))
    return x.detach().requires_grad_(x.requires_grad) if isinstance(x, Tensor) else copy.copy(x) if _plain(x) else x


def _plain(x: Any) -> bool:
    return type(x) in (list, dict, set)


def _deepcopy(x: Any, memo: Any = None) -> Any:
    return _deep(x, {})


def _deep(x: Any, memo: dict[int, Any]) -> Any:
    """A copy all the way down; what is reached twice is copied once. Functions, types and modules are not copied."""
    from gradcli.lang.class_values import Instance

    found = memo.get(id(x))
    if found is not None:
        return found
    kind = type(x)
    if isinstance(x, Tensor):
        made: Any = _deep_tensor(x, memo)
    elif kind is list:
        made = memo[id(x)] = []
        made.extend(_deep(item, memo) for item in x)
    elif kind is dict:
        made = memo[id(x)] = {}
        made.update((_deep(name, memo), _deep(item, memo)) for name, item in x.items())
    elif kind is tuple or kind is set or kind is frozenset:
        made = kind([_deep(item, memo) for item in x])
    elif isinstance(x, Instance):
        made = memo[id(x)] = _emptied(x, {})
        made.fields.update((name, _deep(item, memo)) for name, item in x.fields.items())
    elif kind is GeneratorType:
        raise TypeError(f"cannot pickle {type_name(x)!r} object")
    else:
        return x
    memo[id(x)] = made
    return made


def _deep_tensor(x: Tensor, memo: dict[int, Any]) -> Tensor:
    if not x.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  "
            "If you were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage, "
            "see https://github.com/pytorch/pytorch/pull/103001"
        )
    made = Tensor(x.array.copy(), x.requires_grad)
    made._grad = None if x._grad is None else _deep(x._grad, memo)
    return made


def _emptied(x: Any, fields: dict[str, Any]) -> Any:
    made = type(x).__new__(type(x), *(x.args if isinstance(x, BaseException) else ()))
    made.fields = fields
    return made


# ---------------------------------------------------------------- what is read and does nothing


class Annotation:
    """A name of `typing`: annotations are read and not used."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __getitem__(self, of: Any) -> Annotation:
        return self

    def __or__(self, other: Any) -> Annotation:
        return self

    def __call__(self, *args: Any, **named: Any) -> Annotation:
        return self

    def __repr__(self) -> str:
        return f"typing.{self.name}"


_ANNOTATIONS = (
    "Any Callable ClassVar Dict Final FrozenSet Generator Generic Iterable Iterator List Literal Mapping NamedTuple "
    "NoReturn Optional Self Sequence Set SupportsFloat Tuple Type TypeVar Union"
)


def _typing() -> dict[str, Any]:
    return {name: Annotation(name) for name in _ANNOTATIONS.split() if name != "NamedTuple"} | {"TYPE_CHECKING": False}


def _future() -> dict[str, Any]:
    return dict.fromkeys(("annotations", "division", "print_function", "absolute_import", "unicode_literals"))


FILLS: dict[str, Callable[[], dict[str, Any]]] = {
    "random": _random,
    "time": _time,
    "functools": _functools,
    "itertools": _itertools,
    "copy": lambda: {"copy": _copy, "deepcopy": _deepcopy},
    "typing": _typing,
    "__future__": _future,
}
