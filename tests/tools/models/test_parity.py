"""The same networks on every runtime and precision: how far each may be from f32 on OpenVINO. `docs/engines.md` tells.

Runtimes that are not usable here are skipped, so that a machine with a GPU runs the same list on it.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from calib.precision import distance
from engines.backends.choose import open_engine
from engines.backends.survey import ask
from engines.graph.load import load, save
from engines.graph.standin import standin
from engines.occlusion.network import SIDE, WEIGHTS
from engines.values import F32, Array
from tools.bench.engines.contenders import Feeds, quantised

# (runtime, precision) -> the most error, in shares of the answer's length
ALLOWED = {
    ("openvino", "f32"): 1e-5,
    ("openvino", "bf16"): 0.01,
    ("openvino", "int8"): 0.03,
    ("ort-cpu", "f32"): 1e-5,
    ("ort-cpu", "int8"): 0.03,
    ("ort-cuda", "f32"): 2e-3,  # TF32
    ("ort-cuda", "f16"): 3e-3,
    ("tensorrt", "f16"): 3e-3,
    ("tensorrt", "bf16"): 0.01,
    ("tensorrt", "int8"): 0.03,
}


def stored(seed: int, *shape: int) -> F32:
    fan = int(np.prod(shape[1:]))
    return np.asarray(np.random.default_rng(seed).standard_normal(shape) / np.sqrt(fan), np.float32)


def graph(nodes: list[NodeProto], given: list[int], wanted: list[int], weights: Mapping[str, Array]) -> ModelProto:
    made = helper.make_graph(
        nodes,
        "parity",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, given)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, wanted)],
        [numpy_helper.from_array(values, name) for name, values in weights.items()],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def segmenter() -> tuple[ModelProto, Feeds]:
    """Of XSeg's kind: NHWC outside, strided convolutions, a transposed one, a skip, a sigmoid."""
    nodes = [
        helper.make_node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["t", "a"], ["c1"], kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1]),
        helper.make_node("Relu", ["c1"], ["r1"]),
        helper.make_node("Conv", ["r1", "b"], ["c2"], kernel_shape=[3, 3], pads=[1] * 4),
        helper.make_node("Add", ["c2", "r1"], ["skip"]),
        helper.make_node("ConvTranspose", ["skip", "u"], ["up"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["up", "o"], ["logit"], kernel_shape=[1, 1]),
        helper.make_node("Sigmoid", ["logit"], ["s"]),
        helper.make_node("Transpose", ["s"], ["y"], perm=[0, 2, 3, 1]),
    ]
    weights = {"a": stored(1, 16, 3, 3, 3), "b": stored(2, 16, 16, 3, 3), "u": stored(3, 16, 8, 2, 2) * np.float32(2)}
    weights["o"] = stored(4, 1, 8, 1, 1)
    x = np.random.default_rng(0).random((1, 64, 64, 3), np.float32)
    return graph(nodes, [1, 64, 64, 3], [1, 64, 64, 1], weights), {"x": x}


def embedder() -> tuple[ModelProto, Feeds]:
    """Of ArcFace's kind: batch norm, PRelu, a residual, a dense layer to 512."""
    norm = {"g": np.full(16, 1.2, np.float32), "h": np.full(16, 0.1, np.float32)}
    norm |= {"m": np.full(16, 0.05, np.float32), "v": np.full(16, 0.9, np.float32)}
    nodes = [
        helper.make_node("Conv", ["x", "a"], ["c1"], kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4),
        helper.make_node("BatchNormalization", ["c1", "g", "h", "m", "v"], ["n1"]),
        helper.make_node("PRelu", ["n1", "slope"], ["p1"]),
        helper.make_node("Conv", ["p1", "b"], ["c2"], kernel_shape=[3, 3], pads=[1] * 4),
        helper.make_node("Add", ["c2", "p1"], ["sum"]),
        helper.make_node("Flatten", ["sum"], ["flat"]),
        helper.make_node("Gemm", ["flat", "d", "e"], ["y"], transB=1),
    ]
    weights = {"a": stored(1, 16, 3, 3, 3), "b": stored(2, 16, 16, 3, 3), "d": stored(3, 512, 16 * 28 * 28), **norm}
    weights |= {"slope": np.full((16, 1, 1), 0.25, np.float32), "e": np.zeros(512, np.float32)}
    x = np.random.default_rng(0).uniform(-1, 1, (1, 3, 56, 56)).astype(np.float32)
    return graph(nodes, [1, 3, 56, 56], [1, 512], weights), {"x": x}


def swapper() -> tuple[ModelProto, Feeds]:
    """inswapper_128's architecture, a sixteenth as wide."""
    rng = np.random.default_rng(0)
    source = rng.standard_normal((1, 512)).astype(np.float32)
    feeds = {"target": rng.random((1, 3, 128, 128), np.float32), "source": source / np.linalg.norm(source)}
    return standin(width=8, blocks=2)[0], feeds


def occlusion() -> tuple[ModelProto, Feeds]:
    """The project's own network, on something soft with a face's mask."""
    rng = np.random.default_rng(0)
    soft = [cv2.GaussianBlur(rng.random((SIDE, SIDE), np.float32), (0, 0), 5) for _ in range(6)]
    planes = np.stack([(plane - np.min(plane)) / np.ptp(plane) for plane in soft])
    mask = np.zeros((1, SIDE, SIDE), np.float32)
    mask[:, 20:-20, 20:-20] = 1
    return load(WEIGHTS), {"face": np.concatenate([planes, mask])[None].astype(np.float32)}


KINDS: dict[str, Callable[[], tuple[ModelProto, Feeds]]] = {
    "segmenter": segmenter,
    "embedder": embedder,
    "swapper": swapper,
}
if WEIGHTS.is_file():
    KINDS["occlusion"] = occlusion
UNUSED = {("occlusion", "int8")}


@pytest.fixture(scope="module")
def usable() -> dict[str, bool]:
    return {backend: ask(backend).usable for backend, _ in ALLOWED}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("backend", "precision"), ALLOWED)
def test_every_runtime_agrees(kind: str, backend: str, precision: str, usable: dict[str, bool], tmp_path: Path) -> None:
    if not usable[backend]:
        pytest.skip(f"{backend} is not usable here")
    if (kind, precision) in UNUSED:
        pytest.skip(f"{kind} is never run in {precision}")
    made, feeds = KINDS[kind]()
    save(made, tmp_path / "m.onnx")
    path = quantised(tmp_path / "m.onnx", [feeds], tmp_path / "q.onnx") if precision == "int8" else tmp_path / "m.onnx"
    exact = open_engine(tmp_path / "m.onnx", "openvino").session().run(feeds)
    engine = open_engine(path, backend, precision, strict=True, folder=tmp_path)
    given = engine.session().run(feeds)
    for name, answer in exact.items():
        seen = distance(given[name], answer)
        assert seen.error <= ALLOWED[backend, precision], f"{engine.device}: {100 * seen.error:.3f} %"
        print(f"| {kind} | {backend} | {precision} | {100 * seen.error:.4f} | {seen.psnr:.1f} | {seen.cosine:.6f} |")
