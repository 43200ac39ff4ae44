"""Bessel functions of order 0 and 1.

Sources: ATen/native/UnaryOps.cpp, tools/autograd/derivatives.yaml. Only i0, i0e, i1 and i1e have derivatives in torch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.entry import OUT
from gradcli.engine.op import Op, op
from gradcli.ops.approximations import bessel
from gradcli.ops.error_functions import in_double
from gradcli.ops.selection import where

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, FloatArray

_NEAR_ZERO = {np.dtype(np.float32): 1.1920929e-07, np.dtype(np.float64): 2.220446049250313e-16}


def _slope_of_i1(g: Any, input: Any, result: Any, at_zero: Any, subtract: Any) -> Any:
    """at_zero: the function of order 0, whose value is twice the slope of that of order 1; half at the origin."""
    small = abs(input) <= _NEAR_ZERO.get(getattr(input, "array", input).dtype, 1e-3)
    safe = where(small, 1e-7, input)
    return g * where(small, 0.5, at_zero(safe) - subtract(safe, result))


@op(
    vjp={"input": lambda g, input: g * i1(input)},
    inplace=True,
    extras=OUT,
    also=["special.i0"],
    samples=["i0(m)", "i0(i)", "i0(zeros_in)"],
    examples=["i0(tensor([0., 1., 2.]))"],
)
def i0(input: FloatArray) -> Array:
    """The modified Bessel function of the first kind, of order 0."""
    return in_double(bessel.i0, "i0_cpu", input)


def _sign(x: Any) -> Any:
    return where(x > 0, 1.0, where(x < 0, -1.0, 0.0))


@op(
    "i0e",
    module="special",
    grad_fn="SpecialI0EBackward0",
    vjp={"input": lambda g, input, result: g * (i1e(input) - _sign(input) * result)},
    extras=OUT,
    samples=["torch.special.i0e(m)", "torch.special.i0e(i)", "torch.special.i0e(zeros_in)"],
    examples=["torch.special.i0e(tensor([0., 1., 2.]))"],
)
def i0e(input: FloatArray) -> Array:
    """exp(-|input|) * i0(input)."""
    return in_double(bessel.i0e, "i0e_cpu", input)


@op(
    "i1",
    module="special",
    grad_fn="SpecialI1Backward0",
    vjp={"input": lambda g, input, result: _slope_of_i1(g, input, result, i0, lambda x, i1: i1 / x)},
    extras=OUT,
    samples=["torch.special.i1(m)", "torch.special.i1(i)", "torch.special.i1(zeros_in)"],
    examples=["torch.special.i1(tensor([0., 1., 2.]))"],
)
def i1(input: FloatArray) -> Array:
    """The modified Bessel function of the first kind, of order 1."""
    return in_double(bessel.i1, "i1_cpu", input)


@op(
    "i1e",
    module="special",
    grad_fn="SpecialI1EBackward0",
    vjp={"input": lambda g, input, result: _slope_of_i1(g, input, result, i0e, lambda x, i1: i1 * (_sign(x) + 1 / x))},
    extras=OUT,
    samples=["torch.special.i1e(m)", "torch.special.i1e(i)", "torch.special.i1e(zeros_in)"],
    examples=["torch.special.i1e(tensor([0., 1., 2.]))"],
)
def i1e(input: FloatArray) -> Array:
    """exp(-|input|) * i1(input)."""
    return in_double(bessel.i1e, "i1e_cpu", input)


def _define(name: str, function: Callable[..., Any], text: str) -> Op:
    """A function below torch.special that torch does not differentiate."""

    def kernel(input: FloatArray) -> Array:
        return in_double(function, f"{name}_cpu", input)

    kernel.__doc__ = f"The {text}."
    call = f"torch.special.{name}"
    decorate = op(
        name, module="special", extras=OUT, vjp=None, samples=[f"{call}(pos)"], examples=[f"{call}(tensor([0.5, 2.]))"]
    )
    found: Op = decorate(kernel)
    return found


for _order in (0, 1):
    for _kind, _letter in (("first", "j"), ("second", "y")):
        _text = f"Bessel function of the {_kind} kind, of order {_order}"
        _define(f"bessel_{_letter}{_order}", getattr(bessel, f"{_letter}{_order}"), _text)
    _first: Any = getattr(bessel, f"i{_order}")
    _second: Any = getattr(bessel, f"k{_order}")
    _define(f"modified_bessel_i{_order}", _first, f"modified Bessel function of the first kind, of order {_order}")
    _text = f"modified Bessel function of the second kind, of order {_order}"
    _define(f"modified_bessel_k{_order}", _second, _text)
    _define(
        f"scaled_modified_bessel_k{_order}",
        lambda x, function=_second: function(x, scaled=True),
        f"{_text}, times exp(input)",
    )
