"""What is measured of a face: sharpness, light, size, and what covers it."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from engines.occlusion.clean_plate import Plate
from engines.occlusion.network import OPAQUE, SIDE, Occlusion, frame_to_crop
from engines.store.catalog import load_catalog
from engines.values import F32, U8, Region
from stream.frame import FaceOcclusion, FaceTrack
from stream.identity.measuring import Measured, covered, local, measured
from stream.identity.sighting import FaceSighting
from tests.stream.portraits import Placed, framed, needs_models, networks, paint

pytestmark = needs_models
TEMPLATE = load_catalog().template("arcface_128")
PICTURE = paint([Placed("hopper", 320, 240, 180)])


@pytest.fixture(scope="module")
def track() -> FaceTrack:
    sighting = FaceSighting(networks())
    [found] = sighting(framed(PICTURE))
    sighting.close()
    return found


def of(track: FaceTrack, picture: U8) -> Measured:
    return measured(track, Region(0, 0, picture), 640, 480, TEMPLATE)


def test_a_blurred_face_is_less_sharp_and_a_dark_one_darker(track: FaceTrack) -> None:
    plain = of(track, PICTURE).measures
    soft = of(track, np.asarray(cv2.GaussianBlur(PICTURE, (0, 0), 7), np.uint8)).measures
    dark = of(track, np.asarray(PICTURE * 0.3, np.uint8)).measures
    assert plain.blur > 50 > 25 > soft.blur
    assert dark.exposure == pytest.approx(0.3 * plain.exposure, rel=0.05)
    assert plain.confidence > 0.9 and abs(plain.yaw) < 20


def test_the_share_of_the_picture_is_that_of_the_face(track: FaceTrack) -> None:
    box = track.box
    assert of(track, PICTURE).measures.area == pytest.approx(box.area / (640 * 480))
    assert 0.5 < box.width / 180 < 1.3


def test_sharpness_is_that_of_the_face_and_not_of_the_frame(track: FaceTrack) -> None:
    """The same face, beside a wall of fine lines."""
    noisy = PICTURE.copy()
    noisy[:, :100:2] = 255
    assert of(track, noisy).measures.blur == pytest.approx(of(track, PICTURE).measures.blur)


def front(track: FaceTrack, opaque: F32, logits: tuple[float, float, float]) -> FaceTrack:
    none = np.zeros((SIDE, SIDE), np.float32)
    seen = Occlusion(np.array(logits, np.float32), opaque, none, none, frame_to_crop(track.face.mesh))
    return replace(track, front=FaceOcclusion(OPAQUE, seen, Plate.empty()))


def test_what_covers_a_face_is_counted_within_it(track: FaceTrack) -> None:
    left = np.zeros((SIDE, SIDE), np.float32)
    left[:, : SIDE // 2] = 1
    assert covered(front(track, left, (0, 5, 0))) == pytest.approx(0.5, abs=0.1)
    assert covered(front(track, np.ones_like(left), (0, 5, 0))) == pytest.approx(1)
    assert covered(front(track, left, (5, 0, 0))) == 0, "the network takes it for clear"
    assert covered(track) == 0, "nobody looked"


def test_the_mesh_in_the_regions_own_pixels(track: FaceTrack) -> None:
    moved = local(track.face.mesh, Region(10, 20, PICTURE))
    np.testing.assert_allclose(moved[:, 0], track.face.mesh[:, 0] - 10, atol=1e-3)
    np.testing.assert_allclose(moved[:, 2], track.face.mesh[:, 2])
