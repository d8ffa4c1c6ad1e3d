"""`understudy qa` as a user calls it."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.values import U8
from tests.stream.portraits import photo
from tests.stream.qa.files import written
from tests.stream.qa.talking import SIZE, talk
from tests.tools.commands import needs_models, understudy


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip whose face is painted in all frames but the last six."""
    made = tmp_path_factory.mktemp("clips")
    original = talk("astronaut", range(12))
    written(made / "in.mp4", original)
    written(made / "out.mp4", [painted(rgb) for rgb in original[:6]] + original[6:])
    cv2.imwrite(str(made / "face.png"), photo("hopper")[..., ::-1])
    return made


def painted(rgb: U8) -> U8:
    mask = np.zeros(rgb.shape[:2], np.float32)
    cv2.ellipse(mask, (SIZE[0] // 2, SIZE[1] // 2), (38, 50), 0, 0, 360, 1.0, -1)
    alpha = cv2.GaussianBlur(mask, (0, 0), 8)[..., None]
    return np.asarray(np.clip(rgb + alpha * np.array([14, -8, -20]), 0, 255), np.uint8)


@pytest.mark.models
@needs_models[1]
def test_it_finds_tells_and_writes(folder: Path, tmp_path: Path) -> None:
    words = ["qa", folder / "out.mp4", "--source", folder / "face.png", "--original", folder / "in.mp4", "-q"]
    outputs = {name: tmp_path / f"m.{name}" for name in ("json", "jpg", "edl", "csv")}
    words += ["--json", outputs["json"], "--sheet", outputs["jpg"]]
    words += ["--markers", outputs["edl"], "--markers", outputs["csv"]]
    done = understudy(*words)
    assert done.returncode == 1, done.stderr
    told = json.loads(outputs["json"].read_text())
    [missed] = [one for one in told["spans"] if one["reason"] == "missed"]
    assert (missed["first_frame"], missed["last_frame"]) == (6, 11)
    assert "missed: the original's own face shows" in done.stdout and "of 12 frames are flagged" in done.stdout
    assert "missed" in outputs["edl"].read_text() and "missed" in outputs["csv"].read_text()
    assert cv2.imread(str(outputs["jpg"])) is not None
    again = understudy(*words)
    assert again.returncode == 2 and "--overwrite" in again.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--markers", "m.txt"], "name a file that ends in .edl or .csv"),
        (["--start", "2"], "add --original"),
        (["--json", "a.json", "--sheet", "a.json"], "is given twice"),
        (["--json", "CLIP"], "is also read here"),
        (["--repair", "r.mp4"], "add --original"),
        (["--repair", "CLIP", "--original", "CLIP"], "is also read here"),
        (["--repair", "r.mp4", "--original", "CLIP", "--tries", "0"], "--tries"),
        (["--original", "CLIP", "--end", "soon"], "--end 'soon' is no time"),
    ],
)
def test_what_does_not_go_together_is_told_before_anything_is_opened(folder: Path, words: list[str], told: str) -> None:
    clip = str(folder / "out.mp4")
    words = [clip if word == "CLIP" else word for word in words]
    done = understudy("qa", clip, "--source", folder / "face.png", *words)
    assert done.returncode == 2 and told in done.stderr


def test_a_repair_wants_consent(folder: Path) -> None:
    clip, face = folder / "out.mp4", folder / "face.png"
    words = ["--source", face, "--original", folder / "in.mp4", "--repair", folder / "r.mp4"]
    done = understudy("qa", clip, *words)
    assert done.returncode == 2 and "--i-have-consent" in done.stderr


def test_without_a_source_there_is_nothing_to_compare_with(folder: Path) -> None:
    done = understudy("qa", folder / "out.mp4")
    assert done.returncode == 2 and "--source" in done.stderr
