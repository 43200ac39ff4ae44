"""Functions of the program's own, element by element, written into a tensor: slow, and outside the graph.

Source: torch/csrc/utils/tensor_apply.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.op import composite
from gradcli.ops.views import expanded_shape

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Object


def _write(name: str, function: Any, input: Any, others: list[Any]) -> Any:
    for tensor in (input, *others):
        if tensor.requires_grad:
            raise RuntimeError(
                f"Can't call {name}() on Variable that requires grad. Use var.detach().{name}() instead."
            )
    target = input.array
    shapes = [expanded_shape(other.array.shape, target.shape, other.array.dtype) for other in others]
    columns = [np.broadcast_to(other.array, shape).ravel() for other, shape in zip(others, shapes, strict=True)]
    number: Any = {"f": _real, "c": complex, "b": bool}.get(target.dtype.kind, _whole)
    found = [
        number(function(*values)) for values in zip(*(c.tolist() for c in (target.ravel(), *columns)), strict=True)
    ]
    target[...] = np.array(found, target.dtype).reshape(target.shape)
    return input


def _real(value: Any) -> float:
    if not isinstance(value, (int, float)):
        raise TypeError(f"must be real number, not {type(value).__name__}")
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, (int, float)):
        raise TypeError(f"'{type(value).__name__}' object cannot be interpreted as an integer")
    return int(value)


@composite(
    function=False,
    samples=["iv.apply_(lambda x: x * 2)", "m.detach().apply_(lambda x: x + 1)", "m.apply_(abs)"],
    examples=["tensor([1., 2., 3.]).apply_(lambda x: x * x)"],
)
def apply_(input: Array, callable: Object) -> Any:
    """Replace each element by `callable` of it."""
    return _write("apply_", callable, input, [])


@composite(
    function=False,
    samples=["iv.map_(ipos, lambda x, y: x + y)", "m.detach().map_(row.detach(), lambda x, y: x * y)"],
    examples=["tensor([1., 2.]).map_(tensor([3., 4.]), lambda x, y: x + y)"],
)
def map_(input: Array, other: Array, callable: Object) -> Any:
    """Replace each element by `callable` of it and of the one of `other`."""
    return _write("map_", callable, input, [other])
