"""numpy and the modules of Python's library: what programs print is what Python prints.

numpy_programs.txt and the lines of numpy_lines.txt are asked of Python with numpy each time; those of
numpy_tensors.txt, where arrays meet tensors, of torch where it is installed, else of tests/golden/numpy_tensors.json.
`python -m tests.lang.test_numpy` records, and needs torch.
"""

from __future__ import annotations

import ast
import json
import time
from pathlib import Path
from typing import Any

import pytest

from gradcli import Session
from gradcli.lang.values.snapshots import Snapshot
from gradcli.session import Failed
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


@pytest.mark.parametrize("line", lines("numpy_limits.txt"))
def test_refused(line: str) -> None:
    session = Session(seed=0, max_steps=1_000_000)
    session.run("import torch, numpy as np, itertools, functools, operator, collections, random")
    failed: list[Failed] = []
    start = time.monotonic()
    session.run(line, lambda event: failed.append(event) if isinstance(event, Failed) else None, echo="none")
    session.run("np.set_printoptions(threshold=1000)")
    assert [event.diagnostic.kind for event in failed] == ["limit"], failed and failed[0].diagnostic.message
    assert time.monotonic() - start < 30


@pytest.mark.live_torch
@pytest.mark.parametrize("line", lines("numpy_tensors.txt"))
def test_arrays_and_tensors(line: str) -> None:
    program = as_program(line, TENSORS)
    recorded = json.loads(RECORDED.read_text("utf-8"))
    assert here(program) == recorded[line]
    if oracle.live():
        assert by_python(program) == recorded[line]


BEFORE = """
import numpy as np, random, torch
from collections import deque, defaultdict, Counter, OrderedDict
a = np.arange(4.); view = a[1:]; t = torch.from_numpy(a); n = t.numpy()
rng = np.random.default_rng(0); state = np.random.RandomState(1); np.random.seed(2); random.seed(3)
q = deque([1, 2]); d = defaultdict(list, k=[1]); c = Counter("aab"); o = OrderedDict(a=1, b=2)
"""


@pytest.mark.parametrize(
    ("change", "look"),
    [
        ("a += 1", "a, view, t, n"),
        ("view[0] = 7", "a, view, t"),
        ("t.mul_(3)", "a, n, t, t._version"),
        ("n.fill(0)", "a, t"),
        ("a.shape = (2, 2)", "a, a.shape"),
        ("a = a * 2", "a, view"),
        ("rng.random(3)", "rng.random(2)"),
        ("state.randn(3)", "state.randn(2)"),
        ("np.random.randn(3)", "np.random.randn(2)"),
        ("np.random.seed(9)", "np.random.rand(2)"),
        ("random.gauss(0, 1); random.random()", "random.random(), random.gauss(0, 1)"),
        ("q.append(3); q.popleft()", "q"),
        ("d['k'].append(2); d['new']", "dict(d)"),
        ("c.update('bbb')", "c"),
        ("o.move_to_end('a'); o['c'] = 3", "list(o.items())"),
    ],
)
def test_undo(change: str, look: str) -> None:
    session, untouched = Session(seed=0), Session(seed=0)
    assert session.run(BEFORE)
    snapshot = Snapshot(session.variables, None, 1 << 20)
    assert not snapshot.differs(Snapshot(session.variables, snapshot, 1 << 20), "")
    assert session.run(change)
    assert snapshot.differs(Snapshot(session.variables, snapshot, 1 << 20), "")
    snapshot.restore()
    assert session.run(f"found = repr(({look}))")
    assert untouched.run(BEFORE)
    assert untouched.run(f"found = repr(({look}))")
    assert session["found"] == untouched["found"]


def test_json() -> None:
    from gradcli.show.json_text import event_objects

    found: list[Any] = []
    session = Session(seed=0)
    session.run("import numpy as np\nnp.array([1., np.nan]); np.int8(3); [np.float32(.5)]", found.append)
    array, number, several = [event_objects(event)[0] for event in found]
    assert (array["type"], array["value"], array["shape"], array["dtype"]) == (
        "numpy.ndarray",
        [1.0, "nan"],
        [2],
        "float64",
    )
    assert (number["value"], number["text"], several["value"]) == (3, "np.int8(3)", [0.5])


if __name__ == "__main__":
    oracle.torch()
    answers = {line: by_python(as_program(line, TENSORS)) for line in lines("numpy_tensors.txt")}
    RECORDED.write_text(json.dumps(answers, indent=1) + "\n", "utf-8")
