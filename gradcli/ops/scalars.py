"""Arithmetic with a number as torch's own C++ does it in composites: overloads for scalars, with nodes of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.op import op

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Object


def _number(input: Array, number: Any) -> Any:
    return input.dtype.type(number)


@op(private=True, grad_fn="MulBackward1", vjp={"input": lambda g, number: times(g, number)})
def times(input: Array, number: Object) -> Array:
    """input * number."""
    return np.asarray(input * _number(input, number))


@op(private=True, grad_fn="DivBackward1", vjp={"input": lambda g, number: over(g, number)})
def over(input: Array, number: Object) -> Array:
    """input / number."""
    return np.asarray(input / _number(input, number))


@op(private=True, grad_fn="AddBackward1", vjp={"input": lambda g: g})
def plus(input: Array, number: Object) -> Array:
    """input + number."""
    return np.asarray(input + _number(input, number))


@op(private=True, grad_fn="RsubBackward1", vjp={"input": lambda g: -g})
def subtracted_from(input: Array, number: Object) -> Array:
    """number - input."""
    return np.asarray(_number(input, number) - input)
