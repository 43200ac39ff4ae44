"""`time EXPR`: how long a statement takes."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Final

from gradcli.cli.commands.command import Complaint
from gradcli.lang.values.snapshots import Snapshot, TooLarge

if TYPE_CHECKING:
    from gradcli.cli.commands.context import Context

LONG_ENOUGH: Final = 0.1  # seconds: so long a run says something
REPEATS: Final = 5
MOST_LOOPS: Final = 10_000_000


def time_statement(context: Context, argument: str) -> None:
    """Run a statement in a loop, as often as it takes to be measured, and say how long once took: the best of several.

    The session is afterwards as it was before, unless it is too large for that.
    """
    if not argument:
        raise Complaint("time: what? `time EXPR`")
    session = context.session
    try:
        before = Snapshot(session.variables, None, context.settings.undo_memory)
    except TooLarge as reason:
        raise Complaint(f"time: what it changes could not be undone: {reason}") from None
    try:
        measured = _measure(context, argument)
    finally:
        before.restore()
    if measured is not None:
        seconds, loops = measured
        context.write(f"{duration(seconds)} a loop (best of {REPEATS}, {loops:,} loop{'s' * (loops > 1)} each)")


def _measure(context: Context, statement: str) -> tuple[float, int] | None:
    """Seconds a loop, and how many loops; None after a failure, which was told."""
    loops = 1
    while True:
        taken = _run(context, statement, loops)
        if taken is None:
            return None
        if taken >= LONG_ENOUGH or loops >= MOST_LOOPS:
            break
        loops = min(
            MOST_LOOPS, loops * 10 if taken < LONG_ENOUGH / 20 else round(loops * LONG_ENOUGH / taken * 1.2) + 1
        )
    best = min(taken, *(_run(context, statement, loops) or taken for _ in range(REPEATS - 1)))
    empty = min(_run(context, "pass", loops) or 0.0 for _ in range(REPEATS)) if best < 10 * LONG_ENOUGH else 0.0
    return max(best - empty, 0.0) / loops, loops


def _run(context: Context, statement: str, loops: int) -> float | None:
    """The time of so many loops, parsing included; None if the statement fails."""
    from gradcli.cli.inputs import Chunk
    from gradcli.session import Failed, Warned

    # The first run is of the statement itself, so that an error shows what was typed.
    text = statement if loops == 1 else f"for _ in range({loops}):\n    {statement}"
    context.output.begin(Chunk(text, None, 1, "none"))

    def take(event: object) -> None:
        if isinstance(event, Failed) or (loops == 1 and isinstance(event, Warned)):
            context.output(event)

    begin = perf_counter()
    ok = context.session.run(text, take, echo="none")
    return perf_counter() - begin if ok else None


def duration(seconds: float) -> str:
    """A time to three digits, in the unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"
