"""Tensors of data: numbers, nested lists, numpy arrays, other tensors.

Sources: torch/csrc/utils/tensor_new.cpp (`tensor_ctor`, `as_tensor`, `asarray`, `legacy_tensor_ctor`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine import dtypes
from gradcli.engine.adjoints import cast, copy_backwards
from gradcli.engine.errors import warn, warn_once
from gradcli.engine.factory import factory, finished
from gradcli.engine.kinds import is_int_list, type_name
from gradcli.engine.limits import reserve
from gradcli.engine.op import composite
from gradcli.engine.options import check_device
from gradcli.engine.size import Size as TorchSize
from gradcli.engine.tensor import Tensor
from gradcli.ops.creation import shape_for
from gradcli.ops.literals import array_of, checked_array, checked_number

if TYPE_CHECKING:
    from gradcli.engine.dtypes import DType
    from gradcli.engine.kinds import Array, Device, Number, Object

_UNWRITABLE = (
    "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This means writing to "
    "this tensor will result in undefined behavior. You may want to copy the array to protect its data or make it "
    "writable before converting it to a tensor. This type of warning will be suppressed for the rest of this program."
)


@factory(
    samples=[
        "tensor([[1, 2], [3, 4]])",
        "tensor([1, 2.5])",
        "tensor(7)",
        "tensor([])",
        "tensor([True, False])",
        "tensor(1j)",
    ],
    examples=["tensor([[1., 2.], [3., 4.]], requires_grad=True)", "tensor(7)"],
)
def tensor(data: Object, *, dtype: DType | None) -> Array:
    """A tensor of a number or of nested lists of numbers, which are copied; the type is theirs if not given.

    Raises ValueError for ragged lists, TypeError and RuntimeError for what is no number or does not fit `dtype`.
    """
    return _copied(data, dtype, "torch.tensor")


@factory(
    function=False,
    method=True,
    samples=["m.new_tensor([1, 2])", "iv.new_tensor([1.5])"],
    examples=["tensor([1., 2.]).new_tensor([3, 4])"],
)
def new_tensor(input: Array, data: Object, *, dtype: DType | None) -> Array:
    """As `tensor`, in the type of this tensor if not given."""
    return _copied(data, dtype or dtypes.of(input.dtype), "tensor.new_tensor")


def _copied(data: Any, dtype: DType | None, name: str) -> Array:
    if not isinstance(data, Tensor):
        return array_of(data, dtype)
    warn(
        "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
        f"sourceTensor.detach().clone().requires_grad_(True), rather than {name}(sourceTensor)."
    )
    return data.array.astype(dtype.np) if dtype else data.array.copy()


@composite(
    method=False,
    samples=["as_tensor([1, 2])", "as_tensor(m)", "as_tensor(m, dtype=torch.complex128)"],
    examples=["as_tensor([1., 2.])"],
)
def as_tensor(data: Object, *, dtype: DType | None = None, device: Device | None = None) -> Tensor:
    """A tensor of `data`, which is shared where it can be: a tensor of the right type is returned as it is."""
    check_device(device)
    return _shared(data, dtype)


def _shared(data: Any, dtype: DType | None) -> Tensor:
    if isinstance(data, Tensor):
        unchanged = dtype is None or data.array.dtype == dtype.np
        return data if unchanged else cast(data, dtype.np)  # type: ignore[union-attr]
    if isinstance(data, np.ndarray):
        shared = _numpy(data)
        if dtype is None or shared.array.dtype == dtype.np:
            return shared
        reserve(data.shape, dtype.np)
        return Tensor(shared.array.astype(dtype.np))
    return finished(array_of(data, dtype), False)


def _numpy(array: Array) -> Tensor:
    checked_array(array)
    if not array.flags.writeable:
        warn_once(_UNWRITABLE)
    return finished(array, False)


@composite(
    method=False,
    samples=["asarray([1, 2])", "asarray(iv)", "asarray(m, dtype=torch.float32, requires_grad=False)"],
    examples=["asarray([1., 2.])"],
)
def asarray(
    obj: Object,
    *,
    dtype: DType | None = None,
    device: Device | None = None,
    copy: bool | None = None,
    requires_grad: bool | None = None,
) -> Tensor:
    """As `as_tensor`. copy: True always copies, False refuses to (ValueError where it has to)."""
    check_device(device)
    if not isinstance(obj, (Tensor, np.ndarray, np.generic)):
        if copy is False:
            raise ValueError("can't alias arbitrary sequence into a tensor.")
        return finished(array_of(obj, dtype), requires_grad)
    if isinstance(obj, np.generic):
        obj = np.asarray(obj).copy()
    differs = dtype is not None and obj.dtype != (dtype if isinstance(obj, Tensor) else dtype.np)
    if copy is False and differs:
        name = dtypes.of(obj.array.dtype if isinstance(obj, Tensor) else obj.dtype)
        raise ValueError(f"can't alias tensor with dtype '{name.c_name}' into dtype '{dtype.c_name}'.")  # type: ignore[union-attr]
    if isinstance(obj, Tensor) and requires_grad is None and obj.requires_grad:
        warn_once(
            "torch.asarray: unspecified requires_grad now defaults to obj.requires_grad instead of False. Pass "
            "requires_grad=False explicitly to get the old behavior and silence this warning."
        )
        requires_grad = True
    result = _shared(obj, dtype)
    if copy and not differs:
        result = copy_backwards(result)
    if result.requires_grad and not requires_grad:
        result = result.detach()
    elif requires_grad and not result.requires_grad:
        result = finished(result.array, True) if result is not obj else result.requires_grad_()
    return result


@composite(method=False, samples=["is_tensor(m)"], examples=["is_tensor(tensor(1.))", "is_tensor(1.)"])
def is_tensor(obj: Object) -> bool:
    """Is this a tensor?"""
    return isinstance(obj, Tensor)


@composite(method=False, samples=["from_numpy(m.detach().numpy())"], examples=["from_numpy(tensor([1, 2]).numpy())"])
def from_numpy(ndarray: Object) -> Tensor:
    """A tensor that shares its memory with a numpy array. Raises TypeError for anything else."""
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type_name(ndarray)})")
    return _numpy(ndarray)


@factory(samples=["scalar_tensor(3)", "scalar_tensor(2, dtype=torch.int64)"], examples=["scalar_tensor(3)"])
def scalar_tensor(s: Number, *, dtype: DType | None) -> Array:
    """A 0-dim tensor of a number; floating point if not said otherwise."""
    kind = dtype or dtypes.default()
    return np.array(checked_number(s, kind), kind.np)


def legacy(dtype: DType | None, args: tuple[Any, ...]) -> Tensor:
    """torch.Tensor(2, 3), torch.FloatTensor([1, 2]): sizes or data, in a type (None: the default).

    Raises TypeError for what is neither.
    """
    kind = dtype or dtypes.default()
    if not args:
        return Tensor(np.zeros(0, kind.np))
    first = args[0]
    if len(args) == 1 and isinstance(first, Tensor) and first.array.ndim:
        return first.detach()
    if isinstance(first, TorchSize) or not isinstance(first, (list, tuple, range, np.ndarray, Tensor, str)):
        size = tuple(first) if isinstance(first, TorchSize) else args
        if not is_int_list(size):
            raise TypeError(f"new(): data must be a sequence (got {type_name(first)})")
        for position, item in enumerate(size, 1):
            if not isinstance(item, int):
                raise TypeError(
                    f"new(): argument 'size' failed to unpack the object at pos {position} with error "
                    f'"type must be tuple of ints,but got {type_name(item)}"'
                )
        return Tensor(np.zeros(shape_for(size, kind.np), kind.np))
    if len(args) > 1:
        given = ", ".join(map(type_name, args))
        raise TypeError(f"new() received an invalid combination of arguments - got ({given})")
    if isinstance(first, Tensor):
        return first.detach()
    if isinstance(first, np.ndarray) and first.dtype == kind.np:
        return _numpy(first)
    return Tensor(array_of(first, kind))
