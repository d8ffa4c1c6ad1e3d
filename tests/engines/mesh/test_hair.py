"""The target's own hair: found where it hangs over the face, and nothing else taken for it."""

import numpy as np
import pytest

from engines.mesh import hair, light, region, texture, warp
from engines.mesh.fuse import width
from engines.mesh.topology import LEFT_BROW, LEFT_EYE
from engines.values import F32
from tests.engines.mesh.heads import head

SIZE = (400, 400)
NOSE_TIP = 1
SKIN = np.array([205.0, 160.0, 140.0], np.float32)


class Grid:
    """A head's fields on the coarse grid that the swapper uses."""

    def __init__(self) -> None:
        self.mesh = head(20.0, (200, 200))
        self.wide = width(self.mesh)
        maps = warp.maps(self.mesh, self.mesh, self.wide, SIZE)
        fields = np.dstack([region.edge(), hair.places(), region.height()]).astype(np.float32)
        self.size = light.grid(self.wide, SIZE)
        self.cell = SIZE[0] / self.size[0]
        sampled = np.asarray(warp.sample(fields, maps.texture), np.float32)
        coarse = light.fit(np.dstack([sampled, maps.seen]), self.size)
        self.edge, self.allowed, self.height, self.seen = (np.ascontiguousarray(coarse[..., i]) for i in range(4))

    def skin(self) -> F32:
        """Skin with a shading from one side to the other."""
        across = np.linspace(0.75, 1.1, self.size[1], dtype=np.float32)
        return np.asarray(np.broadcast_to(SKIN * across[None, :, None], (*self.size, 3)), np.float32).copy()

    def over(self, own: F32) -> F32:
        return hair.over(own, self.edge, self.allowed, self.seen, self.wide / self.cell)

    def at(self, point: int) -> tuple[int, int]:
        x, y = (self.mesh[point, :2] / self.cell).astype(int)
        return int(y), int(x)


@pytest.fixture(scope="module")
def grid() -> Grid:
    return Grid()


def test_bare_skin_has_none(grid: Grid) -> None:
    assert grid.over(grid.skin()).max() < 0.02


@pytest.mark.parametrize("colour", [(25, 20, 18), (90, 60, 35), (60, 62, 70)], ids=["black", "brown", "grey"])
def test_a_strand_over_the_temple_is_hair(grid: Grid, colour: tuple[int, int, int]) -> None:
    own = grid.skin()
    temple = (grid.seen > 0.5) & (grid.edge < 1.5) & (grid.height < -1)
    left = temple & (np.arange(grid.size[1]) < grid.size[1] / 2)[None]
    own[left] = colour
    found = grid.over(own)
    assert found[left].mean() > 0.7
    assert found[temple & ~left].mean() < 0.05


def test_features_and_a_beard_are_not(grid: Grid) -> None:
    own = grid.skin()
    dark = (grid.seen > 0.5) & (grid.height > 2)  # a beard
    own[dark] = (40, 30, 25)
    for point in (*LEFT_BROW.tolist(), *LEFT_EYE.tolist()):
        y, x = grid.at(point)
        own[y, x] = (30, 25, 25)
    found = grid.over(own)
    assert found[dark & (grid.height > 2.5)].max() < 0.05
    assert max(found[grid.at(p)] for p in LEFT_EYE.tolist()) < 0.15
    assert found[grid.at(NOSE_TIP)] < 0.02


def test_what_is_brighter_than_skin_is_not(grid: Grid) -> None:
    own = grid.skin()
    own[grid.edge < 1.5] = (250, 250, 250)
    assert grid.over(own).max() < 0.05


def test_off_the_face_there_is_nothing(grid: Grid) -> None:
    own = grid.skin()
    own[grid.seen < 0.5] = 10
    found = grid.over(own)
    assert found[grid.seen == 0].max() < 0.05
    assert found[(grid.seen > 0.5) & (grid.edge > 0.8)].max() < 0.05


def test_places_in_texture_space() -> None:
    places = hair.places()
    assert places.shape == (texture.SIDE, texture.SIDE)
    assert places.min() >= 0 and places.max() <= 1
    at = np.round(texture.layout()).astype(int)
    assert places[at[10, 1] + 5, at[10, 0]] > 0.9  # the top of the forehead
    for point in (NOSE_TIP, 152, int(LEFT_BROW[2]), int(LEFT_EYE[0])):
        assert places[at[point, 1], at[point, 0]] < 0.1
