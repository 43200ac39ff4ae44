"""Binding of call arguments to an operator's parameters, with torch's rules and words.

A port of torch's PythonArgParser: overloads are tried in order; what none of them takes is refused with the sentence
that torch prints. Outcomes that depend on the arguments' types alone are remembered as plans, so that a call binds in
well under a microsecond.

Source: torch/csrc/utils/python_arg_parser.cpp.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from gradcli.engine.errors import warn_once
from gradcli.engine.kinds import BadElement, known
from gradcli.engine.parameters import (
    DEFAULT,
    VARARGS,
    CoerceList,
    Form,
    Parameter,
    Seen,
    Source,
    extra_parameters,
    read_parameters,
)

Named = dict[str, Any]


def set_tensor_type(tensor: type) -> None:
    """Tell the binder which class is Tensor. Its values have `.array` and `.requires_grad`."""
    known.tensor = tensor


class Signature:
    """The parameters of one overload, read from the entry when first needed.

    extras, method_extras: parameters that torch has and the entry has not, as torch prints them ("Tensor out = None"),
    for the function and for the method. They count and show in messages; what is given for them is ignored here (see
    engine/out.py). deprecated: taken with a warning, never shown. options: a def whose parameters follow all others.
    """

    __slots__ = ("_extras", "_function", "_method_extras", "_options", "_parameters", "deprecated")

    def __init__(
        self,
        function: Callable[..., Any],
        extras: str,
        method_extras: str,
        deprecated: bool,
        options: Callable[..., Any] | None,
    ) -> None:
        self._function = function
        self._options = options
        self._extras = extras
        self._method_extras = method_extras
        self._parameters: tuple[Parameter, ...] | None = None
        self.deprecated = deprecated

    @classmethod
    def of(
        cls,
        function: Callable[..., Any],
        extras: str = "",
        method_extras: str = "",
        deprecated: bool = False,
        options: Callable[..., Any] | None = None,
    ) -> Signature:
        """The signature of an entry. Stores it and does nothing else."""
        return cls(function, extras, method_extras, deprecated, options)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The kernel's parameters, in its order. Raises TypeError for an annotation that is no kind."""
        if self._parameters is None:
            self._parameters = read_parameters(self._function, self._options)
        return self._parameters

    def form(self, name: str, index: int, method: bool) -> Form:
        """The overload as a function or as a method has it."""
        extras = extra_parameters(self._method_extras if method else self._extras)
        return Form(name, index, self.parameters, extras, method, self.deprecated, self._options is not None)


# A remembered call: the overload's index; the defaults that follow the arguments; what to convert; and, where the
# arguments are no prefix of the kernel's, what puts them in order.
Gather = Callable[[Sequence[Any], Named], list[Any]]
Conversion = tuple[int, Callable[[Any], Any]]
Plan = tuple[int, tuple[Any, ...], tuple[Conversion, ...], Gather | None]

_LONGEST_LIST: Final = 12
_MOST_PLANS: Final = 256


class Overloads:
    """The overloads of one public name, in the order in which they are tried.

    method: the first argument given to `bind` is the tensor itself, which torch neither counts nor shows.
    python: torch has a Python function of that name, and CPython counts and names the arguments before torch does.
    """

    __slots__ = ("_forms", "_plans", "_signatures", "method", "name", "python")

    def __init__(self, name: str, signatures: Sequence[Signature], method: bool = False, python: bool = False) -> None:
        self.name = name
        self.method = method
        self.python = python
        self._signatures = signatures
        self._forms: list[Form] | None = None
        self._plans: dict[Any, Plan] = {}

    @property
    def forms(self) -> list[Form]:
        """The overloads as torch tries them: deprecated ones last."""
        if self._forms is None:
            forms = [signature.form(self.name, index, self.method) for index, signature in enumerate(self._signatures)]
            self._forms = sorted(forms, key=lambda form: form.deprecated)
        return self._forms

    def bind(self, args: Sequence[Any], kwargs: Named, coerce_list: CoerceList | None = None) -> tuple[int, list[Any]]:
        """The index of the overload that takes the call, and its kernel's arguments in order, converted.

        coerce_list: makes a tensor of a list of numbers, where a tensor is wanted and torch would refuse the list.
        Raises TypeError as torch does, ValueError and OverflowError for integers beyond 64 bits.
        """
        count = len(args)
        key: Any
        if kwargs:
            key = (*map(type, args), *kwargs, *map(type, kwargs.values()))
        elif count == 1:  # spelled out, since `map` takes longer than all the rest
            key = type(args[0])
        elif count == 2:
            key = (type(args[0]), type(args[1]))
        elif count == 3:
            key = (type(args[0]), type(args[1]), type(args[2]))
        else:
            key = (*map(type, args),)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._resolve(key, args, kwargs, coerce_list)
        index, tail, conversions, gather = plan
        bound = [*args, *tail] if gather is None else gather(args, kwargs)
        if conversions:
            try:
                for position, convert in conversions:
                    bound[position] = convert(bound[position])
            except BadElement as error:
                parameter = self._signatures[index].parameters[position]
                raise TypeError(f"{self.name}(): argument '{parameter.name}' {error}") from None
        return index, bound

    def _resolve(self, key: Any, args: Sequence[Any], kwargs: Named, coerce_list: CoerceList | None) -> Plan:
        """The plan for types that were not met before, or whose lists have to be looked into."""
        types = [*map(type, args), *map(type, kwargs.values())]
        if list in types or tuple in types:
            key = _deep_key(types, args, kwargs)
            known_plan = self._plans.get(key) if key is not None else None
            if known_plan is not None:
                return known_plan
        given = args[1:] if self.method else args
        seen: Seen = []
        try:
            form, sources = self._match(given, kwargs, seen)
        except TypeError:
            with_lists = self._match_with_lists(given, kwargs) if coerce_list else None
            if with_lists is None:
                raise
            return _plan(*with_lists, args, kwargs, coerce_list)
        plan = _plan(form, sources, args, kwargs)
        if form.deprecated:
            self._warn_deprecated(form)
        elif key is not None and all(kind.decided_by_type(value) for kind, value in seen):
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            self._plans[key] = plan
        return plan

    def _match(self, given: Sequence[Any], kwargs: Named, seen: Seen) -> tuple[Form, list[Source]]:
        for form in self.forms:
            sources = form.match(given, kwargs, raises=False, seen=seen)
            if sources is not None:
                return form, sources
        from gradcli.engine.argument_errors import python_refusal, refusal

        told = python_refusal(self.forms[0], given, kwargs) if self.python else None
        raise TypeError(told or refusal(self.name, self.forms, given, kwargs))

    def _match_with_lists(self, given: Sequence[Any], kwargs: Named) -> tuple[Form, list[Source]] | None:
        for form in self.forms:
            try:
                sources = form.match(given, kwargs, raises=False, lists=True)
            except TypeError:  # a list of tensors that is none
                return None
            if sources is not None and not form.deprecated:
                return form, sources
        return None

    def _warn_deprecated(self, form: Form) -> None:
        shown = "".join(f"\n\t{self.name}{other}" for other in self.forms if not other.deprecated)
        advice = f"\nConsider using one of the following signatures instead:{shown}" if shown else ""
        warn_once(f"This overload of {self.name} is deprecated:\n\t{self.name}{form}{advice}")


def _deep_key(types: list[type], args: Sequence[Any], kwargs: Named) -> tuple[Any, ...] | None:
    """As the plain key, with the types of the elements of lists and tuples; None where these are too many."""
    key: list[Any] = [*types, *kwargs, None]
    for kind, value in zip(types, (*args, *kwargs.values()), strict=True):
        if kind is list or kind is tuple:
            if len(value) > _LONGEST_LIST:
                return None
            key += map(type, value)
            key.append(None)
    return tuple(key)


def _plan(
    form: Form, sources: list[Source], args: Sequence[Any], kwargs: Named, coerce_list: CoerceList | None = None
) -> Plan:
    bound: list[Any] = [None] * form.arity
    moves: list[tuple[int, Source]] = []
    conversions: list[Conversion] = []
    first = 0
    if form.own is not None:
        moves.append((form.own.position, 0))
        first = 1
    for parameter, source in zip(form.parameters, sources, strict=True):
        if source == DEFAULT:
            if parameter.position >= 0:
                bound[parameter.position] = parameter.default
            continue
        if source == VARARGS:
            value: Any = tuple(args[first:])
        else:
            source = source if isinstance(source, str) else source + first
            value = kwargs[source] if isinstance(source, str) else args[source]
        if value is None and parameter.default == ():
            bound[parameter.position] = ()
            continue
        if parameter.position < 0:
            continue
        moves.append((parameter.position, source))
        convert = parameter.conversion(value, coerce_list)
        if convert is not None:
            conversions.append((parameter.position, convert))
    moves.sort(key=lambda move: move[0])
    if moves == [(place, place) for place in range(len(args))]:
        return form.index, tuple(bound[len(args) :]), tuple(conversions), None
    return form.index, (), tuple(conversions), _gather(bound, moves, first)


def _gather(base: list[Any], moves: list[tuple[int, Source]], first: int) -> Gather:
    positional = [(position, source) for position, source in moves if isinstance(source, int) and source >= 0]
    named = [(position, source) for position, source in moves if isinstance(source, str)]
    varargs = [position for position, source in moves if source == VARARGS]

    def gather(args: Sequence[Any], kwargs: Named) -> list[Any]:
        bound = base.copy()
        for position, source in positional:
            bound[position] = args[source]
        for position, name in named:
            bound[position] = kwargs[name]
        for position in varargs:
            bound[position] = tuple(args[first:])
        return bound

    return gather
