"""Whole screens of the prompt, as they are kept in tests/cli/screens.

`SCREENS=write pytest tests/cli/test_screens.py` keeps what is shown now.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.terminal import ENTER, Screen

KEPT = Path(__file__).parent / "screens"
GRADIENT = ("x = ones(2, 2, requires_grad=True)", "out = mean((x + 2)^2 * 3)", "backward out", "backward mean(x * x)")
PASTED = "\x1b[200~>>> def f(v):\n...     return (v * v).sum()\n...\n>>> f(ones(3))\ntensor(3.)\n\x1b[201~"
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

# name: (lines that are entered, what is typed then, what has to come of it, how the terminal is)
SCREENS: dict[str, tuple[tuple[str, ...], str, str, dict[str, object]]] = {
    "gradients": (GRADIENT, "", "", {"rows": 40}),
    "gradients_narrow": (GRADIENT, "", "", {"columns": 46, "rows": 44}),
    "gradients_ascii": (GRADIENT, "", "", {"environ": ASCII, "rows": 40}),
    "gradients_dumb": (GRADIENT, "", "", {"environ": {"TERM": "dumb"}}),
    "variables": (
        ("x = ones(2, 3)", "y = (x.requires_grad_() * 2).T", "n = 3", "s = 'text'", "vars"),
        "",
        "",
        {"rows": 40},
    ),
    "no_variables": (("vars",), "", "", {}),
    "large": (("zeros(3000, 2000)", "arange(5000).double()"), "", "", {"rows": 40}),
    "shapes_that_clash": (("w = ones(2, 3)", "w @ ones(4, 3)", "w + ones(4)"), "", "", {"rows": 40}),
    "not_scalar": (("x = ones(2, requires_grad=True)", "backward x * 2"), "", "", {}),
    "syntax": (("x = = 2", "y = (1 + 2", "3] + 1)"), "", "", {"rows": 40}),
    "help_ascii": (("help",), "1 + 1", "int 2", {"rows": 40, "environ": ASCII}),
    "help": (("help",), "", "", {"rows": 40}),
    "help_mean": (("mean?",), "", "", {"rows": 40}),
    "set": (("set",), "", "", {}),
    "tutorial": (("tutorial",), "", "", {"rows": 40}),
    "menu_of_functions": (("1",), "y = soft", "softshrink", {}),
    "menu_of_members": (("x = ones(2)",), "x.req", "requires_grad_", {}),
    "menu_of_keywords": (("x = ones(2)",), "sum(x, k", "keepdim=", {}),
    "menu_of_commands": (("1",), "exa", "examples", {}),
    "preview": (("w = ones(2000, 3000)",), "v = w @ w.T + 1", "[2000, 2000] float32", {}),
    "preview_of_an_error": (("w = ones(2, 3)",), "w @ w", "cannot be multiplied", {}),
    "continued": (("1",), "def f(v):" + ENTER + "for i in range(3):" + ENTER + "v = v * (", "v = v * (", {}),
    "pasted": (("1",), PASTED, "f(ones(3))", {}),
}


@pytest.mark.parametrize("name", SCREENS)
def test_screen(open_screen: Callable[..., Screen], name: str) -> None:
    lines, typed, awaited, more = SCREENS[name]
    screen = open_screen(**more)
    for line in lines:
        if line.count("(") > line.count(")"):
            screen.line(line)
        else:
            screen.enter(line)
    for key in typed.split(ENTER):
        screen.send(key)
        screen.settle()
        if key != typed.split(ENTER)[-1]:
            screen.send(ENTER)
            screen.settle()
    screen.see(*filter(None, [awaited]))
    screen.settle()
    text = timeless(screen.text) + "\n"
    path = KEPT / f"{name}.txt"
    if os.environ.get("SCREENS") == "write":
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


def timeless(text: str) -> str:
    """How long an entry took is never the same, nor how much of the line then fits behind it."""
    return re.sub(r"(?<=[│|] )[\d.]+ (?:s|ms|us)(?: [│|].*)?$", "1 ms", text)


def test_no_screen_is_kept_for_nothing() -> None:
    assert {path.stem for path in KEPT.iterdir()} == SCREENS.keys()
