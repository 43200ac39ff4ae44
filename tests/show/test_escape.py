"""Text from outside reaches the terminal without power over it (HOSTILE H41)."""

from __future__ import annotations

import subprocess
import sys
import unicodedata

import pytest

from gradcli.show.escape import escape_line, escape_text


@pytest.mark.parametrize(
    ("raw", "in_a_line", "by_itself"),
    [
        ("plain", "plain", "plain"),
        ("a\nb\tc", "a\\nb\\tc", "a\nb\tc"),
        ("a\r\nb", "a\\r\\nb", "a\\r\nb"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07", "\\x1b]0;title\\x07"),
        ("\x9b31m\x7f\x00", "\\x9b31m\\x7f\\x00", "\\x9b31m\\x7f\\x00"),
        ("\u202eabc\u2066", "\\u202eabc\\u2066", "\\u202eabc\\u2066"),
        ("\u2028\u2029\u200b\xad", "\\u2028\\u2029\\u200b\\xad", "\\u2028\\u2029\\u200b\\xad"),
        ("\udcff\ue000\U000e0041", "\\udcff\\ue000\\U000e0041", "\\udcff\\ue000\\U000e0041"),
        ("∂y/∂x = 日本\u3000é\u0301", "∂y/∂x = 日本\u3000é\u0301", "∂y/∂x = 日本\u3000é\u0301"),
        ("C:\\new", "C:\\new", "C:\\new"),
    ],
)
def test_escapes(raw: str, in_a_line: str, by_itself: str) -> None:
    assert escape_line(raw) == in_a_line
    assert escape_text(raw) == by_itself


def test_every_character_of_the_hidden_categories_is_escaped_and_no_other() -> None:
    hidden = ("Cc", "Cf", "Zl", "Zp", "Cs", "Co")
    for code in [*range(0x3000), *range(0xD7F0, 0xE010), *range(0xFE00, 0x10000), *range(0xE0000, 0xE0080)]:
        char = chr(code)
        assert (escape_line(char) == char) == (unicodedata.category(char) not in hidden), hex(code)


def test_ascii_needs_no_unicode_tables() -> None:
    probe = (
        "import sys; from gradcli.show.escape import escape_text; escape_text('\\x1b[31m red \\n');"
        "print('unicodedata' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-S", "-c", probe], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
