"""The light network learns, resumes and is exported; its figures by value."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from engines.mesh.field.lightnet import CHANNELS, SIDE  # noqa: E402
from tools.synth.light.shards import LightShard  # noqa: E402
from tools.train import export, loop  # noqa: E402
from tools.train.light import task  # noqa: E402
from tools.train.light.net import LightField32  # noqa: E402

pytestmark = pytest.mark.train

RUN = CliRunner()
RECIPE = loop.TrainingRecipe(steps=12, size=8, rate=4e-3, warm=2, every=6, bf16=False, keep=0.5)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def shard(count: int = 16, seed: int = 0, gain: float = 0.6) -> LightShard:
    """Grey noise; the truth is the painting, darker on its left half."""
    rng = np.random.default_rng(seed)
    face = rng.integers(110, 150, (count, CHANNELS, SIDE, SIDE), np.uint8)
    truth = face[:, 3:6].astype(np.float32)
    truth[..., : SIDE // 2] *= gain
    weight = np.full((count, SIDE, SIDE), 255, np.uint8)
    weight[:, :8] = 0
    return LightShard(face, truth.astype(np.uint8), weight)


def test_a_few_steps_lower_the_loss() -> None:
    run = loop.begin(LightField32, RECIPE)
    (batch,) = task.epoch([shard(8)], 8, np.random.default_rng(1))
    parts = [loop.update(run, batch, RECIPE, of=task.parts) for _ in range(12)]
    assert set(parts[0]) == {"low", "fine", "steep"}
    assert sum(parts[-1].values()) < 0.8 * sum(parts[0].values())


def test_pairs_are_mirrored_with_their_shape() -> None:
    some = shard(8)
    plain = task.batch(some.face, some.truth, some.weight)
    varied = task.varied(task.batch(some.face, some.truth, some.weight), np.random.default_rng(2))
    flipped = 0
    for i in range(8):
        same = np.array_equal(varied.face[i, 11], plain.face[i, 11])
        mirrored = np.array_equal(varied.face[i, 11], plain.face[i, 11, :, ::-1])
        assert same != mirrored
        flipped += mirrored
        want = 1 - plain.face[i, 10, :, ::-1] if mirrored else plain.face[i, 10]
        np.testing.assert_allclose(varied.face[i, 10], want, atol=1e-6)
        # the painting and the truth keep their ratio: one camera shows both
        ratio = varied.truth[i].mean(0) / varied.face[i, 3:6].mean(0)
        dark = ratio[:, SIDE // 2 :] if mirrored else ratio[:, : SIDE // 2]
        assert float(dark.mean()) == pytest.approx(0.6, abs=0.02)
    assert 0 < flipped < 8


def test_figures_say_what_the_field_gains() -> None:
    some = shard(8)
    before = task.evaluate(LightField32(), some, RECIPE)
    assert before.field == pytest.approx(before.classical)
    off = np.abs(some.face[:, 3:6].astype(float) - some.truth)[:, :, 8:].mean()
    assert before.classical == pytest.approx(off, rel=0.01)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_another_networks_file_is_told(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    nets = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        net = LightField32().eval()
        torch.nn.init.normal_(net.gain.weight)
        nets.append(export.rounded(net))
    path = tmp_path / "light.onnx"
    export.export(nets[0], path, form=export.LIGHT)
    seen = np.random.default_rng(0).random((2, CHANNELS, SIDE, SIDE), np.float32)
    assert export.parity(nets[0], path, seen, export.LIGHT) < 1e-3
    with pytest.raises(Exception, match="export it again"):
        export.parity(nets[1], path, seen, export.LIGHT)
