"""Operators that exist in place only: those that write their first argument, and those that change how it lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcli.engine.entry import COMPLEX
from gradcli.engine.modes import state
from gradcli.engine.op import Op
from gradcli.engine.tensor import bump
from gradcli.engine.views import ViewMeta, check_inplace, rebase_history


class _InPlace(Op):
    """What the two have in common: no quick way that does not count the change."""

    def unary(self) -> None:
        return None


class Writer(_InPlace):
    """`x.copy_(y)`: the kernel writes its first argument itself, and its result counts for nothing."""

    def call(self, args: list[Any]) -> Any:
        """Write, count the change, and record it. Raises RuntimeError where autograd or memory forbid it."""
        target = args[0]
        arrays = args.copy()
        mask = self._scan(args, arrays)
        records = bool(mask) and state.grad and target.array.dtype.kind in "fc"
        check_inplace(target, bool(mask))
        self._run(args, arrays)
        bump(target)
        if records:
            mask |= COMPLEX if target.array.dtype.kind == "c" else 0
            rebase_history(target, self.node(args, mask, (target,), self._edges(args, mask)))
        return target


class Restride(_InPlace):
    """`x.t_()`: the first argument itself becomes the view that the kernel returns."""

    def call(self, args: list[Any]) -> Any:
        """Show the storage in another way from now on. Raises RuntimeError where autograd forbids it."""
        target = args[0]
        arrays = args.copy()
        mask = self._scan(args, arrays)
        check_inplace(target, bool(mask))
        result = np.asarray(self._run(args, arrays))
        node = None
        if mask and state.grad:
            mask |= COMPLEX if result.dtype.kind == "c" else 0
            node = self.node(args, mask, (target,), self._edges(args, mask))
            node.metas = ((result.shape, result.dtype),)
        target.array = result
        bump(target)
        meta = target._view
        if meta is not None:
            steps = (*meta.steps, (self.kernel, tuple(arrays[1:])))
            target._view = ViewMeta(meta.base, steps, meta.creation, target._version)
        if node is not None:
            target._grad_fn = node
            target._requires_grad = True
            target.output_nr = 0
        return target


def writer(name: str = "", **fields: Any) -> Callable[[Callable[..., Any]], Writer]:
    """Make an in-place operator of a kernel that writes its first argument."""
    return lambda kernel: Writer(name, kernel, fields)


def restride(name: str, of: Op, grad_fn: str, samples: Sequence[str], examples: Sequence[str]) -> Restride:
    """The in-place variant of a view operator."""
    fields = {"grad_fn": grad_fn, "vjp": of.vjp, "function": False, "samples": samples, "examples": examples}
    return Restride(name, of.kernel, fields)
