"""Newton's method with second derivatives from autograd."""
import torch


def newton(f, x0, tol=1e-10, max_iter=50):
    x = torch.tensor(x0, dtype=torch.float64, requires_grad=True)
    history = [x.item()]
    for i in range(max_iter):
        y = f(x)
        g, = torch.autograd.grad(y, x, create_graph=True)
        h, = torch.autograd.grad(g, x)
        with torch.no_grad():
            x -= g / h
        history.append(x.item())
        if abs(history[-1] - history[-2]) < tol:
            break
    return x.detach(), history


functions = {
    "quadratic": (lambda x: (x - 3) ** 2 + 1, 0.0),
    "quartic": (lambda x: x ** 4 - 3 * x ** 3 + 2, 6.0),
    "cosh": (torch.cosh, 1.0),
    "x - log x": (lambda x: x - torch.log(x), 0.3),
}
for name, (f, x0) in functions.items():
    minimum, history = newton(f, x0)
    print(f"{name:>10}: x = {minimum.item():.6f}, f = {f(minimum):.6f} after {len(history) - 1} steps")

# roots: f(x) = 0
x = torch.tensor([2.0], requires_grad=True)
n = 0
while True:
    y = x ** 2 - 2
    if y.abs() < 1e-6:
        break
    y.backward()
    x.data -= y.data / x.grad
    x.grad.zero_()
    n += 1
print(x, n)


# in several dimensions: solve H d = g
def rosenbrock(v):
    x, y = v
    return (1 - x) ** 2 + 100 * (y - x ** 2) ** 2


v = torch.tensor([-1.2, 1.0], dtype=torch.double, requires_grad=True)
for i in range(10):
    value = rosenbrock(v)
    g = torch.autograd.grad(value, v, create_graph=True)[0]
    H = torch.stack([torch.autograd.grad(g[k], v, retain_graph=True)[0] for k in range(len(v))])
    d = torch.linalg.solve(H, g)
    print(i, "%.3e" % value.item(), ["%.4f" % c for c in v.tolist()])
    if torch.norm(g) < 1e-8:
        print("converged")
        break
    with torch.no_grad():
        v.sub_(d)
print(torch.autograd.functional.hessian(rosenbrock, torch.ones(2, dtype=torch.double)))
