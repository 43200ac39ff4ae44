"""Views: tensors that show part of another's storage, and what an in-place operation on one does to the graph.

A view remembers the steps that lead to it from its base: numpy view functions with their arguments. They are played
again on a gradient to find the region that belongs to the view, so layout (strides, offsets) never enters.
Source of the semantics: torch/csrc/autograd/variable.cpp, functions/tensor.cpp (CopySlices).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.graph import INFERENCE, Node, Pairs, gradient_edge, short_name
from gradcli.engine.modes import state

if TYPE_CHECKING:
    from gradcli.engine.tensor import Tensor

Step = tuple[Callable[..., np.ndarray[Any, Any]], tuple[Any, ...]]

DEFAULT, NO_GRAD, INFERENCE_VIEW, MULTI_OUTPUT, IN_CUSTOM_FUNCTION = range(5)


class ViewMeta:
    """base: the tensor that owns the storage. steps: from base to here. creation: under what it was made.

    version: of the storage when grad_fn was last right.
    """

    __slots__ = ("base", "creation", "steps", "version")

    def __init__(self, base: Tensor, steps: tuple[Step, ...], creation: int, version: int) -> None:
        self.base = base
        self.steps = steps
        self.creation = creation
        self.version = version


def replay(array: np.ndarray[Any, Any], steps: Sequence[Step]) -> np.ndarray[Any, Any]:
    """The region of `array` (shaped as the base) that the view shows, as a numpy view."""
    for function, args in steps:
        array = function(array, *args)
    return array


def laid_out(array: np.ndarray[Any, Any], order: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """`array` with its axes in memory in `order`: the first step from a base that is not contiguous.

    What is a view of the base is then one of a gradient too: `(x.t() * 1).t().view(6)`.
    """
    permuted = array.transpose(order)
    if permuted.flags.c_contiguous:
        return array
    return np.ascontiguousarray(permuted).transpose(np.argsort(order))


def _first_steps(base: np.ndarray[Any, Any], step: Step) -> tuple[Step, ...]:
    if base.flags.c_contiguous:
        return (step,)
    order = tuple(sorted(range(base.ndim), key=lambda axis: -base.strides[axis]))
    return (laid_out, (order,)), step


def make_view(view: Tensor, source: Tensor, step: Step, creation: int = DEFAULT) -> None:
    """Make `view`, whose array shows part of source's, a view of source's base."""
    if source._counter is None:
        source._counter = []
    view._counter = counter = source._counter
    if creation == DEFAULT and not state.grad:
        creation = INFERENCE_VIEW if state.inference else NO_GRAD
    parent = source._view
    if parent is None:
        view._view = ViewMeta(source, _first_steps(source.array, step), creation, len(counter))
    else:
        creation = creation or parent.creation
        view._view = ViewMeta(parent.base, (*parent.steps, step), creation, len(counter))


def refresh(view: Tensor) -> None:
    """Bring grad_fn of a view up to date after its base, or another view of it, was changed in place."""
    meta = view._view
    assert meta is not None
    counter = view._counter
    if not counter or meta.version == len(counter):
        return
    if view._grad_fn is not None or meta.base.requires_grad:
        if meta.creation != DEFAULT:
            _refuse(view, meta, "its base or another view of its base has been modified inplace")
        from gradcli.engine.adjoints import replay_node

        retained = _stop_retaining(view)
        view._grad_fn = replay_node(meta.base, meta.steps, view.array)
        view._requires_grad = True
        view.output_nr = 0
        _retain_again(view, retained)
    meta.version = len(counter)


_AMBIGUOUS = (
    "Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving both "
    "the view and the inplace either both inside the {block} block (if you don't want the inplace to be tracked) or "
    "both outside (if you want the inplace to be tracked)."
)
_SEVERAL_VIEWS = (
    "This view is the output of a function that returns multiple views. Such functions do not allow the output views "
    "to be modified inplace. You should replace the inplace operation by an out-of-place one."
)
_CUSTOM = (
    "This view was created inside a custom Function (or because an input was returned as-is) and the autograd logic to "
    "handle view+inplace would override the custom backward associated with the custom Function, leading to incorrect "
    "gradients. This behavior is forbidden. You can fix this by cloning the output of the custom Function."
)


def _refuse(view: Tensor, meta: ViewMeta, what: str) -> None:
    """Raise torch's error for an in-place change of (or beneath) a view that cannot take one."""
    node = view._grad_fn
    origin = "" if node is None else f"Output {view.output_nr} of {short_name(node)} is a view"
    if node is not None and meta.creation in (MULTI_OUTPUT, IN_CUSTOM_FUNCTION):
        begin = f"{origin} and {what}."
    else:
        begin = f"{origin} of a view which was created" if origin else "A view was created"
        if meta.creation == INFERENCE_VIEW:
            begin += f" in inference mode and {what} in normal mode."
        else:
            begin += f" in no_grad mode and {what} with grad mode enabled."
    block = "no_grad" if meta.creation == NO_GRAD else "inference_mode"
    why = {MULTI_OUTPUT: _SEVERAL_VIEWS, IN_CUSTOM_FUNCTION: _CUSTOM}.get(meta.creation)
    raise RuntimeError(f"{begin} {why or _AMBIGUOUS.format(block=block)}")


def check_inplace(target: Tensor, records: bool) -> None:
    """Raise RuntimeError if autograd forbids to change `target` now. records: the change would enter the graph."""
    if target._counter is INFERENCE and not state.inference:
        raise RuntimeError(
            "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a "
            "normal tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details."
        )
    if not (records and state.grad):
        return
    meta = target._view
    if meta is not None:
        if meta.creation != DEFAULT:
            _refuse(target, meta, "is being modified inplace")
        if target.requires_grad and meta.base.is_leaf:
            raise RuntimeError("a view of a leaf Variable that requires grad is being used in an in-place operation.")
    if target._requires_grad and target.is_leaf:
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")


def check_overlap(target: np.ndarray[Any, Any], others: Sequence[np.ndarray[Any, Any]]) -> None:
    """Raise RuntimeError where writing `target` while reading `others` has no one answer (at::assert_no_overlap)."""
    strides = target.strides
    if 0 in strides and target.size > 1 and any(s == 0 < n - 1 for s, n in zip(strides, target.shape, strict=True)):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            "Please clone() the tensor before performing the operation."
        )
    for other in others:
        if (
            other is not target
            and np.may_share_memory(target, other)
            and not (target.ctypes.data == other.ctypes.data and target.strides == other.strides)
            and _dense(target)
            and _dense(other)
        ):
            raise RuntimeError(
                "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single "
                "memory location. Please clone() the tensor before performing the operation."
            )


def _dense(array: np.ndarray[Any, Any]) -> bool:
    """Whether the elements fill their stretch of memory, in any order: torch compares only such tensors."""
    expected = array.itemsize
    for stride, size in sorted((s, n) for s, n in zip(array.strides, array.shape, strict=True) if n > 1):
        if stride != expected:
            return False
        expected *= size
    return True


def rebase_history(target: Tensor, node: Node) -> None:
    """Let `node`, which recorded an in-place operation on `target`, be where target's gradient goes from now on."""
    retained = _stop_retaining(target)
    meta = target._view
    if meta is None:
        target._grad_fn = node
        target.output_nr = 0
        target._requires_grad = True
    else:
        base = meta.base
        base._grad_fn = CopySlices(base, meta.steps, node)
        base.output_nr = 0
        base._requires_grad = True
        meta.version = -1
        refresh(target)
    _retain_again(target, retained)


def _stop_retaining(target: Tensor) -> Any:
    """Take the request to keep .grad off the node it was made for; returns it."""
    node = target._grad_fn
    if node is None or node.hooks is None or not target.retains_grad:
        return None
    return node.hooks.retained.pop(target.output_nr)


def _retain_again(target: Tensor, retained: Any) -> None:
    """Put such a request on the node that is now target's."""
    if retained is not None and target._grad_fn is not None:
        target._grad_fn.own_hooks().retained[target.output_nr] = retained


class CopySlices(Node):
    """The history of a base, a view of which was changed in place by `inner`."""

    __slots__ = ("freed", "inner", "region_edge", "steps")

    def __init__(self, base: Tensor, steps: tuple[Step, ...], inner: Node) -> None:
        super().__init__((gradient_edge(base), *inner.edges[1:]), ((base.array.shape, base.array.dtype),))
        self.region_edge = inner.edges[0] if inner.edges else None
        self.steps = steps
        self.inner = inner
        self.freed = False

    def name(self) -> str:
        return "torch::autograd::CopySlices"

    def release(self) -> None:
        self.freed = True
        self.inner.release()

    def apply(self, grads: list[Any], tensors: bool, wanted: set[Node] | None) -> Pairs:
        from gradcli.engine.adjoints import fit, view_replay, view_scatter
        from gradcli.engine.nodes import freed

        if self.freed:
            raise freed(self)
        whole = grads[0]
        region = view_replay(whole, self.steps)
        replacement = 0.0
        pairs = []
        for edge, gradient in self.inner.apply([region if tensors else region.copy()], tensors, None):
            if edge is self.region_edge:
                shape = region.array.shape if tensors else region.shape
                replacement = fit(gradient, shape, self.metas[0][1])
            else:
                pairs.append((edge, gradient))
        if self.edges[0] is not None:
            pairs.insert(0, (self.edges[0], view_scatter(whole, replacement, self.steps)))
        return pairs
