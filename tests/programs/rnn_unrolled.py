# A recurrent cell unrolled in time, backpropagation through time, gradient clipping
import torch

torch.manual_seed(5)
n_hidden, n_in, T = 3, 2, 6

Wx = (torch.rand(n_in, n_hidden) - .5).requires_grad_(True)
Wh = (torch.rand(n_hidden, n_hidden) - .5).requires_grad_(True)
b = torch.zeros(n_hidden, requires_grad=True)
params = [Wx, Wh, b]


def cell(x, h):
    return torch.tanh(torch.matmul(x, Wx) + torch.matmul(h, Wh) + b)


def run(inputs, h):
    states = [h]
    for x in inputs:
        h = cell(x, h)
        h.retain_grad()
        states.append(h)
    return states


def clip_grad_norm(params, max_norm):
    total = torch.sqrt(sum((p.grad ** 2).sum() for p in params))
    scale = max_norm / (total + 1e-6)
    if scale < 1:
        for p in params:
            p.grad.mul_(scale)
    return total


inputs = torch.linspace(-1, 1, T * n_in).view(T, n_in)
states = run(inputs, torch.zeros(n_hidden))
loss = (states[-1] - torch.tensor([1.0, 0.0, -1.0])).pow(2).sum()
loss.backward()
print("loss", round(loss.item(), 4))
print("norm of dloss/dh_t, backwards in time:")
for t in range(T, 0, -1):
    print("  t=%d  %.5f" % (t, states[t].grad.norm()))

before = [p.grad.clone() for p in params]
total = clip_grad_norm(params, max_norm=0.1)
print(f"{total:.4f}", "clipped to", f"{sum((p.grad**2).sum() for p in params).sqrt():.3f}")
print([bool(torch.allclose(p.grad * total / 0.1, g, atol=1e-4)) for p, g in zip(params, before)])

# truncated: detach every second step
h = torch.zeros(n_hidden)
lengths = []
for t, x in enumerate(inputs):
    h = cell(x, h)
    if (t + 1) % 2 == 0:
        fn, n = h.grad_fn, 0
        while fn is not None and fn.next_functions:
            fn = fn.next_functions[0][0]
            n += 1
        lengths.append(n)
        h = h.detach()
print(lengths, h.requires_grad)

# train it a little
target = torch.tensor([0.5, -0.5, 0.0])
losses = []
for step in range(50):
    for p in params:
        p.grad = None
    loss = (run(inputs, torch.zeros(n_hidden))[-1] - target).pow(2).sum()
    loss.backward()
    clip_grad_norm(params, 1.0)
    for p in params:
        p.data.add_(p.grad, alpha=-0.1)
    losses.append(loss.item())
print(["%.3f" % l for l in losses[::10]], losses[-1] < losses[0])
