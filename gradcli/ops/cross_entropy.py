"""Losses of probabilities and of classes: cross entropy in its forms.

Sources: torch/nn/functional.py, aten/src/ATen/native/{Loss,LossNLL,LossNLL2d}.cpp,
torch/csrc/autograd/FunctionsManual.cpp (`binary_cross_entropy_target_backward` and its neighbours).
"""

from __future__ import annotations

from math import nan, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dims import broadcast_shapes
from gradcli.engine.dtypes import of
from gradcli.engine.modes import state
from gradcli.engine.op import composite, op
from gradcli.engine.summing import add_in_turn
from gradcli.ops.activation import logsigmoid
from gradcli.ops.along import add_reduce, kept_where, plain, put_at, scaled, take_at
from gradcli.ops.common import require, rounded_once
from gradcli.ops.elementary import log, sigmoid
from gradcli.ops.losses import applied, reduced, reduction_of, share
from gradcli.ops.reduction import sum_all, sum_dim
from gradcli.ops.softmax import log_softmax
from gradcli.ops.views import reshape

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Operand


def _refuse_gradient(function: str, name: str, value: Any) -> None:
    """Raise RuntimeError for a weight that requires grad: torch has no derivative for weights."""
    if value is not None and state.grad and value.requires_grad:
        raise RuntimeError(
            f"The function '{function}' is not differentiable with respect to argument '{name}'. This input cannot "
            "have requires_grad True."
        )


# -- two classes -------------------------------------------------------------------------------------------------------


@op(
    private=True,
    grad_fn="BinaryCrossEntropyBackward0",
    vjp={
        "input": lambda g, input, target, weight, reduction: (
            _times(share(g, input.shape, reduction), weight) * ((input - target) / _variance(input))
        ),
        "target": lambda g, input, weight, reduction: (
            _times(share(g, input.shape, reduction), weight) * (log(1 - input) - log(input))
        ),
        "weight": None,
    },
)
def entropy_of_probability(input: Array, target: Array, weight: Array | None, reduction: str) -> Array:
    """-(target * log(input) + (1 - target) * log(1 - input)), the logarithms being at least -100."""
    for other in (target, weight):
        if other is not None and other.dtype != input.dtype:
            raise RuntimeError(f"Found dtype {of(other.dtype).scalar} but expected {of(input.dtype).scalar}")
    require(input, "f", "binary_cross_entropy")
    for name, values in (("input", input), ("target", target)):
        if not ((values >= 0) & (values <= 1)).all():
            raise RuntimeError(f"all elements of {name} should be between 0 and 1")
    negative, positive = (np.maximum(rounded_once(log, x), -100) for log, x in ((np.log1p, -input), (np.log, input)))
    losses = (target - 1) * negative - target * positive
    return reduced(_times(losses, weight), reduction)


def _variance(input: Any) -> Any:
    """input * (1 - input), kept from zero."""
    variance = (1 - input) * input
    return kept_where(variance, plain(variance) >= 1e-12, 1e-12)


def _times(value: Any, weight: Any) -> Any:
    return value if weight is None else value * weight


@composite(
    module="nn.functional",
    samples=[
        "F.binary_cross_entropy(unit, prob)",
        "F.binary_cross_entropy(unit, prob, reduction='sum')",
        "F.binary_cross_entropy(unit, prob, weight=rates.detach(), reduction='none')",
    ],
    examples=["torch.nn.functional.binary_cross_entropy(tensor([0.2, 0.9]), tensor([0., 1.]))"],
)
def binary_cross_entropy(
    input: Array,
    target: Array,
    weight: Array | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """Cross entropy of probabilities and targets between 0 and 1: mean, sum, or one for each element (reduction)."""
    reduction = reduction_of(size_average, reduce, reduction)
    if target.shape != input.shape:
        raise ValueError(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}) is deprecated. "
            "Please ensure they have the same size."
        )
    if weight is not None:
        broadcast_shapes(target.shape, weight.shape)
        _refuse_gradient("binary_cross_entropy", "weight", weight)
    return entropy_of_probability.call([input, target, weight, reduction])


@op(
    private=True,
    grad_fn="BinaryCrossEntropyWithLogitsBackward0",
    vjp={
        "input": lambda g, input, target, weight, pos_weight, reduction: (
            _times(share(g, input.shape, reduction), weight) * _logit_slope(input, target, pos_weight)
        ),
        "target": lambda g, input, target_shape, weight, pos_weight, reduction: (
            _times(share(g, input.shape, reduction), weight) * _logit_target_slope(input, pos_weight)
        ),
        "weight": None,
        "pos_weight": None,
    },
)
def entropy_of_logit(
    input: Operand, target: Operand, weight: Operand | None, pos_weight: Operand | None, reduction: str
) -> Array:
    """(1 - target) * input - (1 + (pos_weight - 1) * target) * log(sigmoid(input))."""
    require(input, "f", "log_sigmoid_cpu")
    log_sigmoid = logsigmoid.kernel(input)
    if pos_weight is not None:
        log_sigmoid *= (pos_weight - 1) * target + 1
    return reduced(_times((1 - target) * input - log_sigmoid, weight), reduction)


def _logit_slope(input: Any, target: Any, pos_weight: Any) -> Any:
    if pos_weight is None:
        return sigmoid(input) - target
    positive = pos_weight * target
    return (positive + 1 - target) * sigmoid(input) - positive


def _logit_target_slope(input: Any, pos_weight: Any) -> Any:
    if pos_weight is None:
        return -input
    return logsigmoid(-input) - pos_weight * logsigmoid(input)


@composite(
    module="nn.functional",
    samples=[
        "F.binary_cross_entropy_with_logits(m, unit)",
        "F.binary_cross_entropy_with_logits(m, unit, reduction='sum', pos_weight=rates.detach())",
        "F.binary_cross_entropy_with_logits(huge, unit, weight=rates.detach(), reduction='none')",
    ],
    examples=["torch.nn.functional.binary_cross_entropy_with_logits(tensor([-1., 3.]), tensor([0., 1.]))"],
)
def binary_cross_entropy_with_logits(
    input: Array,
    target: Array,
    weight: Array | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Array | None = None,
) -> Any:
    """binary_cross_entropy(sigmoid(input), target), without overflow; pos_weight: of the positive targets."""
    reduction = reduction_of(size_average, reduce, reduction)
    if target.shape != input.shape:
        raise ValueError(f"Target size ({target.shape}) must be the same as input size ({input.shape})")
    _refuse_gradient("binary_cross_entropy_with_logits", "weight", weight)
    _refuse_gradient("binary_cross_entropy_with_logits", "pos_weight", pos_weight)
    return entropy_of_logit.call([input, target, weight, pos_weight, reduction])


# -- many classes ------------------------------------------------------------------------------------------------------


def _coefficients(
    shape: Any, target: Array, weight: Array | None, ignore_index: int, dtype: Any
) -> tuple[Array, Array]:
    """The weight of each target and its class, both 0 where it is ignored. Raises IndexError for no class."""
    classes = shape[0] if len(shape) == 1 else shape[1]
    ignored = target == ignore_index
    index = np.where(ignored, 0, target.astype(np.int64))
    wrong = (index < 0) | (index >= classes)
    if wrong.any():
        raise IndexError(f"Target {index[wrong][0]} is out of bounds.")
    weights = np.ones(target.shape, dtype) if weight is None else weight[index]
    return np.where(ignored, weights.dtype.type(0), weights), index


def _nll_gradient(g: Any, input: Any, target: Any, weight: Any, reduction: str, ignore_index: int) -> Any:
    array, target = plain(input), plain(target)
    weights, index = _coefficients(array.shape, target, plain(weight), ignore_index, array.dtype)
    if reduction == "mean":
        weights = weights / add_reduce(weights, axis=None)
    return put_at(scaled(g, -weights), index, min(array.ndim, 2) - 1, array.shape)


@op(
    private=True,
    grad_fn=lambda input, *others: "NllLoss2DBackward0" if input.ndim > 2 else "NllLossBackward0",
    vjp={
        "input": lambda g, input, target, weight, reduction, ignore_index: _nll_gradient(
            g, input, target, weight, reduction, ignore_index
        ),
        "target": None,
        "weight": None,
    },
)
def picked(input: Array, target: Array, weight: Array | None, reduction: str, ignore_index: int) -> Array:
    """Minus the element of each row that its target names, weighed by class; classes are along dimension 1 (or 0)."""
    _check_classes(input, target, weight)
    if input.ndim == 1:
        target = target.reshape(())  # of one element, as its loss is one
    weights, index = _coefficients(input.shape, target, weight, ignore_index, input.dtype)
    chosen = take_at.kernel(input, index, min(input.ndim, 2) - 1)
    losses = np.where(weights == 0, input.dtype.type(0), -weights * chosen)
    if reduction == "none":
        return losses
    total = add_in_turn(losses.reshape(-1))
    if reduction == "mean":
        total = np.divide(total, add_reduce(weights, axis=None), dtype=input.dtype)
    return np.asarray(total)


def _check_classes(input: Array, target: Array, weight: Array | None) -> None:
    if target.dtype not in (np.int64, np.uint8):
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {of(target.dtype).scalar}")
    if input.ndim <= 2:
        if target.ndim > 1:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        if input.ndim == 1 and target.ndim == 1 and target.shape != (1,):
            raise ValueError("For 1D input, 1D target must have size 1, but got target size: " + str(target.shape[0]))
    elif target.shape != (input.shape[0], *input.shape[2:]):
        raise RuntimeError(f"size mismatch (got input: {list(input.shape)} , target: {list(target.shape)}")
    classes = input.shape[0] if input.ndim == 1 else input.shape[1]
    if weight is not None and weight.shape != (classes,):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes but got weight tensor of "
            f"shape: {list(weight.shape)}"
        )
    require(input, "f", "nll_loss_out_frame" if input.ndim <= 2 else "nll_loss2d_forward_out_frame")


def _negative_log_likelihood(input: Any, target: Any, weight: Any, reduction: str, ignore_index: int) -> Any:
    """nll_loss_nd: three dimensions, and more than four, are brought to four."""
    if not input.ndim:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    if input.ndim != 1 and input.shape[0] != (target.shape[0] if target.ndim else -1):
        found = target.shape[0] if target.ndim else 0
        raise ValueError(f"Expected input batch_size ({input.shape[0]}) to match target batch_size ({found}).")
    _refuse_gradient("nll_loss_forward" if input.ndim <= 2 else "nll_loss2d_forward", "weight", weight)
    if input.ndim in (1, 2, 4):
        return picked.call([input, target, weight, reduction, ignore_index])
    rows, classes, *rest = input.shape
    if tuple(target.shape[1:]) != tuple(rest):
        raise ValueError(f"Expected target size {[rows, *rest]}, got {list(target.shape)}")
    flat, flat_target = reshape(input, (rows, classes, 1, prod(rest))), reshape(target, (rows, 1, prod(rest)))
    result = picked.call([flat, flat_target, weight, reduction, ignore_index])
    return reshape(result, tuple(target.shape)) if reduction == "none" else result


@composite(
    module="nn.functional",
    samples=[
        "F.nll_loss(m, labels)",
        "F.nll_loss(m, labels, weight=rates.detach())",
        "F.nll_loss(m, labels, reduction='sum', ignore_index=2)",
        "F.nll_loss(m, labels, reduction='none')",
    ],
    examples=["torch.nn.functional.nll_loss(tensor([[-0.5, -1.], [-2., -0.1]]), tensor([0, 1]))"],
)
def nll_loss(
    input: Array,
    target: Array,
    weight: Array | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """Minus the log-probability of each target class (dimension 1): mean by weight, sum, or for each (reduction)."""
    return _negative_log_likelihood(input, target, weight, reduction_of(size_average, reduce, reduction), ignore_index)


@composite(
    module="nn.functional",
    samples=[
        "F.cross_entropy(m, labels)",
        "F.cross_entropy(m, labels, weight=rates.detach())",
        "F.cross_entropy(m, labels, reduction='none', label_smoothing=0.1)",
        "F.cross_entropy(m, labels, weight=rates.detach(), label_smoothing=0.1)",
        "F.cross_entropy(m, prob)",
        "F.cross_entropy(m, prob, weight=pos[0], reduction='sum', label_smoothing=0.2)",
        "F.cross_entropy(huge, labels)",
        "F.cross_entropy(v, labels[0])",
    ],
    examples=[
        "torch.nn.functional.cross_entropy(tensor([[1., 2., 3.], [1., 3., 2.]]), tensor([2, 1]))",
        "torch.nn.functional.cross_entropy(tensor([[1., 3.]]), tensor([[0.2, 0.8]]))",
    ],
)
def cross_entropy(
    input: Array,
    target: Array,
    weight: Array | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """nll_loss(log_softmax(input), target) for classes as targets; or for probabilities, of the input's shape."""
    reduction = reduction_of(size_average, reduce, reduction)
    of_probabilities = input.shape == target.shape
    if of_probabilities:
        kind = of(plain(target).dtype)
        if not kind.is_floating_point:
            raise RuntimeError(f"Expected floating point type for target with class probabilities, got {kind.scalar}")
        if ignore_index >= 0:
            raise RuntimeError("ignore_index is not supported for floating point target")
    if label_smoothing > 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}")
    dim = 0 if input.ndim == 1 else 1
    logs = log_softmax(input, dim)
    if of_probabilities:
        return _soft_entropy(logs, target, weight, reduction, label_smoothing, dim)
    losses = _negative_log_likelihood(logs, target, weight, reduction, ignore_index)
    if label_smoothing <= 0:
        return losses
    smooth = _smoothing(logs, target, weight, reduction, ignore_index, dim)
    return losses * (1 - label_smoothing) + smooth * (label_smoothing / logs.shape[dim])


def _class_weight(weight: Any, ndim: int) -> Any:
    """A weight for each class, to multiply with what has the classes along dimension 1 (or 0)."""
    return reshape(weight, (1, weight.shape[0], *[1] * (ndim - 2))) if ndim > 1 else weight


@op(private=True, grad_fn="DivBackward1", vjp={"input": lambda g, divisor: divided(g, divisor)})
def divided(input: Array, divisor: float) -> Array:
    """Divide by a number."""
    return np.divide(input, divisor, dtype=input.dtype)


def _soft_entropy(logs: Any, target: Any, weight: Any, reduction: str, smoothing: float, dim: int) -> Any:
    classes = logs.shape[dim]
    if weight is not None and weight.shape != (classes,):
        raise RuntimeError(
            f"cross_entropy: weight tensor should be defined either for all {classes} classes or no classes but got "
            f"weight tensor of shape: {list(weight.shape)}"
        )
    if smoothing > 0:
        target = target * (1 - smoothing) + smoothing / classes
    losses = logs * target
    if weight is not None:
        losses = losses * _class_weight(weight, logs.ndim)
    if reduction == "none":
        return -sum_dim(losses, (dim,), False)
    if reduction == "sum":
        return -sum_all(losses)
    size = plain(logs).size
    return divided(-sum_all(losses), size / classes if size else nan)


def _smoothing(logs: Any, target: Any, weight: Any, reduction: str, ignore_index: int, dim: int) -> Any:
    """The entropy against all classes alike; the mean is over the targets that are not ignored, by weight."""
    array = plain(target)
    kept = array != ignore_index
    losses = logs if weight is None else logs * _class_weight(weight, logs.ndim)
    losses = kept_where(-sum_dim(losses, (dim,), False), kept)
    if reduction != "mean":
        return applied(losses, reduction)
    weights = kept if weight is None else plain(weight)[array[kept].astype(np.int64)]
    return divided(sum_all(losses), add_reduce(weights, axis=None))
