"""torch.autograd.functional, torch.func and gradcheck, an expression a line, beside torch: what is printed or raised.

`expressions.txt` has the expressions, tests/golden/transforms.jsonl torch's answers (scripts/record_torch writes them).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import oracle

pytestmark = pytest.mark.live_torch

EXPRESSIONS = (Path(__file__).parent / "expressions.txt").read_text("utf-8").splitlines()
PREAMBLE = """\
F, gc, ggc = torch.func, torch.autograd.gradcheck, torch.autograd.gradgradcheck
x = torch.ones(2)
r = torch.ones(2, requires_grad=True)
w = torch.tensor(3., requires_grad=True)
d = torch.tensor([1., 2.], dtype=torch.float64, requires_grad=True)
z = torch.tensor([1+2j, .5-1j], dtype=torch.complex128, requires_grad=True)
k = torch.tensor([0., 1.], dtype=torch.float64, requires_grad=True)
"""


def program(expression: str) -> str:
    return f"{PREAMBLE}print({expression})\nprint(r.grad, w.grad, d.grad)"


def answer(expression: str) -> oracle.Json:
    """torch's, without what it warns of in its own files."""
    outcome = oracle.run_torch(program(expression))
    outcome.warnings = [each for each in outcome.warnings if each[0] == "UserWarning"]
    return outcome.as_dict()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expression(expression: str) -> None:
    theirs = answer(expression) if oracle.live() else oracle.recorded("transforms.jsonl")[expression]
    assert oracle.run_here(program(expression)).as_dict() == theirs
