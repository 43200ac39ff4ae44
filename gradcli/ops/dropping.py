"""Dropout. Source: ATen/native/Dropout.cpp (`_dropout_impl`), torch/nn/functional.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.op import composite
from gradcli.engine.tensor import Tensor
from gradcli.ops.matmul import array_of

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array


@composite(
    module="nn.functional",
    samples=[
        "F.dropout(m, 0.3)",
        "F.dropout(m, 0.5, False)",
        "F.dropout(m, 1.0)",
        "F.dropout(m.clone(), inplace=True)",
    ],
    examples=["manual_seed(0); torch.nn.functional.dropout(ones(4))"],
)
def dropout(input: Array, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Zeros in places, each with probability p, and the other numbers scaled up; the tensor itself if not training."""
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    array = array_of(input)
    if p == 0 or not training or not array.size:
        return input
    if p == 1:
        noise: Any = Tensor(np.zeros((), array.dtype))
    else:
        noise = Tensor(np.empty_like(array)).bernoulli_(1 - p).div_(1 - p)
    tensor: Any = input
    return tensor.mul_(noise) if inplace else tensor * noise
