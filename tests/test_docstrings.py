"""The examples in torch's own docstrings, typed at our prompt, answer what they answer in Python with torch.

tests/golden/docstrings.jsonl has torch's answers (`scripts/record_torch` asks for them); docstrings_left.toml names the
docstrings whose answers are not the same, each with the reason: those that differ, of which one that passes fails the
test until it is taken off, and those that agree but for rounding.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

import numpy as np
import pytest

from tests import docstrings, oracle

pytestmark = pytest.mark.live_torch

RECORDED = oracle.jsonl("docstrings.jsonl")


LEFT = tomllib.loads((oracle.GOLDEN / "docstrings_left.toml").read_text("utf-8"))
DIFFERENT = {name: reason for reason, names in LEFT["different"].items() for name in names}
ROUNDING = {name for names in LEFT["rounding"].values() for name in names}


@pytest.mark.parametrize("row", RECORDED, ids=[row["name"] for row in RECORDED])
def test_docstring(row: dict[str, Any]) -> None:
    name, wanted = row["name"], row["transcript"]
    found = docstrings.answered_here([source for source, _ in wanted])
    if name in ROUNDING:
        assert apart(found) == apart(wanted)
        assert np.allclose(numbers(found), numbers(wanted), rtol=1e-4, atol=1e-3)
    elif name in DIFFERENT:
        assert found != wanted, f"passes now: take {name} off tests/golden/docstrings_left.toml ({DIFFERENT[name]})"
    else:
        assert shown(found) == shown(wanted)


NUMBER = re.compile(r"[-+]?\d+(?:\.\d*)?(?:e[-+]\d+)?")


def apart(transcript: docstrings.Transcript) -> list[list[str]]:
    """The words of the answers, without numbers, spaces, and the outcomes of comparisons."""
    return [re.sub("True|False", "?", NUMBER.sub("#", answer)).split() for _, answer in transcript]


def numbers(transcript: docstrings.Transcript) -> list[float]:
    return [float(number) for _, answer in transcript for number in NUMBER.findall(answer)]


def shown(transcript: docstrings.Transcript) -> str:
    return "".join(f">>> {source}{answer}" for source, answer in transcript)


def test_the_list_of_what_is_left_names_docstrings() -> None:
    assert DIFFERENT.keys() | ROUNDING <= {row["name"] for row in RECORDED}


def test_at_least_nine_in_ten() -> None:
    same = len(RECORDED) - len(DIFFERENT) - len(ROUNDING)
    oracle.SUMMARY.append(f"docstrings of torch: {same} of {len(RECORDED)} eligible ones answer as torch's")
    assert same >= 0.9 * len(RECORDED)
