"""Hostile inputs (ids as in the catalogue of the design): each is answered or refused, soon, in one message."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from gradcli import Session

LONG = 30.0  # seconds: a hang, on however busy a machine

# id, program, what the message must contain ("" for an answer)
ROWS = [
    ("H01", "(" * 100_000 + "1" + ")" * 100_000, "nested too deeply (limit 200)"),
    ("H02", "[" * 1000 + "1" + "]" * 1000, "nested too deeply"),
    ("H02 data", "x = 1\nfor i in range(100): x = [x]\ntensor(x)", "too many dimensions"),
    ("H03 sum", "x = ones(1)\n" + "+".join(["x"] * 20_000), ""),
    ("H03 minus", "-" * 1000 + "1", None),
    ("H03 power", "2**" * 1000 + "2", None),
    ("H04", "1" * 2_000_000, "too long"),
    ("H05 escape", "x = \x1b[31m1", ""),
    ("H05 digit", "\u0661 + 1", ""),
    ("H06", "'" + "\\" * 100_000, ""),
    ("H07 1..2", "1..2", ""),
    ("H07 2x", "2x", ""),
    ("H08", "9" * 5000, ""),
    ("H09", "10**10**10", ""),
    ("H09 shift", "1 << 10**10", ""),
    ("H10 list", "[0] * 10**10", ""),
    ("H10 text", "'a' * 10**11", ""),
    ("H10 range", "list(range(10**10))", ""),
    ("H11 ones", "ones(10**12)", "can't allocate memory"),
    ("H11 eye", "eye(10**6)", "can't allocate memory"),
    ("H11 arange", "arange(10**13)", "can't allocate memory"),
    ("H11 linspace", "linspace(0, 1, 10**13)", "can't allocate memory"),
    ("H11 randn", "randn(10**12)", "can't allocate memory"),
    ("H12 add", "ones(100000, 1) + ones(1, 100000)", "can't allocate memory"),
    ("H12 outer", "outer(ones(10**6), ones(10**6))", "can't allocate memory"),
    ("H12 repeat", "ones(10**5).repeat(10**6)", "can't allocate memory"),
    ("H12 tile", "ones(10**5).tile(10**6)", "can't allocate memory"),
    ("H12 einsum", "a = ones(5000); einsum('i,j,k->ijk', a, a, a)", "can't allocate memory"),
    ("H12 cat", "x = ones(1).expand(10**10); cat([x, x])", "can't allocate memory"),
    ("H12 kron", "kron(ones(10**4), ones(10**6))", "can't allocate memory"),
    ("H12 cartesian", "torch.cartesian_prod(arange(10**5), arange(10**5))", "can't allocate memory"),
    ("H12 combinations", "combinations(arange(10**4), 3)", "can't allocate memory"),
    ("H12 one_hot", "torch.nn.functional.one_hot(arange(10**5), 10**6)", "can't allocate memory"),
    ("H12 pad", "torch.nn.functional.pad(ones(1), (10**11, 0))", "can't allocate memory"),
    ("H12 cdist", "cdist(ones(10**6, 1), ones(10**6, 1))", "can't allocate memory"),
    ("H12 jacobian", "torch.autograd.functional.jacobian(lambda x: x * 2, ones(10**5))", "can't allocate memory"),
    ("H12 hessian", "torch.func.hessian(lambda x: (x**2).sum())(ones(10**5))", "can't allocate memory"),
    ("H13 product", "ones(2**40, 2**40)", ""),
    ("H13 negative", "ones(-1)", "negative dimension"),
    ("H13 reshape", "ones(4).reshape(10**20)", ""),
    ("H14", "x = ones(1).expand(10**12); x.clone()", "can't allocate memory"),
    ("H14 sum", "x = ones(1).expand(10**12); x.sum()", "can't allocate memory"),
    ("H14 add", "x = ones(1).expand(5 * 10**9); x + 1", "can't allocate memory"),
    ("H14 exp", "x = ones(1).expand(5 * 10**9); exp(x)", "can't allocate memory"),
    ("H14 backward", "ones(1, requires_grad=True).expand(10**12).sum().backward()", "can't allocate memory"),
    ("H15 svd", "torch.linalg.svd(ones(4000, 4000))", "multiply-adds"),
    ("H16", "torch.set_printoptions(threshold=inf); print(ones(10**7))", "the limit is"),
    ("H16 list", "ones(2 * 10**7).tolist()", "too many items"),
    ("H15", "a = ones(11000, 11000); a @ a", "multiply-adds"),
    ("H19", "def f(n): return f(n + 1)\nf(0)", "maximum recursion depth exceeded"),
    ("H21 class", "().__class__", ""),
    ("H21 globals", "def f(): pass\nf.__globals__", ""),
    ("H21 reduce", "print.__reduce__()", ""),
    ("H22 tofile", "ones(1).tofile('f')", "has no attribute"),
    ("H22 ctypes", "ones(1).numpy().ctypes", "has no attribute"),
    ("H23 format", "'{0.__class__}'.format(1)", ""),
    ("H23 width", "f'{1:1000000000}'", ""),
    ("H25", "(x := 1)", ""),
    ("H26 eval", "eval('1')", "name 'eval' is not defined"),
    ("H26 import", "__import__('os')", ""),
    ("H26 getattr", "getattr(1, 'real')", "name 'getattr' is not defined"),
    ("H26 vars", "f = vars; f(1)", "name 'vars' is not defined"),
    ("H26 open", "open('f')", "name 'open' is not defined"),
    ("H26 compile", "compile('1', '', 'eval')", "name 'compile' is not defined"),
    ("H26 exec", "exec('1')", "name 'exec' is not defined"),
    ("H26 globals", "globals()", "name 'globals' is not defined"),
    ("H26 input", "input()", "name 'input' is not defined"),
    ("H26 module", "import os", "No module named 'os'"),
    ("H10 in", "1.5 in range(10**9)", "too many items"),
    ("H46", "1/0", "division by zero"),
    ("H46 tensor", "tensor([1]) // 0", "ZeroDivisionError"),
    ("H49 ragged", "tensor([[1], [2, 3]])", "expected sequence of length 1 at dim 1 (got 2)"),
    ("H49 text", "tensor([1, 'a'])", ""),
    ("H49 none", "tensor([None])", ""),
    ("H49 huge", "tensor([10**20])", "Overflow when unpacking long long"),
    ("H50", "x = arange(6.); x[1:].add_(x[:-1])", "refer to a single memory location"),
]

# id, program, what it prints: the answers that numpy alone would get wrong
ANSWERS = [
    ("H18", "x = tensor(1., requires_grad=True); y = x\nfor i in range(60): y = y + y\ny.backward(); print(x.grad)",
     "tensor(1.1529e+18)"),
    ("H09 round", "print(round(1, -10**9))", "0"),
    ("H14 view", "print(ones(1).expand(10**12)[5:7], ones(1).expand(10**12).shape)",
     "tensor([1., 1.]) torch.Size([1000000000000])"),
    ("H15 einsum", "a = ones(700, 700); print(einsum('ij,jk,kl->il', a, a, a)[0, 0])", "tensor(490000.)"),
    ("H24", "sum = 3; print(sum)", "3"),
    ("H47", "print(tensor([1], dtype=int8) + 300)", "tensor([45], dtype=torch.int8)"),
    ("H47 uint8", "print(tensor([1], dtype=uint8) - 2)", "tensor([255], dtype=torch.uint8)"),
    ("H48", "print(log(tensor([-1., 0.])), sqrt(tensor(-1.)), exp(tensor(1000.)))",
     "tensor([nan, -inf]) tensor(nan) tensor(inf)"),
    ("H51", "print(tensor([nan, 1.]).sort()[0], tensor([1., nan]).max(), tensor(nan) == tensor(nan))",
     "tensor([1., nan]) tensor(nan) tensor(False)"),
]  # fmt: skip


def run(program: str) -> tuple[list[Any], float]:
    events: list[Any] = []
    start = time.monotonic()
    Session().run(program, events.append)
    return events, time.monotonic() - start


@pytest.mark.parametrize(("program", "message"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_refused(program: str, message: str | None) -> None:
    events, seconds = run(program)
    failures = [event.diagnostic for event in events if type(event).__name__ == "Failed"]
    assert seconds < LONG
    if message == "" and program.startswith("x = ones(1)\n"):
        assert not failures
    elif message is not None:
        assert len(failures) == 1
        assert message in failures[0].message


@pytest.mark.parametrize(("program", "printed"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_answered(program: str, printed: str) -> None:
    from gradcli.cli.output import Output  # noqa: F401 - what the command line imports

    events, _ = run(program)
    assert [event.text.rstrip("\n") for event in events if type(event).__name__ == "Printed"] == [printed]


def test_a_deep_graph_runs_backward_and_is_freed() -> None:
    """H17: the chain of a loop, without recursion anywhere."""
    events, _ = run(
        "x = ones(1, requires_grad=True); y = x\nfor i in range(200000): y = y + 1\ny.backward()\nprint(x.grad)\ndel y"
    )
    assert [event.text for event in events] == ["tensor([1.])\n"]


# The rows that are tested elsewhere: what only a process, a terminal or a file can show.
ELSEWHERE = {
    "H17": "test_hostile.py::test_a_deep_graph_runs_backward_and_is_freed",
    "H20": "test_sources.py::test_source",
    "H27": "test_sources.py::test_source",
    "H28": "test_sources.py::test_source",
    "H29": "lang/test_files.py::test_h29_a_pickle",
    "H30": "lang/test_files.py::test_h30_headers",
    "H31": "lang/test_files.py::test_h31_a_bomb",
    "H32": "lang/test_files.py::test_h32_what_is_no_regular_file",
    "H33": "lang/test_files.py::test_h33_the_old_file_stays_when_writing_fails",
    "H34": "cli/test_repl.py::test_an_unwritable_home_is_said_once",
    "H35": "cli/test_command_line.py::test_the_current_directory_is_not_imported_from",
    "H36": "lang/test_files.py::test_h36_the_flag",
    "H37": "cli/test_streams.py::test_a_reader_that_leaves_is_met_with_silence",
    "H38": "cli/test_streams.py::test_a_full_disk_is_one_message",
    "H39": "cli/test_streams.py::test_closed_streams",
    "H40": "cli/test_streams.py::test_programs_are_utf8_in_every_locale",
    "H41": "cli/test_command_line.py::test_text_from_outside_is_escaped",
    "H42": "cli/test_command_line.py::test_an_endless_line_is_refused",
    "H43": "cli/test_repl_manners.py::test_ctrl_c_inside_a_kernel",
    "H44": "cli/test_repl_commands.py::test_an_interrupted_statement_has_not_happened",
    "H45": "cli/test_repl_manners.py::test_signals_leave_the_terminal_sane",
}


def test_every_row_of_the_catalogue_has_a_test() -> None:
    rows = {name.split()[0] for name, *_ in (*ROWS, *ANSWERS)} | set(ELSEWHERE)
    assert sorted(rows) == [f"H{number:02}" for number in range(1, 52)]


@pytest.mark.parametrize("place", sorted(set(ELSEWHERE.values())))
def test_the_tests_elsewhere_are_there(place: str) -> None:
    path, _, name = place.partition("::")
    assert f"def {name}(" in (Path(__file__).resolve().parent / path).read_text("utf-8")
