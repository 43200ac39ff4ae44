"""Products of many matrices: chains in the cheapest order, and powers.

Source: ATen/native/LinearAlgebra.cpp (`multi_dot`, `linalg_matrix_power_impl`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.entry import OUT
from gradcli.engine.errors import warn_once
from gradcli.engine.op import composite, op
from gradcli.engine.public import Function
from gradcli.ops.common import nothing
from gradcli.ops.copies import clone
from gradcli.ops.matmul import array_of, dtype_of, matmul
from gradcli.ops.matrix import mm
from gradcli.ops.views import unsqueeze, view

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Arrays, Object

Shape = tuple[int, ...]


@composite(
    method=False,
    varargs=True,
    samples=["chain_matmul(m, sq, tall)"],
    examples=["chain_matmul(ones(2, 3), ones(3, 4), ones(4, 1))"],
)
def chain_matmul(*matrices: Any, out: Any = None) -> Any:
    """The product of several matrices, in the order that takes the fewest multiplications."""
    warn_once(
        "torch.chain_matmul is deprecated and will be removed in a future PyTorch release. Use torch.linalg.multi_dot "
        "instead, which accepts a list of two or more tensors rather than multiple parameters."
    )
    return _product_of(matrices, out=out)


@composite("chain_matmul", private=True, extras=OUT)
def _chain_matmul(matrices: Arrays) -> Any:
    if not matrices:
        raise RuntimeError("chain_matmul(): Expected one or more matrices")
    for matrix in matrices:
        if matrix.ndim != 2:
            raise RuntimeError(f"Tensor dimension is {matrix.ndim}, expected 2 instead.")
    return clone(matrices[0]) if len(matrices) == 1 else multi_dot(list(matrices))


_product_of = Function("_VF.chain_matmul").define([_chain_matmul])  # what torch's Python function calls


@composite(
    module="linalg",
    extras=OUT,
    samples=[
        "torch.linalg.multi_dot([m, sq, tall])",
        "torch.linalg.multi_dot([v, sq, w])",
        "torch.linalg.multi_dot([m, v])",
    ],
    examples=["torch.linalg.multi_dot([ones(2, 3), ones(3, 4), ones(4)])"],
)
def multi_dot(tensors: Arrays) -> Any:
    """The product of two or more matrices, the first and last of which may be vectors, in the cheapest order.

    Raises RuntimeError where they do not fit.
    """
    count = len(tensors)
    if count < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {count}")
    chain = list(tensors)
    sizes: list[int] = []
    if tensors[0].ndim == 1:
        chain[0] = unsqueeze(tensors[0], 0)
    elif tensors[0].ndim == 2:
        sizes.append(tensors[0].shape[0])
    else:
        raise RuntimeError(f"multi_dot(): the first tensor must be 1D or 2D but got {tensors[0].ndim}D")
    if tensors[-1].ndim == 1:
        chain[-1] = unsqueeze(tensors[-1], 1)
    elif tensors[-1].ndim == 2:
        sizes.append(tensors[-1].shape[1])
    else:
        raise RuntimeError(f"multi_dot(): the last tensor must be 1D or 2D but got {tensors[-1].ndim}D")
    for index, tensor in enumerate(tensors[1:-1], 1):
        if tensor.ndim != 2:
            raise RuntimeError(f"multi_dot(): tensor {index} must be 2D but got {tensor.ndim}D")
    for index, tensor in enumerate(tensors[1:], 1):
        if array_of(tensor).dtype != array_of(tensors[0]).dtype:
            names = f"{dtype_of(tensors[0]).c_name} and tensor {index} {dtype_of(tensor).c_name}"
            raise RuntimeError(f"multi_dot(): all tensors must have be the same dtype but tensor 0 is {names}")
        left, right = array_of(chain[index - 1]).shape, array_of(chain[index]).shape
        if left[1] != right[0]:
            raise RuntimeError(
                f"multi_dot(): tensors {index - 1} and {index} with shapes {list(array_of(tensors[index - 1]).shape)} "
                f"and {list(array_of(tensor).shape)} cannot be multiplied"
            )
    return view(_chained(chain, 0, count - 1, _cheapest([array_of(part).shape for part in chain])), tuple(sizes))


def _cheapest(shapes: list[Shape]) -> dict[tuple[int, int], int]:
    """Where to split each stretch of a chain of matrices (CLRS, 15.2)."""
    sizes = [shapes[0][0], *(shape[1] for shape in shapes)]
    cost: dict[tuple[int, int], int] = {(i, i): 0 for i in range(len(shapes))}
    split: dict[tuple[int, int], int] = {}
    for length in range(1, len(shapes)):
        for i in range(len(shapes) - length):
            j = i + length
            found = [(cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)]
            cost[i, j], split[i, j] = min(found)
    return split


def _chained(chain: list[Any], i: int, j: int, split: dict[tuple[int, int], int]) -> Any:
    if i == j:
        return chain[i]
    k = split[i, j]
    return mm(_chained(chain, i, k, split), _chained(chain, k + 1, j, split))


@composite(
    module="linalg",
    also=("matrix_power",),
    method=True,
    extras=OUT,
    samples=[
        "torch.linalg.matrix_power(sq, 3)",
        "torch.linalg.matrix_power(sq, 5)",
        "torch.linalg.matrix_power(sq, 0)",
    ],
    examples=["torch.linalg.matrix_power(tensor([[1., 1.], [0., 1.]]), 3)"],
)
def matrix_power(input: Array, n: int) -> Any:
    """The product of n times the same square matrix. Raises RuntimeError for a matrix that is not square."""
    shape = array_of(input).shape
    if len(shape) < 2:
        raise RuntimeError("linalg.matrix_power: The input tensor A must have at least 2 dimensions.")
    if shape[-1] != shape[-2]:
        raise RuntimeError(
            f"linalg.matrix_power: A must be batches of square matrices, but they are {shape[-2]} by {shape[-1]} "
            "matrices"
        )
    return _powered(input, n)


@op(private=True, grad_fn="torch::autograd::CopyBackwards", vjp={"input": lambda g: nothing(g)})
def overwritten(input: Array, values: Object) -> Array:
    """`values` in place of the input, which gets a gradient of zeros."""
    return np.array(values)


def _powered(input: Any, n: int) -> Any:
    if n == 0:
        array = array_of(input)
        identity = np.broadcast_to(np.eye(array.shape[-1], dtype=array.dtype), array.shape)
        return overwritten(input, identity)
    if n < 0:
        from gradcli.ops.linalg import inv

        return inv(input) if n == -1 else _powered(inv(input), -n)
    if n == 1:
        return clone(input)
    if n <= 3:
        square = matmul(input, input)
        return square if n == 2 else matmul(square, input)
    result: Any = None
    power: Any = None
    while n > 0:
        power = input if power is None else matmul(power, power)
        if n % 2:
            result = power if result is None else matmul(result, power)
        n //= 2
    return result
