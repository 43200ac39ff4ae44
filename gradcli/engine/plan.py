"""What a node saves and how its formulas run, worked out once for an operator and a set of inputs that require grad."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine import packing
from gradcli.engine.graph import INFERENCE
from gradcli.engine.tensor import Tensor

if TYPE_CHECKING:
    from gradcli.engine.graph import Node

Formula = Callable[..., Any]

ARGUMENT, RESULT, SHAPE, DTYPE = range(4)  # where a saved value comes from
# Which of the first two arguments, or that the result, is all that is saved.
NOTHING, FIRST, SECOND, BOTH, OUTCOME, OTHER = range(6)
UNNAMED, SEVERAL = -1, -2  # of the saved values, a formula names none, or more than one

_TAKES = {
    (): NOTHING,
    ((ARGUMENT, 0),): FIRST,
    ((ARGUMENT, 1),): SECOND,
    ((ARGUMENT, 0), (ARGUMENT, 1)): BOTH,
    ((RESULT, 0),): OUTCOME,
}
_INFERENCE_SAVED = (
    "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in "
    "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and use it in "
    "autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`."
)


class Plan:
    """What a node saves and which formulas it runs, for one set of inputs that require grad.

    savers: (where from, index) of each saved value. rules: (edge, formula, indices of the saved values it names).
    array_rules: the same for ndarrays, (edge, formula, index or UNNAMED or SEVERAL, indices). constants: what the
    formulas name besides, by name. takes: the savers in a word, where they are plain. label: torch's name of the node.
    single: formulas take the gradient of one output. list_edge: the first edge of a list of tensors, or -1.
    torch_order: the saved values as torch saves them and hooks see them: inputs by name, then results.
    plain: none of the rarer cases. keeps_shape: a gradient leaves in the shape and type in which it came.
    """

    __slots__ = (
        "array_rules",
        "conjugates",
        "constants",
        "keeps_shape",
        "label",
        "list_edge",
        "plain",
        "refusal",
        "rules",
        "saved_names",
        "savers",
        "saves_tensors",
        "single",
        "takes",
        "torch_order",
    )

    def __init__(
        self,
        formulas: Sequence[tuple[int, Formula]],
        source: Callable[[str], tuple[int, int]],
        is_tensor: Callable[[int], bool],
        *,
        label: str,
        list_edge: int,
        conjugates: bool,
        careful: bool,
        refusal: str,
        keeps_shape: bool,
        constants: Mapping[str, Any],
    ) -> None:
        self.label = label
        self.constants: dict[str, Any] = {}
        bound = [(edge, *self._bound(formula, constants)) for edge, formula in formulas]
        named = {name: source(name) for _, _, names in bound for name in names}
        self.saved_names = sorted(named, key=lambda name: named[name])
        self.savers = [named[name] for name in self.saved_names]
        self.torch_order = sorted(
            range(len(self.savers)),
            key=lambda place: (self.savers[place][0] == RESULT, self.saved_names[place].replace("input", "self")),
        )
        self.rules = [
            (edge, formula, tuple(self.saved_names.index(name) for name in names)) for edge, formula, names in bound
        ]
        self.array_rules = [
            (edge, _on_arrays(formula), (*picks, UNNAMED)[0] if len(picks) < 2 else SEVERAL, picks)
            for edge, formula, picks in self.rules
        ]
        self.single = all(formula.__code__.co_varnames[0] == "g" for _, formula in formulas)
        self.list_edge = list_edge
        self.conjugates = conjugates
        self.refusal = refusal
        self.keeps_shape = keeps_shape
        self.takes = OTHER if careful or list_edge >= 0 else _TAKES.get(tuple(self.savers), OTHER)
        self.plain = self.single and list_edge < 0 and not conjugates and not refusal and not careful
        # `indices` are arrays here and tensors in torch
        self.saves_tensors = any(
            how == RESULT or (how == ARGUMENT and (is_tensor(i) or name == "indices"))
            for name, (how, i) in zip(self.saved_names, self.savers, strict=True)
        )

    def _bound(self, formula: Formula, constants: Mapping[str, Any]) -> tuple[Formula, list[str]]:
        """The formula with its last parameters bound, as far as they are constants, and the names of the others."""
        code = formula.__code__
        names = list(code.co_varnames[1 : code.co_argcount])
        values: list[Any] = []
        while names and names[-1] in constants:
            name = names.pop()
            self.constants[name] = constants[name]
            values.insert(0, constants[name])
        if values:
            formula = FunctionType(code, formula.__globals__, code.co_name, tuple(values), formula.__closure__)
        return formula, names

    def save(self, args: Sequence[Any], outputs: Sequence[Tensor], node: Node) -> list[Any]:
        """The values that `node` keeps, in the order of `savers`."""
        if packing.stack:
            return self._packed(args, outputs, node)
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
                        refuse_inference(part)
                else:
                    refuse_inference(value)
                saved.append(value)
            else:
                array = value.array if value.__class__ is Tensor else np.asarray(value)
                saved.append(array.shape if how == SHAPE else array.dtype)
        return saved

    def _packed(self, args: Sequence[Any], outputs: Sequence[Tensor], node: Node) -> list[Any]:
        """The same, as the hooks on saved tensors make of it; they see tensors in torch's order."""
        hooks, packing.stack[:] = packing.stack[:], []
        try:
            saved = self.save(args, outputs, node)
        finally:
            packing.stack[:] = hooks
        for place in self.torch_order:
            value = saved[place]
            if isinstance(value, SavedTensors):
                saved[place] = SavedTensors(packing.packed(part, node) for part in value)
            elif isinstance(value, SavedResult):
                saved[place] = packing.packed(value.tensor(node), node)
            elif isinstance(value, Tensor):
                saved[place] = packing.packed(value, node)
        return saved


def _on_arrays(formula: Formula) -> Formula:
    """A formula whose operators are their kernels: on ndarrays there is nothing else to a call of one."""
    scope = formula.__globals__
    kernels = {
        name: scope[name].bare
        for name in formula.__code__.co_names
        if getattr(scope.get(name), "bare", None) is not None
    }
    if not kernels:
        return formula
    code = formula.__code__
    return FunctionType(code, {**scope, **kernels}, code.co_name, formula.__defaults__, formula.__closure__)


def refuse_inference(value: Any) -> None:
    """Raise RuntimeError for a tensor of inference mode, which no node may save."""
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

    def tensor(self, node: Node) -> Tensor:
        """The output again, as `node` has made it."""
        output = Tensor(self.array, True, node, self.output_nr)
        output._counter = self._counter
        return output


class SavedTensors(tuple[Any, ...]):
    """A list of tensors among the saved values (the operands of einsum)."""

    __slots__ = ()
