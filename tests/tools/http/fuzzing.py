"""Fuzzing with hypothesis: a handful of cases in the suite, as many as fit into UNDERSTUDY_FUZZ_SECONDS by hand.

UNDERSTUDY_FUZZ_SECONDS=600 pytest --timeout 0 -s tests/tools/http/test_photo_fuzz.py -k pictures

Bytes that fail are kept in the system's folder for temporary files, `understudy-fuzz-*`, the smallest last.
"""

import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

SECONDS = float(os.environ.get("UNDERSTUDY_FUZZ_SECONDS", "0"))


def fuzz(check: Callable[[Any], object], cases: st.SearchStrategy[Any], examples: int) -> int:
    """Calls `check` with cases until the time is up, `examples` times at least. Returns how often."""
    count, round_ = 0, 0
    until = time.monotonic() + SECONDS

    def counted(case: Any) -> None:
        nonlocal count
        count += 1
        try:
            check(case)
        except BaseException:
            if SECONDS and isinstance(case, bytes):
                Path(tempfile.mkstemp(prefix="understudy-fuzz-")[1]).write_bytes(case)
            raise

    while round_ == 0 or time.monotonic() < until:
        limits = settings(
            max_examples=examples,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            derandomize=False,
        )
        seed(round_)(limits(given(cases)(lambda case: counted(case))))()
        round_ += 1
    print(f"{count} cases in {round_} rounds, seeds 0 to {round_ - 1}; {resident():.0f} MB resident")
    return count


def resident() -> float:
    """Memory of this process, MB; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmRSS")) / 1024


class Case(bytes):
    """Bytes that a report does not print whole."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes, sha256 {hashlib.sha256(self).hexdigest()[:16]}, {self[:24].hex()}...>"


@st.composite
def damaged(draw: st.DrawFn, wholes: list[bytes], cuts: int = 6) -> Case:
    """One of the given files with bytes changed, cut out, doubled, or another file's in their place."""
    data = bytearray(draw(st.sampled_from(wholes)))
    for _ in range(draw(st.integers(0, cuts))):
        # Headers decide most: half of all wounds are in the first 200 bytes.
        most = draw(st.sampled_from((min(200, len(data)), len(data))))
        at = draw(st.integers(0, max(0, most - 1)))
        length = draw(st.integers(1, 8) | st.integers(1, 4096))
        match draw(st.integers(0, 4)):
            case 0:
                data[at : at + length] = draw(st.binary(min_size=1, max_size=8))
            case 1:
                del data[at : at + length]
            case 2:
                data[at:at] = data[at : at + length]
            case 3:
                data[at : at + 4] = draw(st.sampled_from((b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"\x80\0\0\0")))
            case _:
                other = draw(st.sampled_from(wholes))
                data[at : at + length] = other[at : at + length]
    return Case(data[: draw(st.sampled_from((len(data), len(data), len(data) // 2)))])
