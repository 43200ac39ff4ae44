"""Commands of the prompt: what they do to a session, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gradcli import Session
from gradcli.cli.commands import Context, find, names
from gradcli.cli.commands.examples import EXAMPLES
from gradcli.cli.commands.tutorial import LESSONS
from gradcli.cli.output import Output
from gradcli.cli.settings import TABLE, Settings
from gradcli.engine.entry import entries
from gradcli.engine.modes import state
from gradcli.engine.random import default_generator
from tests.cli.running import gradcli

Ask = Callable[..., str]


@pytest.fixture
def context() -> Iterator[Context]:
    """A prompt without a terminal; settings are afterwards as they were."""
    settings = Settings()
    before = {name: settings.get(name) for name in TABLE}
    place = default_generator.position()
    output = Output("never")
    output.names = True
    yield Context(Session(seed=0), output, settings)
    for name, value in before.items():
        settings.put(name, value)
    default_generator.go_to(place)


@pytest.fixture
def ask(context: Context, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Enters lines one after the other; what the last one showed."""

    def ask(*lines: str) -> str:
        for line in lines:
            capsys.readouterr()
            context.execute(line)
        shown = capsys.readouterr()
        return (shown.out + shown.err).rstrip("\n")

    return ask


# ---------------------------------------------------------------- what is a command


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("undo", "undo"),
        ("  save some file.grad", "save"),
        ("time x @ y", "time"),
        ("mean?", "help"),
        ("torch.nn.functional.relu??", "help"),
        ("quit()", "quit"),
        ("set = 3", ""),
        ("set.x", ""),
        ("time[0]", ""),
        ("copy += 1", ""),
        ("edit, x = 1, 2", ""),
        ("time(3)", ""),
        ("x = undo", ""),
        ("undo\nundo", ""),
        ("x ? y", ""),
    ],
)
def test_which_lines_are_commands(line: str, command: str) -> None:
    found = find(line, Session())
    assert (found[0].name if found else "") == command


def test_a_variable_is_no_command(ask: Ask) -> None:
    assert ask("undo = 5", "undo") == "undo = 5"


def test_what_was_meant(ask: Ask) -> None:
    assert "there is a command `quit`" in ask("quti")
    assert "there is a command" not in ask("quit_ted")


# ---------------------------------------------------------------- help


def test_help_of_a_function_has_all_its_parts(ask: Ask) -> None:
    text = ask("help mean")
    assert "mean(input, dim, keepdim=False, *, dtype=None)" in text
    assert "Mean of all elements" in text
    assert "input: expand_to(g, input_shape) / product(input_shape)" in text
    assert "grad_fn: MeanBackward0" in text
    assert ">>> mean(tensor([1., 2., 6.]))\n    tensor(3.)" in text
    assert ask("mean?") == ask("help torch.mean") == text


def test_help_leaves_the_random_numbers_alone(ask: Ask) -> None:
    assert "tensor(" in ask("manual_seed(3);", "help rand")
    assert ask("rand(1)") == "tensor([0.0043])"


def test_the_index_names_every_command_and_the_functions_every_family(ask: Ask) -> None:
    index, functions = ask("help"), ask("help functions")
    assert all(f"\n    {name}" in index for name in names())
    words = functions.split()
    assert not [entry.name for entry in entries if entry.function and not entry.module and entry.name not in words]


@pytest.mark.parametrize("name", [*names(), "backward", "param", "precision", "functions", "x"])
def test_everything_has_help(ask: Ask, name: str) -> None:
    text = ask("x = ones(2, requires_grad=True)", f"help {name}")
    assert len(text.splitlines()) > 2
    assert "error:" not in text
    assert max(map(len, text.splitlines())) < 100


def test_help_of_a_variable_says_what_its_repr_does_not(ask: Ask) -> None:
    text = ask("x = ones(2, 3, requires_grad=True)", "backward x.sum()", "help x")
    for said in ("[2, 3]", "torch.float32", "requires_grad  True", "bytes          24", "grad "):
        assert said in text
    assert "no help for 'nothing'" in ask("help nothing")


# ---------------------------------------------------------------- undo, reset


@pytest.mark.parametrize(
    ("change", "look", "before"),
    [
        ("x = 2", "x", "x = 1"),
        ("y = 2", "y", "name 'y' is not defined"),
        ("items.append(4)", "items", "items = [1, 2]"),
        ("w.add_(1);", "w", "w = tensor([1., 1.])"),
        ("view[0] = 7", "w", "w = tensor([1., 1.])"),
        ("backward (p * p).sum()", "str(p.grad)", "None"),
        ("backward out", "out.backward(); p.grad", "tensor([2., 2.])"),
        ("torch.set_grad_enabled(False);", "torch.is_grad_enabled()", "True"),
        ("torch.set_default_dtype(torch.float64)", "torch.get_default_dtype()", "torch.float32"),
        ("rand(3);", "rand(1)", "tensor([0.4963])"),
        ("del w", "w", "w = tensor([1., 1.])"),
        ("torch.set_printoptions(precision=2)", "tensor(1.23456)", "tensor(1.2346)"),
        ("reset", "items", "items = [1, 2]"),
        ("for i in range(3): x = x + i", "x", "x = 1"),
    ],
)
def test_undo(ask: Ask, change: str, look: str, before: str) -> None:
    ask("x = 1", "items = [1, 2]", "w = ones(2); view = w[:1]", "p = ones(2, requires_grad=True); out = (p * p).sum()")
    assert ask(change, "undo") == f"undone: {change}"
    assert before in ask(look)


def test_undo_goes_back_over_what_changed_nothing(ask: Ask) -> None:
    assert ask("x = 1", "x", "x + 1", "1 / 0", "help undo", "undo") == "undone: x = 1"
    assert "nothing has changed" in ask("undo")


def test_undo_takes_an_entry_out_of_the_program(ask: Ask, context: Context) -> None:
    ask("x = 1", "y = 2", "undo")
    assert context.log.program().splitlines()[1:] == ["x = 1"]


def test_reset_begins_anew(ask: Ask, context: Context) -> None:
    first = ask("rand(1)")
    ask("x = 1", "torch.set_grad_enabled(False);", "reset")
    assert ask("vars") == ""
    assert state.grad
    assert ask("rand(1)") == first
    assert context.log.program().splitlines()[1:] == ["manual_seed(0);", "vars", "rand(1)"]


# ---------------------------------------------------------------- save, load


def test_a_saved_session_is_a_program(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "s.grad"
    ask("x = rand(2)", "x * 2", "y = _ + 1", "oops", "z = missing(", "x = 1; 1 / 0; y = 0", "vars")
    assert ask(f"save {file}") == f"saved: {file}"
    assert file.read_text("utf-8").splitlines()[1:] == [
        "manual_seed(0);",
        "x = rand(2)",
        "_ = x * 2",
        "y = _ + 1",
        "x = 1",
        "vars",
    ]
    text = ask("y")
    run = gradcli(str(file), "-i", text="y\n")
    assert run.returncode == 0
    assert ask("reset", f"load {file}", "y") == text
    assert ask("undo").startswith("undone: load /")


def test_what_ran_before_the_prompt_is_saved_too(tmp_path: Path) -> None:
    (tmp_path / "first.grad").write_text("x = rand(1)\n1 / 0\n", "utf-8")
    run = gradcli("-i", "first.grad", "--seed", "7", text="x\nsave s.grad\n", cwd=tmp_path)
    again = gradcli("s.grad", cwd=tmp_path)
    assert "tensor(" in again.stdout
    assert again.stdout.strip() in run.stdout


def test_save_writes_over_nothing_but_sessions(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "precious.txt"
    file.write_text("precious", "utf-8")
    assert "is no saved session" in ask("x = 1", f"save {file}")
    assert file.read_text("utf-8") == "precious"
    assert "where to?" in ask("save")
    assert ask(f"save {tmp_path}/none/s").endswith(f"save: {tmp_path}/none/s: No such file or directory")
    assert list(tmp_path.iterdir()) == [file]


def test_load_stops_at_an_error_and_shows_where(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "p.grad").write_text("a = 1\nb = ones(2) + ones(3)\nc = 3\n", "utf-8")
    text = ask(f"load {tmp_path}/p.grad")
    assert f"{tmp_path}/p.grad:2:5" in text
    assert ask("a") == "a = 1"
    assert "not defined" in ask("c")
    assert "No such file" in ask("load nothing.grad")


# ---------------------------------------------------------------- time, set, copy, edit, quit


def test_time_leaves_no_trace(ask: Ask, context: Context) -> None:
    ask("x = 0; w = ones(2)")
    assert " a loop (best of 5, " in ask("time w.add_(1)")
    assert ask("w") == "w = tensor([1., 1.])"
    assert "division by zero" in ask("time 1 / 0")
    assert "time" not in context.log.program()


def test_set(ask: Ask, context: Context) -> None:
    assert ask("set precision 6", "tensor(3.14159265)") == "tensor(3.141593)"
    assert "edgeitems" in ask("set")
    assert "precision  6" in ask("set precision")
    assert "expected emacs or vi, not 'vim'" in ask("set keys vim")
    assert "did you mean `keys`?" in ask("set kyes vi")
    assert ask("set echo expressions", "x = 1") == ""
    assert ask("set echo = none", "x") == ""
    ask("set keys vi")
    assert context.settings.keys == "vi"


def test_copy_wants_a_value_and_a_terminal(ask: Ask) -> None:
    assert "nothing has been shown yet" in ask("copy")
    assert "there is no terminal" in ask("copy 1 + 1")


def test_edit_hands_out_an_entry(ask: Ask, context: Context) -> None:
    handed: list[str] = []
    context.edit = lambda text: handed.append(text)  # type: ignore[func-returns-value]
    ask("def f(v):\n    return v", "a = 1", "b = a", "edit", "edit f", "edit a", "edit new")
    assert handed == ["b = a", "def f(v):\n    return v", "a = 1", ""]
    assert "no entry binds nothing" in ask("edit nothing")
    context.edit = lambda text: text + "0"
    assert ask("edit a") == "a = 10"


@pytest.mark.parametrize("line", ["quit", "exit", "quit()"])
def test_quit(ask: Ask, context: Context, line: str) -> None:
    ask(line)
    assert context.stop


# ---------------------------------------------------------------- examples, tutorial


@pytest.mark.parametrize("number", range(1, len(EXAMPLES) + 1))
def test_examples_run(ask: Ask, number: int) -> None:
    text = ask(f"examples {number}")
    teaches_an_error = "What is written in place" in text
    assert ("error:" in text) == teaches_an_error
    assert "In [" not in text
    assert text.count(">>> ") >= 3


def test_the_tutorial_knows_what_is_right(ask: Ask, context: Context) -> None:
    assert "Lesson 1 of 5" in ask("tutorial")
    for number, lesson in enumerate(LESSONS, 1):
        assert context.tutorial is not None
        assert context.tutorial.number == number
        assert "Right!" not in ask("1 + 1")
        assert "Right!" not in ask("x = zeros(2)")
        assert ask("tutorial hint").split() == lesson.hint.split()
        *_, last = lesson.solution.split("\n")
        assert "Right!" in ask(*lesson.solution.split("\n")[:-1], last)
    assert context.tutorial is None
    assert "none is under way" in ask("tutorial hint")


def test_the_tutorial_refuses_wrong_answers(ask: Ask, context: Context) -> None:
    ask("tutorial", "w = tensor(2., requires_grad=True)")
    assert "Right!" not in ask("backward w ** 2")
    assert "Right!" not in ask("w.grad = None;", "w = tensor(3., requires_grad=True)")
    assert context.tutorial is not None
    ask("tutorial stop")
    assert context.tutorial is None
    assert "expected 1 to 5" in ask("tutorial 9")
