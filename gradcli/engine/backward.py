"""backward and grad: what torch.autograd offers to start a walk over the graph (engine/walk.py).

Source of the semantics: torch/autograd/__init__.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcli.engine.adjoints import stack_rows
from gradcli.engine.errors import warn
from gradcli.engine.graph import Edge, GradientEdge, Node, gradient_edge
from gradcli.engine.size import Size
from gradcli.engine.tensor import Tensor
from gradcli.engine.walk import Walk

_CYCLE = (
    "Using backward() with create_graph=True will create a reference cycle between the parameter and its gradient "
    "which can cause a memory leak. We recommend using autograd.grad when creating the graph to avoid this. If you "
    "have to use this function, make sure to reset the .grad fields of your parameters to None after use to break the "
    "cycle and avoid the leak."
)


# Told of the tensors whose .grad is about to change, each time: for a prompt that shows what changed.
observers: list[Callable[[list[Tensor]], None]] = []


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> list[Tensor]:
    """torch.autograd.backward: sum the gradients of `tensors` into the .grad of the leaves (or of `inputs` only).

    grad_tensors: the vectors of the vector-Jacobian products, shaped as `tensors`; None for scalars.
    Returns the leaves that were reached. Raises RuntimeError and TypeError in torch's words.
    """
    if inputs is not None and not as_tensors(inputs):
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    roots = as_tensors(tensors)
    targets = None if inputs is None else [_target(tensor, retain=True) for tensor in as_tensors(inputs)]
    gradients = _initial(roots, grad_variables if grad_tensors is None else grad_tensors)
    if create_graph:
        warn(_CYCLE)
    keep = create_graph if retain_graph is None else retain_graph
    walk = Walk([_edge(root) for root in roots], targets, keep_graph=keep, create_graph=create_graph, accumulate=True)
    walk.run(gradients)
    reached = [tensor for tensor, _ in walk.commits]
    for observe in observers:
        observe(reached)
    walk.commit()
    return reached


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """torch.autograd.grad: the gradients of `outputs` with respect to `inputs`, leaving every .grad alone.

    Raises RuntimeError for an input that was not used, unless allow_unused (None then) or materialize_grads (zeros).
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    roots = as_tensors(outputs)
    wanted = as_tensors(inputs)
    if not wanted:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    for root in roots:
        if not isinstance(root, (Tensor, GradientEdge)):
            raise AssertionError("Expected output to be a torch.Tensor")
    keep = create_graph if retain_graph is None else retain_graph
    if is_grads_batched:
        return _batched(roots, wanted, as_tensors(grad_outputs), keep, create_graph, bool(allow_unused))
    gradients = _initial(roots, grad_outputs)
    edges = [_target(tensor) for tensor in wanted]
    walk = Walk([_edge(root) for root in roots], edges, keep_graph=keep, create_graph=create_graph, accumulate=False)
    found = walk.run(gradients)
    walk.commit()  # of non-leaves that retain their gradient
    results: list[Tensor | None] = []
    for index, (tensor, edge) in enumerate(zip(wanted, edges, strict=True)):
        gradient = None if edge is None else found[edge]
        if gradient is not None:
            results.append(gradient if isinstance(gradient, Tensor) else Tensor(gradient))
        elif materialize_grads:
            if not isinstance(tensor, Tensor):
                raise RuntimeError("materialize_grads cannot be used when the given input is a GradientEdge")
            results.append(Tensor(np.zeros_like(tensor.array), create_graph))
        elif allow_unused:
            results.append(None)
        else:
            raise RuntimeError(
                f"The differentiated Tensor at index {index} appears to not have been used in the graph. Set "
                "allow_unused=True if this is the desired behavior."
            )
    return tuple(results)


def _batched(
    roots: Sequence[Any], inputs: Sequence[Any], batches: Sequence[Any], keep: bool, create_graph: bool, unused: bool
) -> tuple[Tensor | None, ...]:
    """is_grads_batched: one walk for each row of grad_outputs, stacked."""
    rows = [
        grad(roots, inputs, [batch[row] for batch in batches], True, create_graph, allow_unused=unused)
        for row in range(batches[0].shape[0])
    ]
    columns = list(zip(*rows, strict=True))
    return tuple(None if column[0] is None else stack_rows(list(column)) for column in columns)


def _target(tensor: Any, retain: bool = False) -> Edge | None:
    """The edge of something gradients are asked for, None if none can reach it (a view taken under no_grad).

    retain: let a tensor keep its gradient.

    Raises RuntimeError for what is no tensor or does not require grad.
    """
    if isinstance(tensor, GradientEdge):
        return tensor.node, tensor.output_nr
    if not isinstance(tensor, Tensor):
        raise RuntimeError(f"all inputs have to be Tensors or GradientEdges, but got {type(tensor).__name__}")
    if retain:
        tensor.retain_grad()
    if not tensor.requires_grad:
        raise RuntimeError("One of the differentiated Tensors does not require grad")
    return gradient_edge(tensor)


def _edge(root: Tensor | GradientEdge) -> Edge | None:
    return (root.node, root.output_nr) if isinstance(root, GradientEdge) else gradient_edge(root)


def as_tensors(value: Any) -> Sequence[Any]:
    """A tensor (or an edge), or a sequence of them, as a sequence."""
    if value is None or isinstance(value, (Tensor, GradientEdge)):
        return (value,)
    if isinstance(value, Node):
        raise TypeError(f"{value.name()!r} object is not iterable")
    return tuple(value)


def _initial(roots: Sequence[Any], given: Any) -> list[Any]:
    """The gradients to begin with, checked as `torch.autograd._make_grads` checks them."""
    if given is None and len(roots) == 1:
        return [_root_gradient(0, roots[0], None)]
    gradients = [None] * len(roots) if given is None else as_tensors(given)
    if len(gradients) != len(roots):
        if len(roots) == 1 and len(gradients) > 1 and not isinstance(gradients[0], Tensor):
            raise TypeError(f"gradients can be either Tensors or None, but got {type(gradients[0]).__name__}")
        raise RuntimeError(f"got {len(roots)} tensors and {len(gradients)} gradients")
    return [_root_gradient(index, root, g) for index, (root, g) in enumerate(zip(roots, gradients, strict=True))]


def _root_gradient(index: int, root: Any, gradient: Any) -> Any:
    if isinstance(root, GradientEdge):
        shape, dtype = root.node.metas[root.output_nr]
        root = Tensor(np.broadcast_to(np.zeros((), dtype), shape), True)
    if not isinstance(root, Tensor):
        raise RuntimeError(f"element {index} of tensors does not require grad and does not have a grad_fn")
    if gradient is None:
        if not root.requires_grad:
            raise RuntimeError(f"element {index} of tensors does not require grad and does not have a grad_fn")
        if root.array.size != 1:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        if not root.dtype.is_floating_point:
            raise RuntimeError(f"grad can be implicitly created only for real scalar outputs but got {root.dtype}")
        return Tensor(np.array(1, root.array.dtype).reshape(root.array.shape))
    if not isinstance(gradient, Tensor):
        raise TypeError(f"gradients can be either Tensors or None, but got {type(gradient).__name__}")
    if gradient.array.shape != root.array.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{index}] has a shape of {Size(gradient.array.shape)} and "
            f"output[{index}] has a shape of {Size(root.array.shape)}."
        )
    if gradient.dtype.is_complex != root.dtype.is_complex:
        raise RuntimeError(
            "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype: "
            f"grad_output[{index}] has a dtype of {gradient.dtype} and output[{index}] has a dtype of {root.dtype}."
        )
    if not root.requires_grad:
        raise RuntimeError(f"element {index} of tensors does not require grad and does not have a grad_fn")
    return gradient
