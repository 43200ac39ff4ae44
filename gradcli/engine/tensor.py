"""Tensor: an ndarray with a place in a graph.

Operators, methods and properties that are operators' come from the operators' entries (engine/op.py); here is only
what every tensor has without them. Source of the semantics: torch/_tensor.py, torch/csrc/autograd/variable.cpp.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine import dtypes
from gradcli.engine.dtypes import DType
from gradcli.engine.errors import warn
from gradcli.engine.graph import INFERENCE, Hook, Leaf, Node, RemovableHandle, hooked_leaf, sequence
from gradcli.engine.size import Size
from gradcli.engine.views import ViewMeta, refresh

ndarray = np.ndarray

_NOT_A_LEAF = (
    "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be "
    "populated during autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf Tensor, "
    "use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure you access the "
    "leaf Tensor instead. See github.com/pytorch/pytorch/pull/30531 for more information."
)


class Tensor:
    """An n-dimensional array that remembers how it came about.

    array: the values, always an ndarray. output_nr: which output of its grad_fn it is.
    """

    __slots__ = (
        "__weakref__",
        "_attributes",  # left empty until a program hangs something on the tensor
        "_counter",
        "_grad",
        "_grad_fn",
        "_leaf",
        "_requires_grad",
        "_view",
        "array",
        "output_nr",
    )
    __array_ufunc__ = None  # numpy leaves binary operators to us
    # How a tensor prints: set by the layer that shows.
    text: Callable[[Tensor], str] | None = None
    formatted: Callable[[Tensor, str], str] | None = None

    def __init__(
        self,
        array: np.ndarray[Any, Any],
        requires_grad: bool = False,
        grad_fn: Node | None = None,
        output_nr: int = 0,
    ) -> None:
        self.array = array if array.__class__ is ndarray else np.asarray(array)
        self._requires_grad = requires_grad
        self._grad_fn = grad_fn
        self.output_nr = output_nr
        self._grad: Tensor | None = None
        self._counter: list[int] | None = None  # shared with views; None is an empty one that is not shared
        self._view: ViewMeta | None = None
        self._leaf: Leaf | None = None

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...
        def __add__(self, other: Any) -> Tensor: ...
        def __sub__(self, other: Any) -> Tensor: ...
        def __mul__(self, other: Any) -> Tensor: ...
        def __getitem__(self, index: Any) -> Tensor: ...

    def __repr__(self) -> str:
        return Tensor.text(self) if Tensor.text is not None else f"tensor({self.array!r})"

    def __format__(self, spec: str) -> str:
        return Tensor.formatted(self, spec) if Tensor.formatted is not None else format(repr(self), spec)

    def __hash__(self) -> int:
        return id(self)

    # What it is

    @property
    def dtype(self) -> DType:
        return dtypes.of(self.array.dtype)

    @property
    def shape(self) -> Size:
        return Size(self.array.shape)

    @property
    def ndim(self) -> int:
        return self.array.ndim

    @property
    def is_leaf(self) -> bool:
        return self.grad_fn is None

    @property
    def _version(self) -> int:
        if self._counter is INFERENCE:
            raise RuntimeError("Inference tensors do not track version counter.")
        return 0 if self._counter is None else len(self._counter)

    @property
    def attributes(self) -> dict[str, Any]:
        """What a program has hung on it: `x.label = "input"`."""
        if not self.has_attributes:
            self._attributes: dict[str, Any] = {}
        return self._attributes

    @property
    def has_attributes(self) -> bool:
        """Whether anything may be hung on it."""
        return hasattr(self, "_attributes")

    @property
    def _base(self) -> Tensor | None:
        return None if self._view is None else self._view.base

    # Its place in the graph

    @property
    def grad_fn(self) -> Node | None:
        if self._view is not None:
            refresh(self)
        return self._grad_fn

    @property
    def requires_grad(self) -> bool:
        if self._view is None:
            return self._requires_grad
        # A view taken under no_grad says yes if its base does, though no gradient reaches it (DifferentiableViewMeta).
        return self._requires_grad or self._view.base.requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if type(value) is not bool:
            raise RuntimeError("requires_grad must be a bool")
        self._set_requires_grad(value, "only Tensors of floating point and complex dtype can require gradients")

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Start (or stop) recording operations on this leaf; returns it.

        Raises RuntimeError for integers, and for non-leaves that are to stop.
        """
        self._set_requires_grad(requires_grad, "only Tensors of floating point dtype can require gradients")
        return self

    def _set_requires_grad(self, value: bool, refusal: str) -> None:
        if not self.is_leaf and not value:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in "
                "a subgraph that doesn't require differentiation use var_no_grad = var.detach()."
            )
        if value and not self.dtype.is_differentiable:
            raise RuntimeError(refusal)
        if self._counter is INFERENCE and value:
            raise RuntimeError("Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.")
        self._requires_grad = value

    @property
    def grad(self) -> Tensor | None:
        if self._grad is None and self._grad_fn is not None and not self.retains_grad:
            warn(_NOT_A_LEAF)
        return self._grad

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is None:
            self._grad = None
            return
        if not isinstance(value, Tensor):
            kind = type(value).__name__
            raise TypeError(f"assigned grad expected to be a Tensor or None but got grad of type {kind}")
        if value is self:
            raise RuntimeError("can't assign Variable as its own grad")
        if value.array.dtype != self.array.dtype:
            raise RuntimeError(
                f"attempting to assign a gradient with dtype '{value.dtype.c_name}' to a tensor with grad_dtype "
                f"'{self.dtype.scalar}'. The gradient must match the tensor's grad_dtype (defaults to the tensor's "
                "dtype). You can set the tensor's grad_dtype attribute with a specific dtype, or None to allow any "
                "dtype. Set grad_dtype with caution. Diverging the dtypes of a tensor and its gradient may break "
                "downstream systems that assume they match."
            )
        if value.array.shape != self.array.shape:
            raise RuntimeError(
                f"attempting to assign a gradient of size '{list(value.shape)}' to a tensor of size "
                f"'{list(self.shape)}'. Please ensure that the gradient and the tensor are the same size"
            )
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    def detach(self) -> Tensor:
        """The same values outside the graph; storage and version counter are shared."""
        if self._counter is None:
            self._counter = []
        alias = Tensor(self.array)
        alias._counter = self._counter
        return alias

    def detach_(self) -> Tensor:
        """Cut this tensor itself out of the graph. Raises RuntimeError on a view."""
        if self._view is not None:
            raise RuntimeError(
                "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for "
                "training, and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence "
                "detach_() cannot be called on these gradients. To fix this error, please refer to the "
                "Optimizer.zero_grad() function in torch/optim/optimizer.py as the solution."
            )
        self._grad_fn = None
        self._requires_grad = False
        self.output_nr = 0
        return self

    @property
    def data(self) -> Tensor:
        """The same storage with a version counter of its own: what is written through it, autograd does not see."""
        return Tensor(self.array)

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        if self._requires_grad and not value.dtype.is_differentiable:
            raise RuntimeError("data set to a tensor that requires gradients must be floating point or complex dtype")
        self.array = value.array
        self._leaf = None if self._leaf is None else self._leaf.without_accumulator()

    @property
    def retains_grad(self) -> bool:
        node = self._grad_fn
        reference = node.hooks.retained.get(self.output_nr) if node is not None and node.hooks is not None else None
        return reference is not None and reference() is self

    def retain_grad(self) -> None:
        """Keep .grad of a non-leaf too. Raises RuntimeError if it does not require grad."""
        if not self.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        node = self.grad_fn
        if node is not None and not self.retains_grad:
            node.own_hooks().retained[self.output_nr] = weakref.ref(self)

    def register_hook(self, hook: Callable[[Tensor], Any]) -> RemovableHandle:
        """Run `hook(grad)` whenever the gradient of this tensor is complete; what it returns replaces it."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        node = self.grad_fn
        if node is None:
            return RemovableHandle(hooked_leaf(self).hooks, Hook(hook, 0))
        return RemovableHandle(node.own_hooks().before, Hook(hook, self.output_nr))

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], Any]) -> RemovableHandle:
        """Run `hook(tensor)` after a gradient was accumulated into this leaf."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self.grad_fn is not None:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        return RemovableHandle(hooked_leaf(self).post_hooks, Hook(hook, 0))

    def backward(
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Accumulate the gradients of this tensor into the leaves it came from (torch.Tensor.backward)."""
        from gradcli.engine.backward import backward

        backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    def is_inference(self) -> bool:
        return self._counter is INFERENCE


def bump(tensor: Tensor) -> None:
    """Count one in-place change: a version counter is the list of the moments at which its storage was changed.

    A node knows when it was made, so that it need not note the versions of what it saves.
    """
    if tensor._counter is None:
        tensor._counter = [next(sequence)]
    elif tensor._counter is not INFERENCE:
        tensor._counter.append(next(sequence))
