"""What the keys need to know about text: where a line is indented, and what a paste comes down to. Pure functions."""

from __future__ import annotations

from gradcli.lang.syntax.parse import MAX_BLOCKS, MAX_DEPTH
from gradcli.lang.syntax.reading import strip_prompts
from gradcli.lang.syntax.tokens import DEDENT, END, INDENT, NEWLINE, lex

STEP = 4
_LEAVES_BLOCK = ("return", "pass", "break", "continue", "raise")


def indentation(line: str) -> str:
    """The blanks that a line begins with."""
    return line[: len(line) - len(line.lstrip(" \t"))]


def next_indentation(before: str) -> str:
    """How the line after `before` (the text up to the cursor) is to be indented.

    As the last line; a step more after a colon or an open bracket, a step less after what ends a block. Nothing inside
    an open triple-quoted string.
    """
    line = before[before.rfind("\n") + 1 :]
    blanks = indentation(line).expandtabs(8)
    tokens = lex(before, MAX_DEPTH, MAX_BLOCKS)
    if tokens.trouble is not None and tokens.unclosed is None:
        return ""
    begin = len(before) - len(line)
    words = [
        text
        for text, start, kind in zip(tokens.texts, tokens.starts, tokens.kinds, strict=True)
        if start >= begin and text and kind not in (NEWLINE, INDENT, DEDENT, END)
    ]
    if not words:
        return blanks
    if words[-1] in ("(", "[", "{") or (words[-1] == ":" and tokens.unclosed is None):
        return blanks + " " * STEP
    if words[0] in _LEAVES_BLOCK and tokens.unclosed is None:
        return blanks[:-STEP]
    return blanks


def unindent_by(before: str) -> int:
    """How many blanks before the cursor Backspace takes: up to the last stop in indentation, else one."""
    line = before[before.rfind("\n") + 1 :]
    if not line or line.strip(" "):
        return 1
    return (len(line) - 1) % STEP + 1


def cleaned_paste(text: str) -> str:
    r"""What a paste stands for: line feeds, `>>> ` and `In [1]: ` off, common indentation off, no blank lines around.

    >>> cleaned_paste(">>> x = 1\r\n>>> x\r\n1\r\n")
    'x = 1\nx'
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\n" not in plain.strip("\n"):
        return strip_prompts(plain).rstrip("\n") if plain.strip() else plain
    stripped = strip_prompts(plain)
    lines = stripped.split("\n")
    if stripped != plain:
        pairs = zip(lines, plain.split("\n"), strict=True)
        lines = [line for line, pasted in pairs if line.strip() or pasted.lstrip().startswith("...")]  # no output lines
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    first = indentation(lines[0]) if lines else ""
    if first and all(line.startswith(first) or not line.strip() for line in lines):
        lines = [line[len(first) :] for line in lines]
    return "\n".join(lines)
