"""Losses of many classes: of margins between them, and of each by itself.

Sources: ATen/native/LossMultiMargin.cpp; torch/nn/functional.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dtypes import of
from gradcli.engine.op import composite, op
from gradcli.ops.activation import logsigmoid
from gradcli.ops.common import require
from gradcli.ops.losses import applied, reduced, reduction_of, share
from gradcli.ops.matmul import array_of

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array

HOME = "nn.functional"


@composite(
    module=HOME,
    samples=[
        "F.multilabel_soft_margin_loss(m, (n.detach() > 0).float())",
        "F.multilabel_soft_margin_loss(m, (n.detach() > 0).float(), rates.detach(), reduction='none')",
    ],
    examples=["torch.nn.functional.multilabel_soft_margin_loss(tensor([[1., -2.]]), tensor([[1., 0.]]))"],
)
def multilabel_soft_margin_loss(
    input: Array,
    target: Array,
    weight: Array | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """The mean over the classes of binary_cross_entropy_with_logits."""
    if size_average is not None or reduce is not None:
        reduction = reduction_of(size_average, reduce, reduction)
    losses: Any = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    losses = losses.sum(dim=input.ndim - 1) / input.shape[-1]
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    return applied(losses, reduction)


def _classes(input: Array) -> int:
    return input.shape[-1] if input.ndim else 1


def _excess(input: Array, target: Array, margin: float) -> tuple[Array, Array]:
    """What each class has more than the target's less the margin, nothing for the target's own; and where that is."""
    rows = input.reshape(-1, _classes(input))
    own = target.reshape(-1, 1)
    excess = margin - np.take_along_axis(rows, own, 1) + rows
    np.put_along_axis(excess, own, 0, 1)
    return np.maximum(excess, 0), own


@op(
    "multi_margin_loss_backward",
    private=True,
    vjp=dict.fromkeys(("grad", "input", "target", "weight"), NotImplemented),
)
def multi_margin_gradient(
    grad: Array, input: Array, target: Array, p: int, margin: float, weight: Array | None, reduction: str
) -> Array:
    """The gradient before multi_margin_loss; torch does not differentiate it again."""
    excess, own = _excess(input, target, margin)
    slope = (excess > 0).astype(input.dtype) if p == 1 else 2 * excess
    if weight is not None:
        slope *= weight[own]
    slope /= _classes(input)
    np.put_along_axis(slope, own, -slope.sum(1, keepdims=True), 1)
    shared = np.asarray(share(grad, (len(own),), reduction))
    return (shared.reshape(-1, 1) * slope).reshape(input.shape)


@op(
    "multi_margin_loss",
    private=True,
    vjp={
        "input": lambda g, input, target, p, margin, weight, reduction: multi_margin_gradient(
            g, input, target, p, margin, weight, reduction
        ),
        "target": None,
        "weight": None,
    },
)
def multi_margin(input: Array, target: Array, p: int, margin: float, weight: Array | None, reduction: str) -> Array:
    """The mean over the other classes of max(0, margin - the target's + theirs) ** p."""
    excess, own = _excess(input, target, margin)
    losses = excess if p == 1 else excess * excess
    if weight is not None:
        losses = losses * weight[own]
    losses = losses.sum(1) / input.dtype.type(_classes(input))
    return reduced(losses if input.ndim == 2 else losses.reshape(()), reduction)


@composite(
    module=HOME,
    samples=[
        "F.multi_margin_loss(m, labels)",
        "F.multi_margin_loss(m, labels, 2, 0.7, rates.detach(), reduction='none')",
        "F.multi_margin_loss(v, labels[0])",
    ],
    examples=["torch.nn.functional.multi_margin_loss(tensor([[0.1, 0.2, 0.4]]), tensor([2]))"],
)
def multi_margin_loss(
    input: Array,
    target: Array,
    p: int = 1,
    margin: float = 1.0,
    weight: Array | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """The hinge loss of many classes: how far each is above the target's less the margin."""
    reduction = reduction_of(size_average, reduce, reduction)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    x, labels = array_of(input), array_of(target)
    if weight is not None and weight.ndim != 1:
        raise ValueError("weight must be one-dimensional")
    if x.ndim > 2 or 0 in x.shape[-1:]:
        raise RuntimeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {list(x.shape)}"
        )
    rows = len(x) if x.ndim == 2 else 1
    if labels.ndim > 1 or labels.size != rows:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch "
            f"size). Expected target size [{rows}], but got {list(labels.shape)}. Input has shape {list(x.shape)}."
        )
    classes = _classes(x)
    if weight is not None and weight.shape != (classes,):
        raise RuntimeError(f"inconsistent weight size, expected {classes} but got {list(weight.shape)}")
    require(x, "f", "multi_margin_loss_cpu_kernel")
    if labels.dtype != np.int64:
        raise RuntimeError(f"expected scalar type Long but found {of(labels.dtype).scalar}")
    if ((labels < 0) | (labels >= classes)).any():
        raise RuntimeError("target out of range")
    return multi_margin.call([input, target, p, margin, weight, reduction])
