"""torch.optim and torch.nn.utils as closed tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradcli.lang.budget import BUDGET
from gradcli.lang.values.table import TYPES, Type, register
from gradcli.nn import more_optimizers, optim
from gradcli.nn import utils as nn_utils
from gradcli.nn.lbfgs import LBFGS
from gradcli.nn.optimizer import Optimizer


def members() -> dict[str, Any]:
    """torch.optim."""
    methods: dict[str, Any] = {
        "step": lambda optimizer, closure=None: optimizer.step(closure),
        "zero_grad": Optimizer.zero_grad,
        "add_param_group": Optimizer.add_param_group,
        "state_dict": Optimizer.state_dict,
        "load_state_dict": Optimizer.load_state_dict,
    }
    getters = {name: _reader(name) for name in ("param_groups", "state", "defaults")}
    register(Optimizer, methods, getters)
    register(LBFGS, {**methods, "step": _step_of_lbfgs}, getters)
    _step_of_lbfgs.__qualname__ = "LBFGS.step"  # as the errors of its calls say it
    found: dict[str, Any] = {"Optimizer": Type("torch.optim.optimizer.Optimizer", Optimizer)}
    for kind in (*optim.CLASSES, *more_optimizers.CLASSES, LBFGS):
        name = kind.__name__
        found[name] = TYPES[kind] = Type(f"torch.optim.{name.lower()}.{name}", kind, kind)
    return found


def _reader(name: str) -> Any:
    descriptor = Optimizer.__dict__[name]
    return lambda optimizer: descriptor.__get__(optimizer)


def _step_of_lbfgs(optimizer: LBFGS, closure: Callable[[], Any]) -> Any:
    """LBFGS.step, each call of the closure a step of the program: one of torch's own functions counts none."""

    def counted() -> Any:
        for _ in BUDGET.ticks:
            return closure()
        return BUDGET.check_steps()

    return optimizer.step(counted)


def utils() -> dict[str, Any]:
    """torch.nn.utils."""
    functions = (
        *(nn_utils.clip_grad_norm_, nn_utils.clip_grad_value_),
        *(nn_utils.parameters_to_vector, nn_utils.vector_to_parameters),
    )
    return {function.__name__: function for function in functions}
