"""Colours, by what they mean. `auto` uses the terminal's own sixteen, which suit light and dark backgrounds alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prompt_toolkit.styles import Style

# What is styled: the colours of `auto`, `dark` and `light`, as rich writes them.
_STYLES = {
    "prompt": ("bold green", "bold #87d787", "bold #008700"),
    "continuation": ("bright_black", "#6c6c6c", "#8a8a8a"),
    "code.keyword": ("bold blue", "#87afff", "#0000af"),
    "code.command": ("bold magenta", "bold #d7afff", "bold #8700af"),
    "code.constant": ("magenta", "#d7afff", "#8700af"),
    "code.number": ("cyan", "#5fd7d7", "#00707a"),
    "code.string": ("green", "#afd787", "#376f00"),
    "code.comment": ("italic bright_black", "italic #8a8a8a", "italic #6c6c6c"),
    "code.call": ("blue", "#87d7ff", "#005faf"),
    "code.definition": ("bold", "bold", "bold"),
    "code.wrong": ("underline red", "underline #ff8787", "underline #af0000"),
    "matching-bracket": ("bold underline", "bold underline", "bold underline"),
    "auto-suggestion": ("bright_black", "#6c6c6c", "#9e9e9e"),
    "toolbar": ("bright_black", "#a8a8a8", "#585858"),
    "toolbar.type": ("cyan", "#5fd7d7", "#00707a"),
    "toolbar.off": ("yellow", "#ffd787", "#875f00"),
    "toolbar.wrong": ("red", "#ff8787", "#af0000"),
    "facts": ("bright_black", "#8a8a8a", "#6c6c6c"),
    "note": ("yellow", "#ffd787", "#875f00"),
    "border": ("bright_black", "#6c6c6c", "#9e9e9e"),
    "title": ("bold", "bold", "bold"),
}
_COLUMNS = {"auto": 0, "dark": 1, "light": 2}

_COLOURS = ("red", "green", "yellow", "blue", "magenta", "cyan", "bright_black")

# Of the menu both colours are ours, so that it is legible on any background.
_MENU = {
    "auto": ("bg:ansigray fg:ansiblack", "bg:ansiblue fg:ansiwhite", "bg:ansigray fg:ansiblue"),
    "dark": ("bg:#303030 fg:#d0d0d0", "bg:#005f87 fg:#ffffff", "bg:#262626 fg:#8a8a8a"),
    "light": ("bg:#e4e4e4 fg:#303030", "bg:#87afd7 fg:#000000", "bg:#eeeeee fg:#6c6c6c"),
}


def colour(what: str, theme: str) -> str:
    """The style of something as rich writes it; "" for the theme `none`."""
    column = _COLUMNS.get(theme)
    return "" if column is None else _STYLES[what][column]


def terminal_style(theme: str) -> Style:
    """All styles of a theme, for prompt_toolkit."""
    from prompt_toolkit.styles import Style

    rules = {what: _translated(colour(what, theme)) for what in _STYLES}
    rules["bottom-toolbar"] = "noreverse"
    item, current, meta = _MENU.get(theme, ("", "reverse", ""))
    rules |= {
        "completion-menu": item,
        "completion-menu.completion": item,
        "completion-menu.completion.current": f"{current} noreverse" if theme in _MENU else current,
        "completion-menu.meta.completion": meta,
        "completion-menu.meta.completion.current": current,
        "matching-bracket.cursor": rules["matching-bracket"],
        "matching-bracket.other": rules["matching-bracket"],
    }
    return Style.from_dict(rules)


def _translated(style: str) -> str:
    """rich's words as prompt_toolkit's."""
    return " ".join("ansi" + word.replace("_", "") if word in _COLOURS else word for word in style.split())
