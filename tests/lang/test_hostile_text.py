"""Text made to hurt: HOSTILE H01-H08, H25. Everything ends quickly, in a program or in one diagnostic."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.lang.errors.diagnostics import LineMap, SyntaxFailure
from gradcli.lang.syntax import nodes as n
from gradcli.lang.syntax import tables
from gradcli.lang.syntax.parse import MAX_BLOCKS, MAX_DEPTH, MAX_TEXT, is_incomplete, parse
from gradcli.lang.syntax.reading import split_ready, strip_prompts
from gradcli.show.plain import diagnostic_text


def message(text, **limits):
    try:
        parse(text, **limits)
    except SyntaxFailure as failure:
        return failure.diagnostic.message
    return ""


def depth(program):
    """Levels of expressions above the deepest name or number."""
    deepest, stack = 0, [(program, 0)]
    while stack:
        node, level = stack.pop()
        level = 0 if isinstance(node, n.Statement) else level + isinstance(node, n.Expression)
        deepest = max(deepest, level - (type(node) in n.LEAVES))
        stack += [(child, level) for child in node.children()]
    return deepest


TOO_DEEP = f"nested too deeply (limit {MAX_DEPTH})"


@pytest.mark.parametrize(("opening", "closing"), ["()", "[]", "{}", ("f(", ")"), ("x[", "]"), ("(1+", ")")])
def test_brackets_nest_to_the_limit(opening, closing):
    for levels, expected in [(MAX_DEPTH, ""), (MAX_DEPTH + 1, TOO_DEEP), (100_000, TOO_DEEP)]:
        assert message(opening * levels + "1" + closing * levels) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [("-", ""), ("not ", ""), ("2**", ""), ("", ".a"), ("", "()"), ("", "[0]"), ("lambda: ", ""), ("", " if y else z")],
)
def test_operators_nest_to_the_limit(before, after):
    assert message(before * MAX_DEPTH + "x" + after * MAX_DEPTH) in ("", TOO_DEEP)
    assert message(before * 50 + "x" + after * 50) == ""
    assert message(before * 1000 + "x" + after * 1000) in (TOO_DEEP, "")
    if not message(before * 1000 + "x" + after * 1000):
        assert depth(parse(before * 1000 + "x" + after * 1000)) <= MAX_DEPTH


def test_depth_is_promised_whatever_the_mixture():
    text = "[-f(x.y if not a[" * 60 + "1" + "] else 2)]" * 60
    assert message(text) == TOO_DEEP
    text = "[-f(x.y if not a[" * 30 + "1" + "] else 2)]" * 30
    assert depth(parse(text)) <= MAX_DEPTH


def test_limits_are_parameters():
    assert message("((1))", max_depth=1) == "nested too deeply (limit 1)"
    assert message("(" * 300 + "1" + ")" * 300, max_depth=300) == ""
    assert message("x" * 11, max_text=10) == "the program is too long: 11 characters (limit 10)"
    assert message("x" * 10, max_text=10) == ""
    assert "too long" in message("x" * (MAX_TEXT + 1))


def test_blocks_nest_to_the_limit():
    def blocks(levels):
        return "".join(" " * level + "if x:\n" for level in range(levels)) + " " * levels + "x\n"

    assert message(blocks(MAX_BLOCKS)) == ""
    assert message(blocks(MAX_BLOCKS + 1)) == f"too many levels of indentation (limit {MAX_BLOCKS})"
    assert message(blocks(1000)) == f"too many levels of indentation (limit {MAX_BLOCKS})"


def test_long_is_not_deep():
    program = parse("+".join(["x"] * 20_000))
    assert len(program.body[0].value.rest) == 19_999
    assert depth(program) == 1
    assert message("if x: y\n" + "elif x: y\n" * 2000) == ""
    assert message("a = " * 2000 + "1") == ""
    assert message(" or ".join(["x"] * 5000) + " < y" * 2000) == ""


LONG = {
    "backslashes in an open string": "'" + "\\" * 100_000,
    "backslashes in an open triple": '"""' + "\\" * 100_001,
    "escaped triples": '"""' + '\\"""' * 50_000,
    "lines of escaped quotes": '"\\\n' * 50_000,
    "lines of backslash quote": '\\"\\\n' * 50_000,
    "quotes in turn": "\"'" * 50_000,
    "open strings": "'a\n" * 50_000,
    "blanks": "x" + " " * 1_000_000 + "$",
    "line ends": "x" + "\n" * 300_000 + "$",
    "carriage returns": "x" + "\r" * 300_000 + "$",
    "comment lines": "#\n  " * 100_000 + "$",
    "digits": "1" * 500_000,
    "underscores": "1" + "_1" * 200_000 + "_",
    "points": "1" + "." * 300_000,
    "exponents": "1e" * 200_000,
    "zeros": "0" * 200_000 + "x",
    "hexadecimal": "0x" + "f" * 300_000 + "g",
    "continuations": "x = 1 + \\\n" * 10_000,
    "verb and blanks": "grad" + " " * 500_000,
    "verbs": "grad grad " * 50_000,
    "topics": "help " + "a." * 200_000 + "$",
    "braces in an f-string": "f'" + "{" * 200_000 + "'",
    "fields": "f'" + "{x}" * 2_000 + "'",
    "open field": "f'{" + "(" * 100_000 + "'",
    "specs": "f'{x:" + "{y}" * 2_000 + "}'",
    "operators": "<" * 300_000,
    "at signs": "@" * 300_000,
    "semicolons": "x;" * 20_000,
    "dedents": "if x:\n y\n" * 10_000,
}


@pytest.mark.parametrize("name", LONG)
def test_linear_time(name):
    began = time.process_time()
    message(LONG[name])
    assert time.process_time() - began < 3


@pytest.mark.parametrize("name", LONG)
def test_terminals_are_linear(name):
    """Every pattern of the grammar, tried wherever it may begin in the first hundred places."""
    text = LONG[name]
    began = time.process_time()
    for pattern in [*tables.PATTERNS.values(), *(pattern for _, pattern in tables.SOFT.values())]:
        compiled = re.compile(pattern)
        for start in (0, 1, 2, 3, 4, 5, 50):
            compiled.match(text, start)
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("text", "offset", "told", "shown"),
    [
        ("x = \0", 4, "null bytes", "x = \\x00"),
        ("\x1b[31m", 0, "U+001B", "\\x1b[31m"),
        ("x\x9b", 1, "U+009B", "x\\x9b"),
        ("a\u202eb", 1, "U+202E", "a\\u202eb"),
        ("a\u2028b", 1, "U+2028", "a\\u2028b"),
        ("\ud800", 0, "U+D800", "\\ud800"),
        ("x\ny \u0661", 4, "U+0661", "y \u0661"),
        ("f\uff08x)", 1, "U+FF08", "f\uff08x)"),
        ("x = \ue000", 4, "U+E000", "x = \\ue000"),
        ("'a' \ufeff", 4, "U+FEFF", "'a' \\ufeff"),
    ],
)
def test_characters_are_named_and_never_shown_raw(text, offset, told, shown):
    with pytest.raises(SyntaxFailure) as caught:
        parse(text)
    diagnostic = caught.value.diagnostic
    assert diagnostic.labels[0].span[0] == offset
    drawn = diagnostic_text(diagnostic, LineMap(text))
    assert told in diagnostic.message
    assert shown in drawn
    assert drawn.replace("\n", "").isprintable()


def test_byte_order_mark_at_the_start_is_skipped():
    assert parse("\ufeffx = 1").body[0].targets[0].span == (1, 2)
    assert message("\ufeff  x = 1") == "unexpected indent"


def test_line_ends():
    assert len(parse("x\ry\r\nz\nw").body) == 4
    assert len(parse("if x:\r  y\r  z\rw").body) == 2
    assert parse("'''a\r\nb\rc'''").body[0].value.value == "a\nb\nc"


def test_numbers():
    """H07, H08: a meaning or an error of their own, never two tokens."""
    values = {
        "1_000": 1000,
        "0x10": 16,
        ".5": 0.5,
        "5.": 5.0,
        "1e400": float("inf"),
        "1e-400": 0.0,
        "9" * 4300: int("9" * 4300),
    }
    for text, value in values.items():
        assert parse(text).body[0].value.value == value
    for text in (
        "1..2",
        "1 2",
        "x.1",
        "1e",
        "1if x else 2",
        "2x",
        "0x",
        "0b2",
        "1__0",
        "09",
        "9" * 4301,
        "0x" + "f" * 5000,
    ):
        assert message(text)


def test_node_types_are_a_closed_list():
    """H25: the language has these and no others; a new one is a decision."""
    kinds = {name for name, value in vars(n).items() if isinstance(value, type) and issubclass(value, n.Node)}
    assert kinds == {
        *("Node", "Expression", "Statement", "Program"),
        *("Number", "Constant", "String", "FormatField", "FString", "Name", "List", "Tuple", "Set", "Dict", "Starred"),
        *("Attribute", "Keyword", "Call", "Slice", "Index", "Unary", "Chain", "Power", "Compare", "BoolOp", "Not"),
        *("Conditional", "Parameter", "Lambda", "ForClause", "Comprehension", "Yield", "YieldFrom"),
        *("ExpressionStatement", "Assign", "AugAssign", "If", "While", "For", "Break", "Continue", "Pass", "WithItem"),
        *(
            "With",
            "Def",
            "Class",
            "Return",
            "Assert",
            "Del",
            "Raise",
            "Handler",
            "Try",
            "Alias",
            "Import",
            "FromImport",
        ),
        *("Global", "Nonlocal", "Param", "Command", "Help"),
    }


@pytest.mark.parametrize("text", ["(x := 1)", "async def f(): pass", "yield 1", "class A(): 1 +", "b''", "await x"])
def test_outside_the_language(text):
    assert message(text)


PIECES = [
    "x",
    "1",
    "'",
    '"""',
    "\\",
    "\n",
    "\n  ",
    "\n\t",
    " ",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ";",
    ",",
    "=",
    "+",
    "f'",
    "{x",
    "#",
    "if ",
    "def f",
    "grad ",
    " wrt ",
    "help ",
    "else",
    "lambda",
    "\0",
    "é",
    "\r",
    "...",
    "@",
    "not ",
    "in ",
    "for ",
    "*",
    "try:",
    "except",
]


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=25).map("".join)))
def test_nothing_but_diagnostics_comes_out(text):
    try:
        program = parse(text)
    except SyntaxFailure as failure:
        diagnostic = failure.diagnostic
        assert diagnostic.message.isprintable()
        assert diagnostic.help.isprintable()
        for label in diagnostic.labels:
            start, end = label.span
            assert 0 <= start <= end <= len(text) + 1
    else:
        assert program.span == (0, len(text))
        assert split_ready(text + "\n") is not None
    is_incomplete(text)
    strip_prompts(text, anywhere=True)
    ready, rest = split_ready(text)
    assert ready + rest == text
