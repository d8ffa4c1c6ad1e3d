"""`bench live` over WebRTC for real, and the processes that a measurement is made of."""

from pathlib import Path
from typing import Any

import pytest

from engines.errors import UnderstudyError
from tests.tools.bench.live.runs import check, clip
from tools.bench.live import measure
from tools.bench.live.measure import LiveRun, Part
from tools.bench.live.processes import receive


def test_over_webrtc(tmp_path: Path) -> None:
    shot = tmp_path / "shot.png"
    result = measure.measure(
        LiveRun(film := clip(tmp_path), film, (480, 270), 30, 3.0, streams=2, shot=shot, settle=1.0), bare=True
    )
    check(result, 3.0, 2)
    assert result.skew is not None and abs(result.skew) < 0.1
    assert shot.stat().st_size > 1000


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
