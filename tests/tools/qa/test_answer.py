"""What was found, for programs and for people."""

import json

from calib.qa.reasons import QaReason
from tests.tools.qa.spans import checked, job, span
from tools.qa.answer import as_json, lines


def test_the_json_has_times_frames_and_reasons() -> None:
    spans = [span(QaReason.MISSED, 12, 25, -0.51234)]
    told = json.loads(json.dumps(as_json(job(), checked(*spans), spans)))
    assert told["frames"] == 100 and told["flagged_frames"] == 14 and told["embedder"] is None
    assert told["spans"] == [
        {
            "reason": "missed",
            "words": "the original's own face shows",
            "face": 0,
            "first_frame": 12,
            "last_frame": 25,
            "start_s": 0.48,
            "end_s": 1.0,
            "frames": 14,
            "worst": -0.5123,
            "worst_frame": 12,
            "box": [100, 60, 180, 160],
        }
    ]
    assert told["bounds"]["confidence"] == 0.7 and told["notes"] == ["the clock begins anew"]


def test_the_lines_say_what_was_not_looked_at() -> None:
    found = checked(left_out={QaReason.IDENTITY: "there is no network"})
    assert lines(found, []) == [
        "nothing is flagged in 100 frames",
        "not looked at: identity (there is no network)",
        "note: the clock begins anew",
    ]


def test_the_lines_have_a_line_a_span_and_count_frames_once() -> None:
    spans = [
        span(QaReason.LIGHT, 12, 25, 0.31),
        span(QaReason.IDENTITY, 20, 30, 0.2),
        span(QaReason.MISSED, 50, 50, None),
    ]
    told = lines(checked(*spans), spans)
    assert told[0] == "0:00.5 to 0:01.0  light: the face's brightness jumps (face 0, 14 frames, at worst 0.31)"
    assert told[2].endswith("(face 0, 1 frames)")
    assert told[3] == "20 of 100 frames are flagged"
