"""torch.nn.Parameter: a tensor that is marked as one.

The mark is an attribute of the tensor, as in torch/nn/parameter.py (`_is_param`): a parameter takes every fast path
that tensors have.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcli.engine import dtypes
from gradcli.engine.kinds import known
from gradcli.engine.tensor import Tensor

_MARK = "_is_param"


def parameter(data: Any = None, requires_grad: bool = True) -> Tensor:
    """torch.nn.Parameter(data, requires_grad): it shares the values of `data`, and none of its history."""
    if data is None:
        data = Tensor(np.zeros(0, dtypes.default().np))
    if not isinstance(data, Tensor):
        raise AttributeError(f"{type(data).__name__!r} object has no attribute 'detach'")
    found = data.detach()
    if requires_grad and not found.dtype.is_differentiable:
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    found.requires_grad_(requires_grad)
    found.attributes[_MARK] = True
    return found


def is_parameter(value: Any) -> bool:
    """isinstance(value, torch.nn.Parameter)."""
    return isinstance(value, Tensor) and value.has_attributes and _MARK in value.attributes


known.is_parameter = is_parameter
