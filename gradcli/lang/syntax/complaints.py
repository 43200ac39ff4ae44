"""What is wrong with a text before it is parsed, in the words that Python has for it, and what to type instead.

Imported when there is something to complain about. Functions return the `SyntaxFailure`; whoever found the trouble
raises it.
"""

from __future__ import annotations

import re

from gradcli.lang.errors.diagnostics import Diagnostic, Label, LineMap, Span, SyntaxFailure
from gradcli.lang.syntax import tables
from gradcli.lang.syntax.tokens import VALUE_ENDS, Tokens


def failure(
    message: str,
    span: Span,
    help: str = "",
    *,
    note: tuple[Span, str] | None = None,
    incomplete: bool = False,
    exception: str = "SyntaxError",
    kind: str = "syntax",
) -> SyntaxFailure:
    """One complaint about a stretch of the source; `note` labels a second place."""
    labels = [Label(span), *([Label(*note)] if note else [])]
    return SyntaxFailure(Diagnostic(kind, message, labels, help, exception=exception), incomplete)


# ---------------------------------------------------------------- limits


def too_long(length: int, limit: int) -> SyntaxFailure:
    """A text beyond the limit."""
    message = f"the program is too long: {length} characters (limit {limit})"
    return failure(message, (limit, limit), "load long data from a file instead of writing it out", kind="limit")


def too_deep(span: Span, limit: int) -> SyntaxFailure:
    """Brackets or operators beyond the limit."""
    help = "give an inner part a name on a line of its own, and use the name here"
    return failure(f"nested too deeply (limit {limit})", span, help, kind="limit")


def too_many_blocks(span: Span, limit: int) -> SyntaxFailure:
    """Blocks beyond the limit."""
    message = f"too many levels of indentation (limit {limit})"
    return failure(message, span, "move inner blocks into functions", kind="limit", exception="IndentationError")


# ---------------------------------------------------------------- brackets and indentation


def never_closed(bracket: str, at: int) -> SyntaxFailure:
    """The text ends inside a bracket."""
    return failure(f"'{bracket}' was never closed", (at, at + 1), incomplete=True)


def bad_closer(bracket: str, at: int, opener: tuple[str, int] | None) -> SyntaxFailure:
    """A closing bracket that nothing, or something else, has opened."""
    if opener is None:
        return failure(f"unmatched '{bracket}'", (at, at + 1))
    message = f"closing parenthesis '{bracket}' does not match opening parenthesis '{opener[0]}'"
    return failure(message, (at, at + 1), note=((opener[1], opener[1] + 1), "opened here"))


def mixed_tabs(span: Span) -> SyntaxFailure:
    """Indentation whose depth depends on the width of a tab."""
    message = "inconsistent use of tabs and spaces in indentation"
    return failure(message, span, "indent with spaces only", exception="TabError")


def bad_dedent(span: Span) -> SyntaxFailure:
    """A line between two levels."""
    message = "unindent does not match any outer indentation level"
    help = "align the line with the block that it belongs to"
    return failure(message, span, help, exception="IndentationError")


# ---------------------------------------------------------------- text that is no token


def bad_text(tokens: Tokens, rest: str, at: int) -> SyntaxFailure:
    """`rest` begins where no token could be read."""
    first = rest[:1]
    if first in ('"', "'"):
        return _open_string(tokens, rest, at)
    if first == "\\":
        if rest.strip("\\\r\n") == "" and rest.count("\\") == 1:
            return failure("unexpected end of text after line continuation", (at, at + 1), incomplete=True)
        message = "unexpected character after line continuation character"
        return failure(message, (at, at + 2), "nothing, not even a blank, may follow the backslash")
    if first in "0123456789.":
        return _bad_number(rest, at)
    return _bad_character(tokens, first, at)


def _open_string(tokens: Tokens, rest: str, at: int) -> SyntaxFailure:
    source = tokens.source
    lines = LineMap(source)
    line = re.match(r"[^\r\n]*", rest)
    end = at + (line.end() if line else 1)
    start = at
    if tokens.ends and tokens.ends[-1] == at and re.fullmatch("[rRfFuU]{1,2}", tokens.texts[-1]):
        start = tokens.starts[-1]
    if rest[:3] in ('"""', "'''"):
        message = f"unterminated triple-quoted string literal (detected at line {lines.position(len(source))[0]})"
        return failure(message, (start, at + 3), "the string goes on to the end of the text", incomplete=True)
    message = f"unterminated string literal (detected at line {lines.position(at)[0]})"
    help = f"close it with {rest[0]}, or write {rest[0] * 3} around a text of several lines"
    if rest[0] == "'" and start == at and tokens.ends and tokens.ends[-1] == at and tokens.kinds[-1] in VALUE_ENDS:
        before = tokens.texts[-1]
        help = f"for the transpose write {before if before.isidentifier() else ''}.T"
    return failure(message, (start, max(end, at + 1)), help, incomplete=rest.endswith("\\"))


def _bad_number(rest: str, at: int) -> SyntaxFailure:
    found = re.match(r"[0-9A-Za-z_.]+", rest)
    word = found.group() if found else rest[:1]
    span = (at, at + len(word))
    bases = {"0x": ("hexadecimal", "[0-9a-fA-F_]*"), "0o": ("octal", "[0-7_]*"), "0b": ("binary", "[01_]*")}
    if word[:2].lower() in bases:
        name, digits = bases[word[:2].lower()]
        good = re.match(digits, word[2:])
        wrong = word[2 + (good.end() if good else 0) :][:1]
        if wrong.isdigit():
            return failure(f"invalid digit '{wrong}' in {name} literal", span)
        return failure(f"invalid {name} literal", span)
    parts = re.fullmatch(r"([0-9.]+)([A-Za-z_][A-Za-z_0-9]*)?.*", word)
    number, name = (parts[1], parts[2] or "") if parts else (word, "")
    if number.count(".") > 1:
        return failure("invalid decimal literal", span, "a number has one decimal point")
    if name in tables.LITERALS:
        return failure("invalid decimal literal", span, f"put a blank between {number} and {name}")
    if name and re.fullmatch("[eE]", name):
        return failure("invalid decimal literal", span, "digits are missing after the exponent's e")
    if name and name[0] != "_" and not word.endswith("_"):
        return failure("invalid decimal literal", span, f"write {number} * {name} for a product")
    return failure("invalid decimal literal", span, "an underscore stands between two digits")


_LOOK_ALIKES = {
    **dict.fromkeys("“”„«»″", '"'),
    **dict.fromkeys("‘’‚′´", "'"),
    **dict.fromkeys("×·∙⋅∗", "*"),
    **dict.fromkeys("−–—‐‑", "-"),
    **dict.fromkeys("÷∕⁄", "/"),
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "²": "**2",
    "³": "**3",
    "π": "pi",
    "∞": "inf",
    "∧": "and",
    "∨": "or",
    "¬": "not ",
    "，": ",",
    "。": ".",
    "、": ",",
    "∈": "in",
    "√": "sqrt(…)",
    "∑": "sum(…)",
    "ᵀ": ".T",
    "′": ".T",
}
_ASCII_HELP = {
    "!": "write 'not', or != for unequal",
    "?": "a choice is written 'b if a else c'; 'help NAME' tells about a name",
    "$": "names are written without $, and comments begin with #",
    "`": "strings stand in ' or \"",
}


def _bad_character(tokens: Tokens, char: str, at: int) -> SyntaxFailure:
    span = (at, at + 1)
    if char == "\0":
        return failure("source code cannot contain null bytes", span, "take the invisible character out")
    code = f"U+{ord(char):04X}"
    if not char.isprintable():
        help = "it is a blank that is not the ordinary one" if char.isspace() else "take the invisible character out"
        return failure(f"invalid non-printable character {code}", span, help)
    if char in _ASCII_HELP:
        return failure("invalid syntax", span, _ASCII_HELP[char])
    message = f"invalid character '{char}' ({code})"
    plain = _LOOK_ALIKES.get(char, "")
    if not plain:
        import unicodedata

        digit = unicodedata.decimal(char, None)
        plain = unicodedata.normalize("NFKC", char) if digit is None else str(digit)
    if plain.isascii() and plain:
        return failure(message, span, f"write {plain}")
    if char.isalpha():
        return failure(message, span, "names are made of the letters a to z, digits and _")
    return failure(message, span)
