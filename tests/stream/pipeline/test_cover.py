"""Covers and halved tracks on pictures made here."""

from dataclasses import dataclass

import numpy as np

from engines.values import U8, Box, Face, Patch, Rect, Region
from stream.frame import FaceTrack
from stream.pipeline.cover import cover, doubled, halved
from stream.pixels.geometry import Geometry


@dataclass
class Plain:
    """A picture over one array."""

    image: U8

    @property
    def width(self) -> int:
        return int(self.image.shape[1])

    @property
    def height(self) -> int:
        return int(self.image.shape[0])

    def rgb(self, rect: Rect) -> U8:
        return self.image[rect.y : rect.y + rect.h, rect.x : rect.x + rect.w]

    @property
    def origin(self) -> Geometry:
        return Geometry(self.width, self.height)

    def small(self, width: int, height: int) -> U8:
        raise NotImplementedError

    def pasted(self, patches: tuple[Patch, ...]) -> "Plain":
        raise NotImplementedError


def noise(height: int = 240, width: int = 320) -> Plain:
    return Plain(np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8))


def track(region: Region | None) -> FaceTrack:
    rng = np.random.default_rng(1)
    mesh = (rng.random((468, 3)) * [80, 90, 20] + [60, 50, 0]).astype(np.float32)
    return FaceTrack(3, Face(Box(60, 50, 140, 140), mesh[:6, :2], mesh, 0.9), 0, 7, region)


def test_a_cover_hides_detail_inside_and_nothing_outside() -> None:
    picture = noise()
    patch = cover(picture, Box(100, 60, 180, 160))
    assert patch is not None and (patch.x, patch.y) == (100, 60)
    assert patch.alpha[50, 40] == 1 and patch.alpha[0, 0] == 0
    under = picture.image[60:161, 100:181]
    assert patch.rgb[30:70, 20:60].std() < 0.35 * under[30:70, 20:60].std()


def test_a_cover_is_cut_at_the_edge() -> None:
    patch = cover(noise(), Box(-50, -50, 60, 60))
    assert patch is not None and (patch.x, patch.y) == (0, 0) and patch.rgb.shape == (61, 61, 3)
    assert patch.alpha[0, 0] == 1
    assert cover(noise(), Box(400, 10, 500, 90)) is None


def test_half_and_back_keeps_places() -> None:
    picture = noise()
    region = Region(40, 30, picture.image[30:160, 40:180])
    whole = track(region)
    small = halved(whole)
    assert small.region is not None and small.region.rgb.shape == (65, 70, 3)
    assert small.id == whole.id and small.source == whole.source
    assert np.allclose(small.face.mesh[:, :2] * 2 + [40, 30], whole.face.mesh[:, :2], atol=1e-3)
    alpha = np.zeros((20, 24), np.float32)
    alpha[5:15, 6:18] = 1
    patch = doubled(Patch(10, 8, np.full((20, 24, 3), 9, np.uint8), alpha), region)
    assert (patch.x, patch.y) == (60, 46) and patch.rgb.shape == (40, 48, 3)
    assert patch.alpha[20, 24] == 1 and patch.alpha[0, 0] == 0


def test_a_small_face_stays_as_it_is() -> None:
    tiny = track(Region(0, 0, np.zeros((20, 20, 3), np.uint8)))
    assert halved(tiny) is tiny
    none = track(None)
    assert halved(none) is none
