"""torch.optim.LBFGS: steps by an approximate inverse of the Hessian, made of the last changes of the gradient.

Source: torch/optim/lbfgs.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from gradcli.engine.limits import reserve
from gradcli.engine.modes import enable_grad, no_grad
from gradcli.engine.public import functions
from gradcli.engine.tensor import Tensor
from gradcli.nn.optimizer import Group, Optimizer, check, rate

# What is remembered from step to step, in torch's order. It is written when a step has ended.
_MEMORY: Final = ("d", "t", "old_dirs", "old_stps", "ro", "H_diag", "prev_flat_grad", "prev_loss")
_POINTER: Final = np.dtype(np.intp)


class LBFGS(Optimizer):
    """A quasi-Newton method: one step of it asks the closure for the loss, and its gradient, several times."""

    __slots__ = ()

    def __init__(
        self,
        params: Any,
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check(("learning rate", lr))
        options = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, options)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]
        """Move the parameters until the loss hardly changes; `closure` computes it anew, and the gradients."""
        self.note_step()
        if len(self.param_groups) != 1:
            raise AssertionError(f"Expected exactly one param_group, but got {len(self.param_groups)}")

        def evaluate() -> Any:
            with enable_grad():
                return closure()

        with no_grad():
            return self._minimize(evaluate, self.param_groups[0])

    def _minimize(self, closure: Callable[[], Any], group: Group) -> Any:
        params, lr = group["params"], rate(group)
        state = self.state.setdefault(params[0], {})
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first = closure()
        loss, evaluations = float(first), 1
        state["func_evals"] += 1
        grad = _flat_grad(params)
        if grad.abs().max() <= group["tolerance_grad"]:
            return first
        memory: Group = {name: state.get(name) for name in _MEMORY}
        iteration = 0
        while iteration < group["max_iter"]:
            iteration += 1
            state["n_iter"] += 1
            d = memory["d"] = _direction(state, memory, grad, group["history_size"])
            if memory["prev_flat_grad"] is None:
                memory["prev_flat_grad"] = grad.clone()
            else:
                memory["prev_flat_grad"].copy_(grad)
            memory["prev_loss"] = loss
            memory["t"] = min(1.0, 1.0 / grad.abs().sum()) * lr if state["n_iter"] == 1 else lr
            slope = grad.dot(d)
            if slope > -group["tolerance_change"]:
                break
            last = iteration == group["max_iter"]
            asked = 0
            if group["line_search_fn"] is not None:
                if group["line_search_fn"] != "strong_wolfe":
                    raise RuntimeError("only 'strong_wolfe' is supported")
                start = _Point(0, loss, grad, slope)
                most = group["max_eval"] - evaluations
                found, asked = _line_search(_along(closure, params, d), start, memory["t"], d.abs().max(), most)
                memory["t"], loss, grad = found.t, found.loss, found.grad
                _move(params, memory["t"], d)
            else:
                _move(params, memory["t"], d)
                if not last:  # where samples are drawn anew the loss would be another
                    loss, grad, asked = float(closure()), _flat_grad(params), 1
            evaluations += asked
            state["func_evals"] += asked
            if (
                last
                or evaluations >= group["max_eval"]
                or grad.abs().max() <= group["tolerance_grad"]
                or d.mul(memory["t"]).abs().max() <= group["tolerance_change"]
                or abs(loss - memory["prev_loss"]) < group["tolerance_change"]
            ):
                break
        state |= memory
        return first


def _direction(state: Group, memory: Group, grad: Tensor, size: int) -> Any:
    """Where to go: the gradient times the approximate inverse Hessian, which learns of the last step first."""
    if state["n_iter"] == 1:
        memory |= {"old_dirs": [], "old_stps": [], "ro": [], "H_diag": 1}
        return grad.neg()
    changes, steps, inverses = memory["old_dirs"], memory["old_stps"], memory["ro"]
    change = grad.sub(memory["prev_flat_grad"])
    step = memory["d"].mul(memory["t"])
    curvature = change.dot(step)
    if curvature > 1e-10:
        if len(changes) == size:
            for kept in (changes, steps, inverses):
                kept.pop(0)
        changes.append(change)
        steps.append(step)
        inverses.append(1.0 / curvature)
        memory["H_diag"] = curvature / change.dot(change)
    if "al" not in state:
        reserve((max(size, 0),), _POINTER)
        state["al"] = [None] * size
    factors = state["al"]
    q = grad.neg()
    for i in reversed(range(len(changes))):
        factors[i] = steps[i].dot(q) * inverses[i]
        q.add_(changes[i], alpha=-factors[i])
    d = q.mul(memory["H_diag"])
    for i in range(len(changes)):
        d.add_(steps[i], alpha=factors[i] - changes[i].dot(d) * inverses[i])
    return d


def _flat_grad(params: list[Tensor]) -> Tensor:
    grads = [p.new_zeros(p.numel()) if p._grad is None else p._grad.view(-1) for p in params]
    return functions["cat"](grads, 0)  # type: ignore[no-any-return]


def _move(params: list[Tensor], t: Any, d: Tensor) -> None:
    first = 0
    for p in params:
        last = first + p.numel()
        p.add_(d[first:last].view_as(p), alpha=t)
        first = last


# ---------------------------------------------------------------- the line search


class _Point(NamedTuple):
    """What was found at one place of the line: the loss, its gradient, and its derivative along the line."""

    t: Any
    loss: Any
    grad: Tensor
    slope: Any


Search = Callable[[Any], _Point]


def _along(closure: Callable[[], Any], params: list[Tensor], d: Tensor) -> Search:
    origin = [p.clone() for p in params]

    def search(t: Any) -> _Point:
        _move(params, t, d)
        loss, grad = float(closure()), _flat_grad(params)
        for p, value in zip(params, origin, strict=True):
            p.copy_(value)
        return _Point(t, loss, grad, grad.dot(d))

    return search


def _line_search(search: Search, start: _Point, t: Any, longest: Tensor, most: int) -> tuple[_Point, int]:
    """A place that fulfils the strong Wolfe conditions, or the best that was found; how often the loss was asked."""
    previous, here, asked = start, search(t), 0
    while asked < most:
        high = _too_high(start, here) or (asked > 1 and here.loss >= previous.loss)
        if not high and _flat(start, here):
            return here, asked + 1
        if high or here.slope >= 0:
            found, more = _zoom(search, start, [previous, here], longest, most - asked)
            return found, asked + more + 1
        least, farthest = here.t + 0.01 * (here.t - previous.t), here.t * 10
        previous, here = here, search(_cubic_minimum(previous, here, least, farthest))
        asked += 1
    return (start if start.loss <= here.loss else here), asked + 1


def _zoom(search: Search, start: _Point, ends: list[_Point], longest: Tensor, most: int) -> tuple[_Point, int]:
    """The same, between two places that have one between them."""
    low, high = _by_loss(ends)
    stuck, asked = False, 0
    while asked < most:
        one, other = ends
        if abs(other.t - one.t) * longest < 1e-9:
            break
        least, farthest = min(one.t, other.t), max(one.t, other.t)
        t = _cubic_minimum(one, other, least, farthest)
        near = 0.1 * (farthest - least)
        at_end = min(farthest - t, t - least) < near
        if at_end and (stuck or t >= farthest or t <= least):
            t = farthest - near if abs(t - farthest) < abs(t - least) else least + near
            at_end = False
        stuck = at_end
        here = search(t)
        asked += 1
        if _too_high(start, here) or here.loss >= ends[low].loss:
            ends[high] = here
            low, high = _by_loss(ends)
        elif _flat(start, here):
            return here, asked
        else:
            if here.slope * (ends[high].t - ends[low].t) >= 0:
                ends[high] = ends[low]
            ends[low] = here
    return ends[low], asked


def _by_loss(ends: list[_Point]) -> tuple[int, int]:
    return (0, 1) if ends[0].loss <= ends[1].loss else (1, 0)


def _too_high(start: _Point, here: _Point) -> bool:
    return bool(here.loss > start.loss + 1e-4 * here.t * start.slope)


def _flat(start: _Point, here: _Point) -> bool:
    return bool(abs(here.slope) <= -0.9 * start.slope)


def _cubic_minimum(one: _Point, other: _Point, least: Any, farthest: Any) -> Any:
    """Where the cubic through two losses with their slopes is smallest; the middle if it has no minimum."""
    d1 = one.slope + other.slope - 3 * (one.loss - other.loss) / (one.t - other.t)
    square = d1**2 - one.slope * other.slope
    if not square >= 0:
        return (least + farthest) / 2.0
    d2 = square.sqrt()
    if one.t > other.t:
        one, other = other, one
    t = other.t - (other.t - one.t) * ((other.slope + d2 - d1) / (other.slope - one.slope + 2 * d2))
    return min(max(t, least), farthest)
