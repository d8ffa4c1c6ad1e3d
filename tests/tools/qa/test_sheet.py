"""The strip of pictures."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from calib.qa.reasons import QaReason
from engines.errors import OutputError
from engines.values import U8
from tests.stream.qa.files import written
from tests.tools.qa.spans import span
from tools.qa.sheet import ACROSS, MOST, SIDE, write_sheet

RATE = Fraction(25)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Frames of one colour each: green by their number in the swap, blue in the original."""
    folder = tmp_path_factory.mktemp("clips")
    made = []
    for name, channel in (("swap", 1), ("original", 2)):
        frames = [np.zeros((240, 320, 3), np.uint8) for _ in range(12)]
        for i, frame in enumerate(frames):
            frame[..., channel] = 20 * i
        made.append(str(written(folder / f"{name}.mp4", frames)))
    return made[0], made[1]


def read(path: Path) -> U8:
    found = cv2.imread(str(path))
    assert found is not None
    return np.asarray(found[..., ::-1], np.uint8)


def test_each_span_is_shown_at_its_worst_with_the_original_beneath(clips: tuple[str, str], tmp_path: Path) -> None:
    write_sheet(
        tmp_path / "s.png", [clips[0]], clips[1], [span(QaReason.LIGHT, 5, 6), span(QaReason.SEAM, 10, 11)], RATE
    )
    sheet = read(tmp_path / "s.png")
    first, second = sheet[100, 6 + SIDE // 2], sheet[100, 6 + SIDE + 6 + SIDE // 2]
    assert abs(int(first[1]) - 100) < 12 and abs(int(second[1]) - 200) < 12
    below = sheet[100 + SIDE, 6 + SIDE // 2]
    assert abs(int(below[2]) - 100) < 16 and below[1] < 40


def test_without_an_original_there_is_one_row(clips: tuple[str, str], tmp_path: Path) -> None:
    write_sheet(tmp_path / "both.png", [clips[0]], clips[1], [span(QaReason.LIGHT, 5, 6)], RATE)
    write_sheet(tmp_path / "one.jpg", [clips[0]], None, [span(QaReason.LIGHT, 5, 6)], RATE)
    assert read(tmp_path / "both.png").shape[0] - read(tmp_path / "one.jpg").shape[0] == SIDE + 2


def test_rows_are_begun_anew_and_their_number_is_bounded(clips: tuple[str, str], tmp_path: Path) -> None:
    heights = []
    for many in (1, ACROSS, ACROSS + 1, MOST, MOST + 30):
        write_sheet(tmp_path / "s.jpg", [clips[0]], None, [span(QaReason.LIGHT, 5, 6)] * many, RATE)
        heights.append(read(tmp_path / "s.jpg").shape[0])
    assert heights[0] == heights[1] < heights[2] < heights[3] == heights[4]


def test_nothing_flagged_is_an_empty_sheet(clips: tuple[str, str], tmp_path: Path) -> None:
    write_sheet(tmp_path / "s.png", [clips[0]], clips[1], [], RATE)
    assert read(tmp_path / "s.png").size


def test_a_place_that_cannot_be_written_is_said(clips: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="there is no folder"):
        write_sheet(tmp_path / "none" / "s.png", [clips[0]], clips[1], [], RATE)
