"""Programs to look at and to run: `examples`, `examples 3`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from gradcli.cli.commands.command import Complaint

if TYPE_CHECKING:
    from gradcli.cli.commands.context import Context

EXAMPLES: Final = (
    (
        "A gradient through a mean",
        """\
x = ones(2, 2, requires_grad=True)
z = (x + 2)^2 * 3
out = mean(z)
backward out
""",
    ),
    (
        "A line through points, by gradient descent",
        """\
x = tensor([0., 1., 2., 3.]); y = 2 * x + 1
param w = 0.
param b = 0.
for step in range(200):
    loss = mean((w * x + b - y)^2)
    backward loss
    with no_grad():
        w -= 0.1 * w.grad; b -= 0.1 * b.grad
    w.grad = None; b.grad = None
w, b
""",
    ),
    (
        "Newton's method, with a second derivative",
        """\
x = tensor(2., requires_grad=True)
for step in range(6):
    y = x^4 - 3 * x^2
    (first,) = torch.autograd.grad(y, x, create_graph=True)
    (second,) = torch.autograd.grad(first, x)
    x = (x - first / second).detach().requires_grad_()
x
""",
    ),
    (
        "Softmax with cross entropy: the gradient is p minus one-hot",
        """\
logits = tensor([[1., 2., 3.]], requires_grad=True)
loss = torch.nn.functional.cross_entropy(logits, tensor([1]))
backward loss
softmax(logits, 1) - tensor([[0., 1., 0.]])
""",
    ),
    (
        "A Jacobian, and a Hessian",
        """\
def f(v):
    return stack([v[0] * v[1], v[0]^2])
torch.autograd.functional.jacobian(f, tensor([3., 4.]))
torch.autograd.functional.hessian(lambda v: (v^3).sum(), tensor([1., 2.]))
""",
    ),
    (
        "What is written in place, autograd notices",
        """\
a = tensor([1., 2.], requires_grad=True)
b = a * a
c = b * b
b.add_(1);
backward sum(c)
""",
    ),
)


def examples(context: Context, argument: str) -> None:
    """List programs to learn from; `examples N` types one in, line by line."""
    if not argument:
        lines = [f"{number}  {title}" for number, (title, _) in enumerate(EXAMPLES, 1)]
        context.write("\n".join([*lines, "", "`examples N` runs one."]))
        return
    if not argument.isdigit() or not 0 < int(argument) <= len(EXAMPLES):
        raise Complaint(f"examples: there are 1 to {len(EXAMPLES)}, not {argument}")
    title, text = EXAMPLES[int(argument) - 1]
    context.write(f"# {title}")
    context.replay(text)


def words(context: Context, argument: str) -> Iterator[tuple[str, str]]:
    """Their numbers."""
    yield from ((str(number), title) for number, (title, _) in enumerate(EXAMPLES, 1))
