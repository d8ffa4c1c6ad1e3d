"""ArcFace on a stand-in: embeddings and their likeness."""

from collections.abc import Callable

import numpy as np

from engines.nets.arcface import Arcface, cosine, normed
from engines.nets.net import Net
from tests.engines.nets.standins import node

Opened = Callable[..., Net]


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
