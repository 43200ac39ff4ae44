"""One line about a value, a member or a function, for the menu: signature first, then what it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine import public
from gradcli.engine.tensor import Tensor
from gradcli.lang.compile.binding import Parameters, parameters_of
from gradcli.lang.helptext import parameters_text
from gradcli.lang.values.table import CLASSES, METHODS, Deferred, Method, Namespace, Type, method, table, type_name

if TYPE_CHECKING:
    from gradcli.cli.repl.preview import Preview
    from gradcli.session import Session


def describe_value(value: Any) -> str:
    """A variable: shape and dtype of a tensor, the value of a number, else the type."""
    if isinstance(value, Tensor):
        requires = " requires grad" if value.requires_grad else ""
        return f"{list(value.shape)} {value.dtype.name}{requires}"
    if isinstance(value, np.ndarray):
        return f"array {list(value.shape)} {value.dtype.name}"
    if isinstance(value, (bool, int, float, complex)):
        return f"{type_name(value)} {value!r}"
    if isinstance(value, public.Function):
        return describe_function(value)
    if (written := written_function(value)) is not None:
        return f"{signature(*written)}  {first_line(value)}".strip()
    if isinstance(value, (list, tuple)):
        return f"{type_name(value)} of {len(value)}"
    return value.name if isinstance(value, Namespace) else type_name(value)


def describe_function(function: public.Function) -> str:
    """Its first overload and the first line of its documentation."""
    entry = function.entries[0]
    parameters = parameters_text(entry)
    if function.method:
        parameters = parameters.partition(",")[2].strip()
    return f"({parameters})  {first_line(entry)}"


def first_line(value: Any) -> str:
    """The first line of a docstring, or ""."""
    doc = value.__doc__
    return doc.strip().partition("\n")[0] if isinstance(doc, str) else ""


def describe_member(value: Any, name: str) -> str:
    """What `value.name` is; getters are not asked."""
    if isinstance(value, Namespace):
        member = value.members[name]
        return "" if isinstance(member, Deferred) else describe_value(member)
    if name in table(METHODS, type(value)):
        member = method(value, name)
        if isinstance(member, public.Function):
            return describe_function(member)
        written = written_function(member)
        what = "method" if written is None else signature(written[0], written[1] + 1)
        return f"{what}  {first_line(member)}".strip()
    if type(value) in CLASSES and name in value.fields and name not in CLASSES[type(value)].properties:
        return describe_value(value.fields[name])
    return "attribute"


def written_function(value: Any) -> tuple[Parameters, int] | None:
    """The parameters of a program's function, method or class, and how many of them are filled in already."""
    filled = 0
    if isinstance(value, Type) and value in CLASSES.values():
        value, filled = value.known.get("__init__"), 1  # type: ignore[attr-defined]
    elif isinstance(value, Method):
        value, filled = value.function, 1
    parameters = parameters_of(value)
    return None if parameters is None else (parameters, filled)


def signature(parameters: Parameters, filled: int) -> str:
    """`(x, k = 2, *rest)`."""
    shown = [f"{name} {default}".strip() for name, default in parameters.described().items()]
    return f"({', '.join(shown[filled:])})"


def describe_builtin(name: str, session: Session) -> str:
    """What a name that every program knows stands for."""
    function = function_named(name)
    if function is not None:
        return describe_function(function)
    value = session.builtin(name)
    if callable(value) and not isinstance(value, (Type, Namespace)):
        return first_line(value) or "function"
    return "type" if isinstance(value, Type) else describe_value(value)


def function_named(name: str) -> public.Function | None:
    """torch's function that a bare name means."""
    return public.functions.get(name) or public.functions.get(f"nn.functional.{name}")


def keywords_of(callee: str, given: int, session: Session, preview: Preview) -> Iterator[tuple[str, str]]:
    """The parameters that may be given by name to the function that an expression is: (name, what is known of it).

    given: how many arguments it has by position.
    """
    if callee.isidentifier() and callee not in session.variables:
        function: Any = function_named(callee)
    else:
        owner, dot, name = callee.rpartition(".")
        try:
            value = preview.owner(owner if dot else callee)
        except Exception:  # noqa: BLE001 - what cannot be evaluated has no completions
            return
        function = value if not dot else member_function(value, name)
        given += bool(dot and type(value) in CLASSES)
    if isinstance(function, public.Function):
        yield from _of_entries(function, given)
    elif (written := written_function(function)) is not None:
        parameters, filled = written
        for place, (parameter, default) in enumerate(parameters.described().items()):
            if place >= given + filled and parameter[0] != "*":
                yield parameter, default


def member_function(value: Any, name: str) -> Any:
    """The function behind `value.name`, or None."""
    if isinstance(value, Namespace):
        return value.members.get(name)
    return method(value, name)


def _of_entries(function: public.Function, given: int) -> Iterator[tuple[str, str]]:
    from gradcli.engine.entry import REQUIRED

    seen: dict[str, str] = {}
    for entry in function.entries:
        for place, parameter in enumerate(entry.parameters[1:] if function.method else entry.parameters):
            if place < given and not parameter.keyword_only:
                continue
            default = "" if parameter.default is REQUIRED else f" = {parameter.default!r}"
            seen.setdefault(parameter.name, f"{' | '.join(parameter.kinds)}{default}")
    yield from seen.items()
