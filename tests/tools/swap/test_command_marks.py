"""What `understudy swap` makes says so: consent first, then the mark, the signed record, the report. Real files."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from calib.denylist import DenyList, save
from stream.consent.embedder import EMBEDDER
from stream.consent.package import default_identities
from stream.marks.keys import local_identity
from stream.marks.provenance import ManifestState
from stream.marks.read import read_provenance
from stream.perception.face_finding import NAMES as NETWORKS
from tests.tools.commands import AGREED, failed, needs_models, on_terminal, portrait, understudy

NOW = datetime(2026, 11, 21, tzinfo=UTC)
RECORD = "Grace H., 1 November 2026, tests"


def verified(path: Path) -> tuple[int, dict[str, Any]]:
    result = understudy("verify", path, "--json")
    told = json.loads(result.stdout)
    assert isinstance(told, dict)
    return result.returncode, told


@pytest.fixture(scope="module")
def swapped(face: Path, clip: Path, signing: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one swap: out.mp4 and run.json."""
    folder = tmp_path_factory.mktemp("swapped")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNDERSTUDY_SIGNING", str(signing))
        words = ["-s", face, clip, folder / "out.mp4", "--report", folder / "run.json"]
        result = understudy("swap", AGREED, *words)
    assert result.returncode == 0, result.stderr
    assert "marked: invisible mark 1-" in result.stdout and "signed record in the file" in result.stdout
    return folder


# ---- consent, before any network is loaded


def test_a_script_has_to_say_that_there_is_consent(face: Path, clip: Path, tmp_path: Path) -> None:
    result = understudy("swap", "-s", face, clip, tmp_path / "out.mp4")
    assert result.returncode == 2
    assert "add --i-have-consent if the person agreed" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals there")
@pytest.mark.parametrize(("answer", "then"), [("y", "there is no file nowhere.mp4"), ("n", "without consent nothing")])
def test_on_a_terminal_it_is_asked_once(face: Path, tmp_path: Path, answer: str, then: str) -> None:
    code, shown = on_terminal(answer, "swap", "-s", face, "-s", face, "nowhere.mp4", tmp_path / "o.mp4")
    said = " ".join(shown.split())
    assert code == 2
    assert said.count("Do you have the consent of the person in grace.png, grace.png") == 1
    assert then in said


def test_an_identity_that_is_not_there_names_those_that_are(face: Path, clip: Path, tmp_path: Path) -> None:
    default_identities().add("grace", [face], RECORD, NOW)
    assert "there is no identity grcae; there are: grace" in failed("-s", "grcae", clip, tmp_path / "out.mp4")


def test_consent_that_has_ended_stops_the_job_whatever_the_flag(face: Path, clip: Path, tmp_path: Path) -> None:
    default_identities().add("grace", [face], RECORD, datetime(2025, 1, 1, tzinfo=UTC), expires=date(2025, 2, 1))
    assert "the consent for grace ended on 2025-02-01" in failed("-s", "grace", clip, tmp_path / "out.mp4")


def test_a_deny_list_that_cannot_be_applied_stops_the_job(
    face: Path, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a server whose list is there and whose embedder is not: open doors would be no list at all."""
    listed = tmp_path / "deny.json"
    save(DenyList("ab" * 32).with_entry("case 7", np.eye(512, dtype=np.float32)[0]), listed)
    monkeypatch.setenv("UNDERSTUDY_DENYLIST", str(listed))
    monkeypatch.setenv("UNDERSTUDY_MODELS", str(tmp_path / "models"))
    line = failed("-s", face, clip, tmp_path / "out.mp4")
    assert f"`understudy models pull {EMBEDDER}`" in line
    monkeypatch.setenv("UNDERSTUDY_DENYLIST", str(tmp_path / "gone.json"))
    assert "gone.json" in failed("-s", face, clip, tmp_path / "out.mp4")


# ---- switches, before any network is loaded


def test_a_layer_does_not_go_off_without_a_reason(face: Path, clip: Path, tmp_path: Path) -> None:
    line = failed("-s", face, clip, tmp_path / "out.mp4", "--without", "manifest", "--without", "watermark")
    assert line.startswith("error: the signed manifest and the invisible watermark can be left off, but not silently")
    assert list(tmp_path.iterdir()) == []


def test_a_key_needs_its_certificate(face: Path, clip: Path, tmp_path: Path) -> None:
    line = failed("-s", face, clip, tmp_path / "out.mp4", "--certificate-key", "key.pem")
    assert "add --certificate CHAIN.pem" in line


def test_a_key_that_does_not_fit_is_told_before_the_work(face: Path, clip: Path, tmp_path: Path) -> None:
    local_identity(tmp_path / "a")
    local_identity(tmp_path / "b")
    words = ["--certificate", tmp_path / "a" / "chain.pem", "--certificate-key", tmp_path / "b" / "key.pem"]
    line = failed("-s", face, clip, tmp_path / "out.mp4", *words)
    assert "nothing can be signed as Understudy local signer" in line
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}


class TestWithNetworks:
    pytestmark = needs_models

    def test_a_clip_is_trusted_and_says_what_made_it(self, swapped: Path) -> None:
        code, told = verified(swapped / "out.mp4")
        report = json.loads((swapped / "run.json").read_text())
        assert (code, told["c2pa"]["state"], told["verdict"]["word"]) == (0, "trusted", "intact")
        assert told["c2pa"]["made_by_understudy"] and told["c2pa"]["declares_ai"]
        assert told["c2pa"]["ingredients"][0]["title"] == "clip.mp4"
        assert told["watermark"]["payload"]["text"] == report["marking"]["watermark"]
        assert report["marking"]["manifest"] == "in the file" and report["marking"]["off"] == []
        assert [model["name"] for model in report["models"]][:2] == list(NETWORKS)
        assert all(len(model["sha256"]) == 64 for model in report["models"])

    def test_the_record_has_models_routes_and_consent_but_no_names(self, swapped: Path) -> None:
        import c2pa  # type: ignore[import-untyped]

        with c2pa.Reader(str(swapped / "out.mp4")) as reader:
            said = json.loads(reader.json())
        active = said["manifests"][said["active_manifest"]]
        (swap,) = [one["data"] for one in active["assertions"] if one["label"] == "org.understudy.swap"]
        report = json.loads((swapped / "run.json").read_text())
        assert swap["models"] == report["models"]
        assert swap["routes"] == {"fast": 45}
        assert swap["watermark"] == report["marking"]["watermark"]
        assert [source["given"] for source in swap["consent"]["sources"]] == [AGREED]
        assert "grace" not in json.dumps(said), "the source's file name may name its person"

    def test_one_flipped_byte_shows(self, swapped: Path, tmp_path: Path) -> None:
        data = bytearray((swapped / "out.mp4").read_bytes())
        data[data.find(b"mdat") + 5000] ^= 1
        (tmp_path / "flipped.mp4").write_bytes(data)
        code, told = verified(tmp_path / "flipped.mp4")
        assert (code, told["c2pa"]["state"], told["verdict"]["word"]) == (1, "tampered", "altered")
        assert "assertion.bmffHash.mismatch" in told["c2pa"]["problems"]

    def test_a_second_swap_keeps_the_record_of_the_first(self, face: Path, swapped: Path, tmp_path: Path) -> None:
        out = tmp_path / "again.mp4"
        assert understudy("swap", AGREED, "-q", "-s", face, swapped / "out.mp4", out).returncode == 0
        code, told = verified(out)
        assert (code, told["c2pa"]["state"]) == (0, "trusted")
        (first,) = told["c2pa"]["ingredients"]
        assert (first["title"], first["has_manifest"], first["declares_ai"]) == ("out.mp4", True, True)
        assert told["watermark"]["found"], "two marks on one another are still a mark"

    def test_a_format_without_room_gets_a_file_beside_it(self, face: Path, clip: Path, tmp_path: Path) -> None:
        out = tmp_path / "out.mkv"
        result = understudy("swap", AGREED, "-s", face, clip, out, "--report", tmp_path / "run.json")
        assert "signed record out.mkv.c2pa" in result.stdout
        assert json.loads((tmp_path / "run.json").read_text())["marking"]["manifest"] == "out.mkv.c2pa"
        code, told = verified(out)
        assert (code, told["c2pa"]["state"], told["c2pa"]["sidecar"]) == (0, "trusted", True)

    @pytest.mark.parametrize("ending", ["png", "jpg", "webp", "tif", "bmp"])
    def test_pictures_are_marked_and_signed_too(self, face: Path, tmp_path: Path, ending: str) -> None:
        target, out = tmp_path / "in.png", tmp_path / f"out.{ending}"
        cv2.imwrite(str(target), np.ascontiguousarray(portrait()[:, ::-1, ::-1]))
        result = understudy("swap", AGREED, "-s", face, target, out)
        assert result.returncode == 0, result.stderr
        code, told = verified(out)
        assert (code, told["c2pa"]["state"], told["c2pa"]["sidecar"]) == (0, "trusted", ending == "bmp")
        assert told["watermark"]["payload"]["text"] in result.stdout

    def test_a_preview_is_marked_and_signed(self, face: Path, clip: Path, tmp_path: Path) -> None:
        shot = tmp_path / "shot.png"
        assert understudy("swap", AGREED, "-s", face, clip, "--preview", shot).returncode == 0
        code, told = verified(shot)
        assert (code, told["c2pa"]["state"], told["watermark"]["found"]) == (0, "trusted", True)

    def test_a_picture_in_which_nothing_was_replaced_does_not_claim_it(self, face: Path, tmp_path: Path) -> None:
        target, out = tmp_path / "in.png", tmp_path / "out.png"
        cv2.imwrite(str(target), np.random.default_rng(1).integers(0, 255, (120, 160, 3), np.uint8))
        words = ["-s", face, target, out, "--report", tmp_path / "run.json"]
        assert "unmarked" in " ".join(understudy("swap", AGREED, *words).stderr.split())
        assert verified(out)[0] == 2
        assert json.loads((tmp_path / "run.json").read_text())["marking"] is None

    @pytest.mark.parametrize(
        ("layer", "state", "found"), [("manifest", "missing", True), ("watermark", "trusted", False)]
    )
    def test_a_layer_goes_off_with_a_reason_that_is_kept(
        self, face: Path, clip: Path, tmp_path: Path, home: Path, layer: str, state: str, found: bool
    ) -> None:
        out, report = tmp_path / "out.mp4", tmp_path / "run.json"
        words = ["--without", layer, "--because", "a plate for the lab", "--report", report]
        assert understudy("swap", AGREED, "-q", "-s", face, clip, out, *words).returncode == 0
        _, told = verified(out)
        assert (told["c2pa"]["state"], told["watermark"]["found"]) == (state, found)
        (line,) = map(json.loads, (home / "journal").read_text().splitlines())
        assert (line["output"], line["because"]) == (str(out), "a plate for the lab")
        marking = json.loads(report.read_text())["marking"]
        assert marking["off"] == line["off"] and marking["because"] == "a plate for the lab"

    def test_a_kept_identity_needs_no_flag_and_its_record_stays_home(
        self, face: Path, clip: Path, tmp_path: Path
    ) -> None:
        package = default_identities().add("grace", [face], RECORD, NOW, expires=date(2099, 1, 1))
        out, report = tmp_path / "out.mp4", tmp_path / "run.json"
        result = understudy("swap", "-q", "-s", "grace", clip, out, "--report", report)
        assert result.returncode == 0, result.stderr
        (source,) = json.loads(report.read_text())["consent"]["sources"]
        assert source == {
            "given": "identity record", "sha256": package.sha256, "self": False, "name": "grace", "record": RECORD,
        }  # fmt: skip
        data = out.read_bytes()
        assert package.sha256.encode() in data
        assert RECORD.encode() not in data and b"grace" not in data

    def test_a_users_own_certificate_signs(self, face: Path, clip: Path, tmp_path: Path) -> None:
        newsroom = local_identity(tmp_path / "newsroom")
        words = ["--certificate", tmp_path / "newsroom" / "chain.pem", "--certificate-key"]
        out = tmp_path / "out.mp4"
        result = understudy("swap", AGREED, "-s", face, clip, out, *words, tmp_path / "newsroom" / "key.pem")
        assert f"by {newsroom.name}" in result.stdout
        assert read_provenance(out).state is ManifestState.VALID
        assert read_provenance(out, newsroom.root).state is ManifestState.TRUSTED

    def test_a_pipe_carries_the_mark_alone(self, face: Path, clip: Path, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "tools.main", "swap", AGREED, "-s", str(face), str(clip), "-"]
        done = subprocess.run(command, capture_output=True, timeout=100, check=False)
        assert done.returncode == 0, done.stderr
        assert b"marked: invisible mark" in done.stderr and b"signed record" not in done.stderr
        (tmp_path / "out.mkv").write_bytes(done.stdout)
        code, told = verified(tmp_path / "out.mkv")
        assert (code, told["c2pa"]["state"], told["watermark"]["found"]) == (1, "missing", True)
