"""dlib's network as ONNX: by value against dlib itself where that is installed, and sums of unlike sizes."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from engines.backends.openvino import open_openvino
from engines.errors import ModelError
from engines.graph.dlib_file import Kind, Layer, read_layers
from engines.graph.dlib_resnet import MEANS, convert, drawn
from engines.graph.load import save
from engines.store.catalog import load_catalog
from engines.store.installed import installed_member
from engines.values import F32, U8

NOTHING = np.zeros(0, np.float32)
INPUT = Layer(Kind.INPUT, NOTHING, MEANS)


def weights() -> Path:
    found = [installed_member(origin) for origin in load_catalog().model("dlib_resnet_v1").origins]
    if found[0] is None or find_spec("dlib") is None:
        pytest.skip("the extra identity is not installed")
    return found[0]


def conv(filters: int, channels: int, stride: int, pad: int, value: float) -> Layer:
    values = np.concatenate([np.full(filters * channels * 9, value, np.float32), np.zeros(filters, np.float32)])
    return Layer(Kind.CONVOLUTION, values, (filters, 3, 3, stride, stride, pad, pad))


def affine(filters: int) -> Layer:
    return Layer(Kind.AFFINE, np.concatenate([np.ones(filters, np.float32), np.zeros(filters, np.float32)]))


def pool(kind: Kind, side: int, stride: int) -> Layer:
    return Layer(kind, NOTHING, (side, side, stride, stride, 0, 0))


def pictures(rows: int) -> U8:
    """Smooth noise of full contrast."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (rows, 15, 15, 3), dtype=np.uint8)
    return coarse.repeat(10, axis=1).repeat(10, axis=2)


def feed(images: U8) -> F32:
    values = (images.astype(np.float32) - np.array(MEANS, np.float32)) / 256
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2), np.float32)


def test_it_answers_as_dlib_does(tmp_path: Path) -> None:
    import dlib

    file = weights()
    convert(file, tmp_path / "net.onnx")
    session = open_openvino(tmp_path / "net.onnx", "f32", 1).session()
    images = pictures(3)
    ours = np.asarray(session.run({"image": feed(images)})["embedding"], np.float32)
    net = dlib.face_recognition_model_v1(str(file))
    theirs = np.array([net.compute_face_descriptor(image) for image in images])
    assert ours.shape == (3, 128)
    np.testing.assert_allclose(ours, theirs, atol=2e-5)
    assert np.linalg.norm(theirs[0] - theirs[1]) > 0.05, "the pictures differ, so the comparison says something"


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    file = weights()
    for name in ("a", "b"):
        convert(file, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_branch_that_is_smaller_counts_as_zero_where_it_ends(tmp_path: Path) -> None:
    """The branch of 3 x 3 convolutions ends a pixel before the pooled one, and has more channels than it."""
    layers = [
        INPUT,
        pool(Kind.MAX_POOL, 15, 16),  # 150 -> 9
        conv(3, 3, 1, 1, 0.0), affine(3), Layer(Kind.RELU, NOTHING),
        conv(3, 3, 1, 1, 0.0), affine(3), Layer(Kind.ADD, NOTHING), Layer(Kind.RELU, NOTHING),
        conv(4, 3, 2, 0, 1 / 27), affine(4), Layer(Kind.RELU, NOTHING),  # 9 -> 4
        conv(4, 4, 1, 1, 0.0), affine(4), pool(Kind.AVERAGE_POOL, 2, 2), Layer(Kind.ADD, NOTHING),
        Layer(Kind.RELU, NOTHING),
        pool(Kind.AVERAGE_POOL, 0, 1),
        Layer(Kind.LINEAR, np.eye(4, 2, dtype=np.float32).ravel(), (2, 4)),
    ]  # fmt: skip
    save(drawn(layers), tmp_path / "net.onnx")
    session = open_openvino(tmp_path / "net.onnx", "f32", 1).session()
    out = np.asarray(session.run({"image": np.full((1, 3, 150, 150), 0.5, np.float32)})["embedding"], np.float32)
    # zero convolutions leave what skips them: .5 in all three channels, averaged over the whole map
    np.testing.assert_allclose(out, [[0.5, 0.5]], atol=1e-6)


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([], "does not begin"),
        ([Layer(Kind.INPUT, NOTHING, (1, 2, 3))], "does not begin"),
        ([INPUT, affine(3)], "affine_ at an unknown place"),
        ([INPUT, conv(3, 4, 1, 1, 0.0), affine(3)], "a convolution of"),
        ([INPUT, pool(Kind.MAX_POOL, 3, 2)], "no last layer"),
        ([INPUT, Layer(Kind.LINEAR, NOTHING, (2, 4))], "last layer takes 4 values"),
    ],
)
def test_layers_in_another_order_are_refused(layers: list[Layer], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        drawn(layers)


def test_a_file_that_was_cut_is_refused() -> None:
    data = weights().read_bytes()[:400000]
    with pytest.raises(ModelError, match="cut short"):
        drawn(read_layers(data))
