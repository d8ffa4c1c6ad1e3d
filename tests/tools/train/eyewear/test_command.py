"""`understudy train eyewear` and `train bands`: from labelled bands to the file that ships, and what they refuse."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from engines.errors import InputError, UnderstudyError
from tests.tools.train.eyewear.bands_with_bars import shard
from tools.train.command import app
from tools.train.eyewear import command

RUN = CliRunner()


@pytest.mark.train
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_bands_become_a_file_that_answers_like_the_network(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="training needs PyTorch")
    data, out = tmp_path / "data", tmp_path / "out"
    for name, seed in (("bands_training0", 1), ("bands_selection0", 2), ("bands_validation0", 3)):
        some = shard(16, seed)
        (data / name).mkdir(parents=True)
        for key in ("band", "map", "worn"):
            np.save(data / name / f"{key}.npy", getattr(some, key))
    given = ["eyewear", "--data", str(data), "-o", str(out), "--batch", "8", "--steps"]
    result = RUN.invoke(app, [*given, "2"])
    assert result.exit_code == 0, result.output
    assert "of the validation people:" in result.output and "person_recall" in result.output
    assert (out / "eyewear.onnx").stat().st_size < 4e5
    again = RUN.invoke(app, [*given, "3"])
    assert "resumed at step 2" in again.output
    other = tmp_path / "other"
    plan = ["eyewear", "--data", str(data), "-o", str(other), "--batch", "8", "--steps", "1"]
    assert RUN.invoke(app, [*plan, "--from", str(out / "best.pt")]).exit_code == 0
    before, after = (torch.load(p / "best.pt", weights_only=True)["stem.0.weight"] for p in (out, other))
    assert 0 < float((after - before).abs().max()) < 0.02


@pytest.mark.train
def test_a_folder_without_bands_is_named(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="training needs PyTorch")
    result = RUN.invoke(app, ["eyewear", "--data", str(tmp_path), "-o", str(tmp_path / "out")])
    assert isinstance(result.exception, InputError) and "train bands" in str(result.exception)


def test_photos_that_are_not_there_are_told_before_anything_is_made(tmp_path: Path) -> None:
    result = RUN.invoke(app, ["bands", "--data", str(tmp_path / "none"), "-o", str(tmp_path / "out")])
    assert isinstance(result.exception, InputError) and "there is no folder" in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_without_pytorch_the_line_that_installs_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "find_spec", lambda name: None)
    result = RUN.invoke(app, ["eyewear", "--data", str(tmp_path), "-o", str(tmp_path / "out")])
    assert isinstance(result.exception, UnderstudyError) and "pip install -e '.[train]'" in str(result.exception)
