"""Programs over tensors: what the language adds to the engine. Expected texts are torch's where torch has the form."""

from __future__ import annotations

from typing import Any

import pytest

import gradcli
from gradcli.lang.errors.diagnostics import Diagnostic
from gradcli.session import Failed, Printed, Session, Shown, Warned

torch: Any = gradcli.torch
NOTHING = "nothing it was computed from requires grad"


def shown(program: str) -> list[str]:
    """What is printed and shown, a line each; fails if the program does."""
    lines: list[str] = []

    def emit(event: Any) -> None:
        if isinstance(event, Printed):
            lines.append(event.text.removesuffix("\n"))
        elif isinstance(event, Shown):
            lines.append(repr(event.value))
        elif isinstance(event, Failed):
            raise AssertionError(event.diagnostic.message)

    Session().run(program, emit)
    return lines


def failure(program: str) -> Diagnostic:
    found: list[Diagnostic] = []
    Session().run(program, lambda event: found.append(event.diagnostic) if isinstance(event, Failed) else None)
    (diagnostic,) = found
    return diagnostic


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("x = tensor([1., 2.]); x ^ 2", "tensor([1., 4.])"),
        ("2 ^ 3 ^ 2", "512"),
        ("x = tensor([1., 2.]); x ^= 3; x", "tensor([1., 8.])"),
        ("x = tensor([1., 2.]); y = x; x += 1; y", "tensor([2., 3.])"),
        ("x = tensor([1., 2.]); y = x; x = x + 1; y", "tensor([1., 2.])"),
        ("x = tensor([1., 2.]); x *= 2; x -= 1; x /= 2; x", "tensor([0.5000, 1.5000])"),
        ("2 * tensor([1., 2.])", "tensor([2., 4.])"),
        ("tensor([1., 2.]) * 2", "tensor([2., 4.])"),
        ("n = 2; n * tensor([1., 2.]) - n", "tensor([0., 2.])"),
        ("[sum(tensor([1., 2.])), sum([1, 2]), max(tensor([1., 2.])), max(1, 2)]", "[tensor(3.), 3, tensor(2.), 2]"),
        ("abs(-2), abs(tensor(-2.)), pow(2, 3), pow(tensor(2.), 3)", "(2, tensor(2.), 8, tensor(8.))"),
        ("any([0, 1]), any(tensor([True])), round(2.5), round(tensor(1.6))", "(True, tensor(True), 2, tensor(2.))"),
        ("mean([1, 2, 3])", "tensor(2.)"),
        ("mean((1, 2.5))", "tensor(1.7500)"),
        ("cumsum([1, 2, 3], 0)", "tensor([1, 3, 6])"),
        ("sqrt(4), sin(0), exp([0.0])", "(tensor(2.), tensor(0.), tensor([1.]))"),
        ("pi, e, inf, -inf", "(3.141592653589793, 2.718281828459045, inf, -inf)"),
        ("e = 5; e + 1", "6"),
        ("sum = 3; sum + 1", "4"),
        ("def relu(x):\n    return 'mine'\nrelu(1)", "'mine'"),
        ("import torch\ntorch.mean(torch.tensor([1., 3.]))", "tensor(2.)"),
        ("import torch as t\nt.float64, t.float, t.long", "(torch.float64, torch.float32, torch.int64)"),
        ("from torch import mean as m, ones\nm(ones(2))", "tensor(1.)"),
        ("import torch.nn.functional as F\nF.relu(tensor([-1., 1.]))", "tensor([0., 1.])"),
        ("from torch.nn import functional\nfunctional.relu(tensor(-1.))", "tensor(0.)"),
        ("from torch import *\nsum(ones(2))", "tensor(2.)"),
        ("from math import *\nsqrt(4)", "2.0"),
        ("ones(2, dtype=float), zeros(1, dtype=int)", "(tensor([1., 1.], dtype=torch.float64), tensor([0]))"),
        ("type(ones(1)), isinstance(ones(1), torch.Tensor)", "(<class 'torch.Tensor'>, True)"),
        ("x = ones(1, requires_grad=True); type((x * x).grad_fn).__name__", "'MulBackward0'"),
        ("x = ones(1, requires_grad=True); type((x * x).grad_fn) is type((x * 2).grad_fn)", "True"),
        ("x = ones(1, requires_grad=True); (x + 1).grad_fn.name()", "'AddBackward0'"),
        ("x = ones(1, requires_grad=True); (x * x).grad_fn.next_functions[0][0].variable is x", "True"),
        ("x = ones(1, requires_grad=True); y = x * x; y.grad_fn._saved_self", "tensor([1.], requires_grad=True)"),
        ("x = ones(2, requires_grad=True); (x * 3).sum().backward(); x.grad", "tensor([3., 3.])"),
        ("x = ones(2, requires_grad=True); x.grad = ones(2); del x.grad; print(x.grad)", "None"),
        ("x = ones(2); x.requires_grad = True; x", "tensor([1., 1.], requires_grad=True)"),
        ("x = ones(2); x.data = zeros(2); x, x._version", "(tensor([0., 0.]), 0)"),
        ("x = ones(1, requires_grad=True)\nwith torch.no_grad():\n    y = x * 2\ny.requires_grad", "False"),
        ("x = ones(1, requires_grad=True)\nwith no_grad(), enable_grad():\n    y = x * 2\ny.requires_grad", "True"),
        ("@torch.no_grad()\ndef f(x):\n    return x * 2\nf(ones(1, requires_grad=True)).requires_grad", "False"),
        (
            "@no_grad\ndef f(x):\n    return x * 2\nf.__name__, f(ones(1, requires_grad=True)).requires_grad",
            "('f', False)",
        ),
        (
            "x = ones(1, requires_grad=True)\nx.register_hook(lambda g: g * 10)\n(x * 2).backward();x.grad",
            "tensor([20.])",
        ),
        ("x = ones(1, requires_grad=True)\nsum(x * i for i in range(3)).grad_fn.name()", "'AddBackward0'"),
        ("x = tensor(3., requires_grad=True); torch.autograd.grad(x * x, x)", "(tensor(6.),)"),
        ("x = tensor(3., requires_grad=True); grad(x * x, x)", "(tensor(6.),)"),
        (
            "from torch.autograd import Variable\nVariable(ones(1), requires_grad=True)",
            "tensor([1.], requires_grad=True)",
        ),
        ("print(f'{tensor(1.23456):.2f} {tensor([1., 2.])}')", "1.23 tensor([1., 2.])"),
        ("print('%.2f %s' % (tensor(1.5), tensor([1.])))", "1.50 tensor([1.])"),
        ("torch.Size([2, 3]).numel(), ones(2, 3).shape", "(6, torch.Size([2, 3]))"),
        ("x = {ones(1): 1}; len(x)", "1"),
        ("param = 3; backward = 4; grad = 5; param + backward + grad", "12"),
    ],
)
def test_value(program: str, expected: str) -> None:
    assert shown(program)[-1] == expected


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import torch\ntorch.mean([1, 2, 3])", "mean(): argument 'input' (position 1) must be Tensor, not list"),
        ("exp('a')", "exp(): argument 'input' (position 1) must be Tensor, not str"),
        ("exp(tensor(1.), 3)", "exp() takes 1 positional argument but 2 were given"),
        ("ones(1) + 'a'", "unsupported operand type(s) for +: 'Tensor' and 'str'"),
        ("'a' + ones(1)", 'can only concatenate str (not "Tensor") to str'),
        ("ones(1).bar", "'Tensor' object has no attribute 'bar'"),
        ("import torch\ntorch.foo", "module 'torch' has no attribute 'foo'"),
        ("import torch\ntorch.nn.functional.foo", "module 'torch.nn.functional' has no attribute 'foo'"),
        ("from torch import foo", "cannot import name 'foo' from 'torch' (unknown location)"),
        ("ones(1).shape = 3", "attribute 'shape' of 'torch._C.TensorBase' objects is not writable"),
        ("ones(1)()", "'Tensor' object is not callable"),
        ("import torch\ntorch()", "'module' object is not callable"),
        ("import torch\ntorch[0]", "'module' object is not subscriptable"),
        ("param x = 1; x += 1", "a leaf Variable that requires grad is being used in an in-place operation."),
        ("with ones(1): pass", "'Tensor' object does not support the context manager protocol"),
    ],
)  # fmt: skip
def test_torch_s_words(program: str, message: str) -> None:
    assert failure(program).message == message


@pytest.mark.parametrize(
    ("program", "help"),
    [
        ("ones(2).mena()", "did you mean `mean`?"),
        ("import torch\ntorch.zeroes(2)", "did you mean `zeros`?"),
        ("ones(2, requires_grd=True)", "did you mean `requires_grad`?"),
        ("def f(alpha):\n    pass\nf(aplha=1)", "did you mean `alpha`?"),
        ("def f():\n    counter = 1\n    return conter\nf()", "did you mean `counter`?"),
        ("from torch import oness", "did you mean `ones`?"),
        ("x = ones(2); x.sum().backward()", f"{NOTHING}: `x.requires_grad_()` before computing it"),
        ("ones(10**12)", "`--max-memory` raises the limit"),
        ("x = tensor([1, 2]); x.requires_grad = True", "convert it first: `x = x.float()`"),
    ],
)  # fmt: skip
def test_help(program: str, help: str) -> None:
    assert failure(program).help == help


def test_warnings_of_the_engine() -> None:
    found: list[Any] = []
    Session().run("x = ones(1, requires_grad=True)\ny = x * 2\ny.grad", found.append)
    (event,) = found
    assert isinstance(event, Warned)
    assert event.diagnostic.message.startswith("The .grad attribute of a Tensor that is not a leaf Tensor")
    assert event.diagnostic.help == "`.retain_grad()` on it before `backward` keeps its gradient"


def test_the_namespace_from_python() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    torch.sum(x * x).backward()
    assert x.grad.array.tolist() == [2, 4]
    assert torch.nn.functional.relu(torch.tensor(-1.0)).array == 0
    assert "ones" in dir(torch)
    with pytest.raises(AttributeError, match="module 'torch' has no attribute 'foo'"):
        torch.foo  # noqa: B018 - that it is looked up is the test


def test_param_command() -> None:
    assert shown("param x = 3\nx, x.is_leaf") == ["(tensor(3., requires_grad=True), True)"]
    assert shown("y = ones(2); param x = y; x is y") == ["False"]
    assert shown("param x = tensor([1, 2]); x") == ["tensor([1., 2.], requires_grad=True)"]
    assert failure("param x = 'a'").message == "a parameter is made from a tensor, a number or a list, not from str"


def test_graphs_are_freed_with_their_names() -> None:
    session = Session()
    assert session.run("param x = 1\ny = x\nfor i in range(20000):\n    y = y + x\ny.backward()\ny = 0")
    assert session.run("def f(v):\n    for i in range(20000):\n        v = v * 1\n    return v\nz = f(x)\ndel z")
