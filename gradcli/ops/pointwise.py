from __future__ import annotations
from typing import TYPE_CHECKING
import numpy as np
from gradcli.engine.op import op, composite
if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Number, Operand, FloatOperand, FloatArray

@op(operator="+", inplace=True, vjp={"input": lambda g: g, "other": lambda g, alpha: g * alpha if alpha != 1 else g},
    samples=["add(m, m)"], examples=["add(tensor([1., 2.]), 3)"])
def add(input: Operand | Number, other: Operand | Number, *, alpha: Number = 1) -> Array:
    """Add."""
    return np.add(input, other if alpha == 1 else other * alpha)

@op(operator="*", inplace=True, vjp={"input": lambda g, other: g * other, "other": lambda g, input: g * input},
    samples=["add(m, m)"], examples=["add(tensor([1., 2.]), 3)"])
def mul(input: Operand | Number, other: Operand | Number) -> Array:
    """Mul."""
    return np.multiply(input, other)

@op(vjp={"input": lambda g, result: g * result}, samples=["add(m, m)"], examples=["add(tensor([1., 2.]), 3)"], inplace=True)
def exp(input: FloatArray) -> Array:
    """Exp."""
    return np.exp(input)

@op("sum", grad_fn="SumBackward0", vjp={"input": lambda g, input_shape: expand_to(g, input_shape)}, samples=["add(m, m)"], examples=["add(tensor([1., 2.]), 3)"])
def sum_all(input: Array) -> Array:
    """Sum."""
    return np.add.reduce(input, axis=None)
from gradcli.engine.adjoints import expand_to
