"""On a terminal the characters are those of plain text, with colours."""

from __future__ import annotations

import io
import re

import pytest

from gradcli.lang.errors.diagnostics import Diagnostic, Label, LineMap
from gradcli.show.plain import diagnostic_text
from gradcli.show.terminal import Terminal

SOURCE = "y = x @ w + b"
DIAGNOSTIC = Diagnostic(
    "shape", "no match", [Label((4, 9), "[bold]shape[/] :smile:"), Label((12, 13), "shape [4]")], help="h", notes=["n"]
)
ENVIRON = {"TERM": "xterm-256color", "COLUMNS": "20", "LINES": "10"}


def stripped(text: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", text)


@pytest.mark.parametrize("kind", ["shape", "warning"])
def test_the_same_characters_in_colour(kind: str) -> None:
    stream = io.StringIO()
    diagnostic = Diagnostic(kind, DIAGNOSTIC.message, DIAGNOSTIC.labels, DIAGNOSTIC.help, DIAGNOSTIC.notes)
    Terminal(stream, environ=ENVIRON).diagnostic(diagnostic, LineMap(SOURCE))
    assert "\x1b[1;3" in stream.getvalue()
    plain = diagnostic_text(diagnostic, LineMap(SOURCE))
    assert [line.rstrip() for line in stripped(stream.getvalue()).splitlines()] == plain.splitlines()


def test_values_are_not_wrapped_and_keep_their_characters() -> None:
    stream = io.StringIO()
    text = "tensor([[1.0000,    nan,  ..., -inf]], size=(1, 4), dtype=torch.float64, grad_fn=<AddBackward0>)"
    Terminal(stream, environ=ENVIRON).value(text)
    assert stripped(stream.getvalue()) == text + "\n"
    assert "\x1b[31mnan\x1b[0m" in stream.getvalue()
    assert "\x1b[36mgrad_fn=<AddBackward0>\x1b[0m" in stream.getvalue()


def test_without_colour_there_are_no_escapes() -> None:
    stream = io.StringIO()
    terminal = Terminal(stream, colour=False, environ=ENVIRON)
    terminal.value("tensor(nan)")
    terminal.diagnostic(DIAGNOSTIC, LineMap(SOURCE))
    assert stream.getvalue() == "tensor(nan)\n" + diagnostic_text(DIAGNOSTIC, LineMap(SOURCE)) + "\n"
