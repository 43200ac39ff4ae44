"""Smaller learning rates where what is measured does not become better. Source: torch/optim/lr_scheduler.py."""

from __future__ import annotations

import math
from typing import Any, Final

from gradcli.lang.networks.schedulers.base import Fields, check_optimizer, rates, scheduler, set_rate, warn_of_epoch


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
        check_optimizer(optimizer)
        for what, value, known in (("mode", mode, ("min", "max")), ("threshold mode", threshold_mode, ("rel", "abs"))):
            if value not in known:
                raise ValueError(f"{what} {value} is unknown!")
        count = len(optimizer.param_groups)
        several = isinstance(min_lr, (list, tuple))
        if several and len(min_lr) != count:
            raise ValueError(f"expected {count} min_lrs, got {len(min_lr)}")
        self.fields |= {"factor": factor, "optimizer": optimizer, "default_min_lr": None if several else min_lr}
        self.fields |= {"min_lrs": list(min_lr) if several else [min_lr] * count, "patience": patience}
        self.fields |= {"cooldown": cooldown, "eps": eps, "last_epoch": 0, "_last_lr": rates(optimizer)}
        worst = math.inf if mode == "min" else -math.inf
        self.fields |= {"mode_worse": worst, "mode": mode, "threshold": threshold, "threshold_mode": threshold_mode}
        self.fields |= {"best": worst, "cooldown_counter": 0, "num_bad_epochs": 0}

    def step(self: Any, metrics: Any, epoch: int | None = None) -> None:
        s, current = self.fields, float(metrics)
        warn_of_epoch(epoch)
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
        s["_last_lr"] = rates(s["optimizer"])


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
            set_rate(group, smaller)


PLATEAU: Final = scheduler(ReduceLROnPlateau)
