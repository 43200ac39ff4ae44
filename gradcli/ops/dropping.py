"""Dropout. Source: ATen/native/Dropout.cpp (`_dropout_impl`), torch/nn/functional.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.errors import warn
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
    return dropped(input, None, p, training, inplace)


def dropped(input: Any, shape: tuple[int, ...] | None, p: float, training: bool, inplace: bool) -> Any:
    """The input times noise of `shape`; for None of its own, drawn in the order of its memory."""
    array = array_of(input)
    if p == 0 or not training or not array.size:
        return input
    if p == 1:
        noise: Any = Tensor(np.zeros((), array.dtype))
    else:
        places = np.empty_like(array) if shape is None else np.empty(shape, array.dtype)
        noise = Tensor(places).bernoulli_(1 - p).div_(1 - p)
    return input.mul_(noise) if inplace else input * noise


def _define(ndim: int, what: str, sample: str) -> None:
    """Dropout of whole channels."""

    def dropout_of_channels(input: Array, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        x: Any = input
        count = x.array.ndim
        if ndim == 1 and count not in (2, 3):
            raise RuntimeError(
                f"dropout1d: Expected 2D or 3D input, but received a {count}D input. Note that dropout1d exists to "
                "provide channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional "
                "batch dimension (i.e. 2D or 3D inputs)."
            )
        alone = ndim != 2 and count == ndim + 1  # torch takes three dimensions for a batch of signals
        x = (x.unsqueeze_(0) if inplace else x.unsqueeze(0)) if alone else x
        shape = (*x.array.shape[:2], *[1] * (x.array.ndim - 2))
        found = dropped(x, shape, p, training, inplace)
        return (found.squeeze_(0) if inplace else found.squeeze(0)) if alone else found

    name = f"dropout{ndim}d"
    dropout_of_channels.__doc__ = f"Whole channels of {what} made zero, each with probability p, the others scaled up."
    example = f"manual_seed(0); torch.nn.functional.{name}(ones(1, 2{', 2' * ndim}))"
    composite(name, module="nn.functional", samples=[sample], examples=[example])(dropout_of_channels)


_define(1, "signals", "F.dropout1d(sig, 0.3)")
_define(2, "images", "F.dropout2d(img, 0.3)")
_define(3, "volumes", "F.dropout3d(vol, 0.3)")


@composite(
    module="nn.functional",
    samples=[
        "F.gumbel_softmax(m)",
        "F.gumbel_softmax(m, tau=0.5, hard=True)",
        "F.gumbel_softmax(t3, dim=0)",
    ],
    examples=["manual_seed(0); torch.nn.functional.gumbel_softmax(zeros(1, 3), hard=True)"],
)
def gumbel_softmax(logits: Array, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Any:
    """softmax of logits with Gumbel noise, over tau: a sample of classes that has a gradient.

    hard: one-hot, with the gradient of the soft one. Source: torch/nn/functional.py.
    """
    if eps != 1e-10:
        warn("`eps` parameter is deprecated and has no effect.")
    x: Any = logits
    noise = -Tensor(np.empty(x.array.shape, x.array.dtype)).exponential_().log()
    soft = ((x + noise) / tau).softmax(dim)
    if not hard:
        return soft
    chosen = soft.max(dim, keepdim=True)[1]
    return Tensor(np.zeros_like(x.array)).scatter_(dim, chosen, 1.0) - soft.detach() + soft
