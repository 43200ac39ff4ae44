"""Highlighting, by the tokens of the grammar itself: what is coloured as a keyword is one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.lexers import Lexer

from gradcli.lang.syntax import tables
from gradcli.lang.syntax.parse import MAX_BLOCKS, MAX_DEPTH
from gradcli.lang.syntax.tokens import (
    DEDENT,
    END,
    INDENT,
    NAME,
    NEWLINE,
    NUMBER,
    RESERVED,
    SOFT,
    STRING,
    TROUBLE,
    Tokens,
    lex,
)

_STRUCTURE = (NEWLINE, INDENT, DEDENT)
_CONSTANTS = ("None", "True", "False")
_DEFINES = ("def", "param")

Pieces = list[tuple[str, str]]


class GrammarLexer(Lexer):
    """Styles `class:code.*` for the text being typed. is_command: whether a line is a command of the prompt."""

    def __init__(self, is_command: Callable[[str], bool]) -> None:
        self._is_command = is_command

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """The styled pieces of each line."""
        lines = split_lines(pieces(document.text, self._is_command(document.text)))

        def line(number: int) -> StyleAndTextTuples:
            return [*lines[number]] if number < len(lines) else []

        return line

    def invalidation_hash(self) -> Any:
        return id(self)


def split_lines(parts: Pieces) -> list[Pieces]:
    """Pieces cut at line feeds."""
    lines: list[Pieces] = [[]]
    for style, text in parts:
        first, *rest = text.split("\n")
        lines[-1].append((style, first))
        lines += [[(style, line)] for line in rest]
    return lines


def pieces(text: str, command: bool = False) -> Pieces:
    """The text as (style, piece), every character once and in order. command: the first word is a command's."""
    if command:
        word = re.match(r"\s*\S*", text)
        end = word.end() if word else 0
        return [("class:code.command", text[:end]), ("class:code.argument", text[end:])]
    tokens = lex(text, MAX_DEPTH, MAX_BLOCKS)
    found: Pieces = []
    at = plain = 0  # what was looked at; where the text without a style begins that is not entered yet
    for index, kind in enumerate(tokens.kinds):
        if kind in (TROUBLE, END):
            break
        start, end = tokens.starts[index], tokens.ends[index]
        if kind in _STRUCTURE or end <= at:
            continue
        comment = text.find("#", at, start)
        style = _style(tokens, index)
        if comment >= 0 or style:
            found += _between(text[plain:start])
            found.append((style, text[start:end]))
            plain = end
        at = end
    return [*found, *_between(text[plain:at]), *_rest(text[at:])]


def _between(gap: str) -> Pieces:
    """Text without a style, and comments."""
    if "#" not in gap:
        return [("", gap)] if gap else []
    return [
        ("class:code.comment" if piece.startswith("#") else "", piece) for piece in re.findall(r"#[^\n]*|[^#]+", gap)
    ]


def _rest(text: str) -> Pieces:
    """What the lexer could not cut: a comment or blanks at the end, or an open string and all behind it."""
    quote = re.search(r"""(?:[rRfFuU]{0,2})["']""", text)
    if quote is None or "#" in text[: quote.start()]:
        return _between(text)
    return [*_between(text[: quote.start()]), ("class:code.string", text[quote.start() :])]


def _style(tokens: Tokens, index: int) -> str:
    kind, text = tokens.kinds[index], tokens.texts[index]
    if kind == STRING:
        return "class:code.string"
    if kind == NUMBER:
        return "class:code.number"
    if kind == RESERVED:
        return "class:code.wrong"
    if kind in SOFT and _is_verb(tokens, index):
        return "class:code.command"
    if kind == NAME or kind in SOFT:
        if index and tokens.texts[index - 1] in _DEFINES:
            return "class:code.definition"
        called = index + 1 < len(tokens.texts) and tokens.texts[index + 1] == "("
        return "class:code.call" if called else ""
    if text in _CONSTANTS:
        return "class:code.constant"
    return "class:code.keyword" if text.isalpha() else ""


def _is_verb(tokens: Tokens, index: int) -> bool:
    """Whether a soft word is a command here: at the beginning of a statement, as its terminal wants it; or `wrt`."""
    text = tokens.texts[index]
    if text == "wrt":
        return True
    first = not index or tokens.kinds[index - 1] in _STRUCTURE or tokens.texts[index - 1] in (";", ":")
    pattern = tables.SOFT[text][1]
    return first and re.compile(pattern).match(tokens.source + "\n", tokens.starts[index]) is not None
