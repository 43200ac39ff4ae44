"""Where an exception happened, noted while it unwinds: the way that succeeds pays nothing for it.

A closure that can fail wraps its work in `try` (free on success) and calls `blame` with its place. The innermost place
wins; a call of a user's function then adds a step to the trail.

Only in-place changes are noted as they happen (`changed`): what they break is found out much later, in backward.
"""

from __future__ import annotations

import sys
from collections import deque
from types import FrameType
from typing import Any, Final

from gradcli.engine.graph import sequence
from gradcli.engine.tensor import Tensor, ndarray
from gradcli.lang.errors.diagnostics import Span


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


class Fact:
    """What an operand was: its span, and shape and dtype name of the tensor or of each tensor in the list."""

    __slots__ = ("is_list", "span", "tensors")

    def __init__(self, span: Span, tensors: list[tuple[tuple[int, ...], str]], is_list: bool) -> None:
        self.span = span
        self.tensors = tensors
        self.is_list = is_list


def _fact(span: Span, value: Any) -> Fact | None:
    if type(value) is Tensor:
        return Fact(span, [(value.array.shape, value.dtype.name)], False)
    if isinstance(value, ndarray):
        return Fact(span, [(value.shape, value.dtype.name)], False)
    if type(value) in (list, tuple) and value and all(type(item) is Tensor for item in value):
        return Fact(span, [(item.array.shape, item.dtype.name) for item in value[:MOST_TENSORS]], True)
    return None


class Spot:
    """The record on an exception.

    facts: the operands that were tensors. trail: (function, place of the call), innermost first. crossed: the function
    that the exception has just left.
    """

    __slots__ = ("crossed", "facts", "place", "trail")

    def __init__(self, place: Place, facts: list[Fact]) -> None:
        self.place = place
        self.facts = facts
        self.trail: list[tuple[str, Place]] = []
        self.crossed: str | None = None


MOST_TENSORS: Final = 8


def blame(error: BaseException, place: Place, *values: Any) -> None:
    """Note that `error` happened at `place`, with these operands, unless an inner place was noted already."""
    spot = error.__dict__.get("spot")
    if spot is None:
        facts = [_fact(span, value) for span, value in zip(place.operands, values, strict=False)]
        error.__dict__["spot"] = Spot(place, [fact for fact in facts if fact is not None])
    elif spot.crossed is not None:
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


# ---------------------------------------------------------------- what is found out later

_KEPT: Final = 10_000
_CHANGES: Final[deque[tuple[int, Place]]] = deque(maxlen=_KEPT)
_WALKS: Final[deque[tuple[int, Place]]] = deque(maxlen=_KEPT)

# Between a change and its note an operator draws a few numbers from the sequence, for its nodes.
_MOST_BETWEEN: Final = 8


def changed(place: Place) -> None:
    """Note that a tensor was changed in place here, just now. The engine's moments count down."""
    _CHANGES.append((next(sequence), place))


def walked(place: Place) -> None:
    """Note that a graph was run backward here, just now."""
    _WALKS.append((next(sequence), place))


def place_of_change(moment: int) -> Place | None:
    """Where the change happened that a version counter has as `moment`, if it was noted and is not long ago."""
    return next((place for noted, place in _CHANGES if 0 < moment - noted <= _MOST_BETWEEN), None)


def place_of_walk(since: int) -> Place | None:
    """Where backward has run since that moment, if that was at one place only."""
    places = [place for noted, place in _WALKS if noted < since]
    return places[0] if places and all(place is places[0] for place in places) else None


def here() -> Spot | None:
    """The place that is being run, with the trail of calls that led there: for a warning, which unwinds nothing.

    The closures that run have their places among their variables: they are read off Python's stack.
    """
    spot: Spot | None = None
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        place = frame.f_locals.get("place")
        if type(place) is Place:
            if spot is None:
                spot = Spot(place, [])
            elif spot.crossed is not None:
                spot.trail.append((spot.crossed, place))
                spot.crossed = None
        elif spot is not None and "function_name" in frame.f_locals:
            spot.crossed = frame.f_locals["function_name"]
        frame = frame.f_back
    return spot


class UnknownName(NameError):
    """A name that nothing was bound to. `local`: the names that its scope has besides the globals."""

    def __init__(self, message: str, missing: str, local: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.missing = missing
        self.local = local


def unknown(name: str, local: tuple[str, ...] = ()) -> UnknownName:
    """The NameError for a name."""
    return UnknownName(f"name {name!r} is not defined", name, local)
