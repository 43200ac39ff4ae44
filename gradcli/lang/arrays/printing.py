"""How numpy's arrays print: `set_printoptions` and what makes texts of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcli.lang.arrays.values import PRINT_OPTIONS, given, plain_array, text_of


def set_printoptions(
    precision: Any = None,
    threshold: Any = None,
    edgeitems: Any = None,
    linewidth: Any = None,
    suppress: Any = None,
    nanstr: Any = None,
    infstr: Any = None,
    formatter: Any = None,
    sign: Any = None,
    floatmode: Any = None,
) -> None:
    """`numpy.set_printoptions`."""
    chosen = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
        "suppress": suppress,
        "nanstr": nanstr,
        "infstr": infstr,
        "sign": sign,
        "floatmode": floatmode,
        "formatter": formatter,
    }
    options = {**PRINT_OPTIONS, **{name: value for name, value in chosen.items() if value is not None}}
    if isinstance(precision, int) and precision > 1000:
        raise ValueError("precision too large: the limit is 1000")
    if isinstance(linewidth, int) and linewidth > 100_000:
        raise ValueError("linewidth too large: the limit is 100000")
    with np.printoptions(**options):  # numpy refuses what it cannot use
        PRINT_OPTIONS.update(options)
    if formatter is None:
        PRINT_OPTIONS.pop("formatter", None)


def get_printoptions() -> dict[str, Any]:
    """`numpy.get_printoptions`."""
    with np.printoptions(**PRINT_OPTIONS):
        return dict(np.get_printoptions())


class PrintOptions:
    """`with numpy.printoptions(…):`"""

    __slots__ = ("_before", "_options")

    def __init__(self, **options: Any) -> None:
        self._options = options
        self._before: dict[str, Any] = {}

    def __enter__(self) -> None:
        self._before = dict(PRINT_OPTIONS)
        set_printoptions(**self._options)

    def __exit__(self, *failure: Any) -> None:
        PRINT_OPTIONS.clear()
        PRINT_OPTIONS.update(self._before)


def array2string(a: Any, **named: Any) -> str:
    """`numpy.array2string`."""
    options = {name: given(value) for name, value in named.items() if name not in ("formatter", "separator", "prefix")}
    inside = {name: named[name][:100] for name in ("separator", "prefix") if type(named.get(name)) is str}
    if named.get("threshold", 0) > 1_000_000:
        raise ValueError("threshold too large: the limit is 1000000")
    return text_of(plain_array(a), lambda array: np.array2string(array, **options, **inside))


def array_repr(arr: Any) -> str:
    """`numpy.array_repr`."""
    return text_of(plain_array(arr), np.array_repr)


def array_str(a: Any) -> str:
    """`numpy.array_str`."""
    return text_of(plain_array(a), np.array_str)
