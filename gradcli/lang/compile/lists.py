"""`mean([1, 2, 3])`, `sqrt(2)`: numbers where a tensor is wanted become one. Only after a call was refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcli.engine import dtypes
from gradcli.engine.tensor import Tensor
from gradcli.lang.modules.table import MODULES
from gradcli.lang.values.table import attribute


def takes_lists(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as its bare name has it."""

    def call(*args: Any, **named: Any) -> Any:
        try:
            return function(*args, **named)
        except TypeError as error:
            places = [at for at, value in enumerate(args) if _holds_numbers(value)]
            if not places:
                raise
            return _retried(function, args, named, places, error)

    call.__name__ = call.__qualname__ = getattr(function, "__name__", "function")
    call.__doc__ = function.__doc__
    return call


def _holds_numbers(value: Any) -> bool:
    """Is it a number, or a list (of lists…) of numbers?"""
    for _ in range(64):
        if type(value) not in (list, tuple) or not value:
            break
        value = value[0]
    return isinstance(value, (int, float, complex)) or (type(value) is list and not value)


def _retried(
    function: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any], places: list[int], error: TypeError
) -> Any:
    """Make tensors of the numbers, from left to right, until the call is taken."""
    tried = list(args)
    for at in places:
        tried[at] = attribute(MODULES["torch"], "tensor")(tried[at])
        try:
            return function(*tried, **named)
        except TypeError:
            continue
        except RuntimeError:  # integers where only floating point will do, NotImplementedError included
            floats = [_as_float(value) if value is not args[i] else value for i, value in enumerate(tried)]
            if all(new is old for new, old in zip(floats, tried, strict=True)):
                raise
            return function(*floats, **named)
    error.__traceback__ = None
    raise error


def _as_float(value: Any) -> Any:
    if type(value) is Tensor and value.array.dtype.kind in "iub":
        return Tensor(np.asarray(value.array, dtypes.default().np))
    return value
