"""Kinds of parameters: what an operator's annotations mean, which values they accept, and how torch names them.

An operator entry is a function whose annotations are kinds (`input: Operand | Number, dim: Dims | None`). They are read
as strings when the operator is first called; a type checker reads the aliases below.

Source: torch/csrc/utils/python_arg_parser.cpp (`FunctionParameter::check`, `type_name`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradcli.engine.dtypes import DType, bool_, complex128, float64, int64, too_big
from gradcli.engine.size import Size as TorchSize

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]
    FloatArray: TypeAlias = Array
    Operand: TypeAlias = Array
    FloatOperand: TypeAlias = Array
    Arrays: TypeAlias = Sequence[Array]
    Operands: TypeAlias = Sequence[Array]
    Number: TypeAlias = bool | int | float | complex
    Dim: TypeAlias = int
    NewDim: TypeAlias = int
    Dims: TypeAlias = tuple[int, ...]
    DimList: TypeAlias = tuple[int, ...]
    Size: TypeAlias = tuple[int, ...]
    Ints: TypeAlias = tuple[int, ...]
    Floats: TypeAlias = tuple[float, ...]
    Generator: TypeAlias = Any
    Device: TypeAlias = Any
    Layout: TypeAlias = Any
    MemoryFormat: TypeAlias = Any
    Object: TypeAlias = Any

Convert = Callable[[Any], Any]


class _Nobody:
    """Stands for a class that no layer has registered yet."""


class _Known:
    """The classes that this module recognises but does not import, and what tells a Parameter from a Tensor."""

    __slots__ = ("device", "generator", "is_parameter", "layout", "memory_format", "tensor")

    def __init__(self) -> None:
        self.tensor: type[Any] = _Nobody
        self.is_parameter: Callable[[Any], bool] = lambda tensor: False
        self.generator: type = _Nobody
        self.device: type = _Nobody
        self.layout: type = _Nobody
        self.memory_format: type = _Nobody


known: Final = _Known()
_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE


def type_name(value: object) -> str:
    """A value's type as torch's messages name it: CPython's `tp_name`, which has the module for C types alone."""
    kind = type(value)
    if kind is known.tensor and known.is_parameter(value):
        return "Parameter"
    plain = kind.__flags__ & _HEAP_TYPE or kind.__module__ == "builtins"
    return kind.__name__ if plain else f"{kind.__module__}.{kind.__name__}"


# --- which values are accepted -------------------------------------------------------------------------------------


def is_tensor(value: Any) -> bool:
    """Is this a Tensor?"""
    return isinstance(value, known.tensor)


def is_number(value: Any) -> bool:
    """A Python or numpy number (THPUtils_checkScalar)."""
    return isinstance(value, (int, float, complex, np.number, np.bool_))


def _is_scalar_tensor(value: Any) -> bool:
    return is_tensor(value) and not value.array.ndim and not value.requires_grad


def _accepts_scalar(value: Any) -> bool:
    return is_number(value) or _is_scalar_tensor(value)


def _accepts_complex(value: Any) -> bool:
    return isinstance(value, complex) or _accepts_float(value)


def _accepts_float(value: Any) -> bool:
    return (is_number(value) and not isinstance(value, (complex, np.complexfloating))) or _is_scalar_tensor(value)


def is_int(value: Any) -> bool:
    """A Python or numpy integer, no bool (THPUtils_checkLong)."""
    return type(value) is int or (isinstance(value, (int, np.integer)) and not isinstance(value, bool))


def _accepts_int(value: Any) -> bool:
    return is_int(value) or (_is_scalar_tensor(value) and value.array.dtype.kind in "iu")


def _is_index(value: Any) -> bool:
    """An integer as a size or an index takes it: also any one-element integer tensor, and arrays with `__index__`."""
    if is_int(value):
        return True
    if is_tensor(value):
        return bool(value.array.size == 1 and value.array.dtype.kind in "iub")
    return isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "iu"


def failed_element(value: Any) -> bool:
    """Does torch blame the first element of this sequence, where integers are wanted? It looks at no other."""
    return isinstance(value, (tuple, list)) and len(value) > 0 and not _is_index(value[0])


def is_int_list(value: Any) -> bool:
    """A tuple or list whose first element is an integer: torch finds the others out while unpacking."""
    return isinstance(value, (tuple, list)) and not failed_element(value)


def _accepts_int_or_list(value: Any) -> bool:
    return is_int_list(value) or _is_index(value)


def _accepts_floats(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and (not value or is_number(value[0]))


def _accepts_tensors(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and all(isinstance(item, known.tensor) for item in value)


def _accepts_dtype(value: Any) -> bool:
    return isinstance(value, DType) or (isinstance(value, type) and value in _PYTHON_DTYPES)


def _accepts_device(value: Any) -> bool:
    return is_int(value) or isinstance(value, (str, known.device))


# --- how they reach the kernel -------------------------------------------------------------------------------------

_PYTHON_DTYPES: Final[dict[type, DType]] = {float: float64, int: int64, bool: bool_, complex: complex128}
_LOW, _HIGH = -(2**63), 2**63


class BadElement(TypeError):
    """An element of a list that torch looks at only when it unpacks the list; the binder says of which argument."""


def _unchanged(value: Any) -> Any:
    return value


def _to_number(value: Any) -> Any:
    if is_tensor(value):
        value = value.array.item()
    elif isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, int) and not _LOW <= value < 2 * _HIGH:
        raise too_big(value)
    return value


def _operand_number(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _to_float(value: Any) -> float:
    if is_tensor(value):
        value = value.array.item()
    if isinstance(value, complex) and value.imag == 0:
        value = value.real
    return float(value)


def _to_int(value: Any) -> int:
    if type(value) is not int:
        value = int(value.array.item()) if is_tensor(value) else int(value)
    if _LOW <= value < _HIGH:
        return int(value)
    raise ValueError("Overflow when unpacking long long")


def _element(value: Any) -> int | None:
    """An element of a size as an int, or None where torch refuses its type. Booleans pass, as in torch."""
    if is_tensor(value):
        if value.array.dtype.kind == "b" and value.array.size == 1:
            raise RuntimeError(
                "Expected scalar.isIntegral( false) to be true, but got false.  (Could this error message be improved?"
                "  If so, please report an enhancement request to PyTorch.)"
            )
        return int(value.array.item()) if _is_index(value) else None
    return int(value) if isinstance(value, int) or _is_index(value) else None


def _to_ints(value: Any) -> tuple[int, ...]:
    for item in value:
        if type(item) is not int or not _LOW <= item < _HIGH:
            break
    else:
        return tuple(value)
    result = []
    for position, item in enumerate(value, 1):
        number = _element(item)
        if number is None:
            reason = f"type must be tuple of ints,but got {type_name(item)}"
        elif not _LOW <= number < _HIGH:
            reason = "Overflow when unpacking long long"
        else:
            result.append(number)
            continue
        raise BadElement(f'failed to unpack the object at pos {position} with error "{reason}"')
    return tuple(result)


def _to_ints_or_int(value: Any) -> tuple[int, ...]:
    return _to_ints(value) if isinstance(value, (tuple, list)) else (_to_int(value),)


def _to_floats(value: Any) -> tuple[float, ...]:
    for position, item in enumerate(value, 1):
        if not _accepts_float(item):
            raise BadElement(f"must be tuple of floats, but found element of type {type_name(item)} at pos {position}")
    return tuple(map(_to_float, value))


def _to_dtype(value: Any) -> DType:
    return value if isinstance(value, DType) else _PYTHON_DTYPES[value]


# --- the table -----------------------------------------------------------------------------------------------------


class Kind:
    """One kind of parameter.

    name: as an annotation says it. shown: torch's name in messages. accepts(value): torch's test. convert(value):
    what the kernel gets. plain: types that reach the kernel untouched. tensors: takes tensors, so
    that acceptance depends on types alone. ints: a list of integers, which may be given as varargs.
    """

    __slots__ = ("accepts", "convert", "ints", "name", "plain", "shown", "tensors")

    def __init__(
        self,
        name: str,
        shown: str,
        accepts: Callable[[Any], bool],
        convert: Convert = _unchanged,
        plain: tuple[type, ...] = (),
        *,
        tensors: bool = False,
        ints: bool = False,
    ) -> None:
        self.name = name
        self.shown = shown
        self.accepts = accepts
        self.convert = convert
        self.plain = plain
        self.tensors = tensors
        self.ints = ints

    def decided_by_type(self, value: Any) -> bool:
        """Would every value of this type (and elements of these types) be treated alike?"""
        if isinstance(value, known.tensor):
            return self.tensors
        if isinstance(value, (list, tuple)):
            if type(value) not in (list, tuple, TorchSize):
                return False
            return self.tensors or not any(isinstance(item, known.tensor) for item in value)
        return not isinstance(value, (type, np.ndarray))


def _instance(*classes: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, classes)


def _tensor_kind(name: str) -> Kind:
    return Kind(name, "Tensor", is_tensor, tensors=True)


KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        _tensor_kind("Array"),  # as it is
        _tensor_kind("FloatArray"),  # integers become the default float
        _tensor_kind("Operand"),  # promoted together with the other operands
        _tensor_kind("FloatOperand"),  # the same, then integers to float
        Kind("Arrays", "tuple of Tensors", _accepts_tensors, tensors=True),
        Kind("Operands", "tuple of Tensors", _accepts_tensors, tensors=True),  # promoted together
        Kind("Number", "Number", _accepts_scalar, _to_number, (bool, float, complex)),
        Kind("complex", "complex", _accepts_complex, _to_number, (float, complex)),
        Kind("float", "float", _accepts_float, _to_float, (float,)),
        Kind("int", "int", _accepts_int, _to_int),
        Kind("Dim", "int", _accepts_int, _to_int),  # counted from the end of input.ndim
        Kind("NewDim", "int", _accepts_int, _to_int),  # of input.ndim + 1
        Kind("Dims", "tuple of ints", _accepts_int_or_list, _to_ints_or_int, ints=True),  # IntArrayRef[1]
        Kind("DimList", "tuple of ints", is_int_list, _to_ints, ints=True),  # IntArrayRef: flip, permute
        Kind("Size", "tuple of ints", is_int_list, _to_ints, (TorchSize,), ints=True),
        Kind("Ints", "tuple of ints", _accepts_int_or_list, _to_ints_or_int, ints=True),  # strides, shifts
        Kind("Floats", "tuple of floats", _accepts_floats, _to_floats),
        Kind("bool", "bool", _instance(bool), plain=(bool,)),
        Kind("str", "str", _instance(str), plain=(str,)),
        Kind("DType", "torch.dtype", _accepts_dtype, _to_dtype, (DType,)),
        Kind("Generator", "torch.Generator", lambda value: isinstance(value, known.generator)),
        Kind("Device", "torch.device", _accepts_device),
        Kind("Layout", "torch.layout", lambda value: isinstance(value, known.layout)),
        Kind("MemoryFormat", "torch.memory_format", lambda value: isinstance(value, known.memory_format)),
        Kind("Object", "object", lambda value: True),
    )
}


def _number_or_tensor(value: Any) -> bool:
    return is_tensor(value) or is_number(value)


# `Operand | Number`: torch shows "Tensor", and lets add, sub, mul and div take Python numbers in its place.
WITH_NUMBERS: Final[dict[str, Kind]] = {
    name: Kind(name, "Tensor", _number_or_tensor, _operand_number, (bool, int, float, complex), tensors=True)
    for name in ("Array", "FloatArray", "Operand", "FloatOperand")
}
