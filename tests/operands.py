"""The operands that samples and examples of operators are written with: `mul(m, row)`.

Deterministic, float64 here; whoever compares in another precision casts. Values are irregular on purpose: no two
entries of an operand agree, unless the operand is there for its ties.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def _irregular(*shape: int, shift: float = 0.0) -> Array:
    """Values in (-2, 2), all different and none near 0 or an integer multiple of a half."""
    count = int(np.prod(shape, dtype=np.int64))
    k = np.arange(1, count + 1)
    values = 1.9 * np.sin(2.39996 * k + 1.7 * shift + 0.3) + 0.05 * np.cos(k + shift)
    return np.asarray(np.where(np.abs(values) < 0.1, values + 0.15, values).reshape(shape))


_sq = _irregular(3, 3, shift=5.0) + 3.0 * np.eye(3)
_m = _irregular(2, 3)
_unit = 0.5 + 0.21 * _irregular(2, 3, shift=3.0)

OPERANDS: dict[str, Array] = {
    # floating point, one of each rank
    "s": np.array(0.7),
    "one": np.array([1.3]),
    "v": _irregular(3, shift=1.0),
    "w": _irregular(3, shift=2.0),
    "row": _irregular(3, shift=2.5),
    "col": _irregular(2, 1, shift=4.0),
    "m": _m,
    "n": _irregular(2, 3, shift=6.0),
    "tall": _irregular(3, 2, shift=7.0),
    "sq": _sq,
    "sq2": _irregular(3, 3, shift=8.0) - 3.0 * np.eye(3),
    "spd": _sq @ _sq.T + np.eye(3),
    "sym": _sq + _sq.T,
    "t3": _irregular(2, 3, 4, shift=9.0),
    "t4": _irregular(2, 1, 3, 2, shift=10.0),
    "bm": _irregular(2, 3, 4, shift=11.0),
    "bn": _irregular(2, 4, 2, shift=12.0),
    "bsq": _irregular(2, 3, 3, shift=13.0) + 3.0 * np.eye(3),
    "long": _irregular(20, shift=14.0),
    "wide": 6.0 * _irregular(2, 12, shift=15.0),
    # images and signals: batch x channels x size
    "sig": _irregular(1, 2, 8, shift=16.0),
    "img": _irregular(1, 2, 6, 6, shift=17.0),
    "vol": _irregular(1, 1, 4, 4, 4, shift=18.0),
    "kernel1": _irregular(3, 2, 3, shift=19.0),
    "kernel2": _irregular(3, 2, 3, 3, shift=20.0),
    # domains
    "pos": np.abs(_m) + 0.2,
    "pos2": np.abs(_irregular(2, 3, shift=6.5)) + 0.3,
    "unit": _unit,
    "above": np.abs(_m) + 1.2,
    "prob": _unit / _unit.sum(axis=1, keepdims=True),
    # complex
    "cs": np.array(0.7 - 0.4j),
    "cv": _irregular(3, shift=21.0) + 1j * _irregular(3, shift=22.0),
    "c": _irregular(2, 3, shift=23.0) + 1j * _irregular(2, 3, shift=24.0),
    "csq": _irregular(3, 3, shift=25.0) + 1j * _irregular(3, 3, shift=26.0) + 3.0 * np.eye(3),
    # the hard cases: compared with torch; finite differences have nothing to say at a kink
    "zeros_in": np.array([[2.0, 0.0, 3.0], [0.0, -1.5, 0.0]]),
    "ties": np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 1.0]]),
    "huge": np.array([[1e4, -1e4, 0.5], [800.0, -800.0, 1e4]]),
    "nans": np.array([[1.0, np.nan, 2.0], [np.inf, -np.inf, 0.0]]),
    "lone": np.array([1.3]),
    "rates": np.array([0.4, 1.3, 0.7]),  # weights of classes, which must not require grad: rates.detach()
    "empty": np.zeros((0,)),
    "empty2": np.zeros((0, 3)),
    # integers and booleans
    "i": np.array([[3, -1, 2], [5, 0, -4]]),
    "ints": np.array([[3, -1, 2], [5, 0, -4]]),
    "iv": np.array([4, -2, 7]),
    "ipos": np.array([1, 2, 3]),
    "i8": np.array([100, -100, 7], np.int8),
    "u8": np.array([250, 3, 7], np.uint8),
    "idx": np.array([0, 2]),
    "idx2": np.array([[0, 1, 0], [1, 0, 1]]),
    "labels": np.array([2, 0]),
    "mask": np.array([[True, False, True], [False, True, True]]),
    "mrow": np.array([True, False, True]),
    "flag": np.array(True),
}

# Functions of these read one triangle, and torch's gradient is the symmetric one: the slope along symmetric directions.
SYMMETRIC = frozenset({"spd", "sym"})

KINKED = frozenset({"zeros_in", "ties", "huge", "nans", "lone", "rates", "empty", "empty2"})

_NAME = re.compile(r"(?<![\w.\"'])[A-Za-z_]\w*(?!\w*\s*=[^=])")


def names_in(text: str) -> list[str]:
    """The operands that a sample mentions, in order, keyword names and attributes aside."""
    found = dict.fromkeys(name for name in _NAME.findall(text) if name in OPERANDS)
    return list(found)


def cast(array: Array, floats: str) -> Array:
    """A fresh copy; floating-point operands in the precision `floats` ("float32" or "float64"), complex to match."""
    kinds = {"f": np.dtype(floats), "c": np.dtype("complex64" if floats == "float32" else "complex128")}
    return np.array(array, dtype=kinds.get(array.dtype.kind, array.dtype))


def is_differentiable(name: str) -> bool:
    return OPERANDS[name].dtype.kind in "fc"
