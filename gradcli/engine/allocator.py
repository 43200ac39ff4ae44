"""Freed memory is kept for the next array.

glibc gives every large array back to the system when it is freed, and gets each of its pages anew for the next one: of
a chain of operators on ten million numbers that is three quarters of the time. A process of our own tells it to keep
them; a program that imports gradcli keeps its allocator as it is.
"""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # malloc.h: M_TRIM_THRESHOLD, M_MMAP_THRESHOLD
_KEPT = 1 << 30  # bytes that are kept free at most, and the size from which an array has pages of its own
_OLDER = 32 << 20  # the largest such size that glibc took before 2.35


def keep_freed_memory() -> bool:
    """Set glibc's thresholds for this process; returns whether there was a glibc to take them."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    mallopt.argtypes, mallopt.restype = (ctypes.c_int, ctypes.c_int), ctypes.c_int
    apart = mallopt(_MMAP_THRESHOLD, _KEPT) or mallopt(_MMAP_THRESHOLD, _OLDER)
    return bool(apart and mallopt(_TRIM_THRESHOLD, _KEPT))
