"""Tensors of sizes and numbers: zeros, ones, full, eye, arange, linspace, and those like another tensor.

Sources: ATen/native/TensorFactories.cpp, ATen/native/RangeFactories.cpp, cpu/RangeFactoriesKernel.cpp.
"""

from __future__ import annotations

from math import ceil, isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine import dtypes
from gradcli.engine.dims import broadcast_shapes
from gradcli.engine.entry import OUT
from gradcli.engine.factory import factory
from gradcli.engine.limits import reserve
from gradcli.engine.op import op
from gradcli.ops.complex_parts import imag, real
from gradcli.ops.literals import checked_number

if TYPE_CHECKING:
    from gradcli.engine.dtypes import DType
    from gradcli.engine.kinds import Array, MemoryFormat, Number, Size


def shape_for(size: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[int, ...]:
    """`size`, if a tensor of it may be made. Raises RuntimeError for negative sizes, LimitExceeded for large ones."""
    if size and min(size) < 0:
        negative = next(n for n in size if n < 0)
        raise RuntimeError(f"Trying to create tensor with negative dimension {negative}: {list(size)}")
    return reserve(size, dtype)


def _floating(dtype: DType | None) -> np.dtype[Any]:
    return (dtype or dtypes.default()).np


# --- of a size -----------------------------------------------------------------------------------------------------


@factory(extras=OUT, samples=["zeros(2, 3)", "zeros((2, 0), dtype=torch.int64)"], examples=["zeros(2, 3)"])
def zeros(size: Size, *, dtype: DType | None) -> Array:
    """A tensor of zeros. size: integers, or a tuple of them. Raises RuntimeError for negative sizes."""
    if size and min(size) < 0:
        raise RuntimeError("zeros: Dimension size must be non-negative.")
    kind = _floating(dtype)
    return np.zeros(reserve(size, kind), kind)


@factory(extras=OUT, samples=["ones(2, 3)", "ones(())"], examples=["ones(2, 2, requires_grad=True)"])
def ones(size: Size, *, dtype: DType | None) -> Array:
    """A tensor of ones. size: integers, or a tuple of them. Raises RuntimeError for negative sizes."""
    kind = _floating(dtype)
    return np.ones(shape_for(size, kind), kind)


@factory(extras=OUT, samples=["empty(2, 3).shape", "empty(0)"], examples=["empty(2, 3).shape"])
def empty(size: Size, *, memory_format: MemoryFormat | None = None, dtype: DType | None) -> Array:
    """A tensor whose values mean nothing: zeros here, whatever lay in memory in torch."""
    kind = _floating(dtype)
    return np.zeros(shape_for(size, kind), kind)


@factory(
    extras=OUT,
    samples=[
        "full((2, 3), 7)",
        "full((2,), 2.5)",
        "full((), True)",
        "full((2,), 1j)",
        "full((2,), 300, dtype=torch.int16)",
    ],
    examples=["full((2, 3), 2.5)", "full((2,), 7)"],
)
def full(size: Size, fill_value: Number, *, dtype: DType | None) -> Array:
    """A tensor of one value, of the value's type. Raises RuntimeError where the value does not fit `dtype`."""
    return _filled(size, fill_value, dtype or dtypes.of_number(fill_value))


def _filled(size: tuple[int, ...], value: complex, dtype: DType) -> Array:
    return np.full(shape_for(size, dtype.np), checked_number(value, dtype), dtype.np)


@factory(extras=OUT, samples=["eye(3)", "eye(2, dtype=torch.int64)", "eye(0)"], examples=["eye(3)"])
def eye(n: int, *, dtype: DType | None) -> Array:
    """The identity matrix of n rows."""
    return _identity(n, n, dtype)


@factory("eye", extras=OUT, samples=["eye(2, 3)", "eye(3, 1)"], examples=["eye(2, 3)"])
def eye_m(n: int, m: int, *, dtype: DType | None) -> Array:
    """n rows and m columns, ones on the diagonal."""
    return _identity(n, m, dtype)


def _identity(n: int, m: int, dtype: DType | None) -> Array:
    for name, size in (("n", n), ("m", m)):
        if size < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size}")
    kind = _floating(dtype)
    reserve((n, m), kind)
    return np.eye(n, m, dtype=kind)


# --- ranges --------------------------------------------------------------------------------------------------------


@factory(extras=OUT, samples=["arange(5)", "arange(2.5)", "arange(0)"], examples=["arange(5)", "arange(3.)"])
def arange(end: Number, *, dtype: DType | None) -> Array:
    """0, 1, 2… below `end`; integers if it is one."""
    return _range(0, end, 1, dtype)


@factory("arange", samples=["arange(2, 5)", "arange(1.5, 4)"], examples=["arange(2, 5)"])
def arange_start(start: Number, end: Number, *, dtype: DType | None) -> Array:
    """start, start + 1… below `end`."""
    return _range(start, end, 1, dtype)


@factory(
    "arange",
    extras=OUT,
    samples=[
        "arange(0, 1, 0.1)",
        "arange(5, 0, -2)",
        "arange(1, 2, 0.3, dtype=torch.float64)",
        "arange(0, 9, 4, dtype=torch.uint8)",
    ],
    examples=["arange(1, 2.5, 0.5)"],
)
def arange_step(start: Number, end: Number, step: Number = 1, *, dtype: DType | None) -> Array:
    """start, start + step… up to but without `end`; floating point if one of the three is.

    Raises RuntimeError for a step of zero, a step away from `end`, or bounds that are not finite.
    """
    return _range(start, end, step, dtype)


def _range(start: Any, end: Any, step: Any, dtype: DType | None) -> Array:
    bounds = [_real(value) for value in (start, end, step)]
    if dtype is None:
        dtype = dtypes.default() if any(type(value) is float for value in bounds) else dtypes.int64
    if dtype is dtypes.bool_ or dtype.is_complex:
        raise NotImplementedError(f"\"arange_cpu\" not implemented for '{dtype.scalar}'")
    begin, stop, by = bounds
    if not by:
        raise RuntimeError("step must be nonzero")
    if not (isfinite(begin) and isfinite(stop)):
        raise RuntimeError(f"unsupported range: {begin:.6g} -> {stop:.6g}")
    if (stop < begin) if by > 0 else (stop > begin):
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if not dtype.is_floating_point:
        begin, by = int(begin), int(by)
        if not by:
            raise ValueError("step must be nonzero")
    if dtype is dtypes.int64:
        length = -((begin - int(stop)) // by)
    else:
        length = ceil((float(stop) - float(bounds[0])) / float(bounds[2]))
    if length >= 2**63:
        raise RuntimeError("invalid size, possible overflow?")
    shape = reserve((length,), dtype.np)
    if dtype.is_floating_point:
        return np.asarray(np.arange(*shape) * float(by) + float(begin)).astype(dtype.np)
    steps = np.arange(*shape)
    return np.asarray(steps * np.int64(by) + np.int64(begin)).astype(dtype.np)


def _real(value: Any) -> Any:
    if isinstance(value, complex):
        if value.imag:
            raise RuntimeError("value cannot be converted to type double without overflow")
        return value.real
    return int(value) if isinstance(value, bool) else value


def _end_points(start: Any, end: Any, name: str) -> list[Any]:
    """Numbers, of what may be tensors. Raises RuntimeError for a tensor that has dimensions."""
    ranks = {key: value.ndim for key, value in (("start", start), ("end", end)) if isinstance(value, np.ndarray)}
    if any(ranks.values()):
        got = " and ".join(f"{key} with {rank} dimension(s)" for key, rank in ranks.items())
        raise RuntimeError(f"{name} only supports 0-dimensional start and end tensors, but got {got}.")
    return [value.item() if isinstance(value, np.ndarray) else value for value in (start, end)]


@factory("linspace", extras=OUT, samples=["linspace(s, s, 3)"], examples=["linspace(tensor(0.), tensor(1.), 5)"])
def linspace_tensors(start: Array, end: Array, steps: int, *, dtype: DType | None) -> Array:
    """`steps` values from one 0-dim tensor to another."""
    return linspace.kernel(*_end_points(start, end, "linspace"), steps, dtype=dtype)


@factory("linspace", extras=OUT, samples=["linspace(0, s, 3)"], examples=["linspace(0, tensor(1.), 5)"])
def linspace_to_tensor(start: Number, end: Array, steps: int, *, dtype: DType | None) -> Array:
    """`steps` values up to a 0-dim tensor."""
    return linspace.kernel(*_end_points(start, end, "linspace"), steps, dtype=dtype)


@factory("linspace", extras=OUT, samples=["linspace(s, 2, 3)"], examples=["linspace(tensor(0.), 1, 5)"])
def linspace_from_tensor(start: Array, end: Number, steps: int, *, dtype: DType | None) -> Array:
    """`steps` values from a 0-dim tensor on."""
    return linspace.kernel(*_end_points(start, end, "linspace"), steps, dtype=dtype)


@factory(
    extras=OUT,
    samples=[
        "linspace(0, 1, 5)",
        "linspace(3, -2, 4)",
        "linspace(0, 1, 1)",
        "linspace(0, 10, 4, dtype=torch.int64)",
        "linspace(0, 1j, 3)",
    ],
    examples=["linspace(0, 1, 5)"],
)
def linspace(start: Number, end: Number, steps: int, *, dtype: DType | None) -> Array:
    """`steps` values from `start` to `end`, both included, equally far apart. Raises RuntimeError for steps < 0."""
    return _spaced(start, end, steps, dtype, "linspace")


@factory("logspace", extras=OUT, samples=["logspace(s, s, 3)"], examples=["logspace(tensor(0.), tensor(2.), 3)"])
def logspace_tensors(start: Array, end: Array, steps: int, base: float = 10.0, *, dtype: DType | None) -> Array:
    """`steps` powers of `base`, the exponents from one 0-dim tensor to another."""
    return logspace.kernel(*_end_points(start, end, "logspace"), steps, base, dtype=dtype)


@factory("logspace", extras=OUT, samples=["logspace(0, s, 3)"], examples=["logspace(0, tensor(2.), 3)"])
def logspace_to_tensor(start: Number, end: Array, steps: int, base: float = 10.0, *, dtype: DType | None) -> Array:
    """`steps` powers of `base`, the exponents up to a 0-dim tensor."""
    return logspace.kernel(*_end_points(start, end, "logspace"), steps, base, dtype=dtype)


@factory("logspace", extras=OUT, samples=["logspace(s, 2, 3)"], examples=["logspace(tensor(0.), 2, 3)"])
def logspace_from_tensor(start: Array, end: Number, steps: int, base: float = 10.0, *, dtype: DType | None) -> Array:
    """`steps` powers of `base`, the exponents from a 0-dim tensor on."""
    return logspace.kernel(*_end_points(start, end, "logspace"), steps, base, dtype=dtype)


@factory(
    extras=OUT,
    samples=[
        "logspace(0, 2, 3)",
        "logspace(0, 3, 4, base=2)",
        "logspace(-1, 1, 5)",
        "logspace(0, 2, 3, dtype=torch.int64)",
    ],
    examples=["logspace(0, 2, 3)"],
)
def logspace(start: Number, end: Number, steps: int, base: float = 10.0, *, dtype: DType | None) -> Array:
    """`steps` powers of `base`, from base**start to base**end, their exponents equally far apart."""
    kind = _spaced_type(start, end, dtype, "logspace")
    exponents = _spaced(start, end, steps, kind if kind.is_differentiable else dtypes.float64, "logspace")
    if kind is dtypes.float16:
        return np.asarray(np.power(np.float32(base), exponents.astype(np.float32))).astype(np.float16)
    if not kind.is_differentiable:
        lowest, by = int(_real(start)), int(_real(end)) - int(_real(start))
        exponents = lowest + np.arange(steps) * (by / (steps - 1) if steps > 1 else 0.0)
        return np.asarray(np.power(float(base), exponents.astype(np.float32))).astype(kind.np)
    return np.power(kind.np.type(base), exponents)


def _spaced_type(start: Any, end: Any, dtype: DType | None, name: str) -> DType:
    if dtype is None:
        plain = not (isinstance(start, complex) or isinstance(end, complex))
        dtype = dtypes.default() if plain else dtypes.default().to_complex()
    if dtype is dtypes.bool_:
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for '{dtype.scalar}'")
    return dtype


def _spaced(start: Any, end: Any, steps: int, dtype: DType | None, name: str) -> Array:
    """The first half counted from the start, the second from the end, so that both are exact."""
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    dtype = _spaced_type(start, end, dtype, name)
    (size,) = reserve((steps,), dtype.np)
    first = np.asarray(checked_number(start, dtype)).astype(dtype.np)
    last = np.asarray(checked_number(end, dtype)).astype(dtype.np)
    if size < 2:
        return np.full(size, first)
    inner = dtype.np if dtype.is_differentiable else np.dtype(np.float64)
    begin, stop = first.astype(inner), last.astype(inner)
    step = np.asarray((stop - begin) / (size - 1)).astype(inner)
    half = size // 2
    result = np.empty(size, dtype.np)
    index = np.arange(size, dtype=np.int64)
    result[:half] = (begin + step * index[:half].astype(inner)).astype(dtype.np)
    result[half:] = (stop - step * (size - 1 - index[half:]).astype(inner)).astype(dtype.np)
    return result


# --- like another --------------------------------------------------------------------------------------------------


@factory(samples=["zeros_like(m)", "zeros_like(iv, dtype=torch.float64)"], examples=["zeros_like(tensor([1., 2.]))"])
def zeros_like(input: Array, *, memory_format: MemoryFormat | None = None, dtype: DType | None) -> Array:
    """Zeros, of the shape and type of `input`."""
    return np.zeros(*_like(input, dtype))


@factory(samples=["ones_like(m)", "ones_like(m.t())", "ones_like(flag)"], examples=["ones_like(tensor([1., 2.]))"])
def ones_like(input: Array, *, memory_format: MemoryFormat | None = None, dtype: DType | None) -> Array:
    """Ones, of the shape and type of `input`."""
    return np.ones(*_like(input, dtype))


@factory(samples=["empty_like(m).shape", "empty_like(empty)"], examples=["empty_like(tensor([1., 2.])).shape"])
def empty_like(input: Array, *, memory_format: MemoryFormat | None = None, dtype: DType | None) -> Array:
    """Values that mean nothing (zeros here), of the shape and type of `input`."""
    return np.zeros(*_like(input, dtype))


@factory(samples=["full_like(m, 3)", "full_like(iv, 2.5)"], examples=["full_like(tensor([1., 2.]), 7)"])
def full_like(
    input: Array, fill_value: Number, *, memory_format: MemoryFormat | None = None, dtype: DType | None
) -> Array:
    """One value, in the shape and type of `input`. Raises RuntimeError where the value does not fit the type."""
    return _filled(input.shape, fill_value, dtype or dtypes.of(input.dtype))


def _like(input: Array, dtype: DType | None) -> tuple[tuple[int, ...], np.dtype[Any]]:
    kind = input.dtype if dtype is None else dtype.np
    return reserve(input.shape, kind), kind


@factory(
    function=False,
    method=True,
    samples=["m.new_zeros(2)", "iv.new_zeros((2, 3))"],
    examples=["tensor([1, 2]).new_zeros(3)"],
)
def new_zeros(input: Array, size: Size, *, dtype: DType | None) -> Array:
    """Zeros of the type of this tensor."""
    kind = input.dtype if dtype is None else dtype.np
    return np.zeros(shape_for(size, kind), kind)


@factory(
    function=False,
    method=True,
    samples=["m.new_ones(2)", "iv.new_ones((2, 3))"],
    examples=["tensor([1, 2]).new_ones(3)"],
)
def new_ones(input: Array, size: Size, *, dtype: DType | None) -> Array:
    """Ones of the type of this tensor."""
    kind = input.dtype if dtype is None else dtype.np
    return np.ones(shape_for(size, kind), kind)


@factory(
    function=False, method=True, samples=["m.new_empty(2, 3).shape"], examples=["tensor([1, 2]).new_empty(3).shape"]
)
def new_empty(input: Array, size: Size, *, dtype: DType | None) -> Array:
    """Values that mean nothing (zeros here) of the type of this tensor."""
    kind = input.dtype if dtype is None else dtype.np
    return np.zeros(shape_for(size, kind), kind)


@factory(
    function=False,
    method=True,
    samples=["m.new_full((2,), 3)", "iv.new_full((2,), 2.5)"],
    examples=["tensor([1, 2]).new_full((3,), 7)"],
)
def new_full(input: Array, size: Size, fill_value: Number, *, dtype: DType | None) -> Array:
    """One value, in the type of this tensor."""
    return _filled(size, fill_value, dtype or dtypes.of(input.dtype))


# --- of parts ------------------------------------------------------------------------------------------------------


@op(
    "complex",
    extras="Tensor out = None",
    method=False,
    vjp={"real": lambda g: real(g), "imag": lambda g: imag(g)},
    holomorphic=False,
    samples=["torch.complex(m, n)", "torch.complex(v, m)"],
    examples=["torch.complex(tensor([1., 2.]), tensor([3., 4.]))"],
)
def complex_(real: Array, imag: Array) -> Array:
    """A complex tensor of its real and imaginary parts. Raises RuntimeError unless both are of one real float type."""
    parts = [dtypes.of(part.dtype) for part in (real, imag)]
    if not all(part.is_floating_point for part in parts):
        names = " and ".join(part.scalar for part in parts)
        raise RuntimeError(f"Expected both inputs to be Half, Float or Double tensors but got {names}")
    if parts[0] is not parts[1]:
        raise RuntimeError(
            f"Expected object of scalar type {parts[0].scalar} but got scalar type {parts[1].scalar} for second "
            "argument"
        )
    shape = broadcast_shapes(real.shape, imag.shape)
    result = np.empty(reserve(shape, parts[0].to_complex().np), parts[0].to_complex().np)
    result.real, result.imag = real, imag
    return result
