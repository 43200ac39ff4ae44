"""What took effect, and that as a program: `save` writes it, `gradcli FILE` runs it again."""

from __future__ import annotations

import os
from collections.abc import Iterable

from gradcli import __version__
from gradcli.cli.commands.command import Complaint
from gradcli.lang.diagnostics import Span
from gradcli.lang.tokens import NAME, lex

HEADER = "# A session of gradcli"
_RESULT = "_"


class Entry:
    """A text that ran, as much of it as took effect. results: the expressions in it whose value became `_`."""

    __slots__ = ("results", "text")

    def __init__(self, text: str, results: Iterable[Span] = ()) -> None:
        self.text = text
        self.results = tuple(results)


def program(entries: list[Entry], seed: int | None) -> str:
    """The entries as a program. What a prompt did besides stands in it: `_`, where it is used, and the seed."""
    lines = [f"{HEADER} {__version__}."]
    if seed is not None:
        lines.append(f"manual_seed({seed});")
    kept = [_with_results(entry) for entry in entries] if any(map(_uses_result, entries)) else _texts(entries)
    return "\n".join([*lines, *kept]) + "\n"


def _texts(entries: list[Entry]) -> list[str]:
    return [entry.text.rstrip() for entry in entries]


def _uses_result(entry: Entry) -> bool:
    from gradcli.lang.parse import MAX_BLOCKS, MAX_DEPTH

    if _RESULT not in entry.text:
        return False
    tokens = lex(entry.text, MAX_DEPTH, MAX_BLOCKS)
    return any(kind == NAME and text == _RESULT for kind, text in zip(tokens.kinds, tokens.texts, strict=True))


def _with_results(entry: Entry) -> str:
    text = entry.text
    for start, _ in reversed(entry.results):
        text = f"{text[:start]}{_RESULT} = {text[start:]}"
    return text.rstrip()


def save(path: str, text: str) -> str:
    """Write a program, whole or not at all; returns where. Only an earlier session is ever written over.

    Raises Complaint, and OSError.
    """
    path = os.path.realpath(os.path.expanduser(path))
    mode = None
    if os.path.exists(path):
        if not os.path.isfile(path):
            raise Complaint(f"{path} is not a regular file")
        with open(path, "rb") as file:
            if not file.read(len(HEADER)).startswith(HEADER.encode()):
                raise Complaint(f"{path} is there already, and is no saved session: choose another name")
            mode = os.fstat(file.fileno()).st_mode & 0o777
    beside = f"{path}.{os.getpid()}.new"
    try:
        with open(beside, "x", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(beside, mode)
        os.replace(beside, path)
    except BaseException:
        if os.path.exists(beside):
            os.unlink(beside)
        raise
    return path
