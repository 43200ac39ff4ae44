"""torch.autograd.graph.register_multi_grad_hook: one hook on the gradients of several tensors.

Source of the semantics: torch/autograd/graph.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from gradcli.engine import hook_calls
from gradcli.engine.graph import RemovableHandle, gradient_edge
from gradcli.engine.hook_calls import Running
from gradcli.engine.tensor import Tensor

_MODES = ("all", "any")


class MultiHandle:
    """What removes the hook, from all the tensors."""

    __slots__ = ("_handles",)

    def __init__(self, handles: Sequence[RemovableHandle]) -> None:
        self._handles = handles

    def remove(self) -> None:
        """Stop the hook; a second time does nothing."""
        for handle in self._handles:
            handle.remove()

    def __enter__(self) -> MultiHandle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


def register_multi_grad_hook(tensors: Sequence[Tensor], fn: Callable[..., Any], *, mode: str = "all") -> MultiHandle:
    """Run `fn` once in each backward that comes to the tensors.

    mode: with "all" it is given the list of their gradients, None for those that backward does not come to, when they
    are complete; with "any" the first gradient there is. Raises ValueError for another mode, AssertionError for a
    tensor that does not require grad.
    """
    if mode not in _MODES:
        raise ValueError(f"Expects mode to be one of {_MODES} but got {mode}")
    if mode == "any":
        return MultiHandle(_on_any([tensor for tensor in tensors if tensor.requires_grad], fn))
    return MultiHandle(_on_all(tensors, fn))


def _on_all(tensors: Sequence[Tensor], fn: Callable[..., Any]) -> list[RemovableHandle]:
    nodes = []
    for tensor in tensors:
        edge = gradient_edge(tensor)
        if edge is None:
            raise AssertionError("Expected gradient function to be set")
        nodes.append(edge[0])
    waiting: WeakKeyDictionary[Running, list[Any]] = WeakKeyDictionary()  # -> how many to come, and the gradients

    def on(index: int) -> Callable[[Any], None]:
        def hook(gradient: Any) -> None:
            walk = hook_calls.running[-1]
            if walk not in waiting:
                waiting[walk] = [sum(map(walk.visits, nodes)), [None] * len(nodes)]
            entry = waiting[walk]
            entry[0] -= 1
            entry[1][index] = gradient
            if entry[0] == 0:
                del waiting[walk]
                fn(entry[1])

        return hook

    return [tensor.register_hook(on(index)) for index, tensor in enumerate(tensors)]


def _on_any(tensors: Sequence[Tensor], fn: Callable[..., Any]) -> list[RemovableHandle]:
    done: WeakKeyDictionary[Running, bool] = WeakKeyDictionary()

    def hook(gradient: Any) -> None:
        walk = hook_calls.running[-1]
        if not done.setdefault(walk, False):
            done[walk] = True
            fn(gradient)

    return [tensor.register_hook(hook) for tensor in tensors]
