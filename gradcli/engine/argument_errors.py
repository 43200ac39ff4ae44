"""The sentences for calls that no overload takes.

A port of torch's `format_invalid_args`, quirks included: it reads the printed signatures back, so that a parameter with
a default counts as named "False" or "None", `*` counts as a parameter, and `()` as one without a name.

Sources: torch/csrc/utils/invalid_arguments.cpp; `PythonArgParser::print_error`; CPython's Python/ceval.c
(`initialize_locals`) for what torch has written in Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcli.engine.kinds import type_name
from gradcli.engine.parameters import Form

Named = dict[str, Any]
_MASK = (1 << 64) - 1


def refusal(name: str, forms: Sequence[Form], args: Sequence[Any], kwargs: Named) -> str:
    """The sentence for a call that none of `forms` takes. args: without the tensor of a method."""
    forms = [variant for form in forms for variant in form.variants()]
    if len(forms) == 1:
        return _single(forms[0], args, kwargs)
    given = len(args) + len(kwargs)
    plausible = [form for form in forms if form.min_args <= given <= form.max_args and not form.deprecated]
    if len(plausible) == 1:
        return _single(plausible[0], args, kwargs)
    return invalid_combination(f"{name}()", [str(form) for form in forms if not form.deprecated], args, kwargs)


def python_refusal(form: Form, args: Sequence[Any], kwargs: Named) -> str | None:
    """What CPython says of a call that a def with these parameters does not take; None for a fault of another kind."""
    wrong = form.wrong_keyword(kwargs, len(args))
    if wrong is not None:
        return wrong
    if len(args) > form.max_positional:
        return form.extra_args(len(args))
    missing = [repr(p.name) for p in form.parameters[len(args) :] if not p.optional and p.name not in kwargs]
    if not missing:
        return None
    *first, last = missing
    listed = last if not first else f"{first[0]} and {last}" if len(first) == 1 else f"{', '.join(first)}, and {last}"
    return f"{form.name}() missing {len(missing)} required positional argument{'s' if first else ''}: {listed}"


def _single(form: Form, args: Sequence[Any], kwargs: Named) -> str:
    if form.own is not None and not form.parameters:  # a METH_NOARGS method: CPython's words
        if kwargs:
            return f"TensorBase.{form.name}() takes no keyword arguments"
        return f"TensorBase.{form.name}() takes no arguments ({len(args)} given)"
    try:
        form.match(args, kwargs, raises=True)
    except TypeError as error:
        return str(error)
    raise AssertionError("a call that fits was refused")


def invalid_combination(function: str, options: list[str], args: Sequence[Any], kwargs: Named) -> str:
    """The sentence for a call that fits none of the printed signatures in `options`."""
    kwargs = {name: kwargs[name] for name in _hash_order(list(kwargs))}
    start = f"{function} received an invalid combination of arguments - "
    if len(options) == 1:
        unmatched = _unmatched(_arguments(options[0]), kwargs)
        if unmatched:
            return f"{start}got unrecognized keyword arguments: {', '.join(unmatched)}"
        return f"{start}got {_given(options[0], args, kwargs)}, but expected {options[0]}"
    lines = [f"{start}got {_described(args, kwargs)}, but expected one of:"]
    for option in options:
        lines.append(f" * {option}")
        arguments = _arguments(option)
        if len(arguments) != len(args) + len(kwargs):
            continue
        unmatched = _unmatched(arguments, kwargs)
        if unmatched:
            reason = f"some of the keywords were incorrect: {', '.join(unmatched)}"
        else:
            reason = f"some of the arguments have invalid types: {_marked(arguments, args, kwargs)}"
        lines.append(f"      didn't match because {reason}")
    return "\n".join(lines) + "\n"


def _given(option: str, args: Sequence[Any], kwargs: Named) -> str:
    arguments = _arguments(option)
    fits = len(arguments) == len(args) + len(kwargs)
    return _marked(arguments, args, kwargs) if fits else _described(args, kwargs)


def _arguments(option: str) -> list[tuple[str, str]]:
    """(type, name) of each parameter of a printed signature, as torch reads them back."""
    found = []
    for text in option[1:-1].split(", "):
        kind, space, name = text.rpartition(" ")
        found.append((kind, name) if space else (text, text))
    return found


def _unmatched(arguments: list[tuple[str, str]], kwargs: Named) -> list[str]:
    last = [name for _, name in arguments[max(0, len(arguments) - len(kwargs)) :]]
    return [name for name in kwargs if name not in last]


def _described(args: Sequence[Any], kwargs: Named) -> str:
    text = "".join(f"{type_name(value)}, " for value in args)
    text += "".join(f"{name}={type_name(value)}, " for name, value in kwargs.items())
    return f"({text[:-2] if args else text})"


def _marked(arguments: list[tuple[str, str]], args: Sequence[Any], kwargs: Named) -> str:
    """The types given, those that are not of the wanted type between exclamation marks."""
    text = ""
    for position, (kind, name) in enumerate(arguments):
        if position < len(args):
            value, shown = args[position], ""
        else:
            value, shown = kwargs[name], f"{name}="
        mark = "" if _is_of_type(kind, value) else "!"
        text += f"{mark}{shown}{_with_elements(value)}{mark}, "
    return f"({text[:-2] if args else text})"


def _is_of_type(kind: str, value: Any) -> bool:
    given = type_name(value)
    return given in ("float", "int") if kind == "float" else given == kind


def _with_elements(value: Any) -> str:
    if not isinstance(value, (tuple, list)):
        return type_name(value)
    elements = ", ".join(map(type_name, value))
    if isinstance(value, list):
        return f"{type_name(value)} of [{elements}]"
    return f"{type_name(value)} of ({elements}{',' if len(value) == 1 else ''})"


def _hash_order(names: list[str]) -> list[str]:
    """Keywords in the order of the `std::unordered_map` that torch keeps them in.

    libstdc++ puts a new key before all others, or before those of its bucket (of 13) if that has any.
    """
    buckets: list[tuple[int, list[str]]] = []
    for name in names:
        bucket = _hash(name.encode()) % 13
        for other, members in buckets:
            if other == bucket:
                members.insert(0, name)
                break
        else:
            buckets.insert(0, (bucket, [name]))
    return [name for _, members in buckets for name in members]


def _hash(data: bytes) -> int:
    """MurmurHash64A as libstdc++ seeds it for `std::hash<std::string>`."""
    multiplier = 0xC6A4A7935BD1E995
    value = 0xC70F6907 ^ (len(data) * multiplier & _MASK)
    whole = len(data) & ~7
    for start in range(0, whole, 8):
        block = int.from_bytes(data[start : start + 8], "little") * multiplier & _MASK
        block = (block ^ block >> 47) * multiplier & _MASK
        value = (value ^ block) * multiplier & _MASK
    if len(data) > whole:
        value = (value ^ int.from_bytes(data[whole:], "little")) * multiplier & _MASK
    value = (value ^ value >> 47) * multiplier & _MASK
    return value ^ value >> 47
