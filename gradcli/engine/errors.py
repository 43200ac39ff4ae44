"""Warnings of the engine, and the one exception that Python has no builtin for.

Errors are Python's own classes (RuntimeError, IndexError, TypeError…) with torch's sentence; the layers above make
diagnostics of them.
"""

from __future__ import annotations

from collections.abc import Callable


class LinAlgError(RuntimeError):
    """torch.linalg.LinAlgError: a factorization that could not be completed."""


LinAlgError.__name__ = "_LinAlgError"  # as torch's own is named


def _python_warning(message: str, category: str) -> None:
    import warnings

    warnings.warn(message, {"DeprecationWarning": DeprecationWarning}.get(category, UserWarning), stacklevel=4)


class _Sink:
    __slots__ = ("emit", "said", "silent")

    def __init__(self) -> None:
        self.emit: Callable[[str, str], None] = _python_warning
        self.silent = False
        self.said: set[str] = set()


_sink = _Sink()


def warn(message: str, category: str = "UserWarning") -> None:
    """Say `message` to whoever listens: a session, or Python's own warnings."""
    if not _sink.silent:
        _sink.emit(message, category)


def warn_once(message: str) -> None:
    """As `warn`, the first time only (TORCH_WARN_ONCE)."""
    if message not in _sink.said:
        _sink.said.add(message)
        warn(message)


def forget_warnings() -> None:
    """Let everything that was said once be said again (a new session)."""
    _sink.said.clear()
    _sink.silent = False


def silence(silent: bool) -> None:
    """Say nothing from now on, or something again."""
    _sink.silent = silent


def silenced() -> bool:
    """Is nothing said?"""
    return _sink.silent


def listen(emit: Callable[[str, str], None] | None) -> Callable[[str, str], None]:
    """Send warnings to `emit(message, category)` from now on; returns who heard them before."""
    before = _sink.emit
    _sink.emit = emit or _python_warning
    return before
