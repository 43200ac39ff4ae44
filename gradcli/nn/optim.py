"""torch.optim: SGD, Adam and their kin, by torch's rules of update.

Source: torch/optim/{sgd,adam,adamw,rmsprop,adagrad}.py, the single-tensor forms.
"""

from __future__ import annotations

from typing import Any, Final

from gradcli.engine.tensor import Tensor
from gradcli.nn.optimizer import Group, Optimizer, check, check_betas, counter, decayed, rate

# How torch would lay out the work; they change no number, and are shown.
_LAYOUT: Final = {"foreach": None, "differentiable": False, "fused": None}


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
        check(("learning rate", lr), ("momentum value", momentum), ("weight_decay value", weight_decay))
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
        grad = decayed(p, grad, group)
        if group["momentum"]:
            kept = self.state.setdefault(p, {})
            buffer = kept.get("momentum_buffer")
            if buffer is None:
                buffer = kept["momentum_buffer"] = grad.clone()
            else:
                buffer.mul_(group["momentum"]).add_(grad, alpha=1 - group["dampening"])
            grad = grad.add(buffer, alpha=group["momentum"]) if group["nesterov"] else buffer
        p.add_(grad, alpha=-rate(group))


class Adam(Optimizer):
    """Steps scaled by running averages of the gradient and its square."""

    __slots__ = ()

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
        check(("learning rate", lr), ("epsilon value", eps))
        check_betas(betas)
        check(("weight_decay value", weight_decay))
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
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, options)

    def update(self, p: Tensor, grad: Tensor, group: Group) -> None:
        beta1, beta2 = group["betas"]
        kept = self.state.setdefault(p, {})
        if not kept:
            kept["step"] = counter(0.0)
            kept["exp_avg"], kept["exp_avg_sq"] = p.new_zeros(p.shape), p.new_zeros(p.shape)
            if group["amsgrad"]:
                kept["max_exp_avg_sq"] = p.new_zeros(p.shape)
        kept["step"].add_(1)
        step = kept["step"].item()
        grad = decayed(p, grad, group)
        average, square = kept["exp_avg"], kept["exp_avg_sq"]
        average.lerp_(grad, 1 - beta1)
        square.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        if group["amsgrad"]:
            square = kept["max_exp_avg_sq"] = kept["max_exp_avg_sq"].maximum(square)
        denominator = (square.sqrt() / (1 - beta2**step) ** 0.5).add_(group["eps"])
        p.addcdiv_(average, denominator, value=-rate(group) / (1 - beta1**step))


class AdamW(Adam):
    """Adam whose weight decay is apart from the gradient."""

    __slots__ = ()

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True)


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
        check(("learning rate", lr), ("epsilon value", eps), ("momentum value", momentum))
        check(("weight_decay value", weight_decay), ("alpha value", alpha))
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
            kept["step"], kept["square_avg"] = counter(0.0), p.new_zeros(p.shape)
            if group["momentum"] > 0:
                kept["momentum_buffer"] = p.new_zeros(p.shape)
            if group["centered"]:
                kept["grad_avg"] = p.new_zeros(p.shape)
        kept["step"].add_(1)
        grad = decayed(p, grad, group)
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
            p.add_(buffer, alpha=-rate(group))
        else:
            p.addcdiv_(grad, average, value=-rate(group))


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
        check(("learning rate", lr), ("lr_decay value", lr_decay), ("weight_decay value", weight_decay))
        check(("initial_accumulator_value value", initial_accumulator_value), ("epsilon value", eps))
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
        for group in self.param_groups:
            for p in group["params"]:
                self._begin(p)

    def _begin(self, p: Tensor) -> Group:
        first = self.defaults["initial_accumulator_value"]
        return self.state.setdefault(p, {"step": counter(0.0), "sum": p.new_full(p.shape, first)})

    def update(self, p: Tensor, grad: Tensor, group: Group) -> None:
        kept = self.state.get(p) or self._begin(p)
        kept["step"].add_(1)
        grad = decayed(p, grad, group)
        slower = 1 + (kept["step"].item() - 1) * group["lr_decay"]
        kept["sum"].addcmul_(grad, grad, value=1)
        p.addcdiv_(grad, kept["sum"].sqrt().add_(group["eps"]), value=-rate(group) / slower)


CLASSES = (SGD, Adam, AdamW, RMSprop, Adagrad)
