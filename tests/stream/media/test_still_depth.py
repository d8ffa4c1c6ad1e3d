"""Pictures of other depths and endings as targets: scaled to what is seen, and kept where nothing was painted."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from engines.values import U8
from stream.media.still import is_image, read_image, write_image
from tests.stream.clips import picture

SAMPLE = picture(5, 64, 48)
FULL = {"uint16": 65_535.0, "float32": 1.0, "float64": 1.0}


def deep(path: Path, dtype: str, full: float, grey: bool = False) -> npt.NDArray[Any]:
    """A file whose samples have finer steps than 8 bits; returns them, BGR or grey."""
    fine = (SAMPLE[..., ::-1] + np.linspace(-0.4, 0.4, 64)[None, :, None]).clip(0, 255) / 255 * full
    samples = (np.rint(fine) if dtype == "uint16" else fine).astype(dtype)
    kept = np.ascontiguousarray(samples[..., 1]) if grey else samples
    assert cv2.imwrite(str(path), kept)
    return kept


def painted(rgb: U8) -> U8:
    """The picture with a patch of another colour."""
    rgb = rgb.copy()
    rgb[10:20, 10:30] = (200, 30, 90)
    return rgb


CASES = [("tif", "uint16", 65_535.0), ("png", "uint16", 65_535.0), ("tif", "float32", 1.0), ("tiff", "float64", 1.0)]


@pytest.mark.parametrize(("ending", "dtype", "full"), [*CASES, ("tif", "float32", 255.0), ("tif", "uint16", 4095.0)])
def test_it_is_seen_as_bright_as_it_is(tmp_path: Path, ending: str, dtype: str, full: float) -> None:
    deep(tmp_path / f"a.{ending}", dtype, full)
    assert np.abs(read_image(str(tmp_path / f"a.{ending}")).astype(int) - SAMPLE).max() <= 3


@pytest.mark.parametrize(("ending", "dtype", "full"), CASES)
@pytest.mark.parametrize("grey", [False, True])
def test_what_was_not_painted_keeps_its_own_samples(
    tmp_path: Path, ending: str, dtype: str, full: float, grey: bool
) -> None:
    path, out = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
    before = deep(path, dtype, full, grey)
    seen = read_image(str(path))
    write_image(str(out), painted(seen), like=str(path))
    after: Any = cv2.imread(str(out), cv2.IMREAD_UNCHANGED)
    assert after.dtype == before.dtype
    outside = np.ones((48, 64), bool)
    outside[10:20, 10:30] = False
    if grey:
        before = np.repeat(before[..., None], 3, 2)
    assert np.array_equal(after[outside], before[outside])
    assert np.allclose(after[12, 12] / full * 255, (90, 30, 200), atol=0.51)
    assert np.array_equal(read_image(str(out)), painted(seen))


def test_a_deep_grey_picture_that_was_not_painted_goes_into_what_holds_8_bits(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    deep(path, "float32", 1.0, grey=True)
    seen = read_image(str(path))
    write_image(str(tmp_path / "b.png"), seen, like=str(path))
    assert np.array_equal(read_image(str(tmp_path / "b.png")), seen)


@pytest.mark.parametrize("depth", [8, 10, 12])
def test_avif_of_any_depth(tmp_path: Path, depth: int) -> None:
    full = (1 << depth) - 1
    samples: Any = np.rint(SAMPLE[..., ::-1] / 255 * full).astype(np.uint8 if depth == 8 else np.uint16)
    path = tmp_path / "a.avif"
    assert cv2.imwrite(str(path), samples, [cv2.IMWRITE_AVIF_DEPTH, depth, cv2.IMWRITE_AVIF_QUALITY, 98])
    seen = read_image(str(path))
    assert np.abs(seen.astype(int) - SAMPLE).mean() < 3
    write_image(str(tmp_path / "b.avif"), painted(seen), like=str(path))
    assert np.abs(read_image(str(tmp_path / "b.avif")).astype(int) - painted(seen)).mean() < 6


@pytest.mark.parametrize("ending", ["jfif", "JPE", "jif", "jpeg"])
def test_a_jpeg_of_another_name_is_one(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    write_image(str(path), SAMPLE)
    assert is_image(str(path)) and path.read_bytes()[:3] == b"\xff\xd8\xff"
    assert np.abs(read_image(str(path)).astype(int) - SAMPLE).mean() < 3
