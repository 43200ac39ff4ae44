"""What all optimizers of torch.optim have: groups of parameters, their state, and the checks of their options.

Source: torch/optim/optimizer.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from gradcli.engine import dtypes
from gradcli.engine.kinds import type_name
from gradcli.engine.modes import enable_grad, no_grad
from gradcli.engine.public import functions
from gradcli.engine.tensor import Tensor

Group = dict[str, Any]
Closure = Callable[[], Any] | None


class Optimizer:
    """What all optimizers have: groups of parameters with their options, and what is remembered of each parameter.

    stepped: whether there has been a step since a scheduler began to watch for it; None while none does.
    """

    __slots__ = ("defaults", "param_groups", "state", "stepped")

    def __init__(self, params: Any, defaults: Group) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                f"{params.dtype.tensor_type}"
            )
        self.defaults = defaults
        self.stepped: bool | None = None
        self.state: dict[Tensor, Group] = {}
        self.param_groups: list[Group] = []
        given = list(params)
        if not given:
            raise ValueError("optimizer got an empty parameter list")
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    def add_param_group(self, param_group: Group) -> None:
        """Take more parameters, with options of their own. Raises TypeError, ValueError for what is no leaf."""
        group = dict(param_group)
        params = group["params"]
        group["params"] = [params] if isinstance(params, Tensor) else list(params)
        for each in group["params"]:
            if isinstance(each, tuple):
                raise TypeError("named parameters are not available: give the parameters alone")
            if not isinstance(each, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type_name(each)}")
            if not (each.is_leaf or each.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")
        for name, default in self.defaults.items():
            group.setdefault(name, default)
        known = {id(each) for other in self.param_groups for each in other["params"]}
        if any(id(each) in known for each in group["params"]):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients, or fill them with zeros."""
        for _, each in self._parameters():
            if set_to_none:
                each._grad = None
            elif each._grad is not None:
                each._grad.detach_().zero_()

    def _parameters(self) -> Iterator[tuple[Group, Tensor]]:
        return ((group, each) for group in self.param_groups for each in group["params"])

    def watch(self) -> None:
        """Remember from now on that there has been a step."""
        self.stepped = bool(self.stepped)

    def note_step(self) -> None:
        """Remember it for whoever watches."""
        if self.stepped is False:
            self.stepped = True

    def step(self, closure: Closure = None) -> Any:
        """Change every parameter that has a gradient; `closure` computes the loss anew first."""
        self.note_step()
        loss = None
        with no_grad():
            if closure is not None:
                with enable_grad():
                    loss = closure()
            for group, each in self._parameters():
                grad = each._grad
                if grad is not None:
                    self.update(each, grad.neg() if group["maximize"] else grad, group)
        return loss

    def update(self, p: Tensor, grad: Tensor, group: Group) -> None:
        """Change one parameter."""
        raise NotImplementedError

    def state_dict(self) -> Group:
        """What to save: parameters are named by their numbers."""
        numbers: dict[int, int] = {}
        for _, each in self._parameters():
            numbers.setdefault(id(each), len(numbers))
        groups = [{**group, "params": [numbers[id(each)] for each in group["params"]]} for group in self.param_groups]
        for group in groups:
            group["params"] = group.pop("params")  # torch has them last
        return {"state": {numbers[id(each)]: kept for each, kept in self.state.items()}, "param_groups": groups}

    def load_state_dict(self, state_dict: Group) -> None:
        """Go on from what was saved. Raises ValueError if its groups are not those of this optimizer."""
        groups, saved = self.param_groups, state_dict["param_groups"]
        if len(groups) != len(saved):
            raise ValueError("loaded state dict has a different number of parameter groups")
        pairs = list(zip(groups, saved, strict=True))
        if any(len(group["params"]) != len(other["params"]) for group, other in pairs):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        each_of = {
            number: each
            for group, other in pairs
            for number, each in zip(other["params"], group["params"], strict=True)
        }
        self.state = {
            each_of[number]: {name: _cast(value, each_of[number], name) for name, value in kept.items()}
            for number, kept in state_dict["state"].items()
        }
        self.param_groups = [{**other, "params": group["params"]} for group, other in pairs]

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups):
            lines += ["", f"Parameter Group {number}"] if number else [f"Parameter Group {number}"]
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return "\n".join([*lines, ")"])


def _cast(value: Any, like: Tensor, name: str = "") -> Any:
    """What was saved, in the precision of the parameter, all but the number of steps."""
    if isinstance(value, Tensor):
        return value.to(like.dtype) if name != "step" and like.dtype.is_floating_point else value
    if type(value) in (list, tuple):
        return type(value)(_cast(item, like) for item in value)
    return value


def check(*options: tuple[str, Any]) -> None:
    """Refuse what is negative, or a learning rate of several numbers. Raises ValueError in torch's words."""
    for what, value in options:
        if what == "learning rate" and isinstance(value, Tensor) and value.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if not 0.0 <= value:  # noqa: SIM300 - a text has no order, and Python's error quotes the sign
            raise ValueError(f"Invalid {what}: {value}")


def check_betas(betas: tuple[float, float]) -> None:
    """Refuse decays of running averages that are not in [0, 1). Raises ValueError in torch's words."""
    for number in (0, 1):
        if not 0.0 <= betas[number] < 1.0:
            raise ValueError(f"Invalid beta parameter at index {number}: {betas[number]}")


def rate(group: Group) -> Any:
    """The learning rate, a number or a tensor without dimensions."""
    lr = group["lr"]
    return lr.squeeze() if isinstance(lr, Tensor) else lr


def counter(value: float) -> Tensor:
    """A number that is kept from step to step: a tensor of single precision, or double where that is the default."""
    double = dtypes.default() is dtypes.float64
    made: Tensor = functions["tensor"](value, dtype=dtypes.float64 if double else dtypes.float32)
    return made


def decayed(p: Tensor, grad: Tensor, group: Group) -> Tensor:
    """The gradient with the decay of the weights in it; where that is decoupled, the parameter is what decays."""
    decay = group["weight_decay"]
    if decay != 0 and group.get("decoupled_weight_decay"):
        p.mul_(1 - rate(group) * decay)
    elif decay != 0:
        grad = grad.add(p, alpha=decay)
    return grad
