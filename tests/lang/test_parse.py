"""What is ours and not Python's: commands, power, silence, spans, unfinished input; and what parsing costs at start."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gradcli.lang.errors.diagnostics import LineMap, SyntaxFailure
from gradcli.lang.syntax import nodes as n
from gradcli.lang.syntax.parse import is_incomplete, parse
from tests.lang.python_source import source


def only(text):
    (statement,) = parse(text).body
    return statement


COMMANDS = {
    "backward out": ("backward", ["out"], []),
    "backward out with v": ("backward", ["out"], ["v"]),
    "backward a, b with u, v": ("backward", ["a", "b"], ["u", "v"]),
    "backward (x).sum()": ("backward", ["(x).sum()"], []),
    "grad out wrt x, w": ("grad", ["out"], ["x", "w"]),
    "grad y*2 wrt x.T": ("grad", ["(y * 2)"], ["(x).T"]),
    "grad wrt wrt wrt": ("grad", ["wrt"], ["wrt"]),
    "formula f(x) wrt x": ("formula", ["f(x)"], ["x"]),
    "explain [x, 1][0]": ("explain", ["[x, 1][0]"], []),
    "graph not x": ("graph", ["(not x)"], []),
    "check\tout  # comment": ("check", ["out"], []),
    "vars": ("vars", [], []),
    "if x: backward y": ("backward", ["y"], []),
}


@pytest.mark.parametrize("text", COMMANDS)
def test_command(text):
    statement = only(text)
    if isinstance(statement, n.If):
        ((_, (statement,)),) = statement.branches
    assert isinstance(statement, n.Command)
    verb, operands, others = COMMANDS[text]
    assert [statement.verb, [*map(source, statement.operands)], [*map(source, statement.others)]] == [
        verb,
        operands,
        others,
    ]
    start, end = statement.verb_span
    assert text[start:end] == verb


def test_param():
    statement = only("param w = 2, 3;")
    assert isinstance(statement, n.Param)
    assert (statement.target.name, source(statement.value), statement.silenced) == ("w", "(2, 3,)", True)


@pytest.mark.parametrize(
    ("text", "topic"), [("help", ""), ("help mean;", "mean"), ("help for", "for"), ("help @ # x", "@")]
)
def test_help(text, topic):
    statement = parse(text + "\ny").body[0]
    assert isinstance(statement, n.Help)
    start, end = statement.topic_span
    assert statement.topic == text[start:end] == topic


@pytest.mark.parametrize(
    "text",
    [
        *("graph = 3", "check(x)", "grad(y, x)", "vars = 2", "backward.x", "grad - x", "grad *x", "check in names"),
        *(
            "graph if a else b",
            "check is not x",
            "check not in x",
            "vars.x",
            "vars[0]",
            "help(x)",
            "help = 1",
            "wrt = 3",
        ),
        *(
            "y = grad (x)",
            "param, x = 1, 2",
            "param: int = 3",
            "grad @ x",
            "help == 2",
            "explain",
            "f(grad)",
            "print(vars)",
        ),
    ],
)
def test_verbs_are_names_elsewhere(text):
    assert not isinstance(only(text), n.Command | n.Param | n.Help)


def test_caret_is_power():
    assert source(only("-x^2^3").value) == "(-(x ** (2 ** 3)))"
    assert only("x ^ y").value.op == "^"
    assert only("x ^= 2").op == "^"


def test_silence():
    assert [statement.silenced for statement in parse("x; y\nx; y;\nx = 1;\nx += 1\nvars;").body] == [
        *(False, False, False, True),
        *(True, False, True),
    ]
    assert only("for i in x: i;").body[0].silenced


def test_chains_are_flat():
    chain = only("a - b + c - d").value
    assert [(op, operand.name) for op, operand, _ in chain.rest] == [("-", "b"), ("+", "c"), ("-", "d")]
    assert [span for *_, span in chain.rest] == [(2, 3), (6, 7), (10, 11)]
    assert [type(node).__name__ for node in only("a + (b + c) * d").value.children()] == ["Name", "Chain"]
    assert [op for op, *_ in only("a < b not in c is not d").value.rest] == ["<", "not in", "is not"]
    assert len(only("if a: x\nelif b: y\nelif c: z").branches) == 3


def test_parameters():
    parameters = only("def f(a, /, b=1, *c, d, e=2, **g): pass").parameters
    assert [(p.name, p.kind) for p in parameters] == [
        *(("a", "positional"), ("b", ""), ("c", "*"), ("d", "keyword"), ("e", "keyword"), ("g", "**")),
    ]


def test_statement_spans():
    text = "  \n# c\nx = (1)  # c\nif y:\n    z;\n\nw"
    body = parse(text).body
    assert [text[slice(*statement.span)] for statement in body] == ["x = (1)", "if y:\n    z;", "w"]


def test_nodes_are_frozen():
    name = only("x").value
    with pytest.raises(AttributeError):
        name.name = "y"
    with pytest.raises(AttributeError):
        name.other = 1
    with pytest.raises(AttributeError):
        del name.name
    assert name.replace(name="y").name == "y"
    assert repr(only("x + 1")) == "ExpressionStatement(value=<Chain>, silenced=False)"


INCOMPLETE = [
    *("f(", "x = [1,", "'''abc", "f'''{x", "x = 1 + \\", "x = 1 + \\\n", "if x:", "if x:\n", "if x:\n  y", "if x: y"),
    *(
        "def f():\n  # c\n",
        "@no_grad()",
        "@f\n",
        "try:\n  x\n",
        "while x:\n  y\n\n  if z:\n",
        "x = 1\nfor i in y:",
        "{",
        "f(x,\n",
    ),
    *("if x:\n  f(\n", "with x:\n    ", "class A:"),
]
COMPLETE = [
    *(
        "",
        "x",
        "x = 1",
        "if x:\n  y\n",
        "if x: y\n",
        "def f():\n  # c\n  x\n\n",
        "x = ",
        "f(a b",
        "if x",
        "x)",
        "'abc",
        "else:",
    ),
    *("1 2", "if x:\ny", "f'{x +}'", "f'{'", "# comment", "help", "grad y", "x \\ y"),
]


@pytest.mark.parametrize("text", INCOMPLETE)
def test_incomplete(text):
    assert is_incomplete(text)


@pytest.mark.parametrize("text", COMPLETE)
def test_complete_or_wrong(text):
    assert not is_incomplete(text)


def test_line_map():
    lines = LineMap("a\r\nbc\rd\n")
    assert [lines.position(offset) for offset in (0, 1, 3, 4, 6, 8)] == [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (4, 1)]
    assert [lines.line(number) for number in (1, 2, 3, 4)] == ["a", "bc", "d", ""]


def test_parsing_imports_little():
    """Neither lark nor the messages, and nothing that takes long, to parse a program that is right."""
    program = (
        "import sys; from gradcli.lang.syntax.parse import parse\n"
        "parse('y = f(x)[1:]; grad y wrt x; print(\"a\\\\n\")')\n"
        "print(*sorted({'lark', 'dataclasses', 'inspect', 'json', 'numpy', 'pathlib', 'gradcli.lang.syntax.complaints'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_the_collector_is_left_as_it_was():
    import gc

    for collecting in (True, False):
        (gc.enable if collecting else gc.disable)()
        try:
            parse("x")
            with pytest.raises(SyntaxFailure):
                parse("x =")
            assert gc.isenabled() == collecting
        finally:
            gc.enable()
