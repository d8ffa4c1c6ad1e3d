"""DKT as a program: loaded from its repository though that brings a package `tools`, fed with a lossless film.

DKT's own weights need a large GPU; what stands in its place here has its interface: a pipeline that takes a film's path
and gives depth of its size.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.refiners.dkt import Dkt
from engines.refiners.worker import RefinerError
from engines.values import U8
from tests.engines.refiners.programs import dkt_repository


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return dkt_repository(tmp_path)


def frames(count: int = 5, tall: int = 46, wide: int = 62) -> U8:
    rng = np.random.default_rng(1)
    coarse = rng.integers(0, 255, (count, 6, 8, 3)).astype(np.uint8)
    return np.stack([np.asarray(cv2.resize(c, (wide, tall)), np.uint8) for c in coarse])


def test_depth_comes_for_every_frame_of_the_film(repository: Path) -> None:
    dkt = Dkt(sys.executable, repository, seconds=60)
    given = frames()
    for _ in range(2):  # loaded once, asked twice
        found = dkt.depth(given)
        red = given[..., 0].astype(np.float32)
        np.testing.assert_allclose(found, (red - red.min()) / np.ptp(red), atol=1e-6)
    dkt.close()


def test_a_checkpoint_that_is_missing_is_told(repository: Path) -> None:
    dkt = Dkt(sys.executable, repository, model="broken", seconds=60)
    with pytest.raises(RefinerError, match="the refiner dkt ended; its last words: OSError: no such checkpoint"):
        dkt.depth(frames(1))
    dkt.close()


def test_depth_of_another_size_is_refused(repository: Path) -> None:
    dkt = Dkt(sys.executable, repository, model="cropped", seconds=60)
    with pytest.raises(RefinerError, match=r"DKT gave depth of \(2, 42, 62\) for frames of \(2, 46, 62\)"):
        dkt.depth(frames(2))
    dkt.close()


def test_a_repository_without_dkt_is_told(tmp_path: Path) -> None:
    dkt = Dkt(sys.executable, tmp_path, seconds=60)
    with pytest.raises(RefinerError, match=r"No module named 'dkt'"):
        dkt.depth(frames(1))
    dkt.close()
