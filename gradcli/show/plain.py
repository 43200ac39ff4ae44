"""Values, gradients and diagnostics as plain text: what stands in a pipe, a file, a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradcli.show.escape import escape_line, escape_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gradcli.lang.errors.diagnostics import Diagnostic, LineMap
    from gradcli.show.drawing import Line

__all__ = ["diagnostic_text", "gradient_text", "joined", "named_text", "printed_text", "value_text"]


def value_text(value: Any) -> str:
    """Return the repr of a value, as Python and PyTorch print it.

    Raises RuntimeError for lists nested too deeply, ValueError for an int of more digits than Python writes.
    """
    try:
        return escape_text(repr(value))
    except RecursionError:
        raise RuntimeError("the value is nested too deeply to print") from None


def named_text(name: str, text: str) -> str:
    """Return `name = text`; the further lines of a tensor's repr are moved along, so that its columns stay aligned."""
    head = escape_line(name) + " = "
    return head + text.replace("\n", "\n" + " " * len(head))


def gradient_text(name: str, grad: Any, before: Any = None) -> str:
    """Return `name.grad = …`; `before` is the gradient that was there already, to which this one was added."""
    text = named_text(f"{name}.grad", value_text(grad))
    return text if before is None else text + "  # added to the gradient that was there"


def printed_text(text: str) -> str:
    """Return what the program printed, without control over the terminal."""
    return escape_text(text)


def diagnostic_text(
    diagnostic: Diagnostic, source: LineMap | None = None, name: str | None = None, first_line: int = 1
) -> str:
    """Return a diagnostic as lines joined by line feeds; see `draw_diagnostic` for the arguments."""
    from gradcli.show.drawing import draw_diagnostic  # loaded when there is something to complain about

    return joined(draw_diagnostic(diagnostic, source, name, first_line))


def joined(lines: Iterable[Line]) -> str:
    """Return drawn lines as text."""
    return "\n".join("".join(text for _, text in line).rstrip() for line in lines)
