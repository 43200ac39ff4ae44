"""The values of number and string literals; f-strings are cut into text and fields.

Escapes, prefixes and messages are Python's (3.11: an f-string's fields hold neither its own quotes nor a backslash).
"""

from __future__ import annotations

import re

from gradcli.lang.errors.diagnostics import SyntaxFailure
from gradcli.lang.syntax.nodes import Expression, FormatField

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

Span = tuple[int, int]
Part = str | FormatField

# Python refuses to convert longer ones, for the time it takes (CVE-2020-10735); so do we, before it does.
MAX_DIGITS = 4300

_ESCAPE = r"\\(\r\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^{}]*\}|[\s\S])"
_SIMPLE = {
    "\n": "",
    "\r": "",
    "\r\n": "",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}


def number(text: str, span: Span) -> int | float | complex:
    """The value of a NUMBER token; floats too large for one are inf, as in Python."""
    digits = text.replace("_", "") if "_" in text else text
    if digits.isdigit() or digits[:2] in _BASES:
        if len(digits) > MAX_DIGITS:
            raise _bad(
                f"Exceeds the limit ({MAX_DIGITS} digits) for integer string conversion: "
                f"value has {len(digits)} digits",
                span,
                "a float has 17 significant digits: write it with a point or an exponent",
            )
        if digits[0] == "0" and digits.isdigit() and digits.strip("0"):
            raise _bad(
                "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers",
                span,
                f"write {digits.lstrip('0')}",
            )
        return int(digits, _BASES.get(digits[:2], 10))
    if digits[-1] in "jJ":
        return complex(0.0, float(digits[:-1]))
    return float(digits)


_BASES = {"0x": 16, "0X": 16, "0o": 8, "0O": 8, "0b": 2, "0B": 2}


class Literal:
    """A STRING token taken apart: `formatted` and `raw` by its prefix, the body from `start` to `end` in the source."""

    __slots__ = ("end", "formatted", "raw", "start")

    def __init__(self, text: str, start: int) -> None:
        prefix = 0
        while text[prefix] not in "\"'":
            prefix += 1
        letters = text[:prefix].lower()
        quotes = 3 if text[prefix : prefix + 3] in ('"""', "'''") and len(text) >= prefix + 6 else 1
        self.formatted = "f" in letters
        self.raw = "r" in letters
        self.start = start + prefix + quotes
        self.end = start + len(text) - quotes


def plain(body: str, at: int, *, raw: bool) -> str:
    """A stretch of string text, line ends made LF and, unless raw, escapes done."""
    if "\r" in body:
        body = body.replace("\r\n", "\n").replace("\r", "\n")
    if raw or "\\" not in body:
        return body
    return re.sub(_ESCAPE, lambda match: _unescape(match[1], (at + match.start(), at + match.end())), body)


def _unescape(code: str, span: Span) -> str:
    simple = _SIMPLE.get(code)
    if simple is not None:
        return simple
    if code[0] in "01234567":
        return chr(int(code, 8))
    if code[0] in "xuU" and len(code) > 1:
        value = int(code[1:], 16)
        if value > 0x10FFFF:
            raise _bad("illegal Unicode character", span, "code points end at \\U0010FFFF")
        return chr(value)
    if code[0] in "xuU":
        shape = {"x": "\\xXX", "u": "\\uXXXX", "U": "\\UXXXXXXXX"}[code]
        raise _bad(f"truncated {shape} escape", span, f"write {shape} with hexadecimal digits, or \\\\{code}")
    if code[0] == "N":
        import unicodedata

        try:
            return unicodedata.lookup(code[2:-1])
        except KeyError:
            raise _bad("unknown Unicode character name", span, "") from None
    return "\\" + code


# ---------------------------------------------------------------- f-strings


def fields(source: str, literal: Literal, parse: Callable[[int, int], Expression]) -> list[Part]:
    """The parts of an f-string; `parse` makes an expression of a stretch of the source."""
    cutter = _Cutter(source, literal, parse)
    parts, _ = cutter.parts(literal.start, 0)
    return parts


class _Cutter:
    """Walks through the body of one f-string."""

    def __init__(self, source: str, literal: Literal, parse: Callable[[int, int], Expression]) -> None:
        self.source = source
        self.end = literal.end
        self.raw = literal.raw
        self.parse = parse
        # In text a field begins or ends at a brace, unless it belongs to \N{…}.
        self.brace = re.compile(r"[{}]" if literal.raw else r"\\N\{[^{}]*\}|\\[^{}]|[{}]", re.DOTALL)
        # In an expression, what may end it and what hides an end.
        self.mark = re.compile(r"[\[\](){}:#\\]|'''|\"\"\"|['\"]|[!<>=]=|!|=")

    def parts(self, at: int, level: int) -> tuple[list[Part], int]:
        """Text and fields from `at` to the end, or in a format spec (`level` 1) to its closing brace."""
        source, end = self.source, self.end
        parts: list[Part] = []
        text_from = at
        while True:
            match = self.brace.search(source, at, end)
            brace = match.group() if match else ""
            if match and len(brace) > 1:
                at = match.end()
                continue
            here = match.start() if match else end
            doubled = level == 0 and source[here : min(here + 2, end)] == brace * 2
            if here + doubled > text_from:
                parts.append(plain(source[text_from : here + bool(match and doubled)], text_from, raw=self.raw))
            if not match or (brace == "}" and level):
                return parts, here
            if doubled:
                at = text_from = here + 2
            elif brace == "}":
                raise _bad("f-string: single '}' is not allowed", (here, here + 1), "write }} for a brace in the text")
            else:
                field, at = self.field(here, level)
                parts.append(field)
                text_from = at

    def field(self, opening: int, level: int) -> tuple[FormatField, int]:
        """The field that begins with the brace at `opening`, and where the text goes on."""
        source = self.source
        if level > 1:
            raise _bad("f-string: expressions nested too deeply", (opening, opening + 1), "")
        at = self.expression_end(opening)
        if not source[opening + 1 : at].strip():
            raise _bad("f-string: empty expression not allowed", (opening, at + 1), "write {{ for a brace in the text")
        value = self.parse(opening + 1, at)
        text = None
        if source[at] == "=":
            at += 1
            while at < self.end and source[at].isspace():
                at += 1
            text = source[opening + 1 : at]
        conversion = ""
        if source[at : at + 1] == "!" and at < self.end:
            conversion = source[at + 1 : at + 2]
            if conversion not in ("r", "s", "a") or at + 1 >= self.end:
                raise _bad(
                    "f-string: invalid conversion character: expected 's', 'r', or 'a'", (at, min(at + 2, self.end)), ""
                )
            at += 2
        spec: list[Part] = []
        if at < self.end and source[at] == ":":
            spec, at = self.parts(at + 1, level + 1)
        if at >= self.end or source[at] != "}":
            raise _bad(
                "f-string: expecting '}'", (opening, opening + 1), "this { is not closed; {{ is a brace in the text"
            )
        return FormatField((opening, at + 1), value, conversion, tuple(spec), text), at + 1

    def expression_end(self, opening: int) -> int:
        """Where the expression of a field ends: at a `}`, `!`, `:` or `=` outside brackets and strings."""
        depth = 0
        at = opening + 1
        while match := self.mark.search(self.source, at, self.end):
            mark, here, at = match.group(), match.start(), match.end()
            if mark in "([{":
                depth += 1
            elif mark in ")]}" and depth:
                depth -= 1
            elif mark[0] in "\"'":
                closing = self.source.find(mark, at, self.end)
                if closing < 0:
                    raise _bad("f-string: unterminated string", (here, self.end), "")
                at = closing + len(mark)
            elif mark == "\\":
                raise _bad(
                    "f-string expression part cannot include a backslash",
                    (here, here + 1),
                    "give the value a name first, and use the name here",
                )
            elif mark == "#":
                raise _bad("f-string expression part cannot include '#'", (here, here + 1), "")
            elif depth == 0 and mark in ("}", "!", ":", "="):
                return here
            elif depth == 0 and mark in ")]":
                raise _bad(f"f-string: unmatched '{mark}'", (here, here + 1), "")
        raise _bad("f-string: expecting '}'", (opening, opening + 1), "this { is not closed; {{ is a brace in the text")


def _bad(message: str, span: Span, help: str) -> SyntaxFailure:
    from gradcli.lang.syntax.complaints import failure

    return failure(message, span, help)
