r"""The one escaper for text that came from outside: names, strings, file names, source lines.

A terminal obeys control characters, and bidirectional ones reorder what stands around them (CWE-150, CVE-2021-42574).
So characters of the categories Cc, Cf, Zl, Zp, Cs and Co are written as escapes: `\n`, `\r`, `\t`, `\x1b`,
`\u202e`, `\U000e0041`. A backslash stays as it is: the result is to be read, not to be read back.
"""

from __future__ import annotations

__all__ = ["escape_line", "escape_text"]

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_CONTROLS = {code: _SHORT.get(chr(code), f"\\x{code:02x}") for code in (*range(0x20), *range(0x7F, 0xA0))}
_CONTROLS_OF_TEXT = {code: text for code, text in _CONTROLS.items() if code not in (9, 10)}
_HIDDEN = frozenset(("Cf", "Zl", "Zp", "Cs", "Co"))


def escape_line(text: str) -> str:
    """Return `text` fit to stand within one line: line breaks and tabs are escaped too."""
    return text if text.isprintable() else _escape(text, _CONTROLS)


def escape_text(text: str) -> str:
    """Return `text` fit to stand by itself: line feeds and tabs stay, carriage returns do not."""
    return text if text.isprintable() else _escape(text, _CONTROLS_OF_TEXT)


def _escape(text: str, controls: dict[int, str]) -> str:
    text = text.translate(controls)
    if text.isascii() or text.isprintable():
        return text
    from unicodedata import category

    # Spaces other than " " and characters newer than this Python's Unicode are not printable either, and harmless.
    return "".join(
        _numbered(char) if not (char.isascii() or char.isprintable()) and category(char) in _HIDDEN else char
        for char in text
    )


def _numbered(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
