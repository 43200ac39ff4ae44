"""What `undo` goes back to: the state before each of the last entries that changed something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradcli.lang.values.snapshots import Snapshot, TooLarge
from gradcli.show.options import PRINT_OPTIONS, PrintOptions

if TYPE_CHECKING:
    from gradcli.cli.commands.log import Entry

MOST_STEPS: Final = 100
RESULT: Final = "_"  # the variable that prompts bind themselves
_STATE_BYTES: Final = 300  # about what the state of a value costs besides arrays


class Step:
    """An entry, and the state before it. snapshot: or why there is none. printing: set if the entry changed it."""

    __slots__ = ("log", "printing", "snapshot", "text")

    def __init__(self, text: str, snapshot: Snapshot | str, log: list[Entry]) -> None:
        self.text = text
        self.snapshot = snapshot
        self.log = log
        self.printing: PrintOptions | None = None

    @property
    def exceptions(self) -> set[str]:
        """What is not as it was, although one has gone back."""
        return set() if isinstance(self.snapshot, str) else self.snapshot.exceptions

    def changed(self, later: Snapshot | str) -> bool:
        """Whether the entry changed anything, by the state after it."""
        if self.printing is not None or isinstance(self.snapshot, str) or isinstance(later, str):
            return True
        return self.snapshot.differs(later, RESULT)


class Undo:
    """The steps, latest last. They keep no more memory than the settings allow, but for the latest."""

    __slots__ = ("_held", "_size", "_steps")

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._held: dict[int, int] = {}  # how many steps keep a piece of memory
        self._size = 0

    def begin(self, text: str, variables: dict[str, Any], log: list[Entry], most: int) -> None:
        """Note the state: an entry is about to run. most: bytes."""
        snapshot = self._look(variables, most)
        if self._steps and not self._steps[-1].changed(snapshot):
            self._drop(-1)
        self._steps.append(Step(text, snapshot, log.copy()))
        self._count(snapshot, 1)
        while len(self._steps) > 1 and (self._size > most or len(self._steps) > MOST_STEPS):
            self._drop(0)

    def cancel(self) -> None:
        """Go back to the state before the entry that has just begun: it was interrupted."""
        step = self._drop(-1)
        if isinstance(step.snapshot, Snapshot):
            step.snapshot.restore()

    def printing_changed(self, before: PrintOptions) -> None:
        """The entry has changed how tensors print: that is part of the state."""
        self._steps[-1].printing = before

    def back(self, variables: dict[str, Any], most: int) -> Step | None:
        """Go back to before the latest entry that changed something; None if there is none.

        Raises TooLarge where its state was not kept.
        """
        now = self._look(variables, most)
        while self._steps:
            step = self._drop(-1)
            if isinstance(step.snapshot, str):
                raise TooLarge(step.snapshot)
            if step.changed(now):
                step.snapshot.restore()
                if step.printing is not None:
                    PRINT_OPTIONS.take(step.printing)
                return step
        return None

    def __len__(self) -> int:
        return len(self._steps)

    def _look(self, variables: dict[str, Any], most: int) -> Snapshot | str:
        latest = self._steps[-1].snapshot if self._steps else None
        try:
            return Snapshot(variables, latest if isinstance(latest, Snapshot) else None, most)
        except TooLarge as reason:
            return str(reason)

    def _drop(self, position: int) -> Step:
        step = self._steps.pop(position)
        self._count(step.snapshot, -1)
        return step

    def _count(self, snapshot: Snapshot | str, by: int) -> None:
        if isinstance(snapshot, str):
            return
        self._size += by * _STATE_BYTES * len(snapshot)
        for key, size in snapshot.memory():
            before = self._held.get(key, 0)
            if before == 0 or before + by == 0:
                self._size += by * size
            self._held[key] = before + by
            if not self._held[key]:
                del self._held[key]
