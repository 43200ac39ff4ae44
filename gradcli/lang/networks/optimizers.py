"""torch.optim and torch.nn.utils as closed tables."""

from __future__ import annotations

from typing import Any

from gradcli.lang.values.table import TYPES, Type, register
from gradcli.nn import optim
from gradcli.nn import utils as nn_utils


def members() -> dict[str, Any]:
    """torch.optim."""
    register(
        optim.Optimizer,
        {
            "step": lambda optimizer, closure=None: optimizer.step(closure),
            "zero_grad": optim.Optimizer.zero_grad,
            "add_param_group": optim.Optimizer.add_param_group,
            "state_dict": optim.Optimizer.state_dict,
            "load_state_dict": optim.Optimizer.load_state_dict,
        },
        {name: _reader(name) for name in ("param_groups", "state", "defaults")},
    )
    found: dict[str, Any] = {"Optimizer": Type("torch.optim.optimizer.Optimizer", optim.Optimizer)}
    for kind in optim.CLASSES:
        name = kind.__name__
        found[name] = TYPES[kind] = Type(f"torch.optim.{name.lower()}.{name}", kind, kind)
    return found


def _reader(name: str) -> Any:
    descriptor = optim.Optimizer.__dict__[name]
    return lambda optimizer: descriptor.__get__(optimizer)


def utils() -> dict[str, Any]:
    """torch.nn.utils."""
    functions = (
        *(nn_utils.clip_grad_norm_, nn_utils.clip_grad_value_),
        *(nn_utils.parameters_to_vector, nn_utils.vector_to_parameters),
    )
    return {function.__name__: function for function in functions}
