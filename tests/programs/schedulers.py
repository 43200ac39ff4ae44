# learning rates by the epoch, and by what was measured
import torch
from torch.optim import lr_scheduler
from torch.optim.lr_scheduler import StepLR, LambdaLR, ReduceLROnPlateau


def fresh():
    w = torch.nn.Parameter(torch.ones(2))
    v = torch.nn.Parameter(torch.ones(2))
    return torch.optim.SGD([{"params": [w]}, {"params": [v], "lr": 0.5}], lr=0.1)


for make in (
    lambda o: StepLR(o, step_size=2, gamma=0.5),
    lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [1, 3, 3]),
    lambda o: lr_scheduler.ExponentialLR(o, 0.9),
    lambda o: LambdaLR(o, lambda epoch: 0.95**epoch),
    lambda o: LambdaLR(o, [lambda e: 1 / (e + 1), lambda e: 1.0]),
    lambda o: lr_scheduler.MultiplicativeLR(o, lambda e: 0.95),
    lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=3, eta_min=0.01),
    lambda o: lr_scheduler.LinearLR(o, total_iters=4),
    lambda o: lr_scheduler.ConstantLR(o, factor=0.25, total_iters=3),
    lambda o: lr_scheduler.PolynomialLR(o, total_iters=4, power=2.0),
):
    optimizer = fresh()
    scheduler = make(optimizer)
    rates = [scheduler.get_last_lr()]
    for epoch in range(8):
        optimizer.step()
        scheduler.step()
        rates.append([group["lr"] for group in optimizer.param_groups])
    print(type(scheduler).__name__, scheduler.last_epoch, scheduler.base_lrs)
    print(rates)
    print(scheduler.state_dict())
print(optimizer)
optimizer = fresh()
scheduler = ReduceLROnPlateau(optimizer, "min", patience=1, factor=0.5, min_lr=0.02, cooldown=1)
for loss in (1.0, 0.9, 0.9, 0.95, torch.tensor(0.95), 0.95, 0.95, 0.2, 0.3, 0.3, 0.3, 0.3):
    scheduler.step(loss)
    print(optimizer.param_groups[0]["lr"], scheduler.num_bad_epochs, scheduler.get_last_lr())
print(scheduler.state_dict())


class Warmup(lr_scheduler.LRScheduler):
    def __init__(self, optimizer, steps):
        self.steps = steps
        super().__init__(optimizer)

    def get_lr(self):
        return [base * min(1.0, (self.last_epoch + 1) / self.steps) for base in self.base_lrs]


optimizer = fresh()
scheduler = Warmup(optimizer, 4)
for _ in range(5):
    print(scheduler.get_last_lr())
    optimizer.step()
    scheduler.step()
saved = scheduler.state_dict()
other = Warmup(fresh(), 9)
other.load_state_dict(saved)
print(other.last_epoch, other.steps)
for wrong in (
    lambda: StepLR(1, 2),
    lambda: StepLR(fresh()),
    lambda: StepLR(fresh(), 2, 3, 4, 5),
    lambda: StepLR(fresh(), step=2),
    lambda: LambdaLR(fresh(), [abs]),
    lambda: ReduceLROnPlateau(fresh(), "least"),
    lambda: lr_scheduler.LinearLR(fresh(), start_factor=2),
):
    try:
        wrong()
    except Exception as error:
        print(type(error).__name__, error)
