"""A plain prompt: it continues what is incomplete, and goes on after errors."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gradcli.cli import EXIT_OK
from gradcli.cli.inputs import Chunk
from gradcli.lang.parse import is_incomplete

if TYPE_CHECKING:
    from gradcli.cli.output import Output
    from gradcli.session import Session

FIRST, NEXT = ">>> ", "... "


def prompt(session: Session, output: Output) -> int:
    """Read and run until the end of input or `quit`."""
    output.names = True
    number = 1
    while True:
        try:
            text = _read()
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


def _read() -> str | None:
    """One statement, or None at the end of input. An empty line ends a block."""
    lines: list[str] = []
    while True:
        try:
            lines.append(input(NEXT if lines else FIRST))
        except EOFError:
            return "\n".join(lines) or None
        text = "\n".join(lines)
        if not is_incomplete(text):
            return text + "\n"
