"""What standard output can show: how wide it is, and whether it has Unicode."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Final

# What gradcli itself draws beyond ASCII, and what stands for it.
_PLAIN: Final = str.maketrans({"│": "|", "·": "-", "…": "..."})


def columns() -> int:
    """The width of the terminal as it is now; elsewhere what the environment says."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except (OSError, ValueError):
        return shutil.get_terminal_size().columns


def drawable(text: str) -> str:
    """The text as standard output can show it."""
    if text.isascii():
        return text
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return text.translate(_PLAIN)
    return text
