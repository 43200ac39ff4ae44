"""What the kernels of several families share: refusals in torch's words, promotion by hand, checked numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dims import broadcast_shapes
from gradcli.engine.dtypes import constant, of, result_type
from gradcli.engine.limits import reserve
from gradcli.engine.op import Op, op
from gradcli.ops.literals import checked_number

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Number

ndarray = np.ndarray
_FLOAT32, _FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
_MOST = 1 << 14  # elements; of more numpy's loops for single precision are worth their last digit


@op(private=True, vjp=None)
def nothing(g: Array) -> Array:
    """Zeros as a gradient is: the slope of a step. A product with 0 would not do, infinity times 0 being nan."""
    return np.zeros(g.shape, g.dtype)


def rounded_once(function: Any, input: Array) -> Array:
    """`function(input)`, in single precision rounded once, as torch's libraries nearly always have it.

    numpy's own loops for single precision are off by one in the last digit for up to four numbers in ten.
    """
    if input.dtype is _FLOAT32 and input.size <= _MOST:
        return function(input.astype(_FLOAT64)).astype(_FLOAT32)
    return function(input)


def multiply_add(first: Array, second: Array, third: Array) -> Array:
    """`first * second + third`, in single precision rounded once: torch's loops are compiled to fused multiply-adds."""
    if first.dtype is _FLOAT32 and third.dtype is _FLOAT32 and third.size <= _MOST:
        result = first.astype(_FLOAT64) * second.astype(_FLOAT64)  # exactly
        return (result + third.astype(_FLOAT64)).astype(_FLOAT32)
    return first * second + third


def is_complex(value: Any) -> bool:
    """Is this array or Tensor complex?"""
    return bool(getattr(value, "array", value).dtype.kind == "c")


def refuse(kernel: str, dtype: np.dtype[Any]) -> None:
    """Raise NotImplementedError, as torch's dispatch macros do for a type that a kernel does not know."""
    raise NotImplementedError(f"\"{kernel}\" not implemented for '{of(dtype).scalar}'")


def not_differentiable(what: str) -> Any:
    """Raise NotImplementedError, as a formula that torch does not have does when it is asked for."""
    raise NotImplementedError(f"the derivative for '{what}' is not implemented.")


def require(array: Array, kinds: str, kernel: str) -> None:
    """Raise NotImplementedError unless the array's dtype is of one of these kinds (numpy's letters)."""
    if array.dtype.kind not in kinds:
        refuse(kernel, array.dtype)


def promoted(*operands: Array | Number) -> list[Any]:
    """Operands in torch's result type, for kernels that have to see them as they came. Their shapes must broadcast."""
    first = operands[0]
    if first.__class__ is ndarray and all(
        x.__class__ is ndarray and x.dtype is first.dtype and x.shape == first.shape for x in operands
    ):
        return list(operands)
    dtype = result_type(operands).np
    if len(operands) > 1:
        reserve(broadcast_shapes(*[x.shape for x in operands if isinstance(x, ndarray)] or [()]), dtype)
    return [x.astype(dtype, copy=False) if isinstance(x, ndarray) else constant(x, dtype) for x in operands]


def checked(value: Number, dtype: np.dtype[Any]) -> Array:
    """A Python number as a 0-dim array. Raises RuntimeError where c10::checked_convert does: what does not fit."""
    return constant(checked_number(value, of(dtype)), dtype)


class WrittenApart(Op):
    """An operator whose in-place variant is another to torch. `written`: what that has of its own, such as its vjp."""

    def __init__(self, name: str, kernel: Callable[..., Any], fields: dict[str, Any]) -> None:
        written = dict(fields.pop("written"))
        super().__init__(name, kernel, {"inplace": True, **fields})
        self._written = Op(f"{self.name}_", written.pop("kernel", kernel), {**written, "private": True})

    def call_inplace(self, args: list[Any]) -> Any:
        return self._written.call_inplace(args)


def written_apart(name: str = "", **fields: Any) -> Callable[..., WrittenApart]:
    """Make a `WrittenApart` of a kernel."""
    return lambda kernel: WrittenApart(name, kernel, fields)


def without_inplace_derivative(grad_fn: str, **fields: Any) -> Callable[..., WrittenApart]:
    """Make an operator whose in-place variant has no derivative, as torch's acosh_ has none."""

    def decorate(kernel: Callable[..., Any]) -> WrittenApart:
        def slope(g: Any) -> Any:
            return not_differentiable(f"inplace version of {kernel.__name__}")

        fields["written"] = {"vjp": {"input": slope}, "grad_fn": grad_fn}
        return WrittenApart("", kernel, fields)

    return decorate
