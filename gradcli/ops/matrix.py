"""Products of matrices and vectors: the primitives that BLAS does. ops/matmul.py builds on them.

Sources: ATen/native/LinearAlgebra.cpp, Blas.cpp; tools/autograd/derivatives.yaml.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dims import normalize_dim
from gradcli.engine.dtypes import of, result_type
from gradcli.engine.entry import OUT
from gradcli.engine.limits import reserve, work
from gradcli.engine.op import op
from gradcli.ops.axes import t, transpose
from gradcli.ops.common import checked, is_complex, require
from gradcli.ops.complex_parts import conj
from gradcli.ops.pointwise import outer
from gradcli.ops.views import expand, expanded_shape, unsqueeze

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Number

float16 = np.dtype(np.float16)


def product(a: Array, b: Array) -> Array:
    """a @ b of one type. float16 is summed up in float32, as torch does."""
    if a.dtype == float16:
        return np.asarray(np.matmul(a.astype(np.float32), b.astype(np.float32))).astype(float16)
    return np.dot(a, b) if a.ndim < 3 and b.ndim < 3 else np.matmul(a, b)  # dot takes 0.5 us less


def _mm_shape(a: Array, b: Array) -> tuple[int, int]:
    """The shape of a @ b. Raises RuntimeError where they do not fit, LimitExceeded where it is too much."""
    n, k = a.shape
    if k != b.shape[0]:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({n}x{k} and {b.shape[0]}x{b.shape[1]})")
    shape = (n, b.shape[1])
    if a.size + b.size > 1024:
        work(n * k * shape[1])
        reserve(shape, a.dtype)
    return shape


def scaled(g: Any, factor: Number) -> Any:
    """g * factor, or g itself where that is one."""
    return g if factor == 1 else g * factor


# --- two operands --------------------------------------------------------------------------------------------------


@op(
    extras=OUT,
    vjp={"input": lambda g, mat2: mm(g, t(mat2)), "mat2": lambda g, input: mm(t(input), g)},
    samples=["mm(m, tall)", "mm(sq, sq)", "mm(c, csq)", "mm(m, empty2.t())", "mm(ints, ints.t())"],
    examples=["mm(tensor([[1., 2.], [3., 4.]]), tensor([[5.], [6.]]))"],
)
def mm(input: Array, mat2: Array) -> Array:
    """The product of two matrices, n x k and k x m. Raises RuntimeError where they do not fit."""
    if input.ndim != 2:
        raise RuntimeError("self must be a matrix")
    if mat2.ndim != 2:
        raise RuntimeError("mat2 must be a matrix")
    _mm_shape(input, mat2)
    if input.dtype is not mat2.dtype and input.dtype != mat2.dtype:
        names = f"{of(input.dtype).c_name} != {of(mat2.dtype).c_name}"
        raise RuntimeError(f"expected m1 and m2 to have the same dtype, but got: {names}")
    require(input, "iufc", "addmm_impl_cpu_")
    return product(input, mat2)


def _check_mv(input: Array, mat: Array, vec: Array) -> None:
    """Raise RuntimeError, NotImplementedError unless input + mat @ vec can be had."""
    if input.ndim > 1 or mat.ndim != 2 or vec.ndim != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got {input.ndim}, {mat.ndim}, {vec.ndim}")
    if mat.shape[1] != vec.size or (input.ndim and input.size != mat.shape[0] and input.size != 1):
        raise RuntimeError(
            f"size mismatch, got input ({_size(input, 0)}), mat ({mat.shape[0]}x{mat.shape[1]}), vec ({vec.size})"
        )
    if not input.dtype == mat.dtype == vec.dtype:
        names = ", ".join(of(array.dtype).scalar for array in (input, mat)) + f", and {of(vec.dtype).scalar}"
        raise RuntimeError(f"addmv input tensors must have the same dtype, but got {names}")
    require(mat, "iufc", "addmv_impl_cpu")


@op(
    extras=OUT,
    vjp={"input": lambda g, vec: outer(g, vec), "vec": lambda g, input: mv(t(input), g)},
    samples=["mv(m, v)", "mv(csq, cv)", "mv(empty2, v)"],
    examples=["mv(tensor([[1., 2.], [3., 4.]]), tensor([5., 6.]))"],
)
def mv(input: Array, vec: Array) -> Array:
    """The product of a matrix and a vector. Raises RuntimeError where they do not fit."""
    _size(input, 0)
    if input.ndim != 2 or vec.ndim != 1 or input.shape[1] != vec.size or input.dtype != vec.dtype:
        like = vec if vec.ndim > 1 else np.empty(_size(input, 0), vec.dtype)
        dims = (1, input.ndim, vec.ndim)
        if input.ndim != 2 or vec.ndim != 1:
            raise RuntimeError(f"vector + matrix @ vector expected, got {dims[0]}, {dims[1]}, {dims[2]}")
        _check_mv(like, input, vec)
    require(input, "iufc", "addmv_impl_cpu")
    work(input.size)
    return product(input, vec)


def _check_dot(input: Array, other: Array) -> None:
    if input.ndim != 1 or other.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {input.ndim}D and {other.ndim}D tensors")
    if input.dtype != other.dtype:
        names = f"{of(input.dtype).scalar} and {of(other.dtype).scalar}"
        raise RuntimeError(f"dot : expected both vectors to have same dtype, but found {names}")
    if input.size != other.size:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{input.size}] and src [{other.size}] to have the same number "
            f"of elements, but got {input.size} and {other.size} elements respectively"
        )


@op(
    extras=OUT,
    vjp={"input": lambda g, tensor: g * tensor, "tensor": lambda g, input: g * input},
    samples=["dot(v, w)", "dot(v, v)", "dot(cv, cv)", "dot(empty, empty)", "dot(iv, iv)"],
    examples=["dot(tensor([1., 2.]), tensor([3., 4.]))"],
)
def dot(input: Array, tensor: Array) -> Array:
    """The sum of the products of two vectors. Raises RuntimeError unless they are two vectors of one size and type."""
    _check_dot(input, tensor)
    require(input, "iufc", "dot")
    return product(input, tensor)


def _conjugated(g: Any) -> Any:
    return conj(g) if is_complex(g) else g


@op(
    extras=OUT,
    vjp={"input": lambda g, other: _conjugated(g) * other, "other": lambda g, input: g * input},
    holomorphic=False,
    samples=["vdot(v, w)", "vdot(cv, cv)"],
    examples=["vdot(tensor([1 + 1j, 2]), tensor([3, 1j]))"],
)
def vdot(input: Array, other: Array) -> Array:
    """As `dot`, with the first vector conjugated."""
    _check_dot(input, other)
    require(input, "iufc", "vdot" if input.dtype.kind == "c" else "dot")
    return product(input.conj(), other)


@op(
    extras=OUT,
    vjp={
        "input": lambda g, mat2: bmm(g, transpose(mat2, 1, 2)),
        "mat2": lambda g, input: bmm(transpose(input, 1, 2), g),
    },
    samples=["bmm(bm, bn)", "bmm(bsq, bsq)"],
    examples=["bmm(ones(2, 1, 3), ones(2, 3, 1))"],
)
def bmm(input: Array, mat2: Array) -> Array:
    """The products of two batches of matrices, b x n x k and b x k x m. Raises RuntimeError where they do not fit."""
    _check_bmm(input, mat2)
    require(input, "iufc", "bmm")
    if input.dtype != mat2.dtype:
        raise RuntimeError(f"expected scalar type {of(input.dtype).scalar} but found {of(mat2.dtype).scalar}")
    return product(input, mat2)


def _check_3d(batch1: Array, batch2: Array) -> None:
    for name, batch in (("batch1", batch1), ("batch2", batch2)):
        if batch.ndim != 3:
            raise RuntimeError(f"{name} must be a 3D tensor")


def _check_bmm(batch1: Array, batch2: Array) -> tuple[int, int, int]:
    _check_3d(batch1, batch2)
    b, n, k = batch1.shape
    if batch2.shape[:2] != (b, k):
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{b}, {k}] but got: "
            f"[{batch2.shape[0]}, {batch2.shape[1]}]."
        )
    work(b * n * k * batch2.shape[2])
    reserve((b, n, batch2.shape[2]), batch1.dtype)
    return b, n, batch2.shape[2]


# --- a product and a sum -------------------------------------------------------------------------------------------


def _with_sum(input: Array, result: Array, beta: Number, alpha: Number) -> Array:
    """beta * input + alpha * result; where beta is 0, nan in `input` do not matter."""
    if alpha != 1:
        result = result * checked(alpha, result.dtype)
    if beta == 0:
        return result
    return result + (input if beta == 1 else input * checked(beta, result.dtype))


def _bad_call(target: tuple[int, ...], result: tuple[int, ...]) -> str:
    sizes = f"input tensor size {list(target)} and output tensor size {list(result)}"
    return f"Bad in-place call: {sizes} should match"


def _not_an_outer_product(target: tuple[int, ...], result: tuple[int, ...]) -> str:
    if len(target) != 2:
        return f"2D tensor expected, got {len(target)}D tensor for input"
    return f"size mismatch, input: {list(target)}, v1: [{result[0]}], v2: [{result[1]}]"


def _check_same(first: Array, mat2: Array, name: str) -> None:
    if first.dtype != mat2.dtype:
        names = f"{of(first.dtype).scalar} and {of(mat2.dtype).scalar}"
        raise RuntimeError(f"{name} and mat2 must have the same dtype, but got {names}")


@op(
    extras=OUT,
    inplace=True,
    misfit=_bad_call,
    vjp={
        "input": lambda g, beta: scaled(g, beta),
        "mat1": lambda g, mat2, alpha: scaled(mm(g, t(mat2)), alpha),
        "mat2": lambda g, mat1, alpha: scaled(mm(t(mat1), g), alpha),
    },
    samples=[
        "addmm(row, m, sq)",
        "addmm(s, m, sq, beta=0.5, alpha=2)",
        "addmm(nans, m, sq, beta=0)",
        "addmm(c, c, csq)",
    ],
    examples=["addmm(tensor([1., 1.]), eye(2), ones(2, 2), beta=2)"],
)
def addmm(input: Array, mat1: Array, mat2: Array, *, beta: Number = 1, alpha: Number = 1) -> Array:
    """beta * input + alpha * (mat1 @ mat2); input is broadcast. Raises RuntimeError where shapes or types differ."""
    _check_same(input, mat2, "self")
    _check_same(mat1, mat2, "mat1")
    for name, matrix in (("mat1", mat1), ("mat2", mat2)):
        if matrix.ndim != 2:
            raise RuntimeError(f"{name} must be a matrix, got {matrix.ndim}-D tensor")
    expanded_shape(input.shape, _mm_shape(mat1, mat2), input.dtype)
    require(mat1, "iufc", "addmm_impl_cpu_")
    return _with_sum(input, product(mat1, mat2), beta, alpha)


@op(
    extras=OUT,
    inplace=True,
    misfit=_bad_call,
    vjp={
        "input": lambda g, beta: scaled(g, beta),
        "mat": lambda g, vec, alpha: scaled(outer(g, vec), alpha),
        "vec": lambda g, mat, alpha: scaled(mv(t(mat), g), alpha),
    },
    samples=["addmv(m[:, 0], m, v)", "addmv(s, m, v, beta=0.5, alpha=2)", "addmv(cv, csq, cv)"],
    examples=["addmv(ones(2), eye(2), tensor([3., 4.]))"],
)
def addmv(input: Array, mat: Array, vec: Array, *, beta: Number = 1, alpha: Number = 1) -> Array:
    """beta * input + alpha * (mat @ vec). Raises RuntimeError where shapes or types differ."""
    _check_mv(input, mat, vec)
    work(mat.size)
    return _with_sum(input, product(mat, vec), beta, alpha)


@op(
    extras=OUT,
    inplace=True,
    misfit=_not_an_outer_product,
    vjp={
        "input": lambda g, beta: scaled(g, beta),
        "vec1": lambda g, vec2, alpha: scaled(mv(g, vec2), alpha),
        "vec2": lambda g, vec1, alpha: scaled(mv(t(g), vec1), alpha),
    },
    samples=["addr(m, m[:, 0], v)", "addr(s, v, w, beta=0.5, alpha=2)", "addr(sq, v, w, beta=0)"],
    examples=["addr(zeros(2, 2), tensor([1., 2.]), tensor([3., 4.]))"],
)
def addr(input: Array, vec1: Array, vec2: Array, *, beta: Number = 1, alpha: Number = 1) -> Array:
    """beta * input + alpha * outer(vec1, vec2). Raises RuntimeError where shapes differ."""
    for name, vector in (("vec1", vec1), ("vec2", vec2)):
        if vector.ndim != 1:
            raise RuntimeError(f"addr: Expected 1-D argument {name}, but got {vector.ndim}-D")
    shape = (vec1.size, vec2.size)
    expanded_shape(input.shape, shape, input.dtype)
    dtype = result_type([input, vec1, vec2]).np
    reserve(shape, dtype)
    result = np.multiply(vec1[:, None], vec2).astype(dtype, copy=False)
    return np.asarray(_with_sum(np.broadcast_to(input, shape).astype(dtype), result, beta, alpha))


def _size(array: Array, dim: int) -> int:
    """The size of a dimension. Raises IndexError where there is none."""
    return array.shape[normalize_dim(dim, array.ndim, False)]


def _expand_batch(g: Any, batch: Any) -> Any:
    return expand(unsqueeze(g, 0), (batch.shape[0], *g.shape))


@op(
    extras=OUT,
    inplace=True,
    vjp={
        "input": lambda g, beta: scaled(g, beta),
        "batch1": lambda g, batch2, alpha: scaled(bmm(_expand_batch(g, batch2), transpose(batch2, 1, 2)), alpha),
        "batch2": lambda g, batch1, alpha: scaled(bmm(transpose(batch1, 1, 2), _expand_batch(g, batch1)), alpha),
    },
    samples=["addbmm(0 * tall, bm, bn)", "addbmm(tall, bm, bn, beta=0.5, alpha=2)"],
    examples=["addbmm(zeros(1, 1), ones(2, 1, 3), ones(2, 3, 1))"],
)
def addbmm(input: Array, batch1: Array, batch2: Array, *, beta: Number = 1, alpha: Number = 1) -> Array:
    """beta * input + alpha * (the sum of all batch1[i] @ batch2[i]). Raises RuntimeError where shapes differ."""
    n, m = _size(batch1, 1), _size(batch2, 2)
    expanded_shape(input.shape, (n, m), input.dtype)
    if batch1.ndim == batch2.ndim == 3:
        b, rows = batch2.shape[:2]
        if b != len(batch1):
            raise RuntimeError(f"batch1 and batch2 must have same number of batches, got {len(batch1)} and {b}")
        if batch1.shape[2] != rows:
            raise RuntimeError(f"Incompatible matrix sizes for bmm ({n}x{batch1.shape[2]} and {rows}x{m})")
        _check_same(input, batch2, "self")
    b, n, m = _check_bmm(batch1, batch2)
    k = batch1.shape[2]
    require(batch1, "iufc", "addmm_impl_cpu_")
    total = product(batch1.transpose(1, 0, 2).reshape(n, b * k), batch2.reshape(b * k, m))
    return _with_sum(input, total, beta, alpha)


@op(
    extras=OUT,
    inplace=True,
    misfit=_bad_call,
    vjp={
        "input": lambda g, beta: scaled(g, beta),
        "batch1": lambda g, batch2, alpha: scaled(bmm(g, transpose(batch2, 1, 2)), alpha),
        "batch2": lambda g, batch1, alpha: scaled(bmm(transpose(batch1, 1, 2), g), alpha),
    },
    samples=["baddbmm(s, bm, bn)", "baddbmm(tall, bm, bn, beta=0.5, alpha=2)"],
    examples=["baddbmm(zeros(1), ones(2, 1, 3), ones(2, 3, 1))"],
)
def baddbmm(input: Array, batch1: Array, batch2: Array, *, beta: Number = 1, alpha: Number = 1) -> Array:
    """beta * input + alpha * bmm(batch1, batch2); input is broadcast. Raises RuntimeError where shapes differ."""
    shape = (_size(batch1, 0), _size(batch1, 1), _size(batch2, 2))
    expanded_shape(input.shape, shape, input.dtype)
    if input.dtype == batch1.dtype:
        _check_3d(batch1, batch2)
    if not input.dtype == batch1.dtype == batch2.dtype:
        names = [of(array.dtype).c_name for array in (input, batch1, batch2)]
        raise RuntimeError(
            f"Input dtypes must be the same, got: input {names[0]}, batch1: {names[1]}, batch2: {names[2]}"
        )
    _check_bmm(batch1, batch2)
    require(batch1, "iufc", "baddbmm")
    return _with_sum(input, product(batch1, batch2), beta, alpha)
