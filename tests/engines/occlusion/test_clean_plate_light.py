"""The plate in the frame's light, where little of the face is seen, or beside something of another light."""

import cv2
import numpy as np
import pytest

from engines.mesh.fuse import width
from engines.occlusion.clean_plate import Plate, drawn, relit, updated
from engines.values import F32
from tests.engines.scenes import bytes_of, mesh, picture

SIDE = 200
FACE = picture(SIDE, SIDE, 3, 14)
POSE = mesh(SIDE, 8.0)


def learned() -> Plate:
    plate = Plate.empty()
    for _ in range(6):
        plate = updated(plate, bytes_of(FACE), POSE)
    return plate


SEEN = drawn(learned(), POSE, (SIDE, SIDE))
CORE = cv2.erode(SEEN.mask * (SEEN.known > 0.9), np.ones((9, 9))) > 0
SIGMA = 0.25 * width(POSE)


def brightness(image: F32, hidden: F32) -> float:
    """The relit plate over the plate, on the face."""
    return float((relit(SEEN, image, hidden, SIGMA)[CORE].mean()) / SEEN.colour[CORE].mean())


def holding(*rows: int) -> F32:
    """All but these rows is hidden."""
    hidden = np.ones((SIDE, SIDE), np.float32)
    for row in rows:
        hidden[row - 10 : row + 10] = 0
    return hidden


@pytest.mark.parametrize("beside", [0.0, 120.0, 255.0])
def test_what_stands_beside_the_face_does_not_light_it(beside: float) -> None:
    """A face before a black, a grey and a white wall: the same plate, as bright as it is."""
    frame = np.where(SEEN.mask[..., None] > 0.5, FACE, np.float32(beside))
    assert brightness(frame, np.zeros((SIDE, SIDE), np.float32)) == pytest.approx(1, abs=0.003)
    assert brightness(frame, holding(60, 140)) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("colour", [0.0, 255.0])
def test_what_hides_the_face_does_not_light_it_along_its_edge(colour: float) -> None:
    hidden = np.zeros((SIDE, SIDE), np.float32)
    hidden[73:127, 53:147] = 1
    frame = np.where(hidden[..., None] > 0, np.float32(colour), FACE)
    assert brightness(frame, hidden) == pytest.approx(1, abs=0.01)


def test_a_sliver_of_face_does_not_light_the_rest() -> None:
    """A hundredth of the face shows, in half the light: far from it the plate keeps its own."""
    hidden = np.ones((SIDE, SIDE), np.float32)
    hidden[140:146, 95:105] = 0
    out = relit(SEEN, FACE * np.float32(0.5), hidden, SIGMA)
    far = CORE & (np.arange(SIDE)[:, None] < 90)
    assert far.sum() > 1000
    assert out[far].mean() / SEEN.colour[far].mean() > 0.9
    assert brightness(FACE * np.float32(0.5), holding(70, 100, 130)) < 0.6  # where enough shows it is taken


@pytest.mark.parametrize("doubt", [0.02, 0.04, 0.06])
def test_a_network_that_is_nowhere_quite_certain_leaves_the_light_to_be_told(doubt: float) -> None:
    """Maps that are a little above nought everywhere, as a network's are."""
    noise = np.abs(cv2.GaussianBlur(np.random.default_rng(2).normal(0, 1, (SIDE, SIDE)), (0, 0), 3))
    hidden = np.asarray(noise / noise.mean() * doubt, np.float32)
    hidden[80:130, 60:140] = 1
    frame = np.where(SEEN.mask[..., None] > 0.5, FACE * np.float32(0.7), np.float32(0))
    frame[80:130, 60:140] = (0, 0, 255)
    assert brightness(frame, hidden) == pytest.approx(0.7, abs=0.01)


@pytest.mark.parametrize("light", [0.5, 0.8, 1.3])
def test_the_frames_light_is_taken_from_the_strips_that_show_the_face(light: float) -> None:
    frame = np.clip(FACE * np.float32(light), 0, 255)
    frame[holding(70, 110, 150) > 0] = 255
    assert brightness(frame, holding(70, 110, 150)) == pytest.approx(light, rel=0.06)


def test_each_channel_has_its_own_light() -> None:
    tint = np.array([1.2, 1.0, 0.7], np.float32)
    out = relit(SEEN, FACE * tint, np.zeros((SIDE, SIDE), np.float32), SIGMA)
    assert (out[CORE].mean(0) / SEEN.colour[CORE].mean(0)) == pytest.approx(tint, rel=0.01)
