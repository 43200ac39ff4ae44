"""The masks of attention with several heads. Source: torch/nn/functional.py."""

from __future__ import annotations

from typing import Any

from gradcli.engine.errors import warn
from gradcli.engine.tensor import Tensor
from gradcli.ops.attention import added_by
from gradcli.ops.padding import pad


def dtype_of_mask(mask: Any) -> Any:
    """The type of a mask, if there is one."""
    if mask is not None and not isinstance(mask, Tensor):
        raise RuntimeError("input to _none_or_dtype() must be None or torch.Tensor")
    return None if mask is None else mask.dtype


def canonical_mask(mask: Any, name: str, target: Any, other: Any = None, other_name: str = "") -> Any:
    """What a mask adds to the scores, in the type `target`: -inf for True. `other`: the type of the mask beside it."""
    if mask is None:
        return None
    is_bool = mask.dtype.name == "bool"
    if not is_bool and not mask.dtype.is_floating_point:
        raise AssertionError(f"only bool and floating types of {name} are supported")
    if other is not None and mask.dtype is not other:
        warn(f"Support for mismatched {name} and {other_name} is deprecated. Use same type for both instead.")
    return added_by(~mask.array, target.np) if is_bool else mask


def is_batched_input(query: Any, key: Any, value: Any, key_padding_mask: Any, attn_mask: Any, heads: int) -> bool:
    """Raises AssertionError where the dimensions do not fit together."""
    ndim = query.dim()
    if ndim not in (2, 3):
        raise AssertionError(f"query should be unbatched 2D or batched 3D tensor but received {ndim}-D query tensor")
    given = f"For {'batched' if ndim == 3 else 'unbatched'} ({ndim}-D) `query`, expected"
    if key.dim() != ndim or value.dim() != ndim:
        raise AssertionError(
            f"{given} `key` and `value` to be {ndim}-D but found {key.dim()}-D and {value.dim()}-D tensors respectively"
        )
    if key_padding_mask is not None and key_padding_mask.dim() != ndim - 1:
        raise AssertionError(
            f"{given} `key_padding_mask` to be `None` or {ndim - 1}-D but found {key_padding_mask.dim()}-D tensor "
            "instead"
        )
    if attn_mask is not None and attn_mask.dim() not in (2, 3):
        raise AssertionError(
            f"{given} `attn_mask` to be `None`, 2-D or 3-D but found {attn_mask.dim()}-D tensor instead"
        )
    if attn_mask is not None and ndim == 2 and attn_mask.dim() == 3:
        expected = (heads, query.shape[0], key.shape[0])
        if attn_mask.shape != expected:
            raise AssertionError(f"Expected `attn_mask` shape to be {expected} but got {attn_mask.shape}")
    return bool(ndim == 3)


def for_heads(attn_mask: Any, batch: int, heads: int, queries: int, keys: int) -> Any:
    """A mask for all heads, or one for each. Raises RuntimeError for another shape."""
    if attn_mask is None:
        return None
    ndim = attn_mask.dim()
    expected = (queries, keys) if ndim == 2 else (batch * heads, queries, keys)
    if ndim not in (2, 3):
        raise RuntimeError(f"attn_mask's dimension {ndim} is not supported")
    if attn_mask.shape != expected:
        raise RuntimeError(f"The shape of the {ndim}D attn_mask is {attn_mask.shape}, but should be {expected}.")
    return attn_mask.unsqueeze(0) if ndim == 2 else attn_mask


def merged(attn_mask: Any, key_padding_mask: Any, batch: int, heads: int, keys: int) -> Any:
    """Both masks as one."""
    if key_padding_mask is None:
        return attn_mask
    for place, size in enumerate((batch, keys)):
        found = key_padding_mask.shape[place]
        if found != size:
            raise AssertionError(f"Expected key_padded_mask.shape[{place}] to be {size}, but got {found}")
    spread = key_padding_mask.view(batch, 1, 1, keys).expand(-1, heads, -1, -1).reshape(batch * heads, 1, keys)
    return spread if attn_mask is None else attn_mask + spread


def widened(mask: Any) -> Any:
    """For one more key, which all may attend to."""
    return None if mask is None else pad(mask, (0, 1))
