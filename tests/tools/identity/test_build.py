"""`understudy identity build`: the files of a run, to the letter; a run that was stopped; and what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from engines.errors import InputError, OutputError, UnderstudyError
from engines.nets.opened import identity_embedder
from engines.store.store import default_store
from stream.consent.identity_set import set_photos
from stream.consent.package import IdentityStore
from stream.media.still import read_image
from tests.stream.identity.rides import couple, grey
from tests.stream.portraits import needs_models
from tools.identity.build import WORK, BuildOptions, run
from tools.trust.identity import app

IMAGE_KEYS = [
    "type", "person_id", "frame_idx", "timestamp_ms", "yaw_bin", "pitch_bin", "expression_bin", "occlusion_bin",
    "lighting_bin", "quality_score", "novelty_score", "stable_score", "face_bbox", "crop_box", "embed_model_version",
    "gate_version",
]  # fmt: skip
PERSON_KEYS = [
    "person_id", "track_score", "prototype_type", "anchor_count", "coverage_buckets_filled", "challenge_count",
    "total_saved", "stop_reason",
]  # fmt: skip


def quiet(_: int, __: float) -> None:
    pass


def command(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if identity_embedder(default_store()) is None:
        pytest.skip("no embedder is here: the extra identity is not installed")
    return couple(tmp_path_factory.mktemp("video") / "couple.mkv", 5.4)


@pytest.fixture(scope="module")
def made(video: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("made") / "sets"
    told = command("build", video, "--to", into, "--quiet")
    assert told.count("anchors,") == 2 and "person_1: " in told and "sheet.jpg shows them all" in told
    return into


class TestWithNetworks:
    pytestmark = needs_models

    def test_the_tree_and_the_metas_are_the_seeds(self, made: Path) -> None:
        names = {path.name for path in made.iterdir()}
        assert names == {"person_0", "person_1", "pair", "sheet.jpg"}
        for person in (0, 1):
            folder = made / f"person_{person}"
            meta = json.loads((folder / "meta.json").read_text())
            assert list(meta) == PERSON_KEYS and meta["person_id"] == person and meta["prototype_type"] == "medoid"
            assert meta["stop_reason"] == "end_of_video" and set(meta["coverage_buckets_filled"]) == {
                "yaw", "pitch", "expression"
            }  # fmt: skip
            pictures = sorted(folder.rglob("*.jpg"))
            assert len(pictures) == meta["total_saved"] >= 3 and meta["anchor_count"] >= 1
            for path in pictures:
                told = json.loads(path.with_name(f"{path.stem}_meta.json").read_text())
                assert list(told) == IMAGE_KEYS and told["person_id"] == person
                x0, y0, x1, y1 = told["crop_box"]
                assert read_image(str(path)).shape == (y1 - y0, x1 - x0, 3)
                assert x0 <= told["face_bbox"][0] and y1 >= told["face_bbox"][3]
                assert told["stable_score"] >= 0.35 and told["gate_version"] == "v1"
                assert told["timestamp_ms"] == pytest.approx(told["frame_idx"] * 200)
            assert (folder / "anchors" / "anchor_001.jpg").is_file()
            assert all(path.name.startswith("cov_yaw") for path in (folder / "coverage").glob("*.jpg"))

    def test_nobody_is_in_the_others_set(self, made: Path) -> None:
        """The one stands on the left of the picture, the other on the right."""
        for person in (0, 1):
            metas = [json.loads(p.read_text()) for p in (made / f"person_{person}").rglob("*_*_meta.json")]
            sides = {(m["face_bbox"][0] + m["face_bbox"][2]) / 2 < 300 for m in metas}
            assert len(sides) == 1

    def test_the_bank_the_conditioning_and_the_pair(self, made: Path) -> None:
        folder = made / "person_0"
        bank = json.loads((folder / "memory_bank.json").read_text())
        with np.load(folder / "memory_bank.npz", allow_pickle=False) as stored:
            assert stored["vectors"].shape[0] == len(bank["looks"]) >= 1
        assert (bank["k_max"], bank["alpha"], bank["anchor_weight"]) == (10, 0.1, 0.15)
        told = json.loads((folder / "conditioning.json").read_text())
        assert sum(one["weight"] for one in told["images"]) == pytest.approx(1, abs=1e-4)
        assert all((folder / one["path"]).is_file() for one in told["images"])
        pair = json.loads((made / "pair" / "pair_001_meta.json").read_text())
        assert [one["person_id"] for one in pair["people"]] in ([0, 1], [1, 0]) and pair["mutual_occlusion"] == 0
        assert abs(pair["second_seen_from_first"]["dx"]) > 1 and pair["second_seen_from_first"]["scale"] > 0.5
        assert read_image(str(made / "sheet.jpg")).shape[1] > 600

    def test_a_second_run_gives_the_same_bytes(self, video: Path, made: Path, tmp_path: Path) -> None:
        run(BuildOptions((video,), tmp_path / "again"), quiet)
        assert tree(tmp_path / "again") == tree(made)

    def test_so_does_one_that_was_stopped_and_resumed(self, video: Path, made: Path, tmp_path: Path) -> None:
        run_until(25, video, tmp_path / "sets")
        with pytest.raises(OutputError, match="--resume goes on with it"):
            run(BuildOptions((video,), tmp_path / "sets"), quiet)
        looked = 0

        def told(_: int, __: float) -> None:
            nonlocal looked
            looked += 1

        run(BuildOptions((video,), tmp_path / "sets", resume=True), told)
        assert tree(tmp_path / "sets") == tree(made) and not (tmp_path / "sets" / WORK).exists()
        with pytest.raises(OutputError, match="holds finished sets already"):
            run(BuildOptions((video,), tmp_path / "sets", resume=True), quiet)

    def test_a_set_is_an_identity(self, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("UNDERSTUDY_IDENTITIES", str(tmp_path / "kept"))
        told = command("add", "--from", made / "person_0", "--name", "anna", "--consent", "Anna, today, a film")
        found = set_photos(made / "person_0")
        assert found is not None and f"anna: {len(found)} photo" in told and "with embedding" in told
        assert len(IdentityStore(tmp_path / "kept").get("anna").paths) == len(found)
        with pytest.raises(UnderstudyError, match="is no identity set"):
            command("add", "--from", made, "--name", "b", "--consent", "yes")
        with pytest.raises(UnderstudyError, match="name no photo beside it"):
            command("add", made / "sheet.jpg", "--from", made / "person_0", "--name", "b", "--consent", "yes")

    def test_a_video_without_anybody_and_one_of_a_moment(self, video: Path, tmp_path: Path) -> None:
        assert video.is_file()
        with pytest.raises(InputError, match=r"nobody can be made out in a\.mkv: 5 frames were looked at"):
            run(BuildOptions((grey(tmp_path / "a.mkv", 5),), tmp_path / "a"), quiet)
        with pytest.raises(InputError, match="1 frames were looked at"):
            run(BuildOptions((couple(tmp_path / "b.mkv", 0.2),), tmp_path / "b"), quiet)


def run_until(frames: int, video: Path, into: Path) -> None:
    """A run that ends after so many frames, as if it were killed: nothing is tidied up."""
    count = 0

    def told(_: int, __: float) -> None:
        nonlocal count
        count += 1
        if count > frames:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(BuildOptions((video,), into), told)


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (lambda at: BuildOptions((at / "none.mp4",), at / "to"), "there is no file"),
        (lambda at: BuildOptions((at,), at / "to"), "is a folder; name the videos in it"),
        (lambda at: BuildOptions((at / "a.mkv",), at / "to", people=3), "--people 3"),
        (lambda at: BuildOptions((at / "a.mkv",), at / "to", fps=0), "--fps 0"),
        (lambda at: BuildOptions((at / "a.mkv",), at / "a.mkv"), "is a file; give a folder"),
        (lambda at: BuildOptions((at / "a.mkv",), at), "is not empty"),
    ],
)
def test_what_cannot_be_is_refused_at_once(tmp_path: Path, prepare: Callable[[Path], BuildOptions], said: str) -> None:
    (tmp_path / "a.mkv").write_bytes(b"x")
    with pytest.raises(UnderstudyError, match=said):
        prepare(tmp_path).check()


def test_without_an_embedder_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stream.consent.embedder.identity_embedder", lambda _: None)
    with pytest.raises(UnderstudyError, match=r"install -e '\.\[identity\]'"):
        run(BuildOptions((grey(tmp_path / "a.mkv", 2),), tmp_path / "to"), quiet)
