"""set_printoptions: PyTorch's rules, and what is refused."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest

from gradcli.show.options import MAX_PRECISION, PrintOptions


def settings(options: PrintOptions) -> tuple[Any, ...]:
    return options.precision, options.threshold, options.edgeitems, options.linewidth, options.sci_mode


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        ({}, (4, 1000, 3, 80, None)),
        ({"precision": 2}, (2, 1000, 3, 80, None)),
        ({"profile": "short"}, (2, 1000, 2, 80, None)),
        ({"profile": "full"}, (4, inf, 3, 80, None)),
        ({"profile": "short", "precision": 6}, (6, 1000, 2, 80, None)),
        ({"profile": "nope", "edgeitems": 1}, (4, 1000, 1, 80, None)),
        ({"sci_mode": 0}, (4, 1000, 3, 80, False)),
        ({"threshold": -1, "linewidth": 80.5}, (4, -1, 3, 80.5, None)),
        ({"precision": MAX_PRECISION, "linewidth": inf}, (MAX_PRECISION, 1000, 3, inf, None)),
    ],
)
def test_settings(keywords: dict[str, Any], expected: tuple[Any, ...]) -> None:
    options = PrintOptions()
    options.set(**keywords)
    assert settings(options) == expected


def test_sci_mode_is_forgotten_by_the_next_call() -> None:
    options = PrintOptions()
    options.set(sci_mode=True)
    options.set(precision=3)
    assert settings(options) == (3, 1000, 3, 80, None)


@pytest.mark.parametrize(
    ("keywords", "error"),
    [
        ({"precision": "a"}, "TypeError: set_printoptions(): precision must be an int, not str"),
        ({"precision": 2.5}, "TypeError: set_printoptions(): precision must be an int, not float"),
        ({"precision": True}, "TypeError: set_printoptions(): precision must be an int, not bool"),
        ({"precision": -1}, "ValueError: set_printoptions(): precision must be from 0 to 1100, got -1"),
        ({"precision": 1101}, "ValueError: set_printoptions(): precision must be from 0 to 1100, got 1101"),
        ({"edgeitems": -1}, "ValueError: set_printoptions(): edgeitems must be 0 or more, got -1"),
        ({"threshold": "a"}, "TypeError: set_printoptions(): threshold must be a number, not str"),
        ({"linewidth": nan}, "ValueError: set_printoptions(): linewidth must not be nan"),
    ],
)
def test_refusals_change_nothing(keywords: dict[str, Any], error: str) -> None:
    options = PrintOptions()
    before = settings(options)
    with pytest.raises((TypeError, ValueError)) as caught:
        options.set(profile="short", **keywords)
    assert f"{caught.type.__name__}: {caught.value}" == error
    assert settings(options) == before


def test_a_copy_changes_alone() -> None:
    options = PrintOptions()
    twin = options.copy()
    twin.set(precision=1)
    assert (options.precision, twin.precision) == (4, 1)
