"""Hooks on tensors and on nodes of the graph."""
import torch

grads = {}


def save_grad(name):
    def hook(grad):
        grads[name] = grad
    return hook


x = torch.ones(1, requires_grad=True)
y = 3 * x
z = y ** 2

# In here, save_grad('y') returns a hook (a function) that keeps 'y' as name
y.register_hook(save_grad('y'))
z.register_hook(save_grad('z'))
z.backward()

print(grads['y'])
print(grads['z'])
for name, g in sorted(grads.items()):
    print("{}: {} {}".format(name, g, g.requires_grad))

v = torch.tensor([0., 0., 0.], requires_grad=True)
h = v.register_hook(lambda grad: grad * 2)  # double the gradient
v.backward(torch.tensor([1., 2., 3.]))
print(v.grad)
h.remove()  # removes the hook
v.grad = None
v.backward(torch.tensor([1., 2., 3.]))
print(v.grad)

# several hooks run in order, and what one returns the next one sees
log = []
w = torch.tensor([1., -2., 3.], requires_grad=True)
handles = [
    w.register_hook(lambda g: log.append(("first", g.tolist()))),
    w.register_hook(lambda g: g.clamp(min=0)),
    w.register_hook(lambda g: log.append(("third", g.tolist()))),
]
(w * torch.tensor([1., -1., 2.])).sum().backward()
print(log, w.grad)
for handle in handles:
    handle.remove()

# retain_grad for what is no leaf
a = torch.tensor([2.0], requires_grad=True)
b = a * 3
print(b.is_leaf, b.retains_grad)
b.retain_grad()
c = b.pow(2).sum()
c.backward()
print(a.grad, b.grad, b.retains_grad, c.is_leaf)

# hooks on nodes
p = torch.tensor([1.0, 2.0], requires_grad=True)
q = (p * p).sum()


def node_hook(grad_inputs, grad_outputs):
    print("node hook:", grad_inputs, grad_outputs)
    return tuple(g * 10 for g in grad_inputs)


def node_prehook(grad_outputs):
    print("node prehook:", grad_outputs)
    return (grad_outputs[0] * 2,)


q.grad_fn.register_hook(node_hook)
q.grad_fn.register_prehook(node_prehook)
q.backward()
print(p.grad)

# after the gradient of a leaf has been summed
steps = []
weight = torch.tensor([1.0, 1.0], requires_grad=True)


def update(param):
    with torch.no_grad():
        param -= 0.1 * param.grad
    steps.append(param.grad.clone())
    param.grad = None


weight.register_post_accumulate_grad_hook(update)
for _ in range(3):
    (weight ** 2).sum().backward()
print(weight, steps, weight.grad)

try:
    torch.ones(2).register_hook(print)
except RuntimeError as e:
    print("RuntimeError:", e)

# a hook that changes the gradient in place: what was kept before stays as it was
kept = torch.tensor(2.0, requires_grad=True) * 3
kept.retain_grad()
changed = torch.tensor(4.0, requires_grad=True)


def hundredfold(grad):
    grad *= 100


changed.register_hook(hundredfold)
total = kept + changed
total.retain_grad()
total.backward()
print(changed.grad, total.grad)
