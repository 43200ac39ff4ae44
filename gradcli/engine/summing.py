"""Sums of floating-point numbers in the order in which torch adds them, so that they agree to the last digit.

torch adds in vectors of 32 bytes, four of them at a time, in blocks of sixteen rows whose sums are added in turn;
numpy adds in eight places or pairwise. The difference is one in the last digit, which `loss.item()` shows.

Source: aten/src/ATen/native/cpu/SumKernel.cpp (`cascade_sum`), as compiled for AVX2.
"""

from __future__ import annotations

from functools import cache
from math import prod
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]

_FLOAT32, _FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
_VECTOR = 32  # bytes
_AT_ONCE = 4  # vectors, or rows, that are summed beside each other
_BLOCK = 16  # rows whose sum is added to the next level
_LEVELS = 4
_MOST = 1 << 10  # elements; of more the order costs more time than the digit is worth
_MOST_IN_LANES = 1 << 14  # the order of these is cheaper

add_reduce: Any = np.add.reduce


def add_up(array: Array, axis: Shape | None, keepdims: bool = False) -> Array:
    """The sum over `axis` (None: over all), in the array's own type."""
    size, dtype = array.size, array.dtype
    if 4 < size <= _MOST and (dtype is _FLOAT32 or dtype is _FLOAT64) and array.flags.c_contiguous:
        shape = array.shape
        if axis is None or len(axis) == len(shape):
            total = _line(array.reshape(size))
            return total.reshape((1,) * len(shape) if keepdims else ())
        first, last = min(axis), max(axis)
        if last - first + 1 == len(axis):
            before, along, after = prod(shape[:first]), prod(shape[first : last + 1]), prod(shape[last + 1 :])
            if along > 4:
                table = array.reshape(before, along, after)
                total = _rows(table[:, :, 0]) if after == 1 else _columns(table)
                kept = (1,) * len(axis) if keepdims else ()
                return total.reshape(shape[:first] + kept + shape[last + 1 :])
    result: Array = add_reduce(array, axis=axis, dtype=dtype, keepdims=keepdims)
    return result


def add_lanes(array: Array) -> Array:
    """The sum along the last axis, which is kept, as torch's loops over one vector add: in its places, these in halves.

    Source: aten/src/ATen/cpu/vec/functional_base.h (`reduce_all`), as compiled for AVX2.
    """
    lanes = _VECTOR // array.itemsize
    *outer, size = array.shape
    if size < lanes or array.size > _MOST_IN_LANES:
        return add_reduce(array, axis=-1, keepdims=True)  # type: ignore[no-any-return] # as in _strips
    vectors, rest = divmod(size, lanes)
    places = add_reduce(array[..., : size - rest].reshape(*outer, vectors, lanes), axis=-2)
    places[..., :rest] += array[..., size - rest :]
    while lanes > 1:
        lanes //= 2
        places = places[..., :lanes] + places[..., lanes:]
    return places  # type: ignore[no-any-return]


def add_in_turn(values: Array) -> Array:
    """The sum of a line as the loops of nll_loss add: the first element last, of the others sixteen at a time.

    Source: aten/src/ATen/native/LossNLL.cpp (`nll_loss_out_frame`).
    """
    if not 1 < values.size <= _MOST_IN_LANES:
        return add_reduce(values, axis=None)  # type: ignore[no-any-return]
    level, total = values[1:], values.dtype.type(0)
    while len(level):
        whole = len(level) // _BLOCK * _BLOCK
        for rest in np.add.accumulate(level[whole:])[-1:]:
            total = total + rest
        level = np.add.accumulate(level[:whole].reshape(-1, _BLOCK), axis=1)[:, -1]
    return total + values[0]  # type: ignore[no-any-return]


@cache
def _short_order(size: int, lanes: int) -> Array:
    """The order in which fewer elements than two vectors are added: what one vector does not hold comes first."""
    if size < lanes:
        return np.array([0, *range(_AT_ONCE, size), *range(1, _AT_ONCE)])
    return np.array([*range(lanes, size), *range(lanes)])


def _line(line: Array) -> Array:
    """The sum of all, of more than four."""
    size = len(line)
    lanes = _VECTOR // line.itemsize
    if size < 2 * lanes:
        return np.add.accumulate(line.take(_short_order(size, lanes)))[-1:]
    return _rows(line.reshape(1, size))


def _rows(rows: Array) -> Array:
    """The sum of each row, of more than four."""
    count, size = rows.shape
    lanes = _VECTOR // rows.itemsize
    if size < lanes:
        return _strips(rows.reshape(count, size, 1))[:, 0]
    whole = size // lanes * lanes
    vectors = _strips(rows[:, :whole].reshape(count, -1, lanes))
    return np.add.accumulate(np.concatenate((rows[:, whole:], vectors), axis=1), axis=1)[:, -1]


def _columns(table: Array) -> Array:
    """The sum of each column, in each of several tables."""
    width = table.shape[2]
    lanes = _VECTOR // table.itemsize
    together = _AT_ONCE * lanes if width >= lanes else _AT_ONCE
    whole = width // together * together
    if whole == width:
        return _levels(table)
    rest = _strips(table[:, :, whole:])
    return np.concatenate((_levels(table[:, :, :whole]), rest), axis=1) if whole else rest


def _strips(table: Array) -> Array:
    """The sum of each column: every fourth row by itself, then the four sums, the rows left over after the first."""
    count, length, width = table.shape
    whole = length // _AT_ONCE * _AT_ONCE
    if not whole:
        return add_reduce(table, axis=1)  # type: ignore[no-any-return]
    strips = _levels(table[:, :whole].reshape(count, -1, _AT_ONCE * width)).reshape(count, _AT_ONCE, width)
    if whole < length:
        strips = np.concatenate((strips[:, :1], table[:, whole:], strips[:, 1:]), axis=1)
    return add_reduce(strips, axis=1)  # type: ignore[no-any-return] # fewer than eight: numpy adds them in order


def _levels(table: Array) -> Array:
    """The sum of each column, in blocks of blocks."""
    if table.shape[1] < _BLOCK:
        return add_reduce(table, axis=1)  # type: ignore[no-any-return]
    total = None
    for level in range(_LEVELS):
        count, length, width = table.shape
        rest = length if level + 1 == _LEVELS else length % _BLOCK
        if rest:
            part = add_reduce(table[:, length - rest :], axis=1)
            total = part if total is None else total + part
        if rest == length:
            break
        table = add_reduce(table[:, : length - rest].reshape(count, -1, _BLOCK, width), axis=2)
    return total  # type: ignore[return-value]
