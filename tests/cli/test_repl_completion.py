"""Completion in a terminal, and the line at the bottom."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.terminal import ENTER, TAB, Screen


@pytest.fixture
def ready(screen: Screen) -> Screen:
    """A prompt whose session is there, with some variables."""
    screen.enter("weights = ones(2, 3, requires_grad=True)")
    screen.enter("text = 'a'")
    return screen


def menu(screen: Screen) -> list[str]:
    """The words in the menu below the cursor."""
    below = screen.lines[screen.screen.cursor.y + 1 : screen.screen.lines - 1]
    return [line.split()[0] for line in below if line.startswith(" ")]


def offered(screen: Screen, typed: str) -> list[str]:
    """Type, ask for completions, and wait for a menu: the words in it."""
    screen.send(typed)
    screen.see(typed.rstrip())
    screen.send(TAB)
    screen.wait(lambda: menu(screen), "a menu")
    screen.settle()
    return menu(screen)


def nothing_offered(screen: Screen, typed: str) -> bool:
    """Type, ask for completions, and see none. (What could have come is seen to come in other tests.)"""
    screen.send(typed)
    screen.see(typed.rstrip())
    screen.send(TAB)
    screen.settle()
    return not menu(screen)


def test_names_with_signature_and_a_line_of_help(ready: Screen) -> None:
    ready.send("x = soft")
    ready.see("softmax", "softplus", "softshrink")
    line = next(line for line in ready.lines if line.split()[:1] == ["softmax"])
    assert "(input, dim" in line


def test_variables_come_with_their_shapes(ready: Screen) -> None:
    ready.send("wei")
    ready.see("weights  [2, 3] float32 requires grad")


def test_members_are_those_of_the_value(ready: Screen) -> None:
    words = offered(ready, "weights.T.req")
    assert words == ["requires_grad", "requires_grad_"]
    ready.send("\x03")
    ready.ready()
    ready.send("text.up")
    ready.see("upper  method")
    ready.send(TAB)
    ready.wait(lambda: ready.current == ">>> text.upper", "the only word that there is")


def test_calls_with_side_effects_are_not_evaluated(ready: Screen) -> None:
    assert nothing_offered(ready, "weights.requires_grad_(False).sh")
    ready.send("\x03")
    ready.ready()
    ready.enter("weights.requires_grad")
    ready.see("\nTrue")


def test_keyword_arguments_inside_a_call(ready: Screen) -> None:
    words = offered(ready, "sum(weights, ")
    assert words[:3] == ["dtype=", "dim=", "keepdim="]
    ready.send("\x03")
    ready.ready()
    words = offered(ready, "sum(weights, dim=0, ")
    assert "keepdim=" in words
    assert "dim=" not in words


def test_only_what_can_stand_here(ready: Screen) -> None:
    for typed in ("def wei", "'wei", "x = backw"):  # a command begins a statement
        assert nothing_offered(ready, typed)
        ready.send("\x03")
        ready.ready()
    ready.send("back")
    ready.see("backward OUT [with V]")


def test_modules_after_import(ready: Screen) -> None:
    ready.send("import to")
    ready.see("module torch")
    ready.send("\x03")
    ready.ready()
    ready.send("from torch import matm")
    ready.see("(input, other)")


def test_files_in_load(ready: Screen, tmp_path: Path) -> None:
    (tmp_path / "numbers.txt").write_text("", "utf-8")
    (tmp_path / "numbers.d").mkdir()
    ready.send('load("num')
    ready.see("numbers.d/", "numbers.txt")


def test_enter_takes_the_chosen_completion_and_no_more(ready: Screen) -> None:
    ready.send("wei")
    ready.see("weights  [2, 3]")
    ready.send(TAB)
    ready.wait(lambda: ready.current == ">>> weights")
    ready.send(ENTER)
    ready.settle()
    assert ready.current == ">>> weights"


# ---------------------------------------------------------------- toolbar


def toolbar(screen: Screen) -> str:
    return screen.lines[-1]


def test_the_toolbar_says_what_is_typed(ready: Screen) -> None:
    for typed, said in (
        ("y = weights @ weights.T", "[2, 2] float32"),
        ("weights @ weights", "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)"),
        ("sum(weights) / 4", "[] float32 = 1.5"),
        ("backward weights.sum()", "[] float32 = 6"),
        ("3 ** 4", "int 81"),
    ):
        ready.send(typed)
        ready.wait(lambda said=said: said in toolbar(ready), said)  # type: ignore[misc]
        ready.send("\x03")
        ready.ready()


def test_what_is_typed_has_no_effect(ready: Screen) -> None:
    ready.send("weights.detach().zero_()")
    ready.settle()
    ready.send("\x03")
    ready.ready()
    ready.enter("weights.sum().item()")
    ready.see("\n6.0")
    ready.enter("manual_seed(3);")
    ready.send("rand(1)")
    ready.wait(lambda: "float32 = 0.00426352" in toolbar(ready), "the number that will come")
    ready.send(ENTER)
    ready.see("tensor([0.0043])")


def test_large_tensors_are_looked_at_by_shape(ready: Screen) -> None:
    ready.enter("big = zeros(3000, 2000);")
    ready.send("big @ big.T")
    ready.wait(lambda: "[3000, 3000] float32" in toolbar(ready), "a shape")


def test_the_toolbar_knows_mode_graph_and_time(ready: Screen) -> None:
    ready.enter("out = (weights * 2).sum()")
    ready.wait(lambda: "grad on │ graph 3 │" in toolbar(ready), "the graph")
    assert " ms" in toolbar(ready)
    ready.enter("torch.set_grad_enabled(False);")
    ready.wait(lambda: "grad off" in toolbar(ready), "grad mode")


def test_the_toolbar_can_be_hidden(open_screen: Callable[..., Screen], tmp_path: Path) -> None:
    screen = open_screen()
    screen.see("F2 hide")
    screen.send("\x1bOQ")
    screen.gone("F2 hide")
    (tmp_path / "config" / "gradcli").mkdir(parents=True)
    (tmp_path / "config" / "gradcli" / "config.toml").write_text("toolbar = false\n", "utf-8")
    hidden = open_screen()
    hidden.enter("1 + 1")
    assert "F2" not in hidden.text


def test_a_program_s_own_functions_and_classes(ready: Screen) -> None:
    ready.line("def scaled(x, factor=2): return x * factor")
    ready.enter("")
    for line in ("class Layer:", "def __init__(self, size, bias=True):", "self.weight = ones(size)"):
        ready.line(line)
    ready.enter("")
    ready.enter("layer = Layer(3)")
    assert offered(ready, "scaled(weights, f")[:1] == ["factor="]
    ready.send("\x03")
    assert offered(ready, "Layer(2, b")[:1] == ["bias="]
    ready.send("\x03")
    ready.send("layer.w")
    ready.see("weight  [3] float32")
