"""Ctrl-C: it stops a computation anywhere but in the middle of writing results."""

from __future__ import annotations

import os
import signal
from typing import Any


def interruptible() -> None:
    """From now on SIGINT raises KeyboardInterrupt, but waits while gradients or an in-place result are being written.

    A second one while the first still waits leaves the process at once.
    """
    from gradcli.engine.modes import state

    def interrupt(number: int, frame: Any) -> None:
        if not state.writing:
            raise KeyboardInterrupt
        if state.interrupted:
            os._exit(130)
        state.interrupted = True

    signal.signal(signal.SIGINT, interrupt)
