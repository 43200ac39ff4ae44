"""The prompt comes first. How soon is measured by `scripts/bench prompt`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tests.cli.running import ROOT
from tests.cli.terminal import ENTER, Screen

Open = Callable[..., Screen]

# A numpy that waits for a file before it lets itself be imported.
SLOW_NUMPY = """\
import os, sys, time
while not os.path.exists(os.environ["GO"]):
    time.sleep(0.01)
sys.path.remove(os.path.dirname(os.path.dirname(__file__)))
del sys.modules["numpy"]
import numpy
"""


def test_the_prompt_is_up_before_numpy_is_imported(open_screen: Open, tmp_path: Path) -> None:
    (tmp_path / "slow" / "numpy").mkdir(parents=True)
    (tmp_path / "slow" / "numpy" / "__init__.py").write_text(SLOW_NUMPY, "utf-8")
    go = tmp_path / "go"
    screen = open_screen(environ={"PYTHONPATH": f"{tmp_path / 'slow'}{os.pathsep}{ROOT}", "GO": str(go)})
    screen.see("starting")
    screen.send("x = ones(", ENTER, "2)")
    screen.see("... ", "2)")
    assert "starting" in screen.text
    screen.send(ENTER)
    screen.settle()
    assert "tensor" not in screen.text
    go.write_text("", "utf-8")
    screen.see("x = tensor([1., 1.])  [2] float32")
    screen.ready()
