"""Ctrl-C: it stops a computation anywhere but in the middle of writing results."""

from __future__ import annotations

import os
import signal
from typing import Any

EXIT_INTERRUPTED = 130
_DEADLY = tuple(number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None)


def interruptible(watch: Watch | None = None) -> None:
    """From now on SIGINT raises KeyboardInterrupt, but waits while gradients or an in-place result are being written.

    A second one while the first still waits leaves the process at once. watch: sees to that also inside kernels.
    """
    from gradcli.engine.modes import state

    def interrupt(number: int, frame: Any) -> None:
        if not state.writing:
            if watch is not None:
                watch.delivered()
            raise KeyboardInterrupt
        if state.interrupted:
            os._exit(EXIT_INTERRUPTED)
        state.interrupted = True

    signal.signal(signal.SIGINT, interrupt)


def mortal() -> None:
    """From now on TERM and HUP end the program as an exception does, so that the terminal is left as it was found."""

    def leave(number: int, frame: Any) -> None:
        raise SystemExit(128 + number)

    for number in _DEADLY:
        signal.signal(number, leave)


class Watch:
    """While a statement runs at the prompt, a thread sees the signals that Python holds back until a kernel returns.

    A second SIGINT before the first was delivered leaves with 130; TERM and HUP leave at once. The terminal is in its
    ordinary mode meanwhile, and every entry is in the history already, so there is nothing to tidy.
    """

    def __init__(self) -> None:
        import threading

        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        self._waiting = 0
        threading.Thread(target=self._read, name="signals", daemon=True).start()

    def __enter__(self) -> None:
        self._waiting = 0
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(-1)

    def delivered(self) -> None:
        """The interrupt has become an exception."""
        self._waiting -= 1

    def _read(self) -> None:
        while True:
            for number in os.read(self._reader, 64):
                if number in _DEADLY:
                    os._exit(128 + number)
                if number == signal.SIGINT:
                    self._waiting += 1
                    if self._waiting > 1:
                        os._exit(EXIT_INTERRUPTED)
