"""Whole messages: each file in tests/errors is a program, a line of `~`, and what gradcli says about it.

Where torch is installed it runs the program too, and must fail with the same exception and the same sentence, after the
same warnings; the files that say `# gradcli only` in their first line use what Python does not have.
`python -m tests.test_errors` writes the messages anew.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from gradcli import Session
from gradcli.lang.errors.diagnostics import Diagnostic, LineMap
from gradcli.show.plain import diagnostic_text
from tests import oracle

FILES = sorted((Path(__file__).resolve().parent / "errors").glob("*.txt"))
RULE = "~" * 80 + "\n"
OURS = "# gradcli only\n"
LIMITS = {"max_steps": 10_000}


def program_of(path: Path) -> str:
    return path.read_text("utf-8").partition(RULE)[0]


def diagnostics(program: str) -> list[Diagnostic]:
    """The warnings and the error of a program, run as a file is."""
    found: list[Any] = []
    Session(0, **LIMITS).run(program, found.append, name="program.grad", echo="none")
    oracle.settle()
    return [event.diagnostic for event in found if type(event).__name__ in ("Warned", "Failed")]


def told(program: str) -> str:
    lines = LineMap(program)
    return "".join(diagnostic_text(each, lines, "program.grad") + "\n" for each in diagnostics(program))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_message(path: Path) -> None:
    program, _, message = path.read_text("utf-8").partition(RULE)
    assert told(program) == message, "python -m tests.test_errors writes it anew; read what changed"


@pytest.mark.live_torch
@pytest.mark.skipif(not oracle.live(), reason="asks torch")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_sentences_are_those_of_torch(path: Path) -> None:
    program = program_of(path)
    if program.startswith(OURS):
        pytest.skip("uses what Python does not have")
    said = [comparable(each.exception, each.message) for each in diagnostics(program)]
    theirs = oracle.run_torch(program, oracle.bare_names())
    wanted = [comparable(kind, text) for kind, text in theirs.warnings]
    if theirs.exception is not None:
        wanted.append(comparable(theirs.exception, theirs.message or ""))
    assert said == wanted


# Where Python's own files lie, and where in a text it found a syntax error: we say that in other ways.
ELSEWHERE = re.compile(r" \((?:unknown location|/[^()]*|<string>, line \d+)\)$")


def comparable(kind: str, message: str) -> tuple[str, str]:
    return kind.lstrip("_"), ELSEWHERE.sub("", oracle.WHERE_IN_TORCH.sub("", message.rstrip("\n")))


def test_there_are_messages() -> None:
    assert len(FILES) >= 90


if __name__ == "__main__":
    for file in FILES:
        program_text = program_of(file)
        file.write_text(program_text + RULE + told(program_text), "utf-8")
        sys.stdout.write(f"{file.name}\n")
