"""Tables looked up by index.

Sources: ATen/native/Embedding.cpp, Onehot.cpp; torch/nn/functional.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.limits import reserve
from gradcli.engine.op import composite, op
from gradcli.engine.tensor import bump
from gradcli.ops.indexing import scalar_name
from gradcli.ops.matmul import array_of

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array


@op(
    private=True,
    grad_fn="EmbeddingBackward0",
    vjp={
        "weight": lambda g, weight_shape, indices, padding, by_frequency: embedding_dense_backward(
            g, indices, weight_shape[0], padding, by_frequency
        ),
        "indices": None,
    },
)
def looked_up(weight: Array, indices: Array, padding: int, by_frequency: bool) -> Array:
    """The rows of `weight` at the indices."""
    reserve((*indices.shape, *weight.shape[1:]), weight.dtype)
    return weight[indices]


@op(
    private=True,
    vjp={
        "g": lambda g, indices, padding, by_frequency: _rows_again(g, indices, padding, by_frequency),
        "indices": None,
    },
)
def embedding_dense_backward(g: Array, indices: Array, rows: int, padding: int, by_frequency: bool) -> Array:
    """Each row of g added to the row it was looked up in, but to row `padding` nothing."""
    result = np.zeros((rows, *g.shape[indices.ndim :]), g.dtype)
    np.add.at(result, indices, _weighed(g, indices, padding, by_frequency))
    return result


def _weighed(g: Any, indices: Any, padding: int, by_frequency: bool) -> Any:
    kept = (indices != padding).astype(g.dtype)
    if by_frequency and indices.size:
        kept /= np.bincount(indices.ravel())[indices]
    return g * kept[..., None]


def _rows_again(g: Any, indices: Any, padding: int, by_frequency: bool) -> Any:
    index = array_of(indices)
    rows = looked_up(g, indices, -1, False)
    if rows.__class__ is np.ndarray:
        return _weighed(rows, index, padding, by_frequency)
    from gradcli.engine.tensor import Tensor

    ones = np.ones((*index.shape, 1), array_of(g).dtype)
    return rows * Tensor(_weighed(ones, index, padding, by_frequency))


def _check_indices(input: Any, weight: Any) -> None:
    index = array_of(input)
    if index.dtype.kind not in "iu" or index.dtype.itemsize < 4:
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
            f"torch.{scalar_name(index)}Tensor instead (while checking arguments for embedding)"
        )
    if index.size and not 0 <= index.min() <= index.max() < array_of(weight).shape[0]:
        raise IndexError("index out of range in self")


@composite(
    module="nn.functional",
    samples=[
        "F.embedding(idx2, m)",
        "F.embedding(idx, sq)",
        "F.embedding(idx2, ties, padding_idx=1)",
        "F.embedding(idx2, ties, scale_grad_by_freq=True)",
    ],
    examples=["torch.nn.functional.embedding(tensor([1, 0]), tensor([[1., 2.], [3., 4.]]))"],
)
def embedding(
    input: Array,
    weight: Array,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """The rows of `weight` at the indices.

    Row padding_idx gets no gradient. Rows longer than max_norm are shortened first, in place.
    """
    if array_of(weight).ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    rows = array_of(weight).shape[0]
    if padding_idx is not None:
        if not -rows <= padding_idx < rows:
            raise AssertionError("Padding_idx must be within num_embeddings")
        padding_idx %= rows
    _check_indices(input, weight)
    if max_norm is not None:
        _shorten(weight, np.unique(array_of(input)), max_norm, norm_type)
    return looked_up(weight, input, -1 if padding_idx is None else padding_idx, scale_grad_by_freq)


def _shorten(weight: Any, rows: Array, max_norm: float, norm_type: float) -> None:
    array = array_of(weight)
    lengths = np.linalg.norm(array[rows], norm_type, axis=1)
    long = lengths > max_norm
    array[rows[long]] *= (max_norm / (lengths[long] + 1e-7))[:, None]
    bump(weight)


@composite(
    module="nn.functional",
    samples=["F.one_hot(labels)", "F.one_hot(idx2, 4)"],
    examples=["torch.nn.functional.one_hot(tensor([2, 0]), 3)"],
)
def one_hot(input: Array, num_classes: int = -1) -> Any:
    """A row of zeros for each integer, with a one where it says; num_classes: how many columns, found if -1."""
    from gradcli.engine.tensor import Tensor

    index = array_of(input)
    if index.dtype != np.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if not index.size and num_classes <= 0:
        raise RuntimeError(
            "Can not infer total number of classes from empty tensor."
            if num_classes == -1
            else "Class values must be smaller than num_classes."
        )
    if index.size and index.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    if num_classes == -1:
        num_classes = int(index.max()) + 1
    elif index.size and index.max() >= num_classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    result = np.zeros(reserve((*index.shape, num_classes), np.dtype(np.int64)), np.int64)
    np.put_along_axis(result, index[..., None], 1, -1)
    return Tensor(result)
