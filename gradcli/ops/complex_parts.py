"""Complex numbers: their parts, sizes and angles. All these are defined for real numbers too."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.entry import OUT
from gradcli.engine.op import composite, op
from gradcli.ops.common import is_complex, nothing, refuse, written_apart
from gradcli.ops.rounding import real_sign
from gradcli.ops.selection import masked_fill_scalar

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, FloatArray


def _absolute_into(input: Array) -> Array:
    if input.dtype.kind == "c":
        raise RuntimeError("In-place abs is not supported for complex tensors.")
    return absolute.kernel(input)


@written_apart(
    "abs",
    vjp={"input": lambda g, input: g * sgn(input)},
    written={"kernel": _absolute_into, "grad_fn": "AbsBackward0", "vjp": {"input": lambda g, input: g * sgn(input)}},
    holomorphic=False,
    operator="abs(x)",
    extras=OUT,
    aliases=["absolute"],
    samples=["abs(m)", "abs(zeros_in)", "abs(c)", "abs(i)", "abs(mask)", "abs(nans)"],
    examples=["abs(tensor([-1., 2.]))", "abs(tensor([3 + 4j]))"],
)
def absolute(input: Array) -> Array:
    """The size of each element. At 0 the gradient is 0."""
    if input.dtype.kind == "b":
        refuse("abs_cpu", input.dtype)
    return np.absolute(input)


def _slope_of_sgn(g: Any, input: Any, result: Any) -> Any:
    """What of g is at right angles to the number, over its size; nothing for real numbers."""
    if not is_complex(input):
        return nothing(g)
    along = real_part(_conjugate(result) * g)
    return masked_fill_scalar((g - result * along) / absolute(input), input == 0, 0.0)


@op(
    vjp={"input": lambda g, input, result: _slope_of_sgn(g, input, result)},
    holomorphic=False,
    inplace=True,
    extras=OUT,
    samples=["sgn(m)", "sgn(zeros_in)", "sgn(c)", "sgn(i)"],
    examples=["sgn(tensor([-3., 0., 5.]))", "sgn(tensor([3 + 4j]))"],
)
def sgn(input: Array) -> Array:
    """Each element over its size: the sign of a real number, the direction of a complex one; 0 at 0."""
    if input.dtype.kind != "c":
        return real_sign(input)
    size = np.absolute(input)
    return np.where(size == 0, np.zeros((), input.dtype), input / size)


@op(
    private=True,
    vjp={"input": lambda g: _conjugate(g)},
    holomorphic=False,
    grad_fn="ConjPhysicalBackward0",
    inplace_grad_fn="ConjPhysicalBackward1",
)
def _conjugate(input: Array) -> Array:
    return np.conjugate(input)


@op(private=True, grad_fn="ConjBackward0", vjp={"input": lambda g: _conjugate(g)}, holomorphic=False)
def _seen_conjugate(input: Array) -> Array:
    return np.conjugate(input)


@composite(
    inplace=lambda input: _conjugate.call_inplace([input]),
    extras=OUT,
    samples=["conj_physical(c)", "conj_physical(m)"],
    examples=["conj_physical(tensor([1 + 2j]))"],
)
def conj_physical(input: Array) -> Array:
    """The conjugate of each element, as a copy; a real tensor itself."""
    return _conjugate(input) if is_complex(input) else input


@composite(samples=["conj(c)", "conj(m)", "c.conj() * c"], examples=["conj(tensor([1 + 2j]))"])
def conj(input: Array) -> Array:
    """The conjugate of each element; a real tensor itself."""
    return _seen_conjugate(input) if is_complex(input) else input


@op(
    private=True,
    view=True,
    grad_fn="SelectBackward0",
    vjp={"input": lambda g: g},
    holomorphic=False,
)
def _real(input: Array) -> Array:
    return np.real(input)


@op(
    private=True,
    view=True,
    grad_fn="SelectBackward0",
    vjp={"input": lambda g: g * 1j},
    holomorphic=False,
)
def _imag(input: Array) -> Array:
    return np.imag(input)


def real_part(value: Any) -> Any:
    """The real part of a Tensor or an array, in a formula."""
    return _real(value) if is_complex(value) else value


@composite(method=False, samples=["real(c)", "real(m)", "real(c) * imag(c)"], examples=["real(tensor([1 + 2j]))"])
def real(input: Array) -> Array:
    """The real parts, as a view; a real tensor itself."""
    return real_part(input)


@composite(method=False, samples=["imag(c)", "imag(m)"], examples=["imag(tensor([1 + 2j]))"])
def imag(input: Array) -> Array:
    """The imaginary parts, as a view. Raises RuntimeError for real tensors."""
    if not is_complex(input):
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return _imag(input)


def _slope_of_angle(g: Any, input: Any) -> Any:
    if not is_complex(input):
        return nothing(g)
    size = absolute(input)
    return masked_fill_scalar(g * 1j * input / (size * size), input == 0, 0.0)


@op(
    vjp={"input": lambda g, input: _slope_of_angle(g, input)},
    holomorphic=False,
    extras=OUT,
    samples=["angle(c)", "angle(m)", "angle(i)"],
    examples=["angle(tensor([1., -1.]))", "angle(tensor([1j]))"],
)
def angle(input: FloatArray) -> Array:
    """The angle in the complex plane: 0 or pi for real numbers."""
    if input.dtype.kind == "c":
        return np.angle(input).astype(input.real.dtype)
    angles = np.where(input < 0, input.dtype.type(math.pi), np.zeros((), input.dtype))
    return np.where(input == input, angles, input)
