"""Learning rates that rise and fall: one cycle, many, and warm restarts. Source: torch/optim/lr_scheduler.py."""

from __future__ import annotations

import math
from typing import Any, Final

from gradcli.lang.networks.schedulers.base import (
    Fields,
    LRScheduler,
    Rates,
    check_optimizer,
    for_each_group,
    kept,
    scheduler,
    set_rate,
    set_rates,
    warn_outside_step,
    within_step,
)
from gradcli.lang.values.table import attribute, type_of
from gradcli.nn.optimizer import Group, Optimizer

# ---------------------------------------------------------------- momentum, which moves against the rate


def _uses_beta1(optimizer: Optimizer) -> bool:
    if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
        raise ValueError("optimizer must support momentum or beta1 with `cycle_momentum` option enabled")
    return "betas" in optimizer.defaults


def _set_momentum(group: Group, momentum: Any, use_beta1: bool) -> None:
    if use_beta1:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum


def _start_momentums(optimizer: Optimizer, least: Rates, most: Rates, use_beta1: bool) -> None:
    for group, low, high in zip(optimizer.param_groups, least, most, strict=True):
        _set_momentum(group, high, use_beta1)
        group["max_momentum"], group["base_momentum"] = high, low


# ---------------------------------------------------------------- one cycle


def _phase(end: float, rates: tuple[str, str], momentums: tuple[str, str]) -> Fields:
    ends = {"start_lr": rates[0], "end_lr": rates[1], "start_momentum": momentums[0], "end_momentum": momentums[1]}
    return {"end_step": end, **ends}


def _phases(total: int, rising: float, three: bool) -> list[Fields]:
    falls, rises = ("max_momentum", "base_momentum"), ("base_momentum", "max_momentum")
    up = _phase(float(rising * total) - 1, ("initial_lr", "max_lr"), falls)
    if not three:
        return [up, _phase(total - 1, ("max_lr", "min_lr"), rises)]
    down = _phase(float(2 * rising * total) - 2, ("max_lr", "initial_lr"), rises)
    return [up, down, _phase(total - 1, ("initial_lr", "min_lr"), ("max_momentum", "max_momentum"))]


def _total_steps(total_steps: Any, epochs: Any, steps_per_epoch: Any) -> int:
    if total_steps is not None:
        if total_steps <= 0 or not isinstance(total_steps, int):
            raise ValueError(f"Expected positive integer total_steps, but got {total_steps}")
        return total_steps
    if epochs is None or steps_per_epoch is None:
        raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
    for name, value in (("epochs", epochs), ("steps_per_epoch", steps_per_epoch)):
        if not isinstance(value, int) or value <= 0:
            raise ValueError(f"Expected positive integer {name}, but got {value}")
    return int(epochs * steps_per_epoch)


def _annealed(strategy: str, start: Any, end: Any, part: float) -> Any:
    if strategy == "cos":
        return end + (start - end) / 2.0 * (math.cos(math.pi * part) + 1)
    return (end - start) * part + start


class OneCycleLR:
    """Up to `max_lr`, and down to much less than at the beginning."""

    def __init__(
        self: Any,
        optimizer: Any,
        max_lr: Any,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.85,
        max_momentum: Any = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        total = _total_steps(total_steps, epochs, steps_per_epoch)
        self.fields |= {"optimizer": optimizer, "total_steps": total}
        self.fields["_schedule_phases"] = _phases(total, pct_start, three_phase)
        if pct_start < 0 or pct_start > 1 or not isinstance(pct_start, float):
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        self.fields["_anneal_func_type"] = anneal_strategy
        highest = for_each_group("max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for group, high in zip(optimizer.param_groups, highest, strict=True):
                first = high / div_factor
                group |= {"initial_lr": first, "max_lr": high, "min_lr": first / final_div_factor}
        self.fields["cycle_momentum"] = cycle_momentum
        if cycle_momentum:
            use_beta1 = self.fields["use_beta1"] = _uses_beta1(optimizer)
            most = for_each_group("max_momentum", optimizer, max_momentum)
            least = for_each_group("base_momentum", optimizer, base_momentum)
            if last_epoch == -1:
                _start_momentums(optimizer, least, most, use_beta1)
        LRScheduler.__init__(self, optimizer, last_epoch)

    def get_lr(self: Any) -> Rates:
        warn_outside_step(self)
        s = self.fields
        step, total, strategy = s["last_epoch"], s["total_steps"], s["_anneal_func_type"]
        if step > total:
            raise ValueError(f"Tried to step {step} times. The specified number of total steps is {total}")
        phases = s["_schedule_phases"]
        number = next((n for n, phase in enumerate(phases) if step <= phase["end_step"]), len(phases) - 1)
        start, phase = phases[number - 1]["end_step"] if number else 0.0, phases[number]
        found = []
        for group in s["optimizer"].param_groups:
            part = (step - start) / (phase["end_step"] - start)
            found.append(_annealed(strategy, group[phase["start_lr"]], group[phase["end_lr"]], part))
            if s["cycle_momentum"]:
                ends = group[phase["start_momentum"]], group[phase["end_momentum"]]
                _set_momentum(group, _annealed(strategy, *ends, part), s["use_beta1"])
        return found


# ---------------------------------------------------------------- many cycles

# mode: how high a cycle is, by `gamma` and the number of the cycle, or that of the step; and by which.
_HEIGHTS: Final[dict[str, tuple[Any, str]]] = {
    "triangular": (lambda gamma, x: 1.0, "cycle"),
    "triangular2": (lambda gamma, x: 1 / (2.0 ** (x - 1)), "cycle"),
    "exp_range": (lambda gamma, x: gamma**x, "iterations"),
}


class CyclicLR:
    """Up and down between two rates, again and again."""

    def __init__(
        self: Any,
        optimizer: Any,
        base_lr: Any,
        max_lr: Any,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Any = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.8,
        max_momentum: Any = 0.9,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        s = self.fields
        s["optimizer"] = optimizer
        lowest = for_each_group("base_lr", optimizer, base_lr)
        if last_epoch == -1:
            for rate, group in zip(lowest, optimizer.param_groups, strict=True):
                set_rate(group, rate)
        s["max_lrs"] = for_each_group("max_lr", optimizer, max_lr)
        up = float(step_size_up)
        total = s["total_size"] = up + (up if step_size_down is None else float(step_size_down))
        s["step_ratio"] = up / total
        if mode not in _HEIGHTS and scale_fn is None:
            raise ValueError("mode is invalid and scale_fn is None")
        s |= {"mode": mode, "gamma": gamma, "_scale_fn_custom": scale_fn}
        s["scale_mode"] = scale_mode if scale_fn is not None else _HEIGHTS[mode][1]
        s["cycle_momentum"] = cycle_momentum
        if cycle_momentum:
            use_beta1 = s["use_beta1"] = _uses_beta1(optimizer)
            least = s["base_momentums"] = for_each_group("base_momentum", optimizer, base_momentum)
            most = s["max_momentums"] = for_each_group("max_momentum", optimizer, max_momentum)
            if last_epoch == -1:
                _start_momentums(optimizer, least, most, use_beta1)
        LRScheduler.__init__(self, optimizer, last_epoch)
        s["base_lrs"] = lowest

    def scale_fn(self: Any, x: Any) -> Any:
        s = self.fields
        if s["_scale_fn_custom"] is not None:
            return s["_scale_fn_custom"](x)
        return _HEIGHTS[s["mode"]][0](s["gamma"], x)

    def get_lr(self: Any) -> Rates:
        warn_outside_step(self)
        s = self.fields
        cycle = math.floor(1 + s["last_epoch"] / s["total_size"])
        x = 1.0 + s["last_epoch"] / s["total_size"] - cycle
        ratio = s["step_ratio"]
        part = x / ratio if x <= ratio else (x - 1) / (ratio - 1)

        def height(low: Any, high: Any) -> Any:
            counted = cycle if s["scale_mode"] == "cycle" else s["last_epoch"]
            return (high - low) * part * attribute(self, "scale_fn")(counted)

        found = [low + height(low, high) for low, high in zip(s["base_lrs"], s["max_lrs"], strict=True)]
        if s["cycle_momentum"]:
            bounds = zip(s["base_momentums"], s["max_momentums"], strict=True)
            momentums = [high - height(low, high) for low, high in bounds]
            for group, momentum in zip(s["optimizer"].param_groups, momentums, strict=True):
                _set_momentum(group, momentum, s["use_beta1"])
        return found

    def state_dict(self: Any) -> Fields:
        state = LRScheduler.state_dict(self)
        return state | {"_scale_fn_custom": kept(state.pop("_scale_fn_custom"))}

    def load_state_dict(self: Any, state_dict: Fields) -> None:
        fields = state_dict.pop("_scale_fn_custom")
        LRScheduler.load_state_dict(self, state_dict)
        if fields is not None:
            self.fields["_scale_fn_custom"].fields.update(fields)


# ---------------------------------------------------------------- warm restarts


class CosineAnnealingWarmRestarts:
    """Down along a cosine in `T_0` epochs, and again from the top, each time in `T_mult` times as many."""

    def __init__(
        self: Any, optimizer: Any, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        if T_0 <= 0 or not isinstance(T_0, int):
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if T_mult < 1 or not isinstance(T_mult, int):
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        if not isinstance(eta_min, (float, int)):
            raise ValueError(f"Expected float or int eta_min, but got {eta_min} of type {type_of(eta_min)}")
        self.fields |= {"T_0": T_0, "T_i": T_0, "T_mult": T_mult, "eta_min": eta_min, "T_cur": last_epoch}
        LRScheduler.__init__(self, optimizer, last_epoch)

    def get_lr(self: Any) -> Rates:
        warn_outside_step(self)
        s = self.fields
        least, part = s["eta_min"], math.pi * s["T_cur"] / s["T_i"]
        return [least + (base - least) * (1 + math.cos(part)) / 2 for base in s["base_lrs"]]

    def step(self: Any, epoch: float | None = None) -> None:
        s = self.fields
        if epoch is None and s["last_epoch"] < 0:
            epoch = 0
        if epoch is None:
            epoch = s["last_epoch"] + 1
            s["T_cur"] += 1
            if s["T_cur"] >= s["T_i"]:
                s["T_cur"] %= s["T_i"]
                s["T_i"] *= s["T_mult"]
        elif epoch < 0:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        else:
            _restart_at(s, epoch)
        s["last_epoch"] = math.floor(epoch)
        set_rates(self, within_step(self, "get_lr"))


def _restart_at(s: Fields, epoch: float) -> None:
    """Find the cycle in which an epoch lies."""
    first, times = s["T_0"], s["T_mult"]
    if epoch < first:
        s["T_i"], s["T_cur"] = first, epoch
    elif times == 1:
        s["T_cur"] = epoch % first
    else:
        cycles = int(math.log(epoch / first * (times - 1) + 1, times))
        s["T_cur"] = epoch - first * (times**cycles - 1) / (times - 1)
        s["T_i"] = first * times**cycles


CYCLES: Final = (scheduler(OneCycleLR), scheduler(CyclicLR), scheduler(CosineAnnealingWarmRestarts))
