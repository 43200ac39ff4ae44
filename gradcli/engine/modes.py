"""Grad mode, anomaly mode: what the engine does with every operation, and the context managers that switch it.

Source: torch/autograd/grad_mode.py. The state is the process's, as the session that owns it is single-threaded.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from types import TracebackType
from typing import Any


class State:
    """grad: operations are recorded. anomaly, check_nan: backward looks for nan. inference: see inference_mode.

    careful: since the process began there has been inference mode, or a hook on what is saved: nodes look at it.
    """

    __slots__ = ("anomaly", "careful", "check_nan", "grad", "inference", "interrupted", "writing")

    def __init__(self) -> None:
        self.grad = True
        self.anomaly = False
        self.check_nan = True
        self.inference = False
        self.careful = False
        # While results are being written an interrupt waits: who handles the signal sets `interrupted` instead.
        self.writing = False
        self.interrupted = False

    def written(self) -> None:
        """The results stand; raise the interrupt that came meanwhile."""
        self.writing = False
        if self.interrupted:
            self.interrupted = False
            raise KeyboardInterrupt


state = State()


def is_grad_enabled() -> bool:
    """torch.is_grad_enabled()."""
    return state.grad


class Switch:
    """A context manager that also decorates functions: sets fields of `state`, and restores them."""

    __slots__ = ("_before", "_fields")

    def __init__(self, **fields: bool) -> None:
        self._fields = fields
        self._before: list[dict[str, bool]] = []

    def __enter__(self) -> None:
        self._before.append({name: getattr(state, name) for name in self._fields})
        for name, value in self._fields.items():
            setattr(state, name, value)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for name, value in self._before.pop().items():
            setattr(state, name, value)

    def __repr__(self) -> str:
        name = type(self).__name__
        where = "anomaly_mode" if "anomaly" in name else "grad_mode"
        return f"<torch.autograd.{where}.{name} object at {hex(id(self))}>"

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with Switch(**self._fields):
                result = function(*args, **kwargs)
            return self._pauses(result) if isinstance(result, Generator) else result

        wrapped.__name__ = wrapped.__qualname__ = getattr(function, "__name__", "function")
        return wrapped

    def _pauses(self, steps: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """A generator whose body runs switched, and whose reader does not (torch/utils/_contextlib.py)."""
        resume: Callable[[], Any] = partial(next, steps)
        while True:
            try:
                with Switch(**self._fields):
                    item = resume()
            except StopIteration as end:
                return end.value
            try:
                resume = partial(steps.send, (yield item))
            except GeneratorExit:
                with Switch(**self._fields):
                    steps.close()
                raise
            except BaseException as error:  # noqa: BLE001 - what is thrown in is thrown on
                resume = partial(steps.throw, error)


class _Recording(Switch):
    """A switch of `state.grad` alone: the one that loops enter at every step."""

    __slots__ = ()

    def __enter__(self) -> None:
        self._before.append({"grad": state.grad})
        state.grad = self._fields["grad"]

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        state.grad = self._before.pop()["grad"]


class no_grad(_Recording):  # noqa: N801 - torch's name
    """torch.no_grad(): nothing inside is recorded."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(grad=False)


class enable_grad(_Recording):  # noqa: N801
    """torch.enable_grad(): recorded again inside no_grad."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(grad=True)


class set_grad_enabled(Switch):  # noqa: N801
    """torch.set_grad_enabled(mode): acts at once; as a context manager it is undone at the end."""

    __slots__ = ("_found",)

    def __init__(self, mode: bool) -> None:
        super().__init__(grad=bool(mode))
        self._found = state.grad
        state.grad = bool(mode)

    def __repr__(self) -> str:
        return f"torch.autograd.grad_mode.set_grad_enabled(mode={self._fields['grad']})"

    def __enter__(self) -> None:
        self._before.append({"grad": self._found})
        state.grad = self._fields["grad"]

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        state.grad = self._found  # as a decorator it acts on the function alone
        return super().__call__(function)


class inference_mode(Switch):  # noqa: N801
    """torch.inference_mode(): as no_grad, and what is made inside can never enter a graph."""

    __slots__ = ()

    def __init__(self, mode: bool = True) -> None:
        super().__init__(**({"grad": False, "inference": True} if mode else {"inference": False}))
        state.careful = True


class set_detect_anomaly(Switch):  # noqa: N801
    """torch.autograd.set_detect_anomaly(mode, check_nan): backward names the function that first made a nan."""

    __slots__ = ()

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        super().__init__(anomaly=mode, check_nan=check_nan)
        self._before.append({"anomaly": state.anomaly, "check_nan": state.check_nan})
        state.anomaly, state.check_nan = mode, check_nan

    def __enter__(self) -> None:
        """Entered by construction."""


class detect_anomaly(Switch):  # noqa: N801
    """torch.autograd.detect_anomaly(check_nan)."""

    __slots__ = ()

    def __init__(self, check_nan: bool = True) -> None:
        from gradcli.engine.errors import warn

        super().__init__(anomaly=True, check_nan=check_nan)
        warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for "
            "debugging."
        )
