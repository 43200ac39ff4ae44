"""torch.nn.init: the first values of parameters, drawn as torch draws them. Source: torch/nn/init.py."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Final

from gradcli.engine.errors import warn
from gradcli.engine.limits import LimitExceeded
from gradcli.engine.modes import no_grad
from gradcli.engine.public import functions
from gradcli.engine.tensor import Tensor

MOST_ROUNDS: Final = 10_000  # of drawing again what lay outside: bounds far from the mean may never be met


def _fans(tensor: Tensor) -> tuple[int, int]:
    if tensor.ndim < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    outputs, inputs, *window = tensor.shape
    field = math.prod(window)
    return inputs * field, outputs * field


def _fan(tensor: Tensor, mode: str) -> int:
    if mode.lower() not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode.lower()} not supported, please use one of ['fan_in', 'fan_out']")
    return _fans(tensor)[mode.lower() == "fan_out"]


def calculate_gain(nonlinearity: str, param: Any = None) -> float:
    """What a nonlinearity does to the scale of numbers. Raises ValueError for one that is not known."""
    if nonlinearity in ("linear", "sigmoid", "conv1d", "conv2d", "conv3d"):
        return 1
    if nonlinearity == "leaky_relu":
        return math.sqrt(2.0 / (1 + (0.01 if param is None else param) ** 2))
    gains = {"tanh": 5.0 / 3, "relu": math.sqrt(2.0), "selu": 3.0 / 4}
    if nonlinearity not in gains:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    return gains[nonlinearity]


def _filled(fill: str) -> Callable[..., Tensor]:
    def run(tensor: Tensor, *args: float, **options: Any) -> Tensor:
        with no_grad():
            return tensor.__getattribute__(fill)(*args, **options)  # type: ignore[no-any-return]

    return run


_uniform, _normal, _fill = _filled("uniform_"), _filled("normal_"), _filled("fill_")


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Numbers between a and b."""
    return _uniform(tensor, a, b, generator=generator)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Normal numbers."""
    return _normal(tensor, mean, std, generator=generator)


def constant_(tensor: Tensor, val: float) -> Tensor:
    """One number everywhere."""
    return _fill(tensor, val)


def zeros_(tensor: Tensor) -> Tensor:
    """Zeros."""
    return _fill(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Ones."""
    return _fill(tensor, 1.0)


def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    zeros_(tensor)
    with no_grad():
        tensor.diagonal().fill_(1)
    return tensor


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Uniform numbers, scaled by both fans (Glorot)."""
    bound = math.sqrt(3.0) * gain * math.sqrt(2.0 / sum(_fans(tensor)))
    return _uniform(tensor, -bound, bound, generator=generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Normal numbers, scaled by both fans (Glorot)."""
    return _normal(tensor, 0.0, gain * math.sqrt(2.0 / sum(_fans(tensor))), generator=generator)


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    """Uniform numbers, scaled by one fan (He)."""
    bound = math.sqrt(3.0) * calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode))
    return _uniform(tensor, -bound, bound, generator=generator)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    """Normal numbers, scaled by one fan (He)."""
    std = calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode))
    return _normal(tensor, 0, std, generator=generator)


# ---------------------------------------------------------------- between bounds


def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None
) -> Tensor:
    """Normal numbers, those outside a and b drawn again. Raises LimitExceeded where the bounds are never met."""
    if mean < a - 2 * std or mean > b + 2 * std:
        warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be incorrect."
        )
    with no_grad():
        draw = _redrawn if _below((b - mean) / std) - _below((a - mean) / std) > 0.3 else _accepted
        result = draw(tensor, mean, std, a, b, generator)
        if result is not tensor:
            tensor.copy_(result)
    return tensor


def _below(x: float) -> float:
    """The standard normal distribution function."""
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0


def _rounds() -> Iterator[None]:
    for _ in range(MOST_ROUNDS):
        yield
    raise LimitExceeded(f"trunc_normal_: still outside its bounds after {MOST_ROUNDS} rounds", "")


def _redrawn(tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Any) -> Tensor:
    """Normal numbers, drawn again where they are outside: for bounds that hold much of the distribution."""
    low, high = (tensor.new_tensor(bound).item() for bound in (a, b))  # as the tensor's type represents them
    result = tensor.normal_(mean, std, generator=generator)
    for _ in _rounds():
        outside = (result < low) | (result > high)
        if not outside.any():
            break
        drawn = functions["empty_like"](result).normal_(mean, std, generator=generator)
        result = functions["where"](outside, drawn, result)
    return result  # type: ignore[no-any-return]


def _accepted(tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Any) -> Tensor:
    """Uniform numbers, each accepted as often as the density there is of the density at its peak."""
    log_peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
    result = tensor.uniform_(a, b, generator=generator)
    candidates, chance = result.clone(), functions["empty_like"](result)
    pending: Any = True
    for _ in _rounds():
        candidates.sub_(mean).div_(std).pow_(2).mul_(-0.5).sub_(log_peak)
        pending = pending & chance.uniform_(generator=generator).log_().gt(candidates)
        if not pending.any():
            break
        candidates.uniform_(a, b, generator=generator)
        result = functions["where"](pending, candidates, result)
    return result  # type: ignore[no-any-return]


# ---------------------------------------------------------------- matrices and kernels


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Any = None) -> Tensor:
    """A matrix with orthonormal rows or columns, all dimensions behind the first taken as one."""
    if tensor.ndimension() < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if not tensor.numel():
        return tensor
    rows = tensor.size(0)
    drawn = tensor.new_empty((rows, tensor.numel() // rows)).normal_(0, 1, generator=generator)
    wide = rows < drawn.size(1)
    q, r = functions["linalg.qr"](drawn.t() if wide else drawn)
    q *= functions["diag"](r, 0).sign()  # so that every orthogonal matrix is as likely
    with no_grad():
        tensor.view(drawn.shape).copy_(q.t() if wide else q)
        tensor.mul_(gain)
    return tensor


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """Normal numbers, and in each column a fraction of zeros."""
    if tensor.ndimension() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    with no_grad():
        tensor.normal_(0, std, generator=generator)
        for column in range(columns):
            tensor[functions["randperm"](rows)[:zeros], column] = 0  # torch asks the default generator for these
    return tensor


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """The kernel that leaves as many channels as it can as they are: 1 in the middle of its window, for each group."""
    if tensor.ndimension() not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    outputs, inputs, *window = tensor.shape
    if outputs % groups != 0:
        raise ValueError("dim 0 must be divisible by groups")
    each = outputs // groups
    middle = [size // 2 for size in window]
    with no_grad():
        tensor.zero_()
        for first in range(0, each * groups, each or 1):
            for channel in range(min(each, inputs)):
                tensor[(first + channel, channel, *middle)] = 1
    return tensor


FUNCTIONS = (
    uniform_,
    normal_,
    trunc_normal_,
    constant_,
    zeros_,
    ones_,
    eye_,
    dirac_,
    xavier_uniform_,
    xavier_normal_,
    kaiming_uniform_,
    kaiming_normal_,
    orthogonal_,
    sparse_,
    calculate_gain,
)
