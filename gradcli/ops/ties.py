"""Which of equal elements is selected: torch's choice follows from the algorithms it selects and sorts with.

Values never depend on this; indices, and so gradients, do where elements are equal. Only rows with ties get here.
Elements are given as ranks (equal ones equal), smallest first; positions are what is moved.
Sources: libstdc++ bits/stl_algo.h and bits/stl_heap.h (nth_element, sort, partial_sort), and
aten/src/ATen/native/Sorting.cpp (`quick_select_template`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array
SHORT = 16  # what std::sort leaves to the insertion sort


def ranks_of(row: Array, largest_first: bool = False) -> list[int]:
    """The ranks of a row's elements, nan above all."""
    ranks = np.unique(row, return_inverse=True)[1].reshape(-1)
    found: list[int] = (-ranks if largest_first else ranks).tolist()
    return found


def equal_neighbours(values: Array, dim: int) -> Array:
    """Which elements equal their next one along `dim`, nan being equal to nan."""
    before = (slice(None),) * dim
    first, second = values[(*before, slice(-1))], values[(*before, slice(1, None))]
    equal: Array = (first == second) | ((first != first) & (second != second))
    return equal


def as_torch_leaves(
    input: Array, dim: int, largest_first: bool, length: int, run: Callable[[Selection], None]
) -> Array:
    """The first `length` positions of each row along `dim` after `run` has worked on it."""
    rows = np.moveaxis(input, dim, -1)
    indices = np.empty((*rows.shape[:-1], length), np.int64)
    for row in np.ndindex(rows.shape[:-1]):
        selection = Selection(ranks_of(rows[row], largest_first))
        run(selection)
        indices[row] = selection.order[:length]
    return np.ascontiguousarray(np.moveaxis(indices, -1, dim))


class Selection:
    """Positions 0, 1, … n - 1 in the order in which the algorithms have left them."""

    def __init__(self, ranks: list[Any]) -> None:
        self.ranks = ranks
        self.order = list(range(len(ranks)))

    def nth_element(self, nth: int) -> None:
        """std::nth_element over all: what belongs at `nth` is put there, smaller ones before."""
        first, last = 0, len(self.order)
        depth = 2 * (last.bit_length() - 1)
        while last - first > 3:
            if depth == 0:
                self._heap_select(first, nth + 1, last)
                self._swap(first, nth)
                return
            depth -= 1
            cut = self._partition(first, last)
            if cut <= nth:
                first = cut
            else:
                last = cut
        self._insertion_sort(first, last)

    def sort(self, last: int) -> None:
        """std::sort of the first `last` positions."""
        if last < 2:
            return
        pending = [(0, last, 2 * (last.bit_length() - 1))]
        while pending:
            first, end, depth = pending.pop()
            while end - first > SHORT:
                if depth == 0:
                    self._heap_select(first, end, end)
                    self._sort_heap(first, end)
                    break
                depth -= 1
                cut = self._partition(first, end)
                pending.append((cut, end, depth))
                end = cut
        self._insertion_sort(0, min(last, SHORT))
        for place in range(SHORT, last):
            self._insert(place)

    def partial_sort(self, middle: int) -> None:
        """std::partial_sort: the smallest `middle` elements, sorted, come first."""
        self._heap_select(0, middle, len(self.order))
        self._sort_heap(0, middle)

    def quick_select(self, k: int) -> None:
        """torch's own selection, of kthvalue."""
        order, ranks = self.order, self.ranks
        left, right = 0, len(order) - 1
        while right > left + 1:
            self._swap(left + (right - left) // 2, left + 1)
            for low, high in ((left + 1, right), (left, right), (left + 1, left)):
                if ranks[order[low]] > ranks[order[high]]:
                    self._swap(low, high)
            i, j, pivot = left + 1, right, ranks[order[left]]
            while True:
                i += 1
                while pivot > ranks[order[i]]:
                    i += 1
                j -= 1
                while ranks[order[j]] > pivot:
                    j -= 1
                if j < i:
                    break
                self._swap(i, j)
            self._swap(left, j)
            left, right = (i if j <= k else left), (j - 1 if j >= k else right)
        if right == left + 1 and ranks[order[left]] > ranks[order[right]]:
            self._swap(left, right)

    def first(self, k: int, is_sorted: bool) -> None:
        """topk: the first k elements."""
        if k * 64 <= len(self.order):
            self.partial_sort(k)
        else:
            self.nth_element(k - 1)
            if is_sorted:
                self.sort(k - 1)

    # The parts

    def _swap(self, a: int, b: int) -> None:
        order = self.order
        order[a], order[b] = order[b], order[a]

    def _less(self, a: int, b: int) -> bool:
        return self.ranks[self.order[a]] < self.ranks[self.order[b]]

    def _partition(self, first: int, last: int) -> int:
        """__unguarded_partition_pivot: around the median of three."""
        self._median_to_first(first, first + 1, first + (last - first) // 2, last - 1)
        order, ranks = self.order, self.ranks
        pivot = ranks[order[first]]
        first += 1
        while True:
            while ranks[order[first]] < pivot:
                first += 1
            last -= 1
            while pivot < ranks[order[last]]:
                last -= 1
            if first >= last:
                return first
            self._swap(first, last)
            first += 1

    def _median_to_first(self, result: int, a: int, b: int, c: int) -> None:
        less = self._less
        if less(a, b):
            middle = b if less(b, c) else c if less(a, c) else a
        else:
            middle = a if less(a, c) else c if less(b, c) else b
        self._swap(result, middle)

    def _insertion_sort(self, first: int, last: int) -> None:
        for place in range(first + 1, last):
            if self._less(place, first):
                self.order.insert(first, self.order.pop(place))
            else:
                self._insert(place)

    def _insert(self, place: int) -> None:
        """__unguarded_linear_insert: move back past what is larger."""
        order, ranks = self.order, self.ranks
        moved = order[place]
        rank = ranks[moved]
        while rank < ranks[order[place - 1]]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = moved

    def _heap_select(self, first: int, middle: int, last: int) -> None:
        """__heap_select: a heap of the smallest elements in [first, middle)."""
        length = middle - first
        for parent in range((length - 2) // 2, -1, -1):
            self._adjust_heap(first, parent, length, self.order[first + parent])
        for place in range(middle, last):
            if self._less(place, first):
                moved = self.order[place]
                self.order[place] = self.order[first]
                self._adjust_heap(first, 0, length, moved)

    def _sort_heap(self, first: int, last: int) -> None:
        while last - first > 1:
            last -= 1
            moved = self.order[last]
            self.order[last] = self.order[first]
            self._adjust_heap(first, 0, last - first, moved)

    def _adjust_heap(self, first: int, hole: int, length: int, moved: int) -> None:
        order, ranks = self.order, self.ranks
        top = hole
        child = hole
        while child < (length - 1) // 2:
            child = 2 * (child + 1)
            if ranks[order[first + child]] < ranks[order[first + child - 1]]:
                child -= 1
            order[first + hole] = order[first + child]
            hole = child
        if length % 2 == 0 and child == (length - 2) // 2:
            child = 2 * (child + 1)
            order[first + hole] = order[first + child - 1]
            hole = child - 1
        parent = (hole - 1) // 2
        while hole > top and ranks[order[first + parent]] < ranks[moved]:
            order[first + hole] = order[first + parent]
            hole = parent
            parent = (hole - 1) // 2
        order[first + hole] = moved
