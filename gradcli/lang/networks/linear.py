"""Linear maps and tables of vectors. Source: torch/nn/modules/{activation,linear,sparse}.py."""

from __future__ import annotations

import math
from typing import Any, Final

from gradcli.engine.modes import no_grad
from gradcli.engine.public import functions
from gradcli.engine.tensor import Tensor
from gradcli.lang.networks.module import MODULE, made
from gradcli.lang.values.classes import Class
from gradcli.nn import init
from gradcli.nn.parameter import parameter


def empty(*shape: int, dtype: Any = None) -> Tensor:
    """A parameter whose numbers are still to come."""
    return parameter(functions["empty"](shape, dtype=dtype))


class Linear:
    """x @ weight.T + bias."""

    def __init__(
        self: Any, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        MODULE.own["__init__"](self)
        self.fields |= {"in_features": in_features, "out_features": out_features}
        self.fields["_parameters"] = {
            "weight": empty(out_features, in_features, dtype=dtype),
            "bias": empty(out_features, dtype=dtype) if bias else None,
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


class Bilinear:
    """x1 @ weight @ x2 + bias, one matrix of weights for each output."""

    def __init__(self: Any, in1_features: int, in2_features: int, out_features: int, bias: bool = True) -> None:
        MODULE.own["__init__"](self)
        if in1_features <= 0:
            raise ValueError(f"in1_features must be > 0, but got {in1_features}")
        self.fields |= {"in1_features": in1_features, "in2_features": in2_features, "out_features": out_features}
        bound = 1 / math.sqrt(in1_features)
        self.fields["_parameters"] = {
            "weight": init.uniform_(empty(out_features, in1_features, in2_features), -bound, bound),
            "bias": init.uniform_(empty(out_features), -bound, bound) if bias else None,
        }

    def forward(self: Any, input1: Any, input2: Any) -> Any:
        return functions["nn.functional.bilinear"](input1, input2, *self.fields["_parameters"].values())

    def extra_repr(self: Any) -> str:
        names = ("in1_features", "in2_features", "out_features")
        shown = ", ".join(f"{name}={self.fields[name]}" for name in names)
        return f"{shown}, bias={self.fields['_parameters']['bias'] is not None}"


class PReLU:
    """x above 0, weight * x below, with a weight that is learnt."""

    def __init__(self: Any, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        MODULE.own["__init__"](self)
        self.fields |= {"num_parameters": num_parameters, "init": init}
        with no_grad():
            self.fields["_parameters"] = {"weight": empty(num_parameters, dtype=dtype).fill_(init)}

    def forward(self: Any, input: Any) -> Any:
        return functions["nn.functional.prelu"](input, self.fields["_parameters"]["weight"])

    def extra_repr(self: Any) -> str:
        return f"num_parameters={self.fields['num_parameters']}"


_OPTIONS_OF_EMBEDDING: Final = {
    "padding_idx": None,
    "max_norm": None,
    "norm_type": 2.0,
    "scale_grad_by_freq": False,
    "sparse": False,
}


class Embedding:
    """A table of vectors, looked up by number."""

    def __init__(
        self: Any,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Any = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        MODULE.own["__init__"](self)
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise AssertionError("Padding_idx must be within num_embeddings")
            padding_idx %= num_embeddings
        given = (padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse)
        self.fields |= {"num_embeddings": num_embeddings, "embedding_dim": embedding_dim}
        self.fields |= dict(zip(_OPTIONS_OF_EMBEDDING, given, strict=True))
        if _weight is not None:
            self.fields["_parameters"] = {"weight": parameter(_weight, not _freeze)}
            return
        self.fields["_parameters"] = {
            "weight": parameter(empty(num_embeddings, embedding_dim, dtype=dtype), not _freeze)
        }
        Embedding.reset_parameters(self)

    def reset_parameters(self: Any) -> None:
        weight = init.normal_(self.fields["_parameters"]["weight"])
        if self.fields["padding_idx"] is not None:
            with no_grad():
                weight[self.fields["padding_idx"]].fill_(0)

    @staticmethod
    def from_pretrained(embeddings: Any, freeze: bool = True, **options: Any) -> Any:
        if embeddings.dim() != 2:
            raise AssertionError("Embeddings parameter is expected to be 2-dimensional")
        return CLASSES["Embedding"](*embeddings.shape, _weight=embeddings, _freeze=freeze, **options)

    def forward(self: Any, input: Any) -> Any:
        options = [self.fields[name] for name in _OPTIONS_OF_EMBEDDING]
        return functions["nn.functional.embedding"](input, self.fields["_parameters"]["weight"], *options)

    def extra_repr(self: Any) -> str:
        fields = self.fields
        changed = [f"{name}={fields[name]}" for name, usual in _OPTIONS_OF_EMBEDDING.items() if fields[name] != usual]
        return ", ".join([str(fields["num_embeddings"]), str(fields["embedding_dim"]), *changed])


CLASSES: Final[dict[str, Class]] = {
    "Linear": made(Linear, MODULE, "torch.nn.modules.linear"),
    "Bilinear": made(Bilinear, MODULE, "torch.nn.modules.linear"),
    "PReLU": made(PReLU, MODULE, "torch.nn.modules.activation"),
    "Embedding": made(Embedding, MODULE, "torch.nn.modules.sparse"),
}
