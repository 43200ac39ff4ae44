"""`numpy.linalg`, `numpy.fft` and `numpy.testing` as closed tables."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from gradcli.engine.limits import work
from gradcli.lang.arrays.calls import broadcast_size, called, elements, options_in, plain
from gradcli.lang.arrays.functions import table as functions
from gradcli.lang.arrays.values import given, plain_array, reserve, taken
from gradcli.lang.values.table import TYPES, Type, dynamic

Function = Callable[..., Any]
_la: Any = np.linalg


def cubic(function: Function) -> Function:
    """A factorization: work as the cube of the sides of its matrices."""

    def call(*args: Any, **named: Any) -> Any:
        values = [given(value) for value in args]
        for value in values:
            if isinstance(value, (np.ndarray, list, tuple)):
                _check_matrix(np.asarray(value))
        return taken(function(*values, **options_in(named)))

    return called(function.__name__, call)


def _check_matrix(array: Any) -> None:
    if array.ndim >= 2:
        *batch, rows, columns = array.shape
        side = max(rows, columns)
        reserve((*batch, side, side), np.complex128 if array.dtype.kind == "c" else float)
        work(50 * prod(batch) * rows * columns * side)


def matrix_power(a: Any, n: Any) -> Any:
    """`numpy.linalg.matrix_power`."""
    array = plain_array(a)
    _check_matrix(array)
    work(array.size * max(array.shape[-1:] or (1,)) * 2 * max(abs(n.__index__()).bit_length(), 1))
    return taken(np.linalg.matrix_power(array, n))


def multi_dot(arrays: Any) -> Any:
    """`numpy.linalg.multi_dot`."""
    matrices = [plain_array(array) for array in arrays]
    largest = max((max(matrix.shape, default=1) for matrix in matrices), default=1)
    elements(largest * largest)
    work(len(matrices) * largest**3)
    return taken(np.linalg.multi_dot(matrices))


# The results with named fields: EigResult, SVDResult, …
for _function in (_la.eig, _la.eigh, _la.svd, _la.qr, _la.slogdet):
    dynamic(
        type(_function(np.eye(1))), lambda value: value._fields, lambda value, name: value[value._fields.index(name)]
    )


ERROR = TYPES[np.linalg.LinAlgError] = Type("numpy.linalg.LinAlgError", np.linalg.LinAlgError, np.linalg.LinAlgError)


def table() -> dict[str, Any]:
    """The members of `numpy.linalg`."""
    shared = functions()
    return {
        **{
            function.__name__: cubic(function)
            for function in (
                *(_la.inv, _la.solve, _la.det, _la.slogdet, _la.eig, _la.eigh, _la.eigvals, _la.eigvalsh, _la.svd),
                *(_la.svdvals, _la.qr, _la.cholesky, _la.pinv, _la.matrix_rank, _la.lstsq, _la.cond, _la.matrix_norm),
                *(_la.norm, _la.tensorinv, _la.tensorsolve),
            )
        },
        **{function.__name__: plain(function) for function in (_la.vector_norm, _la.trace, _la.diagonal)},
        **{name: shared[name] for name in ("outer", "cross", "matmul", "tensordot")},
        "matrix_power": matrix_power,
        "multi_dot": multi_dot,
        "LinAlgError": ERROR,
    }


# ---------------------------------------------------------------- fft


def _transform(function: Function) -> Function:
    def call(a: Any, n: Any = None, *args: Any, **named: Any) -> Any:
        array = plain_array(a)
        if n is not None:
            lengths = n if isinstance(n, (list, tuple)) else (n,)
            elements(
                array.size * prod(max(length.__index__(), 1) for length in lengths) / max(array.shape[-1:] or (1,))
            )
        elements(2 * array.size, 16)
        return taken(function(array, given(n), *map(given, args), **options_in(named)))

    return called(function.__name__, call)


def _frequencies(function: Function) -> Function:
    def call(n: Any, d: Any = 1.0) -> Any:
        elements(max(n.__index__(), 0))
        return taken(function(n, given(d)))

    return called(function.__name__, call)


def fft_table() -> dict[str, Any]:
    """The members of `numpy.fft`."""
    fft = np.fft
    return {
        **{
            function.__name__: _transform(function)
            for function in (
                *(fft.fft, fft.ifft, fft.rfft, fft.irfft, fft.fft2, fft.ifft2, fft.fftn, fft.ifftn, fft.rfft2),
                *(fft.irfft2, fft.rfftn, fft.irfftn, fft.hfft, fft.ihfft),
            )
        },
        **{function.__name__: plain(function) for function in (fft.fftshift, fft.ifftshift)},
        **{function.__name__: _frequencies(function) for function in (fft.fftfreq, fft.rfftfreq)},
    }


# ---------------------------------------------------------------- testing


def _assertion(function: Function) -> Function:
    def call(actual: Any, desired: Any, *args: Any, **named: Any) -> None:
        left, right = given(actual), given(desired)
        elements(broadcast_size(np.asarray(left), np.asarray(right)))
        function(left, right, *map(given, args), **options_in(named))

    return called(function.__name__, call)


def testing_table() -> dict[str, Any]:
    """The members of `numpy.testing`."""
    testing = np.testing
    return {
        function.__name__: _assertion(function)
        for function in (
            *(testing.assert_allclose, testing.assert_array_equal, testing.assert_almost_equal, testing.assert_equal),
            *(testing.assert_array_almost_equal, testing.assert_array_less, testing.assert_approx_equal),
        )
    }
