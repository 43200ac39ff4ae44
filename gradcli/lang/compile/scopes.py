"""Which variable a name means, found out once, before anything runs.

A function's locals live in a list, its frame; a local that an inner function uses lives there in a cell, a list of one.
At module level the frame is the dict of globals, so that `frame[key]` reads a plain variable in both. The body of a
class has a frame too, but what it binds is hidden from the functions in it: they look further out, except for
`__class__`, which is the class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from gradcli.lang.syntax import nodes
from gradcli.lang.syntax.nodes import Node

Function = nodes.Def | nodes.Lambda | nodes.Comprehension | nodes.Class
CLASS = "__class__"
SENT = "yield"  # a reserved word: where a generator keeps what was sent to it


class Unbound:
    """What a slot holds before its variable has a value."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<unbound>"


UNBOUND = Unbound()


class Scope:
    """The names of one function, lambda, comprehension or class; `node` is None for the module.

    bound: names it assigns. cells: those that inner functions share. free: names of outer functions that it uses, in
    the order of their slots. deleted: names that `del` may take away again. own: how many slots are the frame's own.
    shared: the slots of what inner functions find here, by name.
    """

    __slots__ = (
        "bound",
        "cells",
        "children",
        "deleted",
        "free",
        "globals",
        "node",
        "nonlocals",
        "own",
        "parent",
        "shared",
        "slots",
        "used",
    )

    def __init__(self, node: Function | None, parent: Scope | None) -> None:
        self.node = node
        self.parent = parent
        self.bound: dict[str, None] = {}
        self.used: set[str] = set()
        self.globals: set[str] = set()
        self.nonlocals: dict[str, Node] = {}
        self.cells: set[str] = set()
        self.free: dict[str, None] = {}
        self.deleted: set[str] = set()
        self.children: dict[int, Scope] = {}
        self.slots: dict[str, int] = {}
        self.shared: dict[str, int] = {}
        self.own = 0

    @property
    def is_module(self) -> bool:
        return self.node is None

    @property
    def is_class(self) -> bool:
        return isinstance(self.node, nodes.Class)

    def in_cell(self, name: str) -> bool:
        """Does the name's slot hold a cell, which inner or outer functions share?"""
        if name in self.free:
            return not self.is_class or name not in self.bound or name in self.nonlocals
        return name in self.cells

    def child(self, node: Function) -> Scope:
        """The scope of a function inside this one; a module analyses it on demand."""
        found = self.children.get(id(node))
        if found is None:
            known = set(self.children)
            gather(self, [node])  # makes scopes for functions in defaults and decorators too
            for key, scope in self.children.items():
                if key not in known:
                    settle(scope)
            found = self.children[id(node)]
        return found


def gather(scope: Scope, todo: list[Node]) -> None:
    """Enter the names that occur in `todo` into `scope`, and a scope for every function there."""
    while todo:
        node = todo.pop()
        if isinstance(node, nodes.Name):
            scope.used.add(CLASS if node.name == "super" else node.name)
        elif isinstance(node, (nodes.Def, nodes.Lambda, nodes.Comprehension, nodes.Class)):
            todo += enter(scope, node)
        else:
            binding = _BINDERS.get(type(node))
            if binding is not None:
                binding(scope, node)
            todo += node.children()


def enter(scope: Scope, node: Function) -> list[Node]:
    """Make the scope of a function. Returns what is evaluated outside: defaults, decorators, the first iterable."""
    inner = scope.children[id(node)] = Scope(node, scope)
    if isinstance(node, nodes.Comprehension):
        first = node.clauses[0]
        for clause in node.clauses:
            bind_target(inner, clause.target)
        inside: list[Node] = [node.element, *([node.key] if node.key else [])]
        for clause in node.clauses:
            inside += [clause.target, *clause.conditions, *([clause.iter] if clause is not first else [])]
        gather(inner, inside)
        return [first.iter]
    if isinstance(node, nodes.Class):
        scope.bound[node.name] = None
        inner.bound[CLASS] = None
        gather(inner, list(reversed(node.body)))
        return [*node.bases, *node.keywords, *node.decorators]
    for parameter in node.parameters:
        inner.bound[parameter.name] = None
    outside: list[Node] = [parameter.default for parameter in node.parameters if parameter.default is not None]
    if isinstance(node, nodes.Lambda):
        gather(inner, [node.body])
    else:
        scope.bound[node.name] = None
        outside += node.decorators
        gather(inner, list(reversed(node.body)))
    return outside


def names_of(target: Node) -> Iterable[str]:
    """The variables that a target binds, in order."""
    stack = [target]
    while stack:
        node = stack.pop()
        if isinstance(node, nodes.Name):
            yield node.name
        elif isinstance(node, (nodes.Tuple, nodes.List)):
            stack += reversed(node.items)
        elif isinstance(node, nodes.Starred):
            stack.append(node.value)


def bind_target(scope: Scope, target: Node) -> None:
    """Enter the variables of a target."""
    scope.bound.update(dict.fromkeys(names_of(target)))


def _bind_sent(scope: Scope, node: nodes.Expression) -> None:
    scope.bound[SENT] = None


def _bind_targets(scope: Scope, node: nodes.Assign) -> None:
    for target in node.targets:
        bind_target(scope, target)


def _bind_one(scope: Scope, node: nodes.AugAssign | nodes.For | nodes.Param) -> None:
    bind_target(scope, node.target)


def _bind_with(scope: Scope, node: nodes.WithItem) -> None:
    if node.target is not None:
        bind_target(scope, node.target)


def _bind_del(scope: Scope, node: nodes.Del) -> None:
    for target in node.targets:
        bind_target(scope, target)
        scope.deleted.update(names_of(target))


def _bind_handler(scope: Scope, node: nodes.Handler) -> None:
    if node.name is not None:
        scope.bound[node.name] = None
        scope.deleted.add(node.name)


def _bind_import(scope: Scope, node: nodes.Import) -> None:
    for alias in node.names:
        scope.bound[alias.bound or alias.name.partition(".")[0]] = None


def _bind_from(scope: Scope, node: nodes.FromImport) -> None:
    for alias in node.names:
        scope.bound[alias.bound or alias.name] = None


def _declare_global(scope: Scope, node: nodes.Global) -> None:
    scope.globals.update(node.names)


def _declare_nonlocal(scope: Scope, node: nodes.Nonlocal) -> None:
    scope.nonlocals.update(dict.fromkeys(node.names, node))


_BINDERS: dict[type, Callable[[Scope, Any], None]] = {
    nodes.Assign: _bind_targets,
    nodes.AugAssign: _bind_one,
    nodes.For: _bind_one,
    nodes.Param: _bind_one,
    nodes.Yield: _bind_sent,
    nodes.YieldFrom: _bind_sent,
    nodes.WithItem: _bind_with,
    nodes.Del: _bind_del,
    nodes.Handler: _bind_handler,
    nodes.Import: _bind_import,
    nodes.FromImport: _bind_from,
    nodes.Global: _declare_global,
    nodes.Nonlocal: _declare_nonlocal,
}


def settle(scope: Scope) -> None:
    """Decide for every name of `scope` and of the scopes inside it where it lives, and give out slots."""
    order = [scope]
    for each in order:
        order += each.children.values()
    for each in order:
        for name in [*each.used, *each.nonlocals]:
            _find(each, name)
    for each in order:
        own = [name for name in each.bound if name not in each.globals and name not in each.nonlocals]
        each.own = len(own)
        slots = {name: slot for slot, name in enumerate(own)}
        free = {name: each.own + place for place, name in enumerate(each.free)}
        # In a class a name may be its own, and for its functions that of a function further out.
        each.slots = {**free, **slots}
        each.shared = {**slots, **free}


def _find(scope: Scope, name: str) -> None:
    """Make `name` free in `scope`, and in all scopes up to the function that binds it, unless it is local or global."""
    if name in scope.globals or (name in scope.bound and name not in scope.nonlocals):
        return
    path = [scope]
    outer = scope.parent
    while outer is not None and not outer.is_module:
        if outer.is_class and name != CLASS:
            path.append(outer)
            outer = outer.parent
            continue
        if name in outer.globals:
            break
        if name in outer.bound and name not in outer.nonlocals:
            outer.cells.add(name)
            for each in path:
                each.free[name] = None
            return
        path.append(outer)
        outer = outer.parent
