"""LU factors.

Source: ATen/native/BatchLinearAlgebra.cpp.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dims import broadcast_shapes, normalize_dim
from gradcli.engine.entry import OUT, OUTS
from gradcli.engine.op import composite, op
from gradcli.engine.return_types import return_type
from gradcli.engine.tensor import Tensor
from gradcli.ops.common import not_differentiable
from gradcli.ops.linalg import by_columns, solve
from gradcli.ops.matmul import array_of
from gradcli.ops.matrix_checks import check_floating, check_same_type, check_system, require_lapack

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Object


def _factored(matrix: Array) -> tuple[Array, Array, int]:
    """L and U in one matrix, the rows that were exchanged (from 1), and the first zero pivot (0: none)."""
    rows, info = matrix.copy(), 0
    count = min(rows.shape)
    pivots = np.arange(1, count + 1, dtype=np.int32)
    for k in range(count):
        best = k + int(np.argmax(np.abs(rows[k:, k])))
        pivots[k] = best + 1
        if rows[best, k] == 0:
            info = info or k + 1
            continue
        rows[[k, best]] = rows[[best, k]]
        rows[k + 1 :, k] /= rows[k, k]
        rows[k + 1 :, k + 1 :] -= np.outer(rows[k + 1 :, k], rows[k, k + 1 :])
    return rows, pivots, info


def _order(pivots: Array, rows: int) -> Array:
    """The exchanges as a permutation of the rows."""
    order = np.arange(rows)
    for k, best in enumerate(pivots - 1):
        order[[k, best]] = order[[best, k]]
    return order


def _parts(matrix: Array) -> tuple[Array, Array]:
    """L with ones on its diagonal, and U."""
    count = min(matrix.shape[-2:])
    lower = np.tril(matrix[..., :count], -1) + np.eye(matrix.shape[-2], count, dtype=matrix.dtype)
    return lower, np.triu(matrix[..., :count, :])


def _each(A: Array) -> list[tuple[Array, Array, int]]:
    return [_factored(matrix) for matrix in A.reshape(prod(A.shape[:-2]), *A.shape[-2:])]


def _check_rank(array: Array, name: str) -> None:
    if array.ndim < 2:
        raise RuntimeError(f"{name}: Expected tensor with 2 or more dimensions. Got size: {list(array.shape)} instead")
    require_lapack(array, "lu_cpu")


def _lu_factor(A: Any) -> tuple[Any, Any, Any]:
    x = array_of(A)
    _check_rank(x, "torch.lu_factor")
    found = _each(x)
    lead, count = x.shape[:-2], min(x.shape[-2:])
    factors = np.array([row[0] for row in found], x.dtype).reshape(x.shape)
    pivots = np.array([row[1] for row in found], np.int32).reshape(*lead, count)
    info = np.array([row[2] for row in found], np.int32).reshape(lead)
    return packed_factors(A, factors), Tensor(pivots), Tensor(info)


@op(
    "linalg_lu_factor_ex",
    private=True,
    vjp={"A": lambda g: not_differentiable("linalg_lu_factor_ex")},
)
def packed_factors(A: Array, found: Object) -> Array:
    """L and U of A, in one matrix."""
    return by_columns(np.asarray(found))


@composite(
    extras=OUTS,
    module="linalg",
    samples=["torch.linalg.lu_factor_ex(sq.detach())"],
    examples=["torch.linalg.lu_factor_ex(tensor([[2., 1.], [4., 3.]]))"],
)
def lu_factor_ex(A: Array, *, pivot: bool = True, check_errors: bool = False) -> Any:
    """L and U in one matrix, the exchanges of rows, and the first pivot that is zero (0: none)."""
    return return_type("linalg_lu_factor_ex", ("LU", "pivots", "info"))(_lu_factor(A))


@composite(
    extras=OUTS,
    module="linalg",
    samples=["torch.linalg.lu_factor(sq.detach())", "torch.linalg.lu_factor(bsq.detach())"],
    examples=["torch.linalg.lu_factor(tensor([[2., 1.], [4., 3.]]))"],
)
def lu_factor(A: Array, *, pivot: bool = True) -> Any:
    """L and U in one matrix, and the exchanges of rows."""
    factors, pivots, info = _lu_factor(A)
    zero = int(array_of(info).max(initial=0))
    if zero:
        raise RuntimeError(
            f"torch.linalg.lu_factor: U[{zero},{zero}] is zero and using it on lu_solve would result in a division by "
            "zero. If you still want to perform the factorization, consider calling linalg.lu(A, pivot) or "
            "linalg.lu_factor_ex(A, pivot)"
        )
    return return_type("linalg_lu_factor", ("LU", "pivots"))((factors, pivots))


@composite(
    extras=OUTS,
    module="linalg",
    samples=["torch.linalg.lu(sq.detach())", "torch.linalg.lu(tall.detach())", "torch.linalg.lu(bsq.detach())"],
    examples=["torch.linalg.lu(tensor([[2., 1.], [4., 3.]]))"],
)
def lu(A: Array, *, pivot: bool = True) -> Any:
    """P, L and U with A = P @ L @ U."""
    x = array_of(A)
    _check_rank(x, "linalg.lu")
    found = _each(x)
    size = x.shape[-2]
    orders = np.array([np.eye(size)[:, _order(row[1], size)] for row in found], x.dtype)
    lower, upper = _parts(np.array([row[0] for row in found], x.dtype).reshape(x.shape))
    return return_type("linalg_lu", ("P", "L", "U"))(map(Tensor, (orders.reshape(*x.shape[:-1], size), lower, upper)))


@composite(
    module="linalg",
    extras=OUT,
    samples=["torch.linalg.lu_solve(*torch.linalg.lu_factor(sq.detach()), tall.detach())"],
    examples=["torch.linalg.lu_solve(*torch.linalg.lu_factor(tensor([[2., 1.], [4., 3.]])), tensor([[1.], [1.]]))"],
)
def lu_solve(LU: Array, pivots: Array, B: Array, *, left: bool = True, adjoint: bool = False) -> Any:
    """The X of A @ X = B, of an A that is known by its factors."""
    _check_factored(array_of(LU), array_of(pivots), array_of(B), left)
    lower, upper = _parts(array_of(LU))
    orders = np.array([_order(row, lower.shape[-1]) for row in array_of(pivots).reshape(-1, lower.shape[-1])])
    orders = orders.reshape(*lower.shape[:-2], -1)
    matrix = np.take_along_axis(lower @ upper, np.argsort(orders, -1)[..., None], -2)
    matrix = matrix.swapaxes(-1, -2).conj() if adjoint else matrix
    return solve.call([Tensor(matrix), B, left])


def _check_factored(LU: Array, pivots: Array, B: Array, left: bool) -> None:
    name = "linalg.lu_solve"
    check_floating(LU, f"torch.{name}")
    check_same_type(LU, B, name, ("LU", "B"))
    if pivots.dtype != np.int32:
        raise RuntimeError(f"{name}: pivots should be a Tensor of scalar type torch.int32")
    check_system(LU, B.shape, left, name, f"torch.{name}")
    if LU.shape[-1] != pivots.shape[normalize_dim(-1, pivots.ndim, False)]:
        raise RuntimeError(f"{name}: Number of pivots per batch should be same as the dimension of the matrix")
    if LU.shape[:-1] != pivots.shape:
        raise RuntimeError(
            f"{name}: Expected LU.shape[:-1] and pivots.shape to be the same, but got pivots with shape "
            f"{list(pivots.shape)} instead"
        )
    broadcast_shapes(B.shape[:-2], LU.shape[:-2])
    require_lapack(LU, "linalg.lu_solve_cpu")
