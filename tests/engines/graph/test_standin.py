"""The stand-in of inswapper_128: named, shaped and ranged as the real file, and the same for everybody."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from onnx import ModelProto, numpy_helper

from engines.backends.openvino import open_openvino
from engines.graph.load import save
from engines.graph.standin import LATENT, SIDE, standin
from engines.nets.swapper import read_emap
from engines.store.catalog import load_catalog
from engines.store.onnx_header import read_head
from engines.store.recognise import fits
from engines.values import F32


@cache
def narrow(seed: int = 1) -> ModelProto:
    return standin(width=8, blocks=2, seed=seed)[0]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("standin") / "m.onnx"
    save(narrow(), to)
    return to


def run(path: Path, target: F32, source: F32) -> F32:
    out = open_openvino(path).session().run({"target": target, "source": source})["output"]
    return np.asarray(out, np.float32)


def face(seed: int = 0) -> F32:
    return np.random.default_rng(seed).random((1, 3, SIDE, SIDE), np.float32)


def identity(seed: int = 0) -> F32:
    source = np.random.default_rng(seed).standard_normal((1, LATENT)).astype(np.float32)
    return np.asarray(source / np.linalg.norm(source), np.float32)


def test_the_catalogue_takes_it_for_inswapper(path: Path) -> None:
    assert fits(load_catalog().model("inswapper_128"), read_head(path))


def test_its_last_stored_tensor_is_the_map_of_embeddings(path: Path) -> None:
    assert np.array_equal(read_emap(path), np.eye(LATENT, dtype=np.float32))


def test_answers_lie_between_nought_and_one_and_are_not_flat(path: Path) -> None:
    out = run(path, face(), identity())
    assert out.shape == (1, 3, SIDE, SIDE)
    assert out.min() >= 0 and out.max() <= 1 and out.std() > 0.02


def test_both_inputs_matter(path: Path) -> None:
    base = run(path, face(), identity())
    assert np.abs(run(path, face(1), identity()) - base).mean() > 0.01
    assert np.abs(run(path, face(), identity(1)) - base).mean() > 0.001


def test_everybody_has_the_same_weights() -> None:
    again = standin(width=8, blocks=2)[0]
    assert again.SerializeToString() == narrow().SerializeToString()
    assert narrow(2).SerializeToString() != narrow().SerializeToString()


def test_signals_keep_their_size_through_the_blocks() -> None:
    """Else a deep one would answer flat grey, and errors of low precision would look small."""
    weights = [numpy_helper.to_array(t) for t in narrow().graph.initializer if len(t.dims) == 4]
    assert len(weights) == 4 + 2 * 2 + 2 + 2, "seven-sided ends, three down, two blocks of two, two up, one"
    for weight in weights:
        fan = int(np.prod(weight.shape[1:]))
        assert weight.std() == pytest.approx(fan**-0.5, rel=0.1)
