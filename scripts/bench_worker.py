"""One library's side of scripts/bench: reads a job a line, runs it once, answers a line of JSON.

python scripts/bench_worker.py LIBRARY      numpy, gradcli, torch or autograd
"""

from __future__ import annotations

import functools
import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Job = Callable[..., dict[str, float]]
now = time.perf_counter

CHAIN = 1000
HIDDEN = 256


def inputs(*shape: int, scale: float = 1.0) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(0)
    return (scale * rng.standard_normal(shape)).astype(np.float32)


def timed(forward: Callable[[], Any], backward: Callable[[Any], Any]) -> dict[str, float]:
    gc.collect()
    gc.disable()
    start = now()
    out = forward()
    middle = now()
    backward(out)
    end = now()
    gc.enable()
    return {"forward": middle - start, "backward": end - middle, "total": end - start}


# -- memory ------------------------------------------------------------------------------------------------------------


def status(field: str) -> float:
    """A field of this process's status, in MiB."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith(field):
            return float(line.split()[1]) / 1024
    raise LookupError(field)


def forget_peak() -> float:
    """Start counting the peak anew; returns what is resident now."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", "ascii")
    return status("VmRSS")


# -- libraries with torch's face: torch itself and gradcli -------------------------------------------------------------


class TorchLike:
    def __init__(self, torch: Any, to_tensor: Callable[[np.ndarray[Any, Any]], Any]) -> None:
        self.torch = torch
        self.to_tensor = to_tensor

    def leaf(self, *shape: int, scale: float = 1.0) -> Any:
        return self.to_tensor(inputs(*shape, scale=scale)).requires_grad_(True)

    def operators(self) -> dict[str, float]:
        x, a, b, c = (self.leaf(2, 2) for _ in range(4))

        def forward() -> Any:
            y = x
            for _ in range(CHAIN // 8):
                y = y * a
                y = y + b
                y = y.tanh()
                y = y * 1.5
                y = y - c
                y = y.sin()
                y = -y
                y = y / 2.0
            return y.sum()

        return {what: value / CHAIN for what, value in timed(forward, lambda out: out.backward()).items()}

    def sigmoid(self, size: int) -> dict[str, float]:
        x, w, b = (self.leaf(size) for _ in range(3))
        return timed(lambda: (x * w + b).sigmoid().sum(), lambda out: out.backward())

    def gauss(self, size: int) -> dict[str, float]:
        x = self.leaf(size)
        return timed(lambda: (x * (-(x * x)).exp()).sum(), lambda out: out.backward())

    def crossentropy(self, size: int) -> dict[str, float]:
        rows = size // 1000
        x = self.leaf(rows, 1000)
        labels = self.to_tensor(np.arange(rows, dtype=np.int64)[:, None] % 1000)
        return timed(
            lambda: -(x.log_softmax(1).gather(1, labels).mean()),
            lambda out: out.backward(),
        )

    def logsumexp(self, size: int) -> dict[str, float]:
        x = self.leaf(size // 1000, 1000)
        return timed(lambda: x.logsumexp(1).sum(), lambda out: out.backward())

    def matmul(self) -> dict[str, float]:
        a, b = self.leaf(768, 768), self.leaf(768, 768)
        return timed(lambda: (a @ b).sum(), lambda out: out.backward())

    def mlp(self) -> dict[str, float]:
        x = self.to_tensor(inputs(256, HIDDEN))
        w1, w2 = self.leaf(HIDDEN, HIDDEN, scale=0.1), self.leaf(HIDDEN, HIDDEN, scale=0.1)
        b1, b2 = self.leaf(HIDDEN), self.leaf(HIDDEN)
        return timed(lambda: (((x @ w1 + b1).tanh() @ w2 + b2) ** 2).mean(), lambda out: out.backward())

    def memory(self) -> dict[str, float]:
        x = self.leaf(10**7)
        (self.leaf(8) * 2.0).sum().backward()
        before = forget_peak()
        y = x
        for _ in range(2):
            y = ((y * 1.5 + 0.5).sin() - 0.1).tanh()
        y.sum().backward()
        return {"arrays": (status("VmHWM") - before) * 2**20 / 4e7}

    def deep(self, size: int) -> dict[str, float]:
        x = self.leaf(1)
        before = forget_peak()
        gc.disable()
        start = now()
        y = x
        for _ in range(size):
            y = y * 1.0
        middle = now()
        y.backward()
        end = now()
        del y
        freed = now()
        return {
            "forward": middle - start,
            "backward": end - middle,
            "free": freed - end,
            "total": freed - start,
            "mib": status("VmHWM") - before,
        }


def make_torch() -> Any:
    import torch

    return TorchLike(torch, torch.from_numpy)


def make_gradcli() -> Any:
    from gradcli import torch
    from gradcli.engine.allocator import keep_freed_memory
    from gradcli.engine.tensor import Tensor

    keep_freed_memory()  # as the command line does
    return TorchLike(torch, Tensor)


# -- HIPS autograd -----------------------------------------------------------------------------------------------------


class Hips:
    def __init__(self) -> None:
        import autograd
        import autograd.numpy as anp

        self.core, self.anp = autograd.core, anp

    def run(self, function: Callable[..., Any], *arrays: np.ndarray[Any, Any]) -> dict[str, float]:
        """`make_vjp` traces (the forward) and hands back the backward."""
        from autograd.builtins import tuple as joined
        from autograd.core import make_vjp, vspace

        def forward() -> Any:
            vjp, out = make_vjp(lambda parts: function(*parts), joined(arrays))
            return vjp, out

        return timed(forward, lambda made: made[0](vspace(made[1]).ones()))

    def operators(self) -> dict[str, float]:
        anp = self.anp

        def chain(x: Any, a: Any, b: Any, c: Any) -> Any:
            y = x
            for _ in range(CHAIN // 8):
                y = y * a
                y = y + b
                y = anp.tanh(y)
                y = y * 1.5
                y = y - c
                y = anp.sin(y)
                y = -y
                y = y / 2.0
            return anp.sum(y)

        found = self.run(chain, *(inputs(2, 2) for _ in range(4)))
        return {what: value / CHAIN for what, value in found.items()}

    def sigmoid(self, size: int) -> dict[str, float]:
        anp = self.anp
        return self.run(lambda x, w, b: anp.sum(1 / (1 + anp.exp(-(x * w + b)))), *(inputs(size) for _ in range(3)))

    def gauss(self, size: int) -> dict[str, float]:
        anp = self.anp
        return self.run(lambda x: anp.sum(x * anp.exp(-(x * x))), inputs(size))

    def logsumexp(self, size: int) -> dict[str, float]:
        from autograd.scipy.special import logsumexp

        anp = self.anp
        return self.run(lambda x: anp.sum(logsumexp(x, axis=1)), inputs(size // 1000, 1000))

    def matmul(self) -> dict[str, float]:
        anp = self.anp
        return self.run(lambda a, b: anp.sum(a @ b), inputs(768, 768), inputs(768, 768))

    def deep(self, size: int) -> dict[str, float]:
        before = forget_peak()

        def chain(x: Any) -> Any:
            y = x
            for _ in range(size):
                y = y * 1.0
            return self.anp.sum(y)

        found = self.run(chain, inputs(1))
        return {**found, "free": 0.0, "mib": status("VmHWM") - before}


# -- numpy by hand: the same arithmetic, no graph ----------------------------------------------------------------------


class Hand:
    def operators(self) -> dict[str, float]:
        x, a, b, c = (inputs(2, 2) for _ in range(4))
        scale, half = np.asarray(1.5, np.float32), np.asarray(2.0, np.float32)

        def forward() -> Any:
            y, saved = x, []
            for _ in range(CHAIN // 8):
                y0 = y
                y = y * a
                y = y + b
                t = y = np.tanh(y)
                y = y * scale
                s = y = y - c
                y = np.sin(y)
                y = -y
                y = y / half
                saved.append((y0, t, s))
            return saved

        def backward(saved: Any) -> Any:
            g = np.ones((2, 2), np.float32)
            ga = gb = gc_ = np.zeros((2, 2), np.float32)
            for y0, t, s in reversed(saved):
                g = g / half
                g = -g
                g = g * np.cos(s)
                gc_ = gc_ - g
                g = g * scale
                g = g * (1 - t * t)
                gb = gb + g
                ga = ga + g * y0
                g = g * a
            return g, ga, gb, gc_

        return {what: value / CHAIN for what, value in timed(forward, backward).items()}

    def sigmoid(self, size: int) -> dict[str, float]:
        x, w, b = (inputs(size) for _ in range(3))

        def forward() -> Any:
            y = 1 / (1 + np.exp(-(x * w + b)))
            return y, y.sum()

        def backward(made: Any) -> Any:
            g = made[0] * (1 - made[0])
            return g * w, g * x, g

        return timed(forward, backward)

    def gauss(self, size: int) -> dict[str, float]:
        x = inputs(size)

        def forward() -> Any:
            e = np.exp(-(x * x))
            return e, (x * e).sum()

        return timed(forward, lambda made: made[0] - 2 * x * x * made[0])

    def crossentropy(self, size: int) -> dict[str, float]:
        rows = size // 1000
        x, at = inputs(rows, 1000), (np.arange(rows), np.arange(rows) % 1000)

        def forward() -> Any:
            shifted = x - x.max(axis=1, keepdims=True)
            log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
            return log_p, -log_p[at].mean()

        def backward(made: Any) -> Any:
            g = np.exp(made[0])
            g[at] -= 1
            g /= rows
            return g

        return timed(forward, backward)

    def logsumexp(self, size: int) -> dict[str, float]:
        x = inputs(size // 1000, 1000)

        def forward() -> Any:
            top = x.max(axis=1, keepdims=True)
            return top + np.log(np.exp(x - top).sum(axis=1, keepdims=True))

        return timed(forward, lambda out: np.exp(x - out))

    def matmul(self) -> dict[str, float]:
        a, b = inputs(768, 768), inputs(768, 768)
        ones = np.ones((768, 768), np.float32)
        return timed(lambda: (a @ b).sum(), lambda out: (ones @ b.T, a.T @ ones))


# -- programs: their text is run by the language, or by Python ---------------------------------------------------------

PROGRAMS = {
    "loop": """
total = 0.0
for i in range(100000):
    x = i * 0.5
    if i % 3 == 0:
        total += x
    else:
        total -= x / 2
""",
    "function": """
def mix(n):
    total, previous = 0, 1
    for i in range(n):
        if i % 3 == 0:
            total += i * previous
        elif total > 1000000:
            total = total - 1000000
        previous = i % 7 + 1
    return total
mix(100000)
""",
    "calls": """
def affine(x, a, b=1.0):
    return a * x + b
y = 0.0
for i in range(100000):
    y = affine(y, 0.5)
""",
    "fit": """
import torch
import math
x = torch.linspace(-math.pi, math.pi, 2000)
y = torch.sin(x)
a = torch.tensor(0.1, requires_grad=True)
b = torch.tensor(0.2, requires_grad=True)
c = torch.tensor(0.3, requires_grad=True)
d = torch.tensor(0.4, requires_grad=True)
learning_rate = 1e-6
for t in range(2000):
    y_pred = a + b * x + c * x ** 2 + d * x ** 3
    loss = (y_pred - y).pow(2).sum()
    loss.backward()
    with torch.no_grad():
        a -= learning_rate * a.grad
        b -= learning_rate * b.grad
        c -= learning_rate * c.grad
        d -= learning_rate * d.grad
        a.grad = None
        b.grad = None
        c.grad = None
        d.grad = None
""",
    "module": """
import torch
from torch import nn, optim
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1))
optimizer = optim.Adam(model.parameters(), lr=0.01)
criterion = nn.MSELoss()
x = torch.linspace(-1, 1, 128).reshape(32, 4)
y = x.sum(1, keepdim=True)
for step in range(300):
    loss = criterion(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
""",
}


def run_program(library: str, name: str) -> dict[str, float]:
    if library == "gradcli":
        from gradcli import Session

        session = Session(0)
        start = now()
        assert session.run(PROGRAMS[name], echo="none"), name
        return {"total": now() - start}
    code = compile(PROGRAMS[name], name, "exec")
    start = now()
    exec(code, {"__name__": "__main__"})
    return {"total": now() - start}


MAKERS: dict[str, Callable[[], Any]] = {"numpy": Hand, "gradcli": make_gradcli, "torch": make_torch, "autograd": Hips}


def main() -> None:
    library: Any = None
    failure = ""
    try:
        library = MAKERS[sys.argv[1]]()
    except Exception as error:  # noqa: BLE001 - told to whoever asks
        failure = f"{type(error).__name__}: {error}"
    for line in sys.stdin:
        name, *sizes = line.split()
        job: Job | None = getattr(library, name, None)
        if library is not None and name in PROGRAMS and sys.argv[1] in ("gradcli", "torch"):
            job = functools.partial(run_program, sys.argv[1], name)
        if job is None:
            answer: dict[str, Any] = {"error": f"{sys.argv[1]}: {failure}" if failure else "no such job"}
        else:
            try:
                with np.errstate(all="ignore"):
                    answer = dict(job(*map(int, sizes)))
            except Exception as error:  # noqa: BLE001
                answer = {"error": f"{sys.argv[1]}: {type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
