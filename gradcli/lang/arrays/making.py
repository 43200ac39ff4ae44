"""numpy's functions that make arrays: each measures what it is asked for before numpy allocates it."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, isfinite, prod
from typing import Any

import numpy as np

from gradcli.engine.tensor import Tensor
from gradcli.lang.arrays.calls import called, elements, options_in, room
from gradcli.lang.arrays.values import (
    Array,
    dtype_in,
    given,
    plain_array,
    reserve,
    reserve_bytes,
    subscript,
    taken,
)
from gradcli.lang.budget import bounded

Function = Callable[..., Any]
numpy: Any = np  # it checks what programs give it


def array(object: Any, dtype: Any = None, *, copy: Any = True, order: str = "K", ndmin: int = 0) -> Any:
    """`numpy.array`."""
    return taken(numpy.array(_data(object, dtype), dtype_in(dtype), copy=copy, order=order, ndmin=_small(ndmin)))


def asarray(a: Any, dtype: Any = None, order: Any = None, *, copy: Any = None) -> Any:
    """`numpy.asarray`: an array of the language stays the object that it is."""
    if type(a) is Array and (dtype is None or a.dtype == dtype_in(dtype)) and not copy and order in (None, "K", "A"):
        return a
    return taken(numpy.asarray(_data(a, dtype), dtype_in(dtype), order, copy=copy))


def _data(value: Any, dtype: Any) -> Any:
    """What an array is to be made of, measured in the type that it is to have."""
    found = given(value)
    wanted = dtype_in(dtype)
    if isinstance(found, np.ndarray):
        reserve(found.shape, wanted or found.dtype)
    elif isinstance(found, (list, tuple)) and wanted is not None and wanted.kind == "U":
        reserve_bytes(len(found) * wanted.itemsize)
    return found


def _small(value: Any) -> int:
    if not -65 < value.__index__() < 65:
        raise ValueError("maximum supported dimension for an ndarray is currently 64")
    return int(value)


def filled(function: Function) -> Function:
    """zeros, ones, empty."""

    def make(shape: Any, dtype: Any = float, order: str = "C") -> Any:
        kind = dtype_in(dtype) or np.dtype(float)
        return taken(function(room(shape, kind), kind, order))

    return called(function.__name__, make)


def empty(shape: Any, dtype: Any = float, order: str = "C") -> Any:
    """`numpy.empty`: zeros, so that no program sees what was in memory before."""
    return filled(np.zeros)(shape, dtype, order)


def full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C") -> Any:
    """`numpy.full`."""
    value, kind = given(fill_value), dtype_in(dtype)
    return taken(numpy.full(room(shape, kind or np.asarray(value).dtype), value, kind, order))


def like(function: Function) -> Function:
    """zeros_like, ones_like."""

    def make(a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None) -> Any:
        model, kind = plain_array(a), dtype_in(dtype)
        sizes = room(model.shape if shape is None else shape, kind or model.dtype)
        return taken(function(model, kind, order, shape=sizes))

    return called(function.__name__, make)


def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None
) -> Any:
    """`numpy.full_like`."""
    model, kind = plain_array(a), dtype_in(dtype)
    sizes = room(model.shape if shape is None else shape, kind or model.dtype)
    return taken(numpy.full_like(model, given(fill_value), kind, order, shape=sizes))


def eye(N: Any, M: Any = None, k: Any = 0, dtype: Any = float, order: str = "C") -> Any:
    """`numpy.eye`."""
    kind = dtype_in(dtype) or np.dtype(float)
    rows, *columns = room((N,) if M is None else (N, M), kind)
    reserve((rows, columns[0] if columns else rows), kind)
    return taken(numpy.eye(rows, columns[0] if columns else rows, k.__index__(), kind, order))


def identity(n: Any, dtype: Any = None) -> Any:
    """`numpy.identity`."""
    return eye(n, dtype=dtype)


def arange(*args: Any, **named: Any) -> Any:
    """`numpy.arange`."""
    values = [given(value) for value in args[:3]]
    options = options_in(named)
    if len(args) > 3:
        options["dtype"] = dtype_in(args[3])
    ends = [options[name] for name in ("start", "stop", "step") if options.get(name) is not None]
    numbers = [float(value) for value in (*values, *ends) if isinstance(value, (int, float, np.number, np.ndarray))]
    if len(numbers) == 1:
        numbers = [0.0, *numbers]
    if len(numbers) == 2:
        numbers.append(1.0)
    if len(numbers) == 3 and numbers[2] and all(map(isfinite, numbers)):
        elements(max(ceil((numbers[1] - numbers[0]) / numbers[2]), 0))
    return taken(np.arange(*values, **options))


def spaced(function: Function) -> Function:
    """linspace, logspace, geomspace: so many numbers between two ends, which may be arrays."""

    def make(start: Any, stop: Any, num: Any = 50, *args: Any, **named: Any) -> Any:
        ends = plain_array(start), plain_array(stop)
        elements(max(num.__index__(), 0) * prod(np.broadcast_shapes(*[end.shape for end in ends])))
        # The ends as they were given: an integer's type decides the result's.
        return taken(function(given(start), given(stop), num.__index__(), *map(given, args), **options_in(named)))

    return called(function.__name__, make)


def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    """`numpy.meshgrid`."""
    arrays = [plain_array(x) for x in xi]
    if not sparse:
        elements(len(arrays) * prod(array.size for array in arrays))
    return taken(numpy.meshgrid(*arrays, copy=copy, sparse=sparse, indexing=indexing))


def indices(dimensions: Any, dtype: Any = int, sparse: bool = False) -> Any:
    """`numpy.indices`."""
    kind = dtype_in(dtype) or np.dtype(int)
    sizes = room(dimensions, kind)
    reserve((len(sizes), *sizes), kind)
    return taken(numpy.indices(sizes, kind, sparse))


def tri(N: Any, M: Any = None, k: Any = 0, dtype: Any = float) -> Any:
    """`numpy.tri`."""
    rows = N.__index__()
    columns = rows if M is None else M.__index__()
    reserve((max(rows, 0), max(columns, 0)), dtype_in(dtype) or float)
    return taken(numpy.tri(rows, columns, k.__index__(), dtype_in(dtype)))


def tri_indices(function: Function) -> Function:
    """tril_indices, triu_indices, diag_indices."""

    def make(n: Any, *args: Any, **named: Any) -> Any:
        size = max(n.__index__(), 0)
        columns = named.get("m") or (args[1] if len(args) > 1 else None)
        elements(2 * size * max(size, 2 if columns is None else columns.__index__()))
        return taken(function(n.__index__(), *map(given, args), **options_in(named)))

    return called(function.__name__, make)


def diag(function: Function) -> Function:
    """diag, diagflat: a vector becomes a matrix."""

    def make(v: Any, k: Any = 0) -> Any:
        vector = plain_array(v)
        if vector.ndim < 2 or function is np.diagflat:
            side = vector.size + abs(k.__index__())
            reserve((side, side), vector.dtype)
        return taken(function(vector, k.__index__()))

    return called(function.__name__, make)


def vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    """`numpy.vander`."""
    vector = plain_array(x)
    elements(vector.size * max(vector.size if N is None else N.__index__(), 0))
    return taken(np.vander(vector, N, increasing))


def fromiter(iter: Any, dtype: Any, count: Any = -1) -> Any:
    """`numpy.fromiter`."""
    kind = dtype_in(dtype)
    return taken(numpy.fromiter([given(value) for value in bounded(iter)], kind, count))


def fromfunction(function: Any, shape: Any, *, dtype: Any = float, **named: Any) -> Any:
    """`numpy.fromfunction`: the function of a program, called once with the indices."""
    return function(*indices(shape, dtype), **named)


def window(function: Function) -> Function:
    """hanning, hamming, blackman, bartlett."""

    def make(M: Any) -> Any:
        elements(max(float(M), 0))
        return taken(function(given(M)))

    return called(function.__name__, make)


class _Grid:
    """`numpy.mgrid`, `numpy.ogrid`."""

    __slots__ = ("_grid",)

    def __init__(self, grid: Any) -> None:
        self._grid = grid

    def __getitem__(self, index: Any) -> Any:
        parts = subscript(index if type(index) is tuple else (index,))
        count = 1.0
        for part in parts:
            if not isinstance(part, slice):
                raise TypeError("a grid is made of slices: mgrid[0:2, 0:3]")
            begin, end, step = (0 if part.start is None else part.start), part.stop, (part.step or 1)
            count *= abs(step) if isinstance(step, complex) else max((end - begin) / step, 0)
        elements(count * len(parts))
        return taken(self._grid[parts if type(index) is tuple else parts[0]])


class _Columns:
    """`numpy.c_`, `numpy.r_`: arrays side by side; texts, which are commands there, are not taken."""

    __slots__ = ("_join",)

    def __init__(self, join: Any) -> None:
        self._join = join

    def __getitem__(self, index: Any) -> Any:
        parts = index if type(index) is tuple else (index,)
        if any(isinstance(part, str) for part in parts):
            raise TypeError("texts in the brackets of c_ and r_ are not available")
        values = [_range(part) if isinstance(part, slice) else given(part) for part in parts]
        reserve_bytes(sum(8 * np.size(value) for value in values))
        return taken(self._join[tuple(values)])


def _range(part: slice) -> Any:
    begin, step = (0 if part.start is None else part.start), (1 if part.step is None else part.step)
    if isinstance(step, complex):
        return spaced(np.linspace)(begin, part.stop, int(abs(step)))
    return arange(begin, part.stop, step)


def ascontiguousarray(a: Any, dtype: Any = None) -> Any:
    """`numpy.ascontiguousarray`."""
    return asarray(a, dtype, "C")


def copied(a: Any, order: str = "K") -> Any:
    """`numpy.copy`."""
    return array(a, order=order)


def asfarray(a: Any) -> Any:
    """An array of floating-point numbers."""
    return asarray(a, np.float64 if not isinstance(a, Tensor) else None)


def table() -> dict[str, Any]:
    """The functions by name."""
    return {
        "array": array,
        "asarray": asarray,
        "asanyarray": asarray,
        "ascontiguousarray": ascontiguousarray,
        "copy": called("copy", copied),
        **{function.__name__: filled(function) for function in (numpy.zeros, numpy.ones)},
        **{function.__name__: like(function) for function in (np.zeros_like, np.ones_like)},
        "empty": empty,
        "empty_like": called("empty_like", like(np.zeros_like)),
        "full": full,
        "full_like": full_like,
        "eye": eye,
        "identity": identity,
        "arange": arange,
        **{function.__name__: spaced(function) for function in (np.linspace, np.logspace, np.geomspace)},
        "meshgrid": meshgrid,
        "indices": indices,
        "mgrid": _Grid(np.mgrid),
        "ogrid": _Grid(np.ogrid),
        "c_": _Columns(np.c_),
        "r_": _Columns(np.r_),
        "tri": tri,
        **{
            function.__name__: tri_indices(function) for function in (np.tril_indices, np.triu_indices, np.diag_indices)
        },
        **{function.__name__: diag(function) for function in (np.diag, np.diagflat)},
        "vander": vander,
        "fromiter": fromiter,
        "fromfunction": fromfunction,
        **{function.__name__: window(function) for function in (np.hanning, np.hamming, np.blackman, np.bartlett)},
    }
