"""`class` statements, and `super()` inside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradcli.lang.compile.base import Compiler, Run, statement
from gradcli.lang.compile.blocks import block
from gradcli.lang.compile.functions import decorated, entry, inner_compiler
from gradcli.lang.compile.scopes import CLASS, UNBOUND
from gradcli.lang.compile.targets import store_name
from gradcli.lang.errors.spots import blame
from gradcli.lang.syntax import nodes
from gradcli.lang.values.classes import OWN, SPECIAL, Super, make_class

_LEFT_OUT = {
    "__new__": "`__init__` fills a new instance; a function may choose what to make",
    "__getattr__": "attributes are what was assigned; `@property` computes one",
    "__getattribute__": "attributes are what was assigned; `@property` computes one",
    "__setattr__": "`@name.setter` of a property sees what is assigned",
    "__del__": "`with` says when something ends",
    "__init_subclass__": "a decorator of the class sees it too",
    "__class_getitem__": "annotations are dropped, so that nothing needs it",
}


@statement(nodes.Class)
def _class(c: Compiler, node: nodes.Class) -> Run:
    _refuse(c, node)
    inner = inner_compiler(c, node, node.name)
    bases = [(c.expression(base), c.place(base)) for base in node.bases]
    body, doc = block(inner, node.body), nodes.docstring(node.body)
    enter, scope = entry(c, inner.scope), inner.scope
    hidden = (*scope.globals, *scope.nonlocals, CLASS)
    names = [(name, scope.slots[name]) for name in scope.bound if name not in hidden]
    cell = scope.slots[CLASS] if CLASS in scope.cells else None
    place, qualname, name = c.at(node.name_span), inner.qualname, node.name
    put = decorated(c, node.decorators, store_name(c, name))
    c.assigned.add(name)

    def run(frame: Any) -> None:
        kinds = [base(frame) for base, _ in bases]
        inside = enter(frame)
        body(inside)
        own = {member: inside[slot] for member, slot in names if inside[slot] is not UNBOUND}
        own.setdefault("__doc__", doc)
        try:
            made = make_class(name, qualname, kinds, own, node.annotated)
        except Exception as error:
            blame(error, bases[0][1] if bases else place)
            raise
        if cell is not None:
            inside[cell][0] = made
        put(frame, made)

    return run


def _refuse(c: Compiler, node: nodes.Class) -> None:
    """What classes do not have, said before anything runs."""
    for keyword in node.keywords:
        raise c.refuse(
            keyword.span,
            f"`{keyword.name}` is no part of a class here" if keyword.name else "a class takes no `**`",
            "there are no metaclasses: a decorator can change a class after it is made",
        )
    for base in node.bases:
        if isinstance(base, nodes.Starred):
            raise c.refuse(base.span, "the bases of a class are written out")
    for each in node.body:
        if isinstance(each, nodes.Def):
            _check_special(c, each.name, each.name_span)
        elif isinstance(each, nodes.Assign):
            for target in each.targets:
                if isinstance(target, nodes.Name):
                    _check_special(c, target.name, target.span)


def _check_special(c: Compiler, name: str, span: nodes.Span) -> None:
    if name.startswith("__") and name.endswith("__") and name not in SPECIAL and name not in OWN:
        help = _LEFT_OUT.get(name, "classes have data, methods and operators")
        raise c.refuse(span, f"`{name}` is not in the language", help)


def super_call(c: Compiler, node: nodes.Call) -> Run:
    """`super()`: with the class in whose body it stands, and the first argument of the method."""
    place, scope = c.place(node), c.scope
    slot = scope.slots.get(CLASS)
    first = scope.node.parameters[0].name if isinstance(scope.node, nodes.Def) and scope.node.parameters else None
    if slot is None or first is None:
        missing = "no arguments" if first is None else "__class__ cell not found"

        def refuse(frame: Any) -> Any:
            error = RuntimeError(f"super(): {missing}")
            blame(error, place)
            raise error

        return refuse
    owner: Callable[[Any], Any] = c.load(nodes.Name(node.span, first))

    def run(frame: Any) -> Any:
        try:
            return Super(frame[slot][0], owner(frame))
        except Exception as error:
            blame(error, place)
            raise

    return run
