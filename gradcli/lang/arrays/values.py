"""numpy's arrays and numbers as values of the language: what they are, and what operators do with them.

An array of the language is an `Array`, a view of numpy's own class that measures every result before it is allocated,
lets no array of Python objects come into being, and prints as numpy prints. numpy's scalars are values as they are.
What has come from a program goes to numpy through `given`; what numpy answers comes back through `taken`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, Final

import numpy as np

from gradcli.engine.limits import LimitExceeded, limits, work
from gradcli.engine.tensor import Tensor
from gradcli.lang.budget import MAX_NESTED_KEY, tree
from gradcli.lang.values.table import Type, type_name

ndarray = np.ndarray
Plain = np.ndarray[Any, np.dtype[Any]]

# The types of elements: no objects, no records, no dates, nothing that another machine has not.
NUMBERS: Final = (
    *(np.bool, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64),
    *(np.float16, np.float32, np.float64, np.complex64, np.complex128),
)
_DTYPES: Final = frozenset(map(np.dtype, NUMBERS))
MOST_PRINTED: Final = 1_000_000
MOST_TEXT: Final = 1000  # characters of an element: beside a long one, all others are as long

# What `numpy.set_printoptions` has been told.
PRINT_OPTIONS: dict[str, Any] = {}


class Array(ndarray):
    """An array of the language."""

    __slots__ = ()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **named: Any) -> Any:
        if method == "reduce":  # what `value in array` ends in
            return ufunc.reduce(*map(given, inputs), **named)
        return apply(ufunc, inputs, named) if method == "__call__" else NotImplemented

    def __getitem__(self, index: Any) -> Any:
        plain = self.view(ndarray)
        if type(index) is int or type(index) is slice:
            return taken(plain[index])
        at = subscript(index)
        _check_subscript(plain, at)
        return taken(plain[at])

    def __setitem__(self, index: Any, value: Any) -> None:
        self.view(ndarray)[subscript(index)] = assigned(value)

    def __repr__(self) -> str:
        return text_of(self, np.array_repr)

    def __str__(self) -> str:
        return text_of(self, str)

    def __format__(self, spec: str) -> str:
        plain = self.view(ndarray)
        return format(plain if self.ndim else plain[()], spec)

    def __hash__(self) -> int:  # type: ignore[override]
        raise TypeError("unhashable type: 'numpy.ndarray'")


Array.__name__ = Array.__qualname__ = "numpy.ndarray"  # what Python's own errors call it


def text_of(array: Plain, draw: Callable[[Any], str]) -> str:
    """What an array prints as. Raises LimitExceeded if more than a million elements would be drawn."""
    if MOST_PRINTED < array.size <= PRINT_OPTIONS.get("threshold", 1000):
        raise LimitExceeded(f"the array has {array.size} elements, and the limit for printing is {MOST_PRINTED}", "")
    with np.printoptions(**PRINT_OPTIONS):
        return draw(array.view(ndarray))


# ---------------------------------------------------------------- limits


def reserve(shape: Sequence[int], dtype: Any) -> None:
    """Refuse an array that is too large, in numpy's words. Raises LimitExceeded."""
    size = prod(shape) * np.dtype(dtype).itemsize
    if size > limits.max_bytes:
        text = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
        raise LimitExceeded(
            f"Unable to allocate {_readable(size)} for an array with shape ({text}) and data type {np.dtype(dtype)}",
            "--max-memory",
        )


def _readable(size: int) -> str:
    """A number of bytes as numpy's MemoryError has it."""
    units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    unit = min(max(size.bit_length() - 1, 1) // 10, len(units) - 1)
    number = size / (1 << (10 * unit))
    if unit == 0:
        return f"{size} bytes"
    digits = 0 if number >= 100 else 1 if number >= 10 else 2
    return f"{number:.{digits}f} {units[unit]}"


def reserve_bytes(size: int) -> None:
    """Refuse to read or make so many bytes at once."""
    if size > limits.max_bytes:
        reserve((size,), np.uint8)


# ---------------------------------------------------------------- from the language to numpy


def given(value: Any) -> Any:
    """What numpy gets for a value of a program: plain arrays, numbers, texts, and lists and tuples of them.

    Raises TypeError for what would become an object in an array, RuntimeError for a tensor that requires grad.
    """
    kind = type(value)
    if kind is Array:
        return value.view(ndarray)
    if kind is list or kind is tuple:
        tree(value, deepest=MAX_NESTED_KEY)
        converted, count, widest = _sequence(value)
        reserve_bytes(count * max(8, 4 * widest))
        return converted
    return _single(value)


_AS_THEY_ARE: Final = frozenset((int, float, bool, complex, slice, range, type(None), type(Ellipsis), *NUMBERS))


def _single(value: Any) -> Any:
    kind = type(value)
    if kind is str:
        return _text(value)
    if kind in _AS_THEY_ARE or isinstance(value, (np.generic, np.dtype)):
        return value
    if isinstance(value, ndarray):
        return _checked(value.view(ndarray))
    if kind is Tensor:
        return array_in(value)
    if kind is Type and value.python in _TYPES:
        return value.python
    if value in _TYPES if isinstance(value, type) else False:
        return value
    if isinstance(value, (int, float, str)):
        return _text(value) if isinstance(value, str) else value
    if isinstance(value, tuple):  # torch.Size, and the results with named fields
        return tuple(map(given, value))
    raise TypeError(f"numpy takes no values of type {type_name(value)!r} here: object arrays are not supported")


def _text(value: str) -> str:
    if len(value) > MOST_TEXT:
        raise LimitExceeded(f"text too long for an array: {len(value)} characters, the limit is {MOST_TEXT}", "")
    return value


def _sequence(values: Any) -> tuple[Any, int, int]:
    """The items converted; how many elements they have in all, and how long the longest text among them is."""
    result, count, widest = [], 0, 0
    for value in values:
        kind = type(value)
        if kind is float or kind is int or kind is bool:
            result.append(value)
            count += 1
            continue
        if kind is list or kind is tuple:
            value, inner, width = _sequence(value)
            count, widest = count + inner, max(widest, width)
        else:
            value = value.view(ndarray) if kind is Array else _single(value)
            count += value.size if isinstance(value, ndarray) else 1
            widest = max(widest, len(value)) if isinstance(value, str) else widest
        result.append(value)
    return (tuple(result) if type(values) is tuple else result), count, widest


def array_in(tensor: Tensor) -> Plain:
    """The array that a tensor holds, shared. Raises RuntimeError if the tensor requires grad."""
    found: Plain = tensor.numpy()
    return found


def _checked(array: Plain) -> Plain:
    if array.dtype not in _DTYPES and array.dtype.kind != "U":
        what = "object arrays" if array.dtype.hasobject else f"arrays of {array.dtype}"
        raise TypeError(f"{what} are not supported")
    if array.itemsize > 4 * MOST_TEXT:
        raise LimitExceeded(f"arrays of {array.dtype} are not supported: the limit is {MOST_TEXT} characters", "")
    return array


def plain_array(value: Any) -> Plain:
    """A value of a program as a plain array; shared if it is one. Raises TypeError for what is no array of numbers."""
    return _checked(np.asarray(given(value)))


_TYPES: Final = frozenset((int, float, bool, complex, str, *NUMBERS, np.str_, np.number, np.generic, np.integer))


def dtype_in(value: Any) -> np.dtype[Any] | None:
    """The dtype that a program asks for; None for None. Raises TypeError in numpy's words for what is none."""
    if value is None:
        return None
    if type(value) is Type:
        value = value.python
    if not isinstance(value, (str, np.dtype)) and not (isinstance(value, type) and value in _TYPES):
        raise TypeError(f"Cannot interpret '{value!r}' as a data type")
    found = np.dtype(value)
    if found not in _DTYPES and found.kind != "U":
        raise TypeError(f"arrays of {found} are not supported")
    if found.itemsize > 4 * MOST_TEXT:
        raise LimitExceeded(f"arrays of {found} are not supported: the limit is {MOST_TEXT} characters", "")
    return found


# ---------------------------------------------------------------- from numpy to the language


def taken(result: Any) -> Any:
    """What numpy has answered, as a value of the language. Raises TypeError for an array of objects."""
    kind = type(result)
    if kind is ndarray:
        return _checked(result).view(Array)
    if kind is tuple or kind is list:
        return kind(map(taken, result))
    return kind(*map(taken, result)) if isinstance(result, tuple) else result  # SVDResult and its like


# ---------------------------------------------------------------- operators

_COMPARE: Final = {"less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">="}
_SYMBOLS: Final = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "floor_divide": "//",
    "remainder": "%",
    "power": "** or pow()",
    "matmul": "@",
    "bitwise_and": "&",
    "bitwise_or": "|",
    "bitwise_xor": "^",
    "left_shift": "<<",
    "right_shift": ">>",
}
_WEAK: Final = frozenset((int, float, bool, complex))


def apply(ufunc: Any, inputs: Sequence[Any], named: dict[str, Any]) -> Any:
    """A ufunc of numpy on values of a program."""
    operands: list[Any] = []
    arrays: list[Plain] = []
    for value in inputs:
        kind = type(value)
        if kind is Array:
            value = value.view(ndarray)
            arrays.append(value)
        elif kind not in _WEAK and not isinstance(value, np.generic):
            if isinstance(value, (ndarray, list, tuple, str, range)) or kind is Tensor:
                value = plain_array(value)
                arrays.append(value)
            else:
                return _with_object(ufunc, inputs, value)
        operands.append(value)
    if len(arrays) > 1 or (arrays and arrays[0].nbytes > limits.max_bytes):
        _check_ufunc(ufunc, arrays)
    out = named.get("out")
    if out is not None:
        named = {**named, "out": tuple(map(_target, out if type(out) is tuple else (out,)))}
    if named:
        named = {name: dtype_in(value) if name == "dtype" else _option(name, value) for name, value in named.items()}
    result = ufunc(*operands, **named)
    if out is not None:
        return out[0] if type(out) is tuple and len(out) == 1 else out
    return taken(result)


_UFUNC_OPTIONS: Final = ("out", "where", "casting")


def _option(name: str, value: Any) -> Any:
    if name not in _UFUNC_OPTIONS:
        raise TypeError(f"ufunc() got an unexpected keyword argument {name!r}")
    return value if name == "out" else given(value)


def _target(value: Any) -> Any:
    if value is not None and type(value) is not Array:
        raise TypeError("return arrays must be of ArrayType")
    return None if value is None else value.view(ndarray)


def _check_ufunc(ufunc: Any, arrays: list[Plain]) -> None:
    if ufunc.signature is not None:
        _check_product(*arrays)
        return
    first = arrays[0].shape
    if all(array.shape == first for array in arrays) and prod(first) < 1 << 24:
        return
    shape: list[int] = []
    for array in arrays:
        for axis, size in enumerate(reversed(array.shape)):
            if axis == len(shape):
                shape.append(size)
            elif shape[axis] == 1:
                shape[axis] = size
            # sizes that clash are numpy's to complain of
    reserve(shape[::-1], np.result_type(*[array.dtype for array in arrays]))


def _check_product(left: Plain, right: Plain) -> None:
    """matmul: the batch, rows and columns of the result, and the sums inside."""
    batch = max(prod(left.shape[:-2]), 1) * max(prod(right.shape[:-2]), 1) if max(left.ndim, right.ndim) > 2 else 1
    if batch > 1:  # the two batches are broadcast, not multiplied
        batch = prod(map(max, zip(*_aligned(left.shape[:-2], right.shape[:-2]), strict=True)))
    rows = left.shape[-2] if left.ndim > 1 else 1
    columns = right.shape[-1] if right.ndim > 1 else 1
    inner = left.shape[-1] if left.ndim else 1
    reserve((batch, rows, columns), np.result_type(left, right))
    work(batch * rows * columns * inner)


def _aligned(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    rank = max(len(left), len(right))
    return (1,) * (rank - len(left)) + left, (1,) * (rank - len(right)) + right


def _with_object(ufunc: Any, inputs: Sequence[Any], other: Any) -> Any:
    """An array beside what is no number: equal it is not, and nothing else can be done with it."""
    name = ufunc.__name__
    array = next((value for value in inputs if type(value) is Array), None)
    if array is not None and name in ("equal", "not_equal"):
        reserve(array.shape, np.bool)
        return np.full(array.shape, name == "not_equal").view(Array)
    names = [type_name(value) if type(value) is not Array else _element(value) for value in inputs]
    if len(names) < 2:
        raise TypeError(
            f"loop of ufunc does not support argument 0 of type {names[0]} which has no callable {name} method"
        )
    if name in _COMPARE:
        raise TypeError(f"{_COMPARE[name]!r} not supported between instances of {names[0]!r} and {names[1]!r}")
    raise TypeError(f"unsupported operand type(s) for {_SYMBOLS.get(name, name)}: {names[0]!r} and {names[1]!r}")


def _element(array: Plain) -> str:
    """The Python type of an array's elements."""
    return {"b": "bool", "f": "float", "c": "complex", "U": "str"}.get(array.dtype.kind, "int")


# ---------------------------------------------------------------- subscripts


def subscript(index: Any) -> Any:
    """What stands between the brackets, for numpy."""
    if type(index) is tuple:
        return tuple([part if type(part) in (int, slice) else _subscript_part(part) for part in index])
    return _subscript_part(index)


def _subscript_part(part: Any) -> Any:
    if isinstance(part, str):
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays are "
            "valid indices"
        )
    if type(part) is list or type(part) is range:
        array = plain_array(part)
        return array if array.size else array.astype(np.intp)
    return given(part)


def _check_subscript(array: Plain, index: Any) -> None:
    """Refuse a choice of elements that is too large: basic subscripts are views, others choose as often as they say."""
    parts = index if type(index) is tuple else (index,)
    chosen: list[Any] = []
    kept = 1
    axis = 0
    taken_up = sum(_axes(part) for part in parts)
    for part in parts:
        if part is Ellipsis:
            skipped = max(array.ndim - taken_up, 0)
            kept *= prod(array.shape[axis : axis + skipped])
            axis += skipped
        elif isinstance(part, (ndarray, list)):
            chosen.append(part)
            axis += _axes(part)
        elif isinstance(part, slice):
            kept *= len(range(*part.indices(array.shape[axis]))) if axis < array.ndim else 1
            axis += 1
        else:
            axis += _axes(part)
    if chosen:
        counts = [int(part.sum()) if part.dtype.kind == "b" else part.size for part in map(np.asarray, chosen)]
        shapes = [
            (n,) if p.dtype.kind == "b" else p.shape for n, p in zip(counts, map(np.asarray, chosen), strict=True)
        ]
        bound = max(counts) if len(set(shapes)) == 1 else prod(max(n, 1) for n in counts)
        reserve((bound, kept, prod(array.shape[axis:])), array.dtype)


def _axes(part: Any) -> int:
    """How many axes of the array a part stands for."""
    if part is None or part is Ellipsis:
        return 0
    if isinstance(part, (bool, np.bool)):
        return 0
    return part.ndim if isinstance(part, ndarray) and part.dtype.kind == "b" else 1


def assigned(value: Any) -> Any:
    """What is assigned to elements: a single number of a tensor leaves the graph, as with torch."""
    if type(value) is Tensor and not value.array.ndim:
        return value.array
    found = given(value)
    return _checked(np.asarray(found)) if isinstance(found, (list, tuple)) else found
