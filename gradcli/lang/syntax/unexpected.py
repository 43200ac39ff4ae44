"""What is wrong when the parser cannot go on at a token: Python's sentence for it, and what to type instead.

Imported when there is something to complain about. The rules are asked in turn; the first that knows the mistake
answers.
"""

from __future__ import annotations

import re

from gradcli.lang.errors.diagnostics import LineMap, SyntaxFailure
from gradcli.lang.syntax import tables
from gradcli.lang.syntax.complaints import failure
from gradcli.lang.syntax.tokens import (
    AUGMENT,
    DEDENT,
    END,
    INDENT,
    NAME,
    NEWLINE,
    NUMBER,
    RESERVED,
    SOFT,
    STRING,
    TERMINAL,
    VALUE_ENDS,
    Tokens,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Accepts = Callable[[int], bool]

_BLOCK_WORDS = {
    **{
        word: f"'{word}' statement"
        for word in ("if", "elif", "else", "for", "while", "with", "try", "except", "finally")
    },
    "def": "function definition",
}
_VALUE_STARTS = {NAME, NUMBER, STRING, *SOFT, *(tables.LITERALS[text] for text in ("None", "True", "False", "lambda"))}
_OPERATORS = {
    AUGMENT,
    *(number for text, number in tables.LITERALS.items() if not text.isalpha() and text not in ")]}..."),
}

_USAGE = {
    "param": "param NAME = VALUE",
    "backward": "backward OUTPUT [with GRADIENT]",
    "grad": "grad OUTPUT wrt INPUT, …",
    "formula": "formula OUTPUT wrt INPUT, …",
    "explain": "explain EXPRESSION",
    "graph": "graph EXPRESSION",
    "check": "check EXPRESSION",
}

_RESERVED_HELP = {
    "async": "there is nothing to wait for: write it without async",
    "await": "there is nothing to wait for: write it without await",
}


def unexpected(tokens: Tokens, index: int, accepts: Accepts) -> SyntaxFailure:
    """The parser cannot go on at a token; `accepts` tells which kinds it would have taken."""
    found = _Place(tokens, index, accepts)
    for rule in (
        _indentation,
        _unfinished,
        _reserved,
        _unclosed,
        _doubled_operator,
        _reserved_name,
        _loop_header,
        _equals,
        _two_values,
        _colon,
        _branches,
        _command_usage,
        _keyword_as_name,
        _missing_value,
    ):
        complaint = rule(found)
        if complaint:
            return complaint
    wanted = [text for text, number in tables.LITERALS.items() if accepts(number)]
    if len(wanted) == 1 and not accepts(NAME) and not accepts(NEWLINE):
        return failure(f"expected '{wanted[0]}'", found.span)
    return failure("invalid syntax", found.span)


class _Place:
    """A token that does not belong, and what is around it."""

    def __init__(self, tokens: Tokens, index: int, accepts: Accepts) -> None:
        self.tokens = tokens
        self.index = index
        self.accepts = accepts
        self.kind = tokens.kinds[index]
        self.text = tokens.texts[index]
        self.before = tokens.texts[index - 1] if index else ""
        self.before_kind = tokens.kinds[index - 1] if index else NEWLINE
        start, end = tokens.span(index)
        self.span = (start, max(end, start + 1)) if self.kind not in (NEWLINE, DEDENT, END) else (start, start)
        self.at_end = index >= tokens.tail
        self.line_start = index
        while self.line_start and tokens.kinds[self.line_start - 1] not in (NEWLINE, INDENT, DEDENT):
            self.line_start -= 1

    @property
    def touches(self) -> bool:
        """No blank between the token and the one before."""
        return self.index > 0 and self.tokens.ends[self.index - 1] == self.tokens.starts[self.index]

    def open_brackets(self) -> list[int]:
        """The tokens of the brackets that are open here, outermost first."""
        stack: list[int] = []
        for index in range(self.line_start, self.index):
            text = self.tokens.texts[index]
            if text in ("(", "[", "{"):
                stack.append(index)
            elif text in (")", "]", "}") and stack:
                stack.pop()
        return stack


def _indentation(place: _Place) -> SyntaxFailure | None:
    tokens, index = place.tokens, place.index
    if place.kind == INDENT:
        start = tokens.starts[index]
        line = max(tokens.source.rfind("\n", 0, start), tokens.source.rfind("\r", 0, start)) + 1
        help = "this line is indented more than the line before it, which begins no block"
        return failure("unexpected indent", (line, max(start, line + 1)), help, exception="IndentationError")
    if not place.accepts(INDENT):
        return None
    colon = index - 2
    start = colon
    while start and tokens.kinds[start - 1] not in (NEWLINE, INDENT, DEDENT):
        start -= 1
    what = _BLOCK_WORDS.get(tokens.texts[start], "statement")
    line_number = LineMap(tokens.source).position(tokens.starts[start])[0]
    return failure(
        f"expected an indented block after {what} on line {line_number}",
        place.span,
        "indent the block by four spaces, or write 'pass' for an empty one",
        note=(tokens.span(start), ""),
        exception="IndentationError",
        incomplete=place.at_end,
    )


def _unfinished(place: _Place) -> SyntaxFailure | None:
    if place.accepts(TERMINAL["EXCEPT"]) and not place.accepts(NAME):
        return failure("expected 'except' or 'finally' block", place.span, incomplete=place.at_end)
    if place.accepts(TERMINAL["DEF"]) and not place.accepts(NAME):
        help = "a decorator stands on the line above 'def'"
        return failure("expected a function definition after the decorator", place.span, help, incomplete=place.at_end)
    return None


def _reserved(place: _Place) -> SyntaxFailure | None:
    if place.kind != RESERVED:
        return None
    return failure(f"'{place.text}' is not in the language", place.span, _RESERVED_HELP[place.text])


def _unclosed(place: _Place) -> SyntaxFailure | None:
    tokens = place.tokens
    at = tokens.unclosed
    if at is None or at >= place.span[0] or not re.search(r"[\r\n]", tokens.source[at : place.span[0]]):
        return None
    bracket = tokens.source[at]
    return failure(f"'{bracket}' was never closed", (at, at + 1), note=(place.span, "this does not go on with it"))


_PAIRS = {
    "&&": "write 'and'",
    "||": "write 'or'",
    "<>": "write !=",
    "=>": "write >=",
    "=<": "write <=",
    ":=": "':=' is not in the language: assign on a line of its own",
    "===": "write ==",
    "!==": "write !=",
    "**=": "",
}


def _doubled_operator(place: _Place) -> SyntaxFailure | None:
    if place.touches and place.before + place.text in _PAIRS:
        start = place.tokens.starts[place.index - 1]
        return failure("invalid syntax", (start, place.span[1]), _PAIRS[place.before + place.text])
    texts = place.tokens.texts
    if place.text == ":" and texts[place.index + 1] == "=":
        return failure("invalid syntax", (place.span[0], place.span[1] + 1), _PAIRS[":="])
    if place.kind == NEWLINE and place.index > 2 and texts[place.index - 2] == place.before in ("+", "-"):
        name, sign = texts[place.index - 3], place.before
        span = (place.tokens.starts[place.index - 2], place.tokens.ends[place.index - 1])
        return failure("invalid syntax", span, f"write {name if name.isidentifier() else 'x'} {sign}= 1")
    return None


def _reserved_name(place: _Place) -> SyntaxFailure | None:
    word = place.before
    if word in tables.LITERALS and word.isalpha() and place.text in ("=", ".", ","):
        return failure("invalid syntax", place.span, f"'{word}' is a reserved word and cannot be a name")
    if place.text in _BLOCK_WORDS and word == ":" and place.line_start < place.index:
        return failure("invalid syntax", place.span, f"'{place.text}' begins a line of its own")
    return None


def _loop_header(place: _Place) -> SyntaxFailure | None:
    if place.tokens.texts[place.line_start] != "for" or not place.accepts(TERMINAL["IN"]):
        return None
    if place.accepts(TERMINAL["COLON"]) or place.open_brackets():
        return None
    return failure("invalid syntax", place.span, "write: for NAME in VALUES:")


def _equals(place: _Place) -> SyntaxFailure | None:
    if place.text != "=":
        return None
    brackets = place.open_brackets()
    texts = place.tokens.texts
    if brackets and texts[brackets[-1]] == "(" and place.tokens.kinds[brackets[-1] - 1] in VALUE_ENDS and brackets[-1]:
        return failure('expression cannot contain assignment, perhaps you meant "=="?', place.span)
    return failure(
        "invalid syntax. Maybe you meant '==' instead of '='?", place.span, "= gives a name to a value, == compares"
    )


def _two_values(place: _Place) -> SyntaxFailure | None:
    tokens, index = place.tokens, place.index
    if place.before_kind not in VALUE_ENDS or place.kind not in _VALUE_STARTS or not index:
        return None
    start = tokens.starts[index - 1]
    both = (start, place.span[1])
    if place.before in ("print", "exec") and place.line_start <= index - 1:
        return failure(f"Missing parentheses in call to '{place.before}'. Did you mean {place.before}(...)?", both)
    if place.before in ("help", "vars") and index - 1 == place.line_start:
        return failure("invalid syntax", place.span, "usage: help [TOPIC]" if place.before == "help" else "usage: vars")
    if place.before == "match" and index - 1 == place.line_start:
        return failure("`match` is not in the language", both, "write `if`, `elif` and `isinstance`")
    if place.kind == STRING and place.touches and "b" in place.before.lower() and len(place.before) <= 2:
        return failure("bytes literals are not in the language", both, f"leave out the {place.before}")
    usage = _command_usage(place)
    if usage:
        return usage
    if tokens.kinds[index] in SOFT and place.text == "wrt":
        return failure("invalid syntax", place.span, "'wrt' belongs to a command: grad OUTPUT wrt INPUT, …")
    if place.open_brackets():
        return failure("invalid syntax. Perhaps you forgot a comma?", both)
    left, right = tokens.texts[index - 1], tokens.texts[index]
    if max(len(left), len(right)) > 20 or not (left + right).isprintable():
        return failure("invalid syntax", place.span, "an operator is missing before this")
    return failure("invalid syntax", place.span, f"an operator is missing between {left} and {right}")


def _colon(place: _Place) -> SyntaxFailure | None:
    first = place.tokens.texts[place.line_start]
    if first not in _BLOCK_WORDS or not place.accepts(TERMINAL["COLON"]) or place.open_brackets():
        return None
    if place.before == "else" and place.text == "if":
        return failure("expected ':'", place.span, "write 'elif'")
    if place.text == "{":
        return failure("expected ':'", place.span, "a block begins with ':' and is indented; there are no braces")
    if first == "except" and place.text == ",":
        return failure("multiple exception types must be parenthesized", place.span)
    return failure("expected ':'", place.span)


def _branches(place: _Place) -> SyntaxFailure | None:
    openers = {
        "else": "'if', 'for', 'while' or 'try'",
        "elif": "'if'",
        "except": "'try'",
        "finally": "'try'",
    }
    if place.text in openers and place.index == place.line_start:
        help = f"'{place.text}' has no {openers[place.text]} before it at this indentation"
        return failure("invalid syntax", place.span, help)
    if place.accepts(TERMINAL["ELSE"]) and not place.accepts(NEWLINE) and place.kind in (NEWLINE, *_VALUE_STARTS):
        return failure("expected 'else' after 'if' expression", place.span)
    if place.text == "." and place.before == "from":
        return failure(
            "invalid syntax", place.span, "modules are named in full: there are no packages to be relative to"
        )
    return None


def _command_usage(place: _Place) -> SyntaxFailure | None:
    tokens = place.tokens
    first = place.index - 1
    while first > place.line_start and tokens.texts[first - 1] not in (";", ":"):
        first -= 1
    if first < 0 or tokens.kinds[first] not in SOFT or tokens.texts[first] not in _USAGE:
        return None
    verb = tokens.texts[first]
    if re.compile(SOFT[tokens.kinds[first]][1]).match(tokens.source, tokens.starts[first]):
        return failure(
            "invalid syntax", place.span, f"usage: {_USAGE[verb]}", note=(tokens.span(first), "this command")
        )
    if place.text == "wrt":
        help = f"put the expression after '{verb}' in parentheses: {verb} (…) wrt …"
        return failure("invalid syntax", place.span, help)
    return None


def _keyword_as_name(place: _Place) -> SyntaxFailure | None:
    if place.text.isalpha() and place.text in tables.LITERALS and place.accepts(NAME):
        help = f"'{place.text}' is a reserved word: it cannot be a name, and nothing with a value begins with it"
        return failure("invalid syntax", place.span, help)
    return None


def _missing_value(place: _Place) -> SyntaxFailure | None:
    closes = place.kind == NEWLINE or place.text in (")", "]", "}", ",", ";", ":")
    if not closes or not (place.accepts(NUMBER) or place.accepts(NAME)):
        return None
    if place.before_kind in _OPERATORS or place.before in tables.LITERALS:
        what = "an expression" if place.accepts(NUMBER) else "a name"
        return failure("invalid syntax", place.span, f"{what} is missing after '{place.before}'")
    return None
