"""Read, run, show, again."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from gradcli.cli import EXIT_OK
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
    from gradcli.cli.commands import Context
    from gradcli.cli.commands.log import Log
    from gradcli.cli.repl.preview import Preview
    from gradcli.cli.settings import Settings
    from gradcli.session import Session


class Repl:
    """The prompt and what is behind it.

    make: the session. log: of what it has run already. program: a file with which the user begins every session.
    """

    def __init__(self, settings: Settings, make: Callable[[], Session], log: Log | None, program: str | None) -> None:
        self._settings = settings
        self._log = log
        self._program = program
        colour = settings.color
        self._gradients = GradientWatch()
        self._output = Results(colour, settings, self._gradients)
        self._engine = Engine(make, self._warm_up)
        self._watch = Watch()
        self._context: Context | None = None
        self._preview: Preview | None = None
        self._toolbar = Toolbar(lambda: self._engine.ready, lambda: self._preview)
        self._prompt = Prompt(
            settings,
            SharedHistory(history_path(os.environ), self._output.note),
            GrammarCompleter(lambda: self._engine.ready, lambda: self._preview, self._complete_command),
            self._toolbar,
            self._is_whole,
            wants_colour(colour, sys.stdout),
        )

    def run(self, complaints: Iterable[str] = ()) -> int:
        """Until Ctrl-D or `quit`; returns the exit status. complaints: said before the first prompt."""
        mortal()
        interruptible(self._watch)
        for complaint in complaints:
            self._output.note(f"warning: {complaint}")
        if self._program is not None:
            self._begin(self._program)
        self._prompt.when_drawn(self._engine.start)
        while self._context is None or not self._context.stop:
            try:
                text = self._prompt.read()
            except KeyboardInterrupt:
                continue
            except EOFError:
                break
            if text.strip():
                self._execute(text)
        return self._output.exited or EXIT_OK

    def _execute(self, text: str) -> None:
        """Run an entry. Ctrl-C ends it and leaves the session as it was before the statement."""
        try:
            with self._watch:
                context = self._context = self._context or self._new_context()
                with self._gradients:
                    context.execute(text)
                    if self._settings.gradients:
                        self._output.gradients(self._gradients.items(context.session.variables))
        except KeyboardInterrupt:
            self._interrupted()
        if self._context is not None:
            self._toolbar.ran(self._context.seconds)

    def _interrupted(self) -> None:
        sys.stdout.write("\n")  # after the ^C that the terminal shows
        self._output.note("interrupted")

    def _new_context(self) -> Context:
        session = self._engine.session()
        from gradcli.cli.commands import Context

        return Context(session, self._output, self._settings, self._edit, self._log)

    def _begin(self, program: str) -> None:
        """Run it before the first prompt: what it binds is to be there."""
        from gradcli.cli.run import begin_with

        context = self._context = self._new_context()
        try:
            with self._watch:
                begin_with(program, context.session, self._output, context.log)
        except KeyboardInterrupt:
            self._interrupted()

    def _edit(self, text: str) -> str | None:
        """A text through $EDITOR, and then at the prompt, to be run with Enter or given up with Ctrl-C or Ctrl-D."""
        try:
            return self._prompt.read(text, edit=True)
        except (KeyboardInterrupt, EOFError):
            return None

    # What the prompt asks while something is typed. Nothing here waits for the session.

    def _is_command(self, text: str) -> bool:
        session = self._engine.ready
        if session is None:
            return False
        from gradcli.cli.commands import find

        return find(text, session) is not None

    def _is_whole(self, text: str) -> bool:
        from gradcli.lang.syntax.parse import is_incomplete

        return self._is_command(text) or not is_incomplete(text)

    def _complete_command(self, line: str) -> Iterable[tuple[str, str]]:
        from gradcli.cli.commands import complete

        if self._context is None and self._engine.ready is not None:
            self._context = self._new_context()
        return () if self._context is None else complete(self._context, line)

    def _warm_up(self, session: Session) -> None:
        """In the background, when a session is there: what the next keys will need."""
        from gradcli.cli.repl.lexing import GrammarLexer
        from gradcli.cli.repl.preview import Preview

        self._preview = Preview(session)
        self._prompt.highlight(GrammarLexer(self._is_command))
        import rich.panel  # noqa: F401

        import gradcli.cli.commands
        import gradcli.cli.repl.describing  # noqa: F401
