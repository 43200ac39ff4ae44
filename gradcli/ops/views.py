"""Other shapes of the same storage: view, reshape, flatten, squeeze, expand, view_as_real.

Sources: aten/src/ATen/native/TensorShape.cpp, TensorUtils.cpp (`computeStride`), InferSize.h, ExpandUtils.cpp.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine import dtypes
from gradcli.engine.adjoints import sum_to_size
from gradcli.engine.dims import normalize_dim
from gradcli.engine.limits import MAX_NDIM, reserve
from gradcli.engine.op import composite, op
from gradcli.engine.tensor import Tensor
from gradcli.ops.inplace import restride

if TYPE_CHECKING:
    from gradcli.engine.dtypes import DType
    from gradcli.engine.kinds import Array, Dim, Dims, NewDim, Size

Shape = tuple[int, ...]


def infer_shape(shape: Shape, count: int) -> Shape:
    """`shape` with its -1 worked out for `count` elements. Raises RuntimeError where it does not fit."""
    product = 1
    inferred = None
    for index, size in enumerate(shape):
        if size == -1:
            if inferred is not None:
                raise RuntimeError("only one dimension can be inferred")
            inferred = index
        elif size >= 0:
            product *= size
        else:
            raise RuntimeError(f"invalid shape dimension {size} at index {index} of shape {list(shape)}")
    if inferred is None and product == count:
        return shape
    if inferred is None or (count and (not product or count % product)):
        raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {count}")
    if not product:
        raise RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {list(shape)} because the unspecified dimension size -1 "
            "can be any value and is ambiguous"
        )
    return (*shape[:inferred], count // product, *shape[inferred + 1 :])


def is_viewable(array: Array, shape: Shape) -> bool:
    """Whether numpy can show `array` in `shape` without a copy: each new axis lies in one evenly strided stretch."""
    if array.flags.c_contiguous or not array.size:
        return True
    old = [(size, step) for size, step in zip(array.shape, array.strides, strict=True) if size != 1]
    sizes = [size for size in reversed(shape) if size != 1]
    while old:
        size, step = old.pop()
        extent = step * size
        while old and old[-1][1] == extent:
            merged = old.pop()[0]
            size, extent = size * merged, extent * merged
        taken = 1
        while taken < size and sizes:
            taken *= sizes.pop(0)
        if taken != size:
            return False
    return True


@composite(
    "view",
    function=False,
    samples=["iv.view(int32)"],
    examples=["tensor([1, 2], dtype=int32).view(int16)", "tensor([1.]).view(int32)"],
)
def view_dtype(input: Array, dtype: DType) -> Any:
    """The same bytes as elements of another type; not differentiable. Shares storage and version."""
    array, target = input.array, dtype.np  # type: ignore[attr-defined]
    names = f"to view {dtypes.of(array.dtype).scalar} as {dtype.scalar} (different element sizes)"
    if array.dtype.itemsize != target.itemsize:
        ratio = target.itemsize // array.dtype.itemsize
        if not array.ndim:
            raise RuntimeError(f"self.dim() cannot be 0 {names}")
        if array.strides[-1] != array.dtype.itemsize and array.shape[-1] != 1:
            step = array.strides[-1] // array.dtype.itemsize
            raise RuntimeError(f"self.stride(-1) must be 1 {names}, but got {step}")
        if ratio and array.shape[-1] % ratio:
            raise RuntimeError(f"self.size(-1) must be divisible by {ratio} {names}, but got {array.shape[-1]}")
    alias = input.detach()  # type: ignore[attr-defined]
    alias.array = array.view(target)
    return alias


@op(
    function=False,
    view=True,
    vjp={"input": lambda g, input_shape: reshape(g, input_shape)},
    samples=["m.view(3, 2)", "m.view(-1)", "m.view((2, 1, 3))", "s.view(1, 1)", "empty2.view(3, 0)"],
    examples=["tensor([1., 2., 3., 4.]).view(2, 2)", "zeros(2, 3).view(-1)"],
)
def view(input: Array, size: Size) -> Array:
    """The same elements in another shape, sharing storage; one size may be -1.

    RuntimeError if the sizes do not fit, or if the strides would need a copy: `reshape` makes one.
    """
    shape = infer_shape(size, input.size)
    _check_ndim(shape)
    if not is_viewable(input, shape):
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
            "contiguous subspaces). Use .reshape(...) instead."
        )
    return input.reshape(shape)


@op(
    "_unsafe_view",
    private=True,
    grad_fn="UnsafeViewBackward0",
    vjp={"input": lambda g, input_shape: reshape(g, input_shape)},
)
def unsafe_view(input: Array, size: Size) -> Array:
    """Another shape of a tensor that nobody else sees: not a view."""
    return input.reshape(size)


@op(
    "_reshape_alias",
    private=True,
    view=True,
    grad_fn="ReshapeAliasBackward0",
    vjp={"input": lambda g, input_shape: reshape(g, input_shape)},
)
def reshape_alias(input: Array, size: Size) -> Array:
    """The view that reshape makes of a tensor that is not contiguous."""
    return view.kernel(input, size)


@composite(
    samples=[
        "m.reshape(3, 2)",
        "m.t().reshape(6)",
        "t3[:, :, 1:].reshape(6, 3)",
        "reshape(t3, (4, -1))",
        "s.reshape(1)",
        "empty2.reshape(0, 7)",
    ],
    examples=["reshape(tensor([[1., 2.], [3., 4.]]), (4,))", "ones(2, 3).t().reshape(-1)"],
)
def reshape(input: Array, shape: Size) -> Any:
    """The same elements in another shape: a view where the strides allow one, else a copy."""
    tensor: Any = input
    if type(tensor) is not Tensor:
        return tensor.reshape(shape)
    if tensor.array.flags.c_contiguous:
        return view(input, shape)
    shape = infer_shape(shape, tensor.array.size)
    if is_viewable(tensor.array, shape):
        return reshape_alias(input, shape)
    from gradcli.ops.copies import clone_contiguous

    return unsafe_view(clone_contiguous(input), shape)


@composite(function=False, samples=["m.view_as(tall)"], examples=["arange(6.).view_as(ones(2, 3))"])
def view_as(input: Array, other: Array) -> Any:
    """`view` in other's shape."""
    return view(input, other.shape)


@composite(function=False, samples=["m.t().reshape_as(m)"], examples=["arange(6.).reshape_as(ones(2, 3))"])
def reshape_as(input: Array, other: Array) -> Any:
    """`reshape` in other's shape."""
    return reshape(input, other.shape)


@composite(
    samples=["flatten(m)", "flatten(t3, 1)", "flatten(t4, 0, -2)", "t3.transpose(0, 1).flatten()", "s.flatten()"],
    examples=["flatten(ones(2, 2))", "flatten(zeros(2, 3, 4), start_dim=1).shape"],
)
def flatten(input: Array, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Join the dimensions from start_dim to end_dim. The input itself where there is one only."""
    first, last = normalize_dim(start_dim, input.ndim), normalize_dim(end_dim, input.ndim)
    if first > last:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not input.ndim:
        return reshape(input, (1,))
    if first == last:
        return input
    shape = input.shape
    return reshape(input, (*shape[:first], prod(shape[first : last + 1]), *shape[last + 1 :]))


@composite(samples=["ravel(m)", "ravel(m.t())", "s.ravel()"], examples=["ravel(ones(2, 2))"])
def ravel(input: Array) -> Any:
    """All elements in one dimension."""
    from gradcli.ops.copies import contiguous

    return view(contiguous(input), (-1,))


@composite(
    samples=["unflatten(t3, -1, (2, 2))", "unflatten(m, 1, (3, -1))"],
    examples=["unflatten(arange(6.), 0, (2, 3))"],
)
def unflatten(input: Array, dim: Dim, sizes: Size) -> Any:
    """Split dimension `dim` into `sizes`, one of which may be -1."""
    dim = normalize_dim(dim, input.ndim)
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    count = input.shape[dim]
    if any(size == -1 for size in sizes):
        try:
            sizes = infer_shape(sizes, count)
        except RuntimeError as error:
            if "is invalid for" in str(error):
                raise _unflatten_mismatch(sizes, dim, count) from None
            raise RuntimeError(f"unflatten got an unexpected error:\n{error}") from None
    if prod(sizes) != count:
        raise _unflatten_mismatch(sizes, dim, count)
    return view(input, (*input.shape[:dim], *sizes, *input.shape[dim + 1 :]))


def _unflatten_mismatch(sizes: Shape, dim: int, count: int) -> RuntimeError:
    return RuntimeError(
        f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} ({count}) in the input "
        "tensor"
    )


# --- dimensions of size 1 ------------------------------------------------------------------------------------------


def unsqueeze_to(g: Any, shape: Shape, dims: Shape | None = None) -> Any:
    """The adjoint of squeeze: dimensions of size 1 put back (of `dims` only)."""
    for dim, size in enumerate(shape):
        if size == 1 and (dims is None or dim in dims):
            g = unsqueeze(g, dim)
    return g


@op(
    view=True,
    vjp={"input": lambda g, input_shape: unsqueeze_to(g, input_shape)},
    samples=["squeeze(t4)", "squeeze(m)", "one.squeeze()", "s.squeeze()"],
    examples=["squeeze(ones(1, 2, 1)).shape"],
)
def squeeze(input: Array) -> Array:
    """Drop all dimensions of size 1; a view."""
    return input.squeeze()[...]


@op(
    "squeeze",
    grad_fn="SqueezeBackward1",
    view=True,
    vjp={"input": lambda g, input_shape, dim: unsqueeze_to(g, input_shape, (dim,))},
    samples=["squeeze(t4, 1)", "squeeze(t4, 0)", "col.squeeze(-1)", "s.squeeze(0)"],
    examples=["squeeze(ones(1, 2, 1), 0).shape"],
)
def squeeze_dim(input: Array, dim: Dim) -> Array:
    """Drop dimension `dim` if its size is 1; a view."""
    return input.squeeze(dim) if input.ndim and input.shape[dim] == 1 else input[...]


@op(
    "squeeze",
    grad_fn="SqueezeBackward2",
    view=True,
    vjp={"input": lambda g, input_shape, dim: unsqueeze_to(g, input_shape, dim)},
    samples=["squeeze(t4, (1, 2))", "squeeze(t4, ())"],
    examples=["squeeze(ones(1, 2, 1), (0, 1, 2)).shape"],
)
def squeeze_dims(input: Array, dim: Dims) -> Array:
    """Drop those of the dimensions `dim` that have size 1; a view."""
    return input.squeeze(tuple(d for d in dim if input.shape[d] == 1)) if input.ndim else input[...]


@op(
    view=True,
    vjp={"input": lambda g, dim: squeeze_dim(g, dim)},
    samples=["unsqueeze(m, 0)", "unsqueeze(m, -1)", "s.unsqueeze(0)", "m.t().unsqueeze(1)"],
    examples=["unsqueeze(tensor([1., 2.]), 1)"],
)
def unsqueeze(input: Array, dim: NewDim) -> Array:
    """Insert a dimension of size 1; a view."""
    shape = input.shape
    _check_ndim((1, *shape))
    return input.reshape((*shape[:dim], 1, *shape[dim:]))


restride("squeeze_", squeeze, "SqueezeBackward3", ["t4.squeeze_()"], ["ones(1, 2).squeeze_()"])
restride("squeeze_", squeeze_dim, "SqueezeBackward4", ["t4.squeeze_(1)"], ["ones(1, 2).squeeze_(0)"])
restride("squeeze_", squeeze_dims, "SqueezeBackward5", ["t4.squeeze_((1, 2))"], ["ones(1, 2).squeeze_((0, 1))"])
restride("unsqueeze_", unsqueeze, "UnsqueezeBackward1", ["m.unsqueeze_(-1)"], ["ones(2).unsqueeze_(0)"])


# --- expand --------------------------------------------------------------------------------------------------------


def expanded_shape(shape: Shape, size: Shape, dtype: np.dtype[Any]) -> Shape:
    """What `size` asks of a tensor of `shape`, -1 meaning its own. Raises RuntimeError where that does not fit."""
    if len(size) < len(shape):
        raise RuntimeError(
            f"expand({dtypes.of(dtype).tensor_type}{{{list(shape)}}}, size={list(size)}): the number of sizes provided "
            f"({len(size)}) must be greater or equal to the number of dimensions in the tensor ({len(shape)})"
        )
    lead = len(size) - len(shape)
    result = list(size)
    for i in range(len(size) - 1, -1, -1):
        own = shape[i - lead] if i >= lead else 1
        if size[i] == -1 and shape:
            if i < lead:
                raise RuntimeError(
                    f"The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension {i}"
                )
            result[i] = own
        elif size[i] != own and own != 1:
            raise RuntimeError(
                f"The expanded size of the tensor ({size[i]}) must match the existing size ({own}) at non-singleton "
                f"dimension {i}.  Target sizes: {list(size)}.  Tensor sizes: {list(shape)}"
            )
    if min(result, default=0) < 0 or prod(result) * dtype.itemsize >= 1 << 63:
        raise RuntimeError("numel: integer multiplication overflow")
    return tuple(result)


@op(
    view=True,
    function=False,
    vjp={"input": lambda g, input_shape: sum_to_size(g, input_shape)},
    samples=["col.expand(2, 4)", "row.expand(2, 2, 3)", "s.expand(2, 0)", "col.expand(-1, 3)", "m.expand(2, 3)"],
    examples=["tensor([[1.], [2.]]).expand(2, 3)", "tensor([1., 2.]).expand(2, -1)"],
)
def expand(input: Array, size: Size, *, implicit: bool = False) -> Array:
    """Show dimensions of size 1 larger, without a copy; -1 keeps a size. Writing needs a clone first."""
    shape = expanded_shape(input.shape, size, input.dtype)
    if shape == input.shape:
        return input[...]
    _check_ndim(shape)
    result = np.broadcast_to(input, shape)
    if input.flags.writeable:  # torch lets one write a single element, which then shows everywhere
        result.flags.writeable = True
    return result


@composite(function=False, samples=["col.expand_as(m)"], examples=["tensor([[1.], [2.]]).expand_as(ones(2, 3))"])
def expand_as(input: Array, other: Array) -> Any:
    """`expand` to other's shape."""
    return expand(input, other.shape)


@composite(samples=["broadcast_to(row, (2, 3))"], examples=["broadcast_to(tensor([1., 2.]), (2, 2))"])
def broadcast_to(input: Array, size: Size) -> Any:
    """`expand`, under numpy's name."""
    return expand(input, size)


def _check_ndim(shape: Shape) -> None:
    if len(shape) > MAX_NDIM:
        reserve((*shape, 0), np.dtype("bool"))


# --- complex numbers -----------------------------------------------------------------------------------------------


@op(
    method=False,
    view=True,
    holomorphic=False,
    vjp={"input": lambda g: view_as_complex(_dense(g))},
    samples=["view_as_real(c)", "view_as_real(cs)"],
    examples=["view_as_real(tensor([1+2j, 3-1j]))"],
)
def view_as_real(input: Array) -> Array:
    """A complex tensor as real and imaginary parts in a new last dimension; a view."""
    if input.dtype.kind != "c":
        raise RuntimeError("view_as_real is only supported for complex tensors")
    real = input.real
    step = real.dtype.itemsize
    return np.lib.stride_tricks.as_strided(real, (*input.shape, 2), (*input.strides, step))


@op(
    method=False,
    view=True,
    holomorphic=False,
    vjp={"input": lambda g: view_as_real(g)},
    samples=["view_as_complex(tall)", "view_as_complex(t4)"],
    examples=["view_as_complex(tensor([[1., 2.], [3., 4.]]))"],
)
def view_as_complex(input: Array) -> Array:
    """A real tensor whose last dimension holds real and imaginary parts as a complex one; a view."""
    dtype = dtypes.of(input.dtype)
    if dtype is dtypes.float16:
        raise RuntimeError("ComplexHalf tensors are not supported")
    if not dtype.is_floating_point:
        raise RuntimeError(
            "view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: "
            f"{dtype.scalar}"
        )
    if not input.ndim:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if input.shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    if input.strides[-1] != input.itemsize and input.size:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    if any(step % (2 * input.itemsize) for step in input.strides[:-1]):
        raise RuntimeError("Tensor must have a stride divisible by 2 for all but last dimension")
    from gradcli.ops.strided import storage_of

    if storage_of(input)[1] % 2:
        raise RuntimeError("Tensor must have a storage_offset divisible by 2")
    return input.view(dtype.to_complex().np)[..., 0]


def _dense(g: Any) -> Any:
    """A gradient whose last dimension is dense, as view_as_complex needs it."""
    if type(g) is Tensor:
        from gradcli.ops.copies import contiguous

        return contiguous(g)
    return np.ascontiguousarray(g)
