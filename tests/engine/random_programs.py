"""Seeded programs of random draws, and how each step is asked of torch and of gradcli."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcli.engine import dtypes, sampling
from gradcli.engine.random import Generator

# A step: the sampler, the shape, the dtype, and its other arguments. "T" after the name: on a transposed array.
Step = tuple[str, tuple[int, ...], str, dict[str, Any]]


def step(name: str, *shape: int, dtype: str = "float32", **options: Any) -> Step:
    return name, shape, dtype, options


UNIFORM = [step("rand", n, dtype=d) for n in (1, 7, 15, 16, 17, 700) for d in ("float32", "float64", "float16")]
NORMAL = [step("randn", n, dtype=d) for n in (1, 2, 3, 15, 16, 17, 33, 200) for d in ("float32", "float64", "float16")]
INTEGERS = [
    step("randint", 9, dtype=dtype, low=low, high=high)
    for dtype, low, high in [
        ("int64", 0, 10),
        ("int64", -5, 2**28 - 5),
        ("int64", 0, 2**28 - 1),
        ("int64", 0, 2**32),
        ("int64", -(2**63), 2**63 - 1),
        ("int32", -(2**31), 2**31),
        ("int16", -7, 30000),
        ("int8", -128, 128),
        ("uint8", 0, 256),
        ("bool", 0, 2),
        ("float32", -3, 2**24),
        ("float64", 0, 2**40),
        ("float16", 0, 100),
    ]
]
PERMUTATIONS = [step("randperm", n, dtype=d) for n in (0, 1, 2, 5, 100, 999) for d in ("int64", "float32", "int32")]
SHARES = [[0.1, 0.2, 0.3, 0.4], [3.0, 1.0, 0.5, 2.0], [1.0, 1e-3, 5.0, 0.25]]

SINGLE_STEPS: list[Step] = [
    *UNIFORM,
    *NORMAL,
    *INTEGERS,
    *PERMUTATIONS,
    step("rand", 2, 3, dtype="complex64"),
    step("rand", 5, dtype="complex128"),
    step("randn", 2, 3, dtype="complex64"),
    step("randn", 20, dtype="complex64"),
    step("randn", 20, dtype="complex128"),
    step("randn", 3, 4, 5),
    step("randn", 0),
    step("randn"),
    *[step("uniform_", n, dtype=d, low=-1.7, high=3.3) for n in (5, 100) for d in ("float32", "float64", "float16")],
    *[step("normal_", n, dtype=d, mean=1.7, std=3.3) for n in (5, 100) for d in ("float32", "float64", "float16")],
    step("normal_", 50, mean=-2.0, std=0.0),
    step("normal_", 50, dtype="complex64", mean=1.5, std=2.0),
    step("uniform_T", 5, 4, low=-1.0, high=1.0),
    step("normal_T", 5, 4),
    step("normal_T", 3, 2, dtype="float64"),
    *[step("bernoulli_", 40, dtype=d, p=0.3) for d in ("float32", "float64", "bool", "int64", "float16")],
    step("bernoulli_T", 5, 4, p=0.5),
    step("bernoulli_", 9, p=0.0),
    step("bernoulli_", 9, p=1.0),
    *[step("bernoulli", 40, dtype=d) for d in ("float32", "float64", "float16")],
    *[step("exponential_", n, dtype=d, rate=r) for n, r in ((5, 1.0), (50, 0.3)) for d in ("float32", "float64")],
    step("exponential_", 9, dtype="float16", rate=2.0),
    step("geometric_", 30, dtype="float32", p=0.2),
    step("geometric_", 30, dtype="int64", p=0.05),
    step("cauchy_", 30, dtype="float64", median=1.0, sigma=2.0),
    step("cauchy_", 30, median=0.0, sigma=1.0),
    step("log_normal_", 7, mean=0.5, std=0.25),
    step("log_normal_", 30, dtype="float64", mean=1.0, std=2.0),
    *[step("multinomial", r, 4, dtype=d, count=9, replacement=True) for r in (0, 3) for d in ("float32", "float64")],
    *[step("multinomial", r, 4, dtype=d, count=c) for r in (0, 3) for d in ("float32", "float64") for c in (1, 3)],
]

# One step a seed, then programs of many, where each must leave the generator as torch leaves it.
PROGRAMS: list[tuple[int, list[Step]]] = [(seed, [only]) for seed, only in enumerate(SINGLE_STEPS)]
PROGRAMS += [
    (seed, SINGLE_STEPS[first::7]) for seed, first in zip((0, 42, 2**31, -1, 2**63, 7, 123), range(7), strict=True)
]
PROGRAMS += [
    (0, [step("rand", 3), step("randn", 5), step("randint", 4, dtype="int64", low=0, high=9), step("randn", 3)])
]
PROGRAMS += [(1, [step("randn", 3), step("randn", 20), step("randn", 2), step("rand", 1), step("randn", 5)])]
PROGRAMS += [(5, [step("rand", 620), step("rand", 3), step("randn", 700), step("rand", 45000), step("randn", 3)])]


def matrix(shape: tuple[int, ...], dtype: Any) -> Any:
    """Probabilities for `multinomial`: a row, or the table."""
    rows, columns = shape
    return np.array(SHARES[:rows] if rows else SHARES[0], dtype)[..., :columns]


def ask_torch(torch: Any) -> Callable[[int, list[Step]], list[Any]]:
    """Runs a program in torch; gives ndarrays."""

    def run_step(name: str, shape: tuple[int, ...], kind: str, options: dict[str, Any]) -> Any:
        dtype = getattr(torch, kind)
        if name in ("rand", "randn"):
            return getattr(torch, name)(shape, dtype=dtype)
        if name == "randint":
            return torch.randint(options["low"], options["high"], shape, dtype=dtype)
        if name == "randperm":
            return torch.randperm(*shape, dtype=dtype)
        if name == "bernoulli":
            return torch.bernoulli(torch.linspace(0, 1, shape[0], dtype=torch.float64).to(dtype))
        if name == "multinomial":
            shares = torch.from_numpy(matrix(shape, kind))
            return torch.multinomial(shares, options["count"], options.get("replacement", False))
        out = torch.empty(shape, dtype=dtype)
        target = out.T if name.endswith("T") else out
        getattr(target, name.removesuffix("T"))(*options.values())
        return target

    def run(seed: int, steps: list[Step]) -> list[Any]:
        torch.manual_seed(seed)
        return [run_step(*one).numpy() for one in steps]

    return run


def ask_gradcli(seed: int, steps: list[Step]) -> list[Any]:
    """Runs a program on a generator of its own."""
    generator = Generator().manual_seed(seed)
    return [_own_step(generator, *one) for one in steps]


def _own_step(generator: Generator, name: str, shape: tuple[int, ...], kind: str, options: dict[str, Any]) -> Any:
    dtype = dtypes.bool_ if kind == "bool" else getattr(dtypes, kind)
    if name in ("rand", "randn"):
        return getattr(sampling, name)(shape, dtype, generator)
    if name == "randint":
        return sampling.randint(options["low"], options["high"], shape, dtype, generator)
    if name == "randperm":
        return sampling.randperm(*shape, dtype, generator)
    if name == "bernoulli":
        return sampling.bernoulli(linspace(shape[0]).astype(dtype.np), generator)
    if name == "multinomial":
        shares = matrix(shape, kind)
        return sampling.multinomial(shares, options["count"], options.get("replacement", False), generator)
    out = np.empty(shape, dtype.np)
    target = out.T if name.endswith("T") else out
    getattr(sampling, name.removesuffix("T"))(target, *options.values(), generator=generator)
    return target


def linspace(count: int) -> Any:
    return np.linspace(0, 1, count)
