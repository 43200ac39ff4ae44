"""What torch still knows by a name that it warns of."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from gradcli.engine.dtypes import default
from gradcli.engine.errors import warn
from gradcli.engine.public import functions


def range_(*args: Any, **named: Any) -> Any:
    """torch.range(start=0, end, step=1): `arange` with its end, in the default type."""
    given = dict(zip(("start", "end", "step"), args, strict=False)) | named
    if "end" not in given:
        raise TypeError('range() missing 1 required positional arguments: "end"')
    start, end, step = given.pop("start", 0), given.pop("end"), given.pop("step", 1)
    warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with "
        "Python's range builtin. Instead, use torch.arange, which produces values in [start, end)."
    )
    if not step or (end - start) / step < 0:
        wrong = "step must be nonzero" if not step else "upper bound and lower bound inconsistent with step sign"
        raise RuntimeError(wrong)
    count = int((end - start) / step) + 1
    places = functions["arange"](count, dtype=given.get("dtype") or default())
    result = places * step + start
    return result.requires_grad_() if given.get("requires_grad") else result


def initializers(known: dict[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """`init.normal` and its like, which write their argument and are called `normal_` today."""
    renamed = [name for name in known if name.endswith("_") and name not in ("zeros_", "ones_", "trunc_normal_")]
    return {name[:-1]: partial(_renamed, name, known[name]) for name in renamed}


def _renamed(name: str, function: Callable[..., Any], *args: Any, **named: Any) -> Any:
    warn(f"`nn.init.{name[:-1]}` is now deprecated in favor of `nn.init.{name}`.", "FutureWarning")
    return function(*args, **named)
