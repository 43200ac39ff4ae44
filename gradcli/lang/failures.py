"""An exception of a running program becomes a diagnostic: its own sentence, the places, what to type instead."""

from __future__ import annotations

from typing import Any

from gradcli.engine.limits import LimitExceeded
from gradcli.engine.tensor import Tensor
from gradcli.lang.binding import UnknownKeyword
from gradcli.lang.compile_base import World
from gradcli.lang.compile_commands import NotAvailable
from gradcli.lang.compile_imports import NoImport, UnknownModule
from gradcli.lang.diagnostics import Diagnostic, Label, LineMap, Span
from gradcli.lang.hints import AUTOGRAD, Facts, hint_for
from gradcli.lang.names import did_you_mean
from gradcli.lang.spots import Source, Spot, UnknownName, spot_of
from gradcli.lang.values import NoAttribute, Type, attribute_names, type_of

_SHAPE = ("size of tensor", "shape", "sizes of tensors", "size mismatch", "expanded size", "dimension", "expected size")
_DTYPE = ("dtype", "not implemented for '", "type ")

_KINDS: dict[type, str] = {IndexError: "index", KeyError: "key", ValueError: "value", AssertionError: "assertion"}

_WITH_FACTS = ("shape", "dtype", "autograd", "index")

_REFUSED = {
    "eval": "text is never run as code",
    "exec": "text is never run as code",
    "compile": "text is never run as code",
    "open": "files are not reachable from a program",
    "__import__": "write `import name`",
    "getattr": "attributes are written `value.name`",
    "setattr": "attributes are written `value.name = …`",
    "hasattr": "use `try` and `except AttributeError`",
    "globals": "the command `vars` lists the variables",
    "locals": "the command `vars` lists the variables",
    "dir": "the command `help NAME` says what there is",
    "input": "a program reads nothing while it runs",
}


def diagnose(error: BaseException, source: Source, world: World, statement: Span) -> Diagnostic:
    """What went wrong, for the text `source`; `statement` is the place if nothing nearer is known."""
    spot = spot_of(error)
    message = str(error)
    if isinstance(error, RecursionError):
        message = "maximum recursion depth exceeded"
    kind = _kind(error, message)
    labels, notes = _places(spot, source, statement, kind)
    help = _help(error, message, world, spot, source)
    if isinstance(error.__cause__, Exception):
        notes.append(f"caused by {type_of(error.__cause__).__name__}: {error.__cause__}")
    return Diagnostic(kind, message, labels, help, notes, _exception_name(error))


def _exception_name(error: BaseException) -> str:
    """The class that Python would have raised: ours refine those."""
    kind = type(error)
    if isinstance(error, LimitExceeded):
        return "RuntimeError"  # what torch raises where memory does not suffice
    if kind.__module__.startswith("gradcli.lang"):
        kind = next(base for base in kind.__mro__ if base.__module__ == "builtins")
    return kind.__name__


def _kind(error: BaseException, message: str) -> str:
    if isinstance(error, (LimitExceeded, RecursionError)):
        return "limit"
    if isinstance(error, NameError):
        return "name"
    if isinstance(error, (AttributeError, ImportError)):
        return "attribute" if isinstance(error, AttributeError) else "import"
    if any(part in message for part in AUTOGRAD):
        return "autograd"
    if isinstance(error, (RuntimeError, IndexError, ValueError)) and any(part in message.lower() for part in _SHAPE):
        return "shape"
    if isinstance(error, RuntimeError) and any(part in message for part in _DTYPE):
        return "dtype"
    if isinstance(error, TypeError):
        return "type"
    return _KINDS.get(type(error), "runtime")


# ---------------------------------------------------------------- places


def _places(spot: Spot | None, source: Source, statement: Span, kind: str) -> tuple[list[Label], list[str]]:
    """Labels in the text that was given, notes for places in texts that were given before."""
    if spot is None:
        return [Label(statement)], []
    labels: list[Label] = []
    notes: list[str] = []
    if spot.place.source is source:
        labels.append(Label(spot.place.span))
        labels += [
            Label(span, _fact(kind, shape, dtype)) for span, shape, dtype in spot.facts if span != spot.place.span
        ]
        if len(spot.facts) == 1 and spot.facts[0][0] == spot.place.span:
            labels[0].text = _fact(kind, *spot.facts[0][1:])
        labels = labels if kind in _WITH_FACTS else labels[:1]
    else:
        notes.append(_elsewhere(spot.trail[0][0] if spot.trail else "", spot.place.source, spot.place.span))
        notes += [f"{_text(spot.place.source, span)}: {_fact(kind, shape, dtype)}" for span, shape, dtype in spot.facts]
    for index, (function, place) in enumerate(spot.trail):
        if place.source is source:
            labels.append(Label(place.span, f"in {function}, called here"))
        else:
            caller = spot.trail[index + 1][0] if index + 1 < len(spot.trail) else ""
            notes.append(_elsewhere(caller, place.source, place.span))
    return labels or [Label(statement)], list(dict.fromkeys(notes))


def _fact(kind: str, shape: tuple[int, ...], dtype: str) -> str:
    return f"dtype torch.{dtype}" if kind == "dtype" else f"shape {list(shape)}"


def _text(source: Source, span: Span) -> str:
    text = " ".join(source.text[span[0] : span[1]].split())
    return text if len(text) <= 80 else text[:77] + "..."


def _elsewhere(function: str, source: Source, span: Span) -> str:
    line, _ = LineMap(source.text).position(span[0])
    where = f"in {function}, " if function else ""
    return f"{where}{source.name}, line {line}: {_text(source, span)}"


# ---------------------------------------------------------------- help


def _help(error: BaseException, message: str, world: World, spot: Spot | None, source: Source) -> str:
    if isinstance(error, UnknownName):
        return _help_name(error, world)
    if isinstance(error, NoAttribute):
        return _help_attribute(error, world)
    if isinstance(error, UnknownKeyword):
        return did_you_mean(error.missing, error.known)
    if isinstance(error, TypeError) and "unexpected keyword argument" in message:
        return _help_keyword(message)
    if isinstance(error, NoImport):
        return did_you_mean(error.missing, attribute_names(error.owner))
    if isinstance(error, UnknownModule):
        return f"the modules that can be imported: {', '.join(error.known)}"
    if isinstance(error, LimitExceeded):
        return f"`{error.flag}` raises the limit" if error.flag else ""
    if isinstance(error, RecursionError):
        return "a loop has no such limit"
    if isinstance(error, NotAvailable):
        return "`backward` and `grad … wrt …` compute gradients"
    return hint_for(message, _facts(spot, world))


def _help_name(error: UnknownName, world: World) -> str:
    name = error.missing
    if name in _REFUSED:
        return f"`{name}` is not in the language: {_REFUSED[name]}"
    return did_you_mean(name, [*error.local, *world.variables, *world.builtin_names()])


def _help_attribute(error: NoAttribute, world: World) -> str:
    name, owner = error.missing, error.owner
    if type(owner) is Tensor and name.startswith("__"):
        return "names that begin with two underscores are not reachable"
    near = did_you_mean(name, attribute_names(owner))
    if near or type(owner) is not Tensor:
        return near
    value = world.builtin(name)
    return f"`{name}(…)` is a function" if callable(value) and type(value) is not Type else ""


def _help_keyword(message: str) -> str:
    """The parameter that was meant, of an operator or of a class of ours."""
    from gradcli.engine import public
    from gradcli.engine.parameters import read_parameters

    function, _, rest = message.partition("() got an unexpected keyword argument ")
    entries = [
        entry
        for path, found in (*public.functions.items(), *public.methods.items())
        if path.rpartition(".")[2] == function
        for entry in found.entries
    ]
    names = [parameter.name for entry in entries for parameter in read_parameters(entry.kernel, entry.options)]
    return did_you_mean(rest.strip("'"), dict.fromkeys(names))


def _facts(spot: Spot | None, world: World) -> Facts:
    """What hints may use: the operands' texts and shapes, and the session's leaves."""
    operands: list[tuple[str, tuple[int, ...]]] = []
    if spot is not None:
        operands = [(_text(spot.place.source, span), shape) for span, shape, _ in spot.facts]
    leaves = [name for name, value in world.variables.items() if _is_plain_leaf(value)]
    return Facts(operands, leaves, "" if spot is None else _text(spot.place.source, spot.place.span))


def _is_plain_leaf(value: Any) -> bool:
    return type(value) is Tensor and not value.requires_grad and value.array.dtype.kind in "fc"
