"""`set`: what the prompt does and how tensors print."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gradcli.cli.commands.command import Complaint
from gradcli.cli.settings import TABLE, unknown
from gradcli.show.table import table_text

if TYPE_CHECKING:
    from gradcli.cli.commands.context import Context


def set_setting(context: Context, argument: str) -> None:
    """Change a setting from now on: `set precision 6`, `set keys vi`. `set` alone lists all, `set NAME` one.

    `gradcli --print-config` prints them as a file, which every prompt reads where it is found.
    """
    name, _, text = argument.replace("=", " ", 1).partition(" ")
    if name and text.strip():
        try:
            context.settings.set(name, text.strip().strip("\"'"))
        except ValueError as error:
            raise Complaint(str(error)) from None
        return
    if name and name not in TABLE:
        raise Complaint(unknown(name))
    shown = [name] if name else list(TABLE)
    rows = [(each, context.settings.text(each), TABLE[each].said) for each in shown]
    context.write(table_text(("setting", "value", "what it is"), rows))


def words(context: Context, argument: str) -> Iterator[tuple[str, str]]:
    """Names of settings, then their values."""
    name, space, _ = argument.partition(" ")
    if not space:
        yield from (
            (setting.name, f"{context.settings.text(setting.name)}: {setting.said}") for setting in TABLE.values()
        )
    elif name in TABLE:
        yield from ((word, "") for word in TABLE[name].kind.words)
