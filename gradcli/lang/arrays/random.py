"""`numpy.random`: numpy's own generators, so that a seed gives numpy's numbers; sizes are checked before drawing."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, Final

import numpy as np
from numpy.random import Generator, RandomState

from gradcli.engine.random import default_generator
from gradcli.lang.arrays.calls import called, elements, options_in, shape_in
from gradcli.lang.arrays.values import Array, given, plain_array, taken
from gradcli.lang.values.snapshots import ROOTS, remembers
from gradcli.lang.values.table import TYPES, Method, Type, register

Function = Callable[..., Any]

# Distributions and how many parameters stand before their `size`.
_SIZE_AFTER: Final = {
    **dict.fromkeys(("random", "random_sample", "standard_normal", "standard_exponential", "standard_cauchy"), 0),
    **dict.fromkeys(("exponential", "poisson", "geometric", "rayleigh", "chisquare", "standard_gamma"), 1),
    **dict.fromkeys(("standard_t", "dirichlet", "pareto", "weibull", "zipf", "logseries"), 1),
    **dict.fromkeys(("uniform", "normal", "binomial", "beta", "gamma", "laplace", "lognormal", "gumbel", "f"), 2),
    **dict.fromkeys(("logistic", "multinomial", "negative_binomial", "vonmises", "wald", "integers", "randint"), 2),
    **dict.fromkeys(("triangular", "hypergeometric"), 3),
}
_LEGACY_ONLY: Final = frozenset(("random_sample", "randint"))


def _drawn(name: str, function: Any, before: int) -> Function:
    """A distribution: as many numbers as `size` says, or as its parameters have elements."""

    def call(self: Any, *args: Any, **named: Any) -> Any:
        values, options = [given(value) for value in args], options_in(named)
        size = options.get("size", values[before] if len(values) > before else None)
        if size is None:
            elements(prod(np.size(value) for value in values[:before]))
        else:
            # Each draw of these is as long as their parameters.
            last = max(map(np.size, values)) if name in ("dirichlet", "multinomial") and values else 1
            elements(prod(shape_in(size)) * last)
        return taken(function(self, *values, **options))

    return called(name, call)


def _dims(name: str, function: Any) -> Function:
    """rand, randn: the sizes are the arguments."""

    def call(self: Any, *args: Any) -> Any:
        sizes = shape_in(args)
        elements(prod(sizes))
        return taken(function(self, *sizes))

    return called(name, call)


def _choice(function: Any) -> Function:
    def choice(self: Any, a: Any, size: Any = None, replace: Any = True, p: Any = None, **named: Any) -> Any:
        population = given(a)
        inner = (
            1 if isinstance(population, (int, np.integer)) or size is None else max(np.asarray(population)[:1].size, 1)
        )
        elements(prod(shape_in(size)) * inner if size is not None else 1)
        if isinstance(population, (int, np.integer)) and not replace:
            elements(int(population))
        return taken(function(self, population, given(size), replace, given(p), **options_in(named)))

    return choice


def _permutation(function: Any) -> Function:
    def permutation(self: Any, x: Any, **named: Any) -> Any:
        values = given(x)
        elements(int(values) if isinstance(values, (int, np.integer)) else np.size(values))
        return taken(function(self, values, **options_in(named)))

    return permutation


def _shuffle(function: Any) -> Function:
    def shuffle(self: Any, x: Any, **named: Any) -> None:
        if not isinstance(x, (list, Array)):
            raise TypeError(f"'{type(x).__name__}' object does not support item assignment")
        function(self, x if type(x) is list else given(x), **options_in(named))

    return shuffle


def _multivariate_normal(function: Any) -> Function:
    def multivariate_normal(self: Any, mean: Any, cov: Any, size: Any = None, **named: Any) -> Any:
        center = plain_array(mean)
        elements(center.size * (1 if size is None else prod(shape_in(size))))
        return taken(function(self, center, plain_array(cov), given(size), **options_in(named)))

    return multivariate_normal


def _methods(kind: type, names: Any) -> dict[str, Function]:
    own: Any = {**kind.__mro__[-2].__dict__, **kind.__dict__}
    return {
        **{name: _drawn(name, own[name], _SIZE_AFTER[name]) for name in names if name in own},
        "choice": _choice(own["choice"]),
        "permutation": _permutation(own["permutation"]),
        "shuffle": _shuffle(own["shuffle"]),
        "multivariate_normal": _multivariate_normal(own["multivariate_normal"]),
    }


def _seed(self: RandomState, seed: Any = None) -> None:
    self.seed(given(seed))


_OLD: Final[dict[str, Function]] = {
    **_methods(RandomState, _SIZE_AFTER),
    **{name: _dims(name, function) for name, function in (("rand", RandomState.rand), ("randn", RandomState.randn))},
    "seed": _seed,
    "tomaxint": lambda self, size=None: _drawn("tomaxint", RandomState.tomaxint, 0)(self, size),
}
_NEW: Final = _methods(Generator, [name for name in _SIZE_AFTER if name not in _LEGACY_ONLY])

register(RandomState, _OLD)
register(Generator, _NEW)
STATE: Final = RandomState(default_generator.initial_seed() % (1 << 32))  # until a program seeds it


def _make_state(seed: Any = None) -> RandomState:
    return RandomState(given(seed))


def _default_rng(seed: Any = None) -> Generator:
    return seed if isinstance(seed, Generator) else np.random.default_rng(given(seed))


TYPES[RandomState] = Type("numpy.random.mtrand.RandomState", RandomState, _make_state)
TYPES[Generator] = Type("numpy.random._generator.Generator", Generator)


def table() -> dict[str, Any]:
    """The members of `numpy.random`."""
    bound = {name: Method(STATE, name, function) for name, function in _OLD.items()}
    return {
        **bound,
        "ranf": bound["random_sample"],
        "sample": bound["random_sample"],
        "default_rng": called("default_rng", _default_rng),
        "RandomState": TYPES[RandomState],
        "Generator": TYPES[Generator],
    }


# ---------------------------------------------------------------- undo


def _read_state(state: RandomState) -> tuple[Any, ...]:
    name, keys, *rest = state.get_state(legacy=True)
    return (name, keys.tobytes(), *rest)  # type: ignore[union-attr]


def _write_state(state: RandomState, saved: tuple[Any, ...]) -> None:
    name, keys, *rest = saved
    state.set_state((name, np.frombuffer(keys, np.uint32), *rest))


def _read_generator(generator: Generator) -> tuple[Any, ...]:
    state = generator.bit_generator.state
    inner = state["state"]
    return inner["state"], inner["inc"], state["has_uint32"], state["uinteger"]


def _write_generator(generator: Generator, saved: tuple[Any, ...]) -> None:
    number, inc, has_uint32, uinteger = saved
    generator.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {"state": number, "inc": inc},
        "has_uint32": has_uint32,
        "uinteger": uinteger,
    }


remembers(RandomState, _read_state, _write_state)
remembers(Generator, _read_generator, _write_generator)
ROOTS.append(STATE)
