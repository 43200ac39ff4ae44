"""How far a long loop is, on a terminal: a line below the output, that goes when anything else is written.

A thread looks a few times a second at the loops that are under way (lang/compile/loops.py). rich is loaded when the
first one has run for long enough to be shown.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from gradcli.cli.output import wants_colour
from gradcli.lang.compile.loops import Loop, Loops, fraction

if TYPE_CHECKING:
    from types import TracebackType

    from gradcli.cli.output import Output
    from gradcli.show.progress import ProgressLine

INTERVAL = 0.1
PATIENCE = 1.0  # seconds for which a loop runs unmentioned


class Progress:
    """Shows `loops` while it is entered; called with the events of the run, which it passes on to `output`.

    patience: see above. colour: what --color says.
    """

    def __init__(self, loops: Loops, output: Output, *, patience: float = PATIENCE, colour: str = "auto") -> None:
        self._loops = loops
        self._output = output
        self._patience = patience
        self._colour = colour
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="progress", daemon=True)
        self._line: ProgressLine | None = None
        self._shown = False
        self._unfinished = (
            False  # what the program printed last: a line without its end, which is not to be overwritten
        )
        self._loop: Loop | None = None
        self._since = 0.0
        self._done = 0.0

    def __enter__(self) -> Progress:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._erase()

    def __call__(self, event: Any) -> None:
        with self._lock:
            self._erase()
            self._output(event)
            self._unfinished = type(event).__name__ == "Printed" and not event.text.endswith("\n")

    def _look(self) -> None:
        while not self._over.wait(INTERVAL):
            with self._lock:
                try:
                    self._update()
                except OSError:
                    return

    def _update(self) -> None:
        loops = self._loops[:]
        now = time.monotonic()
        if not loops or loops[0] is not self._loop:
            self._loop, self._since, self._done = loops[0] if loops else None, now, 0.0
        if self._loop is None or self._unfinished or now - self._since < self._patience:
            self._erase()
            return
        if self._line is None:
            from gradcli.show.progress import ProgressLine

            self._line = ProgressLine(sys.stderr, colour=wants_colour(self._colour, sys.stderr))
        # A second loop inside starts again from nothing; the bar does not.
        self._done = max(self._done, fraction(loops))
        self._line.draw(self._loop.header, self._loop.begun, self._loop.total, self._done, now - self._since)
        self._shown = True

    def _erase(self) -> None:
        if self._shown and self._line is not None:
            self._line.erase()
            self._shown = False
