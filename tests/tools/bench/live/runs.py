"""A clip and a plane that nobody is in, and what a run of `bench live` must show over every transport."""

from pathlib import Path

import numpy as np

from engines.values import U8
from tests.stream.clips import make
from tools.bench.live.measure import Result


def clip(folder: Path) -> Path:
    path = folder / "c.mp4"
    make(path, size=(640, 480))
    return path


def check(result: Result, seconds: float, streams: int = 1) -> None:
    assert len(result.sights) == streams and result.unread == 0
    for seen in result.sights:
        assert len(seen) > 15 * seconds, "most of the pictures arrive"
        assert [s.number for s in seen] == sorted({s.number for s in seen}), "in order and once"
        assert all(0 < s.delay < 2 for s in seen)
    assert result.server.cores > 0 and result.server.peak_mb > 50
    assert set(result.others) == {"sender", "viewer"} and all(p.cores > 0 for p in result.others.values())
    assert result.inside["p50_ms"] < 200 and result.rung == "FULL"


SIZE = (480, 270)


def grey(level: int = 96) -> U8:
    plane: U8 = np.full((SIZE[1] * 3 // 2, SIZE[0]), 128, np.uint8)
    plane[: SIZE[1]] = level
    return plane
