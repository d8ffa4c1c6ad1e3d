"""Fusing with flow: less tremble, no lag, and a fresh start where flow fails."""

import cv2
import numpy as np
import pytest

from engines.landmarks import shrunk
from engines.mesh.fuse import VIEW, flow, fuse, smooth, view, width
from engines.mesh.topology import CANONICAL, OVAL, modes
from engines.values import F32, U8
from tests.engines.mesh.heads import head, rotation

SCALE = 11.0


def texture(seed: int = 0) -> U8:
    """A picture with something to follow everywhere, uint8 (360, 480)."""
    random = np.random.default_rng(seed)
    fine = cv2.GaussianBlur(random.normal(0, 1, (360, 480)), (0, 0), 2.0)
    coarse = cv2.GaussianBlur(random.normal(0, 1, (360, 480)), (0, 0), 7.0)
    return np.asarray(np.clip(128 + 40 * fine / fine.std() + 30 * coarse / coarse.std(), 0, 255), np.uint8)


def shifted(picture: U8, dx: float, dy: float) -> U8:
    m = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    return np.asarray(
        cv2.warpAffine(picture, m, (480, 360), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT), np.uint8
    )


def placed(dx: float = 0.0, dy: float = 0.0) -> F32:
    return head(SCALE, (200 + dx, 180 + dy))


def run(
    places: list[tuple[float, float]], noise: float, seed: int = 0, rigid: bool = False
) -> tuple[list[F32], list[F32], list[F32]]:
    """Fused, measured and true points of a texture that moves through `places`, measured with noise."""
    random = np.random.default_rng(seed)
    picture = texture()
    lowest = modes(12)[1]
    fused, measured, true = [], [], []
    last = before = None
    for dx, dy in places:
        truth = placed(dx, dy)
        tremble = np.zeros_like(truth)
        if rigid:
            tremble[:, :2] = random.normal(0, noise, 2)
        else:  # as FaceMesh trembles: smoothly over the face
            tremble[:, :2] = lowest @ random.normal(0, noise * np.sqrt(468 / 12), (12, 2))
        seen = (truth + tremble).astype(np.float32)
        now = view(shifted(picture, dx, dy), (0, 0), seen, last.scale if last else None)
        out = seen if last is None or before is None else fuse(before, seen, last, now)
        fused.append(out)
        measured.append(seen)
        true.append(truth)
        last, before = now, out
    return fused, measured, true


def tremble(points: list[F32], true: list[F32]) -> float:
    """Frame-to-frame movement that the truth does not have, pixels."""
    off = np.stack(points)[..., :2] - np.stack(true)[..., :2]
    return float(np.abs(np.diff(off[5:], axis=0)).mean())


def test_width_is_that_of_the_face_and_stays_when_it_turns() -> None:
    front = width(head(SCALE))
    assert front == pytest.approx(np.ptp(head(SCALE)[OVAL, 0]), rel=0.12)
    assert width(head(SCALE, yaw=40)) == pytest.approx(front, rel=0.12)
    assert width(head(2 * SCALE)) == pytest.approx(2 * front, rel=1e-4)


def test_a_view_locates_and_lifts() -> None:
    mesh = placed()
    seen = view(texture(), (0, 0), mesh, None)
    assert seen.grey.shape == (VIEW, VIEW) and seen.grey.dtype == np.uint8
    local = seen.locate(mesh)
    assert local.min() > 0 and local.max() < VIEW
    assert np.allclose(seen.lift(local), mesh[:, :2], atol=1e-3)


@pytest.mark.parametrize("scale", [4.0, 11.0, 30.0])
def test_a_view_shows_the_picture_at_its_place(scale: float) -> None:
    """A bright dot at a mesh point is found at that point's place in the view, whether it grew or shrank."""
    grey = np.zeros((900, 900), np.uint8)
    mesh = head(scale, (450, 450))
    x, y = np.round(mesh[1, :2]).astype(int)
    cv2.circle(grey, (int(x), int(y)), max(2, round(scale / 3)), 255, -1)
    crop = grey[100:, 60:]
    seen = view(np.ascontiguousarray(crop), (60, 100), mesh, None)
    rows, columns = np.nonzero(seen.grey > 100)
    expected = seen.locate(np.array([[x, y]], np.float32))[0]
    assert (columns.mean(), rows.mean()) == pytest.approx(expected.tolist(), abs=1.2)


def test_a_view_keeps_its_scale_until_the_face_has_grown_by_a_fifth() -> None:
    first = view(texture(), (0, 0), head(10, (200, 180)), None)
    assert view(texture(), (0, 0), head(11, (200, 180)), first.scale).scale == first.scale
    assert view(texture(), (0, 0), head(14, (200, 180)), first.scale).scale < 0.8 * first.scale


def test_smooth_passes_rigid_motion_and_stops_noise() -> None:
    even = np.tile(np.array([[3.0, -2.0]], np.float32), (468, 1))
    weight = np.ones(468, np.float32)
    assert np.abs(smooth(even, weight) - even).max() < 0.1
    noise = np.random.default_rng(0).normal(0, 1, (468, 2)).astype(np.float32)
    assert np.abs(smooth(noise, weight)).mean() < 0.3 * np.abs(noise).mean()


def test_smooth_ignores_points_without_weight() -> None:
    residual = np.zeros((468, 2), np.float32)
    residual[:60] = 50
    weight = np.ones(468, np.float32)
    weight[:60] = 0
    assert np.abs(smooth(residual, weight)[60:]).max() < 1e-3


@pytest.mark.parametrize(("dx", "dy"), [(0.0, 0.0), (3.0, -2.0), (-7.5, 4.25)])
def test_flow_finds_the_motion(dx: float, dy: float) -> None:
    start, end = placed(), placed(dx, dy)
    a = view(texture(), (0, 0), start, None)
    b = view(shifted(texture(), dx, dy), (0, 0), end, a.scale)
    seen, trust = flow(a, b, start[:, :2], end[:, :2])
    middle = trust > 0.1
    assert middle.mean() > 0.8
    assert np.abs(np.median(seen - start[:, :2], axis=0) - [dx, dy]).max() < 0.1


def test_flow_works_across_a_change_of_scale() -> None:
    start = placed()
    a = view(texture(), (0, 0), start, None)
    b = view(texture(), (0, 0), start, a.scale * 1.25)
    seen, trust = flow(a, b, start[:, :2], start[:, :2])
    assert np.median(np.abs(seen - start[:, :2])[trust > 0.1]) < 0.5


def test_flow_without_texture_is_not_trusted_to_be_finite() -> None:
    flat = np.full((360, 480), 90, np.uint8)
    a = view(flat, (0, 0), placed(), None)
    seen, trust = flow(a, view(flat, (0, 0), placed(), a.scale), placed()[:, :2], placed()[:, :2])
    assert np.isfinite(seen).all() and np.isfinite(trust).all()


@pytest.mark.parametrize("speed", [0.0, 2.0])
@pytest.mark.parametrize("rigid", [False, True])
def test_fusing_takes_tremble_away(speed: float, rigid: bool) -> None:
    places = [(speed * i, 0.5 * speed * i) for i in range(30)]
    fused, measured, true = run(places, 0.6, rigid=rigid)
    assert tremble(fused, true) < 0.6 * tremble(measured, true)


def test_fusing_does_not_lag_behind() -> None:
    """A face that sets off, runs and stops: fused points are as close to the truth all the way."""
    x = np.concatenate([np.zeros(6), np.cumsum(np.full(16, 4.0)), np.full(8, 64.0)])
    fused, _, true = run([(float(v), 0.0) for v in x], 0.3)
    lag = (np.stack(fused) - np.stack(true))[..., 0].mean(1)
    assert np.abs(lag).max() < 0.8  # a fifth of one frame's motion
    assert abs(lag[12:22].mean()) < 0.4


def test_without_noise_the_measurement_is_kept() -> None:
    fused, measured, _ = run([(1.5 * i, 0.0) for i in range(12)], 0.0)
    assert max(float(np.abs(a[:, :2] - b[:, :2]).max()) for a, b in zip(fused, measured, strict=True)) < 0.6


def test_flow_that_fails_starts_afresh() -> None:
    """Another picture altogether: what is measured is taken as it is."""
    before, now = placed(), placed(40, 20)
    a = view(texture(0), (0, 0), before, None)
    b = view(np.random.default_rng(5).integers(0, 255, (360, 480), np.uint8), (0, 0), now, a.scale)
    assert np.abs(fuse(before, now, a, b)[:, :2] - now[:, :2]).max() < 0.02 * width(now)


def test_an_expression_shows_at_once() -> None:
    """The jaw drops by a tenth of the face: the fused mouth is where the measured one is, not where it was."""
    before = placed()
    shape = CANONICAL.copy()
    jaw = shape[:, 1] > 2
    shape[jaw, 1] += 1.4
    after = head(SCALE, (200, 180), shape=shape)
    still = texture()
    a = view(still, (0, 0), before, None)
    out = fuse(before, after, a, view(still, (0, 0), after, a.scale))
    moved = np.abs(after - before)[jaw, 1].mean()
    assert np.abs(out - after)[jaw, 1].mean() < 0.25 * moved


def test_a_forgetting_of_one_is_the_measurement() -> None:
    before, now = placed(), placed(1, 1)
    a = view(texture(), (0, 0), before, None)
    out = fuse(before, now, a, view(texture(), (0, 0), now, a.scale), forget=1.0)
    assert np.abs(out[:, :2] - now[:, :2]).max() < 1e-3


def test_depth_follows_without_running_away() -> None:
    before, now = placed(), placed()
    now[:, 2] += 30
    a = view(texture(), (0, 0), before, None)
    out = fuse(before, now, a, view(texture(), (0, 0), now, a.scale))
    assert np.abs(out[:, 2] - now[:, 2]).max() <= 0.0201 * width(now)


def test_a_turning_head_stays_on_its_measurement() -> None:
    """Nothing in the flow of a flat texture is true for a turning head; the fused mesh must not be torn."""
    before = head(SCALE, (200, 180), yaw=0)
    after = (SCALE * CANONICAL @ rotation(6).T + [200, 180, 0]).astype(np.float32)
    a = view(texture(), (0, 0), before, None)
    out = fuse(before, after, a, view(texture(), (0, 0), after, a.scale))
    assert np.isfinite(out).all()
    assert np.linalg.norm(out[:, :2] - after[:, :2], axis=1).max() < 0.09 * width(after)


@pytest.mark.parametrize("at", [(200.0, 180.0), (30.0, 20.0), (470.0, 350.0), (-700.0, 100.0), (2000.0, 90.0)])
@pytest.mark.parametrize("scale", [5.0, 12.0, 40.0])
def test_a_view_of_colours_is_that_of_their_grey(at: tuple[float, float], scale: float) -> None:
    """Inside the picture, over its edge, and beside it: what was left out of the conversion is not missed."""
    rng = np.random.default_rng(6)
    coarse = rng.integers(0, 256, (24, 32, 3), np.uint8)
    rgb = np.asarray(cv2.resize(coarse, (480, 360), interpolation=cv2.INTER_CUBIC), np.uint8)
    grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
    mesh = head(scale, at)
    colour, plain = view(rgb, (7, 5), mesh, None), view(grey, (7, 5), mesh, None)
    assert colour.scale == plain.scale and np.array_equal(colour.origin, plain.origin)
    assert np.abs(colour.grey.astype(int) - plain.grey).max() <= 1
    # the whole picture warped, without any cutting
    times = max(1, int(1 / plain.scale))
    small = shrunk(grey, times)
    shift = (np.array([7, 5], np.float32) + (times / 2 - 0.5) - plain.origin) * plain.scale
    m = np.array([[plain.scale * times, 0, shift[0]], [0, plain.scale * times, shift[1]]], np.float32)
    whole = cv2.warpAffine(small, m, (VIEW, VIEW), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    off = np.abs(whole.astype(int) - plain.grey)
    assert off.mean() < 3  # blocks of a shrunk part begin elsewhere
    if times == 1:
        assert off.max() <= 1
