"""torch.optim: Adadelta, Adamax, NAdam, RAdam, Rprop and ASGD, by torch's rules of update.

Source: torch/optim/{adadelta,adamax,nadam,radam,rprop,asgd}.py, the single-tensor forms. Options of how torch would lay
out the work are taken, change nothing, and are shown with their defaults.
"""

from __future__ import annotations

from typing import Any

from gradcli.engine.public import functions
from gradcli.engine.tensor import Tensor
from gradcli.nn.optimizer import Group, Optimizer, check, check_betas, counter, decayed, rate

zeros_like = functions["zeros_like"]


class Adadelta(Optimizer):
    """Steps scaled by running averages of the gradient's square and of their own."""

    __slots__ = ()

    def __init__(
        self,
        params: Any,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check(("learning rate", lr))
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        check(("epsilon value", eps), ("weight_decay value", weight_decay))
        options = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": False,
            "foreach": None,
            "differentiable": False,
        }
        super().__init__(params, options)

    def update(self, p: Tensor, grad: Tensor, group: Group) -> None:
        rho, eps = group["rho"], group["eps"]
        kept = self.state.setdefault(p, {})
        if not kept:
            kept |= {"step": counter(0.0), "square_avg": zeros_like(p), "acc_delta": zeros_like(p)}
        kept["step"].add_(1)
        grad = decayed(p, grad, group)
        square, moved = kept["square_avg"], kept["acc_delta"]
        square.mul_(rho).addcmul_(grad, grad, value=1 - rho)
        delta = moved.add(eps).sqrt_().div_(square.add(eps).sqrt_()).mul_(grad)
        moved.mul_(rho).addcmul_(delta, delta, value=1 - rho)
        p.add_(delta, alpha=-rate(group))


class Adamax(Optimizer):
    """Adam with a decaying maximum in the place of the average of squares."""

    __slots__ = ()

    def __init__(
        self,
        params: Any,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check(("learning rate", lr), ("epsilon value", eps))
        check_betas(betas)
        check(("weight_decay value", weight_decay))
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": None,
            "maximize": maximize,
            "differentiable": False,
            "capturable": False,
        }
        super().__init__(params, options)

    def update(self, p: Tensor, grad: Tensor, group: Group) -> None:
        beta1, beta2 = group["betas"]
        kept = self.state.setdefault(p, {})
        if not kept:
            kept |= {"step": counter(0.0), "exp_avg": zeros_like(p), "exp_inf": zeros_like(p)}
        kept["step"].add_(1)
        grad = decayed(p, grad, group)
        average, largest = kept["exp_avg"], kept["exp_inf"]
        average.lerp_(grad, 1 - beta1)
        largest.copy_(largest.mul_(beta2).maximum(grad.abs().add_(group["eps"])))
        p.addcdiv_(average, largest, value=-rate(group) / (1 - beta1 ** kept["step"].item()))


class NAdam(Optimizer):
    """Adam with Nesterov's momentum."""

    __slots__ = ()

    def __init__(
        self,
        params: Any,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check(("learning rate", lr), ("epsilon value", eps))
        check_betas(betas)
        check(("weight_decay value", weight_decay), ("momentum_decay value", momentum_decay))
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": None,
            "capturable": False,
            "differentiable": False,
        }
        super().__init__(params, options)

    def update(self, p: Tensor, grad: Tensor, group: Group) -> None:
        lr = rate(group)
        beta1, beta2 = group["betas"]
        kept = self.state.setdefault(p, {})
        if not kept:
            kept |= {"step": counter(0.0), "mu_product": counter(1.0)}
            kept |= {"exp_avg": zeros_like(p), "exp_avg_sq": zeros_like(p)}
        kept["step"].add_(1)
        step = kept["step"].item()
        grad = decayed(p, grad, group)
        mu, mu_next = (beta1 * (1.0 - 0.5 * 0.96 ** (n * group["momentum_decay"])) for n in (step, step + 1))
        product = kept["mu_product"].mul_(mu).item()
        average, square = kept["exp_avg"], kept["exp_avg_sq"]
        average.lerp_(grad, 1 - beta1)
        square.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        denominator = square.div(1 - beta2**step).sqrt().add_(group["eps"])
        p.addcdiv_(grad, denominator, value=-lr * (1.0 - mu) / (1.0 - product))
        p.addcdiv_(average, denominator, value=-lr * mu_next / (1.0 - product * mu_next))


class RAdam(Optimizer):
    """Adam whose first steps are not scaled: the average of squares is not to be relied on yet."""

    __slots__ = ()

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check(("learning rate", lr), ("epsilon value", eps))
        check_betas(betas)
        check(("weight_decay value", weight_decay))
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": None,
            "capturable": False,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": False,
        }
        super().__init__(params, options)

    def update(self, p: Tensor, grad: Tensor, group: Group) -> None:
        beta1, beta2 = group["betas"]
        kept = self.state.setdefault(p, {})
        if not kept:
            kept |= {"step": counter(0.0), "exp_avg": zeros_like(p), "exp_avg_sq": zeros_like(p)}
        kept["step"].add_(1)
        step = kept["step"].item()
        grad = decayed(p, grad, group)
        average, square = kept["exp_avg"], kept["exp_avg_sq"]
        average.lerp_(grad, 1 - beta1)
        square.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        correction = 1 - beta2**step
        change = average / (1 - beta1**step) * rate(group)
        # How many gradients the average of squares is worth: at last, and by now.
        most = 2 / (1 - beta2) - 1
        now = most - 2 * step * beta2**step / correction
        if now > 5.0:
            scale = correction**0.5 / square.sqrt().add_(group["eps"])
            change = change * scale * ((now - 4) * (now - 2) * most / ((most - 4) * (most - 2) * now)) ** 0.5
        p.add_(change, alpha=-1.0)


class Rprop(Optimizer):
    """Steps of the gradient's sign alone, each number with a size of its own that follows the changes of sign."""

    __slots__ = ()

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check(("learning rate", lr))
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        options = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": None,
            "maximize": maximize,
            "differentiable": False,
            "capturable": False,
        }
        super().__init__(params, options)

    def update(self, p: Tensor, grad: Tensor, group: Group) -> None:
        smaller, larger = group["etas"]
        least, most = group["step_sizes"]
        kept = self.state.setdefault(p, {})
        if not kept:
            kept |= {"step": counter(0.0), "prev": zeros_like(p)}
            kept["step_size"] = functions["full_like"](grad, rate(group))
        kept["step"].add_(1)
        sign = grad.mul(kept["prev"]).sign()
        factor = sign.masked_fill(sign.gt(0), larger).masked_fill_(sign.lt(0), smaller).masked_fill_(sign.eq(0), 1)
        kept["step_size"].mul_(factor).clamp_(least, most)
        grad = grad.masked_fill(factor.eq(smaller), 0)
        p.addcmul_(grad.sign(), kept["step_size"], value=-1)
        kept["prev"].copy_(grad)


class ASGD(Optimizer):
    """Gradient descent that also keeps the average of the parameters on their way."""

    __slots__ = ()

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check(("learning rate", lr), ("weight_decay value", weight_decay))
        options = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": None,
            "maximize": maximize,
            "differentiable": False,
            "capturable": False,
        }
        super().__init__(params, options)

    def update(self, p: Tensor, grad: Tensor, group: Group) -> None:
        lr, lambd = rate(group), group["lambd"]
        kept = self.state.setdefault(p, {})
        if not kept:
            kept |= {"step": counter(0.0), "eta": counter(float(lr)), "mu": counter(1.0), "ax": zeros_like(p)}
        kept["step"].add_(1)
        step, eta = kept["step"].item(), kept["eta"].item()
        grad = decayed(p, grad, group)
        p.mul_(1 - lambd * eta).add_(grad, alpha=-eta)
        average, mu = kept["ax"], kept["mu"]
        if mu.item() != 1:
            average.add_(p.sub(average).mul_(mu))
        else:
            average.copy_(p)
        kept["eta"].copy_(functions["as_tensor"](lr / (1 + lambd * lr * step) ** group["alpha"]))
        mu.copy_(functions["as_tensor"](1 / max(1, step - group["t0"])))


CLASSES = (Adadelta, Adamax, NAdam, RAdam, Rprop, ASGD)
