"""Commands on the session as a whole: reset, undo, save, load, quit; and on its last result: copy, edit."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from gradcli.cli.commands.command import Complaint
from gradcli.cli.commands.log import save as save_program
from gradcli.cli.inputs import Unreadable, from_file
from gradcli.lang.values.snapshots import TooLarge

if TYPE_CHECKING:
    from gradcli.cli.commands.context import Context

MOST_COPIED: Final = 100_000  # what terminals take


def leave(context: Context, argument: str) -> None:
    """Leave. Nothing is asked; what ran can be kept with `save FILE` before."""
    context.stop = True


def reset(context: Context, argument: str) -> None:
    """Forget all variables, and what ran; random numbers, grad mode and the like begin anew. `undo` brings all back."""
    context.undo.begin("reset", context.session.variables, context.log.entries, context.settings.undo_memory)
    context.session.variables.clear()
    context.log.begin_anew()
    context.last = None


def undo(context: Context, argument: str) -> None:
    """Go back to before the last entry that changed something.

    Variables, the contents of lists and of tensors that were changed in place, gradients, graphs that were freed, grad
    mode and random numbers are as they were. What was printed stays printed. `set undo_memory 1g` lets it keep more.
    """
    try:
        step = context.undo.back(context.session.variables, context.settings.undo_memory)
    except TooLarge as reason:
        raise Complaint(
            f"undo: the state before was not kept: {reason} (`set undo_memory 1g` lets it keep more)"
        ) from None
    if step is None:
        raise Complaint("undo: nothing has changed")
    context.log.entries = step.log
    context.write(f"undone: {shortened(step.text)}")
    for exception in sorted(step.exceptions):
        context.write(f"  = note: {exception}")


def shortened(text: str) -> str:
    """A text in a line."""
    first, _, rest = text.strip().partition("\n")
    return f"{first[:60]} …" if rest or len(first) > 60 else first


def save(context: Context, argument: str) -> None:
    """Write what took effect as a program: `gradcli FILE` runs it again, `load FILE` here.

    The file is written whole or not at all. Only an earlier session is written over.
    """
    if not argument:
        raise Complaint("save: where to? `save FILE`")
    path = save_program(argument, context.log.program())
    context.write(f"saved: {path}")


def load(context: Context, argument: str) -> None:
    """Run a program here: a session that was saved, or any .grad, .py or .ipynb. Its expressions are not echoed."""
    if not argument:
        raise Complaint("load: what? `load FILE`")
    try:
        for chunk in from_file(os.path.expanduser(argument)):
            if not context.submit(chunk.text, name=chunk.name, echo="none", entered=f"load {argument}"):
                return
    except Unreadable as error:
        raise Complaint(str(error)) from None


def copy(context: Context, argument: str) -> None:
    """Put the last value, or that of EXPR, into the clipboard, as text.

    The terminal is asked to (OSC 52): it may refuse, as some do until they are told otherwise.
    """
    from gradcli.show.plain import value_text

    if argument and not context.submit(argument, echo="expressions"):
        return
    if context.last is None:
        raise Complaint("copy: nothing has been shown yet")
    if not sys.stdout.isatty():
        raise Complaint("copy: there is no terminal to copy with")
    text = value_text(context.last)
    if len(text) > MOST_COPIED:
        raise Complaint(f"copy: {len(text)} characters are more than the {MOST_COPIED} that terminals take")
    import base64

    sys.stdout.write(f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07")
    sys.stdout.flush()
    context.write(f"copied: {len(text)} characters")


def edit(context: Context, argument: str) -> None:
    """Edit a text in $EDITOR: the last entry, the one that bound NAME, or a new one after `edit new`. Enter runs it."""
    if context.edit is None:
        raise Complaint("edit: this prompt cannot")
    text = context.edit("" if argument == "new" else context.log.latest(argument))
    if text is not None and text.strip():
        context.submit(text)


def files(context: Context, argument: str) -> Iterator[tuple[str, str]]:
    """Directories, and files that hold programs, that a path may go on with."""
    folder = os.path.expanduser(argument.rpartition("/")[0] or ("/" if argument.startswith("/") else "."))
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.isprintable():
            if entry.is_dir():
                yield entry.name + "/", "directory"
            elif entry.name.endswith((".grad", ".py", ".ipynb")):
                yield entry.name, "program"


def bound(context: Context, argument: str) -> Iterator[tuple[str, str]]:
    """The variables, and `new`."""
    yield from ((name, "variable") for name in context.session)
    yield "new", "an empty text"
