"""Attention with several heads as a layer. Source: torch/nn/modules/activation.py."""

from __future__ import annotations

from typing import Any, Final

from gradcli.engine.public import functions
from gradcli.lang.networks import linear
from gradcli.lang.networks.linear import empty
from gradcli.lang.networks.module import MODULE, made
from gradcli.lang.values.classes import Class
from gradcli.lang.values.table import attribute
from gradcli.nn import attention, init


class NonDynamicallyQuantizableLinear:
    """A linear map, by the name that torch gives to that of the outputs."""


_LINEAR: Final = made(NonDynamicallyQuantizableLinear, linear.CLASSES["Linear"], "torch.nn.modules.linear")
_MAPS: Final = ("q_proj_weight", "k_proj_weight", "v_proj_weight")


class MultiheadAttention:
    """Attention with several heads, between linear maps."""

    def __init__(
        self: Any,
        embed_dim: Any,
        num_heads: Any,
        dropout: Any = 0.0,
        bias: Any = True,
        add_bias_kv: Any = False,
        add_zero_attn: Any = False,
        kdim: Any = None,
        vdim: Any = None,
        batch_first: Any = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and num_heads={num_heads} "
                "instead"
            )
        MODULE.own["__init__"](self)
        kdim, vdim = embed_dim if kdim is None else kdim, embed_dim if vdim is None else vdim
        same = kdim == embed_dim and vdim == embed_dim
        head = embed_dim // num_heads
        self.fields |= {"embed_dim": embed_dim, "kdim": kdim, "vdim": vdim, "_qkv_same_embed_dim": same}
        self.fields |= {"num_heads": num_heads, "dropout": dropout, "batch_first": batch_first, "head_dim": head}
        self.fields["add_zero_attn"] = add_zero_attn
        if head * num_heads != embed_dim:
            raise AssertionError("embed_dim must be divisible by num_heads")
        parameters = self.fields["_parameters"]
        if same:
            parameters["in_proj_weight"] = empty(3 * embed_dim, embed_dim, dtype=dtype)
            parameters.update(dict.fromkeys(_MAPS))
        else:
            sizes = zip(_MAPS, (embed_dim, kdim, vdim), strict=True)
            parameters.update({name: empty(embed_dim, size, dtype=dtype) for name, size in sizes})
            parameters["in_proj_weight"] = None
        parameters["in_proj_bias"] = empty(3 * embed_dim, dtype=dtype) if bias else None
        self.fields["_modules"]["out_proj"] = _LINEAR(embed_dim, embed_dim, bias=bias, dtype=dtype)
        names = ("bias_k", "bias_v")
        if add_bias_kv:
            parameters.update({name: empty(1, 1, embed_dim, dtype=dtype) for name in names})
        else:
            self.fields |= dict.fromkeys(names)
        attribute(self, "_reset_parameters")()

    def _reset_parameters(self: Any) -> None:
        for name in ("in_proj_weight", *_MAPS):
            if attribute(self, name) is not None:
                init.xavier_uniform_(attribute(self, name))
        if attribute(self, "in_proj_bias") is not None:
            init.constant_(attribute(self, "in_proj_bias"), 0.0)
            init.constant_(attribute(attribute(self, "out_proj"), "bias"), 0.0)
        for name in ("bias_k", "bias_v"):
            if attribute(self, name) is not None:
                init.xavier_normal_(attribute(self, name))

    def forward(
        self: Any,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: Any = True,
        attn_mask: Any = None,
        average_attn_weights: Any = True,
        is_causal: Any = False,
    ) -> Any:
        from gradcli.ops.attention_masks import canonical_mask, dtype_of_mask

        additive = any(
            mask is not None and functions["is_floating_point"](mask) for mask in (attn_mask, key_padding_mask)
        )
        batched = query.dim() == 3
        key_padding_mask = canonical_mask(
            key_padding_mask, "key_padding_mask", query.dtype, dtype_of_mask(attn_mask), "attn_mask"
        )
        attn_mask = canonical_mask(attn_mask, "attn_mask", query.dtype)
        masks = {"attn_mask": attn_mask, "key_padding_mask": key_padding_mask}
        if batched and not additive and query is key is value and _for_inference(self, query):
            merged, _ = attribute(self, "merge_masks")(attn_mask, key_padding_mask, query)
            output, weights = run_for_inference(self, query, merged, average_attn_weights)
            return output, weights if need_weights else None
        swapped = self.fields["batch_first"] and batched
        if swapped:
            query, key, value = _swapped(query, key, value)
        output, weights = _run(
            self, query, key, value, **masks, need_weights=need_weights, average=average_attn_weights, causal=is_causal
        )
        return output.transpose(1, 0) if swapped else output, weights

    def merge_masks(self: Any, attn_mask: Any, key_padding_mask: Any, query: Any) -> Any:
        return attention.merge_masks(attn_mask, key_padding_mask, query, self.fields["num_heads"])


def _swapped(query: Any, key: Any, value: Any) -> list[Any]:
    """Places first; what was one tensor stays one."""
    found = {id(each): each.transpose(1, 0) for each in (query, key, value)}
    return [found[id(each)] for each in (query, key, value)]


def _run(
    self: Any, query: Any, key: Any, value: Any, *, need_weights: bool, average: bool, causal: bool, **masks: Any
) -> Any:
    """multi_head_attention_forward with what the layer has."""
    fields, out_proj = self.fields, attribute(self, "out_proj")
    separate: dict[str, Any] = {}
    if not fields["_qkv_same_embed_dim"]:
        separate = {"use_separate_proj_weight": True, **{name: attribute(self, name) for name in _MAPS}}
    return functions["nn.functional.multi_head_attention_forward"](
        query,
        key,
        value,
        fields["embed_dim"],
        fields["num_heads"],
        *(attribute(self, name) for name in ("in_proj_weight", "in_proj_bias", "bias_k", "bias_v")),
        fields["add_zero_attn"],
        fields["dropout"],
        attribute(out_proj, "weight"),
        attribute(out_proj, "bias"),
        training=fields["training"],
        need_weights=need_weights,
        average_attn_weights=average,
        is_causal=causal,
        **masks,
        **separate,
    )


# ---------------------------------------------------------------- without gradients


def weights_of(self: Any) -> list[Any]:
    """The parameters of the linear maps."""
    out_proj = attribute(self, "out_proj")
    own = [attribute(self, name) for name in ("in_proj_weight", "in_proj_bias")]
    return [*own, attribute(out_proj, "weight"), attribute(out_proj, "bias")]


def _for_inference(self: Any, query: Any) -> bool:
    """Does torch use its kernel for inference? It treats rows that are masked all along in another way."""
    fields = self.fields
    weight, bias, *_ = weights = weights_of(self)
    return (
        fields["batch_first"]
        and fields["_qkv_same_embed_dim"]
        and not fields["training"]
        and fields["num_heads"] % 2 == 0
        and attribute(self, "bias_k") is attribute(self, "bias_v") is None
        and not fields["add_zero_attn"]
        and weight is not None
        and bias is not None
        and weight.dtype == query.dtype == bias.dtype
        and attention.no_gradient([query, *weights])
    )


def run_for_inference(self: Any, query: Any, merged: Any, average: bool = True) -> Any:
    """What torch's kernel for inference makes of self-attention: a row that is all masked gives nan."""
    mask = attention.as_kernel_reads(merged, query, self.fields["num_heads"])
    query = query.transpose(1, 0)
    output, weights = _run(self, query, query, query, attn_mask=mask, need_weights=True, average=average, causal=False)
    return output.transpose(1, 0).contiguous(), weights


CLASSES: Final[dict[str, Class]] = {
    "MultiheadAttention": made(MultiheadAttention, MODULE, "torch.nn.modules.activation")
}
