"""Losses of distances and signs, and of distributions with given moments.

Sources: ATen/native/Loss.cpp; torch/nn/functional.py.
"""

from __future__ import annotations

from math import log, pi
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.op import composite, op
from gradcli.engine.public import functions
from gradcli.engine.tensor import Tensor
from gradcli.ops.distances import pairwise_distance
from gradcli.ops.elementary import exp
from gradcli.ops.losses import applied, reduced, reduction_of, share

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Number

HOME = "nn.functional"


def _one(like: Any) -> Any:
    return Tensor(np.ones((), like.array.dtype))


def _only(where: Any, losses: Any) -> Any:
    """The losses there, zeros elsewhere."""
    return losses.where(where, Tensor(np.zeros((), losses.array.dtype)))


@composite(
    module=HOME,
    samples=[
        "F.margin_ranking_loss(m, n, m.detach().sign())",
        "F.margin_ranking_loss(m, row, n.detach().sign(), 0.5, reduction='none')",
    ],
    examples=["torch.nn.functional.margin_ranking_loss(tensor([1., 2.]), tensor([2., 1.]), tensor([1., 1.]))"],
)
def margin_ranking_loss(
    input1: Array,
    input2: Array,
    target: Array,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """max(0, margin - target * (input1 - input2)): target 1 wants input1 to be larger, -1 input2."""
    reduction = reduction_of(size_average, reduce, reduction)
    if not input1.ndim == input2.ndim == target.ndim:
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.shape}, input2: {input2.shape}, target: {target.shape} "
        )
    losses: Any = -target * (input1 - input2) + margin
    return applied(losses.clamp_min_(0), reduction)


@composite(
    module=HOME,
    samples=[
        "F.hinge_embedding_loss(m, m.detach().sign())",
        "F.hinge_embedding_loss(m, m.detach().sign(), 2.0, reduction='sum')",
    ],
    examples=["torch.nn.functional.hinge_embedding_loss(tensor([0.5, 0.2]), tensor([1., -1.]))"],
)
def hinge_embedding_loss(
    input: Array,
    target: Array,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """input where target is 1, max(0, margin - input) where it is -1."""
    reduction = reduction_of(size_average, reduce, reduction)
    distance: Any = input
    apart = (_one(distance) * margin - distance).clamp_min_(0)
    return applied(_only(target != 1, apart) + _only(target != -1, distance), reduction)


@composite(
    module=HOME,
    samples=[
        "F.cosine_embedding_loss(m, n, m.detach()[:, 0].sign())",
        "F.cosine_embedding_loss(m, n, m.detach()[:, 0].sign(), 0.2, reduction='none')",
    ],
    examples=["torch.nn.functional.cosine_embedding_loss(tensor([[1., 0.]]), tensor([[1., 1.]]), tensor([1.]))"],
)
def cosine_embedding_loss(
    input1: Array,
    input2: Array,
    target: Array,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """1 - cos where target is 1, max(0, cos - margin) where it is -1; cos of the angle between the rows."""
    reduction = reduction_of(size_average, reduce, reduction)
    x, y = input1, input2
    lengths = ((x * x).sum(-1) + 1e-12) * ((y * y).sum(-1) + 1e-12)
    cosine = (x * y).sum(-1) / lengths.sqrt_()
    apart = (cosine - margin).clamp_min_(0)
    return applied(_only(target == 1, _one(cosine) - cosine) + _only(target == -1, apart), reduction)


@composite(
    module=HOME,
    samples=[
        "F.triplet_margin_loss(m, n, m * 0.5 + 1)",
        "F.triplet_margin_loss(m, n, -m, 0.3, 1.0, swap=True, reduction='none')",
    ],
    examples=["torch.nn.functional.triplet_margin_loss(zeros(1, 2), ones(1, 2), tensor([[3., 4.]]))"],
)
def triplet_margin_loss(
    anchor: Array,
    positive: Array,
    negative: Array,
    margin: Number = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """max(0, margin + distance to the positive - distance to the negative); swap: the smaller of two distances."""
    reduction = reduction_of(size_average, reduce, reduction)
    least: Any = margin
    if least <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    _check_ranks(anchor, positive, negative)
    near, far = pairwise_distance(anchor, positive, p, eps), pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = far.minimum(pairwise_distance(positive, negative, p, eps))
    return applied((near + margin - far).clamp_min(0), reduction)


@composite(
    module=HOME,
    varargs=True,
    samples=[
        "F.triplet_margin_with_distance_loss(m, n, m * 0.5 + 1)",
        "F.triplet_margin_with_distance_loss(m, n, -m, distance_function=F.cosine_similarity, reduction='none')",
    ],
    examples=["torch.nn.functional.triplet_margin_with_distance_loss(zeros(1, 2), ones(1, 2), tensor([[3., 4.]]))"],
)
def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Any = None,
    margin: Any = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """triplet_margin_loss with any function of two tensors as the distance."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    _check_ranks(anchor, positive, negative)
    distance = functions["pairwise_distance"] if distance_function is None else distance_function
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = functions["minimum"](far, distance(positive, negative))
    return applied(functions["clamp_min"](margin + near - far, 0), reduction)


def _check_ranks(anchor: Any, positive: Any, negative: Any) -> None:
    ranks = [each.ndim for each in (anchor, positive, negative)]
    if len(set(ranks)) > 1:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {ranks[0]}D, positive {ranks[1]}D, and negative {ranks[2]}D inputs"
        )


# --- of signs --------------------------------------------------------------------------------------------------------


def _soft_slope(g: Any, input: Any, target: Any, reduction: str) -> Any:
    grown = exp(-target * input)
    return share(g, input.shape, reduction) * -target * grown / (1 + grown)


@op(
    "soft_margin_loss",
    private=True,
    vjp={
        "input": lambda g, input, target, reduction: _soft_slope(g, input, target, reduction),
        "target": None,
    },
)
def soft_margin(input: Array, target: Array, reduction: str) -> Array:
    """log(1 + exp(-target * input))."""
    return reduced(np.log1p(np.exp(-target * input)), reduction)


@composite(
    module=HOME,
    samples=["F.soft_margin_loss(m, m.detach().sign())", "F.soft_margin_loss(m, m.detach().sign(), reduction='none')"],
    examples=["torch.nn.functional.soft_margin_loss(tensor([1., -2.]), tensor([1., 1.]))"],
)
def soft_margin_loss(
    input: Array,
    target: Array,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """log(1 + exp(-target * input)), for targets 1 and -1."""
    return soft_margin(input, target, reduction_of(size_average, reduce, reduction))


# --- of distributions ------------------------------------------------------------------------------------------------


@composite(
    module=HOME,
    samples=[
        "F.poisson_nll_loss(m, pos)",
        "F.poisson_nll_loss(pos, unit + 1, log_input=False, full=True, reduction='sum')",
    ],
    examples=["torch.nn.functional.poisson_nll_loss(tensor([0., 1.]), tensor([1., 2.]))"],
)
def poisson_nll_loss(
    input: Array,
    target: Array,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """Negative logarithm of the Poisson likelihood of target; input is the rate or its logarithm.

    full: with Stirling's formula for the factorial, where target is above 1.
    """
    reduction = reduction_of(size_average, reduce, reduction)
    rate, counts = input, target
    losses: Any = exp(rate) - counts * rate if log_input else rate - counts * (rate + eps).log()  # type: ignore[attr-defined]
    if full:
        factorial: Any = counts * counts.log() - counts + 0.5 * (2 * pi * counts).log()  # type: ignore[attr-defined]
        losses = losses + factorial.masked_fill(counts <= 1, 0)
    return applied(losses, reduction)


@composite(
    module=HOME,
    samples=["F.gaussian_nll_loss(m, n, pos)", "F.gaussian_nll_loss(m, n, pos, full=True, reduction='sum')"],
    examples=["torch.nn.functional.gaussian_nll_loss(tensor([0.]), tensor([1.]), tensor([2.]))"],
)
def gaussian_nll_loss(
    input: Array,
    target: Array,
    var: Array | Number,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Any:
    """Negative logarithm of the normal likelihood of target, with mean `input` and variance `var` (eps at least)."""
    mean: Any = input
    given: Any = var
    spread: Any = given if isinstance(given, Tensor) else mean.new_full(mean.shape, var)
    if (spread.array < 0).any():
        raise ValueError("var has negative entry/entries")
    if spread.shape != mean.shape:
        if spread.shape == mean.shape[:-1]:
            spread = spread.unsqueeze(-1)
        elif spread.ndim != mean.ndim or sum(a != b for a, b in zip(spread.shape, mean.shape, strict=True)) != 1:
            raise ValueError("var is of incorrect size")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    spread = spread.clone()
    spread.detach().clamp_(min=eps)
    losses = 0.5 * (spread.log() + (mean - target) ** 2 / spread)
    return applied(losses + 0.5 * log(2 * pi) if full else losses, reduction)
