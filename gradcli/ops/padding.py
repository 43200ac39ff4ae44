"""Padding of signals, images and volumes: with a constant, or with what is there.

Sources: ATen/native/PadNd.cpp, ReflectionPad.cpp, ReplicationPadding.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.limits import reserve
from gradcli.engine.op import composite, op
from gradcli.ops.matmul import array_of

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Number, Object, Size

Shape = tuple[int, ...]


def _pairs(pad: Shape) -> list[tuple[int, int]]:
    """(before, after), from the first of the padded dimensions to the last: torch counts them from the last."""
    return [(pad[i], pad[i + 1]) for i in range(len(pad) - 2, -1, -2)]


@op(
    private=True,
    vjp={"input": lambda g, pad: constant_pad_nd(g, tuple(-n for n in pad), 0)},
)
def constant_pad_nd(input: Array, pad: Size, value: Number) -> Array:
    """`value` around the last dimensions; negative numbers cut off."""
    pairs = [(0, 0)] * (input.ndim - len(pad) // 2) + _pairs(pad)
    shape = []
    for axis, (before, after) in enumerate(pairs):
        shape.append(input.shape[axis] + before + after)
        if shape[-1] < 0:
            raise RuntimeError(
                f"The input size {input.shape[axis]}, plus negative padding {before} and {after} resulted in a "
                f"negative output size, which is invalid. Check dimension {axis} of your input."
            )
    result = np.full(reserve(tuple(shape), input.dtype), value, input.dtype)
    inner = tuple(slice(max(before, 0), n - max(after, 0)) for (before, after), n in zip(pairs, shape, strict=True))
    kept = tuple(
        slice(max(-before, 0), n - max(-after, 0)) for (before, after), n in zip(pairs, input.shape, strict=True)
    )
    result[inner] = input[kept]
    return result


def _sources(mode: str, n: int, before: int, after: int) -> Array:
    """Which places of a dimension of size n are seen from before its beginning to after its end."""
    places = np.arange(-before, n + after)
    if mode == "replicate":
        return np.clip(places, 0, n - 1)
    if mode == "circular":  # what is left of a dimension that is cut at an end is what repeats
        first, last = max(-before, 0), n - max(-after, 0)
        return first + (places - first) % (last - first)
    places = np.abs(places)
    return np.where(places >= n, 2 * (n - 1) - places, places)


def _name(mode: str, ndim: int) -> str:
    return {
        "reflect": f"ReflectionPad{ndim}DBackward0",
        "replicate": f"ReplicationPad{ndim}DBackward0",
        "circular": "torch::autograd::CopySlices",
    }[mode]


@op(
    private=True,
    grad_fn=lambda input, sources, mode: _name(mode, len(sources)),
    vjp={"input": lambda g, input_shape, sources, mode: seen_back(g, input_shape, sources, mode)},
)
def seen_at(input: Array, sources: Object, mode: str) -> Array:
    """The last dimensions as their `sources`, one array of places a dimension."""
    lead = input.ndim - len(sources)
    reserve((*input.shape[:lead], *[len(places) for places in sources]), input.dtype)
    for axis, places in enumerate(sources):
        input = np.take(input, places, axis=lead + axis)
    return input


@op(
    private=True,
    grad_fn=lambda input, shape, sources, mode: _name(mode, len(sources)).replace("Backward0", "BackwardBackward0"),
    vjp={"input": lambda g, sources, mode: seen_at(g, sources, mode)},
)
def seen_back(input: Array, shape: Object, sources: Object, mode: str) -> Array:
    """Each element added to the place it came from: the adjoint of seen_at."""
    lead = input.ndim - len(sources)
    for axis, places in enumerate(sources):
        moved = np.moveaxis(input, lead + axis, 0)
        total = np.zeros((shape[lead + axis], *moved.shape[1:]), input.dtype)
        np.add.at(total, places, moved)
        input = np.moveaxis(total, 0, lead + axis)
    return np.ascontiguousarray(input)


def _check_room(x: Array, pairs: list[tuple[int, int]], mode: str) -> None:
    lead = x.ndim - len(pairs)
    for axis, (before, after) in enumerate(pairs):
        n = x.shape[lead + axis]
        if mode == "reflect" and (before >= n or after >= n):
            argument = {0: 4, 1: 6, 2: 8}[len(pairs) - 1 - axis]
            raise RuntimeError(
                f"Argument #{argument}: Padding size should be less than the corresponding input dimension, but got: "
                f"padding ({before}, {after}) at dimension {lead + axis} of input {list(x.shape)}"
            )
        if mode == "circular" and (before > n or after > n):
            raise RuntimeError("Padding value causes wrapping around more than once.")
        if n + before + after < 1:
            raise RuntimeError(f"input (W: {n}) is too small. Calculated output W: {n + before + after}")


@composite(
    module="nn.functional",
    samples=[
        "F.pad(m, (1, 2))",
        "F.pad(m, (1, 2), value=2.5)",
        "F.pad(t3, (1, 0, -1, 2))",
        "F.pad(sig, (2, 1), 'reflect')",
        "F.pad(img, (2, 1, 0, 3), mode='replicate')",
        "F.pad(ints, (1, 1))",
    ],
    examples=["F.pad(tensor([1., 2.]), (1, 2))", "F.pad(ones(1, 2), (1, 1), value=7.)"],
)
def pad(input: Array, pad: Size, mode: str = "constant", value: float | None = None) -> Any:
    """Wider at the last dimensions: pad is (before, after) of the last one, then of the one before it, and so on.

    mode: "constant" (of `value`), "reflect", "replicate" or "circular". Negative numbers cut off.
    """
    x = array_of(input)
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pad) > 2 * x.ndim:
        raise RuntimeError(
            f"Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{len(pad)} and input of dimension {x.ndim}"
        )
    if mode == "constant":
        return constant_pad_nd(input, tuple(pad), 0 if value is None else value)
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    if (len(pad), x.ndim) not in {(2, 2), (2, 3), (4, 3), (4, 4), (6, 4), (6, 5)}:
        raise NotImplementedError("Only 2D, 3D, 4D, 5D padding with non-constant padding are supported for now")
    pairs = _pairs(tuple(pad))
    _check_room(x, pairs, mode)
    lead = x.ndim - len(pairs)
    sources = [_sources(mode, x.shape[lead + axis], *pair) for axis, pair in enumerate(pairs)]
    return seen_at(input, sources, mode)
