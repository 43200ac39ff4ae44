"""The full prompt in a real terminal: values, gradients, editing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.cli.terminal import BACKSPACE, DOWN, ENTER, ESCAPE, UP, Screen

Open = Callable[..., Screen]


def paste(screen: Screen, text: str) -> None:
    """What a terminal with bracketed paste sends."""
    screen.send("\x1b[200~" + text.replace("\n", "\r\n") + "\x1b[201~")


# ---------------------------------------------------------------- seeing values


def test_values_come_with_what_their_repr_leaves_out(screen: Screen) -> None:
    screen.enter("x = tensor([1., 2.], requires_grad=True)")
    screen.see("x = tensor([1., 2.], requires_grad=True)  [2] float32 leaf")
    screen.enter("x * 2")
    screen.see("tensor([2., 4.], grad_fn=<MulBackward0>)  [2] float32 MulBackward0")
    screen.enter("rand(2000).shape")
    screen.see("torch.Size([2000])")


def test_the_last_value_is_underscore(screen: Screen) -> None:
    screen.enter("20 + 1")
    screen.enter("_ * 2")
    assert "42" in screen.lines
    screen.enter("None")
    screen.enter("_ + 1")
    assert "43" in screen.lines


def test_large_tensors_are_summarised(screen: Screen) -> None:
    screen.enter("zeros(2000)")
    screen.see("tensor([0., 0., 0.,  ..., 0., 0., 0.])  [2000] float32")


def test_gradients_of_either_form_and_what_they_were_added_to(screen: Screen) -> None:
    screen.enter("x = tensor([1., 2.], requires_grad=True)")
    screen.enter("backward (x * x).sum()")
    screen.see("─ gradients ─", "x.grad = tensor([2., 4.])  [2] float32")
    assert "added to" not in screen.text
    screen.enter("(x * x).sum().backward()")
    screen.see("x.grad = tensor([4., 8.])", "before = tensor([2., 4.])", "added to the gradient that was there")


def test_gradients_in_a_loop_are_shown_once(screen: Screen) -> None:
    screen.enter("w = tensor(1., requires_grad=True)")
    paste(screen, "for i in range(3):\n    (w * w).backward()\n")
    screen.send(ENTER, ENTER)
    screen.see("w.grad = tensor(6.)", "before = tensor(4.)")
    assert screen.text.count("gradients") == 1


def test_variables_are_a_table(screen: Screen) -> None:
    screen.enter("y = ones(2, 3, requires_grad=True) * 2")
    screen.enter("vars")
    screen.see("requires_grad", "MulBackward0", "bytes")
    assert ["y", "[2,", "3]", "float32", "yes", "MulBackward0", "24"] in [line.split() for line in screen.lines]


def test_errors_are_diagnostics_and_the_session_goes_on(screen: Screen) -> None:
    screen.enter("x = ones(2) + ones(3)")
    screen.see("error: The size of tensor a (2) must match the size of tensor b (3)")
    screen.enter("1 + 1")
    assert "2" in screen.lines


# ---------------------------------------------------------------- editing


def test_enter_continues_what_is_not_whole(screen: Screen) -> None:
    for line in ("def f(v):", "w = v * v", "return w.sum()"):
        screen.line(line)
    screen.send(ENTER)
    screen.ready()
    assert screen.lines[:3] == [">>> def f(v):", "...     w = v * v", "...     return w.sum()"]
    screen.enter("f(ones(3))")
    screen.see("tensor(3.)")


def test_an_open_bracket_continues_and_indents(screen: Screen) -> None:
    screen.line("x = (")
    screen.send("1 + 2)", ENTER)
    screen.see("...     1 + 2)\nx = 3")


def test_alt_enter_forces_a_line(screen: Screen) -> None:
    screen.send("a = 1", ESCAPE + ENTER)
    screen.see("\n...")
    screen.settle()
    screen.send("b = 2", ENTER)
    screen.see("a = 1\nb = 2")


def test_backspace_takes_a_stop_of_indentation(screen: Screen) -> None:
    screen.line("if True:")
    screen.line("x = 1")
    screen.send(BACKSPACE, "else:")
    screen.see("\n... else:")


def test_the_matching_bracket_is_marked(screen: Screen) -> None:
    screen.send("f((1))")
    screen.settle()
    row = screen.screen.buffer[screen.screen.cursor.y]
    assert [column for column in range(4, 10) if row[column].underscore] == [5, 9]


def test_text_is_coloured_by_the_grammar(screen: Screen) -> None:
    screen.send("backward = 'a' # backward x")
    row = screen.screen.buffer[0]
    screen.wait(lambda: row[15].fg == "green", "a coloured string")
    assert row[4].fg == "default"  # a name here
    assert row[19].italics
    screen.send("\x03")
    screen.ready()
    screen.send("backward x")
    row = screen.screen.buffer[screen.screen.cursor.y]
    screen.wait(lambda: row[4].fg == "magenta", "a coloured verb")


def test_a_paste_runs_whole_and_without_prompts(screen: Screen) -> None:
    paste(screen, ">>> a = 1\n>>> for i in range(2):\n...     print('i =', i)\n...\ni = 0\ni = 1\n>>> a + 40\n41\n")
    screen.see("... a + 40")
    screen.send(ENTER)
    screen.see("\na = 1\ni = 0\ni = 1\n41")
    paste(screen, "In [1]: b = 2\n\nIn [2]: b * 50\nOut[2]: 100\n")
    screen.send(ENTER)
    screen.see("\nb = 2\n100")


def test_two_hundred_lines_run_in_order_once(screen: Screen) -> None:
    program = (
        "seen = []\n"
        + "".join(f"seen.append({number});\n" for number in range(198))
        + "print(seen == list(range(198)))"
    )
    paste(screen, program)
    screen.settle()
    screen.send(ENTER)
    screen.see("\nTrue")
    screen.enter("len(seen)")
    assert "198" in screen.lines


def test_lines_pasted_as_keys_run_in_order_once(screen: Screen) -> None:
    """A terminal without bracketed paste: the lines bring their own indentation."""
    lines = [
        "seen = []",
        "for i in range(2):",
        "    for j in range(2):",
        "        seen.append((i, j))",
        "",
        "len(seen)",
    ]
    screen.send("\r".join(lines) + "\r")
    screen.see("\n4\n")
    screen.ready()
    assert "error" not in screen.text


# ---------------------------------------------------------------- history


def test_history_by_prefix_and_search(screen: Screen) -> None:
    for line in ("alpha = 1", "beta = 2", "alpha + beta"):
        screen.enter(line)
    screen.send("al", UP, UP)
    screen.wait(lambda: screen.current == ">>> alpha = 1")
    screen.send(DOWN)
    screen.wait(lambda: screen.current == ">>> alpha + beta")
    screen.send("\x03")
    screen.ready()
    screen.send("\x12", "beta =")
    screen.settle()
    screen.send(ENTER)
    screen.wait(lambda: screen.current == ">>> beta = 2")


def test_history_is_kept_whole_once_and_private(open_screen: Open, tmp_path: Path) -> None:
    first = open_screen()
    first.enter("one = 1")
    first.line("def f(x):")
    first.line("return x")
    first.send(ENTER)
    first.ready()
    first.enter("one = 1")
    first.send("\x04")
    assert first.end() == 0
    file = tmp_path / "state" / "gradcli" / "history"
    assert file.stat().st_mode & 0o777 == 0o600
    second = open_screen()
    second.send(UP)
    second.wait(lambda: second.current == ">>> one = 1")
    second.send(UP)
    second.see(">>> def f(x):\n...     return x")
    second.send(UP, UP, UP)
    second.settle()
    assert ">>> def f(x):" in second.text  # `one = 1` came once


def test_ghost_text_is_taken_with_the_right_arrow(screen: Screen) -> None:
    screen.enter("gamma = 12345")
    screen.send("ga")
    screen.wait(lambda: screen.current == ">>> gamma = 12345")
    screen.send("\x1b[C", ENTER)
    screen.wait(lambda: screen.lines.count("gamma = 12345") == 2)


def test_two_prompts_share_a_history(open_screen: Open, tmp_path: Path) -> None:
    first, second = open_screen(), open_screen()
    for number in range(5):
        first.enter(f"first = {number}")
        second.enter(f"second = {number}")
    lines = (tmp_path / "state" / "gradcli" / "history").read_text("utf-8").splitlines()
    assert sorted(lines) == sorted(f'"{which} = {number}"' for which in ("first", "second") for number in range(5))


def test_an_unwritable_home_is_said_once(open_screen: Open, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    screen = open_screen(environ={"XDG_STATE_HOME": str(tmp_path / "file")})
    screen.enter("1 + 1")
    screen.see("history is not kept")
    screen.enter("2 + 2")
    assert "4" in screen.lines
    assert screen.text.count("history is not kept") == 1
    screen.send(UP, UP)
    screen.see(">>> 1 + 1")
