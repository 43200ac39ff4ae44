"""What a program can reach from numpy's arrays, numbers and dtypes: their attributes and types, as closed tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from gradcli.lang import budget
from gradcli.lang.arrays.calls import UFunc, called, plain, room
from gradcli.lang.arrays.functions import repeat, take
from gradcli.lang.arrays.functions import table as functions
from gradcli.lang.arrays.values import NUMBERS, Array, assigned, dtype_in, given, reserve, subscript, taken
from gradcli.lang.values.snapshots import remembers
from gradcli.lang.values.table import DTYPES, TYPES, Type, register

ndarray = np.ndarray
Function = Callable[..., Any]

# ---------------------------------------------------------------- methods


def _astype(
    self: Any, dtype: Any, order: str = "K", casting: str = "unsafe", subok: bool = True, copy: Any = True
) -> Any:
    array, kind = given(self), dtype_in(dtype)
    reserve(array.shape, kind or float)
    if isinstance(array, np.generic):
        return array.astype(kind)
    return taken(array.astype(kind, order, casting, copy=copy))


def _view(self: Array, dtype: Any = None) -> Any:
    kind = dtype_in(dtype)
    return taken(self.view(ndarray) if kind is None else self.view(ndarray).view(kind))


def _tolist(self: Any) -> Any:
    budget.items(self.size)
    return self.view(ndarray).tolist() if isinstance(self, ndarray) else self.tolist()


def _fill(self: Array, value: Any) -> None:
    self.view(ndarray).fill(assigned(value))


def _dot(self: Array, b: Any, out: Any = None) -> Any:
    return functions()["dot"](self, b)


def _clip(self: Array, min: Any = None, max: Any = None, out: Any = None) -> Any:
    return functions()["clip"](self, min, max, out=out)


def _sort(self: Array, axis: int = -1, kind: Any = None, *, stable: Any = None) -> None:
    self.view(ndarray).sort(axis, kind, stable=stable)


def _item(self: Any, *args: Any) -> Any:
    return given(self).item(*map(given, args))


def _resize(self: Array, *new_shape: Any) -> None:
    raise ValueError("cannot resize an array here, as others may share its memory: use numpy.resize()")


def _repeat(self: Array, repeats: Any, axis: Any = None) -> Any:
    return repeat(self, repeats, axis)


def _take(self: Array, indices: Any, axis: Any = None, **named: Any) -> Any:
    return take(self, indices, axis, **named)


# Of arrays and of numbers alike; none gives more than it reads.
_COMMON: Final = (
    "all any argmax argmin argsort conj conjugate copy cumprod cumsum diagonal flatten max mean min nonzero prod "
    "ravel reshape round searchsorted squeeze std sum swapaxes trace transpose var"
)
_OF_ARRAYS: Final = ("argpartition", "compress", "partition", "put")


def _methods() -> dict[str, Function]:
    own: Any = ndarray.__dict__
    return {
        **{name: called(name, plain(own[name])) for name in (*_COMMON.split(), *_OF_ARRAYS)},
        "astype": _astype,
        "clip": _clip,
        "dot": _dot,
        "fill": _fill,
        "item": _item,
        "repeat": _repeat,
        "resize": _resize,
        "sort": _sort,
        "take": _take,
        "tolist": _tolist,
        "view": _view,
    }


def _scalar_methods() -> dict[str, Function]:
    own: Any = np.generic.__dict__
    return {
        **{name: called(name, plain(own[name])) for name in _COMMON.split()},
        "astype": _astype,
        "item": _item,
        "tolist": _tolist,
        "is_integer": lambda self: self.is_integer(),
        "clip": _clip,
        "as_integer_ratio": lambda self: self.as_integer_ratio(),
        "bit_count": lambda self: self.bit_count(),
    }


# ---------------------------------------------------------------- attributes


class Flat:
    """`array.flat`: the elements in order."""

    __slots__ = ("_array",)

    def __init__(self, array: Array) -> None:
        self._array = array

    def __len__(self) -> int:
        return self._array.size

    def __iter__(self) -> Any:
        return iter(self._array.view(ndarray).flat)

    def __getitem__(self, index: Any) -> Any:
        at = subscript(index)
        reserve((np.size(at) if isinstance(at, ndarray) else self._array.size,), self._array.dtype)
        return taken(self._array.view(ndarray).flat[at])

    def __setitem__(self, index: Any, value: Any) -> None:
        self._array.view(ndarray).flat[subscript(index)] = assigned(value)


Flat.__name__ = "numpy.flatiter"


def _set_shape(self: Array, shape: Any) -> None:
    self.shape = room(shape, self.dtype)


def _set_part(part: str) -> Callable[[Array, Any], None]:
    def put(self: Array, value: Any) -> None:
        target = self.view(ndarray)
        (target.real if part == "real" else target.imag)[...] = assigned(value)

    return put


def _getters() -> dict[str, Function]:
    return {
        "shape": lambda self: self.shape,
        "dtype": lambda self: self.dtype,
        "ndim": lambda self: self.ndim,
        "size": lambda self: self.size,
        "itemsize": lambda self: self.itemsize,
        "nbytes": lambda self: self.nbytes,
        "T": lambda self: taken(given(self).T),
        "real": lambda self: taken(given(self).real),
        "imag": lambda self: taken(given(self).imag),
    }


_OF_DTYPES: Final[dict[str, Function]] = {
    "name": lambda dtype: dtype.name,
    "kind": lambda dtype: dtype.kind,
    "char": lambda dtype: dtype.char,
    "str": lambda dtype: dtype.str,
    "itemsize": lambda dtype: dtype.itemsize,
    "type": lambda dtype: TYPES[dtype.type],
}
_OF_FLOATS: Final[dict[str, Function]] = {
    "eps": lambda info: info.eps,
    "epsneg": lambda info: info.epsneg,
    "max": lambda info: info.max,
    "min": lambda info: info.min,
    "tiny": lambda info: info.tiny,
    "smallest_normal": lambda info: info.smallest_normal,
    "smallest_subnormal": lambda info: info.smallest_subnormal,
    "resolution": lambda info: info.resolution,
    "precision": lambda info: info.precision,
    "bits": lambda info: info.bits,
    "dtype": lambda info: info.dtype,
}


# ---------------------------------------------------------------- types


def _maker(kind: Any) -> Function:
    def make(*args: Any) -> Any:
        if len(args) > 1:
            raise TypeError(f"{kind.__name__}() takes at most 1 argument ({len(args)} given)")
        return taken(kind(*[given(value) for value in args]))

    return called(kind.__name__, make)


def _new_array(shape: Any, dtype: Any = float) -> Any:
    kind = dtype_in(dtype) or np.dtype(float)
    return taken(np.zeros(room(shape, kind), kind))


def _number_types() -> dict[str, Type]:
    """The scalar types by their names, and by the other names that numpy has for them."""
    names = {kind.__name__: kind for kind in NUMBERS}
    for kind in NUMBERS:
        name = "bool" if kind is np.bool else kind.__name__
        TYPES[kind] = Type(f"numpy.{name}", kind, _maker(kind))
        DTYPES[kind] = np.dtype(kind)
    TYPES[np.str_] = Type("numpy.str_", np.str_, _maker(np.str_))
    others = {
        "bool": np.bool,
        "bool_": np.bool,
        "int_": np.int64,
        "intp": np.int64,
        "long": np.int64,
        "uint": np.uint64,
        "intc": np.int32,
        "short": np.int16,
        "byte": np.int8,
        "ubyte": np.uint8,
        "half": np.float16,
        "single": np.float32,
        "double": np.float64,
        "csingle": np.complex64,
        "cdouble": np.complex128,
        "str_": np.str_,
    }
    return {name: TYPES[kind] for name, kind in {**names, **others}.items()}


def _abstract_types() -> dict[str, Type]:
    kinds = (
        *(np.generic, np.number, np.integer, np.signedinteger, np.unsignedinteger, np.inexact, np.floating),
        np.complexfloating,
    )
    found = {kind.__name__: Type(f"numpy.{kind.__name__}", kind) for kind in kinds}
    for kind in kinds:
        TYPES[kind] = found[kind.__name__]
    return found


def types() -> dict[str, Type]:
    """The types that are members of `numpy`."""
    return {
        **_number_types(),
        **_abstract_types(),
        "ndarray": TYPES[Array],
        "dtype": TYPES[np.dtype],
        "finfo": TYPES[np.finfo],
        "iinfo": TYPES[np.iinfo],
        "ufunc": TYPES[UFunc],
    }


def _install() -> None:
    register(
        Array,
        _methods(),
        {
            **_getters(),
            "flat": Flat,
            "strides": lambda self: self.strides,
            "mT": lambda self: taken(self.view(ndarray).mT),
        },
        {"shape": _set_shape, "real": _set_part("real"), "imag": _set_part("imag")},
    )
    register(np.generic, _scalar_methods(), _getters())
    register(np.dtype, getters=_OF_DTYPES)
    register(np.finfo, getters=_OF_FLOATS)
    register(np.iinfo, getters={name: _OF_FLOATS[name] for name in ("max", "min", "bits", "dtype")})
    register(Flat)
    array = Type("numpy.ndarray", ndarray, _new_array)
    TYPES[Array] = TYPES[ndarray] = array
    TYPES[np.dtype] = Type("numpy.dtype", np.dtype, dtype_in)
    for kind in NUMBERS:
        known = type(np.dtype(kind))
        TYPES[known] = Type(f"numpy.dtypes.{known.__name__}", known)
    TYPES[np.finfo] = Type("numpy.finfo", np.finfo, lambda dtype: np.finfo(_floating(dtype)))
    TYPES[np.iinfo] = Type("numpy.iinfo", np.iinfo, lambda type: np.iinfo(_integral(type)))
    TYPES[UFunc] = Type("numpy.ufunc", UFunc)
    DTYPES.update({kind: np.dtype(kind) for kind in (int, float, bool, complex)})
    # Of the elements the walk learns by the plain array.
    remembers(Array, lambda array: array.shape, _write_array, lambda array: (array.view(ndarray),))


def _floating(value: Any) -> Any:
    return value.dtype if isinstance(value, (np.ndarray, np.generic)) else dtype_in(value)


def _integral(value: Any) -> Any:
    return type(value) if isinstance(value, int) else _floating(value)


def _write_array(array: Array, state: tuple[Any, ...]) -> None:
    array.shape = state


_install()
