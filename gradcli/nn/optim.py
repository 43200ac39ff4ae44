"""torch.optim: SGD, Adam and their kin, by torch's rules of update.

Source: torch/optim/{optimizer,sgd,adam,adamw,rmsprop,adagrad}.py, the single-tensor forms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from gradcli.engine.kinds import type_name
from gradcli.engine.modes import enable_grad, no_grad
from gradcli.engine.tensor import Tensor

Group = dict[str, Any]
Closure = Callable[[], Any] | None

# How torch would lay out the work; they change no number, and are shown.
_LAYOUT = {"foreach": None, "differentiable": False, "fused": None}


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

    def step(self, closure: Closure = None) -> Any:
        """Change every parameter that has a gradient; `closure` computes the loss anew first."""
        if self.stepped is False:
            self.stepped = True
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
        """Go on from what was saved."""
        each_of = [each for _, each in self._parameters()]
        self.state = {each_of[number]: dict(kept) for number, kept in state_dict["state"].items()}
        for group, saved in zip(self.param_groups, state_dict["param_groups"], strict=True):
            group.update({name: value for name, value in saved.items() if name != "params"})

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups):
            lines += ["", f"Parameter Group {number}"] if number else [f"Parameter Group {number}"]
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return "\n".join([*lines, ")"])


def _checked(values: Iterable[tuple[str, Any]]) -> None:
    for what, value in values:
        if isinstance(value, (int, float)) and not value >= 0.0:
            raise ValueError(f"Invalid {what}: {value}")


class SGD(Optimizer):
    """Gradient descent, with momentum if asked for."""

    __slots__ = ()

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        _checked([("learning rate", lr), ("momentum value", momentum), ("weight_decay value", weight_decay)])
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        options = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            **_LAYOUT,
        }
        super().__init__(params, options)

    def update(self, p: Tensor, grad: Tensor, group: Group) -> None:
        if group["weight_decay"]:
            grad = grad.add(p, alpha=group["weight_decay"])
        if group["momentum"]:
            kept = self.state.setdefault(p, {})
            buffer = kept.get("momentum_buffer")
            if buffer is None:
                buffer = kept["momentum_buffer"] = grad.clone()
            else:
                buffer.mul_(group["momentum"]).add_(grad, alpha=1 - group["dampening"])
            grad = grad.add(buffer, alpha=group["momentum"]) if group["nesterov"] else buffer
        p.add_(grad, alpha=-group["lr"])


class Adam(Optimizer):
    """Steps scaled by running averages of the gradient and its square."""

    __slots__ = ()
    _decoupled = False

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        _checked([("learning rate", lr), ("epsilon value", eps), ("weight_decay value", weight_decay)])
        for number, beta in enumerate(betas):
            if not 0.0 <= beta < 1.0:
                raise ValueError(f"Invalid beta parameter at index {number}: {beta}")
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": None,
            "capturable": False,
            "differentiable": False,
            "fused": None,
            "decoupled_weight_decay": decoupled_weight_decay or self._decoupled,
        }
        super().__init__(params, options)

    def update(self, p: Tensor, grad: Tensor, group: Group) -> None:
        beta1, beta2 = group["betas"]
        kept = self.state.setdefault(p, {})
        if not kept:
            kept["step"] = _number(p, 0.0)
            kept["exp_avg"], kept["exp_avg_sq"] = p.new_zeros(p.shape), p.new_zeros(p.shape)
            if group["amsgrad"]:
                kept["max_exp_avg_sq"] = p.new_zeros(p.shape)
        kept["step"].add_(1)
        step = kept["step"].item()
        if group["decoupled_weight_decay"]:
            p.mul_(1 - group["lr"] * group["weight_decay"])
        elif group["weight_decay"]:
            grad = grad.add(p, alpha=group["weight_decay"])
        average, square = kept["exp_avg"], kept["exp_avg_sq"]
        average.lerp_(grad, 1 - beta1)
        square.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        if group["amsgrad"]:
            square = kept["max_exp_avg_sq"] = kept["max_exp_avg_sq"].maximum(square)
        denominator = (square.sqrt() / (1 - beta2**step) ** 0.5).add_(group["eps"])
        p.addcdiv_(average, denominator, value=-group["lr"] / (1 - beta1**step))


def _number(like: Tensor, value: float) -> Tensor:
    made: Tensor = like.new_full((), value)
    return made


class AdamW(Adam):
    """Adam whose weight decay is apart from the gradient."""

    __slots__ = ()
    _decoupled = True

    def __init__(self, params: Any, lr: float = 1e-3, **options: Any) -> None:
        super().__init__(params, lr, **{"weight_decay": 1e-2, **options})


class RMSprop(Optimizer):
    """Steps scaled by a running average of the gradient's square."""

    __slots__ = ()

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        _checked([("learning rate", lr), ("epsilon value", eps), ("momentum value", momentum)])
        _checked([("weight_decay value", weight_decay), ("alpha value", alpha)])
        options = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": False,
            "foreach": None,
            "maximize": maximize,
            "differentiable": False,
        }
        super().__init__(params, options)

    def update(self, p: Tensor, grad: Tensor, group: Group) -> None:
        alpha = group["alpha"]
        kept = self.state.setdefault(p, {})
        if not kept:
            kept["step"], kept["square_avg"] = _number(p, 0.0), p.new_zeros(p.shape)
            if group["momentum"] > 0:
                kept["momentum_buffer"] = p.new_zeros(p.shape)
            if group["centered"]:
                kept["grad_avg"] = p.new_zeros(p.shape)
        kept["step"].add_(1)
        if group["weight_decay"]:
            grad = grad.add(p, alpha=group["weight_decay"])
        square = kept["square_avg"]
        square.mul_(alpha).addcmul_(grad, grad, value=1 - alpha)
        average = square
        if group["centered"]:
            kept["grad_avg"].lerp_(grad, 1 - alpha)
            average = square.addcmul(kept["grad_avg"], kept["grad_avg"], value=-1)
        average = average.sqrt().add_(group["eps"])
        if group["momentum"] > 0:
            buffer = kept["momentum_buffer"]
            buffer.mul_(group["momentum"]).addcdiv_(grad, average)
            p.add_(buffer, alpha=-group["lr"])
        else:
            p.addcdiv_(grad, average, value=-group["lr"])


class Adagrad(Optimizer):
    """Steps scaled by the sum of the gradient's squares."""

    __slots__ = ()

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        _checked([("learning rate", lr), ("lr_decay value", lr_decay), ("weight_decay value", weight_decay)])
        _checked([("initial_accumulator_value value", initial_accumulator_value), ("epsilon value", eps)])
        options = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": None,
            "maximize": maximize,
            "differentiable": False,
            "fused": None,
        }
        super().__init__(params, options)

    def update(self, p: Tensor, grad: Tensor, group: Group) -> None:
        kept = self.state.setdefault(p, {})
        if not kept:
            kept["step"] = _number(p, 0.0)
            kept["sum"] = p.new_full(p.shape, group["initial_accumulator_value"])
        kept["step"].add_(1)
        if group["weight_decay"]:
            grad = grad.add(p, alpha=group["weight_decay"])
        rate = group["lr"] / (1 + (kept["step"].item() - 1) * group["lr_decay"])
        kept["sum"].addcmul_(grad, grad, value=1)
        p.addcdiv_(grad, kept["sum"].sqrt().add_(group["eps"]), value=-rate)


CLASSES = (SGD, Adam, AdamW, RMSprop, Adagrad)
