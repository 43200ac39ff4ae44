"""Gradient descent and its relatives on the Rosenbrock function, without torch.optim."""
import math
import torch


def rosenbrock(p, a=1.0, b=100.0):
    x, y = p[0], p[1]
    return (a - x) ** 2 + b * (y - x ** 2) ** 2


def gradient_descent(lr=1e-3):
    def update(p, g, state):
        p -= lr * g
    return update


def momentum(lr=1e-3, beta=0.9, nesterov=False):
    def update(p, g, state):
        v = state.setdefault("v", torch.zeros_like(p))
        v.mul_(beta).add_(g)
        p -= lr * (g + beta * v if nesterov else v)
    return update


def adagrad(lr=0.5, eps=1e-10):
    def update(p, g, state):
        total = state["total"] = state.get("total", 0) + g ** 2
        p -= lr * g / (total.sqrt() + eps)
    return update


def rmsprop(lr=1e-2, alpha=0.9, eps=1e-8):
    def update(p, g, state):
        if "s" not in state:
            state["s"] = torch.zeros_like(p)
        state["s"] = alpha * state["s"] + (1 - alpha) * g * g
        p.sub_(lr * g / (state["s"].sqrt() + eps))
    return update


def adam(lr=0.05, betas=(0.9, 0.999), eps=1e-8):
    beta1, beta2 = betas

    def update(p, g, state):
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = beta1 * state.get("m", torch.zeros_like(p)) + (1 - beta1) * g
        v = state["v"] = beta2 * state.get("v", torch.zeros_like(p)) + (1 - beta2) * g.pow(2)
        m_hat = m / (1 - beta1 ** t)
        v_hat = v / (1 - beta2 ** t)
        p.addcdiv_(m_hat, v_hat.sqrt() + eps, value=-lr)
    return update


def minimize(f, start, update, steps=200):
    p = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    state = {}
    path = []
    for _ in range(steps):
        loss = f(p)
        loss.backward()
        with torch.no_grad():
            update(p, p.grad, state)
            p.grad.zero_()
        path.append((*p.tolist(), loss.item()))
    return p, path


methods = [
    ("gradient descent", gradient_descent()),
    ("momentum", momentum()),
    ("nesterov", momentum(nesterov=True)),
    ("adagrad", adagrad()),
    ("rmsprop", rmsprop()),
    ("adam", adam()),
]
print("%-18s%10s%10s%14s%10s" % ("method", "x", "y", "loss", "distance"))
results = {}
for name, update in methods:
    p, path = minimize(rosenbrock, [-1.0, 1.5], update)
    x, y, loss = path[-1]
    distance = math.hypot(x - 1, y - 1)
    results[name] = distance
    print("%-18s%10.4f%10.4f%14.5f%10.4f" % (name, x, y, loss, distance))
best = min(results, key=results.get)
ranking = sorted(results.items(), key=lambda item: -item[1])
print("closest:", best)
print("farthest first:", ", ".join(name for name, _ in ranking))
*start, (x, y, loss) = path
print(len(start), path[0][:2], max(start, key=lambda e: e[2])[2] == start[0][2])
