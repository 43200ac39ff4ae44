"""The recorded programs: what they print, how they fail, what they warn of, exactly as torch has it.

tests/golden/cases_left.toml names the cases that are not done, each with the reason. A case named there that passes
fails the test until it is taken off the list.
"""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from tests import oracle

pytestmark = pytest.mark.live_torch

CASES = oracle.jsonl("cases.jsonl")


def left() -> dict[str, str]:
    """Case id -> reason."""
    table = tomllib.loads((oracle.GOLDEN / "cases_left.toml").read_text("utf-8"))
    return {case: reason for reason, cases in table.items() for case in cases}


LEFT = left()


def wanted(case: dict[str, Any]) -> oracle.Outcome:
    return oracle.Outcome(case["stdout"], case["exception"], case["message"], case["warnings"])


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    found = oracle.run_here(case["code"]).differences(wanted(case))
    reason = LEFT.get(case["id"])
    if reason is None:
        assert not found, "\n".join([case["code"], *found])
    else:
        assert found, f"passes now: take {case['id']} off tests/golden/cases_left.toml ({reason})"


def test_the_list_of_what_is_left_names_cases() -> None:
    assert set(LEFT) <= {case["id"] for case in CASES}


# What torch's words depend on besides the program: where its own files lie, what it has warned of before.
ELSEWHERE = {"anomaly_nan", "func_hessian"}


@pytest.mark.skipif(not oracle.live(), reason="asks torch")
def test_torch_still_answers_as_recorded() -> None:
    changed = {}
    for case in CASES:
        if case["id"] not in ELSEWHERE:
            found = oracle.run_torch(case["code"]).differences(wanted(case))
            if found:
                changed[case["id"]] = found
    assert changed == {}
