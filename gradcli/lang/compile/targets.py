"""What stands left of `=`, after `for`, `as` and `del`: closures that store a value into a frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradcli.engine.tensor import Tensor
from gradcli.lang import budget
from gradcli.lang.budget import bounded, key
from gradcli.lang.compile.base import Compiler
from gradcli.lang.compile.scopes import UNBOUND, names_of
from gradcli.lang.errors.spots import blame, changed, unknown
from gradcli.lang.syntax import nodes
from gradcli.lang.values.table import delete_attribute, set_attribute, type_name

Store = Callable[[Any, Any], None]


def plain_key(c: Compiler, target: nodes.Expression) -> Any:
    """The key with which `frame[key] = value` stores into the target, or None if that is not all there is to do."""
    if not isinstance(target, nodes.Name):
        return None
    name, scope = target.name, c.scope
    if scope.is_module:
        return name
    if scope.in_cell(name) or name in scope.globals:
        return None
    return scope.slots[name]


def assigned(c: Compiler, target: nodes.Expression) -> None:
    """Note that the variables of a target have values from here on."""
    c.assigned.update(names_of(target))


def store(c: Compiler, target: nodes.Expression) -> Store:
    """The closure that assigns to a target."""
    if isinstance(target, nodes.Name):
        return store_name(c, target.name)
    if isinstance(target, nodes.Attribute):
        return _store_attribute(c, target)
    if isinstance(target, nodes.Index):
        return _store_index(c, target)
    assert isinstance(target, (nodes.Tuple, nodes.List))
    return _unpack(c, target)


def store_name(c: Compiler, name: str) -> Store:
    """The closure that binds a variable."""
    slot = c.scope.slots.get(name)
    if c.scope.is_module or slot is None:
        variables = c.world.variables

        def store_global(frame: Any, value: Any) -> None:
            variables[name] = value

        return store_global
    if c.scope.in_cell(name):

        def store_cell(frame: Any, value: Any) -> None:
            frame[slot][0] = value

        return store_cell

    def store_slot(frame: Any, value: Any) -> None:
        frame[slot] = value

    return store_slot


def _store_attribute(c: Compiler, target: nodes.Attribute) -> Store:
    owner, name, place = c.expression(target.value), target.name, c.at(target.name_span, target.value)

    def run(frame: Any, value: Any) -> None:
        holder = owner(frame)
        try:
            set_attribute(holder, name, value)
        except Exception as error:
            blame(error, place, holder)
            raise

    return run


def _store_index(c: Compiler, target: nodes.Index) -> Store:
    owner, index = c.expression(target.value), c.expression(target.index)
    place = c.place(target, target.value, target.index)

    def run(frame: Any, value: Any) -> None:
        holder = owner(frame)
        at = index(frame)
        try:
            set_item(holder, at, value)
            if holder.__class__ is Tensor:
                changed(place)
        except Exception as error:
            blame(error, place, holder, at)
            raise

    return run


def set_item(owner: Any, at: Any, value: Any) -> None:
    """`owner[at] = value`, where a list or dict may not grow beyond its limit."""
    kind = type(owner)
    if kind is list and type(at) is slice:
        added = list(bounded(value))
        budget.items(len(owner) + len(added))
        owner[at] = added
    elif isinstance(owner, dict):
        owner[key(at)] = value
        budget.items(len(owner))
    else:
        owner[at] = value


# ---------------------------------------------------------------- unpacking


def _unpack(c: Compiler, target: nodes.Tuple | nodes.List) -> Store:
    stores = [store(c, item.value if isinstance(item, nodes.Starred) else item) for item in target.items]
    star = next((at for at, item in enumerate(target.items) if isinstance(item, nodes.Starred)), None)
    count, place = len(stores), c.place(target)

    def run(frame: Any, value: Any) -> None:
        try:
            values = _unpacked(value, count, star)
        except Exception as error:
            blame(error, place)
            raise
        for put, item in zip(stores, values, strict=True):
            put(frame, item)

    return run


def _unpacked(value: Any, count: int, star: int | None) -> list[Any]:
    """The values for `count` targets, of which number `star` takes a list of what is left over."""
    if type(value) is not tuple and type(value) is not list:
        try:
            iterator = iter(value)
        except TypeError:
            if type(value).__name__ == "Tensor":
                raise
            raise TypeError(f"cannot unpack non-iterable {type_name(value)} object") from None
        if star is None:
            value = [item for item, _ in zip(iterator, range(count + 1), strict=False)]
        else:
            value = list(bounded(iterator))
    got = len(value)
    if star is None:
        if got == count:
            return list(value)
        if got > count:
            raise ValueError(f"too many values to unpack (expected {count})")
        raise ValueError(f"not enough values to unpack (expected {count}, got {got})")
    if got < count - 1:
        raise ValueError(f"not enough values to unpack (expected at least {count - 1}, got {got})")
    after = count - 1 - star
    return [*value[:star], list(value[star : got - after]), *value[got - after :]]


# ---------------------------------------------------------------- del


def delete(c: Compiler, target: nodes.Expression) -> Callable[[Any], None]:
    """The closure that deletes a target."""
    if isinstance(target, nodes.Name):
        return _delete_name(c, target)
    if isinstance(target, nodes.Attribute):
        return _delete_attribute(c, target)
    if isinstance(target, nodes.Index):
        return _delete_index(c, target)
    assert isinstance(target, (nodes.Tuple, nodes.List))
    deletes = [delete(c, item) for item in target.items]

    def run(frame: Any) -> None:
        for each in deletes:
            each(frame)

    return run


def _delete_name(c: Compiler, target: nodes.Name) -> Callable[[Any], None]:
    name, load = target.name, c.load(target)
    c.assigned.discard(name)
    slot = c.scope.slots.get(name)
    if c.scope.is_module or slot is None:
        variables, place = c.world.variables, c.place(target)

        def delete_global(frame: Any) -> None:
            if name not in variables:
                error = unknown(name)
                blame(error, place)
                raise error
            del variables[name]

        return delete_global
    shared = c.scope.in_cell(name)

    def delete_local(frame: Any) -> None:
        load(frame)
        if shared:
            frame[slot][0] = UNBOUND
        else:
            frame[slot] = UNBOUND

    return delete_local


def _delete_attribute(c: Compiler, target: nodes.Attribute) -> Callable[[Any], None]:
    owner, name, place = c.expression(target.value), target.name, c.at(target.name_span, target.value)

    def run(frame: Any) -> None:
        holder = owner(frame)
        try:
            delete_attribute(holder, name)
        except Exception as error:
            blame(error, place, holder)
            raise

    return run


def _delete_index(c: Compiler, target: nodes.Index) -> Callable[[Any], None]:
    owner, index, place = c.expression(target.value), c.expression(target.index), c.place(target, target.value)

    def run(frame: Any) -> None:
        holder = owner(frame)
        at = index(frame)
        try:
            del holder[at]
        except Exception as error:
            blame(error, place, holder)
            raise

    return run
