"""A terminal for tests: a real pty on one side, a screen that can be read on the other.

Keys go in as bytes, what the program draws is kept by pyte, and the terminal answers what programs ask of it (where the
cursor is). Waiting is for a condition on the screen, never for time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pexpect
import pyte

from tests.cli.running import COMMAND, ROOT

ENTER, TAB, ESCAPE, UP, DOWN, BACKSPACE = "\r", "\t", "\x1b", "\x1b[A", "\x1b[B", "\x7f"
PATIENCE = 20.0
UNWANTED = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")


class Screen:
    """gradcli in a terminal of `columns` by `rows`. environ: beside what every test has. command: another program."""

    def __init__(
        self,
        home: Path,
        *arguments: str,
        rows: int = 24,
        columns: int = 80,
        environ: dict[str, str] | None = None,
        command: list[str] | None = None,
    ) -> None:
        command = command or [*COMMAND, *arguments]
        kept = {name: value for name, value in os.environ.items() if name not in UNWANTED}
        self.child = pexpect.spawn(
            command[0],
            command[1:],
            cwd=home,
            dimensions=(rows, columns),
            env={  # type: ignore[arg-type]
                **kept,
                "PYTHONPATH": str(ROOT),
                "TERM": "xterm-256color",
                "LC_ALL": "C.UTF-8",
                "HOME": str(home),
                "XDG_STATE_HOME": str(home / "state"),
                "XDG_CONFIG_HOME": str(home / "config"),
                **(environ or {}),
            },
        )
        self.child.delaybeforesend = None
        self.raw = b""
        self.screen = pyte.Screen(columns, rows)
        self.screen.write_process_input = self._answer
        self._stream = pyte.ByteStream(self.screen)

    def _answer(self, data: str) -> None:
        self.child.send(data)

    def send(self, *keys: str) -> None:
        """Press keys."""
        for key in keys:
            self.child.send(key)

    def pump(self, seconds: float = 0.02) -> bool:
        """Take in what was drawn; False at the end."""
        try:
            data = self.child.read_nonblocking(1 << 16, timeout=seconds)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.raw += data
        self._stream.feed(data)
        return True

    @property
    def lines(self) -> list[str]:
        """What is on the screen, without blanks at the ends of lines and empty lines at the end."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip().split("\n")

    @property
    def text(self) -> str:
        """The same as text."""
        return "\n".join(self.lines)

    def wait(self, condition: Callable[[], Any], what: str = "") -> None:
        """Until the condition holds."""
        limit = time.monotonic() + PATIENCE
        while not condition():
            alive = self.pump()
            if not condition() and (not alive or time.monotonic() > limit):
                raise AssertionError(f"{what or 'it'} did not come; the screen is\n{self.text}")

    def see(self, *texts: str) -> None:
        """Wait until all the texts are on the screen."""
        for text in texts:
            self.wait(lambda text=text: text in self.text, repr(text))  # type: ignore[misc]

    def gone(self, text: str) -> None:
        """Wait until a text is not on the screen."""
        self.wait(lambda: text not in self.text, f"an end of {text!r}")

    def settle(self) -> None:
        """Until nothing has been drawn for a while, or too much."""
        quiet, limit = 0, time.monotonic() + 3
        while quiet < 8 and time.monotonic() < limit:
            before = len(self.raw)
            if not self.pump(0.03):
                return
            quiet = quiet + 1 if len(self.raw) == before else 0

    def at_prompt(self) -> bool:
        """Whether an empty prompt waits at the cursor."""
        line = self.screen.display[self.screen.cursor.y]
        return line[: self.screen.cursor.x] == ">>> " and not line[4:].strip()

    def ready(self) -> None:
        """Wait for an empty prompt."""
        self.wait(self.at_prompt, "a prompt")

    def enter(self, text: str) -> None:
        """Type a line, run it, wait for the next prompt."""
        row = self.screen.cursor.y
        self.send(text)
        self.wait(lambda: text[-10:] in self.text and not (text and self.at_prompt()), text)
        self.send(ENTER)
        # After a line with text an empty prompt is a new one, in the same row too: a menu may have scrolled.
        below = lambda: text or self.screen.cursor.y != row or row + 1 == self.screen.lines  # noqa: E731
        self.wait(lambda: self.at_prompt() and below(), "a prompt")

    def line(self, text: str) -> None:
        """Type a line that is not the last of its entry: wait for the next."""
        row = self.screen.cursor.y
        self.send(text)
        self.settle()
        self.send(ENTER)
        self.wait(lambda: self.screen.cursor.y > row and self.current.startswith("..."), "a line more")
        self.settle()

    @property
    def current(self) -> str:
        """The line in which the cursor stands."""
        return str(self.screen.display[self.screen.cursor.y]).rstrip()

    def end(self) -> int:
        """Wait until it is over; the exit status, that of the signal counted from 128."""
        limit = time.monotonic() + PATIENCE
        while self.pump():
            if time.monotonic() > limit:
                raise AssertionError(f"it did not end; the screen is\n{self.text}")
        self.child.close()
        return self.child.exitstatus if self.child.exitstatus is not None else 128 + (self.child.signalstatus or 0)
