"""Families of operators on the shelf: known by name at the start, loaded when used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def run(*arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_table_says_what_the_families_publish() -> None:
    run("scripts/shelf", "--check")


@pytest.mark.parametrize(
    ("program", "families"),
    [
        ("torch.ones(2).exp()", []),
        ("torch.ones(2).erf()", ["error_functions"]),
        ("torch.special.gammaln(torch.ones(2))", ["error_functions", "gamma_functions"]),
        ("'erf' in dir(torch)", []),
    ],
)
def test_a_family_is_loaded_when_it_is_used(program: str, families: list[str]) -> None:
    lines = (
        "import sys",
        "from gradcli import torch",
        "from gradcli.ops.later import FAMILIES",
        program,
        "print(*sorted(name for name in FAMILIES if 'gradcli.ops.' + name in sys.modules))",
    )
    assert run("-c", "\n".join(lines)).split() == families


def test_help_knows_what_is_on_the_shelf() -> None:
    lines = ("from gradcli.lang.helptext import operator_help", "print(operator_help('special.i0e'))")
    assert "grad_fn: SpecialI0EBackward0" in run("-c", "\n".join(lines))
