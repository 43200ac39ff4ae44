"""Vector norms.

Sources: aten/src/ATen/native/LinearAlgebra.cpp, torch/functional.py (`norm`), torch/csrc/autograd/FunctionsManual.cpp
(`norm_backward`).
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dims import normalize_dims
from gradcli.engine.dtypes import float16, of, promote_types
from gradcli.engine.kinds import is_number, type_name
from gradcli.engine.op import composite, op
from gradcli.engine.public import functions
from gradcli.ops.along import (
    Shape,
    add_reduce,
    in_type,
    kept_where,
    maximum_reduce,
    minimum_reduce,
    plain,
    restored,
    scaled,
)
from gradcli.ops.complex_parts import sgn
from gradcli.ops.reduction import axes

if TYPE_CHECKING:
    from gradcli.engine.dtypes import DType
    from gradcli.engine.kinds import Array, Dims, Number, Object


def _check(input: Array, ord: Number, dim: Dims | None, dtype: DType | None) -> None:
    kind = of(input.dtype)
    if not kind.is_differentiable:
        raise RuntimeError(
            f"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {kind.scalar}"
        )
    if dtype is not None:
        if not dtype.is_differentiable:
            raise RuntimeError(f"linalg.vector_norm: dtype should be floating point or complex, but got {dtype.scalar}")
        if dtype.is_complex != kind.is_complex:
            which = "complex" if kind.is_complex else "real"
            raise RuntimeError(
                f"linalg.vector_norm: dtype should be {which} for {which} inputs, but got {dtype.scalar}"
            )
        if promote_types(kind, dtype) is not dtype:
            raise RuntimeError(
                f"linalg.vector_norm: the dtype of the input ({kind.scalar}) should be convertible without narrowing "
                f"to the specified dtype ({dtype.scalar})"
            )
    if isinstance(ord, complex):
        raise RuntimeError("linalg.vector_norm: Expected a non-complex scalar as the order of norm.")
    if ord < 0 or ord == inf:
        _check_identity(input, ord, dim)


def _check_identity(input: Array, ord: Any, dim: Dims | None) -> None:
    """A largest element, and the inverse of a sum, need at least one element."""
    order = f"{ord:g}"
    if not dim and not input.size:
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {order} norm on an empty tensor because the operation does not "
            "have an identity"
        )
    for axis in dim or ():
        if input.ndim and not input.shape[axis]:
            raise RuntimeError(
                f"linalg.vector_norm cannot compute the {order} norm on the dimension {axis}because this dimension is "
                "empty and the operation does not have an identity"
            )


def size_of(sizes: Array, ord: float, axis: Shape | None, keepdim: bool) -> Array:
    """The norm from the absolute values."""
    if ord == inf:
        return maximum_reduce(sizes, axis=axis, keepdims=keepdim)
    if ord == -inf:
        return minimum_reduce(sizes, axis=axis, keepdims=keepdim)
    if ord == 0:
        return add_reduce(sizes != 0, axis=axis, keepdims=keepdim, dtype=sizes.dtype)
    if ord == 1:
        return add_reduce(sizes, axis=axis, keepdims=keepdim)
    if ord == 2:
        return np.sqrt(add_reduce(sizes * sizes, axis=axis, keepdims=keepdim))
    return np.power(add_reduce(sizes**ord, axis=axis, keepdims=keepdim), 1.0 / ord)


def slope_of_norm(g: Any, input: Any, result: Any, ord: Any, dim: Dims | None, keepdim: bool) -> Any:
    """Zero where the norm is zero, for every order that has a gradient; order 0, a count, has none."""
    shape = input.shape
    g, norm = restored(g, shape, dim, keepdim), restored(result, shape, dim, keepdim)
    some = plain(norm) != 0
    if ord == 0:
        return None
    if ord == 1:
        return sgn(input) * g
    if ord == 2:
        return g * kept_where(input / norm, some)
    if ord in (inf, -inf):
        sizes = np.abs(plain(input))
        extreme = (sizes == plain(norm)) | np.isnan(sizes)
        count = add_reduce(extreme, axis=dim or None if shape else None, keepdims=True, dtype=sizes.dtype)
        return sgn(input) * scaled(scaled(g, 1 / count), extreme)
    if ord < 1:
        return sgn(input) * kept_where(abs(input) ** (ord - 1), plain(input) != 0) * g * norm ** (1 - ord)
    slope = kept_where(g / norm ** (ord - 1), some)
    if ord < 2:
        return sgn(input) * abs(input) ** (ord - 1) * slope
    return input * abs(input) ** (ord - 2) * slope


@op(
    module="linalg",
    grad_fn="LinalgVectorNormBackward0",
    extras="Tensor out = None",
    holomorphic=False,
    vjp={
        "input": lambda g, input, result, ord, dim, keepdim: slope_of_norm(g, input, result, ord, dim, keepdim),
    },
    samples=[
        "torch.linalg.vector_norm(m)",
        "torch.linalg.vector_norm(m, 1, 0)",
        "torch.linalg.vector_norm(m, inf, (0, 1), True)",
        "torch.linalg.vector_norm(t3, -inf, -1)",
        "torch.linalg.vector_norm(m, 0)",
        "torch.linalg.vector_norm(m, 3, 1)",
        "torch.linalg.vector_norm(m, 1.5)",
        "torch.linalg.vector_norm(m, 0.5, 0)",
        "torch.linalg.vector_norm(m, -2)",
        "torch.linalg.vector_norm(zeros_in, 2, 1)",
        "torch.linalg.vector_norm(zeros_in, 3)",
        "torch.linalg.vector_norm(c, 2, 0)",
        "torch.linalg.vector_norm(c, 3)",
        "torch.linalg.vector_norm(c, 1)",
        "torch.linalg.vector_norm(c, inf)",
        "torch.linalg.vector_norm(s, 3)",
        "torch.linalg.vector_norm(empty2, 2, 0)",
        "torch.linalg.vector_norm(ints)",
        "torch.linalg.vector_norm(m, dtype=torch.float64)",
    ],
    examples=["torch.linalg.vector_norm(tensor([3., 4.]))", "torch.linalg.vector_norm(tensor([3., -4.]), inf)"],
)
def vector_norm(
    input: Array, ord: Number = 2, dim: Dims | None = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Array:
    """The norm of order `ord` of all elements or over `dim`: inf and -inf are extremes, 0 counts what is not zero."""
    _check(input, ord, dim, dtype)
    x = in_type(input, dtype)
    half = x.dtype == float16.np
    sizes = np.abs(x.astype(np.float32) if half else x)
    result = size_of(sizes, ord, axes(x, dim), keepdim)  # type: ignore[arg-type]
    return result.astype(x.dtype) if half else result


@composite(
    samples=[
        "norm(m)",
        "norm(m, 1)",
        "norm(m, 'fro', 0)",
        "norm(m, p=inf, dim=1, keepdim=True)",
        "norm(m, 'fro', (0, 1))",
        "norm(s)",
        "norm(zeros_in)",
        "norm(c)",
        "norm(ints)",
        "m.norm(3, 0)",
        "norm(empty)",
    ],
    examples=["norm(tensor([3., 4.]))", "norm(tensor([[3., 4.], [6., 8.]]), dim=1)"],
)
def norm(
    input: Array,
    p: Object = "fro",
    dim: Dims | None = None,
    keepdim: bool = False,
    out: Object = None,
    dtype: DType | None = None,
) -> Any:
    """The norm of order `p`, of all or over `dim`: "fro" and 2 are Euclid's, inf the largest; "nuc" of matrices."""
    if p == "fro" and (dim is None or len(dim) <= 2):
        p = 2
    if not isinstance(p, str):
        order = 2.0 if p is None else p
        if not is_number(order):
            raise TypeError(f"linalg_vector_norm(): argument 'ord' (position 2) must be Number, not {type_name(order)}")
        return vector_norm(input, order, dim, keepdim, dtype=dtype)
    dims = tuple(range(input.ndim)) if dim is None else normalize_dims(dim, input.ndim)
    return functions["linalg.matrix_norm"](input, p, dims, keepdim, dtype=dtype)
