"""The eyewear network learns, resumes and is exported; its figures by value."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from engines.occlusion.eyewear import HEIGHT, WIDTH  # noqa: E402
from tests.tools.train.eyewear.bands_with_bars import shard  # noqa: E402
from tools.synth.eyewear.shards import BandShard  # noqa: E402
from tools.train import export, loop  # noqa: E402
from tools.train.export import rounded  # noqa: E402
from tools.train.eyewear import task as eyetask  # noqa: E402
from tools.train.eyewear.net import EyeNet  # noqa: E402
from tools.train.telemetry import Telemetry, read  # noqa: E402

pytestmark = pytest.mark.train

RUN = CliRunner()
RECIPE = loop.TrainingRecipe(steps=12, size=8, rate=4e-3, warm=2, every=6, bf16=False, keep=0.5)


def test_a_few_steps_lower_the_loss() -> None:
    run = loop.begin(EyeNet, RECIPE)
    (batch,) = eyetask.epoch([shard(8)], 8, np.random.default_rng(1))
    parts = [loop.update(run, batch, RECIPE, of=eyetask.parts) for _ in range(10)]
    assert set(parts[0]) == {"map", "worn"}
    assert sum(parts[-1].values()) < 0.75 * sum(parts[0].values())


def test_bands_are_mirrored_with_their_maps() -> None:
    some = shard(8)
    plain = eyetask.batch(some.band, some.map, some.worn)
    varied = eyetask.varied(eyetask.batch(some.band, some.map, some.worn), np.random.default_rng(2))
    flipped = 0
    for i in range(1, 8, 2):
        same, mirrored = (np.array_equal(varied.map[i], m) for m in (plain.map[i], plain.map[i, :, ::-1]))
        assert same != mirrored
        flipped += mirrored
        dark = varied.band[i].mean(0) < 0.2
        np.testing.assert_array_equal(dark, varied.map[i] > 0.5)
    assert 0 < flipped < 4
    np.testing.assert_array_equal(varied.worn, plain.worn)


def test_an_epoch_shows_every_band_once() -> None:
    seen = np.concatenate([b.worn for b in eyetask.epoch([shard(24), shard(16, 1)], 16, np.random.default_rng(0))])
    assert len(seen) == 40 and seen.sum() == 20


def perfect(some: BandShard) -> tuple[np.ndarray, np.ndarray]:
    return np.where(some.worn > 0, 9.0, -9.0).astype(np.float32), np.asarray(some.map, np.float32) / 255


def test_perfect_answers_have_perfect_figures() -> None:
    some = shard()
    facts = eyetask.score(*perfect(some), some).facts()
    assert {k: facts[k] for k in ("precision", "recall", "iou", "near", "person_precision", "person_recall")} == {
        "precision": 1, "recall": 1, "iou": 1, "near": 1, "person_precision": 1, "person_recall": 1,
    }  # fmt: skip
    assert facts["loss"] < 0.001


def test_figures_count_pixels_and_people() -> None:
    some = shard(8)
    logits, maps = perfect(some)
    logits[:2] *= -1  # one without is said to wear some, one who does none
    maps = np.roll(maps, 1, axis=1)  # a pixel too low: 11 of 12 rows are right
    score = eyetask.score(logits, maps, some)
    assert score.precision == pytest.approx(11 / 12) == score.recall
    assert score.iou == pytest.approx(11 / 13)
    assert score.near == 1
    assert score.person_precision == pytest.approx(3 / 4) == score.person_recall


def test_a_run_stopped_goes_on_and_tells(tmp_path: Path) -> None:
    some = shard()
    say = Telemetry(tmp_path / "log.jsonl", lambda: 0.0)
    run = loop.begin(EyeNet, RECIPE)
    assert loop.train(run, lambda: [some], some, tmp_path, RECIPE, say, task=eyetask.EYEWEAR)
    again = loop.begin(EyeNet, RECIPE)
    again.load(tmp_path / "last.pt")
    assert again.step == 12
    assert (tmp_path / "best.pt").is_file()
    scores = [line for line in read(tmp_path / "log.jsonl") if line["event"] == "score"]
    assert [line["step"] for line in scores] == [6, 12]
    assert again.best == pytest.approx(min(float(line["loss"]) for line in scores), abs=1e-3)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_another_networks_file_is_told(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    torch.manual_seed(1)
    one = rounded(EyeNet().eval())
    torch.manual_seed(2)
    other = rounded(EyeNet().eval())
    path = tmp_path / "eyewear.onnx"
    export.export(one, path, form=export.EYEWEAR)
    bands = np.random.default_rng(0).random((2, 3, HEIGHT, WIDTH), np.float32)
    assert export.parity(one, path, bands, export.EYEWEAR) < 1e-3
    with pytest.raises(Exception, match="export it again"):
        export.parity(other, path, bands, export.EYEWEAR)
