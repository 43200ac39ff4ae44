"""`out=`: results written into tensors that are there already.

Source: torch's out variants: aten/src/ATen/native/Resize.cpp for the shapes, VariableType for what autograd forbids.
The result is made first and copied then, so that an operator may read what it writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcli.engine.entry import DifferentiableEntry, Entry
from gradcli.engine.errors import warn
from gradcli.engine.factory import Factory
from gradcli.engine.limits import reserve
from gradcli.engine.modes import no_grad, state
from gradcli.engine.op import check_castable
from gradcli.engine.return_types import return_type
from gradcli.engine.tensor import Tensor, bump
from gradcli.engine.views import check_inplace, check_overlap


def write_out(name: str, entry: Entry, bound: list[Any], out: Any) -> Any:
    """Call an entry on bound arguments and write what it returns into `out`, a tensor or a sequence of them.

    `out` takes the result's shape and keeps its dtype. Returns what the entry would return, made of `out`.
    Raises RuntimeError if autograd would have to record the call, or `out` cannot hold the result.
    """
    targets: Sequence[Tensor] = [out] if isinstance(out, Tensor) else out
    inputs = [part for value in bound for part in (value if isinstance(value, (list, tuple)) else (value,))]
    tensors = [value for value in inputs if isinstance(value, Tensor)]
    made_anew = isinstance(entry, Factory)
    differentiable = entry.vjp is not None if isinstance(entry, DifferentiableEntry) else not made_anew
    if state.grad and differentiable and any(tensor.requires_grad for tensor in (*tensors, *targets)):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, "
            "but one of the arguments requires grad."
        )
    for target in targets:
        check_inplace(target, records=False)
        check_overlap(target.array, [tensor.array for tensor in tensors])
    with no_grad():
        result = entry.call(bound)
    results = [result] if isinstance(result, Tensor) else result
    for target, part in zip(targets, results, strict=True):
        _write(target, part.array, silently=made_anew)
    if isinstance(result, Tensor):
        return targets[0]
    fields = getattr(result, "fields", ())
    return return_type(f"{name}_out", fields)(targets) if fields else tuple(targets)


def _write(target: Tensor, result: np.ndarray[Any, Any], silently: bool) -> None:
    kept = target.array.dtype
    if not silently:
        check_castable(kept, result.dtype)
    state.writing = True
    try:
        if target.array.shape == result.shape:
            np.copyto(target.array, result, casting="unsafe")
        else:
            if target.array.size and not silently:
                warn(
                    "An output with one or more elements was resized since it had shape "
                    f"{list(target.array.shape)}, which does not match the required output shape {list(result.shape)}. "
                    "This behavior is deprecated, and in a future PyTorch release outputs will not be resized unless "
                    "they have zero elements. You can explicitly reuse an out tensor t by resizing it, inplace, to "
                    "zero elements with t.resize_(0)."
                )
            reserve(result.shape, kept)
            target.array = result.astype(kept)  # views of the old storage keep it
        bump(target)
    finally:
        state.written()
