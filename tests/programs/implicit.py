"""Differentiating through a fixed point: unrolled, and by the implicit function theorem."""
import torch


def f(x, a):
    return torch.cos(x * a)


def solve(a, x0=1.0, n=100):
    x = torch.full_like(a, x0)
    for _ in range(n):
        x = f(x, a)
    return x


class FixedPoint(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        with torch.no_grad():
            x = solve(a)
        ctx.save_for_backward(x, a)
        return x

    @staticmethod
    def backward(ctx, grad):
        x, a = ctx.saved_tensors
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            a = a.detach().requires_grad_()
            y = f(x, a)
        dy_dx, dy_da = torch.autograd.grad(y, (x, a), torch.ones_like(y))
        # x = f(x, a)  =>  dx/da = (1 - df/dx)^-1 df/da
        return grad * dy_da / (1 - dy_dx)


a = torch.tensor([0.5, 0.8, 0.9], dtype=torch.float64, requires_grad=True)
x = solve(a)
x.sum().backward()
unrolled = a.grad.clone()
print("fixed points", x.detach())
print("unrolled    ", unrolled)

a.grad = None
x = FixedPoint.apply(a)
x.sum().backward()
print("implicit    ", a.grad)
print(torch.allclose(unrolled, a.grad), torch.autograd.gradcheck(FixedPoint.apply, (a,)))

# how long is the graph of each?
def length(t):
    fn, n = t.grad_fn, 0
    while fn:
        n += 1
        fn = fn.next_functions[0][0] if fn.next_functions else None
    return n


print(length(solve(a)), length(FixedPoint.apply(a)))

# square roots by Newton's iteration, differentiated through the loop
s = torch.tensor(2.0, requires_grad=True)
r = s
for i in range(6):
    r = 0.5 * (r + s / r)
r.backward()
print(r.item(), s.grad.item(), abs(s.grad.item() - 0.5 / 2 ** 0.5) < 1e-6)

# matrix version: d(A^-1 b)/db
A = torch.tensor([[2., 1.], [1., 3.]], requires_grad=True)
b = torch.tensor([1., 2.], requires_grad=True)
z = torch.linalg.solve(A, b)
z.sum().backward()
w = torch.linalg.solve(A.detach().T, torch.ones(2))
print(z.detach(), b.grad, torch.allclose(b.grad, w), torch.allclose(A.grad, -torch.outer(w, z.detach())))
