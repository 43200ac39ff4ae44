"""All commands, which line is one, and what can follow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcli.cli.commands.context import Context
    from gradcli.session import Session

Run = Callable[["Context", str], None]

_WORD = re.compile(r"[ \t]*([a-z]+)(?:[ \t]+(?P<rest>\S.*))?\s*\Z")
_ASKED = re.compile(r"\s*(?P<name>[A-Za-z_][A-Za-z0-9_.]*)[ \t]*\?{1,2}\s*\Z")
# What follows a word that is a variable: `set = 3`, `copy.x`, `time[0]`, `edit, x = 1, 2`, `undo += 1`.
_GOES_ON = re.compile(r"=(?!=)|[.,(\[:;)]|(?:[-+*/%@&|^]|//|\*\*|<<|>>)=")


class Command:
    """usage: as it is typed. summary: what it does, in a line. run(context, argument): does it."""

    __slots__ = ("name", "run", "summary", "usage")

    def __init__(self, usage: str, summary: str, run: Run) -> None:
        self.name = usage.partition(" ")[0]
        self.usage = usage
        self.summary = summary
        self.run = run


def _quit(context: Context, argument: str) -> None:
    context.stop = True


COMMANDS = (
    Command("quit", "leave, as Ctrl-D does", _quit),
    Command("exit", "the same", _quit),
)
_BY_NAME = {command.name: command for command in COMMANDS}


def find(line: str, session: Session) -> tuple[Command, str] | None:
    """The command that a line is, with its argument; None for program text."""
    if asked := _ASKED.match(line):
        return (_BY_NAME["help"], asked["name"]) if "help" in _BY_NAME else None
    match = _WORD.match(line.replace("()", "") if line.strip() in ("quit()", "exit()") else line)
    if match is None or match[1] in session or match[1] not in _BY_NAME:
        return None
    argument = (match["rest"] or "").strip()
    return None if _GOES_ON.match(argument) else (_BY_NAME[match[1]], argument)


def names() -> list[str]:
    """The words that commands begin with."""
    return list(_BY_NAME)


def complete(context: Context, line: str) -> Iterator[tuple[str, str]]:
    """What the last word of a line may be, with what it means: command words, and after one of them its arguments."""
    if " " not in line.lstrip():
        yield from ((command.name, f"{command.usage}: {command.summary}") for command in COMMANDS)
