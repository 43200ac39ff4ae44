"""Where an exception happened, noted while it unwinds: the way that succeeds pays nothing for it.

A closure that can fail wraps its work in `try` (free on success) and calls `blame` with its place. The innermost place
wins; a call of a user's function then adds a line to the trail.
"""

from __future__ import annotations

from typing import Any, Final

from gradcli.engine.tensor import Tensor
from gradcli.lang.diagnostics import Span


class Source:
    """A text that was given to the session, and what it is called in messages."""

    __slots__ = ("name", "text")

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name


class Place:
    """A piece of a source that can fail: its span, and the spans of its operands, for labels."""

    __slots__ = ("operands", "source", "span")

    def __init__(self, source: Source, span: Span, operands: tuple[Span, ...] = ()) -> None:
        self.source = source
        self.span = span
        self.operands = operands


class Spot:
    """The record on an exception.

    facts: (span, shape, dtype name) of the operands that were tensors. trail: (function, place of the call), innermost
    first. crossed: the function that the exception has just left.
    """

    __slots__ = ("crossed", "facts", "place", "trail")

    def __init__(self, place: Place, facts: list[tuple[Span, tuple[int, ...], str]]) -> None:
        self.place = place
        self.facts = facts
        self.trail: list[tuple[str, Place]] = []
        self.crossed: str | None = None


LONGEST_TRAIL: Final = 8


def blame(error: BaseException, place: Place, *values: Any) -> None:
    """Note that `error` happened at `place`, with these operands, unless an inner place was noted already."""
    spot = error.__dict__.get("spot")
    if spot is None:
        facts = [
            (span, tuple(value.array.shape), value.dtype.name)
            for span, value in zip(place.operands, values, strict=False)
            if type(value) is Tensor
        ]
        error.__dict__["spot"] = Spot(place, facts)
    elif spot.crossed is not None:
        if len(spot.trail) == LONGEST_TRAIL:
            spot.trail.pop()  # the outermost call stays
        spot.trail.append((spot.crossed, place))
        spot.crossed = None


def cross(error: BaseException, function: str) -> None:
    """Note that `error` leaves a user's function: the next place that is blamed is its call."""
    spot = error.__dict__.get("spot")
    if spot is not None:
        spot.crossed = function


def spot_of(error: BaseException) -> Spot | None:
    """The record, if there is one."""
    found: Spot | None = error.__dict__.get("spot")
    return found


def forget(error: BaseException) -> None:
    """Drop the record: the error is raised anew, elsewhere."""
    error.__dict__.pop("spot", None)


class UnknownName(NameError):
    """A name that nothing was bound to. `local`: the names that its scope has besides the globals."""

    def __init__(self, message: str, missing: str, local: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.missing = missing
        self.local = local


def unknown(name: str, local: tuple[str, ...] = ()) -> UnknownName:
    """The NameError for a name."""
    return UnknownName(f"name {name!r} is not defined", name, local)
