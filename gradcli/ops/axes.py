"""Dimensions in another order, and elements in another order along them: transpose, permute, flip, roll, rot90.

Source: aten/src/ATen/native/TensorShape.cpp, TensorTransformations.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dims import normalize_dim, normalize_dims
from gradcli.engine.errors import warn
from gradcli.engine.op import composite, op
from gradcli.engine.tensor import Tensor
from gradcli.ops.inplace import restride

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Dim, DimList, Dims, Ints


@op(
    view=True,
    vjp={"input": lambda g, dim0, dim1: transpose(g, dim0, dim1)},
    samples=["transpose(m, 0, 1)", "transpose(t3, -1, 0)", "t3.transpose(1, 1)", "s.transpose(0, -1)"],
    examples=["transpose(tensor([[1., 2.], [3., 4.]]), 0, 1)"],
)
def transpose(input: Array, dim0: Dim, dim1: Dim) -> Array:
    """Swap two dimensions; a view."""
    return input.swapaxes(dim0, dim1) if input.ndim else input[...]


@op(
    view=True,
    vjp={"input": lambda g: t(g)},
    samples=["t(m)", "t(v)", "t(s)"],
    examples=["t(tensor([[1., 2.], [3., 4.]]))"],
)
def t(input: Array) -> Array:
    """Transpose a matrix; a view. Vectors and 0-dim tensors stay as they are."""
    if input.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return input.T


def _permute_back(g: Any, dims: tuple[int, ...]) -> Any:
    back = [0] * len(dims)
    for place, dim in enumerate(dims):
        back[dim] = place
    return permute(g, tuple(back))


@op(
    view=True,
    vjp={"input": lambda g, dims: _permute_back(g, tuple(d % len(dims) for d in dims))},
    samples=["permute(t3, (2, 0, 1))", "t3.permute(-1, 0, 1)", "s.permute(())"],
    examples=["permute(zeros(2, 3, 4), (2, 0, 1)).shape"],
)
def permute(input: Array, dims: DimList) -> Array:
    """Put the dimensions in the order `dims`; a view."""
    ndim = input.ndim
    if len(dims) != ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
            f"ordering of dimensions i.e. input.dim() = {ndim} is not equal to len(dims) = {len(dims)}"
        )
    order = [normalize_dim(dim, ndim) for dim in dims]
    if len(set(order)) != ndim:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return input.transpose(order)


restride("transpose_", transpose, "TransposeBackward1", ["m.transpose_(0, 1)"], ["ones(2, 3).transpose_(0, 1)"])
restride("swapaxes_", transpose, "TransposeBackward1", ["m.swapaxes_(0, 1)"], ["ones(2, 3).swapaxes_(0, 1)"])
restride("swapdims_", transpose, "TransposeBackward1", ["m.swapdims_(0, 1)"], ["ones(2, 3).swapdims_(0, 1)"])
restride("t_", t, "TBackward1", ["m.t_()"], ["ones(2, 3).t_()"])


@composite(
    aliases=("moveaxis",),
    samples=["movedim(t3, 0, 2)", "movedim(t3, -1, 0)", "s.movedim(0, 0)"],
    examples=["movedim(zeros(2, 3, 4), 0, -1).shape"],
)
def movedim(input: Array, source: int, destination: int) -> Any:
    """Move one dimension to another place; a view."""
    return movedims(input, (source,), (destination,))


@composite(
    "movedim",
    aliases=("moveaxis",),
    samples=["movedim(t3, (0, 1), (1, 2))", "movedim(t4, (0, -1), (-1, 0))", "movedim(m, (), ())"],
    examples=["movedim(zeros(2, 3, 4), (0, 1), (2, 0)).shape"],
)
def movedims(input: Array, source: DimList, destination: DimList) -> Any:
    """Move dimensions to other places, the others keeping their order; a view."""
    if len(source) != len(destination):
        raise RuntimeError(
            "movedim: Invalid source or destination dims: source "
            f"({list(source)} dims) should contain the same number of dims as destination ({list(destination)} dims)"
        )
    ndim = input.ndim
    sources = [normalize_dim(dim, ndim) for dim in source]
    places = [normalize_dim(dim, ndim) for dim in destination]
    for name, given, dims in (("source", source, sources), ("destination", destination, places)):
        if len(set(dims)) != len(dims):
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({list(given)})")
    if not ndim:
        from gradcli.ops.slicing import alias

        return alias(input)
    order: list[int] = [dim for dim in range(ndim) if dim not in sources]
    for place, dim in sorted(zip(places, sources, strict=True)):
        order.insert(place, dim)
    return permute(input, tuple(order))


@composite(samples=["swapaxes(t3, 0, 2)"], examples=["swapaxes(zeros(2, 3), 0, 1).shape"])
def swapaxes(input: Array, axis0: Dim, axis1: Dim) -> Any:
    """`transpose`, under numpy's name."""
    return transpose(input, axis0, axis1)


@composite(samples=["swapdims(t3, 0, 2)"], examples=["swapdims(zeros(2, 3), 0, 1).shape"])
def swapdims(input: Array, dim0: Dim, dim1: Dim) -> Any:
    """`transpose`, under another name."""
    return transpose(input, dim0, dim1)


@composite(samples=["adjoint(t3)", "adjoint(csq)"], examples=["adjoint(tensor([[1+1j, 2-1j]]))"])
def adjoint(input: Array) -> Any:
    """Transpose the last two dimensions and conjugate."""
    if input.ndim == 1:
        raise RuntimeError("tensor.adjoint() is only supported on matrices or batches of matrices. Got 1-D tensor.")
    return _conjugate(transpose(input, -2, -1) if input.ndim else input)


def _conjugate(input: Any) -> Any:
    return input.conj() if type(input) is not Tensor or input.array.dtype.kind == "c" else input


# --- the properties T, mT, H, mH -----------------------------------------------------------------------------------


def reversed_dims(input: Tensor) -> Tensor:
    """`x.T`: the dimensions reversed; a view. Warns where x is no matrix."""
    ndim = input.array.ndim
    if not ndim:
        warn("Tensor.T is deprecated on 0-D tensors. This function is the identity in these cases.")
    elif ndim != 2:
        warn(
            "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will "
            "throw an error in a future release. Consider `x.mT` to transpose batches of matrices or "
            "`x.permute(*torch.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor."
        )
    return permute(input, tuple(range(ndim - 1, -1, -1)))


def matrix_transposed(input: Tensor) -> Tensor:
    """`x.mT`: the last two dimensions swapped; a view."""
    ndim = input.array.ndim
    if ndim >= 2:
        return transpose(input, -2, -1)
    if ndim:
        raise RuntimeError(f"tensor.mT is only supported on matrices or batches of matrices. Got {ndim}-D tensor.")
    warn("Tensor.mT is deprecated on 0-D tensors. This function is the identity in these cases.")
    return input


def matrix_adjoint(input: Tensor) -> Tensor:
    """`x.mH`: the last two dimensions swapped, conjugated."""
    ndim = input.array.ndim
    if ndim == 1:
        raise RuntimeError("tensor.mH is only supported on matrices or batches of matrices. Got 1-D tensor.")
    if not ndim:
        warn("Tensor.mH is deprecated on 0-D tensors. Consider using x.conj().")
    return _conjugate(transpose(input, -2, -1) if ndim else input)


def hermitian(input: Tensor) -> Tensor:
    """`x.H`: a matrix transposed and conjugated."""
    ndim = input.array.ndim
    if ndim not in (0, 2):
        advice = " For batches of matrices, consider using tensor.mH" if ndim > 2 else ""
        raise RuntimeError(f"tensor.H is only supported on matrices (2-D tensors). Got {ndim}-D tensor.{advice}")
    if not ndim:
        warn("Tensor.H is deprecated on 0-D tensors. Consider using x.conj().")
    return _conjugate(transpose(input, 0, 1) if ndim else input)


# --- elements in another order -------------------------------------------------------------------------------------


@op(
    vjp={"input": lambda g, dims: flip(g, dims)},
    samples=["flip(m, (0,))", "flip(m, (0, -1))", "v.flip(0)", "m.flip(())", "s.flip(0)"],
    examples=["flip(tensor([[1., 2.], [3., 4.]]), (0, 1))"],
)
def flip(input: Array, dims: DimList) -> Array:
    """Reverse the order along `dims`; a copy."""
    turned = normalize_dims(dims, input.ndim)
    if not input.ndim:
        return input.copy()
    return input[tuple(slice(None, None, -1 if d in turned else None) for d in range(input.ndim))].copy()


@composite(samples=["fliplr(m)"], examples=["fliplr(tensor([[1., 2.], [3., 4.]]))"])
def fliplr(input: Array) -> Any:
    """Reverse the columns of a matrix; a copy."""
    if input.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return flip(input, (1,))


@composite(samples=["flipud(m)", "flipud(v)"], examples=["flipud(tensor([[1., 2.], [3., 4.]]))"])
def flipud(input: Array) -> Any:
    """Reverse the rows; a copy."""
    if input.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return flip(input, (0,))


@op(
    vjp={"input": lambda g, shifts, dims: roll(g, tuple(-n for n in reversed(shifts)), tuple(reversed(dims)))},
    samples=["roll(m, 1)", "roll(m, 1, 0)", "roll(m, (1, -2), (0, 1))", "s.roll(1)", "empty.roll(1, 0)"],
    examples=["roll(tensor([1., 2., 3.]), 1)", "roll(tensor([[1., 2.], [3., 4.]]), 1, 1)"],
)
def roll(input: Array, shifts: Ints, dims: Dims = ()) -> Array:
    """Shift the elements along `dims`, those that fall off coming in at the other end; without dims, all in one row."""
    if not shifts:
        raise RuntimeError("`shifts` required")
    if not dims and len(shifts) == 1:
        return np.roll(input, shifts[0])
    if len(shifts) != len(dims):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(dims)}")
    if not input.ndim:
        raise IndexError(f"Dimension specified as {dims[0]} but tensor has no dimensions")
    return np.roll(input, shifts, dims)


@op(
    vjp={"input": lambda g, k, dims: rot90(g, -k, dims)},
    samples=["rot90(m)", "rot90(m, 2)", "rot90(t3, -1, (1, 2))", "rot90(m, 4)"],
    examples=["rot90(tensor([[1., 2.], [3., 4.]]))"],
)
def rot90(input: Array, k: int = 1, dims: DimList = (0, 1)) -> Array:
    """Rotate by 90 degrees k times, from the first towards the second of `dims`; a copy."""
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if input.ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {input.ndim}")
    first, second = dims
    if first == second or abs(first - second) == input.ndim:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {first} and dim1 = {second}")
    normalize_dim(first, input.ndim), normalize_dim(second, input.ndim)
    return np.rot90(input, k, dims).copy("K")
