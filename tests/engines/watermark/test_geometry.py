"""Cropped pictures are told where they came from."""

import numpy as np
import pytest

from engines.values import U8
from engines.watermark.code import COLUMNS, ROWS
from engines.watermark.gather import SeenWindow, normalise
from engines.watermark.geometry import search
from tests.engines.watermark.scenes import marked, scene

WIDTH, HEIGHT = 640, 360


@pytest.fixture(scope="module")
def clip() -> list[U8]:
    return marked(scene(64))


@pytest.mark.parametrize(
    ("left", "top", "right", "bottom"),
    [(0, 0, 0, 0), (32, 0, 0, 0), (0, 8, 0, 8), (20, 12, 30, 20), (0, 0, 48, 27)],
    ids=["whole", "left", "letterbox", "all round", "corner"],
)
def test_a_crop_is_found_where_it_was(clip: list[U8], left: int, top: int, right: int, bottom: int) -> None:
    """Within a cell of the mark: a hundred and sixtieth of the width."""
    cropped = [np.ascontiguousarray(p[top : HEIGHT - bottom, left : WIDTH - right]) for p in clip]
    found = list(search([normalise(p) for p in cropped]))
    assert len(found) == 3
    want = SeenWindow(left / WIDTH, top / HEIGHT, (WIDTH - left - right) / WIDTH, (HEIGHT - top - bottom) / HEIGHT)
    away = [
        max(
            abs(w.left - want.left) * COLUMNS,
            abs(w.top - want.top) * ROWS,
            abs(w.width - want.width) * COLUMNS,
            abs(w.height - want.height) * ROWS,
        )
        for w in found
    ]
    assert min(away) <= 1.0


def test_every_window_lies_within_the_marked_picture(clip: list[U8]) -> None:
    cropped = [np.ascontiguousarray(p[10:-6, 24:-8]) for p in clip]
    for window in search([normalise(p) for p in cropped]):
        assert window.left >= 0 and window.top >= 0
        assert window.left + window.width <= 1 + 1e-6
        assert window.top + window.height <= 1 + 1e-6
