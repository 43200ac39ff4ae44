"""What the layers of attention ask of their masks. Source: torch/nn/modules/{activation,transformer}.py."""

from __future__ import annotations

from typing import Any

from gradcli.engine.modes import state


def no_gradient(tensors: Any) -> bool:
    """Is nothing recorded of these?"""
    return not (state.grad and any(each is not None and each.requires_grad for each in tensors))


def merge_masks(attn_mask: Any, key_padding_mask: Any, query: Any, heads: int) -> tuple[Any, int | None]:
    """Both masks of self-attention as one, and its kind: 1 of the keys alone, 2 of queries and keys."""
    if attn_mask is None:
        return key_padding_mask, None if key_padding_mask is None else 1
    batch, length, _ = query.shape
    if attn_mask.dim() == 3:
        merged = attn_mask.view(batch, -1, length, length)
    else:
        merged = attn_mask.view(1, 1, length, length).expand(batch, heads, -1, -1)
    if key_padding_mask is not None:
        merged = merged + key_padding_mask.view(batch, 1, 1, length).expand(-1, heads, -1, -1)
    return merged, 2


def as_kernel_reads(mask: Any, query: Any, heads: int) -> Any:
    """A merged mask as torch's kernel for inference takes it: what is not 0 is left out, whatever it would add."""
    if mask is None:
        return None
    batch, length, _ = query.shape
    if mask.dim() == 2:
        mask = mask.view(batch, 1, 1, length)
    return mask.expand(batch, heads, length, length).reshape(batch * heads, length, length) != 0
