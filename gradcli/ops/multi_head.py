"""Attention with several heads: between linear maps, with masks.

Source: torch/nn/functional.py.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

from gradcli.engine.op import composite
from gradcli.engine.public import functions
from gradcli.ops.attention import scaled_dot_product_attention
from gradcli.ops.attention_masks import canonical_mask, dtype_of_mask, for_heads, is_batched_input, merged, widened
from gradcli.ops.dropping import dropout
from gradcli.ops.joining import cat
from gradcli.ops.matmul import linear
from gradcli.ops.matrix import baddbmm, bmm
from gradcli.ops.softmax import softmax

# -- queries, keys and values ------------------------------------------------------------------------------------------


def _size_of_head(features: int, expected: int, heads: int) -> int:
    if features != expected:
        raise AssertionError(f"was expecting embedding dimension of {expected}, but got {features}")
    size = features // heads
    if size * heads != features:
        raise AssertionError(f"embed_dim {features} not divisible by num_heads {heads}")
    return size


def _by_one_matrix(query: Any, key: Any, value: Any, weight: Any, bias: Any) -> Any:
    """Queries, keys and values, mapped by the parts of a matrix; at once where they are the same tensors."""
    if key.shape != value.shape:
        raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")
    if weight is None:
        raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
    features = query.shape[-1]
    if key is value and query is key:
        return _apart(linear(query, weight, bias), 3, features)
    if key is value:
        sizes = [features, features * 2]
        weights = weight.split(sizes)
        biases = (None, None) if bias is None else bias.split(sizes)
        mapped = linear(query, weights[0], biases[0])
        return [mapped, *_apart(linear(key, weights[1], biases[1]), 2, features)]
    return _each_mapped((query, key, value), weight.chunk(3), _thirds(bias))


def _apart(mapped: Any, count: int, features: int) -> Any:
    """What one map has made of several, apart."""
    parts = mapped.unflatten(-1, (count, features)).unsqueeze(0).transpose(0, -2).squeeze(-2).contiguous()
    return [parts[place] for place in range(count)]


def _by_three_matrices(query: Any, key: Any, value: Any, weights: Any, bias: Any) -> Any:
    """Queries, keys and values, mapped. Raises AssertionError for a matrix that does not fit."""
    if key.shape[:2] != value.shape[:2]:
        raise AssertionError(f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}")
    for name, weight in zip("qkv", weights, strict=True):
        if weight is None:
            raise AssertionError(f"use_separate_proj_weight is True but {name}_proj_weight is None")
    biases, features = _thirds(bias), query.shape[-1]
    names, inputs = ("query", "key", "value"), (query, key, value)
    for name, input, weight in zip(names, inputs, weights, strict=True):
        expected = (features, input.shape[-1])
        if weight.shape != expected:
            raise AssertionError(f"expecting {name} weights shape of {expected}, but got {weight.shape}")
    for name, part in zip(names, biases, strict=True):
        if part is not None and part.shape != (features,):
            raise AssertionError(f"expecting {name} bias shape of {(features,)}, but got {part.shape}")
    return _each_mapped(inputs, weights, biases)


def _thirds(bias: Any) -> Any:
    return (None, None, None) if bias is None else bias.chunk(3)


def _each_mapped(inputs: Any, weights: Any, biases: Any) -> Any:
    return [linear(*each) for each in zip(inputs, weights, biases, strict=True)]


def _with_biases(k: Any, v: Any, bias_k: Any, bias_v: Any, statics: Any) -> Any:
    """One more place, that is learnt."""
    for name, static in zip(("key", "value"), statics, strict=True):
        if static is not None:
            raise AssertionError(f"bias cannot be added to static {name}.")
    batch = k.shape[1]
    return cat([k, bias_k.repeat(1, batch, 1)]), cat([v, bias_v.repeat(1, batch, 1)])


def _in_heads(mapped: Any, static: Any, name: str, count: int, size: int) -> Any:
    """Batches x heads, places, features of a head."""
    if static is None:
        return mapped.view(mapped.shape[0], count, size).transpose(0, 1)
    for place, expected in ((0, count), (2, size)):
        if static.size(place) != expected:
            raise AssertionError(f"expecting {name}.size({place}) of {expected}, but got {static.size(place)}")
    return static


def _with_zeros(sequence: Any) -> Any:
    """One more place, of zeros."""
    count, _, size = sequence.shape
    return cat([sequence, functions["zeros"]((count, 1, size), dtype=sequence.dtype)], 1)


# -- the function ------------------------------------------------------------------------------------------------------


def _weighed(q: Any, k: Any, v: Any, mask: Any, dropout_p: float) -> tuple[Any, Any]:
    """The values, weighed, and the weights."""
    scaled = q * sqrt(1.0 / float(q.shape[2]))
    keys = k.transpose(-2, -1)
    weights = softmax(bmm(scaled, keys) if mask is None else baddbmm(mask, scaled, keys), -1)
    if dropout_p > 0.0:
        weights = dropout(weights, p=dropout_p)
    return bmm(weights, v), weights


def _weighed_at_once(
    q: Any, k: Any, v: Any, mask: Any, dropout_p: float, is_causal: bool, sizes: tuple[int, int]
) -> Any:
    """The values, weighed. sizes: how many batches and heads."""
    if mask is not None:
        alone = mask.size(0) == 1 and mask.dim() == 3
        mask = mask.unsqueeze(0) if alone else mask.view(*sizes, -1, k.shape[1])
    q, k, v = (x.view(*sizes, *x.shape[1:]) for x in (q, k, v))
    return scaled_dot_product_attention(q, k, v, mask, dropout_p, is_causal)


_PLAIN = "None, None, False, 0.0, sq[:2, :2], None"
_EXAMPLE = "torch.ones(6, 2), None, None, None, False, 0.0, torch.ones(2, 2), None"


@composite(
    module="nn.functional",
    varargs=True,
    samples=[
        f"F.multi_head_attention_forward(tall, tall, tall, 2, 1, wide[:, :6].T, None, {_PLAIN})",
        f"F.multi_head_attention_forward(bn, bn, bn, 2, 2, wide[:, :6].T, wide[0, 6:], {_PLAIN}, need_weights=False)",
        f"F.multi_head_attention_forward(bn, bn * 2, bn, 2, 2, wide[:, :6].T, None, {_PLAIN}, attn_mask=tall[:2])",
        f"F.multi_head_attention_forward(tall, tall, tall, 2, 1, None, None, {_PLAIN})",
        f"F.multi_head_attention_forward(tall, tall, tall, 3, 1, wide[:, :6].T, None, {_PLAIN})",
        f"F.multi_head_attention_forward(v, v, v, 3, 1, wide[:, :6].T, None, {_PLAIN})",
    ],
    examples=[f"x = eye(2); torch.nn.functional.multi_head_attention_forward(x, x, x, 2, 1, {_EXAMPLE})"],
)
def multi_head_attention_forward(
    query: Any,
    key: Any,
    value: Any,
    embed_dim_to_check: Any,
    num_heads: Any,
    in_proj_weight: Any,
    in_proj_bias: Any,
    bias_k: Any,
    bias_v: Any,
    add_zero_attn: Any,
    dropout_p: Any,
    out_proj_weight: Any,
    out_proj_bias: Any,
    training: Any = True,
    key_padding_mask: Any = None,
    need_weights: Any = True,
    attn_mask: Any = None,
    use_separate_proj_weight: Any = False,
    q_proj_weight: Any = None,
    k_proj_weight: Any = None,
    v_proj_weight: Any = None,
    static_k: Any = None,
    static_v: Any = None,
    average_attn_weights: Any = True,
    is_causal: Any = False,
) -> Any:
    """Attention with several heads between linear maps: the output, and the weights if they are needed.

    Places x batch x features, or without batch. What the masks have True at is left out. nn.MultiheadAttention calls
    it. Raises AssertionError and RuntimeError where shapes do not fit.
    """
    is_batched = is_batched_input(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not is_batched:
        query, key, value = query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1)
        if key_padding_mask is not None:
            key_padding_mask = key_padding_mask.unsqueeze(0)
    length, batch, features = query.shape
    padding = canonical_mask(key_padding_mask, "key_padding_mask", query.dtype, dtype_of_mask(attn_mask), "attn_mask")
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
            "`generate_square_subsequent_mask` to create this mask."
        )
    is_causal = is_causal and padding is None
    mask = None if is_causal and not need_weights else canonical_mask(attn_mask, "attn_mask", query.dtype)

    head = _size_of_head(features, embed_dim_to_check, num_heads)
    if use_separate_proj_weight:
        weights_in = (q_proj_weight, k_proj_weight, v_proj_weight)
        q, k, v = _by_three_matrices(query, key, value, weights_in, in_proj_bias)
    else:
        q, k, v = _by_one_matrix(query, key, value, in_proj_weight, in_proj_bias)
    mask = for_heads(mask, batch, num_heads, length, key.shape[0])
    if bias_k is not None and bias_v is not None:
        k, v = _with_biases(k, v, bias_k, bias_v, (static_k, static_v))
        mask, padding = widened(mask), widened(padding)
    elif bias_k is not bias_v:
        given, absent = ("bias_k", "bias_v") if bias_v is None else ("bias_v", "bias_k")
        raise AssertionError(f"{given} is set but {absent} is None")
    q = _in_heads(q, None, "", batch * num_heads, head)
    k = _in_heads(k, static_k, "static_k", batch * num_heads, head)
    v = _in_heads(v, static_v, "static_v", batch * num_heads, head)
    if add_zero_attn:
        k, v = _with_zeros(k), _with_zeros(v)
        mask, padding = widened(mask), widened(padding)
    mask = merged(mask, padding, batch, num_heads, k.shape[1])

    dropout_p = dropout_p if training else 0.0
    weights = None
    if need_weights:
        output, weights = _weighed(q, k, v, mask, dropout_p)
        output = output.transpose(0, 1).reshape(length * batch, features)
        weights = weights.view(batch, num_heads, length, k.shape[1])
        weights = weights.mean(dim=1) if average_attn_weights else weights
    else:
        output = _weighed_at_once(q, k, v, mask, dropout_p, is_causal, (batch, num_heads))
        output = output.permute(2, 0, 1, 3).reshape(batch * length, features)
    output = linear(output, out_proj_weight, out_proj_bias)
    output = output.view(length, batch, output.size(1))
    if is_batched:
        return output, weights
    return output.squeeze(1), None if weights is None else weights.squeeze(0)
