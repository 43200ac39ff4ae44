"""What a command works with, and the one place where a prompt runs what was typed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gradcli.cli.inputs import Chunk

if TYPE_CHECKING:
    from gradcli.cli.output import Output
    from gradcli.cli.settings import Settings
    from gradcli.session import Session

Editor = Callable[[str], str | None]


class Entry:
    """A text that ran: as much of it as took effect."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class Context:
    """The session at a prompt, with what happened in it.

    edit: lets the user edit a text in $EDITOR, and returns it (None: nothing is to be run); absent where there is no
    editing. stop: the prompt is to end. seconds: how long the last entry took. last: the value that was shown last.
    """

    __slots__ = ("edit", "last", "log", "output", "seconds", "session", "settings", "stop")

    def __init__(self, session: Session, output: Output, settings: Settings, edit: Editor | None = None) -> None:
        self.session = session
        self.output = output
        self.settings = settings
        self.edit = edit
        self.log: list[Entry] = []
        self.stop = False
        self.seconds = 0.0
        self.last: Any = None

    def write(self, text: str) -> None:
        """Say something that is no result of the program."""
        from gradcli.show.plain import printed_text

        sys.stdout.write(printed_text(text.rstrip("\n")) + "\n")

    def submit(self, text: str, *, name: str | None = None, echo: str | None = None) -> bool:
        """Run a text, and enter it in the log as far as it took effect; True if all of it did.

        name: of the file that it is from. Raises KeyboardInterrupt; what was running then has not taken effect.
        """
        self.output.begin(Chunk(text, name, 1, echo or self.settings.echo))
        begin = time.perf_counter()
        ok = False
        try:
            ok = self.session.run(text, self._take, name=name or "<input>", echo=echo or self.settings.echo)
        finally:
            self.seconds = time.perf_counter() - begin
            if ok:
                self.log.append(Entry(text))
        return ok

    def _take(self, event: Any) -> None:
        if type(event).__name__ == "Shown":
            self.last = event.value
            if event.name is None and event.value is not None:
                self.session.variables["_"] = event.value
        self.output(event)
