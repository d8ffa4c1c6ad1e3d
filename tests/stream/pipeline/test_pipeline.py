"""The pipeline on the embedded networks: what it paints, how it is changed between two frames, that it is closed."""

import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.errors import SourceError, UnderstudyError
from engines.occlusion.eyewear import WEIGHTS as EYEWEAR
from engines.occlusion.network import WEIGHTS
from engines.values import U8
from stream.frame import Done, Route
from stream.pipeline.choices import Routing
from stream.pipeline.control import Change, SourceSet
from stream.pipeline.models import Models
from stream.pipeline.pipeline import Pipeline, open_pipeline
from stream.pipeline.sources import photos_of
from stream.pipeline.spec import SwapSpec
from stream.telemetry.stats import Stats
from tests.stream.portraits import Placed, framed, needs_models, paint

pytestmark = needs_models
AT = Placed("astronaut", 300, 240, 130)
PICTURE = paint([AT])
MIDDLE = np.s_[220:260, 270:330]


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A portrait, and the same in blue."""
    folder = tmp_path_factory.mktemp("faces")
    rgb = paint([Placed("hopper", 240, 230, 190)], (480, 480))
    blue = np.clip(rgb * np.array([0.4, 0.5, 1.6]), 0, 255).astype(np.uint8)
    for name, picture in (("plain", rgb), ("blue", blue)):
        cv2.imwrite(str(folder / f"{name}.png"), picture[..., ::-1])
    return folder / "plain.png", folder / "blue.png"


@pytest.fixture(scope="module")
def models() -> Iterator[Models]:
    made = Models(SwapSpec(), lanes=1)
    yield made
    made.close()


@pytest.fixture(scope="module")
def sources(models: Models, faces: tuple[Path, Path]) -> tuple[SourceSet, SourceSet]:
    first, second = (models.sources([photos_of([face])]) for face in faces)
    return first, second


def pixels(done: Done) -> U8:
    assert done.picture is not None
    return done.picture.small(640, 480)


def moved(done: Done) -> float:
    """How far the middle of the face is from the target's own."""
    return float(np.abs(pixels(done)[MIDDLE].astype(int) - PICTURE[MIDDLE]).mean())


@pytest.mark.parametrize(
    ("routing", "want"), [(Routing.AUTO, Route.FAST), (Routing.XSEG, Route.XSEG), (Routing.FAST, Route.FAST)]
)
def test_a_clear_face_is_routed_as_is_asked(faces: tuple[Path, Path], routing: Routing, want: Route) -> None:
    with open_pipeline(SwapSpec(((faces[0],),), routing=routing), lanes=1) as pipeline:
        assert pipeline.process(framed(PICTURE)).plan.route is want
        assert ("occlusion" in pipeline.files) == (routing is not Routing.FAST and WEIGHTS.is_file())
        assert ("eyewear" in pipeline.files) == EYEWEAR.is_file()
        assert {"face_detection_short_range", "face_landmark"} <= set(pipeline.files)
        assert all(path.is_file() for path in pipeline.files.values())


def test_a_face_is_found_and_painted_and_the_frame_left_alone_elsewhere(
    models: Models, sources: tuple[SourceSet, SourceSet]
) -> None:
    pipeline, stats = Pipeline(models, SwapSpec(), sources[0]), Stats()
    frame = framed(PICTURE)
    done = pipeline.process(frame, stats)
    pipeline.close()
    (laid,) = done.patches
    assert done.pending == () and laid.opacity == 1
    assert abs(laid.patch.x + laid.patch.alpha.shape[1] / 2 - 300) < 40
    assert np.abs(pixels(done).astype(int) - frame.picture.small(640, 480))[:, :150].max() == 0
    assert moved(done) > 3
    counts = {name: timing.count for name, timing in stats.table().stages.items()}
    assert counts == {"perceive": 1, "route": 1, "paint": 1, "paste": 1}


def test_a_frame_in_one_call_is_what_its_stages_make_one_by_one(
    models: Models, sources: tuple[SourceSet, SourceSet]
) -> None:
    whole, parts = (Pipeline(models, SwapSpec(), sources[0]) for _ in range(2))
    for index in range(3):
        frame = framed(PICTURE, 40 * index, index)
        stages = parts.stages
        done = stages.paste(stages.refine(stages.paints[0](stages.route(stages.perceive(frame)))))
        assert np.array_equal(pixels(whole.process(frame)), pixels(done))
    whole.close()
    parts.close()


def test_another_source_is_shown_from_the_next_frame_on(models: Models, sources: tuple[SourceSet, SourceSet]) -> None:
    pipeline = Pipeline(models, SwapSpec(), sources[0])
    before = pipeline.process(framed(PICTURE))
    pipeline.update(Change(sources=sources[1]))
    after = pipeline.process(framed(PICTURE, 40, 1))
    alone = Pipeline(models, SwapSpec(), sources[1])
    alone.process(framed(PICTURE))
    want = alone.process(framed(PICTURE, 40, 1))
    assert min(moved(before), moved(after)) > 3, "never a bare face"
    assert np.abs(pixels(after)[MIDDLE].astype(int) - pixels(want)[MIDDLE]).mean() < 2
    assert np.abs(pixels(after)[MIDDLE].astype(int) - pixels(before)[MIDDLE]).mean() > 3
    pipeline.close()
    alone.close()


def test_another_face_is_chosen_from_the_next_frame_on(models: Models, sources: tuple[SourceSet, SourceSet]) -> None:
    two = paint([Placed("astronaut", 160, 240, 120), Placed("astronaut", 480, 240, 110)])
    pipeline = Pipeline(models, SwapSpec(who="left-to-right:1"), sources[0])
    for index in range(3):
        pipeline.process(framed(two, 40 * index, index))
    pipeline.update(Change(who="left-to-right:2"))
    done = pipeline.process(framed(two, 120, 3))
    (laid,) = done.patches
    assert laid.patch.x + laid.patch.alpha.shape[1] / 2 > 400
    pipeline.update(Change(who="all"))
    assert len(pipeline.process(framed(two, 160, 4)).patches) == 2
    pipeline.close()


def test_strength_is_changed_between_two_frames(models: Models, sources: tuple[SourceSet, SourceSet]) -> None:
    pipeline = Pipeline(models, SwapSpec(), sources[0])
    whole = moved(pipeline.process(framed(PICTURE)))
    pipeline.update(Change(strength=0.5))
    assert 0.3 * whole < moved(pipeline.process(framed(PICTURE, 40, 1))) < 0.7 * whole
    pipeline.update(Change(strength=0.0))
    own = framed(PICTURE, 80, 2)
    assert np.array_equal(pixels(pipeline.process(own)), own.picture.small(640, 480))
    pipeline.close()


@pytest.mark.skipif(not WEIGHTS.is_file(), reason="the occlusion network is not built")
def test_routing_is_changed_and_what_looks_before_faces_comes_and_goes(
    models: Models, sources: tuple[SourceSet, SourceSet]
) -> None:
    pipeline = Pipeline(models, SwapSpec(routing=Routing.FAST), sources[0])
    seen = [pipeline.process(framed(PICTURE))]
    for index, routing in enumerate((Routing.XSEG, Routing.AUTO, Routing.FAST), 1):
        pipeline.update(Change(routing=routing))
        seen.append(pipeline.process(framed(PICTURE, 40 * index, index)))
    assert [done.plan.route for done in seen] == [Route.FAST, Route.XSEG, Route.FAST, Route.FAST]
    assert [done.plan.scene.tracks[0].front is not None for done in seen] == [False, True, True, False]
    pipeline.close()


@pytest.mark.parametrize(
    "change",
    [Change(who="nonsense"), Change(who="reference:nowhere.png"), Change(strength=2.0), Change(maps=("7=all",))],
)
def test_an_update_that_cannot_be_changes_nothing(
    models: Models, sources: tuple[SourceSet, SourceSet], change: Change
) -> None:
    pipeline = Pipeline(models, SwapSpec(), sources[0])
    before = pipeline.control
    with pytest.raises(UnderstudyError):
        pipeline.update(change)
    assert pipeline.control is before
    assert moved(pipeline.process(framed(PICTURE))) > 3
    pipeline.close()


def test_updates_from_another_thread_leave_no_frame_without_one_of_the_faces(
    models: Models, sources: tuple[SourceSet, SourceSet]
) -> None:
    pipeline, over = Pipeline(models, SwapSpec(), sources[0]), threading.Event()

    def change() -> None:
        turn = 0
        while not over.wait(0.002):
            turn += 1
            pipeline.update(Change(sources=sources[turn % 2]))

    thread = threading.Thread(target=change, daemon=True)
    thread.start()
    seen: set[int] = set()
    for index in range(40):
        done = pipeline.process(framed(PICTURE, 40 * index, index))
        assert moved(done) > 3 and len(done.patches) == 1
        seen.add([s is done.plan.scene.control.sources for s in sources].index(True))
    over.set()
    thread.join(5)
    assert seen == {0, 1}
    pipeline.close()


def test_a_photo_without_a_face_is_named(tmp_path: Path, models: Models) -> None:
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((200, 200, 3), 127, np.uint8))
    with pytest.raises(SourceError, match=r"wall\.png"):
        Pipeline(models, SwapSpec(((tmp_path / "wall.png",),)))


def test_what_a_device_cannot_do_is_noted(models: Models, sources: tuple[SourceSet, SourceSet]) -> None:
    pipeline = Pipeline(models, SwapSpec(), sources[0])
    assert pipeline.notes == sources[0].notes, "the CPU was not forced on anybody"
    pipeline.close()
