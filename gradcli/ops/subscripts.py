"""`x[index]` and `x[index] = value`: what an index means, as torch's own Python binding takes it apart.

Integers, slices, None and ... are views, one after the other; tensors, lists and booleans go together, at the end.
Source: torch/csrc/autograd/python_variable_indexing.cpp, ATen/TensorIndexing.h.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcli.engine import dtypes
from gradcli.engine.errors import warn
from gradcli.engine.kinds import is_int, type_name
from gradcli.engine.tensor import Tensor
from gradcli.ops.copies import copy_, fill_tensor_
from gradcli.ops.indexing import expanded_indices, index, is_mask
from gradcli.ops.literals import array_of, checked_number
from gradcli.ops.scattering import index_put_private_, one_for_a_mask
from gradcli.ops.slicing import alias, select, slice_
from gradcli.ops.views import expand, unsqueeze, view

_LIST_AS_TUPLE = (
    "Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in pytorch 2.9; use "
    "x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be interpreted as tensor index, x[torch.tensor(seq)], "
    "which will result either in an error or a different result"
)
_MOST_IN_A_LIST = 32  # longer lists are never taken for tuples
_SEQUENCES = (list, tuple, range, str)


def getitem(self: Tensor, key: Any) -> Tensor:
    """`self[key]`: a view for integers, slices, None and ...; a copy where tensors, lists or booleans take part."""
    if type(key) is int:
        return _selected(self, 0, key)
    if type(key) is slice:
        return _stretch(self, 0, key)
    if key is None:
        return unsqueeze(self, 0)
    if key is Ellipsis:
        return alias(self)
    found, tensors = _applied(self, key)
    if tensors:
        return index.call([found, _snapshot(found, tensors)])
    return alias(found) if found is self else found


def setitem(self: Tensor, key: Any, value: Any) -> None:
    """`self[key] = value`: the view is written, or the elements that tensors name."""
    if key is False:
        return
    source = _value(self, value)
    if type(key) is int:
        _write(_selected(self, 0, key), source)
        return
    if type(key) is slice:
        _write(_stretch(self, 0, key, always=False), source)
        return
    target, tensors = (self, []) if key is Ellipsis else _applied(self, key)
    if not tensors:
        _write(target, source)
        return
    shape = source.array.shape
    inner = _without_leading_ones(shape)
    if inner != shape:
        source = view(source, inner)
    source = one_for_a_mask(source, target, tensors)
    index_put_private_.call([target, _snapshot(target, tensors), source, False])


def _snapshot(found: Tensor, tensors: list[Tensor | None]) -> tuple[Any, ...]:
    """The indices as numpy takes them; copies, as backward needs them as they are now."""
    parts = expanded_indices(found.array.shape, tensors)
    if not found.requires_grad:
        return parts
    return tuple(part.copy() if isinstance(part, np.ndarray) else part for part in parts)


# --- the parts of an index -----------------------------------------------------------------------------------------


def _selected(tensor: Tensor, dim: int, place: int, place_in_index: int = 0) -> Tensor:
    if not -(2**63) <= place < 2**63:
        raise ValueError("Overflow when unpacking long long")
    shape = tensor.array.shape
    if not shape:
        if place:
            raise IndexError(f"index {place} is out of bounds for dimension {place_in_index} with size 0")
        raise IndexError(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a "
            "0-dim tensor to a number"
        )
    if not -shape[dim] <= place < shape[dim]:
        raise IndexError(f"index {place} is out of bounds for dimension {place_in_index} with size {shape[dim]}")
    return select.call([tensor, dim, place])


def _stretch(tensor: Tensor, dim: int, key: slice, always: bool = True) -> Tensor:
    """always: a slice of everything is a view too, not the tensor itself."""
    start, stop, step = (_bound(part) for part in (key.start, key.stop, key.step))
    if step == 0:
        raise ValueError("slice step cannot be zero")
    if step is not None and step < 0:
        raise ValueError("step must be greater than zero")
    if not tensor.array.ndim:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    if not always and step in (None, 1) and start in (None, 0) and (stop is None or stop >= tensor.array.shape[dim]):
        return tensor
    return slice_.call([tensor, dim, start, stop, step or 1])


def _bound(part: Any) -> int | None:
    """An end of a slice. Python clamps integers of any size."""
    if part is None or type(part) is int:
        return part
    if isinstance(part, Tensor):
        if part.array.size != 1 or part.array.dtype.kind not in "iub":
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(part.array.item())
    if isinstance(part, (bool, int, np.integer)):
        return int(part)
    raise TypeError("slice indices must be integers or None or have an __index__ method")


def _applied(tensor: Tensor, key: Any) -> tuple[Tensor, list[Tensor | None]]:
    """(the view that the plain parts give, the tensors that index its dimensions; None: that dimension is whole)."""
    parts = _as_tuple(key)
    counted = sum(_dims_of(part) for part in parts)
    ndim = tensor.array.ndim
    if counted > ndim:
        raise IndexError(f"too many indices for tensor of dimension {ndim}")
    dim = specified = 0
    tensors: list[Tensor | None] = []  # a mask stands for all its dimensions
    for part in parts:
        if part is None:
            tensor = unsqueeze(tensor, dim)
            dim += 1
        elif part is Ellipsis:
            dim += ndim - counted
        elif isinstance(part, (bool, np.bool_)):
            tensor = unsqueeze(tensor, dim)
            _record(tensors, dim, Tensor(np.zeros(int(part), np.int64)))
            dim += 1
        elif is_int(part):
            tensor = _selected(tensor, dim, int(part), specified)
            specified += 1
        elif isinstance(part, slice):
            tensor = _stretch(tensor, dim, part, always=False)
            specified += 1
            dim += 1
        else:
            found = part if isinstance(part, Tensor) else _as_index(part)
            array = found.array
            if not array.ndim and array.dtype.kind in "iub":
                if not is_mask(array):
                    tensor = _selected(tensor, dim, int(array), specified)
                    specified += 1
                    continue
                tensor = unsqueeze(tensor, dim)
                found = Tensor(np.zeros(int(array != 0), np.int64))
            _record(tensors, dim, found)
            specified += 1
            dim += _dims_of(found)
    return tensor, tensors


def _record(tensors: list[Tensor | None], dim: int, found: Tensor) -> None:
    taken = sum(1 if tensor is None else _dims_of(tensor) for tensor in tensors)
    tensors.extend([None] * (dim - taken))
    tensors.append(found)


def _dims_of(part: Any) -> int:
    """How many dimensions a part of an index takes up."""
    if isinstance(part, Tensor):
        return part.array.ndim if is_mask(part.array) else 1
    return 0 if part is None or part is Ellipsis or isinstance(part, (bool, np.bool_)) else 1


def _as_index(part: Any) -> Tensor:
    if not isinstance(part, (*_SEQUENCES, np.ndarray)):
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
            f"(got {type_name(part)})"
        )
    array = array_of(part, None)
    if array.dtype.kind == "f":  # torch makes indices of whatever numbers a list holds
        array = array.astype(np.int64)
    return Tensor(array)


def _as_tuple(key: Any) -> tuple[Any, ...]:
    if type(key) is tuple:
        return key
    if isinstance(key, Tensor) or not isinstance(key, _SEQUENCES) or len(key) >= _MOST_IN_A_LIST:
        return (key,)
    for part in key:
        if part is None or part is Ellipsis or isinstance(part, (Tensor, slice, *_SEQUENCES)):
            warn(_LIST_AS_TUPLE)
            return tuple(key)
    return (key,)


# --- writing -------------------------------------------------------------------------------------------------------


def _value(self: Tensor, value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value
    if not isinstance(value, (int, float, complex, np.number, np.bool_)):
        raise TypeError(f"can't assign a {type_name(value)} to a {self.dtype.tensor_type}")
    number = value.item() if isinstance(value, np.generic) else value
    if isinstance(number, int) and not isinstance(number, bool) and not -(2**63) <= number < 2**63:
        raise ValueError("Overflow when unpacking long long")
    dtype = dtypes.of(self.array.dtype)
    if dtype is not dtypes.float16 or isinstance(number, complex):
        number = checked_number(number, dtype)
    return Tensor(np.asarray(number).astype(dtype.np))


def _without_leading_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    first = next((place for place, size in enumerate(shape) if size != 1), len(shape))
    return shape[first:]


def _write(target: Tensor, source: Tensor) -> None:
    shape, own = target.array.shape, source.array.shape
    if own == shape:
        copy_.call([target, source, False])
    elif not own:
        fill_tensor_.call([target, source])
    else:
        inner = _without_leading_ones(own)
        copy_.call([target, expand(source if inner == own else view(source, inner), shape), False])


def _delete(self: Tensor, key: Any) -> None:
    raise TypeError("Tensor does not support deleting items")


for _name, _function in {"__getitem__": getitem, "__setitem__": setitem, "__delitem__": _delete}.items():
    setattr(Tensor, _name, _function)
