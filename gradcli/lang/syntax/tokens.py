"""Text -> tokens: the terminals of the grammar, with blocks told by indentation.

One regular expression made of the terminals' patterns cuts the whole text in C (`findall`); the loop over the pieces
then drops blanks and comments, pairs brackets and turns indentation into tokens. What cannot be a token becomes one of
the kind `TROUBLE`, with everything behind it, so that the parser complains in the order of the text, and no input is
looked at twice.
"""

from __future__ import annotations

import re
from itertools import accumulate

from gradcli.lang.errors.diagnostics import SyntaxFailure
from gradcli.lang.syntax import tables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

Span = tuple[int, int]

TERMINAL = {name: number for number, name in enumerate(tables.TERMINALS)}
END, NAME, NUMBER, STRING = TERMINAL["$END"], TERMINAL["NAME"], TERMINAL["NUMBER"], TERMINAL["STRING"]
AUGMENT, NEWLINE, INDENT, DEDENT = (TERMINAL[name] for name in ("AUGMENT", "_NEWLINE", "_INDENT", "_DEDENT"))

# Kinds that are no terminals: the parser's tables do not have them, so it asks what they are.
TROUBLE = 250
RESERVED = 251
FIRST_SOFT = 252
SOFT = {FIRST_SOFT + number: found for number, found in enumerate(tables.SOFT.values())}

# Tokens with which a value may end.
VALUE_ENDS = {NAME, NUMBER, STRING, *SOFT}
VALUE_ENDS.update(tables.LITERALS[text] for text in (")", "]", "}", "None", "True", "False", "..."))

# What a piece of text is, where that takes more than appending it.
_SKIP, _LINE_END, _BRACKET = -1, -2, -3
_CLOSERS = {"(": ")", "[": "]", "{": "}"}

# `findall` tries these in order. The last takes all the rest: after it nothing is scanned again.
_ORDER = ("BLANK", "STRING", "NAME", "literals", "NUMBER", "_NEWLINE", "COMMENT", "CONTINUATION")


def _pattern() -> str:
    symbols = sorted((text for text in tables.LITERALS if not text.isalpha()), key=len, reverse=True)
    symbols.remove(".")  # after NUMBER, for the sake of `.5`
    literals = "|".join([tables.PATTERNS["AUGMENT"], *map(re.escape, symbols)])
    parts = [literals if name == "literals" else tables.PATTERNS[name] for name in _ORDER]
    return "|".join([*parts, r"\.", r"[\s\S]+"])


_cut: Callable[[str], list[str]] = re.compile(_pattern()).findall


class _Kinds(dict[str, int]):
    """Piece of text -> kind. Grows by the names, numbers and strings of one program, which often come again."""

    def __missing__(self, piece: str) -> int:
        first = piece[0]
        if first.isalpha() or first == "_":
            kind = STRING if piece[-1] in "\"'" else NAME
        elif first in "\"'":
            kind = STRING
        elif first in "0123456789.":
            kind = NUMBER
        elif first in "\r\n":
            kind = _LINE_END
        else:
            kind = _SKIP if first in " \t\f#\\" else AUGMENT
        self[piece] = kind
        return kind


_FIXED = _Kinds(tables.LITERALS)
_FIXED.update(dict.fromkeys("()[]{}", _BRACKET))
_FIXED.update(dict.fromkeys(tables.RESERVED, RESERVED))
_FIXED.update({text: FIRST_SOFT + number for number, text in enumerate(tables.SOFT)})


class Tokens:
    """The tokens of a text, as parallel lists. `kinds` are terminal numbers or the kinds above; the last is `END`.

    `tail` is the number of the first token after the last line: an error from there on means that text is missing.
    `longest` is the number of tokens of the longest line. `unclosed` is the offset of a bracket that nothing closes.
    """

    __slots__ = ("base", "ends", "kinds", "longest", "source", "starts", "tail", "texts", "trouble", "unclosed")

    def __init__(self, source: str, base: int = 0) -> None:
        self.source = source
        self.base = base
        self.kinds: list[int] = []
        self.texts: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.tail = 0
        self.longest = 0
        self.unclosed: int | None = None
        self.trouble: SyntaxFailure | None = None

    def span(self, index: int) -> Span:
        """Where a token stands."""
        return self.starts[index], self.ends[index]

    def add(self, kind: int, text: str, start: int, end: int) -> None:
        """One token more."""
        self.kinds.append(kind)
        self.texts.append(text)
        self.starts.append(start)
        self.ends.append(end)


def lex(source: str, max_depth: int, max_blocks: int, start: int = 0, end: int | None = None) -> Tokens:
    """The tokens of `source[start:end]`; of a part (of an f-string) as if it stood in brackets. Never raises."""
    tokens = Tokens(source, start)
    text = (source if end is None else source[start:end]) + "\n"
    if text.startswith("\ufeff"):
        text = " " + text[1:]
    try:
        _read(tokens, text, start, max_depth, max_blocks, bracketed=end is not None)
    except SyntaxFailure as failure:
        tokens.trouble = failure
        at = failure.diagnostic.labels[0].span[0]
        tokens.add(TROUBLE, "", at, at)
    return tokens


def _read(tokens: Tokens, text: str, base: int, max_depth: int, max_blocks: int, *, bracketed: bool) -> None:
    pieces = _cut(text)
    rest = "" if pieces[-1][0] in "\r\n" else pieces.pop()
    kinds = _Kinds(_FIXED)
    add = tokens.add
    kind_list, texts, starts, ends = tokens.kinds, tokens.texts, tokens.starts, tokens.ends
    brackets: list[tuple[str, int]] = [("f", base)] if bracketed else []
    floor = len(brackets)
    indents = Indents(tokens, max_blocks)
    if not bracketed and pieces and kinds[pieces[0]] == _SKIP:
        indents.check_first_line(pieces, base)
    line_began = 0
    at = base
    for piece, at in zip(pieces, accumulate(map(len, pieces), initial=base), strict=False):
        kind = kinds[piece]
        if kind >= 0:
            kind_list.append(kind)
            texts.append(piece)
            starts.append(at)
            ends.append(at + len(piece))
        elif kind == _BRACKET:
            add(tables.LITERALS[piece], piece, at, at + len(piece))
            if piece in _CLOSERS:
                brackets.append((piece, at))
                if len(brackets) > max_depth + floor:
                    raise _complaints().too_deep((at, at + 1), max_depth)
            elif len(brackets) > floor and _CLOSERS[brackets[-1][0]] == piece:
                brackets.pop()
            else:
                for values in (kind_list, texts, starts, ends):
                    values.pop()
                raise _complaints().bad_closer(piece, at, brackets[-1] if len(brackets) > floor else None)
        elif kind == _LINE_END and not brackets:
            tokens.longest = max(tokens.longest, len(kind_list) - line_began)
            tokens.tail = len(kind_list) + 1
            add(NEWLINE, "", at, ends[-1] if ends else at)
            indents.line(piece, at + len(piece))
            line_began = len(kind_list)
    if len(brackets) > floor:
        tokens.unclosed = brackets[-1][1]
    if rest:
        at = base + len(text) - len(rest)
        raise _complaints().bad_text(tokens, rest.removesuffix("\n"), at)
    if len(brackets) > floor:
        tokens.tail = len(kind_list)
        raise _complaints().never_closed(*brackets[-1])
    tokens.longest = max(tokens.longest, len(kind_list) - line_began)
    at = base + len(text) - 1
    if bracketed:
        tokens.tail = len(kind_list)
        add(NEWLINE, "", at, at)
    indents.finish(at)
    add(END, "", at, at)


class Indents:
    """Turns the blanks before a line into tokens. Width is measured twice, with tabs of 8 and of 1, as Python does."""

    __slots__ = ("limit", "stack", "tokens")

    def __init__(self, tokens: Tokens, limit: int) -> None:
        self.tokens = tokens
        self.limit = limit
        self.stack: list[tuple[int, int]] = [(0, 0)]

    def check_first_line(self, pieces: list[str], base: int) -> None:
        """Nothing comes before the first line, so it may not be indented."""
        first = pieces[0]
        if first[0] in " \t\f" and len(pieces) > 1 and pieces[1][0] not in "\r\n#" and base == 0 and first.strip("\f"):
            if self.tokens.source.startswith("\ufeff") and first == " ":
                return
            at = len(first)
            self.tokens.add(INDENT, "", at, at)

    def line(self, piece: str, end: int) -> None:
        """`piece` is the line end, with the indentation of the next line last."""
        blank = piece[max(piece.rfind("\n"), piece.rfind("\r")) + 1 :].replace("\f", "")
        if "\t" in blank:
            width = (len(blank.expandtabs(8)), len(blank))
        else:
            width = (len(blank), len(blank))
        top = self.stack[-1]
        if width == top:
            return
        if (width[0] - top[0]) * (width[1] - top[1]) <= 0:
            raise _complaints().mixed_tabs((end - len(blank), end))
        if width > top:
            self.stack.append(width)
            self.tokens.add(INDENT, "", end, end)
            if len(self.stack) > self.limit + 1:
                raise _complaints().too_many_blocks((end - len(blank), end), self.limit)
            return
        while width[0] < self.stack[-1][0]:
            self.stack.pop()
            last = self.tokens.ends[-1]
            self.tokens.add(DEDENT, "", end, last)
        if width != self.stack[-1]:
            if width[0] == self.stack[-1][0]:
                raise _complaints().mixed_tabs((end - len(blank), end))
            raise _complaints().bad_dedent((end - len(blank), end))

    def finish(self, at: int) -> None:
        """The end of the text closes every block."""
        for _ in self.stack[1:]:
            self.tokens.add(DEDENT, "", at, self.tokens.ends[-1])


def _complaints() -> ModuleType:
    """The module of messages: imported when there is something to complain about."""
    from gradcli.lang.syntax import complaints

    return complaints
