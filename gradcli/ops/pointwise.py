"""Arithmetic: sums, products, quotients, powers, and what is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dims import broadcast_shapes
from gradcli.engine.dtypes import constant, float_of, of
from gradcli.engine.entry import OUT
from gradcli.engine.limits import reserve
from gradcli.engine.op import composite, op
from gradcli.ops.along import reshaped
from gradcli.ops.common import checked, multiply_add, ndarray, nothing, promoted, require
from gradcli.ops.elementary import reciprocal

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, FloatOperand, Number, Operand


# Sums and differences


def _plus_scaled(input: Array, other: Array, alpha: Number, sign: int) -> Array:
    """input + sign * alpha * other, for an alpha that is not simply left out."""
    kind = other.dtype.kind
    if alpha.__class__ is bool and kind != "b":
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if alpha.__class__ is float and kind not in "fc":
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    if alpha.__class__ is complex and kind != "c":
        raise RuntimeError("For non-complex input tensors, argument alpha must not be a complex number.")
    factor = constant(alpha, other.dtype)
    return multiply_add(other, factor if sign > 0 else np.negative(factor), input)


@op(
    vjp={"input": lambda g: g, "other": lambda g, alpha: g if alpha == 1 else g * alpha},
    operator="+",
    ufunc=np.add,
    inplace=True,
    extras=OUT,
    samples=["add(m, n)", "add(m, row)", "add(s, m)", "add(m, 2.5)", "add(2, m)", "add(col, row, alpha=-3)", "i + m"],
    examples=["add(tensor([1., 2.]), 3)", "tensor([[1.], [2.]]) + tensor([10., 20.])"],
)
def add(input: Operand | Number, other: Operand | Number, *, alpha: Number = 1) -> Array:
    """Add elementwise: input + alpha * other. Shapes broadcast."""
    if alpha.__class__ is int and alpha == 1:
        return np.add(input, other)
    return _plus_scaled(input, other, alpha, 1)  # type: ignore[arg-type]


_MASK_ADVICE = "is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."


def subtrahends(input: Any, other: Any) -> list[Any]:
    """Promoted operands. Raises RuntimeError for booleans."""
    booleans = [x.dtype.kind == "b" if isinstance(x, ndarray) else isinstance(x, bool) for x in (input, other)]
    if all(booleans):
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. "
            "Use the `^` or `logical_xor()` operator instead."
        )
    if any(booleans):
        raise RuntimeError(f"Subtraction, the `-` operator, with a bool tensor {_MASK_ADVICE}")
    return promoted(input, other)


@composite("add", deprecated=True, samples=["add(m, 2, n)"], examples=["add(tensor([1., 2.]), 3, tensor([1., 1.]))"])
def add_scaled(input: Array, alpha: Number, other: Array) -> Any:
    """input + alpha * other, in the order of old."""
    return add(input, other, alpha=alpha)


@op(
    vjp={"input": lambda g: g, "other": lambda g, alpha: -g if alpha == 1 else g * -alpha},
    operator="-",
    ufunc=np.subtract,
    inplace=True,
    extras=OUT,
    aliases=["subtract"],
    samples=["sub(m, n)", "sub(m, row)", "sub(s, m)", "sub(m, 2.5)", "sub(2, m)", "sub(col, row, alpha=3)", "m - mask"],
    examples=["sub(tensor([1., 2.]), 3)", "tensor([5, 7]) - tensor([1, 2])"],
)
def sub(input: Array | Number, other: Array | Number, *, alpha: Number = 1) -> Array:
    """Subtract elementwise: input - alpha * other. Shapes broadcast."""
    # No kind promotes here: whether an operand is boolean shows only before.
    if (
        input.__class__ is not ndarray
        or other.__class__ is not ndarray
        or input.dtype is not other.dtype
        or input.dtype.kind == "b"
        or (input.ndim and other.ndim and input.shape != other.shape)
    ):
        input, other = subtrahends(input, other)
    if alpha.__class__ is int and alpha == 1:
        return np.subtract(input, other)
    return _plus_scaled(input, other, alpha, -1)  # type: ignore[arg-type]


@composite("sub", deprecated=True, samples=["sub(m, 2, n)"], examples=["sub(tensor([1., 2.]), 3, tensor([1., 1.]))"])
def sub_scaled(input: Array, alpha: Number, other: Array) -> Any:
    """input - alpha * other, in the order of old."""
    return sub(input, other, alpha=alpha)


@op(
    vjp={"input": lambda g, alpha: -g if alpha == 1 else g * -alpha, "other": lambda g: g},
    operator="r-",
    method=False,
    samples=["rsub(m, n)", "rsub(m, row, alpha=3)", "m.__rsub__(row)"],
    examples=["rsub(tensor([1., 2.]), tensor([5., 5.]))"],
)
def rsub(input: Array, other: Array, *, alpha: Number = 1) -> Array:
    """Subtract the other way round: other - alpha * input. Shapes broadcast."""
    return sub.kernel(other, input, alpha=alpha)


@op(
    "rsub",
    grad_fn="RsubBackward1",
    vjp={"input": lambda g, alpha: -g if alpha == 1 else g * -alpha},
    operator="r-",
    method=False,
    samples=["rsub(m, 2.5)", "rsub(m, 2, 3)", "2 - m", "1.5 - row", "2 - i", "1.5 - i", "2j - m", "1 - mask"],
    examples=["rsub(tensor([1., 2.]), 3)", "10 - tensor([1., 2.])"],
)
def rsub_scalar(input: Array, other: Number, alpha: Number = 1) -> Array:
    """Subtract the other way round: other - alpha * input. Shapes broadcast."""
    return sub.kernel(other, input, alpha=alpha)


@op(
    vjp={"input": lambda g: -g},
    operator="-x",
    ufunc=np.negative,
    inplace=True,
    extras=OUT,
    aliases=["negative"],
    samples=["neg(m)", "-m", "-c", "-i", "-mask", "-u8"],
    examples=["neg(tensor([1., -2.]))", "-tensor([3, 4])"],
)
def neg(input: Array) -> Array:
    """Change the sign of each element. Raises RuntimeError for booleans."""
    if input.dtype.kind == "b":
        raise RuntimeError(f"Negation, the `-` operator, on a bool tensor {_MASK_ADVICE}")
    return np.negative(input)


def _not_boolean(input: Any) -> Any:
    if input.array.dtype.kind == "b":
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


@composite(operator="+x", samples=["positive(m)", "+m", "+mask"], examples=["+tensor([1., -2.])"])
def positive(input: Array) -> Array:
    """The tensor itself. Raises RuntimeError for booleans."""
    return _not_boolean(input)


# Products and quotients


@op(
    vjp={"input": lambda g, other: g * other, "other": lambda g, input: g * input},
    operator="*",
    inplace=True,
    extras=OUT,
    aliases=["multiply"],
    samples=["mul(m, n)", "mul(m, row)", "mul(s, m)", "mul(m, 2.5)", "mul(c, m)", "mul(m, i)", "mul(3, m)", "m * 2j"],
    examples=["mul(tensor([1., 2.]), 3)", "tensor([1., 2.]) * tensor([[1.], [10.]])"],
)
def mul(input: Operand | Number, other: Operand | Number) -> Array:
    """Multiply elementwise; shapes broadcast."""
    return np.multiply(input, other)


@op(
    # Divided twice, and not by the square, which would overflow.
    vjp={"input": lambda g, other: g / other, "other": lambda g, input, other: -g * ((input / other) / other)},
    operator="/",
    inplace=True,
    extras=OUT,
    aliases=["divide", "true_divide"],
    samples=["div(m, n)", "div(m, row)", "div(s, m)", "div(m, 2.5)", "div(c, m)", "div(2, m)", "div(m, ipos)", "i / 2"],
    examples=["div(tensor([1., 2.]), 4)", "tensor([1, 2]) / 0"],
)
def div(input: FloatOperand | Number, other: FloatOperand | Number) -> Array:
    """Divide elementwise; shapes broadcast, integers become floating point."""
    return np.divide(input, other)


@op(
    "div",
    grad_fn="DivBackward2",
    vjp={
        "input": lambda g, other, rounding_mode: g / other if rounding_mode is None else nothing(g),
        "other": lambda g, input, other, rounding_mode: (
            -g * ((input / other) / other) if rounding_mode is None else nothing(g)
        ),
    },
    inplace=True,
    extras=OUT,
    aliases=["divide"],
    samples=[
        "div(m, n, rounding_mode='floor')",
        "div(m, row, rounding_mode='trunc')",
        "div(i, 2, rounding_mode='trunc')",
        "div(i, iv, rounding_mode='floor')",
        "div(m, 2.5, rounding_mode=None)",
        "div(m, n, rounding_mode='up')",
        "div(iv, 0, rounding_mode='floor')",
    ],
    examples=["div(tensor([-7, 7]), 2, rounding_mode='floor')", "div(tensor([-7, 7]), 2, rounding_mode='trunc')"],
)
def div_rounded(input: Operand | Number, other: Operand | Number, *, rounding_mode: str | None) -> Array:
    """Divide elementwise, and round: rounding_mode "trunc" (towards zero), "floor", or None.

    Raises RuntimeError for an integer zero as divisor and for other modes.
    """
    if rounding_mode == "floor":
        return floor_quotient(input, other)  # type: ignore[arg-type]
    if rounding_mode == "trunc":
        return _truncated_quotient(input, other)  # type: ignore[arg-type]
    if rounding_mode is not None:
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
        )
    dtype = float_of(of(input.dtype)).np  # type: ignore[union-attr]
    return np.divide(input, other, dtype=dtype)


def refuse_zero(divisor: Array) -> None:
    """Raise RuntimeError for a zero among integer divisors."""
    if divisor.dtype.kind in "iu" and not divisor.all():
        raise RuntimeError("ZeroDivisionError")


def floor_quotient(input: Array, other: Array) -> Array:
    """input / other rounded down. Raises as torch's kernel does."""
    require(input, "iuf", "div_floor_cpu")
    refuse_zero(other)
    return np.floor_divide(input, other)


def _truncated_quotient(input: Array, other: Array) -> Array:
    require(input, "iuf", "div_trunc_cpu")
    if input.dtype.kind == "f":
        return np.trunc(np.divide(input, other))
    refuse_zero(other)
    return np.floor_divide(input - np.fmod(input, other), other)


_reciprocal: Any = reciprocal.unary()


@composite(
    "__rdiv__",
    operator="r/",
    function=False,
    samples=["2 / m", "1 / row", "m.__rdiv__(2.5)"],
    examples=["1 / tensor([1., 2.])"],
)
def reflected_div(input: Array, other: Array | Number) -> Array:
    """A number over a tensor: reciprocal(input) * other."""
    return _reciprocal(input) * other


@composite(
    extras=OUT,
    aliases=["ger"],
    samples=["outer(v, w)", "outer(v, one)", "outer(m, v)", "outer(v, m)"],
    examples=["outer(tensor([1., 2.]), tensor([3., 4., 5.]))"],
)
def outer(input: Array, vec2: Array) -> Array:
    """All products of an element of one vector with one of another: shapes [n], [m] give [n, m]."""
    for name, vector in (("self", input), ("vec2", vec2)):
        if vector.ndim != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {vector.ndim}-D")
    return reshaped(input, (*input.shape, 1)) * vec2


# Several steps in one


@op(
    vjp={
        "input": lambda g: g,
        "tensor1": lambda g, tensor2, value: g * (tensor2 * value),
        "tensor2": lambda g, tensor1, value: g * (tensor1 * value),
    },
    inplace=True,
    extras=OUT,
    samples=["addcmul(m, n, row)", "addcmul(m, s, col, value=-2.5)", "addcmul(i, i, iv, value=2)"],
    examples=["addcmul(tensor([1., 2.]), tensor([3., 4.]), tensor([5., 6.]), value=0.5)"],
)
def addcmul(input: Operand, tensor1: Operand, tensor2: Operand, *, value: Number = 1) -> Array:
    """input + value * tensor1 * tensor2, elementwise; shapes broadcast."""
    require(input, "iufc", "addcmul_cpu_out")
    return multiply_add(tensor1 if value == 1 else tensor1 * checked(value, input.dtype), tensor2, input)


@op(
    vjp={
        "input": lambda g: g,
        "tensor1": lambda g, tensor2, value: g * (value / tensor2),
        "tensor2": lambda g, tensor1, tensor2, value: -g * ((tensor1 * value) / (tensor2 * tensor2)),
    },
    inplace=True,
    extras=OUT,
    samples=["addcdiv(m, n, row)", "addcdiv(m, s, col, value=-2.5)", "addcdiv(m, i, iv)"],
    examples=["addcdiv(tensor([1., 2.]), tensor([3., 4.]), tensor([5., 8.]), value=0.5)"],
)
def addcdiv(input: Array, tensor1: Array, tensor2: Array, *, value: Number = 1) -> Array:
    """input + value * tensor1 / tensor2, elementwise; shapes broadcast. Raises RuntimeError for two integer tensors."""
    if tensor1.dtype.kind in "biu" and tensor2.dtype.kind in "biu":
        raise RuntimeError(INTEGER_ADDCDIV)
    input, tensor1, tensor2 = promoted(input, tensor1, tensor2)
    return np.add(input, np.divide(tensor1 if value == 1 else tensor1 * checked(value, input.dtype), tensor2))


INTEGER_ADDCDIV = (
    "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a true "
    "division of tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + value * "
    "torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / tensor2) for "
    "float inputs. The future addcdiv behavior is just the latter implementation: (input + value * tensor1 / tensor2), "
    "for all dtypes."
)


def _one_type(input: Array, **others: Array) -> None:
    for name, other in others.items():
        if other.dtype != input.dtype:
            raise RuntimeError(
                f"expected dtype {of(input.dtype).c_name} for `{name}` but got dtype {of(other.dtype).c_name}"
            )


def _between(input: Array, end: Array, weight: Array) -> Array:
    """From the nearer end, as torch does: exact at weight 1 too."""
    if input.shape != end.shape or weight.shape not in ((), input.shape):
        reserve(broadcast_shapes(input.shape, end.shape, weight.shape), input.dtype)
    step = end - input
    if weight.ndim:
        return np.where(np.abs(weight) < 0.5, multiply_add(step, weight, input), multiply_add(-step, 1 - weight, end))
    return multiply_add(step, weight, input) if abs(weight) < 0.5 else multiply_add(-step, 1 - weight, end)


@op(
    grad_fn="LerpBackward1",
    vjp={
        "input": lambda g, weight: g * (1 - weight),
        "end": lambda g, weight: g * weight,
        "weight": lambda g, input, end: g * (end - input),
    },
    inplace=True,
    extras=OUT,
    samples=["lerp(m, n, row)", "lerp(m, row, s)"],
    examples=["lerp(tensor([1., 2.]), tensor([3., 6.]), tensor([0.25, 0.75]))"],
)
def lerp(input: Array, end: Array, weight: Array) -> Array:
    """input + weight * (end - input), elementwise; shapes broadcast. Raises RuntimeError for mixed types."""
    _one_type(input, end=end)
    if weight.ndim or weight.dtype.kind == "c":
        _one_type(input, weight=weight)
    require(input, "fc", "lerp_kernel_tensor")
    return _between(input, end, weight.astype(input.dtype, copy=False))


@op(
    "lerp",
    vjp={"input": lambda g, weight: g * (1 - weight), "end": lambda g, weight: g * weight},
    inplace=True,
    extras=OUT,
    samples=["lerp(m, n, 0.25)", "lerp(m, row, 2)"],
    examples=["lerp(tensor([1., 2.]), tensor([3., 6.]), 0.5)"],
)
def lerp_scalar(input: Array, end: Array, weight: Number) -> Array:
    """input + weight * (end - input), elementwise; shapes broadcast. Raises RuntimeError for mixed types."""
    _one_type(input, end=end)
    require(input, "fc", "lerp_kernel_scalar")
    return _between(input, end, checked(weight, input.dtype))
