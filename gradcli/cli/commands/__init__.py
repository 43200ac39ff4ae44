"""Commands of the prompts, beside the language's own: `undo`, `save FILE`, `set precision 6`, `name?` …

table      all of them, in one place; which line is one, and what can follow    command    what one is
context    what a command works with, and the one place where a prompt runs what was typed
log        what took effect, as a program    undo    the states to go back to
sessions   reset, undo, save, load, copy, edit, quit    helping, setting, timing    one each
examples, tutorial    programs to learn from

A word is a command only at the beginning of a line that would not be a sensible program, and never once the program
has bound it.
"""

from __future__ import annotations

from gradcli.cli.commands.command import Command
from gradcli.cli.commands.context import Context
from gradcli.cli.commands.table import complete, find, names

__all__ = ["Command", "Context", "complete", "find", "names"]
