"""Systems whose failure is told in numbers; LU factors; pseudo-inverses, least squares; exponentials.

Sources: ATen/native/BatchLinearAlgebra.cpp, LinearAlgebra.cpp; FunctionsManual.cpp (`pinv_backward`).
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.errors import LinAlgError, warn_once
from gradcli.engine.op import composite, op
from gradcli.engine.return_types import return_type
from gradcli.engine.tensor import Tensor
from gradcli.ops.axes import adjoint, movedim
from gradcli.ops.common import not_differentiable
from gradcli.ops.linalg import check_floating, check_square, cholesky, inv, solve
from gradcli.ops.matmul import array_of, matmul
from gradcli.ops.matrix import OUT
from gradcli.ops.matrix_norms import tolerances
from gradcli.ops.views import reshape

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, DimList, Object


def _told(name: str, fields: tuple[str, str], function: Any, failed: Any, check_errors: bool, *args: Any) -> Any:
    """A result and 0, or what is left of it and 1 where LAPACK gave up."""
    try:
        result, info = function(*args), 0
    except LinAlgError:
        if check_errors:
            raise
        result, info = Tensor(failed()), 1
    codes = Tensor(np.full(array_of(args[0]).shape[:-2], info, np.int32))
    return return_type(name, fields)((result, codes))


@composite(
    module="linalg",
    extras=OUT,
    samples=["torch.linalg.inv_ex(sq)", "torch.linalg.inv_ex(bsq)"],
    examples=["torch.linalg.inv_ex(tensor([[2., 0.], [0., 4.]]))"],
)
def inv_ex(A: Array, *, check_errors: bool = False) -> Any:
    """The inverse, and 0 where there is one."""
    check_square(array_of(A), "linalg.inv")
    return _told("linalg_inv_ex", ("inverse", "info"), inv, lambda: np.full_like(array_of(A), np.nan), check_errors, A)


@composite(
    module="linalg",
    extras=OUT,
    samples=["torch.linalg.solve_ex(sq, v)", "torch.linalg.solve_ex(sq, m, left=False)"],
    examples=["torch.linalg.solve_ex(tensor([[2., 0.], [0., 4.]]), tensor([2., 2.]))"],
)
def solve_ex(A: Array, B: Array, *, left: bool = True, check_errors: bool = False) -> Any:
    """The solution of a system, and 0 where there is one."""

    def solved(a: Any, b: Any) -> Any:
        return solve.call([a, b, left])

    nothing = np.full_like(array_of(B), np.nan)
    return _told("linalg_solve_ex", ("result", "info"), solved, lambda: nothing, check_errors, A, B)


@composite(
    module="linalg",
    extras=OUT,
    samples=["torch.linalg.cholesky_ex(spd + spd.mT)"],
    examples=["torch.linalg.cholesky_ex(tensor([[4., 2.], [2., 3.]]))"],
)
def cholesky_ex(input: Array, *, upper: bool = False, check_errors: bool = False) -> Any:
    """The Cholesky factor, and 0 where there is one."""

    def factor(a: Any) -> Any:
        return cholesky.call([a, upper])

    return _told("linalg_cholesky_ex", ("L", "info"), factor, lambda: array_of(input).copy(), check_errors, input)


@composite(
    "cholesky",
    samples=["cholesky(spd + spd.mT)", "cholesky(spd + spd.mT, True)"],
    examples=["torch.cholesky(tensor([[4., 2.], [2., 3.]]))"],
)
def cholesky_old(input: Array, upper: bool = False) -> Any:
    """torch.linalg.cholesky under its old name."""
    warn_once(
        "torch.cholesky is deprecated in favor of torch.linalg.cholesky and will be removed in a future PyTorch release."
        "\nL = torch.cholesky(A)\nshould be replaced with\nL = torch.linalg.cholesky(A)\nand\nU = torch.cholesky(A, "
        "upper=True)\nshould be replaced with\nU = torch.linalg.cholesky(A).mH\nThis transform will produce equivalent "
        "results for all valid (symmetric positive definite) inputs."
    )
    return cholesky_factor(input, upper)


@op(
    "cholesky",
    private=True,
    grad_fn="CholeskyBackward0",
    holomorphic=False,
    vjp={"input": lambda g, result, upper: cholesky.vjp["input"](g, result, upper)},  # type: ignore[index, misc]
)
def cholesky_factor(input: Array, upper: bool) -> Array:
    """The Cholesky factor."""
    check_square(input, "cholesky")
    try:
        return cholesky.kernel(input, upper=upper)
    except LinAlgError as error:
        raise LinAlgError(str(error).replace("linalg.cholesky", "cholesky")) from None


# --- LU --------------------------------------------------------------------------------------------------------------


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
    return [_factored(matrix) for matrix in A.reshape(-1, *A.shape[-2:])]


def _check_rank(array: Array, name: str) -> None:
    if array.ndim < 2:
        raise RuntimeError(f"{name}: Expected tensor with 2 or more dimensions. Got size: {list(array.shape)} instead")
    check_floating(array, name)


def _lu_factor(A: Any) -> tuple[Any, Any, Any]:
    x = array_of(A)
    _check_rank(x, "torch.linalg.lu_factor")
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
    return np.asarray(found)


@composite(
    module="linalg",
    samples=["torch.linalg.lu_factor_ex(sq.detach())"],
    examples=["torch.linalg.lu_factor_ex(tensor([[2., 1.], [4., 3.]]))"],
)
def lu_factor_ex(A: Array, *, pivot: bool = True, check_errors: bool = False) -> Any:
    """L and U in one matrix, the exchanges of rows, and the first pivot that is zero (0: none)."""
    return return_type("linalg_lu_factor_ex", ("LU", "pivots", "info"))(_lu_factor(A))


@composite(
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
    orders = np.array([np.eye(size, dtype=x.dtype)[:, _order(row[1], size)] for row in found])
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
    lower, upper = _parts(array_of(LU))
    orders = np.array([_order(row, lower.shape[-1]) for row in array_of(pivots).reshape(-1, lower.shape[-1])])
    orders = orders.reshape(*lower.shape[:-2], -1)
    matrix = np.take_along_axis(lower @ upper, np.argsort(orders, -1)[..., None], -2)
    matrix = matrix.swapaxes(-1, -2).conj() if adjoint else matrix
    return solve.call([Tensor(matrix), B, left])


# --- pseudo-inverse, least squares -----------------------------------------------------------------------------------


def _slope_of_pinv(g: Any, inverse: Any, A: Any) -> Any:
    """The formula for the shorter side, which is the cheaper one."""
    gh, ph = adjoint(g), adjoint(inverse)
    m, n = array_of(A).shape[-2:]
    if m <= n:
        k = matmul(gh, inverse)
        kph = matmul(k, ph)
        rest = matmul(matmul(ph, inverse), gh - matmul(k, A))
        return -adjoint(matmul(inverse, k)) + kph - matmul(matmul(A, inverse), kph) + rest
    k = matmul(inverse, gh)
    phk = matmul(ph, k)
    rest = matmul(gh - matmul(A, k), matmul(inverse, ph))
    return -adjoint(matmul(k, inverse)) + rest + phk - matmul(matmul(phk, inverse), A)


@op(
    "linalg_pinv",
    private=True,
    holomorphic=False,
    vjp={"A": lambda g, result, A: _slope_of_pinv(g, result, A)},
)
def pseudo_inverse(A: Array, atol: Object, rtol: Object, hermitian: bool) -> Array:
    """The pseudo-inverse; singular values up to the tolerance count as zero."""
    if not A.size:
        return np.zeros((*A.shape[:-2], A.shape[-1], A.shape[-2]), A.dtype)
    u, s, vh = np.linalg.svd(A, full_matrices=False)
    bounds = tolerances(A, s, atol, rtol)[..., None]
    inverse = np.where(s > bounds, 1 / np.where(s > bounds, s, 1), 0)
    found = (vh.swapaxes(-1, -2).conj() * inverse[..., None, :]) @ u.swapaxes(-1, -2).conj()
    return np.asarray(found).astype(A.dtype, copy=False)


@composite(
    module="linalg",
    also=["pinverse"],
    extras=OUT,
    samples=["torch.linalg.pinv(m)", "torch.linalg.pinv(tall)", "torch.linalg.pinv(sq)", "torch.linalg.pinv(m, 1e-3)"],
    examples=["torch.linalg.pinv(tensor([[2., 0.], [0., 4.]]))"],
)
def pinv(A: Array, rcond: Object = None, hermitian: bool = False, *, atol: Object = None, rtol: Object = None) -> Any:
    """The pseudo-inverse."""
    x = array_of(A)
    if x.ndim < 2:
        from gradcli.engine.dtypes import of

        raise RuntimeError(
            f"linalg.pinv({of(x.dtype).scalar}{{{list(x.shape)}}}): expected a tensor with 2 or more dimensions of float, "
            "double, cfloat or cdouble types"
        )
    check_floating(x, "linalg.pinv")
    return pseudo_inverse(A, atol, rtol if rcond is None else rcond, hermitian)


@composite("pinverse", function=False, samples=["m.pinverse()"], examples=["tensor([[2., 0.], [0., 4.]]).pinverse()"])
def pinverse(input: Array, rcond: float = 1e-15) -> Any:
    """The pseudo-inverse."""
    return pinv.call([input, rcond, False, None, None])


@composite(
    module="linalg",
    samples=["torch.linalg.lstsq(tall, sq[:, :2])[0]", "torch.linalg.lstsq(sq, tall)[0]"],
    examples=["torch.linalg.lstsq(tensor([[1., 0.], [0., 2.], [0., 0.]]), tensor([[1.], [2.], [3.]]))"],
)
def lstsq(input: Array, B: Array, rcond: float | None = None, *, driver: str | None = None) -> Any:
    """The X that makes the norm of input @ X - B least, the residuals, the rank, the singular values."""
    a, b = array_of(input), array_of(B)
    vector = a.ndim - 1 == b.ndim and b.shape == a.shape[:-1]
    right: Any = B.unsqueeze(-1) if vector else B  # type: ignore[attr-defined]
    solution: Any = least_squares(input, right)
    m, n = a.shape[-2:]
    values = np.linalg.svd(a, compute_uv=False)
    limit = (np.finfo(a.dtype).eps * max(m, n) if rcond is None else rcond) * values.max(-1, initial=0)[..., None]
    rank = np.add.reduce(values > limit, axis=-1, dtype=np.int64)
    empty = np.zeros((0,), a.dtype)
    residuals = empty
    if m > n and np.all(rank == n):
        residuals = np.add.reduce(np.abs(a @ array_of(solution) - array_of(right)) ** 2, axis=-2)
    fields = ("solution", "residuals", "rank", "singular_values")
    shown = solution.squeeze(-1) if vector else solution
    return return_type("linalg_lstsq", fields)((shown, Tensor(residuals), Tensor(np.asarray(rank)), Tensor(empty)))


@op(
    "linalg_lstsq",
    private=True,
    holomorphic=False,
    vjp={
        "A": lambda g, A, B: _slope_of_pinv(matmul(g, adjoint(B)), _pinv_of(A), A),
        "B": lambda g, A: matmul(adjoint(_pinv_of(A)), g),
    },
)
def least_squares(A: Array, B: Array) -> Array:
    """The solution of least squares."""
    return np.asarray(pseudo_inverse.kernel(A, None, None, False) @ B)


def _pinv_of(A: Any) -> Any:
    return pseudo_inverse(A, None, None, False)


# --- exponential -------------------------------------------------------------------------------------------------------


@op(
    "matrix_exp",
    module="linalg",
    also=["matrix_exp"],
    grad_fn="LinalgMatrixExpBackward0",
    holomorphic=False,
    vjp={"A": lambda g, A: _slope_of_exponential(g, A)},
    samples=["torch.linalg.matrix_exp(sq)", "torch.linalg.matrix_exp(bsq)", "torch.linalg.matrix_exp(csq)"],
    examples=["torch.linalg.matrix_exp(tensor([[0., 1.], [0., 0.]]))"],
)
def matrix_exp(A: Array) -> Array:
    """The exponential of a square matrix: by Taylor's series of a part of it, squared again and again."""
    check_square(A, "linalg.matrix_exp")
    wide = A.astype(np.complex128 if A.dtype.kind == "c" else np.float64)
    size = float(np.abs(wide).sum(-2).max(initial=0))
    squarings = max(int(np.ceil(np.log2(size))) + 2, 0) if size > 0 else 0
    wide = wide / 2.0**squarings
    total = term = np.broadcast_to(np.eye(A.shape[-1]), A.shape).astype(wide.dtype)
    for k in range(1, 20):
        term = term @ wide / k
        total = total + term
    for _ in range(squarings):
        total = total @ total
    return total.astype(A.dtype)


def _slope_of_exponential(g: Any, A: Any) -> Any:
    """The upper right block of exp([[A*, g], [0, A*]])."""
    from gradcli.ops.joining import cat

    other = adjoint(A)
    n = array_of(A).shape[-1]
    if g.__class__ is np.ndarray and other.__class__ is np.ndarray:
        whole = np.block([[other, g], [np.zeros_like(other), other]])
        return matrix_exp.kernel(whole)[..., :n, n:]
    zeros = Tensor(np.zeros(array_of(other).shape, array_of(other).dtype))
    axis = array_of(A).ndim - 1
    rows = [cat([other, g], axis), cat([zeros, other], axis)]
    return matrix_exp(cat(rows, axis - 1))[..., :n, n:]


@composite(
    "matrix_exp", function=False, samples=["sq.matrix_exp()"], examples=["tensor([[0., 1.], [0., 0.]]).matrix_exp()"]
)
def matrix_exp_method(input: Array) -> Any:
    """The exponential of a square matrix."""
    return matrix_exp(input)


# --- tensors as matrices -----------------------------------------------------------------------------------------------


@composite(
    module="linalg",
    extras=OUT,
    samples=["torch.linalg.tensorinv(sq.reshape(3, 1, 3), ind=2)"],
    examples=["torch.linalg.tensorinv(tensor([[2., 0.], [0., 4.]]), 1)"],
)
def tensorinv(A: Array, ind: int = 2) -> Any:
    """The inverse of what A is as a matrix, its first `ind` dimensions being the rows."""
    if ind <= 0:
        raise RuntimeError("Expected a strictly positive integer for 'ind'")
    shape = array_of(A).shape
    rows, columns = shape[:ind], shape[ind:]
    if prod(rows) != prod(columns):
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got "
            f"{prod(columns)} != {prod(rows)}"
        )
    return reshape(inv(reshape(A, (prod(rows), prod(columns)))), (*columns, *rows))


@composite(
    module="linalg",
    extras=OUT,
    samples=["torch.linalg.tensorsolve(sq.reshape(3, 3, 1), v)"],
    examples=["torch.linalg.tensorsolve(tensor([[2., 0.], [0., 4.]]), tensor([2., 2.]))"],
)
def tensorsolve(A: Array, B: Array, dims: DimList | None = None) -> Any:
    """The X of tensordot(A, X, X.ndim) = B; `dims` of A are moved to the end first."""
    matrix: Any = A
    ndim = array_of(A).ndim
    if dims is not None:
        matrix = movedim(A, tuple(dims), tuple(range(ndim - len(dims), ndim)))
    columns = array_of(matrix).shape[array_of(B).ndim :]
    size = prod(columns)
    if size != array_of(B).size:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), "
            f"but got {size} != {array_of(B).size}"
        )
    found = solve.call([reshape(matrix, (size, size)), reshape(B, (size,)), True])
    return reshape(found, columns)
