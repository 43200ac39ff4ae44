"""All commands, which line is one, and what can follow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gradcli.cli.commands import examples, helping, sessions, setting, timing, tutorial
from gradcli.cli.commands.command import Command
from gradcli.lang.errors.names import nearest

if TYPE_CHECKING:
    from gradcli.cli.commands.context import Context
    from gradcli.session import Session

COMMANDS = (
    Command("help [NAME]", "what there is, or what NAME is; also NAME?", helping.help_on, helping.words),
    Command("undo", "go back to before the last entry that changed something", sessions.undo),
    Command("reset", "forget all variables", sessions.reset),
    Command("save FILE", "write what took effect as a program", sessions.save, sessions.files),
    Command("load FILE", "run a program here", sessions.load, sessions.files),
    Command("time EXPR", "how long it takes", timing.time_statement),
    Command("set [NAME [VALUE]]", "the settings, or change one", setting.set_setting, setting.words),
    Command("copy [EXPR]", "the last value, or EXPR's, into the clipboard", sessions.copy),
    Command("edit [NAME]", "the last entry, or the one that bound NAME, in $EDITOR", sessions.edit, sessions.bound),
    Command("examples [N]", "programs to learn from", examples.examples, examples.words),
    Command("tutorial [N]", "five lessons on autograd", tutorial.tutorial, tutorial.words),
    Command("quit", "leave, as Ctrl-D does", sessions.leave),
    Command("exit", "the same", sessions.leave),
)
_BY_NAME = {command.name: command for command in COMMANDS}

_LINE = re.compile(r"[ \t]*([a-z]+)(?:[ \t]+(?P<rest>\S.*))?\s*\Z")
_ASKED = re.compile(r"\s*(?P<name>[A-Za-z_][A-Za-z0-9_.]*)[ \t]*\?{1,2}\s*\Z")
# What follows a word that is a variable: `set = 3`, `copy.x`, `time[0]`, `edit, x = 1, 2`, `undo += 1`.
_GOES_ON = re.compile(r"=(?!=)|[.,(\[:;)]|(?:[-+*/%@&|^]|//|\*\*|<<|>>)=")


def find(line: str, session: Session) -> tuple[Command, str] | None:
    """The command that a line is, with its argument; None for program text."""
    if asked := _ASKED.match(line):
        return _BY_NAME["help"], asked["name"]
    word, argument = _split(line)
    if word not in _BY_NAME or word in session or _GOES_ON.match(argument):
        return None
    return _BY_NAME[word], argument


def _split(line: str) -> tuple[str, str]:
    """The first word of a line and the rest; "" for what cannot be a command. `quit()` is `quit`."""
    match = _LINE.match(line.replace("()", "") if line.strip() in ("quit()", "exit()") else line)
    return (match[1], (match["rest"] or "").strip()) if match is not None else ("", "")


def meant(line: str, session: Session) -> Command | None:
    """The command that a line which is no program may have been meant to be."""
    word, argument = _split(line)
    if not word or word in session or word in session.builtin_names() or _GOES_ON.match(argument):
        return None
    return _BY_NAME.get(nearest(word, _BY_NAME) or "")


def names() -> list[str]:
    """The words that commands begin with."""
    return list(_BY_NAME)


def complete(context: Context, line: str) -> Iterator[tuple[str, str]]:
    """What the last word of a line may be, with what it means: command words, and after one of them its arguments."""
    if " " not in line.lstrip():
        yield from ((command.name, f"{command.usage}: {command.summary}") for command in COMMANDS)
        return
    found = find(line.rstrip() if line.endswith(" ") else line, context.session)
    if found is not None:
        command, argument = found
        yield from command.words(context, argument + " " if argument and line.endswith(" ") else argument)
