"""The fuzzer itself: its finds stay mended, a short run of it finds nothing, and it does see what is wrong."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import fuzz_inputs  # noqa: E402
import fuzz_worker  # noqa: E402

FINDS = (ROOT / "tests" / "lang" / "fuzz_finds.txt").read_text("utf-8")
PROGRAMS = re.findall(r"^=== (.*)\n((?:(?!=== ).*\n)*)", FINDS, flags=re.MULTILINE)


@pytest.mark.parametrize(("name", "program"), PROGRAMS, ids=[name for name, _ in PROGRAMS])
def test_finds(name: str, program: str) -> None:
    for kind in ("text", "prompt", "file", "stream"):
        assert fuzz_worker.judged(kind, program) == ("", "")


@pytest.mark.parametrize("source", fuzz_inputs.SOURCES)
def test_a_short_run(source: str) -> None:
    rng = fuzz_inputs.Random(f"short/{source}")
    for _ in range(40):
        kind, text = fuzz_inputs.SOURCES[source][1](rng)
        assert fuzz_worker.judged(kind, text) == ("", ""), text


def test_inputs_can_be_had_again() -> None:
    assert [fuzz_inputs.one(5, number) for number in range(30)] == [fuzz_inputs.one(5, number) for number in range(30)]
    assert {fuzz_inputs.one(5, number)[0] for number in range(200)} == set(fuzz_inputs.SOURCES)


@pytest.mark.parametrize(
    ("exception", "message"),
    [
        ("ValueError", "operands could not be broadcast together with shapes (2,) (3,)"),
        ("TypeError", "unsupported operand type(s) for +: 'numpy.ndarray' and 'str'"),
        ("TypeError", "_helper() takes 1 positional argument but 2 were given"),
        ("AttributeError", "'NoneType' object has no attribute 'plan'"),
        ("UFuncTypeError", "no"),
        ("AssertionError", ""),
    ],
)
def test_what_is_not_for_an_author_is_seen(exception: str, message: str) -> None:
    from gradcli.lang.errors.diagnostics import Diagnostic

    assert list(fuzz_worker.backstage(Diagnostic("runtime", message, exception=exception), "x + y"))


def test_exceptions_and_control_characters_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz_worker, "strip_prompts", lambda text, anywhere: 1 / 0)
    assert fuzz_worker.judged("text", "1")[1].startswith("ZeroDivisionError at test_fuzz.py")
    monkeypatch.undo()
    monkeypatch.setattr(fuzz_worker, "Output", RawOutput)
    assert fuzz_worker.judged("text", "print('\\x1b[31m')")[1] == "writes '\\x1b'"


class RawOutput(fuzz_worker.Output):
    """An output that forgets to escape."""

    def take(self, event: object, kind: str) -> None:
        sys.stdout.write(getattr(event, "text", ""))
