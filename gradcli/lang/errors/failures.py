"""An exception of a running program becomes a diagnostic: its own sentence, the places, what to type instead."""

from __future__ import annotations

from typing import Any, Final

from gradcli.engine.limits import LimitExceeded
from gradcli.engine.tensor import Tensor
from gradcli.lang.compile.base import World
from gradcli.lang.compile.binding import UnknownKeyword
from gradcli.lang.compile.commands import NotAvailable
from gradcli.lang.compile.imports import NoImport, UnknownModule
from gradcli.lang.errors.diagnostics import Diagnostic, Label, Span
from gradcli.lang.errors.graph_hints import graph_help
from gradcli.lang.errors.hints import AUTOGRAD, Facts, hint_for
from gradcli.lang.errors.keyword_hints import keyword_help
from gradcli.lang.errors.names import did_you_mean
from gradcli.lang.errors.places import Points, operands_of, point_at
from gradcli.lang.errors.shapes import clash_table
from gradcli.lang.errors.spots import Source, UnknownName, here, spot_of
from gradcli.lang.values.table import NoAttribute, Type, attribute_names, type_of

_SHAPE = (
    "size of tensor",
    "core dimension",
    "shape",
    "sizes of tensors",
    "size mismatch",
    "expanded size",
    "dimension",
    "expected size",
    "equal size",
)
_DTYPE = ("dtype", "not implemented for '", "type ")

_KINDS: dict[type, str] = {IndexError: "index", KeyError: "key", ValueError: "value", AssertionError: "assertion"}

_WITH_FACTS = ("shape", "dtype", "index")
_ABOUT_SHAPES = (
    "only for scalar outputs",
    "Mismatch in shape",
    "Boolean value of Tensor",
    "to Scalar",
    "Python scalars",
)

_REFUSED = {
    "eval": "text is never run as code",
    "exec": "text is never run as code",
    "compile": "text is never run as code",
    "open": "files are not reachable from a program",
    "__import__": "write `import name`",
    "globals": "the command `vars` lists the variables",
    "locals": "the command `vars` lists the variables",
    "dir": "the command `help NAME` says what there is",
    "getattr": "an attribute is written `value.name`; an object's own fields are `value.__dict__`",
    "vars": "the fields of an object are `value.__dict__`; the command `vars` lists the variables",
    "input": "a program reads nothing while it runs",
}


def diagnose(error: BaseException, source: Source, world: World, statement: Span) -> Diagnostic:
    """What went wrong, for the text `source`; `statement` is the place if nothing nearer is known."""
    spot = spot_of(error)
    message = _message(error)
    if isinstance(error, RecursionError):
        message = "maximum recursion depth exceeded"
    kind = _kind(error, message)
    points = Points(source)
    operands = operands_of(spot) if spot is not None else []
    if spot is not None:
        with_facts = kind in _WITH_FACTS or any(part in message for part in _ABOUT_SHAPES)
        point_at(points, spot, operands if with_facts else [], kind)
    help = _help(error, message, world, Facts(operands, _leaves(world), spot, points))
    if kind == "shape" and (drawn := clash_table(message, [(operand.text, operand.shape) for operand in operands])):
        points.notes.insert(0, drawn)
    if isinstance(error.__cause__, Exception):
        points.notes.append(f"caused by {type_of(error.__cause__).__name__}: {_message(error.__cause__)}")
    labels = points.labels or [Label(statement)]
    return Diagnostic(kind, message, labels, help, list(dict.fromkeys(points.notes)), _exception_name(error))


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a `__str__` of the program's
        return "<exception str() failed>"


def warned(message: str, category: str, source: Source, statement: Span) -> Diagnostic:
    """A warning that is being given now, in the statement at `statement`: torch's sentence, the place, what to do."""
    spot, points = here(), Points(source)
    if spot is not None:
        point_at(points, spot, [], "warning")
    help = hint_for(message, Facts([], [], spot, points))
    return Diagnostic("warning", message, points.labels or [Label(statement)], help, points.notes, category)


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


# ---------------------------------------------------------------- help


def _help(error: BaseException, message: str, world: World, facts: Facts) -> str:
    if isinstance(error, UnknownName):
        return _help_name(error, world)
    if isinstance(error, NoAttribute):
        return _help_attribute(error, world)
    if isinstance(error, UnknownKeyword):
        return did_you_mean(error.missing, error.known)
    if isinstance(error, TypeError) and (help := keyword_help(message, facts.spot, facts.points)):
        return help
    if isinstance(error, NoImport):
        return did_you_mean(error.missing, attribute_names(error.owner))
    if isinstance(error, UnknownModule):
        return _help_module(error)
    if isinstance(error, LimitExceeded):
        return f"`{error.flag}` raises the limit" if error.flag else ""
    if isinstance(error, RecursionError):
        return "a loop has no such limit"
    if isinstance(error, NotAvailable):
        return "`backward` and `grad … wrt …` compute gradients"
    return graph_help(error, message, world, facts) or hint_for(message, facts)


_MODULES: Final = {
    "matplotlib": "there are no pictures here: print the numbers, or save() them for another program",
    "pickle": "pickles can run anything: load() and save() have .npy, .npz, .csv and .json",
    "os": "a program here sees no machine",
    "pandas": 'load("file.csv") reads a table',
    "scipy": "numpy.linalg, torch.linalg and torch.special are here",
    "torchvision": "there are no data sets here: load() reads .npy, .npz, .csv and .json",
    "tqdm": "a loop that takes long shows by itself how far it is",
}


def _help_module(error: UnknownModule) -> str:
    top = (error.name or "").partition(".")[0]
    return _MODULES.get(top) or f"the modules that can be imported: {', '.join(error.known)}"


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


def _leaves(world: World) -> list[str]:
    """The variables that could require grad and do not."""
    return [name for name, value in world.variables.items() if _is_plain_leaf(value)]


def _is_plain_leaf(value: Any) -> bool:
    return type(value) is Tensor and not value.requires_grad and value.array.dtype.kind in "fc"
