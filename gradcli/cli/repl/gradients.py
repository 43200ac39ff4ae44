"""Which gradients an entry has changed, whichever way it was written: `backward out`, `out.backward()`, in a loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcli.engine.tensor import Tensor

MOST_ELEMENTS = 1 << 20

Item = tuple[str, Any, Any]  # name, gradient, the gradient before or None


class GradientWatch:
    """While it is entered, notes what backward writes to, with what was there before the last time."""

    def __init__(self) -> None:
        self._before: dict[int, tuple[Tensor, Tensor | None]] = {}

    def __enter__(self) -> GradientWatch:
        from gradcli.engine import backward

        self._before.clear()
        backward.observers.append(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        from gradcli.engine import backward

        backward.observers.remove(self._note)

    def _note(self, reached: list[Tensor]) -> None:
        from gradcli.engine.tensor import Tensor

        for tensor in reached:
            old = tensor._grad
            copied = None if old is None or old.array.size > MOST_ELEMENTS else Tensor(old.array.copy())
            self._before[id(tensor)] = (tensor, copied)

    def forget(self) -> None:
        """What was noted has been shown."""
        self._before.clear()

    def items(self, variables: Mapping[str, Any]) -> list[Item]:
        """What was noted, under the names of variables."""
        names = {id(value): name for name, value in reversed(list(variables.items()))}
        return [
            (names.get(key, f"leaf {number}"), tensor._grad, before)
            for number, (key, (tensor, before)) in enumerate(self._before.items(), 1)
            if tensor._grad is not None
        ]
