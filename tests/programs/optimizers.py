"""torch.optim: the numbers after thirty steps, how optimizers print, and what they refuse."""
import torch
from torch import optim
def run(make, n=30):
    torch.manual_seed(0)
    p = torch.rand(3, 2, requires_grad=True); q = torch.rand(4, requires_grad=True)
    o = make([p, q])
    for i in range(n):
        o.zero_grad()
        loss = ((p.sum(1)**2).sum() * q.sum() - q.prod() + (p**4).sum() + (q**2).sum())
        loss.backward()
        if i == 3: q.grad = None
        o.step()
    return [("%.5f" % v) for v in p.flatten().tolist() + q.tolist()]
for mk in [lambda ps: optim.SGD(ps, lr=.01), lambda ps: optim.SGD(ps, lr=.01, momentum=.9), lambda ps: optim.SGD(ps, lr=.01, momentum=.9, nesterov=True, weight_decay=.1),
  lambda ps: optim.SGD(ps, lr=.01, momentum=.9, dampening=.5, maximize=False), lambda ps: optim.SGD(ps, lr=.001, maximize=True),
  lambda ps: optim.Adam(ps, lr=.01), lambda ps: optim.Adam(ps, lr=.01, amsgrad=True, weight_decay=.1), lambda ps: optim.AdamW(ps, lr=.01), lambda ps: optim.AdamW(ps, lr=.01, weight_decay=.3, betas=(.5,.6)),
  lambda ps: optim.RMSprop(ps, lr=.001), lambda ps: optim.RMSprop(ps, lr=.001, momentum=.5, centered=True), lambda ps: optim.RMSprop(ps, lr=.001, centered=True, weight_decay=.1), lambda ps: optim.Adagrad(ps, lr=.1), lambda ps: optim.Adagrad(ps, lr=.1, lr_decay=.1, weight_decay=.1, initial_accumulator_value=.1)]:
    print(run(mk))
for o in (optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad):
    w = torch.ones(2, requires_grad=True)
    k = o([w], lr=.5)
    print(k, o, k.defaults)
    w.sum().backward()
    k.step()
    print(k.state_dict(), w)
o = optim.SGD([torch.ones(1, requires_grad=True)], lr=1.)
def closure():
    return torch.tensor(3.)
print(o.step(closure), len(o.state))
def a(f):
    try: print(repr(f()))
    except Exception as e: print(type(e).__name__, e)
w = torch.ones(2, requires_grad=True)
a(lambda: optim.SGD([w], lr=.1, momentum=-1))
a(lambda: optim.SGD([w], lr=.1, nesterov=True))
a(lambda: optim.Adam([w], betas=(1.,0)))
a(lambda: optim.Adam([w], betas=(.5,1.2)))
a(lambda: optim.Adam([w], eps=-1.))
a(lambda: optim.SGD([w, w], lr=.1))
a(lambda: optim.SGD(w, .1))
a(lambda: optim.SGD(3, .1))
a(lambda: optim.SGD([{"params": [w]}, {"params": [w]}], .1))
a(lambda: optim.SGD([w]).foo)
