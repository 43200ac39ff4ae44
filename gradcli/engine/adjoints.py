"""The operators that backward itself needs: they undo broadcasting and casts, and find a view's region in its base.

They are entries like all others, so that gradients of gradients go through them too.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.entry import COMPLEX
from gradcli.engine.graph import gradient_edge
from gradcli.engine.op import op
from gradcli.engine.summing import add_up
from gradcli.engine.tensor import Tensor
from gradcli.engine.views import Step, laid_out, replay

if TYPE_CHECKING:
    from gradcli.engine.graph import Node
    from gradcli.engine.kinds import Array, Arrays


def fit(gradient: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """A gradient as its input had it: summed to the input's shape, cast to its type."""
    if gradient.__class__ is not Tensor:
        if gradient.shape != shape:
            gradient = sum_to_size.kernel(gradient, shape)
        return gradient if gradient.dtype == dtype else cast.kernel(gradient, dtype)
    if gradient.array.shape != shape:
        gradient = sum_to_size(gradient, shape)
    return gradient if gradient.array.dtype == dtype else cast(gradient, dtype)


@op(
    private=True,
    grad_fn=lambda input, shape: "ViewBackward0" if input.ndim > len(shape) else "SumBackward1",
    vjp={"input": lambda g, input_shape: expand_to(g, input_shape)},
)
def sum_to_size(input: Array, shape: tuple[int, ...]) -> Array:
    """Sum over the axes along which `shape` was broadcast to input's shape: the adjoint of expand_to."""
    if not shape:
        return np.asarray(add_up(input, None))
    lead = input.ndim - len(shape)
    axes = (*range(lead), *(i + lead for i, n in enumerate(shape) if n == 1 and input.shape[i + lead] != 1))
    return add_up(input, axes, keepdims=True).reshape(shape) if axes else input


@op(private=True, grad_fn="ExpandBackward0", vjp={"input": lambda g, input_shape: sum_to_size(g, input_shape)})
def expand_to(input: Array, shape: tuple[int, ...]) -> Array:
    """Broadcast to `shape`, without a copy."""
    if input.shape:
        return np.broadcast_to(input, shape)
    spread = np.ndarray(shape, input.dtype, input, strides=(0,) * len(shape))  # the same in a fifth of the time
    spread.flags.writeable = False
    return spread


@op(private=True, grad_fn="ToCopyBackward0", vjp={"input": lambda g, input_dtype: cast(g, input_dtype)})
def cast(input: Array, dtype: np.dtype[Any]) -> Array:
    """Convert to `dtype`; a complex gradient of a real input keeps its real part."""
    if input.dtype.kind == "c" and dtype.kind != "c":
        input = input.real
    return input.astype(dtype)


@op(private=True, grad_fn="CopyBackwards", vjp={"into": None, "source": lambda g: g})
def copy_backwards(into: Array, source: Array) -> Array:
    """A copy, as torch's engine makes one when it writes a gradient that has a graph into a leaf."""
    return source.copy()


@op(private=True, grad_fn="CloneBackward0", vjp={"input": lambda g: g})
def kept_gradient(input: Array) -> Array:
    """The same for a tensor that retains its gradient."""
    return input.copy()


@op(private=True, grad_fn="StackBackward0", vjp={"rows": lambda g, rows: list(g)})
def stack_rows(rows: Arrays) -> Array:
    """Stack equal shapes along a new first axis."""
    return np.stack(rows)


def zeros(like: Any, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Zeros of `shape` in the type of a gradient, which may be a Tensor."""
    return np.zeros(shape, (like.array if isinstance(like, Tensor) else like).dtype)


@op(
    private=True,
    grad_fn="AsStridedBackward0",
    vjp={"input": lambda g, input_shape, input_dtype, steps: view_sum(g, input_shape, input_dtype, steps)},
)
def view_replay(input: Array, steps: Sequence[Step]) -> Array:
    """The region of `input` that a view with these steps shows."""
    try:
        return replay(input, steps)
    except RuntimeError:  # a gradient that lies in another way than the base, where the steps want a copy
        return replay(np.ascontiguousarray(input), steps)


@op(private=True, grad_fn="AsStridedBackward0", vjp={"region": lambda g, steps: view_replay(g, steps)})
def view_sum(region: Array, shape: tuple[int, ...], dtype: np.dtype[Any], steps: Sequence[Step]) -> Array:
    """Zeros as a base, with `region` added where a view with these steps shows them, several times if it does."""
    whole = _writable(np.zeros(shape, dtype), steps)
    view = replay(whole, steps)
    if _overlaps(view):
        places = replay(_writable(np.arange(whole.size).reshape(shape), steps), steps)
        whole = np.zeros(prod(shape), dtype)
        np.add.at(whole, places.reshape(-1), region.reshape(-1))
        return whole.reshape(shape)
    view[...] = region
    return whole


def _writable(whole: Array, steps: Sequence[Step]) -> Array:
    """A fresh contiguous array in the layout that the steps start from."""
    return laid_out(whole, *steps[0][1]) if steps[0][0] is laid_out else whole


def _overlaps(view: Array) -> bool:
    """Whether elements of a view may share memory, as those of expand and unfold do."""
    reach = view.itemsize
    for step, size in sorted((s, n) for s, n in zip(view.strides, view.shape, strict=True) if n > 1):
        if step < reach:
            return True
        reach += step * (size - 1)
    return False


@op(
    private=True,
    grad_fn="AsStridedScatterBackward0",
    vjp={
        "input": lambda g, steps: view_scatter(g, 0.0, steps),
        "region": lambda g, steps: view_replay(g, steps),
    },
)
def view_scatter(input: Array, region: Array, steps: Sequence[Step]) -> Array:
    """`input` with `region` in place of what a view with these steps shows."""
    whole = _writable(np.array(input, order="C"), steps)
    replay(whole, steps)[...] = region
    return whole


def replay_node(base: Tensor, steps: Sequence[Step], array: np.ndarray[Any, Any]) -> Node:
    """The node of a view whose base was changed in place after the view was taken."""
    mask = 1 | (COMPLEX if array.dtype.kind == "c" else 0)
    return view_replay.node([base, steps], mask, (Tensor(array),), [gradient_edge(base)])
