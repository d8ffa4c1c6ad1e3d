"""Photos to embeddings: which face is looked at, one embedding a photo, and photos without a face."""

import hashlib
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engines.backends.reference import ReferenceEngine
from engines.errors import SourceError
from engines.protocol import Spec
from engines.store.store import default_store
from engines.values import F32, Array
from stream.consent.embedder import FaceEmbedder, FaceFinder, embed_photos, open_embedder, open_finder
from stream.consent.photos import NamedPhoto
from stream.perception.face_finding import open_perception
from tests.stream.portraits import needs_models, photo, wall

pytestmark = needs_models


def colours(crops: Array) -> F32:
    """In place of the network: an embedding that tells the crops apart by their mean colours."""
    out = np.zeros((len(crops), 512), np.float32)
    out[:, :3] = crops.mean(axis=(2, 3)) + 1.5
    return out


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    store = default_store()
    return FaceFinder(open_perception("cpu", store=store))


@pytest.fixture(scope="module")
def embedder(finder: FaceFinder) -> FaceEmbedder:
    """The catalogue's ArcFace with a function in the place of its weights, which are not ours to give away."""
    store = default_store()
    model = store.model("arcface_w600k_r50")
    (given,), (taken,) = model.inputs, model.outputs
    engine = ReferenceEngine(
        {given.name: Spec((-1, 3, 112, 112), "float32")},
        {taken.name: Spec((-1, 512), "float32")},
        lambda feeds: {taken.name: colours(feeds[given.name])},
    )
    return FaceEmbedder(finder, model, engine, store.catalog.templates[model.template], "ab" * 32)


def named(name: str) -> NamedPhoto:
    return name, photo(name)


def test_one_embedding_a_photo(embedder: FaceEmbedder) -> None:
    made = embedder.embed([named("astronaut"), named("hopper"), named("astronaut")])
    assert made.each.shape == (3, 512) and made.embedder == "ab" * 32
    assert np.allclose(np.linalg.norm(made.each, axis=1), 1, atol=1e-6)
    assert np.allclose(made.each[0], made.each[2]) and not np.allclose(made.each[0], made.each[1])


def test_the_face_is_looked_at_and_not_the_picture(embedder: FaceEmbedder) -> None:
    """The same face before another wall, in a picture of another size."""
    alone = photo("hopper")
    wide = np.concatenate([alone, wall(300, alone.shape[0])], axis=1)
    made = embedder.embed([("a", alone), ("b", wide)])
    assert float(made.each[0] @ made.each[1]) > 0.999


def test_a_photo_without_a_face_is_refused_by_name(embedder: FaceEmbedder, finder: FaceFinder) -> None:
    photos = [named("hopper"), ("landscape.jpg", wall(400, 300))]
    for look in (embedder.embed, finder.find):
        with pytest.raises(SourceError, match=r"landscape\.jpg: no face seen"):
            look(photos)


def test_several_threads_at_once(embedder: FaceEmbedder) -> None:
    made: list[F32] = []
    threads = [threading.Thread(target=lambda: made.append(embedder.embed([named("hopper")]).each)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 3 and all(np.allclose(one, made[0]) for one in made)


def test_what_this_computer_has(tmp_path: Path) -> None:
    store = default_store()
    assert open_finder(store, "cpu") is not None
    bare = default_store({"UNDERSTUDY_MODELS": str(tmp_path)})
    assert open_finder(bare) is None and open_embedder(bare) is None


def test_without_an_embedder_faces_are_still_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stream.consent.embedder.identity_embedder", lambda _: None)
    assert embed_photos([named("hopper")]) is None
    with pytest.raises(SourceError, match="no face seen"):
        embed_photos([("wall.jpg", wall(400, 300))])
    monkeypatch.setenv("UNDERSTUDY_MODELS", str(tmp_path))
    assert embed_photos([("wall.jpg", wall(400, 300))]) is None, "nothing here can tell"


def test_an_embedder_is_known_by_its_file() -> None:
    store = default_store()
    if not store.holds("arcface_w600k_r50"):
        pytest.skip("the embedder was not pulled")
    found = open_embedder(store, "cpu")
    assert found is not None
    assert found.digest == hashlib.sha256(store.path("arcface_w600k_r50").read_bytes()).hexdigest()
    assert replace(found, digest="x").embed([named("hopper")]).embedder == "x"
