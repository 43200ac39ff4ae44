"""Which index torch picks where elements are equal: of median, kthvalue, topk, mode, sort and the running extrema.

The choice follows from the algorithms of torch and of libstdc++, so rows of many lengths are compared, live.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests import oracle

pytestmark = [
    pytest.mark.live_torch,
    pytest.mark.skipif(not oracle.live(), reason="asks torch"),
]

LENGTHS = [1, 2, 3, 4, 5, 8, 15, 16, 17, 18, 33, 64, 100, 257, 1000]

CALLS = {
    "median": lambda module, x: module.median(x, 0),
    "nanmedian": lambda module, x: module.nanmedian(x, 0),
    "first": lambda module, x: module.kthvalue(x, 1),
    "middle": lambda module, x: module.kthvalue(x, (x.shape[0] + 1) // 2),
    "last": lambda module, x: module.kthvalue(x, x.shape[0]),
    "largest": lambda module, x: module.topk(x, max(1, x.shape[0] // 100)),
    "larger": lambda module, x: module.topk(x, (x.shape[0] + 1) // 2),
    "all": lambda module, x: module.topk(x, x.shape[0]),
    "smaller": lambda module, x: module.topk(x, (x.shape[0] + 1) // 2, largest=False),
    "unsorted": lambda module, x: module.topk(x, (x.shape[0] + 1) // 2, sorted=False),
    "mode": lambda module, x: module.mode(x),
    "max": lambda module, x: module.max(x, 0),
    "min": lambda module, x: module.min(x, 0),
    "sort": lambda module, x: module.sort(x),
    "descending": lambda module, x: module.sort(x, descending=True),
    "cummax": lambda module, x: module.cummax(x, 0),
    "cummin": lambda module, x: module.cummin(x, 0),
}


def rows(length: int) -> list[Any]:
    """All equal, few different values, some nan, and orders that are hard for quicksort."""
    random = np.random.default_rng(length)
    up = np.arange(length, dtype=np.float64)
    few = random.integers(0, 4, length).astype(np.float64)
    return [
        np.ones(length),
        few,
        random.integers(0, max(2, length // 3), length).astype(np.float64),
        np.where(few == 0, np.nan, few),
        np.minimum(up, up[::-1]),
        np.concatenate([up[::2], up[1::2]]) // 2,
    ]


@pytest.mark.parametrize("name", CALLS)
def test_index(name: str) -> None:
    ours, theirs = oracle.our_library(), oracle.torch_library()
    for length in LENGTHS:
        for row in rows(length)[: 3 if name == "mode" and length > 16 else None]:
            found = [
                [library.to_array(part) for part in CALLS[name](library.module, library.to_tensor(row))]
                for library in (ours, theirs)
            ]
            for mine, torchs in zip(*found, strict=True):
                np.testing.assert_array_equal(mine, torchs, err_msg=f"{name} of {row.tolist()[:40]}")
