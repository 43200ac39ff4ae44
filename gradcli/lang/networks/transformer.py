"""The stacks of a transformer, and the whole of it. Source: torch/nn/modules/transformer.py."""

from __future__ import annotations

from typing import Any, Final

from gradcli.engine.errors import warn, warn_once
from gradcli.lang.budget import bounded
from gradcli.lang.networks import layers
from gradcli.lang.networks.containers import MODULE_LIST
from gradcli.lang.networks.module import MODULE, made
from gradcli.lang.networks.transformer_layers import (
    DECODER_LAYER,
    ENCODER_LAYER,
    HOME,
    RELU,
    canonical,
    part,
    reasons_against_kernel,
    weights_of_layer,
)
from gradcli.lang.values.classes import Class
from gradcli.lang.values.copying import deepcopy
from gradcli.lang.values.table import attribute, set_attribute
from gradcli.nn import init, transformer
from gradcli.nn.attention import no_gradient


def _stack(self: Any, layer: Any, count: int, norm: Any) -> None:
    MODULE.own["__init__"](self)
    copies = [deepcopy(layer) for _ in bounded(range(count))]
    for each in copies:
        if DECODER_LAYER.has(each) and "activation" not in each.fields:
            each.fields["activation"] = RELU  # `__setstate__` misses a module there, and hides it
    set_attribute(self, "layers", MODULE_LIST(copies))
    self.fields["num_layers"] = count
    set_attribute(self, "norm", norm)


def _normed(self: Any, output: Any) -> Any:
    return output if attribute(self, "norm") is None else part(self, "norm", output)


class TransformerEncoder:
    """Copies of a layer, one after the other."""

    def __init__(
        self: Any,
        encoder_layer: Any,
        num_layers: int,
        norm: Any = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        _stack(self, encoder_layer, num_layers, norm)
        fields = self.fields
        fields |= {"enable_nested_tensor": enable_nested_tensor, "use_nested_tensor": enable_nested_tensor}
        fields["mask_check"] = mask_check
        why_not = _why_not_nested(encoder_layer)
        if enable_nested_tensor and why_not:
            warn(f"enable_nested_tensor is True, but self.use_nested_tensor is False because {why_not}")
            fields["use_nested_tensor"] = False

    def forward(self: Any, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: Any = None) -> Any:
        src_key_padding_mask, mask = canonical(src, (src_key_padding_mask, "src_key_padding_mask"), (mask, "mask"))
        first = attribute(self, "layers")[0]
        batch_first = attribute(attribute(first, "self_attn"), "batch_first")
        padding = None if mask is not None else _nested_padding(self, first, src, src_key_padding_mask)
        is_causal = transformer.is_causal_mask(mask, is_causal, transformer.length_of(src, batch_first))
        output = src
        for layer in attribute(self, "layers"):
            output = layer(output, src_mask=mask, is_causal=is_causal, src_key_padding_mask=src_key_padding_mask)
        if padding is not None:
            output = output.masked_fill(padding.unsqueeze(2), 0.0)
        return _normed(self, output)


def _why_not_nested(layer: Any) -> str:
    """Why torch does not leave out what is padding, in its words; "" if it does."""
    if not ENCODER_LAYER.has(layer):
        return "encoder_layer was not TransformerEncoderLayer"
    reasons = {"norm_first was True": attribute(layer, "norm_first"), **reasons_against_kernel(layer)}
    return next((f"encoder_layer.{reason}" for reason, holds in reasons.items() if holds), "")


def _nested_padding(self: Any, first: Any, src: Any, mask: Any) -> Any:
    """The places that torch computes nothing for and fills with zeros: without gradients, padding behind sequences."""
    usable = attribute(self, "use_nested_tensor") and not attribute(first, "training")
    if not usable or src.dim() != 3 or mask is None:
        return None
    padding, is_behind = transformer.padding_behind(mask)
    if attribute(self, "mask_check") and not is_behind:
        return None
    if not no_gradient([src, *weights_of_layer(first)]):
        return None
    warn_once(
        "The PyTorch API of nested tensors is in prototype stage and will change in the near future. We recommend "
        "specifying layout=torch.jagged when constructing a nested tensor, as this layout receives active development, "
        "has better operator coverage, and works with torch.compile."
    )
    return padding


class TransformerDecoder:
    """Copies of a layer, one after the other."""

    def __init__(self: Any, decoder_layer: Any, num_layers: int, norm: Any = None) -> None:
        _stack(self, decoder_layer, num_layers, norm)

    def forward(
        self: Any,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: Any = None,
        memory_is_causal: bool = False,
    ) -> Any:
        batch_first = attribute(attribute(attribute(self, "layers")[0], "self_attn"), "batch_first")
        output = tgt
        for layer in attribute(self, "layers"):
            output = layer(
                output,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=transformer.is_causal_mask(
                    tgt_mask, tgt_is_causal, transformer.length_of(tgt, batch_first)
                ),
                memory_is_causal=memory_is_causal,
            )
        return _normed(self, output)


class Transformer:
    """An encoder, and a decoder that attends to its output."""

    def __init__(
        self: Any,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Any = RELU,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        MODULE.own["__init__"](self)
        options = (dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, device, dtype)

        def stacked(stack: Class, layer: Class, count: int) -> Any:
            one = layer(d_model, nhead, *options)
            norm = layers.CLASSES["LayerNorm"](d_model, eps=layer_norm_eps, bias=bias, dtype=dtype)
            return stack(one, count, norm)

        if custom_encoder is None:
            custom_encoder = stacked(ENCODER, ENCODER_LAYER, num_encoder_layers)
        set_attribute(self, "encoder", custom_encoder)
        if custom_decoder is None:
            custom_decoder = stacked(DECODER, DECODER_LAYER, num_decoder_layers)
        set_attribute(self, "decoder", custom_decoder)
        part(self, "_reset_parameters")
        self.fields |= {"d_model": d_model, "nhead": nhead, "batch_first": batch_first}

    def forward(
        self: Any,
        src: Any,
        tgt: Any,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        src_is_causal: Any = None,
        tgt_is_causal: Any = None,
        memory_is_causal: bool = False,
    ) -> Any:
        batch = 0 if self.fields["batch_first"] else 1
        if src.dim() == 3 and src.size(batch) != tgt.size(batch):
            raise RuntimeError("the batch number of src and tgt must be equal")
        if src.size(-1) != self.fields["d_model"] or tgt.size(-1) != self.fields["d_model"]:
            raise RuntimeError("the feature number of src and tgt must be equal to d_model")
        memory = part(
            self,
            "encoder",
            src,
            mask=src_mask,
            src_key_padding_mask=src_key_padding_mask,
            is_causal=src_is_causal,
        )
        return part(
            self,
            "decoder",
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Any:
        return transformer.square_subsequent_mask(sz, device, dtype)

    def _reset_parameters(self: Any) -> None:
        for each in part(self, "parameters"):
            if each.dim() > 1:
                init.xavier_uniform_(each)


ENCODER: Final = made(TransformerEncoder, MODULE, HOME)
DECODER: Final = made(TransformerDecoder, MODULE, HOME)
CLASSES: Final[dict[str, Class]] = {
    "Transformer": made(Transformer, MODULE, HOME),
    "TransformerEncoder": ENCODER,
    "TransformerDecoder": DECODER,
    "TransformerEncoderLayer": ENCODER_LAYER,
    "TransformerDecoderLayer": DECODER_LAYER,
}
