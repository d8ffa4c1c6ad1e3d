"""What every live session gets: its own swap, the label and the mark; and what a server of them begins with."""

import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from engines.errors import SourceError
from engines.mesh import texture
from engines.mesh.source import SourceFace
from engines.mesh.topology import CANONICAL
from engines.store.store import default_store
from engines.values import U8, Rect
from stream.frame import Frame, Route
from stream.live.ladder import Rung
from stream.live.swap import LiveSwap, Shown
from stream.live.swaps import REHEARSED, USUAL, LiveOptions, LiveSwaps, fitted
from stream.marks.layers import Marking
from stream.perception.face_finding import NAMES
from stream.pipeline.control import SourceSet
from stream.pipeline.models import Models, Timing
from stream.pipeline.spec import SwapSpec
from stream.pixels.label import Label, Place, draw
from stream.pixels.planes import Planes
from stream.telemetry.metrics import Metered, Metrics
from tests.engines.mesh.heads import plain

SIZE = (640, 360)
SPEC = SwapSpec(who="all")
FACE = SourceSet(
    (SourceFace(tuple(plain((150, 110, 95), texture.SIDE >> i, texture.SIDE >> i) for i in range(4)), CANONICAL),)
)
models = [
    pytest.mark.models,
    pytest.mark.skipif(not all(default_store().holds(n) for n in NAMES), reason="models are not in the store"),
]


@pytest.fixture(autouse=True)
def own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERSTUDY_SIGNING", str(tmp_path / "signing"))
    monkeypatch.setenv("UNDERSTUDY_JOURNAL", str(tmp_path / "journal.jsonl"))


def room() -> U8:
    """A picture that nobody is in, planar yuv420p."""
    width, height = SIZE
    noise = np.random.default_rng(2).normal(110, 18, (height // 4, width // 4)).astype(np.float32)
    plane: U8 = np.full((height * 3 // 2, width), 128, np.uint8)
    plane[:height] = np.clip(cv2.resize(noise, SIZE), 16, 235)
    return plane


def frame(index: int = 0) -> Frame:
    image = av.VideoFrame.from_ndarray(room(), format="yuv420p")
    return Frame(index, index * 3000, Fraction(1, 90_000), Planes.of(image), 0.0)


def luma(picture: object) -> U8:
    assert isinstance(picture, Planes)
    return np.asarray(picture.to_av().to_ndarray()[: SIZE[1]], np.uint8)


def shown(options: LiveOptions) -> tuple[U8, tuple[slice, slice]]:
    """How far each sample of luma moved on its way through a session, and where the label would be."""
    swaps = LiveSwaps(SPEC, options)
    swap = swaps.make(FACE)(Metered(Metrics()))
    out = swap(frame())
    swap.close()
    swaps.close()
    assert (out.route, out.rung, out.faces, out.held) == (Route.PASS, Rung.FULL, 0, False)
    patch = draw(options.label or USUAL, *SIZE)
    moved = np.abs(luma(out.picture).astype(int) - room()[: SIZE[1]]).astype(np.uint8)
    return moved, np.s_[patch.y : patch.y + patch.alpha.shape[0], patch.x : patch.x + patch.alpha.shape[1]]


class TestMarks:
    pytestmark = models

    def test_every_picture_is_labelled_and_marked(self) -> None:
        moved, label = shown(LiveOptions())
        assert moved[label].mean() > 30, "words that people see"
        moved[label] = 0
        assert moved.max() == 1 and moved.mean() > 0.1, "a mark that programs read, one level at most"

    def test_the_label_goes_where_it_is_wanted(self) -> None:
        moved, label = shown(LiveOptions(label=Label("altered", Place.TOP_RIGHT)))
        assert label[0].start < 40 and label[1].start > SIZE[0] // 2 and moved[label].mean() > 30

    def test_without_label_there_is_the_mark_alone(self) -> None:
        assert shown(LiveOptions(label=None))[0].max() == 1

    def test_without_both_a_picture_passes_bit_for_bit_and_that_is_logged(self, tmp_path: Path) -> None:
        assert (
            shown(LiveOptions(label=None, marking=Marking(watermark=False, because="a test of the path")))[0].max() == 0
        )
        assert "a test of the path" in (tmp_path / "journal.jsonl").read_text()

    def test_a_session_without_any_face_to_put_in_is_refused(self) -> None:
        with pytest.raises(SourceError, match="upload one"):
            LiveSwaps(SPEC).make(None)


class TestSessionsShareNetworks:
    pytestmark = models

    def test_a_session_opens_nothing_and_begins_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        networks = Models(SPEC, Timing.LIVE)
        networks.occlusion_engine()
        for painting in networks.paintings():
            painting.close()
        made = LiveSwaps(SPEC, models=networks)
        for room in ("stream.perception.face_finding", "engines.nets.opened", "engines.occlusion.opened"):
            monkeypatch.setattr(f"{room}.open_engine", lambda *_, **__: pytest.fail("a network was opened"))
        began = time.perf_counter()
        swaps = [made.make(FACE)(Metered(Metrics())) for _ in range(5)]
        assert time.perf_counter() - began < 0.5
        for swap in swaps:
            assert swap(frame()).faces == 0
            swap.close()
        assert made.make(FACE)(Metered(Metrics()))(frame()).picture is not None, "one that ended took nothing along"
        made.close()
        networks.close()

    def test_the_first_photo_is_rehearsed_with_and_without_something_before_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What a process does once is done before anybody watches; later photos cost their own time alone."""
        monkeypatch.setattr(Models, "sources", lambda *_: FACE)
        seen: list[Frame] = []
        whole = LiveSwap.__call__

        def watched(self: LiveSwap, frame: Frame) -> Shown:
            seen.append(frame)
            return whole(self, frame)

        monkeypatch.setattr(LiveSwap, "__call__", watched)
        made = LiveSwaps(SPEC)
        photo = np.full((901, 1200, 3), 140, np.uint8)
        assert made.prepare([("a", photo)]) is FACE and len(seen) == 2 * REHEARSED
        first, last = (f.picture.rgb(Rect(0, 0, 640, 480)) for f in (seen[0], seen[-1]))
        assert (seen[0].picture.width, seen[0].picture.height) == (640, 480)
        assert abs(first.mean() - 140) < 3 and abs(last[300:].mean() - 60) < 3
        made.prepare([("b", photo)])
        assert len(seen) == 2 * REHEARSED
        made.close()


@pytest.mark.parametrize(
    ("given", "wanted"),
    [((3000, 4000), (480, 640)), ((101, 51), (100, 50)), ((1, 1), (2, 2)), ((640, 640), (640, 640))],
)
def test_a_photo_is_made_a_cameras_picture(given: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert fitted(np.zeros((*given, 3), np.uint8)).shape == (*wanted, 3)
