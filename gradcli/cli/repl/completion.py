"""Completion by grammar and type: the parser says what can stand at the cursor, the values say what they have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from gradcli.cli.screen import drawable

if TYPE_CHECKING:
    from gradcli.cli.repl.preview import Preview
    from gradcli.session import Session

MOST: Final = 300
MOST_META: Final = 70

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_AFTER_DOT = re.compile(r"\.[ \t]*\Z")
_FILE = re.compile(r"""(?<![A-Za-z0-9_])(?:load|save|open)[ \t]*\([ \t]*(["'])(?P<path>[^"'\n]*)\Z""")
_IMPORT = re.compile(r"(?:^|[\n;])[ \t]*(?:import[ \t]+(?:[^\n;]*,[ \t]*)?|from[ \t]+)(?P<path>[A-Za-z0-9_.]*)\Z")
_FROM = re.compile(r"(?:^|[\n;])[ \t]*from[ \t]+(?P<module>[A-Za-z0-9_.]+)[ \t]+import[ \t(](?:[^\n;]*,)?[ \t]*\w*\Z")

Found = Iterator[tuple[str, Callable[[], str]]]  # a word, and what there is to say about it


class GrammarCompleter(Completer):
    """What can stand at the cursor.

    ready, preview: the session and the preview if they are there. commands: what the commands of the prompt have for
    the last word of a line, as (word, what it means).
    """

    def __init__(
        self,
        ready: Callable[[], Session | None],
        preview: Callable[[], Preview | None],
        commands: Callable[[str], Iterable[tuple[str, str]]],
    ) -> None:
        self._ready = ready
        self._preview = preview
        self._commands = commands

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Completions of the word before the cursor; while typing, only once something of it is there."""
        session, preview = self._ready(), self._preview()
        if session is None or preview is None:
            return
        before = document.text_before_cursor
        asked = complete_event.completion_requested
        commands = [(word, partial(str, meta)) for word, meta in self._commands(before)]
        first = " " not in before.lstrip()
        if commands and not first:
            typed = re.split(r"[ \t/]", before)[-1]
            found: Found = iter(commands)
        elif match := _FILE.search(before):
            typed = match["path"].rpartition("/")[2]
            found, asked = files(match["path"]), True
        else:
            word = _WORD.search(before)
            typed = word.group() if word else ""
            stem = before[: len(before) - len(typed)]
            asked = asked or bool(_AFTER_DOT.search(stem))
            found = chain(
                Candidates(session, preview, stem, typed).all(), commands if first and not stem.strip() else ()
            )
        if typed or asked:
            yield from completions(found, typed)


def completions(found: Found, typed: str) -> Iterator[Completion]:
    """Those that begin with what was typed, private ones only when asked for; none if it is the only one."""
    words: dict[str, Callable[[], str]] = {}
    for word, meta in found:
        if word.startswith(typed) and (typed.startswith("_") or not word.startswith("_")):
            words.setdefault(word, meta)
    if list(words) == [typed]:
        return
    for word, meta in islice(words.items(), MOST):
        yield Completion(word, -len(typed), display_meta=partial(_clipped, meta))


def _clipped(meta: Callable[[], str]) -> str:
    """One line for the menu, made when it is drawn."""
    from gradcli.show.escape import escape_line

    text = meta()
    line = escape_line(text.partition("\n")[0])
    return line if len(line) <= MOST_META else drawable(line[: MOST_META - 1] + "…")


def command_line(verb: str) -> str:
    """How a command is written, and what it does."""
    from gradcli.lang.helptext import COMMANDS

    usage, _, meaning = COMMANDS.get(verb, verb).partition("\n\n")
    return f"{usage}: {meaning}" if meaning else usage


def files(path: str) -> Found:
    """Directories, and files, that a path may go on with."""
    import os

    folder = os.path.expanduser(path.rpartition("/")[0] or ("/" if path.startswith("/") else "."))
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.isprintable():
            directory = entry.is_dir()
            yield entry.name + ("/" if directory else ""), partial(str, "directory" if directory else "")


class Candidates:
    """The words that can come after `stem`, of which `typed` is there already."""

    def __init__(self, session: Session, preview: Preview, stem: str, typed: str) -> None:
        self._session = session
        self._preview = preview
        self._stem = stem
        self._typed = typed

    def all(self) -> Found:
        """Modules after `import`, members after a dot, else what the grammar accepts here."""
        if match := _FROM.search(self._stem):
            yield from self._members_of(match["module"])
        elif match := _IMPORT.search(self._stem):
            yield from self._modules(match["path"])
        elif _AFTER_DOT.search(self._stem):
            yield from self._attributes()
        else:
            yield from self._words()

    def _modules(self, path: str) -> Found:
        from gradcli.lang.modules.table import MODULES

        for name in MODULES:
            if name.startswith(path):
                yield name[len(path) :].partition(".")[0], partial(str, f"module {name}")

    def _members_of(self, module: str) -> Found:
        from gradcli.lang.modules.table import MODULES

        if module in MODULES:
            yield from self._of_value(MODULES[module])

    def _attributes(self) -> Found:
        receiver = receiver_before(self._stem)
        if receiver:
            try:
                value = self._preview.owner(receiver)
            except Exception:  # noqa: BLE001 - what cannot be evaluated has no completions
                return
            yield from self._of_value(value)

    def _of_value(self, value: Any) -> Found:
        from gradcli.cli.repl.describing import describe_member
        from gradcli.cli.repl.preview import Sizes
        from gradcli.engine.tensor import Tensor
        from gradcli.lang.values.table import attribute_names

        if isinstance(value, Sizes):
            value = Tensor(0.0)  # type: ignore[arg-type]
        for name in sorted(set(attribute_names(value)), key=str.lower):
            yield name, partial(describe_member, value, name)

    def _words(self) -> Found:
        from gradcli.lang.syntax import tables
        from gradcli.lang.syntax.parse import expected_after
        from gradcli.lang.syntax.tokens import NAME, NUMBER

        accepts = expected_after(self._stem)
        if accepts is None:
            return
        if accepts(NAME) and accepts(NUMBER):
            yield from self._keyword_arguments()
            yield from self._variables()
        for word, (terminal, _) in tables.SOFT.items():
            if accepts(terminal):
                yield word, partial(command_line, word)
        if accepts(NAME) and accepts(NUMBER):
            yield from self._builtins()
        for text, terminal in tables.LITERALS.items():
            if text.isalpha() and accepts(terminal):
                yield text, partial(str, "keyword")

    def _variables(self) -> Found:
        from gradcli.cli.repl.describing import describe_value

        for name, value in self._session.variables.items():
            yield name, partial(describe_value, value)

    def _builtins(self) -> Found:
        from gradcli.cli.repl.describing import describe_builtin

        names = [name for name in self._session.builtin_names() if name.startswith(self._typed)]
        for name in sorted(names, key=str.lower):
            yield name, partial(describe_builtin, name, self._session)

    def _keyword_arguments(self) -> Found:
        from gradcli.cli.repl.describing import keywords_of

        callee, given, positional = call_around(self._stem)
        if callee:
            for name, meta in keywords_of(callee, positional, self._session, self._preview):
                if name not in given:
                    yield f"{name}=", partial(str, meta)


# ---------------------------------------------------------------- the text around the cursor


def receiver_before(stem: str) -> str:
    """The expression before the dot that ends `stem`: names, attributes, calls, subscripts in a row; or ""."""
    text = _AFTER_DOT.sub("", stem)
    start = primary_start(text)
    return text[start:].strip() if start < len(text) else ""


def primary_start(text: str) -> int:
    """Where the primary expression that ends `text` begins, by its tokens read backwards."""
    from gradcli.lang.syntax.parse import MAX_BLOCKS, MAX_DEPTH
    from gradcli.lang.syntax.tokens import DEDENT, END, INDENT, NAME, NEWLINE, NUMBER, SOFT, STRING, TROUBLE, lex

    tokens = lex(text, MAX_DEPTH, MAX_BLOCKS)
    index = len(tokens.kinds) - 1
    while index >= 0 and tokens.kinds[index] in (DEDENT, END, INDENT, NEWLINE, TROUBLE):
        index -= 1
    start, joined = len(text), True
    while index >= 0 and joined:
        kind, word = tokens.kinds[index], tokens.texts[index]
        if word in (")", "]", "}"):
            index = _opening(tokens.texts, index)
            if index < 0:
                break
            joined = index > 0 and _ends_value(tokens.kinds[index - 1], tokens.texts[index - 1])
        elif kind in (NAME, NUMBER, STRING) or kind in SOFT:
            joined = index > 0 and tokens.texts[index - 1] == "."
            if joined:
                start = tokens.starts[index]
                index -= 1
        else:
            break
        start = tokens.starts[index]
        index -= 1
    return start


def _ends_value(kind: int, text: str) -> bool:
    from gradcli.lang.syntax.tokens import NAME, SOFT, STRING

    return kind in (NAME, STRING) or kind in SOFT or text in (")", "]", "}")


def _opening(texts: list[str], index: int) -> int:
    """The token of the bracket that the one at `index` closes, or -1."""
    depth = 0
    while index >= 0:
        depth += (texts[index] in (")", "]", "}")) - (texts[index] in ("(", "[", "{"))
        if not depth:
            return index
        index -= 1
    return -1


def call_around(stem: str) -> tuple[str, set[str], int]:
    """The function in whose call an argument may begin here ("" if none), the names of the keywords that it has
    already, and how many other arguments.
    """
    from gradcli.lang.syntax.parse import MAX_BLOCKS, MAX_DEPTH
    from gradcli.lang.syntax.tokens import TROUBLE, lex

    tokens = lex(stem, MAX_DEPTH, MAX_BLOCKS)
    count = tokens.kinds.index(TROUBLE) if TROUBLE in tokens.kinds else len(tokens.kinds)
    texts = tokens.texts[:count]
    depth = arguments = 0
    given: set[str] = set()
    for index in range(count - 1, 0, -1):
        text = texts[index]
        if depth == 0 and index == count - 1 and text not in ("(", ","):
            break
        if text in ("(", "[", "{"):
            if depth == 0:
                callee = stem[: tokens.starts[index]]
                called = text == "(" and _ends_value(tokens.kinds[index - 1], texts[index - 1])
                return (callee[primary_start(callee) :] if called else ""), given, arguments - len(given)
            depth -= 1
        elif text in (")", "]", "}"):
            depth += 1
        elif depth == 0:
            arguments += text == ","
            if text == "=":
                given.add(texts[index - 1])
    return "", given, 0
