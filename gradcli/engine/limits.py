"""Limits on what one operation may take, checked on shapes before numpy allocates anything."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np


class LimitExceeded(RuntimeError):
    """A result or a kernel would be larger than the session allows. `flag` raises the limit."""

    def __init__(self, message: str, flag: str) -> None:
        super().__init__(message)
        self.flag = flag


class Limits:
    """max_bytes: of one result. max_work: multiply-adds of one kernel (matmul, einsum, factorizations)."""

    __slots__ = ("max_bytes", "max_work")

    def __init__(self) -> None:
        self.max_bytes = 4 << 30
        self.max_work = 10**12


limits = Limits()

MAX_NDIM = 64  # numpy's; torch has none


def reserve(shape: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[int, ...]:
    """Pass `shape` on if a result of it may be made.

    Raises LimitExceeded: too many bytes (with torch's sentence for an allocation that failed), or more than 64
    dimensions.
    """
    size = prod(shape) * dtype.itemsize
    if size > limits.max_bytes:
        if size >= 1 << 64:
            raise LimitExceeded(f"Storage size calculation overflowed with sizes={list(shape)}", "--max-memory")
        raise LimitExceeded(
            "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to "
            f"allocate {size} bytes. Error code 12 (Cannot allocate memory)",
            "--max-memory",
        )
    if not size and prod(n for n in shape if n) * dtype.itemsize >= 1 << 63:  # numpy multiplies the others all the same
        raise LimitExceeded(f"Storage size calculation overflowed with sizes={list(shape)}", "--max-memory")
    if len(shape) > MAX_NDIM:
        raise LimitExceeded(f"too many dimensions: a tensor has at most {MAX_NDIM} here, got {len(shape)}", "")
    return shape


def work(steps: int) -> None:
    """Refuse a kernel of more than `max_work` multiply-adds. Raises LimitExceeded."""
    if steps > limits.max_work:
        raise LimitExceeded(
            f"this operation takes {steps:.1e} multiply-adds, more than the limit of {limits.max_work:.1e}",
            "--max-work",
        )
