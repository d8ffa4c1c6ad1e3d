"""Reference photos: who is like them, when faces are asked again, and what casting makes of it."""

from collections.abc import Callable

import numpy as np
import pytest

from engines.errors import UnderstudyError
from engines.values import F32, Box, Face, Region
from stream.perception.face_selection import FaceSelection, Rule, Who, parse_rules, parse_who
from stream.perception.perceiver import Perceiver
from stream.perception.reference import LAST, ReferenceMatcher
from stream.perception.tracker import Look
from tests.stream.portraits import ALL, FACES, Placed, framed, needs_models, networks, paint

ANNA, BERT = np.eye(2, 512, dtype=np.float32)


def mixed(share: float) -> F32:
    """An embedding whose cosine with Anna's is `share`; of any length."""
    return np.asarray(7 * (share * ANNA + np.sqrt(1 - share**2) * np.eye(3, 512, dtype=np.float32)[2]), np.float32)


def look(value: F32, seconds: float = 0.0) -> Look:
    """A look whose mesh carries the embedding that it is to be given."""
    mesh = np.zeros((468, 3), np.float32)
    mesh.ravel()[:512] = value
    face = Face(Box(0, 0, 9, 9), np.zeros((6, 2), np.float32), mesh, 0.9)
    region = Region(0, 0, np.zeros((4, 4, 3), np.uint8))
    return Look(face, None, region, np.zeros(1, np.float32), seconds, 0)  # type: ignore[arg-type]


def counting(asked: list[float]) -> Callable[[Region, F32], F32]:
    def embed(_: Region, mesh: F32) -> F32:
        asked.append(float(mesh[0, 0]))
        return mesh.ravel()[:512].copy()

    return embed


def test_words_name_a_photo() -> None:
    assert parse_who("reference:my photos/anna.jpg") == Who("reference", photo="my photos/anna.jpg")
    assert parse_rules("reference:c:/anna.jpg", (), 1) == (Rule(0, Who("reference", photo="c:/anna.jpg")),)
    assert parse_rules(None, ("2=reference:a.png", "1=all"), 2)[0] == Rule(1, Who("reference", photo="a.png"))
    with pytest.raises(UnderstudyError, match="reference:PHOTO"):
        parse_who("reference:")


def test_the_same_person_is_told_by_cosine() -> None:
    asked: list[float] = []
    see = ReferenceMatcher(counting(asked), {0: ANNA, 2: BERT})
    found = see({5: look(mixed(0.8)), 6: look(mixed(0.39)), 7: look(4 * BERT)})
    assert set(found) == {5, 7}
    assert found[5] == {0: pytest.approx(0.8, abs=1e-5)} and found[7] == {2: pytest.approx(1)}


def test_strangers_are_asked_again_ever_less_often_and_the_known_never() -> None:
    asked: list[float] = []
    see = ReferenceMatcher(counting(asked), {0: ANNA})
    when = []
    for frame in range(600):
        before = len(asked)
        see({1: look(mixed(0.1), frame / 25), 2: look(mixed(0.9), frame / 25)})
        if len(asked) > before:
            when.append(frame / 25)
    assert asked.count(asked[1]) == 1, "who is known is not asked again"
    gaps = np.diff(when)
    assert when[0] == 0 and 0.19 < gaps[0] < 0.25
    assert np.all(np.diff(gaps) >= -0.05) and gaps.max() == pytest.approx(LAST, abs=0.05)


def test_a_face_that_turns_towards_the_camera_is_known_then() -> None:
    see = ReferenceMatcher(counting([]), {0: ANNA})
    assert see({1: look(mixed(0.2), 0.0)}) == {}
    assert see({1: look(mixed(0.7), 0.1)}) == {}, "not asked yet"
    assert see({1: look(mixed(0.7), 0.3)}) == {1: {0: pytest.approx(0.7, abs=1e-5)}}
    assert see({}) == {1: {0: pytest.approx(0.7, abs=1e-5)}}, "out of sight, still the one"
    see.keep({9})
    assert see({}) == {}


def test_a_clip_that_begins_anew_is_looked_at_anew() -> None:
    see = ReferenceMatcher(counting([]), {0: ANNA})
    see({1: look(mixed(0.2), 8.0)})
    assert see({1: look(mixed(0.7), 0.0)}) == {1: {0: pytest.approx(0.7, abs=1e-5)}}


BOXES = {1: Box(0, 0, 40, 40), 2: Box(100, 0, 180, 80), 3: Box(200, 0, 240, 40)}


def test_casting_takes_the_likest_and_keeps_it() -> None:
    cast = FaceSelection((Rule(0, Who("reference", photo="a")),))
    assert cast.assign(BOXES) == {}, "nobody, where nobody was compared"
    assert not cast.settled({1, 2, 3})
    assert cast.assign(BOXES, {1: {0: 0.5}, 3: {0: 0.7}}) == {3: 0}
    assert cast.assign(BOXES, {1: {0: 0.9}, 3: {0: 0.7}}) == {3: 0}, "a choice holds"
    assert cast.settled({1, 2, 3})
    assert cast.assign({1: BOXES[1]}, {1: {0: 0.9}}) == {1: 0}, "the other one once the first is gone"


def test_each_reference_has_its_own_face() -> None:
    cast = FaceSelection(
        (Rule(1, Who("reference", photo="a")), Rule(0, Who("reference", photo="b")), Rule(2, Who("all")))
    )
    assert cast.assign(BOXES, {1: {1: 0.6}, 2: {0: 0.8, 1: 0.5}}) == {2: 1, 1: 0, 3: 2}


@pytest.mark.models
def test_without_an_embedder_a_reference_is_refused() -> None:
    with pytest.raises(UnderstudyError, match="reference:PHOTO is not to be had here"):
        Perceiver(None, (Rule(0, Who("reference", photo="a")),))  # type: ignore[arg-type]


class TestOnPeople:
    """Real perception; the embedding is the colour of the picture around, red for one and blue for the other."""

    pytestmark = needs_models

    def test_the_one_of_the_photo_is_cast_and_nobody_else(self) -> None:
        first, second = Placed("astronaut", 160, 240, 110), Placed("hopper", 470, 240, 120)
        picture = paint([first, second], (640, 480))

        def embed(view: Region, mesh: F32) -> F32:
            left = mesh[:, 0].mean() < 320
            assert view.x <= mesh[:, 0].min() and mesh[:, 0].max() <= view.x + view.rgb.shape[1]
            return ANNA if left else BERT

        rules = (Rule(0, Who("reference", photo="bert")),)
        see = Perceiver(networks(), rules, likeness=ReferenceMatcher(embed, {0: BERT}))
        scene = see(framed(picture))
        assert sorted(round(t.box.centre[0] / 160) for t in scene.tracks if t.source == 0) == [3]
        assert len(scene.tracks) == 2 and len(FACES) == 2
        see.close()
        everybody = Perceiver(networks(), ALL)
        assert all(t.source == 0 for t in everybody(framed(picture)).tracks)
        everybody.close()
