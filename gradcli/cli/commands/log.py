"""What took effect, and that as a program: `save` writes it, `gradcli FILE` runs it again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from gradcli import __version__
from gradcli.cli.commands.command import Complaint
from gradcli.engine.random import default_generator
from gradcli.lang.errors.diagnostics import Span
from gradcli.lang.syntax.tokens import NAME, lex
from gradcli.lang.values.snapshots import Snapshot

HEADER = "# A session of gradcli"
_RESULT = "_"
_BINDERS = ("def", "class", "param")


class Entry:
    """A text that ran, as much of it as took effect. results: the expressions in it whose value became `_`."""

    __slots__ = ("results", "text")

    def __init__(self, text: str, results: Iterable[Span] = ()) -> None:
        self.text = text
        self.results = tuple(results)


class Log:
    """What took effect in a session since it began; made when it begins."""

    __slots__ = ("_begin", "_place", "_seed", "entries")

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._seed = default_generator.initial_seed()
        self._place = default_generator.position()
        self._begin = Snapshot({}, None, 0)

    def add(self, text: str, results: Iterable[Span] = ()) -> None:
        """Enter a text that took effect."""
        if text.strip():
            self.entries.append(Entry(text, results))

    def begin_anew(self) -> None:
        """Forget it. Random numbers and modes are again as they were at the beginning."""
        self.entries = []
        self._begin.restore()

    def latest(self, name: str) -> str:
        """The text of the last entry, or of the last that binds a name. Raises Complaint if there is none."""
        texts = [entry.text for entry in self.entries if not name or _binds(entry.text, name)]
        if name and not texts:
            raise Complaint(f"no entry binds {name}")
        return texts[-1] if texts else ""

    def program(self) -> str:
        """The entries as a program. What a prompt did besides stands in it: `_`, where it is used, and the seed."""
        lines = [f"{HEADER} {__version__}."]
        if default_generator.position() != self._place:
            lines.append(f"manual_seed({self._seed});")
        text_of = _with_results if any(map(_uses_result, self.entries)) else _text
        kept = (text_of(entry).removeprefix(lines[0]).strip("\n") for entry in self.entries)
        return "\n".join([*lines, *filter(None, kept)]) + "\n"


def _text(entry: Entry) -> str:
    return entry.text.rstrip()


def _uses_result(entry: Entry) -> bool:
    return any(text == _RESULT for _, text, _ in _words(entry.text))


def _binds(text: str, name: str) -> bool:
    return any(word == name and (after == "=" or before in _BINDERS) for before, word, after in _words(text))


def _words(text: str) -> Iterator[tuple[str, str, str]]:
    """The names in a text, each with the tokens around it."""
    from gradcli.lang.syntax.parse import MAX_BLOCKS, MAX_DEPTH

    tokens = lex(text, MAX_DEPTH, MAX_BLOCKS)
    texts = ["", *tokens.texts, ""]
    for index, kind in enumerate(tokens.kinds):
        if kind == NAME:
            yield texts[index], texts[index + 1], texts[index + 2]


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
    except BaseException as error:
        if isinstance(error, OSError):
            error.filename = path
        if os.path.exists(beside):
            os.unlink(beside)
        raise
    return path
