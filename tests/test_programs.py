"""Whole programs: what gradcli prints for a file is what Python with torch prints for the same text.

Each program in tests/programs has beside it the recorded output of torch (`NAME.out`); where torch is installed it runs
the program too. Addresses are not compared. `python -m tests.test_programs` records, and needs torch.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from tests import oracle

PROGRAMS = Path(__file__).resolve().parent / "programs"
ROOT = PROGRAMS.parent.parent
FILES = sorted(path for path in PROGRAMS.iterdir() if path.suffix in (".py", ".grad", ".ipynb"))
SEED = 0


def cells(path: Path) -> list[str]:
    text = path.read_text("utf-8")
    if path.suffix != ".ipynb":
        return [text]
    return ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]


def asked_of_torch(path: Path) -> str:
    """What Python with torch prints: as a script, echoing every bare expression (.grad), or a cell's last (.ipynb)."""
    torch = oracle.torch()
    torch.manual_seed(SEED)
    scope: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()) as output, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they go to the other stream, and torch warns of itself
        for cell in cells(path):
            body = ast.parse(cell).body
            for number, node in enumerate(body):
                echoes = path.suffix == ".grad" or (path.suffix == ".ipynb" and number + 1 == len(body))
                if echoes and isinstance(node, ast.Expr):
                    value = eval(compile(ast.Expression(node.value), path.name, "eval"), scope)
                    if value is not None:
                        print(repr(value))
                else:
                    exec(compile(ast.Module([node], []), path.name, "exec"), scope)
    torch.set_printoptions(profile="default")
    torch.set_default_device(None)  # with one, torch leaves its kernels for inference alone
    return without_addresses(output.getvalue())


def without_addresses(text: str) -> str:
    return re.sub(r"0x[0-9a-f]+", "0xADDR", text)


@pytest.mark.live_torch
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_program(path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "gradcli", "--seed", str(SEED), str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    recorded = path.with_name(path.name + ".out").read_text("utf-8")
    assert without_addresses(run.stdout) == recorded
    assert (run.stderr, run.returncode) == ("", 0)
    if oracle.live():
        assert asked_of_torch(path) == recorded


if __name__ == "__main__":
    for program in FILES:
        program.with_name(program.name + ".out").write_text(asked_of_torch(program), "utf-8")
