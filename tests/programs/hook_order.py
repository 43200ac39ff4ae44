"""Hooks of tensors, nodes and leaves: the order they run in, what they are given, what they may return."""

import warnings

import torch
from torch.autograd.graph import GradientEdge, get_gradient_edge, register_multi_grad_hook

warnings.simplefilter("ignore")


def attempt(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)


# A tensor's hooks, then what it retains, then the node's prehooks, the node, its hooks.
a = torch.tensor(2.0, requires_grad=True)
b = a * 3
b.grad_fn.register_prehook(lambda g: print("prehook", g))
b.register_hook(lambda g: print("tensor", g) or g * 10)
b.grad_fn.register_hook(lambda gi, go: print("node", gi, go))
c = b * b
print(torch.autograd.grad(c, (a, b), retain_graph=True))
print(torch.autograd.grad(c, b, retain_graph=True))
c.backward(inputs=(b,), retain_graph=True)
print(b.grad, b.retains_grad, a.grad)
c.backward(inputs=(a, b), retain_graph=True)
print(b.grad, b.retains_grad, a.grad)
attempt(lambda: c.backward(inputs=(torch.ones(1),)))

# The hook of an output that no gradient came to is given None.
x = torch.arange(3.0, requires_grad=True)
parts = x.unbind()
parts[0].register_hook(lambda g: print("first part", g))
parts[1].backward()
parts = x.unbind()
parts[0].register_hook(lambda g: torch.ones(()))
attempt(lambda: parts[1].backward())

# A leaf: its tensor hooks, the accumulation, its hooks after that, the hooks of its node.
leaf = torch.ones(2, requires_grad=True)
accumulator = (leaf * 1).grad_fn.next_functions[0][0]
print(type(accumulator).__name__, type(accumulator), accumulator.name())
accumulator.register_prehook(lambda g: (g[0] / 2,))
accumulator.register_hook(lambda gi, go: print("after", gi, go, leaf.grad))
def add_one(p):
    p.grad.add_(1)
leaf.register_post_accumulate_grad_hook(add_one)
leaf.register_hook(lambda g: g * 8)
(leaf * 1).sum().backward()
print(leaf.grad)
for wrong in (3, torch.ones(2)):
    other = torch.ones(2, requires_grad=True)
    other.register_post_accumulate_grad_hook(lambda p: wrong)
    attempt(lambda: other.sum().backward())

# What a node's hooks may return.
y = torch.ones(2, requires_grad=True)
for after in (lambda gi, go: gi[0], lambda gi, go: (*gi, None), lambda gi, go: 3, lambda gi, go: (gi[0] * 3, gi[1])):
    h = y * 2
    h.grad_fn.register_hook(after)
    attempt(lambda: torch.autograd.grad(h.sum(), y))
for before in (lambda go: go[0], lambda go: (go[0], None), lambda go: (go[0] * 2,), lambda go: (go[0].double(),)):
    h = y * 2
    h.grad_fn.register_prehook(before)
    attempt(lambda: torch.autograd.grad(h.sum(), y))

# A gradient with a graph is copied into a leaf, cloned for what retains it.
z = y * 2
z.retain_grad()
z.pow(2).sum().backward(create_graph=True)
print(z.grad, y.grad, [type(f).__name__ for f, _ in y.grad.grad_fn.next_functions])

# A request to retain stays with a view that is changed in place, and with its siblings.
base = torch.tensor([1.0], requires_grad=True).clone()
view, sibling = base[:], base[:]
view.retain_grad()
sibling.retain_grad()
view.mul_(2)
(view + sibling).sum().backward()
print(view.grad, sibling.grad)

# One hook for several tensors.
a, b = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
c, d = a * b, a + b
with register_multi_grad_hook((a, b, c, d), lambda grads: print([g is not None for g in grads])):
    c.sum().backward(retain_graph=True)
    c.sum().backward(inputs=(a,), retain_graph=True)
    attempt(lambda: torch.autograd.grad(c.sum(), a, retain_graph=True))
    (c + d).sum().backward(retain_graph=True)
handle = register_multi_grad_hook((a, b), lambda g: print("any", g), mode="any")
c.sum().backward(retain_graph=True)
handle.remove()
c.sum().backward(retain_graph=True)
attempt(lambda: register_multi_grad_hook((a,), print, mode="first"))
attempt(lambda: register_multi_grad_hook((torch.ones(1),), print))

# Edges as outputs and inputs.
edge = get_gradient_edge(c)
print(edge.output_nr, edge.node.name())
attempt(lambda: torch.autograd.grad(c.sum(), edge, retain_graph=True))
attempt(lambda: torch.autograd.grad(edge, [a, get_gradient_edge(b)], torch.ones(2), retain_graph=True))
attempt(lambda: torch.autograd.grad(d.sum(), GradientEdge(c.grad_fn, 0), materialize_grads=True, retain_graph=True))
attempt(lambda: torch.autograd.backward(edge, retain_graph=True))
attempt(lambda: torch.autograd.backward(edge, torch.ones(2), inputs=[get_gradient_edge(a)], retain_graph=True))
attempt(lambda: torch.autograd.grad(c.sum(), c.grad_fn, retain_graph=True))
print(a.grad)

# Two operands that are saved: packed and unpacked in one order.
def seen(name):
    return lambda t: print(name, t.tolist()) or t
with torch.autograd.graph.saved_tensors_hooks(seen("pack"), seen("unpack")):
    product = torch.tensor([1.0, 2.0], requires_grad=True) * torch.tensor([3.0, 4.0], requires_grad=True)
    power = torch.tensor([2.0], requires_grad=True) ** torch.tensor([3.0], requires_grad=True)
product.sum().backward()
power.backward()

# What was changed in place, or read by indices, runs backward once.
for f in (lambda x: x[[0, 1]], lambda x: x[x > 0], lambda x: x[0]):
    out = f(x)
    out.sum().backward()
    attempt(lambda: str(out.sum().backward()))
v = x.clone()
v[0] = x[1]
v.sum().backward()
attempt(lambda: v.sum().backward())

# A generator under no_grad, and its reader.
@torch.no_grad()
def steps():
    for i in range(2):
        yield torch.is_grad_enabled()
print([(inside, torch.is_grad_enabled()) for inside in steps()])
