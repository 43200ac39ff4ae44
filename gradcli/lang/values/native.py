"""Functions that torch has in C with a fixed number of arguments: CPython's words for their calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def check_call(name: str, takes: int, args: tuple[Any, ...], named: dict[str, Any]) -> None:
    """Raises TypeError for a call of a function that takes none, or one."""
    if named:
        raise TypeError(f"{name}() takes no keyword arguments")
    if len(args) != takes:
        raise TypeError(f"{name}() takes {'exactly one argument' if takes else 'no arguments'} ({len(args)} given)")


def native(name: str, function: Callable[..., Any], takes: int = 0) -> Callable[..., Any]:
    """The function, called by position alone. name: as CPython says it (`torch.set_num_threads`)."""

    def call(*args: Any, **named: Any) -> Any:
        check_call(name, takes, args, named)
        return function(*args)

    call.__name__ = call.__qualname__ = name.rpartition(".")[2]
    return call


def native_method(name: str, function: Callable[..., Any], takes: int = 0) -> Callable[..., Any]:
    """The same of a method."""

    def call(self: Any, *args: Any, **named: Any) -> Any:
        check_call(name, takes, args, named)
        return function(self, *args)

    return call
