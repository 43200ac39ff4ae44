"""What the transforms share: zeros, the names of types in torch's messages, tensors as tuples."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcli.engine.tensor import Tensor

Tensors = tuple[Tensor, ...]


def kind_of(value: Any) -> str:
    """`type(value)` as torch's messages have it: `<class 'int'>`."""
    kind = type(value)
    return f"<class 'torch.{kind.__name__}'>" if kind.__module__.startswith("gradcli.") else str(kind)


def zeros_like(tensor: Tensor, requires_grad: bool = False) -> Tensor:
    """Zeros of a tensor's shape and dtype. Raises RuntimeError for integers that are to require grad."""
    if requires_grad and not tensor.dtype.is_differentiable:
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    return Tensor(np.zeros_like(tensor.array), requires_grad=requires_grad)


def one_hot(tensor: Tensor, position: int) -> Tensor:
    """Zeros like `tensor`, with a one where its flattened form has `position`."""
    flat = np.zeros(tensor.array.size, tensor.array.dtype)
    flat[position] = 1
    return Tensor(flat.reshape(tensor.array.shape))


def as_tuple(value: Any) -> tuple[Any, ...]:
    """A tuple or list as a tuple, anything else alone in one."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)
