"""Modules called with other tensors than their own, stacked modules, and every option of module hooks."""

import torch, torch.nn as nn, torch.nn.functional as F
from torch.func import functional_call, vmap, grad, stack_module_state

torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 4)
        self.b = nn.Linear(4, 2)
        self.register_buffer("count", torch.zeros(()))
        self.register_buffer("tmp", torch.ones(2), persistent=False)

    def forward(self, x, scale=1.0):
        self.count = self.count + 1
        return self.b(torch.tanh(self.a(x))) * scale


net = Net()
print(list(net.state_dict()))
params = dict(net.named_parameters())
buffers = dict(net.named_buffers())
print(list(params), list(buffers))
x = torch.randn(5, 3)
y = torch.randint(0, 2, (5,))
out = functional_call(net, (params, buffers), (x,))
print(out, buffers, net.count)
buffers = dict(net.named_buffers())
new = {k: torch.ones_like(v) for k, v in params.items()}
print(functional_call(net, {**new, **buffers}, x, {"scale": 2.0}))
print(net.a.weight[0])


def loss(params, buffers, sample, target):
    p = functional_call(net, (params, buffers), (sample.unsqueeze(0),))
    return F.cross_entropy(p, target.unsqueeze(0))


params = {k: v.detach() for k, v in net.named_parameters()}
g = grad(loss)(params, buffers, x[0], y[0])
print({k: v.shape for k, v in g.items()}, g["b.bias"])
ps = vmap(grad(loss), in_dims=(None, None, 0, 0))(params, buffers, x, y)
print({k: tuple(v.shape) for k, v in ps.items()}, ps["b.bias"])
models = [nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1)) for _ in range(3)]
P, B = stack_module_state(models)
print({k: (tuple(v.shape), v.requires_grad, v.is_leaf) for k, v in P.items()}, B)


def fm(p, b, x):
    return functional_call(models[0], (p, b), (x,))


o = vmap(fm, in_dims=(0, 0, None))(P, B, x)
print(o.shape, torch.allclose(o[1], models[1](x), atol=1e-6))
for bad in (
    lambda: functional_call(net, 3, x),
    lambda: functional_call(net, [1], x),
    lambda: functional_call(net, (params, params), x),
    lambda: functional_call(net, {"zz": torch.ones(1)}, x, strict=True),
    lambda: functional_call(net, {"q.w": torch.ones(1)}, x),
    lambda: functional_call(net, {"a.weight": 3}, x),
    lambda: stack_module_state([]),
    lambda: stack_module_state([nn.Linear(1, 1), nn.ReLU()]),
):
    try:
        print(bad())
    except Exception as e:
        print(type(e).__name__, e)


class Tied(nn.Module):
    def __init__(s):
        super().__init__()
        s.foo = nn.Parameter(torch.ones(()))
        s.foo_tied = s.foo

    def forward(s, x):
        return x + s.foo + s.foo_tied


t = Tied()
print(
    t(torch.zeros(())),
    functional_call(t, {"foo": torch.zeros(())}, torch.zeros(())),
    functional_call(t, {"foo": torch.zeros(())}, torch.zeros(()), tie_weights=False),
)
try:
    functional_call(t, {"foo": torch.zeros(()), "foo_tied": torch.ones(())}, torch.zeros(()))
except ValueError as e:
    print(e)
print([n for n, _ in t.named_parameters()], [n for n, _ in t.named_parameters(remove_duplicate=False)])
lin = nn.Linear(2, 2)
order = []
h1 = lin.register_forward_hook(lambda m, i, o: order.append("first"))
h2 = lin.register_forward_hook(lambda m, i, o: order.append("zero"), prepend=True)
lin.register_forward_pre_hook(lambda m, a, k: ((a[0] * 2,), k), with_kwargs=True)
lin.register_forward_hook(lambda m, a, k, o: order.append(("kw", len(a), k)), with_kwargs=True)
lin.register_forward_hook(lambda m, a, o: order.append(("always", o is None)), always_call=True)
lin(torch.ones(1, 2))
print(order)
try:
    lin(torch.ones(1, 3))
except RuntimeError as e:
    print(e, order[-1])
m = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
m.register_full_backward_pre_hook(lambda mod, g: (g[0] * 10,))
m.register_full_backward_hook(lambda mod, gi, go: print("full", go, len(gi)))
z = torch.ones(1, 2, requires_grad=True)
m(z).sum().backward()
print(z.grad)
w = nn.utils.parameters_to_vector(m.parameters())
nn.utils.vector_to_parameters(torch.arange(6.0), m.parameters())
print(w.shape, m[0].weight, m[0].bias, net.get_buffer("count"))
