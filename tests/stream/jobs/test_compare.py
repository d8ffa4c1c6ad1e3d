"""Before and after side by side, by value, marked as outputs are, and nothing left behind where it fails."""

import json
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.errors import InputError
from engines.values import U8
from stream.jobs.compare import GAP, HEIGHT, compare
from stream.jobs.job import SwapJob
from stream.marks.happened import WhatHappened
from stream.marks.layers import Marking
from stream.pipeline.spec import SwapSpec
from tests.stream import clips

UNMARKED = Marking(False, False, "a test of the pictures themselves")


def job(before: Path, after: Path, marking: Marking = UNMARKED) -> SwapJob:
    return SwapJob(SwapSpec(((Path("face.png"),),)), str(before), str(after), marking=marking)


def happened(frames: int) -> WhatHappened:
    return WhatHappened(datetime(2026, 1, 1, tzinfo=UTC), frames, frames)


def near(seen: U8, wanted: U8) -> bool:
    return bool(np.abs(seen.astype(int) - wanted).mean() < 4)


def test_the_frames_of_both_stand_beside_each_other_at_the_first_ones_times(tmp_path: Path, journal: Path) -> None:
    before = clips.make(tmp_path / "a.mp4", frames=6, size=(96, 64))
    after = clips.make(tmp_path / "b.mp4", frames=6, size=(48, 32))  # another size is brought to the first one's
    clip, picture = tmp_path / "compare.mp4", tmp_path / "compare.png"
    compare(job(before, after), happened(6), clip, picture)
    shown = clips.images(clip)
    assert shown.shape == (6, 64, 2 * 96 + GAP, 3)
    assert clips.seconds(clip) == clips.seconds(before)
    for index in (0, 5):
        frame = np.asarray(shown[index], np.uint8)
        assert near(frame[:, :96], clips.picture(index, 96, 64))
        assert near(frame[:, 96 + GAP :], np.asarray(cv2.resize(clips.picture(index, 48, 32), (96, 64)), np.uint8))
        assert frame[:, 97 : 95 + GAP].min() > 235, "white between"
    still = cv2.imread(str(picture))
    assert still is not None and near(np.asarray(still[:, :96, ::-1], np.uint8), clips.picture(3, 96, 64)), "the middle"
    reasons = [json.loads(line)["because"] for line in journal.read_text().splitlines()]
    assert reasons == ["a test of the pictures themselves"] * 2, "of the clip and of the picture"


def test_a_large_clip_is_brought_down(tmp_path: Path) -> None:
    before = clips.make(tmp_path / "a.mp4", frames=1, size=(160, 2 * HEIGHT))
    compare(job(before, before), happened(1), tmp_path / "compare.mp4", tmp_path / "compare.png")
    assert clips.images(tmp_path / "compare.mp4").shape == (1, HEIGHT, 2 * 80 + GAP, 3)


def test_the_invisible_mark_is_in_the_clip_and_in_the_picture(tmp_path: Path) -> None:
    """Signing, the other layer, is in the demo's test."""
    clip = clips.make(tmp_path / "a.mp4", frames=2, size=(96, 64))
    for name, marking in (("plain", UNMARKED), ("marked", Marking(manifest=False, because="signed elsewhere"))):
        compare(job(clip, clip, marking), happened(2), tmp_path / f"{name}.mp4", tmp_path / f"{name}.png")
    plain, marked = (cv2.imread(str(tmp_path / f"{name}.png")) for name in ("plain", "marked"))
    assert plain is not None and marked is not None
    changed = np.abs(plain.astype(int) - marked).max(axis=2)
    assert 0 < changed.max() <= 12 and (changed > 0).mean() > 0.2
    assert not np.array_equal(clips.images(tmp_path / "plain.mp4"), clips.images(tmp_path / "marked.mp4"))


def test_where_a_clip_has_no_frame_nothing_stands_under_the_final_names(tmp_path: Path) -> None:
    before = clips.make(tmp_path / "a.mp4", frames=2)
    (tmp_path / "b.mp4").write_bytes(before.read_bytes()[:40])
    with pytest.raises(InputError):
        compare(job(before, tmp_path / "b.mp4"), happened(2), tmp_path / "compare.mp4", tmp_path / "compare.png")
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith("compare")) == []
