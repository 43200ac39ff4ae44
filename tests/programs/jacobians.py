# Jacobians and Hessians, in five ways
import torch
from torch.autograd.functional import jacobian, hessian, vjp, jvp, hvp, vhp
from torch.func import jacrev, jacfwd, vmap, grad
from functools import partial

W = torch.tensor([[0.5, -0.25], [1.0, 2.0], [0.0, -1.5]], dtype=torch.float64)
x = torch.tensor([0.7, -0.3], dtype=torch.float64)


def predict(weight, bias, x):
    return torch.nn.functional.linear(x, weight, bias).tanh()


bias = torch.zeros(3, dtype=torch.float64)


def compute_jac(xp):
    jacobian_rows = [torch.autograd.grad(predict(W, bias, xp), xp, vec)[0]
                     for vec in unit_vectors]
    return torch.stack(jacobian_rows)


xp = x.clone().requires_grad_()
unit_vectors = torch.eye(3, dtype=torch.float64)
by_rows = compute_jac(xp)
print(by_rows)

f = partial(predict, W, bias)
by_functional = jacobian(f, x)
by_rev = jacrev(f)(x)
by_fwd = jacfwd(f)(x)
ft_jacobian = jacrev(predict, argnums=2)(W, bias, x)
for other in (by_functional, by_rev, by_fwd, ft_jacobian):
    assert torch.allclose(by_rows, other), other
print("all the same")


def loss(x):
    return (f(x) ** 2).sum()


H = hessian(loss, x)
print(H)
print(torch.allclose(H, H.T), torch.allclose(H, jacfwd(jacrev(loss))(x)), torch.allclose(H, torch.func.hessian(loss)(x)))

v = torch.tensor([1.0, 2.0], dtype=torch.float64)
value, product = hvp(loss, x, v)
print(value, product, torch.allclose(product, H @ v))
print(vhp(loss, x, v)[1])

out, g = vjp(f, x, torch.ones(3, dtype=torch.float64))
print(out, g)
out, t = jvp(f, x, v)
print(t, torch.allclose(t, by_rows @ v))

# finite differences
eps = 1e-6
columns = []
for i in range(len(x)):
    step = torch.zeros_like(x)
    step[i] = eps
    columns.append((f(x + step) - f(x - step)) / (2 * eps))
print((torch.stack(columns, 1) - by_rows).abs().max().item() < 1e-8)

# two inputs
a, b = torch.tensor(2.0), torch.tensor([1.0, 3.0])
J = jacobian(lambda a, b: a * b ** 2, (a, b))
print(type(J), J)
print(hessian(lambda a, b: (a * b ** 2).sum(), (a, b)))

# a gradient per sample
samples = torch.tensor([[1., 2.], [3., 4.], [5., 6.]])
w = torch.tensor([1., -1.])
per_sample = vmap(grad(lambda w, s: (w @ s) ** 2), in_dims=(None, 0))(w, samples)
print(per_sample)
