"""The project's own networks from a file: the shipped ones, one of a user's own, and files that are something else."""

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest

from engines.errors import DeviceError, ModelError
from engines.occlusion import eyewear, network
from engines.occlusion.eyewear import EyewearNet
from engines.occlusion.network import NONE, OPAQUE, SIDE, OcclusionNet
from engines.occlusion.opened import open_eyewear, open_occlusion
from engines.protocol import Engine
from tests.tools.rules import by_difference

EYE = np.eye(2, 3, dtype=np.float32)
needs_weights = pytest.mark.skipif(
    not (network.WEIGHTS.is_file() and eyewear.WEIGHTS.is_file()), reason="the project's own networks are not built"
)


def classes(engine: Engine) -> list[int]:
    """What a network says of a grey face as its plate has it, and of one with a white bar before it."""
    net = OcclusionNet(engine)
    plate, mask = np.full((SIDE, SIDE, 3), 120, np.uint8), np.ones((SIDE, SIDE), np.float32)
    barred = plate.copy()
    barred[40:90] = 255
    found = [int(net.run(crop, plate, mask, EYE).logits.argmax()) for crop in (plate, barred)]
    net.close()
    return found


@needs_weights
def test_the_shipped_ones_are_opened_when_nothing_is_said() -> None:
    assert classes(open_occlusion(device="cpu"))[1] == OPAQUE
    glasses = EyewearNet(open_eyewear(device="cpu"))
    glasses.close()


def test_a_file_of_ones_own_is_what_is_asked(tmp_path: Path) -> None:
    file = by_difference(tmp_path / "mine.onnx")
    assert classes(open_occlusion(file, "cpu")) == [NONE, OPAQUE]
    deaf = by_difference(tmp_path / "deaf.onnx", clear=0.99)
    assert classes(open_occlusion(deaf, "cpu")) == [NONE, NONE]


def test_any_name_will_do(tmp_path: Path) -> None:
    file = by_difference(tmp_path / "mine.onnx")
    shutil.copy(file, tmp_path / "epoch 12")
    assert classes(open_occlusion(tmp_path / "epoch 12", "cpu")) == [NONE, OPAQUE]


@needs_weights
def test_the_one_is_not_taken_for_the_other() -> None:
    with pytest.raises(
        ModelError, match=r"eyewear\.onnx is no occlusion network: it declares band float32\[1,3,80,160\]"
    ):
        open_occlusion(eyewear.WEIGHTS)
    with pytest.raises(
        ModelError, match=r"occlusion\.onnx is no eyewear network.*should be band float32\[1,3,80,160\]"
    ):
        open_eyewear(network.WEIGHTS)


def test_a_network_with_other_sizes_is_told(tmp_path: Path) -> None:
    model = onnx.load(str(by_difference(tmp_path / "mine.onnx")))
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 4
    onnx.save(model, str(tmp_path / "four.onnx"))
    with pytest.raises(
        ModelError, match=r"four\.onnx is no occlusion network.*logits float32\[1,4\].*understudy train"
    ):
        open_occlusion(tmp_path / "four.onnx")


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x80\x04pickle"])
def test_what_is_no_network_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=r"bad\.onnx"):
        open_occlusion(tmp_path / "bad.onnx")


def test_a_missing_file_is_told_with_where_one_comes_from(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"there is no file .*none\.onnx; `understudy train` writes eyewear\.onnx"):
        open_eyewear(tmp_path / "none.onnx")


def test_a_device_that_is_not_there_is_told_if_it_must_be(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="nosuch"):
        open_occlusion(by_difference(tmp_path / "mine.onnx"), "nosuch", strict=True)
