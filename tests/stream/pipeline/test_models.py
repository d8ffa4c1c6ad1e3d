"""Networks opened once: what several painters and rooms ask goes in joint calls, and files and live ask alike."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engines.errors import ModelError
from engines.occlusion.eyewear import WEIGHTS as EYEWEAR_WEIGHTS
from engines.store.catalog import load_catalog
from engines.store.store import Store
from engines.values import U8
from stream.frame import Done, Frame
from stream.journey import run
from stream.live.swap import LiveSwap
from stream.painting.painter import Painter
from stream.perception.face_selection import Rule, Who
from stream.pipeline.control import Control, SourceSet
from stream.pipeline.models import Models, Timing
from stream.pipeline.pipeline import Pipeline
from stream.pipeline.spec import SwapSpec
from stream.pixels.planes import Planes
from stream.telemetry.stats import Stats
from tests.engines.mesh.heads import head
from tests.engines.nets.standins import node, write, write_halving
from tests.stream.painting.test_painter import plan, track
from tests.stream.pipeline.storing import embedded_store
from tests.stream.portraits import Placed, needs_models, paint
from tests.stream.test_journey import Shelf
from tests.waiting import at_once

pytestmark = needs_models
NAME = "uniface_256"
SPEC = SwapSpec(model=NAME, who="all", map=())


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A swapper that paints the source picture's mean: 0.2 is level 153, 0.6 is 204, by the catalogue's range."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = embedded_store(tmp_path / "store")
    model = load_catalog().model(NAME)
    mean = [node("ReduceMean", ["source"], "m", axes=[2, 3]), node("Mul", ["target", "none"], "t")]
    nodes = [*mean, node("Add", ["m", "t"], "out0")]
    write(made.root / model.file, model, nodes, {"none": np.array(0, np.float32)})
    return made


def people(*levels: float) -> SourceSet:
    rows = [np.full((1, 3, 256, 256), level, np.float32) for level in levels]
    return SourceSet(rows=np.concatenate(rows))


def grey(done: Done) -> list[int]:
    """The level in the middle of each patch."""
    rgbs = [laid.patch.rgb for laid in done.patches]
    return [int(rgb[rgb.shape[0] // 2, rgb.shape[1] // 2, 0]) for rgb in rgbs]


@pytest.fixture
def patient(store: Store) -> Iterator[Models]:
    """Its calls wait for a minute, so that each goes because all are in it."""
    models = Models(SPEC, lanes=2, store=store, wait=60)
    yield models
    models.close()


def test_frames_of_a_clip_are_painted_in_joint_calls_each_with_its_own_faces(patient: Models) -> None:
    """Two painters on threads of their own."""
    control = Control(people(0.2, 0.6))
    both = [Painter(painting) for painting in patient.paintings()]
    assert len(both) == 2 and NAME in patient.files
    plans = [
        plan(track(1, 0), control=control),
        plan(track(1, 1), track(2, 0, mesh=head(8, (60, 220))), control=control),
    ]
    got: dict[int, list[list[int]]] = {0: [], 1: []}

    def work(i: int) -> None:
        for _ in range(4):
            got[i].append(grey(both[i](plans[i])))

    at_once(lambda: work(0), lambda: work(1))
    assert got == {0: [[153]] * 4, 1: [[204, 153]] * 4}
    assert list(patient.shared.calls.values()) == [(4, 12)], "three faces of two frames in each"


def test_rooms_come_and_go_and_nobody_waits_for_who_has_left(patient: Models) -> None:
    gone, stays = (Painter(patient.paintings()[0]) for _ in range(2))
    asked = threading.Event()
    lost: list[BaseException] = []

    def ask() -> None:
        asked.set()
        try:
            gone(plan(track(), control=Control(people(0.2))))
        except CancelledError as error:
            lost.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    assert asked.wait(10)
    while not patient.shared.waiting:
        thread.join(0.001)
    gone.close()
    thread.join(10)
    assert len(lost) == 1
    # of four streams two have left: what one asks goes once the others of its call are gone
    assert patient.shared.waiting == 0
    stays.close()


def test_what_remembers_from_frame_to_frame_paints_alone(store: Store, tmp_path: Path) -> None:
    wide = Models(SPEC, lanes=3, store=store)
    assert len(wide.paintings()) == 3
    wide.close()
    write_halving(tmp_path / "anna.dfm", load_catalog().model("dfm"))
    store.add(tmp_path / "anna.dfm", "anna")
    own = Models(SwapSpec(model="anna"), lanes=3, store=store)
    assert own.baked and len(own.paintings()) == 1
    own.close()


def test_files_paint_wide_and_live_one_frame_at_a_time(store: Store) -> None:
    live, files = Models(SPEC, Timing.LIVE, store=store), Models(SPEC, store=store, lanes=3)
    assert (live.lanes, files.lanes) == (1, 3)
    live.close()
    files.close()


def test_a_reference_asks_for_the_embedder_and_says_why(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream.pipeline.models.identity_embedder", lambda _: None)
    models = Models(SwapSpec(), store=store)
    (tmp_path / "a.png").touch()
    with pytest.raises(ModelError, match=r"with arcface_w600k_r50: .*or without a licence: .*\[identity\]"):
        models.references([Rule(0, Who("reference", photo=str(tmp_path / "a.png")))])
    assert models.references([Rule(0, Who("all"))]) == {} and models.matcher({}) is None
    models.close()


def test_a_network_of_ones_own_that_is_another_is_refused_in_words(store: Store, tmp_path: Path) -> None:
    other = EYEWEAR_WEIGHTS
    for spec in (SwapSpec(occlusion=other), SwapSpec(occlusion=tmp_path / "none.onnx")):
        models = Models(spec, store=store)
        with pytest.raises(ModelError, match=r"is no occlusion network|there is no file"):
            models.occlusion_engine()
        models.close()


def test_what_nobody_asked_for_is_not_opened(store: Store) -> None:
    models = Models(SwapSpec(), store=store)
    assert set(models.files) == {"face_detection_short_range", "face_landmark"}
    assert models.detector() is None
    models.close()


# ---- one face, three faces, two rooms: calls per frame, file against live


def faces(count: int) -> U8:
    places = [(320, 240, 150)] if count == 1 else [(130, 240, 110), (320, 240, 110), (510, 240, 110)]
    return paint([Placed("astronaut", *place) for place in places], (640, 480))


def frames(count: int, picture: U8) -> Iterator[Frame]:
    for index in range(count):
        image = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
        yield Frame(index, 3000 * index, Fraction(1, 90_000), Planes.of(image), 0.0)


def asked(models: Models) -> tuple[int, int]:
    return next(iter(models.shared.calls.values()), (0, 0))


@pytest.mark.parametrize(("count", "rooms"), [(1, 1), (3, 1), (1, 2), (3, 2)])
def test_a_file_and_a_live_session_ask_the_network_equally_often(store: Store, count: int, rooms: int) -> None:
    """One call a frame of each stream, with all of its faces; none face by face."""
    picture, length = faces(count), 4
    live, files = Models(SPEC, Timing.LIVE, store=store), Models(SPEC, lanes=1, store=store)
    for _ in range(rooms):
        swap = LiveSwap(Pipeline(live, SPEC, people(0.2)), Stats())
        for frame in frames(length, picture):
            assert swap(frame).faces == count
        swap.close()
        pipeline = Pipeline(files, SPEC, people(0.2))
        assert asyncio.run(run(frames(length, picture), Shelf(), pipeline.stages, stats=Stats()))
        pipeline.close()
    assert asked(live) == asked(files) == (rooms * length, rooms * length * count)
    live.close()
    files.close()
