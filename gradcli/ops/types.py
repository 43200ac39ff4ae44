"""Questions about element types: promotion, casts, the default, the range of a type.

Sources: ATen/native/TypeProperties.cpp, torch/csrc/TypeInfo.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine import dtypes
from gradcli.engine.op import composite
from gradcli.engine.tensor import Tensor

if TYPE_CHECKING:
    from gradcli.engine.dtypes import DType
    from gradcli.engine.kinds import Array, Number, Object


def _operand(value: Any) -> Any:
    return value.array if isinstance(value, Tensor) else value


@composite(method=False, samples=["result_type(m, iv)"], examples=["result_type(tensor([1, 2]), tensor(1.5))"])
def result_type(tensor: Array, other: Array) -> DType:
    """The type of an operation on the two."""
    return dtypes.result_type([_operand(tensor), _operand(other)])


@composite("result_type", method=False, samples=["result_type(1, i8)"], examples=["result_type(1.5, tensor([1, 2]))"])
def result_type_scalar(scalar: Number, tensor: Array) -> DType:
    """The type of an operation on a number and a tensor."""
    return dtypes.result_type([scalar, _operand(tensor)])


@composite("result_type", method=False, samples=["result_type(i8, 1.5)"], examples=["result_type(tensor([1, 2]), 3)"])
def result_type_other(tensor: Array, other: Number) -> DType:
    """The type of an operation on a tensor and a number."""
    return dtypes.result_type([_operand(tensor), other])


@composite("result_type", method=False, samples=["result_type(1, 2.5)"], examples=["result_type(1, 2)"])
def result_type_scalars(scalar1: Number, scalar2: Number) -> DType:
    """The type of a tensor operation on two numbers."""
    return dtypes.result_type([scalar1, scalar2])


@composite(
    method=False,
    samples=["promote_types(torch.int8, torch.uint8)"],
    examples=["promote_types(torch.int32, torch.float32)"],
)
def promote_types(type1: DType, type2: DType) -> DType:
    """The smallest type that both can be turned into."""
    return dtypes.promote_types(type1, type2)


@composite(
    method=False, samples=["can_cast(torch.float32, torch.int64)"], examples=["can_cast(torch.int64, torch.float32)"]
)
def can_cast(from_: DType, to: DType) -> bool:
    """May a result of one type be written into another? Never from floating point to integers."""
    return dtypes.can_cast(from_, to)


@composite(method=False, samples=["get_default_dtype()"], examples=["get_default_dtype()"])
def get_default_dtype() -> DType:
    """The type of new floating-point tensors."""
    return dtypes.default()


@composite(
    method=False,
    samples=["set_default_dtype(torch.float32)"],
    examples=["set_default_dtype(torch.float64); a = ones(2); set_default_dtype(torch.float32); a"],
)
def set_default_dtype(d: Object) -> None:
    """Choose the type of new floating-point tensors. Raises TypeError for types that are none."""
    if not isinstance(d, dtypes.DType):
        raise TypeError("invalid dtype object: only floating-point types are supported as the default type")
    dtypes.set_default(d)


class TypeInfo:
    """torch.finfo, torch.iinfo: what numbers a type holds."""

    __slots__ = ("_shown", "fields")

    def __init__(self, dtype: dtypes.DType) -> None:
        real = dtype.to_real()
        self.fields: dict[str, Any] = {"bits": 8 * real.itemsize, "dtype": dtype.name}
        if real.is_floating_point:
            self._shown = ["resolution", "min", "max", "eps", "smallest_normal", "tiny"]
            limits = np.finfo(real.np)
            self.fields |= {name: float(getattr(limits, name)) for name in self._shown}
        else:
            self._shown = ["min", "max"]
            bounds = np.iinfo(real.np)
            self.fields |= {"min": int(bounds.min), "max": int(bounds.max)}

    def __getattr__(self, name: str) -> Any:
        try:
            return self.fields[name]
        except KeyError:
            kind = "finfo" if "eps" in self.fields else "iinfo"
            raise AttributeError(f"'torch.{kind}' object has no attribute '{name}'") from None

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={float(self.fields[name]):g}" for name in self._shown)
        return f"{'finfo' if 'eps' in self.fields else 'iinfo'}({shown}, dtype={self.dtype})"


@composite(method=False, samples=["finfo(torch.float32)"], examples=["finfo(torch.float64)"])
def finfo(type: DType | None = None) -> Object:
    """The range and precision of a floating-point type. Raises TypeError for others."""
    chosen = type or dtypes.default()
    if not chosen.is_differentiable:
        raise TypeError("torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'")
    return TypeInfo(chosen)


@composite(method=False, samples=["iinfo(torch.int8)"], examples=["iinfo(torch.int64)"])
def iinfo(type: DType) -> Object:
    """The range of an integer type. Raises TypeError for others."""
    if type.is_differentiable or type is dtypes.bool_:
        raise TypeError("torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'")
    return TypeInfo(type)
