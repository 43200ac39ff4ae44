"""Systems whose failure is told in numbers; tensors as matrices.

Sources: ATen/native/BatchLinearAlgebra.cpp, LinearAlgebra.cpp.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.entry import OUT
from gradcli.engine.errors import LinAlgError, warn_once
from gradcli.engine.op import composite, op
from gradcli.engine.return_types import return_type
from gradcli.engine.tensor import Tensor
from gradcli.ops.axes import movedims
from gradcli.ops.linalg import cholesky, cholesky_of, inv, singular, slope_of_cholesky, solve
from gradcli.ops.matmul import array_of
from gradcli.ops.matrix_checks import check_floating, check_square
from gradcli.ops.views import reshape

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, DimList


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
    check_floating(array_of(A), "linalg.inv", half=False)
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
        "torch.cholesky is deprecated in favor of torch.linalg.cholesky and will be removed in a future PyTorch "
        "release.\nL = torch.cholesky(A)\nshould be replaced with\nL = torch.linalg.cholesky(A)\nand\nU = "
        "torch.cholesky(A, upper=True)\nshould be replaced with\nU = torch.linalg.cholesky(A).mH\nThis "
        "transform will produce equivalent results for all valid (symmetric positive definite) inputs."
    )
    return cholesky_factor(input, upper)


@op(
    "cholesky",
    private=True,
    grad_fn="CholeskyBackward0",
    holomorphic=False,
    vjp={"input": lambda g, result, upper: slope_of_cholesky(g, result, upper)},
)
def cholesky_factor(input: Array, upper: bool) -> Array:
    """The Cholesky factor."""
    if not input.size:
        return input.copy()
    check_square(input, "cholesky")
    return cholesky_of(input, upper, "cholesky")


# --- tensors as matrices ---------------------------------------------------------------------------------------------


@composite(
    module="linalg",
    extras=OUT,
    samples=["torch.linalg.tensorinv(sq.reshape(3, 1, 3), ind=2)"],
    examples=["torch.linalg.tensorinv(tensor([[2., 0.], [0., 4.]]), 1)"],
)
def tensorinv(input: Array, ind: int = 2) -> Any:
    """The inverse of what input is as a matrix, its first `ind` dimensions being the rows."""
    if ind <= 0:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', but got {ind}")
    shape = array_of(input).shape
    if ind > len(shape):
        raise RuntimeError(f"ArrayRef: invalid slice, N = {ind}; size = {len(shape)}")
    rows, columns = shape[:ind], shape[ind:]
    if prod(rows) != prod(columns):
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got "
            f"{prod(columns)} != {prod(rows)}"
        )
    try:
        return reshape(inv(reshape(input, (prod(rows), prod(columns)))), (*columns, *rows))
    except LinAlgError:
        raise singular(array_of(input).reshape(prod(rows), -1), "inv") from None


@composite(
    module="linalg",
    extras=OUT,
    samples=[
        "torch.linalg.tensorsolve(sq.reshape(3, 3, 1), v)",
        "torch.linalg.tensorsolve(sq.reshape(3, 1, 3), v, dims=(1,))",
    ],
    examples=["torch.linalg.tensorsolve(tensor([[2., 0.], [0., 4.]]), tensor([2., 2.]))"],
)
def tensorsolve(input: Array, other: Array, dims: DimList | None = None) -> Any:
    """The X of tensordot(input, X, X.ndim) = other; `dims` of input are moved to the end first."""
    matrix: Any = input
    ndim = array_of(input).ndim
    if dims is not None:
        matrix = movedims(input, tuple(dims), tuple(range(ndim - len(dims), ndim)))
    columns = array_of(matrix).shape[array_of(other).ndim :]
    size = prod(columns)
    if size != array_of(other).size:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), "
            f"but got {size} != {array_of(other).size}"
        )
    found = solve.call([reshape(matrix, (size, size)), reshape(other, (size,)), True])
    return reshape(found, columns)
