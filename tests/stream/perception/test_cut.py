"""Cuts are seen, and what only looks like one is not: motion, pans, zooms, fades, noise, flashes."""

from collections.abc import Iterable
from fractions import Fraction

import cv2
import numpy as np
import pytest

from engines.values import U8
from stream.perception.cut import CutDetector
from stream.pixels.geometry import Geometry

WIDTH, HEIGHT = 96, 64


def shot(seed: int, width: int = 400, height: int = 260) -> U8:
    """A picture of large patches and fine texture, as a room or a street has them; uint8 (h, w, 3)."""
    random = np.random.default_rng(seed)
    coarse = cv2.resize(
        random.uniform(20, 235, (7, 10, 3)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    fine = cv2.GaussianBlur(random.normal(0, 60, (height, width, 1)).astype(np.float32), (0, 0), 2.0)
    return np.asarray(np.clip(coarse + fine.reshape(height, width, 1), 0, 255), np.uint8)


def small(picture: U8, x: float = 0, y: float = 0, zoom: float = 1.0) -> U8:
    """What the camera sees: a window of 240x160 at x, y."""
    w, h = 240 / zoom, 160 / zoom
    m = np.array([[WIDTH / w, 0, -x * WIDTH / w], [0, HEIGHT / h, -y * HEIGHT / h]], np.float32)
    soft = cv2.GaussianBlur(picture, (0, 0), 1.2)
    return np.asarray(cv2.warpAffine(soft, m, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR), np.uint8)


def lit(picture: U8, gain: float, offset: float = 0.0) -> U8:
    return np.asarray(np.clip(picture * gain + offset, 0, 255), np.uint8)


def cuts(frames: Iterable[U8]) -> list[int]:
    detector = CutDetector()
    return [i for i, frame in enumerate(frames) if detector(frame)]


def test_the_first_frame_begins_a_shot() -> None:
    assert cuts([small(shot(0))] * 5) == [0]


@pytest.mark.parametrize("seed", range(6))
def test_another_shot_is_a_cut(seed: int) -> None:
    a, b = small(shot(seed)), small(shot(seed + 100))
    assert cuts([a] * 8 + [b] * 8 + [a] * 4) == [0, 8, 16]


def test_a_cut_is_seen_among_motion_and_noise() -> None:
    random = np.random.default_rng(0)

    def noisy(picture: U8) -> U8:
        return np.asarray(np.clip(picture + random.normal(0, 6, picture.shape), 0, 255), np.uint8)

    frames = [noisy(small(shot(1), 2.0 * i)) for i in range(20)] + [noisy(small(shot(2), 2.0 * i)) for i in range(20)]
    assert cuts(frames) == [0, 20]


@pytest.mark.parametrize("speed", [1.0, 3.0, 6.0])
def test_a_pan_is_no_cut(speed: float) -> None:
    """Up to a fortieth of the picture's width per frame: a whole picture in less than two seconds."""
    assert cuts(small(shot(3), speed * i) for i in range(int(150 / speed))) == [0]


def test_a_zoom_is_no_cut() -> None:
    assert cuts(small(shot(4), i, i * 0.7, 1 + 0.02 * i) for i in range(40)) == [0]


def test_a_fade_to_black_and_back_is_no_cut() -> None:
    levels = [*np.linspace(1, 0, 25), *np.linspace(0, 1, 25)]
    assert cuts(lit(small(shot(5)), float(v)) for v in levels) == [0]


def test_a_slow_dissolve_is_no_sudden_cut() -> None:
    a, b = small(shot(6)).astype(np.float32), small(shot(7)).astype(np.float32)
    frames = [np.asarray(a * (1 - t) + b * t, np.uint8) for t in np.linspace(0, 1, 25)]
    assert cuts(frames) == [0]


@pytest.mark.parametrize("length", [1, 2, 5])
@pytest.mark.parametrize("gain", [1.5, 1.9])
def test_a_photographers_flash_is_no_cut(length: int, gain: float) -> None:
    """The same picture, only brighter for a moment: tracks must live on."""
    picture = lit(small(shot(8)), 0.6)
    frames = [picture] * 8 + [lit(picture, gain, 10)] * length + [picture] * 8
    assert cuts(frames) == [0]


def test_a_light_switched_on_is_no_cut() -> None:
    picture = small(shot(9))
    assert cuts([lit(picture, 0.45)] * 8 + [picture] * 8) == [0]


def test_black_to_a_picture_is_a_cut() -> None:
    black = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    assert cuts([black] * 8 + [small(shot(10))] * 4) == [0, 8]


def test_somebody_crossing_before_the_camera_is_no_cut() -> None:
    def crossed(i: int) -> U8:
        frame = small(shot(11)).copy()
        frame[:, max(0, 6 * i - 30) : max(0, 6 * i)] = (40, 50, 90)
        return frame

    assert cuts(crossed(i) for i in range(22)) == [0]


def test_a_hand_held_shake_does_not_hide_the_next_cut() -> None:
    random = np.random.default_rng(1)
    shaky = [small(shot(12), 20 + random.normal(0, 2), 20 + random.normal(0, 2)) for _ in range(25)]
    assert cuts([*shaky, *[small(shot(13))] * 3]) == [0, 25]


def test_any_small_size_will_do() -> None:
    a, b = (cv2.resize(small(shot(s)), (33, 21)).astype(np.uint8) for s in (14, 15))
    assert cuts([a, a, b, b]) == [0, 2]


def test_nothing_is_kept_of_the_callers_array() -> None:
    detector = CutDetector()
    frame = small(shot(16)).copy()
    assert detector(frame)
    frame[:] = 0
    assert not detector(small(shot(16)))


@pytest.mark.parametrize(
    "changed", [Geometry(480, 640), Geometry(320, 240), Geometry(640, 480, 90), Geometry(640, 480, aspect=Fraction(2))]
)
def test_a_change_of_size_turn_or_pixel_shape_is_a_cut(changed: Geometry) -> None:
    detector, first = CutDetector(), Geometry(640, 480)
    same = small(shot(17))
    found = [detector(same, geometry) for geometry in (first, first, changed, changed, first, first)]
    assert found == [True, False, True, False, True, False]
