"""Results at the prompt: the exact repr, then dimly what it does not say; gradients in a panel, variables in a table.

Values are written with what prompt_toolkit has loaded anyway. rich is loaded for panels, tables and messages.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from gradcli.cli.output import Output, wants_colour
from gradcli.cli.repl.themes import colour, terminal_style
from gradcli.cli.screen import columns
from gradcli.show import plain

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

    from gradcli.cli.repl.gradients import GradientWatch
    from gradcli.cli.settings import Settings

Line = list[tuple[str, str]]  # (what it is for the theme, text)

PANEL = 4  # columns that the frame of a panel takes
ADDED = "added to the gradient that was there; {name}.grad = None starts afresh"


class Results(Output):
    """The output of the prompt. watch: what it has noted is forgotten when a command shows gradients itself."""

    def __init__(self, colour: str, settings: Settings, watch: GradientWatch) -> None:
        super().__init__(colour)
        self.names = True
        self._settings = settings
        self._watch = watch

    @property
    def theme(self) -> str:
        """The theme in force; `none` where there is to be no colour."""
        return self._settings.theme if wants_colour(self._colour, sys.stdout) else "none"

    def take(self, event: Any, kind: str) -> None:
        writer = _WRITERS.get(kind)
        if writer is None:
            super().take(event, kind)
        else:
            writer(self, event)

    def note(self, text: str) -> None:
        """A remark of the prompt itself."""
        self._write([("note", plain.printed_text(text))])

    def gradients(self, items: Iterable[tuple[str, Any, Any]]) -> None:
        """A panel of (name, gradient, gradient before or None)."""
        drawn = self._joined([line for item in items for line in gradient_lines(*item)])
        if not drawn.plain:
            return
        from rich import box
        from rich.panel import Panel

        if max(map(len, drawn.plain.splitlines())) + PANEL > columns():
            self._print(drawn)  # a box would break its lines
        else:
            border = colour("border", self.theme)
            self._print(
                Panel(drawn, title="gradients", title_align="left", box=box.ROUNDED, expand=False, border_style=border)
            )

    def _shown(self, event: Any) -> None:
        value = event.value
        text = plain.value_text(value)
        self._write(with_facts(text if event.name is None else plain.named_text(event.name, text), facts(value)))

    def _gradients(self, event: Any) -> None:
        self._watch.forget()
        self.gradients(event.items)

    def _variables(self, event: Any) -> None:
        from rich import box
        from rich.table import Table

        from gradcli.show.table import VARIABLE_HEADINGS, variable_row

        table = Table(box=box.SIMPLE_HEAD, border_style=colour("border", self.theme), pad_edge=False)
        for heading in VARIABLE_HEADINGS:
            table.add_column(heading, justify="right" if heading == "bytes" else "left")
        for name, value in event.items:
            table.add_row(*variable_row(name, value))
        if event.items:
            self._print(table)
        else:
            self.note("no variables")

    def _write(self, line: Line) -> None:
        if not any(what for what, _ in line):
            sys.stdout.write("".join(text for _, text in line) + "\n")
            return
        from prompt_toolkit import print_formatted_text
        from prompt_toolkit.formatted_text import FormattedText
        from prompt_toolkit.output import ColorDepth

        theme = self.theme
        print_formatted_text(
            FormattedText([(f"class:{what}" if what else "", text) for what, text in line]),
            style=terminal_style(theme),
            color_depth=ColorDepth.DEPTH_1_BIT if theme == "none" else None,
            include_default_pygments_style=False,
        )

    def _joined(self, lines: list[Line]) -> Text:
        from rich.text import Text

        drawn = Text()
        for number, line in enumerate(lines):
            drawn.append("\n" if number else "")
            for what, text in line:
                drawn.append(text, colour(what, self.theme) if what else "")
        return drawn

    def _print(self, what: RenderableType) -> None:
        self.console().print(what, soft_wrap=False)

    def console(self) -> Console:
        """rich's view of the terminal as it is now."""
        from rich.console import Console

        coloured = self.theme != "none"
        return Console(
            file=sys.stdout,
            width=columns(),
            force_terminal=True,
            no_color=not coloured,
            color_system="auto" if coloured else None,
            markup=False,
            emoji=False,
            highlight=False,
        )


_WRITERS: dict[str, Callable[[Results, Any], None]] = {
    "Shown": Results._shown,
    "Gradients": Results._gradients,
    "Variables": Results._variables,
}


def facts(value: Any) -> str:
    """What the repr of a tensor leaves to be counted: its shape, its dtype, where it came from; "" for other values."""
    from gradcli.engine.tensor import Tensor

    if type(value) is not Tensor:
        return ""
    if value.grad_fn is not None:
        origin = f" {value.grad_fn.name()}"
    else:
        origin = " leaf" if value.requires_grad else ""
    return f"{list(value.shape)} {value.dtype.name}{origin}"


def with_facts(text: str, said: str, less: int = 0) -> Line:
    """A value's text with the facts behind its last line, or below where they do not fit. less: columns of others."""
    if not said:
        return [("", text)]
    last = len(text) - (text.rfind("\n") + 1)
    between = "  " if last + 2 + len(said) <= columns() - less else "\n    "
    return [("", text + between), ("facts", said)]


def gradient_lines(name: str, grad: Any, before: Any) -> Iterable[Line]:
    """A leaf in the panel: its gradient; if there was one before, that one and a note."""
    from gradcli.engine.tensor import Tensor

    said = f"{list(grad.shape)} {grad.dtype.name}" if type(grad) is Tensor else ""
    yield with_facts(plain.named_text(f"{name}.grad", plain.value_text(grad)), said, PANEL)
    if before is not None:
        yield [("facts", plain.named_text("    before", plain.value_text(before)))]
        yield [("note", "    " + ADDED.format(name=name))]
