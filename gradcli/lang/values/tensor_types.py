"""`torch.Tensor(…)` and the types of the years before dtypes, `torch.FloatTensor` and its kin.

Source of the semantics: torch/csrc/utils/tensor_new.cpp (`legacy_tensor_generic_ctor_new`), torch/csrc/tensor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from gradcli.engine import dtypes
from gradcli.engine.argument_errors import invalid_combination
from gradcli.engine.dtypes import DType
from gradcli.engine.options import Device
from gradcli.engine.size import Size
from gradcli.engine.tensor import Tensor
from gradcli.lang.values.table import Type, dynamic, method, narrow, no_attribute, type_name
from gradcli.nn.parameter import is_parameter, parameter

_FORMS = [
    "(*, torch.device device = None)",
    "(torch.Storage storage)",
    "(Tensor other)",
    "(tuple of ints size, *, torch.device device = None)",
    "(object data, *, torch.device device = None)",
]


def _options(dtype: DType) -> str:
    return (
        f"TensorOptions(dtype={dtype.c_name}, device=cpu, layout=Strided, requires_grad=false (default), "
        "pinned_memory=false (default), memory_format=(nullopt))"
    )


def _make(dtype: DType | None, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """A tensor of sizes, of data or of another tensor. dtype: None is the default, and takes any tensor."""
    from gradcli.engine.public import functions, methods

    named = dict(named)
    device = named.pop("device", None)
    if "data" in named and not args:
        args = (named.pop("data"),)
    if named:
        raise TypeError(invalid_combination("new()", _FORMS, args, named))
    place = device if isinstance(device, Device) or device is None else Device(device)
    if place is not None and place.type != "cpu":
        raise RuntimeError(f"legacy constructor expects device type: cpu but device type: {place.type} was passed")
    kind = dtype or dtypes.default()
    if len(args) == 1 and isinstance(args[0], Tensor):
        other = args[0]
        if dtype is not None and other.dtype is not dtype:
            raise TypeError(f"expected {_options(dtype)} (got {_options(other.dtype)})")
        return methods["view_as"](other, other) if other.requires_grad else other.detach()
    if len(args) == 1 and type(args[0]) is Size:
        args = tuple(args[0])
    elif len(args) == 1 and (type(args[0]) is bool or not isinstance(args[0], int)):
        return _of_data(args[0], kind)
    for position, size in enumerate(args, 1):
        if not isinstance(size, int):
            raise TypeError(
                f"new(): argument 'size' failed to unpack the object at pos {position} with error "
                f'"type must be tuple of ints,but got {type_name(size)}"'
            )
        if size < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {size}: {list(args)}")
    return functions["zeros"](tuple(args) if args else (0,), dtype=kind)


def _of_data(data: Any, dtype: DType) -> Any:
    from gradcli.engine.public import functions

    if isinstance(data, str):
        raise TypeError(f"new(): invalid data type {type_name(data)!r}")
    if isinstance(data, np.ndarray):  # shared, if it is of the type
        return functions["as_tensor"](data, dtype=dtype)
    if not isinstance(data, (list, tuple, range)):
        raise TypeError(f"new(): data must be a sequence (got {type_name(data)})")
    return functions["tensor"](list(data) if isinstance(data, range) else data, dtype=dtype)


def _maker(dtype: DType | None) -> Callable[..., Any]:
    return lambda *args, **named: _make(dtype, args, named)


def _unavailable(name: str) -> Callable[..., Any]:
    def make(*args: Any, **named: Any) -> Any:
        raise TypeError(f"type {name} not available. Torch not compiled with CUDA enabled.")

    return make


def _typed(dtype: DType) -> Type:
    return Type(
        dtype.tensor_type, Tensor, _maker(dtype), {"dtype": dtype, "is_cuda": False}, lambda t: t.dtype is dtype
    )


def _on_cuda(dtype: DType) -> Type:
    name = dtype.tensor_type.replace("torch.", "torch.cuda.")
    return Type(name, Tensor, _unavailable(name), {"dtype": dtype, "is_cuda": True}, lambda t: False)


_KINDS: Final = tuple(dtype for dtype in dtypes.ALL if not dtype.is_complex)
TENSOR: Final = Type("torch.Tensor", Tensor, _maker(None))
TYPED: Final = {f"{dtype.scalar}Tensor": _typed(dtype) for dtype in _KINDS}
ON_CUDA: Final = {f"{dtype.scalar}Tensor": _on_cuda(dtype) for dtype in _KINDS}


def _hang_on(tensor: Tensor, name: str, value: Any) -> None:
    if name.startswith("__"):
        raise no_attribute(tensor, name)
    tensor.attributes[name] = value


PARAMETER: Final = Type("torch.nn.parameter.Parameter", Tensor, parameter, check=is_parameter)
narrow(Tensor, lambda tensor: PARAMETER if is_parameter(tensor) else TENSOR)
dynamic(
    Tensor,
    lambda tensor: tensor.attributes if tensor.has_attributes else (),
    lambda tensor, name: tensor.attributes[name],
    _hang_on,
)


def _variable(data: Any, requires_grad: bool = False, volatile: Any = None) -> Any:
    """torch.autograd.Variable, the name that tensors had before 0.4: the tensor itself, outside the graph."""
    if not isinstance(data, Tensor):
        raise TypeError(f"Variable data has to be a tensor, but got {type_name(data)}")
    found = data.detach()
    return found.requires_grad_() if requires_grad else found


VARIABLE: Final = Type("torch.autograd.variable.Variable", Tensor, _variable)


def set_default_tensor_type(t: Any) -> None:
    """torch.set_default_tensor_type(t): of what type new floating-point tensors are."""
    found = next((each for each in TYPED.values() if each is t or each.name == t), None)
    if found is None:
        raise TypeError("invalid type object: only floating-point types are supported as the default type")
    dtypes.set_default(found.members["dtype"])


def typename(obj: Any) -> str:
    """torch.typename(obj)."""
    if isinstance(obj, Tensor):
        return str(method(obj, "type")(obj))  # type: ignore[misc]
    return obj.name if isinstance(obj, Type) else type_name(obj)
