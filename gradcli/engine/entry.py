"""What an operator is: one entry, from which functions, methods, nodes, help and tests derive.

    @op(vjp={"input": lambda g, other: g * other, "other": lambda g, input: g * input}, operator="*", inplace=True,
        samples=["mul(m, m)", "mul(m, row)"], examples=["mul(tensor([1., 2.]), 3)"])
    def mul(input: Operand | Number, other: Operand | Number) -> Array:
        '''Multiply elementwise; shapes broadcast.'''
        return np.multiply(input, other)

- The def is the kernel: it gets ndarrays, promoted and cast as the annotations (engine/kinds.py) say.
- A formula names `g`, the gradient of the output (`grads`, a list with zeros for the undefined, where several outputs
  are differentiable), and what it needs: inputs, parameters, `result` (or the name of an output), and `<input>_shape`
  or `<input>_dtype`, which save no values. Only what the formulas that are needed name is saved.
- The same formula runs on ndarrays, and on Tensors under create_graph: an entry called with ndarrays runs its kernel.
- The engine undoes broadcasting and casts. It also conjugates: a formula is the transposed derivative, complex or not,
  unless the function is not `holomorphic`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from gradcli.engine.arrays import beside
from gradcli.engine.modes import state
from gradcli.engine.plan import ARGUMENT, DTYPE, RESULT, SHAPE, Formula, Plan

TENSOR_KINDS = {"Array", "FloatArray", "Operand", "FloatOperand"}
LIST_KINDS = {"Arrays", "Operands"}
DIM_KINDS = {"Dim", "NewDim", "Dims"}
REQUIRED: Any = object()
# What most functions have in their `extras`: see engine/out.py.
OUT = "Tensor out = None"
OUTS = "tuple of Tensors out = None"


class Parameter:
    """One parameter of an entry: its name, the words of its annotation, and its default (`REQUIRED` for none)."""

    __slots__ = ("default", "keyword_only", "kind", "kinds", "name")

    def __init__(self, name: str, annotation: str, default: Any, keyword_only: bool) -> None:
        kinds = _KINDS.get(annotation)
        if kinds is None:
            kinds = _KINDS[annotation] = annotation.replace(" ", "").split("|")
        self.name = name
        self.kinds = kinds
        self.kind = kinds[0]
        self.default = default
        self.keyword_only = keyword_only


_KINDS: dict[str, list[str]] = {}  # annotations come again and again


def parameters_of(function: Callable[..., Any]) -> list[Parameter]:
    """The parameters of a def with string annotations, read from its code object."""
    code, annotations = function.__code__, function.__annotations__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    required = code.co_argcount - len(function.__defaults__ or ())
    parameters = [
        Parameter(name, annotations[name], REQUIRED, position >= code.co_argcount)
        for position, name in enumerate(names)
    ]
    for parameter, default in zip(parameters[required:], function.__defaults__ or (), strict=False):
        parameter.default = default
    for parameter in parameters[code.co_argcount :]:
        parameter.default = (function.__kwdefaults__ or {}).get(parameter.name, REQUIRED)
    return parameters


class Entry:
    """The fields that every operator has.

    name: the public name; entries that share one are torch's overloads, tried in order of definition.
    module: below torch ("nn.functional"; "" is torch itself). method, function: where the name is public.
    also: further dotted paths below torch. aliases: other names in the same places.
    operator: Python's, "+", "r-" for the reflected one, "-x" for a unary one.
    inplace: there is a variant `name_`; for a composite, the function that does it. "function": the variant is below
        torch too, where operators of one argument have theirs anyway.
    extras, method_extras, deprecated: see engine/signature.py.
    varargs: a composite that is called as it is, unbound: torch's functions that are written in Python.
    samples: calls that the tests check (gradients, and against torch); examples: calls that the documentation shows.
    Both are program text; the names in them are defined in tests/operands.py.
    """

    module: str = ""
    function: bool = True
    method: bool
    also: Sequence[str] = ()
    aliases: Sequence[str] = ()
    operator: str = ""
    inplace: Any = False
    extras: str = ""
    method_extras: str = ""
    deprecated: bool = False
    samples: Sequence[str] = ()
    examples: Sequence[str] = ()
    private: bool = False
    varargs: bool = False
    fields: ClassVar[frozenset[str]] = frozenset(__annotations__)

    options: Callable[..., Any] | None = None  # a def whose parameters follow those of every kernel of the kind

    def __init__(self, name: str, kernel: Callable[..., Any], fields: dict[str, Any]) -> None:
        if not self.fields.issuperset(fields):
            unknown = ", ".join(sorted(fields.keys() - self.fields))
            raise TypeError(f"operator {name}: an entry has no field {unknown}")
        self.__dict__.update(fields)
        self.name = name or kernel.__name__
        self.kernel = kernel
        self.__doc__ = kernel.__doc__
        if self.varargs:
            kernel.__qualname__ = self.name  # CPython says it in the errors of calls
        self.method = fields.get("method", not self.module)
        self.parameters = parameters_of(kernel)
        self.positional = kernel.__code__.co_argcount
        self.defaults = [parameter.default for parameter in self.parameters]
        self.keywords = [parameter.name for parameter in self.parameters[self.positional :]]
        if not self.private:
            self._refuse_incomplete()
            entries.append(self)

    def _refuse_incomplete(self) -> None:
        if not (self.__doc__ and self.samples and self.examples):
            missing = [what for what in ("__doc__", "samples", "examples") if not getattr(self, what)]
            raise TypeError(f"operator {self.name}: its entry has no {', '.join(missing)}")

    def call(self, args: list[Any]) -> Any:
        """The operation on bound arguments, one for each parameter."""
        raise NotImplementedError

    def call_inplace(self, args: list[Any]) -> Any:
        """The operation written into its first argument, which is returned."""
        raise NotImplementedError

    def unary(self) -> Callable[[Any], Any] | None:
        """A quick way to call it on one Tensor, if there is one."""
        return None

    def update(self) -> Callable[[Any, Any], bool] | None:
        """A quick way to write it into its first argument, which says whether it could; None if there is none."""
        return None

    def binary(self) -> Callable[[Any, Any], Any]:
        """The operator as Python's, on a Tensor and whatever stands beside it."""
        tail = self.defaults[2:]
        takes_number = "Number" in self.parameters[1].kinds
        symbol = self.operator

        def operator(first: Any, second: Any) -> Any:
            if isinstance(second, type(first)) or (takes_number and isinstance(second, (int, float, complex))):
                return self.call([first, second, *tail])
            return beside(symbol, first, second)

        return operator

    def __repr__(self) -> str:
        return f"<operator {self.name}>"


entries: list[Entry] = []  # in the order of definition


class DifferentiableEntry(Entry):
    """The fields of an operator with formulas.

    vjp: for each tensor input its formula, None (no gradient: said aloud), or NotImplemented (torch refuses to);
    vjp=None for an operator whose result never requires grad. grad_fn: torch's name of the node, or a function of the
    arguments. view: the kernel returns a numpy view of its first argument. returns: names of several outputs, of which
    some may be `nondifferentiable`. holomorphic: see above. ufunc: what the kernel comes to for floating-point operands
    of one type with all else default; found by itself where the kernel only calls it. bare: what formulas call on
    ndarrays. bare_number: the kernel takes a number on the right as it is, not as an array. misfit: what the in-place
    variant says of a target shape that is not the result's.
    """

    vjp: dict[str, Formula | None] | None = None
    grad_fn: str | Callable[..., str] = ""
    inplace_grad_fn: str | Callable[..., str] = ""
    view: bool = False
    returns: Sequence[str] = ()
    nondifferentiable: Sequence[str] = ()
    holomorphic: bool = True
    ufunc: Callable[..., Any] | None = None
    bare_number: bool = False
    misfit: Callable[[tuple[int, ...], tuple[int, ...]], str] | None = None
    fields: ClassVar[frozenset[str]] = Entry.fields.union(__annotations__)

    def __init__(self, name: str, kernel: Callable[..., Any], fields: dict[str, Any]) -> None:
        super().__init__(name, kernel, fields)
        self.bare = _only_called(kernel) or kernel
        self.ufunc = self.ufunc or (self.bare if self.bare is not kernel else None)
        self.grad_fn = self.grad_fn or _node_name(self.name)
        self.inplace_grad_fn = self.inplace_grad_fn or self.grad_fn
        self.slots: list[int] = []
        self.promoted: list[int] = []
        self.dims: list[int] = []
        self.promotes_list = self.to_float = False
        for slot, parameter in enumerate(self.parameters):
            self._classify(slot, parameter.kind)
        lists = [slot for slot, parameter in enumerate(self.parameters) if parameter.kind in LIST_KINDS]
        self.list_slot = lists[0] if lists else None
        self.inputs = self.slots if self.list_slot is None else [*self.slots, self.list_slot]
        self.keyword_defaults = self.defaults[self.positional :]
        self.plans: dict[tuple[int, str, int, bool], Plan] = {}
        if self.vjp is not None and self.vjp.keys() != {self.parameters[slot].name for slot in self.inputs}:
            inputs = sorted(self.parameters[slot].name for slot in self.inputs)
            raise TypeError(f"operator {self.name}: vjp answers for {sorted(self.vjp)}, the inputs are {inputs}")

    def _classify(self, slot: int, kind: str) -> None:
        if kind in TENSOR_KINDS:
            self.slots.append(slot)
            if kind != "Array":
                self.promoted.append(slot)
                self.to_float = self.to_float or kind != "Operand"
        elif kind in DIM_KINDS:
            self.dims.append(slot)
        elif kind == "Operands":
            self.promotes_list = True

    def plan(self, mask: int, label: str, given: int = 0, spread: bool = False) -> Plan:
        """What a node of that name saves if the inputs in `mask` require grad (a bit for a parameter, and COMPLEX).

        given: how many arguments a short cut takes (all arguments have one real type and shape then): the others are
        at their defaults. 0 for a call in full. spread: one of the two has no dimensions.
        """
        if state.careful:
            mask |= CAREFUL
        plan = self.plans.get((mask, label, given, spread))
        if plan is None:
            chosen = [
                (edge, (self.vjp or {})[self.parameters[slot].name])
                for edge, slot in enumerate(self.inputs)
                if mask >> slot & 1
            ]
            refused = any(formula is NotImplemented for _, formula in chosen)
            defaults = {parameter.name: parameter.default for parameter in self.parameters[given:]}
            plan = self.plans[mask, label, given, spread] = Plan(
                [(edge, formula) for edge, formula in chosen if formula is not None and formula is not NotImplemented],
                self._source,
                lambda index: index in self.inputs,
                label="torch::autograd::NotImplemented" if refused else label,
                list_edge=-1 if self.list_slot is None else len(self.slots),
                conjugates=self.holomorphic and bool(mask & COMPLEX),
                careful=bool(mask & CAREFUL),
                refusal=f"derivative for aten::{self.name} is not implemented" if refused else "",
                keeps_shape=given > 0 and not spread and self.ufunc is not None,
                constants=defaults if given else {},
            )
        return plan

    def _source(self, name: str) -> tuple[int, int]:
        """Where a formula finds what it names."""
        names = [parameter.name for parameter in self.parameters]
        if name in names:
            return ARGUMENT, names.index(name)
        if name == "result":
            return RESULT, 0
        if name in self.returns:
            return RESULT, self.returns.index(name)
        owner, _, what = name.rpartition("_")
        if owner in names and what in ("shape", "dtype"):
            return (SHAPE if what == "shape" else DTYPE), names.index(owner)
        raise TypeError(f"operator {self.name}: a formula names {name!r}, which is neither argument nor result")


COMPLEX = 1 << 30
CAREFUL = 1 << 31  # what is saved must be looked at


def _node_name(name: str) -> str:
    """torch's name of a node: `LogSoftmaxBackward0` for log_softmax."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_")) + "Backward0"


# The bytecode of a kernel that does nothing but call a function of numpy on its arguments; names are apart from it.
_ONLY_CALLS = {
    (lambda a: np.negative(a)).__code__.co_code,
    (lambda a, b: np.add(a, b)).__code__.co_code,
}


def _only_called(kernel: Callable[..., Any]) -> Callable[..., Any] | None:
    """The ufunc that is all of a kernel, if it is: called directly it saves a call."""
    code = kernel.__code__
    if code.co_code in _ONLY_CALLS and code.co_names[0] == "np":
        found = getattr(np, code.co_names[1])
        return found if isinstance(found, np.ufunc) else None
    return None
