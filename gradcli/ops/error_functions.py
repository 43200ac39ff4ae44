"""The error function and the normal distribution.

Sources: ATen/native/UnaryOps.cpp, tools/autograd/derivatives.yaml.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.entry import OUT
from gradcli.engine.op import composite, op
from gradcli.ops.approximations import normal
from gradcli.ops.common import require, rounded_once
from gradcli.ops.elementary import exp, log, log1p
from gradcli.ops.scalars import plus, times
from gradcli.ops.selection import clamp_scalars, where

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, FloatArray, FloatOperand, Number

TWO_BY_ROOT_PI = 2 / math.sqrt(math.pi)


def as_float(input: Any) -> Any:
    """A tensor of integers in the default type."""
    return input if input.array.dtype.kind in "fc" else input * 1.0


def in_double(function: Callable[..., Any], kernel: str, *inputs: Array) -> Array:
    """A function of real numbers computed in double precision, in the type of the inputs."""
    require(inputs[-1], "fbiu", kernel)  # integers come from formulas
    kind = inputs[-1].dtype if inputs[-1].dtype.kind == "f" else np.float64
    return np.asarray(function(*[x.astype(np.float64) for x in inputs])).astype(kind)


@op(
    vjp={"input": lambda g, input: g * exp(-(input * input)) * TWO_BY_ROOT_PI},
    inplace=True,
    extras=OUT,
    also=["special.erf"],
    samples=["erf(m)", "erf(i)", "erf(huge)", "erf(nans)"],
    examples=["erf(tensor([0., -1., 10.]))"],
)
def erf(input: FloatArray) -> Array:
    """The error function of each element."""
    return in_double(normal.erf, "erf_vml_cpu", input)


@op(
    vjp={"input": lambda g, input: g * exp(-(input * input)) * -TWO_BY_ROOT_PI},
    inplace=True,
    extras=OUT,
    also=["special.erfc"],
    samples=["erfc(m)", "erfc(i)", "erfc(huge)"],
    examples=["erfc(tensor([0., -1., 10.]))"],
)
def erfc(input: FloatArray) -> Array:
    """1 - erf(input), exact where that is small."""
    return in_double(normal.erfc, "erfc_vml_cpu", input)


@op(
    vjp={"input": lambda g, result: g * (exp(result * result) / TWO_BY_ROOT_PI)},
    inplace=True,
    extras=OUT,
    also=["special.erfinv"],
    samples=["erfinv(unit - 0.5)", "erfinv(i)", "erfinv(ties)"],
    examples=["erfinv(tensor([0., 0.5, -1.]))"],
)
def erfinv(input: FloatArray) -> Array:
    """The inverse of erf, infinite at -1 and 1, nan beyond."""
    return in_double(normal.erfinv, "erfinv_vml_cpu", input)


@op(
    "erfcx",
    module="special",
    grad_fn="SpecialErfcxBackward0",
    vjp={"input": lambda g, input, result: g * (input * result * 2.0 - TWO_BY_ROOT_PI)},
    extras=OUT,
    samples=["torch.special.erfcx(m)", "torch.special.erfcx(i)", "torch.special.erfcx(huge)"],
    examples=["torch.special.erfcx(tensor([0., -1., 10.]))"],
)
def erfcx(input: FloatArray) -> Array:
    """exp(input**2) * erfc(input)."""
    return in_double(normal.erfcx, "erfcx_cpu", input)


@composite(
    "ndtr",
    module="special",
    extras=OUT,
    samples=["torch.special.ndtr(m)", "torch.special.ndtr(i)", "torch.special.ndtr(huge)"],
    examples=["torch.special.ndtr(tensor([-3., -2., -1., 0., 1., 2., 3.]))"],
)
def ndtr(input: Array) -> Any:
    """The area under the normal density from minus infinity to each element."""
    return times(plus(erf(times(as_float(input), math.sqrt(0.5))), 1), 0.5)


@op(
    "log_ndtr",
    module="special",
    grad_fn="SpecialLogNdtrBackward0",
    vjp={"input": lambda g, input: g / erfcx(input * -math.sqrt(0.5)) * math.sqrt(2 / math.pi)},
    extras=OUT,
    samples=["torch.special.log_ndtr(m)", "torch.special.log_ndtr(i)", "torch.special.log_ndtr(5 * m)"],
    examples=["torch.special.log_ndtr(tensor([-3., -2., -1., 0., 1., 2., 3.]))"],
)
def log_ndtr(input: FloatArray) -> Array:
    """The logarithm of ndtr, exact where ndtr is small."""
    return in_double(normal.log_ndtr, "log_ndtr_cpu", input)


@op(
    "ndtri",
    module="special",
    grad_fn="SpecialNdtriBackward0",
    vjp={"input": lambda g, result: g * exp(result * result * 0.5) * math.sqrt(2 * math.pi)},
    extras=OUT,
    samples=["torch.special.ndtri(prob)", "torch.special.ndtri(ties)"],
    examples=["torch.special.ndtri(tensor([0., 0.25, 0.5, 0.75, 1.]))"],
)
def ndtri(input: FloatArray) -> Array:
    """The inverse of ndtr."""
    return in_double(normal.ndtri, "ndtri_cpu", input)


# --- logarithms of probabilities -----------------------------------------------------------------------------------


def _slope_of_logit(g: Any, input: Any, eps: float | None) -> Any:
    if eps is None:
        inside, outside = (input >= 0) & (input <= 1), math.nan
    else:
        inside, outside = (input >= eps) & (input <= 1 - eps), 0.0
    return where(inside, g / (input * (1 - input)), outside)


@op(
    vjp={"input": lambda g, input, eps: _slope_of_logit(g, input, eps)},
    inplace=True,
    extras=OUT,
    also=["special.logit"],
    samples=["logit(prob)", "logit(prob, 0.2)", "logit(unit, eps=1e-6)", "logit(zeros_in)", "logit(mask, 0.1)"],
    examples=["logit(tensor([0.2, 0.5, 0.9]))", "logit(tensor([0., 0.5, 1.]), eps=1e-6)"],
)
def logit(input: FloatArray, eps: float | None = None) -> Array:
    """log(input / (1 - input)); eps: after clamping to [eps, 1 - eps]."""
    require(input, "f", "logit_cpu")
    one = input.dtype.type(1)
    if eps is not None:
        input = clamp_scalars.kernel(input, eps, 1 - eps)
    return rounded_once(np.log, np.asarray(input / (one - input)))


@op(
    "entr",
    module="special",
    grad_fn="SpecialEntrBackward0",
    vjp={"input": lambda g, input: g * -(log(input) + 1.0)},
    extras=OUT,
    samples=["torch.special.entr(pos)", "torch.special.entr(i)", "torch.special.entr(zeros_in)"],
    examples=["torch.special.entr(tensor([-0.5, 0., 0.5]))"],
)
def entr(input: FloatArray) -> Array:
    """-input * log(input): 0 at 0, -inf below."""
    require(input, "f", "entr")
    result = np.where(input == 0, input.dtype.type(0), -input * rounded_once(np.log, input))
    return np.where(input < 0, input.dtype.type(-np.inf), result).astype(input.dtype)


def _log1p_times(input: Any, other: Any) -> Array:
    require(other, "f", "xlog1py_cpu")
    result = input * np.log1p(other)
    return np.where(np.isnan(other), other.dtype.type(np.nan), np.where(input == 0, other.dtype.type(0), result))


def _slope_of_factor(g: Any, input: Any, other: Any) -> Any:
    return where((input == 0.0) & (other <= -1), 0.0, g * log1p(other))


@op(
    "xlog1py",
    module="special",
    grad_fn="SpecialXlog1PyBackward0",
    vjp={
        "input": lambda g, input, other: _slope_of_factor(g, input, other),
        "other": lambda g, input, other: g * input / (other + 1),
    },
    extras=OUT,
    samples=[
        "torch.special.xlog1py(m, pos)",
        "torch.special.xlog1py(m, row * row)",
        "torch.special.xlog1py(zeros_in, nans)",
    ],
    examples=["torch.special.xlog1py(tensor([0., 1., 2.]), tensor([-1., 0., 1.]))"],
)
def xlog1py(input: FloatOperand, other: FloatOperand) -> Array:
    """input * log1p(other), 0 where input is 0."""
    return _log1p_times(input, other)


@op(
    "xlog1py",
    module="special",
    grad_fn="SpecialXlog1PyBackward1",
    vjp={"other": lambda g, self, other: g * self / (other + 1)},
    extras=OUT,
    samples=["torch.special.xlog1py(2.5, pos)"],
    examples=["torch.special.xlog1py(2, tensor([0., 1.]))"],
)
def xlog1py_number(self: Number, other: FloatArray) -> Array:
    """self * log1p(other), 0 where self is 0."""
    return _log1p_times(other.dtype.type(self), other)


@op(
    "xlog1py",
    module="special",
    grad_fn="SpecialXlog1PyBackward2",
    vjp={"input": lambda g, other: g * float(np.log1p(other))},
    extras=OUT,
    samples=["torch.special.xlog1py(m, 2.5)"],
    examples=["torch.special.xlog1py(tensor([0., 1.]), 2)"],
)
def xlog1py_scalar(input: FloatArray, other: Number) -> Array:
    """input * log1p(other), 0 where input is 0."""
    return _log1p_times(input, input.dtype.type(other))
