import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from engines.backends.choose import open_engine
from engines.occlusion.network import SIDE, OcclusionNet
from tests.tools.synth.people import cast
from tools.synth import making, shards
from tools.synth.purposes import Purpose
from tools.train.command import app

RUN = CliRunner()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crops")
    people = cast()
    names = list(making.write(folder, dict.fromkeys(Purpose, people), making.ShardPlan(16, 8, 2, 5, frames=4)))
    assert names == [
        "selection0", "calibration0", "validation0", "calibration_sequences0", "validation_sequences0", "training0",
    ]  # fmt: skip
    return folder


def test_making_again_makes_nothing_new(data: Path) -> None:
    people = cast()
    assert list(making.write(data, dict.fromkeys(Purpose, people), making.ShardPlan(16, 8, 2, 5, frames=4))) == []


def test_what_is_made_depends_on_the_seed_alone(data: Path, tmp_path: Path) -> None:
    people = cast()
    list(making.write(tmp_path, dict.fromkeys(Purpose, people), making.ShardPlan(16, 8, 0, 5)))
    np.testing.assert_array_equal(
        shards.read(tmp_path / "training0").face[:4], shards.read(data / "training0").face[:4]
    )


def test_a_folder_without_crops_is_named(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="training needs PyTorch")
    result = RUN.invoke(app, ["xseg", "--data", str(tmp_path), "-o", str(tmp_path / "out")])
    assert result.exit_code != 0
    assert "train data" in str(result.exception)


def test_an_unknown_recipe_is_named(data: Path, tmp_path: Path) -> None:
    result = RUN.invoke(app, ["xseg", "--data", str(data), "-o", str(tmp_path), "--recipe", "huge"])
    assert result.exit_code == 2
    assert all(word in result.output for word in ("huge", "small", "full"))


def test_the_classifier_needs_finished_masks(data: Path, tmp_path: Path) -> None:
    result = RUN.invoke(app, ["occlusion", "--data", str(data), "-o", str(tmp_path), "--from", str(tmp_path / "no.pt")])
    assert "train xseg" in str(result.exception)


@pytest.mark.train
def test_only_the_full_recipe_has_encoders(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="training needs PyTorch")
    result = RUN.invoke(app, ["xseg", "--data", str(data), "-o", str(tmp_path), "--encoder", str(tmp_path / "a.pth")])
    assert "--encoder goes with --recipe full" in str(result.exception)


@pytest.mark.train
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("recipe", "runs", "megabytes"), [("small", ("1", "2"), 2.4), ("full", ("1",), 71.3)])
def test_masks_then_class_are_trained_resumed_and_exported(
    data: Path, tmp_path: Path, recipe: str, runs: tuple[str, ...], megabytes: float
) -> None:
    """Both recipes from crops to the file that ships, which answers like the network and runs in the product."""
    torch = pytest.importorskip("torch", reason="training needs PyTorch")
    first, second = tmp_path / "xseg", tmp_path / "class"
    common = ["--data", str(data), "--batch", "8", "--recipe", recipe]
    for steps in runs:
        result = RUN.invoke(app, ["xseg", *common, "-o", str(first), "--steps", steps])
        assert result.exit_code == 0, result.output
    assert ("resumed at step 1" in result.output) == (len(runs) > 1)
    assert "of the validation people:" in result.output and "opaque_iou" in result.output
    given = [*common, "-o", str(second), "--from", str(first / "best.pt"), "--steps", "1"]
    result = RUN.invoke(app, ["occlusion", *given])
    assert result.exit_code == 0, result.output
    differ = re.search(r"differ by at most (\S+)", result.output)
    assert differ is not None and float(differ[1]) < 1e-4
    before, after = (torch.load(folder / "best.pt", weights_only=True) for folder in (first, second))
    assert {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])} == {"head"}
    path = second / "occlusion.onnx"
    assert path.stat().st_size / 1e6 == pytest.approx(megabytes, rel=0.02)
    seen = OcclusionNet(open_engine(path, "cpu", "bf16"))
    answer = seen.run(
        np.zeros((SIDE, SIDE, 3), np.uint8), None, np.ones((SIDE, SIDE), np.float32), np.eye(2, 3, dtype=np.float32)
    )
    assert answer.logits.shape == (3,) and answer.opaque.shape == (SIDE, SIDE)
    assert 0 <= float(answer.opaque.min()) <= float(answer.opaque.max()) <= 1
