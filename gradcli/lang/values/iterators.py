"""`map`, `zip` and `enumerate`, which know how many of them stand inside each other.

C code asks the one inside for the next item, without a look at the stack: a hundred thousand maps around each other
would end the process. Generators need no such count, since Python's limit of recursion holds for them.
"""

from __future__ import annotations

from typing import Any, Final

from gradcli.lang.values.table import poses_as

MOST_INSIDE: Final = 1000


def _counted(kind: Any) -> Any:
    class Counted(kind):  # type: ignore[misc]
        __slots__ = ("inside",)

        def __new__(cls, *args: Any, **named: Any) -> Any:
            made = kind.__new__(cls, *args, **named)
            found = [value.inside for value in (*args, *named.values()) if isinstance(value, STACKING)]
            made.inside = 1 + max(found, default=0)
            if made.inside > MOST_INSIDE:
                raise RecursionError("maximum recursion depth exceeded")
            return made

    poses_as(Counted, kind.__name__)
    return Counted


STACKING: tuple[Any, ...] = ()
FUNCTIONS: Final = {kind.__name__: _counted(kind) for kind in (map, zip, enumerate)}
STACKING = tuple(FUNCTIONS.values())
