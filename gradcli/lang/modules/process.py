"""What programs ask of the process that runs them: the state of the random numbers, and how torch is to compute.

Sources: torch/random.py, torch/__init__.py. Threads, precision and determinism are remembered and change nothing: the
engine computes in one thread, in full precision, and always the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from gradcli.engine.errors import warn
from gradcli.engine.modes import state as modes
from gradcli.engine.random import default_generator
from gradcli.engine.signature import Overloads, Signature
from gradcli.engine.tensor import Tensor
from gradcli.lang.modules.managing import Generated
from gradcli.lang.values.native import native
from gradcli.lang.values.table import type_name, type_of
from gradcli.lang.values.tensors import set_state, state_of

# ---------------------------------------------------------------- random numbers


def get_rng_state() -> Tensor:
    """torch.get_rng_state(): all that the next random numbers depend on, in 5056 bytes."""
    return state_of(default_generator)


def set_rng_state(new_state: Any) -> None:
    """torch.set_rng_state(new_state): go on from there."""
    set_state(default_generator, new_state)


def fork_rng(
    devices: Any = None,
    enabled: bool = True,
    _caller: str = "fork_rng",
    _devices_kw: str = "devices",
    device_type: str | None = None,
) -> Generated:
    """torch.random.fork_rng(): a context after which the random numbers go on from where they were before it."""
    return Generated(_forked, (enabled and device_type != "meta",), {})


def _forked(enabled: bool) -> Iterator[None]:
    position = default_generator.get_state() if enabled else None
    try:
        yield
    finally:
        if position is not None:
            default_generator.set_state(position)


# ---------------------------------------------------------------- how to compute


class Settings:
    """What was asked for."""

    __slots__ = ("deterministic", "interop_threads", "precision", "threads", "warn_only")

    def __init__(self) -> None:
        self.threads = self.interop_threads = 1
        self.deterministic = self.warn_only = False
        self.precision = "highest"


_settings: Final = Settings()


def _get_num_threads() -> int:
    return _settings.threads


def _set_num_threads(count: Any) -> None:
    _settings.threads = _positive("set_num_threads", count)


def _get_num_interop_threads() -> int:
    return _settings.interop_threads


def _set_num_interop_threads(count: Any) -> None:
    _settings.interop_threads = _positive("set_num_interop_threads", count)


def _positive(name: str, count: Any) -> int:
    if type(count) is not int:
        raise RuntimeError(f"{name} expects an int, but got {type_name(count)}")
    if count <= 0:
        raise RuntimeError(f"{name} expects a positive integer")
    return count


def _set_flush_denormal(mode: Any) -> bool:
    """Whether it could be done: small numbers always stay what they are here."""
    if type(mode) is not bool:
        raise RuntimeError(f"flush_denormal expects a bool, but got {type_name(mode)}")
    return not mode


def _parsed(name: str, function: Callable[..., None]) -> Callable[..., None]:
    """A function whose arguments torch's parser reads."""
    overloads = Overloads(name, [Signature.of(function)], False, False)

    def call(*args: Any, **named: Any) -> None:
        function(*overloads.bind(args, named)[1])

    call.__name__ = call.__qualname__ = name
    return call


def _set_deterministic(mode: bool, warn_only: bool = False) -> None:
    _settings.deterministic, _settings.warn_only = mode, warn_only


_set_deterministic_algorithms: Final = _parsed("_set_deterministic_algorithms", _set_deterministic)


def use_deterministic_algorithms(mode: Any, *, warn_only: Any = False) -> None:
    """torch.use_deterministic_algorithms(mode)."""
    _set_deterministic_algorithms(mode, warn_only=warn_only)


def are_deterministic_algorithms_enabled() -> bool:
    """torch.are_deterministic_algorithms_enabled()."""
    return _settings.deterministic


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """torch.is_deterministic_algorithms_warn_only_enabled()."""
    return _settings.warn_only


def set_deterministic_debug_mode(debug_mode: Any) -> None:
    """torch.set_deterministic_debug_mode(debug_mode): "default", "warn" or "error", or their numbers."""
    if not isinstance(debug_mode, (int, str)):
        raise TypeError(f"debug_mode must be str or int, but got {type_of(debug_mode)}")
    known: tuple[Any, ...] = ("default", "warn", "error") if isinstance(debug_mode, str) else (0, 1, 2)
    if debug_mode not in known:
        listed = "one of `default`, `warn`, `error`" if isinstance(debug_mode, str) else "0, 1, or 2"
        raise RuntimeError(f"invalid value of debug_mode, expected {listed}, but got {debug_mode}")
    number = known.index(debug_mode)
    _set_deterministic(number > 0, warn_only=number == 1)


def get_deterministic_debug_mode() -> int:
    """torch.get_deterministic_debug_mode()."""
    return 0 if not _settings.deterministic else 1 if _settings.warn_only else 2


def get_float32_matmul_precision() -> str:
    """torch.get_float32_matmul_precision()."""
    return _settings.precision


def set_float32_matmul_precision(precision: Any) -> None:
    """torch.set_float32_matmul_precision(precision): "highest", "high" or "medium"."""
    if not isinstance(precision, str):
        raise RuntimeError(f"set_float32_matmul_precision expects a str, but got {type_name(precision)}")
    if precision in ("highest", "high", "medium"):
        _settings.precision = precision
    else:
        warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; the currentsetFloat32MatmulPrecision call has "
            "no effect."
        )


# ---------------------------------------------------------------- anomalies


def _is_anomaly_enabled() -> bool:
    return modes.anomaly


def _is_anomaly_check_nan_enabled() -> bool:
    return modes.check_nan


def _set_anomaly(enabled: bool, check_nan: bool = True) -> None:
    modes.anomaly, modes.check_nan = enabled, check_nan


# ---------------------------------------------------------------- torch.compile

_MODES: Final = ("default", "lite", "reduce-overhead", "max-autotune-no-cudagraphs", "max-autotune")


def _compile(
    model: Any = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: Any = None,
    mode: str | None = None,
    options: Any = None,
    name: str | None = None,
    disable: bool = False,
    recompile_limit: int | None = None,
    isolate_recompiles: bool = False,
    shapes_spec: Any = None,
) -> Any:
    """torch.compile(model): the function itself, which computes the same."""

    def fn(model: Any) -> Any:
        if model is None:
            raise RuntimeError("Model can't be None")
        if mode is not None and options is not None:
            raise RuntimeError("Either mode or options can be specified, but both can't be specified at the same time.")
        if backend in (None, "inductor") and mode is not None and mode not in _MODES:
            raise RuntimeError(f"Unrecognized mode={mode}, should be one of: {', '.join(_MODES)}")
        if not callable(model):
            raise AssertionError(f"A callable function is expected, but {type_of(model)} is provided.")
        return model

    return fn if model is None else fn(model)


_compile.__name__ = _compile.__qualname__ = "compile"

FUNCTIONS: Final[dict[str, Any]] = {
    **{
        function.__name__: function
        for function in (
            *(get_rng_state, set_rng_state, use_deterministic_algorithms, are_deterministic_algorithms_enabled),
            *(is_deterministic_algorithms_warn_only_enabled, set_deterministic_debug_mode),
            *(get_deterministic_debug_mode, get_float32_matmul_precision, set_float32_matmul_precision),
            *(_compile, _parsed("set_anomaly_enabled", _set_anomaly)),
            native("torch.get_num_threads", _get_num_threads),
            native("torch.set_num_threads", _set_num_threads, 1),
            native("torch.get_num_interop_threads", _get_num_interop_threads),
            native("torch.set_num_interop_threads", _set_num_interop_threads, 1),
            native("torch.set_flush_denormal", _set_flush_denormal, 1),
            native("torch.is_anomaly_enabled", _is_anomaly_enabled),
            native("torch.is_anomaly_check_nan_enabled", _is_anomaly_check_nan_enabled),
        )
    },
    "default_generator": default_generator,
}
RANDOM: Final = {
    "fork_rng": fork_rng,
    **{name: FUNCTIONS[name] for name in ("get_rng_state", "set_rng_state", "default_generator")},
}
