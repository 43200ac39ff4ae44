"""Linear systems, inverses, determinants and the Cholesky factorization.

Sources: ATen/native/BatchLinearAlgebra.cpp, LinearAlgebraUtils.h; torch/csrc/autograd/FunctionsManual.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dims import broadcast_shapes
from gradcli.engine.entry import OUT
from gradcli.engine.errors import LinAlgError
from gradcli.engine.limits import reserve
from gradcli.engine.op import composite, op
from gradcli.engine.return_types import return_type
from gradcli.ops.axes import adjoint, transpose
from gradcli.ops.common import is_complex
from gradcli.ops.complex_parts import conj, imag
from gradcli.ops.elementary import log
from gradcli.ops.matmul import array_of, matmul
from gradcli.ops.matrix import vdot
from gradcli.ops.matrix_checks import check_floating, check_same_type, check_square, check_system, require_lapack
from gradcli.ops.reduction import sum_dim
from gradcli.ops.selection import where
from gradcli.ops.triangles import tril
from gradcli.ops.views import squeeze_dim, unsqueeze

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array

Shape = tuple[int, ...]


def by_columns(array: Array) -> Array:
    """The same matrices laid out as LAPACK leaves them, column by column: torch's strides show it."""
    return np.ascontiguousarray(array.swapaxes(-1, -2)).swapaxes(-1, -2)


def _batch_of(array: Array, fails: Any) -> str:
    """torch's name of the first matrix of a batch that cannot be treated: "" for a single matrix."""
    if array.ndim == 2:
        return ""
    flat = array.reshape(-1, *array.shape[-2:])
    return f"(Batch element {next(i for i, matrix in enumerate(flat) if fails(matrix))}): "


def _first_failing(array: Array, fails: Any) -> Array:
    flat = array.reshape(-1, *array.shape[-2:])
    return next(matrix for matrix in flat if fails(matrix))


def _zero_pivot(matrix: Array) -> int:
    """The first diagonal element, from 1, that Gaussian elimination with pivoting finds to be zero; 0 if none is."""
    rows = matrix.copy()
    for k in range(len(rows)):
        best = k + int(np.argmax(np.abs(rows[k:, k])))
        if rows[best, k] == 0:
            return k + 1
        rows[[k, best]] = rows[[best, k]]
        rows[k + 1 :] -= np.outer(rows[k + 1 :, k] / rows[k, k], rows[k])
    return 0


# --- inverse -------------------------------------------------------------------------------------------------------


@op(
    "inv",
    module="linalg",
    extras=OUT,
    grad_fn="LinalgInvExBackward0",
    vjp={"A": lambda g, result: -_sandwich(result, g)},
    samples=["torch.linalg.inv(sq)", "torch.linalg.inv(bsq)", "torch.linalg.inv(csq)"],
    examples=["torch.linalg.inv(tensor([[2., 0.], [0., 4.]]))"],
)
def inv(A: Array) -> Array:
    """The inverse of a square matrix, or of each in a batch. Raises LinAlgError for a singular one."""
    check_square(A, "linalg.inv")
    check_floating(A, "linalg.inv", half=False)
    try:
        return by_columns(np.linalg.inv(A))
    except np.linalg.LinAlgError:
        raise singular(A, "linalg.inv") from None


def singular(A: Array, name: str) -> LinAlgError:
    """What the function `name` says of a matrix that has no inverse."""
    pivot = _zero_pivot(_first_failing(A, _zero_pivot))
    return LinAlgError(
        f"{name}: {_batch_of(A, _zero_pivot)}The diagonal element {pivot} is zero, the inversion could not be "
        "completed because the input matrix is singular."
    )


def _sandwich(inverse: Any, g: Any) -> Any:
    other = transpose(inverse, -2, -1)
    return matmul(other, matmul(g, other))


@composite(extras=OUT, samples=["inverse(sq)", "sq.inverse()"], examples=["tensor([[2., 0.], [0., 4.]]).inverse()"])
def inverse(input: Array) -> Any:
    """The inverse of a square matrix, or of each in a batch."""
    return inv(input)


# --- linear systems ------------------------------------------------------------------------------------------------


def _is_vector(a: Shape, b: Shape) -> bool:
    """Does torch take b for a batch of vectors, not matrices?"""
    return len(b) == 1 or (len(a) - 1 == len(b) and b == a[:-1])


@op(
    "solve_ex",
    private=True,
    grad_fn="LinalgSolveExBackward0",
    vjp={
        "A": lambda g, A, B_shape, result, left: _slope_of_system(g, A, B_shape, result, left),
        "B": lambda g, A, B_shape, left: _solved_back(g, A, B_shape, left),
    },
)
def solve_ex(A: Array, B: Array, left: bool) -> Array:
    """The X of A @ X = B, or of X @ A = B."""
    vector = _is_vector(A.shape, B.shape)
    right = B[..., None] if vector else B
    matrix = A
    if not left:
        matrix, right = A.swapaxes(-1, -2), right.swapaxes(-1, -2)
    batch = broadcast_shapes(A.shape[:-2], right.shape[:-2])
    reserve((*batch, *right.shape[-2:]), A.dtype)
    try:
        found = np.linalg.solve(matrix, np.broadcast_to(right, (*batch, *right.shape[-2:])))
    except np.linalg.LinAlgError:
        raise LinAlgError(
            f"torch.linalg.solve: {_batch_of(A, _zero_pivot)}The solver failed because the input matrix is singular."
        ) from None
    if vector:
        return np.ascontiguousarray(found[..., 0])
    return by_columns(found) if left else np.ascontiguousarray(found.swapaxes(-1, -2))


def _solved_back(g: Any, a: Any, b_shape: Shape, left: bool) -> Any:
    """The gradient of B: the transposed system with g on its right."""
    vector = _is_vector(tuple(array_of(a).shape), b_shape)
    column = _column(g) if vector else g
    solved = solve_ex(transpose(a, -2, -1), column, left)
    return squeeze_dim(solved, -1) if vector else solved


def _slope_of_system(g: Any, a: Any, b_shape: Shape, result: Any, left: bool) -> Any:
    gradient = _solved_back(g, a, b_shape, left)
    if _is_vector(tuple(array_of(a).shape), b_shape):
        gradient, result = _column(gradient), _column(result)
    back = transpose(result, -2, -1)
    return -(matmul(gradient, back) if left else matmul(back, gradient))


@composite(
    module="linalg",
    extras=OUT,
    samples=[
        "torch.linalg.solve(sq, v)",
        "torch.linalg.solve(sq, tall)",
        "torch.linalg.solve(bsq, bm)",
        "torch.linalg.solve(sq, m, left=False)",
        "torch.linalg.solve(csq, cv)",
    ],
    examples=["torch.linalg.solve(tensor([[2., 0.], [0., 4.]]), tensor([2., 2.]))"],
)
def solve(A: Array, B: Array, *, left: bool = True) -> Any:
    """The X of A @ X = B (left=False: X @ A = B); B is a vector, a matrix, or a batch of either.

    Raises LinAlgError for a singular A, RuntimeError where shapes or types do not fit.
    """
    a, b = array_of(A), array_of(B)
    check_floating(a, "linalg.solve")
    check_same_type(a, b, "linalg.solve")
    vector = _is_vector(a.shape, b.shape)
    shape = (*b.shape, 1) if vector else b.shape
    check_system(a, shape, left, "linalg.solve")
    broadcast_shapes(shape[:-2], a.shape[:-2])
    if vector and not left:
        raise RuntimeError(
            "linalg.solve: Vector broadcasting of the left hand side is not supported for left=False. In this case "
            "linalg.solve is equivalent to B / A.squeeze(-1)"
        )
    require_lapack(a, "lu_cpu")
    return solve_ex(A, B, left)


# --- determinants --------------------------------------------------------------------------------------------------


def _column(vector: Any) -> Any:
    """A vector, or a batch of them, as matrices of one column."""
    return unsqueeze(vector, array_of(vector).ndim)


def _times_matrix(g: Any, matrix: Any) -> Any:
    return _column(_column(g)) * matrix


def _cofactors(input: Any) -> Any:
    """The derivative of the determinant, also of a singular matrix: the signed determinants of all minors."""
    array = array_of(input)
    n = array.shape[-1]
    reserve((*array.shape, n - 1, n - 1), array.dtype)
    others = np.array([[j for j in range(n) if j != i] for i in range(n)], np.int64).reshape(n, n - 1)
    rows, columns = others[:, None, :, None], others[None, :, None, :]
    signs = np.array([[1 - 2 * ((i + j) % 2) for j in range(n)] for i in range(n)], array.dtype)
    if input is array:
        return _determinant(array[..., rows, columns]) * signs
    from gradcli.engine.tensor import Tensor

    return det(input[..., Tensor(rows), Tensor(columns)]) * Tensor(signs)


def _slope_of_det(g: Any, input: Any, result: Any) -> Any:
    if array_of(input).shape[-1] == 1:
        return _column(_column(g))
    if np.all(array_of(result) != 0):
        return _times_matrix(g * result, transpose(inv(input), -2, -1))
    cofactors = _cofactors(input)
    if array_of(input) is input:  # where no second derivative is asked for, torch has 0 for a singular matrix
        return _times_matrix(g, np.where(_column(_column(result)) == 0, 0, cofactors))
    return _times_matrix(g, cofactors)


def _determinant(array: Array) -> Array:
    return np.asarray(np.linalg.det(array)).astype(array.dtype, copy=False)


@op(
    "det",
    module="linalg",
    extras=OUT,
    grad_fn="LinalgDetBackward0",
    vjp={"A": lambda g, A, result: _slope_of_det(g, A, result)},
    samples=[
        "torch.linalg.det(sq)",
        "torch.linalg.det(bsq)",
        "torch.linalg.det(csq)",
        "torch.linalg.det(v * w[:, None])",
    ],
    examples=["torch.linalg.det(tensor([[1., 2.], [3., 4.]]))"],
)
def det(A: Array) -> Array:
    """The determinant of a square matrix, or of each in a batch."""
    check_square(A, "linalg.det")
    check_floating(A, "linalg.det")
    require_lapack(A, "lu_cpu")
    return _determinant(A)


@composite("det", samples=["det(sq)", "sq.det()"], examples=["det(tensor([[1., 2.], [3., 4.]]))"])
def det_old(input: Array) -> Any:
    """The determinant of a square matrix, or of each in a batch."""
    return det(input)


@op(
    "linalg_slogdet",
    private=True,
    returns=("sign", "logabsdet"),
    grad_fn="LinalgSlogdetBackward0",
    vjp={"A": lambda grads, A, sign: _slope_of_slogdet(grads, A, sign)},
    holomorphic=False,
)
def slogdet_parts(A: Array) -> tuple[Array, Array]:
    """Sign and logarithm of the determinant."""
    sign, logarithm = np.linalg.slogdet(A)
    return np.asarray(sign), np.asarray(logarithm)


def _slope_of_slogdet(grads: Any, a: Any, sign: Any) -> Any:
    g = grads[1]
    if is_complex(a):
        g = g - imag(conj(grads[0]) * sign) * 1j
    return _times_matrix(g, adjoint(inv(a)))


@composite(
    "slogdet",
    module="linalg",
    extras=OUT,
    samples=["torch.linalg.slogdet(sq)", "torch.linalg.slogdet(bsq)", "torch.linalg.slogdet(csq)"],
    examples=["torch.linalg.slogdet(tensor([[1., 2.], [3., 4.]]))"],
)
def slogdet(A: Array) -> Any:
    """The sign of the determinant and the logarithm of its absolute value."""
    _check_logarithm(A, "linalg.slogdet")
    return slogdet_parts(A)


def _check_logarithm(A: Any, name: str) -> None:
    check_square(array_of(A), name)
    check_floating(array_of(A), name, half=False)


@composite("slogdet", samples=["slogdet(sq)"], examples=["slogdet(tensor([[1., 2.], [3., 4.]]))"])
def slogdet_old(input: Array) -> Any:
    """As torch.linalg.slogdet, under its old name."""
    _check_logarithm(input, "linalg.slogdet")
    return return_type("slogdet", ("sign", "logabsdet"))(slogdet_parts(input))


@composite(samples=["logdet(spd)", "logdet(sq)"], examples=["logdet(tensor([[1., 0.], [0., 2.]]))"])
def logdet(input: Array) -> Any:
    """The logarithm of the determinant; nan where that is negative."""
    _check_logarithm(input, "logdet")
    sign, logarithm = slogdet_parts(input)
    if is_complex(sign):
        return log(sign) + logarithm
    return where(sign == -1.0, float("nan"), logarithm)


@composite(
    module="linalg",
    extras=OUT,
    samples=["torch.linalg.vecdot(m, n)", "torch.linalg.vecdot(v, w)", "torch.linalg.vecdot(c, c, dim=0)"],
    examples=["torch.linalg.vecdot(ones(2, 3), tensor([1., 2., 3.]))"],
)
def vecdot(x: Array, y: Array, *, dim: int = -1) -> Any:
    """Sums of products along one dimension; x is conjugated."""
    check_floating(array_of(x), "linalg.vecdot")
    check_same_type(array_of(x), array_of(y), "linalg.vecdot", ("x", "y"))
    if array_of(x).ndim == array_of(y).ndim == 1:
        return vdot(x, y)
    return sum_dim((conj(x) if is_complex(x) else x) * y, (dim,))


# --- Cholesky ------------------------------------------------------------------------------------------------------


def _fails_cholesky(matrix: Array) -> int:
    """The order of the first leading minor that is not positive; 0 if all are."""
    for order in range(1, len(matrix) + 1):
        try:
            if np.isnan(matrix[order - 1, :order]).any():
                return order
            np.linalg.cholesky(matrix[:order, :order])
        except np.linalg.LinAlgError:
            return order
    return 0


def slope_of_cholesky(g: Any, result: Any, upper: bool) -> Any:
    """The gradient of the factor's input, a symmetric one."""
    factor, gradient = (adjoint(result), adjoint(g)) if upper else (result, g)
    product = matmul(adjoint(factor), gradient)
    half = (tril(product) + tril(product, -1)) * 0.5  # the diagonal counts half
    inverse_factor = inv(factor)
    return matmul(adjoint(inverse_factor), matmul((half + adjoint(half)) * 0.5, inverse_factor))


@op(
    "cholesky",
    module="linalg",
    extras=OUT,
    grad_fn="LinalgCholeskyExBackward0",
    vjp={"input": lambda g, result, upper: slope_of_cholesky(g, result, upper)},
    holomorphic=False,
    samples=[
        "torch.linalg.cholesky(spd + spd.mT)",
        "torch.linalg.cholesky(spd + spd.mT, upper=True)",
        "torch.linalg.cholesky(csq @ csq.mH)",
    ],
    examples=["torch.linalg.cholesky(tensor([[4., 2.], [2., 3.]]))"],
)
def cholesky(input: Array, *, upper: bool = False) -> Array:
    """The lower triangular L with L @ L.mH = input. Raises LinAlgError unless the input is positive-definite."""
    check_square(input, "linalg.cholesky")
    check_floating(input, "linalg.cholesky")
    return cholesky_of(input, upper, "linalg.cholesky")


def cholesky_of(input: Array, upper: bool, name: str) -> Array:
    """The factor. Raises LinAlgError unless the input is positive-definite, in the name of the function."""
    require_lapack(input, "cholesky_cpu")
    matrix = input.swapaxes(-1, -2).conj() if upper else input  # numpy reads the lower triangle
    try:
        if np.isnan(np.tril(matrix)).any():
            raise np.linalg.LinAlgError
        lower = np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        order = _fails_cholesky(_first_failing(matrix, _fails_cholesky))
        raise LinAlgError(
            f"{name}: {_batch_of(matrix, _fails_cholesky)}The factorization could not be completed because the "
            f"input is not positive-definite (the leading minor of order {order} is not positive-definite)."
        ) from None
    return by_columns(lower.swapaxes(-1, -2).conj() if upper else lower)
