"""What the command line says."""

from __future__ import annotations

import argparse
from typing import Any

from gradcli import __version__

_DESCRIPTION = """\
Evaluate tensor expressions and differentiate them, as PyTorch does.

examples:
  gradcli -e 'x = ones(2, 2, requires_grad=True); (x * x).sum().backward(); x.grad'
  gradcli --wrt 'x=[1., 2., 3.]' -e 'mean(x ** 2)'
  gradcli tutorial.py
  echo 'sigmoid(0.5)' | gradcli
  gradcli                                    (a prompt)
"""
_EPILOG = "exit status: 0 done, 1 the program failed, 2 usage, 130 interrupted"

_FACTORS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def parse_arguments(argv: list[str]) -> argparse.Namespace:
    """The options. Raises SystemExit: 0 after --help and --version, 2 for what cannot be understood."""
    parser = _parser()
    options = parser.parse_args(argv)
    if options.expressions and options.file is not None:
        parser.error("give either -e EXPRESSION or FILE")
    for what in ("let", "wrt"):
        for binding in getattr(options, what):
            name, equals, _ = binding.partition("=")
            if not equals or not (name.strip().isidentifier() and name.isascii()):
                parser.error(f"argument --{what}: expected NAME=EXPRESSION, got {binding!r}")
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gradcli",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("file", nargs="?", metavar="FILE", help="program to run: .py, .grad or .ipynb; - is standard input")
    add("-e", dest="expressions", action="append", default=[], metavar="TEXT", help="run TEXT; may be repeated")
    add("-i", dest="interactive", action="store_true", help="go on at a prompt afterwards")
    add("--let", action="append", default=[], metavar="NAME=EXPR", help="bind NAME before the program runs")
    add(
        "--wrt",
        action="append",
        default=[],
        metavar="NAME=EXPR",
        help="bind NAME to a leaf that requires grad; the gradient of the last value with respect to it is printed",
    )
    add("--seed", type=int, metavar="N", help="seed the random numbers, as torch.manual_seed(N)")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print one JSON document with all results")
    output.add_argument("--jsonl", action="store_true", help="print a JSON object a line, as results come")
    add("--color", choices=("auto", "always", "never"), default="auto", help="colour in messages (default: auto)")
    add("--keep-going", action="store_true", help="go on after a statement that failed; the exit status is still 1")
    limits = parser.add_argument_group("limits")
    add = limits.add_argument
    add("--max-steps", type=_count, metavar="N", help="loop iterations and calls of one run")
    add("--max-memory", type=_size, metavar="BYTES", help="of one tensor (1g, 500m …; default 4g)")
    add("--max-work", type=_count, metavar="N", help="multiply-adds of one operation")
    add("--max-bits", type=_count, metavar="N", help="of an integer")
    add("--max-items", type=_count, metavar="N", help="of a list")
    add("--max-characters", type=_count, metavar="N", help="of a string")
    add("--max-output", type=_count, metavar="N", help="characters printed")
    parser.add_argument("--debug", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--version", action="version", version=f"gradcli {__version__}")
    return parser


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


def limits_of(options: Any) -> dict[str, int | None]:
    """The session's limits among the options."""
    return {name: getattr(options, name) for name in _SESSION_LIMITS}


_SESSION_LIMITS = ("max_steps", "max_bits", "max_items", "max_characters", "max_output")
