"""The graph that an expression leaves behind: nodes, their edges, and what they saved for backward.

A node never refers to its output, so a graph is freed the moment its last output is, however deep it is.
Source of the semantics: torch/csrc/autograd/{function.h, saved_variable.cpp, functions/accumulate_grad.cpp}.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from gradcli.engine.tensor import Tensor

Edge = tuple["Node", int]
Meta = tuple[tuple[int, ...], np.dtype[Any]]
# What leaves a node: where to, and the gradient (an ndarray, or a Tensor under create_graph).
Pairs = Sequence[tuple[Edge | None, Any]]

sequence = count(-1, -1)  # counts down, as backward takes the smallest key first
INFERENCE: list[int] = []  # the counter of tensors made in inference mode: they have no version
_LEAVES_LAST = 1 << 62  # what a leaf gets is complete when all else is done


class Node:
    """One recorded operation.

    edges: for each differentiable input the node and output number that its gradient goes to, or None.
    metas: shape and dtype of each output, which is what a gradient that arrives must have.
    key: backward runs the smallest key first, so the latest operation. hooks: None for most.
    """

    __slots__ = ("__weakref__", "edges", "hooks", "key", "metas")

    edges: Sequence[Edge | None]
    metas: tuple[Meta, ...]
    key: int

    def __init__(self, edges: Sequence[Edge | None], metas: tuple[Meta, ...]) -> None:
        self.edges = edges
        self.metas = metas
        self.key = next(sequence)
        self.hooks: NodeHooks | None = None

    def apply(self, grads: list[Any], tensors: bool, wanted: set[Node] | None) -> Pairs:
        """What goes along the edges: gradients of inputs, from the gradient of each output (None: undefined).

        tensors: under create_graph all of them are Tensors, otherwise ndarrays. wanted: if given, only edges to these
        nodes matter.
        """
        raise NotImplementedError

    def release(self) -> None:
        """Forget what was saved: the graph is run backward once only."""

    def name(self) -> str:
        """torch's name of the node, `MulBackward0`."""
        raise NotImplementedError

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        return tuple(edge or (None, 0) for edge in self.edges)

    def saved_names(self) -> tuple[str, ...]:
        """What `_saved_…` attributes the node has, in torch's words ("self" for "input")."""
        return ()

    def saved_value(self, name: str) -> Any:
        """The value behind `_saved_<name>`. Raises RuntimeError once it was freed."""
        raise AttributeError(f"'{self.name()}' object has no attribute '_saved_{name}'")

    def own_hooks(self) -> NodeHooks:
        """Its hooks, to add to them."""
        if self.hooks is None:
            self.hooks = NodeHooks()
        return self.hooks

    def register_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Run `hook(grad_inputs, grad_outputs)` after the node; what it returns replaces grad_inputs."""
        return RemovableHandle(self.own_hooks().after, Hook(hook, -1))

    def register_prehook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Run `hook(grad_outputs)` before the node; what it returns replaces grad_outputs."""
        return RemovableHandle(self.own_hooks().before, Hook(hook, -1))

    def type_name(self) -> str:
        """The name of its type: `name()`, without the C++ namespace that some have."""
        return self.name().removeprefix("torch::autograd::")

    def __repr__(self) -> str:
        return f"<{self.type_name()} object at {hex(id(self))}>"


class Hook:
    """A user's function on the gradient of output `output_nr`, or, where that is -1, on all gradients of a node."""

    __slots__ = ("function", "output_nr")

    def __init__(self, function: Callable[..., Any], output_nr: int) -> None:
        self.function = function
        self.output_nr = output_nr


class NodeHooks:
    """before: on the gradients that arrive. after: on those that leave. retained: outputs whose .grad is kept."""

    __slots__ = ("after", "before", "retained")

    def __init__(self) -> None:
        self.before: list[Hook] = []
        self.after: list[Hook] = []
        self.retained: dict[int, weakref.ref[Tensor]] = {}


class RemovableHandle:
    """What registering a hook returns (torch.utils.hooks.RemovableHandle)."""

    __slots__ = ("_hook", "_hooks")

    def __init__(self, hooks: list[Hook], hook: Hook) -> None:
        hooks.append(hook)
        self._hooks = hooks
        self._hook = hook

    def remove(self) -> None:
        """Stop the hook; a second time does nothing."""
        if self._hook in self._hooks:
            self._hooks.remove(self._hook)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()

    def __repr__(self) -> str:
        return f"<torch.utils.hooks.RemovableHandle object at {hex(id(self))}>"


class AccumulateGrad(Node):
    """The end of the graph at a leaf. The leaf refers to it weakly, the graph strongly, and it to the leaf."""

    __slots__ = ("variable",)

    def __init__(self, variable: Tensor) -> None:
        super().__init__((), ((variable.array.shape, variable.array.dtype),))
        self.key += _LEAVES_LAST
        self.variable = variable

    def name(self) -> str:
        return "torch::autograd::AccumulateGrad"

    def own_hooks(self) -> NodeHooks:
        _hooked.add(self)
        return super().own_hooks()

    def has_hooks(self) -> bool:
        return self.hooks is not None


def hooked_leaf(variable: Tensor) -> Leaf:
    """What a leaf has, to add a hook to it."""
    leaf = variable._leaf = variable._leaf or Leaf()
    _hooked.add(leaf)
    return leaf


def accumulator(variable: Tensor) -> AccumulateGrad:
    """The one AccumulateGrad of a leaf, made when first needed."""
    leaf = variable._leaf
    node = None if leaf is None or leaf.accumulator is None else leaf.accumulator()
    if node is None:
        node = AccumulateGrad(variable)
        if leaf is None:
            leaf = variable._leaf = Leaf()
        leaf.accumulator = weakref.ref(node)
    return node


_hooked: weakref.WeakSet[Leaf | AccumulateGrad] = weakref.WeakSet()  # what has ever had hooks


def any_leaf_hooks() -> bool:
    """Whether any leaf that lives has a hook, or its AccumulateGrad."""
    return len(_hooked) > 0 and any(each.has_hooks() for each in _hooked)


class Leaf:
    """What only leaves have: their AccumulateGrad (weakly), and hooks."""

    __slots__ = ("__weakref__", "accumulator", "hooks", "post_hooks")

    def __init__(self) -> None:
        self.accumulator: weakref.ref[AccumulateGrad] | None = None
        self.hooks: list[Hook] = []
        self.post_hooks: list[Hook] = []

    def has_hooks(self) -> bool:
        return bool(self.hooks or self.post_hooks)

    def without_accumulator(self) -> Leaf:
        """For a leaf whose values were replaced: its next use begins a new accumulator."""
        self.accumulator = None
        return self


def gradient_edge(tensor: Tensor) -> Edge | None:
    """Where the gradient of a tensor goes: None if it does not require grad."""
    node = tensor._grad_fn if tensor._view is None else tensor.grad_fn
    if node is not None:
        return node, tensor.output_nr
    if not tensor._requires_grad:
        return None
    leaf = tensor._leaf
    if leaf is not None and leaf.accumulator is not None and (known := leaf.accumulator()) is not None:
        return known, 0
    return accumulator(tensor), 0


class GradientEdge(NamedTuple):
    """torch.autograd.graph.GradientEdge: where the gradient of a tensor goes, as a value for programs."""

    node: Node
    output_nr: int
    ownership_token: None = None


def reachable(start: Sequence[Node]) -> list[Node]:
    """All nodes from here on, the latest recorded first, so that a node comes before those that it leads to."""
    seen = set(start)
    stack = list(start)
    while stack:
        for edge in stack.pop().edges:
            if edge is not None and edge[0] not in seen:
                seen.add(edge[0])
                stack.append(edge[0])
    return sorted(seen, key=lambda node: node.key)


def short_name(node: Node) -> str:
    """A node's name as torch's messages have it: `Mul` for MulBackward0, `Fill2` for FillBackward2."""
    head, _, number = node.name().partition("Backward")
    return head + number.removeprefix("0")
