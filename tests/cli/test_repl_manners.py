"""How the prompt behaves towards the terminal and whoever sits at it: signals, sizes, modes, colours, locales."""

from __future__ import annotations

import os
import signal
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.running import COMMAND, ENVIRONMENT
from tests.cli.terminal import ENTER, ESCAPE, Screen

Open = Callable[..., Screen]


def sane(screen: Screen) -> bool:
    """Whether the terminal echoes and edits lines itself, as shells expect it."""
    flags = termios.tcgetattr(screen.child.fileno())[3]
    return bool(flags & termios.ECHO and flags & termios.ICANON and flags & termios.ISIG)


# ---------------------------------------------------------------- Ctrl-C, Ctrl-D


def test_ctrl_c_takes_the_line_back(screen: Screen) -> None:
    screen.send("x = nothing of this")
    screen.settle()
    screen.send("\x03")
    screen.ready()
    screen.enter("1 + 1")
    assert "2" in screen.lines
    assert "error" not in screen.text


def test_ctrl_c_ends_a_computation_and_keeps_the_session(screen: Screen) -> None:
    screen.enter("x = 1")
    screen.line("while True: x = x + 1")
    screen.send(ENTER)
    screen.settle()
    screen.send("\x03")
    screen.see("interrupted")
    screen.ready()
    screen.enter("x + 41")
    assert "42" in screen.lines


def in_kernel(screen: Screen) -> None:
    """Begin a product of `a` that takes seconds, and wait until it is under way."""
    screen.send("print('under', 'way'); b = a @ a", ENTER)
    screen.see("under way")
    screen.settle()


ONE_CORE = {"OPENBLAS_NUM_THREADS": "1", "VECLIB_MAXIMUM_THREADS": "1"}  # a kernel is to last, wherever


def test_ctrl_c_inside_a_kernel(open_screen: Open) -> None:
    screen = open_screen(environ=ONE_CORE)
    screen.enter("a = ones(4500, 4500); b = 0")
    in_kernel(screen)
    screen.send("\x03")
    screen.see("interrupted")
    screen.ready()
    screen.enter("b + 40")
    assert "40" in screen.lines


def test_a_second_interrupt_leaves_at_once(open_screen: Open) -> None:
    screen = open_screen(environ=ONE_CORE)
    screen.enter("a = ones(7000, 7000);")
    in_kernel(screen)
    screen.send("\x03")
    screen.see("^C")
    screen.settle()
    assert "interrupted" not in screen.text
    screen.send("\x03")
    begin = time.monotonic()
    screen.wait(lambda: sane(screen), "a sane terminal")
    assert screen.end() == 130
    assert time.monotonic() - begin < 2


def test_ctrl_d_leaves(screen: Screen) -> None:
    screen.send("\x04")
    assert screen.end() == 0


@pytest.mark.parametrize("command", ["quit", "exit", "quit()"])
def test_quit_leaves(screen: Screen, command: str) -> None:
    screen.send(command, ENTER)
    assert screen.end() == 0


# ---------------------------------------------------------------- other signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_leave_the_terminal_sane(screen: Screen, number: signal.Signals) -> None:
    screen.send("half a line")
    screen.settle()
    assert not sane(screen)
    os.kill(screen.child.pid, number)
    screen.wait(lambda: sane(screen), "a sane terminal")
    assert screen.end() == 128 + number


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_end_a_computation(screen: Screen, number: signal.Signals) -> None:
    screen.send("while True: 1", ENTER)
    screen.settle()
    screen.send(ENTER)
    screen.settle()
    os.kill(screen.child.pid, number)
    assert screen.end() == 128 + number


def test_resize(screen: Screen) -> None:
    text = "a long line that is wrapped in a narrow terminal, and not in a wide one"
    screen.send(f"x = '{text}'")
    screen.settle()
    screen.screen.resize(24, 40)
    screen.child.setwinsize(24, 40)
    screen.settle()
    assert max(map(len, screen.lines)) <= 40
    screen.send(ENTER)
    screen.ready()
    screen.enter("len(x)")
    assert str(len(text)) in screen.lines


def test_suspend_and_resume(tmp_path: Path) -> None:
    screen = Screen(tmp_path, command=["bash", "--norc", "--noediting", "-i"], environ={"PS1": "$ "})
    screen.wait(lambda: screen.current.endswith("$"), "a shell")
    screen.send(f"'{COMMAND[0]}' -m gradcli\r")
    screen.wait(screen.at_prompt, "a prompt")
    screen.send("x = 4", "\x1a")
    screen.wait(lambda: screen.current.endswith("$"), "the shell")
    assert sane(screen)
    screen.send("fg\r")
    screen.see("\n>>> x = 4")
    screen.settle()
    screen.send("2", ENTER)
    screen.see("x = 42")
    screen.child.close(force=True)


# ---------------------------------------------------------------- keys


def test_vi_keys_can_be_switched_on(screen: Screen) -> None:
    screen.send("abc")
    screen.settle()
    screen.send("\x1bOS")  # F4
    screen.settle()
    screen.send(ESCAPE)
    screen.settle()
    screen.send("0x")
    screen.wait(lambda: screen.current == ">>> bc")
    screen.send("i", "\x1bOS", "\x01", "z")  # F4, Ctrl-A: the beginning of the line in emacs
    screen.wait(lambda: screen.current == ">>> zbc")


def test_the_editor(open_screen: Open, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho "y = 6 * 7" > "$1"\n', "utf-8")
    editor.chmod(0o755)
    screen = open_screen(environ={"VISUAL": str(editor), "EDITOR": str(editor)})
    screen.send("x = 1")
    screen.settle()
    screen.send("\x18\x05")
    screen.wait(lambda: screen.current == ">>> y = 6 * 7")
    screen.settle()
    screen.send(ENTER)
    screen.see("\ny = 42")


# ---------------------------------------------------------------- colours and locales


def coloured(screen: Screen) -> bool:
    """Whether anything on the screen has a colour."""
    return any(
        screen.screen.buffer[row][column].fg != "default"
        for row in range(screen.screen.lines)
        for column in range(screen.screen.columns)
    )


@pytest.mark.parametrize(
    ("environ", "arguments", "expected"),
    [
        ({}, (), True),
        ({"NO_COLOR": "1"}, (), False),
        ({"FORCE_COLOR": "1"}, (), True),
        ({"NO_COLOR": "1"}, ("--color=always",), True),
        ({}, ("--color=never",), False),
    ],
)
def test_colour(open_screen: Open, environ: dict[str, str], arguments: tuple[str, ...], expected: bool) -> None:
    screen = open_screen(*arguments, environ=environ)
    screen.enter("x = ones(2, requires_grad=True)")
    screen.enter("backward x.sum()")
    screen.enter("missing")
    screen.send("backward x.s")
    screen.settle()
    assert coloured(screen) == expected


def test_a_terminal_that_obeys_nothing(open_screen: Open) -> None:
    screen = open_screen(environ={"TERM": "dumb"})
    screen.enter("1 + 1")
    assert screen.lines == [">>> 1 + 1", "2", ">>>"]
    assert b"\x1b" not in screen.raw


def test_a_locale_without_unicode(open_screen: Open) -> None:
    screen = open_screen(environ={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"})
    screen.enter("x = ones(2, requires_grad=True)")
    screen.enter("backward x.sum()")
    screen.see("+- gradients", "x.grad = tensor([1., 1.])")
    screen.send("x + 1")
    screen.settle()
    assert screen.text.isascii()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_themes(open_screen: Open, tmp_path: Path, theme: str) -> None:
    (tmp_path / "config" / "gradcli").mkdir(parents=True)
    (tmp_path / "config" / "gradcli" / "config.toml").write_text(f'theme = "{theme}"\n', "utf-8")
    screen = open_screen()
    screen.enter("1 + 1")
    assert screen.screen.buffer[0][0].fg == {"dark": "87d787", "light": "008700"}[theme]


def test_a_pipe_gets_no_prompt() -> None:
    run = subprocess.run(COMMAND, input=b"1 + 1\n", env=ENVIRONMENT, capture_output=True, check=False)
    assert (run.stdout, run.stderr) == (b"2\n", b"")
