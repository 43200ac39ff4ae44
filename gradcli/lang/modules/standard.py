"""What programs import from Python's library, as closed tables: the safe part of it.

Nothing here reads the machine, but for its clock; `sleep` waits at most a minute. What programs import for their
annotations alone (`typing`, `__future__`) is there in name.
"""

from __future__ import annotations

import operator
import random
import sys
import time
from array import array
from collections.abc import Callable
from typing import Any, Final

from gradcli.engine import errors
from gradcli.engine.random import default_generator
from gradcli.lang.budget import BUDGET, characters, items
from gradcli.lang.modules import abstract, collecting, dating, enumerating, iterating, managing, records, small
from gradcli.lang.values import copying
from gradcli.lang.values.hints import Hint
from gradcli.lang.values.snapshots import ROOTS, remembers
from gradcli.lang.values.table import TYPES, Method, Type, register, type_name
from gradcli.lang.values.text import Stream, check_spec

Function = Callable[..., Any]

# ---------------------------------------------------------------- random


def _sample(self: random.Random, population: Any, k: int, *, counts: Any = None) -> list[Any]:
    items(k)
    return self.sample(population, k, counts=counts)


def _choices(self: random.Random, population: Any, weights: Any = None, *, cum_weights: Any = None, k: int = 1) -> Any:
    items(k)
    return self.choices(population, weights, cum_weights=cum_weights, k=k)


def _getrandbits(self: random.Random, k: int) -> int:
    if k > BUDGET.bits:
        from gradcli.lang.budget import too_many_bits

        raise too_many_bits(k)
    return self.getrandbits(k)


def _shuffle(self: random.Random, x: Any) -> None:
    if type(x) is not list and not hasattr(x, "__setitem__"):
        raise TypeError(f"{type_name(x)!r} object does not support item assignment")
    self.shuffle(x)


_OWN: Any = {**random.Random.__mro__[1].__dict__, **random.Random.__dict__}
_PLAIN: Final = (
    "seed random uniform randint randrange gauss normalvariate choice betavariate expovariate triangular gammavariate "
    "lognormvariate vonmisesvariate paretovariate weibullvariate getstate setstate"
)
_RANDOM: Final[dict[str, Function]] = {
    **{name: _OWN[name] for name in _PLAIN.split()},
    "choices": _choices,
    "getrandbits": _getrandbits,
    "sample": _sample,
    "shuffle": _shuffle,
}
register(random.Random, _RANDOM)
TYPES[random.Random] = Type("random.Random", random.Random, random.Random)


def _random() -> dict[str, Any]:
    # One for the process, as Python has it, and under `undo`; where nothing seeds it, --seed does.
    shared = random.Random(default_generator.initial_seed())
    ROOTS.append(shared)
    return {
        **{name: Method(shared, name, function) for name, function in _RANDOM.items()},
        "Random": TYPES[random.Random],
    }


def _read_random(generator: random.Random) -> tuple[Any, ...]:
    version, numbers, normal = generator.getstate()
    return version, array("Q", numbers).tobytes(), normal


def _write_random(generator: random.Random, state: tuple[Any, ...]) -> None:
    version, numbers, normal = state
    generator.setstate((version, tuple(array("Q", numbers)), normal))


remembers(random.Random, _read_random, _write_random)

# ---------------------------------------------------------------- time

LONGEST_SLEEP: Final = 60.0


def _sleep(seconds: Any) -> None:
    if seconds > LONGEST_SLEEP:
        raise ValueError(f"sleep of {seconds} seconds: the limit is {LONGEST_SLEEP:g}")
    time.sleep(seconds)


def _strftime(format: str, t: Any = None) -> str:
    check_spec(format)
    characters(40 * len(format))
    return time.strftime(format, time.localtime() if t is None else t)


def _time() -> dict[str, Any]:
    clocks = (
        *(time.time, time.perf_counter, time.monotonic, time.process_time, time.time_ns, time.perf_counter_ns),
        *(time.monotonic_ns, time.process_time_ns, time.ctime),
    )
    return {**{clock.__name__: clock for clock in clocks}, "sleep": _sleep, "strftime": _strftime}


# ---------------------------------------------------------------- sys


def _setrecursionlimit(limit: int) -> None:
    errors.warn(f"sys.setrecursionlimit({limit}) changes nothing: calls are as deep as Python allows from the start")


def _exit(code: Any = None) -> None:
    raise SystemExit(code)


# The fields of what `sys` holds, in their order.
_FLOATS: Final = "max max_exp max_10_exp min min_exp min_10_exp dig mant_dig epsilon radix rounds"
_VERSION: Final = "major minor micro releaselevel serial"


def _fields(names: list[str]) -> dict[str, Function]:
    return {name: operator.itemgetter(at) for at, name in enumerate(names)}


def _sys() -> dict[str, Any]:
    register(type(sys.float_info), {}, _fields(_FLOATS.split()))
    register(type(sys.version_info), {}, _fields(_VERSION.split()))
    return {
        "stdout": Stream("stdout"),
        "stderr": Stream("stderr"),
        "argv": [""],  # as where Python is given no file: a program is a function of its text and its data
        "exit": _exit,
        "setrecursionlimit": _setrecursionlimit,
        "maxsize": sys.maxsize,
        "float_info": sys.float_info,
        "version_info": sys.version_info,
        "version": ".".join(map(str, sys.version_info[:3])),
        "byteorder": sys.byteorder,
    }


# ---------------------------------------------------------------- typing, __future__, warnings


_TYPING: Final = (
    "Any AnyStr Callable ClassVar Collection DefaultDict Deque Dict Final FrozenSet Generator Generic Hashable "
    "Iterable Iterator List Literal Mapping MutableMapping MutableSequence NoReturn Optional Protocol Sequence Set "
    "Sized SupportsFloat SupportsInt Text Tuple Type TypeAlias TypeVar ParamSpec Self Union"
)
_FEATURES: Final = (
    "annotations division print_function absolute_import unicode_literals generator_stop generators nested_scopes "
    "with_statement"
)


def _typing() -> dict[str, Any]:
    return {
        **{name: Hint(f"typing.{name}") for name in _TYPING.split()},
        "NamedTuple": Hint("typing.NamedTuple", collecting.named_tuple),
        "TYPE_CHECKING": False,
        "cast": lambda typ, val: val,
        **{name: lambda function: function for name in ("overload", "final", "no_type_check", "runtime_checkable")},
    }


class CatchWarnings:
    """`with warnings.catch_warnings():` what is silenced inside is heard again afterwards."""

    __slots__ = ("_before",)

    def __init__(self, *, record: bool = False) -> None:
        if record:
            raise ValueError("warnings are not recorded here: they are shown, or silenced")
        self._before = False

    def __enter__(self) -> None:
        self._before = errors.silenced()

    def __exit__(self, *failure: Any) -> None:
        errors.silence(self._before)


register(CatchWarnings, {"__enter__": CatchWarnings.__enter__, "__exit__": CatchWarnings.__exit__})
_ACTIONS: Final = ("default", "error", "ignore", "always", "module", "once")


def _filter(action: str, *args: Any, **named: Any) -> None:
    if action not in _ACTIONS:
        raise ValueError(f"invalid action: {action!r}")
    errors.silence(action == "ignore")


def _warn(message: Any, category: Any = None, stacklevel: int = 1) -> None:
    errors.warn(str(message), category.__name__ if isinstance(category, Type) else "UserWarning")


def _warnings() -> dict[str, Any]:
    return {
        "filterwarnings": _filter,
        "simplefilter": _filter,
        "resetwarnings": lambda: errors.silence(False),
        "warn": _warn,
        "catch_warnings": Type("warnings.catch_warnings", CatchWarnings, CatchWarnings),
    }


_TABLES: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    "__future__": lambda: {name: Hint(name) for name in _FEATURES.split()},
    "abc": managing.abc_table,
    "bisect": small.bisect_table,
    "cmath": small.cmath_table,
    "collections": collecting.table,
    "contextlib": managing.contextlib_table,
    "collections.abc": abstract.table,
    "copy": copying.table,
    "dataclasses": records.table,
    "enum": enumerating.table,
    "datetime": dating.table,
    "functools": iterating.functools_table,
    "heapq": small.heapq_table,
    "itertools": iterating.itertools_table,
    "json": small.json_table,
    "operator": iterating.operator_table,
    "random": _random,
    "statistics": small.statistics_table,
    "string": small.string_table,
    "sys": _sys,
    "time": _time,
    "timeit": small.timeit_table,
    "typing": _typing,
    "weakref": managing.weakref_table,
    "warnings": _warnings,
}


def table(path: str) -> dict[str, Any]:
    """The members of one of the modules."""
    return _TABLES[path]()
