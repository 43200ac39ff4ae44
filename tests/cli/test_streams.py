"""Manners of streams, with real processes: closed and full outputs, readers that leave, locales, who gets colour."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from tests.cli.running import COMMAND, ENVIRONMENT

NAME = " ".join(map(shlex.quote, COMMAND))
FULL = "No space left on device"
needs_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of sh in which `gradcli` is this checkout's. An empty variable is none."""
    given = {**ENVIRONMENT, "PYTHONUNBUFFERED": "", **environment}
    settings = {key: value for key, value in given.items() if value}
    return subprocess.run(
        ["sh", "-c", f'gradcli() {{ {NAME} "$@"; }}\n{line}'],
        env=settings,
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Prints more than any pipe holds, then is about to fail."""
    path = tmp_path / "program.grad"
    path.write_text("for i in range(100000): print(i)\n1 / 0\n", "utf-8")
    return path


# ---------------------------------------------------------------- readers that leave


@pytest.mark.parametrize("flags", ["", "--json", "--jsonl", "--keep-going"])
def test_a_reader_that_leaves_is_met_with_silence(program: Path, flags: str) -> None:
    run = shell(f"{{ gradcli {flags} {program}; echo $? >&3; }} 3>&2 | head -c 2 >/dev/null")
    assert run.stderr == "141\n"


def test_a_reader_of_messages_that_leaves(program: Path) -> None:
    flood = "\n".join(["1 / 0"] * 2000)
    program.write_text(flood, "utf-8")
    run = shell(
        f"{{ {{ gradcli --keep-going {program} 2>&1 >/dev/null; echo $? >&3; }} | head -c 2 >/dev/null; }} 3>&1"
    )
    assert (run.stdout, run.stderr) == ("141\n", "")


# ---------------------------------------------------------------- full disks


@needs_full
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "arguments",
    ["-e 1", "--json -e 1", "--jsonl -e 1", "--help", "--version", "--generate man", "--generate zsh", "PROGRAM"],
)
def test_a_full_disk_is_one_message(program: Path, arguments: str, unbuffered: str) -> None:
    run = shell(f"gradcli {arguments.replace('PROGRAM', str(program))} > /dev/full", PYTHONUNBUFFERED=unbuffered)
    assert (run.returncode, run.stderr) == (1, f"error: cannot write the output: {FULL}\n")


@needs_full
def test_messages_to_a_full_disk() -> None:
    run = shell("gradcli -e '2' -e '1 / 0' 2> /dev/full")
    assert (run.returncode, run.stdout, run.stderr) == (1, "2\n", "")


# ---------------------------------------------------------------- closed streams


@pytest.mark.parametrize(
    ("line", "output", "errors", "status"),
    [
        ("gradcli -e 1 <&-", "1\n", "", 0),
        ("gradcli <&-", "", "error: standard input is closed\n", 2),
        ("gradcli - <&-", "", "error: standard input is closed\n", 2),
        ("gradcli -i -e 1 <&-", "", "error: standard input is closed\n", 2),
        ("gradcli -e 1 >&-", "", "error: standard output is closed\n", 1),
        ("gradcli --help >&-", "", "error: standard output is closed\n", 1),
        ("gradcli -e 1 2>&-", "1\n", "", 0),
        ("gradcli -e 1 -e '1 / 0' 2>&-", "1\n", "", 1),
        ("gradcli --nonsense 2>&-", "", "", 2),
        ("gradcli missing.grad 2>&-", "", "", 2),
        ("gradcli -e 1 <&- >&- 2>&-", "", "", 1),
        ("gradcli -e 1 <&- 2>&-", "1\n", "", 0),
    ],
)
def test_closed_streams(line: str, output: str, errors: str, status: int) -> None:
    run = shell(line)
    assert (run.stdout, run.stderr, run.returncode) == (output, errors, status)


def test_no_file_takes_the_place_of_a_closed_stream() -> None:
    probe = (
        "import os, sys\n"
        "from gradcli.cli import main\n"
        "main(['--version'])\n"
        "print(min(os.open(os.devnull, os.O_RDONLY) for _ in range(3)) > 2)\n"
    )
    run = shell(f"{shlex.quote(sys.executable)} -c {shlex.quote(probe)} <&- 2>&-")
    assert run.stdout.splitlines()[1:] == ["True"]


# ---------------------------------------------------------------- locales


ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize(
    ("environment", "output"),
    [
        (ASCII, "\\xe9\\u2202\n"),
        ({"PYTHONIOENCODING": "ascii"}, "\\xe9\\u2202\n"),
        ({"PYTHONIOENCODING": "utf-8"}, "é∂\n"),
        ({"LC_ALL": "C", "PYTHONUTF8": "1"}, "é∂\n"),
    ],
    ids=["C", "ascii", "utf-8", "utf-8 mode"],
)
@pytest.mark.parametrize("way", ["-e 'print(\"é∂\")'", "FILE", "--let 'x=\"é∂\"' -e 'print(x)'"])
def test_programs_are_utf8_in_every_locale(environment: dict[str, str], output: str, way: str, tmp_path: Path) -> None:
    file = tmp_path / "p.grad"
    file.write_text('print("é∂")', "utf-8")
    run = shell(f"gradcli {way.replace('FILE', str(file))}", **environment)
    assert (run.stdout, run.stderr, run.returncode) == (output, "", 0)


def test_messages_in_an_ascii_locale() -> None:
    run = shell("gradcli -e '\"∂\" + 1'", **ASCII)
    assert run.returncode == 1
    assert run.stderr.isascii()
    assert '"\\u2202" + 1' in run.stderr


def test_a_file_whose_name_is_not_text(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\xe9.grad"
    with open(name, "w", encoding="ascii") as file:
        file.write("1 / 0\n")
    for environment in (ASCII, {"PYTHONUTF8": "1"}):
        run = shell(f"gradcli {shlex.quote(str(tmp_path))}/*.grad", **environment)
        assert run.returncode == 1
        assert run.stderr.startswith("error: division by zero\n")


# ---------------------------------------------------------------- colour


@pytest.mark.parametrize(
    ("flags", "environment", "coloured"),
    [
        ("", {"NO_COLOR": ""}, False),
        ("--color always", {"NO_COLOR": "1"}, True),
        ("", {"NO_COLOR": "", "FORCE_COLOR": "1"}, True),
        ("", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("--color never", {"NO_COLOR": "", "FORCE_COLOR": "1"}, False),
    ],
)
def test_colour_in_a_pipe(flags: str, environment: dict[str, str], coloured: bool) -> None:
    run = shell(f"gradcli {flags} -e 1 -e '1 / 0'", TERM="xterm-256color", **environment)
    assert run.stdout == "1\n"
    assert ("\x1b[" in run.stderr) is coloured


@pytest.mark.parametrize(
    ("flags", "environment", "coloured"),
    [
        ([], {"TERM": "xterm-256color"}, True),
        ([], {"TERM": "dumb"}, False),
        ([], {"TERM": "xterm-256color", "NO_COLOR": "1"}, False),
        (["--color=never"], {"TERM": "xterm-256color"}, False),
        ([], {"TERM": "dumb", "FORCE_COLOR": "1"}, True),
    ],
)
def test_colour_at_a_terminal(flags: list[str], environment: dict[str, str], coloured: bool) -> None:
    settings = {**ENVIRONMENT, "NO_COLOR": "", "FORCE_COLOR": "", **environment}
    output, status = pexpect.run(
        shlex.join([*COMMAND, *flags, "-e", "1 / 0"]), env=settings, withexitstatus=True, encoding="utf-8"
    )
    assert status == 1
    assert ("\x1b[" in output) is coloured
