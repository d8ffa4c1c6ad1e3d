"""Smooth maps read at a picture's size: by value, and the same bits in parts."""

import numpy as np
import pytest

from engines.relight.coarse import Rows, read, work_size


def test_a_map_of_the_pictures_size_is_read_as_it_is() -> None:
    plane = np.random.default_rng(0).random((7, 9), dtype=np.float32)
    np.testing.assert_array_equal(read(plane, Rows.all(7, 9)), plane)


def test_a_slope_stays_a_slope_between_pixel_centres() -> None:
    plane = np.arange(4, dtype=np.float32)[None].repeat(3, 0)
    row = read(plane, Rows.all(12, 16))[5]
    # pixel i of 16 lies at (i + .5) / 4 - .5 of the map; beyond its first and last centre the map goes on level
    np.testing.assert_allclose(row, np.clip((np.arange(16) + 0.5) / 4 - 0.5, 0, 3), atol=1e-6)


@pytest.mark.parametrize("most", [1, 7, 64, 1000])
def test_rows_in_parts_are_bit_for_bit_those_read_at_once(most: int) -> None:
    plane = np.random.default_rng(1).random((13, 17), dtype=np.float32)
    whole = Rows.all(131, 77)
    parts = [read(plane, rows) for rows in whole.parts(most)]
    np.testing.assert_array_equal(np.concatenate(parts), read(plane, whole))


def test_parts_cover_every_row_once() -> None:
    parts = Rows.all(10, 3).parts(4)
    assert [(p.start, p.stop) for p in parts] == [(0, 4), (4, 8), (8, 10)]
    assert {(p.height, p.width) for p in parts} == {(10, 3)}


@pytest.mark.parametrize(
    ("height", "width", "size"), [(500, 400, (500, 400)), (2048, 1024, (1024, 512)), (1, 9000, (1, 1024))]
)
def test_the_size_to_work_at_is_bounded_and_never_larger(height: int, width: int, size: tuple[int, int]) -> None:
    assert work_size(height, width, 1024) == size
