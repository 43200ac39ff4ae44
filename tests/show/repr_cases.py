"""Random tensors for the comparison of reprs: the same generator feeds the recorder and the live test.

A case is a dict that JSON can hold: `dtype`, `shape`, `raw` (hexadecimal bytes of a few values, repeated to fill the
shape), `options` (keywords of set_printoptions), `grad` (None, "leaf", or the tensor method that gives it a grad_fn).
"""

from __future__ import annotations

import random
import struct
from typing import Any

import numpy as np

INTEGERS = ["uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64"]
FLOATS = ["float16", "float32", "float64"]
COMPLEX = ["complex64", "complex128"]
DTYPES = ["bool", *INTEGERS, *FLOATS * 5, *COMPLEX * 3]

# Values at which the form changes, or where rounding could go either way.
EDGES = [
    *(0.0, -0.0, 1.0, -1.0, 0.5, 1e-4, 0.99999e-4, 9.9e-5, 1e8, 1.0000001e8, 99999999.0, 1000.0, 1000.1, 999.99),
    *(0.99995, 0.00005, 0.000049, 2.5, 0.125, 0.00125, -0.00001, 65504.0, 6e-8, 1e-45),
    *(3.4e38, 1e-300, 1e300, 12345.678),
]
LARGE_SHAPES = [(40, 30), (3, 400), (400, 3), (11, 2, 50), (2, 12, 9, 7), (7, 7, 7, 7), (1, 1001), (1001, 1)]
SPECIALS = [float("nan"), float("inf"), float("-inf"), 0.0, -0.0]


def random_case(seed: int) -> dict[str, Any]:
    """The case of this seed; the same on every Python and numpy."""
    rng = random.Random(seed)
    dtype = rng.choice(DTYPES)
    shape = _shape(rng)
    values = _values(rng, dtype, min(40, max(1, int(np.prod(shape)))))
    grad = rng.choice([None, None, "leaf", "clone", "view_as_itself"]) if dtype in FLOATS + COMPLEX else None
    return {
        "dtype": dtype,
        "shape": shape,
        "raw": values.tobytes().hex(),
        "options": _options(rng) if rng.random() < 0.4 else {},
        "grad": grad,
    }


def array_of(case: dict[str, Any]) -> np.ndarray[Any, Any]:
    """The array that a case describes."""
    values = np.frombuffer(bytes.fromhex(case["raw"]), case["dtype"])
    return np.resize(values, case["shape"])


def grad_fn_of(case: dict[str, Any]) -> str | None:
    return {"clone": "CloneBackward0", "view_as_itself": "ViewBackward0"}.get(case["grad"])


def _shape(rng: random.Random) -> list[int]:
    kind = rng.random()
    if kind < 0.06:
        return [rng.choice([1001, 1200, 5000])]
    if kind < 0.12:
        return list(rng.choice(LARGE_SHAPES))
    sizes = [0, 1, 2, 3, 4, 5, 7, 8, 13, 30]
    weights = [1, 4, 6, 6, 4, 3, 2, 2, 1, 1]
    shape = rng.choices(sizes, weights, k=rng.choice([0, 1, 1, 1, 2, 2, 3, 4, 5]))
    while np.prod(shape) > 1500:
        shape.pop()
    return shape


def _values(rng: random.Random, dtype: str, count: int) -> np.ndarray[Any, Any]:
    with np.errstate(all="ignore"):
        if dtype == "bool":
            return np.array([rng.random() < 0.5 for _ in range(count)])
        if dtype in INTEGERS:
            bits = np.dtype(dtype).itemsize * 8
            top = 1 << rng.randint(1, bits)
            return np.array([rng.randrange(top) for _ in range(count)], np.uint64).astype(dtype)
        if dtype in COMPLEX:
            return np.array(list(map(complex, _floats(rng, count), _floats(rng, count))), dtype)
        return np.array(_floats(rng, count), np.float64).astype(dtype)


def _floats(rng: random.Random, count: int) -> list[float]:
    draw = rng.choice(
        [
            lambda: float(rng.randint(-9, 9)),
            lambda: float(rng.randint(-(10**9), 10**9)),
            lambda: rng.gauss(0, 1),
            lambda: rng.gauss(0, 1) * 10.0 ** rng.randint(-6, 9),
            lambda: 10.0 ** rng.uniform(-12, 12),
            lambda: rng.choice(EDGES),
            lambda: rng.randint(-99999, 99999) / 10.0**4,
            lambda: struct.unpack("<d", rng.randbytes(8))[0],
            lambda: struct.unpack("<f", rng.randbytes(4))[0],
        ]
    )
    scale = 10.0 ** rng.choice([0, 0, 0, rng.randint(-8, 10)])
    values = [draw() * scale for _ in range(count)]
    if rng.random() < 0.3:
        for _ in range(rng.randint(1, 3)):
            values[rng.randrange(count)] = rng.choice(SPECIALS)
    return values


def _options(rng: random.Random) -> dict[str, Any]:
    choices = {
        "precision": [0, 1, 2, 3, 6, 8, 12, 17],
        "threshold": [0, 1, 5, 10, 100, 0.5, float("inf")],
        "edgeitems": [0, 1, 2, 3, 4],
        "linewidth": [1, 10, 20, 40, 60, 79, 81, 120, 200, 80.5],
        "profile": ["default", "short", "full"],
        "sci_mode": [True, False],
    }
    return {name: rng.choice(values) for name, values in choices.items() if rng.random() < 0.35}
