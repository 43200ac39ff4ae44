"""Hooks on modules: how they are registered, and how a call of a module runs them.

Source of the semantics: torch/nn/modules/module.py (`_call_impl`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gradcli.engine.errors import warn
from gradcli.engine.graph import Hook, RemovableHandle
from gradcli.lang.values.table import attribute
from gradcli.nn.backward_hooks import BackwardHook, hook_last_node

BEFORE, AFTER, BACKWARD, BEFORE_BACKWARD = KINDS = tuple(
    f"_{kind}_hooks" for kind in ("forward_pre", "forward", "backward", "backward_pre")
)
_SILENCED: Final = (
    "module forward hook with ``always_call=True`` raised an exception that was silenced as another error was raised "
    "in forward: "
)


class ModuleHook(Hook):
    """with_kwargs: it is given the keyword arguments too. always: also after a call that failed."""

    __slots__ = ("always", "with_kwargs")

    def __init__(self, function: Callable[..., Any], with_kwargs: bool = False, always: bool = False) -> None:
        super().__init__(function, -1)
        self.with_kwargs = with_kwargs
        self.always = always


def register(module: Any, kind: str, hook: ModuleHook, prepend: bool) -> RemovableHandle:
    """Put the hook behind those of its kind, or in front of them."""
    hooks: list[Hook] = attribute(module, kind)
    handle = RemovableHandle(hooks, hook)
    if prepend:
        hooks.insert(0, hooks.pop())
    return handle


def register_backward(module: Any, hook: Any, full: bool, prepend: bool = False) -> RemovableHandle:
    """Register a hook on gradients. Raises RuntimeError where the other sort is there already."""
    if module.fields["_is_full_backward_hook"] not in (None, full):
        raise RuntimeError(
            "Cannot use both regular backward hooks and full backward hooks on a single Module. Please use only one of "
            "them."
        )
    module.fields["_is_full_backward_hook"] = full
    return register(module, BACKWARD, ModuleHook(hook), prepend)


def call(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call `forward`, and the hooks around it."""
    get = module.fields.get
    if not (get(BEFORE) or get(AFTER) or get(BACKWARD) or get(BEFORE_BACKWARD)):
        return attribute(module, "forward")(*args, **kwargs)
    one = _Call(module, args, kwargs)
    try:
        return one.run()
    except Exception:
        one.run_the_rest()
        raise


class _Call:
    """One call of a module that has hooks."""

    __slots__ = ("_args", "_done", "_kwargs", "_module", "_result")

    def __init__(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._module = module
        self._args = args
        self._kwargs = kwargs
        self._result: Any = None
        self._done: list[Hook] = []

    def run(self) -> Any:
        module = self._module
        before, after, gradients, earlier = (list(module.fields[kind]) for kind in KINDS)
        for hook in before:
            self._run_before(hook)
        full = bool(module.fields["_is_full_backward_hook"])
        around = None
        if earlier or (gradients and full):
            on_inputs = [hook.function for hook in gradients] if full else []
            around = BackwardHook(module, on_inputs, [hook.function for hook in earlier])
            self._args = around.around_inputs(self._args)
        self._result = attribute(module, "forward")(*self._args, **self._kwargs)
        for hook in after:
            self._done.append(hook)
            self._run_after(hook)
        if around is not None:
            self._result = around.around_outputs(self._result)
        if gradients and not full:
            hook_last_node(module, [hook.function for hook in gradients], self._result)
        return self._result

    def _run_before(self, hook: ModuleHook) -> None:
        if not hook.with_kwargs:
            found = hook.function(self._module, self._args)
            if found is not None:
                self._args = found if isinstance(found, tuple) else (found,)
            return
        found = hook.function(self._module, self._args, self._kwargs)
        if found is None:
            return
        if not (isinstance(found, tuple) and len(found) == 2):
            raise RuntimeError(
                f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {found}."
            )
        self._args, self._kwargs = found

    def _run_after(self, hook: ModuleHook) -> None:
        extra = (self._kwargs,) if hook.with_kwargs else ()
        found = hook.function(self._module, self._args, *extra, self._result)
        if found is not None:
            self._result = found

    def run_the_rest(self) -> None:
        """After a failure: the hooks that run always, if they have not run yet."""
        for hook in list(self._module.fields[AFTER]):
            if hook.always and hook not in self._done:
                try:
                    self._run_after(hook)
                except Exception as error:  # noqa: BLE001 - the first failure is told
                    warn(_SILENCED + str(error))
