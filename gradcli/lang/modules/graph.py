"""torch.autograd.graph: hooks on what is saved, and the edges of the graph as values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gradcli.engine import packing
from gradcli.engine.backward import as_tensors
from gradcli.engine.graph import GradientEdge, Node, gradient_edge
from gradcli.engine.kinds import type_name
from gradcli.engine.multi_hooks import MultiHandle, register_multi_grad_hook
from gradcli.engine.tensor import Tensor, bump
from gradcli.lang.values.table import TYPES, Type, register


def get_gradient_edge(tensor: Any) -> GradientEdge:
    """torch.autograd.graph.get_gradient_edge. Raises RuntimeError for a tensor that does not require grad."""
    if not isinstance(tensor, Tensor):
        raise AttributeError(f"{type_name(tensor)!r} object has no attribute 'requires_grad'")
    edge = gradient_edge(tensor)
    if edge is None:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    return GradientEdge(*edge)


def increment_version(tensor: Tensor | Iterable[Tensor]) -> None:
    """torch.autograd.graph.increment_version: let tensors count as changed in place. Raises TypeError for others."""
    for each in as_tensors(tensor):
        if not isinstance(each, Tensor):
            raise TypeError("increment_version expects each element of the iterable input to be a tensor")
        bump(each)


def members() -> dict[str, Any]:
    """The module."""
    managers = (
        packing.saved_tensors_hooks,
        packing.disable_saved_tensors_hooks,
        packing.save_on_cpu,
        packing.allow_mutation_on_saved_tensors,
    )
    for manager in managers:
        TYPES[manager] = Type(f"torch.autograd.graph.{manager.__name__}", manager, manager)
        register(manager, {"__enter__": manager.__enter__, "__exit__": manager.__exit__})
    TYPES[MultiHandle] = Type("torch.autograd.graph._MultiHandle", MultiHandle)
    register(
        MultiHandle,
        {"remove": MultiHandle.remove, "__enter__": MultiHandle.__enter__, "__exit__": MultiHandle.__exit__},
    )
    TYPES[GradientEdge] = Type("torch.autograd.graph.GradientEdge", GradientEdge, GradientEdge)
    register(
        GradientEdge,
        {"index": tuple.index, "count": tuple.count},
        {
            "node": lambda edge: edge.node,
            "output_nr": lambda edge: edge.output_nr,
            "ownership_token": lambda edge: None,
        },
    )
    return {
        **{manager.__name__: TYPES[manager] for manager in managers},
        "Node": Type("torch.autograd.graph.Node", Node),
        "GradientEdge": TYPES[GradientEdge],
        "register_multi_grad_hook": register_multi_grad_hook,
        "get_gradient_edge": get_gradient_edge,
        "increment_version": increment_version,
    }
