"""Unrolling: what is lifted from a photo is the photo, and how well a texel was seen follows from the pose."""

import cv2
import numpy as np

from engines.mesh import raster, texture
from engines.mesh.topology import CANONICAL, LEFT_EYE, OVAL, RIGHT_EYE
from engines.values import F32
from tests.engines.mesh.heads import head, inside, picture, plain
from tests.engines.mesh.heads import texel as at

NEAR_NOSE = 50  # a point of the subject's right cheek and its partner
SIDE = texture.SIDE


def test_every_mesh_point_has_a_place_within_the_texture() -> None:
    places = texture.layout()
    assert places.shape == (504, 2)
    assert places[:468].min() > 0 and places[:468].max() < SIDE - 1


def test_the_layout_is_symmetric_about_the_middle() -> None:
    places = texture.layout()
    assert (
        places[33, 0] + places[263, 0] == np.float32(SIDE - 1) or abs(places[33, 0] + places[263, 0] - SIDE + 1) < 0.1
    )
    assert abs(places[1, 0] - (SIDE - 1) / 2) < 0.1
    assert abs(places[33, 1] - places[263, 1]) < 0.1


def test_vertical_distances_are_in_centimetres() -> None:
    places = texture.layout()
    length = (places[152, 1] - places[10, 1]) / texture.CM
    assert abs(length - (CANONICAL[152, 1] - CANONICAL[10, 1])) < 1e-3


def test_cover_holds_the_oval() -> None:
    index = texture.cover()
    oval = inside(texture.layout()[OVAL], SIDE, SIDE)
    assert (index[oval] >= 0).all()
    assert (index[:2, :2] == -1).all() and (index[-2:, -2:] == -1).all()


def test_lift_brings_each_point_of_the_photo_to_its_texel() -> None:
    """A photo whose red is x and whose green is y: under every mesh point the texture reads that point's place."""
    y, x = np.mgrid[:240, :240]
    photo = np.dstack([x, y, np.zeros_like(x)]).astype(np.uint8)
    mesh = head(12, (118, 121), yaw=15, pitch=-6, roll=9)
    lifted, _ = texture.lift(photo, mesh)
    assert lifted.shape == (SIDE, SIDE, 3) and lifted.dtype == np.uint8
    # points whose neighbourhood is seen from the front
    front = [1, 4, 9, 50, 151, 195, 205, 280, 425, 61, 291, 17, 70, 300]
    got = np.array([lifted[at(p)][:2] for p in front], float)
    assert np.abs(got - mesh[front, :2]).max() < 2.5


def test_lift_is_the_same_for_a_moved_turned_and_grown_photo() -> None:
    photo = np.asarray(cv2.GaussianBlur(picture(300, 300), (0, 0), 2), np.uint8)
    mesh = head(12, (140, 150))
    m = np.asarray(cv2.getRotationMatrix2D((150, 150), 25, 1.1), np.float32)
    moved = np.asarray(cv2.warpAffine(photo, m, (300, 300), flags=cv2.INTER_CUBIC), np.uint8)
    along = mesh.copy()
    along[:, :2] = mesh[:, :2] @ m[:, :2].T + m[:, 2]
    along[:, 2] *= 1.1
    a, seen = texture.lift(photo, mesh)
    b, _ = texture.lift(moved, along)
    difference = np.abs(a.astype(int) - b.astype(int)).max(2)
    assert difference[(seen > 0.5) & (texture.cover() >= raster.FIRST_FACE)].mean() < 2


def test_a_large_photo_does_not_alias() -> None:
    """A checkerboard far finer than a texel comes out grey, not as moiré."""
    y, x = np.mgrid[:2400, :2400]
    photo = np.repeat((((x // 2 + y // 2) % 2) * 255).astype(np.uint8)[..., None], 3, 2)
    lifted, seen = texture.lift(photo, head(120, (1200, 1200)))
    middle = lifted[250:400, 250:400]
    assert (seen[250:400, 250:400] > 0.3).mean() > 0.9
    assert abs(float(middle.mean()) - 127) < 8
    assert float(cv2.GaussianBlur(middle, (0, 0), 3).std()) < 12


def seen(yaw: float) -> F32:
    return texture.lift(plain((128, 128, 128)), head(12, (120, 120), yaw=yaw))[1]


def test_a_frontal_face_is_seen_alike_on_both_sides() -> None:
    sight = seen(0)
    assert sight.min() >= 0 and sight.max() <= 1.01
    assert np.abs(sight - sight[:, ::-1]).mean() < 0.02
    assert sight[at(151)] > 0.8  # the forehead faces the camera
    assert sight[5, 5] == 0


def test_the_side_turned_away_is_seen_less() -> None:
    right, left = at(NEAR_NOSE), at(280)  # cheeks: the screen's left, the screen's right
    front, turned = seen(0), seen(40)  # turned to the screen's right: the left cheek comes to the front
    assert turned[left] < front[left] - 0.2
    assert turned[right] > turned[left] + 0.3
    assert seen(-40)[left] > seen(-40)[right] + 0.3


def test_closed_eyes_are_seen_as_well_as_open_ones() -> None:
    """The fan of a closed eye is a slit that may turn over; it is not hidden for that."""
    mesh = head()
    for ring in (RIGHT_EYE, LEFT_EYE):
        upside = mesh[ring].copy()
        upside[:, 1] = 2 * upside[:, 1].mean() - upside[:, 1]
        mesh[ring] = upside  # lids crossed: the worst case
    _, sight = texture.lift(plain((9, 9, 9)), mesh)
    middle = np.round(texture.layout()[RIGHT_EYE].mean(0)).astype(int)
    assert sight[middle[1], middle[0]] > 0.3
