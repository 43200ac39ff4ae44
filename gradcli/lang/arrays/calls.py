"""How a program's calls reach numpy's functions: arguments given, sizes measured, results taken."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from gradcli.engine.tensor import Tensor
from gradcli.lang.arrays.values import (
    MOST_TEXT,
    Plain,
    apply,
    dtype_in,
    given,
    plain_array,
    reserve,
    reserve_bytes,
    taken,
)
from gradcli.lang.values.table import attribute, register

Function = Callable[..., Any]


def plain(function: Function) -> Function:
    """A function of numpy whose result is no larger than what it reads."""

    def call(*args: Any, **named: Any) -> Any:
        out = named.get("out")
        values = [given(value) for value in args]
        options = options_in(named)
        reserve_bytes(sum(map(size_of, (*values, *options.values()))))
        result = function(*values, **options)
        return out if out is not None and result is options["out"] else taken(result)

    return called(function.__name__, call)


def called(name: str, function: Function) -> Function:
    """Give a function of ours the name that numpy's has."""
    function.__name__ = function.__qualname__ = name
    return function


def options_in(named: dict[str, Any]) -> dict[str, Any]:
    """Keyword arguments for numpy."""
    return {name: dtype_in(value) if name == "dtype" else given(value) for name, value in named.items()}


def size_of(value: Any) -> int:
    """How many bytes there are to read, counted as often as they are read (a broadcast view is read in full)."""
    if isinstance(value, np.ndarray):
        return value.size * (4 * MOST_TEXT if value.dtype.kind == "U" else max(value.itemsize, 8))
    if isinstance(value, (list, tuple)):
        return sum(map(size_of, value))
    return 8


def of_tensors(function: Function, method: str = "") -> Function:
    """A function that, given a tensor, asks the tensor's method of that name, as numpy does with torch's."""
    name = method or function.__name__

    def call(*args: Any, **named: Any) -> Any:
        if args and type(args[0]) is Tensor:
            options = {"axis": args[1] if len(args) > 1 else None, "out": None}
            if name == "mean":
                options = {"axis": options["axis"], "dtype": None, "out": None}
            elif name in ("std", "var"):
                options = {"ddof": 0, "dtype": None, "out": None, "axis": options["axis"]}
            return attribute(args[0], name)(**options, **named)
        return function(*args, **named)

    return called(function.__name__, call)


def keeps_tensors(function: Function) -> Function:
    """A function whose result for a tensor is a tensor, as torch's `__array_wrap__` makes it."""

    def call(*args: Any, **named: Any) -> Any:
        result = function(*args, **named)
        if any(type(value) is Tensor for value in args) and isinstance(result, (np.ndarray, np.generic)):
            return as_tensor(result)
        return result

    return called(function.__name__, call)


def as_tensor(result: Any) -> Tensor:
    """torch's `Tensor.__array_wrap__`: booleans become uint8."""
    array = np.asarray(result)
    return Tensor(array.astype(np.uint8) if array.dtype == bool else array)


# ---------------------------------------------------------------- ufuncs


class UFunc:
    """A ufunc of numpy as a value."""

    __slots__ = ("name", "ufunc")

    def __init__(self, ufunc: Any) -> None:
        self.ufunc = ufunc
        self.name: str = ufunc.__name__

    def __call__(self, *args: Any, **named: Any) -> Any:
        if len(args) < self.ufunc.nin:
            raise TypeError(
                f"{self.name}() takes from {self.ufunc.nin} to {self.ufunc.nargs} positional arguments but "
                f"{len(args)} were given"
            )
        if len(args) > self.ufunc.nin:
            named["out"] = args[self.ufunc.nin :]
            args = args[: self.ufunc.nin]
        result = apply(self.ufunc, args, named)
        return as_tensor(result) if Tensor in map(type, args) else result

    @property
    def __name__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<ufunc {self.name!r}>"


UFunc.__name__ = "numpy.ufunc"  # type: ignore[method-assign, assignment]


def _outer(self: UFunc, A: Any, B: Any) -> Any:
    left, right = plain_array(A), plain_array(B)
    reserve((*left.shape, *right.shape), np.result_type(left, right))
    return taken(self.ufunc.outer(left, right))


def _at(self: UFunc, a: Any, indices: Any, *b: Any) -> None:
    target = given(a)
    self.ufunc.at(target, given(indices), *map(given, b))


def _method(name: str) -> Function:
    def call(self: UFunc, *args: Any, **named: Any) -> Any:
        function = {"reduce": self.ufunc.reduce, "accumulate": self.ufunc.accumulate, "reduceat": self.ufunc.reduceat}
        return plain(function[name])(*args, **named)

    return called(name, call)


register(
    UFunc,
    {**{name: _method(name) for name in ("reduce", "accumulate", "reduceat")}, "outer": _outer, "at": _at},
    {
        "__name__": lambda value: value.name,
        "nin": lambda value: value.ufunc.nin,
        "nout": lambda value: value.ufunc.nout,
    },
)


# ---------------------------------------------------------------- shapes


def shape_in(value: Any) -> tuple[int, ...]:
    """The shape that a program asks for. Raises TypeError and ValueError in numpy's words."""
    parts = given(value)
    if isinstance(parts, np.ndarray):
        parts = parts.tolist()
    if not isinstance(parts, (list, tuple)):
        parts = (parts,)
    sizes = []
    for part in parts:
        if isinstance(part, str):
            raise TypeError("'str' object cannot be interpreted as an integer")
        sizes.append(part.__index__() if hasattr(part, "__index__") else _no_integer(part))
    if any(size < 0 for size in sizes):
        raise ValueError("negative dimensions are not allowed")
    return tuple(sizes)


def _no_integer(value: Any) -> int:
    raise TypeError(f"{type(value).__name__!r} object cannot be interpreted as an integer")


def room(shape: Any, dtype: Any = None) -> tuple[int, ...]:
    """The shape that a program asks for, if there is room for an array of it."""
    sizes = shape_in(shape)
    reserve(sizes, np.float64 if dtype is None else dtype)
    return sizes


def elements(count: float, itemsize: int = 8) -> None:
    """Refuse so many elements."""
    reserve((int(min(count, 1 << 62)),), np.dtype(f"V{itemsize}") if itemsize != 8 else float)


def broadcast_size(*arrays: Plain) -> int:
    """How many elements the arrays have when they are broadcast together, or more."""
    rank = max((array.ndim for array in arrays), default=0)
    return prod(
        max((array.shape[-axis] for array in arrays if axis <= array.ndim), default=1) for axis in range(1, rank + 1)
    )
