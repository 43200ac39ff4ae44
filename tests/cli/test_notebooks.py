"""Notebooks run cell by cell; what IPython alone understands is left out, and what is no notebook is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gradcli.cli.notebooks import program
from tests.cli.running import gradcli


def code(*lines: str, **more: Any) -> dict[str, Any]:
    return {"cell_type": "code", "source": [line + "\n" for line in lines], **more}


def run(path: Path, notebook: Any) -> tuple[str, str, int]:
    path.write_text(notebook if isinstance(notebook, str) else json.dumps(notebook), "utf-8")
    done = gradcli(str(path))
    return done.stdout, done.stderr, done.returncode


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "book.ipynb"


def test_cell_by_cell(file: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": "# 1 +"},
        code("%matplotlib inline", "import torch", "x = torch.ones(2, requires_grad=True)", "x"),
        code(),
        {"cell_type": "raw", "source": "("},
        code("!pip install torch", "x + 1;"),
        code("x * 2", "x * 3", outputs=[{"text": "tensor([3., 3.])"}]),
        {"cell_type": "code", "source": "y = 1\ny"},
    ]
    shown = "tensor([1., 1.], requires_grad=True)\ntensor([3., 3.], grad_fn=<MulBackward0>)\n1\n"
    assert run(file, {"cells": cells, "nbformat": 4}) == (shown, "", 0)


def test_nbformat_3(file: Path) -> None:
    cells = [
        {"cell_type": "heading", "source": "Title"},
        {"cell_type": "code", "input": ["x = 2\n", "x"], "language": "python", "prompt_number": 1},
        {"cell_type": "code", "input": "x + 1", "language": "python"},
    ]
    assert run(file, {"nbformat": 3, "worksheets": [{"cells": cells}]}) == ("2\n3\n", "", 0)


def test_a_failure_says_which_cell(file: Path) -> None:
    output, errors, status = run(
        file, {"cells": [code("1"), {"cell_type": "markdown"}, code("x = 1", "x + y"), code("2")]}
    )
    assert (output, status) == ("1\n", 1)
    assert f"--> {file}, cell 2:2:5\n" in errors


CELLS = [
    ("%time x = 1\nx", "x = 1\nx"),
    ("%%time\nx = 1", "\nx = 1"),
    ("\n%%capture out\nprint(1)", "\n\nprint(1)"),
    ("%%bash\necho 1", ""),
    ("%%html\n<b>", ""),
    ("%load_ext autoreload\n%autoreload 2\nx", "\n\nx"),
    ("files = !ls\nx", "\nx"),
    ("a, b = %sql select\nx", "\nx"),
    ("if x:\n    !pip install y\nz", "if x:\n    pass\nz"),
    ("?sum\nsum?\nx.mean??\nx", "\n\n\nx"),
    ("y = (a\n% b)", "y = (a\n% b)"),
    ("s = '''\n%s\n!\n''' % x", "s = '''\n%s\n!\n''' % x"),
    ("x = a % b\nx != y", "x = a % b\nx != y"),
    (">>> x\n1\n", "x\n\n"),
    ("", ""),
    ("\n\n", "\n\n"),
]


@pytest.mark.parametrize(("source", "kept"), CELLS)
def test_magics(source: str, kept: str) -> None:
    assert program(source) == kept


REFUSED = [
    ("{", "is not a notebook: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    ("", "is not a notebook: Expecting value: line 1 column 1 (char 0)"),
    ("[" * 100_000, "is not a notebook: "),
    ("[]", "is not a notebook: it has no cells"),
    ({"cells": 3}, "is not a notebook: it has no cells"),
    ({"worksheets": None}, "is not a notebook: it has no cells"),
    ({"cells": [], "metadata": {"kernelspec": {"language": "R"}}}, "is a notebook for 'r', not for Python"),
    ({"cells": [], "metadata": {"language_info": {"name": "ju\x1blia"}}}, "is a notebook for 'ju\\x1blia', not for"),
]


@pytest.mark.parametrize(("notebook", "message"), REFUSED)
def test_refused(file: Path, notebook: Any, message: str) -> None:
    output, errors, status = run(file, notebook)
    assert (output, status) == ("", 2)
    assert errors.startswith(f"error: {file} {message}")
    assert errors.count("\n") == 1


def test_odd_cells_are_passed_over(file: Path) -> None:
    cells = [None, 3, {}, {"cell_type": "code"}, {"cell_type": "code", "source": None}, code("1"), {"source": "2"}]
    cells += [{"cell_type": "code", "source": [None, "3", 4]}]
    assert run(file, {"cells": cells, "metadata": {"language_info": {"name": "python"}}}) == ("1\n3\n", "", 0)
