"""softmax and its logarithm.

Sources: aten/src/ATen/native/SoftMax.cpp, torch/nn/functional.py, torch/csrc/autograd/FunctionsManual.cpp
(`softmax_double_backward`); the gradients are operators of their own, as in torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.adjoints import cast
from gradcli.engine.entry import OUT
from gradcli.engine.errors import warn
from gradcli.engine.op import composite, op
from gradcli.engine.summing import add_lanes
from gradcli.ops.along import add_reduce, maximum_reduce
from gradcli.ops.common import multiply_add, refuse, rounded_once
from gradcli.ops.elementary import exp
from gradcli.ops.reduction import sum_dim

if TYPE_CHECKING:
    from gradcli.engine.dtypes import DType
    from gradcli.engine.kinds import Array, Dim

HALF, FLOAT = np.dtype("float16"), np.dtype("float32")


def _shifted(input: Array, dim: int, name: str) -> Array:
    """The input less its largest element along `dim`; half precision as single."""
    if input.dtype.kind != "f":
        refuse(f"{name}{'_lastdim' if dim == max(input.ndim - 1, 0) else ''}_kernel_impl", input.dtype)
    if input.dtype == HALF:
        input = input.astype(FLOAT)
    if not input.size:
        return input.copy()
    return input - maximum_reduce(input, axis=dim if input.ndim else None, keepdims=True)


def _total(input: Array, dim: int) -> Array:
    """The sum along `dim`, in torch's order: the last dimension has loops of its own."""
    if not input.ndim:
        return input
    total: Array = add_lanes(input) if dim == input.ndim - 1 else add_reduce(input, axis=dim, keepdims=True)
    return total


@op(private=True, grad_fn="SoftmaxBackward0", vjp={"input": lambda g, result, dim: softmax_gradient(g, result, dim)})
def softmax_along(input: Array, dim: Dim) -> Array:
    """exp(input) over its sum along `dim`."""
    powers = rounded_once(np.exp, _shifted(input, dim, "softmax"))
    total = _total(powers, dim)
    shares = powers * (1 / total) if dim == input.ndim - 1 else powers / total
    return np.asarray(shares).astype(input.dtype, copy=False)


@op(
    private=True,
    grad_fn="SoftmaxBackwardDataBackward0",
    vjp={
        "input": lambda g, output, dim: softmax_gradient(g, output, dim),
        "output": lambda g, input, output, dim: (
            g * input - sum_dim(output * input, (dim,), True) * g - input * sum_dim(output * g, (dim,), True)
        ),
    },
)
def softmax_gradient(input: Array, output: Array, dim: int) -> Array:
    """The gradient of softmax from that of its output: what exceeds the mean, weighed with the output."""
    return (input - _total(input * output, dim)) * output


@op(
    private=True,
    grad_fn="LogSoftmaxBackward0",
    vjp={"input": lambda g, result, dim: log_softmax_gradient(g, result, dim)},
)
def log_softmax_along(input: Array, dim: Dim) -> Array:
    """input - log(sum(exp(input))) along `dim`."""
    shifted = _shifted(input, dim, "log_softmax")
    total = _total(rounded_once(np.exp, shifted), dim)
    return np.subtract(shifted, rounded_once(np.log, total)).astype(input.dtype, copy=False)


@op(
    private=True,
    grad_fn="LogSoftmaxBackwardDataBackward0",
    vjp={
        "input": lambda g, output, dim: g - sum_dim(g * exp(output), (dim,), True),
        "output": lambda g, input, output, dim: -sum_dim(input, (dim,), True) * exp(output) * g,
    },
)
def log_softmax_gradient(input: Array, output: Array, dim: int) -> Array:
    """The gradient of log_softmax from that of its output."""
    return multiply_add(-rounded_once(np.exp, output), _total(input, dim), input)


def _in_type(input: Any, dtype: DType | None) -> Any:
    return input if dtype is None or input.dtype in (dtype, dtype.np) else cast(input, dtype.np)


@composite(
    extras=OUT,
    also=["special.softmax"],
    samples=[
        "softmax(v, 0)",
        "softmax(m, -1)",
        "softmax(t3, 1)",
        "softmax(huge, 1)",
        "softmax(s, 0)",
        "softmax(nans, 1)",
        "softmax(empty2, 0)",
        "softmax(wide[:0], 1)",
        "softmax(wide, 1)",
        "softmax(ints, 1)",
        "softmax(ints, 0)",
        "softmax(ints, 0, dtype=torch.float32)",
        "softmax(m, 1, torch.float64)",
    ],
    examples=["softmax(tensor([1., 2., 3.]), 0)", "softmax(tensor([1, 2, 3]), 0, dtype=float64)"],
)
def softmax(input: Array, dim: Dim, dtype: DType | None = None) -> Any:
    """exp(input) / sum(exp(input)) along `dim`, without overflow. `dtype`: cast before. Integers need a `dtype`."""
    return softmax_along.call([_in_type(input, dtype), dim])


@composite(
    extras=OUT,
    also=["special.log_softmax"],
    samples=[
        "log_softmax(v, 0)",
        "log_softmax(m, -1)",
        "log_softmax(t3, 1)",
        "log_softmax(huge, 1)",
        "log_softmax(s, 0)",
        "log_softmax(ints, 1)",
        "log_softmax(ints, 0, dtype=torch.float32)",
    ],
    examples=["log_softmax(tensor([1., 2., 3.]), 0)"],
)
def log_softmax(input: Array, dim: Dim, dtype: DType | None = None) -> Any:
    """log(softmax(input)) along `dim`, without overflow. `dtype`: cast before. Integers need a `dtype`."""
    return log_softmax_along.call([_in_type(input, dtype), dim])


# -- nn.functional: the dimension may be left out ----------------------------------------------------------------------


def _chosen(name: str, input: Any, dim: int | None) -> int:
    if dim is not None:
        return dim
    warn(f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.")
    return 0 if input.ndim in (0, 1, 3) else 1


@composite(
    "softmax",
    module="nn.functional",
    samples=["F.softmax(m, 1)", "F.softmax(m, dim=0, dtype=torch.float64)", "F.softmax(t3)"],
    examples=["torch.nn.functional.softmax(tensor([[1., 2.], [3., 5.]]), dim=1)"],
)
def softmax_function(input: Array, dim: Dim | None = None, _stacklevel: int = 3, dtype: DType | None = None) -> Any:
    """exp(input) / sum(exp(input)) along `dim`, which is better not left out (0 or 1 then, with a warning)."""
    return softmax(input, _chosen("softmax", input, dim), dtype)


@composite(
    "log_softmax",
    module="nn.functional",
    samples=["F.log_softmax(m, 1)", "F.log_softmax(m, dim=0, dtype=torch.float64)", "F.log_softmax(v)"],
    examples=["torch.nn.functional.log_softmax(tensor([[1., 2.], [3., 5.]]), dim=1)"],
)
def log_softmax_function(input: Array, dim: Dim | None = None, _stacklevel: int = 3, dtype: DType | None = None) -> Any:
    """log(softmax(input)) along `dim`, which is better not left out (0 or 1 then, with a warning)."""
    return log_softmax(input, _chosen("log_softmax", input, dim), dtype)


@composite(
    module="nn.functional",
    samples=["F.softmin(m, 1)", "F.softmin(m, dim=0, dtype=torch.float64)"],
    examples=["torch.nn.functional.softmin(tensor([1., 2., 3.]), dim=0)"],
)
def softmin(input: Array, dim: Dim | None = None, _stacklevel: int = 3, dtype: DType | None = None) -> Any:
    """softmax(-input) along `dim`."""
    return softmax(-input, _chosen("softmin", input, dim), dtype)
