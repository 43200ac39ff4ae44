"""Pooling to a given size. Sources: ATen/native/AdaptiveAveragePooling.cpp, torch/nn/functional.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.limits import reserve
from gradcli.engine.op import composite, op
from gradcli.ops.common import require
from gradcli.ops.matmul import array_of
from gradcli.ops.reduction import mean_dim
from gradcli.ops.views import squeeze_dim, unsqueeze

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Object

HOME = "nn.functional"
Shape = tuple[int, ...]


def _windows(size: int, wanted: int) -> list[slice]:
    """`wanted` windows over `size` places, as even as they can be."""
    return [slice(k * size // wanted, -(-(k + 1) * size // wanted)) for k in range(wanted)]


def _counts(sizes: Shape, wanted: Shape, dtype: Any) -> Array:
    """How many places each window has."""
    counts = np.ones((), dtype)
    for size, count in zip(sizes, wanted, strict=True):
        counts = np.multiply.outer(counts, np.array([w.stop - w.start for w in _windows(size, count)], dtype))
    return counts


@op(
    private=True,
    grad_fn=lambda input, wanted: f"AdaptiveAvgPool{len(wanted)}DBackward0",
    vjp={"input": lambda g, input_shape, wanted: shared_out(g, input_shape, wanted)},
)
def means_of_windows(input: Array, wanted: Object) -> Array:
    """The mean of each window over the last dimensions."""
    first = input.ndim - len(wanted)
    result = input
    for axis, count in enumerate(wanted, first):
        parts = [slice(None)] * axis
        windows = _windows(input.shape[axis], count)
        result = np.stack([np.add.reduce(result[(*parts, window)], axis=axis) for window in windows], axis=axis)
    return (result / _counts(input.shape[first:], wanted, input.dtype)).astype(input.dtype, copy=False)


@op(
    private=True,
    grad_fn=lambda g, shape, wanted: f"AdaptiveAvgPool{len(wanted)}DBackwardBackward0",
    vjp={"g": lambda g, wanted: means_of_windows(g, wanted)},
)
def shared_out(g: Array, shape: Object, wanted: Object) -> Array:
    """Each element shared out over its window: the adjoint of means_of_windows."""
    first = len(shape) - len(wanted)
    result = (g / _counts(shape[first:], wanted, g.dtype)).astype(g.dtype, copy=False)
    for axis, count in enumerate(wanted, first):
        wide = np.zeros((*result.shape[:axis], shape[axis], *result.shape[axis + 1 :]), g.dtype)
        for place, window in enumerate(_windows(shape[axis], count)):
            wide[(*[slice(None)] * axis, window)] += result[(*[slice(None)] * axis, slice(place, place + 1))]
        result = wide
    return result


def _adaptive(ndim: int, input: Any, output_size: Any) -> Any:
    x = array_of(input)
    if x.ndim not in (ndim + 1, ndim + 2):
        raise RuntimeError(
            f"adaptive_avg_pool{ndim}d(): Expected {ndim + 1}D or {ndim + 2}D tensor, but got {list(x.shape)}"
        )
    given = (output_size,) * ndim if output_size is None or isinstance(output_size, int) else tuple(output_size)
    wanted = tuple(n if w is None else w for n, w in zip(x.shape[x.ndim - ndim :], given, strict=True))
    if min(wanted) < 0:
        raise RuntimeError("adaptive_avg_pool2d: elements of output_size must be greater than or equal to 0")
    require(x, "f", f"adaptive_avg_pool{ndim}d")
    reserve((*x.shape[: x.ndim - ndim], *wanted), x.dtype)
    if ndim == 1:
        return squeeze_dim(_adaptive(2, unsqueeze(input, x.ndim - 1), (1, *wanted)), x.ndim - 1)
    if all(count == 1 for count in wanted):
        return mean_dim(input, tuple(range(-ndim, 0)), True)
    return means_of_windows(input, wanted)


def _define(ndim: int, what: str, samples: list[str], example: str) -> None:
    def pool(input: Array, output_size: Object) -> Any:
        return _adaptive(ndim, input, output_size)

    name = f"adaptive_avg_pool{ndim}d"
    pool.__doc__ = f"The mean of each of `output_size` windows over {what}; None keeps a size."
    composite(name, module=HOME, samples=samples, examples=[example])(pool)


_define(
    1,
    "signals (channels x length)",
    ["F.adaptive_avg_pool1d(sig, 2)", "F.adaptive_avg_pool1d(sig[0], 3)"],
    "torch.nn.functional.adaptive_avg_pool1d(tensor([[1., 3., 2., 6.]]), 2)",
)
_define(
    2,
    "images (channels x height x width)",
    ["F.adaptive_avg_pool2d(img, 2)", "F.adaptive_avg_pool2d(img[0], (None, 3))", "F.adaptive_avg_pool2d(img, 1)"],
    "torch.nn.functional.adaptive_avg_pool2d(tensor([[[1., 3.], [2., 6.]]]), (1, 2))",
)
_define(
    3,
    "volumes (channels x depth x height x width)",
    ["F.adaptive_avg_pool3d(vol, 2)"],
    "torch.nn.functional.adaptive_avg_pool3d(ones(1, 2, 2, 2), 1)",
)
