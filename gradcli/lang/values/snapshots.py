"""The state of a session at a moment, to go back to: what `undo` needs.

A snapshot is a walk over all that the variables lead to. Of everything that can change it notes the state: the items
of a list, the fields of a tensor, what a node has saved, the numbers of an array. An array that is as it was in the
snapshot before shares its copy, so that many snapshots of few changes cost little. Going back writes the states into
the same objects: aliases stay aliases, views stay views, and a graph that was freed can be run again.

Iterators cannot be turned back, and of graphs only so many nodes are looked at: `Snapshot.exceptions` says so.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from types import FunctionType
from typing import Any, Final

import numpy as np

from gradcli.autograd.function import FunctionNode
from gradcli.engine import dtypes
from gradcli.engine.graph import AccumulateGrad, Hook, Leaf, Node, NodeHooks
from gradcli.engine.modes import state as modes
from gradcli.engine.nodes import OpNode
from gradcli.engine.plan import SavedResult, SavedTensors
from gradcli.engine.random import Generator, default_generator
from gradcli.engine.tensor import Tensor
from gradcli.engine.views import CopySlices, ViewMeta
from gradcli.lang.compile.binding import Parameters
from gradcli.lang.values.classes import Class, Instance
from gradcli.lang.values.descriptors import BoundMethod, CachedProperty, ClassMethod, Property, StaticMethod
from gradcli.lang.values.table import Method

MOST_VALUES: Final = 100_000
MOST_NODES: Final = 20_000
# What changes without a variable that leads to it: the generators of random numbers.
ROOTS: Final[list[Any]] = [default_generator]

State = tuple[Any, ...]
Read = Callable[[Any], State]
Write = Callable[[Any, State], None]


class TooLarge(Exception):
    """There is more than is to be kept: the message says what."""


class Snapshot:
    """The state of all that `variables` lead to, of the random numbers and of the modes.

    before: an earlier one, to share copies with. Raises TooLarge beyond `most_bytes` of arrays, or MOST_VALUES values.
    """

    __slots__ = ("_arrays", "_default", "_modes", "_states", "_variables", "exceptions")

    def __init__(self, variables: dict[str, Any], before: Snapshot | None, most_bytes: int) -> None:
        self._variables = variables
        self._states: dict[int, tuple[Any, Write, State]] = {}
        self._arrays: dict[int, tuple[Any, Any]] = {}  # who owns the memory, and what was in it
        self._modes = (modes.grad, modes.anomaly, modes.check_nan, modes.inference)
        self._default = dtypes.default()
        self.exceptions: set[str] = set()
        owners: dict[int, Any] = {}
        self._walk([variables, *ROOTS], owners)
        size = sum(owner.nbytes for owner in owners.values())
        if size > most_bytes:
            raise TooLarge(f"the tensors hold {size} bytes, more than the {most_bytes} that may be kept")
        known = before._arrays if before is not None else {}
        for key, owner in owners.items():
            kept = known.get(key)
            shared = kept is not None and kept[0] is owner and _equal(owner, kept[1])
            self._arrays[key] = kept if kept is not None and shared else (owner, owner.copy(order="K"))

    def _walk(self, waiting: list[Any], owners: dict[int, Any]) -> None:
        states = self._states
        seen: set[int] = set()
        nodes = 0
        while waiting:
            value = waiting.pop()
            kind = type(value)
            if kind in _ATOMS or id(value) in seen:
                continue
            seen.add(id(value))
            if len(seen) > MOST_VALUES:
                raise TooLarge(f"there are more than {MOST_VALUES} values")
            if kind is np.ndarray:
                owner = _owner(value)
                owners[id(owner)] = owner
                continue
            if kind is OpNode:
                nodes += 1
                if nodes > MOST_NODES:
                    self.exceptions.add(f"of graphs of more than {MOST_NODES} nodes not all is kept")
                    continue
            read, write, children = _found(kind)
            if read is not None:
                state = read(value)
                states[id(value)] = (value, write, state)
                waiting += state if children is None else children(value)
            elif children is not None:
                waiting += children(value)
            if write is _stays:
                self.exceptions.add("iterators stay where they are")

    def restore(self) -> None:
        """Go back to it."""
        for value, write, state in self._states.values():
            write(value, state)
        for owner, copy in self._arrays.values():
            if owner.flags.writeable and not _equal(owner, copy):
                np.copyto(owner, copy)
        modes.grad, modes.anomaly, modes.check_nan, modes.inference = self._modes
        dtypes.set_default(self._default)

    def differs(self, later: Snapshot, apart: str) -> bool:
        """Whether something has changed between this one and a later one, the variable `apart` left aside."""
        if (self._modes, self._default) != (later._modes, later._default):
            return True
        for key, (owner, copy) in self._arrays.items():
            now = later._arrays.get(key)
            if now is not None and now[0] is owner and now[1] is not copy:
                return True
        for key, (value, _, state) in self._states.items():
            entry = later._states.get(key)
            if value is self._variables:
                if _without(state, apart) != _without(later._states[key][2], apart):
                    return True
            elif entry is not None and entry[0] is value and not _same(state, entry[2]):
                return True
        return False

    def __len__(self) -> int:
        return len(self._states)

    def memory(self) -> Iterator[tuple[int, int]]:
        """(identity, bytes) of every piece of memory that it keeps alive."""
        for owner, copy in self._arrays.values():
            yield id(owner), owner.nbytes
            yield id(copy), copy.nbytes
        for node, _, state in self._states.values():
            for saved in (state[0] or ()) if isinstance(node, OpNode) else ():
                for value in saved if isinstance(saved, SavedTensors) else (saved,):
                    if isinstance(value, (Tensor, SavedResult)):
                        owner = _owner(value.array)
                        yield id(owner), owner.nbytes


def _owner(array: Any) -> Any:
    """The array that owns the memory that `array` shows (numpy's as_strided puts another object between the two)."""
    base = array.base
    while base is not None:
        if isinstance(base, np.ndarray):
            array = base
        base = getattr(base, "base", None)
    return array


def _equal(left: Any, right: Any) -> bool:
    """Bit for bit: nan is nan, and 0.0 is not -0.0."""
    if left.shape != right.shape or left.dtype != right.dtype:
        return False
    if left.flags.forc and right.flags.forc and left.flags.c_contiguous == right.flags.c_contiguous:
        return bool(np.array_equal(_bytes(left), _bytes(right)))
    return bool(left.tobytes() == right.tobytes())


def _bytes(array: Any) -> Any:
    flat = array.ravel(order="K")
    return flat.view(np.uint64 if flat.nbytes % 8 == 0 else np.uint8)


def _same(left: State, right: State) -> bool:
    if len(left) != len(right):
        return False
    for one, other in zip(left, right, strict=True):
        if one is not other and not (type(one) is type(other) and type(one) in _COMPARED and one == other):
            return False
    return True


def _without(state: State, name: str) -> list[tuple[str, int]]:
    """The variables as name and identity, but for one."""
    half = len(state) // 2
    pairs = zip(state[:half], state[half:], strict=True)
    return [(key, id(value)) for key, value in pairs if key != name]


# ---------------------------------------------------------------- what each kind of value can change in

_ATOMS = frozenset((int, float, complex, bool, str, bytes, type(None), type(Ellipsis), slice, range, dtypes.DType))
_COMPARED = frozenset((int, float, complex, bool, str, bytes))
_KINDS: dict[type, tuple[Read | None, Any, Callable[[Any], Iterable[Any]] | None]] = {}
_NOTHING = (None, None, None)


def _stays(value: Any, state: State) -> None:
    """What an iterator's `write` is."""


def remembers(
    kind: type, read: Read | None, write: Write | None, children: Callable[[Any], Iterable[Any]] | None = None
) -> None:
    """Say of a class how its values change: `read` gives the state, `write` puts it back.

    children: what a value leads to; if not given, what is in its state.
    """
    _KINDS[kind] = (read, write, children)


def _found(kind: type) -> tuple[Read | None, Any, Callable[[Any], Iterable[Any]] | None]:
    found = _KINDS.get(kind)
    if found is None:
        other = (None, _stays, None) if hasattr(kind, "__next__") else _NOTHING
        found = next((_KINDS[base] for base in kind.__mro__ if base in _KINDS), other)
        _KINDS[kind] = found
    return found


def _write_list(value: Any, state: State) -> None:
    value[:] = state


def _write_dict(value: Any, state: State) -> None:
    half = len(state) // 2
    value.clear()
    value.update(zip(state[:half], state[half:], strict=True))


def _write_all(value: Any, state: State) -> None:
    value.clear()
    value.update(state)


def _write_deque(value: Any, state: State) -> None:
    value.clear()
    value.extend(state)


def _read_tensor(tensor: Tensor) -> State:
    leaf = tensor._leaf
    return (
        tensor.array,
        tensor._requires_grad,
        tensor._grad_fn,
        tensor.output_nr,
        tensor._grad,
        len(tensor._counter or ()),
        tensor._view,
        dict(tensor.attributes) if tensor.has_attributes else None,
        *(() if leaf is None else (*leaf.hooks, None, *leaf.post_hooks) if leaf.hooks or leaf.post_hooks else ()),
    )


def _write_tensor(tensor: Tensor, state: State) -> None:
    changes: int
    (
        tensor.array,
        tensor._requires_grad,
        tensor._grad_fn,
        tensor.output_nr,
        tensor._grad,
        changes,
        tensor._view,
        attributes,
        *hooks,
    ) = state
    if tensor.has_attributes:
        tensor.attributes.clear()
        tensor.attributes.update(attributes or {})
    if tensor._counter is not None:
        del tensor._counter[changes:]
    if tensor._leaf is not None:
        between = hooks.index(None) if hooks else 0
        tensor._leaf.hooks[:], tensor._leaf.post_hooks[:] = hooks[:between], hooks[between + 1 :]


def _write_view(view: ViewMeta, state: State) -> None:
    view.base, view.steps, view.creation, view.version = state


def _read_hooks(hooks: NodeHooks) -> State:
    retained = hooks.retained
    return (len(hooks.before), *hooks.before, len(hooks.after), *hooks.after, *retained, *retained.values())


def _write_hooks(hooks: NodeHooks, state: State) -> None:
    before = state[0]
    hooks.before[:] = state[1 : 1 + before]
    after = state[1 + before]
    hooks.after[:] = state[2 + before : 2 + before + after]
    retained = state[2 + before + after :]
    half = len(retained) // 2
    hooks.retained = dict(zip(retained[:half], retained[half:], strict=True))


def _read_op_node(node: OpNode) -> State:
    return node.saved, node.hooks


def _write_op_node(node: OpNode, state: State) -> None:
    node.saved, node.hooks = state


def _write_node(node: Node, state: State) -> None:
    (node.hooks,) = state


def _read_function_node(node: FunctionNode) -> State:
    return node.saved, node.hooks, node.fields


def _write_function_node(node: FunctionNode, state: State) -> None:
    node.saved, node.hooks, node.fields = state


def _write_fields(instance: Any, state: State) -> None:
    (instance.fields,) = state


def _read_function(function: Any) -> State:
    fields = function.__dict__.get("fields", {})
    return (*fields, *fields.values())


def _write_function(function: Any, state: State) -> None:
    if state or "fields" in function.__dict__:
        _write_dict(function.__dict__.setdefault("fields", {}), state)


def _write_class(kind: Class, state: State) -> None:
    _write_dict(kind.own, state)
    for each in (kind, *kind.heirs):
        each.refresh()


def _following(node: Node) -> list[Any]:
    return [edge[0] for edge in node.edges if edge is not None]  # what it saved, programs cannot change


def _kept_by(function: Any) -> Iterator[Any]:
    """What a function of a program holds: cells of the functions around it, defaults; and the functions it wraps."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            value = cell.cell_contents
        except ValueError:  # not bound yet
            continue
        if name == "tail" or isinstance(value, (FunctionType, Parameters)):
            yield value
    yield from _read_function(function)


remembers(list, tuple, _write_list)
remembers(tuple, None, None, tuple)
remembers(dict, lambda value: (*value, *value.values()), _write_dict)
remembers(set, tuple, _write_all)
remembers(frozenset, None, None, tuple)
remembers(deque, tuple, _write_deque)
remembers(Tensor, _read_tensor, _write_tensor)
remembers(ViewMeta, lambda view: (view.base, view.steps, view.creation, view.version), _write_view)
remembers(Node, lambda node: (node.hooks,), _write_node, _following)
remembers(AccumulateGrad, lambda node: (node.hooks,), _write_node, lambda node: (node.variable,))
remembers(OpNode, _read_op_node, _write_op_node, lambda node: (*_following(node), node.hooks))
remembers(CopySlices, lambda node: (node.hooks,), _write_node, lambda node: (*_following(node), node.inner))
remembers(NodeHooks, _read_hooks, _write_hooks)
remembers(Leaf, None, None)
remembers(Hook, None, None, lambda hook: (hook.function,))
remembers(Generator, Generator.position, Generator.go_to, lambda generator: ())
remembers(Method, None, None, lambda method: (method.owner,))
remembers(FunctionType, _read_function, _write_function, _kept_by)
remembers(Parameters, None, None, lambda parameters: (parameters.defaults,))
remembers(
    FunctionNode,
    _read_function_node,
    _write_function_node,
    lambda node: (*_following(node), node.hooks, node.fields, *(node.saved or ())),
)
remembers(Instance, lambda instance: (instance.fields,), _write_fields)
remembers(Class, lambda kind: (*kind.own, *kind.own.values()), _write_class)
remembers(BoundMethod, None, None, lambda method: (method.owner, method.function))
remembers(StaticMethod, None, None, lambda method: (method.function,))
remembers(ClassMethod, None, None, lambda method: (method.function,))
remembers(CachedProperty, None, None, lambda value: (value.function,))
remembers(Property, None, None, lambda value: (value.fget, value.fset, value.fdel))
