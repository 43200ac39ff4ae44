"""The line at the bottom: what is being typed would be, grad mode, size of the graph, how long the last entry took."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from prompt_toolkit.application.current import get_app
from prompt_toolkit.formatted_text import StyleAndTextTuples

from gradcli.cli.screen import drawable

if TYPE_CHECKING:
    from gradcli.cli.repl.preview import Preview
    from gradcli.session import Session

MOST_NODES = 10_000
MOST_TEXT = 60


class Toolbar:
    """Draws itself for prompt_toolkit. ready: the session if it is there; preview: likewise."""

    def __init__(self, ready: Callable[[], Session | None], preview: Callable[[], Preview | None]) -> None:
        self._ready = ready
        self._preview = preview
        self._said: tuple[str, StyleAndTextTuples] = ("", [])
        self._nodes: str | None = None
        self.seconds: float | None = None

    def ran(self, seconds: float | None) -> None:
        """An entry has run: what was said may be different now."""
        self.seconds = seconds
        self._nodes = None
        self._said = ("", [])

    def __call__(self) -> StyleAndTextTuples:
        session = self._ready()
        if session is None:
            return [("class:toolbar", drawable(" starting …"))]
        parts: list[StyleAndTextTuples] = [self._what_is_typed(), self._mode(), self._graph(session)]
        if self.seconds is not None:
            parts.append([("class:toolbar", duration(self.seconds))])
        parts.append([("class:toolbar", "F2 hide  F4 vi/emacs")])
        line: StyleAndTextTuples = [("class:toolbar", " ")]
        for part in filter(None, parts):
            line += [*([("class:toolbar", drawable(" │ "))] if len(line) > 1 else []), *part]
        return line

    def _what_is_typed(self) -> StyleAndTextTuples:
        text = get_app().current_buffer.document.current_line.strip()
        preview = self._preview()
        if preview is None or not text:
            return []
        if self._said[0] != text:
            self._said = (text, described(preview, text))
        return self._said[1]

    def _mode(self) -> StyleAndTextTuples:
        from gradcli.engine.modes import state

        if state.inference:
            return [("class:toolbar.off", "inference mode")]
        return [("class:toolbar", "grad on")] if state.grad else [("class:toolbar.off", "grad off")]

    def _graph(self, session: Session) -> StyleAndTextTuples:
        if self._nodes is None:
            count = count_nodes(session.variables.values(), MOST_NODES)
            self._nodes = f"graph {count}{'+' if count == MOST_NODES else ''}" if count else ""
        return [("class:toolbar", self._nodes)] if self._nodes else []


def described(preview: Preview, text: str) -> StyleAndTextTuples:
    """What a line is about: shape and dtype, the value if it is one number, or why it would fail; else nothing."""
    from gradcli.cli.repl.preview import Unknown
    from gradcli.engine.limits import LimitExceeded

    try:
        value = preview.value(text)
    except (Unknown, NameError, AttributeError, LimitExceeded, RecursionError):  # a name may not be typed to its end
        return []
    except Exception as error:  # noqa: BLE001 - whatever the expression raises is what it would raise
        return [("class:toolbar.wrong", shortened(str(error)))]
    return [("class:toolbar.type", shortened(brief(value)))]


def brief(value: Any) -> str:
    """A value in a few words."""
    from gradcli.cli.repl.preview import Sizes
    from gradcli.engine.tensor import Tensor
    from gradcli.lang.values.table import type_name

    if isinstance(value, Sizes):
        return str(value)
    if isinstance(value, Tensor):
        number = f" = {value.array.item():.6g}" if value.array.size == 1 and value.array.dtype.kind in "fiu" else ""
        return f"{list(value.shape)} {value.dtype.name}{number}"
    if isinstance(value, (bool, int, float, complex, str)):
        return f"{type_name(value)} {value!r}"
    return f"{type_name(value)} of {len(value)}" if isinstance(value, (list, tuple)) else type_name(value)


def shortened(text: str) -> str:
    """One line of printable characters that fits beside the rest."""
    from gradcli.show.escape import escape_line

    line = escape_line(text.partition("\n")[0])
    return line if len(line) <= MOST_TEXT else drawable(line[: MOST_TEXT - 1] + "…")


def count_nodes(values: Any, most: int) -> int:
    """How many nodes the graphs behind the values have, up to `most`."""
    from gradcli.engine.tensor import Tensor

    waiting = [value.grad_fn for value in values if isinstance(value, Tensor)]
    seen: dict[int, Any] = {}  # the nodes themselves: one that is let go leaves its id to another
    while waiting and len(seen) < most:
        node = waiting.pop()
        if node is not None and id(node) not in seen:
            seen[id(node)] = node
            waiting += [following for following, _ in node.next_functions]
    return len(seen)


def duration(seconds: float) -> str:
    """A time as people say it."""
    for unit, length in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds * 1e6:.0f} us"
