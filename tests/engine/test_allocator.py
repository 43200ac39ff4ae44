"""The command line's process keeps freed memory: arrays that come and go cost no page faults."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import resource
import sys

import numpy as np

from gradcli.engine.allocator import keep_freed_memory

if sys.argv[1] == "tuned" and not keep_freed_memory():
    print(-1)
    sys.exit()


def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


x = np.ones(5_000_000, np.float32)
x + 1
before = faults()
for _ in range(10):
    x + 1
print(faults() - before)
"""


def faults(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_freed_arrays_cost_no_page_faults() -> None:
    tuned = faults("tuned")
    if tuned < 0:
        pytest.skip("no glibc here")
    assert tuned < 100
    assert faults("plain") > 10 * max(tuned, 1)
