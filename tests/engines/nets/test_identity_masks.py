"""ArcFace, DFM, XSeg, BiSeNet, enhancers and pixel boost on stand-ins."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnx import NodeProto, helper

from engines.backends.openvino import open_openvino
from engines.nets import boost
from engines.nets.arcface import Arcface, cosine, normed
from engines.nets.bisenet import REGIONS, Bisenet, mask
from engines.nets.dfm import Dfm
from engines.nets.enhancer import Enhancer
from engines.nets.net import Net
from engines.nets.xseg import Xseg
from engines.store.catalog import Tensor, load_catalog

Opened = Callable[..., Net]
Written = Callable[..., Path]


def node(kind: str, inputs: Sequence[str], output: str, **extra: object) -> NodeProto:
    return helper.make_node(kind, list(inputs), [output], **extra)


def test_embeddings_tell_colours_apart(opened: Opened) -> None:
    """A network that answers the mean of each channel, padded to 512."""
    pads = {"pads": np.array([0, 0, 0, 509], np.int64)}
    nodes = [node("ReduceMean", ["in0"], "mean", axes=[2, 3], keepdims=0), node("Pad", ["mean", "pads"], "out0")]
    embed = Arcface(opened("arcface_w600k_r50", nodes, pads)).embed
    crops = np.zeros((2, 112, 112, 3), np.uint8)
    crops[0, ..., 0], crops[1, ..., 2] = 255, 255
    out = embed(crops)
    np.testing.assert_allclose(out[:, :3], [[1, -1, -1], [-1, -1, 1]], atol=1e-5)
    assert out.shape == (2, 512) and not out[:, 3:].any()


def test_cosine_knows_no_length() -> None:
    a = np.array([[3, 0], [0, 0.1]], np.float32)
    b = np.array([[1, 1], [-5, 0]], np.float32)
    np.testing.assert_allclose(cosine(a, b), [[0.70711, -1], [0.70711, 0]], atol=1e-4)
    assert normed(np.zeros((1, 4), np.float32)).tolist() == [[0, 0, 0, 0]]


def dfm_file(written: Written, morph: bool) -> Path:
    """Face: the input, its blue channel times the morph value. Masks: its red channel, and half of its green one."""
    model = replace(load_catalog().model("dfm"), inputs=(Tensor("in_face:0", "float32", (-1, 224, 224, 3)),))
    if morph:
        model = replace(model, inputs=(*model.inputs, Tensor("morph_value:0", "float32", (1,))))
    outputs = tuple(replace(t, shape=(-1, 224, 224, t.shape[3])) for t in model.outputs)
    cut = [node("Slice", ["in_face:0", f"n{i}", f"n{i + 1}", "axis"], f"bgr{i}") for i in range(3)]
    scaled = node("Mul", ["bgr0", "morph_value:0" if morph else "one"], "blue")
    nodes = [
        *cut,
        scaled,
        node("Concat", ["blue", "bgr1", "bgr2"], "out_celeb_face:0", axis=3),
        node("Mul", ["bgr1", "half"], "out_celeb_face_mask:0"),
        node("Identity", ["bgr2"], "out_face_mask:0"),
    ]
    weights = {f"n{i}": np.array([i], np.int64) for i in range(4)}
    weights |= {"axis": np.array([3], np.int64)}
    floats = {"one": np.ones(1, np.float32), "half": np.array([0.5], np.float32)}
    return written(replace(model, outputs=outputs), nodes, {**weights, **floats})


@pytest.mark.parametrize("morph", [False, True])
def test_dfm_is_bgr_with_two_masks_and_a_morph(written: Written, morph: bool, tmp_path: Path) -> None:
    path = dfm_file(written, morph).rename(tmp_path / "person.dfm")
    made = Dfm(load_catalog().model("dfm"), open_openvino(path))
    assert (made.side, made.morphs) == (224, morph)
    crops = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), np.uint8)
    out = made.swap(crops, morph=0.5)
    assert np.abs(out.rgb[..., :2].astype(int) - crops[..., :2]).max() <= 1
    assert np.abs(out.rgb[..., 2] - crops[..., 2] * (0.5 if morph else 1)).max() <= 1
    np.testing.assert_allclose(out.target, crops[..., 0] / 255, atol=1e-3)
    np.testing.assert_allclose(out.own, crops[..., 1] / 510, atol=1e-3)
    made.close()


def test_xseg_keeps_what_is_half_transparent(opened: Opened) -> None:
    """A network that answers its first channel, which is blue, a little beyond 0 to 1."""
    weights = {
        "zero": np.array([0], np.int64),
        "one": np.array([1], np.int64),
        "axis": np.array([3], np.int64),
        "gain": np.array(1.2, np.float32),
    }
    nodes = [node("Slice", ["in0", "zero", "one", "axis"], "blue"), node("Mul", ["blue", "gain"], "out0")]
    crops = np.zeros((1, 256, 256, 3), np.uint8)
    crops[0, :, 0, 2], crops[0, :, 1, 2], crops[0, 7, 2, 2] = 51, 102, 255
    visible = Xseg(opened("xseg_2", nodes, weights)).visible(crops)
    assert visible.shape == (1, 256, 256)
    np.testing.assert_allclose(visible[0, 7, :4], [0.24, 0.48, 1, 0], atol=1e-4)
    np.testing.assert_allclose(visible[0, 8, :4], [0.24, 0.48, 0, 0], atol=1e-4)


def test_bisenet_labels_are_the_strongest_channel(opened: Opened) -> None:
    """Nineteen answers of which number 10 is red, number 13 is blue and number 17 a constant between."""
    pick = np.zeros((19, 3, 1, 1), np.float32)
    pick[10, 0] = pick[13, 2] = 1
    bias = np.full(19, -9, np.float32)
    bias[[10, 13]], bias[17] = 0, 0.2
    net = opened("bisenet_resnet_18", [node("Conv", ["in0", "pick", "bias"], "out0")], {"pick": pick, "bias": bias})
    crops = np.zeros((1, 512, 512, 3), np.uint8)
    crops[0, :9, :, 0] = 255
    crops[0, 9:20, :, 2] = 255
    labels = Bisenet(net).labels(crops)
    assert labels.dtype == np.uint8
    assert [int(labels[0, row, 3]) for row in (0, 8, 9, 19, 20, 511)] == [10, 10, 13, 13, 17, 17]
    face = mask(labels)
    assert face[0, 0, 0] == face[0, 12, 0] == 1 and face[0, 30, 0] == 0, "17 is hair"
    assert mask(labels, ["nose"])[0, 12, 0] == 0
    assert REGIONS["lower-lip"] == 13 and REGIONS["nose"] == 10


@pytest.mark.parametrize("name", ["gfpgan_1.4", "gpen_bfr_256", "restoreformer_plus_plus"])
def test_enhancers_mix_by_strength(opened: Opened, name: str) -> None:
    """A network that answers the opposite of its input: white for black."""
    enhancer = Enhancer(opened(name, [node("Neg", ["in0"], "out0")]))
    side = enhancer.net.model.px
    crops = np.random.default_rng(0).integers(0, 256, (1, side, side, 3), np.uint8)
    assert np.array_equal(enhancer.enhance(crops, 0), crops)
    assert np.abs(enhancer.enhance(crops, 1).astype(int) - (255 - crops)).max() <= 1
    assert np.abs(enhancer.enhance(crops, 0.5).astype(int) - 127.5).max() <= 1


@pytest.mark.parametrize("k", [1, 2, 4])
def test_boost_interleaves_and_joins(k: int) -> None:
    crops = np.random.default_rng(0).integers(0, 256, (3, 8 * k, 8 * k, 3), np.uint8)
    tiles = boost.split(crops, k)
    assert tiles.shape == (3 * k * k, 8, 8, 3)
    assert np.array_equal(tiles[k * k + k - 1], crops[1, 0::k, k - 1 :: k]), "second face, row 0, last column"
    assert np.array_equal(boost.join(tiles.astype(np.float32), k), crops)
    assert boost.join(np.zeros((k * k, 8, 8), np.float32), k).shape == (1, 8 * k, 8 * k)


def test_boost_refuses_sides_that_do_not_divide() -> None:
    with pytest.raises(ValueError, match="do not split"):
        boost.split(np.zeros((1, 9, 9, 3), np.uint8), 2)
