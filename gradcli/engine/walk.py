"""The walk over the graph: every node once, the latest recorded first, from a heap on sequence numbers.

Nothing here recurses. Unlike torch's, the walk is all or nothing: gradients are written into leaves at its end, and if
it fails (or is interrupted) every .grad is as it was.
Source of the semantics: torch/csrc/autograd/{engine,input_buffer}.cpp, functions/accumulate_grad.cpp.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np

from gradcli.engine import dtypes, hook_calls
from gradcli.engine.adjoints import copy_backwards, fit, kept_gradient
from gradcli.engine.dtypes import float32_constants
from gradcli.engine.graph import AccumulateGrad, Edge, Node, NodeHooks, Pairs, any_leaf_hooks, reachable
from gradcli.engine.hook_calls import Running
from gradcli.engine.modes import state
from gradcli.engine.nodes import OpNode, freed
from gradcli.engine.plan import UNNAMED, Plan, SavedResult
from gradcli.engine.tensor import Tensor, bump

_FLOAT32 = np.dtype(np.float32)


class Walk(Running):
    """One run of backward, from the roots' edges, to where the targets are, if given.

    commits: the leaves and what is to be added to their .grad; with targets these are none, unless `accumulate`: then
    those among the targets are.
    """

    def __init__(
        self,
        edges: Sequence[Edge | None],
        targets: Sequence[Edge | None] | None,
        *,
        keep_graph: bool,
        create_graph: bool,
        accumulate: bool,
    ) -> None:
        if targets is None:
            super().__init__(edges, None, {})
        else:
            goals = [edge for edge in targets if edge is not None]
            needed = _leading_to(edges, goals)
            if accumulate:
                needed.update(node for node, _ in goals)
            super().__init__(edges, needed, {} if accumulate else dict.fromkeys(goals))
        self.keep_graph = keep_graph
        self.create_graph = create_graph
        self.commits: list[tuple[Tensor, Any]] = []
        self._undo: list[tuple[Tensor, Tensor | None, Any]] = []

    def run(self, gradients: list[Tensor]) -> dict[Edge, Any]:
        """Walk, with these gradients of the roots; returns those at the targets, None for one that was not reached."""
        start = [gradient if self.create_graph else gradient.array for gradient in gradients]
        grad_before, state.grad = state.grad, self.create_graph
        hook_calls.running.append(self)
        try:
            self._loop(_Roots(self.edges, start), self.needed, self.captured)
        except BaseException:
            self._roll_back()
            raise
        finally:
            hook_calls.running.pop()
            state.grad = grad_before
        return self.captured

    def _loop(  # noqa: C901 - the hot path of backward: calls would cost more than the work
        self, node: Any, needed: set[Node] | None, captured: dict[Edge, Any]
    ) -> None:
        """From the roots' node on, take the node that was recorded last, and send its gradients along its edges."""
        heap: list[int] = []
        pending: dict[int, list[Any]] = {}  # key -> gradient of each output, and the node
        owned: set[int] = set()  # keys of nodes whose gradient is a sum made here: the next one may be in place
        tensors, keep_graph, anomaly = self.create_graph, self.keep_graph, state.anomaly
        wanted = None if needed is None else needed | {target for target, _ in captured}
        leaves = _LeafCounts(node) if any_leaf_hooks() else None
        direct = needed is None and leaves is None
        on_arrays = not tensors and not anomaly
        held: Node | None  # a node whose gradient need not queue, as it is likely to be next
        held_gradient: Any = None
        grads: list[Any] = []
        plan: Plan | None
        while True:
            # Most nodes' formulas are run here, the rest of them by the node.
            if on_arrays and node.__class__ is OpNode and node.plan.plain and node.hooks is None:
                plan, edges = node.plan, node.edges
                saved: Any = node.saved
                if saved is None:
                    raise freed(node)
                arriving = grads[0]
                steps: Any = plan.array_rules
                fits = plan.keeps_shape
            else:
                plan, fits = None, False
                steps = node.apply(grads, tensors, wanted)
                if not keep_graph:
                    node.release()
                if anomaly:
                    _look_for_nan(node, steps)
                if node.hooks is not None and node.hooks.after:
                    steps = hook_calls.after_node(node, steps, grads, self._native)
            held = None
            for step in steps:
                if plan is None:
                    edge, gradient = step
                    if edge is None:  # the input is a view that was taken under no_grad
                        continue
                else:
                    position, formula, pick, picks = step
                    edge = edges[position]
                    if edge is None or (wanted is not None and edge[0] not in wanted):
                        continue
                    if pick >= 0:
                        value = saved[pick]
                        kind = value.__class__
                        if kind is Tensor or kind is SavedResult:
                            counter = value._counter
                            if counter and counter[-1] < node.key:
                                node.check_unmodified(value)
                            value = value.array
                        elif kind is float and arriving.dtype is _FLOAT32:
                            value = float32_constants.get(value, value)
                        gradient = formula(arriving, value)
                    elif pick == UNNAMED:
                        gradient = formula(arriving)
                    else:
                        values = node.unpack(tensors=False)
                        gradient = formula(arriving, *[values[index] for index in picks])
                target, output_nr = edge
                if not fits:
                    if gradient is None:  # a formula that has no gradient for these arguments
                        continue
                    shape, dtype = target.metas[output_nr]
                    array = gradient.array if tensors else gradient
                    if array.shape != shape or array.dtype is not dtype:
                        gradient = fit(gradient, shape, dtype)
                key = target.key
                if held is not None:
                    if key == held.key:
                        pending[key] = [held_gradient, held]
                        heappush(heap, key)
                        held = None
                elif direct and key < 0 and (not heap or key < heap[0]):  # so that nothing is pending for it
                    if target.hooks is None and len(target.metas) == 1:
                        held, held_gradient = target, gradient
                        continue
                entry = pending.get(key)
                if entry is None:
                    if len(target.metas) > 1:
                        pending[key] = entry = [None] * len(target.metas)
                        entry[output_nr] = gradient
                        entry.append(target)
                    else:
                        pending[key] = [gradient, target]
                    heappush(heap, key)
                    continue
                found = entry[output_nr]
                if found is None:
                    entry[output_nr] = gradient
                elif not tensors and key in owned and output_nr == 0:
                    found += gradient
                else:
                    total = entry[output_nr] = found + gradient
                    if output_nr == 0 and total.__class__ is np.ndarray:  # a numpy scalar is not added to in place
                        owned.add(key)
            if plan is not None and plan.saves_tensors and not keep_graph:
                node.saved = None
            if held is not None:
                if not heap or held.key < heap[0]:
                    node, grads = held, [held_gradient]
                    continue
                pending[held.key] = [held_gradient, held]
                heappush(heap, held.key)
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
        """Run hooks on complete gradients, keep what was asked for; returns whether the node is to run.

        As in torch (engine.cpp, evaluate_function) what is asked for of a node that is to run is kept before its hooks.
        """
        if needed is None and node.hooks is None and isinstance(node, AccumulateGrad):
            leaf = node.variable._leaf
            if leaf is None or not leaf.hooks:  # most leaves, at every step of a loop
                self._reach_leaf(node, grads[0])
                return False
        runs = needed is None or node in needed
        asked = [output_nr for output_nr in range(len(grads)) if (node, output_nr) in captured] if captured else ()
        if not runs and asked:
            self._run_tensor_hooks(node, grads)
        for output_nr in asked:
            captured[node, output_nr] = grads[output_nr]
        if not runs:
            return False
        self._run_tensor_hooks(node, grads)
        if node.hooks is not None:
            hook_calls.before_node(node.hooks.before, grads, self._native)
        if isinstance(node, AccumulateGrad):
            self._reach_leaf(node, grads[0])
            return False
        return True

    def _run_tensor_hooks(self, node: Node, grads: list[Any]) -> None:
        if isinstance(node, AccumulateGrad) and node.variable._leaf is not None:
            hook_calls.on_tensors(node.variable._leaf.hooks, grads, self._native)
        if node.hooks is not None:
            hook_calls.on_tensors(node.hooks.before, grads, self._native)
            self._retain(node.hooks, grads)

    def _reach_leaf(self, node: AccumulateGrad, gradient: Any) -> None:
        variable, leaf = node.variable, node.variable._leaf
        if variable._grad_fn is not None:
            raise RuntimeError("leaf variable has been moved into the graph interior")
        if not variable._requires_grad:  # it was detached after it was used
            return
        if (leaf is None or not leaf.post_hooks) and (node.hooks is None or not node.hooks.after):
            self.commits.append((variable, gradient))
            return
        before = variable._grad
        self._undo.append((variable, before, None if before is None else before.array.copy()))
        self._accumulate(variable, gradient)
        hook_calls.after_accumulation([] if leaf is None else leaf.post_hooks, variable)
        hook_calls.after_node(node, (), [gradient], self._native)

    def _roll_back(self) -> None:
        for variable, before, values in reversed(self._undo):
            variable._grad = before
            if before is not None:
                before.array[...] = values

    def commit(self) -> None:
        """Write the gradients into the leaves: all of them, also if Ctrl-C comes in between."""
        state.writing = True
        try:
            for variable, gradient in self.commits:
                self._accumulate(variable, gradient)
        finally:
            state.written()

    def _accumulate(self, variable: Tensor, gradient: Any) -> None:
        before = variable._grad
        if self.create_graph:
            with_graph = gradient if isinstance(gradient, Tensor) else Tensor(gradient)
            state_before, state.grad = state.grad, True
            if before is not None:
                variable._grad = before + with_graph
            elif variable._grad_fn is not None:
                variable._grad = kept_gradient(with_graph)
            else:
                variable._grad = copy_backwards(Tensor(with_graph.array), with_graph)
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
            gradient = grads[output_nr]
            if tensor is not None and gradient is not None:  # a copy: hooks further on may change what goes on
                self.commits.append((tensor, gradient if self.create_graph else gradient.copy()))

    def _native(self, gradient: Any) -> Any:
        return gradient if self.create_graph or gradient is None else gradient.array


def _look_for_nan(node: Node, pairs: Pairs) -> None:
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

    def apply(self, grads: list[Any], tensors: bool, wanted: set[Node] | None) -> Pairs:
        return [(edge, gradient) for edge, gradient in zip(self.edges, self.gradients, strict=True) if edge is not None]

    def name(self) -> str:
        return "torch::autograd::GraphRoot"


class _LeafCounts:
    """How many gradients each leaf still waits for: torch runs a leaf, and its hooks, as soon as it has them all.

    Without hooks nobody can tell, so that a walk counts only where a leaf has any.
    """

    def __init__(self, root: Node) -> None:
        self._waiting: dict[Node, int] = {}
        for node in reachable([root]):
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


def _leading_to(roots: Sequence[Edge | None], targets: list[Edge]) -> set[Node]:
    """The nodes from which a target can be reached: those that must run."""
    goals = {node for node, _ in targets}
    needed: set[Node] = set()
    for node in reversed(reachable([edge[0] for edge in roots if edge is not None])):
        if any(edge is not None and (edge[0] in needed or edge[0] in goals) for edge in node.edges):
            needed.add(node)
    return needed
