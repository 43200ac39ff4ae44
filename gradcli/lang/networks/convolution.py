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
        text = _shown(self.fields, {"padding": (0,) * ndim, "dilation": (1,) * ndim, "groups": 1})
        mode = self.fields["padding_mode"]
        return text if mode == "zeros" else f"{text}, padding_mode={mode}"

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


# ---------------------------------------------------------------- the way back


def _transposed(ndim: int) -> Class:
    """The adjoint of the layer over `ndim` dimensions."""

    def __init__(
        self: Any,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        MODULE.own["__init__"](self)
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for ConvTranspose{ndim}d')
        for what, channels in (("in", in_channels), ("out", out_channels)):
            if channels % groups:
                raise ValueError(f"{what}_channels must be divisible by groups")
        window = several(kernel_size, ndim)
        self.fields |= {"in_channels": in_channels, "out_channels": out_channels, "kernel_size": window}
        self.fields |= {"stride": several(stride, ndim), "padding": several(padding, ndim), "groups": groups}
        self.fields |= {"dilation": several(dilation, ndim), "output_padding": several(output_padding, ndim)}
        self.fields["_parameters"] = {
            "weight": empty(in_channels, out_channels // groups, *window, dtype=dtype),
            "bias": empty(out_channels, dtype=dtype) if bias else None,
        }
        _reset(self)

    def forward(self: Any, input: Any, output_size: Any = None) -> Any:
        fields = self.fields
        extra = fields["output_padding"] if output_size is None else _missing(fields, input, output_size)
        options = (fields["stride"], fields["padding"], extra, fields["groups"], fields["dilation"])
        return functions[f"conv_transpose{ndim}d"](input, *fields["_parameters"].values(), *options)

    def extra_repr(self: Any) -> str:
        usual = {"padding": (0,) * ndim, "dilation": (1,) * ndim, "output_padding": (0,) * ndim, "groups": 1}
        return _shown(self.fields, usual)

    own = {"__init__": __init__, "reset_parameters": _reset, "forward": forward, "extra_repr": extra_repr}
    return layer(f"ConvTranspose{ndim}d", own, "conv")


def _missing(fields: dict[str, Any], input: Any, output_size: Any) -> list[int]:
    """How much the smallest output falls short of the size that is asked for."""
    ndim = len(fields["kernel_size"])
    wanted = output_size[2:] if len(output_size) == ndim + 2 else output_size
    sizes = input.shape[-ndim:]
    least = [
        (n - 1) * s - 2 * p + d * (k - 1) + 1
        for n, s, p, d, k in zip(
            sizes,
            *(fields[name] for name in ("stride", "padding", "dilation", "kernel_size")),
            strict=True,
        )
    ]
    most = [low + s - 1 for low, s in zip(least, fields["stride"], strict=True)]
    if any(not low <= size <= high for low, size, high in zip(least, wanted, most, strict=True)):
        raise ValueError(
            f"requested an output size of {wanted}, but valid sizes range from {least} to {most} (for an input of "
            f"{sizes})"
        )
    return [size - low for low, size in zip(least, wanted, strict=True)]


def _shown(fields: dict[str, Any], usual: dict[str, Any]) -> str:
    parts = [str(fields["in_channels"]), str(fields["out_channels"])]
    parts += [f"{name}={fields[name]}" for name in ("kernel_size", "stride")]
    parts += [f"{name}={fields[name]}" for name, value in usual.items() if fields[name] != value]
    return ", ".join(parts + ([] if fields["_parameters"]["bias"] is not None else ["bias=False"]))


CLASSES: Final[dict[str, Class]] = {
    **{f"Conv{ndim}d": _convolution(ndim) for ndim in (1, 2, 3)},
    **{f"ConvTranspose{ndim}d": _transposed(ndim) for ndim in (1, 2, 3)},
}
