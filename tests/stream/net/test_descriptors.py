"""Descriptors: the limit as the system has it, and whether it comes near."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stream.net.descriptors import limit, share, short

resource = pytest.importorskip("resource")
ROOT = Path(__file__).parents[3]
SCRIPT = """
import os, resource
from stream.net.descriptors import SPARE, limit, share, short
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
assert (limit(), share(256, 4), share(10, 4), share(64, 8)) == (256, 64, 10, 32)
assert not short()
kept = []
while not short():
    kept.append(os.open(os.devnull, os.O_RDONLY))
used = len(os.listdir("/dev/fd")) - 1
assert 256 - SPARE - 2 <= used <= 256 - SPARE + 2, used
while True:
    try:
        kept.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        break
assert short()
"""


def test_it_is_the_systems() -> None:
    assert limit() <= resource.getrlimit(resource.RLIMIT_NOFILE)[0] or limit() == 1 << 16
    assert share(1, 1000) == 1


@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="no /dev/fd here")  # noqa: PTH110
def test_it_tells_when_few_are_left() -> None:
    subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, check=True)
    assert not short()
