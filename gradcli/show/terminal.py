"""The same in colour, for a terminal. Outside the prompt only this module and `progress` import rich.

The characters are those of `plain`; only the styles are added, so that what is read on a screen can be searched for in
a log.
"""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, Literal

from rich.console import Console
from rich.style import Style
from rich.text import Text

from gradcli.show.drawing import draw_diagnostic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradcli.lang.errors.diagnostics import Diagnostic, LineMap
    from gradcli.show.drawing import Line

__all__ = ["STYLES", "Terminal"]

STYLES = {
    "error": Style(color="red", bold=True),
    "warning": Style(color="yellow", bold=True),
    "message": Style(bold=True),
    "place": Style(),
    "gutter": Style(color="blue"),
    "source": Style(),
    "mark": Style(color="red", bold=True),
    "label": Style(color="red"),
    "help": Style(color="green", bold=True),
    "note": Style(color="cyan", bold=True),
}

# In the repr of a tensor: what is worth finding, and what is worth overlooking.
_VALUE_PATTERNS = {
    r"\b(?:nan|inf)\b|-inf\b": Style(color="red"),
    r"grad_fn=<\w+>|requires_grad=True": Style(color="cyan"),
    r"dtype=torch\.\w+|size=\([\d, ]*\)": Style(dim=True),
    r"\.\.\.": Style(dim=True),
}


class Terminal:
    """Colours for one output stream. `colour=False` gives plain text (NO_COLOR, --color=never)."""

    def __init__(self, stream: IO[str], *, colour: bool = True, environ: Mapping[str, str] | None = None) -> None:
        self.console = Console(
            file=stream,
            force_terminal=colour,
            no_color=not colour,
            color_system=_colours(environ) if colour else None,
            markup=False,
            emoji=False,
            highlight=False,
            _environ=environ,
        )

    def diagnostic(
        self, diagnostic: Diagnostic, source: LineMap | None = None, name: str | None = None, first_line: int = 1
    ) -> None:
        """Write a diagnostic; the arguments are those of `draw_diagnostic`."""
        for line in draw_diagnostic(diagnostic, source, name, first_line):
            self._write(_styled(line))

    def value(self, text: str) -> None:
        """Write the text of a value, as `plain` made it."""
        drawn = Text(text)
        for pattern, style in _VALUE_PATTERNS.items():
            drawn.highlight_regex(pattern, style)
        self._write(drawn)

    def _write(self, text: Text) -> None:
        # The terminal breaks long lines itself, so that a copied line is whole.
        self.console.print(text, soft_wrap=True)


def _colours(environ: Mapping[str, str] | None) -> Literal["auto", "standard"]:
    """Where colour is asked for, a terminal that says it can do nothing gets the eight that all have."""
    terminal = (os.environ if environ is None else environ).get("TERM", "")
    return "standard" if terminal in ("dumb", "unknown") else "auto"


def _styled(line: Line) -> Text:
    drawn = Text()
    for style, text in line:
        drawn.append(text, STYLES[style])
    drawn.rstrip()
    return drawn
