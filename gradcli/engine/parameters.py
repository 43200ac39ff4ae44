"""One overload: its parameters, read from an operator entry, and the match of a call against them.

Source: torch/csrc/utils/python_arg_parser.cpp (`FunctionParameter`, `FunctionSignature::parse`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any, Final

from gradcli.engine.kinds import KINDS, WITH_NUMBERS, Kind, failed_element, is_int_list, is_number, is_tensor, type_name

# Functions that take a Python number for a tensor (`should_allow_numbers_as_tensors`); others have an overload for it.
_NUMBERS_AS_TENSORS: Final = frozenset(
    ("add", "sub", "subtract", "mul", "multiply", "div", "divide", "true_divide", "floor_divide", "copy")
)
_EITHER: Final = frozenset(WITH_NUMBERS.values())

# Names that numpy gives to these parameters; torch takes them too.
ALIASES: Final = {"dim": ("axis",), "keepdim": ("keepdims",), "input": ("x", "a", "x1"), "other": ("x2",)}


CoerceList = Callable[[Any], Any]


class Parameter:
    """One parameter: position is its place among the kernel's parameters, or -1 for one that torch merely shows."""

    __slots__ = ("aliases", "allow_none", "default", "keyword_only", "kind", "name", "optional", "position", "shown")

    def __init__(
        self, name: str, kind: Kind, position: int, keyword_only: bool, allow_none: bool, default: tuple[Any, ...]
    ) -> None:
        self.name = name
        self.kind = kind
        self.position = position
        self.keyword_only = keyword_only
        self.optional = bool(default)
        self.allow_none = allow_none or default in ((None,), ((),))  # torch writes an empty list as None
        self.aliases = ALIASES.get(name, ())
        self.shown = f"{kind.shown} {name}" + (f" = {_shown_default(default[0])}" if default else "")
        value = default[0] if default else None
        self.default = (value,) if kind.ints and type(value) is int else value

    def conversion(self, value: Any, coerce_list: CoerceList | None) -> Callable[[Any], Any] | None:
        """What makes the kernel's argument of values of this type, or None where they pass as they are."""
        kind = self.kind
        if coerce_list is not None and kind.tensors and isinstance(value, (tuple, list)):
            if kind.shown == "Tensor":
                return coerce_list
            return lambda given: [item if is_tensor(item) else coerce_list(item) for item in given]
        if value is None or type(value) in kind.plain or (kind.tensors and not is_number(value)):
            return None
        return kind.convert

    def given(self, kwargs: dict[str, Any]) -> str | None:
        """The name under which this parameter is among `kwargs`."""
        if self.name in kwargs:
            return self.name
        for alias in self.aliases:
            if alias in kwargs:
                return alias
        return None


def _shown_default(value: Any) -> str:
    """A default as native_functions.yaml would write it."""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return "{" + ",".join(map(str, value)) + "}" if value else "None"
    return str(value)


def _kind(annotation: str) -> tuple[Kind, bool]:
    """The kind that an annotation says, and whether None is taken: "Operand | Number", "Dims | None"."""
    names = annotation.replace(" ", "").split("|")
    allow_none = "None" in names
    if allow_none:
        names.remove("None")
    if len(names) == 2 and names[1] == "Number":
        return WITH_NUMBERS[names[0]], allow_none
    if len(names) != 1 or names[0] not in KINDS:
        raise TypeError(f"not a kind of parameter: {annotation!r}")
    return KINDS[names[0]], allow_none


_BY_SHOWN: Final = {
    "Tensor": "Array",
    "tuple of Tensors": "Arrays",
    "torch.dtype": "DType",
    "torch.layout": "Layout",
    "torch.device": "Device",
    "torch.memory_format": "MemoryFormat",
    "torch.Generator": "Generator",
    "Number": "Number",
    "bool": "bool",
    "str": "str",
    "int": "int",
}


def extra_parameters(text: str) -> list[Parameter]:
    """Read "Tensor out = None, torch.layout layout = None"."""
    found = []
    for part in text.split(", ") if text else ():
        declared, default = part.split(" = ")
        shown, name = declared.rsplit(" ", 1)
        value = {"None": None, "False": False}[default]
        found.append(Parameter(name, KINDS[_BY_SHOWN[shown]], -1, True, False, (value,)))
    return found


def read_parameters(function: Any, options: Any = None) -> tuple[Parameter, ...]:
    """The parameters of an operator entry, then those of `options`.

    Raises TypeError for an annotation that is no kind.
    """
    if options is not None:
        shared = read_parameters(options)
        names = {parameter.name for parameter in shared}
        own = [parameter for parameter in read_parameters(function) if parameter.name not in names]
        for position, parameter in enumerate(shared, len(own)):
            parameter.position = position
        return (*own, *shared)
    code = function.__code__
    positional, total = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    names = code.co_varnames[:total]
    defaults = function.__defaults__ or ()
    given = dict(zip(names[positional - len(defaults) : positional], defaults, strict=True))
    given.update(function.__kwdefaults__ or {})
    annotations = function.__annotations__
    found = []
    for position, name in enumerate(names):
        kind, allow_none = _kind(annotations[name])
        default = (given[name],) if name in given else ()
        found.append(Parameter(name, kind, position, position >= positional, allow_none, default))
    return tuple(found)


# Where the value of a parameter comes from: an index into args, a name in kwargs, or one of these.
DEFAULT: Final = -1
VARARGS: Final = -2
Source = int | str

# The kinds that were asked about values: what an outcome depends on.
Seen = list[tuple[Kind, Any]]


class Form:
    """One overload as it is called: without self where it is a method's."""

    __slots__ = ("arity", "deprecated", "index", "max_args", "max_positional", "min_args", "name", "own", "parameters")

    def __init__(
        self,
        name: str,
        index: int,
        parameters: tuple[Parameter, ...],
        extras: list[Parameter],
        method: bool,
        deprecated: bool,
        has_options: bool = False,
    ) -> None:
        self.name = name
        self.index = index
        self.arity = len(parameters)
        self.own: Parameter | None = None
        self.deprecated = deprecated
        if method:
            self.own = next((p for p in parameters if p.name == "input"), parameters[0])
        shown = [p for p in parameters if p is not self.own]
        place = next((i for i, p in enumerate(shown) if p.name == "dtype"), 0) if has_options else len(shown)
        self.parameters = [*shown[:place], *extras, *shown[place:]]
        self.min_args = sum(not p.optional for p in self.parameters)
        self.max_args = len(self.parameters)
        self.max_positional = sum(not p.keyword_only for p in self.parameters)

    def variants(self) -> list[Form]:
        """The overloads that torch has for this one, each with its own sentence.

        One with a number in place of each tensor that may be either; of a factory of random numbers one with the
        generator, which must be given there, and one without.
        """
        names = [parameter.name for parameter in self.parameters]
        if "generator" in names and "pin_memory" in names:
            return [self._of_generator(names.index("generator"), given) for given in (True, False)]
        places = [place for place, parameter in enumerate(self.parameters) if parameter.kind in _EITHER]
        if not places or self.name.rstrip("_") in _NUMBERS_AS_TENSORS:
            return [self]
        both = [tuple(places)] if places[0] and places[1:] else []  # a tensor stands before them
        return [self._with_numbers(places, numbers) for numbers in ((), *((place,) for place in places), *both)]

    def _of_generator(self, place: int, given: bool) -> Form:
        form, before, behind = copy(self), self.parameters[:place], self.parameters[place + 1 :]
        wanted = Parameter("generator", KINDS["Generator"], self.parameters[place].position, True, False, ())
        form.parameters = [*before, wanted, *behind] if given else [*before, *behind]
        form.min_args += given
        form.max_args -= not given
        return form

    def _with_numbers(self, places: list[int], numbers: tuple[int, ...]) -> Form:
        """Numbers in `numbers`, tensors in the rest of `places`. torch writes no `out` where the first is a number."""
        form = copy(self)
        form.parameters = []
        for place, parameter in enumerate(self.parameters):
            if place in places:
                kind = KINDS["Number" if place in numbers else "Array"]
                name = "self" if place in numbers and parameter.name == "input" else parameter.name
                parameter = Parameter(name, kind, parameter.position, parameter.keyword_only, False, ())
            if parameter.name != "out" or not numbers or not (places[1:] and (places[0] or numbers[0] == 0)):
                form.parameters.append(parameter)
        return form

    def __str__(self) -> str:
        parts = []
        for parameter in self.parameters:
            if parameter.keyword_only and "*" not in parts:
                parts.append("*")
            parts.append(parameter.shown)
        return f"({', '.join(parts)})"

    def match(
        self, args: Sequence[Any], kwargs: dict[str, Any], raises: bool, seen: Seen | None = None, lists: bool = False
    ) -> list[Source] | None:
        """Where each parameter's value comes from; None (or TypeError, if `raises`) where the call does not fit.

        seen: collects what the outcome depends on. lists: a list of numbers will do for a tensor.
        """
        seen = [] if seen is None else seen
        varargs = False
        if self.max_positional == 1 and self.parameters[0].kind.ints:
            varargs = is_int_list(tuple(args))
            seen.append((self.parameters[0].kind, tuple(args)))
        if len(args) > self.max_positional and not varargs:
            return self._refuse(raises, self.extra_args, len(args))
        sources: list[Source] = []
        taken = used = 0
        for place, parameter in enumerate(self.parameters):
            source: Source = DEFAULT
            if taken < len(args):
                if parameter.keyword_only:
                    return self._refuse(raises, self.extra_args, len(args))
                source, value = taken, args[taken]
                taken += 1
            elif (name := parameter.given(kwargs)) is not None:
                source, value = name, kwargs[name]
                used += 1
            if source == DEFAULT:
                if not parameter.optional:
                    return self._refuse(raises, self._missing, place)
            elif not (value is None and parameter.allow_none):
                seen.append((parameter.kind, value))
                if not (lists and _takes_list(parameter.kind, value)) and not _takes(parameter, value, place):
                    if not (varargs and source == 0):
                        return self._refuse(raises, self._wrong_type, parameter, value, source)
                    source, taken = VARARGS, len(args)
            sources.append(source)
        if used < len(kwargs):
            return self._refuse(raises, self._extra_kwargs, kwargs, len(args))
        return sources

    @staticmethod
    def _refuse(raises: bool, message: Callable[..., str], *details: Any) -> None:
        if raises:
            raise TypeError(message(*details))

    def extra_args(self, given: int) -> str:
        """The sentence for `given` positional arguments, which are too many."""
        most, least = self.max_positional, self.min_args
        if least != most:
            return f"{self.name}() takes from {least} to {most} positional arguments but {given} were given"
        return (
            f"{self.name}() takes {most} positional argument{'' if most == 1 else 's'} "
            f"but {given} {'was' if given == 1 else 'were'} given"
        )

    def _missing(self, place: int) -> str:
        names = [f'"{p.name}"' for p in self.parameters[place:] if not p.optional]
        plural = "s" if len(names) == 1 else ""  # torch has these two the wrong way round
        return f"{self.name}() missing {len(names)} required positional argument{plural}: {', '.join(names)}"

    def _wrong_type(self, parameter: Parameter, value: Any, source: Source) -> str:
        where = "" if isinstance(source, str) else f" (position {source + 1})"
        expected = f"{self.name}(): argument '{parameter.name}'{where} must be {parameter.kind.shown}"
        if where and parameter.kind.ints and failed_element(value):
            return f"{expected}, but found element of type {type_name(value[0])} at pos 0"
        return f"{expected}, not {type_name(value)}"

    def _extra_kwargs(self, kwargs: dict[str, Any], given: int) -> str:
        return self.wrong_keyword(kwargs, given) or "invalid keyword arguments"

    def wrong_keyword(self, kwargs: dict[str, Any], given: int) -> str | None:
        """The sentence for the first keyword that is unknown, or names one of the `given` positional arguments."""
        names = [p.name for p in self.parameters]
        for name in kwargs:
            if name not in names:
                return f"{self.name}() got an unexpected keyword argument '{name}'"
            if names.index(name) < given:
                return f"{self.name}() got multiple values for argument '{name}'"
        return None


def _takes(parameter: Parameter, value: Any, place: int) -> bool:
    if parameter.kind.accepts(value):
        return True
    if parameter.kind.shown == "tuple of Tensors" and isinstance(value, (tuple, list)):
        position = next(i for i, item in enumerate(value) if not is_tensor(item))
        wrong = type_name(value[position])
        raise TypeError(f"expected Tensor as element {position} in argument {place}, but got {wrong}")
    return False


def _takes_list(kind: Kind, value: Any) -> bool:
    if not kind.tensors or not isinstance(value, (tuple, list)):
        return False
    if kind.shown == "Tensor":
        return _is_numeric(value)
    return all(is_tensor(item) or (isinstance(item, (tuple, list)) and _is_numeric(item)) for item in value)


def _is_numeric(value: Any) -> bool:
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return is_number(value) or is_tensor(value) or isinstance(value, (list, tuple))
