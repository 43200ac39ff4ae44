"""Losses: how far a prediction is from its target, one number or one for each element.

Sources: torch/nn/functional.py, aten/src/ATen/native/Loss.cpp.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dtypes import of
from gradcli.engine.errors import warn
from gradcli.engine.op import composite, op
from gradcli.ops.along import Shape, kept_where, plain
from gradcli.ops.common import require
from gradcli.ops.complex_parts import absolute
from gradcli.ops.elementary import exp, xlogy
from gradcli.ops.reduction import mean_all, sum_all, total

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Operand

# -- reductions --------------------------------------------------------------------------------------------------------


def reduction_of(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """One of "none", "mean" and "sum". The two old arguments win, with a warning. Raises ValueError for other words."""
    if size_average is not None or reduce is not None:
        average, reduces = size_average in (None, True), reduce in (None, True)
        reduction = "mean" if average and reduces else "sum" if reduces else "none"
        warn(f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.")
    if reduction == "elementwise_mean":
        warn("reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.")
        return "mean"
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction


def reduced(losses: Array, reduction: str) -> Array:
    """A kernel's losses as they are, or their mean or sum."""
    if reduction == "none":
        return losses
    result = total(losses, None, False)
    return result if reduction == "sum" else np.divide(result, losses.size, dtype=losses.dtype)


def share(g: Any, shape: Shape, reduction: str) -> Any:
    """What each loss has of the gradient of the reduced loss."""
    return g / prod(shape) if reduction == "mean" else g


def applied(losses: Any, reduction: str) -> Any:
    """As `reduced`, in operators."""
    return losses if reduction == "none" else sum_all(losses) if reduction == "sum" else mean_all(losses)


def _warn_of_sizes(input: Any, target: Any) -> None:
    if target.shape != input.shape:
        warn(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}). This will "
            "likely lead to incorrect results due to broadcasting. Please ensure they have the same size."
        )


def _weighted(losses: Any, weight: Any, input: Any, reduction: str, by_weight: bool = True) -> Any:
    """Losses times weights, reduced; the mean is over the weights or over the elements."""
    if weight.shape != input.shape:
        raise ValueError("Weights and input must have the same size.")
    losses = losses * weight
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(f"Invalid reduction mode: {reduction}. Expected one of 'none', 'mean', 'sum'.")
    if reduction == "mean" and by_weight:
        return sum_all(losses) / sum_all(weight)
    return applied(losses, reduction)


# -- distances ---------------------------------------------------------------------------------------------------------


@op(
    private=True,
    grad_fn="MseLossBackward0",
    vjp={
        "input": lambda g, input, target, reduction: _mse_gradient(g, input, target, reduction),
        "target": lambda g, input, target, reduction: _mse_gradient(g, target, input, reduction),
    },
)
def squared_error(input: Operand, target: Operand, reduction: str) -> Array:
    """(input - target) ** 2, reduced."""
    off = np.subtract(input, target, dtype=_floating(input, "mse_cpu"))
    return reduced(off * off, reduction)


def _floating(input: Array, kernel: str) -> np.dtype[Any]:
    require(input, "f", kernel)
    return input.dtype


def _mse_gradient(g: Any, input: Any, target: Any, reduction: str) -> Any:
    off = input - target
    return share(g, off.shape, reduction) * (2 * off)


@composite(
    module="nn.functional",
    samples=[
        "F.mse_loss(m, n)",
        "F.mse_loss(m, n, reduction='sum')",
        "F.mse_loss(m, n, reduction='none')",
        "F.mse_loss(s, one[0])",
        "F.mse_loss(m, n, weight=pos)",
    ],
    examples=["torch.nn.functional.mse_loss(tensor([1., 2.]), tensor([1., 4.]))"],
)
def mse_loss(
    input: Array,
    target: Array,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Array | None = None,
) -> Any:
    """Squared distance to the target: its mean, sum, or one for each element (reduction)."""
    _warn_of_sizes(input, target)
    if weight is not None:
        return _weighted((input - target) ** 2, weight, input, reduction)
    return squared_error(input, target, reduction_of(size_average, reduce, reduction))


@composite(
    module="nn.functional",
    samples=["F.l1_loss(m, n)", "F.l1_loss(m, n, reduction='sum')", "F.l1_loss(m, n, reduction='none')"],
    examples=["torch.nn.functional.l1_loss(tensor([1., 2.]), tensor([1., 4.]))"],
)
def l1_loss(
    input: Array,
    target: Array,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Array | None = None,
) -> Any:
    """Distance to the target: its mean, sum, or one for each element (reduction)."""
    _warn_of_sizes(input, target)
    off = absolute(input - target)
    if weight is not None:
        return _weighted(off, weight, input, reduction)
    return applied(off, reduction_of(size_average, reduce, reduction))


@op(
    private=True,
    grad_fn="SmoothL1LossBackward0",
    vjp={
        "input": lambda g, input, target, reduction, beta: _bent_gradient(
            g, input, target, reduction, beta, 1.0 / beta
        ),
        "target": lambda g, input, target, reduction, beta: _bent_gradient(
            g, target, input, reduction, beta, 1.0 / beta
        ),
    },
)
def smooth_distance(input: Operand, target: Operand, reduction: str, beta: float) -> Array:
    """A parabola up to the distance `beta`, then a line of slope 1."""
    size = np.abs(np.subtract(input, target, dtype=_floating(input, "smooth_l1_cpu")))
    return reduced(np.where(size < beta, size * size * (0.5 / beta), size - 0.5 * beta), reduction)


@op(
    private=True,
    grad_fn="HuberLossBackward0",
    vjp={
        "input": lambda g, input, target, reduction, delta: _bent_gradient(g, input, target, reduction, delta, 1.0),
        "target": lambda g, input, target, reduction, delta: _bent_gradient(g, target, input, reduction, delta, 1.0),
    },
)
def huber_distance(input: Operand, target: Operand, reduction: str, delta: float) -> Array:
    """A parabola up to the distance `delta`, then its tangent."""
    size = np.abs(np.subtract(input, target, dtype=_floating(input, "huber_cpu")))
    return reduced(np.where(size <= delta, 0.5 * size * size, delta * (size - 0.5 * delta)), reduction)


def _bent_gradient(g: Any, input: Any, target: Any, reduction: str, bend: float, slope: float) -> Any:
    """slope * distance up to the bend, and the same slope on."""
    off = input - target
    array = plain(off)
    inside = kept_where(off, np.abs(array) < bend, np.sign(array) * bend)
    return share(g, off.shape, reduction) * (inside * slope)


@composite(
    module="nn.functional",
    samples=[
        "F.smooth_l1_loss(m, n)",
        "F.smooth_l1_loss(m, n, reduction='none', beta=0.5)",
        "F.smooth_l1_loss(m, n, reduction='sum', beta=2.)",
        "F.smooth_l1_loss(m, n, beta=0.)",
    ],
    examples=["torch.nn.functional.smooth_l1_loss(tensor([1., 2.]), tensor([1.5, 4.]))"],
)
def smooth_l1_loss(
    input: Array,
    target: Array,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Any:
    """Distance to the target, squared (over 2 beta) where it is below `beta`: mean, sum, or for each element."""
    _warn_of_sizes(input, target)
    reduction = reduction_of(size_average, reduce, reduction)
    if beta == 0:
        return applied(absolute(input - target), reduction)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    return smooth_distance(input, target, reduction, beta)


@composite(
    module="nn.functional",
    samples=["F.huber_loss(m, n)", "F.huber_loss(m, n, 'none', 0.5)", "F.huber_loss(m, n, reduction='sum', delta=2.)"],
    examples=["torch.nn.functional.huber_loss(tensor([1., 2.]), tensor([1.5, 4.]))"],
)
def huber_loss(
    input: Array, target: Array, reduction: str = "mean", delta: float = 1.0, weight: Array | None = None
) -> Any:
    """Half the squared distance to the target below `delta`, then along the tangent: mean, sum, or for each."""
    _warn_of_sizes(input, target)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    if weight is not None:
        return _weighted(huber_distance(input, target, "none", delta), weight, input, reduction, by_weight=False)
    return huber_distance(input, target, reduction_of(None, None, reduction), delta)


@composite(
    module="nn.functional",
    samples=[
        "F.kl_div(m, prob)",
        "F.kl_div(m, prob, reduction='batchmean')",
        "F.kl_div(m, n, reduction='sum', log_target=True)",
        "F.kl_div(m, prob, reduction='none')",
    ],
    examples=["torch.nn.functional.kl_div(tensor([-1., -0.5]), tensor([0.4, 0.6]), reduction='sum')"],
)
def kl_div(
    input: Array,
    target: Array,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Any:
    """Kullback-Leibler divergence of log-probabilities `input` from `target` (probabilities, or logarithms too)."""
    wanted = reduction
    if size_average is None and reduce is None and reduction == "mean":
        warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size.'batchmean' divides "
            "only by the batch size, and aligns with the KL div math definition.'mean' will be changed to behave the "
            "same as 'batchmean' in the next major release."
        )
    reduction = reduction_of(size_average, reduce, "sum" if reduction == "batchmean" else reduction)
    for tensor in (input, target):
        kind = of(plain(tensor).dtype)
        if not kind.is_floating_point:
            raise RuntimeError(f"kl_div: {'Complex' if kind.is_complex else 'Integral'} inputs not supported.")
    losses = exp(target) * (target - input) if log_target else xlogy(target, target) - target * input
    result = applied(losses, reduction)
    return result / input.shape[0] if wanted == "batchmean" and input.ndim else result
