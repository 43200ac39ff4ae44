"""The prompt comes first, keys are drawn at once: in a pty, beside IPython where it is installed."""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.running import COMMAND, ROOT
from tests.cli.terminal import ENTER, Screen

sys.path.insert(0, str(ROOT / "scripts"))
import prompt_times

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


def test_prompt_beside_ipython() -> None:
    """In 0.6 of IPython's time. Of several rounds in turns, the best of each: others use this machine too."""
    if prompt_times.ipython() is None:
        pytest.skip("IPython is not installed")
    times = prompt_times.measure(COMMAND, 7)
    ours, theirs = (min(prompt for prompt, _ in times[name]) for name in ("gradcli", "IPython"))
    assert ours <= 0.6 * theirs


def test_a_key_is_drawn_at_once() -> None:
    """In 30 ms, at the end of an input of 30 lines; of the processor's, where it tells: others use this machine too."""
    keys, processor = prompt_times.measure_keys(COMMAND)
    assert (statistics.median(keys) if processor is None else processor) < 0.030
