"""What is set once for a process: one thread a call of OpenCV, and a collector that leaves alone what is there."""

import gc
import subprocess
import sys

PROGRAM = """
import cv2, gc
from stream.lanes.runtime import calm, settle
cv2.setNumThreads(4)
settle()
kept = [[] for _ in range(1000)]
calm()
print(cv2.getNumThreads(), gc.get_freeze_count() > 1000)
"""


def test_one_thread_a_call_and_what_is_loaded_is_not_walked_again() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "True"]
    assert gc.get_freeze_count() == 0, "nothing of it in this process"
