"""What transformers do with their masks. Source: torch/nn/modules/transformer.py."""

from __future__ import annotations

from math import inf
from typing import Any

from gradcli.engine.public import functions


def square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Any:
    """-inf above the diagonal, 0 elsewhere: each place attends to none behind it."""
    return functions["triu"](functions["full"]((sz, sz), -inf, dtype=dtype, device=device), diagonal=1)


def is_causal_mask(mask: Any, is_causal: Any, size: int) -> bool:
    """Is it the mask above? What is_causal says, unless it is None."""
    if is_causal is not None or mask is None:
        return is_causal is True
    causal = square_subsequent_mask(size, dtype=mask.dtype)
    return bool(mask.size() == causal.size() and (mask == causal).all())


def length_of(sequence: Any, batch_first: bool) -> int:
    """How many places a sequence, or a batch of them, has."""
    size: int = sequence.size(1 if batch_first and sequence.dim() != 2 else 0)
    return size


def padding_behind(mask: Any) -> tuple[Any, bool]:
    """As many places at the end of each sequence as a mask of keys leaves out, and whether it is these."""
    kept = mask == 0
    places = functions["arange"](mask.size(1))
    padding = places >= kept.sum(1).unsqueeze(1)
    return padding, bool((padding != kept).all())
