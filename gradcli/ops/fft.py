"""Discrete Fourier transforms: three operators, and torch's functions in terms of them.

Sources: ATen/native/SpectralOps.cpp; torch/csrc/autograd/FunctionsManual.cpp (`fft_r2c_backward`, `fft_c2r_backward`).
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dims import normalize_dim
from gradcli.engine.dtypes import default, float_of, of
from gradcli.engine.entry import OUT
from gradcli.engine.factory import factory
from gradcli.engine.limits import reserve, work
from gradcli.engine.op import composite, op
from gradcli.ops.along import scaled
from gradcli.ops.axes import roll
from gradcli.ops.common import is_complex
from gradcli.ops.complex_parts import conj, real
from gradcli.ops.copies import to_copy
from gradcli.ops.creation import shape_for
from gradcli.ops.matmul import array_of
from gradcli.ops.padding import constant_pad_nd
from gradcli.ops.slicing import slice_

if TYPE_CHECKING:
    from gradcli.engine.dtypes import DType
    from gradcli.engine.kinds import Array, DimList, Ints, Object

Shape = tuple[int, ...]


def _finished(found: Array, points: int, power: float, kind: np.dtype[Any]) -> Array:
    """The sums, scaled: power is 0, 1/2 or 1, of as many points in all."""
    return (found * float(points) ** -power if power else found).astype(kind, copy=False)


def _points(input: Array, dims: Shape) -> int:
    count = prod(input.shape[dim] for dim in dims)
    work(input.size * max(count, 1).bit_length())
    return count


# --- the three operators ---------------------------------------------------------------------------------------------


@op(
    "_fft_c2c",
    private=True,
    grad_fn="FftC2CBackward0",
    holomorphic=False,
    vjp={"input": lambda g, dims, power, forward: c2c(g, dims, power, not forward)},
)
def c2c(input: Array, dims: Object, power: Object, forward: Object) -> Array:
    """Complex numbers from complex numbers."""
    count = _points(input, dims)
    found = np.fft.fftn(input, axes=dims) if forward else np.fft.ifftn(input, axes=dims, norm="forward")
    return _finished(found, count, power, input.dtype)


def _slope_of_r2c(g: Any, dims: Shape, power: float, onesided: bool, length: int) -> Any:
    if onesided:
        axis = dims[-1]
        missing = length - array_of(g).shape[axis]
        behind = (0, 0) * (array_of(g).ndim - 1 - axis)
        g = constant_pad_nd(g, (*behind, 0, missing), 0)
    return real(c2c(g, dims, power, False))


@op(
    "_fft_r2c",
    private=True,
    grad_fn="FftR2CBackward0",
    holomorphic=False,
    vjp={
        "input": lambda g, dims, power, onesided, input_shape: _slope_of_r2c(
            g, dims, power, onesided, input_shape[dims[-1]]
        )
    },
)
def r2c(input: Array, dims: Object, power: Object, onesided: Object) -> Array:
    """Complex numbers from real ones; onesided: half of them, the others being their conjugates."""
    count = _points(input, dims)
    found = np.fft.rfftn(input, axes=dims) if onesided else np.fft.fftn(input, axes=dims)
    return _finished(found, count, power, np.result_type(input.dtype, np.complex64))


def _slope_of_c2r(g: Any, dims: Shape, power: float) -> Any:
    """All but the first, and perhaps the last, of the half stand for two."""
    found = r2c(g, dims, power, True)
    axis, ndim = dims[-1], array_of(found).ndim
    kept = array_of(found).shape[axis]
    weights = np.ones(kept, array_of(g).dtype)
    weights[1 : 1 + array_of(g).shape[axis] - kept] = 2
    return scaled(found, weights.reshape([-1 if dim == axis else 1 for dim in range(ndim)]))


@op(
    "_fft_c2r",
    private=True,
    grad_fn="FftC2RBackward0",
    holomorphic=False,
    vjp={"input": lambda g, dims, power: _slope_of_c2r(g, dims, power)},
)
def c2r(input: Array, dims: Object, power: Object, length: Object) -> Array:
    """Real numbers from half of the complex ones."""
    sizes = [input.shape[dim] for dim in dims[:-1]] + [length]
    reserve((*input.shape, 1), input.dtype)
    found = np.fft.irfftn(input, sizes, dims, norm="forward")
    _points(found, dims)
    return _finished(found, prod(sizes), power, input.real.dtype)


# --- what the functions have in common ------------------------------------------------------------------------------


def _floating(input: Any, name: str, complex_too: bool) -> Any:
    """The input as floating point; refused if it is complex and must not be."""
    kind = of(array_of(input).dtype)
    if kind.is_complex:
        if complex_too:
            return input
        if name == "ihfftn":
            raise RuntimeError(f"Only supports floating-point dtypes, but found: {kind.scalar}")
        what = "a real-valued" if name == "rfftn" else "a real"
        raise RuntimeError(f"{name} expects {what} input tensor, but got {kind.scalar}")
    if kind.name == "float16":
        raise RuntimeError("Unsupported dtype Half")
    wanted = float_of(kind)
    return input if wanted is kind else to_copy(input, wanted, False)


def _as_complex(input: Any) -> Any:
    found = _floating(input, "", True)
    kind = of(array_of(found).dtype)
    return found if kind.is_complex else to_copy(found, kind.to_complex(), False)


def _power(norm: str | None, forward: bool) -> float:
    if norm not in (None, "backward", "forward", "ortho"):
        raise RuntimeError(f'Invalid normalization mode: "{norm}"')
    if norm == "ortho":
        return 0.5
    return float((norm == "forward") == forward)


def _check_points(sizes: Shape) -> Shape:
    for size in sizes:
        if size < 1:
            raise RuntimeError(f"Invalid number of data points ({size}) specified")
    return sizes


def _resized(x: Any, dims: Shape, sizes: Shape) -> Any:
    """Cut off, or filled up with zeros, along each of the dimensions."""
    ndim = array_of(x).ndim
    before_and_behind = [0] * (2 * ndim)
    for dim, size in zip(dims, sizes, strict=True):
        have = array_of(x).shape[dim]
        if size > have:
            before_and_behind[2 * (ndim - 1 - dim) + 1] = size - have
        elif size < have:
            x = slice_(x, dim, 0, size, 1)
    return constant_pad_nd(x, tuple(before_and_behind), 0) if any(before_and_behind) else x


def _transformed(x: Any, dims: Shape) -> tuple[Shape, Shape]:
    """`dims` from the front, each once, and the sizes there."""
    ndim = array_of(x).ndim
    found = tuple(normalize_dim(dim, ndim, wrap_scalar=False) for dim in dims)
    if len(set(found)) != len(found):
        raise RuntimeError("FFT dims must be unique")
    return found, tuple(array_of(x).shape[dim] for dim in found)


def _canonical(x: Any, s: Any, dim: Any) -> tuple[Shape, Shape]:
    """The dimensions to transform, and the number of points along each."""
    ndim = array_of(x).ndim
    if s is None:
        return _transformed(x, tuple(range(ndim) if dim is None else dim))
    if dim is None:
        if len(s) > ndim:
            raise RuntimeError(f"Got shape with {len(s)} values but input tensor only has {ndim} dimensions.")
        dim = range(ndim - len(s), ndim)
    elif len(dim) != len(s):
        raise RuntimeError("When given, dim and shape arguments must have the same length")
    dims, own = _transformed(x, tuple(dim))
    return dims, tuple(have if size == -1 else size for size, have in zip(s, own, strict=True))


# --- one dimension ---------------------------------------------------------------------------------------------------


def _one(x: Any, n: int | None, dim: int) -> tuple[Shape, Any]:
    """The dimension, and the input with n points along it."""
    dims, own = _transformed(x, (dim,))
    sizes = _check_points(own if n is None else (n,))
    return dims, _resized(x, dims, sizes)


def _from_real(name: str, input: Any, n: int | None, dim: int, norm: str | None, forward: bool, onesided: bool) -> Any:
    dims, x = _one(_floating(input, name, False), n, dim)
    found = r2c(x, dims, _power(norm, forward), onesided)
    return found if forward else conj(found)


def _half(name: str, input: Any, n: int | None, dim: int, norm: str | None, forward: bool) -> Any:
    return _from_real(name, input, n, dim, norm, forward, True)


def _to_real(_name: str, input: Any, n: int | None, dim: int, norm: str | None, forward: bool) -> Any:
    x = _as_complex(input)
    (axis,), (have,) = _transformed(x, (dim,))
    length = 2 * (have - 1) if n is None else n
    _check_points((length,))
    x = x if n is None else _resized(x, (axis,), (n // 2 + 1,))
    return c2r(conj(x) if forward else x, (axis,), _power(norm, forward), length)


def _either(name: str, input: Any, n: int | None, dim: int, norm: str | None, forward: bool) -> Any:
    if not is_complex(input):
        return _from_real(name, input, n, dim, norm, forward, False)
    dims, x = _one(input, n, dim)
    return c2c(x, dims, _power(norm, forward), forward)


def _line(name: str, run: Any, forward: bool, text: str, sample: str, example: str) -> None:
    """torch.fft.<name>(input, n, dim, norm)."""

    def transform(input: Array, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
        return run(name, input, n, dim, norm, forward)

    transform.__doc__ = f"{text} along one dimension; n: the number of points, cut off or filled up with zeros."
    calls = ("{}", "{}, 3", "{}, 5, 0", "{}, norm='ortho'", "{}, norm='forward'")
    composite(
        name,
        module="fft",
        extras=OUT,
        samples=[f"torch.fft.{name}({call.format(sample)})" for call in calls],
        examples=[f"torch.fft.{name}({example})"],
    )(transform)


_REAL, _COMPLEX = "tensor([1., 2., 0., -1.])", "tensor([1., 2j, -1.])"
_line("fft", _either, True, "The Fourier transform", "c", _REAL)
_line("ifft", _either, False, "The inverse of `fft`", "c", _COMPLEX)
_line("rfft", _half, True, "The first half of the Fourier transform of real numbers", "t3", _REAL)
_line("irfft", _to_real, False, "The inverse of `rfft`, real,", "c", _COMPLEX)
_line("hfft", _to_real, True, "The real transform of half a signal", "c", _COMPLEX)
_line("ihfft", _half, False, "The inverse of `hfft`", "m", _REAL)


# --- several dimensions ----------------------------------------------------------------------------------------------


def _all_complex(_name: str, input: Any, s: Any, dim: Any, norm: Any, forward: bool) -> Any:
    x = _as_complex(input)
    dims, sizes = _canonical(x, s, dim)
    x = _resized(x, dims, _check_points(sizes))
    return c2c(x, dims, _power(norm, forward), forward) if dims else x


def _all_from_real(name: str, input: Any, s: Any, dim: Any, norm: Any, forward: bool) -> Any:
    x = _floating(input, name, False)
    dims, sizes = _canonical(x, s, dim)
    if not dims:
        raise RuntimeError(f"{name} must transform at least one axis")
    x, power = _resized(x, dims, _check_points(sizes)), _power(norm, forward)
    if forward:
        return r2c(x, dims, power, True)
    found = conj(r2c(x, dims[-1:], power, True))
    return c2c(found, dims[:-1], power, False) if len(dims) > 1 else found


def _all_to_real(name: str, input: Any, s: Any, dim: Any, norm: Any, forward: bool) -> Any:
    x = _as_complex(input)
    dims, sizes = _canonical(x, s, dim)
    if not dims:
        raise RuntimeError(f"{name} must transform at least one axis")
    length = 2 * (sizes[-1] - 1) if s is None or s[-1] == -1 else sizes[-1]
    _check_points((*sizes[:-1], length))
    x, power = _resized(x, dims, (*sizes[:-1], length // 2 + 1)), _power(norm, forward)
    if not forward:
        return c2r(x, dims, power, length)
    x = c2c(x, dims[:-1], power, True) if len(dims) > 1 else x
    return c2r(conj(x), dims[-1:], power, length)


def _several(name: str, run: Any, forward: bool, text: str, sample: str, example: str = "(eye(2))") -> None:
    """torch.fft.<name>n(input, s, dim, norm), and torch.fft.<name>2 over the last two dimensions."""

    def transform(input: Array, s: DimList | None = None, dim: DimList | None = None, norm: str | None = None) -> Any:
        return run(f"{name}n", input, s, dim, norm, forward)

    def plane(input: Array, s: DimList | None = None, dim: DimList = (-2, -1), norm: str | None = None) -> Any:
        return run(f"{name}n", input, s, dim, norm, forward)

    transform.__doc__ = f"{text} along `dim`, by default all dimensions; s: the number of points along each."
    plane.__doc__ = f"{text} along two dimensions."
    for suffix, body in (("n", transform), ("2", plane)):
        full = f"torch.fft.{name}{suffix}"
        composite(
            f"{name}{suffix}",
            module="fft",
            extras=OUT,
            samples=[f"{full}({sample})", f"{full}({sample}, (3, 4))", f"{full}({sample}, norm='ortho')"],
            examples=[full + example],
        )(body)


_several("fft", _all_complex, True, "The Fourier transform", "c")
_several("ifft", _all_complex, False, "The inverse of `fft`", "c")
_several("rfft", _all_from_real, True, "Half of the Fourier transform of real numbers", "t3")
_several("irfft", _all_to_real, False, "The inverse of `rfft`, real,", "c")
_several("hfft", _all_to_real, True, "The real transform of half a signal", "c")
_several("ihfft", _all_from_real, False, "The inverse of `hfft`", "t3", "(eye(2)).abs()")


# --- frequencies -----------------------------------------------------------------------------------------------------


def _frequencies(count: int, n: int, d: Any, dtype: Any, first: int) -> Array:
    """0, 1, 2… and on from -first behind the half, over n * d."""
    kind = (default() if dtype is None else dtype).np
    shape_for((count,), kind)
    if not n:
        return np.zeros(count, kind)
    found = np.arange(count)
    found = np.where(found >= (n + 1) // 2, found - n, found) if first else found
    return found.astype(kind) * kind.type(1.0 / (n * d))


@factory(
    module="fft",
    extras=OUT,
    samples=["torch.fft.fftfreq(5)", "torch.fft.fftfreq(4, 0.5)"],
    examples=["torch.fft.fftfreq(5)"],
)
def fftfreq(n: int, d: float = 1.0, *, dtype: DType | None) -> Array:
    """The frequencies of the n points of `fft`, of samples at a distance of d."""
    return _frequencies(n, n, d, dtype, n // 2)


@factory(
    module="fft",
    extras=OUT,
    samples=["torch.fft.rfftfreq(5)", "torch.fft.rfftfreq(4, 0.5)"],
    examples=["torch.fft.rfftfreq(5)"],
)
def rfftfreq(n: int, d: float = 1.0, *, dtype: DType | None) -> Array:
    """The frequencies of the points of `rfft`."""
    return _frequencies(n // 2 + 1, n, d, dtype, 0)


def _rolled(input: Any, dim: Any, inverse: bool) -> Any:
    ndim = array_of(input).ndim
    dims = range(ndim) if dim is None else (dim,) if isinstance(dim, int) else dim
    axes = tuple(normalize_dim(axis, ndim) for axis in dims)
    return roll(input, tuple((array_of(input).shape[axis] + inverse) // 2 for axis in axes), axes)


@composite(
    module="fft",
    samples=["torch.fft.fftshift(m)", "torch.fft.fftshift(m, 1)", "torch.fft.fftshift(t3, (0, 2))"],
    examples=["torch.fft.fftshift(torch.fft.fftfreq(5))"],
)
def fftshift(input: Array, dim: Ints | None = None) -> Any:
    """The frequencies in order: zero in the middle."""
    return _rolled(input, dim, False)


@composite(
    module="fft",
    samples=["torch.fft.ifftshift(m)", "torch.fft.ifftshift(m, 1)"],
    examples=["torch.fft.ifftshift(arange(5))"],
)
def ifftshift(input: Array, dim: Ints | None = None) -> Any:
    """What undoes `fftshift`."""
    return _rolled(input, dim, True)
