"""One picture through the same stages as a clip: what is read, painted, marked, and shown side by side."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.errors import InputError
from engines.values import U8
from stream.frame import Done, Frame, Route, Scene
from stream.jobs import picture as shot
from stream.jobs.job import SwapJob
from stream.marks.layers import Marking
from stream.marks.read import read_provenance
from stream.media.still import read_image
from stream.pipeline.choices import OnMiss
from stream.pipeline.finish import Finish
from stream.pipeline.spec import SwapSpec
from stream.pipeline.stages import Opener
from stream.telemetry.stats import Stats
from tests.stream import clips
from tests.stream.jobs.stages import COLOUR, PLACE, SOMEBODY, Known, stages

UNMARKED = Marking(False, False, "a test of the pictures themselves")


@pytest.fixture
def own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNDERSTUDY_SIGNING", str(tmp_path / "signing"))
    return tmp_path / "signing"


def watched(known: Known) -> tuple[Opener, list[str]]:
    """What opens these stages, and what happened to them."""
    told: list[str] = []

    @contextmanager
    def open_(spec: SwapSpec) -> Iterator[Known]:
        told.append("opened")
        yield known
        told.append("closed")

    return open_, told


def photo(path: Path, width: int = 96, height: int = 64) -> U8:
    rgb = clips.picture(3, width, height)
    cv2.imwrite(str(path), rgb[..., ::-1])
    return rgb


def job(target: Path, output: Path | None, marking: Marking = UNMARKED, start: Fraction | None = None) -> SwapJob:
    spec = SwapSpec(((Path("face.png"),),))
    return SwapJob(spec, str(target), str(output) if output else None, start=start, marking=marking)


def test_a_photo_is_one_frame(tmp_path: Path) -> None:
    rgb, stats = photo(tmp_path / "a.png", 97, 65), Stats()
    frame = shot.read_frame(str(tmp_path / "a.png"), stats)
    assert (frame.index, frame.pts) == (0, 0)
    assert np.array_equal(shot.whole(frame.picture), rgb)
    assert stats.table().stages["decode"].count == 1


@pytest.mark.parametrize("way", [Route.FAST, Route.REFINE])
def test_the_picture_that_is_written_is_the_painted_one(tmp_path: Path, way: Route) -> None:
    """The patch where it belongs, every other pixel as it was; refined faces, too: there is no lane to wait for."""
    rgb = photo(tmp_path / "a.png")
    opener, told = watched(stages(lambda _: way))
    result = shot.swap_picture(job(tmp_path / "a.png", tmp_path / "b.png"), opener)
    assert (result.whole, result.painted, result.frames) == (True, 1, 1)
    assert result.marks == "not marked: a test of the pictures themselves"
    got = read_image(str(tmp_path / "b.png"))
    x, y, w, h = PLACE
    assert (got[y : y + h, x : x + w] == COLOUR).all()
    got[y : y + h, x : x + w] = rgb[y : y + h, x : x + w]
    assert np.array_equal(got, rgb)
    assert told == ["opened", "closed"]


def test_a_photo_without_a_face_is_written_as_it_is_and_that_is_noted(tmp_path: Path) -> None:
    rgb = photo(tmp_path / "a.png")
    opener = stages(lambda _: Route.PASS, notes=("something to know",)).opener
    result = shot.swap_picture(job(tmp_path / "a.png", tmp_path / "b.png", Marking()), opener)
    assert np.array_equal(read_image(str(tmp_path / "b.png")), rgb), "unmarked, bit for bit"
    assert (result.painted, result.marks) == (0, None)
    assert result.notes[0] == "something to know"
    assert result.notes[1] == f"{tmp_path / 'a.png'} was written unchanged and unmarked"
    assert result.warnings[0].startswith("no face was painted: none that was wanted was seen")


@pytest.mark.parametrize("on_miss", [OnMiss.BLUR, OnMiss.HOLD, OnMiss.SHOW])
def test_a_face_that_is_seen_and_not_painted_is_told_and_covered_where_that_is_asked_for(
    tmp_path: Path, on_miss: OnMiss, own_keys: Path
) -> None:
    rgb, known, finish = np.random.default_rng(4).integers(0, 256, (240, 320, 3), np.uint8), stages(), Finish(on_miss)
    cv2.imwrite(str(tmp_path / "a.png"), rgb[..., ::-1])
    missing = replace(known.stages, paints=(Done,), finish=finish)
    told = job(tmp_path / "a.png", tmp_path / "b.png", Marking())
    told = replace(told, spec=replace(told.spec, on_miss=on_miss), report=tmp_path / "run.json")
    result = shot.swap_picture(told, replace(known, stages=missing, misses=finish.misses).opener)
    (warning,) = result.warnings
    assert warning.startswith("no face was painted: one that was wanted was missed in 1 of 1 frames")
    got, x, y = read_image(str(tmp_path / "b.png")), SOMEBODY.box.x0, SOMEBODY.box.y0
    face = np.s_[int(y) : int(y) + 16, int(x) : int(x) + 16]
    report = json.loads((tmp_path / "run.json").read_text())
    if on_miss is OnMiss.SHOW:
        assert np.array_equal(got, rgb) and result.marks is None and "unmarked" in result.notes[0]
        assert "--on-miss blur covers it" in warning and report["marking"] is None
    else:
        assert np.abs(got[face].astype(int) - rgb[face]).mean() > 5, "nobody is known by it"
        assert result.marks is not None and result.notes == () and warning.endswith("it was covered")
        record = read_provenance(tmp_path / "b.png").record
        assert record is not None and (record.painted, record.covered) == (0, 1)


def test_more_faces_than_are_followed_are_told_of_a_picture_without_a_painted_one(tmp_path: Path) -> None:
    photo(tmp_path / "a.png")
    known = stages(lambda _: Route.PASS)
    crowd = replace(known.stages, perceive=lambda frame: replace(known.stages.perceive(frame), unfollowed=3))
    result = shot.swap_picture(job(tmp_path / "a.png", tmp_path / "b.png"), replace(known, stages=crowd).opener)
    assert result.warnings[0] == "3 faces at once were more than are followed, and show as they are"


def test_before_and_after_stand_side_by_side(tmp_path: Path) -> None:
    rgb = photo(tmp_path / "a.png")
    opener = stages().opener
    shot.preview(job(tmp_path / "a.png", None), tmp_path / "p.png", True, opener)
    both = read_image(str(tmp_path / "p.png"))
    assert both.shape == (64, 2 * 96 + shot.GAP, 3)
    assert np.array_equal(both[:, :96], rgb)
    assert (both[:, 96 : 96 + shot.GAP] == 255).all()
    x, y, w, h = PLACE
    after = both[:, 96 + shot.GAP :]
    assert (after[y : y + h, x : x + w] == COLOUR).all()
    assert np.array_equal(after[:y], rgb[:y])


def frames(both: U8) -> tuple[U8, U8]:
    return both[:, :96], both[:, 96 + shot.GAP :]


def test_a_preview_of_a_clip_is_its_first_face(tmp_path: Path) -> None:
    clip = clips.make(tmp_path / "a.mp4", frames=10)
    opener = stages(lambda i: Route.FAST if i >= 6 else Route.PASS).opener
    shot.preview(job(clip, None), tmp_path / "p.png", False, opener)
    before, after = frames(read_image(str(tmp_path / "p.png")))
    away = [np.abs(before.astype(int) - clips.picture(i, 96, 64)).mean() for i in range(10)]
    assert int(np.argmin(away)) == 6
    assert np.abs(after[20:30, 12:28].astype(int) - COLOUR).mean() < 10


def test_a_preview_at_a_time_is_that_frame_and_no_other(tmp_path: Path) -> None:
    clip = clips.make(tmp_path / "a.mp4", frames=10)
    seen: list[int] = []
    known = stages()

    def perceive(frame: Frame) -> Scene:
        seen.append(round(frame.seconds * 25))
        return known.stages.perceive(frame)

    opener = replace(known, stages=replace(known.stages, perceive=perceive)).opener
    shot.preview(job(clip, None, start=Fraction(4, 25)), tmp_path / "p.png", False, opener)
    before, _ = frames(read_image(str(tmp_path / "p.png")))
    away = [np.abs(before.astype(int) - clips.picture(i, 96, 64)).mean() for i in range(10)]
    assert int(np.argmin(away)) == 4
    assert len(seen) == 1


def test_a_preview_at_a_time_does_not_look_further(tmp_path: Path) -> None:
    """The frame that was named shows nobody; the next one would."""
    clip = clips.make(tmp_path / "a.mp4", frames=10)
    opener = stages(lambda i: Route.FAST if i else Route.PASS).opener
    with pytest.raises(InputError, match="try another --start"):
        shot.preview(job(clip, None, start=Fraction(2, 25)), tmp_path / "p.png", False, opener)


@pytest.mark.parametrize(("start", "where"), [(None, "anywhere"), (Fraction(1, 5), r"in the frame at --start 0\.2 s")])
def test_a_preview_without_a_face_says_where_it_looked(tmp_path: Path, start: Fraction | None, where: str) -> None:
    clip = clips.make(tmp_path / "a.mp4", frames=10)
    opener = stages(lambda _: Route.PASS).opener
    with pytest.raises(InputError, match=f"no face to paint was seen {where}"):
        shot.preview(job(clip, None, start=start), tmp_path / "p.png", False, opener)
    assert not (tmp_path / "p.png").exists()


def test_a_marked_picture_carries_its_mark_and_an_unmarked_one_none(tmp_path: Path, journal: Path) -> None:
    photo(tmp_path / "a.png", 320, 240)
    opener = stages().opener
    shot.swap_picture(job(tmp_path / "a.png", tmp_path / "plain.png"), opener)
    assert len(journal.read_text().splitlines()) == 1, "an unmarked output is logged"
    marked = Marking(manifest=False, because="the file alone is looked at")
    shot.swap_picture(job(tmp_path / "a.png", tmp_path / "m.png", marked), stages().opener)
    plain, mark = (read_image(str(tmp_path / n)).astype(int) for n in ("plain.png", "m.png"))
    assert 0 < np.abs(mark - plain).mean() < 3
