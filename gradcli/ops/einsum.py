"""torch.einsum: sums of products by the letters of an equation, taken apart into permute, reshape, bmm and sum.

Each operand is brought to the shape "output dimensions, then summed dimensions"; two at a time are then multiplied,
from the left to the right. Source: ATen/native/Linear.cpp (`einsum`, `sumproduct_pair`), torch/functional.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, Final

from gradcli.engine.dims import broadcast_shapes
from gradcli.engine.kinds import type_name
from gradcli.engine.limits import reserve, work
from gradcli.engine.op import composite
from gradcli.engine.tensor import Tensor
from gradcli.ops.axes import movedim, permute
from gradcli.ops.matrix import bmm
from gradcli.ops.pointwise import mul
from gradcli.ops.reduction import sum_dim
from gradcli.ops.slicing import diagonal
from gradcli.ops.views import reshape, unsqueeze, view

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ELLIPSIS: Final = "..."
_TOO_FEW: Final = (
    "einsum(): must specify the equation string and at least one operand, or at least one operand and its subscripts"
    " list"
)


@composite(
    method=False,
    varargs=True,
    samples=[
        "einsum('ij,jk->ik', m, tall)",
        "einsum('ii->i', sq)",
        "einsum('ij->', m)",
        "einsum('ij->ji', m)",
        "einsum('bij,bjk->bik', bm, bn)",
        "einsum('i,j->ij', v, w)",
        "einsum('...ij,...jk->...ik', t3, bn)",
        "einsum('ij,ij->i', m, n)",
        "einsum('i,ij,j->', v, sq, w)",
        "einsum(m, [0, 1], tall, [1, 2], [0, 2])",
        "einsum('ij,jk', m, tall)",
        "einsum('ij,ij', m, col)",
    ],
    examples=["einsum('ij,jk->ik', ones(2, 3), ones(3, 2))", "einsum('ii->i', eye(2))"],
)
def einsum(*args: Any) -> Any:
    """Sums of products: with "ij,jk->ik" two matrices are multiplied. Letters that the output lacks are summed over.

    Raises RuntimeError where letters and dimensions do not agree, LimitExceeded where a step is too much.
    """
    if len(args) < 2:
        raise ValueError(_TOO_FEW)
    if isinstance(args[0], Tensor):
        equation, operands = _from_sublists(args)
    else:
        equation, operands = args[0], args[1:]
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        return einsum(equation, *operands[0])
    if not isinstance(equation, str):
        raise TypeError(f"einsum(): argument 'equation' (position 1) must be str, not {type_name(equation)}")
    for position, operand in enumerate(operands):
        if not isinstance(operand, Tensor):
            raise TypeError(f"expected Tensor as element {position} in argument 1, but got {type_name(operand)}")
    return _Plan(equation, operands).result()


def _from_sublists(args: Sequence[Any]) -> tuple[str, Sequence[Any]]:
    """einsum(a, [0, 1], b, [1, 2], [0, 2]) as an equation and operands."""
    equation = ",".join("".join(map(_subscript, letters)) for letters in args[1::2])
    if len(args) % 2:
        return f"{equation}->{''.join(map(_subscript, args[-1]))}", args[:-1:2]
    return equation, args[::2]


def _subscript(number: Any) -> str:
    if number is Ellipsis:
        return _ELLIPSIS
    if 0 <= number < 52:
        return _LETTERS[number]
    raise ValueError("einsum(): subscript in subscript list is not within the valid range [0, 52)")


def _parsed_inputs(text: str, count: int) -> list[list[str]]:
    """The letters of each operand, with "..." among them."""
    labels: list[list[str]] = [[] for _ in range(count)]
    current = position = 0
    seen_ellipsis = False
    while position < len(text):
        letter = text[position]
        if letter == ".":
            if seen_ellipsis:
                raise RuntimeError(f"einsum(): found '.' for operand {current} for which an ellipsis was already found")
            if text[position : position + 3] != _ELLIPSIS:
                raise RuntimeError(f"einsum(): found '.' for operand {current} that is not part of any ellipsis")
            labels[current].append(_ELLIPSIS)
            seen_ellipsis = True
            position += 2
        elif letter == ",":
            current += 1
            if current >= count:
                raise RuntimeError("einsum(): fewer operands were provided than specified in the equation")
            seen_ellipsis = False
        elif letter != " ":
            labels[current].append(_letter(letter, position))
        position += 1
    if current != count - 1:
        raise RuntimeError("einsum(): more operands were provided than specified in the equation")
    return labels


def _letter(letter: str, position: int) -> str:
    if letter not in _LETTERS:
        raise RuntimeError(
            f"einsum(): invalid subscript given at index {position} in the equation string, subscripts must be in "
            "[a-zA-Z]"
        )
    return letter


class _Plan:
    """The places that letters have in the common shape, and the operands brought to it."""

    def __init__(self, equation: str, operands: Sequence[Any]) -> None:
        left, arrow, right = equation.partition("->")
        self.operands = operands
        self.labels = _parsed_inputs(left, len(operands))
        self.counts = dict.fromkeys(_LETTERS, 0)
        self.covered = 0  # the most dimensions that an ellipsis stands for
        for index, (operand, labels) in enumerate(zip(operands, self.labels, strict=True)):
            self._count(index, operand.ndim, labels)
        self.places: dict[str, int] = {}
        self.ellipsis = -1
        total = self._explicit(right, len(left) + 2) if arrow else self._implicit()
        self.outputs = total
        if self.ellipsis < 0:
            self.ellipsis = total
            total += self.covered
        for letter in _LETTERS:
            if self.counts[letter] and letter not in self.places:
                self.places[letter] = total
                total += 1
        self.total = total
        self.sizes: dict[str, int] = {}
        self.ellipsis_sizes = [1] * self.covered
        self.uses = [0] * total  # operands whose size is not 1, for each dimension

    def _count(self, index: int, ndim: int, labels: list[str]) -> None:
        named = [label for label in labels if label != _ELLIPSIS]
        open_ended = len(named) < len(labels)
        if len(named) > ndim if open_ended else len(named) != ndim:
            relation = "is more than" if open_ended else "does not match"
            end = "" if open_ended else " and no ellipsis was given"
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({len(named)}) {relation} the number of "
                f"dimensions ({ndim}) for operand {index}{end}"
            )
        if open_ended:
            self.covered = max(self.covered, ndim - len(named))
        for label in named:
            self.counts[label] += 1

    def _implicit(self) -> int:
        """Without an arrow the output is the ellipsis, then the letters that appear once, in order."""
        self.ellipsis = 0
        total = self.covered
        for letter in _LETTERS:
            if self.counts[letter] == 1:
                self.places[letter] = total
                total += 1
        return total

    def _explicit(self, text: str, offset: int) -> int:
        total = position = 0
        while position < len(text):
            letter = text[position]
            if letter == ".":
                if self.ellipsis >= 0:
                    raise RuntimeError("einsum(): found '.' for output but an ellipsis (...) was already found")
                if text[position : position + 3] != _ELLIPSIS:
                    raise RuntimeError("einsum(): found '.' for output that is not part of any ellipsis (...)")
                self.ellipsis = total
                total += self.covered
                position += 2
            elif letter != " ":
                _letter(letter, offset + position)
                if letter in self.places or not self.counts[letter]:
                    fault = "appears more than once in the output"
                    if letter not in self.places:
                        fault = "does not appear in the equation for any input operand"
                    raise RuntimeError(f"einsum(): output subscript {letter} {fault}")
                self.places[letter] = total
                total += 1
            position += 1
        return total

    def _aligned(self, index: int) -> Any:
        """An operand with all dimensions in their places, those of repeated letters merged, missing ones of size 1."""
        operand = self.operands[index]
        order = [-1] * self.total
        dim = 0
        for label in self.labels[index]:
            if label == _ELLIPSIS:
                count = self.operands[index].ndim - (len(self.labels[index]) - 1)
                for j in range(self.covered - count, self.covered):
                    self._note_ellipsis(operand.shape[dim], dim, index, j)
                    order[self.ellipsis + j] = dim
                    dim += 1
                continue
            place = self.places[label]
            size = operand.shape[dim]
            if order[place] < 0:
                self._note(label, size, index)
                order[place] = dim
                dim += 1
                continue
            before = order[place]
            if size != operand.shape[before]:
                raise RuntimeError(
                    f"einsum(): subscript {label} is repeated for operand {index} but the sizes don't match, {size} != "
                    f"{operand.shape[before]}"
                )
            operand = movedim(diagonal(operand, 0, before, dim), -1, before)
        for place, found in enumerate(order):
            if found < 0:
                operand = unsqueeze(operand, dim)
                order[place] = dim
                dim += 1
        return permute(operand, tuple(order))

    def _note(self, label: str, size: int, index: int) -> None:
        if size == 1:
            return
        seen = self.sizes.get(label, 1)
        if seen not in (1, size):
            raise RuntimeError(
                f"einsum(): subscript {label} has size {size} for operand {index} which does not broadcast with "
                f"previously seen size {seen}"
            )
        self.sizes[label] = size
        self.uses[self.places[label]] += 1

    def _note_ellipsis(self, size: int, dim: int, index: int, j: int) -> None:
        if size == 1:
            return
        seen = self.ellipsis_sizes[j]
        if seen not in (1, size):
            raise RuntimeError(
                f"einsum(): dimension {dim} covered by ellipsis in operand {index}has size {size} which does not "
                f"broadcast with previously seen ellipsis with size {seen} for the respective dimension"
            )
        self.ellipsis_sizes[j] = size
        self.uses[self.ellipsis + j] += 1

    def result(self) -> Any:
        """Multiply the operands from the left to the right, each dimension summed as soon as no other needs it."""
        aligned = [self._aligned(index) for index in range(len(self.operands))]
        result = aligned[0]
        for other in aligned[1:]:
            result = self._contracted(result, other)
        if self.total == self.outputs:
            return result
        if len(aligned) > 1:
            return view(result, tuple(result.shape[: self.outputs]))
        return sum_dim(result, tuple(range(self.outputs, self.total)))

    def _contracted(self, a: Any, b: Any) -> Any:
        both: list[int] = []
        only_a: list[int] = []
        only_b: list[int] = []
        for dim in range(self.outputs, self.total):
            in_a, in_b = a.shape[dim] != 1, b.shape[dim] != 1
            if in_a and in_b:
                self.uses[dim] -= 1
                if self.uses[dim] == 1:
                    both.append(dim)
                    self.uses[dim] = 0
            elif self.uses[dim] == 1 and (in_a or in_b):
                (only_a if in_a else only_b).append(dim)
                self.uses[dim] = 0
        if only_a:
            a = sum_dim(a, tuple(only_a), True)
        if only_b:
            b = sum_dim(b, tuple(only_b), True)
        return _product_and_sum(a, b, both)


def _product_and_sum(left: Any, right: Any, summed: list[int]) -> Any:
    """left * right summed over `summed`, as one batch of matrix products; the summed dimensions stay with size 1."""
    if not summed:
        reserve(broadcast_shapes(tuple(left.shape), tuple(right.shape)), left.array.dtype)
        return mul(left, right)
    shared: list[int] = []
    of_left: list[int] = []
    of_right: list[int] = []
    for dim in range(left.ndim):
        in_left, in_right = left.shape[dim] != 1, right.shape[dim] != 1
        if dim not in summed:
            (shared if in_left and in_right else of_left if in_left else of_right).append(dim)
    if of_left and of_right and of_right[-1] < of_left[0]:  # so that the result lies in memory in its own order
        left, right, of_left, of_right = right, left, of_right, of_left
    batch, rows, columns = (
        prod(tensor.shape[dim] for dim in dims) for tensor, dims in ((left, shared), (left, of_left), (right, of_right))
    )
    inner = prod(left.shape[dim] for dim in summed)
    work(batch * rows * inner * columns)
    a = reshape(permute(left, (*shared, *of_left, *summed, *of_right)), (batch, rows, inner))
    b = reshape(permute(right, (*shared, *summed, *of_right, *of_left)), (batch, inner, columns))
    order = [*shared, *of_left, *summed, *of_right]
    sizes = tuple(1 if dim in summed else (right if dim in of_right else left).shape[dim] for dim in order)
    back = [0] * len(order)
    for place, dim in enumerate(order):
        back[dim] = place
    return permute(view(bmm(a, b), sizes), tuple(back))
