"""What is measured of a clip, with stages that need no network: counts, order, the mark, refusals."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from stream.frame import Frame, Route
from stream.jobs.job import SwapJob
from stream.media.codecs import Encoding
from stream.media.marking import Marker, new_payload
from stream.pipeline.spec import SwapSpec
from stream.pipeline.stages import through
from stream.pixels.planes import Planes
from stream.telemetry.stats import Stats
from tests.stream import clips
from tests.stream.jobs.stages import COLOUR, PLACE, stages
from tools.bench.file import measure

ENCODING = Encoding(codec="libx264", preset="ultrafast", threads=1)


def job(folder: Path, frames: int = 9) -> SwapJob:
    clip = clips.make(folder / "in.mp4", frames=frames)
    return SwapJob(SwapSpec(((folder / "face.png",),)), str(clip), str(folder / "out.mp4"), ENCODING)


def route(index: int) -> Route:
    return (Route.FAST, Route.REFINE, Route.PASS)[index % 3]


def test_a_bare_transcode_sends_every_frame_past_the_painter(tmp_path: Path) -> None:
    it = job(tmp_path)
    wall, cpu, table = measure.transcode(it, measure.BARE)
    assert table.frames == 9
    assert {r: t.count for r, t in table.routes.items()} == {Route.PASS: 9}
    assert wall > 0 and cpu > 0
    got, was = clips.images(tmp_path / "out.mp4"), clips.images(tmp_path / "in.mp4")
    assert np.abs(got.astype(int) - was.astype(int)).mean() < 6


def test_a_whole_journey_goes_through_all_stages(tmp_path: Path) -> None:
    it = job(tmp_path)
    _, _, table = measure.transcode(it, stages(route).stages)
    assert {r: t.count for r, t in table.routes.items()} == {Route.FAST: 3, Route.REFINE: 3, Route.PASS: 3}
    assert {n: table.stages[n].count for n in ("paint", "refine", "paste")} == {"paint": 6, "refine": 3, "paste": 6}
    x, y, w, h = PLACE
    inside = clips.images(tmp_path / "out.mp4").astype(int)[:, y + 4 : y + h - 4, x + 4 : x + w - 4]
    near = np.abs(inside - COLOUR).mean((1, 2, 3)) < 25
    assert near.tolist() == [route(i) is not Route.PASS for i in range(9)]


def test_the_mark_is_laid_where_a_marker_is_given(tmp_path: Path) -> None:
    it = job(tmp_path)
    _, _, table = measure.transcode(it, stages(route).stages, Marker(new_payload(0)))
    assert table.frames == 9
    marked = clips.images(tmp_path / "out.mp4").astype(int)
    measure.transcode(it, stages(route).stages)
    plain = clips.images(tmp_path / "out.mp4").astype(int)
    assert 0 < np.abs(marked - plain).mean() < 4


def test_each_stage_alone_is_timed_once_a_frame(tmp_path: Path) -> None:
    found = measure.one_by_one(job(tmp_path), stages(route).stages, Marker(new_payload(0)))
    counts = {name: timing.count for name, timing in found.items()}
    assert counts == {
        "decode": 9, "perceive": 9, "route": 9, "paint": 9, "refine": 3, "paste": 9, "mark": 9, "encode": 9,
    }  # fmt: skip
    assert all(t.total > 0 for t in found.values())


@pytest.mark.parametrize("way", [Route.FAST, Route.REFINE, Route.PASS])
def test_one_frame_through_the_stages(way: Route) -> None:
    grey = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 90, np.uint8), format="rgb24")
    frame = Frame(0, 0, Fraction(1, 25), Planes.of(grey), 0.0)
    stats = Stats()
    done = through(stages(lambda _: way).stages, frame, stats)
    picture = done.picture
    assert picture is not None
    assert done.pending == ()
    assert len(done.patches) == (way is not Route.PASS)
    if way is Route.PASS:
        assert picture is frame.picture
    else:
        x, y, w, h = PLACE
        shown = picture.small(64, 64).astype(int)
        assert np.abs(shown[y + 2 : y + h - 2, x + 2 : x + w - 2] - COLOUR).max() < 4
        assert np.abs(shown[50:] - 90).max() < 3
    assert ("refine" in stats.table().stages) == (way is Route.REFINE)


def test_figures_know_their_ratio() -> None:
    figures = measure.FileFigures(80.0, 20.0, 0.1, 100.0, {}, {}, "paint", {})
    assert figures.ratio == 0.25
    assert figures.as_json()["ratio"] == 0.25
