"""The gamma function's relatives.

Sources: ATen/native/UnaryOps.cpp, BinaryOps.cpp, tools/autograd/derivatives.yaml.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.entry import OUT
from gradcli.engine.limits import reserve
from gradcli.engine.op import composite, op
from gradcli.ops.approximations import gamma
from gradcli.ops.common import not_differentiable, require
from gradcli.ops.elementary import exp, log
from gradcli.ops.error_functions import in_double
from gradcli.ops.matmul import array_of
from gradcli.ops.reduction import sum_dim
from gradcli.ops.views import unsqueeze

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, FloatArray, FloatOperand, Number


@op(
    vjp={"input": lambda g, input: g * digamma(input)},
    inplace=True,
    extras=OUT,
    also=["special.gammaln"],
    samples=["lgamma(m)", "lgamma(i)", "lgamma(zeros_in)", "lgamma(huge)"],
    examples=["lgamma(tensor([0.5, 1., 2., 3.]))"],
)
def lgamma(input: FloatArray) -> Array:
    """The logarithm of the absolute value of the gamma function."""
    return in_double(gamma.lgamma, "lgamma_vml_cpu", input)


@op(
    vjp={"input": lambda g, input: g * polygamma(input, 1)},
    inplace=True,
    extras=OUT,
    also=["special.digamma", "special.psi"],
    samples=["digamma(m)", "digamma(i)", "digamma(zeros_in)", "digamma(huge)"],
    examples=["digamma(tensor([1., 0.5]))"],
)
def digamma(input: FloatArray) -> Array:
    """The derivative of lgamma."""
    return in_double(gamma.digamma, "digamma", input)


@op(
    function=False,
    inplace=True,
    inplace_grad_fn="PolygammaBackward1",
    vjp={"input": lambda g, input, n: g * polygamma(input, n + 1)},
    samples=["m.polygamma(2)", "pos.polygamma(0)"],
    examples=["tensor([1., 0.5]).polygamma(1)"],
)
def polygamma(input: FloatArray, n: int) -> Array:
    """The n-th derivative of digamma."""
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    if n == 1 and input.dtype == np.float32:  # in single precision throughout, as torch has it
        return np.asarray(gamma.trigamma(input), np.float32)
    return in_double(lambda x: gamma.polygamma(n, x), "polygamma", input)


@composite(
    "polygamma",
    method=False,
    also=["special.polygamma"],
    extras=OUT,
    samples=["polygamma(0, pos)", "polygamma(1, m)", "polygamma(2, pos)", "polygamma(3, m)", "polygamma(1, i)"],
    examples=["polygamma(1, tensor([1., 0.5]))", "polygamma(2, tensor([1., 0.5]))"],
)
def polygamma_function(n: int, input: Array) -> Any:
    """The n-th derivative of digamma."""
    return polygamma(input, n)


def _steps(input: Any, p: int) -> Any:
    """The input less 0, 1/2, 1, … (p - 1)/2, along a new last dimension."""
    array = array_of(input)
    reserve((*array.shape, p), array.dtype)
    halves = np.arange(p).astype(array.dtype) * array.dtype.type(-0.5)
    column = unsqueeze(input, array.ndim)
    if column.__class__ is np.ndarray:
        return column + halves
    from gradcli.engine.tensor import Tensor

    return column + Tensor(halves)


@op(
    vjp={"input": lambda g, input, p: g * sum_dim(digamma(_steps(input, p)), (-1 + np.ndim(array_of(input)) + 1,))},
    inplace=True,
    extras=OUT,
    also=["special.multigammaln"],
    samples=["mvlgamma(above + 1, 2)", "mvlgamma(above + 1, 3)", "mvlgamma(ipos + 2, 2)"],
    examples=["mvlgamma(tensor([2., 3.]), 2)"],
)
def mvlgamma(input: FloatArray, p: int) -> Array:
    """The logarithm of the multivariate gamma function of dimension p."""
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    require(input, "f", "mvlgamma")
    total = np.add.reduce(gamma.lgamma(_steps(input, p).astype(np.float64)), axis=-1)
    return np.asarray(total + p * (p - 1) * math.log(math.pi) / 4).astype(input.dtype)


@op(
    vjp={
        "input": lambda g: not_differentiable("igamma: input"),
        "other": lambda g, input, other: g * exp((input - 1) * log(other) - other - lgamma(input)),
    },
    inplace=True,
    extras=OUT,
    also=["special.gammainc"],
    samples=["igamma(rates.detach(), pos2)", "igamma(rates.detach(), 20 * row * row)"],
    examples=["igamma(tensor([4.]), tensor([3., 4., 5.]))"],
)
def igamma(input: FloatOperand, other: FloatOperand) -> Array:
    """The regularized lower incomplete gamma function of order `input`."""
    return in_double(gamma.igamma, "igamma_cpu", input, other)


@op(
    vjp={
        "input": lambda g: not_differentiable("igammac: input"),
        "other": lambda g, input, other: -g * exp((input - 1) * log(other) - other - lgamma(input)),
    },
    inplace=True,
    extras=OUT,
    also=["special.gammaincc"],
    samples=["igammac(rates.detach(), pos2)", "igammac(rates.detach(), 20 * row * row)"],
    examples=["igammac(tensor([4.]), tensor([3., 4., 5.]))"],
)
def igammac(input: FloatOperand, other: FloatOperand) -> Array:
    """The regularized upper incomplete gamma function of order `input`."""
    return in_double(gamma.igammac, "igammac_cpu", input, other)


@op(
    "zeta",
    module="special",
    grad_fn="SpecialZetaBackward0",
    vjp={
        "input": lambda g: not_differentiable("zeta"),
        "other": lambda g, input, other: g * -input * zeta(input + 1.0, other),
    },
    extras=OUT,
    samples=["torch.special.zeta(ipos + 1, pos)", "torch.special.zeta(ipos + 1, row * row)"],
    examples=["torch.special.zeta(tensor([2., 4.]), tensor([1., 1.]))"],
)
def zeta(input: FloatOperand, other: FloatOperand) -> Array:
    """Hurwitz' zeta: the sum of (k + other) ** -input over k = 0, 1, 2, …"""
    return in_double(gamma.zeta, "zeta", input, other)


@op(
    "zeta",
    module="special",
    grad_fn="SpecialZetaBackward1",
    vjp={"other": lambda g, self, other: g * -self * zeta_number(self + 1.0, other)},
    extras=OUT,
    samples=["torch.special.zeta(2.5, pos)"],
    examples=["torch.special.zeta(2, tensor([1., 2.]))"],
)
def zeta_number(self: Number, other: FloatArray) -> Array:
    """Hurwitz' zeta of order `self`."""
    return in_double(lambda q: gamma.zeta(self, q), "zeta", other)


@op(
    "zeta",
    module="special",
    grad_fn="SpecialZetaBackward2",
    vjp={"input": lambda g: not_differentiable("zeta")},
    extras=OUT,
    samples=["torch.special.zeta(ipos, 2.5)"],
    examples=["torch.special.zeta(tensor([2., 4.]), 1)"],
)
def zeta_scalar(input: FloatArray, other: Number) -> Array:
    """Hurwitz' zeta at a number."""
    return in_double(lambda x: gamma.zeta(x, other), "zeta", input)
