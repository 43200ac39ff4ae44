"""Statements as they arrive, and pasted prompts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.lang.errors.diagnostics import SyntaxFailure
from gradcli.lang.syntax.parse import parse
from gradcli.lang.syntax.reading import Reader, split_ready, strip_prompts
from tests.lang.sentences import sentence
from tests.lang.test_against_lark import PROGRAMS

# Each line, and how many lines are ready when it has come.
ARRIVING = [
    [("x = 1\n", 1), ("y; z\n", 1)],
    [("# c\n", 0), ("\n", 0), ("x\n", 3)],
    [("f(1,\n", 0), ("\n", 0), ("2)\n", 3)],
    [("x = '''a\n", 0), ("b \\''' (\n", 0), ("c'''\n", 3)],
    [("x = 1 + \\\n", 0), ("2\n", 2)],
    [("x = 'a\\\n", 0), ("( b'\n", 2)],
    [("x = 'a\n", 1), ("y\n", 1)],
    [("if x:\n", 0), ("  y\n", 0), ("\n", 0), ("  z\n", 0), ("w\n", 5)],
    [("if x: y\n", 0), ("elif z: y\n", 0), ("else:\n", 0), ("  y\n", 0), ("w\n", 5)],
    [("try:\n", 0), ("  x\n", 0), ("except E: y\n", 0), ("finally: z\n", 0), ("# c\n", 0), ("w\n", 6)],
    [("@f\n", 0), ("# c\n", 0), ("@g\n", 0), ("def f():\n", 0), ("  x\n", 0), ("def g(): x\n", 5), ("f()\n", 2)],
    [("for i in x: i\n", 0), ("for j in y: j\n", 1), ("k\n", 2)],
    [("for i in x:\n", 0), ("  f(\n", 0), ("i\n", 0), (")\n", 0), ("k\n", 5)],
    [("iffy = 3\n", 1), ("format\n", 1), ("x # (\n", 1), ("'('\n", 1), ('"""("""\n', 1), ("''; '#'\n", 1)],
    [("x)\n", 1), ("(x\n", 0), (")\n", 2)],
]


@pytest.mark.parametrize("lines", ARRIVING)
def test_ready_as_soon_as_whole(lines):
    reader = Reader()
    assert [reader.feed(line).count("\n") for line, _ in lines] == [count for _, count in lines]


def test_nothing_is_lost_and_the_rest_comes_at_the_end():
    reader = Reader()
    text = "if x:\n  y\nz\nwhile w:\n  v\n"
    parts = [reader.feed(line) for line in text.splitlines(keepends=True)] + [reader.finish()]
    assert "".join(parts) == text
    assert parts[-1] == "while w:\n  v\n"
    assert not reader.pending


def test_endless_statement_is_given_out_at_the_limit():
    reader = Reader(limit=100)
    assert reader.feed("(" + "1, " * 20 + "\n") == ""
    assert len(reader.feed("1, " * 20 + "\n")) > 100
    assert reader.feed("x\n") == "x\n"


def pieces(text):
    reader = Reader()
    parts = [reader.feed(line) for line in text.splitlines(keepends=True)] + [reader.finish()]
    return [part for part in parts if part]


@pytest.mark.parametrize("text", PROGRAMS)
def test_programs_in_pieces(text):
    same_in_pieces(text.replace("\r\n", "\n").replace("\r", "\n"))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.integers(10, 30))
def test_random_programs_in_pieces(seed, size):
    same_in_pieces(sentence(seed, size))


def same_in_pieces(text):
    """Statement by statement, a program that is right has the same statements at the same places."""
    try:
        whole = parse(text)
    except SyntaxFailure:
        return
    at, found = 0, []
    for piece in pieces(text):
        found += [(type(node), node.span[0] + at, node.span[1] + at) for node in parse(piece).body]
        at += len(piece)
    assert found == [(type(node), *node.span) for node in whole.body]


def test_split_ready():
    assert split_ready("x\nif y:\n  z\n") == ("x\n", "if y:\n  z\n")
    assert split_ready("x\nif y:\n  z\nw\nv") == ("x\nif y:\n  z\nw\n", "v")
    assert split_ready("x\r\ny = (\r\n") == ("x\r\n", "y = (\r\n")
    assert split_ready("") == ("", "")


STRIPPED = [
    ("x = 1\ny\n", "x = 1\ny\n"),
    ("x = '''\n>>> y\n'''\n", "x = '''\n>>> y\n'''\n"),
    (">>> x = 1\n>>> x\n1\n", "x = 1\nx\n\n"),
    (">>> for i in y:\n...     i\n...\n0\n...\n>>> z", "for i in y:\n    i\n\n\n\nz"),
    ("    >>> x\n    1\n", "x\n\n"),
    (">>>\n>>> x\r\n", "\nx\r\n"),
    ("In [1]: x = 1\n   ...: y\nOut[1]: 2\n\nIn [12]: z\n", "x = 1\ny\n\n\nz\n"),
    ("In [1]:\nx = 1\nx\n\n1\n\nIn [ ]:\ny\n", "\nx = 1\nx\n\n\n\n\ny\n"),
    ("\n\n>>> x\n", "\n\nx\n"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "code"), STRIPPED)
def test_strip_prompts(text, code):
    assert strip_prompts(text) == code


def test_prompts_in_a_page():
    page = "Some prose.\n\nIn [1]:\nx = 1\n\n1\n\nMore.\n>>> y\n2\n"
    assert strip_prompts(page) == page
    assert strip_prompts(page, anywhere=True) == "\n\n\nx = 1\n\n\n\n\ny\n\n"
