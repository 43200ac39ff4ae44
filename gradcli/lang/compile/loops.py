"""The `for` loops that are under way, for a front end that shows how far they are.

A watched loop notes its iterator when it begins, and nothing else: how far it is, whoever wants to know asks the
iterator. So an iteration costs what it costs without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import length_hint
from typing import Any

_OF_KNOWN_LENGTH = frozenset((list, range, tuple))
_WORTH_NOTING = 100  # iterations of a loop inside another, which is begun again and again


class Loop:
    """A loop: its header as it was written, the iterations it will have, and the iterator that counts them."""

    __slots__ = ("header", "iterator", "total")

    def __init__(self, header: str, total: int, iterator: Iterator[Any]) -> None:
        self.header = header
        self.total = total
        self.iterator = iterator

    @property
    def begun(self) -> int:
        """The iterations that have begun."""
        return self.total - length_hint(self.iterator)


Loops = list[Loop]  # the outermost first


def fraction(loops: Loops) -> float:
    """How much of the outermost loop is done, as far as the loops inside it tell."""
    done = 0.0
    for loop in reversed(loops):
        done = max(0.0, loop.begun - 1 + done) / loop.total
    return done


def watched(
    loops: Loops,
    header: str,
    values: Callable[[Any], Any],
    make: Callable[[Callable[[Any], Any]], Callable[[Any], Any]],
) -> Callable[[Any], Any]:
    """The closure of a loop that is in `loops` while it runs. make: its closure, given that of what it runs over."""

    def noted(frame: Any) -> Any:
        iterable = values(frame)
        if type(iterable) not in _OF_KNOWN_LENGTH:
            return iterable
        try:
            total = len(iterable)
        except OverflowError:  # nobody waits for that one to end
            return iterable
        if not total or (total < _WORTH_NOTING and loops):
            return iterable
        iterator = iter(iterable)
        loops.append(Loop(header, total, iterator))
        return iterator

    loop, inside = make(noted), make(values)

    def run(frame: Any) -> Any:
        depth = len(loops)
        if depth > 1:
            return inside(frame)
        try:
            return loop(frame)
        finally:
            del loops[depth:]

    return run
