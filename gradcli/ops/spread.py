"""Variance and standard deviation.

Sources: aten/src/ATen/native/ReduceOps.cpp (`std_var_out`), torch/csrc/autograd/FunctionsManual.cpp (`var_backward`).
"""

from __future__ import annotations

from math import inf, nan
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.entry import OUT
from gradcli.engine.errors import warn
from gradcli.engine.limits import reserve
from gradcli.engine.op import composite, op
from gradcli.ops.along import Shape, add_reduce, kept_where, plain, restored, scaled
from gradcli.ops.reduction import axes, count_along, expand_reduced, mean_all, mean_dim

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Dims, Number

DOUBLE = np.dtype("float64")


def _moments(
    name: str, input: Array, dim: Dims | None, correction: Number | None, keepdim: bool
) -> tuple[Array, Array]:
    """Variance and mean, in double precision. Of complex numbers: of the real parts plus of the imaginary ones."""
    if input.dtype.kind not in "fc":
        subject = "std and var" if name in ("std", "var") else name
        raise RuntimeError(f"{subject} only support floating point and complex dtypes")
    axis, count = axes(input, dim), count_along(input.shape, dim)
    freedom = count - (1.0 if correction is None else float(correction))  # type: ignore[arg-type]
    parts = (input.real, input.imag) if input.dtype.kind == "c" else (input,)
    squares, mean = _squares(parts[0], axis, count, keepdim)
    if len(parts) == 2:
        more, imaginary = _squares(parts[1], axis, count, keepdim)
        squares, mean = squares + more, mean + 1j * imaginary
    if freedom <= 0 or not np.size(squares):
        for _ in parts:
            warn(
                f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor "
                "(input numel divided by output numel)."
            )
    return np.divide(squares, max(freedom, 0.0)), mean


def _squares(input: Array, axis: Shape | None, count: int, keepdim: bool) -> tuple[Array, Array]:
    """The sum of squared distances from the mean, and the mean."""
    reserve(input.shape, DOUBLE)
    off = input.astype(DOUBLE)
    mean = add_reduce(off, axis=axis, keepdims=True) / (count or nan)
    off -= mean
    squares = add_reduce(np.multiply(off, off, out=off), axis=axis, keepdims=keepdim)
    return squares, mean if keepdim else mean.reshape(squares.shape)


def _real_type(input: Array) -> Any:
    return {"complex64": np.float32, "complex128": DOUBLE}.get(input.dtype.name, input.dtype)


def _variance_gradient(g: Any, input: Any, dim: Dims | None, correction: Any, keepdim: bool) -> Any:
    # As torch has it, over dim=() the variance is that of all elements, but its slope is counted as if of one.
    count = 1 if dim == () and input.shape else count_along(input.shape, dim)
    freedom = count - (1.0 if correction is None else float(correction))
    whole = dim is None or not input.shape
    if whole and freedom <= 0:
        # 2 / 0 is infinite, and so is the slope, but 0 * infinity is nan: where an element is the mean.
        array = plain(input)
        slope = np.where(array == add_reduce(array, axis=None) / max(array.size, 1), nan, inf)
        return scaled(expand_reduced(g, input.shape, None, keepdim), slope.astype(array.dtype))
    mean = mean_all(input) if whole else mean_dim(input, dim, True)
    factor = 2.0 / freedom if freedom else inf
    return factor * restored(g, input.shape, dim, keepdim) * (input - mean)


def _deviation_gradient(g: Any, result: Any, input: Any, dim: Dims | None, correction: Any, keepdim: bool) -> Any:
    """Through the square root; nothing spread, no gradient."""
    return _variance_gradient(kept_where(g / (result * 2), plain(result) != 0), input, dim, correction, keepdim)


# -- var ---------------------------------------------------------------------------------------------------------------


@composite(
    "var",
    extras=OUT,
    samples=["var(m, 0)", "var(m, 1, False)", "var(t3, (0, 2), True, True)", "var(lone, 0)", "var(ties, ())"],
    examples=["var(tensor([[1., 3.], [2., 6.]]), 1)"],
)
def var_dim(input: Array, dim: Dims | None, unbiased: bool = True, keepdim: bool = False) -> Any:
    """Variance of all elements or over `dim`: squares over n - correction (unbiased: 1). Warns where that is 0."""
    return var_correction(input, dim, correction=int(unbiased), keepdim=keepdim)


@op(
    "var",
    grad_fn="VarBackward0",
    extras=OUT,
    holomorphic=False,
    vjp={
        "input": lambda g, input, dim, correction, keepdim: _variance_gradient(g, input, dim, correction, keepdim),
    },
    samples=[
        "var(m)",
        "var(m, correction=0)",
        "var(t3, (0, -1), correction=2, keepdim=True)",
        "var(c, 1)",
        "var(lone)",
        "var(s, correction=0)",
        "var(empty)",
    ],
    examples=["var(tensor([1., 2., 3., 6.]))", "var(tensor([1., 2., 3., 6.]), correction=0)"],
)
def var_correction(
    input: Array, dim: Dims | None = None, *, correction: Number | None = None, keepdim: bool = False
) -> Array:
    """Variance of all elements or over `dim`: squares over n - correction (unbiased: 1). Warns where that is 0."""
    return _moments("var", input, dim, correction, keepdim)[0].astype(_real_type(input))


@composite(
    "var",
    samples=["var(m, False)", "var(m, unbiased=True)"],
    examples=["var(tensor([1., 2., 3., 6.]), unbiased=False)"],
)
def var_all(input: Array, unbiased: bool = True) -> Any:
    """Variance of all elements or over `dim`: squares over n - correction (unbiased: 1). Warns where that is 0."""
    return var_correction(input, None, correction=int(unbiased), keepdim=False)


# -- std ---------------------------------------------------------------------------------------------------------------


@composite(
    "std",
    extras=OUT,
    samples=["std(m, 0)", "std(m, 1, False)", "std(t3, (0, 2), True, True)", "std(lone, 0)", "std(ties, ())"],
    examples=["std(tensor([[1., 3.], [2., 6.]]), 1)"],
)
def std_dim(input: Array, dim: Dims | None, unbiased: bool = True, keepdim: bool = False) -> Any:
    """Standard deviation of all elements or over `dim`, the root of `var`."""
    return std_correction(input, dim, correction=int(unbiased), keepdim=keepdim)


@op(
    "std",
    grad_fn="StdBackward0",
    extras=OUT,
    holomorphic=False,
    vjp={
        "input": lambda g, result, input, dim, correction, keepdim: _deviation_gradient(
            g, result, input, dim, correction, keepdim
        ),
    },
    samples=[
        "std(m)",
        "std(m, correction=0)",
        "std(t3, (0, -1), correction=2, keepdim=True)",
        "std(c, 1)",
        "std(lone)",
        "std(s, correction=0)",
        "std(ties, 0)",
    ],
    examples=["std(tensor([1., 2., 3., 6.]))", "std(tensor([1., 2., 3., 6.]), correction=0)"],
)
def std_correction(
    input: Array, dim: Dims | None = None, *, correction: Number | None = None, keepdim: bool = False
) -> Array:
    """Standard deviation of all elements or over `dim`, the root of `var`."""
    return np.sqrt(_moments("std", input, dim, correction, keepdim)[0]).astype(_real_type(input))


@composite(
    "std",
    samples=["std(m, False)", "std(m, unbiased=True)"],
    examples=["std(tensor([1., 2., 3., 6.]), unbiased=False)"],
)
def std_all(input: Array, unbiased: bool = True) -> Any:
    """Standard deviation of all elements or over `dim`, the root of `var`."""
    return std_correction(input, None, correction=int(unbiased), keepdim=False)


# -- both with the mean ------------------------------------------------------------------------------------------------


def _mean_gradient(g: Any, input: Any, dim: Dims | None, keepdim: bool) -> Any:
    return expand_reduced(g, input.shape, dim, keepdim) / count_along(input.shape, dim)


@composite(
    "var_mean",
    method=False,
    samples=["var_mean(m, 0)", "var_mean(t3, (0, 2), False, True)"],
    examples=["var_mean(tensor([[1., 3.], [2., 6.]]), 1)"],
)
def var_mean_dim(input: Array, dim: Dims | None, unbiased: bool = True, keepdim: bool = False) -> Any:
    """Variance and mean, of all elements or over `dim`."""
    return var_mean_correction(input, dim, correction=int(unbiased), keepdim=keepdim)


@op(
    "var_mean",
    grad_fn="VarMeanBackward0",
    method=False,
    holomorphic=False,
    vjp={
        "input": lambda grads, input, dim, correction, keepdim: (
            _variance_gradient(grads[0], input, dim, correction, keepdim)
            + _mean_gradient(grads[1], input, dim, keepdim)
        )
    },
    samples=["var_mean(m)", "var_mean(m, 1, correction=0, keepdim=True)", "var_mean(lone, 0)"],
    examples=["var_mean(tensor([1., 2., 3., 6.]))"],
)
def var_mean_correction(
    input: Array, dim: Dims | None = None, *, correction: Number | None = None, keepdim: bool = False
) -> tuple[Array, Array]:
    """Variance and mean, of all elements or over `dim`."""
    variance, mean = _moments("var_mean", input, dim, correction, keepdim)
    return variance.astype(_real_type(input)), mean.astype(input.dtype)


@composite(
    "var_mean",
    method=False,
    samples=["var_mean(m, False)"],
    examples=["var_mean(tensor([1., 2., 6.]), unbiased=False)"],
)
def var_mean_all(input: Array, unbiased: bool = True) -> Any:
    """Variance and mean, of all elements or over `dim`."""
    return var_mean_correction(input, None, correction=int(unbiased), keepdim=False)


@composite(
    "std_mean",
    method=False,
    samples=["std_mean(m, 0)", "std_mean(t3, (0, 2), False, True)"],
    examples=["std_mean(tensor([[1., 3.], [2., 6.]]), 1)"],
)
def std_mean_dim(input: Array, dim: Dims | None, unbiased: bool = True, keepdim: bool = False) -> Any:
    """Standard deviation and mean, of all elements or over `dim`."""
    return std_mean_correction(input, dim, correction=int(unbiased), keepdim=keepdim)


@op(
    "std_mean",
    grad_fn="StdMeanBackward0",
    method=False,
    holomorphic=False,
    vjp={
        "input": lambda grads, result, input, dim, correction, keepdim: (
            _deviation_gradient(grads[0], result, input, dim, correction, keepdim)
            + _mean_gradient(grads[1], input, dim, keepdim)
        )
    },
    samples=["std_mean(m)", "std_mean(m, 1, correction=0, keepdim=True)"],
    examples=["std_mean(tensor([1., 2., 3., 6.]))"],
)
def std_mean_correction(
    input: Array, dim: Dims | None = None, *, correction: Number | None = None, keepdim: bool = False
) -> tuple[Array, Array]:
    """Standard deviation and mean, of all elements or over `dim`."""
    variance, mean = _moments("std_mean", input, dim, correction, keepdim)
    return np.sqrt(variance).astype(_real_type(input)), mean.astype(input.dtype)


@composite(
    "std_mean",
    method=False,
    samples=["std_mean(m, False)"],
    examples=["std_mean(tensor([1., 2., 6.]), unbiased=False)"],
)
def std_mean_all(input: Array, unbiased: bool = True) -> Any:
    """Standard deviation and mean, of all elements or over `dim`."""
    return std_mean_correction(input, None, correction=int(unbiased), keepdim=False)
