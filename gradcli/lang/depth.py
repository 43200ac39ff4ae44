"""How deep programs can call each other: about as deep as in Python.

Python counts the calls of its own functions, up to 1000, and a call in a program is several of those here. So the
limit is raised while a program runs, as far as the stack has room: what was found to take most of it for
a count takes less than BYTES. Sorting takes five times as much, and is counted by itself.
"""

from __future__ import annotations

import sys
import threading
from typing import Final

MOST: Final = 7000
BYTES: Final = 1100  # of the stack, for each count
MOST_SORTS: Final = 200  # inside each other


def deepen() -> int:
    """Raise the limit; returns what it was, for `restore`. Only the main thread has a stack that is known."""
    before = sys.getrecursionlimit()
    if threading.get_ident() == threading.main_thread().ident:
        sys.setrecursionlimit(max(before, min(MOST, _stack() // BYTES)))
    return before


def restore(limit: int) -> None:
    """Put the limit back, if nothing that is still running is deeper."""
    try:
        sys.setrecursionlimit(limit)
    except RecursionError:
        pass


def _stack() -> int:
    try:
        import resource
    except ImportError:  # not on this system
        return 0
    size, _ = resource.getrlimit(resource.RLIMIT_STACK)
    return MOST * BYTES if size == resource.RLIM_INFINITY else size


class Sorting:
    """Around code that sorts by functions of the program, which may sort. Raises RecursionError."""

    __slots__ = ("_inside",)

    def __init__(self) -> None:
        self._inside = 0

    def __enter__(self) -> None:
        if self._inside >= MOST_SORTS:
            raise RecursionError("maximum recursion depth exceeded")
        self._inside += 1

    def __exit__(self, *failure: object) -> None:
        self._inside -= 1


SORTING: Final = Sorting()
