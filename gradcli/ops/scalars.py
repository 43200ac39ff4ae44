"""Arithmetic with a number as torch's own C++ does it in composites: overloads for scalars, with nodes of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dtypes import default
from gradcli.engine.op import op

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Object


def _with(input: Array, number: Any, floats: bool = False) -> Any:
    """The input in the type of the result, and the number in it too."""
    if input.dtype.kind in "biu" and (floats or isinstance(number, float)):
        input = input.astype(default().np)
    return input, input.dtype.type(number)


@op(private=True, grad_fn="MulBackward1", vjp={"input": lambda g, number: times(g, number)})
def times(input: Array, number: Object) -> Array:
    """input * number."""
    return np.multiply(*_with(input, number))


@op(private=True, grad_fn="DivBackward1", vjp={"input": lambda g, number: over(g, number)})
def over(input: Array, number: Object) -> Array:
    """input / number."""
    return np.divide(*_with(input, number, floats=True))


@op(private=True, grad_fn="AddBackward1", vjp={"input": lambda g: g})
def plus(input: Array, number: Object) -> Array:
    """input + number."""
    return np.add(*_with(input, number))


@op(private=True, grad_fn="RsubBackward1", vjp={"input": lambda g: -g})
def subtracted_from(input: Array, number: Object) -> Array:
    """number - input."""
    array, value = _with(input, number)
    return np.subtract(value, array)
