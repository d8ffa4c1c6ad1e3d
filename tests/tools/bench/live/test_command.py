"""`bench live` from end to end, each transport for real, with a clip that nobody is in; and the command around it."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from engines.errors import UnderstudyError
from tests.stream.clips import make
from tools.bench.live import command, figures, measure, rtmp
from tools.bench.live.measure import LiveRun, Part, Result
from tools.bench.live.processes import receive


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "c.mp4"
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


def test_over_webrtc(clip: Path, tmp_path: Path) -> None:
    shot = tmp_path / "shot.png"
    result = measure.measure(LiveRun(clip, clip, (480, 270), 30, 3.0, streams=2, shot=shot, settle=1.0), bare=True)
    check(result, 3.0, 2)
    assert result.skew is not None and abs(result.skew) < 0.1
    assert shot.stat().st_size > 1000


def test_over_rtmp(clip: Path) -> None:
    result = rtmp.measure(LiveRun(clip, clip, (480, 270), 30, 2.0, settle=1.0), bare=True)
    check(result, 2.0)
    assert result.skew is None


async def _fails(_: Any) -> None:
    raise UnderstudyError("on purpose")


async def _echoes(pipe: Any) -> None:
    pipe.send(await receive(pipe))


def test_a_process_that_ends_is_told_of(capfd: pytest.CaptureFixture[str]) -> None:
    part = Part("camera", _fails)
    with pytest.raises(UnderstudyError, match="the benchmark's camera gave no answer"):
        part.hear()
    part.end()
    assert "on purpose" in capfd.readouterr().err


def test_a_process_that_says_nothing_is_not_waited_for() -> None:
    part = Part("viewer", _echoes)
    with pytest.raises(UnderstudyError, match="viewer"):
        part.hear(0.05)
    part.say("word")
    assert part.hear() == "word"
    part.end()


def result(delay: float, lost: int = 0) -> Result:
    seen = [figures.Sight(i, i / 30, delay) for i in range(100 + lost) if not 10 <= i < 10 + lost]
    used = figures.Process(0.5, 100.0, 90.0, 91.0)
    return Result([seen], 0.002, used, {}, 1, 2, 0, "FULL", {"paint": [1.0, 2.0, 3.0]}, {"p50_ms": 5.0})


def test_the_most_streams_that_hold_a_delay(tmp_path: Path) -> None:
    """Each stream costs 15 ms: at 50 ms three are held. Admission may end it before."""
    run = LiveRun(tmp_path, tmp_path)
    assert command._most(lambda r, bare: result(0.015 * r.streams), run, 50.0) == 3
    assert command._most(lambda r, bare: result(0.015 * r.streams, 30 if r.streams > 1 else 0), run, 50.0) == 1

    def refused(run: LiveRun, bare: bool) -> Result:
        if run.streams > 2:
            raise UnderstudyError("503")
        return result(0.010)

    assert command._most(refused, run, 50.0) == 2
    assert command._most(lambda r, bare: result(0.060), run, 50.0) == 0


def app() -> typer.Typer:
    made = typer.Typer()
    command.register(made)
    made.command("other")(lambda: None)
    return made


def test_the_command_measures_both_ways_and_writes_json(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[LiveRun, bool]] = []

    def take(run: LiveRun, bare: bool) -> Result:
        asked.append((run, bare))
        return result(0.012 if bare else 0.030)

    monkeypatch.setattr(measure, "measure", take)
    out = tmp_path / "f.json"
    words = ["live", "-s", str(clip), "--target", str(clip), "--seconds", "5", "--size", "640x480", "--json", str(out)]
    done = CliRunner().invoke(app(), words)
    assert done.exit_code == 0, done.output
    assert [bare for _, bare in asked] == [True, False] and asked[0][0].size == (640, 480)
    found = json.loads(out.read_text())
    for name in ("glass_to_glass", "swap_added", "drops", "freezes", "av_skew_ms", "cpu", "peak_mb"):
        assert name in found
    assert found["swap_added"] == {"p50_ms": 18.0, "p95_ms": 18.0} and found["stages_ms"] == {"paint": [1.0, 2.0, 3.0]}
    assert found["glass_to_glass"]["p50_ms"] == 30.0 and found["av_skew_ms"] == 2.0
    assert "p50 30.0" in done.output


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--transport", "carrier-pigeon"], "write webrtc, rtmp or loop"),
        (["--size", "12x12"], "time code"),
        (["--json", "no/such/folder/f.json"], "no folder"),
    ],
)
def test_what_cannot_be_measured_is_told(words: list[str], reason: str) -> None:
    done = CliRunner().invoke(app(), ["live", *words])
    assert isinstance(done.exception, UnderstudyError) and reason in str(done.exception)
