"""Text that arrives in pieces or with decoration: statements from a pipe, as soon as they are whole; pasted prompts.

A `Reader` looks at each line once and keeps only what it needs to know where statements end: open brackets, an open
triple-quoted string, a continued line, a block. Whether they are right is the parser's business.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# In a line, what matters to where it ends: strings (perhaps open), comments, brackets, a backslash before the line end.
_MARKS = re.compile(
    r'"""(?:[^"\\]|\\[\s\S]|"(?!""))*(?:"""|\Z)'
    r"|'''(?:[^'\\]|\\[\s\S]|'(?!''))*(?:'''|\Z)"
    r'|"(?:[^"\\\r\n]|\\[\s\S])*"?'
    r"|'(?:[^'\\\r\n]|\\[\s\S])*'?"
    r"|#[^\r\n]*|[()\[\]{}]|\\(?=[\r\n])"
)
_OPENS = re.compile(r"(?:async|class|def|for|if|try|while|with)(?![A-Za-z0-9_])|@")
_GOES_ON = re.compile(r"(?:elif|else|except|finally)(?![A-Za-z0-9_])")
_DECORATED = re.compile(r"(?:async|class|def)(?![A-Za-z0-9_])|@")


class Reader:
    """Feed it lines; it returns texts that hold whole statements, every character of the input once and in order.

    A simple statement is ready with its line. A block is ready when a line begins that does not belong to it, or at the
    end: in a pipe nobody types a blank line after it. Blank lines and comments go with what follows, so that lines can
    be counted. Beyond `limit` characters without an end the text is given out as it is, for the parser to refuse.
    """

    __slots__ = ("_block", "_decorated", "_depth", "_limit", "_lines", "_quote", "_size", "_within")

    def __init__(self, limit: int = 1 << 20) -> None:
        self._limit = limit
        self._lines: list[str] = []
        self._clear()

    def _clear(self) -> None:
        self._size = 0
        self._depth = 0
        self._quote = ""
        # The line goes on (bracket, string or backslash); the lines so far are a block; they end in a decorator.
        self._within = self._block = self._decorated = False

    @property
    def pending(self) -> bool:
        """Whether a statement has begun and is not over."""
        return self._within or self._block

    @property
    def within(self) -> bool:
        """Whether the next line goes on with this one: in a bracket, in a string, after a backslash."""
        return self._within

    def feed(self, line: str) -> str:
        """One line with its end; the statements that are ready now, or ""."""
        ready = ""
        if not self._within:
            content = line.strip()
            if not content or content[0] == "#":
                return self._keep(line)
            if self._block and not self._belongs(line):
                ready = self.finish()
            if not self._block:
                self._block = bool(_OPENS.match(line))
            self._decorated = line.startswith("@")
        self._scan(line)
        kept = self._keep(line)
        if kept or self.pending:
            return ready + kept
        return ready + self.finish()

    def finish(self) -> str:
        """What is left, whole or not."""
        text = "".join(self._lines)
        self._lines = []
        self._clear()
        return text

    def _belongs(self, line: str) -> bool:
        """Whether a line, not a continued one, is still part of the block."""
        return line[0] in " \t\f" or bool(_GOES_ON.match(line)) or (self._decorated and bool(_DECORATED.match(line)))

    def _keep(self, line: str) -> str:
        self._lines.append(line)
        self._size += len(line)
        return self.finish() if self._size > self._limit else ""

    def _scan(self, line: str) -> None:
        """Follow strings and brackets through the line."""
        at = 0
        if self._quote:
            closing = re.compile(r"(?:[^\\]|\\[\s\S])*?" + self._quote).match(line)
            if not closing and (len(self._quote) == 3 or line.rstrip("\r\n").endswith("\\")):
                return
            at = closing.end() if closing else len(line)
            self._quote = ""
        continued = False
        while match := _MARKS.search(line, at):
            mark, at = match.group(), match.end()
            if mark in "([{":
                self._depth += 1
            elif mark in ")]}":
                self._depth = max(0, self._depth - 1)
            elif mark[:3] in ('"""', "'''") and not (len(mark) >= 6 and mark.endswith(mark[:3])):
                self._quote = mark[:3]
            elif mark[0] in "\"'" and mark[-1] in "\r\n":
                self._quote = mark[0]
            elif mark == "\\":
                continued = True
        self._within = bool(self._quote) or self._depth > 0 or continued


def split_ready(buffer: str) -> tuple[str, str]:
    """The whole statements at the beginning of `buffer`, and the rest, which may be the beginning of one.

    A last line without its end is part of the rest.
    """
    reader = Reader(limit=len(buffer))
    ready = 0
    for line in _lines(buffer):
        if line[-1] in "\r\n":
            ready += len(reader.feed(line))
    return buffer[:ready], buffer[ready:]


def _lines(text: str) -> Iterator[str]:
    """Lines with their ends, as the lexer has them: LF, CR LF or CR, and no others."""
    return (match.group() for match in re.finditer(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text))


# ---------------------------------------------------------------- pasted prompts

_PYTHON = re.compile(r"[ \t]*>>>(?: |$)")
_PYTHON_MORE = re.compile(r"[ \t]*\.\.\.(?: |$)")
_CELL = re.compile(r"[ \t]*In \[[0-9 ]*\]: ?")
_CELL_MORE = re.compile(r"[ \t]*\.{3,}: ?")
_BANNER = re.compile(r"(?:Python|IPython|gradcli) [0-9]")


class Transcript:
    """Takes the prompts off the lines of a pasted session; lines of output become blank, so that lines can be counted.

    A cell whose prompt stands alone on its line goes on to the first blank line.
    """

    __slots__ = ("_inside",)

    def __init__(self) -> None:
        self._inside = ""  # what a line may be part of: a "prompt" with continuations, an open "cell", or nothing

    @staticmethod
    def begins(line: str) -> bool:
        """Whether a text that begins with this line, not a blank one, is a transcript."""
        bare = _bare(line)
        return bool(_PYTHON.match(bare) or _CELL.match(bare) or _BANNER.match(bare))

    def code(self, line: str) -> str:
        """The code in the next line, with the line's end."""
        bare = _bare(line)
        return self._code(bare) + line[len(bare) :]

    def _code(self, line: str) -> str:
        if match := _PYTHON.match(line) or _CELL.match(line):
            code = line[match.end() :]
            self._inside = "cell" if not code.strip() and "In" in match.group() else "prompt"
            return code
        if self._inside == "prompt" and (match := _PYTHON_MORE.match(line) or _CELL_MORE.match(line)):
            return line[match.end() :]
        if self._inside == "cell" and line.strip():
            return line
        self._inside = ""
        return ""


def strip_prompts(text: str, *, anywhere: bool = False) -> str:
    r"""The code of a pasted session: prompts (`>>> `, `... `, `In [1]: `, `   ...: `) off, output lines blank.

    Text that does not begin with a prompt is returned as it is, unless the prompts may stand `anywhere` (a page with
    prose).

    >>> strip_prompts(">>> x = 1\n>>> x\n1\n")
    'x = 1\nx\n\n'
    """
    if not anywhere and not is_transcript(text):
        return text
    transcript = Transcript()
    return "".join(transcript.code(line) for line in _lines(text))


def is_transcript(text: str) -> bool:
    """Whether the text is what somebody copied from a prompt."""
    return Transcript.begins(next((line for line in _lines(text) if line.strip()), ""))


def _bare(line: str) -> str:
    return line.rstrip("\r\n")
