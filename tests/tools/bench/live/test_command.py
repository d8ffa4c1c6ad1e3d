"""`bench live` as a command: what it measures twice, writes, and refuses."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from engines.errors import UnderstudyError
from tests.tools.bench.live.runs import clip
from tools.bench.live import command, figures, measure
from tools.bench.live.measure import LiveRun, Result


def result(delay: float, lost: int = 0) -> Result:
    seen = [figures.Sight(i, i / 30, delay) for i in range(100 + lost) if not 10 <= i < 10 + lost]
    used = figures.Process(0.5, 100.0, 90.0, 91.0)
    return Result([seen], 0.002, used, {}, 1, 2, 0, "FULL", {"paint": [1.0, 2.0, 3.0]}, {"p50_ms": 5.0})


def test_the_most_streams_that_hold_a_delay(tmp_path: Path) -> None:
    """Each stream costs 15 ms: at 50 ms three are held. Admission may end it before."""
    run = LiveRun(tmp_path, tmp_path)
    assert command.streams_within(lambda r, bare: result(0.015 * r.streams), run, 50.0) == 3
    assert command.streams_within(lambda r, bare: result(0.015 * r.streams, 30 if r.streams > 1 else 0), run, 50.0) == 1

    def refused(run: LiveRun, bare: bool) -> Result:
        if run.streams > 2:
            raise UnderstudyError("503")
        return result(0.010)

    assert command.streams_within(refused, run, 50.0) == 2
    assert command.streams_within(lambda r, bare: result(0.060), run, 50.0) == 0


def app() -> typer.Typer:
    made = typer.Typer()
    command.register(made)
    made.command("other")(lambda: None)
    return made


def test_the_command_measures_both_ways_and_writes_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[LiveRun, bool]] = []

    def take(run: LiveRun, bare: bool) -> Result:
        asked.append((run, bare))
        return result(0.012 if bare else 0.030)

    monkeypatch.setattr(measure, "measure", take)
    out, film = tmp_path / "f.json", clip(tmp_path)
    words = ["live", "-s", str(film), "--target", str(film), "--seconds", "5", "--size", "640x480", "--json", str(out)]
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
