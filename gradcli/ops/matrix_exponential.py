"""The exponential of a matrix.

Sources: ATen/native/LinearAlgebra.cpp; FunctionsManual.cpp (`linalg_matrix_exp_differential`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.op import composite, op
from gradcli.engine.tensor import Tensor
from gradcli.ops.axes import adjoint
from gradcli.ops.matmul import array_of
from gradcli.ops.matrix_checks import check_floating, check_square

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array


@op(
    "matrix_exp",
    module="linalg",
    also=["matrix_exp"],
    grad_fn="LinalgMatrixExpBackward0",
    holomorphic=False,
    vjp={"input": lambda g, input: _slope_of_exponential(g, input)},
    samples=["torch.linalg.matrix_exp(sq)", "torch.linalg.matrix_exp(bsq)", "torch.linalg.matrix_exp(csq)"],
    examples=["torch.linalg.matrix_exp(tensor([[0., 1.], [0., 0.]]))"],
)
def matrix_exp(input: Array) -> Array:
    """The exponential of a square matrix: by Taylor's series of a part of it, squared again and again."""
    check_square(input, "linalg.matrix_exp")
    check_floating(input, "linalg.matrix_exp")
    wide = input.astype(np.complex128 if input.dtype.kind == "c" else np.float64)
    size = float(np.abs(wide).sum(-2).max(initial=0))
    squarings = max(int(np.ceil(np.log2(size))) + 2, 0) if size > 0 else 0
    wide = wide / 2.0**squarings
    total = term = np.broadcast_to(np.eye(input.shape[-1]), input.shape).astype(wide.dtype)
    for k in range(1, 20):
        term = term @ wide / k
        total = total + term
    for _ in range(squarings):
        total = total @ total
    return total.astype(input.dtype)


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
