"""Explicit ODE solvers that can be differentiated: what starting velocity hits the target?"""
import math

import torch
from torch import tensor, stack


def euler(f, y, t, h):
    return y + h * f(t, y)


def midpoint(f, y, t, h):
    return y + h * f(t + h / 2, y + h / 2 * f(t, y))


def rk4(f, y, t, h):
    k1 = f(t, y)
    k2 = f(t + h / 2, y + h / 2 * k1)
    k3 = f(t + h / 2, y + h / 2 * k2)
    k4 = f(t + h, y + h * k3)
    return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def integrate(step, f, y0, t0, t1, n):
    h = (t1 - t0) / n
    y, t = y0, t0
    for _ in range(n):
        y = step(f, y, t, h)
        t += h
    return y


# y' = -k y: y(1) = exp(-k), dy(1)/dk = -exp(-k)
k = tensor(1.3, dtype=torch.float64, requires_grad=True)
exact = math.exp(-1.3)
for solver in (euler, midpoint, rk4):
    k.grad = None
    y = integrate(solver, lambda t, y: -k * y, tensor(1., dtype=torch.float64), 0.0, 1.0, 20)
    y.backward()
    print(f"{solver.__name__:>8}: y(1) = {y.item():.8f} (error {abs(y.item() - exact):.1e}), "
          f"dy/dk = {k.grad.item():.8f} (error {abs(k.grad.item() + exact):.1e})")

# a ball thrown with drag
g, drag = 9.81, 0.1


def ball(t, state):
    x, y, vx, vy = state
    speed = (vx * vx + vy * vy).sqrt()
    return stack([vx, vy, -drag * speed * vx, -g - drag * speed * vy])


velocity = tensor([6.0, 6.0], requires_grad=True)
target = tensor([4.0, 1.0])
lr, best = 0.2, float("inf")
for attempt in range(60):
    start = torch.cat([torch.zeros(2), velocity])
    end = integrate(rk4, ball, start, 0.0, 1.0, 10)
    miss = ((end[:2] - target) ** 2).sum()
    if miss < best:
        best = miss.item()
    grad, = torch.autograd.grad(miss, velocity)
    velocity = (velocity - lr * grad).detach().requires_grad_()
    if attempt % 20 == 0 or miss.item() < 1e-6:
        print("%2d  miss %.2e  velocity (%.4f, %.4f)" % (attempt, miss.item(), *velocity.tolist()))
    if miss.item() < 1e-6:
        break
else:
    print("not hit after", attempt + 1, "attempts")
print(best < 0.1, velocity.is_leaf)

# energy is conserved by a symplectic step, not by Euler's
q0, p0 = 1.0, 0.0
for name in ("euler", "symplectic"):
    q, p = tensor(q0), tensor(p0)
    for _ in range(100):
        if name == "euler":
            q, p = q + 0.1 * p, p - 0.1 * q
        else:
            p = p - 0.1 * q
            q = q + 0.1 * p
    print(f"{name!r}: {float(q * q + p * p) / 2:.4f}")
