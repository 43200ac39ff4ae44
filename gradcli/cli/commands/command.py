"""A command, and how it says that it cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcli.cli.commands.context import Context

Act = Callable[["Context", str], None]
Words = Callable[["Context", str], Iterable[tuple[str, str]]]


class Complaint(Exception):
    """A command cannot do what is asked: the message is a sentence for the user."""


def no_words(context: Context, argument: str) -> Iterable[tuple[str, str]]:
    """The completions of an argument about which nothing is known."""
    return ()


class Command:
    """usage: as it is typed. summary: what it does, in a line. words(context, argument): what its argument may end in.

    The function that does it documents it: `help NAME` shows its docstring.
    """

    __slots__ = ("_act", "name", "summary", "usage", "words")

    def __init__(self, usage: str, summary: str, act: Act, words: Words = no_words) -> None:
        self.name = usage.partition(" ")[0]
        self.usage = usage
        self.summary = summary
        self._act = act
        self.words = words

    def run(self, context: Context, argument: str) -> None:
        """Do it; what it cannot do, it says."""
        try:
            self._act(context, argument)
        except Complaint as complaint:
            context.complain(str(complaint))
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            where = f"{error.filename}: " if error.filename else ""
            context.complain(f"{self.name}: {where}{error.strerror or error}")

    @property
    def documentation(self) -> str:
        """More than a line about it."""
        doc = self._act.__doc__ or ""
        return "\n".join(line.removeprefix("    ") for line in doc.strip().split("\n"))
