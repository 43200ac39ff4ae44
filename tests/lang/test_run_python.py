"""Python's own values: what a program prints is what Python prints for the same text."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.session import Failed, Printed, Session

PROGRAMS = {
    name.strip(): text
    for name, _, text in (
        chunk.partition("\n")
        for chunk in (Path(__file__).parent / "python_programs.txt").read_text("utf-8").split("\n=== ")[1:]
    )
}

FAILURES = [
    "1 / 0",
    "1 // 0",
    "1 % 0",
    "1.0 / 0",
    "x",
    "[1][5]",
    "{}['k']",
    "1 + 'a'",
    "'a' + 1",
    "[] + 1",
    "-'a'",
    "len(3)",
    "int('x')",
    "float('x')",
    "a, b = 1, 2, 3",
    "a, b = [1]",
    "a, *b = []",
    "a, b = 5",
    "for i in 5: pass",
    "[i for i in 5]",
    "'abc'.foo",
    "(5).foo()",
    "None.x",
    "x = 5; x()",
    "x = 'a'; x['b']",
    "{[]: 1}",
    "{1: 2}[[]]",
    "f()",
    "(lambda x: x)()",
    "(lambda: 1)(2)",
    "(lambda x, y: 1)(2)",
    "(lambda x=1: 1)(2, 3)",
    "(lambda x: 1)(y=2)",
    "(lambda x: 1)(1, x=2)",
    "(lambda *, k: 1)()",
    "(lambda x, /: 1)(x=1)",
    "(lambda x, y, z: 1)()",
    "print(sep=1)",
    "raise ValueError('text')",
    "assert 0",
    "assert 0, 'why'",
    "math.sqrt(-1)",
    "import nothing_here",
    "from math import nothing_here",
    "max([])",
    "[1, 'a'].sort()",
    "sorted([1, 'a'])",
    "next(iter([]))",
    "sum(['a'])",
    "sum([[]])",
    "'%d' % 'a'",
    "'%s %s' % 1",
    "'{} {}'.format(1)",
    "f'{1:q}'",
    "2 ** 'a'",
    "1 < 'a'",
    "1 in 2",
    "del nothing",
    "dict([1])",
    "with 5: pass",
    "isinstance(1, 2)",
    "10.0 ** 400",
    "chr(-1)",
    "range(1, 2, 0)",
    "reversed(5)",
    "x = 1; x.y = 2",
    "x = [1, 2]; x[5] = 1",
    "x = (1, 2); x[0] = 1",
    "x = 'a'; x[0] = 'b'",
    "*1, 2",
    "print(**5)",
    "print(*5)",
    "print(sep='', **{'sep': ''})",
    "def g(n):\n    return n + missing\ng(1)",
    "try:\n    1 / 0\nexcept 5:\n    pass",
    "raise 5",
    "int([])",
]


def ours(program: str) -> tuple[str, str]:
    """What a program prints here, and how it fails."""
    printed: list[str] = []
    failed: list[str] = []

    def emit(event: Any) -> None:
        if isinstance(event, Printed):
            printed.append(event.text)
        elif isinstance(event, Failed):
            failed.append(f"{event.diagnostic.exception}: {event.diagnostic.message}")

    Session().run(program, emit, echo="none")
    return "".join(printed), "".join(failed)


def python(program: str) -> tuple[str, str]:
    out = io.StringIO()
    failed = ""
    with contextlib.redirect_stdout(out):
        try:
            exec(compile(program, "<program>", "exec"), {})
        except Exception as error:  # noqa: BLE001 - the text of any
            failed = f"{type(error).__name__}: {error}"
    return out.getvalue(), failed


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    assert ours(PROGRAMS[name]) == python(PROGRAMS[name])


@pytest.mark.parametrize("program", FAILURES)
def test_failure(program: str) -> None:
    program = "import math\n" * ("math." in program) + program
    # Where Python names the file of a module, we have none.
    expected = python(program)[1].split(" (/")[0].replace("(unknown location)", "").strip()
    assert ours(program)[1].replace("(unknown location)", "").strip() == expected


integers = st.integers(-50, 50) | st.integers(2**64, 2**70) | st.integers(-(2**70), -(2**64))
numbers = integers | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()
values = numbers | st.text("ab%{} ", max_size=4) | st.lists(st.integers(-3, 3), max_size=3)
operators = st.sampled_from(
    ["+", "-", "*", "/", "//", "%", "<", "<=", ">", ">=", "==", "!=", "and", "or", "in", "is not"]
)


@settings(deadline=None, max_examples=300)
@given(values, operators, values, operators, values)
def test_operators_on_values(a: Any, f: str, b: Any, g: str, c: Any) -> None:
    for text in (
        f"{a!r} {f} {b!r}",
        f"x {f} {b!r}",
        f"x {f} y",
        f"{a!r} {f} y {g} z",
        f"[x][0] {f} y",
        f"[x][0] {f} [y][0]",
    ):
        program = f"x, y, z = {a!r}, {b!r}, {c!r}\nprint(repr({text}))\n"
        found = ours(program)
        if "is not" not in text and "limit is" not in found[1]:
            assert found == python(program)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.integers(-5, 5), max_size=6),
    st.none() | st.integers(-7, 7),
    st.none() | st.integers(-7, 7),
    st.none() | st.integers(-3, 3),
)
def test_slices(items: list[int], start: int | None, stop: int | None, step: int | None) -> None:
    a, b, c = ("" if part is None else str(part) for part in (start, stop, step))
    program = f"x = {items}\na, b, c = {start}, {stop}, {step}\nprint(x[{a}:{b}:{c}], x[a:b:c], str(x)[{a}:{b}])"
    assert ours(program) == python(program)


@settings(deadline=None, max_examples=200)
@given(
    numbers,
    st.sampled_from(
        ["", "5", ">8", "<8", "^9", "+", "08", ",", "_", ".3f", ".2e", "g", ".0f", "10.4f", "%", "d", "x", "b", "c"]
    ),
)
def test_format_specifications(value: Any, spec: str) -> None:
    field = "{x:" + spec + "}"
    program = f"x = {value!r}\nprint(f'{field}', '{{:{spec}}}'.format(x), format(x, {spec!r}))"
    assert ours(program) == python(program)
