"""How vectors are compared, and which embedder tells people apart here."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engines.align import DLIB, five_points, template_points
from engines.nets.embedder import IdentityNet, Metric, cosine, normed
from engines.nets.net import Net
from engines.nets.opened import identity_embedder
from engines.store.catalog import load_catalog
from engines.store.store import Store, default_store
from tests.engines.nets.standins import node

Opened = Callable[..., Net]


def test_a_distance_counts_length_and_a_cosine_does_not() -> None:
    a, b = np.array([[3, 0]], np.float32), np.array([[6, 0], [3, 0.5]], np.float32)
    np.testing.assert_allclose(Metric.COSINE.likeness(a, b)[0, 0], 1, atol=1e-6)
    np.testing.assert_allclose(Metric.EUCLIDEAN.likeness(a, b), [[-2, 0.5]], atol=1e-6)
    np.testing.assert_allclose(Metric.COSINE.prepared(a), [[1, 0]])
    np.testing.assert_allclose(Metric.EUCLIDEAN.prepared(a), a)


def test_more_alike_is_larger_by_either() -> None:
    rng = np.random.default_rng(0)
    base = rng.standard_normal((1, 16)).astype(np.float32)
    near, far = base + 0.01, base + rng.standard_normal((1, 16)).astype(np.float32)
    for metric in Metric:
        assert metric.likeness(base, base)[0, 0] == pytest.approx(1, abs=1e-6)
        assert metric.likeness(base, near) > metric.likeness(base, far)


def test_each_template_takes_its_own_points() -> None:
    mesh = np.random.default_rng(0).random((468, 3)).astype(np.float32)
    catalog = load_catalog()
    np.testing.assert_array_equal(template_points(mesh, catalog.template("dlib_150")), mesh[list(DLIB), :2])
    np.testing.assert_array_equal(template_points(mesh, catalog.template("arcface_112_v2")), five_points(mesh))


def test_the_users_arcface_goes_before_dlibs_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store: Store = default_store({"UNDERSTUDY_MODELS": str(tmp_path)})
    monkeypatch.setattr("engines.nets.opened.installed_member", lambda _: None)
    assert identity_embedder(store) is None
    (tmp_path / "dlib_resnet_v1.onnx").write_bytes(b"x")
    assert identity_embedder(store) == "dlib_resnet_v1"
    (tmp_path / "arcface_w600k_r50.onnx").write_bytes(b"x")
    assert identity_embedder(store) == "arcface_w600k_r50"


def test_embeddings_tell_colours_apart(opened: Opened) -> None:
    """A network that answers the mean of each channel, padded to 512."""
    pads = {"pads": np.array([0, 0, 0, 509], np.int64)}
    nodes = [node("ReduceMean", ["in0"], "mean", axes=[2, 3], keepdims=0), node("Pad", ["mean", "pads"], "out0")]
    embed = IdentityNet(opened("arcface_w600k_r50", nodes, pads)).embed
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
