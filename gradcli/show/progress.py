"""A line on a terminal that says how far a loop is, drawn by rich; loaded when a loop has run for a while."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from gradcli.show.escape import escape_line
from gradcli.show.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ProgressLine"]


class ProgressLine:
    """The last line of a terminal, drawn over itself and taken back."""

    def __init__(self, stream: IO[str], *, colour: bool = True, environ: Mapping[str, str] | None = None) -> None:
        self._stream = stream
        self._console = Terminal(stream, colour=colour, environ=environ).console

    def draw(self, header: str, begun: int, total: int, done: float, seconds: float) -> None:
        """Show the loop's header, a bar for the part that is done, the iterations, and the time taken and left."""
        left = f"{_clock(seconds / done - seconds)} left" if done else ""
        table = Table.grid(padding=(0, 1))
        table.add_column(no_wrap=True, overflow="crop", max_width=self._console.width // 3)
        table.add_column(width=max(8, self._console.width // 4))
        table.add_column(no_wrap=True, overflow="crop")
        counts = f"{done:4.0%}  {begun}/{total}  {_clock(seconds)}  {left}"
        table.add_row(Text(escape_line(header)), ProgressBar(total=1.0, completed=done), Text(counts))
        with self._console.capture() as captured:
            self._console.print(table, end="")
        line = captured.get().split("\n", 1)[0]
        self._stream.write(f"\r{line}\x1b[K")
        self._stream.flush()

    def erase(self) -> None:
        """Leave the line empty, with the cursor at its beginning."""
        self._stream.write("\r\x1b[K")
        self._stream.flush()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
