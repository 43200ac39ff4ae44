"""torch's functions that are written in Python: they take any number of tensors, or a list of them.

Sources: torch/functional.py, aten/src/ATen/native/TensorShape.cpp (`meshgrid`, `cartesian_prod`, `block_diag`).
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine import dtypes
from gradcli.engine.dims import broadcast_shapes
from gradcli.engine.errors import warn
from gradcli.engine.kinds import is_int, is_tensor, type_name
from gradcli.engine.limits import reserve
from gradcli.engine.op import composite, op
from gradcli.engine.size import Size
from gradcli.engine.tensor import Tensor
from gradcli.ops.indexing import index_select
from gradcli.ops.joining import at_least_1d, at_least_2d, at_least_3d, stack
from gradcli.ops.slicing import slice_
from gradcli.ops.views import expand, flatten, reshape, view

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Object, Operands

Shape = tuple[int, ...]


def _tensors(given: tuple[Any, ...]) -> list[Any]:
    """The tensors of a call that takes them one by one or as one list. Raises TypeError for anything else."""
    if len(given) == 1 and isinstance(given[0], (list, tuple)):
        given = tuple(given[0])
    for position, value in enumerate(given):
        if not is_tensor(value):
            raise TypeError(f"expected Tensor as element {position} in argument 0, but got {type_name(value)}")
    return list(given)


@composite(
    method=False,
    varargs=True,
    samples=["broadcast_tensors(row, col)", "broadcast_tensors(m, s)"],
    examples=["broadcast_tensors(tensor([1., 2.]), tensor([[3.], [4.]]))"],
)
def broadcast_tensors(*tensors: Any) -> tuple[Any, ...]:
    """Views of all tensors in the shape to which they broadcast; one that has it already is returned itself."""
    for position, value in enumerate(tensors):
        if not is_tensor(value):
            raise TypeError(f"expected Tensor as element {position} in argument 0, but got {type_name(value)}")
    if not tensors:
        return ()
    shape = broadcast_shapes(*(tuple(tensor.shape) for tensor in tensors))
    return tuple(tensor if tensor.shape == shape else expand(tensor, shape) for tensor in tensors)


@composite(
    "broadcast_shapes",
    method=False,
    varargs=True,
    samples=["broadcast_shapes((2, 1), (3,))", "broadcast_shapes(2, (3, 1))"],
    examples=["torch.broadcast_shapes((2, 1), (3,))"],
)
def shapes_together(*shapes: Any) -> Size:
    """The shape to which all the given ones broadcast. Raises RuntimeError naming the first that does not."""
    result: list[int] = []
    given = [(shape,) if is_int(shape) else tuple(shape) for shape in shapes]
    result = [1] * max(map(len, given), default=0)
    for position, shape in enumerate(given):
        for back in range(-1, -1 - len(shape), -1):
            if shape[back] < 0:
                raise RuntimeError(f"Trying to create tensor with negative dimension ({shape[back]}): ({shape[back]})")
            if shape[back] in (1, result[back]):
                continue
            if result[back] != 1:
                raise RuntimeError(
                    f"Attempting to broadcast a dimension of length {shape[back]} at {back}! Mismatching argument at "
                    f"index {position} had {shape}; but expected shape should be broadcastable to {result}"
                )
            result[back] = shape[back]
    return Size(result)


@composite(
    method=False,
    varargs=True,
    samples=[
        "meshgrid(v, iv.double(), indexing='ij')",
        "meshgrid([v, w], indexing='xy')",
        "meshgrid(s, v, indexing='ij')",
    ],
    examples=["meshgrid(tensor([1., 2.]), tensor([3., 4.]), indexing='ij')"],
)
def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Any, ...]:
    """The coordinates of a grid, from the coordinates along each axis; views. indexing: "ij" or "xy"."""
    given = _tensors(tensors)
    if indexing is None:
        warn("torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.")
        indexing = "ij"
    if not given:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if any(tensor.array.dtype != given[0].array.dtype for tensor in given):
        raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    for tensor in given:
        if tensor.ndim > 1:
            raise RuntimeError(f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {tensor!r}")
    if indexing not in ("xy", "ij"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    axes = list(range(len(given)))
    if indexing == "xy":
        axes[:2] = axes[1::-1]
    sizes = [tensor.array.size for tensor in given]
    shape = tuple(sizes[axis] for axis in axes)
    grids = []
    for tensor, axis in zip(given, axes, strict=True):
        lone = (1,) * axis + (-1,) + (1,) * (len(given) - axis - 1)
        grids.append(expand(view(tensor, lone), shape))
    return tuple(grids)


@composite(
    method=False,
    varargs=True,
    samples=["cartesian_prod(v, w)", "cartesian_prod(v)"],
    examples=["cartesian_prod(tensor([1, 2]), tensor([3, 4]))"],
)
def cartesian_prod(*tensors: Any) -> Any:
    """All choices of one element from each vector, one a row."""
    given = _tensors(tensors)
    for tensor in given:
        if tensor.ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {list(tensor.shape)}")
    if not given:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if len(given) == 1:
        return given[0]
    reserve((prod(tensor.array.size for tensor in given), len(given)), given[0].array.dtype)
    return stack([flatten(grid) for grid in meshgrid(*given, indexing="ij")], 1)


@composite(
    method=False,
    samples=["combinations(v)", "combinations(v, 3, True)", "combinations(w, 1)"],
    examples=["combinations(tensor([1, 2, 3]))"],
)
def combinations(input: Array, r: int = 2, with_replacement: bool = False) -> Any:
    """All choices of r elements of a vector, each in its order, one a row."""
    from itertools import combinations as without
    from itertools import combinations_with_replacement
    from math import comb

    if input.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    array = input.array  # type: ignore[attr-defined]
    if r == 0:
        return Tensor(np.empty(0, array.dtype))
    count = comb(array.size + r - 1, r) if with_replacement else comb(array.size, r)
    reserve((count, r), np.dtype(np.int64))
    choose = combinations_with_replacement if with_replacement else without
    rows = np.array(list(choose(range(array.size), r)), np.int64).reshape(-1, r)
    return stack([index_select(input, 0, Tensor(column)) for column in rows.T], 1)


# --- block_diag ----------------------------------------------------------------------------------------------------


def _blocks_back(g: Any, shapes: tuple[Shape, ...]) -> list[Any]:
    parts, row, column = [], 0, 0
    for shape in shapes:
        rows, columns = ((1, 1) + shape)[-2:]
        part = slice_(slice_(g, 0, row, row + rows, 1), 1, column, column + columns, 1)
        parts.append(reshape(part, shape))
        row, column = row + rows, column + columns
    return parts


@op("block_diag", private=True, vjp={"tensors": _blocks_back})
def blocks(tensors: Operands, shapes: Object) -> Array:
    """The matrices along the diagonal of one."""
    matrices = [array.reshape(((1, 1) + array.shape)[-2:]) for array in tensors]
    shape = (sum(matrix.shape[0] for matrix in matrices), sum(matrix.shape[1] for matrix in matrices))
    result = np.zeros(reserve(shape, matrices[0].dtype), matrices[0].dtype)
    row = column = 0
    for matrix in matrices:
        rows, columns = matrix.shape
        result[row : row + rows, column : column + columns] = matrix
        row, column = row + rows, column + columns
    return result


@composite(
    method=False,
    varargs=True,
    samples=["block_diag(m, s, v)"],
    examples=["block_diag(tensor([[1., 2.]]), tensor([[3.], [4.]]))"],
)
def block_diag(*tensors: Any) -> Any:
    """A matrix with the given ones along its diagonal, vectors being rows."""
    given = _tensors(tensors)
    if not given:
        return Tensor(np.zeros((1, 0), dtypes.default().np))
    for position, tensor in enumerate(given):
        if tensor.ndim > 2:
            raise RuntimeError(
                "torch.block_diag: Input tensors must have 2 or fewer dimensions. "
                f"Input {position} has {tensor.ndim} dimensions"
            )
    return blocks(given, tuple(tensor.shape for tensor in given))


# --- at least so many dimensions -----------------------------------------------------------------------------------


def _atleast(tensors: tuple[Any, ...], least: Any) -> Any:
    """torch.atleast_1d and its like take one tensor, several, or a list."""
    if len(tensors) == 1 and is_tensor(tensors[0]):
        return least(tensors[0])
    return tuple(least(tensor) for tensor in _tensors(tensors))


@composite(
    method=False, varargs=True, samples=["atleast_1d(s)", "atleast_1d(v, s)"], examples=["atleast_1d(tensor(1.))"]
)
def atleast_1d(*tensors: Any) -> Any:
    """The tensor (or each of several), a 0-dim one as one element."""
    return _atleast(tensors, at_least_1d)


@composite(method=False, varargs=True, samples=["atleast_2d(v)", "atleast_2d(s, m)"], examples=["atleast_2d(ones(2))"])
def atleast_2d(*tensors: Any) -> Any:
    """The tensor (or each of several), a vector as a row."""
    return _atleast(tensors, at_least_2d)


@composite(
    method=False, varargs=True, samples=["atleast_3d(m)", "atleast_3d(v, s)"], examples=["atleast_3d(ones(2)).shape"]
)
def atleast_3d(*tensors: Any) -> Any:
    """The tensor (or each of several), with dimensions of size 1 around a vector, after a matrix."""
    return _atleast(tensors, at_least_3d)
