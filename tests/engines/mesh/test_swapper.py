"""The whole mesh swap on pictures made on the spot: what is painted, what is kept, what is never touched."""

import cv2
import numpy as np
import pytest

from engines.mesh import texture
from engines.mesh.fuse import width
from engines.mesh.source import SourceFace
from engines.mesh.swapper import MeshSwapper
from engines.mesh.topology import CANONICAL, OVAL, RIGHT_EYE
from engines.values import F32, U8, Patch, Region
from tests.engines.mesh.heads import head, inside, picture, plain

SIZE = 320
CENTRE = (160.0, 160.0)


def source_of(unrolled: U8, shape: F32 = CANONICAL) -> SourceFace:
    levels = [unrolled]
    for _ in range(3):
        levels.append(np.asarray(cv2.pyrDown(levels[-1]), np.uint8))
    return SourceFace(tuple(levels), shape)


def even_source(colour: tuple[int, int, int] = (150, 120, 100)) -> SourceFace:
    return source_of(plain(colour, texture.SIDE, texture.SIDE))


def frozen(rgb: U8, x: int = 0, y: int = 0) -> Region:
    rgb.setflags(write=False)
    return Region(x, y, rgb)


def shown(view: Region, patch: Patch) -> U8:
    """The region with the patch laid over."""
    out = view.rgb.astype(np.float32)
    x, y = patch.x - view.x, patch.y - view.y
    part = out[y : y + patch.rgb.shape[0], x : x + patch.rgb.shape[1]]
    part += patch.alpha[..., None] * (patch.rgb - part)
    return np.asarray(np.round(out), np.uint8)


def swapped(source: SourceFace, view: Region, mesh: F32) -> Patch:
    patch = MeshSwapper(source).swap(view, mesh, 0.0)
    assert patch is not None
    return patch


@pytest.mark.parametrize("scale", [3.0, 10.0, 24.0])
def test_the_patch_has_the_declared_form(scale: float) -> None:
    side = round(20 * scale)
    view = frozen(picture(side, side))
    patch = swapped(even_source(), view, head(scale, (side / 2, side / 2)))
    assert patch.rgb.dtype == np.uint8 and patch.alpha.dtype == np.float32
    assert patch.rgb.shape[:2] == patch.alpha.shape
    assert patch.alpha.min() == 0 and 0.95 < patch.alpha.max() <= 1
    assert patch.x >= 0 and patch.y >= 0
    assert patch.x + patch.alpha.shape[1] <= side and patch.y + patch.alpha.shape[0] <= side


@pytest.mark.parametrize(("yaw", "roll"), [(0, 0), (30, 0), (-45, 10), (0, 90)])
def test_outside_the_face_alpha_is_exactly_nought(yaw: float, roll: float) -> None:
    view = frozen(picture(SIZE, SIZE))
    mesh = head(12, CENTRE, yaw=yaw, roll=roll)
    patch = swapped(even_source(), view, mesh)
    alpha = np.zeros((SIZE, SIZE), np.float32)
    alpha[patch.y : patch.y + patch.alpha.shape[0], patch.x : patch.x + patch.alpha.shape[1]] = patch.alpha
    hull = np.asarray(cv2.convexHull(np.ascontiguousarray(mesh[:, :2])), np.float32).reshape(-1, 2)
    grown = cv2.dilate(inside(hull, SIZE, SIZE).astype(np.uint8), np.ones((11, 11), np.uint8))
    assert (alpha[grown == 0] == 0).all()
    assert np.array_equal(shown(view, patch)[alpha == 0], view.rgb[alpha == 0])
    small = alpha[(alpha > 0)]
    assert small.min() > 1e-3  # no dust of alpha that would touch a sample


def test_alpha_is_full_in_the_middle_and_fades_to_the_oval() -> None:
    mesh = head(12, CENTRE)
    patch = swapped(even_source(), frozen(picture(SIZE, SIZE)), mesh)

    def at(point: int) -> float:
        x, y = np.round(mesh[point, :2]).astype(int) - (patch.x, patch.y)
        return float(patch.alpha[y, x])

    assert min(at(p) for p in (1, 50, 280, 0, 195)) > 0.97
    assert max(at(int(p)) for p in OVAL) < 0.35
    steps = np.abs(np.diff(patch.alpha, axis=0)).max()
    assert steps < 0.4  # no hard edge anywhere


def test_the_source_takes_the_targets_tone() -> None:
    """A dark grey source on a bright warm target, evenly lit: the swap is bright and warm."""
    view = frozen(plain((200, 160, 140), SIZE, SIZE))
    out = shown(view, swapped(even_source((60, 60, 60)), view, head(12, CENTRE)))
    assert np.abs(out.astype(int) - view.rgb).max() <= 3


def test_light_from_one_side_falls_on_the_swap_too() -> None:
    ramp = np.linspace(80, 220, SIZE)[None, :, None] * np.array([1.0, 0.85, 0.75])
    view = frozen(np.broadcast_to(ramp, (SIZE, SIZE, 3)).astype(np.uint8))
    mesh = head(12, CENTRE)
    out = shown(view, swapped(even_source(), view, mesh)).astype(int)
    right, left = np.round(mesh[[50, 280], :2]).astype(int)
    assert out[left[1], left[0], 0] - out[right[1], right[0], 0] > 0.4 * (
        int(view.rgb[left[1], left[0], 0]) - int(view.rgb[right[1], right[0], 0])
    )


def test_the_sources_own_features_appear_at_their_place() -> None:
    """A mole on the source's cheek shows on the target's cheek, and only there."""
    unrolled = plain((170, 140, 120), texture.SIDE, texture.SIDE)
    x, y = texture.layout()[50]
    cv2.circle(unrolled, (round(float(x)), round(float(y))), 12, (60, 40, 30), -1)
    for yaw, roll in ((0.0, 0.0), (20.0, 0.0), (0.0, 35.0)):
        view = frozen(plain((170, 140, 120), SIZE, SIZE))
        mesh = head(12, CENTRE, yaw=yaw, roll=roll)
        out = shown(view, swapped(source_of(unrolled), view, mesh)).astype(int)
        there, mirrored = np.round(mesh[[50, 280], :2]).astype(int)
        assert out[there[1], there[0], 0] < out[mirrored[1], mirrored[0], 0] - 40
        dark = np.argwhere(out[..., 0] < 130)
        assert np.linalg.norm(dark - there[::-1], axis=1).max() < 12


def test_a_face_swapped_with_itself_stays_itself() -> None:
    """Source: the target's own picture, unrolled. Inside, the swap is nearly the picture."""
    rgb = np.asarray(cv2.GaussianBlur(picture(SIZE, SIZE, grain=3), (0, 0), 1.2), np.uint8)
    mesh = head(14, CENTRE)
    unrolled, _ = texture.lift(rgb, mesh)
    view = frozen(rgb)
    out = shown(view, swapped(source_of(unrolled), view, mesh))
    core = inside(mesh[OVAL].mean(0) + 0.8 * (mesh[OVAL] - mesh[OVAL].mean(0)), SIZE, SIZE)
    difference = np.abs(out.astype(int) - rgb)[core]
    contrast = np.abs(rgb[core] - rgb[core].mean(0)).mean()
    assert difference.mean() < 0.35 * contrast


def test_the_targets_eye_is_kept() -> None:
    rgb = plain((170, 140, 120), SIZE, SIZE)
    mesh = head(14, CENTRE)
    x, y = np.round(mesh[RIGHT_EYE, :2].mean(0)).astype(int)
    cv2.circle(rgb, (int(x), int(y)), 3, (10, 200, 40), -1)
    out = shown(frozen(rgb), swapped(even_source(), Region(0, 0, rgb), mesh)).astype(int)
    assert np.abs(out[y, x] - [10, 200, 40]).max() < 30


def test_fade_scales_alpha_and_nothing_else() -> None:
    view, mesh = frozen(picture(SIZE, SIZE)), head(12, CENTRE)
    whole = MeshSwapper(even_source()).swap(view, mesh, 0.0)
    half = MeshSwapper(even_source()).swap(view, mesh, 0.0, fade=0.5)
    assert whole is not None and half is not None
    assert np.array_equal(whole.rgb, half.rgb)
    assert np.array_equal(half.alpha, whole.alpha * np.float32(0.5))


def test_where_the_region_lies_in_the_picture_does_not_matter() -> None:
    rgb = picture(SIZE, SIZE)
    a = swapped(even_source(), frozen(rgb), head(12, CENTRE))
    b = swapped(even_source(), frozen(rgb.copy(), 1000, 600), head(12, (1160, 760)))
    assert (b.x - a.x, b.y - a.y) == (1000, 600)
    assert np.abs(a.alpha - b.alpha).max() < 0.02  # rounding of large coordinates
    assert np.abs(a.rgb.astype(int) - b.rgb).mean() < 0.5


def test_a_face_of_ten_pixels_is_left_alone() -> None:
    mesh = head(10 / 14, (30, 30))
    assert width(mesh) < 12
    assert MeshSwapper(even_source()).swap(frozen(picture(60, 60)), mesh, 0.0) is None


def test_a_face_of_twenty_pixels_is_painted() -> None:
    assert swapped(even_source(), frozen(picture(60, 60)), head(20 / 14, (30, 30))).alpha.max() > 0.9


@pytest.mark.parametrize("centre", [(-400.0, 100.0), (100.0, -400.0), (900.0, 100.0), (100.0, 900.0)])
def test_a_face_out_of_the_picture_is_none(centre: tuple[float, float]) -> None:
    assert MeshSwapper(even_source()).swap(frozen(picture(SIZE, SIZE)), head(12, centre), 0.0) is None


@pytest.mark.parametrize(
    "centre", [(0.0, 160.0), (160.0, 0.0), (320.0, 160.0), (160.0, 320.0), (-60.0, -60.0), (385, 160)]
)
def test_a_face_partly_out_of_the_picture_is_painted_where_it_is(centre: tuple[float, float]) -> None:
    view = frozen(picture(SIZE, SIZE))
    patch = MeshSwapper(even_source()).swap(view, head(12, centre), 0.0)
    if patch is not None:
        assert patch.x >= 0 and patch.y >= 0 and np.isfinite(patch.alpha).all()
        assert patch.x + patch.alpha.shape[1] <= SIZE and patch.y + patch.alpha.shape[0] <= SIZE
    if 0 <= centre[0] <= SIZE and 0 <= centre[1] <= SIZE:
        assert patch is not None and patch.alpha.max() > 0.9


def test_a_sequence_is_steady() -> None:
    """The same frame again and again: the same patch, once learned."""
    swapper, view, mesh = MeshSwapper(even_source()), frozen(picture(SIZE, SIZE)), head(12, CENTRE)
    patches = [swapper.swap(view, mesh, 0.04) for _ in range(4)]
    first, last = patches[-2], patches[-1]
    assert first is not None and last is not None
    assert np.abs(first.rgb.astype(int) - last.rgb).max() <= 1
    assert np.abs(first.alpha - last.alpha).max() < 1e-3


def middle(patch: Patch | None) -> float:
    """Centre of mass of alpha, a measure of the shape painted."""
    assert patch is not None
    rows = patch.alpha.sum(1)
    return float((rows * np.arange(len(rows))).sum() / rows.sum() + patch.y)


def test_a_long_gap_does_not_throw_the_shape_off() -> None:
    """The running mean of the target's shape never takes more than all of a new frame."""
    longer = CANONICAL.copy()
    longer[:, 1] *= 1.15
    view = frozen(picture(SIZE, SIZE))
    gap, fresh = MeshSwapper(even_source()), MeshSwapper(even_source())
    for _ in range(5):
        gap.swap(view, head(11, CENTRE), 0.04)
    late = gap.swap(view, head(11, CENTRE, shape=longer), 60.0)
    only = fresh.swap(view, head(11, CENTRE, shape=longer), 0.0)
    assert late is not None and only is not None
    assert late.alpha.shape == only.alpha.shape
    assert np.abs(late.alpha - only.alpha).max() < 0.1


def test_the_proportions_are_the_sources() -> None:
    """A source whose nose lies lower: its dark nose tip is painted lower than the target's own."""
    shape = CANONICAL.copy()
    near = np.exp(-(np.linalg.norm(CANONICAL - CANONICAL[1], axis=1) ** 2) / 2).astype(np.float32)
    shape[:, 1] += 0.8 * near
    unrolled = plain((170, 140, 120), texture.SIDE, texture.SIDE)
    x, y = texture.layout()[1]
    cv2.circle(unrolled, (round(float(x)), round(float(y))), 9, (60, 40, 30), -1)
    mesh = head(14, CENTRE)
    heights = []
    for own in (CANONICAL, shape):
        view = frozen(plain((170, 140, 120), SIZE, SIZE))
        out = shown(view, swapped(source_of(unrolled, own), view, mesh)).astype(int)
        heights.append(np.argwhere(out[..., 0] < 135)[:, 0].mean())
    assert 3 < heights[1] - heights[0] < 0.8 * 14
