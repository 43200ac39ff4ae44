"""The layers of a transformer. Source: torch/nn/modules/transformer.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gradcli.engine.public import functions
from gradcli.lang.networks import layers, module_hooks
from gradcli.lang.networks.attention import CLASSES as ATTENTION
from gradcli.lang.networks.attention import run_for_inference, weights_of
from gradcli.lang.networks.module import MODULE, made
from gradcli.lang.values.table import attribute, set_attribute
from gradcli.nn.attention import no_gradient

HOME: Final = "torch.nn.modules.transformer"
RELU, _GELU = functions["nn.functional.relu"], functions["nn.functional.gelu"]
_KNOWN: Final = {1: (RELU, layers.CLASSES["ReLU"]), 2: (_GELU, layers.CLASSES["GELU"])}
Block = Callable[[Any], Any]


def _activation(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    if given not in ("relu", "gelu"):
        raise RuntimeError(f"activation should be relu/gelu, not {given}")
    return RELU if given == "relu" else _GELU


def part(self: Any, name: str, *args: Any, **named: Any) -> Any:
    """Call a module inside, or a method that an heir may have of its own."""
    return attribute(self, name)(*args, **named)


def _fill(self: Any, attentions: tuple[str, ...], sizes: tuple[int, int, int], options: dict[str, Any]) -> None:
    """The modules of a layer: a norm and a dropout for each attention, and for the feed-forward network."""
    width, heads, hidden = sizes
    dropout, bias, dtype = options["dropout"], options["bias"], options["dtype"]
    make, inside = layers.CLASSES, self.fields["_modules"]
    for name in attentions:
        inside[name] = ATTENTION["MultiheadAttention"](
            width, heads, dropout=dropout, bias=bias, batch_first=options["batch_first"], dtype=dtype
        )
    inside["linear1"] = make["Linear"](width, hidden, bias=bias, dtype=dtype)
    inside["dropout"] = make["Dropout"](dropout)
    inside["linear2"] = make["Linear"](hidden, width, bias=bias, dtype=dtype)
    self.fields["norm_first"] = options["norm_first"]
    numbers = range(1, len(attentions) + 2)
    for number in numbers:
        inside[f"norm{number}"] = make["LayerNorm"](width, eps=options["eps"], bias=bias, dtype=dtype)
    for number in numbers:
        inside[f"dropout{number}"] = make["Dropout"](dropout)


def _through(self: Any, x: Any, blocks: list[Block]) -> Any:
    """One block after the other, each added to what enters it, with its norm before or behind."""
    for number, block in enumerate(blocks, 1):
        norm = attribute(self, f"norm{number}")
        x = x + block(norm(x)) if self.fields["norm_first"] else norm(x + block(x))
    return x


def _attended(self: Any, name: str, dropout: str, x: Any, memory: Any, masks: tuple[Any, Any, Any]) -> Any:
    attn_mask, key_padding_mask, is_causal = masks
    found = part(
        self,
        name,
        x,
        memory,
        memory,
        attn_mask=attn_mask,
        key_padding_mask=key_padding_mask,
        is_causal=is_causal,
        need_weights=False,
    )
    return part(self, dropout, found[0])


def _fed_forward(self: Any, x: Any) -> Any:
    hidden = part(self, "dropout", part(self, "activation", part(self, "linear1", x)))
    return part(self, "linear2", hidden)


# ---------------------------------------------------------------- layers


class TransformerEncoderLayer:
    """Self-attention, and a feed-forward network."""

    def __init__(
        self: Any,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Any = RELU,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        MODULE.own["__init__"](self)
        options = {"dropout": dropout, "eps": layer_norm_eps, "batch_first": batch_first}
        options |= {"norm_first": norm_first, "bias": bias, "dtype": dtype}
        _fill(self, ("self_attn",), (d_model, nhead, dim_feedforward), options)
        activation = _activation(activation)
        kinds = (kind for kind, (function, layer) in _KNOWN.items() if activation is function or layer.has(activation))
        self.fields["activation_relu_or_gelu"] = next(kinds, 0)
        set_attribute(self, "activation", activation)

    def forward(
        self: Any, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False
    ) -> Any:
        src_key_padding_mask, src_mask = canonical(
            src, (src_key_padding_mask, "src_key_padding_mask"), (src_mask, "src_mask")
        )
        if src.dim() == 3 and _for_inference(self) and no_gradient([src, *weights_of_layer(self)]):
            attn = attribute(self, "self_attn")
            merged, _ = part(attn, "merge_masks", src_mask, src_key_padding_mask, src)
            bend, _ = _KNOWN[self.fields["activation_relu_or_gelu"]]  # plain gelu, also for a GELU by tanh
            blocks: list[Block] = [
                lambda x: run_for_inference(attn, x, merged)[0],
                lambda x: part(self, "linear2", bend(part(self, "linear1", x))),
            ]
        else:
            blocks = [
                lambda x: part(self, "_sa_block", x, src_mask, src_key_padding_mask, is_causal=is_causal),
                attribute(self, "_ff_block"),
            ]
        return _through(self, src, blocks)

    def _sa_block(self: Any, x: Any, attn_mask: Any, key_padding_mask: Any, is_causal: bool = False) -> Any:
        return _attended(self, "self_attn", "dropout1", x, x, (attn_mask, key_padding_mask, is_causal))

    def _ff_block(self: Any, x: Any) -> Any:
        return part(self, "dropout2", _fed_forward(self, x))


def canonical(input: Any, padding: tuple[Any, str], mask: tuple[Any, str]) -> tuple[Any, Any]:
    """Both masks, given with their names, as they are added to the scores."""
    from gradcli.ops.attention_masks import canonical_mask, dtype_of_mask

    dtype = input.dtype
    return canonical_mask(*padding, dtype, dtype_of_mask(mask[0]), mask[1]), canonical_mask(*mask, dtype)


def reasons_against_kernel(layer: Any) -> dict[str, bool]:
    """What keeps torch from its kernel for inference, in its words, and whether it is so."""
    attn = attribute(layer, "self_attn")
    first, second = (attribute(attribute(layer, name), "eps") for name in ("norm1", "norm2"))
    return {
        "self_attn.batch_first was not True(use batch_first for better inference performance)": not attribute(
            attn, "batch_first"
        ),
        "self_attn._qkv_same_embed_dim was not True": not attribute(attn, "_qkv_same_embed_dim"),
        "self_attn was passed bias=False": attribute(attn, "in_proj_bias") is None,
        "activation_relu_or_gelu was not True": not attribute(layer, "activation_relu_or_gelu"),
        "norm1.eps was not equal to encoder_layer.norm2.eps": first != second,
        "self_attn.num_heads is odd": attribute(attn, "num_heads") % 2 == 1,
    }


def _for_inference(self: Any) -> bool:
    """Does torch use its kernel for inference, if nothing is recorded?

    It leaves out whatever is not 0 in a mask, and gives nan for a place that attends to none.
    """
    if self.fields["training"] or any(reasons_against_kernel(self).values()):
        return False
    kinds = (module_hooks.BEFORE, module_hooks.AFTER)
    return not any(attribute(module, kind) for module in part(self, "modules") for kind in kinds)


def weights_of_layer(self: Any) -> list[Any]:
    """The parameters of a layer of an encoder."""
    inner = [attribute(self, name) for name in ("norm1", "norm2", "linear1", "linear2")]
    return [
        *weights_of(attribute(self, "self_attn")),
        *(attribute(each, name) for each in inner for name in ("weight", "bias")),
    ]


class TransformerDecoderLayer:
    """Self-attention, attention to the encoder's output, and a feed-forward network."""

    def __init__(
        self: Any,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Any = RELU,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        MODULE.own["__init__"](self)
        options = {"dropout": dropout, "eps": layer_norm_eps, "batch_first": batch_first}
        options |= {"norm_first": norm_first, "bias": bias, "dtype": dtype}
        _fill(self, ("self_attn", "multihead_attn"), (d_model, nhead, dim_feedforward), options)
        set_attribute(self, "activation", _activation(activation))

    def forward(
        self: Any,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Any:
        own = (tgt_mask, tgt_key_padding_mask, tgt_is_causal)
        other = (memory, memory_mask, memory_key_padding_mask, memory_is_causal)
        blocks: list[Block] = [
            lambda x: part(self, "_sa_block", x, *own),
            lambda x: part(self, "_mha_block", x, *other),
            attribute(self, "_ff_block"),
        ]
        return _through(self, tgt, blocks)

    _sa_block = TransformerEncoderLayer._sa_block

    def _mha_block(self: Any, x: Any, mem: Any, attn_mask: Any, key_padding_mask: Any, is_causal: bool = False) -> Any:
        return _attended(self, "multihead_attn", "dropout2", x, mem, (attn_mask, key_padding_mask, is_causal))

    def _ff_block(self: Any, x: Any) -> Any:
        return part(self, "dropout3", _fed_forward(self, x))


ENCODER_LAYER: Final = made(TransformerEncoderLayer, MODULE, HOME)
DECODER_LAYER: Final = made(TransformerDecoderLayer, MODULE, HOME)
