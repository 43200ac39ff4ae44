"""The text of `help topic`, from the operators' entries and the functions' own docstrings."""

from __future__ import annotations

from typing import Any

from gradcli.lang.compile.base import World
from gradcli.lang.errors.spots import UnknownName
from gradcli.lang.values.table import MISSING

OVERVIEW = """\
An expression is a line of Python over tensors; torch's functions need no `torch.`

    x = ones(2, 2, requires_grad=True)
    out = mean((x + 2) ^ 2 * 3)
    backward out
    x.grad

Commands: param x = VALUE · backward OUT [with V] · grad OUT wrt X, W · vars · help NAME"""

COMMANDS = {
    "param": "param NAME = VALUE\n\nMake a leaf that requires grad from a tensor, a number or a list.",
    "backward": "backward OUT [with V]\n\nSum the gradients of OUT into the .grad of the leaves it came from.",
    "grad": "grad OUT wrt X, W\n\nThe gradients of OUT, leaving every .grad alone.",
    "vars": "vars\n\nThe variables of this session.",
    "help": "help NAME\n\nWhat a function, method or command does.",
    "check": "check OUT\n\nCompare the gradients of OUT with finite differences.",
    "explain": "explain OUT\n\nThe backward pass of OUT, step by step.",
    "graph": "graph OUT\n\nThe graph that OUT came from.",
    "formula": "formula OUT wrt X\n\nThe gradient as a formula.",
}


def help_for(topic: str, world: World) -> str:
    """What there is to say about a topic. Raises NameError where nothing is known of that name."""
    if not topic:
        return OVERVIEW
    name = topic.removeprefix("torch.").removeprefix("Tensor.")
    text = operator_help(name) or COMMANDS.get(topic) or _value_help(topic, world)
    if text is None:
        raise UnknownName(f"no help for {topic!r}", topic)
    return text


def operator_help(path: str, *, examples: bool = True) -> str | None:
    """Signatures, documentation, gradients, grad_fn names and examples of an operator, named by path or symbol."""
    found = _entries(path)
    if not found:
        return None
    lines = [f"{path}({parameters_text(entry)})" for entry in found]
    lines += ["", *dict.fromkeys(str(entry.__doc__ or "").strip() for entry in found)]
    gradients = dict.fromkeys(line for entry in found for line in _gradients(entry))
    if gradients:
        lines += ["", "gradients, g being that of the result:", *[f"    {line}" for line in gradients]]
    names = dict.fromkeys(_grad_fn(entry) for entry in found if _grad_fn(entry))
    if names:
        lines += ["", f"grad_fn: {', '.join(names)}"]
    if examples and examples_of(path):
        lines += ["", *[f"    {example}" for example in examples_of(path)]]
    return "\n".join(lines)


def examples_of(path: str) -> list[str]:
    """The examples of an operator, each once."""
    return list(dict.fromkeys(example for entry in _entries(path) for example in entry.examples))


def _entries(path: str) -> list[Any]:
    import gradcli.ops  # noqa: F401 - it publishes the operators
    from gradcli.engine import public
    from gradcli.engine.entry import entries

    function: Any = public.functions.get(path) or public.methods.get(path)
    return list(function.entries) if function is not None else [each for each in entries if each.operator == path]


def _gradients(entry: Any) -> list[str]:
    """The gradient of each input that has one, as its entry writes it."""
    from gradcli.lang.formula_text import formula_text

    formulas = getattr(entry, "vjp", None) or {}
    texts = [(name, formula_text(formula)) for name, formula in formulas.items() if formula is not None]
    return [f"{name}: {text}" for name, text in texts if text is not None]


def _grad_fn(entry: Any) -> str:
    name = getattr(entry, "grad_fn", "")
    return name if isinstance(name, str) and getattr(entry, "vjp", None) is not None else ""


def parameters_text(entry: Any) -> str:
    """The parameters of an operator as a def has them: `input, dim, keepdim=False, *, dtype=None`."""
    from gradcli.engine.entry import REQUIRED

    shown, starred = [], False
    for parameter in entry.parameters:
        if parameter.name.startswith("_"):  # torch's own business
            continue
        if parameter.keyword_only and not starred:
            shown.append("*")
            starred = True
        default = "" if parameter.default is REQUIRED else f"={parameter.default!r}"
        shown.append(parameter.name + default)
    return ", ".join(shown)


def _value_help(topic: str, world: World) -> str | None:
    value = world.variables.get(topic, world.builtin(topic))
    if value is MISSING:
        return None
    doc = getattr(value, "__doc__", None) if callable(value) else None
    return f"{topic}: {value!r}" if not doc or type(doc) is not str else f"{topic}\n\n{doc.strip()}"
