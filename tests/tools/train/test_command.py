from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.tools.synth.people import cast
from tools.synth import making, shards
from tools.train.command import app

RUN = CliRunner()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crops")
    people = cast()
    names = list(making.write(folder, (people, people), making.ShardPlan(16, 8, 2, 5, frames=4)))
    assert names == ["val0", "fit0", "seq0", "train0"]
    return folder


def test_making_again_makes_nothing_new(data: Path) -> None:
    people = cast()
    assert list(making.write(data, (people, people), making.ShardPlan(16, 8, 2, 5, frames=4))) == []


def test_what_is_made_depends_on_the_seed_alone(data: Path, tmp_path: Path) -> None:
    people = cast()
    list(making.write(tmp_path, (people, people), making.ShardPlan(16, 8, 0, 5)))
    np.testing.assert_array_equal(shards.read(tmp_path / "train0").face[:4], shards.read(data / "train0").face[:4])


def test_a_folder_without_crops_is_named(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="training needs PyTorch")
    result = RUN.invoke(app, ["xseg", "--data", str(tmp_path), "-o", str(tmp_path / "out")])
    assert result.exit_code != 0
    assert "train data" in str(result.exception)


def test_an_unknown_recipe_is_named(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="training needs PyTorch")
    result = RUN.invoke(app, ["xseg", "--data", str(data), "-o", str(tmp_path), "--recipe", "huge"])
    assert "small or full" in str(result.exception)


def test_the_classifier_needs_finished_masks(data: Path, tmp_path: Path) -> None:
    result = RUN.invoke(app, ["occlusion", "--data", str(data), "-o", str(tmp_path), "--from", str(tmp_path / "no.pt")])
    assert "train xseg" in str(result.exception)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_masks_then_class_are_trained_resumed_and_exported(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="training needs PyTorch")
    pytest.importorskip("onnx")
    first = tmp_path / "xseg"
    common = ["--data", str(data), "--batch", "8"]
    for steps in ("2", "3"):
        result = RUN.invoke(app, ["xseg", *common, "-o", str(first), "--steps", steps])
        assert result.exit_code == 0, result.output
    assert "resumed at step 2" in result.output
    assert "opaque_iou" in result.output
    assert (first / "occlusion.onnx").stat().st_size < 5e6
    second = tmp_path / "class"
    given = ["--data", str(data), "-o", str(second), "--from", str(first / "best.pt"), "--steps", "2"]
    result = RUN.invoke(app, ["occlusion", *given, "--batch", "8"])
    assert result.exit_code == 0, result.output
    assert "differ by at most" in result.output
