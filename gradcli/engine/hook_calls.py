"""How a walk calls the hooks of tensors and nodes, with what, and what it takes from them.

`native` makes of a hook's Tensor what the walk computes with. Source of the semantics:
torch/csrc/autograd/{engine,python_hook}.cpp.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcli.engine.graph import AccumulateGrad, Edge, Hook, Node, Pairs, reachable
from gradcli.engine.kinds import type_name
from gradcli.engine.tensor import Tensor

Native = Callable[[Any], Any]


class Running:
    """What hooks may ask of the walk that calls them.

    edges: those of the roots. needed: the nodes that run, None for all. captured: the gradients that are asked for.
    """

    def __init__(self, edges: Sequence[Edge | None], needed: set[Node] | None, captured: dict[Edge, Any]) -> None:
        self.edges = edges
        self.needed = needed
        self.captured = captured
        self._found: set[Node] | None = None

    @property
    def whole(self) -> bool:
        """Whether it runs every node that it comes to."""
        return self.needed is None

    def visits(self, node: Node) -> bool:
        """Whether the walk comes to the node (torch's _will_engine_execute_node)."""
        if self._found is None:
            self._found = set(reachable([edge[0] for edge in self.edges if edge is not None]))
        if self.needed is None or node not in self._found:
            return node in self._found
        captured = any(target is node for target, _ in self.captured)
        if captured and isinstance(node, AccumulateGrad):
            raise RuntimeError(
                "A leaf node was passed to _will_engine_execute_node but we are currently running autograd.grad(). "
                "This is currently not supported."
            )
        return captured or node in self.needed


# The walks that are under way, the innermost last: a hook may start another.
running: list[Running] = []


def on_tensors(hooks: Sequence[Hook], grads: list[Any], native: Native) -> None:
    """Run the hooks on tensors among `hooks`, each on its gradient in `grads`, which it may replace."""
    for hook in [hook for hook in hooks if hook.output_nr >= 0]:
        given = grads[hook.output_nr]
        result = hook.function(_as_tensor(given))
        if result is not None:
            _check(hook, result, given)
            grads[hook.output_nr] = native(result)


def before_node(hooks: Sequence[Hook], grads: list[Any], native: Native) -> None:
    """Run a node's prehooks on all the gradients that arrive."""
    for hook in [hook for hook in hooks if hook.output_nr < 0]:
        result = hook.function(tuple(map(_as_tensor, grads)))
        if result is not None:
            grads[:] = [native(each) for each in _several(hook, result, grads)]


def after_node(node: Node, pairs: Pairs, grads: list[Any], native: Native) -> Pairs:
    """Run a node's hooks on what leaves it (`pairs`) and what came; returns what is to leave it."""
    if node.hooks is None:
        return pairs
    outputs = tuple(map(_as_tensor, grads))
    for hook in list(node.hooks.after):
        inputs = tuple(next((each for sent, each in pairs if sent is edge), None) for edge in node.edges)
        result = hook.function(tuple(map(_as_tensor, inputs)), outputs)
        if result is not None:
            replaced = _several(hook, result, inputs)
            pairs = [
                (edge, native(each))
                for edge, each in zip(node.edges, replaced, strict=True)
                if edge is not None and each is not None
            ]
    return pairs


def after_accumulation(hooks: Sequence[Hook], variable: Tensor) -> None:
    """Run the hooks of a leaf that has its gradient; each may return the leaf (`lambda p: p.sub_(p.grad)`) or None."""
    value = variable
    for hook in list(hooks):
        result = hook.function(value)
        if result is not None:
            _check(hook, result, value)
            value = result
    if value is not variable:
        raise RuntimeError("Tensor post accumulate grad hooks should return None.")


def _as_tensor(gradient: Any) -> Tensor | None:
    return gradient if gradient is None or isinstance(gradient, Tensor) else Tensor(gradient)


def _several(hook: Hook, result: Any, given: Sequence[Any]) -> tuple[Any, ...]:
    """What a node's hook returned: one gradient for each that it was given."""
    if type(result) is not tuple:
        raise TypeError(f"expected tuple, but hook returned '{type_name(result)}'")
    if len(result) != len(given):
        raise RuntimeError(
            f"hook '{_name(hook)}' has returned an incorrect number of values (got {len(result)}, but expected "
            f"{len(given)})"
        )
    for each, before in zip(result, given, strict=True):
        if each is not None:
            _check(hook, each, before)
    return result


def _check(hook: Hook, result: Any, given: Any) -> None:
    """Raise TypeError or RuntimeError for what cannot replace the gradient `given`."""
    if given is None:
        raise RuntimeError("can't replace a None gradient with a non-None value")
    if not isinstance(result, Tensor):
        raise _no_variable(result)
    before = _as_tensor(given)
    assert before is not None
    if result.dtype is not before.dtype:
        raise RuntimeError(
            f"hook '{_name(hook)}' has changed the type of value (was {before.dtype.tensor_type} got "
            f"{result.dtype.tensor_type})"
        )
    if result.array.shape != before.array.shape:
        raise RuntimeError(f"hook '{_name(hook)}' has changed the size of value")


def _no_variable(result: Any) -> TypeError:
    return TypeError(f"expected Variable, but hook returned '{type_name(result)}'")


def _name(hook: Hook) -> str:
    return str(getattr(hook.function, "__name__", type(hook.function).__name__))
