"""Scaled dot-product attention: in one node where torch's CPU has a kernel of its own for it, else step by step.

Sources: ATen/native/transformers/{attention,sdp_utils_cpp}.cpp, ATen/native/cpu/FlashAttentionKernel.cpp.
"""

from __future__ import annotations

from math import inf, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.dims import normalize_dim
from gradcli.engine.dtypes import bool_, float32, of
from gradcli.engine.limits import reserve, work
from gradcli.engine.op import composite, op
from gradcli.engine.tensor import Tensor
from gradcli.ops.axes import transpose
from gradcli.ops.copies import to_copy
from gradcli.ops.dropping import dropped
from gradcli.ops.joining import repeat_interleave
from gradcli.ops.matmul import array_of, matmul
from gradcli.ops.pointwise import add
from gradcli.ops.reduction import sum_all
from gradcli.ops.scalars import times
from gradcli.ops.softmax import softmax_along, softmax_gradient

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Dim, Object

HALF, FLOAT = np.dtype("float16"), np.dtype("float32")


# -- in one node -------------------------------------------------------------------------------------------------------


class Attention:
    """How much each query attends to each key; kept from the way forward for the way back.

    mask: added to the scores; None, or a matrix for every batch and head, or one each (4-dimensional).
    """

    def __init__(self, mask: Array | None, is_causal: bool, scale: float) -> None:
        self.mask = mask
        self.is_causal = is_causal
        self.scale = scale
        self.weights: Any = None
        self.grads: Any = None
        self.found: dict[str, Array] = {}

    def __call__(self, query: Array, key: Array, value: Array) -> Array:
        """The values, weighed; laid out as the queries are."""
        heads = query.shape[1]
        scores = query @ _for_heads(key, heads).swapaxes(2, 3) * query.dtype.type(self.scale)
        if self.mask is not None:
            scores += self.mask
        if self.is_causal:
            scores[..., ~np.tri(*scores.shape[2:], dtype=np.bool_)] = -inf
        largest = scores.max(-1, keepdims=True)
        powers = np.exp(scores - np.where(largest == -inf, 0, largest))  # a row that is all masked gives zeros
        total = powers.sum(-1, keepdims=True)
        self.weights = powers / np.where(total == 0, 1, total)
        return np.matmul(self.weights, _for_heads(value, heads), out=np.empty_like(query))

    def back(self, g: Array, query: Array, key: Array, value: Array, output: Array) -> dict[str, Array]:
        """The gradients of all inputs, which each formula takes one of."""
        if self.grads is not g:
            heads, weights = query.shape[1], self.weights
            mean = (g * output).sum(-1, keepdims=True)
            slopes = weights * (g @ _for_heads(value, heads).swapaxes(2, 3) - mean) * g.dtype.type(self.scale)
            found = {
                "query": slopes @ _for_heads(key, heads),
                "key": _of_heads(slopes.swapaxes(2, 3) @ query, key.shape[1]),
                "value": _of_heads(weights.swapaxes(2, 3) @ g, value.shape[1]),
            }
            # The heads of one place lie side by side in memory.
            self.found = {name: slope.swapaxes(1, 2).copy().swapaxes(1, 2) for name, slope in found.items()}
            self.grads = g
        return self.found


def _for_heads(array: Array, heads: int) -> Array:
    """Keys or values for each head of the queries: some heads may share theirs."""
    return array if array.shape[1] == heads else array.repeat(heads // array.shape[1], 1)


def _of_heads(slope: Array, heads: int) -> Array:
    """The adjoint of `_for_heads`."""
    batch, count, *sizes = slope.shape
    return slope if count == heads else slope.reshape(batch, heads, count // heads, *sizes).sum(2)


def _wide(*arrays: Array) -> list[Array]:
    """Half precision as single."""
    return [array.astype(FLOAT) if array.dtype == HALF else array for array in arrays]


def _formula(wanted: str) -> Any:
    return lambda g, query, key, value, result, attention: attention_gradient(
        g, query, key, value, result, attention, wanted
    )


@op(
    private=True,
    grad_fn="ScaledDotProductFlashAttentionForCpuBackward0",
    vjp={name: _formula(name) for name in ("query", "key", "value")},
)
def attention_at_once(query: Array, key: Array, value: Array, attention: Object) -> Array:
    """Batch x heads x queries x features. `attention` is an Attention of its own."""
    (batch, heads, queries, features), keys = query.shape, key.shape[2]
    work(2 * batch * heads * queries * keys * features)
    reserve((batch, heads, queries, keys), query.dtype)
    return attention(*_wide(query, key, value)).astype(query.dtype, copy=False)


@op(
    "_scaled_dot_product_flash_attention_for_cpu_backward",
    private=True,
    vjp=dict.fromkeys(("g", "query", "key", "value", "output"), NotImplemented),
)
def attention_gradient(
    g: Array, query: Array, key: Array, value: Array, output: Array, attention: Object, wanted: str
) -> Array:
    """The gradient of one input of attention_at_once."""
    return attention.back(*_wide(g, query, key, value, output))[wanted].astype(g.dtype, copy=False)


def _has_kernel(query: Any, key: Any, value: Any, mask: Any, dropout_p: float, enable_gqa: bool) -> bool:
    """Does torch run these in one node? The checks are torch's, in its order: some of them raise."""
    shapes = q, k, v = query.array.shape, key.array.shape, value.array.shape
    if query.array.dtype.kind != "f" or dropout_p > 0 or any(len(shape) != 4 for shape in shapes):
        return False
    fit = q[1] % k[1] == 0 if enable_gqa else q[1] == k[1]
    if not (q[0] == k[0] == v[0] and k[1] == v[1] and fit):
        return False
    if mask is not None and not (not mask.requires_grad and _is_spread(mask.array.shape, (*q[:3], k[2]))):
        return False
    # torch does not look at v[2], and reads past the end of the values where they are less than the keys.
    if not (k[2] == v[2] and q[3] == k[3] == v[3]):
        return False
    return q[3] == 1 or all(x.array.strides[3] == x.array.itemsize for x in (query, key, value))


def _is_spread(shape: tuple[int, ...], scores: tuple[int, ...]) -> bool:
    """Is it the shape of a mask, a matrix or one for each batch and head, with ones for what they share?"""
    for dim in (-2, -1):
        if shape[normalize_dim(dim, len(shape), wrap_scalar=False)] not in (1, scores[dim]):
            return False
    return len(shape) == 2 or (
        len(shape) == 4 and all(n in (1, wanted) for n, wanted in zip(shape, scores, strict=True))
    )


# -- step by step ------------------------------------------------------------------------------------------------------


@op(
    "_safe_softmax",
    private=True,
    grad_fn="SafeSoftmaxBackward0",
    vjp={"input": lambda g, result, dim: softmax_gradient(g, result, dim)},
)
def safe_softmax(input: Array, dim: Dim) -> Array:
    """softmax, but zeros for what is -inf all along `dim`."""
    shares = softmax_along.kernel(input, dim)
    return np.where((input == -inf).all(dim, keepdims=True), shares.dtype.type(0), shares)


def _step_by_step(
    query: Any, key: Any, value: Any, mask: Any, dropout_p: float, is_causal: bool, scale: float, enable_gqa: bool
) -> Any:
    dtype = query.dtype
    if query.array.dtype == HALF:
        query, key, value = (to_copy(x, float32, False) for x in (query, key, value))
    root = sqrt(abs(scale))
    query = times(query, -root if scale < 0 else root)
    if is_causal:
        if mask is not None:
            raise RuntimeError(
                "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True"
            )
        mask = added_by(np.tri(query.shape[-2], key.shape[-2], dtype=np.bool_), query.array.dtype)
    if enable_gqa:
        key, value = _repeated(query, key, value)
    scores = matmul(query, times(transpose(key, -2, -1), root))
    weights = safe_softmax(scores if mask is None else scores.add_(mask), -1)
    if dropout_p > 0:
        if dropout_p > 1:
            raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {dropout_p:g}")
        weights = dropped(weights, None, dropout_p, True, False)
    output = matmul(weights, value)
    return output if output.dtype is dtype else to_copy(output, dtype, False)


def added_by(mask: Array, dtype: np.dtype[Any]) -> Tensor:
    """What a mask of booleans adds to the scores."""
    return Tensor(np.where(mask, dtype.type(0), dtype.type(-inf)))


def _repeated(query: Any, key: Any, value: Any) -> list[Any]:
    """Keys and values for each head of the queries."""
    heads, *shared = (x.shape[normalize_dim(-3, x.ndim)] for x in (query, key, value))
    if any(count == 0 or heads % count for count in shared):
        raise RuntimeError("Number of heads in key and value must divide the number of heads in ")
    if shared == [heads, heads]:
        return [key, value]
    return [repeat_interleave(x, heads // count, -3) for x, count in zip((key, value), shared, strict=True)]


def _require_fit(query: Any, key: Any, value: Any, mask: Any) -> None:
    inputs = {"query": query, "key": key, "value": value}
    if not query.dtype is key.dtype is value.dtype:
        parts = [f"{name}.dtype: {of(x.array.dtype).c_name}" for name, x in inputs.items()]
        raise RuntimeError(
            f"Expected query, key, and value to have the same dtype, but got {parts[0]} {parts[1]} and {parts[2]} "
            "instead."
        )
    if any(x.array.ndim < 2 for x in inputs.values()):
        parts = [f"{name}.dim: {x.array.ndim}" for name, x in inputs.items()]
        raise RuntimeError(
            f"Expected query, key, and value to all be  at least 2 dimensional, but got {parts[0]} {parts[1]} and "
            f"{parts[2]} instead."
        )
    if mask is not None and mask.array.dtype not in (np.dtype(bool), FLOAT, query.array.dtype):
        names = [of(x.array.dtype).c_name for x in (mask, query)]
        raise RuntimeError(
            "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: "
            f"{names[0]} and  query.dtype: {names[1]} instead."
        )


# -- the function ------------------------------------------------------------------------------------------------------


@composite(
    module="nn.functional",
    samples=[
        "F.scaled_dot_product_attention(m, sq, sq2)",
        "F.scaled_dot_product_attention(bm, t3, t3)",
        "F.scaled_dot_product_attention(bm, t3, t3, bsq)",
        "F.scaled_dot_product_attention(m, sq, sq2, mask)",
        "F.scaled_dot_product_attention(m, sq, sq2, mask & ~mask)",
        "F.scaled_dot_product_attention(m, sq, sq2, row, scale=-0.3)",
        "F.scaled_dot_product_attention(bm, t3, t3, is_causal=True)",
        "F.scaled_dot_product_attention(bm, t3, t3, None, 0.3)",
        "F.scaled_dot_product_attention(img[0], img[0, :1], img[0], enable_gqa=True)",
        "F.scaled_dot_product_attention(bm, t3, empty2)",
        "F.scaled_dot_product_attention(empty2, sq, sq2)",
        "F.scaled_dot_product_attention(bm, m, sq)",
        "F.scaled_dot_product_attention(t4, t4, t4)",
        "F.scaled_dot_product_attention(t4, t4 + 1, t4 * 2, sq.detach(), is_causal=True)",
        "F.scaled_dot_product_attention(t4[:, :, :2], t4, t4, mask, scale=2.0)",
        "F.scaled_dot_product_attention(img, img[:, :1], img[:, 1:], enable_gqa=True)",
    ],
    examples=[
        "x = tensor([[[[1., 0.], [0., 2.]]]]); torch.nn.functional.scaled_dot_product_attention(x, x, x)",
        "x = eye(2); torch.nn.functional.scaled_dot_product_attention(x, x, x, is_causal=True)",
    ],
)
def scaled_dot_product_attention(
    query: Array,
    key: Array,
    value: Array,
    attn_mask: Array | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    """softmax(query @ key.mT * scale + attn_mask) @ value; scale is 1 / sqrt(features) if not given.

    attn_mask: added to the scores, or True where a query may attend to a key; is_causal: to no later key. enable_gqa:
    several heads of the queries may share keys and values. Raises RuntimeError where shapes or types do not fit.
    """
    _require_fit(query, key, value, attn_mask)
    dtype = array_of(query).dtype
    if not array_of(query).size * array_of(key).size * array_of(value).size:
        total = add(add(sum_all(query), sum_all(key)), sum_all(value))
        return add(Tensor(np.zeros((*query.shape[:-1], value.shape[-1]), dtype)), times(total, 0))
    scale = 1 / sqrt(query.shape[-1]) if scale is None else scale
    mask: Any = attn_mask
    at_once = _has_kernel(query, key, value, mask, dropout_p, enable_gqa)
    if mask is not None and mask.dtype is bool_:
        mask = added_by(mask.array, dtype)
    if not at_once:
        return _step_by_step(query, key, value, mask, dropout_p, is_causal, scale, enable_gqa)
    if dropout_p:
        raise RuntimeError("scaled_dot_product_attention_flash_attention: Currently do not support dropout > 0")
    return attention_at_once(query, key, value, Attention(None if mask is None else mask.array, is_causal, scale))
