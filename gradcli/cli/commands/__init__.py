"""Commands of the prompts, beside the language's own: `undo`, `save FILE`, `set precision 6`, `name?` …

table        all of them, in one place; which line is one, and what can follow
context      what a command works with, and the one place where a prompt runs a statement
log          what has run, and as a program    session    undo, reset, save, load    timing    helping    setting
examples, tutorial    programs to learn from

A word is a command only at the beginning of a line that would not be a sensible program, and never once the program
has bound it.
"""

from __future__ import annotations

from gradcli.cli.commands.context import Context
from gradcli.cli.commands.table import Command, complete, find, names

__all__ = ["Command", "Context", "complete", "find", "names"]
