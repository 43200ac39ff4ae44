"""torch.utils.checkpoint: a part of the forward pass is run again in backward, instead of keeping what it saved.

Source of the semantics: torch/utils/checkpoint.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from weakref import WeakKeyDictionary

from gradcli.autograd.function import Definition, apply
from gradcli.engine import hook_calls
from gradcli.engine.backward import backward
from gradcli.engine.errors import warn
from gradcli.engine.modes import enable_grad, state
from gradcli.engine.options import cpu
from gradcli.engine.packing import saved_tensors_hooks
from gradcli.engine.random import default_generator
from gradcli.engine.tensor import Tensor

Contexts = tuple[AbstractContextManager[Any], AbstractContextManager[Any]]

_EXPLICIT = (
    "torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. Starting in PyTorch 2.9, calling "
    "checkpoint without use_reentrant will raise an exception. use_reentrant=False is recommended, but if you need to "
    "preserve the current default behavior, you can pass use_reentrant=True. Refer to docs for more details on the "
    "differences between the two variants."
)
_WHOLE_BACKWARD = (
    "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` parameter to "
    ".backward(). To resolve this error, you can either set use_reentrant=False, or call .backward() without passing "
    "the `inputs` argument."
)
_ONCE = (
    "torch.utils.checkpoint: Unpack is being triggered for a tensor that was already unpacked once. If you are calling "
    "ctx.saved_tensors in backward, make sure to do so only once. Otherwise please open an issue with details on your "
    "use case."
)
_COUNT = (
    "torch.utils.checkpoint: A different number of tensors was saved during the original forward and recomputation.\n"
    "Number of tensors saved during forward: {}\nNumber of tensors saved during recomputation: {}.\n"
)
_KINDS = (
    "torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than during the "
    "forward pass.\n{}.\n"
)


class CheckpointError(RuntimeError):
    """What is run again does not save what it saved at first."""


def noop_context_fn() -> Contexts:
    """The contexts of a checkpoint that names none."""
    return nullcontext(), nullcontext()


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], Contexts] = noop_context_fn,
    determinism_check: str = "default",
    early_stop: bool = True,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """`function(*args, **kwargs)`, whose saved tensors are computed again when backward needs them.

    use_reentrant: be one node, whose backward runs function and backward anew; else only what is saved is replaced.
    preserve_rng_state: draw the same random numbers again. Raises ValueError for keywords that go with the other way,
    and in backward CheckpointError if function does not save the same again.
    """
    if use_reentrant is None:
        warn(_EXPLICIT)
        use_reentrant = True
    if not use_reentrant:
        if determinism_check not in ("default", "none"):
            raise ValueError(f"determinism_check should be one of ['default', 'none'], but got {determinism_check}")
        run = _preserving(function) if preserve_rng_state else function
        frame = _Frame(lambda: run(*args, **kwargs), context_fn(), determinism_check == "default", early_stop)
        return frame.forward(lambda: function(*args, **kwargs))
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    if context_fn is not noop_context_fn:
        raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
    if state.grad and not any(isinstance(each, Tensor) and each.requires_grad for each in args):
        warn("None of the inputs have requires_grad=True. Gradients will be None")
    run = _preserving(function) if preserve_rng_state else function
    return apply(_reentrant(function, run), args, {})


def checkpoint_sequential(
    functions: Any,
    segments: int,
    input: Any,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
) -> Any:
    """Functions one after the other, in so many segments, all but the last one of them checkpointed."""
    if use_reentrant is None:
        warn(_EXPLICIT.replace("checkpoint:", "checkpoint.checkpoint_sequential:", 1))
        use_reentrant = True
    steps = list(functions)
    size = len(steps) // segments
    end = 0
    for start in range(0, size * (segments - 1), size):
        end = start + size
        input = checkpoint(
            _chain(steps[start:end]), input, use_reentrant=use_reentrant, preserve_rng_state=preserve_rng_state
        )
    return _chain(steps[end:])(input)


def _chain(steps: Sequence[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    def run(value: Any) -> Any:
        for step in steps:
            value = step(value)
        return value

    return run


def _preserving(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with the random numbers that it would draw now."""
    then = default_generator.position()

    def run(*args: Any, **kwargs: Any) -> Any:
        now = default_generator.position()
        default_generator.go_to(then)
        try:
            return function(*args, **kwargs)
        finally:
            default_generator.go_to(now)

    return run


def _reentrant(function: Callable[..., Any], again: Callable[..., Any]) -> Definition:
    def forward(ctx: Any, *args: Any) -> Any:
        ctx.save_for_backward(*[each for each in args if isinstance(each, Tensor)])
        ctx.fields["inputs"] = [None if isinstance(each, Tensor) else each for each in args]
        return function(*args)

    def backward_again(ctx: Any, *gradients: Any) -> Any:
        if not hook_calls.running[-1].whole:
            raise RuntimeError(_WHOLE_BACKWARD)
        tensors = iter(ctx.saved_tensors)
        places = zip(ctx.fields["inputs"], ctx.tensor_inputs, strict=True)
        inputs = [_detached(next(tensors)) if is_tensor else each for each, is_tensor in places]
        with enable_grad():
            found = again(*inputs)
        outputs = found if isinstance(found, tuple) else (found,)
        pairs = [
            pair
            for pair in zip(outputs, gradients, strict=True)
            if isinstance(pair[0], Tensor) and pair[0].requires_grad
        ]
        if not pairs:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        backward([output for output, _ in pairs], [gradient for _, gradient in pairs])
        return tuple(each.grad if isinstance(each, Tensor) else None for each in inputs)

    return Definition("CheckpointFunction", forward, backward_again, None, lambda args, named: (args, named))


def _detached(tensor: Tensor) -> Tensor:
    found: Tensor = tensor.detach()
    return found.requires_grad_(tensor.requires_grad)


class _Stop(Exception):
    """All that is needed has been computed again."""


class _Saved:
    """Stands for a tensor that was not kept. number: how many were saved before it."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number


class _Frame:
    """One call that keeps nothing: what it saved, by number, and what it saves when it is run again."""

    __slots__ = ("_again", "_checks", "_contexts", "_early", "_kinds", "_recomputed")

    def __init__(self, again: Callable[[], Any], contexts: Contexts, checks: bool, early: bool) -> None:
        self._again = again
        self._contexts = contexts
        self._checks = checks
        self._early = early
        self._kinds: list[dict[str, Any]] = []
        # What each backward has computed; a value is taken out when it is used.
        self._recomputed: WeakKeyDictionary[Any, dict[int, Tensor]] = WeakKeyDictionary()

    def forward(self, call: Callable[[], Any]) -> Any:
        if not state.grad:
            return call()
        with saved_tensors_hooks(self._save, self._load), self._contexts[0]:
            return call()

    def _save(self, tensor: Tensor) -> _Saved:
        self._kinds.append(_kind(tensor))
        return _Saved(len(self._kinds) - 1)

    def _load(self, saved: _Saved) -> Tensor:
        walk = hook_calls.running[-1] if hook_calls.running else None
        found = {} if walk is None else self._recomputed.get(walk)
        if not found:
            found = self._recompute()
            if walk is not None:
                self._recomputed[walk] = found
        if saved.number not in found:
            raise CheckpointError(_ONCE)
        return found.pop(saved.number)

    def _recompute(self) -> dict[int, Tensor]:
        """Run the call again, up to the last tensor that it saved."""
        saved: list[Tensor] = []

        def save(tensor: Tensor) -> Tensor:
            saved.append(tensor.detach() if tensor.requires_grad else tensor)
            if self._early and len(saved) == len(self._kinds):
                raise _Stop
            return tensor

        try:
            with saved_tensors_hooks(save, lambda tensor: tensor), enable_grad(), self._contexts[1]:
                self._again()
        except _Stop:
            pass
        if len(saved) != len(self._kinds):
            raise CheckpointError(_COUNT.format(len(self._kinds), len(saved)))
        pairs = enumerate(zip(self._kinds, map(_kind, saved), strict=True))
        different = "".join(
            f"tensor at position {place}:\nsaved metadata: {before}\nrecomputed metadata: {after}\n"
            for place, (before, after) in pairs
            if self._checks and before != after
        )
        if different:
            raise CheckpointError(_KINDS.format(different))
        return dict(enumerate(saved))


def _kind(tensor: Tensor) -> dict[str, Any]:
    return {"shape": tensor.shape, "dtype": tensor.dtype, "device": cpu}
