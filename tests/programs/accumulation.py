# .grad accumulates: batches in parts, and what zeroing does
import torch

w = torch.tensor([1.0, -2.0, 0.5], requires_grad=True)
data = torch.arange(12.).reshape(4, 3) / 10
target = torch.tensor([1., 0., 1., 0.])


def loss_of(rows, truth):
    return ((rows @ w - truth) ** 2).sum()


loss_of(data, target).backward()
whole = w.grad.clone()
print("whole batch:", whole)

w.grad = None
for rows, truth in zip(data.split(2), target.split(2)):
    loss_of(rows, truth).backward()
    print("so far:     ", w.grad)
assert torch.allclose(w.grad, whole)

w.grad.zero_()
print(w.grad)
for rows, truth in zip(data.chunk(4), target.chunk(4)):
    (loss_of(rows, truth) / 4).backward()
print("mean:       ", w.grad, torch.allclose(w.grad * 4, whole))

# forgetting to zero
x = torch.tensor(3.0, requires_grad=True)
for i in range(3):
    y = x ** 2
    y.backward()
    print(i, x.grad.item())
x.grad.data.zero_()
grads = []
for i in range(3):
    y = x ** 2
    y.backward()
    grads.append(x.grad.item())
    x.grad = None
print(grads)

# retain_graph, and the same graph twice
x = torch.tensor([1., 2.], requires_grad=True)
y = x.exp().sum()
y.backward(retain_graph=True)
once = x.grad.clone()
y.backward()
print(torch.equal(x.grad, 2 * once))

# the gradient buffer is the same tensor, unless it was dropped
x = torch.ones(2, requires_grad=True)
(x * 2).sum().backward()
buffer = x.grad
(x * 3).sum().backward()
print(buffer is x.grad, buffer)
x.grad = None
(x * 3).sum().backward()
print(buffer is x.grad, buffer, x.grad)

# partial: only some inputs, several outputs
a, b = (torch.tensor(v, requires_grad=True) for v in (2.0, 5.0))
c = a * b
d = a + b
torch.autograd.backward([c, d], inputs=[a])
print(a.grad, b.grad)
torch.autograd.backward([a * b, a + b], [torch.tensor(1.), torch.tensor(10.)])
print(a.grad, b.grad)
(da,), (db,) = torch.autograd.grad(a * b, a), torch.autograd.grad(a * b, b)
print(da, db, a.grad is not da)
