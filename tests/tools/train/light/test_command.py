"""`train pairs` and `train light` as a user meets them."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from tests.tools.train.light.test_task import shard  # noqa: E402
from tools.synth.light.shards import NAMES  # noqa: E402
from tools.train.command import app  # noqa: E402

pytestmark = pytest.mark.train

RUN = CliRunner()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_pairs_become_a_file_that_answers_like_the_network(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    data, out = tmp_path / "data", tmp_path / "out"
    for name, seed in (("pairs_training0", 1), ("pairs_selection0", 2), ("pairs_validation0", 3)):
        some = shard(16, seed)
        (data / name).mkdir(parents=True)
        for key in NAMES:
            np.save(data / name / f"{key}.npy", getattr(some, key))
    given = ["light", "--data", str(data), "-o", str(out), "--batch", "8", "--steps"]
    result = RUN.invoke(app, [*given, "2"])
    assert result.exit_code == 0, result.output
    assert "classical" in result.output and "field" in result.output
    again = RUN.invoke(app, [*given, "3"])
    assert "resumed at step 2" in again.output
    assert (out / "light.onnx").stat().st_size < 1.5e6


def test_a_folder_without_pairs_is_named(tmp_path: Path) -> None:
    result = RUN.invoke(app, ["light", "--data", str(tmp_path), "-o", str(tmp_path / "out")])
    assert "train pairs" in str(result.exception)
    result = RUN.invoke(app, ["pairs", "--data", str(tmp_path / "none"), "-o", str(tmp_path / "out")])
    assert "there is no folder" in str(result.exception)
