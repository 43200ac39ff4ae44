"""A plain prompt: it continues what is incomplete, and goes on after errors."""

from __future__ import annotations

import os
import sys
from time import monotonic
from typing import TYPE_CHECKING, Any

from gradcli.cli import EXIT_OK
from gradcli.cli.commands import Context, find
from gradcli.cli.settings import settings_of
from gradcli.lang.syntax.parse import is_incomplete
from gradcli.lang.syntax.reading import Transcript

if TYPE_CHECKING:
    from gradcli.cli.commands.log import Log
    from gradcli.cli.output import Output
    from gradcli.session import Session

FIRST, NEXT = ">>> ", "... "


def prompt(options: Any, session: Session, output: Output, log: Log) -> int:
    """Read and run until the end of input or `quit`. log: of what the session has run already."""
    output.names = True
    settings, complaints = settings_of(options, os.environ)
    for complaint in complaints:
        sys.stderr.write(f"warning: {complaint}\n")
    context = Context(session, output, settings, log=log)
    typed = _Lines()
    while not context.stop:
        try:
            text = _read(typed, session)
        except KeyboardInterrupt:
            sys.stdout.write("\n")
            continue
        if text is None:
            sys.stdout.write("\n")
            break
        try:
            context.execute(text)
        except KeyboardInterrupt:
            sys.stderr.write("\ninterrupted\n")
    return output.exited or EXIT_OK


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


def _read(typed: _Lines, session: Session) -> str | None:
    """One statement or command, or None at the end of input. An empty line ends a block."""
    lines: list[str] = []
    while True:
        try:
            lines.append(typed.next(NEXT if lines else FIRST))
        except EOFError:
            return "\n".join(lines) or None
        text = "\n".join(lines)
        if find(text, session) or not is_incomplete(text):
            return text + "\n"
