"""The `loop` transport of `bench live`, for real."""

from pathlib import Path

from tools.bench.live.figures import drops


def test_the_loop_transport_runs_for_real(tmp_path: Path) -> None:
    from tests.stream.clips import make  # a clip made here
    from tools.bench.live.loopback import measure
    from tools.bench.live.measure import LiveRun

    clip = tmp_path / "c.mp4"
    make(clip, size=(640, 480))
    result = measure(LiveRun(clip, clip, (640, 480), 30, 1.0, settle=0.5), bare=True)
    (seen,) = result.sights
    assert len(seen) > 15 and result.unread == 0 and drops(seen) + len(seen) <= 40
    assert 0 <= seen[-1].delay < 0.5
