"""Which pictures of a set are a source."""

import json
from pathlib import Path

import pytest

from engines.errors import InputError
from stream.consent.identity_set import set_photos
from stream.consent.photos import parse_sources


def put(path: Path, frame: int, **meta: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    told = {"frame_idx": frame, "yaw_bin": "[-5,5]", "pitch_bin": "neutral", "expression_bin": "neutral",
            "occlusion_bin": "none", "lighting_bin": "normal", "quality_score": 0.5}  # fmt: skip
    path.with_name(f"{path.stem}_meta.json").write_text(json.dumps(told | meta))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    one = tmp_path / "person_0"
    put(one / "anchors" / "anchor_001.jpg", 1)
    (one / "meta.json").write_text("{}")
    return one


def names(folder: Path) -> list[str]:
    found = set_photos(folder)
    assert found is not None
    return [path.name for path in found]


def test_anchors_and_the_best_calm_picture_of_each_pose(folder: Path) -> None:
    cover = folder / "coverage"
    put(cover / "a.jpg", 2, yaw_bin="[15,30]", quality_score=0.3)
    put(cover / "b.jpg", 3, yaw_bin="[15,30]", quality_score=0.6, expression_bin="smile")
    put(cover / "c.jpg", 4, yaw_bin="[15,30]", quality_score=0.9, expression_bin="mouth_open")
    put(cover / "d.jpg", 5, pitch_bin="up", occlusion_bin="partial")
    put(cover / "e.jpg", 6, pitch_bin="up", lighting_bin="dark")
    put(folder / "challenge" / "chal_dark_001.jpg", 7)
    assert names(folder) == ["anchor_001.jpg", "b.jpg"]
    assert [path.name for path in parse_sources([str(folder)])[0]] == ["anchor_001.jpg", "b.jpg"]


def test_a_frame_that_is_in_two_sets_is_taken_once(folder: Path) -> None:
    put(folder / "coverage" / "same.jpg", 1)
    put(folder / "coverage" / "other.jpg", 1, yaw_bin="[5,15]", video="b.mp4")
    assert names(folder) == ["anchor_001.jpg", "other.jpg"]


def test_other_folders_are_no_sets(tmp_path: Path, folder: Path) -> None:
    assert set_photos(tmp_path) is None and set_photos(tmp_path / "none") is None
    (folder / "meta.json").unlink()
    assert set_photos(folder) is None


def test_a_set_that_is_damaged_or_empty_is_refused(folder: Path) -> None:
    (folder / "anchors" / "anchor_001_meta.json").write_text("{")
    with pytest.raises(InputError, match=r"anchor_001_meta\.json is missing or damaged"):
        set_photos(folder)
    for path in (folder / "anchors").iterdir():
        path.unlink()
    with pytest.raises(InputError, match="holds no anchor"):
        set_photos(folder)
