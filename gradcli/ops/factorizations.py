"""Eigenvalues, singular values and orthogonal factors, with what torch derives from them.

Sources: ATen/native/BatchLinearAlgebra.cpp; torch/csrc/autograd/FunctionsManual.cpp (`svd_backward`,
`linalg_eig_backward`, `linalg_qr_backward`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dtypes import of
from gradcli.engine.entry import OUT, OUTS
from gradcli.engine.errors import LinAlgError
from gradcli.engine.limits import work
from gradcli.engine.op import composite, op
from gradcli.engine.return_types import return_type
from gradcli.ops.along import plain, scaled
from gradcli.ops.axes import adjoint
from gradcli.ops.common import is_complex
from gradcli.ops.complex_parts import imag, real
from gradcli.ops.linalg import by_columns, solve_ex
from gradcli.ops.matmul import array_of, matmul
from gradcli.ops.matrix_checks import check_floating, check_matrix, check_square, require_lapack
from gradcli.ops.padding import constant_pad_nd
from gradcli.ops.slicing import diag_embed, diagonal, narrow
from gradcli.ops.triangles import tril, triu
from gradcli.ops.triangular import solved_triangular
from gradcli.ops.views import unsqueeze

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array


# LAPACK's iterations, in multiply-adds of a matrix product that would take as long: svd of 2000 x 2000 takes 12 s.
_ITERATIVE, _DIRECT = 50, 4
# Up to this many rows LAPACK finds eigenvectors by the QR iteration, beyond by divide and conquer (SMLSIZ).
_DIVIDED = 25


def _check_matrices(array: Array, name: str, cost: int = _ITERATIVE) -> None:
    check_matrix(array, name)
    check_floating(array, name)
    work(cost * array.size * min(array.shape[-2:]))


def _require_finite(array: Array, name: str) -> None:
    if not np.isfinite(array).all():
        raise LinAlgError(
            f"{name}: The algorithm failed to converge because the input matrix contained non-finite values."
        )


def _row(values: Any) -> Any:
    return unsqueeze(values, array_of(values).ndim - 1)


def _column(values: Any) -> Any:
    return unsqueeze(values, array_of(values).ndim)


def _is_given(g: Any) -> bool:
    """Undefined gradients come as zeros."""
    return bool(np.any(plain(g)))


def _differences(values: Any) -> Any:
    """values[j] - values[i], with ones on the diagonal."""
    ones = np.eye(array_of(values).shape[-1], dtype=array_of(values).dtype)
    difference = _row(values) - _column(values)
    return difference + (ones if difference.__class__ is np.ndarray else _tensor(ones))


def _tensor(array: Array) -> Any:
    from gradcli.engine.tensor import Tensor

    return Tensor(array)


def _skew(a: Any) -> Any:
    return a - adjoint(a)


def _first_columns(a: Any, count: int) -> Any:
    return a if array_of(a).shape[-1] == count else _cut(a, -1, count)


def _first_rows(a: Any, count: int) -> Any:
    return a if array_of(a).shape[-2] == count else _cut(a, -2, count)


def _cut(a: Any, axis: int, count: int) -> Any:
    if a.__class__ is np.ndarray:
        return a[..., :count] if axis == -1 else a[..., :count, :]
    return narrow(a, axis, 0, count)


# --- singular values -------------------------------------------------------------------------------------------------


def _slope_of_svd(grads: Any, u: Any, s: Any, vh: Any) -> Any:
    count = array_of(s).shape[-1]
    gu, gs, gvh = grads
    u, vh = _first_columns(u, count), _first_rows(vh, count)
    gu, gvh = _first_columns(gu, count), _first_rows(gvh, count)
    has_u, has_v = _is_given(gu), _is_given(gvh)
    if not has_u and not has_v:
        return matmul(u * _row(gs), vh) if _rows(u) >= _rows(adjoint(vh)) else matmul(u, _column(gs) * vh)
    difference = _differences(s * s)
    inner = diag_embed(gs, 0, -2, -1)
    along = matmul(adjoint(u), gu)
    if is_complex(u):
        _check_phase(along + matmul(vh, adjoint(gvh)))
        inner = inner + diag_embed(imag(diagonal(along, 0, -2, -1)) / s * 1j, 0, -2, -1)
    if has_u:
        inner = inner + _skew(along) / difference * _row(s)
    if has_v:
        inner = inner + _column(s) * (_skew(matmul(vh, adjoint(gvh))) / difference)
    if has_u and _rows(u) > count:
        over = gu / _row(s)
        return matmul(matmul(u, inner) + over - matmul(u, matmul(adjoint(u), over)), vh)
    if has_v and array_of(vh).shape[-1] > count:
        over = gvh / _column(s)
        return matmul(u, matmul(inner, vh) + over - matmul(matmul(over, adjoint(vh)), vh))
    return matmul(u, matmul(inner, vh))


def _rows(a: Any) -> int:
    return int(array_of(a).shape[-2])


def _check_phase(product: Any) -> None:
    off = np.abs(np.imag(np.diagonal(plain(product), 0, -2, -1)))
    if off.size and off.max() > 1e-2:
        raise RuntimeError(
            "svd_backward: The singular vectors in the complex case are specified up to multiplication by e^{i phi}. "
            "The specified loss function depends on this phase term, making it ill-defined."
        )


@op(
    "linalg_svd",
    private=True,
    returns=("U", "S", "Vh"),
    grad_fn="LinalgSvdBackward0",
    holomorphic=False,
    vjp={"A": lambda grads, U, S, Vh: _slope_of_svd(grads, U, S, Vh)},
)
def svd_parts(A: Array, full_matrices: bool) -> tuple[Array, Array, Array]:
    """U, S and Vh with A = U @ diag(S) @ Vh."""
    require_lapack(A, "linalg_svd_cpu")
    _require_finite(A, "linalg.svd")
    u, s, vh = np.linalg.svd(A, full_matrices)
    return by_columns(u), s.astype(A.real.dtype, copy=False), by_columns(vh)


@composite(
    "svd",
    module="linalg",
    extras=OUTS,
    samples=[
        "torch.linalg.svd(m, full_matrices=False).S",
        "torch.linalg.svd(tall, full_matrices=False)[0].abs()",
        "torch.linalg.svd(m, full_matrices=False)[2].abs()",
        "torch.linalg.svd(bsq, full_matrices=False)[0].abs()",
        "torch.linalg.svd(c, full_matrices=False)[1]",
    ],
    examples=["torch.linalg.svd(tensor([[3., 0.], [0., 4.]]))"],
)
def svd(A: Array, full_matrices: bool = True, *, driver: str | None = None) -> Any:
    """U, S and Vh with A = U @ diag(S) @ Vh; S falls. full_matrices: U and Vh are square."""
    _check_matrices(array_of(A), "linalg.svd")
    _refuse_driver("linalg.svd", driver)
    return svd_parts(A, full_matrices)


def _refuse_driver(name: str, driver: str | None) -> None:
    if driver is not None:
        raise RuntimeError(
            f"{name}: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend."
        )


@composite(
    module="linalg",
    extras=OUT,
    samples=["torch.linalg.svdvals(m)", "torch.linalg.svdvals(bsq)", "torch.linalg.svdvals(c)"],
    examples=["torch.linalg.svdvals(tensor([[3., 0.], [0., 4.]]))"],
)
def svdvals(A: Array, *, driver: str | None = None) -> Any:
    """The singular values, falling."""
    _check_matrices(array_of(A), "linalg.svd")
    _refuse_driver("linalg.svd", driver)
    return svd_parts(A, False)[1]


@composite(
    "svd",
    samples=["svd(m).S", "svd(tall).V.abs()", "svd(m).U.abs()"],
    examples=["svd(tensor([[3., 0.], [0., 4.]]))"],
)
def svd_old(input: Array, some: bool = True, compute_uv: bool = True) -> Any:
    """U, S and V with input = U @ diag(S) @ V.mH: torch.linalg.svd under its old name."""
    x = array_of(input)
    if x.ndim < 2:
        raise RuntimeError(f"linalg.svd: input should have at least 2 dimensions, but has {x.ndim} dimensions instead")
    _check_matrices(x, "linalg.svd")
    u, s, vh = svd_parts(input, not some)
    if not compute_uv:
        rows, columns = x.shape[-2:]
        u, vh = (_tensor(np.zeros((*x.shape[:-2], n, n), x.dtype)) for n in (rows, columns))
    return return_type("svd", ("U", "S", "V"))((u, s, adjoint(vh)))


# --- eigenvalues -----------------------------------------------------------------------------------------------------


def _require_same_phase(product: Any, name: str) -> None:
    along = np.diagonal(plain(product), 0, -2, -1)
    if along.size and np.abs(np.imag(along)).max() > 1e-2:
        raise RuntimeError(
            f"{name}_backward: The eigenvectors in the complex case are specified up to multiplication by e^{{i phi}}. "
            "The specified loss function depends on this quantity, so it is ill-defined."
        )


def _slope_of_eigh(grads: Any, values: Any, vectors: Any) -> Any:
    gvalues, gvectors = grads
    if not _is_given(gvectors):
        return matmul(vectors * _row(gvalues), adjoint(vectors))
    along = matmul(adjoint(vectors), gvectors)
    if is_complex(vectors):
        _require_same_phase(along, "linalg_eigh")
    off = 1 - np.eye(array_of(values).shape[-1], dtype=array_of(values).dtype)
    inner = scaled(along / _differences(values), off) + diag_embed(gvalues, 0, -2, -1)
    found = matmul(vectors, matmul(inner, adjoint(vectors)))
    return (found + adjoint(found)) * 0.5


@op(
    "linalg_eigh",
    private=True,
    returns=("eigenvalues", "eigenvectors"),
    grad_fn="LinalgEighBackward0",
    holomorphic=False,
    vjp={"A": lambda grads, eigenvalues, eigenvectors: _slope_of_eigh(grads, eigenvalues, eigenvectors)},
)
def eigh_parts(A: Array, UPLO: str, vectors_too: bool) -> tuple[Array, Array]:
    """Eigenvalues and eigenvectors of a matrix of which one triangle is read."""
    require_lapack(A, "linalg_eigh_cpu")
    if not np.isfinite(A).all():
        _refuse_not_finite(A.shape[-1], vectors_too)
        return np.full(A.shape[:-1], np.nan, A.real.dtype), np.full(A.shape, np.nan, A.dtype)
    values, vectors = np.linalg.eigh(A, "U" if UPLO == "U" else "L")
    return values.astype(A.real.dtype, copy=False), by_columns(vectors)


def _refuse_not_finite(n: int, vectors_too: bool) -> None:
    """LAPACK's iterations notice from three rows on; with a good many, where vectors are wanted, they do not."""
    if n > 2 and not (vectors_too and n > _DIVIDED):
        raise LinAlgError(
            "linalg.eigh: The algorithm failed to converge because the input matrix is ill-conditioned or has too many "
            f"repeated eigenvalues (error code: {n - 1 if vectors_too else n - 2})."
        )


def _checked_triangle(A: Any, UPLO: str) -> str:
    check_square(array_of(A), "linalg.eigh")
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    return UPLO.upper()


@composite(
    module="linalg",
    extras=OUTS,
    samples=["torch.linalg.eigh(sym)[0]", "torch.linalg.eigh(sym, 'U')[1].abs()", "torch.linalg.eigh(spd)[0]"],
    examples=["torch.linalg.eigh(tensor([[2., 1.], [1., 2.]]))"],
)
def eigh(input: Array, UPLO: str = "L") -> Any:
    """Eigenvalues, rising, and eigenvectors of a symmetric or hermitian matrix; UPLO: the triangle that is read."""
    return eigh_parts(input, _checked_triangle(input, UPLO), True)


@composite(
    module="linalg",
    extras=OUT,
    samples=["torch.linalg.eigvalsh(sym)", "torch.linalg.eigvalsh(spd, 'U')"],
    examples=["torch.linalg.eigvalsh(tensor([[2., 1.], [1., 2.]]))"],
)
def eigvalsh(input: Array, UPLO: str = "L") -> Any:
    """Eigenvalues, rising, of a symmetric or hermitian matrix; UPLO: the triangle that is read."""
    return eigh_parts(input, _checked_triangle(input, UPLO), False)[0]


def _slope_of_eig(grads: Any, values: Any, vectors: Any, is_real: bool) -> Any:
    gvalues, gvectors = grads
    inverse = adjoint(vectors)
    if not _is_given(gvectors):
        found = solve_ex(inverse, _column(gvalues) * inverse, True)
    else:
        along = matmul(inverse, gvectors)
        diagonals = diagonal(along, 0, -2, -1)
        _require_same_phase(along, "linalg_eig")
        along = along - matmul(inverse, vectors * _row(real(diagonals)))
        difference = _conjugated(_differences(values))
        off = 1 - np.eye(array_of(values).shape[-1], dtype=array_of(values).dtype)
        inner = scaled(along / difference, off) + diag_embed(gvalues, 0, -2, -1)
        found = solve_ex(inverse, matmul(inner, inverse), True)
    return real(found) if is_real else found


def _conjugated(value: Any) -> Any:
    from gradcli.ops.complex_parts import conj

    return conj(value)


@op(
    "linalg_eig",
    private=True,
    returns=("eigenvalues", "eigenvectors"),
    grad_fn="LinalgEigBackward0",
    holomorphic=False,
    vjp={
        "A": lambda grads, eigenvalues, eigenvectors, A_dtype: _slope_of_eig(
            grads, eigenvalues, eigenvectors, A_dtype.kind == "f"
        )
    },
)
def eig_parts(A: Array) -> tuple[Array, Array]:
    """Eigenvalues and eigenvectors, both complex."""
    if not np.isfinite(A).all():
        raise RuntimeError("torch.linalg.eig: input tensor should not contain infs or NaNs.")
    kind = np.result_type(A.dtype, np.complex64)
    values, vectors = np.linalg.eig(A)
    return values.astype(kind, copy=False), by_columns(vectors.astype(kind, copy=False))


@composite(
    module="linalg",
    extras=OUTS,
    samples=["torch.linalg.eig(sq)[0].abs()", "torch.linalg.eig(bsq)[0].abs()", "torch.linalg.eig(sq)[1].abs()"],
    examples=["torch.linalg.eig(tensor([[2., 1.], [1., 3.]]))"],
)
def eig(input: Array) -> Any:
    """Eigenvalues and eigenvectors, both complex, in no order."""
    _check_eigen(input, "linalg.eig")
    return eig_parts(input)


def _check_eigen(A: Any, name: str) -> None:
    kind = of(array_of(A).dtype)
    if not kind.is_differentiable:
        raise RuntimeError(f"Unknown Complex ScalarType for {kind.scalar}")
    check_square(array_of(A), name)
    require_lapack(array_of(A), "linalg_eig_out_cpu")


@composite(
    module="linalg",
    extras=OUT,
    samples=["torch.linalg.eigvals(sq).abs()"],
    examples=["torch.linalg.eigvals(tensor([[2., 1.], [1., 3.]]))"],
)
def eigvals(input: Array) -> Any:
    """Eigenvalues, complex, in no order."""
    _check_eigen(input, "linalg.eigvals")
    return eig_parts(input)[0]


# --- orthogonal and triangular ---------------------------------------------------------------------------------------


def _half_diagonal(a: Any) -> Any:
    """Diagonal elements count half."""
    n = array_of(a).shape[-1]
    return scaled(a, 1 - 0.5 * np.eye(n, dtype=array_of(a).real.dtype))


def _slope_of_qr(grads: Any, q: Any, r: Any, mode: str) -> Any:
    if mode == "r":
        raise RuntimeError(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use linalg.qr(A, "
            "mode='reduced') if you are going to require gradients to flow through linalg.qr"
        )
    m, n = array_of(q).shape[-2], array_of(r).shape[-1]
    if mode == "complete" and m > n:
        raise RuntimeError("The QR decomposition is not differentiable when mode='complete' and nrows > ncols")
    gq, gr = grads
    if m >= n:
        inner = triu(matmul(gr, adjoint(r)) - matmul(adjoint(q), gq))
        inner = matmul(q, _half_diagonal(inner + adjoint(inner))) + gq
        return solved_triangular(adjoint(r), inner, False, False, False)
    gr = triu(gr)
    inner = _skew(matmul(adjoint(q), gq) - matmul(gr, adjoint(r)))
    inner = _half_diagonal(tril(inner))
    inner = solved_triangular(adjoint(_first_columns(r, m)), inner, False, False, False)
    return matmul(q, constant_pad_nd(inner, (0, n - m), 0) + gr)


@op(
    "linalg_qr",
    private=True,
    returns=("Q", "R"),
    grad_fn="LinalgQrBackward0",
    holomorphic=False,
    vjp={"A": lambda grads, Q, R, mode: _slope_of_qr(grads, Q, R, mode)},
)
def qr_parts(A: Array, mode: str) -> tuple[Array, Array]:
    """Q and R with A = Q @ R."""
    if mode == "r":
        return np.empty((0,), A.dtype), by_columns(np.asarray(np.linalg.qr(A, "r")))
    q, r = np.linalg.qr(A, mode)  # type: ignore[call-overload]
    return by_columns(q), by_columns(r)


@composite(
    module="linalg",
    extras=OUTS,
    samples=["torch.linalg.qr(sq)[0]", "torch.linalg.qr(tall)[1]", "torch.linalg.qr(m)[1]", "torch.linalg.qr(bsq)[0]"],
    examples=["torch.linalg.qr(tensor([[1., 2.], [3., 4.]]))"],
)
def qr(A: Array, mode: str = "reduced") -> Any:
    """Q with orthonormal columns and R upper triangular, A = Q @ R. mode: "reduced", "complete" or "r"."""
    _check_matrices(array_of(A), "linalg.qr", _DIRECT)
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )
    require_lapack(array_of(A), "geqrf_cpu")
    return qr_parts(A, mode)


@composite("qr", samples=["qr(sq)[0]", "qr(tall)[1]"], examples=["qr(tensor([[1., 2.], [3., 4.]]))"])
def qr_old(input: Array, some: bool = True) -> Any:
    """As torch.linalg.qr, under its old name."""
    return return_type("qr", ("Q", "R"))(qr.call([input, "reduced" if some else "complete"]))
