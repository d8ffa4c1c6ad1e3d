"""FaceMesh's crop by value, and its points on real portraits, wherever and however large the face is."""

import cv2
import numpy as np
import pytest

from engines.landmarks import LEFT_EYE, MARGIN, RIGHT_EYE, SIDE, Landmarks, Roi, roi_from_eyes, roi_from_mesh
from engines.mesh.shape import pose
from engines.values import F32, U8
from tests.engines.mesh.heads import head
from tests.stream.portraits import FACES, needs_models, networks, photo, wall


def through(roi: Roi, x: float, y: float, origin: tuple[float, float] = (0.0, 0.0)) -> F32:
    return np.asarray(roi.matrix(origin) @ np.array([x, y, 1]), np.float32)


def test_the_crop_maps_centre_to_centre_and_sides_to_sides() -> None:
    roi = Roi(100, 60, 96, 0.0)
    assert through(roi, 100 - 0.5, 60 - 0.5) == pytest.approx([95.5 - 1, 95.5 - 1], abs=1.01)
    left, right = through(roi, 52, 60), through(roi, 148, 60)
    assert right[0] - left[0] == pytest.approx(SIDE)
    assert left[1] == right[1]


def test_the_crop_is_levelled() -> None:
    """Eyes on a line that falls to the right by 30 degrees become level, right side up."""
    angle = np.radians(30)
    roi = Roi(100, 60, 96, float(angle))
    a = through(roi, 100 - 20 * np.cos(angle), 60 - 20 * np.sin(angle))
    b = through(roi, 100 + 20 * np.cos(angle), 60 + 20 * np.sin(angle))
    assert a[1] == pytest.approx(b[1], abs=1e-3)
    assert b[0] - a[0] == pytest.approx(80, abs=1e-3)


def test_an_origin_shifts_the_crop_alone() -> None:
    roi = Roi(300, 200, 120, 0.4)
    assert through(roi, 310, 190) == pytest.approx(through(roi, 310 - 250, 190 - 130, (250, 130)), abs=1e-3)


def test_a_detection_gives_its_crop() -> None:
    roi = roi_from_eyes((10, 20, 50, 80), np.array([20, 40], np.float32), np.array([40, 40], np.float32))
    assert (roi.x, roi.y, roi.side, roi.angle) == (30, 50, 60 * MARGIN, 0)
    tilted = roi_from_eyes((0, 0, 10, 10), np.array([0, 0], np.float32), np.array([5, 5], np.float32))
    assert tilted.angle == pytest.approx(np.pi / 4)


@pytest.mark.parametrize("roll", [-170, -80, -30, 0, 30, 100])
def test_a_mesh_gives_the_same_crop_however_it_is_turned(roll: float) -> None:
    level, turned = roi_from_mesh(head(10, (200, 150))), roi_from_mesh(head(10, (200, 150), roll=roll))
    assert turned.side == pytest.approx(level.side, rel=1e-3)
    assert np.degrees(turned.angle - level.angle) == pytest.approx(roll, abs=0.1)
    offset, angle = np.array([level.x - 200, level.y - 150]), np.radians(roll)
    expected = [
        offset[0] * np.cos(angle) - offset[1] * np.sin(angle) + 200,
        offset[0] * np.sin(angle) + offset[1] * np.cos(angle) + 150,
    ]
    assert (turned.x, turned.y) == pytest.approx(expected, abs=0.1)


def test_the_crop_of_a_mesh_holds_it_with_its_margin() -> None:
    mesh = head(10, (200, 150), roll=20)
    local = mesh[:, :2] @ roi_from_mesh(mesh).matrix()[:, :2].T + roi_from_mesh(mesh).matrix()[:, 2]
    assert np.ptp(local, axis=0).max() == pytest.approx(SIDE / MARGIN, rel=1e-3)
    assert (local.min(0) + local.max(0)) / 2 == pytest.approx([95.5, 95.5], abs=0.6)
    assert local[RIGHT_EYE, 1] == pytest.approx(local[LEFT_EYE, 1], abs=1e-2)


def crop(name: str) -> Roi:
    x, y, face = FACES[name]
    return Roi(x, y, 1.7 * face, 0.0)


@pytest.fixture(scope="module")
def landmarks() -> Landmarks:
    return Landmarks(networks().landmarks)


def settle(landmarks: Landmarks, image: U8, roi: Roi, origin: tuple[float, float] = (0.0, 0.0)) -> F32:
    mesh, _ = landmarks.run(image, roi, origin)
    for _ in range(3):
        mesh, _ = landmarks.run(image, roi_from_mesh(mesh), origin)
    return mesh


class TestPortraits:
    pytestmark = needs_models

    @pytest.mark.parametrize("name", FACES)
    def test_a_face_is_a_face(self, landmarks: Landmarks, name: str) -> None:
        mesh, score = landmarks.run(photo(name), crop(name))
        assert mesh.shape == (468, 3) and mesh.dtype == np.float32 and score > 0.9
        assert np.ptp(mesh[:, 0]) == pytest.approx(FACES[name][2], rel=0.15)
        assert mesh[33, 0] < mesh[1, 0] < mesh[263, 0] and mesh[10, 1] < mesh[1, 1] < mesh[152, 1]
        assert mesh[1, 2] < mesh[[234, 454], 2].min()  # the nose is nearer than the ears

    def test_a_wall_is_none(self, landmarks: Landmarks) -> None:
        assert landmarks.run(wall(640, 480), Roi(320, 240, 200, 0))[1] < 0.5

    @pytest.mark.parametrize("name", FACES)
    def test_points_do_not_depend_on_the_part_that_is_read(self, landmarks: Landmarks, name: str) -> None:
        """The picture or only the region around the face: the same points in the picture's coordinates."""
        roi, image = crop(name), photo(name)
        whole, _ = landmarks.run(image, roi)
        x, y = int(roi.x - 0.62 * roi.side), int(roi.y - 0.62 * roi.side)
        x, y = max(0, x), max(0, y)
        part = np.ascontiguousarray(image[y : int(roi.y + 0.62 * roi.side), x : int(roi.x + 0.62 * roi.side)])
        cropped, _ = landmarks.run(part, roi, (float(x), float(y)))
        assert np.abs(cropped - whole).max() < 0.02 * FACES[name][2]

    @pytest.mark.parametrize("factor", [0.4, 1.0, 2.5, 5.0])
    def test_points_grow_with_the_picture(self, landmarks: Landmarks, factor: float) -> None:
        """Down to where the network sees fewer pixels than it has, up to where the crop is shrunk first."""
        image = photo("hopper")
        x, y, face = FACES["hopper"]
        kind = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        grown = np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=kind), np.uint8)
        one = settle(landmarks, image, Roi(x, y, 1.6 * face, 0))
        other = settle(landmarks, grown, Roi(factor * x, factor * y, 1.6 * factor * face, 0))
        # pixel centres: (x + .5) * factor - .5
        expected = (one[:, :2] + 0.5) * factor - 0.5
        assert np.abs(other[:, :2] - expected).mean() < 0.012 * factor * face
        assert np.abs((other[:, :2] - expected).mean(0)).max() < 0.008 * factor * face

    @pytest.mark.parametrize("turn", [-120, -40, 15, 90])
    def test_points_turn_with_the_picture(self, landmarks: Landmarks, turn: float) -> None:
        image = photo("hopper")
        x, y, face = FACES["hopper"]
        m = np.asarray(cv2.getRotationMatrix2D((x, y), -turn, 1.0), np.float32)  # OpenCV counts the other way
        turned = np.asarray(cv2.warpAffine(image, m, (512, 600), borderMode=cv2.BORDER_REPLICATE), np.uint8)
        one = settle(landmarks, image, Roi(x, y, 1.6 * face, 0))
        other = settle(landmarks, turned, Roi(x, y, 1.6 * face, float(np.radians(turn))))
        assert np.abs(other[:, :2] - (one[:, :2] @ m[:, :2].T + m[:, 2])).mean() < 0.012 * face
        difference = (pose(other).roll - pose(one).roll - turn + 180) % 360 - 180
        assert abs(difference) < 2 or abs(turn) > 90

    def test_a_crop_over_the_border_gives_finite_points(self, landmarks: Landmarks) -> None:
        for x, y in ((-40.0, 200.0), (5000.0, 5000.0)):
            mesh, score = landmarks.run(photo("hopper"), Roi(x, y, 300, 0.2))
            assert np.isfinite(mesh).all() and 0 <= score <= 1

    def test_a_sliver_of_a_huge_face_does_no_harm(self, landmarks: Landmarks) -> None:
        """What a tracker reads of a face of thousands of pixels that is all but out of the picture."""
        mesh, _ = landmarks.run(np.zeros((900, 2, 3), np.uint8), Roi(-900, 500, 3000, 0.0), (0.0, 0.0))
        assert np.isfinite(mesh).all()


def test_how_far_two_crops_lie_apart() -> None:
    roi = Roi(100, 60, 200, 0.1)
    assert roi.apart(roi) == 0
    assert Roi(104, 60, 200, 0.1).apart(roi) == pytest.approx(0.02)
    assert Roi(100, 50, 200, 0.1).apart(roi) == pytest.approx(0.05)
    assert Roi(100, 60, 220, 0.1).apart(roi) == pytest.approx(np.log(1.1))
    assert Roi(100, 60, 200, -0.2).apart(roi) == pytest.approx(0.3)
    assert Roi(100, 60, 200, 0.1 + 2 * np.pi).apart(roi) == pytest.approx(0, abs=1e-9)
