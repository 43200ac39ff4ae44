"""A tensor beside a value of numpy's, as torch with numpy has it.

A scalar of numpy is the number that it is. With an array numpy computes, on what the tensor holds, and a tensor outside
the graph comes out (torch/_tensor.py, `__array_wrap__`); a tensor that requires grad refuses.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from gradcli.engine.modes import state
from gradcli.engine.tensor import Tensor

_UFUNCS: Final[dict[str, Callable[..., Any]]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "//": np.floor_divide,
    "%": np.remainder,
    "**": np.power,
    "@": np.matmul,
    "&": np.bitwise_and,
    "|": np.bitwise_or,
    "^": np.bitwise_xor,
    "<<": np.left_shift,
    ">>": np.right_shift,
}
_OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def number_in(value: Any) -> Any:
    """The number that a scalar of numpy is, or None."""
    if isinstance(value, (np.number, np.bool)):
        number = value.item()
        if isinstance(number, (int, float, complex)):
            return number
    return None


def beside(symbol: str, tensor: Tensor, other: Any) -> Any:
    """`tensor symbol other` for a value of numpy's, NotImplemented for any other."""
    number = number_in(other)
    if number is not None and symbol in _OPERATORS:
        return _OPERATORS[symbol](tensor, number)
    if isinstance(other, np.ndarray) and symbol in _UFUNCS:
        if tensor.requires_grad and state.grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        return Tensor(np.asarray(_UFUNCS[symbol](tensor.array, other)))
    if isinstance(other, np.ndarray) and symbol == "==" and other.dtype.kind in "biufc":
        return tensor == Tensor(np.asarray(other))
    return NotImplemented
