"""torch.optim.lr_scheduler: learning rates by the number of the epoch. Source: torch/optim/lr_scheduler.py.

A scheduler is a rule: what becomes of one group's rate, `rule(options, rate, first rate, number of the group)`. The
options are attributes of the scheduler, and so is `last_epoch`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from gradcli.lang.networks.module import made
from gradcli.lang.networks.options import REQUIRED, given_options
from gradcli.lang.values.classes import Class
from gradcli.lang.values.table import attribute, type_name
from gradcli.nn.optimizer import Optimizer

MODULE: Final = "torch.optim.lr_scheduler"
Fields = dict[str, Any]
Rule = Callable[[Fields, float, float, int], Any]


def _check_optimizer(optimizer: Any) -> None:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type_name(optimizer)} is not an Optimizer")


def _rates(optimizer: Optimizer, name: str = "lr") -> list[float]:
    return [group[name] for group in optimizer.param_groups]


class LRScheduler:
    """What all schedulers have; one of a program's own has `get_lr`."""

    def __init__(self: Any, optimizer: Any, last_epoch: int = -1) -> None:
        _check_optimizer(optimizer)
        fields = self.fields
        fields["optimizer"] = optimizer
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{number}] when resuming scheduler with "
                    "last_epoch >= 0."
                )
        fields |= {"base_lrs": _rates(optimizer, "initial_lr"), "last_epoch": last_epoch, "_step_count": 0}
        fields |= {"_is_initial": True, "_get_lr_called_within_step": False}
        attribute(self, "step")()
        fields["_is_initial"] = False

    def step(self: Any, epoch: int | None = None) -> None:
        fields = self.fields
        fields["_step_count"] += 1
        fields["last_epoch"] = fields["last_epoch"] + 1 if epoch is None else epoch
        optimizer = fields["optimizer"]
        for group, rate in zip(optimizer.param_groups, attribute(self, "get_lr")(), strict=True):
            group["lr"] = rate
        fields["_last_lr"] = _rates(optimizer)

    def get_lr(self: Any) -> list[float]:
        raise NotImplementedError

    def get_last_lr(self: Any) -> list[float]:
        found: list[float] = self.fields["_last_lr"]
        return found

    def state_dict(self: Any) -> Fields:
        kept = {name: value for name, value in self.fields.items() if name not in ("optimizer", "lr_lambdas")}
        return {**kept, **({"lr_lambdas": [None] * len(_lambdas(self))} if "lr_lambdas" in self.fields else {})}

    def load_state_dict(self: Any, state_dict: Fields) -> None:
        self.fields |= {name: value for name, value in state_dict.items() if name != "lr_lambdas"}


def _lambdas(self: Any) -> list[Any]:
    found: list[Any] = self.fields["lr_lambdas"]
    return found


BASE: Final = made(LRScheduler, None, MODULE)


# ---------------------------------------------------------------- the rules


def _by_steps(s: Fields, rate: float, base: float, number: int) -> Any:
    epoch = s["last_epoch"]
    return rate if epoch == 0 or epoch % s["step_size"] else rate * s["gamma"]


def _at_milestones(s: Fields, rate: float, base: float, number: int) -> Any:
    times = s["milestones"][s["last_epoch"]]
    return rate * s["gamma"] ** times if times else rate


def _exponential(s: Fields, rate: float, base: float, number: int) -> Any:
    return rate if s["_is_initial"] else rate * s["gamma"]


def _times_function(s: Fields, rate: float, base: float, number: int) -> Any:
    return base * s["lr_lambdas"][number](s["last_epoch"])


def _multiplied(s: Fields, rate: float, base: float, number: int) -> Any:
    return rate if s["_is_initial"] else rate * s["lr_lambdas"][number](s["last_epoch"])


def _cosine(s: Fields, rate: float, base: float, number: int) -> Any:
    epoch, period, least = s["last_epoch"], s["T_max"], s["eta_min"]
    if s["_is_initial"]:
        return rate
    if (epoch - 1 - period) % (2 * period) == 0:
        return rate + (base - least) * (1 - math.cos(math.pi / period)) / 2
    before, now = (1 + math.cos(math.pi * each / period) for each in (epoch - 1, epoch))
    return now / before * (rate - least) + least


def _linear(s: Fields, rate: float, base: float, number: int) -> Any:
    epoch, first, change = s["last_epoch"], s["start_factor"], s["end_factor"] - s["start_factor"]
    if epoch == 0:
        return rate * first
    if s["_is_initial"] or epoch > s["total_iters"]:
        return rate
    return rate * (1.0 + change / (s["total_iters"] * first + (epoch - 1) * change))


def _constant(s: Fields, rate: float, base: float, number: int) -> Any:
    if s["last_epoch"] == 0:
        return rate * s["factor"]
    return rate if s["last_epoch"] != s["total_iters"] else rate * (1.0 / s["factor"])


def _polynomial(s: Fields, rate: float, base: float, number: int) -> Any:
    epoch, total = s["last_epoch"], s["total_iters"]
    if s["_is_initial"] or epoch > total:
        return rate
    return rate * ((1.0 - epoch / total) / (1.0 - (epoch - 1) / total)) ** s["power"]


def _settle_lambdas(fields: Fields) -> None:
    given, count = fields.pop("lr_lambda"), len(fields["optimizer"].param_groups)
    if isinstance(given, (list, tuple)) and len(given) != count:
        raise ValueError(f"Expected {count} lr_lambdas, but got {len(given)}")
    fields["lr_lambdas"] = list(given) if isinstance(given, (list, tuple)) else [given] * count


def _settle_milestones(fields: Fields) -> None:
    fields["milestones"] = Counter(fields["milestones"])


def _check_line(fields: Fields) -> None:
    if not 0 < fields["start_factor"] <= 1.0:
        raise ValueError("Starting multiplicative factor expected to be greater than 0 and less or equal to 1.")
    if not 0 <= fields["end_factor"] <= 1.0:
        raise ValueError("Ending multiplicative factor expected to be between 0 and 1.")


def _check_constant(fields: Fields) -> None:
    if not 0 <= fields["factor"] <= 1.0:
        raise ValueError("Constant multiplicative factor expected to be between 0 and 1.")


def _nothing(fields: Fields) -> None:
    pass


def _scheduler(name: str, options: Fields, rule: Rule, settle: Callable[[Fields], None]) -> Class:
    names = ["optimizer", *options, "last_epoch"]
    defaults = {**{name: value for name, value in options.items() if value is not REQUIRED}, "last_epoch": -1}
    required = 1 + sum(value is REQUIRED for value in options.values())

    def __init__(self: Any, *args: Any, **named: Any) -> None:
        given = {**defaults, **given_options(type_name(self), names, required, args, named)}
        _check_optimizer(given["optimizer"])
        self.fields |= {each: given[each] for each in names[:-1]}
        settle(self.fields)
        BASE.own["__init__"](self, given["optimizer"], given["last_epoch"])

    def get_lr(self: Any) -> list[float]:
        fields = self.fields
        rates = zip(_rates(fields["optimizer"]), fields["base_lrs"], strict=True)
        return [rule(fields, rate, base, number) for number, (rate, base) in enumerate(rates)]

    __init__.__qualname__ = f"{name}.__init__"
    get_lr.__qualname__ = f"{name}.get_lr"
    return Class(name, name, (BASE,), {"__init__": __init__, "get_lr": get_lr}, MODULE)


_STEPS: Final = {"gamma": 0.1}
_TABLE: Final[tuple[tuple[str, Fields, Rule, Callable[[Fields], None]], ...]] = (
    ("StepLR", {"step_size": REQUIRED, **_STEPS}, _by_steps, _nothing),
    ("MultiStepLR", {"milestones": REQUIRED, **_STEPS}, _at_milestones, _settle_milestones),
    ("ExponentialLR", {"gamma": REQUIRED}, _exponential, _nothing),
    ("LambdaLR", {"lr_lambda": REQUIRED}, _times_function, _settle_lambdas),
    ("MultiplicativeLR", {"lr_lambda": REQUIRED}, _multiplied, _settle_lambdas),
    ("CosineAnnealingLR", {"T_max": REQUIRED, "eta_min": 0.0}, _cosine, _nothing),
    ("LinearLR", {"start_factor": 1.0 / 3, "end_factor": 1.0, "total_iters": 5}, _linear, _check_line),
    ("ConstantLR", {"factor": 1.0 / 3, "total_iters": 5}, _constant, _check_constant),
    ("PolynomialLR", {"total_iters": 5, "power": 1.0}, _polynomial, _nothing),
)


# ---------------------------------------------------------------- by what was measured


class ReduceLROnPlateau:
    """A smaller rate each time that what is measured has not become better for a while."""

    def __init__(
        self: Any,
        optimizer: Any,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: Any = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1.0:
            raise ValueError("Factor should be < 1.0.")
        _check_optimizer(optimizer)
        for what, value, known in (("mode", mode, ("min", "max")), ("threshold mode", threshold_mode, ("rel", "abs"))):
            if value not in known:
                raise ValueError(f"{what} {value} is unknown!")
        count = len(optimizer.param_groups)
        several = isinstance(min_lr, (list, tuple))
        if several and len(min_lr) != count:
            raise ValueError(f"expected {count} min_lrs, got {len(min_lr)}")
        self.fields |= {"factor": factor, "optimizer": optimizer, "default_min_lr": None if several else min_lr}
        self.fields |= {"min_lrs": list(min_lr) if several else [min_lr] * count, "patience": patience}
        self.fields |= {"cooldown": cooldown, "eps": eps, "last_epoch": 0, "_last_lr": _rates(optimizer)}
        worst = math.inf if mode == "min" else -math.inf
        self.fields |= {"mode_worse": worst, "mode": mode, "threshold": threshold, "threshold_mode": threshold_mode}
        self.fields |= {"best": worst, "cooldown_counter": 0, "num_bad_epochs": 0}

    def step(self: Any, metrics: Any, epoch: int | None = None) -> None:
        s, current = self.fields, float(metrics)
        s["last_epoch"] = s["last_epoch"] + 1 if epoch is None else epoch
        if _is_better(s, current):
            s |= {"best": current, "num_bad_epochs": 0}
        else:
            s["num_bad_epochs"] += 1
        if s["cooldown_counter"] > 0:
            s["cooldown_counter"] -= 1
            s["num_bad_epochs"] = 0
        if s["num_bad_epochs"] > s["patience"]:
            _reduce(s)
            s |= {"cooldown_counter": s["cooldown"], "num_bad_epochs": 0}
        s["_last_lr"] = _rates(s["optimizer"])

    get_last_lr = LRScheduler.get_last_lr
    state_dict = LRScheduler.state_dict
    load_state_dict = LRScheduler.load_state_dict


def _is_better(s: Fields, value: float) -> bool:
    sign = 1 if s["mode"] == "min" else -1
    relative = s["threshold_mode"] == "rel"
    wanted = s["best"] * (1.0 - sign * s["threshold"]) if relative else s["best"] - sign * s["threshold"]
    return bool(sign * value < sign * wanted)


def _reduce(s: Fields) -> None:
    for group, least in zip(s["optimizer"].param_groups, s["min_lrs"], strict=True):
        rate = float(group["lr"])
        smaller = max(rate * s["factor"], least)
        if rate - smaller > s["eps"]:
            group["lr"] = smaller


def members() -> dict[str, Any]:
    """torch.optim.lr_scheduler."""
    return {
        "LRScheduler": BASE,
        "_LRScheduler": BASE,
        **{row[0]: _scheduler(*row) for row in _TABLE},
        "ReduceLROnPlateau": made(ReduceLROnPlateau, BASE, MODULE),
    }
