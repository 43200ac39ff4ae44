"""The modules `numpy`, `numpy.random`, `numpy.linalg`, `numpy.fft` and `numpy.testing`.

Nothing of it is loaded until a program asks for it, or has an array.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from math import prod
from typing import Any, Final

import numpy as np

from gradcli.lang.arrays import linalg as numpy_linalg
from gradcli.lang.arrays.calls import shape_in
from gradcli.lang.arrays.functions import ErrorState, Vectorized
from gradcli.lang.arrays.functions import table as functions
from gradcli.lang.arrays.printing import PrintOptions
from gradcli.lang.arrays.tables import types
from gradcli.lang.arrays.values import Array, plain_array, taken
from gradcli.lang.budget import ticking
from gradcli.lang.files import numpy_functions as numpy_files
from gradcli.lang.modules.table import MODULES
from gradcli.lang.values.table import TYPES, Type, register


def ndindex(*shape: Any) -> Iterator[tuple[int, ...]]:
    """`numpy.ndindex`: the positions of an array of that shape, in order, a step each."""
    sizes = shape_in(shape[0] if len(shape) == 1 else shape)
    at = [0] * len(sizes)
    for _ in ticking(range(prod(sizes))):
        yield tuple(at)
        for axis in reversed(range(len(sizes))):
            at[axis] += 1
            if at[axis] < sizes[axis]:
                break
            at[axis] = 0


def ndenumerate(arr: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    """`numpy.ndenumerate`: positions and elements."""
    return iter(np.ndenumerate(plain_array(arr)))


class NdIter:
    """`numpy.nditer` over one array: its elements as arrays without dimensions, which can be assigned to."""

    __slots__ = ("_array", "_at", "_positions", "finished", "index")

    def __init__(self, op: Any, flags: Any = (), op_flags: Any = (), order: str = "K") -> None:
        self._array = op if type(op) is Array else taken(plain_array(op))
        self._positions = ndindex(self._array.shape)
        self._at: tuple[int, ...] = ()
        self.finished = False
        self.index = -1
        self.iternext()

    def iternext(self) -> bool:
        """Go on to the next element."""
        at = next(self._positions, None)
        self.finished = at is None
        self._at = at or self._at
        self.index += 1
        return not self.finished

    def element(self) -> Any:
        """The element as an array that shares its memory."""
        return self._array[(*self._at, ...)]

    def __getitem__(self, index: Any) -> Any:
        if index != 0:
            raise IndexError("Iterator operand index is out of bounds: there is one array")
        return self.element()

    def __iter__(self) -> Iterator[Any]:
        while not self.finished:
            yield self.element()
            self.iternext()


for _kind in (NdIter, ErrorState, PrintOptions):
    register(_kind)
register(
    NdIter,
    {"iternext": NdIter.iternext},
    {
        "finished": lambda it: it.finished,
        "multi_index": lambda it: it._at,
        "index": lambda it: it.index,
        "value": NdIter.element,
    },
)
for _kind in (ErrorState, PrintOptions):
    register(_kind, {"__enter__": _kind.__enter__, "__exit__": _kind.__exit__})
TYPES[NdIter] = Type("numpy.nditer", NdIter, NdIter)
TYPES[Vectorized] = Type("numpy.vectorize", Vectorized, Vectorized)


def _numpy() -> dict[str, Any]:
    return {
        **{name: MODULES[f"numpy.{name}"] for name in ("random", "linalg", "fft", "testing")},
        **functions(),
        **types(),
        **numpy_files.table(),
        "pi": math.pi,
        "e": math.e,
        "inf": math.inf,
        "nan": math.nan,
        "euler_gamma": np.euler_gamma,
        "newaxis": None,
        "True_": np.True_,
        "False_": np.False_,
        "__version__": np.__version__,
        "ndindex": ndindex,
        "ndenumerate": ndenumerate,
        "nditer": TYPES[NdIter],
        "vectorize": TYPES[Vectorized],
        "errstate": Type("numpy.errstate", ErrorState, ErrorState),
        "printoptions": Type("numpy.printoptions", PrintOptions, PrintOptions),
        "seterr": _seterr,
    }


def _seterr(**options: Any) -> dict[str, Any]:
    ErrorState(**options)
    return {}


def _random() -> dict[str, Any]:
    from gradcli.lang.arrays import random as numpy_random

    return numpy_random.table()


_TABLES: Final = {
    "numpy": _numpy,
    "numpy.random": _random,
    "numpy.linalg": numpy_linalg.table,
    "numpy.fft": numpy_linalg.fft_table,
    "numpy.testing": numpy_linalg.testing_table,
}


def table(path: str) -> dict[str, Any]:
    """The members of one of the modules."""
    return _TABLES[path]()
