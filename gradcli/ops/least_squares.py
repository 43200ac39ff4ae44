"""Pseudo-inverses and least squares.

Sources: ATen/native/BatchLinearAlgebra.cpp, LinearAlgebra.cpp; FunctionsManual.cpp (`pinv_backward`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dtypes import of
from gradcli.engine.entry import OUT
from gradcli.engine.limits import work
from gradcli.engine.op import composite, op
from gradcli.engine.return_types import return_type
from gradcli.engine.tensor import Tensor
from gradcli.ops.axes import adjoint
from gradcli.ops.linalg import by_columns, check_floating
from gradcli.ops.matmul import array_of, matmul
from gradcli.ops.matrix_norms import tolerances
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
        raise RuntimeError(
            f"linalg.pinv({of(x.dtype).scalar}{{{list(x.shape)}}}): expected a tensor with 2 or more dimensions of "
            "float, double, cfloat or cdouble types"
        )
    check_floating(x, "linalg.pinv")
    return pseudo_inverse(A, atol, rtol if rcond is None else rcond, hermitian)


@composite("pinverse", function=False, samples=["m.pinverse()"], examples=["tensor([[2., 0.], [0., 4.]]).pinverse()"])
def pinverse(input: Array, rcond: float = 1e-15) -> Any:
    """The pseudo-inverse."""
    return pinv.call([input, rcond, False, None, None])


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
    vector = a.ndim - 1 == b.ndim and b.shape == a.shape[:-1]
    axis = -1 if vector or b.ndim == 1 else -2
    if a.shape[-2] != b.shape[axis]:
        raise RuntimeError(f"{name}: input.size(-2) should match other.size({axis})")
    if a.dtype.kind not in "fc":
        raise RuntimeError("This function doesn't handle types other than float and double")
    if driver is not None and driver not in _DRIVERS:
        raise RuntimeError(f"{name}: parameter `driver` should be one of ({', '.join(_DRIVERS)})")
    work(a.size * a.shape[-1])
    return vector


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
def lstsq(input: Array, B: Array, rcond: float | None = None, *, driver: str | None = None) -> Any:
    """The X that makes the norm of input @ X - B least, the residuals, the rank, the singular values.

    As in LAPACK the driver decides which are found: "gelsy" (torch's own choice) the rank, "gels" the residuals,
    "gelsd" and "gelss" all; the rest is empty.
    """
    a = array_of(input)
    vector = _check_system(a, array_of(B), driver)
    m, n = a.shape[-2:]
    values = np.linalg.svd(a, compute_uv=False)
    rcond = float(np.finfo(a.dtype).eps) * max(m, n) if rcond is None else rcond
    rank = np.add.reduce(values > rcond * values.max(-1, initial=0)[..., None], axis=-1, dtype=np.int64)
    summed = driver not in (None, "gelsy") and m > n and bool(np.all(rank == n))
    solution, residuals = least_squares(input, B, rcond, summed, vector)
    empty = np.zeros((0,))
    fields = {
        "solution": solution,
        "residuals": residuals,
        "rank": Tensor(empty.astype(np.int64) if driver == "gels" else np.asarray(rank)),
        "singular_values": Tensor(values if driver in ("gelsd", "gelss") else empty.astype(values.dtype)),
    }
    return return_type("linalg_lstsq", tuple(fields))(fields.values())
