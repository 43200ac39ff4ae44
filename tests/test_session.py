"""The session: what is shown, what a failure leaves behind, where it points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcli.engine.errors import warn
from gradcli.engine.modes import state
from gradcli.engine.tensor import Tensor
from gradcli.lang.errors.diagnostics import Diagnostic
from gradcli.session import Event, Failed, Gradients, Helped, Printed, Session, Shown, Variables, Warned


class Run:
    """A session that keeps its events."""

    def __init__(self, **limits: Any) -> None:
        self.session = Session(**limits)
        self.events: list[Event] = []

    def __call__(self, text: str, **options: Any) -> list[Event]:
        self.events = []
        self.session.run(text, self.events.append, **options)
        return self.events

    def shown(self, text: str, **options: Any) -> list[tuple[str | None, Any]]:
        return [(event.name, event.value) for event in self(text, **options) if isinstance(event, Shown)]

    def failure(self, text: str, **options: Any) -> Diagnostic:
        (failed,) = (event for event in self(text, **options) if isinstance(event, Failed))
        return failed.diagnostic


@pytest.fixture
def run() -> Run:
    return Run()


def places(text: str, diagnostic: Diagnostic) -> list[tuple[str, str]]:
    """The labels, as the pieces of text that they mark."""
    return [(text[label.span[0] : label.span[1]], label.text) for label in diagnostic.labels]


# -- echo --------------------------------------------------------------------------------------------------------------


def test_expressions_are_shown(run: Run) -> None:
    assert run.shown("x = 3\nx\nx + 1\nNone\nprint(5)\nx;") == [("x", 3), (None, 4)]


def test_expressions_in_blocks_are_shown_as_python_does(run: Run) -> None:
    assert run.shown("for i in range(2):\n    i * 10\ndef f():\n    7\nf()") == [(None, 0), (None, 10)]


def test_assignments_are_shown(run: Run) -> None:
    assert run.shown("a, (b, c) = 1, (2, 3)\nd = e = 4\nd += 1\nq = 1;", echo="all") == [
        ("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 4), ("d", 5),
    ]  # fmt: skip


def test_the_last_expression_of_a_cell_is_shown(run: Run) -> None:
    assert run.shown("x = 3\nx\nx + 1", echo="last") == [(None, 4)]
    assert run.shown("x\ny = x", echo="last") == []
    assert run.shown("x\nx;", echo="last") == []
    assert run.shown("for i in range(2):\n    i", echo="last") == []


def test_nothing_is_shown_in_a_script(run: Run) -> None:
    assert run.shown("x = 3\nx", echo="none") == []


def test_unknown_echo(run: Run) -> None:
    with pytest.raises(ValueError, match="echo is one of"):
        run("1", echo="some")


def test_printed(run: Run) -> None:
    (event,) = run("print(1, 'a', sep='-', end='')")
    assert isinstance(event, Printed)
    assert event.text == "1-a"


# -- failures ----------------------------------------------------------------------------------------------------------


def test_statements_before_a_failure_took_effect(run: Run) -> None:
    run("x = 1; y = 2; y = 1 / 0; z = 3")
    assert run.session.variables == {"x": 1, "y": 2}


def test_a_failed_statement_leaves_variables_as_they_were(run: Run) -> None:
    run("x = 1\nfor i in range(5):\n    x = x + 1\n    y = x\n    if i == 3:\n        1 / 0")
    assert run.session.variables == {"x": 1}


def test_interruption_leaves_variables_as_they_were(run: Run) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    run.session["stop"] = interrupt
    with pytest.raises(KeyboardInterrupt):
        run("x = 1\nwhile True:\n    x = 2\n    try:\n        stop()\n    except Exception:\n        pass")
    assert run.session["x"] == 1
    assert run.shown("x") == [("x", 1)]


def test_keep_going(run: Run) -> None:
    assert run.shown("1\n1 / 0\n2", keep_going=True) == [(None, 1), (None, 2)]
    assert not run.session.run("1 / 0\n2", keep_going=True)
    assert run.shown("1\n1 / 0\n2") == [(None, 1)]


def test_nothing_runs_of_a_text_with_a_syntax_error(run: Run) -> None:
    diagnostic = run.failure("x = 1\ny = = 2")
    assert diagnostic.kind == "syntax"
    assert "x" not in run.session


def test_modes_are_restored_after_a_failure(run: Run) -> None:
    run("with no_grad():\n    1 / 0")
    assert state.grad


def test_what_the_front_end_raises_is_not_the_program_s(run: Run) -> None:
    def emit(event: Event) -> None:
        raise BrokenPipeError("gone")

    with pytest.raises(BrokenPipeError):
        run.session.run("try:\n    print(1)\nexcept Exception:\n    pass", emit)
    assert run.shown("1") == [(None, 1)]


def test_runs_inside_runs(run: Run) -> None:
    inner = Session(max_steps=5)
    run.session["again"] = lambda: inner.run("for i in range(9): pass")
    assert run.shown("again()\nfor i in range(100): pass\n1") == [(None, False), (None, 1)]


# -- places ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("y = 1 + 2 * (3 / 0)", "3 / 0"),
        ("a = 1\nb = a + missing", "missing"),
        ("a = [1]\na[0] + a[7]", "a[7]"),
        ("x = 1\nx + 1 + 'a' + 2", "x + 1 + 'a'"),
        ("x = 1\n1 + 2 + 3 + 4 + 5 + 6 + x + 'a' + 2", "1 + 2 + 3 + 4 + 5 + 6 + x + 'a'"),
        ("len(5)", "len(5)"),
        ("x = 1\nx.foo.bar", "foo"),
        ("x = 1\nx.foo()", "foo"),
        ("1 < 2 < 'a' < 3", "2 < 'a'"),
        ("for i in 5: pass", "5"),
        ("[i for i in 5]", "5"),
        ("[1 / i for i in [1, 0]]", "1 / i"),
        ("a, b = 1, 2, 3", "a, b"),
        ("x = 1\nx += 'a'", "x += 'a'"),
        ("del y", "y"),
        ("raise ValueError('x')", "raise ValueError('x')"),
        ("assert 1 > 2, 'no'", "1 > 2"),
        ("import os", "import os"),
        ("f'{1 / 0:.2f}'", "1 / 0"),
        ("f'{1:q}'", "1"),
        ("x = -'a'", "-'a'"),
        ("with 5: pass", "5"),
        ("try:\n    1 / 0\nexcept 5: pass", "5"),
        ("print(*[1], **5)", "print(*[1], **5)"),
    ],
)
def test_place(run: Run, text: str, place: str) -> None:
    assert places(text, run.failure(text))[0][0] == place


def test_trail_through_functions(run: Run) -> None:
    text = "def f(v):\n    return v + 'a'\ndef g(v):\n    return f(v)\ng(3)"
    diagnostic = run.failure(text)
    assert places(text, diagnostic) == [("v + 'a'", ""), ("f(v)", "in f, called here"), ("g(3)", "in g, called here")]


def test_trail_into_an_earlier_text(run: Run) -> None:
    run("def f(v):\n    return v + 'a'", name="cell 1")
    text = "f(3)"
    diagnostic = run.failure(text, name="cell 2")
    assert places(text, diagnostic) == [("f(3)", "in f, called here")]
    assert diagnostic.notes == ["in f, cell 1, line 2: v + 'a'"]


def test_a_long_recursion_is_folded(run: Run) -> None:
    text = "def f(n):\n    return f(n - 1) if n else 1 / 0\nf(50)"
    assert places(text, run.failure(text)) == [
        ("1 / 0", ""),
        ("f(n - 1)", "in f, called here (50 times)"),
        ("f(50)", "in f, called here"),
    ]


def test_of_a_long_trail_the_ends_are_told(run: Run) -> None:
    text = "def f0(): return 1 / 0\n" + "".join(f"def f{k}(): return f{k - 1}()\n" for k in range(1, 21)) + "f20()"
    diagnostic = run.failure(text)
    assert [place for place, _ in places(text, diagnostic)] == [
        *("1 / 0", "f0()", "f1()", "f2()", "f3()"),
        *("f17()", "f18()", "f19()", "f20()"),
    ]
    assert diagnostic.notes == ["13 more calls lie between"]


def test_an_exception_raised_again_points_to_the_new_place(run: Run) -> None:
    text = "try:\n    1 / 0\nexcept ZeroDivisionError as err:\n    kept = err\nraise kept"
    assert places(text, run.failure(text)) == [("raise kept", "")]


def test_cause(run: Run) -> None:
    diagnostic = run.failure("try:\n    1 / 0\nexcept ZeroDivisionError as err:\n    raise ValueError('v') from err")
    assert diagnostic.notes == ["caused by ZeroDivisionError: division by zero"]


# -- warnings ----------------------------------------------------------------------------------------------------------


def test_warnings_are_events(run: Run) -> None:
    run.session["careless"] = lambda: warn("mind the gap")
    text = "x = 1\ncareless()"
    (event,) = run(text)
    assert isinstance(event, Warned)
    assert (event.diagnostic.message, event.diagnostic.exception) == ("mind the gap", "UserWarning")
    assert places(text, event.diagnostic) == [("careless()", "")]


# -- variables from outside --------------------------------------------------------------------------------------------


def test_arrays_become_tensors_of_their_own(run: Run) -> None:
    array = np.ones((2, 2), np.float32)
    run.session["x"] = array
    array[0, 0] = 5
    assert isinstance(run.session["x"], Tensor)
    assert run.session["x"].array.tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize("value", [1, 2.5, True, None, "a", [1, (2, "b")], {"k": [1]}])
def test_plain_values(run: Run, value: Any) -> None:
    run.session["v"] = value
    assert run.shown("v") == ([("v", value)] if value is not None else [])


def test_numpy_scalars_become_numbers(run: Run) -> None:
    run.session["v"] = np.float32(0.5)
    assert type(run.session["v"]) is float


@pytest.mark.parametrize("value", [object(), b"bytes", np.array(["a"]), np.array([object()]), int, [object()]])
def test_refused_values(run: Run, value: Any) -> None:
    with pytest.raises(TypeError):
        run.session["v"] = value


@pytest.mark.parametrize("name", ["", "a b", "1a", "x.y", "é"])
def test_refused_names(run: Run, name: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        run.session[name] = 1


def test_param_from_python(run: Run) -> None:
    leaf = run.session.param("w", np.array([1, 2]))
    assert leaf.requires_grad
    assert leaf.dtype.name == "float32"
    assert run.session["w"] is leaf
    assert list(run.session) == ["w"]
    del run.session["w"]
    assert "w" not in run.session


# -- commands ----------------------------------------------------------------------------------------------------------


def test_vars(run: Run) -> None:
    (event,) = run("import torch\nx = 1\ny = 'a'\nvars")
    assert isinstance(event, Variables)
    assert event.items == [("x", 1), ("y", "a")]


def test_help(run: Run) -> None:
    (event,) = run("help mul")
    assert isinstance(event, Helped)
    assert "MulBackward0" in event.text
    assert "other" in event.text
    (event,) = run("help")
    assert isinstance(event, Helped)
    assert "backward" in event.text
    assert "`mul`" in run.failure("help mull").help


def test_commands_that_are_not_here_yet(run: Run) -> None:
    diagnostic = run.failure("x = 1\nexplain x")
    assert diagnostic.message == "explain: not available yet"
    assert diagnostic.exception == "NotImplementedError"


def test_backward_command(run: Run) -> None:
    run.session.param("x", np.array([1.0, 2.0]))
    run("y = (x * x).sum()")
    (event,) = run("backward y")
    assert isinstance(event, Gradients)
    ((name, gradient, before),) = event.items
    assert (name, gradient.array.tolist(), before) == ("x", [2, 4], None)
    (event,) = run("z = (x * 3).sum()\nbackward z")
    assert isinstance(event, Gradients)
    ((_, gradient, before),) = event.items
    assert (gradient.array.tolist(), before.array.tolist()) == ([5, 7], [2, 4])


def test_backward_with(run: Run) -> None:
    run.session.param("x", np.array([1.0, 2.0]))
    run.session["v"] = np.array([10.0, 1.0])
    (event,) = run("y = x * x\nbackward y with v")
    assert isinstance(event, Gradients)
    assert event.items[0][1].array.tolist() == [20, 4]


def test_grad_command(run: Run) -> None:
    run.session.param("x", np.array([1.0, 2.0]))
    (first, second) = run("y = (x * x).sum()\ngrad y wrt x\ngrad y wrt x")
    assert isinstance(first, Gradients)
    assert isinstance(second, Gradients)
    assert first.items[0][1].array.tolist() == second.items[0][1].array.tolist() == [2, 4]
    assert run.session["x"].grad is None


def test_hints(run: Run) -> None:
    run.session.param("x", np.array([1.0, 2.0]))
    run("y = x * x")
    assert run.failure("backward y").help == "y has shape [2]: try `backward sum(y)` or `backward y with ones(2)`"
    assert run.failure("y.backward()").help == "y has shape [2]: try `y.sum().backward()` or `y.backward(ones(2))`"
    run("s = y.sum()\ns.backward()")
    assert "retain_graph=True" in run.failure("s.backward()").help
    assert "no_grad" in run.failure("x += 1").help
    run.session["w"] = np.array([1.0])
    assert "w.requires_grad_()" in run.failure("(w * w).sum().backward()").help


def test_shapes_in_labels(run: Run) -> None:
    run.session["x"] = np.ones((2, 3))
    run.session["w"] = np.ones(4)
    text = "y = x * 2 + w"
    diagnostic = run.failure(text)
    assert diagnostic.kind == "shape"
    assert diagnostic.message == (
        "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1"
    )
    assert diagnostic.help == "the last axis must match or be 1: 3 against 4"
    assert places(text, diagnostic) == [("x * 2 + w", ""), ("x * 2", "shape [2, 3]"), ("w", "shape [4]")]


@pytest.mark.parametrize("terms", [5, 50])
def test_places_in_sums(run: Run, terms: int) -> None:
    run("x = 1")
    text = " + ".join(["x"] * terms) + " + missing + 2"
    diagnostic = run.failure(text)
    assert diagnostic.message == "name 'missing' is not defined"
    assert places(text, diagnostic)[0] == ("missing", "")
    text = " + ".join(["x"] * terms) + " + 'a' + 2"
    assert places(text, run.failure(text))[0][0] == text.removesuffix(" + 2")


def test_a_long_sum(run: Run) -> None:
    run("x = 1")
    assert run.shown(" + ".join(["x"] * 20000)) == [(None, 20000)]


def test_the_switches_of_cudnn_change_nothing() -> None:
    session = Session()
    assert session.run("import torch\ncudnn = torch.backends.cudnn\ncudnn.benchmark = True\ncudnn.deterministic = 1")
    assert session.run("seen = (cudnn.benchmark, cudnn.deterministic, cudnn.enabled)")
    assert session["seen"] == (True, True, True)
    assert not session.run("cudnn.is_available = True", lambda event: None)
