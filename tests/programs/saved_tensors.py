"""Hooks on saved tensors, and the edges of the graph."""

import torch
def t(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
g = torch.autograd.graph
x=torch.tensor([1.,2.],requires_grad=True)
with g.saved_tensors_hooks(lambda t:(print("pack",t),t)[1], lambda t:(print("unpack",t),t)[1]):
    y = x.exp()
    z = (y * y).sum()
    w = y / x
    q = torch.cat([x, y]) ** 2
    c = torch.where(x > 1, x, y)
z.backward(retain_graph=True)
print(y.grad_fn._saved_result)
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = x * 2
        ctx.save_for_backward(x, y)
        return y
    @staticmethod
    def backward(ctx, g):
        print(ctx.saved_tensors)
        return g * 2
with g.saved_tensors_hooks(lambda t:(print("pack",t),t.tolist())[1], lambda t:(print("unpack",t),torch.tensor(t))[1]):
    y = F.apply(x)
y.sum().backward()
def bad():
    with g.saved_tensors_hooks(lambda t: 3, lambda t: 4):
        y = x.exp()
    y.sum().backward()
t(bad)
def bad2():
    with g.saved_tensors_hooks(lambda t: t.mul_(2), lambda t: 4):
        y = (x*2).exp()
t(bad2)
def dis():
    with g.disable_saved_tensors_hooks("no hooks"):
        with g.saved_tensors_hooks(lambda t: 3, lambda t: 4):
            pass
t(dis)
def dis2():
    with g.saved_tensors_hooks(lambda t: t, lambda t: t):
        with g.disable_saved_tensors_hooks("no hooks 2"):
            y = x.exp()
    return y
t(dis2)
with g.save_on_cpu():
    y = (x * x).sum()
print(torch.autograd.grad(y, x))
with g.saved_tensors_hooks(lambda t: t.tolist(), lambda t: torch.tensor(t)):
    y = (x ** 3).sum()
a, = torch.autograd.grad(y, x, create_graph=True)
print(a, torch.autograd.grad(a.sum(), x))
with g.saved_tensors_hooks(lambda t: t.tolist(), lambda t: torch.tensor(t)):
    u = x * 1
    y = (u * u * u.reciprocal()).sum()
a, = torch.autograd.grad(y, x, create_graph=True)
print(a, torch.autograd.grad(a.sum(), x))
with g.saved_tensors_hooks(lambda t: t, lambda t: t):
    u = x * 1
    y = (u * u).sum()
u.add_(1)
t(lambda: torch.autograd.grad(y, x))
print(g.get_gradient_edge(x).output_nr, g.get_gradient_edge(y).output_nr)
g.increment_version(x)
print(x._version, g.Node)
with g.allow_mutation_on_saved_tensors() as ctx:
    y = x * 1
    z = (y * y).sum()
    y.zero_()
    print(torch.autograd.grad(z, x))
print(isinstance(y.grad_fn, torch.autograd.graph.Node))
