"""One face followed by its own landmarks: what a look holds, when a face is lost, what borders do."""

from dataclasses import replace

import numpy as np
import pytest

from engines.detector import Detection, Detector
from engines.landmarks import Landmarks, Roi, roi_from_mesh
from engines.mesh.fuse import view
from engines.values import F32, U8, Box, Face, Region
from stream.frame import Frame
from stream.perception.tracker import Look, begin, follow, mesh_box, portrait
from tests.engines.mesh.heads import head, picture
from tests.stream.portraits import FACES, Placed, framed, needs_models, networks, noisy, paint, wall


def test_a_box_holds_all_points() -> None:
    mesh = head(10, (100, 80))
    box = mesh_box(mesh)
    assert (box.x0, box.y1) == (mesh[:, 0].min(), mesh[:, 1].max())
    assert box.width == pytest.approx(np.ptp(mesh[:, 0]))


def test_a_portrait_is_standardised_and_says_nothing_of_brightness() -> None:
    mesh = head(10, (120, 120))
    rgb = picture()
    a = portrait(Region(0, 0, rgb), roi_from_mesh(mesh))
    assert a.shape == (432,) and a.dtype == np.float32
    assert np.linalg.norm(a) == pytest.approx(1, abs=1e-4) and abs(float(a.mean())) < 1e-4
    dim = portrait(Region(0, 0, (rgb * 0.5 + 20).astype(np.uint8)), roi_from_mesh(mesh))
    assert float(a @ dim) > 0.98


def test_a_portrait_is_the_same_wherever_the_face_lies_and_however_it_is_turned() -> None:
    rgb = paint([Placed("hopper", 200, 200, 120)], (420, 420)) if needs_data() else picture(420, 420)
    mesh = head(8, (200, 200))
    a = portrait(Region(0, 0, rgb), roi_from_mesh(mesh))
    moved = portrait(Region(1000, 500, rgb), roi_from_mesh(mesh + np.array([1000, 500, 0], np.float32)))
    assert float(a @ moved) > 0.999
    quarter = np.ascontiguousarray(np.rot90(rgb, -1))  # clockwise: (x, y) goes to (h - 1 - y, x)
    turned = portrait(Region(0, 0, quarter), roi_from_mesh(head(8, (420 - 1 - 200, 200), roll=90)))
    assert float(a @ turned) > 0.97


def needs_data() -> bool:
    try:
        paint([Placed("hopper", 10, 10, 10)], (32, 32))
    except pytest.skip.Exception:
        return False
    return True


@pytest.fixture(scope="module")
def seen() -> tuple[Detector, Landmarks]:
    models = networks()
    return Detector(models.detector), Landmarks(models.landmarks)


def first(seen: tuple[Detector, Landmarks], rgb: U8, pts: int = 0) -> tuple[Frame, Look]:
    frame = framed(rgb, pts)
    look = begin(seen[1], frame, seen[0].whole(rgb)[0])
    assert look is not None
    return frame, look


def centre(look: Look | None) -> F32:
    assert look is not None
    return np.asarray(look.face.mesh[:, :2].mean(0), np.float32)


class TestFollowing:
    pytestmark = needs_models

    @pytest.mark.parametrize("name", FACES)
    def test_a_first_look(self, seen: tuple[Detector, Landmarks], name: str) -> None:
        _, look = first(seen, paint([Placed(name, 320, 240, 120)]), 700)
        assert look.age == 0 and look.seconds == 0.7
        assert look.face.score > 0.9
        assert np.hypot(*(np.array(look.face.box.centre) - [320, 240])) < 25
        points = look.face.points
        assert points.shape == (6, 2)
        assert (
            points[0, 0] < points[2, 0] < points[1, 0] and points[4, 0] < points[0, 0] and points[5, 0] > points[1, 0]
        )

    def test_where_no_face_is_there_is_no_look(self, seen: tuple[Detector, Landmarks]) -> None:
        wrong = Detection(Box(100, 100, 200, 200), np.full((6, 2), 150, np.float32), 0.9)
        assert begin(seen[1], framed(wall(640, 480)), wrong) is None

    @pytest.mark.parametrize("speed", [0, 6, 20])
    def test_a_moving_face_is_followed(self, seen: tuple[Detector, Landmarks], speed: float) -> None:
        _, look = first(seen, paint([Placed("hopper", 200, 240, 110)]))
        start = centre(look)
        for i in range(1, 9):
            found = follow(seen[1], framed(paint([Placed("hopper", 200 + speed * i, 240, 110)]), 40 * i), look)
            assert found is not None
            look = found
            assert look.age == i and look.seconds == pytest.approx(0.04 * i)
            assert np.abs(centre(look) - start - [speed * i, 0]).max() < 3

    def test_a_second_look_is_only_taken_where_the_face_has_moved(
        self, seen: tuple[Detector, Landmarks], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looks: list[Roi] = []
        run = seen[1].run

        def counted(image: U8, roi: Roi, origin: tuple[float, float], step: int) -> tuple[F32, float]:
            looks.append(roi)
            return run(image, roi, origin, step)

        monkeypatch.setattr(seen[1], "run", counted)
        _, look = first(seen, paint([Placed("hopper", 200, 240, 110)]))
        for shift, wanted in ((0, 1), (1, 1), (16, 2), (16, 1)):
            looks.clear()
            found = follow(seen[1], framed(paint([Placed("hopper", 200 + shift, 240, 110)])), look)
            assert found is not None
            look = found
            assert len(looks) == wanted, shift

    def test_a_growing_and_turning_face_is_followed(self, seen: tuple[Detector, Landmarks]) -> None:
        look: Look | None = first(seen, paint([Placed("hopper", 320, 240, 80)]))[1]
        for i in range(1, 13):
            assert look is not None
            look = follow(seen[1], framed(paint([Placed("hopper", 320, 240, 80 + 9 * i, 4 * i)]), 40 * i), look)
        assert look is not None
        assert look.face.box.width == pytest.approx(188, rel=0.25)
        assert np.degrees(roi_from_mesh(look.face.mesh).angle) == pytest.approx(45, abs=6)

    def test_a_face_that_is_gone_is_lost(self, seen: tuple[Detector, Landmarks]) -> None:
        _, look = first(seen, paint([Placed("hopper", 320, 240, 110)]))
        assert follow(seen[1], framed(wall(640, 480), 40), look) is None

    def test_a_face_that_changes_its_size_at_once_is_another(self, seen: tuple[Detector, Landmarks]) -> None:
        _, look = first(seen, paint([Placed("hopper", 320, 240, 200)]))
        shrunk = follow(seen[1], framed(paint([Placed("hopper", 320, 240, 70)]), 40), look)
        assert shrunk is None or shrunk.face.box.area > 0.4 * look.face.box.area

    def test_the_portrait_tells_people_apart(self, seen: tuple[Detector, Landmarks]) -> None:
        one = first(seen, paint([Placed("hopper", 320, 240, 110)]))[1].portrait
        again = first(seen, noisy(paint([Placed("hopper", 200, 200, 80, 10)], seed=3), 1))[1].portrait
        other = first(seen, paint([Placed("astronaut", 320, 240, 110)]))[1].portrait
        assert float(one @ again) > 0.85 > float(one @ other) + 0.2

    def test_equal_times_and_long_gaps(self, seen: tuple[Detector, Landmarks]) -> None:
        rgb = paint([Placed("hopper", 320, 240, 110)])
        _, look = first(seen, rgb, 1000)
        for pts in (1000, 1000, 900, 60_000):
            found = follow(seen[1], framed(rgb, pts), look)
            assert found is not None and np.isfinite(found.face.mesh).all()
            assert np.abs(centre(found) - centre(look)).max() < 2

    def test_the_region_lies_in_the_picture_on_even_pixels(self, seen: tuple[Detector, Landmarks]) -> None:
        for x, y in ((40, 240), (600, 240), (320, 40), (320, 440)):
            rgb = paint([Placed("hopper", x, y, 110)])
            region = first(seen, rgb)[1].region
            h, w = region.rgb.shape[:2]
            assert region.x % 2 == region.y % 2 == 0
            assert region.x >= 0 and region.y >= 0 and region.x + w <= 640 and region.y + h <= 480
            assert np.abs(region.rgb.astype(int) - rgb[region.y : region.y + h, region.x : region.x + w]).max() <= 1

    @pytest.mark.parametrize("scale", [2.0, 12.0, 150.0])
    @pytest.mark.parametrize("at", [(-1.5, 0.5), (2.5, 0.5), (0.5, -1.5), (0.5, 2.5), (-9.0, -9.0)])
    def test_a_face_said_to_be_outside_does_no_harm(
        self, seen: tuple[Detector, Landmarks], at: tuple[float, float], scale: float
    ) -> None:
        """However large it was, wherever it went: lost or not, but no crash."""
        mesh = head(scale, (640 * at[0], 480 * at[1]))
        rgb = wall(640, 480)
        empty = view(np.zeros((480, 640), np.uint8), (0, 0), mesh, None)
        face = Face(mesh_box(mesh), mesh[:6, :2].copy(), mesh, 0.9)
        before = Look(face, empty, Region(0, 0, rgb), np.zeros(432, np.float32), 0.0, 3)
        found = follow(seen[1], framed(rgb, 40), before)
        assert found is None or np.isfinite(found.face.mesh).all()
        assert follow(seen[1], framed(rgb, 40), replace(before, seconds=99.0)) is None or found is not None
