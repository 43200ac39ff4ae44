"""The corners of torch.autograd.Function: several outputs, in-place, marks, once_differentiable, errors."""
import torch
from torch.autograd import Function
from torch.autograd.function import once_differentiable


class SinCos(Function):
    @staticmethod
    def forward(ctx, x):
        s, c = x.sin(), x.cos()
        ctx.save_for_backward(s, c)
        return s, c

    @staticmethod
    def backward(ctx, gs, gc):
        s, c = ctx.saved_tensors
        return gs * c - gc * s


class TopTwo(Function):
    """Values are differentiable, indices are not."""

    @staticmethod
    def forward(ctx, x):
        values, indices = torch.sort(x, descending=True)
        values, indices = values[:2].clone(), indices[:2].clone()
        ctx.mark_non_differentiable(indices)
        ctx.save_for_backward(indices)
        ctx.size = x.shape
        return values, indices

    @staticmethod
    def backward(ctx, g_values, g_indices):
        indices, = ctx.saved_tensors
        g = torch.zeros(ctx.size)
        g[indices] = g_values
        return g


class DoubleInplace(Function):
    @staticmethod
    def forward(ctx, x):
        x.mul_(2)
        ctx.mark_dirty(x)
        return x

    @staticmethod
    def backward(ctx, g):
        return g * 2


class Cube(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x ** 3

    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        x, = ctx.saved_tensors
        return 3 * x ** 2 * g


class Lazy(Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.set_materialize_grads(False)
        return a * 1, b * 1

    @staticmethod
    def backward(ctx, ga, gb):
        print("  got", ga, gb)
        return ga, gb


x = torch.tensor([0.0, 1.0], requires_grad=True)
s, c = SinCos.apply(x)
print(s, c)
print(s.grad_fn is c.grad_fn, s.output_nr, c.output_nr)
s.sum().backward(retain_graph=True)
print(x.grad)
x.grad.zero_()
(s * c).sum().backward()
print(x.grad, torch.cos(2 * x).detach())

v = torch.tensor([3., 1., 5., 2.], requires_grad=True)
values, indices = TopTwo.apply(v)
print(values, indices, values.requires_grad, indices.requires_grad)
values.prod().backward()
print(v.grad)

a = torch.ones(2, requires_grad=True)
b = a.clone()
out = DoubleInplace.apply(b)
print(out is b, b, b._version)
out.sum().backward()
print(a.grad)

t = torch.tensor([2.0], requires_grad=True)
g, = torch.autograd.grad(Cube.apply(t), t, create_graph=True)
print(g, g.requires_grad)
try:
    torch.autograd.grad(g, t)
except RuntimeError as e:
    print("error:", e)

p = torch.tensor(1., requires_grad=True)
q = torch.tensor(2., requires_grad=True)
first, second = Lazy.apply(p, q)
first.backward()
print(p.grad, q.grad)
