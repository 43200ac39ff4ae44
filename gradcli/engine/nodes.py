"""The node of a recorded operator call: what it saved, and how its formulas run.

Source of the semantics: torch/csrc/autograd/saved_variable.cpp.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from gradcli.engine import dtypes
from gradcli.engine.dtypes import float32_constants
from gradcli.engine.graph import Edge, Meta, Node, Pairs, sequence, short_name
from gradcli.engine.tensor import INFERENCE, Tensor

Formula = Callable[..., Any]

_FLOAT32 = np.dtype(np.float32)

ARGUMENT, RESULT, SHAPE, DTYPE = range(4)  # where a saved value comes from

FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
    "been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). "
    "Specify retain_graph=True if you need to backward through the graph a second time or if you need to access saved "
    "tensors after calling backward."
)
_TORCH_NAMES = {"input": "self", "input_shape": "self_sym_sizes"}
_INFERENCE_SAVED = (
    "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in "
    "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and use it in "
    "autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`."
)


class Plan:
    """What a node saves and which formulas it runs, for one set of inputs that require grad.

    savers: (where from, index) of each saved value. rules: (edge, formula, indices of the saved values it names).
    label: torch's name of the node. single: formulas take the gradient of one output. list_edge: the first edge of a
    list of tensors, or -1. plain: none of the rarer cases. simple: one formula of at most one saved value.
    """

    __slots__ = (
        "conjugates",
        "getter",
        "label",
        "list_edge",
        "plain",
        "refusal",
        "rules",
        "saved_names",
        "savers",
        "saves_tensors",
        "simple",
        "single",
    )

    def __init__(
        self,
        rules: Sequence[tuple[int, Formula]],
        source: Callable[[str], tuple[int, int]],
        is_tensor: Callable[[int], bool],
        *,
        label: str,
        list_edge: int,
        conjugates: bool,
        inference: bool,
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
        # The common case: arguments as they are, which itemgetter takes faster than any loop.
        indices = [index for how, index in self.savers if how == ARGUMENT]
        self.getter: Callable[[Any], Any] | None = None
        if len(indices) == len(self.savers) and list_edge < 0 and not inference:
            one = slice(indices[0], indices[0] + 1) if indices else slice(0, 0)
            self.getter = itemgetter(one) if len(indices) < 2 else itemgetter(*indices)
        self.plain = self.single and list_edge < 0 and not conjugates and not refusal
        self.simple = self.plain and len(self.rules) == 1 and len(self.savers) < 2
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

    def save(self, args: Sequence[Any], outputs: Sequence[Tensor]) -> list[Any]:
        """The values that a node keeps, in the order of `savers`."""
        saved: list[Any] = []
        for how, index in self.savers:
            if how == RESULT:
                saved.append(SavedResult(outputs[index], index))
                continue
            value = args[index]
            if how == ARGUMENT:
                if value.__class__ is list and self.list_edge >= 0:
                    value = SavedTensors(value)
                    for part in value:
                        _refuse_inference(part)
                else:
                    _refuse_inference(value)
                saved.append(value)
            else:
                array = value.array if value.__class__ is Tensor else np.asarray(value)
                saved.append(array.shape if how == SHAPE else array.dtype)
        return saved


def _refuse_inference(value: Any) -> None:
    if value.__class__ is Tensor and value._counter is INFERENCE:
        raise RuntimeError(_INFERENCE_SAVED)


class SavedResult:
    """An output that its own node needs in backward: the array without the tensor, which would make a cycle."""

    __slots__ = ("_counter", "array", "output_nr", "since")

    def __init__(self, output: Tensor, output_nr: int) -> None:
        if output._counter is None:
            output._counter = []
        self.array = output.array
        self._counter = output._counter
        self.output_nr = output_nr
        self.since = 0  # a moment from which on changes count; 0 is that of the node


class SavedTensors(tuple[Any, ...]):
    """A list of tensors among the saved values (the operands of einsum)."""

    __slots__ = ()


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
        self.saved = plan.getter(args) if plan.getter is not None else plan.save(args, outputs)

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
        if tensors or wanted is not None or not plan.plain:
            return self._apply_any(grads, tensors, wanted)
        saved = self.saved
        if saved is None:
            raise RuntimeError(FREED)
        gradient = grads[0]
        edges: Any = self.edges
        if plan.simple:
            edge, formula, picks = plan.rules[0]
            if not picks:
                return ((edges[edge], formula(gradient)),)
            value = saved[0]
            if value.__class__ is Tensor or value.__class__ is SavedResult:
                counter = value._counter
                if counter and counter[-1] < self.key:
                    self._check(value)
                value = value.array
            elif value.__class__ is float and gradient.dtype is _FLOAT32:
                value = float32_constants.get(value, value)
            return ((edges[edge], formula(gradient, value)),)
        values = []
        for value in saved:
            if value.__class__ is Tensor or value.__class__ is SavedResult:
                counter = value._counter
                if counter and counter[-1] < self.key:
                    self._check(value)
                value = value.array
            values.append(value)
        pairs = []
        for edge, formula, picks in plan.rules:
            if len(picks) == 1:
                pairs.append((edges[edge], formula(gradient, values[picks[0]])))
            elif not picks:
                pairs.append((edges[edge], formula(gradient)))
            else:
                pairs.append((edges[edge], formula(gradient, *map(values.__getitem__, picks))))
        return pairs

    def _apply_any(self, grads: list[Any], tensors: bool, wanted: set[Node] | None) -> Pairs:
        """As `apply`, with Tensors, complex numbers, several outputs, lists of inputs, or only some edges wanted."""
        plan = self.plan
        if plan.refusal:
            raise RuntimeError(plan.refusal)
        values = self._unpack(tensors)
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

    def _unpack(self, tensors: bool) -> list[Any]:
        """The saved values: Tensors under create_graph, else ndarrays. Raises RuntimeError if freed or modified."""
        if self.saved is None:
            raise RuntimeError(FREED)
        values: list[Any] = []
        for value in self.saved:
            kind = value.__class__
            if kind is Tensor or kind is SavedResult:
                counter = value._counter
                if counter and counter[-1] < self.key:
                    self._check(value)
                values.append(value.array if not tensors else value if kind is Tensor else self._attached(value))
            elif kind is SavedTensors:
                for part in value:
                    if part._counter and part._counter[-1] < self.key:
                        self._check(part)
                values.append(list(value) if tensors else [part.array for part in value])
            else:
                values.append(value)
        return values

    def _attached(self, saved: SavedResult) -> Tensor:
        output = Tensor(saved.array, True, self, saved.output_nr)
        output._counter = saved._counter
        return output

    def saved_names(self) -> tuple[str, ...]:
        return tuple(
            "self" if name == "input" else name.replace("input_shape", "self_sym_sizes")
            for name in self.plan.saved_names
        )

    def saved_value(self, name: str) -> Any:
        if name not in self.saved_names():
            return super().saved_value(name)
        return self._unpack(tensors=True)[self.saved_names().index(name)]

    def _check(self, saved: Any) -> None:
        """Raise torch's error for a saved tensor that was changed in place; it names what last wrote it."""
        counter = saved._counter
        is_result = saved.__class__ is SavedResult
        since = saved.since if is_result and saved.since else self.key
        if counter[-1] > since:
            return
        expected = sum(moment > since for moment in counter)
        writer = self if is_result else saved.grad_fn
        origin = "" if writer is None else f", which is output {saved.output_nr} of {short_name(writer)},"
        what = f"{dtypes.of(saved.array.dtype).tensor_type} {list(saved.array.shape)}"
        raise RuntimeError(
            "one of the variables needed for gradient computation has been modified by an inplace operation: "
            f"[{what}]{origin} is at version {len(counter)}; "
            f"expected version {expected} instead. Hint: enable anomaly detection to find the operation that failed to "
            "compute its gradient, with torch.autograd.set_detect_anomaly(True, check_nan=False)."
        )
