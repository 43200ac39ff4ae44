"""Where programs come from: files, notebooks, -e, and pipes, statement by statement."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from gradcli.lang.syntax.parse import MAX_TEXT
from gradcli.lang.syntax.reading import Reader, Transcript, is_transcript, strip_prompts
from gradcli.show.escape import escape_line

MAX_FILE = 64 << 20


class Unreadable(Exception):
    """An input that is no program text: the message says why, on one line."""


class Chunk:
    """Text to run in one go. name: of its file. first_line: where in the file it begins. echo: see Session.run."""

    __slots__ = ("echo", "first_line", "name", "text")

    def __init__(self, text: str, name: str | None, first_line: int, echo: str) -> None:
        self.text = text
        self.name = name
        self.first_line = first_line
        self.echo = echo


def from_file(path: str) -> Iterator[Chunk]:
    """The program in a file: whole, or a notebook's code cells. Raises Unreadable."""
    shown = escape_line(path)
    text = _decoded(_read(path, shown), shown)
    if path.endswith(".ipynb"):
        from gradcli.cli.notebooks import code_cells

        for number, cell in enumerate(code_cells(text, shown), 1):
            yield Chunk(cell, f"{path}, cell {number}", 1, "last")
    elif is_transcript(text):
        yield Chunk(strip_prompts(text), path, 1, "expressions")
    else:
        yield Chunk(text, path, 1, "none" if path.endswith(".py") else "expressions")


def from_argument(text: str) -> Chunk:
    """The program that stands in a -e."""
    return Chunk(strip_prompts(text), None, 1, "expressions")


def _read(path: str, shown: str) -> bytes:
    """The bytes of a regular file. Opened without waiting, so that a pipe in the place of a file cannot hang us."""
    import stat

    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError) as error:
        raise Unreadable(f"cannot read {shown}: {getattr(error, 'strerror', None) or error}") from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        kind = "a directory" if stat.S_ISDIR(status.st_mode) else "not a regular file (use - to read standard input)"
        raise Unreadable(f"cannot read {shown}: it is {kind}")
    with os.fdopen(descriptor, "rb") as file:
        if status.st_size > MAX_FILE:
            raise Unreadable(f"cannot read {shown}: {status.st_size} bytes, the limit is {MAX_FILE}")
        return file.read(MAX_FILE)


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"{name}:{line}: not UTF-8: byte 0x{data[error.start]:02x}") from None


def from_stream(stream: Any, name: str | None) -> Iterator[Chunk]:
    """The statements on a pipe, each as soon as it is complete. Raises Unreadable."""
    reader = Reader(MAX_TEXT)
    transcript: Transcript | None = None
    begun = False
    first_line = 1
    for line in _lines(stream, name or "standard input"):
        if not begun and line.strip():
            begun, transcript = True, Transcript() if Transcript.begins(line) else None
        if transcript is not None:
            line = transcript.code(line)
        if ready := reader.feed(line):
            yield Chunk(ready, name, first_line, "expressions")
            first_line += ready.count("\n")
    if rest := reader.finish():
        yield Chunk(rest, name, first_line, "expressions")


def _lines(stream: Any, name: str) -> Iterator[str]:
    number = 0
    while data := stream.readline(MAX_TEXT + 2):
        number += 1
        if len(data) > MAX_TEXT + 1:
            raise Unreadable(f"{name}:{number}: the line is longer than the limit of {MAX_TEXT} bytes")
        try:
            yield data.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise Unreadable(f"{name}:{number}: not UTF-8: byte 0x{data[error.start]:02x}") from None
