"""Observations of real faces: who they are, what they look like, and what is cut out of the frame."""

from collections.abc import Iterator

import numpy as np
import pytest

from calib.identity.vectors import likeness, similarity
from engines.mesh.appearance import NAME
from engines.store.store import default_store
from stream.consent.embedder import open_embedder
from stream.identity.observing import FaceObserver, Observation
from tests.stream.portraits import Placed, framed, needs_models, paint

pytestmark = needs_models
SIZE = (600, 340)


@pytest.fixture(scope="module")
def observer() -> Iterator[FaceObserver]:
    embedder = open_embedder(device="cpu")
    if embedder is None:
        pytest.skip("no embedder is here: the extra identity is not installed")
    one = FaceObserver(embedder, default_store())
    yield one
    one.close()


def seen(observer: FaceObserver, *people: Placed, dim: float = 1.0) -> list[Observation]:
    """From left to right."""
    picture = np.asarray(paint(people, SIZE) * dim, np.uint8)
    observer.restart()
    return sorted(observer(framed(picture, 400, 7)), key=lambda one: one.face_box.x0)


def test_identity_tells_people_apart_and_looks_do_not_have_to(observer: FaceObserver) -> None:
    first = seen(observer, Placed("hopper", 170, 170, 120), Placed("astronaut", 450, 180, 110))
    second = seen(observer, Placed("hopper", 420, 160, 130), Placed("astronaut", 150, 180, 120), dim=0.7)
    assert len(first) == len(second) == 2
    same, other = likeness(first[0].id, [second[1].id, second[0].id])
    assert same > 0.5 > 0.4 > other
    if observer.looks == NAME:
        assert first[0].face.model == NAME and np.linalg.norm(first[0].face.values) == pytest.approx(1, abs=1e-3)
        assert similarity(first[0].face, [second[1].face])[0] > 0.8


def test_a_turned_head_is_another_look_of_the_same_person(observer: FaceObserver) -> None:
    [plain] = seen(observer, Placed("hopper", 300, 170, 130))
    [mirrored] = seen(observer, Placed("hopper", 300, 170, 130, mirrored=True))
    [again] = seen(observer, Placed("hopper", 304, 172, 132))
    to_mirrored, to_again = similarity(plain.face, [mirrored.face, again.face])
    assert to_again > 0.95 > to_mirrored
    assert likeness(plain.id, [mirrored.id])[0] > 0.5


def test_what_is_cut_out_holds_the_face_with_room(observer: FaceObserver) -> None:
    [one] = seen(observer, Placed("hopper", 300, 170, 90))
    face, crop, picture = one.face_box, one.crop_box, one.picture
    assert picture is not None and picture.shape == (crop.h, crop.w, 3)
    assert crop.x < face.x0 and crop.y < face.y0 and crop.x + crop.w > face.x1 and crop.y + crop.h > face.y1
    assert (one.frame, one.seconds) == (7, 0.4)
    assert one.body is not None and one.body.model != "" and 0 < one.centre <= 1


def test_an_empty_room_gives_nothing(observer: FaceObserver) -> None:
    assert seen(observer) == []
