"""Choosing between values, element by element: conditions, masks, bounds, the larger and the smaller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.adjoints import zeros
from gradcli.engine.dims import broadcast_shapes
from gradcli.engine.dtypes import of
from gradcli.engine.entry import OUT
from gradcli.engine.errors import warn_once
from gradcli.engine.limits import reserve
from gradcli.engine.op import composite, op
from gradcli.engine.tensor import Tensor
from gradcli.ops.common import checked, ndarray, promoted, refuse, written_apart

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Number, Operand


# Conditions


def _as_condition(condition: Array) -> Array:
    if condition.dtype == np.uint8:
        warn_once(
            "where received a uint8 condition tensor. This behavior is deprecated and will be removed in a future "
            "version of PyTorch. Use a boolean condition instead."
        )
        return condition != 0
    raise RuntimeError(
        f"where expected condition to be a boolean tensor, but got a tensor with dtype {of(condition.dtype).scalar}"
    )


@composite("where", samples=["where(mask)", "where(m > 0)", "where(flag)"], examples=["where(tensor([0, 3, 5]) > 1)"])
def where_true(condition: Array) -> tuple[Tensor, ...]:
    """The positions of what is true (not 0): a tensor of indices for each dimension."""
    array = np.atleast_1d(condition.array)  # type: ignore[attr-defined]
    return tuple(Tensor(indices) for indices in np.nonzero(array))


@op(
    vjp={
        "condition": None,
        "input": lambda g, condition: where(condition, g, 0.0),
        "other": lambda g, condition: where(condition, 0.0, g),
    },
    extras=OUT,
    samples=[
        "where(mask, m, n)",
        "where(mask, m, row)",
        "where(mrow, s, m)",
        "where(mask, m, 0.)",
        "where(mask, 1, m)",
        "where(mask, 1, 2.)",
        "where(nans > 0, log(nans), nans * 0)",
        "m.where(mask, n)",
    ],
    examples=["x = tensor([1., -2.]); where(x > 0, x, 0.)"],
)
def where(condition: Array, input: Operand | Number, other: Operand | Number) -> Array:
    """input where condition is true, else other; shapes broadcast.

    The gradient of what was not chosen is 0, and 0 times an infinite slope of that is nan.
    """
    if condition.dtype.kind != "b":
        condition = _as_condition(condition)
    _check_growth(condition, input, other)
    return np.where(condition, input, other)


def _check_growth(condition: Array, input: Any, other: Any) -> None:
    """Raise what has to be raised about shapes. In formulas they fit, and one operand is a plain number."""
    if input.__class__ is other.__class__ is ndarray and not condition.shape == input.shape == other.shape:
        reserve(broadcast_shapes(condition.shape, input.shape, other.shape), input.dtype)


def _require_mask(input: Array, mask: Array) -> None:
    if mask.dtype.kind != "b":
        name = of(mask.dtype).c_name
        raise RuntimeError(f"masked_fill_ only supports boolean masks, but got mask with dtype {name}")
    if mask.shape != input.shape:
        reserve(broadcast_shapes(mask.shape, input.shape), input.dtype)


@op(
    "masked_fill",
    grad_fn="MaskedFillBackward1",
    vjp={
        "input": lambda g, mask: masked_fill_scalar(g, mask, 0.0),
        "mask": None,
        "value": lambda g, mask: where(mask, g, 0.0),
    },
    inplace=True,
    samples=["masked_fill(m, mask, s)", "masked_fill(m, mrow, s)", "masked_fill(m, mask, row)"],
    examples=["masked_fill(tensor([1., 2.]), tensor([True, False]), tensor(9.))"],
)
def masked_fill(input: Array, mask: Array, value: Array) -> Array:
    """input, with value (0-dim) where mask is true; shapes of input and mask broadcast."""
    if value.ndim:
        raise RuntimeError(
            f"masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s)."
        )
    _require_mask(input, mask)
    if value.dtype.kind == "c" and input.dtype.kind != "c":
        checked(value.item(), input.dtype)
    return np.where(mask, value.astype(input.dtype), input)


@op(
    "masked_fill",
    vjp={"input": lambda g, mask: masked_fill_scalar(g, mask, 0.0), "mask": None},
    inplace=True,
    samples=[
        "masked_fill(m, mask, 2.5)",
        "masked_fill(m, mrow, -3)",
        "masked_fill(i, mask, 7)",
        "masked_fill(m, i, 1)",
    ],
    examples=["masked_fill(tensor([1., 2.]), tensor([True, False]), 9)"],
)
def masked_fill_scalar(input: Array, mask: Array, value: Number) -> Array:
    """input, with value where mask is true; shapes of input and mask broadcast."""
    _require_mask(input, mask)
    return np.where(mask, checked(value, input.dtype), input)


# Bounds


def _bounded(input: Array, low: Any, high: Any) -> Array:
    """Nothing below low, then nothing above high, which wins where they cross; nan stays."""
    if low is not None:
        input = np.maximum(input, low)
    return input if high is None else np.minimum(input, high)


def _require_order(dtype: np.dtype[Any], kernel: str) -> None:
    if dtype.kind == "b":
        refuse(kernel, dtype)
    if dtype.kind == "c":
        raise NotImplementedError("clamp is not supported for complex types")


def _inside(input: Any, low: Any, high: Any) -> Any:
    """Where clamp passes its input on: the bounds belong to it."""
    if low is None:
        return input <= high
    return input >= low if high is None else (input >= low) & (input <= high)


def _below(input: Any, low: Any, high: Any) -> Any:
    return input < low if high is None else (input < low) & (low < high)


def _above(input: Any, low: Any, high: Any) -> Any:
    return input > high if low is None else (input > high) | (high < low)


NO_BOUND = "torch.clamp: At least one of 'min' or 'max' must not be None"


@op(
    vjp={
        "input": lambda g, input, min, max: where(_inside(input, min, max), g, 0.0),
        "min": lambda g, input, min, max: where(_below(input, min, max), g, 0.0),
        "max": lambda g, input, min, max: where(_above(input, min, max), g, 0.0),
    },
    inplace="function",
    extras=OUT,
    aliases=["clip"],
    samples=[
        "clamp(m, row, n)",
        "clamp(m, n)",
        "clamp(m, max=s)",
        "clamp(ties, ties, ties)",
        "clamp(m, mask, row)",
        "clamp(m)",
        "clamp(c, m)",
    ],
    examples=["clamp(tensor([-1., 0.5, 2.]), tensor(0.), tensor([1., 1., 1.5]))"],
)
def clamp(input: Operand, min: Operand | None = None, max: Operand | None = None) -> Array:
    """input, but at least min and at most max, elementwise; shapes broadcast."""
    if min is None and max is None:
        raise RuntimeError(NO_BOUND)
    _require_order(input.dtype, "clamp_cpu")
    return _bounded(input, min, max)


def _with_bounds(input: Array, *bounds: Number | None) -> tuple[Array, list[Any]]:
    """Promoted with the bounds. A bound that does not fit the type is refused, and so is an imaginary one."""
    given = [bound for bound in bounds if bound is not None]
    if input.dtype.kind == "f" and complex not in map(type, given):
        return input, [None if bound is None else checked(bound, input.dtype) for bound in bounds]
    for bound in given:
        if isinstance(bound, complex):
            checked(bound, np.dtype(np.float64))
    input = promoted(input, *given)[0]
    return input, [None if bound is None else checked(bound, input.dtype) for bound in bounds]


@op(
    "clamp",
    grad_fn="ClampBackward1",
    vjp={"input": lambda g, input, min, max: where(_inside(input, min, max), g, 0.0)},
    inplace="function",
    extras=OUT,
    aliases=["clip"],
    samples=[
        "clamp(m, -0.5, 1)",
        "clamp(m, min=0.)",
        "clamp(m, max=0.7)",
        "clamp(ties, 2, 3)",
        "clamp(nans, 0, 1)",
        "clamp(m, 1, -1)",
        "clamp(i + 0, 0.5)",
        "clamp(iv, 0, 5)",
    ],
    examples=["clamp(tensor([-1., 0.5, 2.]), 0, 1)", "clamp(tensor([-1., 0.5, 2.]), min=0)"],
)
def clamp_scalars(input: Array, min: Number | None = None, max: Number | None = None) -> Array:
    """input, but at least min and at most max."""
    if input.dtype.kind == "c":
        raise NotImplementedError("clamp is not supported for complex types")
    input, (low, high) = _with_bounds(input, min, max)
    _require_order(input.dtype, "clamp_scalar_cpu")
    return _bounded(input, low, high)


@op(
    grad_fn="ClampMinBackward1",
    vjp={
        "input": lambda g, input, min: where(input >= min, g, 0.0),
        "min": lambda g, input, min: where(input < min, g, 0.0),
    },
    inplace="function",
    extras=OUT,
    samples=["clamp_min(m, n)", "clamp_min(m, row)", "clamp_min(ties, ties)"],
    examples=["clamp_min(tensor([1., 2.]), tensor([1.5, 1.5]))"],
)
def clamp_min(input: Operand, min: Operand) -> Array:
    """input, but at least min, elementwise; shapes broadcast."""
    _require_order(input.dtype, "clamp_min_cpu")
    return np.maximum(input, min)


@op(
    "clamp_min",
    vjp={"input": lambda g, input, min: where(input >= min, g, 0.0)},
    inplace="function",
    extras=OUT,
    samples=["clamp_min(m, 0.2)", "clamp_min(ties, 2)", "clamp_min(i, 0)"],
    examples=["clamp_min(tensor([1., 2.]), 1.5)"],
)
def clamp_min_scalar(input: Array, min: Number) -> Array:
    """input, but at least min."""
    return clamp_scalars.kernel(input, min, None)


@op(
    grad_fn="ClampMaxBackward1",
    vjp={
        "input": lambda g, input, max: where(input <= max, g, 0.0),
        "max": lambda g, input, max: where(input > max, g, 0.0),
    },
    inplace="function",
    extras=OUT,
    samples=["clamp_max(m, n)", "clamp_max(m, row)", "clamp_max(ties, ties)"],
    examples=["clamp_max(tensor([1., 2.]), tensor([1.5, 1.5]))"],
)
def clamp_max(input: Operand, max: Operand) -> Array:
    """input, but at most max, elementwise; shapes broadcast."""
    _require_order(input.dtype, "clamp_max_cpu")
    return np.minimum(input, max)


@op(
    "clamp_max",
    vjp={"input": lambda g, input, max: where(input <= max, g, 0.0)},
    inplace="function",
    extras=OUT,
    samples=["clamp_max(m, 0.2)", "clamp_max(ties, 2)", "clamp_max(i, 0)"],
    examples=["clamp_max(tensor([1., 2.]), 1.5)"],
)
def clamp_max_scalar(input: Array, max: Number) -> Array:
    """input, but at most max."""
    return clamp_scalars.kernel(input, None, max)


# The larger and the smaller


def _refuse_complex(array: Array, name: str) -> None:
    if array.dtype.kind == "c":
        raise RuntimeError(f"{name} not implemented for complex tensors.")


@op(
    # Equal elements share the gradient; with nan both have it all.
    vjp={
        "input": lambda g, input, other: masked_fill_scalar(where(input == other, g / 2, g), input < other, 0.0),
        "other": lambda g, input, other: masked_fill_scalar(where(input == other, g / 2, g), input > other, 0.0),
    },
    extras=OUT,
    samples=["maximum(m, n)", "maximum(m, row)", "maximum(ties, ties)", "maximum(nans, m)", "maximum(i, n)"],
    examples=["maximum(tensor([1., 5.]), tensor([2., 3.]))"],
)
def maximum(input: Operand, other: Operand) -> Array:
    """The larger of two, elementwise; nan if either is. Shapes broadcast."""
    _refuse_complex(input, "maximum")
    return np.maximum(input, other)


@op(
    vjp={
        "input": lambda g, input, other: masked_fill_scalar(where(input == other, g / 2, g), input > other, 0.0),
        "other": lambda g, input, other: masked_fill_scalar(where(input == other, g / 2, g), input < other, 0.0),
    },
    extras=OUT,
    samples=["minimum(m, n)", "minimum(m, row)", "minimum(ties, ties)", "minimum(nans, m)", "minimum(i, n)"],
    examples=["minimum(tensor([1., 5.]), tensor([2., 3.]))"],
)
def minimum(input: Operand, other: Operand) -> Array:
    """The smaller of two, elementwise; nan if either is. Shapes broadcast."""
    _refuse_complex(input, "minimum")
    return np.minimum(input, other)


@op(
    # Of equal elements the first has the gradient.
    vjp={
        "input": lambda g, input, other: where((input >= other) | (other != other), g, 0.0),
        "other": lambda g, input, other: where((input >= other) | (other != other), 0.0, g),
    },
    extras=OUT,
    samples=["fmax(m, n)", "fmax(m, row)", "fmax(ties, ties)", "fmax(nans, m)", "fmax(m, nans)"],
    examples=["fmax(tensor([1., nan]), tensor([2., 3.]))"],
)
def fmax(input: Operand, other: Operand) -> Array:
    """The larger of two, elementwise; the number if one is nan. Shapes broadcast."""
    _refuse_complex(input, "fmax")
    return np.fmax(input, other)


@op(
    vjp={
        "input": lambda g, input, other: where((input <= other) | (other != other), g, 0.0),
        "other": lambda g, input, other: where((input <= other) | (other != other), 0.0, g),
    },
    extras=OUT,
    samples=["fmin(m, n)", "fmin(m, row)", "fmin(ties, ties)", "fmin(nans, m)", "fmin(m, nans)"],
    examples=["fmin(tensor([1., nan]), tensor([2., 3.]))"],
)
def fmin(input: Operand, other: Operand) -> Array:
    """The smaller of two, elementwise; the number if one is nan. Shapes broadcast."""
    _refuse_complex(input, "fmin")
    return np.fmin(input, other)


@op(
    private=True,
    grad_fn="ThresholdBackwardBackward0",
    vjp={
        "gradient": lambda g, input, threshold: threshold_backward(g, input, threshold),
        "input": lambda g, input_shape: zeros(g, input_shape),
    },
)
def threshold_backward(gradient: Array, input: Array, threshold: float) -> Array:
    """The gradient where input is above the threshold, or nan."""
    return np.where(input <= threshold, 0, gradient)


@op(
    vjp={"input": lambda g, result: threshold_backward(g, result, 0)},
    inplace=True,
    samples=["relu(m)", "relu(zeros_in)", "relu(nans)", "relu(i)", "torch.relu(mask)"],
    examples=["relu(tensor([-1., 0., 2.]))"],
)
def relu(input: Array) -> Array:
    """Each element, or 0 if it is negative. At 0 the gradient is 0."""
    if input.dtype.kind == "b":
        raise RuntimeError("Boolean inputs not supported for relu")
    _require_order(input.dtype, "clamp_min_scalar_cpu")
    return np.maximum(input, 0)


@written_apart(
    vjp={"input": NotImplemented, "values": NotImplemented},
    written={"vjp": {"input": NotImplemented, "values": NotImplemented}},
    extras=OUT,
    samples=["heaviside(m, n)", "heaviside(zeros_in, s)", "heaviside(m, i)"],
    examples=["heaviside(tensor([-1., 0., 2.]), tensor(0.5))"],
)
def heaviside(input: Array, values: Array) -> Array:
    """0 below 0, 1 above, and values at 0; shapes broadcast. It has no gradient: torch refuses to give one."""
    if "c" in (input.dtype.kind, values.dtype.kind):
        raise RuntimeError("heaviside is not yet implemented for complex tensors.")
    if input.dtype != values.dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")
    input, values = promoted(input, values)
    return np.where(input == 0, values, (input > 0).astype(input.dtype))


@op(
    vjp={"input": lambda g, input: where(abs(input) < np.inf, g, 0.0)},
    inplace="function",
    extras=OUT,
    samples=["nan_to_num(nans)", "nan_to_num(m)", "nan_to_num(nans, 1., 2., 3.)", "nan_to_num(i)"],
    examples=["nan_to_num(tensor([nan, 1.]))", "nan_to_num(tensor([nan, inf, -inf]), nan=0.5, posinf=9.)"],
)
def nan_to_num(
    input: Array, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Array:
    """Each element; nan becomes 0 (or nan=), infinities the largest numbers of the type (or posinf=, neginf=)."""
    if input.dtype.kind not in "fc":
        return input.copy()
    return np.nan_to_num(input, nan=nan or 0.0, posinf=posinf, neginf=neginf)
