"""HEIC pictures: read the right way up, written on in another format, or said what is missing."""

import importlib.util
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from engines.errors import InputError, OutputError
from engines.values import U8
from stream.media.still import read_image, write_image
from stream.stills.heif import read_heif
from tests.stream.clips import picture

SAMPLE = picture(3, 96, 64)


def heic(path: Path, pixels: U8 = SAMPLE, **more: Any) -> Path:
    library = pytest.importorskip("pillow_heif")
    mode = "RGB" if pixels.shape[2] == 3 else "RGBA"
    made = library.from_bytes(mode, (pixels.shape[1], pixels.shape[0]), pixels.tobytes())
    made.save(str(path), quality=95, chroma=444, **more)
    return path


@pytest.mark.parametrize("name", ["a.heic", "a.HEIF", "a.hif"])
def test_a_heic_picture_is_read(tmp_path: Path, name: str) -> None:
    assert np.abs(read_image(str(heic(tmp_path / name))).astype(int) - SAMPLE).mean() < 3


def test_transparency_is_kept_in_a_png(tmp_path: Path) -> None:
    alpha = np.full((64, 96, 1), 130, np.uint8)
    path = heic(tmp_path / "a.heic", np.dstack([SAMPLE, alpha]))
    assert read_heif(str(path))[0].shape == (64, 96, 4)
    write_image(str(tmp_path / "b.png"), read_image(str(path)), like=str(path))
    kept = cv2.imread(str(tmp_path / "b.png"), cv2.IMREAD_UNCHANGED)
    assert kept is not None and kept.shape == (64, 96, 4) and abs(int(kept[..., 3].mean()) - 130) <= 1


def test_it_is_not_written_and_the_endings_that_are_are_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"a picture is written as \.png, \.jpg"):
        write_image(str(tmp_path / "b.heic"), SAMPLE)


def test_without_the_extra_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr("stream.stills.heif.find_spec", lambda name: None if name == "pillow_heif" else found(name))
    with pytest.raises(
        InputError, match=r"HEIC picture, which this installation does not read.*install -e '\.\[heic\]'"
    ):
        read_image(str(tmp_path / "a.heic"))


def test_a_file_that_is_none_says_so(tmp_path: Path) -> None:
    pytest.importorskip("pillow_heif")
    path = tmp_path / "a.heic"
    path.write_bytes(b"nothing of the kind" * 9)
    with pytest.raises(InputError, match="is damaged or no HEIC picture"):
        read_image(str(path))
    with pytest.raises(InputError, match="there is no file"):
        read_image(str(tmp_path / "none.heic"))
