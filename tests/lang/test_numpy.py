"""numpy and the modules of Python's library: what programs print is what Python prints.

numpy_programs.txt and the lines of numpy_lines.txt are asked of Python with numpy each time; those of
numpy_tensors.txt, where arrays meet tensors, of torch where it is installed, else of tests/golden/numpy_tensors.json.
`python -m tests.lang.test_numpy` records, and needs torch.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from tests import oracle
from tests.lang.asked_of_python import by_python, here, programs

HERE = Path(__file__).parent
RECORDED = oracle.GOLDEN / "numpy_tensors.json"
PRELUDE = """\
import numpy as np
a = np.array([1., 2.]); b = np.arange(6).reshape(2, 3); f = np.float32([1, 2]); i = np.arange(2)
m = np.array([[2., 1.], [1., 3.]])
"""
TENSORS = PRELUDE + "import torch\nx = torch.tensor([1., 2.]); xg = torch.tensor([1., 2.], requires_grad=True)\n"


def lines(name: str) -> list[str]:
    text = (HERE / name).read_text("utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def as_program(line: str, prelude: str) -> str:
    """A line that is an expression has its value printed."""
    try:
        ast.parse(line, mode="eval")
    except SyntaxError:
        return f"{prelude}{line}\n"
    return f"{prelude}print(repr({line}))\n"


@pytest.mark.parametrize("line", lines("numpy_lines.txt"))
def test_line(line: str) -> None:
    program = as_program(line, PRELUDE)
    assert here(program) == by_python(program)


PROGRAMS = programs("numpy_programs.txt")


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    assert here(PRELUDE + PROGRAMS[name]) == by_python(PRELUDE + PROGRAMS[name])


@pytest.mark.live_torch
@pytest.mark.parametrize("line", lines("numpy_tensors.txt"))
def test_arrays_and_tensors(line: str) -> None:
    program = as_program(line, TENSORS)
    recorded = json.loads(RECORDED.read_text("utf-8"))
    assert here(program) == recorded[line]
    if oracle.live():
        assert by_python(program) == recorded[line]


if __name__ == "__main__":
    oracle.torch()
    answers = {line: by_python(as_program(line, TENSORS)) for line in lines("numpy_tensors.txt")}
    RECORDED.write_text(json.dumps(answers, indent=1) + "\n", "utf-8")
