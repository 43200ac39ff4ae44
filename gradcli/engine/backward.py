"""backward and grad: the walk over the graph.

Every node runs once, the latest recorded first, from a heap on sequence numbers, so nothing here recurses.
Unlike torch's, the walk is all or nothing: gradients are written into leaves at its end, and if it fails (or is
interrupted) every .grad is as it was.
Source of the semantics: torch/autograd/__init__.py, torch/csrc/autograd/{engine,input_buffer,accumulate_grad}.cpp.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np

from gradcli.engine import dtypes
from gradcli.engine.adjoints import copy_backwards, fit
from gradcli.engine.errors import warn
from gradcli.engine.graph import AccumulateGrad, Edge, Hook, Node, NodeHooks, any_leaf_hooks, gradient_edge
from gradcli.engine.modes import state
from gradcli.engine.size import Size
from gradcli.engine.tensor import Tensor, bump

_CYCLE = (
    "Using backward() with create_graph=True will create a reference cycle between the parameter and its gradient "
    "which can cause a memory leak. We recommend using autograd.grad when creating the graph to avoid this. If you "
    "have to use this function, make sure to reset the .grad fields of your parameters to None after use to break the "
    "cycle and avoid the leak."
)


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
    if inputs is not None and not isinstance(inputs, Tensor) and len(inputs) == 0:
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    roots = _tensors(tensors)
    targets = None if inputs is None else [_target(tensor) for tensor in _tensors(inputs)]
    gradients = _initial(roots, grad_variables if grad_tensors is None else grad_tensors)
    if create_graph:
        warn(_CYCLE)
    keep = create_graph if retain_graph is None else retain_graph
    walk = Walk(keep, create_graph)
    if targets is None:
        walk.run(roots, gradients)
    else:
        found = walk.run(roots, gradients, [edge for edge in targets if edge is not None])
        walk.commits = [
            (tensor, gradient)
            for tensor, gradient in zip(_tensors(inputs), found, strict=True)
            if gradient is not None
        ]
    walk.commit()
    return [tensor for tensor, _ in walk.commits]


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
    if not isinstance(inputs, Tensor) and len(inputs) == 0:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    roots = _tensors(outputs)
    for root in roots:
        if not isinstance(root, Tensor):
            raise AssertionError("Expected output to be a torch.Tensor")
    wanted = _tensors(inputs)
    keep = create_graph if retain_graph is None else retain_graph
    if is_grads_batched:
        return _batched(roots, wanted, _tensors(grad_outputs), keep, create_graph, bool(allow_unused))
    gradients = _initial(roots, grad_outputs, is_grad=True)
    edges = [_target(tensor) for tensor in wanted]
    found = Walk(keep, create_graph).run(roots, gradients, [edge for edge in edges if edge is not None])
    results: list[Tensor | None] = []
    for index, (tensor, gradient) in enumerate(zip(wanted, found, strict=True)):
        if gradient is not None:
            results.append(gradient if isinstance(gradient, Tensor) else Tensor(gradient))
        elif materialize_grads:
            results.append(Tensor(np.zeros_like(tensor.array)))
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
    from gradcli.engine.adjoints import stack_rows

    columns = list(zip(*rows, strict=True))
    return tuple(None if column[0] is None else stack_rows(list(column)) for column in columns)


def _tensors(value: Any) -> Sequence[Any]:
    return (value,) if isinstance(value, Tensor) or value is None else tuple(value)


def _target(tensor: Any) -> Edge | None:
    """The edge of something gradients are asked for. Raises for what is no tensor or requires no grad."""
    if not isinstance(tensor, Tensor):
        raise RuntimeError(f"all inputs have to be Tensors or GradientEdges, but got {type(tensor).__name__}")
    edge = gradient_edge(tensor)
    if edge is None:
        raise RuntimeError("One of the differentiated Tensors does not require grad")
    return edge


def _initial(roots: Sequence[Any], given: Any, is_grad: bool = False) -> list[Any]:
    """The gradients to begin with, checked as `torch.autograd._make_grads` checks them."""
    gradients = [None] * len(roots) if given is None else _tensors(given)
    if len(gradients) != len(roots):
        if len(roots) == 1 and len(gradients) > 1 and not isinstance(gradients[0], Tensor):
            raise TypeError(f"gradients can be either Tensors or None, but got {type(gradients[0]).__name__}")
        raise RuntimeError(
            f"got {len(roots)} tensors and {len(gradients)} gradients"
            if not is_grad
            else f"got {len(roots)} tensors and {len(gradients)} gradients"
        )
    return [_root_gradient(index, root, g) for index, (root, g) in enumerate(zip(roots, gradients, strict=True))]


def _root_gradient(index: int, root: Any, gradient: Any) -> Any:
    if not isinstance(root, Tensor):
        raise RuntimeError(f"element {index} of tensors does not require grad and does not have a grad_fn")
    if gradient is None:
        if not root.requires_grad:
            raise RuntimeError(f"element {index} of tensors does not require grad and does not have a grad_fn")
        if root.array.size != 1:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        if not root.dtype.is_floating_point:
            raise RuntimeError(f"grad can be implicitly created only for real scalar outputs but got {root.dtype}")
        return Tensor(np.ones_like(root.array))
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


class Walk:
    """One run of backward. `commits` are the leaves and what is to be added to their .grad."""

    def __init__(self, keep_graph: bool, create_graph: bool) -> None:
        self.keep_graph = keep_graph
        self.create_graph = create_graph
        self.commits: list[tuple[Tensor, Any]] = []
        self._undo: list[tuple[Tensor, Tensor | None, Any]] = []

    def run(self, roots: Sequence[Tensor], gradients: list[Tensor], targets: list[Edge] | None = None) -> list[Any]:
        """Walk from the roots; returns the gradients at `targets`. With targets, leaves are not written."""
        edges = [gradient_edge(root) for root in roots]
        start = [gradient if self.create_graph else gradient.array for gradient in gradients]
        captured: dict[Edge, Any] = {} if targets is None else dict.fromkeys(targets)
        needed = None if targets is None else _leading_to(edges, targets)
        grad_before, state.grad = state.grad, self.create_graph
        try:
            self._loop(_Roots(edges, start), needed, captured)
        except BaseException:
            self._roll_back()
            raise
        finally:
            state.grad = grad_before
        return [captured[edge] for edge in targets or ()]

    def _loop(self, node: Node, needed: set[Node] | None, captured: dict[Edge, Any]) -> None:
        """From the roots' node on, take the node that was recorded last, and send its gradients along its edges."""
        heap: list[int] = []
        pending: dict[int, list[Any]] = {}  # key -> gradient of each output, and the node
        owned: set[tuple[int, int]] = set()  # sums made here: the next one may be in place
        tensors, keep_graph, anomaly = self.create_graph, self.keep_graph, state.anomaly
        wanted = None if needed is None else needed | {target for target, _ in captured}
        leaves = _LeafCounts(node) if any_leaf_hooks() else None
        # The last gradient that leaves a node mostly belongs to the node that is next: it need not queue.
        direct = needed is None and leaves is None
        grads: list[Any] = []
        while True:
            pairs = node.apply(grads, tensors, wanted)
            if not keep_graph:
                node.release()
            if anomaly:
                _look_for_nan(node, pairs)
            if node.hooks is not None and node.hooks.after:
                pairs = self._run_post_hooks(node, pairs, grads)
            for edge, gradient in pairs:
                target, output_nr = edge
                shape, dtype = target.metas[output_nr]
                array = gradient.array if tensors else gradient
                if array.shape != shape or array.dtype is not dtype:
                    gradient = fit(gradient, shape, dtype)
                key = target.key
                if key in pending:
                    entry = pending[key]
                    found = entry[output_nr]
                    if found is None:
                        entry[output_nr] = gradient
                    elif tensors or (key, output_nr) not in owned:
                        total = entry[output_nr] = found + gradient
                        if total.__class__ is np.ndarray:  # a numpy scalar cannot be added to in place
                            owned.add((key, output_nr))
                    else:
                        found += gradient
                elif len(target.metas) == 1:
                    if direct and edge is pairs[-1][0] and key < 0 and (not heap or key < heap[0]) and target.hooks is None:
                        node, grads = target, [gradient]
                        break
                    pending[key] = [gradient, target]
                    heappush(heap, key)
                else:
                    pending[key] = entry = [None] * len(target.metas)
                    entry[output_nr] = gradient
                    entry.append(target)
                    heappush(heap, key)
            else:
                if leaves is not None:
                    for leaf in leaves.completed(node):
                        if leaf.key in pending:
                            self._arrive(leaf, pending.pop(leaf.key)[:1], needed, captured)
                while heap:
                    grads = pending.pop(heappop(heap), _DONE)
                    if grads is _DONE:
                        continue
                    node = grads.pop()
                    plain = needed is None and node.hooks is None and node.__class__ is not AccumulateGrad
                    if plain or self._arrive(node, grads, needed, captured):
                        break
                else:
                    return

    def _arrive(self, node: Node, grads: list[Any], needed: set[Node] | None, captured: dict[Edge, Any]) -> bool:
        """Run hooks on complete gradients, keep what was asked for; returns whether the node is to run."""
        variable = node.variable if node.__class__ is AccumulateGrad else None  # type: ignore[attr-defined]
        before = list(node.hooks.before) if node.hooks is not None else []
        if variable is not None and variable._leaf is not None:
            before = [*variable._leaf.hooks, *before]
        if before:
            self._run_pre_hooks(before, grads)
        if node.hooks is not None:
            self._retain(node.hooks, grads)
        if needed is not None:
            for output_nr, gradient in enumerate(grads):
                if (node, output_nr) in captured:
                    captured[node, output_nr] = gradient
            return node in needed
        if variable is not None:
            self._reach_leaf(variable, grads[0])
        return variable is None

    def _reach_leaf(self, variable: Tensor, gradient: Any) -> None:
        if variable._leaf is None or not variable._leaf.post_hooks:
            self.commits.append((variable, gradient))
            return
        before = variable._grad
        self._undo.append((variable, before, None if before is None else before.array.copy()))
        self._accumulate(variable, gradient)
        for hook in list(variable._leaf.post_hooks):
            hook.function(variable)

    def _roll_back(self) -> None:
        for variable, before, values in reversed(self._undo):
            variable._grad = before
            if before is not None:
                before.array[...] = values

    def commit(self) -> None:
        """Write the gradients into the leaves."""
        for variable, gradient in self.commits:
            self._accumulate(variable, gradient)

    def _accumulate(self, variable: Tensor, gradient: Any) -> None:
        before = variable._grad
        if self.create_graph:
            with_graph = gradient if isinstance(gradient, Tensor) else Tensor(gradient)
            state_before, state.grad = state.grad, True
            variable._grad = copy_backwards(with_graph) if before is None else before + with_graph
            state.grad = state_before
        elif before is None:
            # references: the commit list's tuple, this argument, the loop variable, getrefcount's own
            stealable = type(gradient) is np.ndarray and gradient.base is None and sys.getrefcount(gradient) <= 4
            if not (stealable and gradient.flags.c_contiguous):
                gradient = np.array(gradient, order="C")
            variable._grad = Tensor(gradient)
        elif variable._grad_fn is not None:
            variable._grad = Tensor(before.array + gradient)
        else:
            np.add(before.array, gradient, out=before.array)
            bump(before)

    def _retain(self, hooks: NodeHooks, grads: list[Any]) -> None:
        for output_nr, reference in hooks.retained.items():
            tensor = reference()
            if tensor is not None and grads[output_nr] is not None:
                self.commits.append((tensor, grads[output_nr]))

    def _run_pre_hooks(self, hooks: list[Hook], grads: list[Any]) -> None:
        """Run tensor hooks and node pre-hooks; they see Tensors and may replace gradients (in `grads`)."""
        for hook in hooks:
            if hook.output_nr < 0:
                result = hook.function(tuple(_as_tensor(gradient) for gradient in grads))
                if result is not None:
                    grads[:] = [self._native(gradient) for gradient in _tensors(result)]
            elif grads[hook.output_nr] is not None:
                given = _as_tensor(grads[hook.output_nr])
                result = hook.function(given)
                if result is not None:
                    grads[hook.output_nr] = self._native(_checked(hook, result, given))

    def _run_post_hooks(
        self, node: Node, pairs: list[tuple[Edge, Any]], grads: list[Any]
    ) -> list[tuple[Edge, Any]]:
        """Run a node's own hooks on what leaves it and what came; they may replace what leaves."""
        outputs = tuple(None if gradient is None else _as_tensor(gradient) for gradient in grads)
        assert node.hooks is not None
        for hook in list(node.hooks.after):
            inputs = tuple(_leaving(pairs, edge) for edge in node.edges)
            replaced = hook.function(inputs, outputs)
            if replaced is not None:
                pairs = [
                    (edge, self._native(gradient))
                    for edge, gradient in zip(node.edges, _tensors(replaced), strict=True)
                    if edge is not None and gradient is not None
                ]
        return pairs

    def _native(self, gradient: Any) -> Any:
        return gradient if self.create_graph or gradient is None else gradient.array


def _as_tensor(gradient: Any) -> Tensor:
    return gradient if isinstance(gradient, Tensor) else Tensor(gradient)


def _leaving(pairs: list[tuple[Edge, Any]], edge: Edge | None) -> Tensor | None:
    return next((_as_tensor(gradient) for sent, gradient in pairs if sent is edge), None)


def _checked(hook: Hook, result: Any, given: Tensor) -> Tensor:
    name = getattr(hook.function, "__name__", type(hook.function).__name__)
    if not isinstance(result, Tensor):
        raise TypeError(f"expected Variable, but hook returned '{type(result).__name__}'")
    if result.dtype is not given.dtype:
        raise RuntimeError(
            f"hook '{name}' has changed the type of value (was {given.dtype.tensor_type} got "
            f"{result.dtype.tensor_type})"
        )
    if result.array.shape != given.array.shape:
        raise RuntimeError(f"hook '{name}' has changed the size of value")
    return result


def _look_for_nan(node: Node, pairs: list[tuple[Edge, Any]]) -> None:
    if not state.check_nan:
        return
    for edge, gradient in pairs:
        array = gradient.array if isinstance(gradient, Tensor) else gradient
        if dtypes.of(array.dtype).is_differentiable and np.isnan(array).any():
            index = node.edges.index(edge)
            raise RuntimeError(f"Function '{node.name()}' returned nan values in its {index}th output.")


_DONE: list[Any] = []


class _Roots(Node):
    """Where a walk begins: the node whose edges lead to the roots."""

    __slots__ = ("gradients",)

    def __init__(self, edges: Sequence[Edge | None], gradients: Sequence[Any]) -> None:
        super().__init__(edges, ())
        self.gradients = gradients

    def apply(self, grads: list[Any], tensors: bool, wanted: set[Node] | None) -> list[tuple[Edge, Any]]:
        return [(edge, gradient) for edge, gradient in zip(self.edges, self.gradients, strict=True) if edge is not None]

    def name(self) -> str:
        return "torch::autograd::GraphRoot"


class _LeafCounts:
    """How many gradients each leaf still waits for: torch runs a leaf, and its hooks, as soon as it has them all.

    Without hooks nobody can tell, so that a walk counts only where a leaf has any.
    """

    def __init__(self, root: Node) -> None:
        self._waiting: dict[Node, int] = {}
        for node in _reachable([root]):
            for edge in node.edges:
                if edge is not None and edge[0].__class__ is AccumulateGrad:
                    self._waiting[edge[0]] = self._waiting.get(edge[0], 0) + 1

    def completed(self, node: Node) -> list[Node]:
        """The leaves for which `node`, which has just run, was the last one to wait for."""
        done = []
        for edge in node.edges:
            if edge is not None and edge[0] in self._waiting:
                self._waiting[edge[0]] -= 1
                if not self._waiting[edge[0]]:
                    done.append(edge[0])
        return done


def _reachable(start: Sequence[Node]) -> list[Node]:
    """All nodes from here on, the latest recorded first, so that a node comes before those that it leads to."""
    seen = set(start)
    stack = list(start)
    while stack:
        for edge in stack.pop().edges:
            if edge is not None and edge[0] not in seen:
                seen.add(edge[0])
                stack.append(edge[0])
    return sorted(seen, key=lambda node: node.key)


def _leading_to(roots: Sequence[Edge | None], targets: list[Edge]) -> set[Node]:
    """The nodes from which a target can be reached: those that must run."""
    goals = {node for node, _ in targets}
    needed: set[Node] = set()
    for node in reversed(_reachable([edge[0] for edge in roots if edge is not None])):
        if any(edge is not None and (edge[0] in needed or edge[0] in goals) for edge in node.edges):
            needed.add(node)
    return needed
