"""The full prompt in a real terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.terminal import Screen


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    screen = Screen(tmp_path)
    screen.ready()
    yield screen
    screen.child.close(force=True)


def test_values_and_gradients(screen: Screen) -> None:
    screen.enter("x = tensor([1., 2.], requires_grad=True)")
    screen.see("x = tensor([1., 2.], requires_grad=True)  [2] float32 leaf")
    screen.enter("backward (x * x).sum()")
    screen.see("x.grad = tensor([2., 4.])  [2] float32")
    screen.enter("missing")
    screen.see("error: name 'missing' is not defined")
    screen.enter("1 + 1")
    screen.enter("_ + 1")
    screen.see("\n3")
    screen.send("\x04")
    assert screen.end() == 0
