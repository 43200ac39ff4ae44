"""Windows of signals: weights that fall towards both ends.

Sources: ATen/native/TensorFactories.cpp, cpu/UnaryOpsKernel.cpp (kaiser_window). A periodic window is one that is
longer by one, without its last weight.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine import dtypes
from gradcli.engine.factory import factory
from gradcli.ops.approximations import bessel
from gradcli.ops.creation import arange
from gradcli.ops.pointwise import add, mul, sub
from gradcli.ops.trigonometry import cos

if TYPE_CHECKING:
    from gradcli.engine.dtypes import DType
    from gradcli.engine.kinds import Array

Weights = Callable[[Any, int], Any]  # of the places in the window, and its last place


def _window(name: str, length: int, periodic: bool, dtype: DType | None, weights: Weights) -> Array:
    kind = dtype or dtypes.default()
    if not (kind.is_floating_point or kind.is_complex):
        raise RuntimeError(
            f"{name} expects floating point dtypes, got: TensorOptions(dtype={kind.c_name}, device=cpu, layout=Strided "
            "(default), requires_grad=false (default), pinned_memory=false, memory_format=(nullopt))"
        )
    if length < 0:
        raise RuntimeError(f"{name} requires non-negative window_length, got window_length={length}")
    if length < 2:
        return np.ones(length, kind.np)
    return np.asarray(weights(arange(length, dtype=kind), length - 1 + periodic), kind.np)


# --- sums of cosines -----------------------------------------------------------------------------------------------


def _hamming(name: str, length: int, periodic: bool, alpha: float, beta: float, dtype: DType | None) -> Array:
    def weights(places: Any, last: int) -> Any:
        return add(mul(cos(mul(places, math.pi * 2.0 / last)), -beta), alpha)

    return _window(name, length, periodic, dtype, weights)


@factory(samples=["hann_window(5)", "hann_window(0)", "hann_window(1)"], examples=["hann_window(4)"])
def hann_window(window_length: int, *, dtype: DType | None) -> Array:
    """The Hann window, periodic: half of 1 - cos."""
    return _hamming("hann_window", window_length, True, 0.5, 0.5, dtype)


@factory(
    "hann_window",
    samples=["hann_window(5, False)", "hann_window(2, True, dtype=torch.float64)"],
    examples=["hann_window(5, False)"],
)
def hann_window_periodic(window_length: int, periodic: bool, *, dtype: DType | None) -> Array:
    """The Hann window, periodic or symmetric."""
    return _hamming("hann_window", window_length, periodic, 0.5, 0.5, dtype)


@factory(samples=["hamming_window(5)", "hamming_window(1)"], examples=["hamming_window(4)"])
def hamming_window(window_length: int, *, dtype: DType | None) -> Array:
    """The Hamming window, periodic: 0.54 - 0.46 cos."""
    return _hamming("hamming_window", window_length, True, 0.54, 0.46, dtype)


@factory("hamming_window", samples=["hamming_window(5, False)"], examples=["hamming_window(5, False)"])
def hamming_window_periodic(window_length: int, periodic: bool, *, dtype: DType | None) -> Array:
    """The Hamming window, periodic or symmetric."""
    return _hamming("hamming_window", window_length, periodic, 0.54, 0.46, dtype)


@factory("hamming_window", samples=["hamming_window(6, True, 0.3)"], examples=["hamming_window(5, False, 0.6)"])
def hamming_window_alpha(window_length: int, periodic: bool, alpha: float, *, dtype: DType | None) -> Array:
    """The Hamming window: alpha - 0.46 cos."""
    return _hamming("hamming_window", window_length, periodic, alpha, 0.46, dtype)


@factory(
    "hamming_window", samples=["hamming_window(6, True, 0.3, 0.2)"], examples=["hamming_window(5, True, 0.6, 0.4)"]
)
def hamming_window_beta(window_length: int, periodic: bool, alpha: float, beta: float, *, dtype: DType | None) -> Array:
    """The Hamming window: alpha - beta cos."""
    return _hamming("hamming_window", window_length, periodic, alpha, beta, dtype)


def _blackman(length: int, periodic: bool, dtype: DType | None) -> Array:
    def weights(places: Any, last: int) -> Any:
        angles = mul(places, math.pi / last)
        return add(sub(mul(cos(mul(angles, 4)), 0.08), mul(cos(mul(angles, 2)), 0.5)), 0.42)

    return _window("blackman_window", length, periodic, dtype, weights)


@factory(samples=["blackman_window(5)", "blackman_window(1)"], examples=["blackman_window(4, dtype=torch.float64)"])
def blackman_window(window_length: int, *, dtype: DType | None) -> Array:
    """The Blackman window, periodic: 0.42 - 0.5 cos + 0.08 cos of twice the angle."""
    return _blackman(window_length, True, dtype)


@factory(
    "blackman_window",
    samples=["blackman_window(5, False)"],
    examples=["blackman_window(5, False, dtype=torch.float64)"],
)
def blackman_window_periodic(window_length: int, periodic: bool, *, dtype: DType | None) -> Array:
    """The Blackman window, periodic or symmetric."""
    return _blackman(window_length, periodic, dtype)


# --- others --------------------------------------------------------------------------------------------------------


def _bartlett(length: int, periodic: bool, dtype: DType | None) -> Array:
    def weights(places: Any, last: int) -> Any:
        rising = mul(places, 2.0 / last)
        return np.where(np.arange(length) > last // 2, add(mul(rising, -1), 2), rising)

    return _window("bartlett_window", length, periodic, dtype, weights)


@factory(samples=["bartlett_window(5)", "bartlett_window(1)"], examples=["bartlett_window(4)"])
def bartlett_window(window_length: int, *, dtype: DType | None) -> Array:
    """The Bartlett window, periodic: a triangle."""
    return _bartlett(window_length, True, dtype)


@factory("bartlett_window", samples=["bartlett_window(6, False)"], examples=["bartlett_window(5, False)"])
def bartlett_window_periodic(window_length: int, periodic: bool, *, dtype: DType | None) -> Array:
    """The Bartlett window, periodic or symmetric."""
    return _bartlett(window_length, periodic, dtype)


def _kaiser(length: int, periodic: bool, beta: float, dtype: DType | None) -> Array:
    def weights(places: Any, last: int) -> Any:
        places = np.asarray(places, np.float64 if places.dtype == np.float64 else np.float32)
        outward = (places - last / 2.0) / (last / 2.0)
        inside = beta * np.sqrt(1 - outward * outward)
        return bessel.i0(inside) / bessel.i0(np.full_like(places[:1], beta))

    return _window("kaiser_window", length, periodic, dtype, weights)


@factory(samples=["kaiser_window(5)", "kaiser_window(1)"], examples=["kaiser_window(4)"])
def kaiser_window(window_length: int, *, dtype: DType | None) -> Array:
    """The Kaiser window, periodic, with beta=12."""
    return _kaiser(window_length, True, 12.0, dtype)


@factory("kaiser_window", samples=["kaiser_window(5, False)"], examples=["kaiser_window(5, False)"])
def kaiser_window_periodic(window_length: int, periodic: bool, *, dtype: DType | None) -> Array:
    """The Kaiser window, periodic or symmetric, with beta=12."""
    return _kaiser(window_length, periodic, 12.0, dtype)


@factory("kaiser_window", samples=["kaiser_window(6, True, 0.3)"], examples=["kaiser_window(5, False, 4.0)"])
def kaiser_window_beta(window_length: int, periodic: bool, beta: float, *, dtype: DType | None) -> Array:
    """The Kaiser window: a Bessel function, the narrower the larger `beta`."""
    return _kaiser(window_length, periodic, beta, dtype)
