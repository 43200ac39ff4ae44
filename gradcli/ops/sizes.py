"""Back to a smaller size: the sum over what was broadcast.

Source: ATen/ExpandUtils.h (`sum_to`), TensorShape.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradcli.engine.op import composite
from gradcli.ops.reduction import sum_all, sum_dim
from gradcli.ops.views import view

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Size


@composite(
    function=False,
    samples=[
        "m.sum_to_size(1, 3)",
        "m.sum_to_size((3,))",
        "m.sum_to_size(2, 3)",
        "m.sum_to_size(())",
        "t3.sum_to_size(3, 1)",
        "m.sum_to_size(4, 2, 3)",
    ],
    examples=["ones(2, 3).sum_to_size(1, 3)"],
)
def sum_to_size(input: Array, size: Size) -> Any:
    """The sum over those dimensions along which a tensor of `size` would be broadcast to this one."""
    shape = tuple(input.shape)
    lead = len(shape) - len(size)
    if lead < 0 or any(wanted not in (1, have) for wanted, have in zip(size, shape[lead:], strict=True)):
        raise RuntimeError(f"size {{{list(size)}}} is not expandable to size {{{list(shape)}}}.")
    if not size:
        return sum_all(input)
    dims = [dim for dim, have in enumerate(shape) if dim < lead or (size[dim - lead] == 1 and have != 1)]
    found = sum_dim(input, tuple(dims), True) if dims else input
    return view(found, size) if lead else found
