"""What the command line says: one table, from which come the parser, `--help`, the completions and the man page."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import Any

from gradcli import __version__

DESCRIPTION = "Evaluate tensor expressions and differentiate them, as PyTorch does."
USAGE = "gradcli [OPTION ...] [FILE | -e TEXT ...]"
EXAMPLES = (
    "gradcli -e 'x = ones(2, 2, requires_grad=True); (x * x).sum().backward(); x.grad'",
    "gradcli --wrt 'x=[1., 2., 3.]' -e 'mean(x ** 2)'",
    "gradcli tutorial.py",
    "echo 'sigmoid(0.5)' | gradcli",
    "gradcli  # a prompt",
)
STATUSES = (
    (0, "done"),
    (1, "the program failed"),
    (2, "usage"),
    (130, "interrupted"),
    (141, "the reader of the output has gone"),
)
SCRIPTS = ("bash", "zsh", "fish", "man")

_FACTORS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


class Option:
    """One argument: `--flag`, `-f`, or with a bare name a positional one.

    takes: the kind of its value, for completion: "" (it has none), "choice", "program", "path", "text" (program
    text), "binding" (NAME=text), "value" (anything else). apart: of the options with the same word here only one may
    be given. repeats: it may be given again. parse: argparse's keywords.
    """

    __slots__ = ("apart", "choices", "flags", "help", "metavar", "parse", "repeats", "takes")

    def __init__(
        self,
        *flags: str,
        help: str,
        takes: str = "",
        metavar: str = "",
        choices: tuple[str, ...] = (),
        apart: str = "",
        repeats: bool = False,
        **parse: Any,
    ) -> None:
        self.flags = flags
        self.help = help
        self.takes = "choice" if choices else takes
        self.metavar = metavar
        self.choices = choices
        self.apart = apart
        self.repeats = repeats
        self.parse = parse

    def add_to(self, parser: Any) -> None:
        """Tell argparse."""
        parse = dict(self.parse)
        if self.choices:
            parse["choices"] = self.choices
        if self.metavar:
            parse["metavar"] = self.metavar
        if self.repeats:
            parse.update(action="append", default=[])
        elif not self.takes and "action" not in parse:
            parse["action"] = "store_true"
        parser.add_argument(*self.flags, help=self.help, **parse)


def _count(text: str) -> int:
    number = int(float(text)) if text.replace(".", "").replace("e", "").isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a positive number, got {text!r}")
    return number


def _size(text: str) -> int:
    digits = text.lower().rstrip("ib").rstrip("kmgt")
    unit = text.lower().rstrip("ib")[len(digits) :]
    if not digits.isdigit() or unit not in _FACTORS:
        raise argparse.ArgumentTypeError(f"expected a size such as 500m or 4g, got {text!r}")
    return int(digits) * _FACTORS[unit]


def _limit(flag: str, help: str, type: Callable[[str], int] = _count, metavar: str = "N") -> Option:
    return Option(flag, takes="value", metavar=metavar, type=type, help=help)


ARGUMENTS: tuple[tuple[str, tuple[Option, ...]], ...] = (
    (
        "options",
        (
            Option(
                "file",
                nargs="?",
                takes="program",
                metavar="FILE",
                apart="program",
                help="program to run: .py, .grad or .ipynb; - is standard input",
            ),
            Option(
                "-e",
                dest="expressions",
                takes="text",
                metavar="TEXT",
                apart="program",
                repeats=True,
                help="run TEXT; may be repeated",
            ),
            Option("-i", dest="interactive", help="go on at a prompt afterwards"),
            Option(
                "--let", takes="binding", metavar="NAME=EXPR", repeats=True, help="bind NAME before the program runs"
            ),
            Option(
                "--wrt",
                takes="binding",
                metavar="NAME=EXPR",
                repeats=True,
                help="bind NAME to a leaf that requires grad; the gradient of the last value by it is printed",
            ),
            Option(
                "--seed", takes="value", type=int, metavar="N", help="seed the random numbers, as torch.manual_seed(N)"
            ),
            Option("--sandbox", help="run without files: load() and save() are refused"),
            Option("--json", apart="json", help="print one JSON document with all results"),
            Option("--jsonl", apart="json", help="print a JSON object a line, as results come"),
            Option(
                "--color",
                choices=("auto", "always", "never"),
                default="auto",
                help="colour in messages (default: auto)",
            ),
            Option(
                "--progress",
                apart="progress",
                help="show on a terminal how far a loop is from its start on, not only after a second",
            ),
            Option("--no-progress", apart="progress", help="never show how far a loop is"),
            Option(
                "--config",
                takes="path",
                metavar="FILE",
                apart="config",
                help="read the prompt's settings from FILE (default: config.toml in the XDG directory)",
            ),
            Option(
                "--no-config",
                apart="config",
                help="begin the prompt with nothing of the user's: neither settings nor init.grad",
            ),
            Option(
                "--set",
                dest="settings",
                takes="value",
                metavar="NAME=VALUE",
                repeats=True,
                help="change a setting of the prompt, or of how tensors print",
            ),
            Option("--print-config", help="print the settings of the prompt as a configuration file"),
            Option("--keep-going", help="go on after a statement that failed; the exit status is still 1"),
            Option("--generate", choices=SCRIPTS, help="print a completion script for a shell, or the man page"),
            Option("--debug", help=argparse.SUPPRESS),
            Option("-h", "--help", action="help", help="show this help and exit"),
            Option("--version", action="version", version=f"gradcli {__version__}", help="show the version and exit"),
        ),
    ),
    (
        "limits",
        (
            _limit("--max-steps", "at most N loop iterations and calls in one run"),
            _limit("--max-memory", "at most BYTES in one tensor (500m, 1g, ...; default 4g)", _size, "BYTES"),
            _limit("--max-work", "at most N multiply-adds in one operation"),
            _limit("--max-bits", "at most N bits in an integer"),
            _limit("--max-items", "at most N items in a list"),
            _limit("--max-characters", "at most N characters in a string"),
            _limit("--max-output", "at most N characters printed"),
        ),
    ),
)
_SESSION_LIMITS = ("max_steps", "max_bits", "max_items", "max_characters", "max_output")


def shown(options: tuple[Option, ...]) -> list[Option]:
    """Those that are no secret."""
    return [option for option in options if option.help != argparse.SUPPRESS]


def parse_arguments(argv: list[str]) -> argparse.Namespace:
    """The options. Raises SystemExit: 0 after --help and --version, 2 for what cannot be understood."""
    parser = _parser()
    options = parser.parse_args(argv)
    for texts in (options.expressions, options.let, options.wrt):
        texts[:] = map(_as_utf8, texts)
    for what in ("let", "wrt"):
        for binding in getattr(options, what):
            name, equals, _ = binding.partition("=")
            if not equals or not (name.strip().isidentifier() and name.isascii()):
                parser.error(f"argument --{what}: expected NAME=EXPRESSION, got {binding!r}")
    _check_settings(options, parser)
    return options


def _check_settings(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    if options.settings:
        from gradcli.cli.settings import check

        for binding in options.settings:
            try:
                check(binding)
            except ValueError as error:
                parser.error(f"argument --set: {error}")


def _as_utf8(text: str) -> str:
    """Program text from the command line, which is UTF-8 also where the locale is not."""
    try:
        return text if text.isascii() else os.fsencode(text).decode("utf-8")
    except UnicodeError:
        return text


class _Parser(argparse.ArgumentParser):
    def _print_message(self, message: str, file: Any = None) -> None:
        """argparse's own ignores that the disk is full."""
        if file is not None:
            file.write(message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="gradcli",
        usage=USAGE,
        description="\n".join([DESCRIPTION, "", "examples:", *[f"  {each}" for each in EXAMPLES]]),
        epilog="exit status: " + ", ".join(f"{number} {what}" for number, what in STATUSES),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,
    )
    for title, options in ARGUMENTS:
        group: Any = parser if title == "options" else parser.add_argument_group(title)
        apart: dict[str, Any] = {}
        for option in options:
            if option.apart and option.apart not in apart:
                apart[option.apart] = group.add_mutually_exclusive_group()
            option.add_to(apart.get(option.apart, group))
    return parser


def limits_of(options: Any) -> dict[str, int | None]:
    """The session's limits among the options."""
    return {name: getattr(options, name) for name in _SESSION_LIMITS}
