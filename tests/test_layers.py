"""Imports go one way: engine <- ops <- autograd <- nn <- lang <- session <- explain, show <- cli.

The imports are read from the source, wherever in a file they stand, so that an arrow that runs back is found before it
becomes a cycle. What a one-shot run loads is asked of a real process.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "gradcli"

LAYERS = {
    "engine": 0,
    "ops": 1,
    "autograd": 2,
    "nn": 3,
    "lang": 4,
    "session": 5,
    "explain": 6,
    "show": 6,
    "cli": 7,
    "__main__": 8,
    "__init__": 8,
}

# Outside the standard library: who may import it, as path prefixes inside the package.
THIRD_PARTY = {
    "numpy": ("",),
    "lark": ("lang/syntax/parse.py",),
    "rich": ("show/terminal.py", "show/progress.py", "cli/repl"),
    "prompt_toolkit": ("cli/repl",),
    "pygments": ("cli/repl",),
}

ONE_SHOT_NEVER_LOADS = (
    *("rich", "prompt_toolkit", "pygments", "asyncio", "lark", "torch"),
    # what only programs that ask for it need
    *("random", "csv", "zipfile", "numpy.random", "gradcli.lang.arrays.values", "gradcli.lang.modules.standard"),
    *("gradcli.lang.files.doors", "gradcli.lang.modules.process"),
)


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imported(source: str, path: str) -> Iterator[str]:
    """Full names of what the module at `path` (relative to the package, `lang/syntax/parse.py`) imports."""
    package = ["gradcli", *Path(path).parts[:-1]]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            # `from .. import ops` names the package in its alias; `from gradcli.ops import mul` in its module.
            yield from (f"{stem}.{alias.name}" for alias in node.names)


def layer_of(parts: tuple[str, ...]) -> str:
    return parts[0].removesuffix(".py")


def complaints(source: str, path: str) -> list[str]:
    here = layer_of(Path(path).parts)
    if here not in LAYERS:
        return [f"{path}: {here!r} has no layer; give it one in tests/test_layers.py"]
    found = []
    for name in imported(source, path):
        top, _, rest = name.partition(".")
        if top == "gradcli":
            there = rest.split(".")[0]
            if there not in LAYERS or there.startswith("__"):
                # `from gradcli import Session`: the package's face, above every layer but the last.
                if here not in ("__main__", "__init__", "cli") or there == "":
                    found.append(f"{path} imports {name} from the package's face")
            elif LAYERS[there] > LAYERS[here]:
                found.append(f"{path} imports {name}: {here} is below {there}")
            elif (here, there) == ("explain", "show"):
                found.append(f"{path} imports {name}: what explains does not draw")
        elif top not in sys.stdlib_module_names:
            allowed = THIRD_PARTY.get(top, ())
            if not any(path.startswith(prefix) for prefix in allowed):
                found.append(f"{path} imports {name}")
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path) -> None:
    assert complaints(path.read_text("utf-8"), path.relative_to(PACKAGE).as_posix()) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("engine/tensor.py", "from gradcli.ops import mul"),
        ("engine/tensor.py", "from ..ops.pointwise import mul"),
        ("engine/tensor.py", "from .. import ops"),
        ("engine/tensor.py", "def f():\n    import gradcli.session"),
        ("ops/pointwise.py", "from gradcli.lang.values.table import table"),
        ("session.py", "from .cli.script import run"),
        ("explain/steps.py", "from gradcli.show import plain"),
        ("engine/tensor.py", "import scipy"),
        ("lang/compile.py", "from lark import Tree"),
        ("show/plain.py", "import rich.console"),
        ("cli/script.py", "import prompt_toolkit"),
        ("ops/linalg.py", "import torch"),
        ("ops/linalg.py", "from gradcli import Session"),
        ("elsewhere/new.py", ""),
    ],
)
def test_an_arrow_that_runs_back_is_found(path: str, source: str) -> None:
    assert complaints(source, path)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("ops/pointwise.py", "from gradcli.engine.op import op\nimport numpy as np\nimport math"),
        ("engine/backward.py", "from .graph import Node\nfrom . import modes"),
        ("lang/syntax/parse.py", "import lark"),
        ("show/terminal.py", "import rich"),
        ("cli/repl/completion.py", "from prompt_toolkit.completion import Completer"),
        ("cli/script.py", "from gradcli import __version__"),
        ("explain/graph.py", "from gradcli.session import Session"),
    ],
)
def test_a_forward_arrow_is_not(path: str, source: str) -> None:
    assert complaints(source, path) == []


SEED_JOB = "x = ones(2,2,requires_grad=True); y = x+2; z = y*y*3; out = mean(z); backward out; x.grad"


@pytest.mark.parametrize("arguments", [["-e", SEED_JOB], ["--version"], ["--help"]], ids=["job", "version", "help"])
def test_what_a_one_shot_run_loads(arguments: list[str]) -> None:
    probe = (
        "import sys\n"
        "from gradcli.cli import main\n"
        "try:\n"
        f"    status = main({arguments!r})\n"
        "except SystemExit as stop:\n"
        "    status = stop.code\n"
        "assert not status, status\n"
        f"print([name for name in {ONE_SHOT_NEVER_LOADS!r} if name in sys.modules], file=sys.stderr)\n"
        "print('numpy' in sys.modules, file=sys.stderr)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, cwd=ROOT, stdin=subprocess.DEVNULL, check=False
    )
    assert run.returncode == 0, run.stderr
    heavy, has_numpy = run.stderr.splitlines()[-2:]
    assert heavy == "[]"
    assert has_numpy == str(arguments[0] == "-e"), "help and version need no numpy"
