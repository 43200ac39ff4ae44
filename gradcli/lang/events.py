"""What running a program yields: data, which the front ends draw."""

from __future__ import annotations

from typing import Any

from gradcli.lang.errors.diagnostics import Diagnostic, Span


class Shown:
    """The value of an expression, or of an assignment, to be echoed. `name` is None without a variable."""

    __slots__ = ("name", "span", "value")

    def __init__(self, name: str | None, value: Any, span: Span) -> None:
        self.name = name
        self.value = value
        self.span = span


class Printed:
    """What `print` wrote, line end included, and the stream: "stdout" or "stderr"."""

    __slots__ = ("stream", "text")

    def __init__(self, text: str, stream: str = "stdout") -> None:
        self.text = text
        self.stream = stream


class Gradients:
    """What a `backward` command left in the leaves, or a `grad` command computed: (name, gradient, gradient before)."""

    __slots__ = ("items",)

    def __init__(self, items: list[tuple[str, Any, Any]]) -> None:
        self.items = items


class Variables:
    """The answer to `vars`: (name, value)."""

    __slots__ = ("items",)

    def __init__(self, items: list[tuple[str, Any]]) -> None:
        self.items = items


class Helped:
    """The answer to `help topic`."""

    __slots__ = ("text", "topic")

    def __init__(self, topic: str, text: str) -> None:
        self.topic = topic
        self.text = text


class Warned:
    """A warning of the engine or of the language."""

    __slots__ = ("diagnostic",)

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic


class Failed:
    """The statement that failed; those before it took effect."""

    __slots__ = ("diagnostic",)

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic


class Exited:
    """The program has ended itself, with `sys.exit(…)`: the exit status, and the text that it left as a reason."""

    __slots__ = ("status", "text")

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text


Event = Shown | Printed | Gradients | Variables | Helped | Warned | Failed | Exited
