"""What one run of a program may use: steps, digits, items, characters, output.

Each limit is a number here, has a flag that raises it, and is checked before anything is allocated. What grows at most
twofold in one operation (adding two lists) may be checked afterwards.

Steps are counted by a shared C iterator: a loop zips it with what it runs over, and that costs nothing worth measuring.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sized
from itertools import repeat
from typing import Any

import numpy as np

from gradcli.engine.limits import LimitExceeded
from gradcli.engine.tensor import Tensor

UNLIMITED = 1 << 62
MAX_WIDTH = 1000
MAX_PRECISION = 100
MAX_NESTED_KEY = 100
NO_LIMITS: dict[str, int | None] = {}


class StepLimit(LimitExceeded):
    """The run as a whole has used up what it may: no `except` of a program catches this."""


class Budget:
    """The limits of the run that is under way.

    steps: loop iterations and calls. bits: of an integer. items: of a list, tuple, dict, set or range that is walked.
    characters: of a string. output: characters printed. They start anew with `start`.
    files: whether there are any.
    """

    __slots__ = ("bits", "characters", "files", "items", "output", "steps", "ticks", "written")

    def __init__(self) -> None:
        self.steps = 100_000_000
        self.bits = 10_000
        self.items = 10_000_000
        self.characters = 100_000_000
        self.output = 100_000_000
        self.files = True
        self.start()

    def start(self, limits: Mapping[str, int | None] = NO_LIMITS) -> None:
        """Begin a run with nothing used yet, and with these limits where they are not None."""
        self.steps = limits.get("steps") or self.steps
        self.bits = limits.get("bits") or self.bits
        self.items = limits.get("items") or self.items
        self.characters = limits.get("characters") or self.characters
        self.output = limits.get("output") or self.output
        self.files = bool(limits.get("files", self.files))
        self.ticks: Iterator[None] = repeat(None, self.steps + 1)
        self.written = 0

    def save(self) -> tuple[Any, ...]:
        """Everything, for `restore`: a run may be inside another."""
        return self.steps, self.bits, self.items, self.characters, self.output, self.files, self.ticks, self.written

    def restore(self, saved: tuple[Any, ...]) -> None:
        """Go on as before."""
        self.steps, self.bits, self.items, self.characters, self.output, self.files, *run = saved
        self.ticks, self.written = run

    def used(self) -> int:
        """The steps taken since `start`."""
        return self.steps + 1 - int(self.ticks.__length_hint__())  # type: ignore[attr-defined]

    def check_steps(self) -> None:
        """After a loop that ended by itself: was it for want of steps? Raises StepLimit."""
        if not self.ticks.__length_hint__():  # type: ignore[attr-defined]
            raise StepLimit(f"too many steps: the limit is {self.steps}", "--max-steps")

    def write(self, text: str) -> str:
        """Pass on what is about to be printed. Raises StepLimit."""
        self.written += len(text)
        if self.written > self.output:
            raise StepLimit(f"too much output: the limit is {self.output} characters", "--max-output")
        return text


BUDGET = Budget()

_SIZED: dict[type, int] = {str: 1, list: 0, tuple: 0}


def too_many_items(count: int) -> LimitExceeded:
    """The error for a container of `count` items."""
    return LimitExceeded(f"too many items: {count}, the limit is {BUDGET.items}", "--max-items")


def too_many_characters(count: int) -> LimitExceeded:
    """The error for a string of `count` characters."""
    return LimitExceeded(f"string too long: {count} characters, the limit is {BUDGET.characters}", "--max-characters")


def too_many_bits(count: int) -> LimitExceeded:
    """The error for an integer of `count` bits."""
    return LimitExceeded(f"integer too large: {count} bits, the limit is {BUDGET.bits}", "--max-bits")


def items(count: int) -> int:
    """Pass on a number of items. Raises LimitExceeded."""
    if count > BUDGET.items:
        raise too_many_items(count)
    return count


def characters(count: int) -> int:
    """Pass on a number of characters. Raises LimitExceeded."""
    if count > BUDGET.characters:
        raise too_many_characters(count)
    return count


def grown(result: Any) -> Any:
    """Pass on what an operator has just made from two values. Raises LimitExceeded."""
    kind = type(result)
    if kind is str:
        characters(len(result))
    elif kind is list or kind is tuple:
        items(len(result))
    elif kind is int and result.bit_length() > BUDGET.bits:
        raise too_many_bits(result.bit_length())
    return settled(result) if kind is np.ndarray else result


def settled(result: Any) -> Any:
    """Pass on what an operator has made: numpy answers a number beside a list with an array that is none of ours."""
    if type(result) is np.ndarray:
        from gradcli.lang.arrays.values import taken

        return taken(result)
    return result


def multiply(left: Any, right: Any) -> Any:
    """`left * right`, refused before a repetition allocates."""
    for value, other in ((left, right), (right, left)):
        if type(value) in _SIZED and isinstance(other, (int, np.integer)):
            check = characters if type(value) is str else items
            check(len(value) * max(int(other), 0))
    return grown(left * right)


def power(base: Any, exponent: Any) -> Any:
    """`base ** exponent`, refused before an integer of more bits than the limit is computed."""
    if type(base) is Tensor:
        return base**exponent
    if isinstance(base, int) and isinstance(exponent, int) and exponent > 1 and not -2 < base < 2:
        bits = (abs(base).bit_length() - 1) * exponent
        if bits > BUDGET.bits:
            raise too_many_bits(bits)
    return grown(base**exponent)


def shift_left(value: Any, count: Any) -> Any:
    """`value << count`."""
    if isinstance(value, int) and isinstance(count, int) and value and value.bit_length() + count > BUDGET.bits:
        raise too_many_bits(value.bit_length() + count)
    return value << count


def remainder(left: Any, right: Any) -> Any:
    """`left % right`, with the widths of a text to fill in bounded."""
    if type(left) is str:
        from gradcli.lang.values.text import percent

        return percent(left, right)
    return left % right


CONTAINERS = frozenset((list, tuple, str, dict, range))


def bounded(values: Any) -> Any:
    """Something to iterate over in C code: containers as they are, a range if it is short enough, the rest counted."""
    kind = type(values)
    if kind is list or kind is tuple or kind is str or kind is dict:
        return values
    if isinstance(values, Sized):
        try:
            length = len_of(values)
        except TypeError:  # a program's own `__len__`, which Python only takes for a hint
            return counted(values)  # type: ignore[arg-type]
        items(length)
        return values
    return counted(values)


def len_of(values: Sized) -> int:
    """`len(values)`, also of a range that is too long for a C integer."""
    if isinstance(values, range):
        step = abs(values.step)
        return max(0, (abs(values.stop - values.start) + step - 1) // step) if values else 0
    return len(values)


def counted(values: Iterable[Any]) -> Iterator[Any]:
    """The items of `values`, a step each, as many as a container may have."""
    limit = BUDGET.items
    for count, (item, _) in enumerate(zip(values, BUDGET.ticks, strict=False)):
        if count == limit:
            raise too_many_items(count + 1)
        yield item
    BUDGET.check_steps()


def ticking(values: Iterable[Any]) -> Iterator[Any]:
    """The items of `values`, a step each, without end: for what C code walks."""
    for item, _ in zip(values, BUDGET.ticks, strict=False):
        yield item
    BUDGET.check_steps()


_NESTS = (list, tuple, dict, set, frozenset)


def tree(value: Any, most: int | None = None, deepest: int = UNLIMITED) -> Any:
    """Pass on a container whose items, counted as often as they are reached, are not too many to walk in C code.

    `x = [x, x]` sixty times is a small object and a text of 2**60 characters. Raises LimitExceeded.
    """
    if not isinstance(value, _NESTS):
        return value
    level: list[Any] = [value]
    count, depth, most = 0, 0, most or BUDGET.items
    while level:
        below: list[Any] = []
        for inner in level:
            count += len(inner)
            if count > most or depth > deepest:
                raise too_many_items(count) if count > most else LimitExceeded("nested too deeply", "")
            below += [item for item in inner if isinstance(item, _NESTS)]
            if isinstance(inner, dict):
                below += [item for item in inner.values() if isinstance(item, _NESTS)]
        level = below
        depth += 1
        if depth > 1000:  # a list that holds itself: repr and == know what to do, or raise RecursionError
            break
    return value


def key(value: Any) -> Any:
    """Pass on a dict key or set member. Hashing a tuple recurses in C without a check, so it is bounded here."""
    return tree(value, 100_000, MAX_NESTED_KEY) if type(value) is tuple else value


NUMBERS = frozenset((int, float, bool))


def member(value: Any) -> Any:
    """Pass on what is looked for in a container."""
    return tree(value) if isinstance(value, _NESTS) else value


def searched(values: Any, member: Any) -> Any:
    """Pass on what `in` looks through for `member`. Raises LimitExceeded for more than can be compared one by one."""
    if type(values) is range and type(member) is not int:  # Python knows a formula for integers alone
        items(len(values))
    return values if isinstance(values, (*_NESTS, str, range)) or not hasattr(values, "__next__") else bounded(values)
