"""Going back to a snapshot: whatever a statement changed is as it was, and what goes on from there works."""

from __future__ import annotations

import pytest

import gradcli.show
from gradcli.lang.snapshots import Snapshot
from gradcli.session import Session

gradcli.show.install()

BEFORE = """
class Box:
    shared = 1
    def __init__(self):
        self.values = [1]
        self.tensor = ones(2)
    @property
    def total(self):
        return sum(self.values)
box = Box()
class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.seen = [2]
        return x * x
    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        ctx.seen.append(1)
        return 2 * x * g
x = tensor(3., requires_grad=True)
y = Square.apply(x)
view = box.tensor[:1]
names = {"a": [1, {2}]}
bound = box.values.append
"""


@pytest.mark.parametrize(
    ("change", "look"),
    [
        ("box.values.append(2)", "box.values, box.total"),
        ("bound(2)", "box.values"),
        ("box.tensor += 1", "box.tensor, view"),
        ("view.mul_(5)", "box.tensor, view, box.tensor._version"),
        ("Box.shared = 5; Box.extra = 2", "Box.shared, box.shared"),
        ("box.more = 3; del box.values", "box.values"),
        ("y.backward()", "x.grad, y.grad_fn.seen, y.grad_fn.saved_tensors"),
        ("y.backward(retain_graph=True); y.backward()", "x.grad, y.grad_fn.seen"),
        ("names['a'][1].add(3); names['b'] = 1", "names"),
        ("rand(3)", "rand(2)"),
        ("torch.set_grad_enabled(False)", "torch.is_grad_enabled()"),
        ("x.register_hook(lambda g: g * 2); y.backward()", "x.grad"),
    ],
)
def test_going_back(change: str, look: str) -> None:
    session = Session(seed=0)
    assert session.run(BEFORE)
    snapshot = Snapshot(session._world.variables, None, 1 << 20)
    assert session.run(change)
    snapshot.restore()
    found = told(session, look)
    untouched = Session(seed=0)
    assert untouched.run(BEFORE)
    assert found == told(untouched, look)
    assert session.run("torch.set_grad_enabled(True); y.backward()")
    assert told(session, "x.grad, y.grad_fn.seen") == "(tensor(6.), [2, 1])"


def told(session: Session, expression: str) -> str:
    assert session.run(f"found = ({expression})")
    return repr(session["found"])
