"""The contact sheet of what was lifted, by value."""

import numpy as np

from engines.mesh import texture
from tests.engines.mesh.heads import plain
from tests.engines.mesh.test_swapper import even_source, source_of
from tools.trust.lifted import CELL, GROUND, sheet


def test_a_row_has_each_photo_and_two_pictures_of_the_face() -> None:
    out = sheet([plain((10, 200, 10), 100, 50), plain((200, 10, 10), 40, 80)], even_source((150, 120, 100)))
    assert out.shape == (CELL, 4 * CELL, 3) and out.dtype == np.uint8
    middles = [out[CELL // 2, CELL // 2 + i * CELL].tolist() for i in range(4)]
    assert middles == [[10, 200, 10], [200, 10, 10], [150, 120, 100], [150, 120, 100]]


def test_what_is_not_painted_is_ground() -> None:
    out = sheet([plain((10, 200, 10), 100, 50)], even_source((150, 120, 100)))
    assert (out[:, :70] == GROUND).all()  # a narrow photo keeps its shape
    assert (out[:5, CELL:] == GROUND).all()


def test_the_face_is_the_right_way_round() -> None:
    unrolled = plain((150, 120, 100), texture.SIDE, texture.SIDE).copy()
    unrolled[:, texture.SIDE // 2 :] = (20, 20, 220)
    out = sheet([plain((0, 0, 0))], source_of(unrolled)).astype(int)
    for cell in (1, 2):
        face = out[CELL // 2, cell * CELL : (cell + 1) * CELL]
        assert face[CELL // 2 - 40, 2] < 120 and face[CELL // 2 + 40, 2] > 200
