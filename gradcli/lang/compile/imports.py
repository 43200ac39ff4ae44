"""`import` and `from … import …`, of the modules in the table."""

from __future__ import annotations

from typing import Any

from gradcli.lang.compile.base import Compiler, Run, statement
from gradcli.lang.compile.targets import store_name
from gradcli.lang.errors.spots import blame
from gradcli.lang.syntax import nodes
from gradcli.lang.values.table import Namespace, NoAttribute, attribute


@statement(nodes.Import)
def _import(c: Compiler, node: nodes.Import) -> Run:
    place, modules = c.place(node), c.world.modules
    puts = []
    for alias in node.names:
        top = alias.name.partition(".")[0]
        bound = alias.bound or top
        puts.append((alias.name, alias.name if alias.bound else top, store_name(c, bound)))
        c.assigned.add(bound)

    def run(frame: Any) -> None:
        try:
            found = [(put, _module(modules, name), modules.get(binds)) for name, binds, put in puts]
        except Exception as error:
            blame(error, place)
            raise
        for put, _, module in found:
            put(frame, module)

    return run


class UnknownModule(ModuleNotFoundError):
    """An import of what is not there; `known` are the modules that are."""

    known: list[str]


def _module(modules: dict[str, Namespace], name: str) -> Namespace:
    found = modules.get(name)
    if found is None:
        top, dot, _ = name.partition(".")
        missing = name if top in modules else top
        error = UnknownModule(f"No module named {missing!r}", name=missing)
        error.known = [each for each in modules if ("." in each) == (dot != "" and top in modules)]
        raise error
    return found


@statement(nodes.FromImport)
def _from_import(c: Compiler, node: nodes.FromImport) -> Run:
    place, modules, name = c.at(node.module_span), c.world.modules, node.module
    if any(alias.name == "*" for alias in node.names):
        return _import_all(c, node)
    puts = [(alias.name, store_name(c, alias.bound or alias.name)) for alias in node.names]
    c.assigned.update(alias.bound or alias.name for alias in node.names)

    def run(frame: Any) -> None:
        try:
            values = [_imported(modules, name, member) for member, _ in puts]
        except Exception as error:
            blame(error, place)
            raise
        for (_, put), value in zip(puts, values, strict=True):
            put(frame, value)

    return run


def _imported(modules: dict[str, Namespace], module: str, member: str) -> Any:
    """What `from module import member` binds: a member, or a module inside the module."""
    found = _module(modules, module)
    try:
        return attribute(found, member)
    except NoAttribute:
        inside = modules.get(f"{module}.{member}")
        if inside is not None:
            return inside
        error = NoImport(f"cannot import name {member!r} from {module!r} (unknown location)")
        error.missing, error.owner = member, found
        raise error from None


class NoImport(ImportError):
    """A name that the module does not have."""

    missing: str
    owner: Namespace


def _import_all(c: Compiler, node: nodes.FromImport) -> Run:
    """Bind all names of a module. torch's names are known without it; of other modules all are bound."""
    place, world, name = c.at(node.module_span), c.world, node.module

    def run(frame: Any) -> None:
        try:
            module = _module(world.modules, name)
            if name != "torch":
                world.variables.update(
                    (member, attribute(module, member)) for member in module.members if not member.startswith("_")
                )
        except Exception as error:
            blame(error, place)
            raise

    return run
