"""torch.nn.utils: the gradients, or the parameters, of a network taken as a whole.

Sources: torch/nn/utils/{clip_grad,convert_parameters}.py.
"""

from __future__ import annotations

from typing import Any

from gradcli.engine.kinds import type_name
from gradcli.engine.modes import no_grad
from gradcli.engine.public import functions
from gradcli.engine.tensor import Tensor


def clip_grad_norm_(
    parameters: Any,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """torch.nn.utils.clip_grad_norm_: scale all gradients so that their norm is at most `max_norm`."""
    with no_grad():
        grads = [each._grad for each in _several(parameters) if each._grad is not None]
        if not grads:
            return functions["tensor"](0.0)  # type: ignore[no-any-return]
        norm = functions["linalg.vector_norm"]
        total = norm(functions["stack"]([norm(grad, norm_type) for grad in grads]), norm_type)
        scale = (max_norm / (total + 1e-6)).clamp(max=1.0)
        for grad in grads:
            grad.mul_(scale)
    return total  # type: ignore[no-any-return]


def clip_grad_value_(parameters: Any, clip_value: float, foreach: bool | None = None) -> None:
    """torch.nn.utils.clip_grad_value_: keep every gradient between -clip_value and clip_value."""
    with no_grad():
        for each in _several(parameters):
            if each._grad is not None:
                each._grad.clamp_(min=-clip_value, max=clip_value)


def parameters_to_vector(parameters: Any) -> Tensor:
    """torch.nn.utils.parameters_to_vector: all parameters, one after the other."""
    return functions["cat"]([each.view(-1) for each in parameters])  # type: ignore[no-any-return]


def vector_to_parameters(vec: Tensor, parameters: Any) -> None:
    """torch.nn.utils.vector_to_parameters: parts of a vector as the values of the parameters, one after the other."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {type_name(vec)}")
    first = 0
    for each in parameters:
        last = first + each.numel()
        each.data = vec[first:last].view_as(each).data
        first = last


def _several(parameters: Any) -> list[Tensor]:
    return [parameters] if isinstance(parameters, Tensor) else list(parameters)
