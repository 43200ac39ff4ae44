"""What a wrong program is told: the sentence (Python's where it has one), the place, and what to type instead."""

from __future__ import annotations

import pytest

from gradcli.lang.errors.diagnostics import SyntaxFailure
from gradcli.lang.syntax.parse import parse

# text, message, what is marked, help
CASES = [
    (
        "x = 'abc",
        "unterminated string literal (detected at line 1)",
        "'abc",
        "close it with ', or write ''' around a text of several lines",
    ),
    ("x'", "unterminated string literal (detected at line 1)", "'", "for the transpose write x.T"),
    ("A@B'", "unterminated string literal (detected at line 1)", "'", "for the transpose write B.T"),
    ("x = (1 +", "'(' was never closed", "(", ""),
    ("x = (1 + 2\ny = 3", "'(' was never closed", "(", ""),
    ("x)", "unmatched ')'", ")", ""),
    ("(]", "closing parenthesis ']' does not match opening parenthesis '('", "]", ""),
    ("  x = 1", "unexpected indent", "  ", "this line is indented more than the line before it, which begins no block"),
    (
        "if x:\ny",
        "expected an indented block after 'if' statement on line 1",
        "y",
        "indent the block by four spaces, or write 'pass' for an empty one",
    ),
    (
        "if x:\n  y\n z",
        "unindent does not match any outer indentation level",
        " ",
        "align the line with the block that it belongs to",
    ),
    ("if x\n  y", "expected ':'", "", ""),
    (
        "if x = 3: y",
        "invalid syntax. Maybe you meant '==' instead of '='?",
        "=",
        "= gives a name to a value, == compares",
    ),
    ("f(x.y=3)", 'expression cannot contain assignment, perhaps you meant "=="?', "=", ""),
    ("f(1=2)", 'expression cannot contain assignment, perhaps you meant "=="?', "=", ""),
    ("a && b", "invalid syntax", "&&", "write 'and'"),
    ("a || b", "invalid syntax", "||", "write 'or'"),
    ("!a", "invalid syntax", "!", "write 'not', or != for unequal"),
    ("x++", "invalid syntax", "++", "write x += 1"),
    ("print x", "Missing parentheses in call to 'print'. Did you mean print(...)?", "print x", ""),
    ("print 'a'", "Missing parentheses in call to 'print'. Did you mean print(...)?", "print 'a'", ""),
    ("x := 3", "invalid syntax", ":=", "':=' is not in the language: assign on a line of its own"),
    ("(y := 3)", "invalid syntax", ":=", "':=' is not in the language: assign on a line of its own"),
    ("yield 3", "'yield' outside function", "yield 3", ""),
    ("class A:\n    yield 3", "'yield' outside function", "yield 3", ""),
    (
        "class A:\n    return 3",
        "'return' outside function",
        "return 3",
        "at the top level an expression alone shows its value",
    ),
    (
        "async def f(): pass",
        "'async' is not in the language",
        "async",
        "there is nothing to wait for: write it without async",
    ),
    ("2x", "invalid decimal literal", "2x", "write 2 * x for a product"),
    ("1 2", "invalid syntax", "2", "an operator is missing between 1 and 2"),
    ("f(a b)", "invalid syntax. Perhaps you forgot a comma?", "a b", ""),
    ("1..2", "invalid decimal literal", "1..2", "a number has one decimal point"),
    ("x.1", "invalid syntax", ".1", "an operator is missing between x and .1"),
    ("1e", "invalid decimal literal", "1e", "digits are missing after the exponent's e"),
    ("0xg", "invalid hexadecimal literal", "0xg", ""),
    ("0b12", "invalid digit '2' in binary literal", "0b12", ""),
    (
        "09",
        "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers",
        "09",
        "write 9",
    ),
    ("1_", "invalid decimal literal", "1_", "an underscore stands between two digits"),
    ("1if x else 2", "invalid decimal literal", "1if", "put a blank between 1 and if"),
    ("if x:\n  y\nelse if z:\n  w", "expected ':'", "if", "write 'elif'"),
    (
        "else:\n  x",
        "invalid syntax",
        "else",
        "'else' has no 'if', 'for', 'while' or 'try' before it at this indentation",
    ),
    ("x if y", "expected 'else' after 'if' expression", "", ""),
    ("lambda = 3", "invalid syntax", "=", "'lambda' is a reserved word and cannot be a name"),
    ("for = 2", "invalid syntax", "=", "'for' is a reserved word and cannot be a name"),
    ("x =", "invalid syntax", "", "an expression is missing after '='"),
    ("x = 1 +", "invalid syntax", "", "an expression is missing after '+'"),
    ("f(,)", "invalid syntax", ",", "an expression is missing after '('"),
    ("[1,,2]", "invalid syntax", ",", "an expression is missing after ','"),
    ("grad y x", "invalid syntax", "x", "usage: grad OUTPUT wrt INPUT, …"),
    ("grad y", "invalid syntax", "", "usage: grad OUTPUT wrt INPUT, …"),
    ("param x", "invalid syntax", "", "usage: param NAME = VALUE"),
    ("param 3", "invalid syntax", "3", "usage: param NAME = VALUE"),
    ("grad -x wrt y", "invalid syntax", "wrt", "put the expression after 'grad' in parentheses: grad (…) wrt …"),
    ("check (x", "'(' was never closed", "(", ""),
    ("formula y wrt", "invalid syntax", "", "usage: formula OUTPUT wrt INPUT, …"),
    ("from . import a", "invalid syntax", ".", "'from' is a reserved word and cannot be a name"),
    ("from x import", "invalid syntax", "", "a name is missing after 'import'"),
    ("import", "invalid syntax", "", "a name is missing after 'import'"),
    ("except A, B:", "invalid syntax", "except", "'except' has no 'try' before it at this indentation"),
    ("try:\n  x\nexcept A, B:\n  y", "multiple exception types must be parenthesized", ",", ""),
    ("try:\n  x\ny", "expected 'except' or 'finally' block", "y", ""),
    ("@f\nx", "expected a function definition after the decorator", "x", "a decorator stands on the line above 'def'"),
    (
        "f() = 3",
        "cannot assign to function call here. Maybe you meant '==' instead of '='?",
        "f()",
        "= gives a name to a value, == compares",
    ),
    (
        "1 = x",
        "cannot assign to literal here. Maybe you meant '==' instead of '='?",
        "1",
        "= gives a name to a value, == compares",
    ),
    ("True = 3", "cannot assign to True", "True", ""),
    (
        "a < b = 3",
        "cannot assign to comparison here. Maybe you meant '==' instead of '='?",
        "a < b",
        "= gives a name to a value, == compares",
    ),
    (
        "x + 1 = 3",
        "cannot assign to expression here. Maybe you meant '==' instead of '='?",
        "x + 1",
        "= gives a name to a value, == compares",
    ),
    ("f() += 1", "'function call' is an illegal expression for augmented assignment", "f()", ""),
    ("(a,b) += 1", "'tuple' is an illegal expression for augmented assignment", "(a,b)", ""),
    ("for f() in x: y", "cannot assign to function call", "f()", ""),
    ("for x y", "invalid syntax", "y", "write: for NAME in VALUES:"),
    ("for x = 3: y", "invalid syntax", "=", "write: for NAME in VALUES:"),
    ("del f()", "cannot delete function call", "f()", ""),
    ("*a = 3", "starred assignment target must be in a list or tuple", "*a", "write *a, = …"),
    ("a, *b, *c = d", "multiple starred expressions in assignment", "*c", ""),
    ("*a", "can't use starred expression here", "*a", "a star unpacks inside a list, a tuple or a call"),
    ("f(a=1, 2)", "positional argument follows keyword argument", "2", ""),
    ("f(**a, 2)", "positional argument follows keyword argument unpacking", "2", ""),
    ("f(a=1,a=2)", "keyword argument repeated: a", "a=2", ""),
    ("f(x for x in y, 3)", "Generator expression must be parenthesized", "x for x in y", ""),
    ("def f(a=1, b): pass", "non-default argument follows default argument", "b", ""),
    ("def f(a, a): pass", "duplicate argument 'a' in function definition", "a", ""),
    ("def f(*): pass", "named arguments must follow bare *", "*", ""),
    ("def f(**k, a): pass", "arguments cannot follow var-keyword argument", "a", ""),
    ("break", "'break' outside loop", "break", ""),
    ("continue", "'continue' not properly in loop", "continue", ""),
    ("return 3", "'return' outside function", "return 3", "at the top level an expression alone shows its value"),
    ("while 1:\n  def f():\n    break", "'break' outside loop", "break", ""),
    ("'\\x4'", "truncated \\xXX escape", "\\x", "write \\xXX with hexadecimal digits, or \\\\x"),
    ("'\\N{foo}'", "unknown Unicode character name", "\\N{foo}", ""),
    ("f'{'", "f-string: expecting '}'", "{", "this { is not closed; {{ is a brace in the text"),
    ("f'}'", "f-string: single '}' is not allowed", "}", "write }} for a brace in the text"),
    ("f'{}'", "f-string: empty expression not allowed", "{}", "write {{ for a brace in the text"),
    ("f'{x!z}'", "f-string: invalid conversion character: expected 's', 'r', or 'a'", "!z", ""),
    ("f'{a b}'", "f-string: invalid syntax", "b", "an operator is missing between a and b"),
    ("f'{x'", "f-string: expecting '}'", "{", "this { is not closed; {{ is a brace in the text"),
    ("b'abc'", "bytes literals are not in the language", "b'abc'", "leave out the b"),
    ("x = \x00", "source code cannot contain null bytes", "\x00", "take the invisible character out"),
    ("x\x1b[31m", "invalid non-printable character U+001B", "\x1b", "take the invisible character out"),
    ("\u202ex", "invalid non-printable character U+202E", "\u202e", "take the invisible character out"),
    ("x = ١", "invalid character '١' (U+0661)", "١", "write 1"),
    ("f（x）", "invalid character '（' (U+FF08)", "（", "write ("),
    ("x = “a”", "invalid character '“' (U+201C)", "“", 'write "'),
    ("2 × 3", "invalid character '×' (U+00D7)", "×", "write *"),
    ("θ = 1", "invalid character 'θ' (U+03B8)", "θ", "names are made of the letters a to z, digits and _"),
    (
        "x \\ y",
        "unexpected character after line continuation character",
        "\\ ",
        "nothing, not even a blank, may follow the backslash",
    ),
    ("x \\", "unexpected end of text after line continuation", "\\", ""),
    (
        "'''abc",
        "unterminated triple-quoted string literal (detected at line 1)",
        "'''",
        "the string goes on to the end of the text",
    ),
    ("{1: 2, 3}", "expected ':'", "}", ""),
    ("{", "'{' was never closed", "{", ""),
    ("x = {1: 2", "'{' was never closed", "{", ""),
    ("if (x) {", "expected ':'", "{", "a block begins with ':' and is indented; there are no braces"),
    ("while True {", "expected ':'", "{", "a block begins with ':' and is indented; there are no braces"),
    ("def f(x) return x", "expected ':'", "return", ""),
    ("def f: pass", "expected '('", ":", ""),
    ("def 3(): x", "invalid syntax", "3", ""),
    ("with a as 3: x", "cannot assign to literal", "3", ""),
    ("x = y = ", "invalid syntax", "", "an expression is missing after '='"),
    ("x y z", "invalid syntax", "y", "an operator is missing between x and y"),
    ("a ? b : c", "invalid syntax", "?", "a choice is written 'b if a else c'; 'help NAME' tells about a name"),
    ("$x", "invalid syntax", "$", "names are written without $, and comments begin with #"),
    ("x <> y", "invalid syntax", "<>", "write !="),
    ("x === y", "invalid syntax", "===", "write =="),
    ("x => y", "invalid syntax", "=>", "write >="),
    ("`x`", "invalid syntax", "`", "strings stand in ' or \""),
    ("x; ; y", "invalid syntax", ";", "an expression is missing after ';'"),
    (";", "invalid syntax", ";", ""),
    ("if x: if y: z", "invalid syntax", "if", "'if' begins a line of its own"),
    ("return", "'return' outside function", "return", "at the top level an expression alone shows its value"),
    ("not", "invalid syntax", "", "an expression is missing after 'not'"),
    ("lambda: (yield)", "'yield' outside function", "yield", ""),
    ("x = 5 if", "invalid syntax", "", "an expression is missing after 'if'"),
    ("[x for x]", "invalid syntax", "]", ""),
    (
        "[for x in y]",
        "invalid syntax",
        "for",
        "'for' is a reserved word: it cannot be a name, and nothing with a value begins with it",
    ),
    ("(a, b", "'(' was never closed", "(", ""),
    ("x[", "'[' was never closed", "[", ""),
    ("x[1", "'[' was never closed", "[", ""),
    ("f(", "'(' was never closed", "(", ""),
    ("f(x", "'(' was never closed", "(", ""),
    ("f(x,\n", "'(' was never closed", "(", ""),
    ("a b(", "invalid syntax", "b", "an operator is missing between a and b"),
    (
        "while x:\n\ty\n        z",
        "inconsistent use of tabs and spaces in indentation",
        "        ",
        "indent with spaces only",
    ),
    ("if x:\n\ty\n  z", "inconsistent use of tabs and spaces in indentation", "  ", "indent with spaces only"),
    ("-", "invalid syntax", "", "an expression is missing after '-'"),
    ("assert", "invalid syntax", "", "an expression is missing after 'assert'"),
    ("del", "invalid syntax", "", "an expression is missing after 'del'"),
    ("global", "invalid syntax", "", "a name is missing after 'global'"),
    ("raise a from", "invalid syntax", "", "an expression is missing after 'from'"),
    ("import a.b as", "invalid syntax", "", "a name is missing after 'as'"),
    ("with", "invalid syntax", "", "an expression is missing after 'with'"),
    ("with x", "expected ':'", "", ""),
    ("a -> b", "invalid syntax", "->", ""),
    ("f(*)", "invalid syntax", ")", "an expression is missing after '*'"),
    ("(a, b): int", "only single target (not tuple) can be annotated", "(a, b)", ""),
    ("help a b", "invalid syntax", "a", "usage: help [TOPIC]"),
    ("help(a", "'(' was never closed", "(", ""),
    ("vars x", "invalid syntax", "x", "usage: vars"),
    ("0o9", "invalid digit '9' in octal literal", "0o9", ""),
    ("1.5.2", "invalid decimal literal", "1.5.2", "a number has one decimal point"),
    ("12_", "invalid decimal literal", "12_", "an underscore stands between two digits"),
    ("x!", "invalid syntax", "!", "write 'not', or != for unequal"),
    ("x wrt y", "invalid syntax", "wrt", "'wrt' belongs to a command: grad OUTPUT wrt INPUT, …"),
    ("f'{x:{y:{z}}}'", "f-string: expressions nested too deeply", "{", ""),
    (
        "if x:",
        "expected an indented block after 'if' statement on line 1",
        "",
        "indent the block by four spaces, or write 'pass' for an empty one",
    ),
    (
        "def f():",
        "expected an indented block after function definition on line 1",
        "",
        "indent the block by four spaces, or write 'pass' for an empty one",
    ),
    ("else", "invalid syntax", "else", "'else' has no 'if', 'for', 'while' or 'try' before it at this indentation"),
    ("{**a, 'b'}", "expected ':'", "}", ""),
    ("print(x", "'(' was never closed", "(", ""),
    (
        "nonlocal x = 3",
        "invalid syntax. Maybe you meant '==' instead of '='?",
        "=",
        "= gives a name to a value, == compares",
    ),
    (
        "a\xa0= 3",
        "invalid non-printable character U+00A0",
        "\xa0",
        "it is a blank that is not the ordinary one",
    ),
    (
        "x = 1\n    y = 2",
        "unexpected indent",
        "    ",
        "this line is indented more than the line before it, which begins no block",
    ),
    ("for i in range(3)\n  x", "expected ':'", "", ""),
    ("f(x)) + 1", "unmatched ')'", ")", ""),
    ("\ud800", "invalid non-printable character U+D800", "\ud800", "take the invisible character out"),
]


def failure(text, **limits):
    with pytest.raises(SyntaxFailure) as caught:
        parse(text, **limits)
    return caught.value


@pytest.mark.parametrize(("text", "message", "marked", "help"), CASES)
def test_message(text, message, marked, help):
    diagnostic = failure(text).diagnostic
    start, end = diagnostic.labels[0].span
    assert (diagnostic.message, text[start:end], diagnostic.help) == (message, marked, help)


def python_s(text):
    """Python's message, or "" where it takes the text."""
    try:
        compile(text, "program", "exec")
    except (SyntaxError, ValueError) as error:
        return str(error.args[0])
    return ""


def test_most_messages_are_python_s():
    """Whoever searches for a message finds what has been written about it."""
    same = sum(python_s(text).split(" on line")[0] == message.split(" on line")[0] for text, message, *_ in CASES)
    assert same > 0.6 * len(CASES)


@pytest.mark.parametrize(
    ("text", "exception"),
    [("if x:\ny", "IndentationError"), ("if x:\n\ty\n        z", "TabError"), ("x = = y", "SyntaxError")],
)
def test_exception(text, exception):
    assert failure(text).diagnostic.exception == exception
    assert failure(text).diagnostic.kind == "syntax"


def test_second_label():
    labels = failure("x = (1,\n2]").diagnostic.labels
    assert [(label.span, label.text) for label in labels] == [((9, 10), ""), ((4, 5), "opened here")]
    labels = failure("while x:\ny").diagnostic.labels
    assert [label.span for label in labels] == [(9, 10), (0, 5)]


def test_the_first_error_is_told():
    assert failure("x = = 3\ny = 'abc").diagnostic.labels[0].span == (4, 5)
    assert failure("x = 'abc\ny = = 3").diagnostic.message.startswith("unterminated string")


def test_spans_in_an_f_string_are_offsets_into_the_text():
    text = "x = 1\ny = f'abc {x:>{w w}}'"
    start, end = failure(text).diagnostic.labels[0].span
    assert (text[start:end], text[start - 2 : end]) == ("w", "w w")
