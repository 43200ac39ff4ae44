"""The convolutional layers of torch.nn. Source: torch/nn/modules/conv.py."""

from __future__ import annotations

import math
from typing import Any, Final

from gradcli.engine.public import functions
from gradcli.lang.networks.linear import empty
from gradcli.lang.networks.module import MODULE, layer
from gradcli.lang.networks.pooling import several
from gradcli.lang.values.classes import Class
from gradcli.nn import init


def _convolution(ndim: int) -> Class:
    """The layer over `ndim` dimensions."""

    def __init__(
        self: Any,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        MODULE.own["__init__"](self)
        for what, channels in (("in", in_channels), ("out", out_channels)):
            if channels % groups:
                raise ValueError(f"{what}_channels must be divisible by groups")
        window = several(kernel_size, ndim)
        self.fields |= {
            "in_channels": in_channels,
            "out_channels": out_channels,
            "kernel_size": window,
            "stride": several(stride, ndim),
            "padding": padding if isinstance(padding, str) else several(padding, ndim),
            "dilation": several(dilation, ndim),
            "groups": groups,
            "padding_mode": padding_mode,
        }
        self.fields["_parameters"] = {
            "weight": empty(out_channels, in_channels // groups, *window, dtype=dtype),
            "bias": empty(out_channels, dtype=dtype) if bias else None,
        }
        _reset(self)

    def forward(self: Any, input: Any) -> Any:
        fields = self.fields
        stride, padding, dilation = fields["stride"], fields["padding"], fields["dilation"]
        if fields["padding_mode"] != "zeros":
            input = functions["nn.functional.pad"](input, _around(fields), fields["padding_mode"])
            padding = 0
        weight, bias = fields["_parameters"].values()
        return functions[f"conv{ndim}d"](input, weight, bias, stride, padding, dilation, fields["groups"])

    def extra_repr(self: Any) -> str:
        fields = self.fields
        parts = [str(fields["in_channels"]), str(fields["out_channels"])]
        parts += [f"{name}={fields[name]}" for name in ("kernel_size", "stride")]
        usual = {"padding": (0,) * ndim, "dilation": (1,) * ndim, "groups": 1}
        parts += [f"{name}={fields[name]}" for name, value in usual.items() if fields[name] != value]
        parts += [] if fields["_parameters"]["bias"] is not None else ["bias=False"]
        parts += [f"padding_mode={fields['padding_mode']}"] if fields["padding_mode"] != "zeros" else []
        return ", ".join(parts)

    own = {"__init__": __init__, "reset_parameters": _reset, "forward": forward, "extra_repr": extra_repr}
    return layer(f"Conv{ndim}d", own, "conv")


def _reset(self: Any) -> None:
    weight, bias = self.fields["_parameters"].values()
    init.kaiming_uniform_(weight, a=math.sqrt(5))
    inputs = math.prod(weight.shape[1:])
    if bias is not None and inputs:
        init.uniform_(bias, -1 / math.sqrt(inputs), 1 / math.sqrt(inputs))


def _around(fields: dict[str, Any]) -> list[int]:
    """What to add before and after, from the last dimension to the first."""
    found = []
    for size, step, wanted in zip(
        fields["kernel_size"],
        fields["dilation"],
        several(0, len(fields["kernel_size"])) if isinstance(fields["padding"], str) else fields["padding"],
        strict=True,
    ):
        total = step * (size - 1) if fields["padding"] == "same" else 2 * wanted
        found.append((total // 2, total - total // 2))
    return [number for pair in reversed(found) for number in pair]


CLASSES: Final[dict[str, Class]] = {f"Conv{ndim}d": _convolution(ndim) for ndim in (1, 2, 3)}
