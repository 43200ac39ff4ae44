"""The functions of `numpy` as a closed table.

Most read arrays and answer with something no larger: they are named only. Those whose result may be larger than what
they read, or that take long, say here how much that is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import prod
from typing import Any, Final

import numpy as np

from gradcli.engine.limits import work
from gradcli.engine.tensor import Tensor
from gradcli.lang.arrays import making as numpy_making
from gradcli.lang.arrays.calls import (
    UFunc,
    broadcast_size,
    called,
    elements,
    keeps_tensors,
    of_tensors,
    options_in,
    plain,
    room,
    shape_in,
)
from gradcli.lang.arrays.printing import array2string, array_repr, array_str, get_printoptions, set_printoptions
from gradcli.lang.arrays.values import given, plain_array, reserve, taken
from gradcli.lang.budget import items

Function = Callable[..., Any]
numpy: Any = np  # it checks what programs give it

_UFUNCS: Final = """
abs absolute acos acosh add arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan atan2 atanh bitwise_and
bitwise_not bitwise_or bitwise_xor cbrt ceil conj conjugate copysign cos cosh deg2rad degrees divide divmod equal exp
exp2 expm1 fabs float_power floor floor_divide fmax fmin fmod frexp gcd greater greater_equal heaviside hypot invert
isfinite isinf isnan lcm ldexp left_shift less less_equal log log10 log1p log2 logaddexp logaddexp2 logical_and
logical_not logical_or logical_xor maximum minimum mod modf multiply negative nextafter not_equal positive pow power
rad2deg radians reciprocal remainder right_shift rint sign signbit sin sinh spacing sqrt square subtract tan tanh
true_divide trunc matmul
"""  # fmt: skip

# No larger than what they read.
_PLAIN: Final = (
    *(np.median, np.average, np.nanmin, np.nanmax, np.nansum, np.nanmean, np.nanstd, np.nanvar, np.nanprod),
    *(np.nanargmax, np.nanargmin, np.nanmedian, np.nancumsum, np.nancumprod, np.count_nonzero, np.cumulative_sum),
    *(np.ediff1d, np.gradient, np.sort, np.argsort, np.lexsort, np.partition, np.argpartition),
    *(np.searchsorted, np.real, np.imag, np.angle, np.atleast_1d, np.atleast_2d, np.atleast_3d, np.nonzero),
    *(np.argwhere, np.flatnonzero, np.unique, np.trace, np.diagonal, np.tril, np.triu, np.intersect1d),
    *(np.union1d, np.setdiff1d, np.setxor1d, np.array_equal, np.array_equiv, np.trapezoid),
    *(np.real_if_close, np.nan_to_num, np.isreal, np.iscomplex, np.isrealobj, np.iscomplexobj, np.ndim, np.size),
    *(np.digitize, np.interp, np.delete, np.extract),
    *(np.compress, np.concatenate, np.stack, np.vstack, np.hstack, np.dstack, np.column_stack, np.append, np.insert),
    *(np.polyval, np.polyder, np.polyint, np.polyadd, np.polysub, np.unwrap, np.sinc, np.i0, np.flip, np.fliplr),
    *(np.flipud, np.rot90, np.roll, np.rollaxis, np.moveaxis, np.expand_dims, np.isposinf, np.isneginf, np.histogram),
    *(np.result_type, np.can_cast, np.promote_types, np.min_scalar_type, np.shares_memory, np.may_share_memory),
    *(np.putmask, np.place, np.put, np.fill_diagonal, np.copyto, np.trim_zeros, np.block, np.permute_dims),
    *(np.unravel_index, np.ravel_multi_index, np.broadcast_shapes),
)  # fmt: skip
# torch's tensors are asked for the method, or give a tensor back.
_ASKS: Final = (np.sum, np.prod, np.mean, np.std, np.var, np.max, np.min, np.amax, np.amin, np.any, np.all)
_KEEPS: Final = (
    *(np.argmax, np.argmin, np.cumsum, np.cumprod, np.round, np.around, np.reshape, np.ravel, np.squeeze),
    *(np.transpose, np.swapaxes, np.ptp, np.matrix_transpose, np.fix),
)  # fmt: skip


def _join_axes(a: Any, b: Any) -> tuple[int, int, int]:
    """dot, inner: rows, columns and the length of the sums."""
    left, right = plain_array(a), plain_array(b)
    inner = left.shape[-1] if left.ndim else 1
    rows, columns = left.size // max(inner, 1), right.size // max(inner, 1)
    if not left.ndim or not right.ndim:
        rows, columns, inner = left.size, right.size, 1
    reserve((rows, columns), np.result_type(left, right))
    work(rows * columns * inner)
    return rows, columns, inner


def _product(function: Function) -> Function:
    def call(a: Any, b: Any, *args: Any, **named: Any) -> Any:
        _join_axes(a, b)
        return taken(function(given(a), given(b), *map(given, args), **options_in(named)))

    return called(function.__name__, call)


def _outer(function: Function) -> Function:
    """outer, kron: every element with every other."""

    def call(a: Any, b: Any, *args: Any) -> Any:
        left, right = plain_array(a), plain_array(b)
        reserve((left.size, right.size), np.result_type(left, right))
        return taken(function(left, right, *map(given, args)))

    return called(function.__name__, call)


def _broadcasting(function: Function) -> Function:
    """where, cross, select and their like: as large as their arguments broadcast together."""

    def call(*args: Any, **named: Any) -> Any:
        values, options = [given(value) for value in args], options_in(named)
        arrays = [np.asarray(value) for value in (*values, *options.values())]
        elements(broadcast_size(*arrays), max([8, *[array.itemsize for array in arrays]]))
        return taken(function(*values, **options))

    return called(function.__name__, call)


def broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    """`numpy.broadcast_to`: a view, that is free."""
    return taken(np.broadcast_to(plain_array(array), shape_in(shape)))


def broadcast_arrays(*args: Any) -> Any:
    """`numpy.broadcast_arrays`: views."""
    return taken(np.broadcast_arrays(*map(plain_array, args)))


def tile(A: Any, reps: Any) -> Any:
    """`numpy.tile`."""
    array, times = plain_array(A), shape_in(reps)
    reserve((array.size, *times), array.dtype)
    return taken(np.tile(array, times))


def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    """`numpy.repeat`."""
    array, times = plain_array(a), plain_array(repeats)
    axis_length = array.size if axis is None else array.shape[axis]
    total = int(times.sum()) if times.size > 1 else int(times.sum()) * axis_length
    reserve((max(total, 0), array.size // max(axis_length, 1)), array.dtype)
    return taken(numpy.repeat(array, times, axis))


def resize(a: Any, new_shape: Any) -> Any:
    """`numpy.resize`."""
    array = plain_array(a)
    return taken(numpy.resize(array, room(new_shape, array.dtype)))


def pad(array: Any, pad_width: Any, mode: str = "constant", **named: Any) -> Any:
    """`numpy.pad`; `mode` is one of numpy's words."""
    if not isinstance(mode, str):
        raise TypeError("pad() takes the name of a mode")
    values = plain_array(array)
    width = np.broadcast_to(plain_array(pad_width), (values.ndim, 2))
    reserve(
        [size + int(before) + int(after) for size, (before, after) in zip(values.shape, width, strict=True)],
        values.dtype,
    )
    return taken(numpy.pad(values, given(pad_width), mode, **options_in(named)))


def take(a: Any, indices: Any, axis: Any = None, **named: Any) -> Any:
    """`numpy.take`."""
    array, chosen = plain_array(a), plain_array(indices)
    reserve((chosen.size, 1 if axis is None else array.size // max(array.shape[axis], 1)), array.dtype)
    return taken(np.take(array, chosen if chosen.size else chosen.astype(np.intp), axis, **options_in(named)))


def _along_axis(function: Function) -> Function:
    """take_along_axis, put_along_axis: array and indices are broadcast together."""

    def call(arr: Any, indices: Any, *args: Any, **named: Any) -> Any:
        elements(broadcast_size(plain_array(arr), plain_array(indices)))
        return plain(function)(arr, indices, *args, **named)

    return called(function.__name__, call)


def _convolved(function: Function) -> Function:
    def call(a: Any, v: Any, mode: str = "full" if function is np.convolve else "valid") -> Any:
        left, right = plain_array(a), plain_array(v)
        elements(left.size + right.size)
        work(left.size * right.size)
        return taken(function(left, right, mode))

    return called(function.__name__, call)


def _matrix_of(function: Function) -> Function:
    """cov, corrcoef: variables by variables."""

    def call(m: Any, *args: Any, **named: Any) -> Any:
        array = plain_array(m)
        rows = max(array.shape) if array.ndim > 1 else 2
        elements(4 * rows * rows)
        work(array.size * rows)
        return taken(function(array, *map(given, args), **options_in(named)))

    return called(function.__name__, call)


def bincount(x: Any, weights: Any = None, minlength: Any = 0) -> Any:
    """`numpy.bincount`."""
    array = plain_array(x)
    elements(max(int(array.max()) if array.size and array.dtype.kind in "iub" else 0, minlength.__index__()) + 1)
    return taken(np.bincount(array, given(weights), minlength))


def _quantile(function: Function) -> Function:
    def call(a: Any, q: Any, axis: Any = None, **named: Any) -> Any:
        array, many = plain_array(a), plain_array(q)
        elements(many.size * (1 if axis is None else array.size))
        return taken(function(array, many, given(axis), **options_in(named)))

    return called(function.__name__, call)


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """`numpy.tensordot`."""
    left, right = plain_array(a), plain_array(b)
    pairs = given(axes)
    summed = range(max(left.ndim - pairs, 0), left.ndim) if isinstance(pairs, int) else np.atleast_1d(pairs[0]).tolist()
    inner = prod(left.shape[axis] for axis in summed)
    rows, columns = left.size // max(inner, 1), right.size // max(inner, 1)
    reserve((rows, columns), np.result_type(left, right))
    work(rows * columns * inner)
    return taken(np.tensordot(left, right, pairs))


_MOST_BETWEEN: Final = 1 << 27  # elements of what einsum multiplies out on its way


def einsum(subscripts: Any, *operands: Any, **named: Any) -> Any:
    """`numpy.einsum` with its letters."""
    if not isinstance(subscripts, str):
        raise TypeError("einsum() takes its subscripts as text")
    arrays = [plain_array(operand) for operand in operands]
    inputs, _, output = subscripts.replace(" ", "").partition("->")
    sizes: dict[str, int] = {}
    rest = 1
    for letters, array in zip(inputs.split(","), arrays, strict=False):
        spelt = letters.replace("...", "")
        rest *= prod(array.shape[: max(array.ndim - len(spelt), 0)]) if "..." in letters else 1
        sizes.update(zip(reversed(spelt), reversed(array.shape), strict=False))
    elements(prod(sizes.get(letter, 1) for letter in set(output or inputs.replace(",", "")) if letter.isalpha()) * rest)
    work(prod(sizes.values()) * rest)
    return taken(np.einsum(subscripts, *arrays, optimize=("greedy", _MOST_BETWEEN), **options_in(named)))


def diff(a: Any, n: Any = 1, axis: Any = -1, **named: Any) -> Any:
    """`numpy.diff`: `n` times over, which is at most as often as there are elements."""
    array = plain_array(a)
    return plain(np.diff)(a, min(n.__index__(), array.size + 1), axis, **named)


def isin(element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    """`numpy.isin`."""
    return plain(np.isin)(element, test_elements, assume_unique=assume_unique, invert=invert)


def _splitting(function: Function) -> Function:
    def call(ary: Any, indices_or_sections: Any, *args: Any, **named: Any) -> Any:
        sections = given(indices_or_sections)
        items(int(sections) if isinstance(sections, (int, np.integer)) else np.size(sections))
        return plain(function)(ary, sections, *args, **named)

    return called(function.__name__, call)


def polyfit(x: Any, y: Any, deg: Any, **named: Any) -> Any:
    """`numpy.polyfit`."""
    points = plain_array(x)
    degree = plain_array(deg)
    columns = int(degree.max()) + 1 if degree.size else 1
    elements(points.size * max(columns, 1))
    work(points.size * columns * columns)
    return taken(np.polyfit(points, plain_array(y), given(deg), **options_in(named)))


def _of_polynomials(function: Function) -> Function:
    """roots, poly, polymul, polydiv: cubes and squares of the number of coefficients."""

    def call(*args: Any) -> Any:
        values = [plain_array(value) for value in args]
        count = max((value.size for value in values), default=0)
        elements(count * count if function in (np.roots, np.poly) else 2 * count)
        work(count**3 if function in (np.roots, np.poly) else count * count)
        return taken(function(*values))

    return called(function.__name__, call)


def histogram(a: Any, bins: Any = 10, **named: Any) -> Any:
    """`numpy.histogram`."""
    if isinstance(bins, str):
        raise TypeError("histogram() takes a number of bins, or their edges")
    if isinstance(bins, (int, np.integer)):
        elements(max(int(bins), 1))
    return plain(np.histogram)(a, bins, **named)


def apply_along_axis(func1d: Any, axis: Any, arr: Any, *args: Any, **named: Any) -> Any:
    """`numpy.apply_along_axis`: a function of the program, called for each slice."""
    array = np.moveaxis(plain_array(arr), axis, -1)
    rows = array.reshape(-1, array.shape[-1])
    results: list[Any] = []
    for row in rows:
        results.append(plain_array(func1d(taken(row), *args, **named)))
        if len(results) == 1:
            elements(len(rows) * results[0].size)
    stacked = np.stack(results).reshape(*array.shape[:-1], *results[0].shape)
    return taken(np.moveaxis(stacked, -1, axis) if results[0].ndim == 1 else stacked)


class Vectorized:
    """`numpy.vectorize(function)`."""

    __slots__ = ("_function", "_otypes")

    def __init__(self, pyfunc: Any, otypes: Any = None) -> None:
        self._function = pyfunc
        self._otypes = otypes

    def __call__(self, *args: Any) -> Any:
        arrays = np.broadcast_arrays(*map(plain_array, args))
        elements(arrays[0].size)
        results = [given(self._function(*values)) for values in zip(*[array.ravel() for array in arrays], strict=True)]
        kind = np.dtype(self._otypes[0]) if isinstance(self._otypes, (list, tuple, str)) else None
        if not arrays[0].ndim:
            return np.asarray(results[0], kind)[()]
        return taken(numpy.asarray(results, kind).reshape(arrays[0].shape))


def shape(a: Any) -> Any:
    """`numpy.shape`; of a tensor it is the tensor's."""
    return a.shape if isinstance(a, Tensor) else np.shape(given(a))


def iscallable_scalar(element: Any) -> bool:
    """`numpy.isscalar`."""
    return isinstance(element, (int, float, complex, str, np.generic))


class ErrorState:
    """`with numpy.errstate(…):` numpy speaks of no infinities here, whatever is asked for."""

    __slots__ = ()

    def __init__(self, **options: Any) -> None:
        for name, value in options.items():
            if name not in ("all", "divide", "over", "under", "invalid") or value not in ("ignore", "warn"):
                raise ValueError(f"errstate({name}={value!r}) is not available: numbers go on as inf and nan")

    def __enter__(self) -> None:
        """Nothing is to be changed."""

    def __exit__(self, *failure: Any) -> None:
        """Nothing was changed."""


def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """`numpy.select`."""
    conditions, choices = given(condlist), given(choicelist)
    elements(broadcast_size(*map(np.asarray, (*conditions, *choices))))
    return taken(np.select(conditions, choices, given(default)))


def piecewise(x: Any, condlist: Any, funclist: Any) -> Any:
    """`numpy.piecewise`: numbers and functions of the program, each for the elements of its condition."""
    array = plain_array(x)
    conditions = [plain_array(condition) for condition in condlist]
    if len(funclist) == len(conditions) + 1:
        conditions.append(~np.any(conditions, axis=0))
    if len(funclist) != len(conditions):
        raise ValueError(
            f"with {len(condlist)} condition(s), either {len(condlist)} or {len(condlist) + 1} functions are expected"
        )
    result = np.zeros_like(array)
    for condition, function in zip(conditions, funclist, strict=True):
        result[condition] = given(function(taken(array[condition])) if callable(function) else function)
    return taken(result)


@cache
def table() -> dict[str, Any]:
    """All functions by name."""
    named: dict[str, Any] = np.__dict__
    ufuncs = {name: UFunc(named[name]) for name in _UFUNCS.split()}
    return {
        **numpy_making.table(),
        **ufuncs,
        **{function.__name__: plain(function) for function in _PLAIN},
        **{function.__name__: of_tensors(plain(function)) for function in _ASKS},
        **{function.__name__: keeps_tensors(plain(function)) for function in _KEEPS},
        **{function.__name__: _product(function) for function in (np.dot, np.inner, np.vdot)},
        **{function.__name__: _outer(function) for function in (np.outer, np.kron)},
        **{function.__name__: _broadcasting(function) for function in (np.where, np.cross, np.choose, np.isclose)},
        **{
            function.__name__: _splitting(function)
            for function in (np.split, np.array_split, np.hsplit, np.vsplit, np.dsplit)
        },
        **{function.__name__: _along_axis(function) for function in (np.take_along_axis, np.put_along_axis)},
        **{function.__name__: _convolved(function) for function in (np.convolve, np.correlate)},
        **{function.__name__: _matrix_of(function) for function in (np.cov, np.corrcoef)},
        **{
            function.__name__: _quantile(function)
            for function in (np.percentile, np.quantile, np.nanpercentile, np.nanquantile)
        },
        **{function.__name__: _of_polynomials(function) for function in (np.roots, np.poly, np.polymul, np.polydiv)},
        **{
            function.__name__: function
            for function in (
                *(
                    broadcast_to,
                    broadcast_arrays,
                    tile,
                    repeat,
                    resize,
                    pad,
                    take,
                    bincount,
                    tensordot,
                    einsum,
                    polyfit,
                ),
                *(histogram, apply_along_axis, shape, set_printoptions, get_printoptions, array2string, array_repr),
                *(array_str, select, piecewise, diff, isin),
            )
        },
        "allclose": _broadcasting(np.allclose),
        "clip": keeps_tensors(_broadcasting(np.clip)),
        "isscalar": called("isscalar", iscallable_scalar),
        "row_stack": plain(np.vstack),
        "trapz": plain(np.trapezoid),
        "concat": plain(np.concatenate),
    }
