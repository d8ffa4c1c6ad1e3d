"""What routing is worth: figures by value, and a real race of two routings over a small clip."""

import json
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from engines.errors import InputError, ModelError
from engines.occlusion.network import NONE, OPAQUE, TRANSPARENT
from engines.values import U8, Box, Face
from stream.frame import FaceTrack, Plan, Route, Scene
from stream.jobs.job import SwapJob
from stream.pipeline.choices import Device, Routing
from stream.pipeline.spec import SwapSpec
from stream.telemetry.stats import StageTiming
from tests.stream.portraits import framed, photo
from tests.tools.commands import needs_models
from tests.tools.rules import by_difference
from tools.bench.routing import measure as routes
from tools.bench.routing.measure import (
    SAME,
    FrameCost,
    RoutingFigures,
    RoutingRun,
    Tally,
    likeness,
    measure,
    meshes,
    psnr,
    race,
)
from tools.synth.crops import UNSURE
from tools.synth.mixed import Truth

F, X, R = Route.FAST, Route.XSEG, Route.REFINE


def figures(
    taken: list[Route], truth: list[int], alike: list[float] | None = None, things: tuple[str, ...] | None = None
) -> RoutingFigures:
    cost = {F: 0.01, X: 0.02, R: 0.05, Route.PASS: 0.001}
    known = Truth(tuple(truth), things or tuple({NONE: "", OPAQUE: "cup"}.get(kind, "veil") for kind in truth))
    auto = [FrameCost(route, cost[route], 0.5 * cost[route]) for route in taken]
    always = [FrameCost(R, 0.04, 0.03)] * len(taken)
    return RoutingFigures(auto, always, known, alike or [], {"paint": StageTiming(10, 0.1, 0.01, 0.012, 0.013)})


TEN = figures([F] * 6 + [X] * 2 + [F, R], [NONE] * 6 + [OPAQUE, OPAQUE, TRANSPARENT, TRANSPARENT], [40.0, 50.0])


def test_speed_is_told_against_always_refining_the_same_frames() -> None:
    assert TEN.speedup == pytest.approx(0.4 / (7 * 0.01 + 2 * 0.02 + 0.05))
    assert TEN.speedup_cpu == pytest.approx(0.3 / 0.08)
    assert TEN.as_json()["cpu_mean_ms"] == {"auto": 8.0, "always-refine": 30.0}


def test_speed_by_cost_is_the_mean_refined_frame_times_all_of_them() -> None:
    assert TEN.speedup_by_cost == pytest.approx(10 * 0.05 / 0.16)
    assert figures([F, X], [NONE, OPAQUE]).speedup_by_cost is None


def test_accuracy_is_told_by_class_and_over_all_frames() -> None:
    assert TEN.by_class == {
        "none": Tally(6, 6), "opaque": Tally(2, 2), "transparent": Tally(1, 2), "all": Tally(9, 10),
    }  # fmt: skip
    assert TEN.by_class["all"].share == 0.9


def test_frames_of_no_class_count_for_nothing() -> None:
    some = figures([F, X, R, F], [NONE, UNSURE, UNSURE, NONE])
    assert some.by_class == {"none": Tally(2, 2), "all": Tally(2, 2)}
    assert some.by_thing == {}
    assert some.as_json()["frames"] == {"none": 2, "opaque": 0, "transparent": 0}


def test_what_each_thing_came_to_is_told_and_what_was_not_shown() -> None:
    """A mean over classes hides that one thing was missed from its first frame to its last."""
    things = ("", "cup", "cup", "phone", "phone", "glass", "glass", "", "", "")
    kinds = [NONE, OPAQUE, OPAQUE, OPAQUE, OPAQUE, TRANSPARENT, TRANSPARENT, NONE, UNSURE, NONE]
    some = figures([F, X, X, Route.PASS, Route.PASS, X, X, F, X, F], kinds, things=things)
    assert some.by_class["opaque"] == Tally(2, 4)
    assert some.by_thing == {"cup": Tally(2, 2), "phone": Tally(0, 2), "glass": Tally(0, 2)}
    assert some.lost == 2
    assert some.not_shown == ("object", "microphone", "fingers", "veil", "liquid")
    told = some.as_json()
    assert told["by_thing"] == {
        "cup": {"right": 2, "frames": 2}, "phone": {"right": 0, "frames": 2}, "glass": {"right": 0, "frames": 2},
    }  # fmt: skip
    assert (told["frames_lost"], told["not_shown"]) == (2, list(some.not_shown))


def test_changes_of_route_are_counted_and_those_of_the_clip() -> None:
    assert TEN.switches_per_100 == 30
    assert TEN.wanted_switches_per_100 == 20
    assert figures([F, X, F, X], [NONE, UNSURE, NONE, NONE]).switches_per_100 == 75


def test_the_table_is_the_profilers() -> None:
    table = TEN.table
    assert {route: timing.count for route, timing in table.routes.items()} == {F: 7, X: 2, R: 1}
    assert table.routes[X].mean == pytest.approx(0.02)
    assert table.wall == pytest.approx(0.16)
    assert table.share(F) == pytest.approx(0.7)
    assert table.fps == pytest.approx(10 / 0.16)
    assert table.stages["paint"].count == 10


def test_the_json_has_what_is_promised() -> None:
    found = json.loads(json.dumps(TEN.as_json()))
    assert {k: found[k] for k in ("speedup", "route_accuracy", "switches_per_100", "routes")} == {
        "speedup": 2.5,
        "route_accuracy": 0.9,
        "switches_per_100": 30.0,
        "routes": {
            "fast": {"count": 7, "mean_ms": 10.0},
            "xseg": {"count": 2, "mean_ms": 20.0},
            "refine": {"count": 1, "mean_ms": 50.0},
        },
    }
    assert found["psnr_transparent"] == {"mean": 45.0, "min": 40.0}
    assert found["always_refine_mean_ms"] == 40.0
    assert found["cpu_by_route_ms"] == {"fast": 5.0, "xseg": 10.0, "refine": 25.0}
    assert figures([F], [NONE]).as_json()["psnr_transparent"] is None


def test_psnr_by_value() -> None:
    grey = np.full((8, 8, 3), 100, np.uint8)
    assert psnr(grey, grey) == SAME
    assert psnr(grey, grey + np.uint8(10)) == pytest.approx(10 * np.log10(65025 / 100))


def plan(picture: U8, box: Box | None) -> Plan:
    mesh, points = np.zeros((468, 3), np.float32), np.zeros((6, 2), np.float32)
    tracks = () if box is None else (FaceTrack(0, Face(box, points, mesh, 1.0), source=0),)
    return Plan(Scene(framed(picture), tracks), (R,) * len(tracks))


def test_pictures_are_compared_around_the_face_alone() -> None:
    one = np.full((64, 64, 3), 100, np.uint8)
    other = one.copy()
    other[:, 48:] = 200
    first, second = (framed(p).picture for p in (one, other))
    away, upon = Box(10, 10, 30, 30), Box(30, 10, 60, 40)
    assert likeness((plan(one, away), first), (plan(other, away), second)) == SAME
    assert likeness((plan(one, upon), first), (plan(other, upon), second)) < 20
    assert likeness((plan(one, None), first), (plan(other, away), second)) == SAME
    assert likeness((plan(one, away), first), (plan(other, upon), second)) < 30
    assert likeness((plan(one, None), first), (plan(other, None), second)) == SAME


def test_without_the_network_nothing_is_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(routes, "WEIGHTS", tmp_path / "none.onnx")
    with pytest.raises(ModelError, match=r"occlusion network is missing.*understudy train"):
        measure(RoutingRun(tmp_path / "a.png", tmp_path / "b.mp4", 120, 120, 1, Device.CPU))


HAND = range(12, 20)  # frames in which a plank is before the face


def film(path: Path, planked: bool, frames: int = 28) -> Path:
    """The astronaut, still but for a slow pan, with a plank over the lower face in some frames."""
    whole = photo("astronaut")
    with av.open(str(path), "w") as sink:
        stream = sink.add_stream("libx264", rate=25, options={"crf": "10", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for n in range(frames):
            view = np.ascontiguousarray(whole[0:240, 80 + n // 4 : 400 + n // 4])
            if planked and n in HAND:
                view[130:175, 60:230] = (60, 200, 90)
            sink.mux(stream.encode(av.VideoFrame.from_ndarray(view, format="rgb24")))
        sink.mux(stream.encode(None))
    return path


@pytest.fixture
def job(tmp_path: Path) -> SwapJob:
    face = tmp_path / "face.png"
    cv2.imwrite(str(face), photo("hopper")[..., ::-1])
    return SwapJob(SwapSpec(((face,),), device=Device.CPU), str(film(tmp_path / "clip.mp4", planked=True)), None)


class TestRace:
    pytestmark = needs_models

    def test_both_routings_see_every_frame_and_the_rule_routes_them(self, job: SwapJob, tmp_path: Path) -> None:
        rule = by_difference(tmp_path / "rule.onnx", clear=0.035, slope=900)
        job = replace(job, spec=replace(job.spec, occlusion=rule))
        truth = [OPAQUE if n in HAND else NONE for n in range(28)]
        truth[6] = TRANSPARENT  # so that pictures are compared
        found = race(job, Truth(tuple(truth), ("",) * 28))
        assert len(found.auto) == len(found.always) == 28
        assert {step.route for step in found.always} == {R}
        assert {step.route for step in found.auto[:10]} == {F}
        assert {step.route for step in found.auto[14:19]} == {X}
        assert min(found.speedup, found.speedup_cpu) > 0.9, "whatever else the machine does"
        assert found.speedup_by_cost is None
        assert len(found.alike) == 1
        assert found.alike[0] > 30, "either way nothing is before the face there"
        assert list(found.stages)[:4] == ["perceive", "route", "paint", "paste"]

    def test_a_face_has_its_mesh_in_every_frame(self, job: SwapJob) -> None:
        clear = replace(job, target=str(film(Path(job.target).with_name("clear.mp4"), planked=False)))
        found = meshes(replace(clear, spec=replace(clear.spec, routing=Routing.FAST)))
        assert len(found) == 28
        assert all(mesh is not None and 100 < mesh[1, 0] < 180 and 80 < mesh[1, 1] < 160 for mesh in found)

    def test_a_clip_without_a_face_is_refused(self, job: SwapJob, tmp_path: Path) -> None:
        wall = tmp_path / "wall.mp4"
        with av.open(str(wall), "w") as sink:
            stream = sink.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
            stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
            grey = np.full((240, 320, 3), 90, np.uint8)
            for _ in range(4):
                sink.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
            sink.mux(stream.encode(None))
        with pytest.raises(InputError, match=r"too few frames of .*wall\.mp4"):
            meshes(replace(job, target=str(wall), spec=replace(job.spec, routing=Routing.FAST)))
