"""The soft edge of something opaque: found by colour where the mask is coarse, left alone where colours say nothing."""

import cv2
import numpy as np
import pytest

from engines.occlusion import edge
from engines.values import F32
from tests.engines.scenes import bytes_of

H, W = 120, 140
FULL = np.ones((H, W), np.float32)
SKIN, GREEN = (np.tile(np.array(c, np.float32), (H, W, 1)) for c in ((215, 160, 135), (70, 120, 60)))


def disc(x: float, y: float, radius: float, soft: float) -> F32:
    rows, columns = np.mgrid[:H, :W]
    return np.asarray(np.clip((radius - np.hypot(columns - x, rows - y)) / soft + 0.5, 0, 1), np.float32)


TRUE = disc(70, 60, 30, 3)
COARSE = np.asarray(cv2.GaussianBlur(disc(71.5, 60, 31, 1), (0, 0), 2.5), np.float32)  # off, too wide, too soft


def seen(thing: F32) -> F32:
    grain = np.random.default_rng(1).normal(0, 2, thing.shape)
    return np.asarray(TRUE[..., None] * thing + (1 - TRUE[..., None]) * SKIN + grain, np.float32)


def off(alpha: F32) -> float:
    rim = cv2.dilate(((TRUE > 0) & (TRUE < 1)).astype(np.uint8), np.ones((5, 5))) > 0
    return float(np.abs(alpha - TRUE)[rim].mean())


@pytest.mark.parametrize("known", [0.0, 1.0])
def test_the_edge_is_found_with_a_plate_and_without(known: float) -> None:
    plate = SKIN if known else 0 * SKIN
    out = edge.found(bytes_of(seen(GREEN)), COARSE, plate, known * FULL, 4)
    assert off(out.alpha) < 0.3 * off(COARSE)
    some = out.sure > 0.5
    assert some.sum() > 300
    assert np.abs(out.behind - SKIN)[some].mean() < 4


def test_where_both_sides_look_alike_the_mask_stands() -> None:
    out = edge.found(bytes_of(seen(SKIN + 3)), COARSE, SKIN, FULL, 4)
    smooth = cv2.GaussianBlur(COARSE, (0, 0), edge.SMOOTH)
    assert np.abs(out.alpha - smooth).max() < 0.05
    assert out.sure.max() < 0.05


def test_away_from_the_edge_nothing_is_moved() -> None:
    """A spot of the thing's colour on the face, and of the face's on the thing, are no edge."""
    image = seen(GREEN)
    image[55:60, 65:70], image[10:14, 10:14] = SKIN[0, 0], GREEN[0, 0]
    out = edge.found(bytes_of(image), COARSE, SKIN, FULL, 4)
    assert out.alpha[50:65, 60:75].min() > 0.97
    assert out.alpha[5:20, 5:20].max() < 0.03
    assert out.sure[50:65, 60:75].max() == 0


def test_a_mask_without_a_core_is_left_as_it_is() -> None:
    faint = 0.5 * TRUE
    out = edge.found(bytes_of(seen(GREEN)), faint, SKIN, FULL, 4)
    assert np.abs(out.alpha - cv2.GaussianBlur(faint, (0, 0), edge.SMOOTH)).max() < 0.01
