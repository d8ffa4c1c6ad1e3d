"""Depth networks by ONNX: the way in and out, on a network that says how bright a picture is."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from engines.errors import ModelError
from tools.relight.depth import MEAN, SPREAD, DepthNetwork


def network(path: Path, shape: list[int | str], channels: int = 3) -> Path:
    """Depth is the mean of the three colours, 0 to 1: nearer is brighter."""
    weight = (SPREAD / 3).reshape(1, 3, 1, 1).astype(np.float32)
    stored = [numpy_helper.from_array(weight[:, :channels], "w"), numpy_helper.from_array(MEAN.mean(), "m")]
    nodes = [
        helper.make_node("Conv", ["image", "w"], ["grey"]),
        helper.make_node("Add", ["grey", "m"], ["depth"]),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, channels, *shape])
    depth = helper.make_tensor_value_info("depth", TensorProto.FLOAT, [1, 1, *shape])
    model = helper.make_model(
        helper.make_graph(nodes, "depth", [image], [depth], stored), opset_imports=[helper.make_opsetid("", 17)]
    )
    model.ir_version = 8
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("shape", [[64, 64], ["h", "w"]])
def test_what_grows_brighter_to_the_right_comes_nearer_there(tmp_path: Path, shape: list[int | str]) -> None:
    rgb = np.linspace(40, 200, 96)[None, :, None].repeat(72, 0).repeat(3, 2).astype(np.uint8)
    n = DepthNetwork(network(tmp_path / "d.onnx", shape), 56).normals(rgb, 0.5)
    assert n.shape == (72, 96, 3)
    np.testing.assert_allclose(np.linalg.norm(n, axis=2), 1, atol=1e-4)
    middle = n[20:50, 20:76]
    assert (middle[..., 0] < -0.2).all()
    assert np.abs(middle[..., 1]).max() < 0.1


def test_what_takes_no_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"normals\.network.*no depth network"):
        DepthNetwork(network(tmp_path / "d.onnx", [64, 64], channels=1), 56)


def test_what_gives_no_map_is_refused(tmp_path: Path) -> None:
    node = helper.make_node("GlobalAveragePool", ["image"], ["depth"])
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 32, 32])
    depth = helper.make_tensor_value_info("depth", TensorProto.FLOAT, [1, 3, 1, 1])
    model = helper.make_model(
        helper.make_graph([node], "x", [image], [depth]), opset_imports=[helper.make_opsetid("", 17)]
    )
    model.ir_version = 8
    onnx.save(model, tmp_path / "x.onnx")
    with pytest.raises(ModelError, match="a depth map"):
        DepthNetwork(tmp_path / "x.onnx", 32).normals(np.zeros((40, 40, 3), np.uint8), 0.5)
