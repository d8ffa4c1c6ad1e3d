"""Missed faces as a swap's report tells them."""

import json
from pathlib import Path

import pytest

from calib.qa.reasons import QaReason
from engines.errors import InputError
from tests.tools.qa.spans import span
from tools.qa.told import joined, missed_spans

TIMES = [i / 25 for i in range(50)]


def report(path: Path, begin: float = 0.0, frames: int = 50) -> Path:
    """begin: seconds at which the swap began in its target."""
    told = {
        "frames": [{"index": i, "pts": round((begin + i / 25) * 12800)} for i in range(frames)],
        "input": {"time_base": "1/12800"},
        "missed_faces": {
            "frames": 5,
            "spans": [
                {"track": 3, "start_s": begin + 0.4, "end_s": begin + 0.56, "frames": 5, "box": [1, 2, 30, 40]},
                {"track": 3, "start_s": begin + 99, "end_s": begin + 99.1, "frames": 3, "box": [1, 2, 30, 40]},
            ],
        },
    }
    path.write_text(json.dumps(told), "utf-8")
    return path


@pytest.mark.parametrize("begin", [0.0, 12.52])
def test_times_of_the_target_become_frames_of_the_clip(tmp_path: Path, begin: float) -> None:
    [one] = missed_spans(report(tmp_path / "r.json", begin), TIMES)
    assert (one.track, one.reason, one.first, one.last, one.frames) == (3, QaReason.MISSED, 10, 14, 5)
    assert (one.start, one.end) == (TIMES[10], TIMES[14]) and one.worst is None and one.box.y1 == 40


def test_what_is_no_report_is_refused(tmp_path: Path) -> None:
    for text in ("{", "[]", '{"frames": []}', '{"input": {"time_base": "1/0"}, "frames": []}', "null"):
        (tmp_path / "r.json").write_text(text)
        with pytest.raises(InputError, match=r"r\.json is no report of a swap"):
            missed_spans(tmp_path / "r.json", TIMES)
    with pytest.raises(InputError, match="cannot be read"):
        missed_spans(tmp_path / "none.json", TIMES)


def test_another_clip_s_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="tells of 20 frames and the clip has 50"):
        missed_spans(report(tmp_path / "r.json", frames=20), TIMES)


def test_what_was_found_and_told_is_there_once() -> None:
    found = [span(QaReason.LIGHT, 5, 6), span(QaReason.MISSED, 10, 20)]
    told = [span(QaReason.MISSED, 12, 18, None), span(QaReason.MISSED, 3, 4, None)]
    assert [(s.reason, s.first) for s in joined(found, told)] == [
        (QaReason.MISSED, 3),
        (QaReason.LIGHT, 5),
        (QaReason.MISSED, 10),
    ]
