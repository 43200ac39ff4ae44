"""Where results go: values and what was printed to stdout, messages to stderr, as text or as JSON."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any

from gradcli.lang.errors.diagnostics import Diagnostic, LineMap
from gradcli.show import plain

if TYPE_CHECKING:
    from gradcli.cli.inputs import Chunk


def wants_colour(choice: str, stream: IO[str]) -> bool:
    """Flag before environment before what the stream is (no-color.org, force-color.org)."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


class Output:
    """Takes the events of a run. `failed` once there was an error; `last` is the value that was shown last; `exited`
    the status with which the program has ended itself.

    names: variables are shown as `name = value`, as at a prompt; else nothing but the exact repr.
    """

    def __init__(self, colour: str = "auto") -> None:
        self.failed = False
        self.exited: int | None = None
        self.last: Any = None
        self.names = False
        self._colour = colour
        self._place: tuple[LineMap | None, str | None, int] = (None, None, 1)

    def begin(self, chunk: Chunk) -> None:
        """What comes from now on is about this text."""
        self._place = (LineMap(chunk.text), chunk.name, chunk.first_line)

    def __call__(self, event: Any) -> None:
        kind = type(event).__name__
        if kind == "Failed":
            self.failed = True
        elif kind == "Exited":
            self.exited = event.status
        elif kind == "Shown":
            self.last = event.value
        self.take(event, kind)

    def take(self, event: Any, kind: str) -> None:
        """Write an event."""
        _WRITERS[kind](self, event)

    def problem(self, message: str) -> None:
        """A failure outside of any program: an unreadable file."""
        self.failed = True
        self._message(Diagnostic("input", message))

    def close(self) -> None:
        """Nothing more will come."""

    def _value(self, event: Any) -> None:
        text = plain.value_text(event.value)
        _write(plain.named_text(event.name, text) if self.names and event.name is not None else text)

    def _printed(self, event: Any) -> None:
        if event.stream == "stderr":
            sys.stdout.flush()
            sys.stderr.write(plain.printed_text(event.text))
        else:
            sys.stdout.write(plain.printed_text(event.text))

    def _exited(self, event: Any) -> None:
        if event.text:
            sys.stdout.flush()
            sys.stderr.write(plain.printed_text(event.text) + "\n")

    def _gradients(self, event: Any) -> None:
        for name, grad, before in event.items:
            _write(plain.gradient_text(name, grad, before))

    def _variables(self, event: Any) -> None:
        if self.names and event.items:
            from gradcli.show.table import variables_text

            _write(variables_text(event.items))
            return
        for name, value in event.items:
            _write(plain.named_text(name, plain.value_text(value)))

    def _help(self, event: Any) -> None:
        _write(plain.printed_text(event.text.rstrip("\n")))

    def _diagnostic(self, event: Any) -> None:
        self._message(event.diagnostic)

    def _message(self, diagnostic: Diagnostic) -> None:
        sys.stdout.flush()
        if wants_colour(self._colour, sys.stderr):
            from gradcli.show.terminal import Terminal

            Terminal(sys.stderr).diagnostic(diagnostic, *self._place)
        else:
            sys.stderr.write(plain.diagnostic_text(diagnostic, *self._place) + "\n")


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")


_WRITERS: dict[str, Callable[[Output, Any], None]] = {
    "Shown": Output._value,
    "Printed": Output._printed,
    "Gradients": Output._gradients,
    "Variables": Output._variables,
    "Helped": Output._help,
    "Warned": Output._diagnostic,
    "Failed": Output._diagnostic,
    "Exited": Output._exited,
}


class JsonOutput(Output):
    """The same as JSON: one document at the end, or (`lines`) an object a line as events come."""

    def __init__(self, lines: bool) -> None:
        super().__init__("never")
        self._lines = lines
        self._results: list[Any] = []

    def take(self, event: Any, kind: str) -> None:
        from gradcli.show.json_text import event_objects

        self._add(event_objects(event, *self._place))

    def problem(self, message: str) -> None:
        from gradcli.show.json_text import diagnostic_object

        self.failed = True
        self._add([diagnostic_object("error", Diagnostic("input", message))])

    def _add(self, objects: list[Any]) -> None:
        from gradcli.show.json_text import line

        if self._lines:
            for result in objects:
                _write(line(result))
            sys.stdout.flush()
        else:
            self._results += objects

    def close(self) -> None:
        from gradcli.show.json_text import document

        if not self._lines:
            _write(document(self._results, not self.failed))
