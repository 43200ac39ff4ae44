"""What an expression would be, found out while it is typed: no side effects, and no time worth noticing.

An expression is looked at only if all of it is known to be pure: operators, literals, reads of attributes, and calls of
torch's functions that write nothing. It is then evaluated, outside the graph, within small limits, with the random
numbers put back. Where its tensors are large, it is evaluated on shapes alone: twice, with primes in the place of large
sizes, in the tensors and in the text, once filled with zeros and once with ones; a size of the result is believed if
both runs say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import FunctionType
from typing import Any, Final

import numpy as np

from gradcli.engine import public
from gradcli.engine.dtypes import DType
from gradcli.engine.errors import listen
from gradcli.engine.limits import LimitExceeded, limits
from gradcli.engine.modes import no_grad
from gradcli.engine.random import default_generator
from gradcli.engine.size import Size
from gradcli.engine.tensor import Tensor
from gradcli.lang.budget import BUDGET
from gradcli.lang.compile.base import Compiler, World
from gradcli.lang.errors.diagnostics import SyntaxFailure
from gradcli.lang.errors.spots import Source
from gradcli.lang.modules.table import MODULES
from gradcli.lang.syntax import nodes
from gradcli.lang.syntax.parse import parse
from gradcli.lang.values.table import CLASSES, MISSING, Namespace, Type, attribute
from gradcli.session import Session

MOST_TEXT: Final = 500
MOST_ELEMENTS: Final = 1 << 10
_LIMITS: Final = {"steps": 10_000, "bits": 10_000, "items": 10_000, "characters": 10_000, "output": 1}
_MAX_BYTES, _MAX_WORK = 1 << 13, 1 << 18
_SIZES_BYTES, _SIZES_WORK = 1 << 18, 1 << 21

_PURE_NODES: Final = (
    nodes.Number,
    nodes.Constant,
    nodes.String,
    nodes.Name,
    nodes.List,
    nodes.Tuple,
    nodes.Starred,
    nodes.Attribute,
    nodes.Keyword,
    nodes.Slice,
    nodes.Index,
    nodes.Unary,
    nodes.Chain,
    nodes.Power,
    nodes.Compare,
    nodes.BoolOp,
    nodes.Not,
    nodes.Conditional,
)
_PURE_BUILTINS: Final = frozenset(
    (
        "abs",
        "all",
        "any",
        "bool",
        "complex",
        "divmod",
        "float",
        "int",
        "len",
        "list",
        "max",
        "min",
        "pow",
        "round",
        "sum",
        "tuple",
    )
)
_IMPURE: Final = frozenset(("manual_seed", "initial_seed", "seed", "set_default_dtype"))
_PURE_METHODS: Final = frozenset(
    ("item", "tolist", "dim", "ndimension", "nelement", "element_size", "storage_offset", "is_inference")
)


class Unknown(Exception):
    """What the expression would be cannot be told without doing it."""


class Sizes:
    """The shape and dtype of a tensor that was not computed. None in the shape: a size that is not known."""

    __slots__ = ("dtype", "shape")

    def __init__(self, shape: tuple[int | None, ...], dtype: str) -> None:
        self.shape = shape
        self.dtype = dtype

    def __str__(self) -> str:
        return f"[{', '.join('?' if size is None else str(size) for size in self.shape)}] {self.dtype}"


class Preview:
    """Looks at expressions for a session, with its variables."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def owner(self, text: str) -> Any:
        """The value before a dot, which may be of any kind where a variable or a field holds it. Raises as `value`."""
        found = self._held(subject(text)) if len(text) <= MOST_TEXT else MISSING
        return self.value(text) if found is MISSING else found

    def _held(self, expression: nodes.Expression) -> Any:
        if isinstance(expression, nodes.Name):
            return self._session.variables.get(expression.name, MISSING)
        if isinstance(expression, nodes.Attribute):
            owner = self._held(expression.value)
            if type(owner) in CLASSES and expression.name not in CLASSES[type(owner)].properties:
                return owner.fields.get(expression.name, MISSING)
        return MISSING

    def value(self, text: str) -> Any:
        """The value of an expression, or `Sizes`. Raises Unknown, and what the evaluation raises."""
        if len(text) > MOST_TEXT:
            raise Unknown
        expression = subject(text)
        self._check(expression, text)
        names = {node.name for node in walk(expression) if isinstance(node, nodes.Name)}
        used = {name: value for name, value in self._session.variables.items() if name in names}
        if not all(map(is_plain, used.values())):
            raise Unknown
        costs = any(not isinstance(node, (nodes.Name, nodes.Attribute)) for node in walk(expression))
        if not costs or sum(value.array.size for value in used.values() if isinstance(value, Tensor)) <= MOST_ELEMENTS:
            try:
                return self._run(expression, text, self._session.variables, _MAX_BYTES, _MAX_WORK)
            except LimitExceeded:
                pass
        return self._sizes(expression, text, used)

    def _run(
        self, expression: nodes.Expression, text: str, variables: Mapping[str, Any], max_bytes: int, max_work: int
    ) -> Any:
        world = World(self._builtin, self._session.builtin_names, MODULES)
        world.variables = dict(variables)
        heard = listen(lambda message, category: None)
        default_generator.initial_seed()  # what is drawn now is what will be drawn
        budget, bounds, place = BUDGET.save(), (limits.max_bytes, limits.max_work), default_generator.position()
        try:
            BUDGET.start(_LIMITS)
            limits.max_bytes, limits.max_work = max_bytes, max_work
            with np.errstate(all="ignore"), no_grad():
                return Compiler(world, Source(text, "preview")).expression(expression)(world.variables)
        finally:
            limits.max_bytes, limits.max_work = bounds
            BUDGET.restore(budget)
            default_generator.go_to(place)
            listen(heard)

    def _builtin(self, name: str) -> Any:
        try:
            return self._session.builtin(name)
        except KeyError:
            return MISSING

    # Is it pure?

    def _check(self, expression: nodes.Expression, text: str) -> None:
        """Raises Unknown unless evaluating the expression changes nothing."""
        for node in walk(expression):
            if isinstance(node, nodes.Call):
                self._check_call(node, text)
            elif not isinstance(node, _PURE_NODES):
                raise Unknown

    def _check_call(self, call: nodes.Call, text: str) -> None:
        if any(keyword.name in (None, "generator", "out") for keyword in call.keywords):
            raise Unknown
        function = call.func
        if isinstance(function, nodes.Name):
            value = self._session.variables.get(function.name, MISSING)
            pure = self._names_pure(function.name) if value is MISSING else is_pure(value)
        elif isinstance(function, nodes.Attribute):
            pure = self._member_is_pure(function, text)
        else:
            pure = False
        if not pure:
            raise Unknown

    def _names_pure(self, name: str) -> bool:
        """Whether the builtin of that name is pure. (Bare names stand for torch's functions by way of a wrapper.)"""
        if name in _PURE_BUILTINS:
            return True
        found = public.functions.get(name) or public.functions.get(f"nn.functional.{name}")
        return is_pure(found)

    def _member_is_pure(self, function: nodes.Attribute, text: str) -> bool:
        owner = function.value
        self._check(owner, text)
        value = self.value(text[slice(*owner.span)])
        if isinstance(value, Namespace):
            return is_pure(attribute(value, function.name))
        if isinstance(value, str):
            return True
        if not isinstance(value, (Tensor, Sizes)):
            return False
        return function.name in _PURE_METHODS or is_pure(public.methods.get(function.name))

    # Shapes alone

    def _sizes(self, expression: nodes.Expression, text: str, used: dict[str, Any]) -> Sizes:
        """Raises Unknown where the runs do not agree, or fail."""
        literals = {node.span: node.value for node in walk(expression) if isinstance(node, nodes.Number)}
        whole = {span: value for span, value in literals.items() if isinstance(value, int)}
        sizes = {size for value in used.values() if isinstance(value, Tensor) for size in value.shape}
        large = sorted(size for size in sizes.union(whole.values()) if size > _SMALL)
        if len(large) > len(_FIRST_PRIMES):
            raise Unknown
        runs = []
        for primes, fill in ((_FIRST_PRIMES, 0), (_SECOND_PRIMES, 1)):
            small = dict(zip(large, primes, strict=False))
            stand_ins = {name: stand_in(value, small, fill) for name, value in used.items()}
            smaller = replaced(text, {span: str(small[value]) for span, value in whole.items() if value in small})
            try:
                result = self._run(subject(smaller), smaller, stand_ins, _SIZES_BYTES, _SIZES_WORK)
            except Exception as error:  # what it says is about the stand-ins
                raise Unknown from error
            runs.append((result, small))
        (first, first_sizes), (second, second_sizes) = runs
        if not (isinstance(first, Tensor) and isinstance(second, Tensor)) or first.ndim != second.ndim:
            raise Unknown
        shape = [
            agreed(one, other, first_sizes, second_sizes) for one, other in zip(first.shape, second.shape, strict=True)
        ]
        return Sizes(tuple(shape), first.dtype.name)


_SMALL: Final = 16
# Between no two of them is the same distance in both rows: a difference of sizes is not taken for a number.
_FIRST_PRIMES: Final = (17, 19, 23, 29, 31)
_SECOND_PRIMES: Final = (37, 47, 61, 71, 89)


def replaced(text: str, parts: Mapping[tuple[int, int], str]) -> str:
    """The text with others in the place of some spans."""
    for (start, end), other in sorted(parts.items(), reverse=True):
        text = text[:start] + other + text[end:]
    return text


def stand_in(value: Any, small: Mapping[int, int], fill: int) -> Any:
    """A small tensor of the same kind; other values as they are."""
    if not isinstance(value, Tensor):
        return value
    return Tensor(np.full([small.get(size, size) for size in value.shape], fill, value.array.dtype))


def agreed(one: int, other: int, first: Mapping[int, int], second: Mapping[int, int]) -> int | None:
    """The real size that is `one` in the first run and `other` in the second: a constant times large sizes, or None."""
    real = 1
    for large, prime in first.items():
        while one % prime == 0 and other % second[large] == 0 and one and other:
            one, other, real = one // prime, other // second[large], real * large
    return real * one if one == other else None


def is_pure(function: Any) -> bool:
    """Whether calling this value changes nothing: torch's functions but those in place, and types of torch's."""
    if isinstance(function, public.Function):
        name = function.path.rpartition(".")[2]
        return not function.inplace and name not in _IMPURE and not name.endswith("_")
    return isinstance(function, Type) and function.name in ("torch.Size", "int", "float", "bool")


def is_plain(value: Any) -> bool:
    """Whether operators and reads of attributes on this value run no code of the user's."""
    if type(value) in (list, tuple):
        return len(value) <= _MOST_ITEMS and all(type(item) in _PLAIN for item in value)
    return type(value) in _PLAIN


_MOST_ITEMS: Final = 1000
_PLAIN: Final = (
    Tensor,
    int,
    float,
    complex,
    bool,
    str,
    type(None),
    Size,
    DType,
    Namespace,
    public.Function,
    FunctionType,
    Type,
)


def walk(node: nodes.Node) -> Iterator[nodes.Node]:
    """A node and all below it."""
    stack: list[nodes.Node] = [node]
    while stack:
        node = stack.pop()
        yield node
        stack += node.children()


def subject(text: str) -> nodes.Expression:
    """The expression that a line is about: what its last statement shows, assigns, differentiates. Raises Unknown."""
    try:
        body = parse(text).body
    except SyntaxFailure:
        raise Unknown from None
    find = _SUBJECTS.get(type(body[-1])) if body else None
    if find is None:
        raise Unknown
    return find(body[-1])


_SUBJECTS: Final[dict[type, Callable[[Any], nodes.Expression]]] = {
    nodes.ExpressionStatement: lambda statement: statement.value,
    nodes.Assign: lambda statement: statement.value,
    nodes.Param: lambda statement: statement.value,
    nodes.Command: lambda statement: (statement.operands or (statement,))[0],
}
