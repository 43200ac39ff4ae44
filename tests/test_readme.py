"""The README is true: its session, its Python and its example of an operator run, and print what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def session() -> list[tuple[str, str]]:
    """(command, output) of the console blocks."""
    found = []
    for block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A PATH on which `gradcli` is this checkout's."""
    script = tmp_path / "gradcli"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gradcli "$@"\n', "utf-8")
    script.chmod(0o755)
    return {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize(("command", "output"), session(), ids=[command for command, _ in session()])
def test_session(command: str, output: str, environment: dict[str, str]) -> None:
    run = subprocess.run(
        ["sh", "-c", command], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    # Of a diagnostic the README shows the first line: the sentence.
    said = run.stdout + run.stderr.split("\n", 1)[0] + ("\n" if run.stderr else "")
    assert said == output
    assert run.returncode == (1 if output.startswith("error") else 0)


def test_python_block(environment: dict[str, str]) -> None:
    program = next(block for block in blocks("python") if "import" in block)
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == re.findall(r"# (.*)", program)


def test_an_operator_is_one_block() -> None:
    """The cube root of the README, defined as it stands, does all that is claimed."""
    from gradcli import torch
    from gradcli.engine import entry, public
    from gradcli.engine.op import op
    from gradcli.engine.tensor import Tensor

    known, names = list(entry.entries), (set(public.functions), set(public.methods))
    source = "from __future__ import annotations\n" + next(block for block in blocks("python") if "def cbrt" in block)
    exec(compile(source, "README.md", "exec", dont_inherit=True), {"op": op, "np": np})
    try:
        public.publish()
        x = torch.tensor([8.0, 1.0], requires_grad=True)
        y = public.functions["cbrt"](x)
        assert repr(y) == "tensor([2., 1.], grad_fn=<CbrtBackward0>)"
        (first,) = torch.autograd.grad(y.sum(), x, create_graph=True)
        (second,) = torch.autograd.grad(first.sum(), x)
        assert np.allclose(first.detach().numpy(), [1 / 12, 1 / 3])
        assert np.allclose(second.numpy(), [-2 / 9 * 8 ** (-5 / 3), -2 / 9])
        assert public.functions["cbrt"](torch.tensor([8])).dtype is torch.float32
        assert torch.tensor([8.0]).cbrt_().item() == 2.0
        with pytest.raises(TypeError, match="must be Tensor, not str"):
            public.functions["cbrt"]("8")
    finally:
        entry.entries[:] = public._published[:] = known
        for table, before in zip((public.functions, public.methods), names, strict=True):
            for name in set(table) - before:
                del table[name]
        for name in ("cbrt", "cbrt_"):
            delattr(Tensor, name)
