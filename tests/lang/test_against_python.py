"""What our nodes say of a program is what Python's own parser says: shapes, literals, spans, and what is refused."""

from __future__ import annotations

import ast
import re
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.lang.errors.diagnostics import SyntaxFailure
from gradcli.lang.syntax import nodes as n
from gradcli.lang.syntax.parse import parse
from tests.lang.python_source import source
from tests.lang.test_against_lark import PROGRAMS, sentence


def python(text):
    """Python's tree without positions, or None where it refuses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `1 is 1`, `1()`: Python's advice
        try:
            tree = ast.parse(text)
            compile(text, "program", "exec")  # also what the compiler refuses: `break` outside a loop
        except (SyntaxError, ValueError):
            return None
    return ast.dump(_Plain().visit(tree))


class _Plain(ast.NodeTransformer):
    """Without what our nodes do not keep: annotations. f-strings become calls, as in python_source."""

    def visit_AnnAssign(self, node):
        self.generic_visit(node)
        return ast.Assign([node.target], node.value) if node.value else ast.Pass()

    def visit_FunctionDef(self, node):
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_JoinedStr(self, node):
        return _call("fstring", [self.visit(part) for part in node.values])

    def visit_FormattedValue(self, node):
        conversion = chr(node.conversion) if node.conversion > 0 else ""
        spec = [self.visit(part) for part in node.format_spec.values] if node.format_spec else []
        return _call("field", [self.visit(node.value), ast.Constant(conversion), *spec])


def _call(name, args):
    return ast.Call(ast.Name(name, ast.Load()), args, [])


def same_as_python(text):
    expected = python(text)
    ours = parse(text)
    assert python(source(ours)) == expected


BODY = """\
x = torch.ones(2, 2, requires_grad=True)
y = a, b = [1, *c], (d)
(a, [b, *c]), d.e, f[1:2, ::3, ...] = g
x @= y; x **= 2; x //= 3
def f(a, b=1, /, c=2, *args, d, e=5, **kw):
    '''Doc.'''
    def g(*, k): return k, *a
    return lambda: (lambda x, *, y=1: x if y else -1)
@decorate(1)
@other
def h(a, /): pass
while not x < 1 <= y != z:
    if a and b or c and not d: break
    elif x in y is not z not in w: continue
    elif 1: pass
    else:
        x
else: y
for i, (j, k) in enumerate(x): print(i, sep='', *j, **k)
with a as b, c as (d, e), f(): pass
try:
    x
except (A, B) as e: raise E from e
except C: raise
except: pass
else: y
finally:
    z
try: x
finally: y
assert x, 'message'
del a, b[1], (c, d.e)
import torch.nn.functional as F, math
from torch.autograd import (Variable as V, grad,)
from torch import *
-2 ** -x ** 2 + ~a * b / c // d % e @ f - g << 1 >> 2 & h | i
{1: 2, **k, 'a': [x for x in y if x if z for w in v]}, {1, *b}, {a: b for a, b in c}, {a for a in b}, {}
sum(x * i for i in range(3)), (i for i in j), f(x)(y)[z].w, x[*a], x[1,], x[:], x[:, None], ()
a if b else c if d else e
'a' "b" '''c
d''' r'\\n' '\\n\\x41\\101\\u00e9\\N{EM DASH}\\
' u'z' '\\d'
0, 00, 1_000, 0xFF, 0o17, 0b1_0, 1., .5, 1e5, 1_0.0_1e-1_0, 1j, 1e400, 5.J
x.y ._z.__version__
lambda: 1, 2
"""


def test_shapes():
    same_as_python(BODY)


@pytest.mark.parametrize("text", PROGRAMS)
def test_programs_that_python_takes(text):
    if python(text := text.replace("^", "**")) is not None:
        same_as_python(text)


COMMANDS = n.Command, n.Param, n.Help
VERBS = re.compile(r"\b(?:param|backward|grad|formula|explain|graph|check|vars|help)\b")


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32), st.integers(10, 30))
def test_random_programs(seed, size):
    text = sentence(seed, size).replace("^", "**")
    expected = python(text)
    if expected is None:
        return
    try:
        program = parse(text)
    except SyntaxFailure:
        # a command to us and a call to Python, as in `grad (x)`; or a lambda that yields
        assert VERBS.search(text) or ("lambda" in text and "yield" in text), text
        return
    if not any(isinstance(node, COMMANDS) for node in everything(program)):
        assert python(source(program)) == expected


def test_some_random_programs_are_python():
    taken = [python(sentence(seed, 20).replace("^", "**")) is not None for seed in range(200)]
    assert sum(taken) > 20


def everything(program):
    stack = [program]
    while stack:
        node = stack.pop()
        yield node
        stack += node.children()


LITERALS = st.text(alphabet="ab'\"\\{}nxuN0147\n\r\tré🙂 ", max_size=12)


@settings(max_examples=300, deadline=None)
@given(LITERALS, st.sampled_from(["'", '"', "'''", '"""']), st.sampled_from(["", "r", "u", "R"]))
def test_string_literals(body, quote, prefix):
    text = f"{prefix}{quote}{body}{quote}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            expected = ast.literal_eval(text)
        except (SyntaxError, ValueError):
            expected = None
    try:
        program = parse(text)
    except SyntaxFailure:
        assert expected is None
        return
    if expected is not None:
        assert [statement.value.value for statement in program.body] == [expected]


@settings(max_examples=300, deadline=None)
@given(
    st.text(alphabet="0123456789_.eExXobjJ+-aF", min_size=1, max_size=8).filter(lambda text: text[0] in ".0123456789")
)
def test_number_literals(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            expected = ast.literal_eval(text)
        except (SyntaxError, ValueError):
            return  # `1+a` is no literal, but a program
    value = parse(text).body[0].value
    if isinstance(value, n.Number):
        assert repr(value.value) == repr(expected)


FORMATTED = [
    "f'a{x}b'",
    "f'{x!r:>{w}.{p}f}'",
    "f'{{x}} {y = !s} {z=} {z=:.3f}'",
    "f'{a[\"b\"]:{c}}' 'd'",
    "rf'\\d{x!a}' 'plain' f\"{ {1: 2}[1] }\"",
    "f'{x != y}{a == b}{(lambda: 1)()}{a if b else c}{d >= e}'",
    "f'\\N{EM DASH}\\x41{x}\\n'",
    "f'''{\nx\n}\\\n'''",
    "f'{x,}{*a, b}'",
    "f''",
    "'a' f'' 'b'",
    "f'{f\"{x!r}\"}'",
    "f'{a:%H:%M}{b[1:2]}{c::>3}'",
]


@pytest.mark.parametrize("text", FORMATTED)
def test_f_strings(text):
    assert python(text) is not None
    same_as_python(text)


def test_spans_are_python_s():
    """Every expression that Python gives the same name stands at the same place."""
    text = BODY.replace("'\\d'", "")
    theirs = {
        (
            type(node).__name__,
            _offset(text, node.lineno, node.col_offset),
            _offset(text, node.end_lineno, node.end_col_offset),
        )
        for node in ast.walk(ast.parse(text))
        if isinstance(
            node, ast.Name | ast.Call | ast.Attribute | ast.Lambda | ast.Tuple | ast.Compare | ast.Dict | ast.List
        )
    }
    kinds = n.Name | n.Call | n.Attribute | n.Lambda | n.Tuple | n.Compare | n.Dict | n.List
    ours = {(type(node).__name__, *node.span) for node in everything(parse(text)) if isinstance(node, kinds)}
    # Python's parser gives a tuple in an index no parentheses of its own, and one in a `for` neither
    missing = {item for item in theirs if item not in ours and item[0] != "Tuple"}
    assert not missing
    assert {item for item in ours if item not in theirs and item[0] != "Tuple"} == set()


def _offset(text, line, column):
    return sum(len(part) + 1 for part in text.split("\n")[: line - 1]) + column
