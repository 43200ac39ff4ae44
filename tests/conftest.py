"""Shared by all tests: no state leaks from one to the next, and the run says where torch's answers came from."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests import oracle


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[None]:
    """Grad mode, anomaly mode and the default dtype are as they were: a test that leaves them changed fails."""
    before = global_state()
    with np.errstate(all="ignore"):  # as a session runs kernels
        yield
    after = global_state()
    if after != before:
        restore(before)
        pytest.fail(f"state leaked: {before} became {after}", pytrace=False)


def global_state() -> dict[str, Any]:
    """What the engine keeps for the whole process, as far as it has been imported."""
    modes = sys.modules.get("gradcli.engine.modes")
    dtypes = sys.modules.get("gradcli.engine.dtypes")
    if modes is None or dtypes is None:
        return {"grad": True, "anomaly": False, "inference": False, "dtype": "torch.float32"}
    state = modes.state
    return {
        "grad": state.grad,
        "anomaly": state.anomaly,
        "inference": state.inference,
        "dtype": repr(dtypes.default()),
    }


def restore(before: dict[str, Any]) -> None:
    modes, dtypes = sys.modules["gradcli.engine.modes"], sys.modules["gradcli.engine.dtypes"]
    modes.state.grad, modes.state.anomaly = before["grad"], before["anomaly"]
    modes.state.inference = before["inference"]
    dtypes.set_default(next(dtype for dtype in dtypes.ALL if repr(dtype) == before["dtype"]))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.write_line(f"oracle: {oracle.which()}")
    for line in oracle.SUMMARY:
        terminalreporter.write_line(line)
