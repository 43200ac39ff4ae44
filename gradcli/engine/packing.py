"""Hooks on what is saved for backward: each tensor is packed when a node saves it, and unpacked when it is used.

Source of the semantics: torch/csrc/autograd/saved_variable.cpp, torch/autograd/graph.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gradcli.engine.modes import no_grad, state
from gradcli.engine.tensor import Tensor

if TYPE_CHECKING:
    from gradcli.engine.graph import Node

Hooks = tuple[Callable[[Tensor], Any], Callable[[Any], Any]]

# The innermost hooks come last.
stack: list[Hooks] = []
# Why there may be none now, the innermost reason last.
refusals: list[str] = []


class Packed:
    """What a pack hook made of a saved tensor, with the tensor's place in the graph.

    owner: None for an output of the node that saved it, which is the node's own.
    """

    __slots__ = ("leaf", "output_nr", "owner", "requires_grad", "unpack", "value")

    def __init__(self, saved: Tensor, node: Node) -> None:
        pack, self.unpack = stack[-1]
        self.owner = None if saved._grad_fn is node else saved.grad_fn
        self.leaf = saved._leaf
        self.output_nr = saved.output_nr
        self.requires_grad = saved.requires_grad
        version = saved._version
        with no_grad():
            self.value = pack(saved)
        if saved._version != version:
            raise RuntimeError(
                "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook "
                "cannot be modified by in-place operations as this can lead to unexpected side-effects. Please open an "
                "issue if you need to perform in-place operations on the input to a pack hook."
            )

    def tensor(self, node: Node) -> Tensor:
        """The tensor again, where it was in the graph. Raises TypeError if the unpack hook gives none."""
        found = self.unpack(self.value)
        if not isinstance(found, Tensor):
            kind = type(found).__name__
            raise TypeError(f"Output of saved tensor unpack_hook expected to be a Tensor but got result of type {kind}")
        tensor = Tensor(found.array, self.requires_grad, None, self.output_nr)
        if self.requires_grad:
            tensor._leaf = self.leaf
            tensor._grad_fn = self.owner if self.owner is not None or self.leaf is not None else node
        return tensor


def packed(saved: Tensor, node: Node) -> Any:
    """What a node keeps of a tensor: itself, or what the hooks make of it."""
    return Packed(saved, node) if stack else saved


class saved_tensors_hooks:  # noqa: N801 - torch's name
    """torch.autograd.graph.saved_tensors_hooks(pack_hook, unpack_hook)."""

    __slots__ = ("_hooks",)

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Any]) -> None:
        self._hooks = (pack_hook, unpack_hook)

    def __enter__(self) -> None:
        if refusals:
            raise RuntimeError(refusals[-1])
        stack.append(self._hooks)
        state.careful = True

    def __exit__(self, *error: object) -> None:
        stack.pop()


class disable_saved_tensors_hooks:  # noqa: N801
    """torch.autograd.graph.disable_saved_tensors_hooks(error_message)."""

    __slots__ = ("_message",)

    def __init__(self, error_message: str) -> None:
        self._message = error_message

    def __enter__(self) -> None:
        if stack:
            raise RuntimeError(self._message)
        refusals.append(self._message)

    def __exit__(self, *error: object) -> None:
        refusals.pop()


class save_on_cpu(saved_tensors_hooks):  # noqa: N801
    """torch.autograd.graph.save_on_cpu(pin_memory): on the CPU all is there already."""

    __slots__ = ()

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(lambda tensor: tensor, lambda tensor: tensor)


class allow_mutation_on_saved_tensors(saved_tensors_hooks):  # noqa: N801
    """torch.autograd.graph.allow_mutation_on_saved_tensors(): what is saved is a copy."""

    __slots__ = ()

    entered = False

    def __init__(self) -> None:
        super().__init__(lambda tensor: tensor.detach().clone(), self._unpack)

    def __enter__(self) -> None:
        if allow_mutation_on_saved_tensors.entered:
            raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
        super().__enter__()
        allow_mutation_on_saved_tensors.entered = True

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        allow_mutation_on_saved_tensors.entered = False

    @staticmethod
    def _unpack(tensor: Tensor) -> Tensor:
        if not allow_mutation_on_saved_tensors.entered:
            raise AssertionError(
                "Trying to backward outside of the 'allow_mutation_on_saved_tensors' context"
                "in which the graph was originally recorded."
            )
        return tensor
