"""grammar/LANGUAGE.md is true: its examples answer what stands below them.

`pycon` blocks are Python with torch, and answer the same here: where torch is installed it is asked, too. `gradcli`
blocks are this language's alone. Every block is a session of its own, with `torch`, `nn` and `F` imported. In `console`
blocks stands what a command line says, in full.
`python -m tests.test_language` writes the answers into the page, and needs torch.
"""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from gradcli.engine.limits import limits
from gradcli.lang.budget import Budget
from gradcli.lang.syntax.parse import MAX_BLOCKS, MAX_DEPTH, MAX_TEXT
from tests import docstrings, oracle
from tests.cli.running import gradcli

PAGE = Path(__file__).resolve().parent.parent / "grammar" / "LANGUAGE.md"
_BLOCK = re.compile(r"^```(pycon|gradcli|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[Any]:
    """The examples, named by their first lines."""
    found = [match[2] for match in _BLOCK.finditer(PAGE.read_text("utf-8")) if match[1] == language]
    return [pytest.param(text, id=text.split("\n", 1)[0].lstrip(">$ ")) for text in found]


def sources(block: str) -> list[str]:
    return [example.source for example in doctest.DocTestParser().get_examples(block)]


def answered_here(statements: list[str]) -> docstrings.Transcript:
    """What a session of ours shows, with gradients, variables and warnings as the plain prompt shows them."""
    from gradcli import Session
    from gradcli.show import plain

    session = Session(seed=0)
    session.run(docstrings.PRELUDE)
    answers: docstrings.Transcript = []
    lines: list[str] = []

    def emit(event: Any) -> None:
        kind = type(event).__name__
        if kind == "Shown":
            lines.append(plain.value_text(event.value))
        elif kind == "Printed":
            lines.append(event.text.removesuffix("\n"))
        elif kind == "Helped":
            lines.append(event.text)
        elif kind == "Variables":
            lines.extend(plain.named_text(name, plain.value_text(value)) for name, value in event.items)
        elif kind == "Gradients":
            lines.extend(plain.gradient_text(name, grad, before) for name, grad, before in event.items)
        else:
            lines.append(f"{event.diagnostic.exception}: {event.diagnostic.message}")

    try:
        for statement in statements:
            lines.clear()
            session.run(statement, emit)
            answers.append([statement, docstrings.plainly("".join(f"{line}\n" for line in lines))])
    finally:
        oracle.settle()
    return answers


def text_of(transcript: docstrings.Transcript) -> str:
    """A transcript as it stands in a block."""
    shown = []
    for statement, answer in transcript:
        first, *rest = statement.rstrip("\n").split("\n")
        shown += [f">>> {first}", *(f"... {line}".rstrip() for line in rest)]
        shown += [line or "<BLANKLINE>" for line in answer.rstrip("\n").split("\n")] if answer else []
    return "\n".join(shown) + "\n"


@pytest.mark.live_torch
@pytest.mark.parametrize("block", blocks("pycon"))
def test_python(block: str) -> None:
    statements = sources(block)
    assert statements
    assert text_of(docstrings.answered_here(statements)) == block
    if oracle.live():
        assert text_of(docstrings.asked_of_torch(statements)) == block


@pytest.mark.parametrize("block", blocks("gradcli"))
def test_here(block: str) -> None:
    assert text_of(answered_here(sources(block))) == block


def said(block: str) -> str:
    """What a command line says, below it."""
    command = block.split("\n", 1)[0].removeprefix("$ ")
    run = gradcli(*shlex.split(command)[1:])
    return f"$ {command}\n{run.stdout}{run.stderr}"


@pytest.mark.parametrize("block", blocks("console"))
def test_command_line(block: str) -> None:
    assert said(block) == block


def test_limits() -> None:
    """The table of limits has the numbers that are in force."""
    rows = re.findall(r"^\| (.*?) \| (.*?) \| (?:`--max-(\w+)`)? *\|$", PAGE.read_text("utf-8"), re.MULTILINE)
    written = {flag or what: number for what, number, flag in rows}
    budget = Budget()
    for flag in ("steps", "bits", "items", "characters", "output"):
        assert int(written[flag].replace(" ", "")) == getattr(budget, flag)
    assert (written["memory"], limits.max_bytes) == ("4 GiB", 4 << 30)
    assert (written["work"], limits.max_work) == ("10^12", 10**12)
    of_text = (MAX_TEXT, MAX_DEPTH, MAX_BLOCKS)
    assert tuple(int(row[1].replace(" ", "")) for row in rows if not row[2] and row[1][0].isdigit()) == of_text


def test_every_block_is_looked_at() -> None:
    fences = re.findall(r"^```(\w*)$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(fences) % 2 == 0
    assert set(fences[::2]) <= {"pycon", "gradcli", "console"}


def written() -> str:
    """The page with the answers as they are."""

    def answered(match: re.Match[str]) -> str:
        if match[1] == "console":
            return f"```console\n{said(match[2])}```"
        ask = docstrings.asked_of_torch if match[1] == "pycon" else answered_here
        return f"```{match[1]}\n{text_of(ask(sources(match[2])))}```"

    return _BLOCK.sub(answered, PAGE.read_text("utf-8"))


if __name__ == "__main__":
    PAGE.write_text(written(), "utf-8")
