"""The normalizing layers of torch.nn. Source: torch/nn/modules/{batchnorm,instancenorm,normalization}.py."""

from __future__ import annotations

from typing import Any, Final

from gradcli.engine.public import functions
from gradcli.lang.networks.linear import empty
from gradcli.lang.networks.module import MODULE, layer, made
from gradcli.lang.values.classes import Class
from gradcli.nn import init


def _scale_and_shift(shape: tuple[int, ...], scaled: bool, shifted: bool, dtype: Any) -> dict[str, Any]:
    return {
        "weight": init.ones_(empty(*shape, dtype=dtype)) if scaled else None,
        "bias": init.zeros_(empty(*shape, dtype=dtype)) if scaled and shifted else None,
    }


def _has_bias(self: Any) -> bool:
    return self.fields["_parameters"]["bias"] is not None


def _lengths(normalized_shape: Any) -> tuple[int, ...]:
    return (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)


class LayerNorm:
    """Normalized over the last dimensions, then scaled and shifted."""

    def __init__(
        self: Any,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        MODULE.own["__init__"](self)
        shape = _lengths(normalized_shape)
        self.fields |= {"normalized_shape": shape, "eps": eps, "elementwise_affine": elementwise_affine}
        self.fields["_parameters"] = _scale_and_shift(shape, elementwise_affine, bias, dtype)

    def forward(self: Any, input: Any) -> Any:
        fields = self.fields
        weight, bias = fields["_parameters"].values()
        return functions["nn.functional.layer_norm"](input, fields["normalized_shape"], weight, bias, fields["eps"])

    def extra_repr(self: Any) -> str:
        fields = self.fields
        affine = f"elementwise_affine={fields['elementwise_affine']}, bias={_has_bias(self)}"
        return f"{fields['normalized_shape']}, eps={fields['eps']}, {affine}"


class RMSNorm:
    """Divided by the root of the mean square over the last dimensions, then scaled."""

    def __init__(
        self: Any,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        MODULE.own["__init__"](self)
        shape = _lengths(normalized_shape)
        self.fields |= {"normalized_shape": shape, "eps": eps, "elementwise_affine": elementwise_affine}
        weight = init.ones_(empty(*shape, dtype=dtype)) if elementwise_affine else None
        self.fields["_parameters"] = {"weight": weight}

    def forward(self: Any, input: Any) -> Any:
        fields = self.fields
        weight = fields["_parameters"]["weight"]
        return functions["nn.functional.rms_norm"](input, fields["normalized_shape"], weight, fields["eps"])

    def extra_repr(self: Any) -> str:
        names = ("eps", "elementwise_affine")
        return ", ".join([str(self.fields["normalized_shape"]), *(f"{name}={self.fields[name]}" for name in names)])


class GroupNorm:
    """Normalized over groups of channels, then scaled and shifted."""

    def __init__(
        self: Any,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        MODULE.own["__init__"](self)
        if num_channels % num_groups:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.fields |= {"num_groups": num_groups, "num_channels": num_channels, "eps": eps, "affine": affine}
        self.fields["_parameters"] = _scale_and_shift((num_channels,), affine, bias, dtype)

    def forward(self: Any, input: Any) -> Any:
        weight, bias = self.fields["_parameters"].values()
        groups, eps = self.fields["num_groups"], self.fields["eps"]
        return functions["nn.functional.group_norm"](input, groups, weight, bias, eps)

    def extra_repr(self: Any) -> str:
        fields = self.fields
        sizes = f"{fields['num_groups']}, {fields['num_channels']}"
        return f"{sizes}, eps={fields['eps']}, affine={fields['affine']}, bias={_has_bias(self)}"


# ---------------------------------------------------------------- over a batch or a sample, with running moments

_DIMENSIONS: Final = {1: (2, 3), 2: (4,), 3: (5,)}


def _check_dimensions(ndim: int, input: Any, unbatched: int | None = None) -> None:
    wanted = (*_DIMENSIONS[ndim], *([] if unbatched is None else [unbatched]))
    if input.dim() not in wanted:
        text = " or ".join(f"{each}D" for each in sorted(set(wanted)))
        raise ValueError(f"expected {text} input (got {input.dim()}D input)")


def _moments(self: Any, num_features: int, tracked: bool, dtype: Any) -> None:
    """What the layer remembers of its batches."""
    self.fields["_buffers"] = {
        "running_mean": functions["zeros"](num_features, dtype=dtype) if tracked else None,
        "running_var": functions["ones"](num_features, dtype=dtype) if tracked else None,
        "num_batches_tracked": functions["tensor"](0) if tracked else None,
    }


def _normalizing(name: str, ndim: int, module: str, affine: bool, tracked: bool, forward: Any) -> Class:
    """The layer `name` over `ndim` dimensions: its defaults, and what it computes."""

    def __init__(
        self: Any,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = affine,
        track_running_stats: bool = tracked,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        MODULE.own["__init__"](self)
        self.fields |= {"num_features": num_features, "eps": eps, "momentum": momentum}
        self.fields |= {"affine": affine, "track_running_stats": track_running_stats}
        self.fields["_parameters"] = _scale_and_shift((num_features,), affine, bias, dtype)
        _moments(self, num_features, track_running_stats, dtype)

    def run(self: Any, input: Any) -> Any:
        return forward(self, ndim, input)

    def extra_repr(self: Any) -> str:
        fields = self.fields
        parts = [str(fields["num_features"])]
        parts += [f"{name}={fields[name]}" for name in ("eps", "momentum", "affine")]
        parts += [f"bias={_has_bias(self)}", f"track_running_stats={fields['track_running_stats']}"]
        return ", ".join(parts)

    run.__name__ = "forward"
    return layer(f"{name}{ndim}d", {"__init__": __init__, "forward": run, "extra_repr": extra_repr}, module)


def _by_batch(self: Any, ndim: int, input: Any) -> Any:
    _check_dimensions(ndim, input)
    fields = self.fields
    training, tracking, factor = fields["training"], fields["track_running_stats"], fields["momentum"] or 0.0
    mean, variance, batches = fields["_buffers"].values()
    if training and tracking and batches is not None:
        batches.add_(1)
        if fields["momentum"] is None:  # the mean of all batches
            factor = 1.0 / float(batches)
    if training and not tracking:
        mean = variance = None
    weight, bias = fields["_parameters"].values()
    by_batch = training or (mean is None and variance is None)
    return functions["nn.functional.batch_norm"](input, mean, variance, weight, bias, by_batch, factor, fields["eps"])


def _by_sample(self: Any, ndim: int, input: Any) -> Any:
    _check_dimensions(ndim, input, ndim + 1)
    fields = self.fields
    alone = input.dim() == ndim + 1
    mean, variance, _ = fields["_buffers"].values()
    weight, bias = fields["_parameters"].values()
    by_input = fields["training"] or not fields["track_running_stats"]
    found = functions["nn.functional.instance_norm"](
        input.unsqueeze(0) if alone else input,
        mean,
        variance,
        weight,
        bias,
        by_input,
        fields["momentum"] or 0.0,
        fields["eps"],
    )
    return found.squeeze(0) if alone else found


CLASSES: Final[dict[str, Class]] = {
    **{f"BatchNorm{n}d": _normalizing("BatchNorm", n, "batchnorm", True, True, _by_batch) for n in (1, 2, 3)},
    **{
        f"InstanceNorm{n}d": _normalizing("InstanceNorm", n, "instancenorm", False, False, _by_sample)
        for n in (1, 2, 3)
    },
    **{each.__name__: made(each, MODULE, "torch.nn.modules.normalization") for each in (LayerNorm, RMSNorm, GroupNorm)},
}
