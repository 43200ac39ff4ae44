"""The node of a recorded operator call: what it saved, and how its formulas run.

Source of the semantics: torch/csrc/autograd/saved_variable.cpp.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcli.engine import dtypes
from gradcli.engine.graph import Edge, Meta, Node, Pairs, sequence, short_name
from gradcli.engine.modes import state
from gradcli.engine.packing import Packed
from gradcli.engine.plan import Plan, SavedResult, SavedTensors
from gradcli.engine.tensor import Tensor

_FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
    "been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). "
    "Specify retain_graph=True if you need to backward through the graph a second time or if you need to access saved "
    "tensors after calling backward."
)


def freed(node: Node) -> RuntimeError:
    """torch's error for a graph that was freed; for whoever reports it, with the moment at which the node was made."""
    error = RuntimeError(_FREED)
    error.__dict__["freed"] = node.key
    return error


class OpNode(Node):
    """A recorded call of an operator. Its formulas come from the operator's entry, by way of a plan."""

    __slots__ = ("plan", "saved")

    saved: Sequence[Any] | None

    def __init__(
        self,
        plan: Plan,
        edges: Sequence[Edge | None],
        metas: tuple[Meta, ...],
        args: Sequence[Any],
        outputs: Sequence[Tensor],
    ) -> None:
        self.plan = plan
        self.edges = edges
        self.metas = metas
        self.key = next(sequence)
        self.hooks = None
        self.saved = plan.save(args, outputs, self)

    def renew_results(self) -> None:
        """The outputs were written in place just now: what was saved of them is not out of date."""
        for value in self.saved or ():
            if value.__class__ is SavedResult:
                value.since = next(sequence)

    def name(self) -> str:
        return self.plan.label

    def release(self) -> None:
        if self.plan.saves_tensors:
            self.saved = None

    def apply(self, grads: list[Any], tensors: bool, wanted: set[Node] | None) -> Pairs:
        plan = self.plan
        if plan.refusal:
            raise RuntimeError(plan.refusal)
        values = self.unpack(tensors)
        gradient: Any = grads[0] if plan.single else self._materialized(grads, tensors)
        if plan.conjugates:
            gradient = gradient.conj() if plan.single else [part.conj() for part in gradient]
        pairs: list[tuple[Edge, Any]] = []
        for position, formula, picks in plan.rules:
            is_list = position == plan.list_edge
            edges = self.edges[position:] if is_list else (self.edges[position],)
            if wanted is not None and not any(edge is not None and edge[0] in wanted for edge in edges):
                continue
            result = formula(gradient, *[values[pick] for pick in picks])
            for edge, part in zip(edges, result if is_list else (result,), strict=True):
                if edge is None or part is None:
                    continue
                if tensors and part.__class__ is not Tensor:  # a constant, such as zeros
                    part = Tensor(part)
                pairs.append((edge, part.conj() if plan.conjugates else part))
        return pairs

    def _materialized(self, grads: list[Any], tensors: bool) -> list[Any]:
        """Zeros for the outputs that no gradient came from."""
        full = [np.zeros(*meta) if g is None else g for g, meta in zip(grads, self.metas, strict=True)]
        return [g if type(g) is Tensor else Tensor(g) for g in full] if tensors else full

    def unpack(self, tensors: bool) -> list[Any]:
        """The saved values: Tensors under create_graph, else ndarrays. Raises RuntimeError if freed or modified."""
        if self.saved is None:
            raise freed(self)
        values: list[Any] = []
        for value in self._unpacked(self.saved) if state.careful else self.saved:
            kind = value.__class__
            if kind is Tensor or kind is SavedResult:
                counter = value._counter
                if counter and counter[-1] < self.key:
                    self.check_unmodified(value)
                values.append(value.array if not tensors else value if kind is Tensor else value.tensor(self))
            elif kind is SavedTensors:
                for part in value:
                    if part._counter and part._counter[-1] < self.key:
                        self.check_unmodified(part)
                values.append(list(value) if tensors else [part.array for part in value])
            else:
                values.append(value)
        return values

    def _unpacked(self, saved: Sequence[Any]) -> list[Any]:
        """What was saved, as the hooks on saved tensors give it back; they see tensors in torch's order."""
        values = list(saved)
        for place in self.plan.torch_order:
            value = values[place]
            if value.__class__ is Packed:
                values[place] = value.tensor(self)
            elif value.__class__ is SavedTensors:
                values[place] = SavedTensors(part.tensor(self) if part.__class__ is Packed else part for part in value)
        return values

    def saved_names(self) -> tuple[str, ...]:
        return tuple(self._saved())

    def saved_value(self, name: str) -> Any:
        found = self._saved().get(name)
        if found is None:
            return super().saved_value(name)
        position, constant = found
        values = self.unpack(tensors=True)
        return constant if position < 0 else values[position]

    def _saved(self) -> dict[str, tuple[int, Any]]:
        """torch's name of each value that the formulas name -> its position among the saved ones, or the constant."""
        named = {name: (position, None) for position, name in enumerate(self.plan.saved_names)}
        named |= {name: (-1, value) for name, value in self.plan.constants.items()}
        return {
            "self" if name == "input" else name.replace("input_shape", "self_sym_sizes"): found
            for name, found in named.items()
        }

    def check_unmodified(self, saved: Any) -> None:
        """Raise torch's error for a saved tensor that was changed in place since."""
        since = saved.since if saved.__class__ is SavedResult and saved.since else self.key
        check_unmodified(self, saved, since)


def check_unmodified(node: Node, saved: Any, since: int) -> None:
    """Raise torch's error if what `node` saved was changed in place after the moment `since`; it names what wrote it.

    saved: a Tensor, or the SavedResult of an output of the node.
    """
    counter = saved._counter
    if not counter or counter[-1] > since:
        return
    expected = sum(moment > since for moment in counter)
    writer = node if saved.__class__ is SavedResult else saved.grad_fn
    origin = "" if writer is None else f", which is output {saved.output_nr} of {short_name(writer)},"
    what = f"{dtypes.of(saved.array.dtype).tensor_type} {list(saved.array.shape)}"
    error = RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"[{what}]{origin} is at version {len(counter)}; "
        f"expected version {expected} instead. Hint: enable anomaly detection to find the operation that failed to "
        "compute its gradient, with torch.autograd.set_detect_anomaly(True, check_nan=False)."
    )
    # For whoever reports it: who needs the old values, and the moments at which they were changed.
    error.__dict__["modified"] = (node.name(), [moment for moment in counter if moment <= since])
    raise error
