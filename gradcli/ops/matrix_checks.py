"""What torch's functions of matrices check before they compute, in its words.

torch asks for shapes and types in another order in nearly every function, so each function calls what it needs. A type
that passes and that LAPACK does not know is refused by the kernel: `require_lapack`.

Sources: ATen/native/LinearAlgebraUtils.h, BatchLinearAlgebra.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradcli.engine.dims import broadcast_shapes
from gradcli.engine.dtypes import of
from gradcli.engine.limits import work
from gradcli.ops.common import refuse

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array

Shape = tuple[int, ...]


def check_matrix(array: Array, name: str, argument: str = "A") -> None:
    """Raise RuntimeError unless `array` is a matrix, or a batch of them."""
    if array.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor {argument} must have at least 2 dimensions.")


def check_square(array: Array, name: str) -> None:
    """Raise RuntimeError unless `array` is a batch of square matrices."""
    check_matrix(array, name)
    _check_sides(array, f"{name}: ")
    work(array.size * array.shape[-1])


def _check_sides(array: Array, prefix: str) -> None:
    rows, columns = array.shape[-2:]
    if rows != columns:
        raise RuntimeError(f"{prefix}A must be batches of square matrices, but they are {rows} by {columns} matrices")


def check_floating(array: Array, name: str, half: bool = True) -> None:
    """Raise RuntimeError for integers, and for float16 unless `half`."""
    if array.dtype.kind not in "fc":
        raise RuntimeError(
            f"{name}: Expected a floating point or complex tensor as input. Got {of(array.dtype).scalar}"
        )
    if array.dtype.itemsize < 4 and not half:
        raise RuntimeError(f"{name}: Low precision dtypes not supported. Got {of(array.dtype).scalar}")


def has_lapack(array: Array) -> bool:
    """Does LAPACK have a routine for the type of `array`?"""
    return array.dtype.kind in "fc" and array.dtype.itemsize >= 4


def require_lapack(array: Array, kernel: str) -> None:
    """Raise NotImplementedError unless LAPACK has a routine for the type of `array`."""
    if not has_lapack(array):
        refuse(kernel, array.dtype)


def check_same_type(a: Array, b: Array, name: str, names: tuple[str, str] = ("A", "B")) -> None:
    """Raise RuntimeError where the types of two operands differ."""
    if a.dtype != b.dtype:
        first, second = names
        raise RuntimeError(
            f"{name}: Expected {first} and {second} to have the same dtype, but found {first} of type "
            f"{of(a.dtype).scalar} and {second} of type {of(b.dtype).scalar} instead"
        )


def check_system(a: Array, b: Shape, left: bool, name: str, name_of_a: str = "") -> None:
    """Raise RuntimeError unless A @ X = B (X @ A = B if not `left`) has the shapes of a system, batches included."""
    check_square(a, name_of_a or name)
    if len(b) < 2:
        raise RuntimeError(f"{name}: The input tensor B must have at least 2 dimensions.")
    if a.shape[-1] != b[-2 if left else -1]:
        raise RuntimeError(
            f"{name}: Incompatible shapes of A and B for the equation {'AX = B' if left else 'XA = B'} "
            f"({a.shape[-2]}x{a.shape[-1]} and {b[-2]}x{b[-1]})"
        )


def check_old_system(b: Array, a: Array, name: str) -> None:
    """Raise RuntimeError unless A @ X = b is a system, as the functions check that are older than torch.linalg."""
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"Expected b and A to have the same dtype, but found b of type {of(b.dtype).scalar} and A of type "
            f"{of(a.dtype).scalar} instead."
        )
    _check_sides(a, "")
    n = a.shape[-1]
    if n != b.shape[-2]:
        raise RuntimeError(
            f"Incompatible matrix sizes for {name}: each A matrix is {n} by {n} but each b matrix is "
            f"{b.shape[-2]} by {b.shape[-1]}"
        )
    broadcast_shapes(b.shape[:-2], a.shape[:-2])
    work(a.size * n)
