"""The layers of torch.nn that have parameters or modules inside, and pooling.

Source: torch/nn/modules/{linear,container,conv,normalization,pooling,sparse}.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

from gradcli.engine.public import functions
from gradcli.engine.tensor import Tensor
from gradcli.lang.networks.functions import FUNCTIONS
from gradcli.lang.networks.module import MODULE, children_of, each_module, made
from gradcli.lang.values.classes import Class
from gradcli.nn import init
from gradcli.nn.parameter import parameter


def _empty(*shape: int, dtype: Any = None) -> Tensor:
    return parameter(functions["empty"](shape, dtype=dtype))


class Linear:
    """x @ weight.T + bias."""

    def __init__(
        self: Any, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        MODULE.own["__init__"](self)
        self.fields |= {"in_features": in_features, "out_features": out_features}
        self.fields["_parameters"] = {
            "weight": _empty(out_features, in_features, dtype=dtype),
            "bias": _empty(out_features, dtype=dtype) if bias else None,
        }
        Linear.reset_parameters(self)

    def reset_parameters(self: Any) -> None:
        weight, bias = self.fields["_parameters"].values()
        init.kaiming_uniform_(weight, a=math.sqrt(5))
        if bias is not None:
            bound = 1 / math.sqrt(weight.shape[1]) if weight.shape[1] > 0 else 0
            init.uniform_(bias, -bound, bound)

    def forward(self: Any, input: Any) -> Any:
        parameters = self.fields["_parameters"]
        return functions["nn.functional.linear"](input, parameters["weight"], parameters["bias"])

    def extra_repr(self: Any) -> str:
        fields = self.fields
        bias = fields["_parameters"]["bias"] is not None
        return f"in_features={fields['in_features']}, out_features={fields['out_features']}, bias={bias}"


class Embedding:
    """A table of vectors, looked up by number."""

    def __init__(self: Any, num_embeddings: int, embedding_dim: int) -> None:
        MODULE.own["__init__"](self)
        self.fields |= {"num_embeddings": num_embeddings, "embedding_dim": embedding_dim}
        self.fields["_parameters"] = {"weight": init.normal_(_empty(num_embeddings, embedding_dim))}

    def forward(self: Any, input: Any) -> Any:
        return functions["nn.functional.embedding"](input, self.fields["_parameters"]["weight"])

    def extra_repr(self: Any) -> str:
        return f"{self.fields['num_embeddings']}, {self.fields['embedding_dim']}"


class LayerNorm:
    """Normalized over the last dimensions, then scaled and shifted."""

    def __init__(
        self: Any, normalized_shape: Any, eps: float = 1e-5, elementwise_affine: bool = True, bias: bool = True
    ) -> None:
        MODULE.own["__init__"](self)
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.fields |= {"normalized_shape": shape, "eps": eps, "elementwise_affine": elementwise_affine}
        self.fields["_parameters"] = {
            "weight": init.ones_(_empty(*shape)) if elementwise_affine else None,
            "bias": init.zeros_(_empty(*shape)) if elementwise_affine and bias else None,
        }

    def forward(self: Any, input: Any) -> Any:
        fields = self.fields
        weight, bias = fields["_parameters"].values()
        return functions["nn.functional.layer_norm"](input, fields["normalized_shape"], weight, bias, fields["eps"])

    def extra_repr(self: Any) -> str:
        fields = self.fields
        bias = fields["_parameters"]["bias"] is not None
        affine = f"elementwise_affine={fields['elementwise_affine']}, bias={bias}"
        return f"{fields['normalized_shape']}, eps={fields['eps']}, {affine}"


class Conv2d:
    """A convolution over two dimensions."""

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
    ) -> None:
        MODULE.own["__init__"](self)
        window = _pair(kernel_size)
        self.fields |= {
            "in_channels": in_channels,
            "out_channels": out_channels,
            "kernel_size": window,
            "stride": _pair(stride),
            "padding": padding if isinstance(padding, str) else _pair(padding),
            "dilation": _pair(dilation),
            "groups": groups,
        }
        self.fields["_parameters"] = {
            "weight": _empty(out_channels, in_channels // groups, *window),
            "bias": _empty(out_channels) if bias else None,
        }
        Conv2d.reset_parameters(self)

    def reset_parameters(self: Any) -> None:
        weight, bias = self.fields["_parameters"].values()
        init.kaiming_uniform_(weight, a=math.sqrt(5))
        inputs = math.prod(weight.shape[1:])
        if bias is not None and inputs:
            init.uniform_(bias, -1 / math.sqrt(inputs), 1 / math.sqrt(inputs))

    def forward(self: Any, input: Any) -> Any:
        fields = self.fields
        weight, bias = fields["_parameters"].values()
        options = [fields[name] for name in ("stride", "padding", "dilation", "groups")]
        return functions["conv2d"](input, weight, bias, *options)

    def extra_repr(self: Any) -> str:
        fields = self.fields
        parts = [str(fields["in_channels"]), str(fields["out_channels"])]
        parts += [f"{name}={fields[name]}" for name in ("kernel_size", "stride")]
        usual = {"padding": (0, 0), "dilation": (1, 1), "groups": 1}
        parts += [f"{name}={fields[name]}" for name, value in usual.items() if fields[name] != value]
        parts += [] if fields["_parameters"]["bias"] is not None else ["bias=False"]
        return ", ".join(parts)


class MaxPool2d:
    """The largest number in each window."""

    def __init__(
        self: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        MODULE.own["__init__"](self)
        stride = kernel_size if stride is None else stride
        self.fields |= {"kernel_size": kernel_size, "stride": stride, "padding": padding}
        self.fields |= {"dilation": dilation, "ceil_mode": ceil_mode}

    def forward(self: Any, input: Any) -> Any:
        options = [self.fields[name] for name in ("kernel_size", "stride", "padding", "dilation", "ceil_mode")]
        return functions["nn.functional.max_pool2d"](input, *options)

    def extra_repr(self: Any) -> str:
        shown = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
        return ", ".join(f"{name}={self.fields[name]}" for name in shown)


class AvgPool2d:
    """The mean of each window."""

    def __init__(self: Any, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        MODULE.own["__init__"](self)
        stride = kernel_size if stride is None else stride
        self.fields |= {"kernel_size": kernel_size, "stride": stride, "padding": padding}

    def forward(self: Any, input: Any) -> Any:
        options = [self.fields[name] for name in ("kernel_size", "stride", "padding")]
        return functions["nn.functional.avg_pool2d"](input, *options)

    def extra_repr(self: Any) -> str:
        return ", ".join(f"{name}={self.fields[name]}" for name in ("kernel_size", "stride", "padding"))


def _pair(value: Any) -> tuple[int, ...]:
    return (value, value) if isinstance(value, int) else tuple(value)


# ---------------------------------------------------------------- containers


class Sequential:
    """One module after the other."""

    def __init__(self: Any, *args: Any) -> None:
        MODULE.own["__init__"](self)
        named = args[0].items() if len(args) == 1 and isinstance(args[0], dict) else enumerate(args)
        for name, module in named:
            MODULE.own["add_module"](self, str(name), module)

    def forward(self: Any, input: Any) -> Any:
        for module in children_of(self).values():
            input = module(input)
        return input

    def append(self: Any, module: Any) -> Any:
        MODULE.own["add_module"](self, str(len(children_of(self))), module)
        return self

    def extend(self: Any, modules: Any) -> Any:
        for module in modules:
            Sequential.append(self, module)
        return self

    def __len__(self: Any) -> int:
        return len(children_of(self))

    def __iter__(self: Any) -> Iterator[Any]:
        return iter(children_of(self).values())

    def __getitem__(self: Any, idx: Any) -> Any:
        modules = children_of(self)
        if isinstance(idx, slice):
            part = SEQUENTIAL()
            part.fields["_modules"] = dict(list(modules.items())[idx])
            return part
        return list(modules.values())[_position(idx, len(modules))]

    def __setitem__(self: Any, idx: Any, module: Any) -> None:
        modules = children_of(self)
        modules[list(modules)[_position(idx, len(modules))]] = module


def _position(idx: Any, length: int) -> int:
    place = int(idx)
    if not -length <= place < length:
        raise IndexError(f"index {place} is out of range")
    return place % length


class ModuleList:
    """A list of modules."""

    def __init__(self: Any, modules: Any = ()) -> None:
        MODULE.own["__init__"](self)
        Sequential.extend(self, each_module(modules))

    append = Sequential.append
    extend = Sequential.extend
    __len__ = Sequential.__len__
    __iter__ = Sequential.__iter__
    __setitem__ = Sequential.__setitem__

    def __getitem__(self: Any, idx: Any) -> Any:
        modules = list(children_of(self).values())
        return MODULE_LIST(modules[idx]) if isinstance(idx, slice) else modules[_position(idx, len(modules))]


class ModuleDict:
    """A dict of modules."""

    def __init__(self: Any, modules: Any = None) -> None:
        MODULE.own["__init__"](self)
        for name, module in (modules or {}).items():
            MODULE.own["add_module"](self, name, module)

    def __len__(self: Any) -> int:
        return len(children_of(self))

    def __iter__(self: Any) -> Iterator[Any]:
        return iter(children_of(self))

    def __contains__(self: Any, key: str) -> bool:
        return key in children_of(self)

    def __getitem__(self: Any, key: str) -> Any:
        return children_of(self)[key]

    def __setitem__(self: Any, key: str, module: Any) -> None:
        MODULE.own["add_module"](self, key, module)

    def keys(self: Any) -> Any:
        return children_of(self).keys()

    def items(self: Any) -> Any:
        return children_of(self).items()

    def values(self: Any) -> Any:
        return children_of(self).values()


class ParameterList:
    """A list of parameters."""

    def __init__(self: Any, values: Any = ()) -> None:
        MODULE.own["__init__"](self)
        for value in values:
            ParameterList.append(self, value)

    def append(self: Any, value: Any) -> Any:
        parameters = self.fields["_parameters"]
        parameters[str(len(parameters))] = parameter(value) if isinstance(value, Tensor) and value.is_leaf else value
        return self

    def __len__(self: Any) -> int:
        return len(self.fields["_parameters"])

    def __iter__(self: Any) -> Iterator[Any]:
        return iter(self.fields["_parameters"].values())

    def __getitem__(self: Any, idx: Any) -> Any:
        return list(self.fields["_parameters"].values())[idx]

    def extra_repr(self: Any) -> str:
        lines = []
        for name, value in self.fields["_parameters"].items():
            size = "x".join(map(str, value.shape))
            lines.append(f"  ({name}): Parameter containing: [{value.dtype} of size {size}]")
        return "\n".join(lines)


SEQUENTIAL: Final = made(Sequential, MODULE, "torch.nn.modules.container")
MODULE_LIST: Final = made(ModuleList, MODULE, "torch.nn.modules.container")
CLASSES: Final[dict[str, Class]] = {
    "Module": MODULE,
    "Linear": made(Linear, MODULE, "torch.nn.modules.linear"),
    "Embedding": made(Embedding, MODULE, "torch.nn.modules.sparse"),
    "Conv2d": made(Conv2d, MODULE, "torch.nn.modules.conv"),
    "MaxPool2d": made(MaxPool2d, MODULE, "torch.nn.modules.pooling"),
    "AvgPool2d": made(AvgPool2d, MODULE, "torch.nn.modules.pooling"),
    "LayerNorm": made(LayerNorm, MODULE, "torch.nn.modules.normalization"),
    "Sequential": SEQUENTIAL,
    "ModuleList": MODULE_LIST,
    "ModuleDict": made(ModuleDict, MODULE, "torch.nn.modules.container"),
    "ParameterList": made(ParameterList, MODULE, "torch.nn.modules.container"),
    **{options.name: options.made() for options in FUNCTIONS},
}
