"""Operators: what happens when an entry is called.

`@op` makes an operator of a kernel, `@composite` one of a function that is written in operators. See entry.py for what
an entry says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcli.engine import dtypes, shortcuts
from gradcli.engine.dims import broadcast_shapes, normalize_dim, normalize_dims, refuse_clash
from gradcli.engine.dtypes import constant
from gradcli.engine.entry import COMPLEX, DifferentiableEntry, Entry
from gradcli.engine.graph import INFERENCE, Edge, Meta, gradient_edge
from gradcli.engine.limits import limits, reserve
from gradcli.engine.modes import state
from gradcli.engine.nodes import OpNode
from gradcli.engine.plan import ARGUMENT
from gradcli.engine.return_types import return_type
from gradcli.engine.tensor import Tensor, bump
from gradcli.engine.views import DEFAULT, MULTI_OUTPUT, check_inplace, check_overlap, make_view, rebase_history

ndarray = np.ndarray


class Op(DifferentiableEntry):
    """An operator with a kernel and formulas."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run on what is given: ndarrays go to the kernel, a Tensor among them makes it a recorded operation."""
        if len(args) == 1 and args[0].__class__ is ndarray and not kwargs:
            return self.kernel(args[0])
        for value in args:
            kind = value.__class__
            if kind is Tensor or ((kind is list or kind is tuple) and any(part.__class__ is Tensor for part in value)):
                bound = [*args, *self.defaults[len(args) :]]
                for name, keyword in kwargs.items():
                    bound[next(i for i, parameter in enumerate(self.parameters) if parameter.name == name)] = keyword
                return self.call(bound)
        return self.kernel(*args, **kwargs)

    def call(self, args: list[Any]) -> Any:
        """The operation on bound arguments. Dims in `args` are normalised in place."""
        arrays = args.copy()
        mask = self._scan(args, arrays)
        result = self._run(args, arrays)
        if result.__class__ is tuple or result.__class__ is list:
            return self._several(args, arrays, mask, result)
        output = Tensor(result)
        if self.view:
            make_view(output, args[0], (self._applied, tuple(arrays[1:])))
        elif state.inference:
            output._counter = INFERENCE
        if mask and state.grad and self.vjp is not None and (kind := output.array.dtype.kind) in "fc":
            node = self.node(args, mask | COMPLEX if kind == "c" else mask, (output,), self._edges(args, mask))
            output._grad_fn = node
            output._requires_grad = True
        return output

    def binary(self) -> Callable[[Tensor, Any], Any]:
        """The operator as Python's."""
        return shortcuts.binary(self)

    def update(self) -> Callable[[Tensor, Any], bool] | None:
        """A short cut of `call_inplace`, if there is one."""
        return shortcuts.update(self)

    def unary(self) -> Callable[[Tensor], Any] | None:
        """The operation on one floating-point Tensor with all else default; None where `call` has more to do."""
        return shortcuts.unary(self)

    def _several(self, args: list[Any], arrays: list[Any], mask: int, results: Sequence[Any]) -> Any:
        outputs = [Tensor(result) for result in results]
        for index, output in enumerate(outputs):
            if self.view:
                step = (_part, (self._applied, tuple(arrays[1:]), index))
                make_view(output, args[0], step, MULTI_OUTPUT if state.grad else DEFAULT)
            elif state.inference:
                output._counter = INFERENCE
        if mask and state.grad and self.vjp is not None:
            kinds = {output.array.dtype.kind for output in outputs}
            if kinds & {"f", "c"}:
                mask = mask | COMPLEX if "c" in kinds else mask
                node = self.node(args, mask, outputs, self._edges(args, mask))
                for index, output in enumerate(outputs):
                    silent = self.returns and self.returns[index] in self.nondifferentiable
                    if output.array.dtype.kind in "fc" and not silent:
                        output._grad_fn = node
                        output._requires_grad = True
                        output.output_nr = index
        return return_type(self.name, self.returns)(outputs) if self.returns else tuple(outputs)

    def call_inplace(self, args: list[Any]) -> Any:
        """The operation written into its first argument.

        Raises RuntimeError where autograd, the dtype, the shape or overlapping memory forbid it, in torch's words.
        """
        target = args[0]
        arrays = args.copy()
        mask = self._scan(args, arrays)
        records = bool(mask) and state.grad and self.vjp is not None
        check_inplace(target, records)
        check_overlap(target.array, [args[i].array for i in self.slots[1:] if type(args[i]) is Tensor])
        result = np.asarray(self._run(args, arrays))
        if self.misfit is not None and target.array.shape != result.shape:
            raise RuntimeError(self.misfit(target.array.shape, result.shape))
        check_writable(target.array, result)
        state.writing = True
        try:
            if not records:
                np.copyto(target.array, result, casting="unsafe")
                bump(target)
                return target
            return self._recorded_inplace(target, args, mask, result)
        finally:
            state.written()

    def _recorded_inplace(self, target: Tensor, args: list[Any], mask: int, result: np.ndarray[Any, Any]) -> Tensor:
        """Write `result` into `target`, whose history goes on from a node of this call."""
        if target.array.dtype.kind == "c":
            mask |= COMPLEX
        edges = self._edges(args, mask)
        plan = self.plan(mask, self.label(args, self.inplace_grad_fn))
        if (ARGUMENT, 0) in plan.savers:
            before = Tensor(target.array.copy(), target.requires_grad, target.grad_fn, target.output_nr)
            args = [before, *args[1:]]
        np.copyto(target.array, result, casting="unsafe")
        metas = ((target.array.shape, target.array.dtype),)
        # Made before the change is counted: `z.mul_(z)` saved a z that is no more, while the result is what is new.
        node = OpNode(plan, edges, metas, args, (target,))
        bump(target)
        node.renew_results()
        rebase_history(target, node)
        return target

    def node(self, args: list[Any], mask: int, outputs: Sequence[Tensor], edges: list[Edge | None]) -> OpNode:
        """The record of a call on `args`, of which those in `mask` require grad."""
        metas: tuple[Meta, ...] = tuple([(output.array.shape, output.array.dtype) for output in outputs])
        return OpNode(self.plan(mask, self.label(args)), edges, metas, args, outputs)

    def label(self, args: Sequence[Any], grad_fn: str | Callable[..., str] = "") -> str:
        """The name of the node of a call."""
        name = grad_fn or self.grad_fn
        return name if isinstance(name, str) else name(*args)

    # The steps of a call

    def _scan(self, args: list[Any], arrays: list[Any]) -> int:
        """Put ndarrays in place of Tensors; returns the set of inputs that require grad, a bit for a slot."""
        mask = 0
        for slot in self.slots:
            value = args[slot]
            if value.__class__ is Tensor:
                arrays[slot] = array = value.array
                if array.nbytes > limits.max_bytes and not self.view:  # only what expand repeats is larger
                    reserve(array.shape, array.dtype)
                if value._requires_grad or (value._view is not None and value.requires_grad):
                    mask |= 1 << slot
        if self.list_slot is not None:
            values = args[self.list_slot]
            arrays[self.list_slot] = [value.array if type(value) is Tensor else value for value in values]
            if any(type(value) is Tensor and value.requires_grad for value in values):
                mask |= 1 << self.list_slot
        return mask

    def _edges(self, args: list[Any], mask: int) -> list[Edge | None]:
        edges = [gradient_edge(args[slot]) if mask >> slot & 1 else None for slot in self.slots]
        if self.list_slot is not None:
            edges += [gradient_edge(value) if type(value) is Tensor else None for value in args[self.list_slot]]
        return edges

    def _run(self, args: list[Any], arrays: list[Any]) -> Any:
        """Normalise dims, promote, and run the kernel."""
        for slot in self.dims:
            if args[slot] is not None:
                args[slot] = arrays[slot] = self._normalized(slot, args[slot], arrays)
        if self.promoted:
            self._promote(arrays)
        elif self.promotes_list:
            assert self.list_slot is not None
            arrays[self.list_slot] = _promoted_list(arrays[self.list_slot])
        return self._applied(*arrays)

    def _applied(self, *arrays: Any) -> Any:
        """The kernel on all of its arguments in order, those that are keyword-only too."""
        keywords = arrays[self.positional :]
        try:
            if not keywords:
                return self.kernel(*arrays)
            return self.kernel(*arrays[: self.positional], **dict(zip(self.keywords, keywords, strict=True)))
        except ValueError as error:
            refuse_clash(str(error))
            raise

    def _normalized(self, slot: int, value: Any, arrays: list[Any]) -> Any:
        owner = arrays[self.slots[0]] if self.slots else arrays[self.list_slot or 0][0]
        kind = self.parameters[slot].kind
        if kind == "Dims":
            return normalize_dims(value, owner.ndim)
        return normalize_dim(value, owner.ndim + (kind == "NewDim"))

    def _promote(self, arrays: list[Any]) -> None:
        """Bring the operands to torch's result type; checks that their shapes broadcast."""
        if self._uniform(arrays):
            return
        operands = [arrays[slot] for slot in self.promoted if arrays[slot] is not None]
        dtype = dtypes.result_type(operands)
        target = (dtypes.float_of(dtype) if self.to_float else dtype).np
        for slot in self.promoted:
            value = arrays[slot]
            if value is not None and value.__class__ is not ndarray:
                arrays[slot] = constant(value, target)
            elif value is not None and value.dtype != target:
                arrays[slot] = value.astype(target)
        if len(operands) > 1:
            shapes = [operand.shape for operand in operands if type(operand) is ndarray]
            reserve(broadcast_shapes(*shapes or [()]), target)

    def _uniform(self, arrays: list[Any]) -> bool:
        """Whether the operands are arrays of one type and one shape already, as they mostly are."""
        dtype = shape = None
        for slot in self.promoted:
            value = arrays[slot]
            if value.__class__ is not ndarray:
                return False
            if dtype is None:
                dtype, shape = value.dtype, value.shape
                if self.to_float and dtype.kind not in "fc":
                    return False
            elif value.dtype is not dtype or value.shape != shape:
                return False
        return True


def _promoted_list(values: list[Any]) -> list[Any]:
    if not values:
        return values
    target = dtypes.result_type(values).np
    return [value.astype(target, copy=False) for value in values]


def _part(array: Any, kernel: Callable[..., Any], args: tuple[Any, ...], index: int) -> Any:
    """One output of a function that returns several views."""
    return kernel(array, *args)[index]


def check_writable(target: np.ndarray[Any, Any], result: np.ndarray[Any, Any]) -> None:
    """Raise RuntimeError if a result cannot be written into `target`: since it has grown, or by its type."""
    if target.shape != result.shape:
        raise RuntimeError(
            f"output with shape {list(target.shape)} doesn't match the broadcast shape {list(result.shape)}"
        )
    check_castable(target.dtype, result.dtype)


def check_castable(target: np.dtype[Any], result: np.dtype[Any]) -> None:
    """Raise RuntimeError if elements of type `result` cannot be written where those of type `target` are."""
    if target != result:
        source, kept = dtypes.of(result), dtypes.of(target)
        if not dtypes.can_cast(source, kept):
            raise RuntimeError(f"result type {source.scalar} can't be cast to the desired output type {kept.scalar}")


class Composite(Entry):
    """An operator written in others: its body runs on Tensors, and the graph shows the parts."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.kernel(*args, **kwargs)

    def call(self, args: list[Any]) -> Any:
        return self._with(self.kernel, args)

    def call_inplace(self, args: list[Any]) -> Any:
        return self._with(self.inplace, args)

    def _with(self, body: Callable[..., Any], args: list[Any]) -> Any:
        return body(*args[: self.positional], **dict(zip(self.keywords, args[self.positional :], strict=True)))


def op(name: str = "", **fields: Any) -> Callable[[Callable[..., Any]], Op]:
    """Make an operator of a kernel. Its fields are those of `DifferentiableEntry`, its name by default the kernel's."""
    return lambda kernel: Op(name, kernel, fields)


def composite(name: str = "", **fields: Any) -> Callable[[Callable[..., Any]], Composite]:
    """Make an operator of a function written in operators. The fields are those of `Entry`."""
    return lambda body: Composite(name, body, fields)
