"""Copies, conversions, and writing a whole tensor: clone, contiguous, to, copy_, fill_, zero_.

Sources: aten/src/ATen/native/Copy.cpp, TensorConversions.cpp, Fill.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine import dtypes
from gradcli.engine.dtypes import DType
from gradcli.engine.errors import warn
from gradcli.engine.limits import reserve
from gradcli.engine.op import composite, op
from gradcli.engine.options import check_device
from gradcli.engine.views import _dense as is_dense
from gradcli.engine.views import check_overlap
from gradcli.ops.common import nothing
from gradcli.ops.inplace import writer
from gradcli.ops.literals import checked_number

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Device, MemoryFormat, Number


def _is_contiguous_format(memory_format: Any) -> bool:
    return memory_format is not None and memory_format.name == "contiguous_format"


@op(
    vjp={"input": lambda g: g},
    samples=["clone(m)", "clone(m.t())", "row.expand(2, 3).clone()", "clone(s)"],
    examples=["clone(tensor([1., 2.]))"],
)
def clone(input: Array, *, memory_format: MemoryFormat | None = None) -> Array:
    """A copy that is part of the graph; dense strides are kept."""
    if input.flags.c_contiguous:
        return input.copy()
    reserve(input.shape, input.dtype)
    keeps = not _is_contiguous_format(memory_format) and is_dense(input)
    return input.copy("K" if keeps else "C")


@op("clone", private=True, vjp={"input": lambda g: g})
def clone_contiguous(input: Array) -> Array:
    """A copy whose last dimension comes first in memory."""
    return input.copy()


@composite(
    function=False,
    samples=["m.contiguous()", "m.t().contiguous()", "row.expand(2, 3).contiguous()"],
    examples=["ones(2, 3).t().contiguous().stride()"],
)
def contiguous(input: Array, *, memory_format: MemoryFormat | None = None) -> Any:
    """The tensor itself if its elements lie in order in memory, else a copy in order."""
    array = input.array  # type: ignore[attr-defined]
    if memory_format is not None and memory_format.name == "preserve_format":
        raise RuntimeError("preserve memory format is unsupported by the contiguous operator")
    if array.flags.c_contiguous:
        return input
    reserve(array.shape, array.dtype)
    return clone_contiguous(input)


# --- conversions ---------------------------------------------------------------------------------------------------


def cast(array: Array, dtype: np.dtype[Any]) -> Array:
    """A copy in another type. Warns where imaginary parts are dropped."""
    if array.dtype.kind == "c" and dtype.kind not in "cb":
        warn("Casting complex values to real discards the imaginary part")
        array = array.real
    return array.astype(dtype)


@op("_to_copy", private=True, grad_fn="ToCopyBackward0", vjp={"input": lambda g: g})
def to_copy(input: Array, dtype: DType, in_order: bool) -> Array:
    """A copy in another type; in_order: contiguous, else dense strides are kept."""
    reserve(input.shape, dtype.np)
    result = cast(input, dtype.np)
    if result.flags.c_contiguous or (not in_order and is_dense(input)):
        return result
    return result.copy()


def converted(input: Any, dtype: DType | None, copy: bool = False, memory_format: Any = None) -> Any:
    """The tensor in another type: itself if it has that type, unless a copy is asked for."""
    own = dtypes.of(input.array.dtype)
    if (dtype is None or dtype is own) and not copy:
        return input
    return to_copy(input, dtype or own, _is_contiguous_format(memory_format))


@composite(
    "to",
    function=False,
    samples=["m.to('cpu')", "m.to(device='cpu', dtype=float64)", "i.to(dtype=float32)"],
    examples=["ones(2).to('cpu')", "ones(2).to(dtype=float64)"],
)
def to_device(
    input: Array,
    device: Device | None = None,
    dtype: DType | None = None,
    non_blocking: bool = False,
    copy: bool = False,
    *,
    memory_format: MemoryFormat | None = None,
) -> Any:
    """The tensor in type `dtype`: itself if nothing changes. There is one device, the CPU."""
    check_device(device)
    return converted(input, dtype, copy, memory_format)


@composite(
    "to",
    function=False,
    samples=["i.to(float32)", "m.to(float64)", "m.to(float64, copy=True)", "i.to(float64)", "c.to(complex128)"],
    examples=["tensor([1.7, -1.7]).to(int64)"],
)
def to_dtype(
    input: Array,
    dtype: DType,
    non_blocking: bool = False,
    copy: bool = False,
    *,
    memory_format: MemoryFormat | None = None,
) -> Any:
    """The tensor in type `dtype`: itself if nothing changes."""
    return converted(input, dtype, copy, memory_format)


@composite("to", function=False, samples=["m.to(row)", "i.to(m)"], examples=["tensor([1, 2]).to(ones(1))"])
def to_other(
    input: Array,
    tensor: Array,
    non_blocking: bool = False,
    copy: bool = False,
    *,
    memory_format: MemoryFormat | None = None,
) -> Any:
    """The tensor in the type of another."""
    return converted(input, tensor.dtype, copy, memory_format)  # type: ignore[arg-type]


@composite(function=False, samples=["i.type_as(m)", "m.type_as(row)"], examples=["tensor([1, 2]).type_as(ones(1))"])
def type_as(input: Array, other: Array) -> Any:
    """The tensor in the type of another."""
    return converted(input, other.dtype)  # type: ignore[arg-type]


@composite(function=False, samples=["m.cpu()"], examples=["ones(2).cpu()"])
def cpu(input: Array, *, memory_format: MemoryFormat | None = None) -> Any:
    """The tensor itself: the CPU is the only device."""
    return input


def _conversion(name: str, dtype: DType) -> None:
    def convert(input: Array, *, memory_format: MemoryFormat | None = None) -> Any:
        return converted(input, dtype, memory_format=memory_format)

    convert.__doc__ = f"The tensor as {dtype.name}: itself if it is that already."
    operand = "m" if dtype is dtypes.float64 else "i"  # slopes are not found in fewer digits
    composite(name, function=False, samples=[f"{operand}.{name}()"], examples=[f"tensor([0., 2.]).{name}()"])(convert)


for _name, _dtype in {**dtypes.ALIASES, "bool": dtypes.bool_, "char": dtypes.int8, "byte": dtypes.uint8}.items():
    _conversion(_name, _dtype)


# --- writing all of a tensor ---------------------------------------------------------------------------------------


@writer(
    function=False,
    grad_fn="torch::autograd::CopyBackwards",
    vjp={"input": lambda g: nothing(g), "src": lambda g: g},
    samples=["m.copy_(n)", "m.copy_(row)", "m.copy_(i)", "m.t().copy_(tall)"],
    examples=["zeros(2, 2).copy_(tensor([1., 2.]))"],
)
def copy_(input: Array, src: Array | Number, non_blocking: bool = False) -> None:
    """Write src, which is broadcast and converted, into this tensor."""
    source = src if isinstance(src, np.ndarray) else np.asarray(checked_number(src, dtypes.of(input.dtype)))
    check_overlap(input, [source])
    if source.shape != input.shape:
        if source.ndim > input.ndim or not _fits(source.shape, input.shape):
            from gradcli.engine.dims import broadcast_shapes

            shape = broadcast_shapes(input.shape, source.shape)
            raise RuntimeError(f"output with shape {list(input.shape)} doesn't match the broadcast shape {list(shape)}")
    if source.dtype.kind == "c" and input.dtype.kind not in "cb":
        warn("Casting complex values to real discards the imaginary part")
        source = source.real
    np.copyto(input, source, casting="unsafe")


def _fits(source: tuple[int, ...], target: tuple[int, ...]) -> bool:
    trailing = target[len(target) - len(source) :]
    return all(n in (1, size) for n, size in zip(source, trailing, strict=True))


def zero_number(value: Any) -> None:
    """Raise RuntimeError for a tensor that is no number."""
    if value.ndim:
        raise RuntimeError(f"fill_ only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions.")


@writer(
    "fill_",
    grad_fn="FillBackward3",
    vjp={"input": lambda g: nothing(g), "value": lambda g: g},
    samples=["m.fill_(s)", "m.fill_(tensor(2))"],
    examples=["zeros(2).fill_(tensor(3.))"],
)
def fill_tensor_(input: Array, value: Array) -> None:
    """Write a 0-dim tensor's number into every element."""
    zero_number(value)
    source = value.real if value.dtype.kind == "c" and input.dtype.kind not in "cb" else value
    np.copyto(input, source, casting="unsafe")


@writer(
    grad_fn="FillBackward2",
    vjp={"input": lambda g: nothing(g)},
    samples=["m.fill_(2.)", "s.fill_(1)", "empty.fill_(0)"],
    examples=["zeros(2).fill_(3.)"],
)
def fill_(input: Array, value: Number) -> None:
    """Write one number into every element."""
    input[...] = checked_number(value, dtypes.of(input.dtype))


@op(
    "fill",
    method=False,
    grad_fn="FillBackward1",
    vjp={"input": lambda g: nothing(g), "value": lambda g: g},
    samples=["fill(m, s)"],
    examples=["fill(zeros(2), tensor(3.))"],
)
def fill_tensor(input: Array, value: Array) -> Array:
    """A tensor of the shape and type of input, every element a 0-dim tensor's number."""
    zero_number(value)
    result = np.empty(input.shape, input.dtype)
    fill_tensor_.kernel(result, value)
    return result


@op(
    method=False,
    vjp={"input": lambda g: nothing(g)},
    samples=["fill(m, 2.)"],
    examples=["fill(zeros(2), 3.)"],
)
def fill(input: Array, value: Number) -> Array:
    """A tensor of the shape and type of input, every element one number."""
    result = np.empty(input.shape, input.dtype)
    fill_.kernel(result, value)
    return result


@writer(
    grad_fn="ZeroBackward0",
    vjp={"input": lambda g: nothing(g)},
    samples=["m.zero_()", "s.zero_()"],
    examples=["ones(2).zero_()"],
)
def zero_(input: Array) -> None:
    """Write zero into every element."""
    input[...] = 0
