"""From planes of any size to cells: sizes, transposition, windows, what stands still and what is smooth."""

import cv2
import numpy as np
import pytest

from engines.values import F32, U8
from engines.watermark.code import COLUMNS, ROWS
from engines.watermark.embed import PERIOD
from engines.watermark.gather import WHOLE, SeenWindow, cells, normalise, shrunk
from tests.engines.watermark.scenes import marked, scene


@pytest.mark.parametrize(
    ("size", "want"), [((1280, 720), (640, 360)), ((300, 200), (300, 200)), ((200, 1280), (100, 640))]
)
def test_what_is_kept_of_a_picture_is_small(size: tuple[int, int], want: tuple[int, int]) -> None:
    luma = np.asarray(np.random.default_rng(1).integers(0, 255, size[::-1]), np.uint8)
    out = shrunk(luma)
    assert out.shape == want[::-1]
    assert abs(float(out.mean()) - float(luma.mean())) < 1


def test_a_small_picture_is_kept_as_it_is() -> None:
    luma = np.zeros((200, 300), np.uint8)
    assert shrunk(luma) is luma


@pytest.mark.parametrize(("height", "width"), [(720, 1280), (90, 160), (301, 533)])
def test_pictures_of_any_size_become_one(height: int, width: int) -> None:
    ramp = np.broadcast_to(np.linspace(0, 250, width), (height, width)).astype(np.uint8)
    out = normalise(ramp)
    assert out.shape == (360, 640)
    assert np.abs(out[180].astype(float) - np.linspace(0, 250, 640)).max() < 4


def test_an_upright_picture_is_laid_on_its_side_as_its_mark_is() -> None:
    ramp = np.broadcast_to(np.linspace(0, 250, 720)[:, None], (720, 405)).astype(np.uint8)
    out = normalise(np.ascontiguousarray(ramp))
    assert out.shape == (360, 640)
    assert np.abs(out[180].astype(float) - np.linspace(0, 250, 640)).max() < 3
    # told that the marked one was not upright, it is only scaled
    assert np.ptp(normalise(np.ascontiguousarray(ramp), upright=False)[180]) <= 1


def flipping(count: int, amplitude: int) -> list[U8]:
    """Grey; one cell flips every eight frames, one is lighter all the time."""
    out = []
    for n in range(count):
        picture = np.full((360, 640), 100, np.uint8)
        picture[40:44, 80:84] += np.uint8(amplitude if (n // (PERIOD // 2)) % 2 == 0 else 0)
        picture[200:204, 400:404] += np.uint8(amplitude)
        out.append(picture)
    return out


def test_what_stands_still_is_taken_away_and_what_flips_stays() -> None:
    got = cells(flipping(4 * PERIOD, 8))
    assert got.shape == (4 * PERIOD, ROWS, COLUMNS)
    inner = slice(PERIOD, -PERIOD)
    assert np.abs(got[inner, 50, 100]).max() < 0.3
    swing = got[inner, 10, 20]
    assert np.abs(swing).min() > 3 and np.abs(swing).max() < 5
    assert (np.sign(swing[: PERIOD // 2]) == -np.sign(swing[PERIOD // 2 : PERIOD])).all()


def test_few_pictures_are_left_as_they_are() -> None:
    """With a period or less nothing can be told to stand still."""
    got = cells(flipping(3, 8))
    assert got[0, 50, 100] > 5


def test_smooth_ground_is_taken_away() -> None:
    slope: F32 = np.add.outer(np.linspace(0, 100, 360), np.linspace(0, 100, 640)).astype(np.float32)
    got = cells([slope.astype(np.uint8)] * 2)
    assert np.abs(got[:, 3:-3, 3:-3]).max() < 1


def test_a_window_lays_a_picture_where_it_was() -> None:
    """The right half of the marked picture: the spot at its middle is at three quarters of the whole."""
    picture = np.full((360, 640), 100, np.uint8)
    picture[176:184, 316:324] = 200
    got = cells([picture], SeenWindow(0.5, 0.0, 0.5, 1.0))[0]
    y, x = np.unravel_index(int(got.argmax()), got.shape)
    assert abs(x - 0.75 * COLUMNS) <= 1
    assert abs(y - 0.5 * ROWS) <= 1
    assert got[:, : COLUMNS // 2 - 4].max() < 1  # what was not seen reads as nothing
    assert not np.array_equal(got, cells([picture], WHOLE)[0])


def test_a_cell_is_two_by_two_in_steps_of_two() -> None:
    picture = np.asarray(np.random.default_rng(1).integers(0, 255, (360, 640)), np.uint8)
    assert cells([picture], step=2).shape == (1, 2 * ROWS, 2 * COLUMNS)
    smooth = cv2.GaussianBlur(picture, (0, 0), 12)
    assert np.abs(cells([np.asarray(smooth, np.uint8)], step=2)[:, 4:-4, 4:-4]).mean() < 1


def test_cells_lose_what_stands_still_and_what_is_smooth() -> None:
    rng = np.random.default_rng(3)
    still = normalise(rng.integers(0, 256, (360, 640)).astype(np.uint8))
    ramp = np.tile(np.linspace(0, 255, 640), (360, 1)).astype(np.uint8)
    assert np.abs(cells([still] * 30)).max() < 1e-3
    assert np.abs(cells([ramp])[0, 2:-2, 2:-2]).max() < 0.5


def test_cells_of_a_window_lie_where_they_lay() -> None:
    clip = marked(scene(1))
    whole = cells([normalise(clip[0])], WHOLE)[0]
    cut = normalise(np.ascontiguousarray(clip[0][36:, :-64]))
    placed = cells([cut], SeenWindow(0, 0.1, 0.9, 0.9))[0]
    one, two = whole[12:80, 10:135], placed[12:80, 10:135]
    assert np.corrcoef(one.ravel(), two.ravel())[0, 1] > 0.85
