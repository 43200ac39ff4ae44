"""What the installed PyTorch prints for a case. Importing this module imports torch."""

from __future__ import annotations

from typing import Any

import torch

from tests.show.repr_cases import array_of


def torch_text(case: dict[str, Any]) -> str:
    tensor = torch.from_numpy(array_of(case))
    if case["grad"]:
        tensor.requires_grad_()
    if case["grad"] == "clone":
        tensor = tensor.clone()
    elif case["grad"] == "view_as_itself":
        tensor = tensor.view(tensor.shape)
    torch.set_printoptions(profile="default")
    torch.set_printoptions(**case["options"])
    try:
        return repr(tensor)
    finally:
        torch.set_printoptions(profile="default")
