"""Our driver and lark itself, on the same grammar, make the same tree of the same text; the tables are up to date."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lark import Token, Tree
from lark.exceptions import LarkError

from gradcli.lang.errors.diagnostics import SyntaxFailure
from gradcli.lang.syntax.parse import MAX_BLOCKS, MAX_DEPTH, run
from gradcli.lang.syntax.tokens import lex
from tests.lang.grammar_script import lark_parser, script
from tests.lang.sentences import sentence


class _Trees(dict):
    """Makers that make what lark's tree has: the name and the children."""

    def __missing__(self, name):
        def make(tokens, span, *children):
            return name, tuple(tokens.texts[child] if isinstance(child, int) else child for child in children)

        return make


def ours(text):
    """The tree by our tables, or None where they have none."""
    tokens = lex(text, MAX_DEPTH, MAX_BLOCKS)
    try:
        return run(tokens, _Trees(), tokens)
    except SyntaxFailure:
        return None


def theirs(text):
    """The tree by lark."""
    try:
        # lark's indenter knows no line end but LF
        return plain(lark_parser().parse(re.sub(r"\r(?!\n)", "\n", text) + "\n"))
    except (LarkError, AssertionError):  # the assertion is lark's way of saying: unmatched bracket
        return None


def plain(tree):
    if isinstance(tree, Tree):
        return str(tree.data), tuple(plain(child) for child in tree.children)
    return str(tree) if isinstance(tree, Token) else tree


@pytest.mark.parametrize("strict", [True, False])
def test_grammar_has_no_conflicts_and_no_colliding_terminals(strict):
    if strict:
        pytest.importorskip("interegular")
    assert script().load(strict=strict)


def test_tables_are_what_the_grammar_makes():
    assert script().TABLES.read_text(encoding="utf-8") == script().make()


PROGRAMS = [
    "",
    "\n\n# nothing\n",
    "x = ones(2, 2, requires_grad=True); y = -x^2 + 3*x.T[1:, ..., None];",
    "a, *b = c = (1, 2); x @= 3; d: int = 4; e: float",
    "def f(x: int, /, *a, k=3, **kw) -> Tensor:\n    'doc'\n    return lambda x, *, y=2: x if y else 1\n",
    "for i, j in z:\n  if not x in y and a is not b: pass\n  elif x: break\n  else:\n    continue\nelse: y",
    "@torch.no_grad()\n@g\ndef f(): pass\n",
    "with torch.no_grad(), a as b:\n  try:\n    x\n  except ValueError as e: pass\n  except: raise\n  finally: y",
    "grad y wrt x, z; backward (out) with v; explain x+1\nformula y wrt x\nparam w = 3\ncheck f(x)\nvars\nhelp\n",
    "graph = 3; check(x); grad - x; vars = 2; help(x); grad in y; wrt = 3; backward.x; check if a else b",
    "if x: help for; vars; grad y wrt x\n",
    "print(sum(x*i for i in range(3) if i), *a, **b, k=1)",
    "{1: 2, **k}, {1, *b}, {}, [], (), [x for x in y if x for z in w], {a: b for a in c}",
    "{a for a in b}, (a for a in b)",
    "x[1], x[1,], x[1:2:3, ::], x[:], x[a:, *b]",
    "import torch.nn as nn, math; from torch import *; from a.b import (c, d as e,); from f import g, h as i",
    "assert x, y; del a, b[1]; global c; raise E from f; return; raise; nonlocal q",
    "a < b <= c != d == e not in f is g is not h in i > j >= k",
    "x = (1,\n  # comment\n  2\n)\ny = \\\n  3  # end",
    "-2**-x^2; ~a & b | c << 2 >> 1; a // b % c @ d / e",
    "'a' 'b' f'c{d}'",
    "x\r\nif y:\r\n  z\r\n\r\n  w\rv",
    "while 1:\n\ta\n\n\n\tb\n# c\n",
]


@pytest.mark.parametrize("text", PROGRAMS)
def test_same_tree(text):
    tree = theirs(text)
    assert tree is not None
    assert ours(text) == tree


WRONG = [
    "x = ",
    "f(a b)",
    "if x:\ny",
    "x)",
    "(",
    "grad y x",
    "grad -x wrt y",
    "1 2",
    "x = = y",
    "else: x",
    "help a b",
    "lambda = 3",
]


@pytest.mark.parametrize("text", WRONG)
def test_both_refuse(text):
    assert theirs(text) is None
    assert ours(text) is None


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(10, 40))
def test_random_programs_make_the_same_tree(seed, size):
    text = sentence(seed, size)
    assert ours(text) == theirs(text)


def test_most_random_programs_are_programs():
    parsed = [ours(sentence(seed, 30)) is not None for seed in range(100)]
    assert sum(parsed) > 60


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.data())
def test_damaged_programs_are_refused_by_both(seed, data):
    text = sentence(seed, 25)
    words = text.split(" ")
    place = data.draw(st.integers(0, len(words) - 1))
    action = data.draw(st.sampled_from(["drop", "double", "swap"]))
    if action == "drop":
        del words[place]
    elif action == "double":
        words.insert(place, words[place])
    else:
        other = data.draw(st.integers(0, len(words) - 1))
        words[place], words[other] = words[other], words[place]
    damaged = " ".join(words)
    if damaged[:1] in (" ", "\t"):
        return  # lark does not see that the first line is indented
    assert ours(damaged) == theirs(damaged)
