"""Module.load_state_dict: which names are missing or too many, which shapes differ.

Source: torch/nn/modules/module.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from gradcli.engine.modes import no_grad
from gradcli.engine.tensor import Tensor


class IncompatibleKeys(NamedTuple):
    """What load_state_dict returns."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def load(kind: str, own: dict[str, Tensor], given: Any, strict: bool) -> IncompatibleKeys:
    """Copy the tensors of `given` into those of the same name. Raises RuntimeError for what does not fit."""
    missing = [name for name in own if name not in given]
    unexpected = [name for name in given if name not in own]
    problems = []
    if strict and missing:
        problems.append(f"Missing key(s) in state_dict: {_quoted(missing)}. ")
    if strict and unexpected:
        problems.append(f"Unexpected key(s) in state_dict: {_quoted(unexpected)}. ")
    for name, tensor in own.items():
        other = given.get(name)
        if isinstance(other, Tensor) and other.array.shape != tensor.array.shape:
            problems.append(
                f"size mismatch for {name}: copying a param with shape {other.shape} from checkpoint, the shape in "
                f"current model is {tensor.shape}."
            )
        elif other is not None:
            with no_grad():
                tensor.copy_(other)
    if problems:
        raise RuntimeError(f"Error(s) in loading state_dict for {kind}:\n\t" + "\n\t".join(problems))
    return IncompatibleKeys(missing, unexpected)


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
