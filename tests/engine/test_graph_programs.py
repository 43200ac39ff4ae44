"""Random programs of operations, views, in-place changes, hooks and backward passes, run by torch and by gradcli.

What is compared is everything that a user could see after each statement: values, versions, grad_fn names,
requires_grad, gradients, and the text of every error. A program goes on after an error, as a session does.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from tests import oracle

LEAVES = ("a", "b")
NAMES = ("x", "y", "z")
BINARY = ("{} + {}", "{} * {}", "{} - {}", "{} / {}", "{}.maximum({})")
UNARY = ("{}.exp()", "{}.sin()", "{} * 2", "{} ** 2", "{}.sigmoid()", "{}.clone()", "{}.detach()", "-{}", "{}.relu()")
VIEWS = ("{}[0]", "{}[:, 0:2]", "{}.t()", "{}.view(-1)", "{}[1:]", "{}.data", "{}.unsqueeze(0)", "{}.expand(2, 2)")
INPLACE = (
    "{}.add_({})",
    "{}.mul_({})",
    "{}.zero_()",
    "{}.exp_()",
    "{} += {}",
    "{} *= 0.5",
    "{}[0] = 1.5",
    "{}[0] = {}",
    "{}.copy_({})",
    "{}.fill_(2.)",
    "{}.mul_(2)",
)
SWEEPS = (
    "{}.sum().backward()",
    "{}.sum().backward(retain_graph=True)",
    "{}.retain_grad()",
    "{}.requires_grad_()",
    "{}.register_hook(lambda g: g * 2)",
    "{}.grad = None",
    "g, = torch.autograd.grad({}.sum(), {}, retain_graph=True)",
    "g, = torch.autograd.grad({}.sum(), {}, create_graph=True, allow_unused=True)",
    "{} = g.clone() if g is not None else {}",
)


def program(seed: int) -> list[str]:
    """Statements over a few names, so that they meet often."""
    rng = random.Random(seed)
    statements = [
        "a = torch.tensor([[1., 2.], [3., 4.]], requires_grad=True)",
        "b = torch.tensor([[.5, -1.], [2., .25]], requires_grad=bool(1))",
        "x = a * 1; y = b + 1; z = torch.ones(2, 2); g = None",
    ]
    for _ in range(rng.randint(3, 14)):
        kind = rng.choices((BINARY, UNARY, VIEWS, INPLACE, SWEEPS), (3, 3, 4, 5, 4))[0]
        form = rng.choice(kind)
        names = [rng.choice((*NAMES, *LEAVES)) for _ in range(form.count("{}"))]
        text = form.format(*names)
        if kind in (BINARY, UNARY, VIEWS):
            text = f"{rng.choice(NAMES)} = {text}"
        statements.append(f"with torch.no_grad(): {text}" if rng.random() < 0.07 else text)
    return statements


def run(torch: Any, statements: list[str], execute: Any) -> list[str]:
    """What there is to see after each statement."""
    scope: dict[str, Any] = {"torch": torch}
    seen = []
    for statement in statements:
        try:
            execute(statement, scope)
            error = ""
        except Exception as failure:  # noqa: BLE001 - whatever it is, it is compared
            error = f"{type(failure).__name__}: {failure}"
        visible = [f"{name}: {look(scope.get(name), name == 'g')}" for name in (*LEAVES, *NAMES, "g")]
        seen.append("\n  ".join([statement, error, *visible]))
    return seen


def sentence(seen: str) -> str:
    """The statement and its error. Of several saved tensors that were changed, any may be the one that is named."""
    return "\n".join(seen.split("\n")[:2]).split("inplace operation: [")[0]


def look(tensor: Any, is_gradient: bool = False) -> str:
    """Everything visible of a tensor, as text."""
    if tensor is None:
        return "None"
    parts = []
    for what in ("grad_fn", "requires_grad", "is_leaf", "_version", "grad", "shape"):
        if what == "_version" and is_gradient:
            continue  # tells how a formula computes, which is our own affair
        try:
            value = getattr(tensor, what)
            if what == "grad_fn":
                value = value and (value.name(), len(value.next_functions))
            elif what == "grad" and value is not None:
                value = numbers(value), value.grad_fn is not None
            parts.append(f"{what}={value}")
        except Exception as failure:  # noqa: BLE001
            parts.append(f"{what}: {type(failure).__name__} {failure}")
    return f"{numbers(tensor)} {' '.join(parts)}"


def numbers(tensor: Any) -> list[str]:
    """The values to three digits; what is 0 but for rounding is 0."""
    values = np.asarray(tensor.detach().numpy(), np.float64).ravel()
    return [f"{value:.3g}" for value in np.where(np.abs(values) < 1e-6, 0.0, values)]


def python(statement: str, scope: dict[str, Any]) -> None:
    exec(statement, scope)


@pytest.mark.skipif(not oracle.live(), reason="asks torch")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(12))
def test_programs_do_what_torch_does(seed: int) -> None:
    from gradcli import torch as ours

    theirs = oracle.torch()
    for number in range(100):
        statements = program(1000 * seed + number)
        expected = run(theirs, statements, python)
        with np.errstate(all="ignore"):
            found = run(ours, statements, python)
        for want, got in zip(expected, found, strict=True):
            if "backward(" in want and "Error: " in want:
                assert sentence(got) == sentence(want), "\n".join(statements)
                break  # torch leaves half of the gradients written, we none
            assert got == want, "\n".join(statements)
