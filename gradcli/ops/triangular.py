"""Systems with triangular matrices.

Sources: ATen/native/BatchLinearAlgebra.cpp; torch/csrc/autograd/FunctionsManual.cpp (`cholesky_solve_backward`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.adjoints import sum_to_size
from gradcli.engine.dims import broadcast_shapes
from gradcli.engine.dtypes import of
from gradcli.engine.entry import OUT
from gradcli.engine.limits import reserve, work
from gradcli.engine.op import composite, op
from gradcli.ops.axes import adjoint, transpose
from gradcli.ops.linalg import by_columns, singular
from gradcli.ops.matmul import array_of, matmul
from gradcli.ops.matrix_checks import check_old_system, check_square, check_system, require_lapack
from gradcli.ops.triangles import tril, triu

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array


def _slope_of_matrix(g: Any, result: Any, A: Any, upper: bool, left: bool, unit: bool) -> Any:
    back = solved_triangular(transpose(A, -2, -1), g, not upper, left, unit)
    product = matmul(back, transpose(result, -2, -1)) if left else matmul(transpose(result, -2, -1), back)
    corner = triu(product, 1 if unit else 0) if upper else tril(product, -1 if unit else 0)
    return sum_to_size(-corner, tuple(array_of(A).shape))


@op(
    "linalg_solve_triangular",
    private=True,
    vjp={
        "A": lambda g, A, result, upper, left, unit: _slope_of_matrix(g, result, A, upper, left, unit),
        "B": lambda g, A, B_shape, upper, left, unit: sum_to_size(
            solved_triangular(transpose(A, -2, -1), g, not upper, left, unit), B_shape
        ),
    },
)
def solved_triangular(A: Array, B: Array, upper: bool, left: bool, unit: bool) -> Array:
    """The X of A @ X = B, or of X @ A = B, by substitution; a zero on the diagonal gives infinities."""
    if not left:
        A, B, upper = A.swapaxes(-1, -2), B.swapaxes(-1, -2), not upper
    n = A.shape[-1]
    batch = broadcast_shapes(A.shape[:-2], B.shape[:-2])
    shape = reserve((*batch, *B.shape[-2:]), B.dtype)
    work(n * B.size)
    result = np.broadcast_to(B, shape).copy()
    for i in reversed(range(n)) if upper else range(n):
        known = slice(i + 1, n) if upper else slice(0, i)
        row = result[..., i, :] - np.matmul(A[..., i, None, known], result[..., known, :])[..., 0, :]
        result[..., i, :] = row if unit else row / A[..., i, i, None]
    return by_columns(result if left else result.swapaxes(-1, -2))


@composite(
    module="linalg",
    extras=OUT,
    samples=[
        "torch.linalg.solve_triangular(sq, tall, upper=True)",
        "torch.linalg.solve_triangular(sq, m, upper=False, left=False)",
        "torch.linalg.solve_triangular(sq, tall, upper=False, unitriangular=True)",
        "torch.linalg.solve_triangular(bsq, tall, upper=True)",
        "torch.linalg.solve_triangular(csq, csq, upper=True)",
    ],
    examples=["torch.linalg.solve_triangular(tensor([[2., 1.], [0., 4.]]), tensor([[4.], [8.]]), upper=True)"],
)
def solve_triangular(input: Array, B: Array, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    """The X of A @ X = B (left=False: X @ A = B), A the triangular input; unitriangular: its diagonal is ones."""
    a, b = array_of(input), array_of(B)
    right: Any = B
    check_system(a, b.shape, left, "linalg.solve_triangular")
    broadcast_shapes(b.shape[:-2], a.shape[:-2])
    require_lapack(a, "triangular_solve_cpu")
    if a.dtype != b.dtype:
        right = right.to(of(a.dtype))
    return solved_triangular(input, right, upper, left, unitriangular)


def _slope_of_old(grads: Any, solution: Any, A: Any, upper: bool, flipped: bool, unit: bool) -> Any:
    matrix = transpose(A, -2, -1) if flipped else A
    slope = _slope_of_matrix(grads[0], solution, matrix, upper != flipped, True, unit)
    return (transpose(slope, -2, -1) if flipped else slope) + grads[1]


def _old_input(g: Any, A: Any, input_shape: Any, upper: bool, flipped: bool, unit: bool) -> Any:
    back = A if flipped else transpose(A, -2, -1)
    return sum_to_size(solved_triangular(back, g, upper == flipped, True, unit), input_shape)


@op(
    returns=("solution", "cloned_coefficient"),
    vjp={
        "input": lambda grads, A, input_shape, upper, transpose, unitriangular: _old_input(
            grads[0], A, input_shape, upper, transpose, unitriangular
        ),
        "A": lambda grads, solution, A, upper, transpose, unitriangular: _slope_of_old(
            grads, solution, A, upper, transpose, unitriangular
        ),
    },
    samples=["triangular_solve(tall, sq)[0]", "triangular_solve(tall, sq, False, True)[0]"],
    examples=["triangular_solve(tensor([[4.], [8.]]), tensor([[2., 1.], [0., 4.]]))"],
)
def triangular_solve(
    input: Array, A: Array, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> tuple[Array, Array]:
    """The X of A @ X = input for a triangular A, and A: torch.linalg.solve_triangular under its old name."""
    for array, name in ((input, "b"), (A, "A")):
        if array.ndim < 2:
            raise RuntimeError(
                f"torch.triangular_solve: Expected {name} to have at least 2 dimensions, but it has {array.ndim} "
                "dimensions instead"
            )
    check_old_system(input, A, "triangular_solve")
    require_lapack(A, "triangular_solve_cpu")
    A = np.broadcast_to(A, (*broadcast_shapes(input.shape[:-2], A.shape[:-2]), *A.shape[-2:]))
    matrix = A.swapaxes(-1, -2) if transpose else A
    return solved_triangular.kernel(matrix, input, upper != transpose, True, unitriangular), A.copy()


# --- with a Cholesky factor ------------------------------------------------------------------------------------------


def _both_sides(L: Array, B: Array, upper: bool) -> Array:
    """Solve with the factor, then with its adjoint."""
    solve = solved_triangular.kernel
    other = L.swapaxes(-1, -2).conj()
    if upper:
        return np.asarray(solve(L, solve(other, B, False, True, False), True, True, False))
    return np.asarray(solve(other, solve(L, B, False, True, False), True, True, False))


def _slope_of_factor(g: Any, result: Any, L: Any, upper: bool) -> Any:
    term = matmul(cholesky_solve(g, L, upper), adjoint(result))
    term = term + adjoint(term)
    return sum_to_size(-(matmul(L, term) if upper else matmul(term, L)), tuple(array_of(L).shape))


@op(
    extras=OUT,
    holomorphic=False,
    vjp={
        "input": lambda g, input2, upper, input_shape: sum_to_size(cholesky_solve(g, input2, upper), input_shape),
        "input2": lambda g, result, input2, upper: _slope_of_factor(g, result, input2, upper),
    },
    samples=["cholesky_solve(tall, tril(sq))", "cholesky_solve(tall, triu(sq), True)"],
    examples=["cholesky_solve(tensor([[1.], [2.]]), tensor([[2., 0.], [1., 2.]]))"],
)
def cholesky_solve(input: Array, input2: Array, upper: bool = False) -> Array:
    """The X of A @ X = input, where A is known by its Cholesky factor."""
    for array, name in ((input, "b"), (input2, "u")):
        if array.ndim < 2:
            raise RuntimeError(f"{name} should have at least 2 dimensions, but has {array.ndim} dimensions instead")
    check_old_system(input, input2, "cholesky_solve")
    require_lapack(input2, "cholesky_solve_cpu")
    return _both_sides(input2, input, upper)


@op(
    extras=OUT,
    holomorphic=False,
    vjp={"input": lambda g, result, input, upper: _slope_of_inverse(g, result, input, upper)},
    samples=["cholesky_inverse(tril(sq))", "cholesky_inverse(triu(sq), True)"],
    examples=["cholesky_inverse(tensor([[2., 0.], [1., 2.]]))"],
)
def cholesky_inverse(input: Array, upper: bool = False) -> Array:
    """The inverse of a matrix that is known by its Cholesky factor."""
    check_square(input, "cholesky_inverse")
    require_lapack(input, "cholesky_inverse_out_cpu")
    if not np.diagonal(input, 0, -2, -1).all():
        raise singular(np.triu(input) if upper else np.triu(input.swapaxes(-1, -2)), "cholesky_inverse")
    identity = np.broadcast_to(np.eye(input.shape[-1], dtype=input.dtype), input.shape)
    return _both_sides(input, identity, upper)


def _slope_of_inverse(g: Any, result: Any, L: Any, upper: bool) -> Any:
    term = matmul(result, matmul(g + adjoint(g), result))
    return -(matmul(L, term) if upper else matmul(term, L))
