"""How soon a prompt is there, and its first answer; and how soon a key is drawn: gradcli beside IPython, in a pty.

IPython is taken from this environment, or from the Python that IPYTHON names; without it its rows are left out.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE = 60.0
CURSOR_QUESTION, CURSOR_ANSWER = b"\x1b[6n", b"\x1b[1;1R"
QUESTION, ANSWER = b"print(12345679 * 9)", b"111111111"  # a preview does not print, so the answer is the answer
LINES = [f"    y{number} = (x + {number}) * 2 - sum(x) / {number + 1}" for number in range(29)]


class Terminal:
    """A program in a pty that answers where the cursor is, as terminals do. `drawn` is what it wrote so far."""

    def __init__(self, command: list[str], environ: dict[str, str]) -> None:
        self.begin = time.perf_counter()
        self.pid, self.descriptor = pty.fork()
        if not self.pid:
            os.execvpe(command[0], command, environ)
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self.drawn = b""

    def send(self, data: bytes) -> None:
        """Press keys."""
        os.write(self.descriptor, data)

    def wait(self, condition: Callable[[bytes], bool]) -> float:
        """Seconds since the beginning when what was drawn is so."""
        while not condition(self.drawn):
            if not select.select([self.descriptor], [], [], PATIENCE)[0]:
                raise TimeoutError(repr(self.drawn[-200:]))
            data = os.read(self.descriptor, 1 << 16)
            self.drawn += data
            for _ in range(data.count(CURSOR_QUESTION)):
                self.send(CURSOR_ANSWER)
        return time.perf_counter() - self.begin

    def settle(self, seconds: float = 0.3) -> None:
        """Until nothing has been drawn for a while."""
        while select.select([self.descriptor], [], [], seconds)[0]:
            self.drawn += os.read(self.descriptor, 1 << 16)

    def cpu(self) -> float | None:
        """Seconds of processor time that it took so far, where the system tells."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.descriptor)


def environment(home: str) -> dict[str, str]:
    """No settings and no history of whoever runs this."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    kept["PYTHONPATH"] = str(Path(__file__).resolve().parent.parent)
    return {**kept, "HOME": home, "IPYTHONDIR": home, "XDG_STATE_HOME": home, "XDG_CONFIG_HOME": home, "TERM": "xterm"}


def ipython() -> list[str] | None:
    """The command that begins IPython, if it is there."""
    import importlib.util

    named = os.environ.get("IPYTHON")
    if named:
        return [named, "-m", "IPython", "--no-banner"]
    return [sys.executable, "-m", "IPython", "--no-banner"] if importlib.util.find_spec("IPython") else None


def first_prompt(command: list[str], prompt: bytes, environ: dict[str, str]) -> tuple[float, float]:
    """Seconds to the prompt, and to the answer to a question typed there."""
    terminal = Terminal(command, environ)
    try:
        to_prompt = terminal.wait(lambda drawn: prompt in drawn)
        terminal.send(QUESTION + b"\r")
        return to_prompt, terminal.wait(lambda drawn: ANSWER in drawn)
    finally:
        terminal.close()


def key_to_redraw(command: list[str], environ: dict[str, str], keys: int) -> tuple[list[float], float | None]:
    """Seconds from each key press to the end of what is drawn for it, at the end of an input of 30 lines.

    And the processor time of a key, which says the same on a machine that others use.
    """
    terminal = Terminal(command, environ)
    try:
        terminal.wait(lambda drawn: b">>>" in drawn)
        terminal.send(b"x = ones(3)\r")
        terminal.wait(lambda drawn: b"[3]" in drawn)
        terminal.settle(1.0)
        program = "\n".join(["def f(x):", *LINES])
        terminal.send(b"\x1b[200~" + program.encode() + b"\x1b[201~")
        terminal.settle()
        terminal.send(b"\x1b\r")
        terminal.settle()
        times = []
        before = terminal.cpu()
        for key in "z = x + mean(x" + ")" * keys:
            begin, seen = time.perf_counter(), len(terminal.drawn)
            terminal.send(key.encode())
            while len(terminal.drawn) == seen or select.select([terminal.descriptor], [], [], 0.05)[0]:
                terminal.drawn += os.read(terminal.descriptor, 1 << 16)
                end = time.perf_counter()
            times.append(end - begin)
        after = terminal.cpu()
        return times, None if before is None or after is None else (after - before) / len(times)
    finally:
        terminal.close()


def measure(ours: list[str], rounds: int) -> dict[str, list[tuple[float, float]]]:
    """For each program: (seconds to the prompt, to the answer), the programs in turn."""
    with tempfile.TemporaryDirectory() as home:
        environ = environment(home)
        programs = {"gradcli": (ours, b">>> ")}
        other = ipython()
        if other:
            programs["IPython"] = (other, b"In [")
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in programs}
        for command, prompt in programs.values():
            first_prompt(command, prompt, environ)  # leaves bytecode behind, and the files in the page cache
        for _ in range(rounds):
            for name, (command, prompt) in programs.items():
                times[name].append(first_prompt(command, prompt, environ))
        return times


def measure_keys(ours: list[str]) -> tuple[list[float], float | None]:
    """`key_to_redraw` in a home of its own."""
    with tempfile.TemporaryDirectory() as home:
        return key_to_redraw(ours, environment(home), 10)
