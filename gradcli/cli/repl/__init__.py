"""The prompt for people: prompt_toolkit reads, the session runs, rich draws.

loop         read, run, show; the one place that knows all others
engine       the session, made in the background
prompt       the line editor and its settings    keys, editing: what the keys do    history, lexing, completion
preview      what an expression would be: shape and dtype, without side effects    toolbar: the line at the bottom
results      values with their facts, gradients in a panel    themes: colours

Nothing here is imported by a run without a terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcli.cli.commands.log import Log
    from gradcli.session import Session


def installed() -> bool:
    """Whether the libraries are there: without them the plain prompt does."""
    try:
        import prompt_toolkit  # noqa: F401
    except ImportError:
        return False
    return True


def start(options: Any, session: Session | None = None, log: Log | None = None) -> int:
    """Run the prompt until it is left; returns the exit status.

    session: one in which something has run already, with the log of it.
    """
    import os

    from gradcli.cli.repl.loop import Repl
    from gradcli.cli.settings import settings_of, start_program

    def make() -> Session:
        from gradcli.cli.run import new_session

        return session or new_session(options)

    settings, complaints = settings_of(options, os.environ)
    program = start_program(options, os.environ) if session is None else None
    return Repl(settings, make, log, program).run(complaints)
