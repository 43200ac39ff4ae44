"""Commands at the real prompt: what needs a terminal."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.running import gradcli
from tests.cli.terminal import ENTER, Screen

Open = Callable[..., Screen]


@pytest.fixture
def screen(open_screen: Open) -> Screen:
    """A terminal in which nothing scrolls away."""
    return open_screen(rows=60)


def test_a_session_is_saved_undone_and_run_again(screen: Screen, tmp_path: Path) -> None:
    for line in ("x = rand(2, requires_grad=True)", "backward (x * x).sum()", "y = 1", "undo", "x.grad", "save s.grad"):
        screen.enter(line)
    screen.see("undone: y = 1", "saved: ")
    run = gradcli("s.grad", cwd=tmp_path)
    assert run.returncode == 0
    *_, value = run.stdout.splitlines()
    assert value in screen.text
    screen.enter("reset")
    screen.enter("x")
    screen.see("name 'x' is not defined")
    screen.enter("load s.grad")
    screen.enter("x.grad")
    assert screen.text.count(f"\n{value}  [2] float32") == 2


def test_copy_asks_the_terminal(screen: Screen) -> None:
    screen.enter("ones(2)")
    screen.enter("copy")
    screen.see("copied: 16 characters")
    encoded = base64.b64encode(b"tensor([1., 1.])")
    assert b"\x1b]52;c;" + encoded + b"\x07" in screen.raw


def test_help_by_a_question_mark(screen: Screen) -> None:
    screen.enter("mul?")
    screen.see("grad_fn: MulBackward0", ">>> mul(")


def test_the_tutorial_goes_on_when_the_answer_is_right(screen: Screen) -> None:
    screen.enter("tutorial")
    screen.see("Lesson 1 of 5", "Task: Make a leaf", "`tutorial stop`)\n>>>")
    screen.enter("w = tensor(2., requires_grad=True)")
    screen.enter("backward w^2")
    assert "Right!" not in screen.text
    screen.enter("w.grad = None")
    screen.enter("backward w^3")
    screen.see("Right!", "Lesson 2 of 5", "Task: Bind `node`")
    screen.settle()
    screen.enter("tutorial stop")
    screen.enter("1 + 1")
    assert "2" in screen.lines


def test_edit_brings_the_last_entry_back(open_screen: Open, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i.old s/ones/zeros/ "$1"\n', "utf-8")
    editor.chmod(0o755)
    screen = open_screen(environ={"VISUAL": str(editor)})
    screen.enter("x = ones(2)")
    screen.send("edit", ENTER)
    screen.wait(lambda: screen.current == ">>> x = zeros(2)")
    screen.settle()
    screen.send(ENTER)
    screen.see("x = tensor([0., 0.])")


def test_time_and_the_last_duration(screen: Screen) -> None:
    screen.enter("time ones(10) + 1")
    screen.see(" us a loop (best of 5, ")


def test_completion_of_commands_and_what_follows_them(screen: Screen, tmp_path: Path) -> None:
    (tmp_path / "program.grad").write_text("1\n", "utf-8")
    (tmp_path / "picture.png").write_text("", "utf-8")
    screen.enter("1")
    for typed, offered in (("tuto", "tutorial [N]: five lessons"), ("set ke", "emacs: what the keys do")):
        screen.send(typed)
        screen.see(offered)
        screen.send("\x03")
        screen.ready()
    for typed, whole in (("set keys v", "set keys vi"), ("load pr", "load program.grad")):
        screen.send(typed)
        screen.settle()
        screen.send("\t")
        screen.wait(lambda whole=whole: screen.current == f">>> {whole}", whole)  # type: ignore[misc]
        screen.send("\x03")
        screen.ready()
    assert "picture.png" not in screen.text


def test_an_interrupted_statement_has_not_happened(screen: Screen) -> None:
    """In place, in a list, in the random numbers, in gradients: all as before."""
    screen.enter("w = zeros(2, requires_grad=True); items = []; manual_seed(3);")
    screen.line("for i in range(10**9):")
    screen.line("items.append(rand(1)); backward w.sum()")
    screen.send(ENTER)
    screen.settle()
    screen.send("\x03")
    screen.see("interrupted")
    screen.ready()
    screen.enter("items, w.grad, rand(1)")
    screen.see("([], None, tensor([0.0043]))")
