"""Read, run, show, again."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gradcli.cli.interrupts import Watch, interruptible, mortal
from gradcli.cli.output import wants_colour
from gradcli.cli.repl.completion import GrammarCompleter
from gradcli.cli.repl.engine import Engine
from gradcli.cli.repl.gradients import GradientWatch
from gradcli.cli.repl.history import SharedHistory, history_path
from gradcli.cli.repl.prompt import Prompt
from gradcli.cli.repl.results import Results
from gradcli.cli.repl.toolbar import Toolbar

if TYPE_CHECKING:
    from prompt_toolkit.lexers import Lexer

    from gradcli.cli.repl.preview import Preview
    from gradcli.cli.repl.provisional import Settings
    from gradcli.session import Session


class Repl:
    """The prompt and what is behind it. make: the session."""

    def __init__(self, options: Any, settings: Settings, make: Callable[[], Session]) -> None:
        self.settings = settings
        self._gradients = GradientWatch()
        self.output = Results(options.color, settings, self._remember, self._gradients)
        self.engine = Engine(make, self._warm_up)
        self._watch = Watch()
        self._lexer: Lexer | None = None
        self._preview: Preview | None = None
        self.toolbar = Toolbar(self._ready, self._preview_if_ready)
        self.prompt = Prompt(
            settings,
            SharedHistory(history_path(os.environ), self.output.note),
            GrammarCompleter(self._ready, self._preview_if_ready, lambda line: None),
            lambda: self._lexer,
            self.toolbar,
            self._is_whole,
            wants_colour(options.color, sys.stdout),
        )

    def run(self) -> int:
        """Until Ctrl-D or `quit`; returns the exit status."""
        mortal()
        interruptible(self._watch)
        self.prompt.when_drawn(self.engine.start)
        while True:
            try:
                text = self.prompt.read()
            except KeyboardInterrupt:
                continue
            except EOFError:
                return 0
            if text.strip() in ("quit", "exit"):
                return 0
            if text.strip():
                self.execute(text)

    def execute(self, text: str) -> None:
        """Run an entry. Ctrl-C ends it and leaves the session as it was before the statement."""
        begin = time.perf_counter()
        try:
            with self._watch:
                session = self.engine.session()
                from gradcli.cli.inputs import Chunk

                with self._gradients:
                    self.output.begin(Chunk(text, None, 1, "all"))
                    session.run(text, self.output, echo="all")
                    self.output.gradients(self._gradients.items(session.variables))
        except KeyboardInterrupt:
            self.output.note("interrupted")
        self.toolbar.ran(time.perf_counter() - begin)

    def _ready(self) -> Session | None:
        return self.engine.ready

    def _preview_if_ready(self) -> Preview | None:
        return self._preview

    def _remember(self, value: Any) -> None:
        if value is not None:
            self.engine.session().variables["_"] = value

    def _is_whole(self, text: str) -> bool:
        from gradcli.lang.parse import is_incomplete

        return not is_incomplete(text)

    def _warm_up(self, session: Session) -> None:
        """In the background, when all that is needed is there: what the next keys will need."""
        from gradcli.cli.repl.lexing import GrammarLexer
        from gradcli.cli.repl.preview import Preview

        self._preview = Preview(session)
        self._lexer = GrammarLexer(lambda text: False)
        import rich.panel  # noqa: F401

        self.prompt.redraw()
