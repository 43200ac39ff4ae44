"""matmul and what else torch builds of matrix products, step by step as torch does: the graph shows the same nodes.

Sources: ATen/native/LinearAlgebra.cpp (`_matmul_impl`, `should_fold`, `kron`), ATen/native/Linear.cpp.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dims import broadcast_shapes, normalize_dim, normalize_dims
from gradcli.engine.dtypes import of
from gradcli.engine.entry import OUT
from gradcli.engine.kinds import type_name
from gradcli.engine.limits import reserve
from gradcli.engine.op import composite, op
from gradcli.engine.public import Function
from gradcli.engine.tensor import Tensor
from gradcli.ops.axes import permute, t, transpose
from gradcli.ops.copies import contiguous
from gradcli.ops.matrix import addmm, bmm, dot, mm, mv
from gradcli.ops.pointwise import add, mul
from gradcli.ops.reduction import sum_dim
from gradcli.ops.views import expand, reshape, squeeze_dim, unsafe_view, unsqueeze, view

if TYPE_CHECKING:
    from gradcli.engine.dtypes import DType
    from gradcli.engine.kinds import Array, DimList

Shape = tuple[int, ...]


def array_of(value: Any) -> Array:
    """The values of a Tensor or of an array."""
    return value.array if value.__class__ is Tensor else value


@op(
    "squeeze_",
    private=True,
    grad_fn="SqueezeBackward4",
    vjp={"input": lambda g: unsqueeze(g, 0)},
)
def without_first(input: Array) -> Array:
    """Drop the first dimension of a tensor that nobody else sees: torch does it in place."""
    return input[0]


@composite(
    extras=OUT,
    operator="@",
    also=("linalg.matmul",),
    samples=[
        "matmul(m, tall)",
        "matmul(v, w)",
        "matmul(m, v)",
        "matmul(v, sq)",
        "matmul(bm, bn)",
        "t3 @ bn",
        "bm @ bn[0]",
        "sq @ bm",
    ],
    examples=["matmul(tensor([[1., 2.], [3., 4.]]), tensor([5., 6.]))", "ones(2, 1, 3) @ ones(3, 2)"],
)
def matmul(input: Array, other: Array) -> Any:
    """The matrix product. Vectors count as a row on the left, as a column on the right; further dimensions are batches.

    Raises RuntimeError where shapes do not fit or types differ.
    """
    first, second = array_of(input).ndim, array_of(other).ndim
    if first == 2 and second == 2:
        return mm(input, other)
    if not first or not second:
        raise RuntimeError(f"both arguments to matmul need to be at least 1D, but they are {first}D and {second}D")
    if first == 1 and second == 1:
        return dot(input, other)
    if first == 2 and second == 1:
        return mv(input, other)
    if first == 1 and second == 2:
        return without_first(mm(unsqueeze(input, 0), other))
    if _folds(input, other):
        return _folded(input, other)
    return _batched(input, other)


def _requires_grad(value: Any) -> bool:
    return isinstance(value, Tensor) and value.requires_grad


def _folds(input: Any, other: Any) -> bool:
    """Whether the batch of the larger one can become rows of a matrix, or should: the other one needs a gradient."""
    first, second = array_of(input), array_of(other)
    large, small = (first, second) if first.ndim >= second.ndim else (second.swapaxes(-1, -2), first)
    if large.ndim < 3 or small.ndim > 2:
        return False
    if _requires_grad(other if first.ndim >= second.ndim else input):
        return True
    if first.ndim == 2:
        return False
    if not large.size:
        return True
    sizes, strides = large.shape, large.strides
    return all(strides[i] == strides[i + 1] * sizes[i + 1] for i in range(large.ndim - 2))


def _folded(input: Any, other: Any) -> Any:
    first, second = array_of(input).ndim, array_of(other).ndim
    swapped = second > first
    large = transpose(other, -2, -1) if swapped else input
    small = other if not swapped else t(input) if first == 2 else input
    sizes = array_of(large).shape
    rows = reshape(large, (prod(sizes[:-1]), sizes[-1]))
    if array_of(small).ndim == 1:
        return unsafe_view(mv(rows, small), sizes[:-1])
    output = unsafe_view(mm(rows, small), (*sizes[:-1], array_of(small).shape[1]))
    return contiguous(transpose(output, -2, -1)) if swapped else output


def _batched(input: Any, other: Any) -> Any:
    """By bmm, both operands expanded to the same batches."""
    left, right = array_of(input).shape, array_of(other).shape
    if len(left) == len(right) == 3 and left[0] != right[0]:
        if left[0] == 1 and _requires_grad(input):
            return matmul(squeeze_dim(input, 0), other)
        if right[0] == 1 and _requires_grad(other):
            return matmul(input, squeeze_dim(other, 0))
    rows = left[-2:-1]
    columns = right[-1:] if len(right) > 1 else ()
    batch = broadcast_shapes(left[:-2], right[:-2] if len(right) > 1 else ())
    count = prod(batch)
    a = reshape(expand(input, (*batch, *(rows or (1,)), left[-1])), (count, *(rows or (1,)), left[-1]))
    inner = right[-2:] if len(right) > 1 else right
    b = reshape(expand(other, (*batch, *inner)), (count, *inner))
    if not columns:
        return unsafe_view(squeeze_dim(bmm(a, unsqueeze(b, 2)), 2), (*batch, *rows))
    return unsafe_view(bmm(a, b), (*batch, *rows, *columns))


def _rmatmul(self: Tensor, other: Any) -> Any:
    return matmul(other, self) if isinstance(other, Tensor) else NotImplemented


Tensor.__rmatmul__ = _rmatmul  # type: ignore[attr-defined]


# --- further products ----------------------------------------------------------------------------------------------


@composite(
    extras=OUT,
    samples=["inner(v, w)", "inner(m, v)", "inner(m, n)", "inner(s, m)"],
    examples=["inner(tensor([1., 2.]), tensor([3., 4.]))"],
)
def inner(input: Array, other: Array) -> Any:
    """Sums of products over the last dimension of both. Raises RuntimeError where these differ."""
    left, right = array_of(input).shape, array_of(other).shape
    if not left or not right:
        return mul(input, other)
    if left[-1] != right[-1]:
        raise RuntimeError(
            f"inner() the last dimension must match on both input tensors but got shapes {list(left)} and {list(right)}"
        )
    return contracted(input, other, (-1,), (-1,))


@composite(
    method=False,
    varargs=True,
    samples=[
        "tensordot(sq, sq2)",
        "tensordot(m, tall, 1)",
        "tensordot(t3, bn, ([2, 0], [1, 0]))",
        "tensordot(v, w, 0)",
    ],
    examples=["tensordot(ones(2, 3), ones(3, 2), dims=1)", "tensordot(ones(2, 3), ones(3, 2), dims=([0], [1]))"],
)
def tensordot(a: Any, b: Any, dims: Any = 2, out: Any = None) -> Any:
    """Sums of products over several dimensions: the last `dims` of a and the first of b, or those in two lists."""
    if not isinstance(dims, (tuple, list, Tensor, int)):
        raise RuntimeError(
            "tensordot expects dims to be int or tuple[list[int], list[int]] or list[list[int]] containing two lists, "
            f"but got dims={dims}"
        )
    if isinstance(dims, Tensor) and dims.array.size > 1:
        if dims.array.shape[0] != 2:
            raise AssertionError(f"dims tensor must have size 2 in first dimension, got {dims.array.shape[0]}")
        dims = dims.array.tolist()
    if isinstance(dims, (tuple, list)):
        dims_self, dims_other = dims
        return _over_dims(a, b, dims_self, dims_other, out=out)
    count = int(dims.item()) if isinstance(dims, Tensor) else dims
    if count < 0:
        raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
    if isinstance(dims, int):
        for operand in (a, b):
            if not isinstance(operand, Tensor):
                raise AttributeError(f"{type_name(operand)!r} object has no attribute 'dim'")
        if count > min(a.ndim, b.ndim):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
    return _over_dims(a, b, list(range(-count, 0)), list(range(count)), out=out)


@composite("tensordot", private=True, extras=OUT)
def _tensordot(input: Array, other: Array, dims_self: DimList, dims_other: DimList) -> Any:
    return contracted(input, other, dims_self, dims_other)


_over_dims = Function("_VF.tensordot").define([_tensordot])  # what torch's Python function calls


def contracted(a: Any, b: Any, dims1: Shape, dims2: Shape) -> Any:
    """tensordot over the dimensions `dims1` of a and `dims2` of b."""
    if len(dims1) != len(dims2):
        raise RuntimeError("both dimension lists should have same length")
    if array_of(a).dtype != array_of(b).dtype:
        raise RuntimeError("both inputs should have same dtype")
    count = 1
    for one, two in zip(dims1, dims2, strict=True):
        left = array_of(a).shape[normalize_dim(one, array_of(a).ndim)]
        right = array_of(b).shape[normalize_dim(two, array_of(b).ndim)]
        if right == 1:
            a = sum_dim(a, (one,), True, dtype=dtype_of(a))
        elif left == 1:
            b = sum_dim(b, (two,), True, dtype=dtype_of(b))
        elif left != right:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {left} in dim {one} and second has size "
                f"{right} in dim {two}"
            )
        else:
            count *= left
    left_shape, right_shape = array_of(a).shape, array_of(b).shape
    dims1, dims2 = normalize_dims(dims1, len(left_shape)), normalize_dims(dims2, len(right_shape))
    kept1 = tuple(i for i in range(len(left_shape)) if i not in dims1)
    kept2 = tuple(i for i in range(len(right_shape)) if i not in dims2)
    sizes = (*(left_shape[i] for i in kept1), *(right_shape[i] for i in kept2))
    rows = reshape(permute(a, (*kept1, *dims1)), (prod(left_shape[i] for i in kept1), count))
    columns = reshape(permute(b, (*dims2, *kept2)), (count, prod(right_shape[i] for i in kept2)))
    return reshape(mm(rows, columns), sizes)


def dtype_of(value: Any) -> DType:
    """torch's dtype of a Tensor or of an array."""
    return of(array_of(value).dtype)


@composite(
    extras=OUT,
    samples=["kron(m, tall)", "kron(v, m)", "kron(s, v)"],
    examples=["kron(eye(2), tensor([[1., 2.]]))"],
)
def kron(input: Array, other: Array) -> Any:
    """The Kronecker product: each element of `input` times all of `other`, as blocks."""
    left, right = array_of(input).shape, array_of(other).shape
    ndim = max(len(left), len(right))
    left, right = (1,) * (ndim - len(left)) + left, (1,) * (ndim - len(right)) + right
    sizes = tuple(m * n for m, n in zip(left, right, strict=True))
    reserve(sizes, np.result_type(array_of(input), array_of(other)))
    a = unsafe_view(input, tuple(n for size in left for n in (size, 1)))
    b = unsafe_view(other, tuple(n for size in right for n in (1, size)))
    return unsafe_view(mul(a, b), sizes)


# --- nn.functional -------------------------------------------------------------------------------------------------


@composite(
    module="nn.functional",
    samples=["linear(m, sq)", "linear(m, sq, row)", "linear(t3, bm[0])", "linear(t3, bm[0], row)", "linear(v, m)"],
    examples=["torch.nn.functional.linear(ones(2, 3), ones(4, 3), zeros(4))"],
)
def linear(input: Array, weight: Array, bias: Array | None = None) -> Any:
    """input @ weight.T + bias. weight: out x in (or a vector: one output). Raises RuntimeError where shapes differ."""
    given, kept = array_of(input), array_of(weight)
    if not given.ndim or not kept.ndim:
        raise RuntimeError(
            f"both arguments to linear need to be at least 1D, but they are {given.ndim}D and {kept.ndim}D"
        )
    if bias is not None and given.ndim == 2:
        return addmm(bias, input, t(weight))
    if bias is not None and kept.ndim == 2 and array_of(bias).ndim and given.flags.c_contiguous:
        rows = reshape(input, (prod(given.shape[:-1]), given.shape[-1]))
        return view(addmm(bias, rows, t(weight)), (*given.shape[:-1], kept.shape[0]))
    output = matmul(input, t(weight))
    return output if bias is None else add(output, bias)


@composite(
    module="nn.functional",
    samples=["bilinear(m, n, bsq)", "bilinear(m, n, bsq, m[:, 0])"],
    examples=["torch.nn.functional.bilinear(ones(2, 3), ones(2, 4), ones(5, 3, 4)).shape"],
)
def bilinear(input1: Array, input2: Array, weight: Array, bias: Array | None = None) -> Any:
    """input1 @ weight[k] @ input2 for each output k, + bias. Raises RuntimeError where shapes differ."""
    a, b, w = array_of(input1), array_of(input2), array_of(weight)
    if a.ndim != b.ndim:
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {a.ndim} and {b.ndim}")
    for i in range(a.ndim - 1):
        if a.shape[i] != b.shape[i]:
            raise RuntimeError(
                f"bilinear(): input batch dimensions do not match at dim {i}: got {a.shape[i]} and {b.shape[i]}"
            )
    if a.shape[-1] != w.shape[1]:
        raise RuntimeError(
            f"bilinear(): input1 size does not match weight size: got {a.shape[-1]} but expected {w.shape[1]}"
        )
    if b.shape[-1] != w.shape[2]:
        raise RuntimeError(
            f"bilinear(): input2 size does not match weight size: got {b.shape[-1]} but expected {w.shape[2]}"
        )
    if bias is not None and array_of(bias).shape != w.shape[:1]:
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {array_of(bias).shape[0]} but expected {w.shape[0]}"
        )
    batch = a.shape[:-1]
    rows1 = reshape(input1, (prod(batch), a.shape[-1]))
    rows2 = reshape(input2, (prod(batch), b.shape[-1]))
    output = reshape(trilinear(rows1, weight, rows2), (*batch, w.shape[0]))
    return output if bias is None else add(output, bias)


@op(
    "_trilinear",
    private=True,
    grad_fn="TrilinearBackward0",
    vjp={
        "left": lambda g, weight, right: trilinear(g, permute(weight, (1, 0, 2)), right),
        "weight": lambda g, left, right: _slope_of_weight(g, left, right),
        "right": lambda g, left, weight: trilinear(left, permute(weight, (2, 1, 0)), g),
    },
)
def trilinear(left: Array, weight: Array, right: Array) -> Array:
    """Sum over i and j of left[b, i] * weight[k, i, j] * right[b, j]: torch's _trilinear as bilinear calls it."""
    halves = np.matmul(left, weight.transpose(1, 0, 2).reshape(weight.shape[1], -1))
    return np.matmul(halves.reshape(len(left), weight.shape[0], weight.shape[2]), right[:, :, None])[:, :, 0]


def _slope_of_weight(g: Any, left: Any, right: Any) -> Any:
    (b, k), i, j = array_of(g).shape, array_of(left).shape[1], array_of(right).shape[1]
    pairs = reshape(mul(unsqueeze(g, 2), unsqueeze(left, 1)), (b, k * i))
    return reshape(mm(t(pairs), right), (k, i, j))
