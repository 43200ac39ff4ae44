"""Whole messages, character for character."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcli.lang.errors.diagnostics import Diagnostic, Label, LineMap
from gradcli.show.plain import diagnostic_text, gradient_text, named_text, printed_text, value_text


def label(source: str, part: str, text: str = "", nth: int = 1) -> Label:
    """The label of the nth occurrence of `part`."""
    start = -1
    for _ in range(nth):
        start = source.index(part, start + 1)
    return Label((start, start + len(part)), text)


def check(expected: str, source: str, diagnostic: Diagnostic, **place: Any) -> None:
    drawn = diagnostic_text(diagnostic, LineMap(source), **place)
    assert drawn == dedent(expected).strip("\n"), "\n" + drawn


def test_two_labels_with_help() -> None:
    source = "x = ones(2, 3)\ny = x @ w + b\n"
    check(
        """
        error: The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1
         --> line 2, column 5
          |
        2 | y = x @ w + b
          |     ^^^^^   ^ shape [4]
          |     |
          |     shape [2, 3]
          = help: the last axis must match or be 1: 3 against 4
        """,
        source,
        Diagnostic(
            "shape",
            "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1",
            [label(source, "x @ w", "shape [2, 3]"), label(source, "b", "shape [4]")],
            help="the last axis must match or be 1: 3 against 4",
        ),
    )


def test_a_file_and_notes_of_several_lines() -> None:
    source = "backward y\n"
    check(
        r"""
        error: grad can be implicitly created only for scalar outputs
         --> my\x1bfile.grad:1:10
          |
        1 | backward y
          |          ^ shape [2]
          = help: backward y.sum()
                  backward y with ones_like(y)
          = note: first
          = note: second
        """,
        source,
        Diagnostic(
            "autograd",
            "grad can be implicitly created only for scalar outputs",
            [label(source, "y", "shape [2]")],
            help="backward y.sum()\nbackward y with ones_like(y)",
            notes=["first", "second"],
        ),
        name="my\x1bfile.grad",
    )


def test_three_labels_hang_and_an_overlapping_one_goes_below() -> None:
    source = "a + b + c"
    check(
        """
        error: three
         --> line 1, column 1
          |
        1 | a + b + c
          | ^   ^   ^ [3]
          | |   |
          | |   [2]
          | [1]
          | ^^^^^^^^^ all
        """,
        source,
        Diagnostic(
            "shape",
            "three",
            [
                label(source, "a", "[1]"),
                label(source, "b", "[2]"),
                label(source, "c", "[3]"),
                label(source, source, "all"),
            ],
        ),
    )


def test_labels_without_text_only_mark() -> None:
    source = "a + b + c"
    check(
        """
        error: marks
         --> line 1, column 5
          |
        1 | a + b + c
          | ^   ^   ^
          |     |
          |     here
        """,
        source,
        Diagnostic("shape", "marks", [label(source, "b", "here"), label(source, "a"), label(source, "c")]),
    )


def test_the_end_of_the_text() -> None:
    check(
        """
        error: '(' was never closed
         --> line 2, column 1
          |
        1 | x = (
          |     ^ opened here
        2 |
          | ^ the text ends here
        """,
        "x = (\n",
        Diagnostic(
            "syntax", "'(' was never closed", [Label((6, 6), "the text ends here"), Label((4, 5), "opened here")]
        ),
    )


def test_spans_outside_the_text_are_brought_in() -> None:
    check(
        """
        error: outside
         --> line 1, column 3
          |
        1 | ab
          |   ^ here
        """,
        "ab",
        Diagnostic("x", "outside", [Label((50, 90), "here")]),
    )


def test_lines_between_and_line_numbers_of_two_widths() -> None:
    source = "one\ntwo\nthree\nfour\nfive\nsix"
    check(
        """
        warning: far apart
           --> line 98, column 1
            |
         98 | one
            | ^^^ a
         99 | two
        100 | three
            | ^^^^^ b
        ...
        103 | six
            | ^^^ c
        """,
        source,
        Diagnostic(
            "warning", "far apart", [label(source, w, t) for w, t in [("one", "a"), ("three", "b"), ("six", "c")]]
        ),
        first_line=98,
    )


def test_a_span_over_several_lines_is_marked_at_both_ends() -> None:
    source = "y = f(1,\r\n      2,\r\n      3) + 4\r\n"
    check(
        """
        error: several lines
         --> line 1, column 5
          |
        1 | y = f(1,
          |     ^^^^
        2 |       2,
        3 |       3) + 4
          |       ^^ this call
        """,
        source,
        Diagnostic("x", "several lines", [Label((4, source.index(")") + 1), "this call")]),
    )


def test_a_span_that_ends_with_its_line() -> None:
    check(
        """
        error: whole line
         --> line 1, column 1
          |
        1 | abc
          | ^^^ here
        """,
        "abc\ndef",
        Diagnostic("x", "whole line", [Label((0, 4), "here")]),
    )


def test_tabs_wide_characters_and_hidden_ones_keep_the_carets_in_place() -> None:
    source = "\t日本 = x\u202e + y\u0301"
    check(
        r"""
        error: columns
         --> line 1, column 7
          |
        1 |     日本 = x\u202e + ý
          |            ^         ^ b
          |            |
          |            a
        """.replace("ý", "y\u0301"),
        source,
        Diagnostic("x", "columns", [label(source, "x", "a"), label(source, "y\u0301", "b")]),
    )


def test_a_long_line_is_cut_around_its_marks() -> None:
    source = "x + " * 50 + "wrong" + " + y" * 50
    check(
        """
        error: long
         --> line 1, column 201
          |
        1 | ...+ x + x + x + x + x + x + x + wrong + y + y + y + y + y + y + y + y + y + y + y + y + y + y + y + y + y + y + y + y + y ...
          |                                  ^^^^^ here
        """,  # noqa: E501
        source,
        Diagnostic("name", "long", [label(source, "wrong", "here")]),
    )


def test_marks_far_apart_on_a_long_line_get_their_own_parts() -> None:
    source = "first" + " + x" * 5000 + " + last" + " + z" * 5000
    drawn = diagnostic_text(
        Diagnostic("name", "two", [label(source, "first", "a"), label(source, "last", "b")]), LineMap(source)
    ).split("\n")
    assert [line.split() for line in drawn if "^" in line] == [["|", "^^^^^", "a"], ["|", "^^^^", "b"]]
    for shown, marks in [(3, 4), (5, 6)]:
        start = drawn[marks].index("^")
        assert drawn[shown][start:].startswith(("first", "last"))
    assert max(map(len, drawn)) < 140


def test_a_span_longer_than_a_line_is_cut() -> None:
    source = "y = " + "x + " * 1000 + "x"
    drawn = diagnostic_text(Diagnostic("x", "m", [Label((4, len(source)), "sum")]), LineMap(source)).split("\n")
    assert drawn[-1] == "  |     " + "^" * 116 + " sum"
    assert len(drawn[-2]) == 127


def test_without_a_place() -> None:
    assert diagnostic_text(Diagnostic("limit", "too big", help="--max-memory")) == (
        "error: too big\n  = help: --max-memory"
    )


def test_text_from_outside_is_escaped_everywhere() -> None:
    evil = "\x1b[31m\u202e\r"
    drawn = diagnostic_text(
        Diagnostic(
            "x", f"m {evil}\nnext", [Label((0, len(evil)), f"l {evil}\n")], help=f"h {evil}", notes=[f"n {evil}"]
        ),
        LineMap(evil),
        name=evil,
    )
    assert "\nnext\n" in drawn
    assert all(char.isprintable() or char == "\n" for char in drawn)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.5, "1.5"),
        ("a\x1b\u202e'", '"a\\x1b\\u202e\'"'),
        ([1, (2,), {"k": None}], "[1, (2,), {'k': None}]"),
    ],
)
def test_values(value: Any, text: str) -> None:
    assert value_text(value) == text


def test_a_list_nested_too_deeply() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(RuntimeError, match="nested too deeply"):
        value_text(value)
    while value:
        value = value.pop()


class Matrix:
    def __repr__(self) -> str:
        return "tensor([[1., 2.],\n        [3., 4.]])"


def test_names_and_gradients() -> None:
    assert named_text("x", "tensor(1.)") == "x = tensor(1.)"
    assert gradient_text("x", Matrix()) == "x.grad = tensor([[1., 2.],\n                 [3., 4.]])"
    assert gradient_text("x", 1, before=2) == "x.grad = 1  # added to the gradient that was there"


def test_printed_text_keeps_lines_and_loses_control() -> None:
    assert printed_text("a\n\tb\x1b[2J\r") == "a\n\tb\\x1b[2J\\r"


PIECES = st.sampled_from(["x", "\t", " + ", "\n", "\r\n", "日", "\u202e", "e\u0301", "\x1b", "long" * 20, ""])


@given(
    st.lists(PIECES, max_size=30).map("".join),
    st.lists(st.tuples(st.integers(-3, 400), st.integers(-3, 400), st.sampled_from(["", "here", "a\nb"])), max_size=6),
)
def test_any_spans_on_any_text_are_drawn(source: str, spans: list[tuple[int, int, str]]) -> None:
    labels = [Label((start, end), text) for start, end, text in spans]
    drawn = diagnostic_text(Diagnostic("x", "message", labels), LineMap(source))
    assert all(char.isprintable() or char == "\n" for char in drawn)
    assert drawn.count("here") == sum(text == "here" for _, _, text in spans)
    assert drawn.count("^") >= max(sum(text != "" for _, _, text in spans), bool(spans))
