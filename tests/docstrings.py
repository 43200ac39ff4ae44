"""The examples in torch's own docstrings as transcripts: statements, and what each of them answers at a prompt.

`collected` reads the `>>>` lines of torch.*, torch.Tensor.*, torch.autograd.*, torch.func.*, torch.nn.functional.* and
the modules of operators, and keeps the eligible ones: whatever of torch they use exists here, and their answer does not
depend on the machine. What a docstring says of its output is not used: the statements are run (`asked_of_torch`).
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import doctest
import io
import re
import sys
import types
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from tests import oracle

# torch's own doctests run below these lines (pytorch/test/run_doctests.sh).
PRELUDE = "from torch import nn\nimport torch.nn.functional as F\nimport torch\n"
MODULES = (
    "torch",
    "torch.Tensor",
    "torch.autograd",
    "torch.autograd.functional",
    "torch.autograd.forward_ad",
    "torch.autograd.graph",
    "torch.func",
    "torch.nn.functional",
    "torch.linalg",
    "torch.special",
    "torch.fft",
)

# Answers that the machine gives, not the program: memory as it was, addresses, time, files.
UNDETERMINED = re.compile(
    r"\b(?:empty\w*|new_empty\w*|resize_|resize_as_|seed|seed_all|initial_seed|[gs]et_rng_state|Generator|cuda|data_ptr"
    r"|storage|untyped_storage|id|hash|time|num_threads|get_num\w*_threads|compile|save|load|profile|profiler)\b"
)

Transcript = list[list[str]]  # [statement, answer]


def statements(docstring: str) -> list[str]:
    """The sources of the examples; none if they are not Python."""
    try:
        sources = [example.source for example in doctest.DocTestParser().get_examples(docstring)]
        for source in sources:
            compile(source, "<docstring>", "single")
    except (SyntaxError, ValueError):
        return []
    return sources


class Uses(ast.NodeVisitor):
    """What of torch a program names: dotted paths below torch, and attributes that tensors have."""

    def __init__(self) -> None:
        self.modules = {"torch": "torch", "nn": "torch.nn", "F": "torch.nn.functional"}
        self.paths: set[str] = set()
        self.members: set[str] = set()

    def visit_Import(self, node: ast.Import) -> None:
        for name in node.names:
            if name.name.partition(".")[0] == "torch":
                self.paths.add(name.name)
                self.modules[name.asname or "torch"] = name.name if name.asname else "torch"

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if (node.module or "").partition(".")[0] == "torch":
            for name in node.names:
                self.paths.add(f"{node.module}.{name.name}")
                self.modules[name.asname or name.name] = f"{node.module}.{name.name}"

    def visit_Attribute(self, node: ast.Attribute) -> None:
        dotted = self.dotted(node)
        if dotted is None:
            self.members.add(node.attr)
            self.visit(node.value)
        else:
            self.paths.add(dotted)

    def dotted(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Name):
            return self.modules.get(node.id)
        if isinstance(node, ast.Attribute):
            owner = self.dotted(node.value)
            return owner and f"{owner}.{node.attr}"
        return None


def missing(sources: list[str]) -> list[str]:
    """What of torch the statements use that is not here."""
    from gradcli import Session
    from gradcli.lang.modules.table import MODULES as OURS
    from gradcli.lang.values.table import attribute_names

    Session()  # fills the tables of attributes
    uses = Uses()
    for source in sources:
        uses.visit(ast.parse(source))
    tensor = oracle.torch().Tensor
    ours = set(attribute_names(oracle.our_library().tensor_class(np.zeros(()))))
    found = [f"Tensor.{name}" for name in uses.members if hasattr(tensor, name) and name not in ours]
    for path in uses.paths:
        here: Any = OURS["torch"]
        there: Any = oracle.torch()
        for name in path.split(".")[1:]:
            there = getattr(there, name, None)
            if there is None:
                break  # torch has no such name: it will say so
            if name not in attribute_names(here):
                found.append(path)
                break
            here = getattr(here, name, None)
            if not isinstance(there, types.ModuleType):
                break  # what a function's or a class's members are is a matter of values
    return sorted(found)


def documented() -> Iterator[tuple[str, list[str]]]:
    """(name, statements) of each documented object with examples, aliases of another aside."""
    torch = oracle.torch()
    seen: set[str] = set()
    for home in MODULES:
        owner: Any = torch
        for name in home.split(".")[1:]:
            owner = getattr(owner, name)
        for name in sorted(dir(owner)):
            if name.startswith("_"):
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                value = getattr(owner, name)
            text = getattr(value, "__doc__", None)
            sources = statements(text) if isinstance(text, str) else []
            key = "".join(sources)
            if sources and key not in seen and not isinstance(value, types.ModuleType):
                seen.add(key)
                yield f"{home}.{name}", sources


def collected() -> Iterator[tuple[str, list[str]]]:
    """The eligible ones."""
    for name, sources in documented():
        if not UNDETERMINED.search("".join(sources)) and not missing(sources):
            yield name, sources


def answers() -> Iterator[oracle.Json]:
    """The rows of tests/golden/docstrings.jsonl."""
    for name, sources in collected():
        yield {"name": name, "transcript": asked_of_torch(sources)}


def plainly(text: str) -> str:
    return oracle.ADDRESS.sub("0xADDR", text)


def asked_of_torch(sources: list[str]) -> Transcript:
    """What Python with torch answers to each statement, typed at a prompt."""
    torch = oracle.torch()
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(PRELUDE, names)
    torch.manual_seed(0)
    answers: Transcript = []
    displayhook, sys.displayhook = sys.displayhook, _display
    try:
        for source in sources:
            printed = io.StringIO()
            with warnings.catch_warnings(), contextlib.redirect_stdout(printed):
                warnings.simplefilter("ignore")
                try:
                    exec(compile(source, "<docstring>", "single"), names)
                except Exception as error:  # noqa: BLE001 - a prompt shows it and goes on
                    printed.write(f"{type(error).__name__}: {error}\n")
            answers.append([source, plainly(printed.getvalue())])
    finally:
        sys.displayhook = displayhook
        torch.set_printoptions(profile="default")
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)
    return answers


def _display(value: Any) -> None:
    if value is not None:
        builtins.print(repr(value))


def answered_here(sources: list[str]) -> Transcript:
    """What a Session of ours answers."""
    from gradcli import Session
    from gradcli.show.options import set_printoptions

    session = Session(seed=0)
    session.run(PRELUDE)
    oracle.our_library().module.manual_seed(0)
    answers: Transcript = []
    lines: list[str] = []

    def emit(event: Any) -> None:
        kind = type(event).__name__
        if kind == "Shown":
            lines.append(f"{event.value!r}\n")
        elif kind == "Printed":
            lines.append(event.text)
        elif kind == "Failed":
            lines.append(f"{event.diagnostic.exception}: {event.diagnostic.message}\n")

    try:
        for source in sources:
            lines.clear()
            session.run(source, emit)
            answers.append([source, plainly("".join(lines))])
    finally:
        set_printoptions(profile="default")
        oracle.settle()
    return answers
