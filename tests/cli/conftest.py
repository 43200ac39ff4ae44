"""A prompt in a terminal, for every test that asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.terminal import Screen


@pytest.fixture
def open_screen(tmp_path: Path) -> Iterator[Callable[..., Screen]]:
    """Opens terminals with gradcli in them; closes them at the end."""
    opened: list[Screen] = []

    def open_one(*arguments: str, **more: Any) -> Screen:
        screen = Screen(tmp_path, *arguments, **more)
        opened.append(screen)
        screen.ready()
        return screen

    yield open_one
    for screen in opened:
        screen.child.close(force=True)


@pytest.fixture
def screen(open_screen: Callable[..., Screen]) -> Screen:
    """One terminal of 80 by 24 with a prompt."""
    return open_screen()
