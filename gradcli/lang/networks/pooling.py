"""Pooling and padding of torch.nn. Source: torch/nn/modules/{padding,pooling}.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gradcli.lang.networks.options import REQUIRED, Options, Run, called, plain


def several(value: Any, count: int) -> Any:
    """A number for each of `count` dimensions, where one may stand for all."""
    return (value,) * count if isinstance(value, int) else value


# ---------------------------------------------------------------- windows


def _stride_of_windows(fields: dict[str, Any]) -> None:
    if fields["stride"] is None:
        fields["stride"] = fields["kernel_size"]


def _as_tuples(fields: dict[str, Any]) -> None:
    _stride_of_windows(fields)
    fields.update({name: several(fields[name], 1) for name in ("kernel_size", "stride", "padding")})


def _windows(ndim: int) -> tuple[Options, Options]:
    window = {"kernel_size": REQUIRED, "stride": None, "padding": 0}
    largest = {**window, "dilation": 1, "return_indices": False, "ceil_mode": False}
    mean = {**window, "ceil_mode": False, "count_include_pad": True, **({"divisor_override": None} if ndim > 1 else {})}
    shown = "kernel_size stride padding"
    return (
        Options(
            f"MaxPool{ndim}d",
            largest,
            plain(f"max_pool{ndim}d"),
            f"{shown} dilation ceil_mode",
            "pooling",
            _stride_of_windows,
        ),
        Options(
            f"AvgPool{ndim}d",
            mean,
            plain(f"avg_pool{ndim}d"),
            shown,
            "pooling",
            _as_tuples if ndim == 1 else _stride_of_windows,
        ),
    )


def _adaptive(ndim: int) -> Options:
    name = f"adaptive_avg_pool{ndim}d"
    return Options(f"AdaptiveAvgPool{ndim}d", {"output_size": REQUIRED}, plain(name), "output_size", "pooling")


# ---------------------------------------------------------------- padding


def _padded(mode: str) -> Run:
    function = called("pad")
    return lambda options, training, input: function(input, options["padding"], mode, options.get("value"))


def _on_every_side(ndim: int) -> Callable[[dict[str, Any]], None]:
    def settle(fields: dict[str, Any]) -> None:
        fields["padding"] = several(fields["padding"], 2 * ndim)

    return settle


def _paddings(ndim: int) -> list[Options]:
    modes = {"Zero": "constant", "Reflection": "reflect", "Replication": "replicate", "Circular": "circular"}
    settle = _on_every_side(ndim)
    return [
        *(
            Options(f"{name}Pad{ndim}d", {"padding": REQUIRED}, _padded(mode), "*padding", "padding", settle)
            for name, mode in modes.items()
        ),
        Options(
            f"ConstantPad{ndim}d",
            {"padding": REQUIRED, "value": REQUIRED},
            _padded("constant"),
            "padding value",
            "padding",
            settle,
        ),
    ]


POOLING: Final = tuple(each for ndim in (1, 2, 3) for each in (*_windows(ndim), _adaptive(ndim), *_paddings(ndim)))
