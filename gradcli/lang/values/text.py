"""Values into text inside a program: format specifications, `%`, `str.format`. Widths are bounded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gradcli.lang.budget import BUDGET, MAX_PRECISION, MAX_WIDTH, bounded, characters, tree
from gradcli.lang.values.table import attribute, register, type_name


class Output:
    """Where `print` prints in the run that is under way: for `sys.stdout`."""

    __slots__ = ("show",)

    def __init__(self) -> None:
        self.show: Callable[..., None] = lambda *values, **options: None


OUTPUT = Output()


class Stream:
    """`sys.stdout`, `sys.stderr`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def write(self, text: Any) -> int:
        """Print a text as it is."""
        if type(text) is not str:
            raise TypeError(f"write() argument must be str, not {type_name(text)}")
        OUTPUT.show(text, end="", file=self)
        return len(text)

    def __repr__(self) -> str:
        return f"<_io.TextIOWrapper name='<{self.name}>' mode='w' encoding='utf-8'>"


register(
    Stream,
    {
        "write": Stream.write,
        "writelines": lambda self, lines: [self.write(line) for line in bounded(lines)] and None,
        "flush": lambda self: None,
        "isatty": lambda self: False,
    },
)


def as_str(value: Any) -> str:
    """`str(value)`, of a container only if its text can be written."""
    return value if type(value) is str else str(tree(value))


def as_repr(value: Any) -> str:
    """`repr(value)`."""
    return repr(tree(value))


def as_ascii(value: Any) -> str:
    """`ascii(value)`."""
    return ascii(tree(value))


CONVERSIONS: dict[str, Any] = {"r": as_repr, "s": as_str, "a": as_ascii}


def check_spec(spec: str) -> str:
    """Pass on a format specification whose width and precision are within bounds. Raises ValueError."""
    number, precision = "", False
    for char in spec + "\0":
        if char in "0123456789":
            number += char
            continue
        if number:
            _check_number(number, precision)
        number, precision = "", char == "."
    return spec


def _check_number(digits: str, precision: bool) -> None:
    most = MAX_PRECISION if precision else MAX_WIDTH
    if len(digits) > 9 or int(digits) > most:
        raise ValueError(
            f"{'precision' if precision else 'width'} too large in format specification: the limit is {most}"
        )


def formatted(value: Any, spec: str) -> str:
    """`format(value, spec)`, as in an f-string."""
    return format(tree(value), check_spec(spec))


# ---------------------------------------------------------------- the operator


def percent(text: str, values: Any) -> str:
    """`text % values`. Raises TypeError and ValueError in Python's words."""
    index, end, position = 0, len(text), 0
    given = values if type(values) is tuple else (values,)
    while (index := text.find("%", index)) >= 0:
        index = _skip_key(text, index + 1)
        digits, precision = "", False
        while index < end and text[index] in "#0- +.0123456789*hlL":
            char = text[index]
            if char == "*":
                number = given[position] if position < len(given) else None
                digits = str(abs(number)) if type(number) is int else ""
                position += 1
            elif char == ".":
                if digits:
                    _check_number(digits, precision)
                digits, precision = "", True
            elif char.isdigit():
                digits += char
            index += 1
        if digits:
            _check_number(digits, precision)
        position += text[index : index + 1] != "%"
        index += 1
    tree(values)
    result: str = text % values
    characters(len(result))
    return result


def _skip_key(text: str, index: int) -> int:
    if index < len(text) and text[index] == "(":
        close = text.find(")", index)
        return close + 1 if close >= 0 else len(text)
    return index


# ---------------------------------------------------------------- str.format


def format_text(text: str, *args: Any, **named: Any) -> str:
    """`text.format(…)`: fields are positions, names, and `.attributes` and `[items]` of these."""
    pieces: list[str] = []
    size = 0
    for piece in _Fields(args, named).expand(text, 2):
        pieces.append(piece)
        size += len(piece)
        characters(size)
    return "".join(pieces)


_FIRST = re.compile(r"[^.\[]*")
_PART = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<item>[^\]]+)\]")


def _bad_part(name: str, at: int) -> str:
    if name[at] not in ".[":
        return "Only '.' or '[' may follow ']' in format field specifier"
    return (
        "Missing ']' in format string"
        if name[at] == "[" and "]" not in name[at:]
        else "Empty attribute in format string"
    )


class _Fields:
    """The values of one call of `format`, and how many automatic numbers were handed out (None once `{0}` was seen)."""

    __slots__ = ("args", "named", "next")

    def __init__(self, args: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        self.args = args
        self.named = named
        self.next: int | None = 0

    def expand(self, text: str, depth: int) -> Iterator[str]:
        index = 0
        while index < len(text):
            char = text[index]
            if char in "{}" and text[index : index + 2] == char * 2 and depth == 2:
                yield char
                index += 2
            elif char == "}":
                raise ValueError("Single '}' encountered in format string")
            elif char == "{":
                end = _closing(text, index)
                yield self.field(text[index + 1 : end], depth)
                index = end + 1
            else:
                stop = min((at for at in (text.find("{", index), text.find("}", index)) if at >= 0), default=len(text))
                yield text[index:stop]
                index = stop

    def field(self, text: str, depth: int) -> str:
        if not depth:
            raise ValueError("Max string recursion exceeded")
        name, _, spec = text.partition(":")
        bracket = text.find("[")
        if 0 <= bracket < len(name):  # a colon inside [...] belongs to the item
            close = text.find("]", bracket) + 1
            rest, _, spec = text[close:].partition(":")
            name = text[:close] + rest
        name, bang, conversion = name.partition("!")
        value = self.value(name)
        if bang:
            if conversion not in CONVERSIONS:
                raise ValueError(f"Unknown conversion specifier {conversion!r}")
            value = CONVERSIONS[conversion](value)
        return formatted(value, "".join(self.expand(spec, depth - 1)))

    def value(self, name: str) -> Any:
        """`first.attribute[item]`: attributes are those that the language has."""
        first = _FIRST.match(name)[0]  # type: ignore[index]
        found, at = self.first(first), len(first)
        while at < len(name):
            part = _PART.match(name, at)
            if part is None:
                raise ValueError(_bad_part(name, at))
            at = part.end()
            item = part["item"]
            if item is None:
                found = attribute(found, part["name"])
            else:
                found = found[int(item) if item.isdigit() else item]
        return found

    def first(self, name: str) -> Any:
        if name and not name.isdigit():
            return self.named[name]
        if (self.next is None and not name) or (self.next and name):
            old, new = ("manual", "automatic") if not name else ("automatic", "manual")
            old += " field specification" if old == "manual" else " field numbering"
            new += " field numbering" if new == "automatic" else " field specification"
            raise ValueError(f"cannot switch from {old} to {new}")
        if name:
            self.next = None
            position = int(name) if len(name) < 10 else len(self.args)
        else:
            position = self.next or 0
            self.next = position + 1
        if position >= len(self.args):
            raise IndexError(f"Replacement index {position} out of range for positional args tuple")
        return self.args[position]


def _closing(text: str, start: int) -> int:
    depth = 0
    for index in range(start, len(text)):
        if text[index] == "{":
            depth += 1
        elif text[index] == "}":
            depth -= 1
            if not depth:
                return index
    raise ValueError(
        "expected '}' before end of string" if start + 1 < len(text) else "Single '{' encountered in format string"
    )


def printed(values: tuple[Any, ...], sep: Any, end: Any) -> str:
    """What `print(*values, sep=sep, end=end)` writes."""
    for name, given in (("sep", sep), ("end", end)):
        if given is not None and type(given) is not str:
            raise TypeError(f"{name} must be None or a string, not {type_name(given)}")
    text = (" " if sep is None else sep).join([as_str(value) for value in values])
    return BUDGET.write(text + ("\n" if end is None else end))
