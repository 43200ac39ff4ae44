"""Pseudo-inverses, ranks and least squares.

Sources: ATen/native/BatchLinearAlgebra.cpp, LinearAlgebra.cpp; FunctionsManual.cpp (`pinv_backward`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dims import broadcast_shapes
from gradcli.engine.dtypes import of
from gradcli.engine.entry import OUT
from gradcli.engine.limits import work
from gradcli.engine.op import composite, op
from gradcli.engine.return_types import return_type
from gradcli.engine.tensor import Tensor
from gradcli.ops.axes import adjoint
from gradcli.ops.factorizations import eigvalsh, svd_parts, svdvals
from gradcli.ops.linalg import by_columns
from gradcli.ops.matmul import array_of, matmul
from gradcli.ops.matrix_checks import check_matrix, has_lapack
from gradcli.ops.views import squeeze_dim, unsqueeze

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Object


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
    u, s, vh = svd_parts.kernel(A, False)
    bounds = tolerances(A, s, atol, rtol)[..., None]
    inverse = np.where(s > bounds, 1 / np.where(s > bounds, s, 1), 0)
    found = (vh.swapaxes(-1, -2).conj() * inverse[..., None, :]) @ u.swapaxes(-1, -2).conj()
    return np.asarray(found).astype(A.dtype, copy=False)


def _pinv(input: Any, atol: Any, rtol: Any, hermitian: bool) -> Any:
    x = array_of(input)
    if x.ndim < 2 or not has_lapack(x):
        raise RuntimeError(
            f"linalg.pinv({of(x.dtype).scalar}{{{list(x.shape)}}}): expected a tensor with 2 or more dimensions of "
            "float, double, cfloat or cdouble types"
        )
    return pseudo_inverse(input, atol, rtol, hermitian)


@composite(
    module="linalg",
    extras=OUT,
    samples=["torch.linalg.pinv(m)", "torch.linalg.pinv(tall)", "torch.linalg.pinv(sq)"],
    examples=["torch.linalg.pinv(tensor([[2., 0.], [0., 4.]]))"],
)
def pinv(input: Array, *, atol: Array | None = None, rtol: Array | None = None, hermitian: bool = False) -> Any:
    """The pseudo-inverse; singular values up to the tolerance count as zero."""
    _check_real("torch.linalg.pinv", atol=atol, rtol=rtol)
    return _pinv(input, atol, rtol, hermitian)


@composite(
    "pinv",
    module="linalg",
    extras=OUT,
    samples=["torch.linalg.pinv(m, atol=1e-3)"],
    examples=["torch.linalg.pinv(tensor([[2., 0.], [0., 4.]]), rtol=0.6)"],
)
def pinv_of_numbers(
    input: Array, *, atol: float | None = None, rtol: float | None = None, hermitian: bool = False
) -> Any:
    """The pseudo-inverse; singular values up to the tolerance count as zero."""
    return _pinv(input, atol, rtol, hermitian)


@composite(
    "pinv",
    module="linalg",
    extras=OUT,
    samples=["torch.linalg.pinv(m, tensor(1e-3))"],
    examples=["torch.linalg.pinv(tensor([[2., 0.], [0., 4.]]), tensor(0.6))"],
)
def pinv_rcond(input: Array, rcond: Array, hermitian: bool = False) -> Any:
    """The pseudo-inverse; rcond: the tolerance beside the largest singular value."""
    _check_real("torch.linalg.pinv", rcond=rcond)
    return _pinv(input, 0.0, rcond, hermitian)


@composite(
    "pinv",
    module="linalg",
    extras=OUT,
    samples=["torch.linalg.pinv(m, 1e-3)"],
    examples=["torch.linalg.pinv(tensor([[2., 0.], [0., 4.]]), 0.6)"],
)
def pinv_rcond_number(input: Array, rcond: float, hermitian: bool = False) -> Any:
    """The pseudo-inverse; rcond: the tolerance beside the largest singular value."""
    return _pinv(input, 0.0, rcond, hermitian)


@composite(samples=["pinverse(m)", "m.pinverse()"], examples=["pinverse(tensor([[2., 0.], [0., 4.]]))"])
def pinverse(input: Array, rcond: float = 1e-15) -> Any:
    """The pseudo-inverse."""
    return _pinv(input, 0.0, rcond, False)


# --- ranks -----------------------------------------------------------------------------------------------------------


def tolerances(x: Array, values: Array, atol: Any, rtol: Any) -> Array:
    """The largest of the absolute tolerance and the relative one, which is by default epsilon times the longer side."""
    if rtol is None:
        wanted = atol is not None and np.any(array_of(atol) > 0)
        rtol = 0.0 if wanted else float(np.finfo(x.dtype).eps) * max(x.shape[-2:])
    absolute, relative = np.asarray(0.0 if atol is None else array_of(atol)), np.asarray(array_of(rtol))
    broadcast_shapes(absolute.shape, broadcast_shapes(relative.shape, values.shape[:-1]))
    return np.asarray(np.maximum(absolute, relative * values.max(-1)))


def _check_real(name: str, **tolerances: Any) -> None:
    for argument, tensor in tolerances.items():
        if tensor is not None and tensor.is_complex():
            kind = of(tensor.array.dtype).scalar
            raise RuntimeError(f"{name}: {argument} tensor of complex type is not supported. Got {kind}")


def _rank(input: Any, atol: Any, rtol: Any, hermitian: bool) -> Any:
    x = array_of(input)
    check_matrix(x, "torch.linalg.matrix_rank", "input")
    if rtol is None and not has_lapack(x):
        raise RuntimeError("This function doesn't handle types other than float and double")
    if not x.size:
        return Tensor(np.zeros(x.shape[:-2], np.int64))
    values = np.abs(array_of(eigvalsh(input) if hermitian else svdvals(input)))
    bounds = tolerances(x, values, atol, rtol)
    return Tensor(np.asarray(np.add.reduce(values > bounds[..., None], axis=-1, dtype=np.int64)))


@composite(
    module="linalg",
    extras=OUT,
    samples=[
        "torch.linalg.matrix_rank(m)",
        "torch.linalg.matrix_rank(v * w[:, None])",
        "torch.linalg.matrix_rank(bsq)",
    ],
    examples=["torch.linalg.matrix_rank(tensor([[1., 2.], [2., 4.]]))"],
)
def matrix_rank(input: Array, *, atol: Array | None = None, rtol: Array | None = None, hermitian: bool = False) -> Any:
    """How many singular values are larger than the tolerance."""
    _check_real("torch.linalg.matrix_rank", atol=atol, rtol=rtol)
    return _rank(input, atol, rtol, hermitian)


@composite(
    "matrix_rank",
    module="linalg",
    extras=OUT,
    samples=["torch.linalg.matrix_rank(m, rtol=0.5)"],
    examples=["torch.linalg.matrix_rank(tensor([[1., 2.], [2., 3.]]), atol=1.)"],
)
def matrix_rank_of_numbers(
    input: Array, *, atol: float | None = None, rtol: float | None = None, hermitian: bool = False
) -> Any:
    """How many singular values are larger than the tolerance."""
    return _rank(input, atol, rtol, hermitian)


@composite(
    "matrix_rank",
    module="linalg",
    extras=OUT,
    samples=["torch.linalg.matrix_rank(m, tensor(0.5))"],
    examples=["torch.linalg.matrix_rank(tensor([[1., 2.], [2., 3.]]), tensor(1.))"],
)
def matrix_rank_tol(input: Array, tol: Array, hermitian: bool = False) -> Any:
    """How many singular values are larger than `tol`."""
    _check_real("torch.linalg.matrix_rank", atol=tol)
    return _rank(input, tol, 0.0, hermitian)


@composite(
    "matrix_rank",
    module="linalg",
    extras=OUT,
    samples=["torch.linalg.matrix_rank(m, 0.5)"],
    examples=["torch.linalg.matrix_rank(tensor([[1., 2.], [2., 3.]]), 1.)"],
)
def matrix_rank_tol_number(input: Array, tol: float, hermitian: bool = False) -> Any:
    """How many singular values are larger than `tol`."""
    return _rank(input, tol, 0.0, hermitian)


# --- least squares ---------------------------------------------------------------------------------------------------

_DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


def _slope_of_squares(grads: Any, A: Any, B: Any, solution: Any, vector: bool) -> tuple[Any, Any]:
    """The gradients of A and of B."""
    g, of_sums = grads
    if vector:
        g, B, solution = (unsqueeze(part, array_of(part).ndim) for part in (g, B, solution))
    to_matrix = _slope_of_pinv(matmul(g, adjoint(B)), _pinv_of(A), A)
    to_right = matmul(adjoint(_pinv_of(A)), g)
    if array_of(of_sums).size:
        residual = (matmul(A, solution) - B) * unsqueeze(of_sums, array_of(of_sums).ndim - 1) * 2
        to_matrix, to_right = to_matrix + matmul(residual, adjoint(solution)), to_right - residual
    return to_matrix, squeeze_dim(to_right, array_of(to_right).ndim - 1) if vector else to_right


def _pinv_of(A: Any) -> Any:
    return pseudo_inverse(A, None, None, False)


@op(
    private=True,
    grad_fn="LinalgLstsqBackward0",
    holomorphic=False,
    returns=("solution", "residuals"),
    vjp={
        "A": lambda grads, A, B, solution, vector: _slope_of_squares(grads, A, B, solution, vector)[0],
        "B": lambda grads, A, B, solution, vector: _slope_of_squares(grads, A, B, solution, vector)[1],
    },
)
def least_squares(A: Array, B: Array, rcond: Object, summed: bool, vector: bool) -> tuple[Array, Array]:
    """The solution, and the sums of the squares that it leaves, where the driver finds them."""
    right = B[..., None] if vector else B
    solution = by_columns(np.asarray(pseudo_inverse.kernel(A, None, rcond, False) @ right))
    sums = np.add.reduce(np.abs(A @ solution - right) ** 2, axis=-2) if summed else np.zeros((0,), np.abs(A[:0]).dtype)
    return solution[..., 0] if vector else solution, sums


def _check_system(a: Array, b: Array, driver: str | None) -> bool:
    """Is B a vector, or a batch of them? Raises RuntimeError where the parts do not fit."""
    name = "torch.linalg.lstsq"
    if a.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if not b.ndim:
        raise RuntimeError(f"{name}: other must have at least 1 dimension.")
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"{name}: Expected input and other to have the same dtype, but got input's dtype {of(a.dtype).scalar} and "
            f"other's dtype {of(b.dtype).scalar}"
        )
    lower = a.ndim - 1 == b.ndim
    if not lower and a.ndim != b.ndim:
        raise RuntimeError(
            f"{name}: input.dim() must be greater or equal to other.dim() and (input.dim() - other.dim()) <= 1"
        )
    axis = -1 if lower and b.shape == a.shape[:-1] else -2
    if b.ndim == 1:
        axis = -1
    if a.shape[-2] != b.shape[axis]:
        raise RuntimeError(f"{name}: input.size(-2) should match other.size({axis})")
    broadcast_shapes(a.shape[:-2], b.shape[: -1 if lower else -2])
    if not has_lapack(a):
        raise RuntimeError("This function doesn't handle types other than float and double")
    if driver is not None and driver not in _DRIVERS:
        raise RuntimeError(f"{name}: parameter `driver` should be one of ({', '.join(_DRIVERS)})")
    work(a.size * a.shape[-1])
    return lower


@composite(
    module="linalg",
    samples=[
        "torch.linalg.lstsq(tall, sq[:, :2])",
        "torch.linalg.lstsq(sq, tall)[0]",
        "torch.linalg.lstsq(tall, v, driver='gels')",
        "torch.linalg.lstsq(tall, sq, driver='gelsd')",
        "torch.linalg.lstsq(csq[:, :2], csq, driver='gelss')[0]",
        "torch.linalg.lstsq(m, v)",
    ],
    examples=["torch.linalg.lstsq(tensor([[1., 0.], [0., 2.], [0., 0.]]), tensor([[1.], [2.], [3.]]))"],
)
def lstsq(input: Array, b: Array, rcond: float | None = None, *, driver: str | None = None) -> Any:
    """The X that makes the norm of input @ X - b least, the residuals, the rank, the singular values.

    As in LAPACK the driver decides which are found: "gelsy" (torch's own choice) the rank, "gels" the residuals,
    "gelsd" and "gelss" all; the rest is empty.
    """
    a = array_of(input)
    vector = _check_system(a, array_of(b), driver)
    m, n = a.shape[-2:]
    values = svd_parts.kernel(a, False)[1]
    rcond = float(np.finfo(a.dtype).eps) * max(m, n) if rcond is None else rcond
    rank = np.add.reduce(values > rcond * values.max(-1, initial=0)[..., None], axis=-1, dtype=np.int64)
    summed = driver not in (None, "gelsy") and m > n and bool(np.all(rank == n))
    solution, residuals = least_squares(input, b, rcond, summed, vector)
    empty = np.zeros((0,))
    fields = {
        "solution": solution,
        "residuals": residuals,
        "rank": Tensor(empty.astype(np.int64) if driver == "gels" else np.asarray(rank)),
        "singular_values": Tensor(values if driver in ("gelsd", "gelss") else empty.astype(values.dtype)),
    }
    return return_type("linalg_lstsq", tuple(fields))(fields.values())
