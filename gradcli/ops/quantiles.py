"""Quantiles.

Source: ATen/native/Sorting.cpp (`quantile_compute`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dims import normalize_dim
from gradcli.engine.entry import OUT
from gradcli.engine.op import composite, op
from gradcli.engine.tensor import Tensor
from gradcli.ops.along import reshaped
from gradcli.ops.axes import movedim
from gradcli.ops.indexing import gather
from gradcli.ops.matmul import array_of
from gradcli.ops.pointwise import lerp
from gradcli.ops.selection import masked_fill_scalar
from gradcli.ops.sorting import sort
from gradcli.ops.views import unsqueeze, view

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array

Shape = tuple[int, ...]
_WORDS = ("linear", "lower", "higher", "midpoint", "nearest")


@op(private=True, grad_fn="SqueezeBackward4", vjp={"input": lambda g, input_shape: reshaped(g, input_shape)})
def without_last(input: Array, shape: Shape) -> Array:
    """The same elements without the last dimension, which is one."""
    return input.reshape(shape)


def _checked(input: Any, q: Any, interpolation: str) -> None:
    x, wanted = array_of(input), array_of(q)
    if not x.size:
        raise RuntimeError("quantile() input tensor must be non-empty")
    if wanted.ndim > 1:
        raise RuntimeError("quantile() q must be a scalar or 1D tensor")
    if x.dtype not in (np.float32, np.float64):
        raise RuntimeError("quantile() input tensor must be either float or double dtype")
    if wanted.dtype != x.dtype:
        raise RuntimeError("quantile() q tensor must be same dtype as the input tensor")
    if interpolation not in _WORDS:
        raise RuntimeError(
            "quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, but got "
            f"{interpolation}"
        )
    if wanted.size and not (0 <= wanted.min() <= wanted.max() <= 1):
        raise RuntimeError("quantile() q values must be in the range [0, 1]")


def _ranks(values: Array, q: Any, ignore_nan: bool) -> Any:
    """Where in the sorted rows the quantiles lie; a row with nan has nan for all, which stands last."""
    last = values.shape[-1] - 1
    missing = np.isnan(values)
    if ignore_nan:
        counts = np.add.reduce(~missing, axis=-1, keepdims=True)
        return q * Tensor(np.maximum(counts - 1, 0).astype(values.dtype))
    spread = np.zeros((*values.shape[:-1], 1), values.dtype)
    return masked_fill_scalar(q * last + Tensor(spread), Tensor(np.asarray(missing.any(axis=-1, keepdims=True))), last)


_ROUND = {"lower": np.floor, "higher": np.ceil, "nearest": np.rint}


def _quantile(input: Any, q: Any, dim: int | None, keepdim: bool, interpolation: str, ignore_nan: bool) -> Any:
    _checked(input, q, interpolation)
    x = array_of(input)
    axis = 0 if dim is None else normalize_dim(dim, x.ndim)
    row: Any = input
    if dim is None or x.ndim < 2:
        row = input if x.ndim == 1 else view(input, (-1,))
    elif axis != x.ndim - 1:
        row = movedim(input, axis, -1)
    ordered: Any = sort(row, -1, False)[0]
    ranks = _ranks(array_of(ordered), q if array_of(q).ndim else view(q, (1,)), ignore_nan)
    places = array_of(ranks)
    if interpolation in _ROUND:
        places = _ROUND[interpolation](places)
    below, last = places.astype(np.int64), array_of(ordered).ndim - 1
    found: Any = gather(ordered, last, Tensor(below))
    if interpolation in ("linear", "midpoint"):
        half = Tensor(np.full(places.shape, 0.5, x.dtype))
        weights = half if interpolation == "midpoint" else ranks - Tensor(below.astype(x.dtype))
        found = lerp(found, gather(ordered, last, Tensor(np.ceil(places).astype(np.int64))), weights)
    return _arranged(found, array_of(q), x.ndim, dim, axis, keepdim)


def _arranged(found: Any, q: Array, ndim: int, dim: int | None, axis: int, keepdim: bool) -> Any:
    """The quantiles first where there are several; a kept dimension where it was."""
    if keepdim and ndim:
        found = unsqueeze(found, array_of(found).ndim - 1)
        if dim is None:
            shape = array_of(found).shape
            found = view(found, (*[1] * ndim, shape[-1]))
        else:
            found = movedim(found, -2, axis)
    if q.ndim:
        found = movedim(found, -1, 0) if array_of(found).ndim > 1 else found
        return without_last(found, array_of(found).shape)
    return without_last(found, array_of(found).shape[:-1])


def _define(name: str, ignore_nan: bool, text: str) -> None:
    def by_tensor(
        input: Array, q: Array, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
    ) -> Any:
        return _quantile(input, q, dim, keepdim, interpolation, ignore_nan)

    def by_number(
        input: Array, q: float, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
    ) -> Any:
        if not 0 <= q <= 1:
            raise RuntimeError(f"quantile() q must be in the range [0, 1] but got {q:g}")
        return _quantile(input, Tensor(np.asarray(q, array_of(input).dtype)), dim, keepdim, interpolation, ignore_nan)

    by_tensor.__doc__ = f"{text}, for each of q (between 0 and 1), of all elements or along `dim`."
    by_number.__doc__ = f"{text} q (between 0 and 1), of all elements or along `dim`."
    composite(
        name,
        extras=OUT,
        samples=[
            f"{name}(m, rates[:2].detach() * 0.5)",
            f"{name}(t3, rates[:2].detach() * 0.5, dim=1)",
            f"{name}(t3, rates[:2].detach() * 0.5, dim=0, keepdim=True)",
        ],
        examples=[f"{name}(tensor([1., 2., 4.]), tensor([0.25, 0.5]))"],
    )(by_tensor)
    composite(
        name,
        extras=OUT,
        samples=[
            f"{name}(m, 0.3)",
            f"{name}(m, 0.3, 0)",
            f"{name}(m, 0.4, 1, True)",
            f"{name}(v, 0.4, interpolation='lower')",
            f"{name}(v, 0.4, interpolation='midpoint')",
            f"{name}(nans, 0.4, 1)",
        ],
        examples=[f"{name}(tensor([1., 2., 4.]), 0.5)"],
    )(by_number)


_define("quantile", False, "The quantile")
_define("nanquantile", True, "The quantile, nan left out,")
