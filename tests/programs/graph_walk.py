"""Walking the graph: what grad_fn and next_functions show."""
import torch


def walk(fn, depth=0, seen=None):
    seen = {} if seen is None else seen
    if fn is None:
        print("  " * depth + "None")
        return
    again = fn in seen
    seen[fn] = seen.get(fn, 0) + 1
    label = fn.name()
    if hasattr_variable(fn):
        label += f" leaf of shape {tuple(fn.variable.shape)}"
    print("  " * depth + label + (" (again)" if again else ""))
    if not again:
        for child, index in fn.next_functions:
            walk(child, depth + 1, seen)


def hasattr_variable(fn):
    try:
        fn.variable
    except AttributeError:
        return False
    return True


x = torch.ones(2, 2, requires_grad=True)
w = torch.full((2,), 0.5, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
c = torch.ones(2)

y = x @ w + b * c
walk(y.grad_fn)
z = (y.relu() + y.sigmoid()).mean()
walk(z.grad_fn)
print(z.grad_fn, z.grad_fn.next_functions)
print(type(z.grad_fn), type(z.grad_fn.next_functions[0][0]).__name__)
print(y.grad_fn.next_functions[0][0]._saved_self is not None, z.grad_fn.next_functions[0][1])

a = torch.tensor([1., 2., 3., 4.], requires_grad=True)
for title, t in {
    "slice": a[1:3], "index": a[torch.tensor([0, 0])], "mask": a[a > 2], "view": a.view(2, 2), "t": a.view(2, 2).t(),
    "sum": a.sum(), "mean": a.mean(0), "max": a.max(), "max dim": a.max(0)[0], "sort": a.sort()[0],
    "cat": torch.cat([a, a]), "stack": torch.stack([a, a]), "split": a.split(2)[1], "where": torch.where(a > 2, a, -a),
    "pow": a ** 2, "rpow": 2 ** a, "div": a / 2, "rdiv": 2 / a, "neg": -a, "sub": a - 1, "rsub": 1 - a, "abs": a.abs(),
    "exp": a.exp(), "norm": a.norm(), "dot": a @ a, "clamp": a.clamp(2, 3), "expand": a.expand(2, 4),
    "squeeze": a.unsqueeze(0).squeeze(), "copy": a.clone(), "double": a.double(), "var": a.var(), "prod": a.prod(),
    "cumsum": a.cumsum(0), "tanh": torch.tanh(a), "log_softmax": a.log_softmax(0), "gather": a.gather(0, torch.tensor([1])),
    "flip": a.flip(0), "repeat": a.repeat(2), "unbind": a.unbind()[3], "outer": torch.outer(a, a), "detach": a.detach(),
}.items():
    print(f"{title:>12} {t.grad_fn.name() if t.grad_fn else None}")

u = a.clone()
u[0] = 5
print(u.grad_fn, u.grad_fn.next_functions)
u.mul_(2)
print(u.grad_fn.name(), u._version)
try:
    print(z.grad_fn.nothing)
except AttributeError as e:
    print(e)
out = (a * a).sum()
out.backward()
try:
    out.grad_fn.next_functions[0][0]._saved_self
except RuntimeError as e:
    print(str(e)[:60])
