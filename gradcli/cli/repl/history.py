"""The history: whole entries in a file of the user's alone, newest kept once, shared by all prompts that are open.

An entry is a line of JSON, appended in one write under a lock; so two prompts never tear each other's lines.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import IO

from prompt_toolkit.history import History

MOST_ENTRIES = 10_000
MOST_BYTES = 1 << 20


def history_path(environ: Mapping[str, str]) -> str | None:
    """Where the history is kept: $GRADCLI_HISTORY (empty: nowhere), else the XDG state directory; None without one."""
    if "GRADCLI_HISTORY" in environ:
        return environ["GRADCLI_HISTORY"] or None
    state = environ.get("XDG_STATE_HOME", "")
    home = environ.get("HOME", "")
    if not os.path.isabs(state) and not home:
        return None
    folder = state if os.path.isabs(state) else os.path.join(home, ".local", "state")
    return os.path.join(folder, "gradcli", "history")


class SharedHistory(History):
    """What was entered, newest first. complain: told once if the file cannot be used; it is then of this run only."""

    def __init__(self, path: str | None, complain: Callable[[str], None]) -> None:
        super().__init__()
        self._path = path
        self._complain = complain

    def load_history_strings(self) -> Iterable[str]:
        """The entries of the file, newest first, each once."""
        if self._path is None:
            return []
        try:
            with open(self._path, "rb") as file:
                lines = file.read().split(b"\n")
        except FileNotFoundError:
            return []
        except OSError as error:
            self._give_up(error)
            return []
        return newest_once(_entry(line) for line in reversed(lines))

    def append_string(self, string: str) -> None:
        """Enter it, unless it is what was entered last."""
        if not string.strip() or (self._loaded_strings and self._loaded_strings[0] == string):
            return
        if string in self._loaded_strings:
            self._loaded_strings.remove(string)
        super().append_string(string)

    def store_string(self, string: str) -> None:
        """Append an entry to the file. A file that cannot be written is complained of once."""
        if self._path is None:
            return
        try:
            os.makedirs(os.path.dirname(self._path) or ".", mode=0o700, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "r+b", buffering=0) as file:
                os.fchmod(descriptor, 0o600)
                _lock(file)
                file.write(_line(string))
                if os.fstat(descriptor).st_size > MOST_BYTES:
                    _shorten(file)
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self._complain(f"history is not kept: {self._path}: {error.strerror or error}")
        self._path = None


def newest_once(entries: Iterable[str | None]) -> list[str]:
    """The entries, newest first, without those that came again later, as many as are kept."""
    once = dict.fromkeys(entry for entry in entries if entry)
    return list(once)[:MOST_ENTRIES]


def _line(entry: str) -> bytes:
    import json  # not before the first prompt

    return json.dumps(entry).encode() + b"\n"


def _entry(line: bytes) -> str | None:
    """The entry in a line, or None for one that another program has left."""
    import json

    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, str) else None


def _lock(file: IO[bytes]) -> None:
    try:
        import fcntl
    except ImportError:  # Windows: an append is one write there too
        return
    fcntl.flock(file, fcntl.LOCK_EX)


def _shorten(file: IO[bytes]) -> None:
    """Write the file anew, each entry once and no more than half of what may stand in it. In place: it is locked."""
    file.seek(0)
    kept: list[bytes] = []
    size = 0
    for entry in newest_once(_entry(line) for line in reversed(file.read().split(b"\n"))):
        line = _line(entry)
        size += len(line)
        if size > MOST_BYTES // 2:
            break
        kept.append(line)
    file.truncate(0)
    file.write(b"".join(reversed(kept)))
