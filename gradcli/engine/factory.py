"""Factories: what makes a tensor of no tensor. The third form of an entry, beside `@op` and `@composite`.

    @factory(extras=OUT, samples=["ones(2, 3)"], examples=["ones(2, 2)"])
    def ones(size: Size, *, dtype: DType | None) -> Array:
        '''A tensor of ones.'''
        return np.ones(reserve(size, kind := floating(dtype)), kind)

Every factory takes torch's options after its own parameters: `dtype=None, layout=None, device=None, pin_memory=False,
requires_grad=False`. The kernel sees `dtype` alone of them, as it was given; the others are dealt with here, once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gradcli.engine.entry import TENSOR_KINDS, Entry, parameters_of
from gradcli.engine.graph import INFERENCE
from gradcli.engine.modes import state
from gradcli.engine.options import check_device, check_pinned
from gradcli.engine.tensor import Tensor

if TYPE_CHECKING:
    from gradcli.engine.dtypes import DType
    from gradcli.engine.kinds import Device, Layout


def options(
    *,
    dtype: DType | None = None,
    layout: Layout | None = None,
    device: Device | None = None,
    pin_memory: bool | None = False,
    requires_grad: bool | None = False,
) -> None:
    """The parameters that every factory has in common."""


class Factory(Entry):
    """A function that makes a tensor of sizes and numbers, or of the shape of a tensor."""

    options = staticmethod(options)

    def __init__(self, name: str, kernel: Callable[..., Any], fields: dict[str, Any]) -> None:
        super().__init__(name, kernel, {"method": False, **fields})
        shared = parameters_of(options)
        names = [parameter.name for parameter in shared]
        own = [parameter for parameter in self.parameters if parameter.name not in names]
        self.parameters = [*own, *shared]
        self.defaults = [parameter.default for parameter in self.parameters]
        self.keywords = [parameter.name for parameter in own[self.positional :]]
        self.count = len(own)
        self.arrays = [place for place, parameter in enumerate(own) if parameter.kind in TENSOR_KINDS]

    def __call__(self, *args: Any, dtype: DType | None = None, **kwargs: Any) -> Any:
        """As an operator in a formula: a Tensor if one of the arguments is, else an ndarray."""
        given = [value.array if value.__class__ is Tensor else value for value in args]
        array = self.kernel(*given, dtype=dtype, **kwargs)
        return Tensor(array) if any(value.__class__ is Tensor for value in args) else array

    def call(self, args: list[Any]) -> Tensor:
        """The tensor of bound arguments. Raises RuntimeError for options that cannot be had."""
        dtype, _, device, pin_memory, requires_grad = args[self.count :]
        if device is not None:
            check_device(device)
        if pin_memory:
            check_pinned(pin_memory)
        own = args[: self.count]
        for place in self.arrays:
            own[place] = own[place].array
        keywords = dict(zip(self.keywords, own[self.positional :], strict=True))
        return finished(self.kernel(*own[: self.positional], dtype=dtype, **keywords), requires_grad)


def finished(array: Any, requires_grad: bool | None) -> Tensor:
    """A fresh array as a leaf. Raises RuntimeError for integers that are to require grad."""
    tensor = Tensor(array)
    if requires_grad:
        if tensor.array.dtype.kind not in "fc":
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        tensor._requires_grad = True
    if state.inference:
        tensor._counter = INFERENCE
    return tensor


def factory(name: str = "", **fields: Any) -> Callable[[Callable[..., Any]], Factory]:
    """Make a factory of a kernel. The fields are those of `Entry`; the name is the kernel's if not given."""
    return lambda kernel: Factory(name, kernel, fields)
