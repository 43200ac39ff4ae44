"""The contract of the command line: where text comes from, where results go, what the exit status says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.running import COMMAND, ENVIRONMENT, gradcli

# arguments, standard input, standard output, first line of standard error, exit status
CONTRACT = [
    (["-e", "x = 2", "-e", "x^3"], None, "8\n", "", 0),
    (["-e", "1; 2;"], None, "1\n", "", 0),
    (["--let", "a=2", "-e", "a * 3"], None, "6\n", "", 0),
    (["--wrt", "x=[1., 2.]", "-e", "sum(x^2)"], None, None, "", 0),
    (["--seed", "0", "-e", "rand(1)"], None, "tensor([0.4963])\n", "", 0),
    ([], "x = 2\nfor i in range(2):\n    print(i)\nx\n", "0\n1\n2\n", "", 0),
    (["-"], "3\n", "3\n", "", 0),
    ([], "\ufeff1 + 1\r\n2\r\n", "2\n2\n", "", 0),
    (["-e", "1", "-e", "1 / 0", "-e", "2"], None, "1\n", "error: division by zero", 1),
    (["--keep-going", "-e", "1 / 0\n2"], None, "2\n", "error: division by zero", 1),
    ([], "x @\n", "", "error: invalid syntax", 1),
    (["-e", "nonsense"], None, "", "error: name 'nonsense' is not defined", 1),
    (["-e", "ones(2) + ones(3)"], None, "", None, 1),
    (["--unknown"], None, "", None, 2),
    (["-e", "1", "some.grad"], None, "", None, 2),
    (["--let", "2x=1", "-e", "1"], None, "", None, 2),
    (["missing.grad"], None, "", "error: cannot read missing.grad: No such file or directory", 2),
    (["/"], None, "", "error: cannot read /: it is a directory", 2),
    (["/dev/zero"], None, "", None, 2),
    (["-e", "import sys; print(1); sys.exit(3)", "-e", "2"], None, "1\n", "", 3),
    (["-e", "import sys; sys.exit()", "-e", "2"], None, "", "", 0),
    (["-e", "exit('no \x1b data')", "-e", "2"], None, "", "no \\x1b data", 1),
    ([], "import sys\nprint('a')\nsys.exit(4)\nprint('b')\n", "a\n", "", 4),
    (["-e", "import sys; print('told', file=sys.stderr); sys.stderr.write('x')"], None, "1\n", "told", 0),
    (["--max-steps", "100", "-e", "while True: x = 1"], None, "", "error: too many steps: the limit is 100", 1),
]


@pytest.mark.parametrize(("arguments", "text", "output", "message", "status"), CONTRACT)
def test_contract(arguments: list[str], text: str | None, output: str | None, message: str | None, status: int) -> None:
    run = gradcli(*arguments, text=text)
    assert run.returncode == status, run.stderr
    if output is not None:
        assert run.stdout == output
    if message is not None:
        assert run.stderr.split("\n", 1)[0] == message
    assert "Traceback" not in run.stderr


def test_an_exit_is_an_event_for_programs() -> None:
    run = gradcli("--jsonl", "-e", "import sys; print('a', file=sys.stderr); sys.exit('why')")
    assert run.returncode == 1
    assert [json.loads(line) for line in run.stdout.splitlines()] == [
        {"schema": 1, "kind": "printed", "text": "a\n", "stream": "stderr"},
        {"schema": 1, "kind": "exit", "status": 1, "text": "why"},
    ]


def test_wrt_prints_the_value_and_its_gradients() -> None:
    run = gradcli("--wrt", "x=[1., 2.]", "--wrt", "y=3.", "-e", "sum(x^2) * y")
    assert run.stdout == "tensor(15., grad_fn=<MulBackward0>)\nx.grad = tensor([ 6., 12.])\ny.grad = tensor(5.)\n"


@pytest.mark.parametrize(
    ("suffix", "output"), [("py", "printed\n"), ("grad", "3\nprinted\n4\n"), ("ipynb", "printed\n4\n")]
)
def test_what_a_file_echoes(suffix: str, output: str, tmp_path: Path) -> None:
    text = "1 + 2\nprint('printed')\n2 + 2\n"
    file = tmp_path / f"program.{suffix}"
    if suffix == "ipynb":
        cells = [
            {"cell_type": "markdown", "source": "1 +"},
            {"cell_type": "code", "source": ["%matplotlib inline\n", "1 + 2\n", "print('printed')\n", "2 + 2"]},
        ]
        text = json.dumps({"cells": cells, "nbformat": 4})
    file.write_text(text, "utf-8")
    assert gradcli(str(file)).stdout == output


def test_json_is_one_document_also_of_errors() -> None:
    run = gradcli("--json", "-e", "x = tensor([1., inf, nan]); x", "-e", "backward x")
    document = json.loads(run.stdout)
    assert (document["schema"], document["ok"], run.returncode, run.stderr) == (1, False, 1, "")
    value, error = document["results"]
    assert (value["kind"], value["value"], value["shape"]) == ("value", [1.0, "inf", "nan"], [3])
    assert (error["kind"], error["exception"]) == ("error", "RuntimeError")


def test_jsonl_is_an_object_a_result() -> None:
    lines = gradcli("--jsonl", "-e", "1", "-e", "print(2)").stdout.splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["value", "printed"]


def test_statements_run_as_they_arrive() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in (1, 2):
            process.stdin.write(b"%d + 1\n" % number)
            process.stdin.flush()
            assert process.stdout.readline() == b"%d\n" % (number + 1)
        process.stdin.close()
        assert process.wait(timeout=30) == 0


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["-e", "x = = 1"]])
def test_quick_answers_need_no_numpy(arguments: list[str]) -> None:
    program = (
        "import sys; from gradcli.cli import main\n"
        f"status = main({arguments!r}); sys.exit(99 if 'numpy' in sys.modules else status)"
    )
    run = subprocess.run([sys.executable, "-c", program], env=ENVIRONMENT, capture_output=True, check=False)
    assert run.returncode in (0, 1)


def test_a_closed_pipe_is_quiet() -> None:
    command = f"'{sys.executable}' -m gradcli -e 'for i in range(100000): print(i)' | head -1"
    run = subprocess.run(["sh", "-c", command], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == ("0\n", "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_disk_is_told() -> None:
    with open("/dev/full", "wb") as full:
        run = subprocess.run([*COMMAND, "-e", "1"], stdout=full, stderr=subprocess.PIPE, env=ENVIRONMENT, check=False)
    assert run.returncode == 1
    assert b"No space left on device" in run.stderr
    assert b"Traceback" not in run.stderr


def test_closed_streams() -> None:
    for redirection, message in ((">&-", "standard output is closed"), ("<&-", "standard input is closed")):
        command = f"'{sys.executable}' -m gradcli {redirection}"
        run = subprocess.run(["sh", "-c", command], env=ENVIRONMENT, capture_output=True, text=True, check=False)
        assert run.returncode != 0
        assert run.stderr == f"error: {message}\n"


def test_files_that_are_none(tmp_path: Path) -> None:
    fifo, binary = tmp_path / "fifo.grad", tmp_path / "binary.grad"
    os.mkfifo(fifo)
    binary.write_bytes(b"x = 1\n\xff\n")
    assert "not a regular file" in gradcli(str(fifo)).stderr
    assert "binary.grad:2: not UTF-8: byte 0xff" in gradcli(str(binary)).stderr
    assert "not UTF-8" in gradcli(text=b"\xff\n").stderr


def test_the_current_directory_is_not_imported_from(tmp_path: Path) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit('imported')", "utf-8")
    assert gradcli("-e", "ones(1)", cwd=tmp_path).stdout == "tensor([1.])\n"


def test_messages_name_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "program.grad"
    file.write_text("x = 1\ny = x + missing\n", "utf-8")
    assert f"{file}:2:9" in gradcli(str(file)).stderr


def test_text_from_outside_is_escaped() -> None:
    run = gradcli("-e", "print('\\x1b]0;title\\x07')", "-e", "raise ValueError('\\x1b[31m')")
    assert "\x1b" not in run.stdout + run.stderr


def test_interrupt() -> None:
    process = subprocess.Popen(
        [*COMMAND, "-e", "print('on')", "-e", "while True: x = 1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"on\n"
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.strip() == b"interrupted"


def test_an_endless_line_is_refused() -> None:
    run = gradcli(text="x" * 3_000_000)
    assert run.returncode == 1
    assert "the line is longer than the limit" in run.stderr
