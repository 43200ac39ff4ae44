"""Snapshots: whatever a program changes is as it was after going back, in the same objects."""

from __future__ import annotations

import pytest

from gradcli import Session
from gradcli.lang.values.snapshots import Snapshot, TooLarge

START = """\
x = tensor([1., 2.], requires_grad=True)
y = x * x
out = y.sum()
w = zeros(2, 3)
row = w[0]
t = w.T
inner = [1, 2]
items = [inner, inner]
table = {'a': inner, 'b': 2}
both = (inner, w)
group = {1, 2}
def f(v, seen=[]):
    seen.append(v)
    return seen
def counter():
    n = [0]
    def step():
        n[0] += 1
        return n[0]
    return step
step = counter();
"""


@pytest.fixture
def session() -> Session:
    """A session with something of everything."""
    session = Session(seed=0)
    assert session.run(START)
    return session


# A change, an expression that is true before it and after going back, but not in between.
CHANGES = [
    ("x = 1", "x.shape == (2,)"),
    ("new = 1", "x.requires_grad"),
    ("inner.append(3)", "items[0] == [1, 2] and table['a'] == [1, 2] and both[0] == [1, 2]"),
    ("items[1] = 0", "items[0] is items[1]"),
    ("table['c'] = 1; del table['b']", "list(table) == ['a', 'b']"),
    ("group.add(3)", "len(group) == 2"),
    ("w[0, 0] = 7", "w.sum() == 0 and row.sum() == 0 and t.sum() == 0"),
    ("row.fill_(2.);", "w.sum() == 0"),
    ("t.add_(1);", "w.sum() == 0"),
    ("w.requires_grad_();", "not w.requires_grad"),
    ("backward out", "x.grad is None"),
    ("x.grad = ones(2)", "x.grad is None"),
    ("f(1);", "f(0) == [0]"),
    ("step(); step();", "step() == 1"),
    ("rand(3);", "rand(1).item() == tensor([0.4962565899]).item()"),
    ("torch.set_grad_enabled(False);", "torch.is_grad_enabled()"),
    ("torch.set_default_dtype(torch.float64)", "torch.get_default_dtype() == torch.float32"),
    ("with no_grad(): x.mul_(3);", "x.tolist() == [1, 2]"),
    ("y.mul_(2);", "y.tolist() == [1, 4] and y.grad_fn.name() == 'MulBackward0'"),
    ("h = x.register_hook(lambda g: g * 100)", "torch.autograd.grad(out, x)[0].tolist() == [2, 4]"),
    ("with no_grad(): x.data = zeros(3);", "x.shape == (2,)"),
]


@pytest.mark.parametrize(("change", "holds"), CHANGES, ids=[change for change, _ in CHANGES])
def test_going_back(session: Session, change: str, holds: str) -> None:
    before = Snapshot(session.variables, None, 1 << 20)
    identities = {name: id(value) for name, value in session.variables.items()}
    assert session.run(change)
    assert before.differs(Snapshot(session.variables, before, 1 << 20), "_")
    before.restore()
    assert {name: id(value) for name, value in session.variables.items()} == identities
    shown = []
    assert session.run(holds, lambda event: shown.append(event.value))
    assert shown == [True]


def test_a_graph_that_was_freed_can_be_run_again(session: Session) -> None:
    before = Snapshot(session.variables, None, 1 << 20)
    assert session.run("backward out")
    assert not session.run("backward out")
    before.restore()
    assert session.run("backward out")
    assert session["x"].grad.tolist() == [2.0, 4.0]


def test_nothing_has_changed_where_nothing_was(session: Session) -> None:
    before = Snapshot(session.variables, None, 1 << 20)
    assert session.run("x + 1; w.sum(); (x * 2).sum(); inner + [1]; _ = 5")
    assert not before.differs(Snapshot(session.variables, before, 1 << 20), "_")


def test_what_is_as_it_was_is_kept_once() -> None:
    session = Session()
    assert session.run("a = zeros(1000); b = zeros(1000)")
    first = Snapshot(session.variables, None, 1 << 20)
    assert session.run("b[0] = 1")
    second = Snapshot(session.variables, first, 1 << 20)
    shared = {key for key, _ in first.memory()} & {key for key, _ in second.memory()}
    sizes = dict([*first.memory(), *second.memory()])
    assert sum(sizes[key] for key in shared) == 3 * 4000, "a, its copy, and b; b's copies are two"


def test_there_is_a_limit() -> None:
    session = Session()
    assert session.run("a = zeros(1000)")
    with pytest.raises(TooLarge, match="4000 bytes, more than the 3999"):
        Snapshot(session.variables, None, 3999)


def test_iterators_are_owned_up_to() -> None:
    session = Session()
    assert session.run("i = iter([1, 2, 3])")
    assert Snapshot(session.variables, None, 100).exceptions == {"iterators stay where they are"}
