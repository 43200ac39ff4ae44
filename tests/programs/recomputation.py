"""torch.utils.checkpoint: what is run again in backward, how far, with which random numbers, and what it refuses."""

import warnings

import torch
import torch.nn as nn
from torch.utils.checkpoint import checkpoint, checkpoint_sequential, CheckpointError
warnings.simplefilter("ignore")

def attempt(f):
    try: print(f())
    except Exception as e: print(type(e).__name__, str(e).split("\nTip")[0])
def block(x, w):
    print("start")
    h = torch.tanh(x @ w)
    print("middle")
    h = torch.sigmoid(h) * h
    print("end")
    return h
torch.manual_seed(0)
x = torch.randn(2, 3, requires_grad=True)
w = torch.randn(3, 3, requires_grad=True)
for mode in (False, True):
    x.grad = w.grad = None
    y = checkpoint(block, x, w, use_reentrant=mode)
    print(y, y.grad_fn.name())
    y.sum().backward()
    print(x.grad, w.grad)
    attempt(lambda: y.sum().backward())
    y = checkpoint(block, x, w, use_reentrant=mode)
    attempt(lambda: torch.autograd.grad(y.sum(), [x, w]))
    y = checkpoint(block, x, w, use_reentrant=mode)
    attempt(lambda: y.sum().backward(inputs=[x]))
def drop(x):
    return torch.nn.functional.dropout(x * x, 0.5)
for mode in (False, True):
    x.grad = None
    y = checkpoint(drop, x, use_reentrant=mode)
    z = torch.rand(2)
    y.sum().backward()
    print(y, x.grad, z, torch.rand(2))
    y = checkpoint(drop, x, use_reentrant=mode, preserve_rng_state=False)
    y.sum().backward()
    print(x.grad)
model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1))
for mode in (False, True):
    model.zero_grad()
    out = checkpoint_sequential(model, 2, x, use_reentrant=mode)
    out.sum().backward()
    print(out, [p.grad.norm() for p in model.parameters()])
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 5)
        self.b = nn.Linear(5, 1)
    def forward(self, x):
        h = checkpoint(self.inner, x, use_reentrant=False)
        return self.b(h)
    def inner(self, x):
        return torch.relu(self.a(x))
net = Net()
net(x).sum().backward()
print(net.a.weight.grad, net(x))
count = [0]
def odd(x):
    count[0] += 1
    return x.exp().sin() if count[0] == 1 else x.exp()
y = checkpoint(odd, x, use_reentrant=False)
attempt(lambda: y.sum().backward())
count[0] = 0
def shapes(x):
    count[0] += 1
    return (x.exp() if count[0] == 1 else x[:1].exp()).sum()
y = checkpoint(shapes, x, use_reentrant=False)
attempt(lambda: y.backward())
attempt(lambda: checkpoint(block, x, w, use_reentrant=True, foo=3))
attempt(lambda: checkpoint(block, x, w=w, use_reentrant=False))
attempt(lambda: checkpoint(block, x, w, use_reentrant=False, determinism_check="x"))
attempt(lambda: checkpoint(lambda a: a.sum(), torch.ones(2), use_reentrant=True))
with torch.no_grad(): attempt(lambda: checkpoint(block, x, w, use_reentrant=False))
y = checkpoint(lambda a: (a * a, a.exp()), x, use_reentrant=False)
g, = torch.autograd.grad(y[0].sum() + y[1].sum(), x, create_graph=True)
attempt(lambda: torch.autograd.grad(g.sum(), x))
print(torch.utils.checkpoint.checkpoint is checkpoint)
