"""`understudy calibrate routing` from labelled crops to the thresholds that the stream reads."""

import re
from pathlib import Path

import numpy as np
import pytest

from calib import temperature
from calib.routing import Sequence, quality
from calib.thresholds import Thresholds, load
from engines.backends.choose import open_engine
from engines.occlusion.network import NONE, OPAQUE, OcclusionNet
from engines.protocol import Engine
from stream.perception.occlusion_tracker import OcclusionTracker
from tests.tools.commands import understudy
from tests.tools.rules import by_difference
from tests.tools.synth.people import cast
from tools.synth import making, shards
from tools.synth.crops import UNSURE
from tools.synth.purposes import Purpose
from tools.train.calibrate import answers

EYE = np.eye(2, 3, dtype=np.float32)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, people = tmp_path_factory.mktemp("crops"), cast()
    assert (
        len(list(making.write(folder, dict.fromkeys(Purpose, people), making.ShardPlan(1, 48, 6, 3, frames=16)))) == 6
    )
    return folder


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return by_difference(tmp_path_factory.mktemp("net") / "rule.onnx", clear=0.02, slope=80)


@pytest.fixture(scope="module")
def engine(net: Path) -> Engine:
    return open_engine(net, "cpu", "f32")


def told(data: Path, net: Path, out: Path) -> str:
    done = understudy("calibrate", "routing", "--data", data, "--net", net, "-o", out)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_thresholds_written_are_those_that_the_stream_reads(
    data: Path, net: Path, engine: Engine, tmp_path: Path
) -> None:
    out = tmp_path / "routing.toml"
    text = told(data, net, out)
    found = load(out)
    assert isinstance(found, Thresholds)
    OcclusionTracker(engine, found).close()
    assert out.read_text().startswith("# Route thresholds, by `understudy calibrate routing`.")
    assert f"wrote {out}" in text
    shard = shards.read(shards.found(data, Purpose.CALIBRATION)[0])
    sure = shard.label != UNSURE
    logits, labels = answers(engine, shard)[sure], shard.label[sure].astype(int)
    assert found.temperature == pytest.approx(temperature.crossed(logits, labels)[0], abs=1e-3)


def test_log_loss_and_calibration_error_are_told_before_and_after(
    data: Path, net: Path, engine: Engine, tmp_path: Path
) -> None:
    text = told(data, net, tmp_path / "routing.toml")
    rows = re.findall(r"^(before|after) +temperature (\S+) +log-loss (\S+) +ECE (\S+) +accuracy (\S+)$", text, re.M)
    assert [row[0] for row in rows] == ["before", "after"]
    (_, *before), (_, *after) = rows
    assert before[0] == "1.000"
    assert float(after[1]) <= float(before[1]), "a temperature that does not help is not taken"
    assert before[3] == after[3], "a temperature changes no answer"
    shares = re.search(r"their sequences: (\S+) of frames right, (\S+) switches per 100 frames \((\S+) in the", text)
    assert shares is not None
    checked = shards.read(shards.found(data, shards.sequences(Purpose.VALIDATION))[0])
    some = [Sequence(answers(engine, one), one.label.astype(int)) for one in checked.sequences()]
    want = quality(some, load(tmp_path / "routing.toml"))
    assert [float(v) for v in shares.groups()] == pytest.approx([want.accuracy, want.switches, want.wanted], abs=0.06)
    assert want.wanted > 0


def test_it_asks_the_network_as_the_stream_does(data: Path, engine: Engine) -> None:
    """The same crop through the stream's own preparation gives the same logits."""
    shard = shards.read(shards.found(data, Purpose.VALIDATION)[0])
    got = answers(engine, shard)
    live = OcclusionNet(engine)
    for i in range(4):
        face = np.asarray(shard.face[i])
        crop, plate = (np.ascontiguousarray(face[n].transpose(1, 2, 0)) for n in (slice(3), slice(3, 6)))
        seen = live.run(crop, plate, np.asarray(face[6], np.float32) / np.float32(255), EYE)
        np.testing.assert_allclose(got[i], seen.logits, atol=1e-3)
    live.close()


def test_without_their_plates_the_same_crops_are_answered_otherwise(data: Path, engine: Engine) -> None:
    shard = shards.read(shards.found(data, Purpose.VALIDATION)[0])
    with_, without = answers(engine, shard), answers(engine, shard, plate=False)
    assert np.all(without.argmax(1) == NONE), "by the rule"
    assert set(with_.argmax(1)) == {NONE, OPAQUE}


def test_a_folder_without_sequences_is_told(net: Path, tmp_path: Path) -> None:
    people = cast()
    list(making.write(tmp_path, dict.fromkeys(Purpose, people), making.ShardPlan(1, 2, 0, 3)))
    done = understudy("calibrate", "routing", "--data", tmp_path, "--net", net, "-o", tmp_path / "x.toml")
    assert done.returncode == 2
    assert "lacks crops or sequences for calibration; write some with `understudy train data`" in done.stderr
    assert not (tmp_path / "x.toml").exists()


def test_a_network_that_is_missing_is_named(data: Path, tmp_path: Path) -> None:
    done = understudy("calibrate", "routing", "--data", data, "--net", tmp_path / "none.onnx")
    assert done.returncode == 2
    assert "none.onnx" in done.stderr
