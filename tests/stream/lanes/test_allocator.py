"""The allocator's setting, by the page faults it saves in a process of its own."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
import numpy as np
from stream.lanes.allocator import keep_freed_memory
if sys.argv[1] == "keep":
    assert keep_freed_memory()
def work():
    arrays = [np.ones(400_000, np.float32) for _ in range(4)]
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's setting")
def test_kept_memory_costs_no_page_faults() -> None:
    def faults(mode: str) -> int:
        run = subprocess.run([sys.executable, "-c", PROGRAM, mode], capture_output=True, text=True, check=True)
        return int(run.stdout)

    assert faults("keep") * 10 < faults("as it is")
