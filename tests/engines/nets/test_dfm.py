"""A DFM on a stand-in: the order of its channels, its two masks, its morph value."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engines.backends.openvino import open_openvino
from engines.nets.dfm import Dfm
from engines.store.catalog import Tensor, load_catalog
from tests.engines.nets.standins import node

Written = Callable[..., Path]


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
