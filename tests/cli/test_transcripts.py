"""What was copied from a prompt runs: as a file, through a pipe, in -e, and pasted at the plain prompt."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pexpect
import pytest

from tests.cli.running import COMMAND, ENVIRONMENT, gradcli

PYTHON = """\
>>> import torch
>>> x = torch.ones(2, requires_grad=True)
>>> def f(v):
...     return (v * v).sum()
...
>>> f(x).backward()
>>> x.grad
tensor([9., 9.])
>>> for i in range(2):
...     print(i)
...
7
8
>>> 1 +\\
... 2
"""
IPYTHON = """\
In [1]: import torch

In [2]: x = torch.ones(2, requires_grad=True)
   ...: def f(v):
   ...:     return (v * v).sum()
   ...:

In [3]: f(x).backward()

In [4]: x.grad
Out[4]: tensor([9., 9.])

In [5]: for i in range(2):
   ...:     print(i)
   ...:
7
8

In [6]: 1 + 2
Out[6]: 4
"""
NOTEBOOK = """\
In [1]:
import torch
x = torch.ones(2, requires_grad=True)
def f(v):
    return (v * v).sum()
f(x).backward()

In [2]:
x.grad

Out[2]:
tensor([9., 9.])

In [ ]:
for i in range(2):
    print(i)

7
8

In [4]:
1 + 2

Out[4]:
4
"""
BANNER = 'Python 3.11.2 (main, Apr 28 2025) [GCC 12] on linux\nType "help", "copyright" for more information.\n'
SHOWN = "tensor([2., 2.])\n0\n1\n3\n"
TRANSCRIPTS = {"python": PYTHON, "ipython": IPYTHON, "notebook": NOTEBOOK, "banner": BANNER + PYTHON}


@pytest.fixture(params=TRANSCRIPTS)
def transcript(request: pytest.FixtureRequest) -> str:
    return TRANSCRIPTS[request.param]


@pytest.mark.parametrize("suffix", ["py", "grad", "txt"])
def test_as_a_file(transcript: str, suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"copied.{suffix}"
    file.write_text(transcript, "utf-8")
    run = gradcli(str(file))
    assert (run.stdout, run.stderr, run.returncode) == (SHOWN, "", 0)


def test_as_a_pipe(transcript: str) -> None:
    run = gradcli(text="\n" + transcript)
    assert (run.stdout, run.stderr, run.returncode) == (SHOWN, "", 0)


def test_as_an_argument(transcript: str) -> None:
    run = gradcli("-e", transcript)
    assert (run.stdout, run.stderr, run.returncode) == (SHOWN, "", 0)


def test_in_a_cell(tmp_path: Path) -> None:
    file = tmp_path / "book.ipynb"
    file.write_text(json.dumps({"cells": [{"cell_type": "code", "source": PYTHON}]}), "utf-8")
    assert gradcli(str(file)).stdout == "0\n1\n3\n"


def test_lines_keep_their_numbers(tmp_path: Path) -> None:
    file = tmp_path / "copied.txt"
    file.write_text(PYTHON + "6\n>>> missing\n", "utf-8")
    assert f"--> {file}:17:1\n" in gradcli(str(file)).stderr
    assert "--> line 17, column 1\n" in gradcli(text=PYTHON + "6\n>>> missing\n").stderr


def test_a_program_is_no_transcript() -> None:
    run = gradcli(text="x = '''\n>>> 1\n'''\nprint(x)\n1 >> 0\n")
    assert run.stdout == "\n>>> 1\n\n1\n"
    assert "invalid syntax" in gradcli(text="1\n>>> 2\n").stderr


def test_pasted_at_the_plain_prompt(transcript: str) -> None:
    child = pexpect.spawn(COMMAND[0], COMMAND[1:], env={**ENVIRONMENT, "TERM": "dumb"}, encoding="utf-8", timeout=20)
    child.delaybeforesend = None
    child.expect_exact(">>> ")
    child.send(transcript)
    child.expect("1\r\n(>>> |\\.\\.\\. )+3\r\n")
    said = str(child.before) + str(child.after)
    assert "tensor([2., 2.])\r\n" in said
    assert "error" not in said
    assert "0\r\n1\r\n" in said
    child.expect_exact(">>> ")
    time.sleep(0.2)  # nobody types faster: what comes at once is output of the transcript
    child.sendline("6 * 7")
    child.expect_exact("42\r\n")
    child.close(force=True)
