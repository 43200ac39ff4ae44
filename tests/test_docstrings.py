"""The examples in torch's own docstrings, typed at our prompt, answer what they answer in Python with torch.

tests/golden/docstrings.jsonl has torch's answers (`scripts/record_torch` asks for them); docstrings_left.toml names the
docstrings that are not done, each with the reason. One named there that passes fails the test until it is taken off.
"""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from tests import docstrings, oracle

pytestmark = pytest.mark.live_torch

RECORDED = oracle.jsonl("docstrings.jsonl")


def left() -> dict[str, str]:
    """Name of the documented object -> reason."""
    table = tomllib.loads((oracle.GOLDEN / "docstrings_left.toml").read_text("utf-8"))
    return {name: reason for reason, names in table.items() for name in names}


LEFT = left()


@pytest.mark.parametrize("row", RECORDED, ids=[row["name"] for row in RECORDED])
def test_docstring(row: dict[str, Any]) -> None:
    wanted = row["transcript"]
    found = docstrings.answered_here([source for source, _ in wanted])
    reason = LEFT.get(row["name"])
    if reason is None:
        assert shown(found) == shown(wanted)
    else:
        assert found != wanted, f"passes now: take {row['name']} off tests/golden/docstrings_left.toml ({reason})"


def shown(transcript: docstrings.Transcript) -> str:
    return "".join(f">>> {source}{answer}" for source, answer in transcript)


def test_the_list_of_what_is_left_names_docstrings() -> None:
    assert set(LEFT) <= {row["name"] for row in RECORDED}


def test_at_least_nine_in_ten() -> None:
    same = len(RECORDED) - len(LEFT)
    oracle.SUMMARY.append(f"docstrings of torch: {same} of {len(RECORDED)} eligible ones answer as torch's")
    assert same >= 0.9 * len(RECORDED)
