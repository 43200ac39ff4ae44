"""The arguments of a call to a user's function find their parameters, or an error in Python's words."""

from __future__ import annotations

from typing import Any

from gradcli.lang.syntax.nodes import Parameter


class Parameters:
    """The parameters of a function with the values of their defaults.

    simple: all are positional, so that a call with `count` arguments needs no binding.
    ending: of parameters that are all positional, what each has where it is not given; else None.
    """

    __slots__ = (
        "count",
        "defaults",
        "ending",
        "function",
        "keyword_only",
        "kinds",
        "names",
        "only",
        "positional",
        "rest",
        "simple",
        "star",
    )

    def __init__(self, function: str, parameters: tuple[Parameter, ...], defaults: dict[str, Any]) -> None:
        self.function = function
        self.defaults = defaults
        self.names = [parameter.name for parameter in parameters]
        self.positional = [p.name for p in parameters if p.kind in ("", "positional")]
        self.only = {p.name for p in parameters if p.kind == "positional"}
        self.keyword_only = [p.name for p in parameters if p.kind == "keyword"]
        self.star = next((p.name for p in parameters if p.kind == "*"), None)
        self.rest = next((p.name for p in parameters if p.kind == "**"), None)
        self.count = len(self.positional)
        is_positional = self.count == len(parameters)
        self.simple = is_positional
        self.ending = [defaults.get(name, _REQUIRED) for name in self.names] if is_positional else None

    def described(self) -> dict[str, str]:
        """What there is to say of each parameter, by name: its default, or nothing. Stars and all are in the names."""
        stars = {self.star: f"*{self.star}", self.rest: f"**{self.rest}"}
        return {
            stars.get(name, name): f"= {self.defaults[name]!r}" if name in self.defaults else "" for name in self.names
        }


def parameters_of(function: Any) -> Parameters | None:
    """The parameters of a function that a program wrote, None for others."""
    found = getattr(function, "parameters", None)
    return found if isinstance(found, Parameters) else None


_REQUIRED: Any = object()


def bound(parameters: Parameters, args: tuple[Any, ...], named: dict[str, Any]) -> list[Any]:
    """What `bind` gives, quickly where the call is an ordinary one."""
    ending, given = parameters.ending, len(args)
    if ending is None or given > len(ending):
        return bind(parameters, args, named)
    values = [*args, *ending[given:]]
    for name, value in named.items():
        place = parameters.names.index(name) if name in parameters.names else -1
        if place < given or name in parameters.only:
            return bind(parameters, args, named)
        values[place] = value
    for value in values[given:]:
        if value is _REQUIRED:
            return bind(parameters, args, named)
    return values


def bind(parameters: Parameters, args: tuple[Any, ...], named: dict[str, Any]) -> list[Any]:
    """The value of each parameter, in order. Raises TypeError as a call in Python does."""
    function, count = parameters.function, parameters.count
    values = dict(zip(parameters.positional, args, strict=False))
    extra: dict[str, Any] = {}
    for name, value in named.items():
        if name in values and name not in parameters.only:
            raise TypeError(f"{function}() got multiple values for argument {name!r}")
        if name in parameters.only or (name not in parameters.positional and name not in parameters.keyword_only):
            extra[name] = value
        else:
            values[name] = value
    if extra and parameters.rest is None:
        _refuse_extra(parameters, extra)
    if len(args) > count and parameters.star is None:
        raise TypeError(_too_many(parameters, len(args), values))
    for name, value in parameters.defaults.items():
        values.setdefault(name, value)
    _check_missing(parameters, values)
    if parameters.star is not None:
        values[parameters.star] = args[count:]
    if parameters.rest is not None:
        values[parameters.rest] = extra
    return [values[name] for name in parameters.names]


def with_defaults(
    function: Any, args: tuple[Any, ...], named: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call as the function would have them, defaults filled in (inspect.BoundArguments)."""
    parameters = parameters_of(function)
    if parameters is None:
        return args, named
    values = dict(zip(parameters.names, bind(parameters, args, named), strict=True))
    keywords = {name: values[name] for name in parameters.keyword_only}
    if parameters.rest is not None:
        keywords |= values[parameters.rest]
    more = values[parameters.star] if parameters.star is not None else ()
    return (*[values[name] for name in parameters.positional], *more), keywords


def _refuse_extra(parameters: Parameters, extra: dict[str, Any]) -> None:
    wrong = [name for name in extra if name in parameters.only]
    if wrong:
        raise TypeError(
            f"{parameters.function}() got some positional-only arguments passed as keyword arguments: "
            f"'{', '.join(wrong)}'"
        )
    error = UnknownKeyword(f"{parameters.function}() got an unexpected keyword argument {next(iter(extra))!r}")
    error.missing = next(iter(extra))
    error.known = [name for name in (*parameters.positional, *parameters.keyword_only) if name not in parameters.only]
    raise error


class UnknownKeyword(TypeError):
    """A keyword that no parameter has; `known` are those it could be."""

    missing: str
    known: list[str]


def _too_many(parameters: Parameters, given: int, values: dict[str, Any]) -> str:
    count = parameters.count
    optional = sum(name in parameters.defaults for name in parameters.positional)
    takes = f"from {count - optional} to {count}" if optional else str(count)
    noun = "argument" if count == 1 and not optional else "arguments"
    keyword_only = sum(name in values for name in parameters.keyword_only)
    got = f"{given} was" if given == 1 and not keyword_only else f"{given} were"
    if keyword_only:
        s, ks = "s" if given != 1 else "", "s" if keyword_only != 1 else ""
        got = f"{given} positional argument{s} (and {keyword_only} keyword-only argument{ks}) were"
    return f"{parameters.function}() takes {takes} positional {noun} but {got} given"


def _check_missing(parameters: Parameters, values: dict[str, Any]) -> None:
    for names, kind in ((parameters.positional, "positional"), (parameters.keyword_only, "keyword-only")):
        missing = [repr(name) for name in names if name not in values]
        if missing:
            s = "" if len(missing) == 1 else "s"
            raise TypeError(
                f"{parameters.function}() missing {len(missing)} required {kind} argument{s}: {_listed(missing)}"
            )


def _listed(names: list[str]) -> str:
    if len(names) < 3:
        return " and ".join(names)
    return ", ".join(names[:-1]) + f", and {names[-1]}"
