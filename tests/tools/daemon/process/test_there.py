"""What a job finds in the place of its output: nothing, what is whole, what was cut short, what it does not read."""

from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from stream.jobs.done import Standing
from stream.marks.happened import WhatHappened
from stream.marks.keys import local_identity
from stream.marks.layers import Marking
from stream.marks.output_marks import OutputMarks
from tests.stream.clips import make
from tools.daemon.process.there import standing_in


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "job").mkdir()
    return tmp_path / "job"


def test_files_are_judged_by_what_is_in_them(tmp_path: Path, folder: Path) -> None:
    assert standing_in(tmp_path / "none.mp4", folder) is Standing.NOTHING
    whole = make(tmp_path / "whole.mp4", frames=10)
    assert standing_in(whole, folder) is Standing.DONE
    (tmp_path / "cut.mp4").write_bytes(whole.read_bytes()[:900])
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((8, 8, 3), np.uint8))
    assert standing_in(tmp_path / "cut.mp4", folder) is Standing.BROKEN
    assert standing_in(tmp_path / "a.png", folder) is Standing.DONE
    assert list(folder.iterdir()) == []


def test_neither_a_playlist_nor_a_link_is_followed(tmp_path: Path, folder: Path) -> None:
    whole = make(tmp_path / "whole.mp4", frames=10)
    (tmp_path / "list.mp4").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{whole}\n#EXT-X-ENDLIST\n")
    (tmp_path / "link.mp4").symlink_to(whole)
    for name in ("list.mp4", "link.mp4"):
        assert standing_in(tmp_path / name, folder) is Standing.BROKEN


@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
@pytest.mark.parametrize("partial", [False, True])
def test_what_was_finished_early_is_known_by_its_record(
    tmp_path: Path, folder: Path, ending: str, partial: bool
) -> None:
    output = make(tmp_path / f"out{ending}", frames=10)
    marks = OutputMarks(str(output), Marking(), None, datetime.now(UTC), local_identity())
    marks.sign(output, "1", WhatHappened(datetime.now(UTC), 10, 10, 0, {}, (), partial=partial), None)
    assert standing_in(output, folder) is (Standing.EARLY if partial else Standing.DONE)
