"""Element types and torch's promotion rules.

Sources: c10/core/ScalarType.h (`promoteTypes`) and aten/src/ATen/native/TypeProperties.cpp (`result_type`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

BOOL, INTEGER, FLOAT, COMPLEX = range(4)
_CATEGORY = {"b": BOOL, "u": INTEGER, "i": INTEGER, "f": FLOAT, "c": COMPLEX}


class DType:
    """One element type, as `torch.float32` is one.

    name: torch's name ("float32"). np: numpy's dtype. scalar: the name in torch's messages ("Float").
    c_name: the C++ name in other messages of torch ("float", "long int").
    """

    __slots__ = ("c_name", "category", "name", "np", "scalar")

    def __init__(self, name: str, scalar: str, c_name: str) -> None:
        self.name = name
        self.np: np.dtype[Any] = np.dtype(name)
        self.category = _CATEGORY[self.np.kind]
        self.scalar = scalar
        self.c_name = c_name

    @property
    def is_floating_point(self) -> bool:
        return self.category == FLOAT

    @property
    def is_complex(self) -> bool:
        return self.category == COMPLEX

    @property
    def is_signed(self) -> bool:
        return self.np.kind not in "bu"

    @property
    def is_differentiable(self) -> bool:
        return self.category >= FLOAT

    @property
    def itemsize(self) -> int:
        return self.np.itemsize

    @property
    def tensor_type(self) -> str:
        """The legacy class name, `torch.FloatTensor`."""
        return f"torch.{self.scalar}Tensor"

    def to_complex(self) -> DType:
        """The complex type of the same width (torch.dtype.to_complex)."""
        return self if self.is_complex else complex128 if self is float64 else complex64

    def to_real(self) -> DType:
        """The real type of a complex type's parts (torch.dtype.to_real)."""
        return {complex64: float32, complex128: float64}.get(self, self)

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


bool_: Final = DType("bool", "Bool", "bool")
uint8: Final = DType("uint8", "Byte", "unsigned char")
int8: Final = DType("int8", "Char", "signed char")
int16: Final = DType("int16", "Short", "short")
int32: Final = DType("int32", "Int", "int")
int64: Final = DType("int64", "Long", "long int")
float16: Final = DType("float16", "Half", "c10::Half")
float32: Final = DType("float32", "Float", "float")
float64: Final = DType("float64", "Double", "double")
complex64: Final = DType("complex64", "ComplexFloat", "c10::complex<float>")
complex128: Final = DType("complex128", "ComplexDouble", "c10::complex<double>")

ALL: Final = (bool_, uint8, int8, int16, int32, int64, float16, float32, float64, complex64, complex128)
ALIASES: Final = {
    "half": float16,
    "float": float32,
    "double": float64,
    "short": int16,
    "int": int32,
    "long": int64,
    "cfloat": complex64,
    "cdouble": complex128,
}
_BY_NUMPY: Final = {dtype.np: dtype for dtype in ALL}


DType.__name__ = "torch.dtype"  # as errors name it, Python's own too


class _Default:
    """The dtype of new floating-point tensors (torch.set_default_dtype)."""

    __slots__ = ("dtype",)

    def __init__(self) -> None:
        self.dtype = float32


_default = _Default()


def default() -> DType:
    """torch.get_default_dtype()."""
    return _default.dtype


def set_default(dtype: DType) -> None:
    """torch.set_default_dtype(dtype). Raises TypeError for types that are not floating point."""
    if not dtype.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    _default.dtype = dtype


def of(dtype: np.dtype[Any]) -> DType:
    """The torch type of a numpy dtype. Raises TypeError where torch has none."""
    try:
        return _BY_NUMPY[dtype]
    except KeyError:
        supported = ", ".join(str(known.name) for known in reversed(ALL))
        raise TypeError(
            f"can't convert np.ndarray of type numpy.{dtype}. The only supported types are: {supported}."
        ) from None


def of_number(value: complex) -> DType:
    """The type a Python number has as a tensor operand."""
    if isinstance(value, bool):
        return bool_
    if isinstance(value, int):
        return int64
    return default() if isinstance(value, float) else default().to_complex()


_promoted: dict[tuple[DType, DType], DType] = {}


def promote_types(a: DType, b: DType) -> DType:
    """torch.promote_types: the smallest type that holds both, where a higher category brings its own width."""
    if a is b:
        return a
    found = _promoted.get((a, b))
    if found is None:
        low, high = (a, b) if a.category <= b.category else (b, a)
        if low.category == high.category or low.category == FLOAT:
            # numpy's answer for complex64 with float16 and for uint8 with int8 is torch's too.
            found = of(np.promote_types(low.np, high.np))
        else:
            found = high
        _promoted[a, b] = found
    return found


def _combine(higher: DType | None, lower: DType | None) -> DType | None:
    """torch's `combine_categories`: a lower rank counts only if its category is higher."""
    if higher is None or lower is None:
        return higher or lower
    if higher.is_complex:
        return higher
    if higher.is_floating_point:
        return higher.to_complex() if lower.is_complex else higher
    if higher is bool_ or lower.category >= FLOAT:
        return promote_types(higher, lower)
    return higher


def result_type(operands: Iterable[Any]) -> DType:
    """torch.result_type over ndarrays and Python numbers.

    n-dim arrays outrank 0-dim arrays, which outrank Python numbers.
    """
    dimensioned: DType | None = None
    zero_dim: DType | None = None
    number: DType | None = None
    for operand in operands:
        if isinstance(operand, np.ndarray):
            dtype = of(operand.dtype)
            if operand.ndim:
                dimensioned = dtype if dimensioned is None else promote_types(dimensioned, dtype)
            else:
                zero_dim = dtype if zero_dim is None else promote_types(zero_dim, dtype)
        else:
            dtype = of_number(operand)
            number = dtype if number is None else promote_types(number, dtype)
    result = _combine(dimensioned, _combine(zero_dim, number))
    assert result is not None, "result_type of nothing"
    return result


def float_of(dtype: DType) -> DType:
    """The type of exp, sqrt, division…: integers and booleans become the default float."""
    return dtype if dtype.category >= FLOAT else default()


def can_cast(source: DType, target: DType) -> bool:
    """torch.can_cast: never to a lower category."""
    return not (source.category > target.category and (target.category < INTEGER or source.category > INTEGER))


def too_big(value: int) -> OverflowError:
    """The error for an integer beyond 64 bits."""
    return OverflowError("int too big to convert" if value > 0 else "can't convert negative int to unsigned")


_constants: dict[tuple[complex, np.dtype[Any]], np.ndarray[Any, Any]] = {}
float32_constants: dict[complex, np.ndarray[Any, Any]] = {}  # those that are looked for in every loop
_FLOAT32 = np.dtype(np.float32)


def constant(value: complex, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """A Python number as a read-only 0-dim array, integers wrapping as in C (int8 + 300).

    Raises OverflowError for integers beyond 64 bits. Kept, since most literals come back: numpy needs twice the
    time for a bare Python number.
    """
    found = _constants.get((value, dtype))
    if found is None:
        if isinstance(value, int) and not -(2**63) <= value < 2**64:
            raise too_big(value)
        if dtype.kind in "ui":
            found = np.array(_wrapped(int(value.real), dtype), dtype)
        else:
            with np.errstate(over="ignore"):
                found = np.asarray(np.asarray(value).astype(dtype))
        found.flags.writeable = False
        if value != 0:  # 0.0 == -0.0 would share one entry
            if len(_constants) >= 1024:
                _constants.clear()
                float32_constants.clear()
            _constants[value, dtype] = found
            if dtype is _FLOAT32:
                float32_constants[value] = found
    return found


def _wrapped(value: int, dtype: np.dtype[Any]) -> int:
    bits = 8 * dtype.itemsize
    value &= (1 << bits) - 1
    return value - (1 << bits) if dtype.kind == "i" and value >> (bits - 1) else value
