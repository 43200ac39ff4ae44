"""What all schedulers of learning rates have. Source: torch/optim/lr_scheduler.py.

The options of a scheduler are attributes of it, and so is `last_epoch`.
"""

from __future__ import annotations

from typing import Any, Final

from gradcli.engine.errors import warn
from gradcli.engine.tensor import Tensor
from gradcli.lang.networks.module import made
from gradcli.lang.values.classes import Class, Instance
from gradcli.lang.values.reflection import has
from gradcli.lang.values.table import attribute, type_name
from gradcli.nn.optimizer import Group, Optimizer

MODULE: Final = "torch.optim.lr_scheduler"
Fields = dict[str, Any]
Rates = list[Any]  # numbers, or tensors where the optimizer was given one

_EPOCH_GIVEN: Final = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please use "
    "`scheduler.step()` to step the scheduler. During the deprecation, if epoch is different from None, the closed "
    "form is used instead of the new chainable form, where available. Please open an issue if you are unable to "
    "replicate your use case: https://github.com/pytorch/pytorch/issues/new/choose."
)
_TOO_EARLY: Final = (
    "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you should call "
    "them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure to do this will result in "
    "PyTorch skipping the first value of the learning rate schedule. See more details at "
    "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"
)


def check_optimizer(optimizer: Any) -> None:
    """Raises TypeError for what is no optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type_name(optimizer)} is not an Optimizer")


def rates(optimizer: Optimizer, name: str = "lr") -> Rates:
    """What each group has by this name; copies of tensors, which are written in place."""
    return [_copied(group[name]) for group in optimizer.param_groups]


def _copied(value: Any) -> Any:
    return value.clone() if isinstance(value, Tensor) else value


def for_each_group(name: str, optimizer: Optimizer, value: Any) -> Rates:
    """A value for each group. Raises ValueError for a list of another length."""
    count = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [_copied(value) for _ in range(count)]
    if len(value) != count:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} values, param_groups "
            f"has {count}."
        )
    return list(map(_copied, value))


def set_rate(group: Group, rate: Any) -> None:
    """Give a group its rate: a tensor stays the same one."""
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(rate)
    else:
        group["lr"] = rate


def set_rates(self: Any, found: Rates) -> None:
    """Give each group its rate, and remember them."""
    optimizer = self.fields["optimizer"]
    for group, rate in zip(optimizer.param_groups, found, strict=True):
        set_rate(group, rate)
    self.fields["_last_lr"] = rates(optimizer)


def warn_of_epoch(epoch: Any) -> None:
    """`step(epoch)` still works."""
    if epoch is not None:
        warn(_EPOCH_GIVEN)


def warn_outside_step(self: Any) -> None:
    """A program that calls `get_lr` itself probably wants another function."""
    if not attribute(self, "_get_lr_called_within_step"):
        warn("To get the last learning rate computed by the scheduler, please use `get_last_lr()`.")


def within_step(self: Any, compute: str) -> Rates:
    """The rates by the scheduler's own `get_lr` or closed form."""
    self.fields["_get_lr_called_within_step"] = True
    try:
        found: Rates = attribute(self, compute)()
    finally:
        self.fields["_get_lr_called_within_step"] = False
    return found


def kept(function: Any) -> Fields | None:
    """What a state has of a function that a program gave: the attributes of an object that is called."""
    return dict(function.fields) if isinstance(function, Instance) else None


class LRScheduler:
    """What all schedulers have; one of a program's own has `get_lr`."""

    _get_lr_called_within_step = False
    _is_initial = False

    def __init__(self: Any, optimizer: Any, last_epoch: int = -1) -> None:
        check_optimizer(optimizer)
        fields = self.fields
        fields["optimizer"] = optimizer
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", _copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{number}] when resuming scheduler with "
                    "last_epoch >= 0.\nThis typically happens when:\n1. You're trying to resume training from a "
                    "checkpoint but haven't properly loaded the optimizer state\n2. You're using last_epoch >= 0 for a "
                    "fresh training run (not recommended)"
                )
        fields |= {"base_lrs": rates(optimizer, "initial_lr"), "last_epoch": last_epoch}
        optimizer.watch()
        LRScheduler._initial_step(self)

    def _initial_step(self: Any) -> None:
        self.fields |= {"_step_count": 0, "_is_initial": True}
        try:
            attribute(self, "step")()
        finally:
            self.fields["_is_initial"] = False

    def step(self: Any, epoch: int | None = None) -> None:
        fields = self.fields
        if fields["_step_count"] == 1 and fields["optimizer"].stepped is False:
            warn(_TOO_EARLY)
        fields["_step_count"] += 1
        warn_of_epoch(epoch)
        LRScheduler._update_lr(self, epoch)

    def _update_lr(self: Any, epoch: int | None = None) -> None:
        closed = epoch is not None and has(self, "_get_closed_form_lr")
        self.fields["last_epoch"] = self.fields["last_epoch"] + 1 if epoch is None else epoch
        set_rates(self, within_step(self, "_get_closed_form_lr" if closed else "get_lr"))

    def get_lr(self: Any) -> Rates:
        raise NotImplementedError

    def get_last_lr(self: Any) -> Rates:
        found: Rates = attribute(self, "_last_lr")
        return found

    def state_dict(self: Any) -> Fields:
        return {name: value for name, value in self.fields.items() if name != "optimizer"}

    def load_state_dict(self: Any, state_dict: Fields) -> None:
        self.fields |= state_dict


BASE: Final = made(LRScheduler, None, MODULE)


def scheduler(source: type[Any]) -> Class:
    """The class of schedulers that is written as a Python class."""
    return made(source, BASE, MODULE)
