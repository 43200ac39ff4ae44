"""Progress of long loops: on a terminal only, below the output, gone at the end, and at no cost to the loops."""

from __future__ import annotations

import re
import shlex
import sys
import time
from pathlib import Path

import pexpect
import pyte
import pytest

from gradcli import Session
from gradcli.lang.compile.loops import Loop, fraction
from tests.cli.running import COMMAND, ENVIRONMENT, gradcli

PROGRAM = """\
def work():
    for i in range(COUNT): pass

for step in range(8):
    for inner in range(2):
        work()
    if step % 4 == 3: print("at", step)
print("end", end="")
"""
TERMINAL = {**ENVIRONMENT, "TERM": "xterm-256color", "NO_COLOR": "", "COLUMNS": ""}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that is busy for a second or so: what this machine does when nobody disturbs it tells how long."""
    session = Session()
    least = 1e9
    for _ in range(10):
        begin = time.perf_counter()
        session.run("for i in range(20000): pass")
        least = min(least, time.perf_counter() - begin)
    rate = 20_000 / least
    path = tmp_path_factory.mktemp("progress") / "steps.py"
    path.write_text(PROGRAM.replace("COUNT", str(int(rate / 10))), "utf-8")
    return path


def screens(*arguments: str, width: int = 80, **environment: str) -> tuple[list[list[str]], str]:
    """What a run in a terminal showed, screen after screen as it changed, and every character it sent."""
    screen = pyte.Screen(width, 12)
    stream = pyte.Stream(screen)
    child = pexpect.spawn(
        COMMAND[0],
        [*COMMAND[1:], *arguments],
        env={**TERMINAL, **environment},
        encoding="utf-8",
        timeout=60,
        dimensions=(12, width),
    )
    seen: list[list[str]] = []
    sent = ""
    while True:
        try:
            text = child.read_nonblocking(2000, timeout=60)
        except pexpect.EOF:
            break
        sent += text
        stream.feed(text)
        seen.append([line.rstrip() for line in screen.display if line.strip()])
    child.close()
    assert child.exitstatus == 0
    return seen, sent


def bars(seen: list[list[str]]) -> list[str]:
    return [line for screen in seen for line in screen if line.startswith("for ")]


def test_a_long_loop_has_a_bar_that_goes(program: Path) -> None:
    seen, sent = screens("--progress", str(program))
    shown = bars(seen)
    assert shown, sent
    assert all(re.match(r"for step in range\(8\) [━╸╺]+ +\d+%  \d/8  \d:\d\d", line) for line in shown)
    parts = [int(re.search(r"(\d+)%", line)[1]) for line in shown]  # type: ignore[index]
    assert parts == sorted(parts)
    assert 0 <= parts[0] < parts[-1] <= 100
    assert seen[-1] == ["at 3", "at 7", "end"]
    assert "\x1b[?25l" not in sent, "the cursor is left alone"


def test_bars_stand_below_the_output(program: Path) -> None:
    seen, _ = screens("--progress", str(program))
    assert all(not line.startswith("for ") for screen in seen for line in screen[:-1])


@pytest.mark.parametrize(
    ("flags", "environment"),
    [([], {}), (["--no-progress"], {}), (["--progress"], {"TERM": "dumb"})],
    ids=["short", "unwanted", "dumb"],
)
def test_no_bar(flags: list[str], environment: dict[str, str]) -> None:
    seen, sent = screens(*flags, "-e", "for i in range(20000): x = i", "-e", "x", **environment)
    assert seen[-1] == ["19999"]
    assert "\x1b" not in sent


def test_no_bar_in_a_pipe(program: Path) -> None:
    run = gradcli("--progress", str(program))
    assert (run.stdout, run.stderr) == ("at 3\nat 7\nend", "")


def test_a_bar_without_colour_or_utf8(program: Path) -> None:
    _, sent = screens("--progress", str(program), NO_COLOR="1", PYTHONIOENCODING="ascii")
    assert sent.isascii()
    assert set(re.findall(r"\x1b\[[0-9;]*[a-zA-Z]", sent)) == {"\x1b[K"}
    assert "for step in range(8)" in sent


def test_narrow_terminals_are_not_wrapped(program: Path) -> None:
    seen, _ = screens("--progress", str(program), width=30)
    assert bars(seen)
    assert seen[-1] == ["at 3", "at 7", "end"]


@pytest.mark.parametrize(("rounds", "interrupted"), [(10_000_000, True), (2_000_000, False)])
def test_interrupts_and_errors_take_the_bar_away(rounds: int, interrupted: bool, tmp_path: Path) -> None:
    path = tmp_path / "p.py"
    path.write_text(f"for i in range(10):\n    for j in range({rounds}): pass\n    1 / 0\n", "utf-8")
    screen = pyte.Screen(80, 12)
    stream = pyte.Stream(screen)
    child = pexpect.spawn(
        COMMAND[0], [*COMMAND[1:], "--progress", str(path)], env=TERMINAL, encoding="utf-8", dimensions=(12, 80)
    )
    child.expect_exact("for i in range(10)")
    stream.feed(child.before + child.after)
    if interrupted:
        child.sendintr()
    child.expect(pexpect.EOF)
    stream.feed(child.before)
    child.close()
    lines = [line.rstrip() for line in screen.display if line.strip()]
    assert not any("%" in line for line in lines), lines
    if interrupted:
        assert (lines[-1], child.exitstatus) == ("interrupted", 130)
    else:
        assert (lines[0], child.exitstatus) == ("error: division by zero", 1)


def test_rich_waits_for_a_long_loop() -> None:
    """On a terminal, too, a run that is soon over loads nothing for the sake of a bar."""
    probe = (
        "import sys; from gradcli.cli import main\n"
        "main(['-e', 'for i in range(1000): x = i'])\n"
        "print([name for name in ('rich', 'asyncio', 'prompt_toolkit') if name in sys.modules])"
    )
    output = pexpect.run(shlex.join([sys.executable, "-c", probe]), env=TERMINAL, encoding="utf-8")
    assert output.strip() == "[]"


# ---------------------------------------------------------------- what is watched


def seen_in(text: str) -> list[tuple[str, int, int]]:
    """The loops under way where the program calls `look()`: header, begun, total."""
    session = Session()
    loops = session.watch_loops()
    seen: list[tuple[str, int, int]] = []
    session["look"] = lambda: seen.append(tuple((each.header, each.begun, each.total) for each in loops))  # type: ignore[arg-type]
    assert session.run(text)
    assert loops == []
    return seen


def test_loops_under_way() -> None:
    outer, inner = "for i in range(3)", "for x, y in pairs"
    assert seen_in("for i in range(3): look()") == [((outer, n, 3),) for n in (1, 2, 3)]
    text = f"pairs = [(1, 2)] * 100\n{outer}:\n    {inner}:\n        break\n    {inner}:\n        pass\n    look()\n"
    assert seen_in(text) == [((outer, n, 3),) for n in (1, 2, 3)]
    text = f"pairs = [(1, 2)] * 100\n{outer}:\n    {inner}:\n        look()\n        break\n    break\n"
    assert seen_in(text) == [((outer, 1, 3), (inner, 1, 100))]
    text = f"def f():\n    {outer}:\n        if i: return i\n        look()\n{outer}:\n    f()\n"
    assert [len(each) for each in seen_in(text)] == [1, 1, 1], "a short loop inside another is not noted"
    text = f"try:\n    {outer}: 1 / 0\nexcept ZeroDivisionError: look()\n"
    assert seen_in(text) == [()]
    assert seen_in("for x in iter([1, 2]): look()") == [(), ()], "of unknown length"


def test_the_part_that_is_done() -> None:
    def loop(begun: int, total: int) -> Loop:
        iterator = iter(range(total))
        for _ in range(begun):
            next(iterator)
        return Loop("", total, iterator)

    assert fraction([]) == 0.0
    assert fraction([loop(1, 4)]) == 0.0
    assert fraction([loop(3, 4)]) == 0.5
    assert fraction([loop(3, 4), loop(51, 100)]) == 0.625
    assert fraction([loop(0, 4)]) == 0.0


def test_watching_costs_nothing_a_step() -> None:
    """A watched loop calls a few functions more when it begins and ends, and none at its steps."""

    def calls(session: Session, text: str) -> int:
        count = 0

        def note(frame: object, event: str, argument: object) -> None:
            nonlocal count
            count += event in ("call", "c_call")

        sys.setprofile(note)
        try:
            session.run(text)
        finally:
            sys.setprofile(None)
        return count

    plain, watching = Session(), Session()
    watching.watch_loops()
    text = "for i in range({0}):\n    x = i\nfor i in range(20):\n    for j in range({0}): x = j\n"
    for session in (plain, watching):
        session.run(text.format(2))  # what is done the first time only
    more = [calls(watching, text.format(count)) - calls(plain, text.format(count)) for count in (200, 800)]
    assert more[0] == more[1]
    assert more[0] < 22 * 12
