"""The sign of each picture, found again after drops, doublings and changes of rate."""

import numpy as np
import pytest

from engines.values import F32
from engines.watermark.code import COLUMNS, ROWS, pilot
from engines.watermark.embed import PERIOD
from engines.watermark.timing import signs


def stack(true: F32, strength: float) -> F32:
    noise = np.random.default_rng(4).standard_normal((len(true), ROWS, COLUMNS), np.float32)
    return np.asarray(strength * true[:, None, None] * pilot() + noise, np.float32)


def as_made(count: int) -> F32:
    return np.where(np.arange(count) % PERIOD < PERIOD // 2, 1.0, -1.0).astype(np.float32)


KEEP = np.random.default_rng(1).random(150) > 0.1
RETIMED = {
    "as made": np.arange(150),
    "a tenth dropped": np.flatnonzero(KEEP),
    "25 to 30": np.arange(180) * 25 // 30,
    "30 to 25": np.arange(125) * 30 // 25,
    "60 to 30": np.arange(0, 300, 2),
    "30 to 60": np.arange(200) // 2,
    "begun in the middle": np.arange(5, 155),
}


@pytest.mark.parametrize("name", RETIMED)
def test_signs_are_found(name: str) -> None:
    """0.03 of the noise a cell is 1.8 standard deviations a picture: 4 of 100 pictures alone would read wrong."""
    true = as_made(400)[RETIMED[name]]
    found = signs(stack(true, 0.03))
    assert found.shape == true.shape
    assert float((np.sign(found) == true).mean()) > 0.95


def test_sure_signs_are_near_one() -> None:
    true = as_made(64)
    assert np.allclose(signs(stack(true, 0.3)), true, atol=0.01)


def test_noise_alone_leaves_no_certainty() -> None:
    found = signs(stack(np.zeros(64, np.float32), 0.0))
    assert np.isfinite(found).all() and np.abs(found).max() <= 1


def test_one_picture_takes_the_sign_that_fits() -> None:
    assert signs(stack(np.array([-1.0], np.float32), 0.3)).tolist() == [-1.0]
    assert signs(stack(np.array([1.0], np.float32), 0.3)).tolist() == [1.0]
