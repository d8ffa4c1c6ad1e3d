"""What the program sets for its process, seen from inside a process of its own."""

import os
import subprocess
import sys

import pytest

ENTRY = """
import sys
import tools.main
assert "numpy" not in sys.modules, "too late to limit its threads"
sys.argv = ["understudy", "--version"]
try:
    tools.main.main()
except SystemExit:
    pass
import os
print(os.environ["OPENBLAS_NUM_THREADS"])
"""
SETTLED = """
import cv2
from stream.lanes.runtime import settle
cv2.setNumThreads(2)
settle()
print(cv2.getNumThreads())
"""
FAULTS = """
import resource
import numpy as np
from stream.lanes.runtime import settle
settle()
for _ in range(30):
    np.ones(1 << 20, np.float32)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(100):
    np.ones(1 << 20, np.float32)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
CALM = """
import gc
from stream.lanes.runtime import calm
calm()
before = gc.get_freeze_count()
made = [[i] for i in range(1000)]
print(before > 1000, gc.get_freeze_count() == before, len(gc.get_objects()) < 3000)
"""


def said(code: str, **more: str) -> str:
    """The last line that a new Python prints."""
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", code], env=kept | more, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def test_the_command_line_limits_math_before_numpy_is_loaded() -> None:
    assert said(ENTRY) == "1"


def test_what_the_user_set_is_kept() -> None:
    assert said(ENTRY, OPENBLAS_NUM_THREADS="3") == "3"


@pytest.mark.parametrize(("more", "lines"), [({}, 0), ({"OPENCV_LOG_LEVEL": "ERROR"}, 1)])
def test_opencv_says_nothing_of_damaged_pictures_unless_asked(more: dict[str, str], lines: int) -> None:
    code = "from tools.cli.process import quiet_opencv; quiet_opencv(); import cv2, numpy as np;"
    code += (
        "cv2.imdecodeanimation(np.frombuffer(b'RIFF\\x20\\0\\0\\0WEBPVP8X\\x0a\\0\\0\\0\\x02' + bytes(30), np.uint8))"
    )
    kept = {name: value for name, value in os.environ.items() if name != "OPENCV_LOG_LEVEL"}
    done = subprocess.run([sys.executable, "-c", code], env=kept | more, capture_output=True, text=True, check=True)
    assert len(done.stderr.strip().splitlines()) >= lines
    assert bool(done.stderr.strip()) is bool(lines)


def test_opencv_works_on_the_callers_thread() -> None:
    assert said(SETTLED) == "1"


def test_what_is_loaded_is_no_more_walked_by_the_collector() -> None:
    assert said(CALM) == "True True True"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the setting is glibc's")
def test_freed_memory_is_used_again_without_page_faults() -> None:
    assert int(said(FAULTS)) < 2000  # 100 times 4 MB are 100,000 pages
