#!/usr/bin/env python
"""Decorators, closures, default and keyword arguments around autograd."""
from __future__ import print_function

import functools
import time
import torch
from typing import Callable, List, Optional, Tuple


def counted(fn):
    """Count the calls of a function."""
    @functools.wraps(fn)
    def wrapper(*args, **kwargs):
        counts[fn.__name__] = counts.get(fn.__name__, 0) + 1
        return fn(*args, **kwargs)
    return wrapper


counts = {}


def check_grad(*, eps: float = 1e-3, tol: float = 1e-2):
    """A decorator with options: compare autograd with central differences."""
    def decorate(fn: Callable) -> Callable:
        @functools.wraps(fn)
        def inner(x: torch.Tensor) -> torch.Tensor:
            leaf = x.detach().double().requires_grad_()
            y = fn(leaf)
            (g,) = torch.autograd.grad(y, leaf)
            numeric = torch.zeros_like(g)
            flat = numeric.view(-1)
            for i in range(leaf.numel()):
                step = torch.zeros_like(leaf).view(-1)
                step[i] = eps
                step = step.view_as(leaf)
                with torch.no_grad():
                    flat[i] = (fn(leaf + step) - fn(leaf - step)) / (2 * eps)
            worst = (numeric - g).abs().max().item()
            assert worst < tol, f"{fn.__name__}: off by {worst}"
            print(f"{inner.__name__:<10} {'ok' if worst < tol else 'WRONG'}   {inner.__doc__!r}")
            return fn(x)
        return inner
    return decorate


@counted
@check_grad()
def energy(x):
    """half the square"""
    return 0.5 * (x ** 2).sum()


@check_grad(eps=1e-4, tol=1e-6)
def entropy(x):
    "of the softmax"
    p = torch.softmax(x.flatten(), 0)
    return -(p * p.log()).sum()


@check_grad()
def wrong(x):
    return (x.detach() * x).sum()


x = torch.tensor([[1., -2.], [0.5, 3.]])
print(energy(x), entropy(x))
energy(x)
print(counts)
try:
    wrong(x)
except AssertionError as e:
    print("AssertionError:", str(e)[:19])


def make_counter(start: int = 0, *, step: int = 1):
    count = start

    def increment(times=1):
        nonlocal count
        for _ in range(times):
            count += step
        return count

    def reset():
        nonlocal count
        count = start
    return increment, reset


inc, reset = make_counter(10, step=5)
print(inc(), inc(2), reset(), inc())

total = 0


def accumulate(value, *rest, scale=1, **named):
    global total
    total += scale * (value + sum(rest)) + sum(named.values())
    return total


print(accumulate(1), accumulate(1, 2, 3, scale=2), accumulate(0, a=1, b=2))
print(accumulate(*[1, 2], **{"scale": 3, "z": 4}), total)


def schedule(base: float, warmup: Optional[int] = None) -> List[Tuple[int, float]]:
    pairs = []
    for epoch in range(6):
        factor = min(1.0, (epoch + 1) / warmup) if warmup else 1.0
        pairs.append((epoch, round(base * factor, 4)))
    return pairs


print(schedule(0.1), schedule(0.1, warmup=4)[-3:], sep="\n")
compose = lambda *fs: functools.reduce(lambda f, g: lambda x: g(f(x)), fs)
print(compose(torch.tanh, lambda t: t * 2, torch.Tensor.exp)(torch.tensor([0.0, 0.5])))
power = functools.partial(torch.pow, exponent=3)
print(power(torch.tensor([1., 2.])), [f(4) for f in [lambda n, k=k: n * k for k in range(3)]])
start = time.time()
elapsed = time.time() - start
print("fast enough" if elapsed < 60 else "slow", isinstance(elapsed, float))
try:
    accumulate()
except TypeError as e:
    print(e)
try:
    make_counter(1, 2)
except TypeError as e:
    print(e)
try:
    schedule(base=1, warm=2)
except TypeError as e:
    print(e)
