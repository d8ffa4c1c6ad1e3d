"""How open eyes are: by a network that answers what the test wants, and by the real one on real eyes."""

from collections.abc import Iterator, Mapping

import cv2
import numpy as np
import pytest

from engines.backends.choose import open_engine
from engines.backends.reference import ReferenceEngine
from engines.lids import EYES, NAME, SIDE, Lids
from engines.protocol import Spec
from engines.store.store import default_store
from engines.values import F32, U8, Array
from stream.identity.sighting import FaceSighting
from tests.stream.portraits import framed, needs_models, networks, photo

MESH = np.zeros((468, 3), np.float32)
MESH[[33, 133, 362, 263], :2] = [[20, 50], [40, 50], [60, 50], [80, 50]]


def answering(*openings: float) -> tuple[Lids, list[U8]]:
    """Lids whose network gives one opening after another, and the crops that it is shown."""
    left, seen = list(openings), list[U8]()

    def contour(feeds: Mapping[str, Array]) -> dict[str, Array]:
        seen.append(np.asarray(np.asarray(feeds["input_1"])[0] * 255, np.uint8))
        points = np.zeros((71, 3), np.float32)
        points[8, 0], points[12, 1] = 40, -40 * left.pop(0)
        return {"contour": points.reshape(1, 213), "iris": np.zeros((1, 15), np.float32)}

    outputs = {"contour": Spec((1, 213), "float32"), "iris": Spec((1, 15), "float32")}
    return Lids(ReferenceEngine({"input_1": Spec((1, SIDE, SIDE, 3), "float32")}, outputs, contour)), seen


@pytest.mark.parametrize(
    ("left", "right", "open_"), [(0.38, 0.38, 1), (0.5, 0.5, 1), (0, 0, 0), (0.38, 0, 0.5), (0.076, 0.076, 0.2)]
)
def test_both_eyes_count_alike(left: float, right: float, open_: float) -> None:
    lids, _ = answering(left, right)
    assert lids.open(np.zeros((100, 100, 3), np.uint8), MESH) == pytest.approx(open_, abs=1e-4)
    lids.close()


def test_each_eye_lies_in_the_middle_and_the_second_in_a_mirror() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    image[45:55, 20:24], image[45:55, 76:80] = (255, 0, 0), (0, 255, 0)  # the outer corners
    lids, seen = answering(0.3, 0.3)
    lids.open(image, MESH)
    first, second = (crop.astype(np.float32).sum(axis=(0, 1)) for crop in seen)
    assert first[0] > 1000 > first[1] and second[1] > 1000 > second[0]
    columns = [np.flatnonzero(crop.max(axis=(0, 2)) > 100).mean() for crop in seen]
    assert columns[0] < 28 and columns[1] == pytest.approx(columns[0], abs=2), "the outer corner is at the same side"


class TestWithNetworks:
    pytestmark = needs_models

    @pytest.fixture
    def lids(self) -> Iterator[Lids]:
        store = default_store()
        if not store.holds(NAME):
            pytest.skip("the embedded models are not pulled")
        one = Lids(open_engine(store.path(NAME), "cpu"))
        yield one
        one.close()

    def test_real_eyes_are_open_and_lids_over_them_close_them(self, lids: Lids) -> None:
        image = photo("hopper")
        sighting = FaceSighting(networks())
        [track] = sighting(framed(image))
        sighting.close()
        mesh = track.face.mesh
        assert lids.open(image, mesh) > 0.6
        assert lids.open(shut(image, mesh), mesh) < lids.open(image, mesh) - 0.2


def shut(image: U8, mesh: F32) -> U8:
    """Skin painted over both eyes, with a line of lashes at their lower edge."""
    out = image.copy()
    for a, b in EYES:
        p, q = mesh[a, :2], mesh[b, :2]
        width = float(np.linalg.norm(q - p))
        x, y = (p + q) / 2
        skin = tuple(int(v) for v in image[int(y + 0.6 * width), int(x)])
        cv2.ellipse(out, (int(x), int(y)), (int(0.55 * width), int(0.3 * width)), 0, 0, 360, skin, -1)
        cv2.ellipse(out, (int(x), int(y)), (int(0.5 * width), int(0.16 * width)), 0, 10, 170, (60, 40, 35), 2)
    return np.asarray(cv2.GaussianBlur(out, (0, 0), 0.8), np.uint8)
