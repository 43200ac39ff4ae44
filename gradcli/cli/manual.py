"""The man page, made from the table of arguments: `gradcli --generate man | man -l -`."""

from __future__ import annotations

from gradcli import __version__
from gradcli.cli.arguments import ARGUMENTS, DESCRIPTION, EXAMPLES, STATUSES, USAGE, Option, shown

_NAME = "command-line differentiator and REPL for tensor expressions"
_ABOUT = """\
A program is in a small, safe dialect of Python: torch's functions need no `torch.`, `^` is power, `;` separates
statements, and commands such as `backward out` and `grad out wrt x` differentiate. It runs from FILE, from -e, or
from standard input, statement by statement as they arrive; without any of them on a terminal there is a prompt.

Results go to standard output, all else to standard error."""
_ENVIRONMENT = (
    ("NO_COLOR", "if not empty: no colour"),
    ("FORCE_COLOR", "if not empty: colour also where output is no terminal; NO_COLOR and --color go before it"),
    ("TERM", "dumb: no colour, no progress, and the plain prompt"),
    ("GRADCLI_CONFIG", "the configuration file; if empty, none is read"),
    ("GRADCLI_NAME", "the value of a setting, for each NAME that --print-config lists (GRADCLI_PRECISION=6)"),
    ("GRADCLI_HISTORY", "the history of the prompt; if empty, none is kept"),
    ("XDG_CONFIG_HOME, XDG_STATE_HOME", "where these are looked for otherwise: ~/.config and ~/.local/state"),
    ("VISUAL, EDITOR", "what the command `edit` of the prompt starts"),
)
_FILES = (
    ("~/.config/gradcli/config.toml", "settings"),
    ("~/.config/gradcli/init.grad", "a program that every prompt begins with"),
    ("~/.local/state/gradcli/history", "what was entered at the prompt"),
)


def page() -> str:
    """The page in roff, for the macros of man(7)."""
    lines = [
        '.\\" Made by `gradcli --generate man`.',
        f'.TH GRADCLI 1 "" "gradcli {__version__}" "User Commands"',
        ".SH NAME",
        f"gradcli \\- {_roff(_NAME)}",
        ".SH SYNOPSIS",
        f".B gradcli\n{_roff(USAGE.removeprefix('gradcli '))}",
        ".SH DESCRIPTION",
        _roff(DESCRIPTION),
    ]
    for paragraph in _ABOUT.split("\n\n"):
        lines += [".PP", _roff(paragraph)]
    for title, options in ARGUMENTS:
        lines.append(f".SH {title.upper()}")
        for option in shown(options):
            lines += [".TP", _usage(option), _roff(option.help)]
    lines += [".SH EXIT STATUS", *_list([(str(status), what) for status, what in STATUSES])]
    lines += [".SH ENVIRONMENT", *_list(_ENVIRONMENT)]
    lines += [".SH FILES", *_list(_FILES)]
    lines += [".SH EXAMPLES", ".nf", *map(_roff, EXAMPLES), ".fi"]
    return "\n".join(lines) + "\n"


def _usage(option: Option) -> str:
    """`-h, --help` or `--color auto|always|never`, flags in bold and the rest in italics."""
    if option.takes == "program":
        return f"\\fI{_roff(option.metavar)}\\fR"
    value = option.metavar or "|".join(option.choices)
    flags = ", ".join(f"\\fB{_roff(flag)}\\fR" for flag in option.flags)
    return f"{flags} \\fI{_roff(value)}\\fR" if value else flags


def _list(items: tuple[tuple[str, str], ...] | list[tuple[str, str]]) -> list[str]:
    return [line for name, what in items for line in (".TP", f".B {_roff(name)}", _roff(what))]


def _roff(text: str) -> str:
    """Text as roff shows it: minus signs, backslashes and quotes are themselves, no line begins a request."""
    escaped = (
        text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga").replace("^", "\\(ha")
    )
    return "\\&" + escaped if escaped.startswith(".") else escaped
