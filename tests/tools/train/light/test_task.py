"""The light network learns, resumes and is exported; its figures by value."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from engines.mesh.lightnet import CELLS, CHANNELS, SIDE  # noqa: E402
from tools.synth.light.shards import NAMES, LightShard  # noqa: E402
from tools.train import export, loop  # noqa: E402
from tools.train.command import app  # noqa: E402
from tools.train.light import task  # noqa: E402
from tools.train.light.net import LightField32, losses, relit  # noqa: E402

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


def test_the_network_has_the_declared_form_and_is_small() -> None:
    net = LightField32()
    with torch.no_grad():
        gain = net(torch.zeros(2, CHANNELS, SIDE, SIDE))
    assert gain.shape == (2, 3, CELLS, CELLS)
    assert float(gain.abs().max()) == 0  # untrained, it changes nothing
    assert sum(p.numel() for p in net.parameters()) <= 700_000


def test_what_it_answers_is_smooth() -> None:
    net = LightField32().eval()
    torch.manual_seed(0)
    torch.nn.init.normal_(net.gain.weight)
    with torch.no_grad():
        gain = net(torch.rand(1, CHANNELS, SIDE, SIDE))
    step = (gain[..., 1:] - gain[..., :-1]).abs().mean()
    assert float(step) < 0.25 * float(gain.std())


def test_the_right_field_costs_least() -> None:
    some = task.batch(*(getattr(shard(4), name) for name in NAMES))
    painted, truth, weight = (
        torch.from_numpy(np.ascontiguousarray(a)) for a in (some.face[:, 3:6], some.truth, some.weight)
    )
    right = torch.zeros(4, 3, CELLS, CELLS)
    right[..., : CELLS // 2] = float(np.log(0.6))
    none, wrong = torch.zeros_like(right), -right
    cost = [sum(float(v) for v in losses(painted, g, truth, weight).values()) for g in (right, none, wrong)]
    assert cost[0] < 0.3 * cost[1] < cost[1] < cost[2]


def test_a_field_brightens_and_darkens() -> None:
    painted, gain = torch.full((1, 3, SIDE, SIDE), 0.4), torch.full((1, 3, CELLS, CELLS), float(np.log(1.5)))
    assert float(relit(painted, gain).mean()) == pytest.approx(0.6, abs=1e-4)


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


def test_a_folder_without_pairs_is_named(tmp_path: Path) -> None:
    result = RUN.invoke(app, ["light", "--data", str(tmp_path), "-o", str(tmp_path / "out")])
    assert "train pairs" in str(result.exception)
    result = RUN.invoke(app, ["pairs", "--data", str(tmp_path / "none"), "-o", str(tmp_path / "out")])
    assert "there is no folder" in str(result.exception)
