"""Short cuts of operators: what most calls are, one or two tensors of one real type, without the steps in general.

Each does what `Op.call` would do and hands over to it for the rest. Here every step counts: nodes are filled in place
and nothing is called that can be told from the arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.arrays import beside
from gradcli.engine.dtypes import constant, float32_constants
from gradcli.engine.entry import REQUIRED
from gradcli.engine.graph import INFERENCE, Edge, Meta, gradient_edge, sequence
from gradcli.engine.limits import limits, reserve
from gradcli.engine.modes import state
from gradcli.engine.nodes import OpNode
from gradcli.engine.plan import BOTH, FIRST, NOTHING, OUTCOME, SECOND, Plan, SavedResult
from gradcli.engine.tensor import Tensor, bump

if TYPE_CHECKING:
    from gradcli.engine.op import Op

ndarray, new = np.ndarray, object.__new__
_FLOAT32, _FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
# Beside the bits of two inputs that require grad: one of them has no dimensions, and is spread over the other.
SPREAD = 4


def binary(op: Op) -> Callable[[Tensor, Any], Any]:  # noqa: C901 - the hot path of arithmetic
    """The operator as Python's: a short cut for what arithmetic mostly is, one real type, one shape or a number.

    The number may be a tensor without dimensions: a parameter of a curve beside the points it is fitted to.
    """
    kernel, tail = op.ufunc or op.kernel, tuple(op.defaults[2:])
    takes_number = "Number" in op.parameters[1].kinds
    differentiable, named, paired = op.vjp is not None, isinstance(op.grad_fn, str), len(op.inputs) == 2
    plans: list[Plan | None] = [None] * 8
    symbol, bare_number = op.operator, op.bare_number

    def operator(first: Tensor, second: Any) -> Any:  # noqa: C901 - the same
        x = first.array
        shape, dtype = x.shape, x.dtype
        kind = second.__class__
        if kind is Tensor:
            y = second.array
            if y.dtype is not dtype or (dtype is not _FLOAT32 and dtype is not _FLOAT64):
                return op.call([first, second, *tail])
            mask = 2 if second._requires_grad or (second._view is not None and second.requires_grad) else 0
            if y.shape != shape:
                if shape and y.shape:
                    return op.call([first, second, *tail])
                shape = shape or y.shape
                mask |= SPREAD
        elif takes_number and (kind is float or kind is int) and dtype.kind == "f":
            mask = 0
            y = second if bare_number else float32_constants.get(second) if dtype is _FLOAT32 else None
            if y is None:
                y = constant(second, dtype)
        elif (takes_number and isinstance(second, (int, float, complex))) or isinstance(second, Tensor):
            return op.call([first, second, *tail])
        else:
            return beside(symbol, first, second)
        if first._requires_grad or (first._view is not None and first.requires_grad):
            mask |= 1
        if first._view is not None and x.nbytes > limits.max_bytes:
            reserve(shape, dtype)
        output = Tensor(kernel(x, y))
        if not (mask & 3 and differentiable and state.grad):
            if state.inference:
                output._counter = INFERENCE
            return output
        plan = plans[mask]
        if plan is None or state.careful:
            plan = op.plan(mask & 3, op.label((first, second, *tail)), 2, spread=mask >= SPREAD)
            plans[mask] = plan if named else None
        edge: Edge | None = None
        metas: tuple[Meta, ...] = ()
        if mask & 1:
            origin = first._grad_fn
            edge = gradient_edge(first) if origin is None or first._view is not None else (origin, first.output_nr)
            if edge is not None and mask < SPREAD:
                metas = edge[0].metas
        node = new(OpNode)
        node.plan = plan
        node.edges = (edge, gradient_edge(second) if mask & 2 else None) if paired else (edge,)
        node.metas = metas if len(metas) == 1 else ((shape, dtype),)
        node.key = next(sequence)
        node.hooks = None
        takes = plan.takes
        node.saved = (
            ()
            if takes == NOTHING
            else (second,)
            if takes == SECOND
            else (first,)
            if takes == FIRST
            else (first, second)
            if takes == BOTH
            else plan.save((first, second, *tail), (output,), node)
        )
        output._grad_fn = node
        output._requires_grad = True
        return output

    return operator


def update(op: Op) -> Callable[[Tensor, Any], bool] | None:
    """A short cut of `call_inplace`: numbers or arrays of one real type, apart in memory, nothing to record.

    It says whether it has done the work; None where there is no short cut.
    """
    ufunc = op.ufunc
    if ufunc is None or len(op.inputs) != 2 or not op.inplace:
        return None

    def update(target: Tensor, other: Any) -> bool:
        x = target.array
        dtype = x.dtype
        kind = other.__class__
        if (dtype is not _FLOAT32 and dtype is not _FLOAT64) or 0 in x.strides:
            return False
        if kind is Tensor:
            y = other.array
            if y.dtype is not dtype or (y.shape and y.shape != x.shape):
                return False
            if x.size > 1 and y is not x and np.may_share_memory(x, y):
                return False
            if state.grad and (target.requires_grad or other.requires_grad):
                return False
        elif (kind is float or kind is int) and not (state.grad and target.requires_grad):
            y = constant(other, dtype)
        else:
            return False
        if target._counter is INFERENCE:
            return False
        state.writing = True
        try:
            ufunc(x, y, out=x)
            bump(target)
        finally:
            state.written()
        return True

    return update


def unary(op: Op) -> Callable[[Tensor], Any] | None:
    """The operation on one floating-point Tensor with all else default; None where `call` has more to do."""
    if op.inputs != [0] or op.view or op.returns or op.dims or REQUIRED in op.defaults[1:]:
        return None
    kernel, tail = op.ufunc or op.kernel, tuple(op.defaults[1:])
    rest = tail[: op.positional - 1] if op.ufunc is None else ()
    differentiable, named = op.vjp is not None, isinstance(op.grad_fn, str)
    plans: list[Plan | None] = [None]

    def operation(first: Tensor) -> Any:
        x = first.array
        dtype = x.dtype
        if dtype is not _FLOAT32 and dtype is not _FLOAT64:
            return op.call([first, *tail])
        if first._view is not None and x.nbytes > limits.max_bytes:
            reserve(x.shape, dtype)
        array = kernel(x, *rest) if rest else kernel(x)
        if array.__class__ is not ndarray:
            if array.__class__ is tuple or array.__class__ is list:
                return op.call([first, *tail])
            array = np.asarray(array)
        output = Tensor(array)
        if not (differentiable and state.grad):
            if state.inference:
                output._counter = INFERENCE
            return output
        origin = first._grad_fn
        if origin is not None and first._view is None:
            edge: Edge | None = (origin, first.output_nr)
        elif first.requires_grad:
            edge = gradient_edge(first)
        else:
            return output
        plan = plans[0]
        if plan is None or state.careful:
            plan = op.plan(1, op.label((first, *tail)), given=1)
            plans[0] = plan if named else None
        metas: tuple[Meta, ...] = ()
        if plan.keeps_shape and edge is not None:
            metas = edge[0].metas
        node = new(OpNode)
        node.plan = plan
        node.edges = (edge,)
        node.metas = metas if len(metas) == 1 else ((array.shape, array.dtype),)
        node.key = next(sequence)
        node.hooks = None
        takes = plan.takes
        node.saved = (
            ()
            if takes == NOTHING
            else (first,)
            if takes == FIRST
            else (SavedResult(output, 0),)
            if takes == OUTCOME
            else plan.save((first, *tail), (output,), node)
        )
        output._grad_fn = node
        output._requires_grad = True
        return output

    return operation
