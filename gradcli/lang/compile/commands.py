"""Commands: `param`, `backward`, `grad`, `vars`, `help`, and the verbs that a layer above answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcli.engine import dtypes
from gradcli.engine.tensor import Tensor
from gradcli.lang.compile.base import Compiler, Run, World, statement
from gradcli.lang.compile.statements import echo_variables
from gradcli.lang.compile.targets import assigned, store_name
from gradcli.lang.errors.diagnostics import Span
from gradcli.lang.errors.spots import blame, walked
from gradcli.lang.events import Event, Gradients, Helped, Variables
from gradcli.lang.syntax import nodes
from gradcli.lang.values.table import Namespace, type_name


class Asked:
    """A command with its operands evaluated: (text, value) of each, as the program wrote it."""

    __slots__ = ("operands", "others", "span", "variables", "verb")

    def __init__(
        self,
        verb: str,
        operands: list[tuple[str, Any]],
        others: list[tuple[str, Any]],
        variables: dict[str, Any],
        span: Span,
    ) -> None:
        self.verb = verb
        self.operands = operands
        self.others = others
        self.variables = variables
        self.span = span


Answer = Callable[[Asked], Event | None]
COMMANDS: dict[str, Answer] = {}


def command(verb: str) -> Callable[[Answer], Answer]:
    """Enter the function that answers a verb (layers above enter theirs: explain, graph, formula)."""

    def enter(answer: Answer) -> Answer:
        COMMANDS[verb] = answer
        return answer

    return enter


class NotAvailable(NotImplementedError):
    """A command that nothing answers yet."""


@statement(nodes.Command)
def _command(c: Compiler, node: nodes.Command) -> Run:
    text, world, verb = c.source.text, c.world, node.verb
    operands = [(text[each.span[0] : each.span[1]], c.expression(each)) for each in node.operands]
    others = [(text[each.span[0] : each.span[1]], c.expression(each)) for each in node.others]
    place = c.place(node, *node.operands, *node.others)

    def run(frame: Any) -> None:
        asked = Asked(
            verb,
            [(name, value(frame)) for name, value in operands],
            [(name, value(frame)) for name, value in others],
            world.variables,
            node.span,
        )
        try:
            answer = COMMANDS.get(verb)
            if answer is None:
                raise NotAvailable(f"{verb}: not available yet")
            event = answer(asked)
            walked(place)
        except Exception as error:
            blame(error, place, *[value for _, value in (*asked.operands, *asked.others)])
            raise
        if event is not None and not node.silenced:
            world.emit(event)

    return run


# ---------------------------------------------------------------- param


@statement(nodes.Param)
def _param(c: Compiler, node: nodes.Param) -> Run:
    value, place, put = c.expression(node.value), c.place(node.value, node.value), store_name(c, node.target.name)
    world = c.world

    def run(frame: Any) -> None:
        given = value(frame)
        try:
            leaf = make_leaf(given, world)
        except Exception as error:
            blame(error, place, given)
            raise
        put(frame, leaf)

    assigned(c, node.target)
    return echo_variables(c, node, run)


def make_leaf(value: Any, world: World) -> Tensor:
    """A leaf of its own that requires grad, from a tensor or numbers; integers become the default float."""
    if type(value) is not Tensor:
        if not isinstance(value, (int, float, complex, list, tuple)):
            raise TypeError(f"a parameter is made from a tensor, a number or a list, not from {type_name(value)}")
        value = world.builtin("tensor")(value)
    array = np.array(value.array)
    return Tensor(array if array.dtype.kind in "fc" else array.astype(dtypes.default().np), requires_grad=True)


# ---------------------------------------------------------------- backward and grad


def _name_of(tensor: Tensor, asked: Asked, number: int) -> str:
    """The variable that holds a leaf, else its number."""
    found = next((name for name, value in asked.variables.items() if value is tensor), None)
    return found if found is not None else f"leaf {number}"


def _check_tensors(asked: Asked) -> None:
    for text, value in (*asked.operands, *asked.others):
        if type(value) is not Tensor:
            raise TypeError(f"{asked.verb}: `{text}` must be Tensor, not {type_name(value)}")


def _leaves(roots: list[Tensor]) -> list[Tensor]:
    """The leaves that the graphs of `roots` end in, in the order in which they are met."""
    leaves = [root for root in roots if root.grad_fn is None and root.requires_grad]
    seen: set[int] = set()
    stack = [root.grad_fn for root in reversed(roots)]
    while stack:
        node = stack.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        variable = getattr(node, "variable", None)
        if variable is not None:
            leaves.append(variable)
        stack += [following for following, _ in reversed(node.next_functions)]
    return leaves


@command("backward")
def _backward(asked: Asked) -> Event:
    """`backward out [with v]`: as torch.autograd.backward; answers with the gradients of the leaves reached."""
    from gradcli.engine.backward import backward

    _check_tensors(asked)
    roots = [value for _, value in asked.operands]
    leaves = _leaves(roots)
    before = [None if leaf._grad is None else Tensor(leaf._grad.array.copy()) for leaf in leaves]
    reached = {id(leaf) for leaf in backward(roots, [value for _, value in asked.others] or None)}
    return Gradients(
        [
            (_name_of(leaf, asked, number), leaf._grad, old)
            for number, (leaf, old) in enumerate(zip(leaves, before, strict=True), 1)
            if id(leaf) in reached
        ]
    )


@command("grad")
def _grad(asked: Asked) -> Event:
    """`grad out wrt x, w`: the gradients, leaving every .grad and the graph as they are."""
    from gradcli.engine.backward import grad

    _check_tensors(asked)
    found = grad([value for _, value in asked.operands], [value for _, value in asked.others], retain_graph=True)
    return Gradients([(text, gradient, None) for (text, _), gradient in zip(asked.others, found, strict=True)])


# ---------------------------------------------------------------- vars and help


@command("vars")
def _vars(asked: Asked) -> Event:
    """`vars`: the variables, modules left out."""
    return Variables([(name, value) for name, value in asked.variables.items() if type(value) is not Namespace])


@statement(nodes.Help)
def _help(c: Compiler, node: nodes.Help) -> Run:
    from gradcli.lang.helptext import help_for

    world, place = c.world, c.at(node.topic_span)

    def run(frame: Any) -> None:
        try:
            text = help_for(node.topic, world)
        except Exception as error:
            blame(error, place)
            raise
        world.emit(Helped(node.topic, text))

    return run
