"""The painting stage: a swapper per track and source, fading where the mesh does not hold, dropped with its track."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from engines.mesh import texture
from engines.mesh.source import SourceFace
from engines.mesh.topology import CANONICAL
from engines.values import F32, Face, Region
from stream.frame import Done, FaceTrack, Plan, Route, Scene
from stream.painting.mesh_painting import MeshPainting
from stream.painting.painter import Painter
from stream.perception.tracker import mesh_box
from stream.pipeline.control import Control, SourceSet
from tests.engines.mesh.heads import head, picture, plain
from tests.stream.portraits import framed

SIZE = 320
RGB = picture(SIZE, SIZE)


def source_of(mark: tuple[int, int, int]) -> SourceFace:
    """An even face with a mark of its own on the subject's right cheek."""
    unrolled = plain((170, 140, 120), texture.SIDE, texture.SIDE)
    x, y = texture.layout()[50]
    cv2.circle(unrolled, (round(float(x)), round(float(y))), 16, mark, -1)
    levels = [unrolled]
    for _ in range(3):
        levels.append(np.asarray(cv2.pyrDown(levels[-1]), np.uint8))
    return SourceFace(tuple(levels), CANONICAL)


DARK, LIGHT = source_of((70, 50, 40)), source_of((250, 230, 220))


def track(number: int = 0, source: int | None = 0, mesh: F32 | None = None, fade: float = 1.0) -> FaceTrack:
    mesh = head(12, (160, 160)) if mesh is None else mesh
    face = Face(mesh_box(mesh), mesh[[33, 263, 1, 13, 234, 454], :2].copy(), mesh, 0.99)
    return FaceTrack(number, face, source, 0, Region(0, 0, RGB), fade)


CONTROL = Control(SourceSet((DARK, LIGHT)))


def plan(
    *tracks: FaceTrack, pts: int = 0, route: Route = Route.FAST, cut: bool = False, control: Control = CONTROL
) -> Plan:
    routes = tuple(Route.PASS if track.source is None else route for track in tracks)
    return Plan(Scene(framed(RGB, pts), tracks, cut, control), routes)


def mesh_painter() -> Painter:
    return Painter(MeshPainting())


def cheek(done: Done) -> float:
    """How much darker the marked cheek is than the other one."""
    patch = done.patches[0].patch
    right, left = np.round(head(12, (160, 160))[[50, 280], :2]).astype(int) - (patch.x, patch.y)
    around = [patch.rgb[y - 2 : y + 3, x - 2 : x + 3].mean() for x, y in (right, left)]
    return float(around[1] - around[0])


def test_a_frame_that_passes_has_no_patches() -> None:
    one = plan(track(), route=Route.PASS)
    done = mesh_painter()(one)
    assert done.patches == () and done.plan is one


def test_a_frame_without_faces_has_no_patches() -> None:
    assert mesh_painter()(plan()).patches == ()


@pytest.mark.parametrize("route", [Route.FAST, Route.XSEG])
def test_a_cast_track_gets_its_patch(route: Route) -> None:
    done = mesh_painter()(plan(track(), route=route))
    assert len(done.patches) == 1
    patch = done.patches[0].patch
    assert done.patches[0].track == 0
    assert 0 <= patch.x < 160 and patch.alpha.max() > 0.95


def test_who_is_not_cast_is_left_alone() -> None:
    done = mesh_painter()(plan(track(0, None), track(1, 0)))
    assert len(done.patches) == 1


def test_a_track_without_pixels_is_left_alone() -> None:
    assert mesh_painter()(plan(replace(track(), region=None))).patches == ()


def test_each_track_gets_its_own_source() -> None:
    painter = mesh_painter()
    assert cheek(painter(plan(track(0, 0)))) > 25
    assert cheek(painter(plan(track(1, 1), pts=40))) < -10
    both = painter(plan(track(0, 0), track(1, 1), pts=80))
    assert len(both.patches) == 2
    assert cheek(replace(both, patches=both.patches[:1])) > 25 and cheek(replace(both, patches=both.patches[1:])) < -10


def test_a_track_that_changes_its_source_is_painted_anew() -> None:
    painter = mesh_painter()
    painter(plan(track(0, 0)))
    assert cheek(painter(plan(track(0, 1), pts=40))) < -10


def test_strength_shows_so_much_of_the_new_face_and_counts_as_no_lack() -> None:
    for strength in (0.25, 1.0):
        (laid,) = mesh_painter()(plan(track(), control=replace(CONTROL, strength=strength))).patches
        assert laid.patch.alpha.max() == pytest.approx(strength, abs=0.02)
        assert laid.opacity == 1.0
    assert mesh_painter()(plan(track(), control=replace(CONTROL, strength=0.0))).patches == ()


def test_another_set_of_sources_is_painted_from_the_next_frame_on() -> None:
    painter = mesh_painter()
    assert cheek(painter(plan(track()))) > 25
    assert cheek(painter(plan(track(), pts=40, control=Control(SourceSet((LIGHT,)))))) < -10


def test_how_much_is_hidden_is_told_with_each_patch() -> None:
    half, turned = track(fade=0.5), track(1, mesh=head(12, (160, 160), yaw=70))
    got = mesh_painter()(plan(half, turned)).patches
    assert [p.track for p in got] == [0, 1]
    assert got[0].opacity == 0.5 and got[1].opacity == pytest.approx(0.5, abs=0.03)


def test_fades_multiply() -> None:
    painter = mesh_painter()
    assert painter(plan(track(fade=0.5))).patches[0].patch.alpha.max() == pytest.approx(0.5, abs=0.02)
    turned = head(12, (160, 160), yaw=70)
    got = mesh_painter()(plan(track(mesh=turned, fade=0.5))).patches[0].patch.alpha.max()
    assert 0.15 < got <= 0.26


def test_a_profile_beyond_the_mesh_is_not_painted() -> None:
    assert mesh_painter()(plan(track(mesh=head(12, (160, 160), yaw=85)))).patches == ()
    assert mesh_painter()(plan(track(fade=0.0))).patches == ()


def test_a_face_too_small_has_no_patch() -> None:
    assert mesh_painter()(plan(track(mesh=head(0.7, (160, 160))))).patches == ()


def longer() -> F32:
    shape = CANONICAL.copy()
    shape[:, 1] *= 1.12
    return head(12, (160, 160), shape=shape)


def settled(painter: Painter) -> None:
    for i in range(40):
        painter(plan(track(), pts=40 * i))


def difference(a: Done, b: Done) -> float:
    return float(np.abs(a.patches[0].patch.rgb.astype(int) - b.patches[0].patch.rgb).max())


def test_what_a_track_has_learned_is_kept_while_it_lives_and_dropped_with_its_shot() -> None:
    """Against a painter that has just begun: the same after a cut, after a long absence, and for another number."""
    fresh = mesh_painter()(plan(track(mesh=longer())))
    known, cut, other, away = (mesh_painter() for _ in range(4))
    for painter in (known, cut, other, away):
        settled(painter)
    assert difference(known(plan(track(mesh=longer()), pts=1600)), fresh) > 3
    assert difference(cut(plan(track(mesh=longer()), pts=1600, cut=True)), fresh) == 0
    assert difference(other(plan(track(7, mesh=longer()), pts=1600)), fresh) == 0
    away(plan(pts=5000))  # three seconds without the track
    assert difference(away(plan(track(mesh=longer()), pts=5040)), fresh) == 0


def test_time_standing_still_or_going_back_is_harmless() -> None:
    painter = mesh_painter()
    for pts in (1000, 1000, 980, 0, 40):
        done = painter(plan(track(), pts=pts))
        assert len(done.patches) == 1 and np.isfinite(done.patches[0].patch.alpha).all()


def test_the_regions_pixels_are_only_read() -> None:
    before = RGB.copy()
    RGB.setflags(write=False)
    mesh_painter()(plan(track()))
    assert np.array_equal(RGB, before)
