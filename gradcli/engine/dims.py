"""Dimensions and shapes: counting from the end, repeated dimensions, broadcasting.

Sources: c10/core/WrapDimMinimal.cpp, ATen/WrapDimUtilsMulti.h, ATen/ExpandUtils.cpp.
"""

from __future__ import annotations

import re

Shape = tuple[int, ...]
_CLASH = "operands could not be broadcast together with shapes "


def normalize_dim(dim: int, ndim: int, wrap_scalar: bool = True) -> int:
    """Count `dim` from the front. A 0-dim tensor has the dimensions -1 and 0, both of which give 0.

    wrap_scalar=False: it has none. Raises IndexError where there is no such dimension.
    """
    if 0 <= dim < ndim:
        return dim
    if not ndim and not wrap_scalar:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    span = ndim or 1
    if -span <= dim < span:
        return dim + span if dim < 0 else dim
    raise IndexError(f"Dimension out of range (expected to be in range of [{-span}, {span - 1}], but got {dim})")


def normalize_dims(dims: Shape, ndim: int) -> Shape:
    """`normalize_dim` of each. Raises RuntimeError where one appears twice, and IndexError as `normalize_dim`."""
    if len(dims) == 1:
        return (normalize_dim(dims[0], ndim),)
    seen = 0
    result = []
    for given in dims:
        dim = normalize_dim(given, ndim)
        if seen >> dim & 1:
            raise RuntimeError(f"dim {dim} appears multiple times in the list of dims")
        seen |= 1 << dim
        result.append(dim)
    return tuple(result)


def broadcast_shapes(*shapes: Shape) -> Shape:
    """The shape to which all of `shapes` broadcast, from the left to the right.

    Raises RuntimeError naming the first pair of sizes that clash, from the last dimension on.
    """
    result = shapes[0]
    for shape in shapes[1:]:
        if shape != result:
            result = _broadcast(result, shape)
    return result


def _broadcast(a: Shape, b: Shape) -> Shape:
    if not a or not b:
        return a or b
    ndim = max(len(a), len(b))
    sizes = list(a if len(a) == ndim else b)
    for back in range(1, min(len(a), len(b)) + 1):
        left, right = a[-back], b[-back]
        if left != right and left != 1 and right != 1:
            raise RuntimeError(
                f"The size of tensor a ({left}) must match the size of tensor b ({right}) "
                f"at non-singleton dimension {ndim - back}"
            )
        sizes[ndim - back] = right if left == 1 else left
    return tuple(sizes)


def refuse_clash(message: str) -> None:
    """Say in torch's words what numpy says of shapes that do not broadcast: raises RuntimeError if it does."""
    if message.startswith(_CLASH):
        shapes = re.findall(r"\(([\d,]*)\)", message)
        broadcast_shapes(*(tuple(int(size) for size in shape.split(",") if size) for shape in shapes))
