"""torch.autograd.Function: operations whose forward and backward a program writes itself.

The node of a call is the `ctx` that forward and backward are handed.
Source of the semantics: torch/csrc/autograd/{python_function,custom_function}.cpp, torch/autograd/function.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from gradcli.engine import packing
from gradcli.engine.errors import warn
from gradcli.engine.graph import INFERENCE, Edge, Meta, Node, Pairs, gradient_edge, sequence
from gradcli.engine.kinds import type_name
from gradcli.engine.modes import no_grad, state
from gradcli.engine.nodes import check_unmodified, freed
from gradcli.engine.packing import Packed
from gradcli.engine.plan import SavedResult, refuse_inference
from gradcli.engine.tensor import Tensor, bump
from gradcli.engine.views import IN_CUSTOM_FUNCTION, MULTI_OUTPUT, make_view, rebase_history

_NO_META: Meta = ((), np.dtype(np.float32))  # of an output that is no tensor
_SAVED_INPUT_RETURNED = (
    "An input that has been returned as-is as output is being saved for backward. This is not supported if you "
    "override setup_context. You should return and save a view of the input instead, e.g. with x.view_as(x) or setup "
    "ctx inside the forward function itself."
)
_DIRTY_VIEW = (
    "If your Function modifies inplace an input that is a view of another Tensor, your Function cannot return more "
    "than one Tensor. This is not supported by the current autograd engine. You should either make sure the input is "
    "not a view (using .clone() for example) or make your Function only return one Tensor (potentially splitting it "
    "into two Functions: one doing the inplace that returns a single Tensor and a second one that does the other "
    "operations). You can ask on the forum https://discuss.pytorch.org/ if you need help to do this change."
)


class Definition(NamedTuple):
    """What a program's class says. setup_context is None where forward takes ctx itself.

    bind: the arguments of a call with forward's defaults, for setup_context.
    """

    name: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    setup_context: Callable[..., Any] | None
    bind: Callable[[tuple[Any, ...], dict[str, Any]], tuple[tuple[Any, ...], dict[str, Any]]]


class FunctionNode(Node):
    """One call of a custom Function: the node in the graph, and the `ctx` of its forward and backward.

    fields: the attributes that the program sets. saved: what save_for_backward kept; None once freed. since: the
    moment from which on changes of it count. tensor_inputs: of each argument, whether it is a tensor.
    """

    __slots__ = (
        "_owner",
        "definition",
        "dirty",
        "fields",
        "materialize",
        "needs_input_grad",
        "non_differentiable",
        "saved",
        "since",
        "tensor_inputs",
        "to_save",
    )

    def __init__(self, definition: Definition, args: tuple[Any, ...]) -> None:
        tensors = [value for value in args if isinstance(value, Tensor)]
        records = state.grad and any(value.requires_grad for value in tensors)
        super().__init__([gradient_edge(value) if records else None for value in tensors], ())
        self.definition = definition
        self.fields: dict[str, Any] = {}
        self.tensor_inputs = [isinstance(value, Tensor) for value in args]
        self.needs_input_grad = tuple(isinstance(value, Tensor) and value.requires_grad for value in args)
        self.to_save: tuple[Any, ...] = ()
        self.dirty: tuple[Any, ...] = ()
        self.non_differentiable: tuple[Any, ...] = ()
        self.materialize = True
        self.saved: list[Any] | None = []
        self.since = self.key

    def name(self) -> str:
        return f"{self.definition.name}Backward"

    def __repr__(self) -> str:
        return f"<torch.autograd.function.{self.name()} object at {hex(id(self))}>"

    # What forward says of its arguments

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors (or None) for backward, which finds them in `saved_tensors`."""
        self.to_save = tensors

    def mark_dirty(self, *args: Any) -> None:
        """Say which inputs were changed in place; all of them must be outputs."""
        self.dirty = args

    def mark_non_differentiable(self, *args: Any) -> None:
        """Say which outputs have no gradient."""
        self.non_differentiable = args

    def set_materialize_grads(self, value: bool) -> None:
        """Whether backward gets zeros for outputs that no gradient came from (otherwise None)."""
        if type(value) is not bool:
            raise TypeError(
                "set_materialize_grads received an invalid combination of arguments - got (), but expected (bool)"
            )
        self.materialize = value

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What was saved. Raises RuntimeError if it was freed, or changed in place since."""
        if self.saved is None:
            raise freed(self)
        return tuple(self._unpacked(value) for value in self.saved)

    def _unpacked(self, saved: Any) -> Tensor | None:
        if isinstance(saved, Packed):
            return saved.tensor(self)
        if saved is not None:
            check_unmodified(self, saved, self.since)
        return saved.tensor(self) if isinstance(saved, SavedResult) else saved

    # After forward

    def keep(self) -> None:
        """Take hold of what forward saved. Raises TypeError for what is no tensor."""
        saved: list[Any] = []
        for index, value in enumerate(self.to_save):
            if value is not None and not isinstance(value, Tensor):
                kind = type_name(value)
                raise TypeError(f"save_for_backward can only save variables, but argument {index} is of type {kind}")
            refuse_inference(value)
            if value is not None and packing.stack:
                saved.append(packing.packed(value, self))
            elif value is not None and value._grad_fn is self:
                saved.append(SavedResult(value, value.output_nr))
            else:
                saved.append(value)
        self.saved, self.since = saved, next(sequence)
        self.forget_marks()

    def forget_marks(self) -> None:
        """Let go of the tensors that forward named: an output among them would refer to its own node."""
        self.to_save = self.dirty = self.non_differentiable = ()

    # In backward

    def release(self) -> None:
        self.saved = None if self.saved else self.saved

    def apply(self, grads: list[Any], tensors: bool, wanted: set[Node] | None) -> Pairs:
        given = [self._gradient(gradient, meta) for gradient, meta in zip(grads, self.metas, strict=True)]
        results = self.definition.backward(self, *given)
        pairs: list[tuple[Edge | None, Any]] = []
        edges = iter(self.edges)
        for index, (gradient, is_tensor) in enumerate(zip(self._counted(results), self.tensor_inputs, strict=True)):
            if not is_tensor:
                if gradient is not None:
                    raise RuntimeError(
                        f"function {self.name()} returned a gradient different than None at position {index + 1}, but "
                        "the corresponding forward input was not a Variable"
                    )
                continue
            edge = next(edges)
            if gradient is None:
                continue
            if not isinstance(gradient, Tensor):
                raise RuntimeError(f"expected Variable or None (got {type_name(gradient)})")
            if edge is not None:
                self._check_shape(index, gradient, edge)
                pairs.append((edge, gradient if tensors else gradient.array))
        return pairs

    def _gradient(self, gradient: Any, meta: Meta) -> Tensor | None:
        if gradient is None:
            return Tensor(np.zeros(*meta)) if self.materialize and meta is not _NO_META else None
        return gradient if isinstance(gradient, Tensor) else Tensor(gradient)

    def _counted(self, results: Any) -> tuple[Any, ...]:
        """The gradients, one an argument: more of them are welcome if they are None."""
        found = results if type(results) is tuple else (results,)
        expected = len(self.tensor_inputs)
        if len(found) > expected and all(extra is None for extra in found[expected:]):
            found = found[:expected]
        if len(found) != expected:
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected {expected}, got "
                f"{len(found)})"
            )
        return found

    def _check_shape(self, index: int, gradient: Tensor, edge: Edge) -> None:
        """Raise RuntimeError for a gradient that cannot be summed to its input's shape."""
        (shape, _), given = edge[0].metas[edge[1]], gradient.array.shape
        lead = len(given) - len(shape)
        if lead < 0 or any(n != 1 and n != given[lead + axis] for axis, n in enumerate(shape)):
            raise RuntimeError(
                f"Function {self.name()} returned an invalid gradient at index {index} - got {list(given)} but "
                f"expected shape compatible with {list(shape)}"
            )


def apply(definition: Definition, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """`Name.apply(*args)`: run forward outside of the graph, and make this call a node of it.

    Raises RuntimeError and TypeError in torch's words; what forward raises passes through.
    """
    if definition.setup_context is not None:
        args, named = definition.bind(args, named)
    node = FunctionNode(definition, args)
    records = state.grad and any(node.needs_input_grad)
    with no_grad():
        if definition.setup_context is None:
            result = definition.forward(node, *args, **named)
        else:
            result = definition.forward(*args, **named)
            definition.setup_context(node, args, result)
    outputs = list(result) if type(result) is tuple else [result]
    outputs = _connected(node, args, outputs, records)
    if records:
        node.keep()
    else:
        node.forget_marks()
    return tuple(outputs) if type(result) is tuple else outputs[0]


def _connected(node: FunctionNode, args: tuple[Any, ...], outputs: list[Any], records: bool) -> list[Any]:
    """The outputs with their places in the graph (custom_function.cpp, _process_backward_mode_ad)."""
    _check_marks(node)
    for value in node.dirty:
        if value._counter is not INFERENCE:
            bump(value)
    node.metas = tuple(
        (value.array.shape, value.array.dtype) if isinstance(value, Tensor) else _NO_META for value in outputs
    )
    inputs, dirty, excluded = _ids(args), _ids(node.dirty), _ids(node.non_differentiable)
    saved = _ids(node.to_save) if node.definition.setup_context is not None else set()
    found: list[Any] = []
    differentiable: list[Tensor] = []
    for output_nr, value in enumerate(outputs):
        if not isinstance(value, Tensor):
            found.append(value)
            continue
        is_input, is_dirty = id(value) in inputs, id(value) in dirty
        differs = records and id(value) not in excluded and value.dtype.is_differentiable
        if not differs:
            value = _apart(value, is_input, is_dirty)
        elif is_dirty:
            _rebased(node, value, is_input, sum(isinstance(each, Tensor) for each in outputs))
            value.output_nr = output_nr if value._view is None else value.output_nr
        else:
            if is_input and id(value) in saved:
                raise RuntimeError(_SAVED_INPUT_RETURNED)
            value = _same(value) if is_input else value
            value._grad_fn, value.output_nr, value._requires_grad = node, output_nr, True
        if value._view is not None and not (is_input and is_dirty):
            value._view.creation, value._view.version = IN_CUSTOM_FUNCTION, len(value._counter or ())
        if differs:
            differentiable.append(value)
        found.append(value)
    for value in differentiable if len(differentiable) > 1 else ():
        if value._view is not None:
            value._view.creation = MULTI_OUTPUT
    if not dirty <= _ids(outputs):
        raise RuntimeError(
            "Some elements marked as dirty during the forward method were not returned as output. The inputs that are "
            "modified inplace must all be outputs of the Function."
        )
    return found


def _check_marks(node: FunctionNode) -> None:
    """Raise RuntimeError for marks on what is no tensor. torch's sentences end here: it drops what follows."""
    if not all(isinstance(value, Tensor) for value in node.dirty):
        raise RuntimeError("mark_dirty can only accept variables, but argument ")
    if not all(isinstance(value, Tensor) for value in node.non_differentiable):
        raise RuntimeError("mark_non_differentiable only accepts variable arguments, but got ")


def _ids(values: Sequence[Any]) -> set[int]:
    return {id(value) for value in values if isinstance(value, Tensor)}


def _itself(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return array[...]


def _same(value: Tensor) -> Tensor:
    """A view that shows all of a tensor: an input that is returned needs a grad_fn of its own."""
    view = Tensor(_itself(value.array))
    with no_grad():
        make_view(view, value, (_itself, ()))
    return view


def _apart(value: Tensor, is_input: bool, is_dirty: bool) -> Tensor:
    """An output that is not to have a gradient."""
    if not value.requires_grad:
        return _same(value) if is_input and not is_dirty else value
    if is_input:
        return value.detach()
    if value._view is None:
        value.detach_()
    return value


def _rebased(node: FunctionNode, value: Tensor, is_input: bool, outputs: int) -> None:
    """An input that forward changed in place: from now on this node is its history."""
    if value.is_leaf and value.requires_grad:
        raise RuntimeError("a leaf Variable that requires grad has been used in an in-place operation.")
    if not is_input:
        warn(
            "Only input Tensors should be given to ctx.mark_dirty(). If a Tensor is not an input, there is no need to "
            "pass it to mark_dirty()."
        )
    if value._view is not None and outputs > 1:
        raise RuntimeError(_DIRTY_VIEW)
    rebase_history(value, node)


# ---------------------------------------------------------------- once_differentiable


class DelayedError(Node):
    """A node that fails when a gradient reaches it (torch/csrc/autograd/functions/basic_ops.cpp)."""

    __slots__ = ("message",)

    def __init__(self, message: str, values: Sequence[Tensor | None]) -> None:
        super().__init__(
            [None if value is None else gradient_edge(value) for value in values],
            tuple(_NO_META if value is None else (value.array.shape, value.array.dtype) for value in values),
        )
        self.message = message

    def name(self) -> str:
        return "Error"

    def apply(self, grads: list[Any], tensors: bool, wanted: set[Node] | None) -> Pairs:
        raise RuntimeError(self.message)


def once_differentiable(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Let a backward compute with what has no gradient: a second derivative through it is an error."""

    def wrapper(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        with no_grad():
            outputs = fn(ctx, *args, **kwargs)
        if not state.grad or not any(isinstance(each, Tensor) and each.requires_grad for each in args):
            return outputs
        several = outputs if type(outputs) is tuple else (outputs,)
        aliases = [None if each is None else each.detach().requires_grad_() for each in several]
        node = DelayedError(
            "trying to differentiate twice a function that was marked with @once_differentiable", aliases
        )
        results = [
            None if each is None else Tensor(each.array, True, node, number) for number, each in enumerate(aliases)
        ]
        return tuple(results) if len(results) > 1 else results[0]

    wrapper.__name__ = wrapper.__qualname__ = getattr(fn, "__name__", "backward")
    return wrapper
