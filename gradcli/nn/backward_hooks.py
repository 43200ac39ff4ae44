"""Hooks on the gradients of a module: nodes around its inputs and its outputs. Source: torch/utils/hooks.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from gradcli.autograd.function import Definition, apply
from gradcli.engine.modes import state
from gradcli.engine.tensor import Tensor

Hook = Callable[[Any, Any, Any], Any]


def _forward(ctx: Any, *args: Any) -> Any:
    ctx.mark_non_differentiable(*[arg for arg in args if not arg.requires_grad])
    return args


_DEFINITION = Definition("BackwardHookFunction", _forward, lambda ctx, *gradients: gradients, None, lambda a, n: (a, n))


class BackwardHook:
    """One call of a module with hooks on its gradients."""

    def __init__(self, module: Any, hooks: Sequence[Hook], before: Sequence[Callable[[Any, Any], Any]] = ()) -> None:
        self._module = module
        self._hooks = hooks
        self._before = before
        self._outputs: tuple[Any, ...] | None = None
        self._inputs = 0
        self._has_inputs = False

    def around_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, with a node behind those that are tensors."""
        self._inputs = len(args)
        found, places, node = _wrapped(args)
        if node is not None:
            self._has_inputs = True

            def on_inputs(gradients: Any, _: Any) -> Any:
                given = _spread(gradients, places, self._inputs)
                for hook in self._hooks:
                    result = hook(self._module, given, self._outputs)
                    if result is not None:
                        given = result if type(result) is tuple else (result,)
                self._outputs = None
                return tuple(given[place] for place in places)

            node.register_hook(on_inputs)
        return found

    def around_outputs(self, result: Any) -> Any:
        """The result, with a node behind the tensors in it."""
        several = result if type(result) is tuple else (result,)
        found, places, node = _wrapped(several)
        if node is not None:

            def on_outputs(gradients: Any) -> Any:
                outputs = self._prepared(_spread(gradients, places, len(several)))
                self._outputs = outputs
                if not self._has_inputs:
                    for hook in self._hooks:
                        hook(self._module, (None,) * self._inputs, outputs)
                    self._outputs = None
                return tuple(outputs[place] for place in places)

            node.register_prehook(on_outputs)
        return found if type(result) is tuple else found[0]

    def _prepared(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        """The gradients of the outputs as the hooks that come first leave them."""
        for hook in self._before:
            found = hook(self._module, gradients)
            if found is None:
                continue
            if len(found) != len(gradients):
                raise RuntimeError(
                    f"Backward pre hook returned an invalid number of grad_output, got {len(found)}, but expected "
                    f"{len(gradients)}"
                )
            gradients = found
        return gradients


def hook_last_node(module: Any, hooks: Sequence[Hook], result: Any) -> None:
    """What register_backward_hook does: the hooks see the gradients of the last node alone that the call made."""
    first = result
    while not isinstance(first, Tensor):
        first = next(iter(first.values())) if isinstance(first, dict) else first[0]
    if first.grad_fn is not None:
        for hook in hooks:
            first.grad_fn.register_hook(partial(hook, module))


def _wrapped(values: tuple[Any, ...]) -> tuple[tuple[Any, ...], list[int], Any]:
    places = [place for place, value in enumerate(values) if isinstance(value, Tensor)]
    tensors = [values[place] for place in places]
    if not state.grad or not any(each.requires_grad for each in tensors):
        return values, places, None
    outputs = apply(_DEFINITION, tuple(tensors), {})
    found = list(values)
    for place, output in zip(places, outputs, strict=True):
        found[place] = output
    return tuple(found), places, next(each.grad_fn for each in outputs if each.requires_grad)


def _spread(gradients: Sequence[Any], places: list[int], count: int) -> tuple[Any, ...]:
    found: list[Any] = [None] * count
    for place, gradient in zip(places, gradients, strict=True):
        found[place] = gradient
    return tuple(found)
