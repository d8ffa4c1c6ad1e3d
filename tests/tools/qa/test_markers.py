"""Markers for editors, by value."""

import csv
import io
from fractions import Fraction

import pytest

from calib.qa.reasons import QaReason
from tests.tools.qa.spans import span
from tools.qa.markers import COLOURS, edl, table, timecode

SPANS = [span(QaReason.MISSED, 12, 25, -0.5), span(QaReason.LIGHT, 1500, 1500, 0.31, track=2)]


@pytest.mark.parametrize(
    ("seconds", "rate", "text"),
    [
        (0.0, Fraction(25), "00:00:00:00"),
        (0.48, Fraction(25), "00:00:00:12"),
        (3661.04, Fraction(25), "01:01:01:01"),
        (60.06, Fraction(30000, 1001), "00:01:00:00"),  # the 1800th frame: no number is dropped
        (0.99, Fraction(24000, 1001), "00:00:01:00"),
        (2.0, Fraction(1, 2), "00:00:01:00"),
    ],
)
def test_timecodes_count_frames(seconds: float, rate: Fraction, text: str) -> None:
    assert timecode(seconds, rate) == text


def test_an_edl_has_a_marker_a_span() -> None:
    lines = edl(SPANS, "my  clip", Fraction(25)).splitlines()
    assert lines[:3] == ["TITLE: my clip", "FCM: NON-DROP FRAME", ""]
    assert lines[3].split() == ["001", "001", "V", "C", *2 * ["00:00:00:12", "00:00:00:13"]]
    assert lines[4] == " |C:ResolveColorRed |M:missed: the original's own face shows (face 0) |D:14"
    assert lines[6].split()[4:6] == ["00:01:00:00", "00:01:00:01"]
    assert lines[7].endswith("(face 2) |D:1") and "Yellow" in lines[7]


def test_an_edl_without_spans_is_a_heading() -> None:
    assert edl([], "clip", Fraction(25)).split() == ["TITLE:", "clip", "FCM:", "NON-DROP", "FRAME"]


def test_a_csv_reads_back() -> None:
    rows = list(csv.DictReader(io.StringIO(table([*SPANS, span(QaReason.MISSED, 1, 2, None)], Fraction(25)))))
    assert [row["reason"] for row in rows] == ["missed", "light", "missed"]
    assert rows[0] == {
        "start_s": "0.480",
        "end_s": "1.000",
        "start": "00:00:00:12",
        "end": "00:00:01:00",
        "reason": "missed",
        "face": "0",
        "frames": "14",
        "worst": "-0.500",
        "comment": "the original's own face shows",
    }
    assert rows[2]["worst"] == ""


def test_every_reason_has_a_colour() -> None:
    assert set(COLOURS) == set(QaReason)
