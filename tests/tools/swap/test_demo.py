"""The demo: whose consent it records, what it leaves, what it refuses."""

import json
from pathlib import Path

import cv2
import pytest

from tests.tools.commands import film, needs_models, portrait, understudy


@pytest.fixture(autouse=True)
def own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERSTUDY_SIGNING", str(tmp_path / "signing"))


def test_a_file_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    done = understudy("demo", "--source", tmp_path / "no.jpg", "--out", tmp_path / "out")
    assert done.returncode != 0 and "no.jpg is no file" in done.stderr
    assert not (tmp_path / "out").exists()


class TestWithNetworks:
    pytestmark = needs_models

    def test_the_portraits_consent_is_recorded_as_what_it_is(self, tmp_path: Path) -> None:
        done = understudy("demo", "--out", tmp_path / "out", "--seconds", 0.5)
        assert done.returncode == 0
        out = tmp_path / "out"
        told = json.loads((out / "report.json").read_text())
        assert told["consent"]["sources"][0]["given"] == "the demo's public-domain portraits"
        for name in ("target.mp4", "swapped.mp4", "compare.mp4", "compare.png", "report.json"):
            assert (out / name).is_file() and str(out / name) in done.stdout, "full paths"
        verified = json.loads(understudy("verify", "--json", "--quick", out / "compare.mp4").stdout)
        assert verified["verdict"]["word"] == "intact"
        picture = cv2.imread(str(out / "compare.png"))
        assert picture is not None and picture.shape[1] > 2 * picture.shape[0], "before and after, side by side"

    def test_a_face_of_ones_own_takes_consent(self, tmp_path: Path) -> None:
        cv2.imwrite(str(tmp_path / "me.png"), portrait()[..., ::-1])
        clip = film(tmp_path / "clip.mp4", 8, with_face=True)
        words = ("demo", "--source", tmp_path / "me.png", "--target", clip, "--out", tmp_path / "out")
        refused = understudy(*words)
        assert refused.returncode != 0 and "--i-have-consent" in refused.stderr
        assert not (tmp_path / "out" / "swapped.mp4").exists()
        assert understudy(*words, "--i-have-consent").returncode == 0
        told = json.loads((tmp_path / "out" / "report.json").read_text())
        assert told["consent"]["sources"][0]["given"] == "--i-have-consent"
