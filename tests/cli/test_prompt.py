"""The plain prompt in a real terminal: continues what is incomplete, goes on after errors, leaves on Ctrl-D."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pexpect
import pytest

from tests.cli.running import COMMAND, ENVIRONMENT


@pytest.fixture
def terminal() -> Iterator[pexpect.spawn]:
    child = pexpect.spawn(COMMAND[0], COMMAND[1:], env={**ENVIRONMENT, "TERM": "dumb"}, encoding="utf-8", timeout=30)
    child.delaybeforesend = None
    child.expect_exact(">>> ")
    yield child
    child.close(force=True)


def ask(terminal: pexpect.spawn, line: str, prompt: str = ">>> ") -> str:
    terminal.sendline(line)
    terminal.expect_exact(line)
    terminal.expect_exact(prompt)
    return str(terminal.before).strip().replace("\r\n", "\n")


def test_a_session(terminal: pexpect.spawn) -> None:
    assert ask(terminal, "x = tensor([1., 2.], requires_grad=True)") == "x = tensor([1., 2.], requires_grad=True)"
    assert ask(terminal, "def f(v):", "... ") == ""
    assert ask(terminal, "    return (v * v).sum()", "... ") == ""
    assert ask(terminal, "") == ""
    assert ask(terminal, "backward f(x)") == "x.grad = tensor([2., 4.])"
    assert "error: name 'missing' is not defined" in ask(terminal, "missing")
    assert ask(terminal, "(1 +", "... ") == ""
    assert ask(terminal, "2)") == "3"


def test_interrupt_and_end(terminal: pexpect.spawn) -> None:
    terminal.send("half a li")
    terminal.expect_exact("half a li")
    time.sleep(0.2)  # between the prompt and the reading, Python would notice it only with the next key
    terminal.sendintr()
    terminal.expect_exact(">>> ")
    terminal.sendline("while True: print('on')")
    terminal.expect_exact("... ")
    terminal.sendline("")
    terminal.expect_exact("on\r\n")
    terminal.sendintr()
    terminal.expect_exact("interrupted")
    terminal.expect_exact(">>> ")
    assert ask(terminal, "1 + 1") == "2"
    terminal.sendeof()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
