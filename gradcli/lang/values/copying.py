"""`copy.copy` and `copy.deepcopy`, of the language's values.

A tensor is copied deeply as torch does it: only a leaf is, and tensors that share memory share the copy of it
(torch/_tensor.py, `__deepcopy__`). Containers are walked without recursion into C; what cannot change is itself.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from types import GeneratorType
from typing import Any, Final

import numpy as np

from gradcli.engine.tensor import Tensor
from gradcli.lang.arrays.values import Array
from gradcli.lang.budget import tree
from gradcli.lang.values.classes import Instance
from gradcli.lang.values.table import MISSING, attribute, type_name, type_of

_NOT_A_LEAF: Final = (
    "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  If you "
    "were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage, see "
    "https://github.com/pytorch/pytorch/pull/103001"
)
DEEPEST: Final = 200


def copy(x: Any) -> Any:
    """`copy.copy`: a new container of the same items; a new tensor on the same memory."""
    kind = type(x)
    if kind is Tensor:
        copied = Tensor(x.array, requires_grad=x.requires_grad)
        if x.has_attributes:
            copied.attributes.update(x.attributes)
        return copied
    if kind is Array:
        return x.view(np.ndarray).copy().view(Array)
    if isinstance(x, (list, dict, set, deque)):
        return x.copy()
    if isinstance(x, Instance):
        own = _own(x, "__copy__")
        return own() if own is not None else _new(x, dict(x.fields))
    return x


def deepcopy(x: Any, memo: Any = None) -> Any:
    """`copy.deepcopy`. Raises RuntimeError for a tensor that is no leaf, in torch's words."""
    return _deep(tree(x), memo if type(memo) is dict else {}, 0)


def _deep(value: Any, memo: dict[Any, Any], depth: int) -> Any:
    copied = _COPIES.get(type(value))
    if copied is None:
        copied = next((_COPIES[base] for base in type(value).__mro__ if base in _COPIES), None)
    if copied is None:
        return value
    found = memo.get(id(value), MISSING)
    if found is not MISSING:
        return found
    if depth > DEEPEST:
        raise RecursionError("maximum recursion depth exceeded: nested too deeply to copy")
    result = copied(value, memo, depth + 1)
    memo[id(value)] = result
    # As long as the memo lives its keys must not be given to other values.
    memo.setdefault(id(memo), []).append(value)
    return result


def _tensor(value: Tensor, memo: dict[Any, Any], depth: int) -> Tensor:
    if not value.is_leaf:
        raise RuntimeError(_NOT_A_LEAF)
    copied = Tensor(_array(value.array, memo), requires_grad=value.requires_grad)
    _hung_on(copied, value, memo, depth)
    if value.grad is not None:
        copied.grad = _deep(value.grad, memo, depth)
    return copied


def _hung_on(copied: Tensor, value: Tensor, memo: dict[Any, Any], depth: int) -> None:
    """What a program has hung on a tensor; that it is a parameter is such a thing."""
    if value.has_attributes:
        copied.attributes.update({name: _deep(item, memo, depth) for name, item in value.attributes.items()})


def _array(array: Any, memo: dict[Any, Any]) -> Any:
    """The same view of a copy of the memory; the memory is copied once."""
    owner = array
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    whole = memo.get(("memory", id(owner)))
    if whole is None:
        whole = memo["memory", id(owner)] = owner.copy(order="K")
        memo.setdefault(id(memo), []).append(owner)
    if not owner.flags.forc:
        return array.copy()
    start = array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    flat = np.ndarray(whole.nbytes, np.uint8, whole.reshape(-1, order="A").view(np.uint8)) if whole.nbytes else whole
    return np.ndarray(array.shape, array.dtype, flat, start, array.strides) if whole.nbytes else array.copy()


def _list(value: list[Any], memo: dict[Any, Any], depth: int) -> list[Any]:
    result: list[Any] = []
    memo[id(value)] = result
    result.extend([_deep(item, memo, depth) for item in value])
    return result


def _tuple(value: tuple[Any, ...], memo: dict[Any, Any], depth: int) -> Any:
    items = [_deep(item, memo, depth) for item in value]
    if all(new is old for new, old in zip(items, value, strict=True)):
        return value
    return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)


def _dict(value: dict[Any, Any], memo: dict[Any, Any], depth: int) -> Any:
    result: Any = defaultdict(value.default_factory) if isinstance(value, defaultdict) else type(value)()
    memo[id(value)] = result
    for name, item in value.items():
        result[_deep(name, memo, depth)] = _deep(item, memo, depth)
    return result


def _set(value: Any, memo: dict[Any, Any], depth: int) -> Any:
    return type(value)([_deep(item, memo, depth) for item in value])


def _deque(value: deque[Any], memo: dict[Any, Any], depth: int) -> deque[Any]:
    result: deque[Any] = deque(maxlen=value.maxlen)
    memo[id(value)] = result
    result.extend([_deep(item, memo, depth) for item in value])
    return result


def _instance(value: Any, memo: dict[Any, Any], depth: int) -> Any:
    own = _own(value, "__deepcopy__")
    if own is not None:
        return own(memo)
    result = memo[id(value)] = _new(value, {})
    result.fields = {name: _deep(item, memo, depth) for name, item in value.fields.items()}
    return result


def _refused(value: Any, memo: dict[Any, Any], depth: int) -> Any:
    raise TypeError(f"cannot pickle {type_name(value)!r} object")


def _own(value: Any, name: str) -> Any:
    """A method of that name that the class of a program has."""
    known: Any = type_of(value)
    return attribute(value, name) if name in known.known else None


def _new(value: Any, fields: dict[str, Any]) -> Any:
    args = value.args if isinstance(value, BaseException) else ()
    result = type(value).__new__(type(value), *args)
    result.fields = fields
    return result


_COPIES: Final[dict[type, Callable[[Any, dict[Any, Any], int], Any]]] = {
    Tensor: _tensor,
    Array: lambda array, memo, depth: array.view(np.ndarray).copy().view(Array),
    list: _list,
    tuple: _tuple,
    dict: _dict,
    OrderedDict: _dict,
    Counter: _dict,
    defaultdict: _dict,
    set: _set,
    frozenset: _set,
    deque: _deque,
    Instance: _instance,
    GeneratorType: _refused,
}


def table() -> dict[str, Any]:
    """The members of `copy`."""
    return {"copy": copy, "deepcopy": deepcopy}
