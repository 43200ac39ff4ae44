"""A plain prompt: it continues what is incomplete, and goes on after errors."""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING

from gradcli.cli import EXIT_OK
from gradcli.cli.inputs import Chunk
from gradcli.lang.parse import is_incomplete
from gradcli.lang.reading import Transcript

if TYPE_CHECKING:
    from gradcli.cli.output import Output
    from gradcli.session import Session

FIRST, NEXT = ">>> ", "... "


def prompt(session: Session, output: Output) -> int:
    """Read and run until the end of input or `quit`."""
    output.names = True
    number = 1
    typed = _Lines()
    while True:
        try:
            text = _read(typed)
        except KeyboardInterrupt:
            sys.stdout.write("\n")
            continue
        if text is None:
            sys.stdout.write("\n")
            return EXIT_OK
        if text.strip() in ("quit", "exit", "quit()", "exit()"):
            return EXIT_OK
        chunk = Chunk(text, None, number, "all")
        output.begin(chunk)
        try:
            session.run(text, output, echo="all")
        except KeyboardInterrupt:
            sys.stderr.write("\ninterrupted\n")
        number += text.count("\n")


class _Lines:
    """Lines from the keyboard, or pasted: those of a transcript lose their prompts, its output is passed over.

    What is pasted comes faster than anybody types.
    """

    AT_ONCE = 0.03  # seconds

    def __init__(self) -> None:
        self._transcript: Transcript | None = None

    def next(self, prompt: str) -> str:
        """The next line. Raises EOFError."""
        asked = monotonic()
        line = input(prompt)
        if Transcript.begins(line):
            self._transcript = self._transcript or Transcript()
        elif monotonic() - asked > self.AT_ONCE:
            self._transcript = None
        return line if self._transcript is None else self._transcript.code(line)


def _read(typed: _Lines) -> str | None:
    """One statement, or None at the end of input. An empty line ends a block."""
    lines: list[str] = []
    while True:
        try:
            lines.append(typed.next(NEXT if lines else FIRST))
        except EOFError:
            return "\n".join(lines) or None
        text = "\n".join(lines)
        if not is_incomplete(text):
            return text + "\n"
