"""Learning rates in cycles, with warm restarts, one schedule after another and several at once."""

import warnings

import torch
from torch.optim.lr_scheduler import (
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiplicativeLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)

warnings.filterwarnings("ignore")


def fresh(kind=torch.optim.SGD, **options):
    w = torch.nn.Parameter(torch.ones(2))
    v = torch.nn.Parameter(torch.ones(2))
    options = options or ({"momentum": 0.9} if kind is torch.optim.SGD else {})
    return kind([{"params": [w]}, {"params": [v], "lr": 0.5}], lr=0.1, **options)


def rounded(value):
    if isinstance(value, float):
        return round(value, 9)
    if isinstance(value, dict):
        return {name: rounded(each) for name, each in value.items()}
    return [rounded(each) for each in value] if isinstance(value, (list, tuple)) else value


def run(make, steps=10, optimizer=None):
    optimizer = optimizer or fresh()
    scheduler = make(optimizer)
    print(type(scheduler).__name__, rounded(scheduler.get_last_lr()))
    for _ in range(steps):
        optimizer.step()
        scheduler.step()
        group = optimizer.param_groups[0]
        moment = group["betas"] if "betas" in group else group["momentum"]
        print(rounded(scheduler.get_last_lr()), rounded(moment))
    print(rounded(scheduler.state_dict()))
    return scheduler


run(lambda o: OneCycleLR(o, max_lr=0.1, total_steps=10), 9)
run(lambda o: OneCycleLR(o, max_lr=[0.1, 1.0], epochs=2, steps_per_epoch=5, anneal_strategy="linear", three_phase=True))
run(lambda o: OneCycleLR(o, 0.1, 8, cycle_momentum=False, pct_start=0.5, div_factor=10, final_div_factor=100.0), 7)
run(lambda o: OneCycleLR(o, 0.1, 8, base_momentum=[0.7, 0.8]), 7, fresh(torch.optim.Adam))
run(lambda o: CyclicLR(o, base_lr=0.001, max_lr=0.1, step_size_up=3))
run(lambda o: CyclicLR(o, [0.001, 0.01], [0.1, 0.2], step_size_up=2, step_size_down=3, mode="triangular2"), 12)
run(lambda o: CyclicLR(o, 0.001, 0.1, 2, mode="exp_range", gamma=0.9, cycle_momentum=False))
run(lambda o: CyclicLR(o, 0.01, 0.1, 2, scale_fn=lambda x: 1 / x, base_momentum=0.5), 9, fresh(torch.optim.Adam))
run(lambda o: CyclicLR(o, 0.01, 0.1, 2, mode="mine", scale_fn=lambda x: 0.9**x, scale_mode="iterations"))
run(lambda o: CosineAnnealingWarmRestarts(o, 3))
run(lambda o: CosineAnnealingWarmRestarts(o, T_0=2, T_mult=2, eta_min=0.01), 15)

run(lambda o: SequentialLR(o, [ConstantLR(o, factor=0.1, total_iters=2), ExponentialLR(o, 0.9)], milestones=[3]))
warm = run(
    lambda o: SequentialLR(o, [LinearLR(o, total_iters=3), CosineAnnealingLR(o, 5), LambdaLR(o, lambda e: 0.5)], [3, 7])
)
run(lambda o: SequentialLR(o, [MultiStepLR(o, [1]), StepLR(o, 2), PolynomialLR(o, 3)], milestones=[2, 6]))
run(
    lambda o: SequentialLR(
        o, [SequentialLR(o, [ConstantLR(o), ExponentialLR(o, 0.5)], [2]), CosineAnnealingWarmRestarts(o, 2)], [4]
    )
)
chained = run(lambda o: ChainedScheduler([ConstantLR(o, factor=0.1, total_iters=2), ExponentialLR(o, 0.9)]))
print(warm.last_epoch, warm._milestones, len(warm._schedulers), warm._schedulers[1].last_epoch, isinstance(warm, LRScheduler))
print(hasattr(chained, "last_epoch"), hasattr(chained, "base_lrs"), hasattr(warm, "base_lrs"), chained._is_initial)


def sequence(optimizer):
    return SequentialLR(optimizer, [ConstantLR(optimizer), ExponentialLR(optimizer, 0.9)], milestones=[2])


saved = run(sequence, 4).state_dict()
optimizer = fresh()
again = sequence(optimizer)
again.load_state_dict(saved)
optimizer.step()
again.step()
print(rounded(again.get_last_lr()), rounded(again.state_dict()), rounded(saved))


class Decay:
    def __init__(self, by):
        self.by = by

    def __call__(self, x):
        return self.by**x


saved = CyclicLR(fresh(), 0.1, 0.2, 2, scale_fn=Decay(0.5)).state_dict()
other = CyclicLR(fresh(), 0.1, 0.2, 2, scale_fn=Decay(0.9))
print(saved["_scale_fn_custom"], other.scale_fn(2))
other.load_state_dict(saved)
print(other.scale_fn(2), CyclicLR(fresh(), 0.1, 0.2, mode="triangular2").scale_fn(3))
saved = LambdaLR(fresh(), [Decay(0.5), lambda e: 1.0]).state_dict()
other = LambdaLR(fresh(), [Decay(0.9), lambda e: 1.0])
print(saved["lr_lambdas"])
other.load_state_dict(saved)
print(other.lr_lambdas[0].by)

optimizer = fresh()
for make in (
    lambda o: StepLR(o, 2),
    lambda o: MultiStepLR(o, [1, 4]),
    lambda o: ExponentialLR(o, 0.9),
    lambda o: LambdaLR(o, lambda e: 0.9**e),
    lambda o: CosineAnnealingLR(o, 4, eta_min=0.01),
    lambda o: LinearLR(o),
    lambda o: ConstantLR(o, total_iters=3),
    lambda o: PolynomialLR(o, 7, 2),
    lambda o: CosineAnnealingWarmRestarts(o, 2, 3),
    lambda o: CyclicLR(o, 0.1, 0.2, 3),
):
    scheduler = make(fresh())
    for epoch in (5, 1, 2.0, 12):
        scheduler.step(epoch)
        print(type(scheduler).__name__, scheduler.last_epoch, rounded(scheduler.get_last_lr()), rounded(scheduler.get_lr()))
print(rounded(CosineAnnealingWarmRestarts(fresh(), 3).get_lr()))

w = torch.nn.Parameter(torch.ones(1))
optimizer = torch.optim.SGD([w], lr=torch.tensor(0.5))
rate = optimizer.param_groups[0]["lr"]
scheduler = StepLR(optimizer, 1, 0.5)
scheduler.step()
print(optimizer.param_groups[0]["lr"] is rate, rate, scheduler.get_last_lr(), scheduler.base_lrs)

o, p = fresh(), fresh()
for wrong in (
    lambda: OneCycleLR(1, 0.1, 5),
    lambda: OneCycleLR(o, 0.1),
    lambda: OneCycleLR(o),
    lambda: OneCycleLR(o, 0.1, 0),
    lambda: OneCycleLR(o, 0.1, 2.5),
    lambda: OneCycleLR(o, 0.1, epochs=3),
    lambda: OneCycleLR(o, 0.1, epochs=0, steps_per_epoch=1),
    lambda: OneCycleLR(o, 0.1, epochs=2, steps_per_epoch=1.5),
    lambda: OneCycleLR(o, 0.1, 5, pct_start=1.5),
    lambda: OneCycleLR(o, 0.1, 5, pct_start=1),
    lambda: OneCycleLR(o, 0.1, 5, anneal_strategy="steps"),
    lambda: OneCycleLR(o, [0.1], 5),
    lambda: OneCycleLR(o, 0.1, 5, verbose=True),
    lambda: OneCycleLR(fresh(torch.optim.Adagrad), 0.1, 5),
    lambda: [OneCycleLR(o, 0.1, 2).step() for _ in range(2)],
    lambda: run(lambda o: OneCycleLR(o, 0.1, 4), 6),
    lambda: CyclicLR("o", 0.1, 0.2),
    lambda: CyclicLR(o, 0.1),
    lambda: CyclicLR(o, [0.1], 0.2),
    lambda: CyclicLR(o, 0.1, (0.2,)),
    lambda: CyclicLR(o, 0.1, 0.2, mode="square"),
    lambda: CyclicLR(o, 0.1, 0.2, max_momentum=[1, 2, 3]),
    lambda: CyclicLR(fresh(torch.optim.Adagrad), 0.1, 0.2),
    lambda: CyclicLR(o, 0.1, 0.2, step_size_up="x"),
    lambda: CosineAnnealingWarmRestarts(o, 0),
    lambda: CosineAnnealingWarmRestarts(o, 2.5),
    lambda: CosineAnnealingWarmRestarts(o, 2, 0),
    lambda: CosineAnnealingWarmRestarts(o, 2, eta_min="0"),
    lambda: CosineAnnealingWarmRestarts(o, 2).step(-1),
    lambda: SequentialLR(o, [], []),
    lambda: SequentialLR(o, [1], []),
    lambda: SequentialLR(o, [StepLR(o, 1), ReduceLROnPlateau(o)], [1]),
    lambda: SequentialLR(o, [StepLR(p, 1)], []),
    lambda: SequentialLR(o, [StepLR(o, 1)], [1]),
    lambda: SequentialLR(o, [StepLR(o, 1)]),
    lambda: SequentialLR(o, [StepLR(o, 1)], []).step(1),
    lambda: ChainedScheduler([]),
    lambda: ChainedScheduler([2]),
    lambda: ChainedScheduler([StepLR(o, 1), StepLR(p, 1)]),
    lambda: ChainedScheduler([StepLR(o, 1)], p),
    lambda: ChainedScheduler([ReduceLROnPlateau(o)]),
    lambda: ChainedScheduler([StepLR(o, 1)]).get_lr(),
    lambda: MultiplicativeLR(o, [abs, 2]),
    lambda: StepLR(fresh(), 1, last_epoch=3),
    lambda: CyclicLR(fresh(), 0.1, 0.2, last_epoch=3),
):
    try:
        wrong()
        print("no error")
    except Exception as error:
        print(type(error).__name__, error)
