"""Nested lists of numbers as arrays: what torch.tensor does with its data.

Regular lists of Python numbers go to numpy in one piece. All else (ragged lists, tensors and numpy's numbers among the
elements, wrong types) takes the slow way, which is torch's own and finds torch's error at torch's element. numpy never
sees an element that is no number, so it cannot make an array of objects.

Source: torch/csrc/utils/tensor_new.cpp (`compute_sizes`, `infer_scalar_type`, `recursive_store`), python_scalars.h.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from functools import cache
from itertools import chain
from math import isfinite, isnan
from typing import Any, Final

import numpy as np

from gradcli.engine import dtypes
from gradcli.engine.dtypes import DType, bool_, int64
from gradcli.engine.errors import warn_once
from gradcli.engine.kinds import type_name
from gradcli.engine.limits import reserve
from gradcli.engine.modes import state
from gradcli.engine.tensor import Tensor

Array = np.ndarray[Any, np.dtype[Any]]

_MAX_DIMS: Final = 128
_SEQUENCES: Final = (list, tuple, range, str, bytes, bytearray)
_PLAIN_SEQUENCES: Final = {list, tuple, range}
_PLAIN: Final = {bool, int, float, complex}
_SLOW: Final = (
    "Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider converting the list to a "
    "single numpy.ndarray with numpy.array() before converting to a tensor."
)


def array_of(data: Any, dtype: DType | None) -> Array:
    """A new array of nested sequences of numbers, or of one number; the dtype is torch's for them if not given.

    Raises ValueError, TypeError, RuntimeError in torch's words for data that is ragged, too deep or no number.
    """
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type_name(data)}'")
    if isinstance(data, np.ndarray):
        native = checked_array(data)
        reserve(native.shape, dtype.np if dtype else native.dtype)
        return native.astype(dtype.np) if dtype else native.copy()
    sizes = _sizes(data)
    leaves = _leaves(data, sizes)
    if leaves is not None:
        kinds = set(map(type, leaves))
        if kinds <= _PLAIN:
            target = dtype or _type_of_kinds(kinds)
            reserve(tuple(sizes), target.np)
            packed = _packed(leaves, kinds, target)
            if packed is not None:
                return packed.reshape(sizes)
    return _array_slowly(data, sizes, dtype)


def checked_array(array: Array) -> Array:
    """A numpy array that a tensor may share memory with. Raises TypeError, ValueError for what torch cannot hold."""
    if array.dtype.kind not in "biufc" or array.dtype.newbyteorder("=") not in _known():
        name = array.dtype.type.__name__
        raise TypeError(
            f"can't convert np.ndarray of type numpy.{name}. The only supported types are: float64, float32, float16, "
            "complex64, complex128, int64, int32, int16, int8, uint64, uint32, uint16, uint8, and bool."
        )
    if any(stride < 0 for stride in array.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
            "currently supported. (You can probably work around this by making a copy of your array  with "
            "array.copy().) "
        )
    if not array.dtype.isnative:
        raise ValueError(
            "given numpy array has byte order different from the native byte order. Conversion between byte orders is "
            "currently not supported."
        )
    return array


def _known() -> set[np.dtype[Any]]:
    return {dtype.np for dtype in dtypes.ALL}


def _sizes(data: Any) -> list[int]:
    """The shape that the first elements, all the way down, promise."""
    sizes: list[int] = []
    while isinstance(data, (*_SEQUENCES, np.ndarray)):
        sizes.append(len(data))
        if len(sizes) > _MAX_DIMS:
            raise ValueError(f"too many dimensions '{type_name(data)}'")
        if not sizes[-1]:
            break
        data = data[0]
    return sizes


def _leaves(data: Any, sizes: list[int]) -> list[Any] | None:
    """The elements in order, if all lists are as long as the first of their depth."""
    level = [data]
    for size in sizes:
        if not set(map(type, level)) <= _PLAIN_SEQUENCES or set(map(len, level)) != {size}:
            return None
        level = list(chain.from_iterable(level))
    return level


def _type_of_kinds(kinds: set[type]) -> DType:
    if complex in kinds:
        return dtypes.default().to_complex()
    if float in kinds or not kinds:
        return dtypes.default()
    return int64 if int in kinds else bool_


def _packed(leaves: list[Any], kinds: set[type], target: DType) -> Array | None:
    """An array of Python numbers, or None where one of them may not fit: which, the slow way tells."""
    kind = target.np.kind
    if kind == "b":
        return np.array([value != 0 for value in leaves], bool)
    if kind in "iu":
        return _packed_integers(leaves, kinds, target)
    if complex in kinds and kind == "f":
        return None
    try:
        with np.errstate(over="ignore"):
            if target is dtypes.float16:
                return np.array(leaves, np.float32).astype(np.float16)
            return np.array(leaves, target.np)
    except OverflowError:
        return None


def _packed_integers(leaves: list[Any], kinds: set[type], target: DType) -> Array | None:
    if float in kinds or complex in kinds:
        return None
    try:
        wide = np.array(leaves, np.int64)
    except OverflowError:
        return None
    if target is int64 or not leaves:
        return wide.astype(target.np, copy=False)
    bounds = np.iinfo(target.np)
    lowest = -bounds.max if target.np.kind == "u" else bounds.min
    return wide.astype(target.np) if lowest <= wide.min() and wide.max() <= bounds.max else None


# --- the slow way --------------------------------------------------------------------------------------------------


def _array_slowly(data: Any, sizes: list[int], dtype: DType | None) -> Array:
    target = dtype or _inferred(data, 0)
    reserve(tuple(sizes), target.np)
    if 0 in sizes:
        return np.zeros(sizes, target.np)
    found: list[Any] = []
    _store(data, sizes, 0, _storing(target), found)
    with np.errstate(over="ignore"):
        if target.np.kind == "u":  # torch takes -1 for 255, numpy does not
            return np.array(found, np.int64).astype(target.np).reshape(sizes)
        return np.array(found, target.np).reshape(sizes)


def _inferred(value: Any, depth: int) -> DType:
    """The dtype of an element, or the one to which all elements of a sequence are promoted."""
    if isinstance(value, Tensor):
        return value.dtype
    if isinstance(value, (np.ndarray, np.generic)) and not isinstance(value, (str, bytes)):
        return dtypes.of(value.dtype)
    if isinstance(value, (bool, int, float, complex)):
        return dtypes.of_number(value)
    if isinstance(value, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type_name(value)}'")
    if not isinstance(value, _SEQUENCES):
        raise RuntimeError(f"Could not infer dtype of {type_name(value)}")
    if depth > _MAX_DIMS:
        raise ValueError(f"too many dimensions '{type_name(value)}'")
    if not len(value):
        return dtypes.default()
    found: DType | None = None
    for item in value:
        if isinstance(item, np.ndarray):
            warn_once(_SLOW)
        if item is value:
            raise TypeError("new(): self-referential lists are incompatible")
        dtype = _inferred(item, depth + 1)
        found = dtype if found is None else dtypes.promote_types(found, dtype)
        if found is dtypes.complex128:
            break
    assert found is not None
    return found


def _store(value: Any, sizes: list[int], dim: int, convert: Callable[[Any], Any], found: list[Any]) -> None:
    if dim == len(sizes):
        found.append(convert(value))
        return
    items = list(_items(value))
    if len(items) != sizes[dim]:
        raise ValueError(f"expected sequence of length {sizes[dim]} at dim {dim} (got {len(items)})")
    for item in items:
        _store(item, sizes, dim + 1, convert, found)


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, Tensor):
        if value.array.ndim:
            return map(Tensor, value.array)
    elif isinstance(value, (*_SEQUENCES, np.ndarray, set, frozenset, dict)):
        return iter(value)
    raise TypeError("not a sequence")


def _storing(dtype: DType) -> Callable[[Any], Any]:
    """What makes a Python number that fits `dtype` of an element."""
    if dtype is bool_:
        return _as_bool
    if dtype.is_complex:
        return _as_complex
    if dtype.is_floating_point:
        return _as_float
    return lambda value: checked_integer(_as_integer(value), dtype, dtype.name)


def _scalar(tensor: Tensor) -> Any:
    if tensor.array.size != 1:
        raise ValueError("only one element tensors can be converted to Python scalars")
    if state.grad and tensor.requires_grad:
        warn_once(
            "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
            "Consider using tensor.detach() first."
        )
    return tensor.array.item()


def _as_float(value: Any) -> float:
    if isinstance(value, Tensor):
        value = _scalar(value)
        if isinstance(value, complex):
            if value.imag:
                raise RuntimeError("value cannot be converted to type double without overflow")
            value = value.real
    if isinstance(value, (float, int, np.number, np.bool_)) and not isinstance(value, np.complexfloating):
        return float(value)
    raise TypeError(f"must be real number, not {type_name(value)}")


def _as_complex(value: Any) -> complex:
    if isinstance(value, Tensor):
        value = _scalar(value)
    if isinstance(value, (complex, float, int, np.number, np.bool_)):
        return complex(value)
    raise TypeError(f"must be real number, not {type_name(value)}")


def _as_bool(value: Any) -> bool:
    if isinstance(value, (float, complex, int)):
        return value != 0
    return _index(value) != 0


def _as_integer(value: Any) -> int | float:
    if isinstance(value, float):
        return value
    number = _index(value)
    if not -(2**63) <= number < 2**63:
        raise ValueError("Overflow when unpacking long long")
    return number


def _index(value: Any) -> int:
    if isinstance(value, Tensor):
        if value.array.size != 1 or value.array.dtype.kind not in "iub":
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(value.array.item())
    if isinstance(value, np.bool_):
        return int(value)
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"'{type_name(value)}' object cannot be interpreted as an integer") from None


# --- numbers that fit ----------------------------------------------------------------------------------------------

_C_NAMES: Final = {
    "uint8": "uint8_t",
    "int8": "int8_t",
    "int16": "int16_t",
    "int32": "int",
    "int64": "int64_t",
}


def checked_integer(value: float, dtype: DType, name: str) -> int:
    """A number cut to an integer of `dtype`; unsigned types take negative ones (c10::checked_convert).

    Raises RuntimeError where it does not fit, calling the type `name`.
    """
    bounds = np.iinfo(dtype.np)
    lowest, highest = int(bounds.min), int(bounds.max)
    if dtype.np.kind == "u" and isinstance(value, int):
        lowest = -highest
    if isnan(value) or not lowest <= value <= highest:
        raise RuntimeError(f"value cannot be converted to type {name} without overflow")
    return int(value)


def checked_number(value: complex, dtype: DType) -> Any:
    """A number as `dtype` holds it (c10::Scalar::to). Raises RuntimeError where it does not fit."""
    if dtype is bool_:
        return value != 0
    if dtype.is_complex:
        largest = _largest(dtype.np)
        parts = (value.real, value.imag)
        if all(_fits(part, largest) for part in parts):
            return value
        raise RuntimeError(f"value cannot be converted to type {dtype.c_name} without overflow")
    name = _C_NAMES.get(dtype.name, dtype.c_name)
    if isinstance(value, complex):
        if value.imag:
            raise RuntimeError(f"value cannot be converted to type {name} without overflow")
        value = value.real
    if not dtype.is_floating_point:
        number = checked_integer(value, dtype, name)
        return number + 2 ** (8 * dtype.itemsize) if number < 0 and dtype.np.kind == "u" else number
    if not _fits(value, _largest(dtype.np)):
        raise RuntimeError(f"value cannot be converted to type {name} without overflow")
    return value


@cache
def _largest(dtype: np.dtype[Any]) -> float:
    return float(np.finfo(dtype).max)


def _fits(part: float, largest: float) -> bool:
    return abs(part) <= largest or not isfinite(part)
