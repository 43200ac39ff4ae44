"""Schedulers of schedulers: one after the other, and all at once. Source: torch/optim/lr_scheduler.py."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any, Final

from gradcli.lang.networks.schedulers.base import Fields, rates, scheduler, set_rate
from gradcli.lang.networks.schedulers.plateau import PLATEAU
from gradcli.lang.values.reflection import has
from gradcli.lang.values.table import attribute, set_attribute, type_name


def _check(self: Any, schedulers: Any, optimizer: Any) -> None:
    """Raises TypeError and ValueError for what is no scheduler, or one of another optimizer."""
    kind = type_name(self)
    for number, each in enumerate(schedulers):
        if not has(each, "optimizer"):
            raise TypeError(f"{kind} at index {number} should have `optimizer` as its attribute.")
        if PLATEAU.has(each):
            raise ValueError(
                f"{kind} does not support `ReduceLROnPlateau` scheduler as it requires additional kwargs to be "
                f"specified when calling `step`, but got one at index {number} in the given schedulers sequence."
            )
        other = attribute(each, "optimizer")
        if optimizer is not other:
            raise ValueError(
                f"{kind} expects all schedulers to belong to the same optimizer, but got scheduler {type_name(each)} "
                f"at index {number} has {other}, which is different from {type_name(optimizer)}."
            )


def _state(self: Any) -> Fields:
    state = {name: value for name, value in self.fields.items() if name not in ("optimizer", "_schedulers")}
    return state | {"_schedulers": [attribute(each, "state_dict")() for each in self.fields["_schedulers"]]}


def _load(self: Any, state_dict: Fields) -> None:
    schedulers = self.fields["_schedulers"]
    self.fields |= state_dict | {"_schedulers": schedulers}
    for each, state in zip(schedulers, state_dict["_schedulers"], strict=False):
        attribute(each, "load_state_dict")(state)


class SequentialLR:
    """One scheduler until its milestone, then the next from its beginning."""

    def __init__(self: Any, optimizer: Any, schedulers: Any, milestones: Any, last_epoch: int = -1) -> None:
        if len(schedulers) < 1:
            raise ValueError(f"{type_name(self)} expects at least one scheduler, but got no scheduler.")
        _check(self, schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                "Sequential Schedulers expects number of schedulers provided to be one more than the number of "
                f"milestone points, but got number of schedulers {len(schedulers)} and the number of milestones to be "
                f"equal to {len(milestones)}"
            )
        self.fields |= {"_schedulers": schedulers, "_milestones": milestones, "last_epoch": last_epoch + 1}
        self.fields["optimizer"] = optimizer
        for group in optimizer.param_groups:
            set_rate(group, group["initial_lr"])
        attribute(self, "recursive_undo")()  # each took its first step when it was made
        first = schedulers[bisect_right(milestones, 0)]
        attribute(first, "_initial_step")()
        self.fields["_last_lr"] = attribute(first, "get_last_lr")()

    def recursive_undo(self: Any, sched: Any = None) -> None:
        undone = self if sched is None else sched
        if has(undone, "_schedulers"):
            for each in attribute(undone, "_schedulers"):
                SequentialLR.recursive_undo(self, each)
        elif has(undone, "last_epoch"):
            set_attribute(undone, "last_epoch", attribute(undone, "last_epoch") - 1)

    def step(self: Any) -> None:
        s = self.fields
        s["last_epoch"] += 1
        number = bisect_right(s["_milestones"], s["last_epoch"])
        current = s["_schedulers"][number]
        if number > 0 and s["_milestones"][number - 1] == s["last_epoch"]:
            attribute(current, "_update_lr")(0)
        else:
            attribute(current, "step")()
        s["_last_lr"] = attribute(current, "get_last_lr")()

    state_dict = _state
    load_state_dict = _load


class ChainedScheduler:
    """Several schedulers at once, each on the rates that the one before it has set."""

    def __init__(self: Any, schedulers: Any, optimizer: Any = None) -> None:
        if len(schedulers) < 1:
            raise ValueError(f"{type_name(self)} expects at least one scheduler to be chained, but got no scheduler.")
        optimizer = optimizer or attribute(schedulers[0], "optimizer")
        _check(self, schedulers, optimizer)
        self.fields |= {"_schedulers": schedulers, "optimizer": optimizer, "_last_lr": rates(optimizer)}

    def step(self: Any) -> None:
        for each in self.fields["_schedulers"]:
            attribute(each, "step")()
        self.fields["_last_lr"] = rates(self.fields["optimizer"])

    state_dict = _state
    load_state_dict = _load


COMPOSITIONS: Final = (scheduler(SequentialLR), scheduler(ChainedScheduler))
