"""torch.func.vmap: a function mapped over an axis of its inputs.

torch runs the function once, on tensors that hide an axis. Here it runs once for each index, and the results are
stacked: the same values, so a function may also branch on them, which torch refuses.
Source of the semantics and of the messages: torch/_functorch/vmap.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from gradcli.autograd.common import kind_of
from gradcli.autograd.tree import Spec, flatten, spread, unflatten
from gradcli.engine.random import default_generator
from gradcli.engine.tensor import Tensor
from gradcli.ops.joining import stack

Func = Callable[..., Any]


def vmap(
    func: Func, in_dims: Any = 0, out_dims: Any = 0, randomness: str = "error", *, chunk_size: int | None = None
) -> Func:
    """`func` for each index along the axis `in_dims` of its inputs, the results stacked along `out_dims`.

    Both may be structures as the inputs and outputs have, or one axis for all; None: not mapped. randomness: what
    random operators do inside: "error", draw "different" numbers, or the "same".
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        call = _Call(func, in_dims, out_dims)
        call.check_out_dims()
        flat, axes, spec, size = call.inputs(args)
        results = []
        before = default_generator.get_state() if randomness != "different" else None
        for index in range(size):
            inner = unflatten([_at(value, axis, index) for value, axis in zip(flat, axes, strict=True)], spec)
            results.append(func(*inner, **kwargs))
            _after(randomness, before, last=index + 1 == size)
        if not size:
            inner = unflatten([_blank(value, axis) for value, axis in zip(flat, axes, strict=True)], spec)
            results.append(func(*inner, **kwargs))
        return call.outputs(results, size)

    wrapped.__name__ = wrapped.__qualname__ = _name(func)
    return wrapped


def _at(value: Any, axis: int | None, index: int) -> Any:
    return value if axis is None else value.select(axis, index)


def _blank(value: Any, axis: int | None) -> Any:
    """What stands for one of no slices: the function still says which shapes come out."""
    if axis is None:
        return value
    shape = value.array.shape[:axis] + value.array.shape[axis + 1 :]
    return Tensor(np.zeros(shape, value.array.dtype))


def _after(randomness: str, before: Any, last: bool) -> None:
    """Look at the generator after a call. Raises RuntimeError if it was used though that is an error."""
    if randomness == "error" and not np.array_equal(default_generator.get_state(), before):
        raise RuntimeError(
            "vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different' "
            "randomness flags on vmap or perform the randomness operation out of vmap"
        )
    if randomness == "same" and not last:
        default_generator.set_state(before)


def _name(func: Func) -> str:
    name: str = getattr(func, "__name__", type(func).__name__)
    return name


class _Call:
    """The axes of one mapped function, and their checks, which all name it."""

    __slots__ = ("in_dims", "name", "out_dims")

    def __init__(self, func: Func, in_dims: Any, out_dims: Any) -> None:
        self.name = _name(func)
        self.in_dims = in_dims
        self.out_dims = out_dims

    def check_out_dims(self) -> None:
        """Raises ValueError unless `out_dims` holds axes and None only."""
        for axis in flatten(self.out_dims)[0]:
            if axis is not None and not isinstance(axis, int):
                raise ValueError(
                    f"vmap({self.name}, ..., out_dims={self.out_dims}): `out_dims` must be an int, None or a python "
                    "collection of ints representing where in the outputs the vmapped dimension should appear."
                )

    def inputs(self, args: tuple[Any, ...]) -> tuple[list[Any], list[int | None], Spec, int]:
        """The inputs flat, the axis of each, their structure, and the common size."""
        if not isinstance(self.in_dims, (int, tuple)):
            self._refuse_inputs(
                "expected `in_dims` to be int or a (potentially nested) tuple matching the structure of inputs, got: "
                f"{kind_of(self.in_dims)}."
            )
        if not args:
            raise ValueError(
                f"vmap({self.name})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to "
                "vmap over a function with no inputs. The latter is unsupported."
            )
        flat, spec = flatten(args)
        axes = spread(self.in_dims, spec)
        if axes is None:
            self._refuse_inputs(
                f"in_dims is not compatible with the structure of `inputs`. in_dims has structure "
                f"{flatten(self.in_dims)[1]} but inputs has structure {spec}."
            )
        for index, (value, axis) in enumerate(zip(flat, axes, strict=True)):
            axes[index] = self._axis(value, axis)
        sizes = [value.array.shape[axis] for value, axis in zip(flat, axes, strict=True) if axis is not None]
        if not sizes:
            raise ValueError("vmap: Expected at least one Tensor to vmap over")
        if any(size != sizes[0] for size in sizes):
            raise ValueError(
                "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
                f"{sizes} for the mapped dimension"
            )
        return flat, axes, spec, sizes[0]

    def _axis(self, value: Any, axis: Any) -> int | None:
        """One axis, counted from the front."""
        if axis is None:
            return None
        if not isinstance(axis, int):
            self._refuse_inputs(
                f"Got in_dim={axis} for an input but in_dim must be either an integer dimension or None."
            )
        if not isinstance(value, Tensor):
            self._refuse_inputs(
                f"Got in_dim={axis} for an input but the input is of type {kind_of(value)}. We cannot vmap over "
                "non-Tensor arguments, please use None as the respective in_dim"
            )
        ndim = value.array.ndim
        if not -ndim <= axis < ndim:
            self._refuse_inputs(
                f"Got in_dim={axis} for some input, but that input is a Tensor of dimensionality {ndim} so expected "
                f"in_dim to satisfy -{ndim} <= in_dim < {ndim}."
            )
        return axis % ndim

    def _refuse_inputs(self, reason: str) -> NoReturn:
        raise ValueError(f"vmap({self.name}, in_dims={self.in_dims}, ...)(<inputs>): {reason}")

    def outputs(self, results: list[Any], size: int) -> Any:
        """The results of all indices in one structure."""
        first, spec = flatten(results[0])
        axes = spread(self.out_dims, spec)
        if axes is None and spec.kind is None and isinstance(self.out_dims, tuple) and len(self.out_dims) == 1:
            axes = list(self.out_dims)
        if axes is None:
            raise ValueError(
                f"vmap({self.name}, ..., out_dims={self.out_dims})(<inputs>): out_dims is not compatible with the "
                f"structure of `outputs`. out_dims has structure {flatten(self.out_dims)[1]} but outputs has structure "
                f"{spec}."
            )
        columns = [first]
        for result in results[1:]:
            column, other = flatten(result)
            if other != spec:
                raise ValueError(
                    f"vmap({self.name}, ...): `{self.name}` must return the same structure for each index, got {spec} "
                    f"and {other}"
                )
            columns.append(column)
        stacked = [
            self._joined(list(values), axis, size)
            for values, axis in zip(zip(*columns, strict=True), axes, strict=True)
        ]
        return unflatten(stacked, spec)

    def _joined(self, values: list[Any], axis: int | None, size: int) -> Any:
        first = values[0]
        if axis is None:
            if isinstance(first, Tensor) and not all(_same(first, each) for each in values):
                raise ValueError(
                    f"vmap({self.name}, ...): `{self.name}` can not return a BatchedTensor when out_dim is None"
                )
            return first
        for value in values:
            if not isinstance(value, Tensor):
                raise ValueError(
                    f"vmap({self.name}, ...): `{self.name}` must only return Tensors, got type {kind_of(value)}. Did "
                    "you mean to set out_dims= to None for output?"
                )
        if not size:
            return first.unsqueeze(axis).narrow(axis, 0, 0)
        return stack(values, axis)


def _same(left: Tensor, right: Tensor) -> bool:
    return left is right or np.array_equal(left.array, right.array, equal_nan=left.array.dtype.kind in "fc")
