"""The node of a recorded operator call: what it saved, and how its formulas run.

Source of the semantics: torch/csrc/autograd/saved_variable.cpp.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcli.engine import dtypes
from gradcli.engine.graph import Edge, Meta, Node, sequence, short_name
from gradcli.engine.tensor import INFERENCE, Tensor

Formula = Callable[..., Any]

ARGUMENT, RESULT, SHAPE, DTYPE = range(4)  # where a saved value comes from

FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
    "been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). "
    "Specify retain_graph=True if you need to backward through the graph a second time or if you need to access saved "
    "tensors after calling backward."
)
_INFERENCE_SAVED = (
    "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in computation "
    "tracked by autograd. To work around this, you can make a clone to get a normal tensor and use it in autograd, or "
    "use `torch.no_grad()` instead of `torch.inference_mode()`."
)


class Plan:
    """What a node saves and which formulas it runs, for one set of inputs that require grad.

    savers: (where from, index) of each saved value. rules: (edge, formula, indices of the saved values it names).
    label: torch's name of the node. single: formulas take the gradient of one output. list_edge: the first edge of a list of tensors, or -1.
    """

    __slots__ = ("conjugates", "label", "list_edge", "plain", "refusal", "rules", "saved_names", "savers", "saves_tensors", "single")

    def __init__(
        self,
        rules: Sequence[tuple[int, Formula]],
        source: Callable[[str], tuple[int, int]],
        is_tensor: Callable[[int], bool],
        *,
        label: str,
        list_edge: int,
        conjugates: bool,
        refusal: str = "",
    ) -> None:
        self.label = label
        self.savers: list[tuple[int, int]] = []
        self.saved_names: list[str] = []
        self.rules = [(edge, formula, self._picks(formula, source)) for edge, formula in rules]
        self.single = all(formula.__code__.co_varnames[0] == "g" for _, formula in rules)
        self.list_edge = list_edge
        self.conjugates = conjugates
        self.refusal = refusal
        self.plain = self.single and list_edge < 0 and not conjugates and not refusal
        self.saves_tensors = any(how == RESULT or (how == ARGUMENT and is_tensor(i)) for how, i in self.savers)

    def _picks(self, formula: Formula, source: Callable[[str], tuple[int, int]]) -> tuple[int, ...]:
        code = formula.__code__
        picks = []
        for name in code.co_varnames[1 : code.co_argcount]:
            if name not in self.saved_names:
                self.saved_names.append(name)
                self.savers.append(source(name))
            picks.append(self.saved_names.index(name))
        return tuple(picks)


class SavedResult:
    """An output that its own node needs in backward: the array without the tensor, which would make a cycle."""

    __slots__ = ("array", "counter", "output_nr", "version")

    def __init__(self, output: Tensor, output_nr: int) -> None:
        if output._counter is None:
            output._counter = [0]
        self.array = output.array
        self.counter = output._counter
        self.version = self.counter[0]
        self.output_nr = output_nr

    def check(self, node: Node) -> None:
        """Raise RuntimeError if the output was changed in place since."""
        if self.counter[0] != self.version:
            raise _modified(self.array, self.counter[0], self.version, node, self.output_nr)


class SavedTensors(tuple[Any, ...]):
    """A list of tensors among the saved values (the operands of einsum)."""

    __slots__ = ()

    @property
    def version(self) -> int:
        """Of all of them: versions only grow, so the sum tells."""
        return sum(part._counter[0] for part in self if type(part) is Tensor and part._counter)


class OpNode(Node):
    """A recorded call of an operator. Its formulas come from the operator's entry, by way of a plan."""

    __slots__ = ("plan", "saved", "versions")

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
        self.key = -next(sequence)
        self.hooks = None
        self.versions: dict[int, int] | None = None
        saved: list[Any] = []
        for how, index in plan.savers:
            if how == ARGUMENT:
                value = args[index]
                if value.__class__ is Tensor:
                    if value._counter is not None:
                        self._note_version(len(saved), value._counter)
                elif value.__class__ is list and plan.list_edge >= 0:
                    value = SavedTensors(value)
                    self._note_version(len(saved), [value.version])
                saved.append(value)
            elif how == RESULT:
                saved.append(SavedResult(outputs[index], index))
            else:
                value = args[index]
                array = value.array if value.__class__ is Tensor else np.asarray(value)
                saved.append(array.shape if how == SHAPE else array.dtype)
        self.saved: list[Any] | None = saved

    def _note_version(self, position: int, counter: list[int]) -> None:
        if counter is INFERENCE:
            raise RuntimeError(_INFERENCE_SAVED)
        if counter[0]:
            self.versions = self.versions or {}
            self.versions[position] = counter[0]

    def name(self) -> str:
        return self.plan.label

    def release(self) -> None:
        if self.plan.saves_tensors:
            self.saved = None

    def apply(self, grads: list[Any], tensors: bool, wanted: set[Node] | None) -> Sequence[Any]:
        plan = self.plan
        if tensors or wanted is not None or not plan.plain:
            return self._apply_any(grads, tensors, wanted)
        if self.saved is None:
            raise RuntimeError(FREED)
        values = []
        for value in self.saved:
            if value.__class__ is Tensor:
                if value._counter is not None:
                    self._check_version(len(values), value._counter[0], value)
                values.append(value.array)
            elif value.__class__ is SavedResult:
                value.check(self)
                values.append(value.array)
            else:
                values.append(value)
        gradient = grads[0]
        results = [None] * len(self.edges)
        for edge, formula, picks in plan.rules:
            if len(picks) == 1:
                results[edge] = formula(gradient, values[picks[0]])
            else:
                results[edge] = formula(gradient, *[values[pick] for pick in picks])
        return results

    def _apply_any(self, grads: list[Any], tensors: bool, wanted: set[Node] | None) -> Sequence[Any]:
        """As `apply`, with Tensors, complex numbers, several outputs, lists of inputs, or only some edges wanted."""
        plan = self.plan
        if plan.refusal:
            raise RuntimeError(plan.refusal)
        values = self._unpack(tensors)
        gradient = grads[0] if plan.single else self._materialized(grads, tensors)
        if plan.conjugates:
            gradient = gradient.conj() if plan.single else [part.conj() for part in gradient]
        results: list[Any] = [None] * len(self.edges)
        for edge, formula, picks in plan.rules:
            if wanted is not None and not self._leads_to(wanted, edge):
                continue
            result = formula(gradient, *[values[pick] for pick in picks])
            if plan.conjugates and result is not None:
                result = [part.conj() for part in result] if edge == plan.list_edge else result.conj()
            if edge == plan.list_edge:
                results[edge:] = result
            else:
                results[edge] = result
        return results

    def _leads_to(self, wanted: set[Node], edge: int) -> bool:
        edges = self.edges[edge:] if edge == self.plan.list_edge else self.edges[edge : edge + 1]
        return any(edge is not None and edge[0] in wanted for edge in edges)

    def _materialized(self, grads: list[Any], tensors: bool) -> list[Any]:
        """Zeros for the outputs that no gradient came from."""
        full = [np.zeros(*meta) if g is None else g for g, meta in zip(grads, self.metas, strict=True)]
        return [g if type(g) is Tensor else Tensor(g) for g in full] if tensors else full

    def _unpack(self, tensors: bool) -> list[Any]:
        """The saved values: Tensors under create_graph, else ndarrays. Raises RuntimeError if freed or modified."""
        if self.saved is None:
            raise RuntimeError(FREED)
        values = []
        for position, value in enumerate(self.saved):
            kind = value.__class__
            if kind is Tensor:
                if value._counter is not None:
                    self._check_version(position, value._counter[0], value)
                values.append(value if tensors else value.array)
            elif kind is SavedResult:
                value.check(self)
                values.append(self._attached(value) if tensors else value.array)
            elif kind is SavedTensors:
                self._check_version(position, value.version, value[0])
                values.append(list(value) if tensors else [part.array for part in value])
            else:
                values.append(value)
        return values

    def _check_version(self, position: int, version: int, owner: Tensor) -> None:
        expected = self.versions.get(position, 0) if self.versions else 0
        if version != expected:
            raise _modified(owner.array, version, expected, owner.grad_fn, owner.output_nr)

    def _attached(self, saved: SavedResult) -> Tensor:
        output = Tensor(saved.array, True, self, saved.output_nr)
        output._counter = saved.counter
        return output

    def saved_names(self) -> tuple[str, ...]:
        return tuple(
            "self" if name == "input" else name.replace("input_shape", "self_sym_sizes") for name in self.plan.saved_names
        )

    def saved_value(self, name: str) -> Any:
        if name not in self.saved_names():
            return super().saved_value(name)
        return self._unpack(tensors=True)[self.saved_names().index(name)]


def _modified(
    array: np.ndarray[Any, Any], version: int, expected: int, writer: Node | None, output_nr: int
) -> RuntimeError:
    """torch's error for a saved tensor that was changed in place; names what last wrote it, unless it is a leaf."""
    origin = "" if writer is None else f", which is output {output_nr} of {short_name(writer)},"
    return RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"[{dtypes.of(array.dtype).tensor_type} {list(array.shape)}]{origin} is at version {version}; "
        f"expected version {expected} instead. Hint: enable anomaly detection to find the operation that failed to "
        "compute its gradient, with torch.autograd.set_detect_anomaly(True, check_nan=False)."
    )
