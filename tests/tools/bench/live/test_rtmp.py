"""`bench live` over RTMP for real."""

from pathlib import Path

from tests.tools.bench.live.runs import check, clip
from tools.bench.live import rtmp
from tools.bench.live.measure import LiveRun


def test_over_rtmp(tmp_path: Path) -> None:
    result = rtmp.measure(LiveRun(film := clip(tmp_path), film, (480, 270), 30, 2.0, settle=1.0), bare=True)
    check(result, 2.0)
    assert result.skew is None
