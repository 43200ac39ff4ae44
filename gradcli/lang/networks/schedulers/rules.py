"""torch.optim.lr_scheduler: learning rates by the number of the epoch. Source: torch/optim/lr_scheduler.py.

A scheduler is a rule: what becomes of one group's rate, `rule(options, rate, first rate, number of the group)`. Most
have a closed form too, which knows the epoch without those before it.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from gradcli.lang.networks.options import REQUIRED, given_options
from gradcli.lang.networks.schedulers.base import (
    BASE,
    MODULE,
    Fields,
    LRScheduler,
    Rates,
    check_optimizer,
    kept,
    rates,
    warn_outside_step,
)
from gradcli.lang.values.classes import Class
from gradcli.lang.values.table import type_name

Rule = Callable[[Fields, Any, Any, int], Any]
ClosedForm = Callable[[Fields, Any], Any]


# ---------------------------------------------------------------- the rules


def _by_steps(s: Fields, rate: Any, base: Any, number: int) -> Any:
    epoch = s["last_epoch"]
    return rate if epoch == 0 or epoch % s["step_size"] else rate * s["gamma"]


def _at_milestones(s: Fields, rate: Any, base: Any, number: int) -> Any:
    times = s["milestones"][s["last_epoch"]]
    return rate * s["gamma"] ** times if times else rate


def _exponential(s: Fields, rate: Any, base: Any, number: int) -> Any:
    return rate if s["_is_initial"] else rate * s["gamma"]


def _times_function(s: Fields, rate: Any, base: Any, number: int) -> Any:
    return base * s["lr_lambdas"][number](s["last_epoch"])


def _multiplied(s: Fields, rate: Any, base: Any, number: int) -> Any:
    return rate if s["_is_initial"] else rate * s["lr_lambdas"][number](s["last_epoch"])


def _cosine(s: Fields, rate: Any, base: Any, number: int) -> Any:
    epoch, period, least = s["last_epoch"], s["T_max"], s["eta_min"]
    if s["_is_initial"]:
        return rate
    if (epoch - 1 - period) % (2 * period) == 0:
        return rate + (base - least) * (1 - math.cos(math.pi / period)) / 2
    before, now = (1 + math.cos(math.pi * each / period) for each in (epoch - 1, epoch))
    return now / before * (rate - least) + least


def _linear(s: Fields, rate: Any, base: Any, number: int) -> Any:
    epoch, first, change = s["last_epoch"], s["start_factor"], s["end_factor"] - s["start_factor"]
    if epoch == 0:
        return rate * first
    if s["_is_initial"] or epoch > s["total_iters"]:
        return rate
    return rate * (1.0 + change / (s["total_iters"] * first + (epoch - 1) * change))


def _constant(s: Fields, rate: Any, base: Any, number: int) -> Any:
    if s["last_epoch"] == 0:
        return rate * s["factor"]
    return rate if s["last_epoch"] != s["total_iters"] else rate * (1.0 / s["factor"])


def _polynomial(s: Fields, rate: Any, base: Any, number: int) -> Any:
    epoch, total = s["last_epoch"], s["total_iters"]
    if s["_is_initial"] or epoch > total:
        return rate
    return rate * ((1.0 - epoch / total) / (1.0 - (epoch - 1) / total)) ** s["power"]


# ---------------------------------------------------------------- their closed forms


def _after_steps(s: Fields, base: Any) -> Any:
    return base * s["gamma"] ** (s["last_epoch"] // s["step_size"])


def _after_milestones(s: Fields, base: Any) -> Any:
    return base * s["gamma"] ** bisect_right(sorted(s["milestones"].elements()), s["last_epoch"])


def _exponential_at(s: Fields, base: Any) -> Any:
    return base * s["gamma"] ** s["last_epoch"]


def _cosine_at(s: Fields, base: Any) -> Any:
    least = s["eta_min"]
    return least + (base - least) * (1 + math.cos(math.pi * s["last_epoch"] / s["T_max"])) / 2


def _linear_at(s: Fields, base: Any) -> Any:
    first, total = s["start_factor"], s["total_iters"]
    return base * (first + (s["end_factor"] - first) * min(total, s["last_epoch"]) / total)


def _constant_at(s: Fields, base: Any) -> Any:
    return base * (s["factor"] + (s["last_epoch"] >= s["total_iters"]) * (1 - s["factor"]))


def _polynomial_at(s: Fields, base: Any) -> Any:
    total = s["total_iters"]
    return base * (1.0 - min(total, s["last_epoch"]) / total) ** s["power"]


# ---------------------------------------------------------------- options


def _settle_lambdas(fields: Fields) -> None:
    given, count = fields.pop("lr_lambda"), len(fields["optimizer"].param_groups)
    if isinstance(given, (list, tuple)) and len(given) != count:
        raise ValueError(f"Expected {count} lr_lambdas, but got {len(given)}")
    fields["lr_lambdas"] = list(given) if isinstance(given, (list, tuple)) else [given] * count


def _settle_factors(fields: Fields) -> None:
    _settle_lambdas(fields)
    for each in fields["lr_lambdas"]:
        if not callable(each):
            raise TypeError(f"lr_lambda should be a function, but got {type_name(each)}")


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


def _scheduler(
    name: str, options: Fields, rule: Rule, closed: ClosedForm | None, settle: Callable[[Fields], None]
) -> Class:
    names = ["optimizer", *options, "last_epoch"]
    defaults = {**{name: value for name, value in options.items() if value is not REQUIRED}, "last_epoch": -1}
    required = 1 + sum(value is REQUIRED for value in options.values())

    def __init__(self: Any, *args: Any, **named: Any) -> None:
        given = {**defaults, **given_options(type_name(self), names, required, args, named)}
        check_optimizer(given["optimizer"])
        self.fields |= {each: given[each] for each in names[:-1]}
        settle(self.fields)
        LRScheduler.__init__(self, given["optimizer"], given["last_epoch"])

    def get_lr(self: Any) -> Rates:
        warn_outside_step(self)
        fields = self.fields
        each = zip(rates(fields["optimizer"]), fields["base_lrs"], strict=True)
        return [rule(fields, rate, base, number) for number, (rate, base) in enumerate(each)]

    def _get_closed_form_lr(self: Any) -> Rates:
        assert closed is not None
        return [closed(self.fields, base) for base in self.fields["base_lrs"]]

    own: dict[str, Any] = {"__init__": __init__, "get_lr": get_lr}
    own |= {} if closed is None else {"_get_closed_form_lr": _get_closed_form_lr}
    own |= {"state_dict": _state_with_lambdas, "load_state_dict": _load_with_lambdas} if "lr_lambda" in options else {}
    for function in (__init__, get_lr):
        function.__qualname__ = f"{name}.{function.__name__}"
    return Class(name, name, (BASE,), own, MODULE)


def _state_with_lambdas(self: Any) -> Fields:
    state = LRScheduler.state_dict(self)
    functions = state.pop("lr_lambdas")
    return state | {"lr_lambdas": list(map(kept, functions))}


def _load_with_lambdas(self: Any, state_dict: Fields) -> None:
    functions = self.fields["lr_lambdas"]
    self.fields |= state_dict | {"lr_lambdas": functions}
    for function, fields in zip(functions, state_dict["lr_lambdas"], strict=False):
        if fields is not None:
            function.fields.update(fields)


_STEPS: Final = {"gamma": 0.1}
_LINE: Final = {"start_factor": 1.0 / 3, "end_factor": 1.0, "total_iters": 5}
_TABLE: Final[tuple[tuple[str, Fields, Rule, ClosedForm | None, Callable[[Fields], None]], ...]] = (
    ("StepLR", {"step_size": REQUIRED, **_STEPS}, _by_steps, _after_steps, _nothing),
    ("MultiStepLR", {"milestones": REQUIRED, **_STEPS}, _at_milestones, _after_milestones, _settle_milestones),
    ("ExponentialLR", {"gamma": REQUIRED}, _exponential, _exponential_at, _nothing),
    ("LambdaLR", {"lr_lambda": REQUIRED}, _times_function, None, _settle_lambdas),
    ("MultiplicativeLR", {"lr_lambda": REQUIRED}, _multiplied, None, _settle_factors),
    ("CosineAnnealingLR", {"T_max": REQUIRED, "eta_min": 0.0}, _cosine, _cosine_at, _nothing),
    ("LinearLR", _LINE, _linear, _linear_at, _check_line),
    ("ConstantLR", {"factor": 1.0 / 3, "total_iters": 5}, _constant, _constant_at, _check_constant),
    ("PolynomialLR", {"total_iters": 5, "power": 1.0}, _polynomial, _polynomial_at, _nothing),
)
BY_RULE: Final = {row[0]: _scheduler(*row) for row in _TABLE}
