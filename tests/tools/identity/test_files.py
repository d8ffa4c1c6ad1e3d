"""Folders, names and metas of sets, from a run that is made up."""

import json
from pathlib import Path

import numpy as np
import pytest

from calib.identity.selection import reason
from tests.tools.identity.runs import built
from tools.identity.files import SetSource, shelves, write_sets

SOURCE = SetSource(("a.mp4",), "arcface_w600k_r50", "ab" * 32)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    run, work = built(folder)
    (folder / "out").mkdir()
    write_sets(run, work, folder / "out", SOURCE)
    return folder / "out"


def metas(folder: Path, kind: str) -> dict[str, dict[str, object]]:
    return {path.name: json.loads(path.read_text()) for path in sorted((folder / kind).glob("*_meta.json"))}


def test_each_picture_has_its_meta_beside_it(made: Path) -> None:
    pictures = sorted(made.rglob("*.jpg"))
    assert len(pictures) > 10
    for path in pictures:
        assert path.with_name(f"{path.stem}_meta.json").is_file()


def test_names_say_what_pictures_show(made: Path) -> None:
    for name, meta in metas(made / "person_0", "coverage").items():
        assert name.startswith("cov_yaw") and str(meta["expression_bin"]) in name
        number = name.removeprefix("cov_yaw").partition("_")[0]
        low, high = str(meta["yaw_bin"]).strip("[]").split(",")
        assert number in (low, high, "0")
    hard = metas(made / "person_1", "challenge")
    assert list(hard)[:2] == ["chal_occluded_001_meta.json", "chal_occluded_002_meta.json"]
    assert all(meta["occlusion_bin"] == "heavy" for meta in hard.values())
    assert next(iter(metas(made / "person_0", "anchors"))) == "anchor_001_meta.json"


def test_the_persons_meta_counts_what_is_there(made: Path) -> None:
    for person in (0, 1):
        folder = made / f"person_{person}"
        meta = json.loads((folder / "meta.json").read_text())
        assert meta["anchor_count"] == len(metas(folder, "anchors"))
        assert meta["challenge_count"] == len(metas(folder, "challenge"))
        assert meta["total_saved"] == len(list(folder.rglob("*.jpg")))


def test_the_bank_is_plain_arrays_and_json(made: Path) -> None:
    told = json.loads((made / "person_0" / "memory_bank.json").read_text())
    assert told["embedder_sha256"] == "ab" * 32 and (told["merge"], told["new"]) == (0.5, 0.3)
    assert sum(look["weight"] for look in told["looks"]) == pytest.approx(1, abs=1e-3)
    with np.load(made / "person_0" / "memory_bank.npz", allow_pickle=False) as stored:
        assert stored["vectors"].shape == (len(told["looks"]), 2)


def test_conditioning_names_every_picture_once(made: Path) -> None:
    told = json.loads((made / "person_0" / "conditioning.json").read_text())
    paths = [one["path"] for one in told["images"]]
    person = made / "person_0"
    assert sorted(paths) == sorted(path.relative_to(person).as_posix() for path in person.rglob("*.jpg"))
    assert sum(told["ratio"].values()) == 100


def test_pairs_show_both_people(made: Path) -> None:
    meta = json.loads((made / "pair" / "pair_001_meta.json").read_text())
    assert {one["person_id"] for one in meta["people"]} == {0, 1}
    assert meta["second_seen_from_first"]["dx"] in (2.0, -2.0) and meta["second_seen_from_first"]["scale"] == 1


def test_of_several_videos_each_meta_says_which(tmp_path: Path) -> None:
    run, work = built(tmp_path, videos=2)
    (tmp_path / "out").mkdir()
    sets = write_sets(run, work, tmp_path / "out", SetSource(("a.mp4", "b.mp4"), "x", "ab" * 32))
    videos = {meta["video"] for meta in metas(tmp_path / "out" / "person_0", "coverage").values()}
    assert "a.mp4" in videos <= {"a.mp4", "b.mp4"}
    names = [shelf.path for shelf in shelves(sets[1])]
    assert len(set(names)) == len(names)
    assert all(reason(s.rated.candidate) in s.path for s in shelves(sets[1]) if s.kind == "challenge")  # type: ignore[operator]
