"""What a command works with, and the one place where a prompt runs what was typed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gradcli.cli.commands.log import Log
from gradcli.cli.commands.undo import RESULT, Undo
from gradcli.cli.inputs import Chunk
from gradcli.cli.screen import drawable
from gradcli.show.options import PRINT_OPTIONS
from gradcli.show.plain import printed_text

if TYPE_CHECKING:
    from gradcli.cli.commands.tutorial import Tutorial
    from gradcli.cli.output import Output
    from gradcli.cli.settings import Settings
    from gradcli.session import Session

Editor = Callable[[str], str | None]


class Context:
    """The session at a prompt, with what happened in it.

    edit: lets the user edit a text in $EDITOR, and returns it (None: nothing is to be run); None where there is no
    editing. log: of what the session has run already. stop: the prompt is to end. seconds: how long the last
    program took. last: the value that was shown last. tutorial: the one that is under way.
    """

    __slots__ = (
        "edit",
        "last",
        "log",
        "output",
        "seconds",
        "session",
        "settings",
        "stop",
        "tutorial",
        "undo",
    )

    def __init__(
        self,
        session: Session,
        output: Output,
        settings: Settings,
        edit: Editor | None = None,
        log: Log | None = None,
    ) -> None:
        self.session = session
        self.output = output
        self.settings = settings
        self.edit = edit
        self.log = log or Log()
        self.undo = Undo()
        self.stop = False
        self.seconds: float | None = None
        self.last: Any = None
        self.tutorial: Tutorial | None = None

    def write(self, text: str) -> None:
        """Say something that is no result of the program."""
        sys.stdout.write(printed_text(drawable(text.rstrip("\n"))) + "\n")

    def complain(self, message: str) -> None:
        """Say that something cannot be done."""
        self.output.problem(message)

    def execute(self, text: str) -> None:
        """Carry out what was typed, a command or a program. Raises KeyboardInterrupt."""
        from gradcli.cli.commands.table import find

        found = find(text, self.session)
        if found is None:
            self.submit(text)
        else:
            command, argument = found
            command.run(self, argument)

    def submit(
        self, text: str, *, name: str | None = None, echo: str | None = None, entered: str | None = None
    ) -> bool:
        """Run a text, and enter it in the log as far as it took effect; True if all of it did.

        name: of the file that it is from. entered: what was typed, if not the text. Raises KeyboardInterrupt: a text of
        which nothing had taken effect is then as if it had not begun; else that holds of the statement's variables.
        """
        echo = echo or self.settings.echo
        self.output.begin(Chunk(text, name, 1, echo))
        self.undo.begin(entered or text, self.session.variables, self.log.entries, self.settings.undo_memory)
        printing = PRINT_OPTIONS.copy()
        results: list[tuple[int, int]] = []

        def take(event: Any) -> None:
            if type(event).__name__ == "Shown":
                self._remember(event, results)
            self.output(event)

        ok = False
        begin = time.perf_counter()
        try:
            ok = self.session.run(text, take, name=name or "<input>", echo=echo)
            self.stop = self.stop or self.output.exited is not None
        except KeyboardInterrupt:
            if not self.session.done:
                self.undo.cancel()
            raise
        finally:
            self.seconds = time.perf_counter() - begin
            if done := len(text) if ok else self.session.done:
                self.log.add(text[:done], results)
                if printing != PRINT_OPTIONS:
                    self.undo.printing_changed(printing)
        if not done:
            self._hint(text)
        if self.tutorial is not None:
            self.tutorial.after(self)
        return ok

    def _remember(self, event: Any, results: list[tuple[int, int]]) -> None:
        self.last = event.value
        if event.name is None and event.value is not None:
            self.session.variables[RESULT] = event.value
            results.append(event.span)

    def _hint(self, text: str) -> None:
        """After a line that failed: was it meant to be a command?"""
        from gradcli.cli.commands.table import meant

        command = meant(text, self.session)
        if command is not None:
            self.write(f"  = help: there is a command `{command.usage}`: {command.summary}")

    def replay(self, text: str) -> bool:
        """Run a program as if it was typed, statement by statement, up to one that fails."""
        from gradcli.lang.syntax.parse import parse

        for node in parse(text).body:
            start, end = node.span
            end += text[end : end + 1] == ";"  # which silences it
            statement = text[start:end].rstrip("\n")
            self.write(">>> " + statement.replace("\n", "\n... "))
            if not self.submit(statement):
                return False
        return True
