"""The two doors to files: a regular file is read, and one is replaced whole. `--sandbox` shuts both.

Opening never waits (a fifo would), what is opened must be a regular file, and a file that is written appears under its
name only when all of it is on the disk: until then the old one is what it was (HOSTILE H32, H33). A symbolic link is
followed: the file that it names is replaced, and the link stays.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterator
from typing import IO, Any

from gradcli.engine.limits import LimitExceeded, limits
from gradcli.lang.budget import BUDGET, characters
from gradcli.lang.values.table import type_name


class Sandboxed(PermissionError):
    """A program that runs with --sandbox wanted a file."""


def path_in(path: Any) -> str:
    """A path that a program gives. Raises TypeError for what is none, Sandboxed where files are shut."""
    if not isinstance(path, str):
        raise TypeError(f"the name of a file is text, not {type_name(path)}")
    if not BUDGET.files:
        raise Sandboxed(f"files are not available with --sandbox: {path!r}")
    return str(path)


@contextlib.contextmanager
def opened(path: Any) -> Iterator[tuple[IO[bytes], int]]:
    """A file to read from, and its size. Raises OSError for what is no regular file, or is not to be read."""
    name = path_in(path)
    number = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(number)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(21, "Is a directory", name)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(22, "Not a regular file", name)
        stream = os.fdopen(number, "rb")
    except BaseException:
        os.close(number)
        raise
    with stream:
        yield stream, status.st_size


def read_text(path: Any) -> str:
    """A whole text file, UTF-8. Raises OSError, ValueError; LimitExceeded for one that is too long."""
    with opened(path) as (stream, size):
        characters(size)
        data = stream.read(size + 1)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{str(path)!r} is not UTF-8 text (byte {error.start})") from None


def replace(path: Any, write: Callable[[IO[bytes]], None]) -> None:
    """Write a file whole, or leave what is there. Raises OSError."""
    target = os.path.realpath(path_in(path))
    mode = _mode_of(target, str(path))
    folder, name = os.path.split(target)
    number, draft = _draft(folder, name, str(path))
    try:
        with os.fdopen(number, "wb") as stream:
            if mode is not None:
                os.fchmod(number, mode)
            write(stream)
            stream.flush()
            os.fsync(number)
        os.replace(draft, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise


def write_text(stream: IO[bytes], text: str) -> None:
    """For `replace`: the whole of a text file."""
    stream.write(text.encode("utf-8"))


def _mode_of(target: str, path: str) -> int | None:
    """The permissions of the file that is to be replaced, or None if there is none."""
    try:
        status = os.stat(target)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(21, "Is a directory", path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(22, "Not a regular file", path)
    if not os.access(target, os.W_OK):
        raise PermissionError(13, "Permission denied", path)
    return stat.S_IMODE(status.st_mode)


def _draft(folder: str, name: str, path: str) -> tuple[int, str]:
    """A new file beside the one that it is to become."""
    for count in range(100):
        draft = os.path.join(folder, f".{name[:100]}.{os.getpid()}.{count}.tmp")
        try:
            return os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666), draft
        except FileExistsError:
            continue
        except OSError as error:
            raise type(error)(error.errno, error.strerror, path) from None
    raise OSError(17, "Too many unfinished files", path)


def room_for(size: int, what: str) -> None:
    """Refuse what would not fit into memory. Raises LimitExceeded."""
    if size > limits.max_bytes:
        raise LimitExceeded(f"{what} holds {size} bytes, the limit is {limits.max_bytes}", "--max-memory")
