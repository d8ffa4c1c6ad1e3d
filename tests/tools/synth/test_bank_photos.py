"""Portraits out of a folder of photos, with the networks that find faces."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.detector import Detector
from engines.errors import InputError
from engines.landmarks import Landmarks
from tests.stream.portraits import Placed, needs_models, networks, paint, photo
from tools.synth.bank import MeshFinder, build

pytestmark = needs_models


@pytest.fixture(scope="module")
def finder() -> Iterator[MeshFinder]:
    seen = networks()
    finder = MeshFinder(Detector(seen.detector), Landmarks(seen.landmarks))
    yield finder
    finder.landmarks.close()


def test_photos_become_portraits_by_person(finder: MeshFinder, tmp_path: Path) -> None:
    placed = {
        "london_neutral/007_03.jpg": "hopper", "london_smiling/007_08.jpg": "hopper",
        "canada/Smith.jpg": "astronaut",
    }  # fmt: skip
    for path, who in placed.items():
        file = tmp_path / "photos" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        picture = paint([Placed(who, 240, 230, 150)], (480, 480))
        cv2.imwrite(str(file), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 95])
    cv2.imwrite(str(tmp_path / "photos" / "canada" / "wall.jpg"), np.full((300, 300, 3), 127, np.uint8))
    (tmp_path / "photos" / "canada" / "torn.jpg").write_bytes(b"\xff\xd8torn")
    bank = build(tmp_path, finder)
    assert [p.person for p in bank] == ["london_007", "london_007", "canada_Smith"]
    for p in bank:
        assert p.image.shape == (256, 256, 3)
        low, high = p.mesh[:, :2].min(0), p.mesh[:, :2].max(0)
        assert (low > 25).all() and (high < 231).all()  # the whole face, well inside
        assert (high - low).max() > 110


def test_the_mesh_lies_on_the_face(finder: MeshFinder) -> None:
    mesh = finder.mesh(photo("astronaut"))
    assert mesh is not None
    assert np.abs(mesh[:, :2].mean(0) - (225, 128)).max() < 25


def test_a_folder_without_faces_is_named(finder: MeshFinder, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="photos of faces"):
        build(tmp_path, finder)
