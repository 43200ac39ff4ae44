"""Questions to a tensor, and its values as Python's: sizes, layout, item, tolist; and the tables of its attributes.

METHODS and PROPERTIES are what a tensor has beside the operators' methods (engine/public.py): the language reads them,
and they are put on Tensor here. Source: torch/csrc/autograd/python_variable.cpp, templates/python_variable_methods.cpp.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradcli.engine import dtypes, options
from gradcli.engine.dims import normalize_dim
from gradcli.engine.errors import warn_once
from gradcli.engine.limits import reserve
from gradcli.engine.modes import state
from gradcli.engine.op import composite
from gradcli.engine.size import Size as TorchSize
from gradcli.engine.tensor import Tensor, bump
from gradcli.ops import axes, complex_parts
from gradcli.ops.copies import converted
from gradcli.ops.splitting import unbind
from gradcli.ops.strided import storage_of

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, MemoryFormat, Object, Size

# --- size and layout -----------------------------------------------------------------------------------------------


def held(tensor: Any) -> Array:
    """The ndarray that a tensor holds."""
    array: Array = tensor.array
    return array


@composite(function=False, samples=["m.size()", "t3.size(-1)", "t3.size(dim=0)"], examples=["ones(2, 3).size()"])
def size(input: Array, dim: int | None = None) -> Any:
    """The sizes of all dimensions, or of one."""
    shape = held(input).shape
    return TorchSize(shape) if dim is None else shape[normalize_dim(dim, len(shape), wrap_scalar=False)]


@composite(function=False, samples=["m.stride()", "t3.stride(-1)", "m.t().stride()"], examples=["ones(2, 3).stride()"])
def stride(input: Array, dim: int | None = None) -> Any:
    """How many elements lie between neighbours along each dimension, or along one."""
    steps = strides_of(held(input))
    return steps if dim is None else steps[normalize_dim(dim, len(steps), wrap_scalar=False)]


def strides_of(array: Array) -> tuple[int, ...]:
    """Strides in elements. Those of an empty array are as if it had elements: numpy has zeros there."""
    if array.size:
        return tuple(step // array.itemsize for step in array.strides)
    steps, step = [], 1
    for size in reversed(array.shape):
        steps.append(step)
        step *= max(size, 1)
    return tuple(reversed(steps))


@composite(
    function=False, samples=["m.is_contiguous()", "m.t().is_contiguous()"], examples=["ones(2, 3).t().is_contiguous()"]
)
def is_contiguous(input: Array, memory_format: MemoryFormat | None = None) -> bool:
    """Do the elements lie in order, without gaps?"""
    return bool(held(input).flags.c_contiguous)


@composite(samples=["numel(m)", "numel(empty2)"], examples=["numel(ones(2, 3))"])
def numel(input: Array) -> int:
    """The number of elements."""
    return held(input).size


@composite(samples=["is_floating_point(m)", "is_floating_point(i)"], examples=["is_floating_point(ones(1))"])
def is_floating_point(input: Array) -> bool:
    """Are the elements real floating-point numbers?"""
    return bool(held(input).dtype.kind == "f")


@composite(samples=["is_complex(m)", "is_complex(c)"], examples=["is_complex(ones(1))"])
def is_complex(input: Array) -> bool:
    """Are the elements complex numbers?"""
    return bool(held(input).dtype.kind == "c")


@composite(samples=["is_signed(m)", "is_signed(u8)"], examples=["is_signed(ones(1))"])
def is_signed(input: Array) -> bool:
    """Can the elements be negative?"""
    return bool(held(input).dtype.kind not in "bu")


@composite(samples=["is_same_size(m, n)", "is_same_size(m, v)"], examples=["is_same_size(ones(2), ones(3))"])
def is_same_size(input: Array, other: Array) -> bool:
    """Have two tensors the same shape?"""
    return bool(input.shape == other.shape)


@composite(samples=["is_nonzero(s)"], examples=["is_nonzero(tensor(0.))"])
def is_nonzero(input: Array) -> bool:
    """Is the one element not zero? RuntimeError for more or none."""
    return to_bool(input)


@composite(samples=["is_conj(c)"], examples=["is_conj(ones(1))"])
def is_conj(input: Array) -> bool:
    """Never: conjugates are computed at once here."""
    return False


@composite(method=False, samples=["is_tensor(m)", "is_tensor(3)"], examples=["is_tensor([1, 2])"])
def is_tensor(obj: Object) -> bool:
    """Is this a tensor?"""
    return isinstance(obj, Tensor)


@composite(samples=["detach(m)"], examples=["detach(ones(2, requires_grad=True))"])
def detach(input: Array) -> Any:
    """The same values outside the graph; storage and version are shared."""
    return _detach(input)  # type: ignore[arg-type]


_detach, _requires_grad = Tensor.detach, Tensor.requires_grad_


@composite(
    function=False,
    samples=["i.double().requires_grad_()"],
    examples=["ones(2).requires_grad_()"],
)
def requires_grad_(input: Array, requires_grad: bool = True) -> Any:
    """Start (or stop) recording operations on this leaf; returns it. RuntimeError for integers and non-leaves."""
    return _requires_grad(input, requires_grad)  # type: ignore[arg-type]


@composite(
    "type",
    function=False,
    samples=["m.type()", "m.type(torch.float64)", "m.type('torch.IntTensor')"],
    examples=["ones(2).type()", "ones(2).type(torch.int64)"],
)
def type_(input: Array, dtype: Object = None, non_blocking: bool = False) -> Any:
    """The name of the tensor's type, or the tensor as another type."""
    if dtype is None:
        return dtypes.of(held(input).dtype).tensor_type
    if isinstance(dtype, dtypes.DType):
        return converted(input, dtype)
    name = dtype if isinstance(dtype, str) else getattr(dtype, "name", getattr(dtype, "__name__", None))
    if name is None:
        raise TypeError("dtype must be a type, str, or dtype object")
    for known in dtypes.ALL:
        if known.tensor_type == name:
            return converted(input, known)
    raise ValueError(f"invalid type: '{name}'")


@composite(function=False, samples=["m.clone().resize_(3)"], examples=["ones(4).resize_(2)"])
def resize_(input: Array, size: Size, *, memory_format: MemoryFormat | None = None) -> Any:
    """Another shape for the same storage, which grows if need be; nothing is differentiated through it."""
    if input.requires_grad:  # type: ignore[attr-defined]
        raise RuntimeError("cannot resize variables that require grad")
    array = held(input)
    if any(n < 0 for n in size):
        raise RuntimeError("numel: integer multiplication overflow")
    reserve(size, array.dtype)
    if size != array.shape:
        flat, offset = storage_of(array)
        count = int(np.prod(size, dtype=object))
        kept = flat[offset : offset + count]
        if kept.size < count:
            kept = np.concatenate([kept, np.zeros(count - kept.size, array.dtype)])
        input.array = kept.reshape(size)  # type: ignore[attr-defined]
    bump(input)  # type: ignore[arg-type]
    return input


# --- values as Python's --------------------------------------------------------------------------------------------


def item(self: Tensor) -> Any:
    """The one element as a Python number."""
    if self.array.size != 1:
        raise RuntimeError(f"a Tensor with {self.array.size} elements cannot be converted to Scalar")
    return self.array.item()


def tolist(self: Tensor) -> Any:
    """The elements as nested lists of Python numbers."""
    return self.array.tolist()


def numpy(self: Tensor, *, force: bool = False) -> np.ndarray[Any, Any]:
    """The elements as an ndarray on the same storage. RuntimeError if it requires grad, but for force and no_grad."""
    if self.requires_grad and state.grad and not force:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
    return self.array


def _array(self: Tensor, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
    """What numpy.asarray calls."""
    array = numpy(self)
    return array.copy() if copy and dtype is None else array.astype(dtype or array.dtype, copy=bool(copy))


def _scalar(self: Tensor, warns: bool = True) -> Any:
    if warns and state.grad and self.requires_grad:
        warn_once(
            "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
            "Consider using tensor.detach() first."
        )
    if self.array.size != 1:
        raise ValueError("only one element tensors can be converted to Python scalars")
    return self.array.item()


def _real(value: Any, name: str) -> Any:
    if isinstance(value, complex):
        if value.imag:
            raise RuntimeError(f"value cannot be converted to type {name} without overflow")
        return value.real
    return value


def to_float(self: Tensor) -> float:
    """float(x)."""
    return float(_real(_scalar(self), "double"))


def to_int(self: Tensor) -> int:
    """int(x)."""
    return int(_real(_scalar(self, warns=False), "int64_t"))


def to_complex(self: Tensor) -> complex:
    """complex(x)."""
    return complex(_scalar(self))


def to_bool(self: Any) -> bool:
    """bool(x). RuntimeError unless there is one element."""
    count = self.array.size
    if count != 1:
        what = "more than one value" if count else "no values"
        raise RuntimeError(f"Boolean value of Tensor with {what} is ambiguous")
    return bool(self.array)


def to_index(self: Tensor) -> int:
    """x as an index of a list. TypeError unless it is one integer."""
    if self.array.size != 1 or self.array.dtype.kind not in "iub":
        raise TypeError("only integer tensors of a single element can be converted to an index")
    return int(self.array.item())


def length(self: Tensor) -> int:
    """len(x): the size of the first dimension."""
    if not self.array.ndim:
        raise TypeError("len() of a 0-d tensor")
    return self.array.shape[0]


def iterate(self: Tensor) -> Iterator[Tensor]:
    """The slices along the first dimension, as unbind gives them."""
    if not self.array.ndim:
        raise TypeError("iteration over a 0-d tensor")
    return iter(unbind(self, 0))


def contains(self: Tensor, element: Any) -> bool:
    """Is any element equal to this number (or tensor)?"""
    if not isinstance(element, (Tensor, int, float, complex)):
        raise RuntimeError(f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}.")
    equal: Any = element == self
    return bool(equal.array.any())


# --- the tables ----------------------------------------------------------------------------------------------------

Getter = Callable[[Any], Any]
Setter = Callable[[Any, Any], None]

METHODS: Final[dict[str, Callable[..., Any]]] = {
    # values
    "item": item,
    "tolist": tolist,
    "numpy": numpy,
    # what it is
    "dim": lambda self: self.array.ndim,
    "ndimension": lambda self: self.array.ndim,
    "nelement": lambda self: self.array.size,
    "element_size": lambda self: self.array.itemsize,
    "storage_offset": lambda self: storage_of(self.array)[1],
    "data_ptr": lambda self: self.array.ctypes.data if self.array.size else 0,
    "get_device": lambda self: -1,
    "cuda": lambda self, device=None, non_blocking=False: options.check_device("cuda" if device is None else device),
    "is_neg": lambda self: False,
    "is_pinned": lambda self: False,
    "is_shared": lambda self: False,
    "is_inference": Tensor.is_inference,
    "_is_view": lambda self: self._view is not None,
    "resolve_conj": lambda self: self,
    "resolve_neg": lambda self: self,
    # its place in the graph
    "backward": Tensor.backward,
    "detach_": Tensor.detach_,
    "retain_grad": Tensor.retain_grad,
    "register_hook": Tensor.register_hook,
    "register_post_accumulate_grad_hook": Tensor.register_post_accumulate_grad_hook,
}


def _descriptor(name: str) -> tuple[Getter, Setter | None]:
    """The engine's own property of that name."""
    found = Tensor.__dict__[name]
    if isinstance(found, property):
        assert found.fget is not None
        return found.fget, found.fset
    return found.__get__, None


def _set_part(part: Getter) -> Setter:
    def assign(self: Any, value: Any) -> None:
        part(self).copy_(value)

    return assign


PROPERTIES: Final[dict[str, tuple[Getter, Setter | None]]] = {
    **{
        name: _descriptor(name)
        for name in (
            "_base",
            "_version",
            "data",
            "dtype",
            "grad",
            "grad_fn",
            "is_leaf",
            "ndim",
            "output_nr",
            "requires_grad",
            "retains_grad",
            "shape",
        )
    },
    "T": (axes.reversed_dims, None),
    "mT": (axes.matrix_transposed, None),
    "H": (axes.hermitian, None),
    "mH": (axes.matrix_adjoint, None),
    "real": (complex_parts.real, _set_part(complex_parts.real)),
    "imag": (complex_parts.imag, _set_part(complex_parts.imag)),
    "device": (lambda self: options.cpu, None),
    "layout": (lambda self: options.strided, None),
    "itemsize": (lambda self: self.array.itemsize, None),
    "nbytes": (lambda self: self.array.size * self.array.itemsize, None),
    "name": (lambda self: None, None),
    "is_cpu": (lambda self: True, None),
    **{
        f"is_{kind}": (lambda self: False, None)
        for kind in ("cuda", "meta", "mkldnn", "mps", "nested", "quantized", "sparse", "sparse_csr", "xla", "xpu")
    },
}

DELETABLE: Final = {"grad": lambda self: setattr(self, "grad", None)}

_SPECIAL: dict[str, Callable[..., Any]] = {
    "__float__": to_float,
    "__int__": to_int,
    "__complex__": to_complex,
    "__bool__": to_bool,
    "__index__": to_index,
    "__len__": length,
    "__iter__": iterate,
    "__contains__": contains,
    "__array__": _array,
}

for _name, _function in {**METHODS, **_SPECIAL}.items():
    if _name not in Tensor.__dict__:
        setattr(Tensor, _name, _function)
for _name, (_get, _set) in PROPERTIES.items():
    if _name not in Tensor.__dict__:
        setattr(Tensor, _name, property(_get, _set))
