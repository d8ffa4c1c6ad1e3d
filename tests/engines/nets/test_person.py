"""A person of several photos: aligned faces, one embedding, a swapper's source. Networks are functions."""

from collections.abc import Mapping

import numpy as np
import pytest

from engines.backends.reference import ReferenceEngine
from engines.nets.embedder import IdentityNet
from engines.nets.net import Net
from engines.nets.person import PersonPhotos, embedding, face_embedding, source_of
from engines.nets.swapper import Swapper
from engines.protocol import Spec
from engines.values import U8, Array, Region
from tests.engines.nets.asking import CATALOG, TEMPLATE, mesh_at, points, swapper


def arcface() -> IdentityNet:
    """Answers each crop's mean colour, padded to 512."""
    spec = Spec((-1, 3, 112, 112), "float32")

    def mean(feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        colour = np.asarray(feeds["x"], np.float32).mean(axis=(2, 3))
        return {"y": np.pad(colour, ((0, 0), (0, 509)))}

    engine = ReferenceEngine({"x": spec}, {"y": Spec((-1, 512), "float32")}, mean)
    return IdentityNet(Net(CATALOG.model("arcface_w600k_r50"), engine))


def photo(level: int, x: float, y: float, side: float) -> U8:
    """Black, but for the square that the face at (x, y) is cut from."""
    picture = np.zeros((300, 320, 3), np.uint8)
    picture[int(y) : int(y + side), int(x) : int(x + side)] = level
    return picture


TWO = PersonPhotos(
    (photo(255, 40, 30, 200), photo(0, 90, 60, 120)), (mesh_at(points(), 200, 40, 30), mesh_at(points(), 120, 90, 60))
)


def test_each_photos_face_is_cut_out_by_its_own_mesh() -> None:
    crops = TWO.crops(TEMPLATE, 64)
    assert crops.shape == (2, 64, 64, 3)
    assert crops[0, 2:-2, 2:-2].min() == 255 and crops[1].max() == 0


def test_the_embedding_is_the_mean_over_the_photos() -> None:
    """White is 1 and black is -1 to ArcFace: their mean is 0, whichever comes first."""
    one = PersonPhotos(TWO.photos[:1], TWO.meshes[:1])
    np.testing.assert_allclose(embedding(one, arcface(), TEMPLATE)[:4], [1, 1, 1, 0], atol=0.02)
    np.testing.assert_allclose(embedding(TWO, arcface(), TEMPLATE)[:3], 0, atol=0.02)


def test_a_face_in_a_view_is_embedded_by_its_place_in_the_picture() -> None:
    """The view's corner is at (1000, 500): mesh and view together are the first photo."""
    mesh = TWO.meshes[0] + np.array([1000, 500, 0], np.float32)
    found = face_embedding(Region(1000, 500, TWO.photos[0]), mesh, arcface(), TEMPLATE)
    np.testing.assert_allclose(found, embedding(PersonPhotos(TWO.photos[:1], TWO.meshes[:1]), arcface(), TEMPLATE))


def test_a_swapper_of_embeddings_needs_someone_who_makes_them() -> None:
    made = swapper("inswapper_128", lambda feeds: {"output": feeds["target"]})
    fed = source_of(TWO, made, None, arcface(), TEMPLATE)
    np.testing.assert_array_equal(fed, made.source(embedding(TWO, arcface(), TEMPLATE)))
    with pytest.raises(ValueError, match="inswapper_128 takes an embedding"):
        source_of(TWO, made, None, None, TEMPLATE)


def test_a_swapper_of_pictures_takes_the_first_photo() -> None:
    model = CATALOG.model("uniface_256")
    own = CATALOG.template(model.template)
    inputs = {t.name: Spec(t.shape, "float32") for t in model.inputs}
    engine = ReferenceEngine(inputs, {"output": inputs["target"]}, lambda feeds: {"output": feeds["target"]})
    made = Swapper(Net(model, engine))
    assert made.net.model.source == "image"
    fed = source_of(TWO, made, own, None, TEMPLATE)
    np.testing.assert_array_equal(fed, made.source_picture(TWO.crops(own, model.source_px)[0]))
