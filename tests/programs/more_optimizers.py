"""torch.optim: the optimizers that are asked for less often, with their options, states and refusals; LBFGS with closures."""
import torch
from torch import optim
from torch.optim import ASGD, LBFGS, Adadelta, Adamax, NAdam, RAdam, Rprop

KINDS = (Adadelta, Adamax, NAdam, RAdam, Rprop, ASGD)


def shown(value):
    """Four digits: the last ones depend on the processor."""
    if isinstance(value, torch.Tensor):
        return shown(value.detach().flatten().tolist()) if value.dim() else shown(value.item())
    if isinstance(value, list):
        return [shown(each) for each in value]
    if isinstance(value, dict):
        return {name: shown(each) for name, each in value.items()}
    return f"{value:.4f}" if isinstance(value, float) else value


def weights():
    torch.manual_seed(0)
    return torch.rand(3, 2, requires_grad=True), torch.rand(4, requires_grad=True)


def trained(make, steps=25):
    p, q = weights()
    optimizer = make([p, q])
    for step in range(steps):
        optimizer.zero_grad()
        loss = (p.sum(1) ** 2).sum() * q.sum() - q.prod() + (p**4).sum() + (q**2).sum()
        loss.backward()
        if step == 3:
            q.grad = None
        optimizer.step()
    return shown(p), shown(q), shown(optimizer.state[q])


for make in (
    *KINDS,
    lambda ps: Adadelta(ps, 0.5, rho=0.5, eps=1e-3, weight_decay=0.1),
    lambda ps: Adadelta(ps, maximize=True),
    lambda ps: Adamax(ps, 0.1, (0.5, 0.6), weight_decay=0.1),
    lambda ps: NAdam(ps, 0.1, momentum_decay=0.1, weight_decay=0.1),
    lambda ps: NAdam(ps, 0.01, (0.5, 0.6), decoupled_weight_decay=True, weight_decay=0.3),
    lambda ps: RAdam(ps, 0.1, (0.5, 0.6), weight_decay=0.1),
    lambda ps: RAdam(ps, 0.01, betas=(0.9, 0.9), decoupled_weight_decay=True, weight_decay=0.3),
    lambda ps: Rprop(ps, 0.1, etas=(0.3, 1.5), step_sizes=(1e-3, 0.2)),
    lambda ps: ASGD(ps, 0.02, lambd=0.1, alpha=0.5, t0=5, weight_decay=0.1),
    lambda ps: ASGD(ps, torch.tensor(0.02), maximize=True),
):
    print(*trained(make))

for kind in (*KINDS, LBFGS):
    w = torch.ones(2, requires_grad=True)
    k = kind([w], lr=0.5)
    print(k, kind, kind.__name__, type(k) is kind, isinstance(k, optim.Optimizer), k.defaults)

# A group of its own, and going on from a state that was saved.
for kind in KINDS:
    (p, q), (r, s) = weights(), weights()
    o = kind([{"params": [p]}, {"params": q, "lr": 0.25}], lr=0.5)
    other = kind([{"params": [r]}, {"params": [s]}])
    for _ in range(2):
        p.grad, q.grad = p.detach() - 0.3, q.detach() * 2
        o.step()
    other.load_state_dict(o.state_dict())
    r.grad, s.grad = p.grad, q.grad
    other.step()
    print(shown(r), shown(s), [group["lr"] for group in other.param_groups], list(other.state_dict()["state"][0]))


def rosenbrock(p):
    return 100 * (p[1] - p[0] ** 2) ** 2 + (1 - p[0]) ** 2


def minimize(p, steps, **options):
    o = LBFGS([p], **options)
    calls = []

    def closure():
        o.zero_grad()
        loss = rosenbrock(p)
        loss.backward()
        calls.append(torch.is_grad_enabled())
        return loss

    losses = [shown(o.step(closure)) for _ in range(steps)]
    state = o.state[p]
    print(losses, shown(p), len(calls), all(calls), state["func_evals"], state["n_iter"], list(state))
    return o, closure


for options in ({"max_iter": 4}, {"lr": 0.5, "history_size": 2, "max_eval": 6}, {"max_iter": 1}):
    for line_search_fn in (None, "strong_wolfe"):
        minimize(torch.tensor([0.5, 0.5], requires_grad=True), 3, line_search_fn=line_search_fn, **options)
p = torch.tensor([-1.2, 1.0], requires_grad=True)
o, closure = minimize(p, 3, max_iter=10**9, line_search_fn="strong_wolfe")
o.load_state_dict(o.state_dict())
print(shown(o.step(closure)), shown(p), o)


def a(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)


w = torch.ones(2, requires_grad=True)
for options in ({"lr": -1.0}, {"lr": torch.ones(2)}, {"lr": "a"}, {"weight_decay": -1}, {"eps": -1.0}, {"betas": (1.0, 0)}, {"rho": 2}):
    for kind in KINDS:
        a(lambda: kind([w], **options).defaults)
a(lambda: NAdam([w], momentum_decay=-1))
a(lambda: RAdam([w], betas=(0.5, 1.0)))
a(lambda: Rprop([w], etas=(1, 2)))
a(lambda: LBFGS([w], lr=-1))
a(lambda: LBFGS([{"params": [w]}, {"params": [torch.ones(1)]}]))
a(lambda: LBFGS([w]).step())
a(lambda: LBFGS([w]).step(lambda: None))
a(lambda: minimize(w * 2, 1))
a(lambda: minimize((w * 2).detach().requires_grad_(), 1, line_search_fn="armijo"))
a(lambda: ASGD([w]).load_state_dict({"state": {}, "param_groups": []}))
a(lambda: ASGD([w]).load_state_dict(ASGD([torch.ones(1), torch.ones(1)]).state_dict()))
