"""The source face: shadows taken out, photos merged, and the errors that a user may mend."""

import cv2
import numpy as np
import pytest

from engines.detector import Detection, Detector
from engines.errors import SourceError
from engines.landmarks import Landmarks
from engines.mesh import region, texture
from engines.mesh.source import SourceFace, delight, find, locate, match, measure, merge, prepare_source
from engines.mesh.topology import CANONICAL
from engines.values import F32, U8, Box
from tests.engines.mesh.heads import plain
from tests.stream.portraits import Placed, needs_models, networks, paint, photo, wall

SIDE = texture.SIDE
SKIN = region.skin() > 0.5


def grey(level: float) -> U8:
    return plain((level, level * 0.85, level * 0.75), SIDE, SIDE)


def shadowed(picture: U8) -> U8:
    """Light from the right of the texture only, softly."""
    ramp = 0.45 + 0.55 / (1 + np.exp(-(np.arange(SIDE) - SIDE / 2) / 60))
    return np.asarray(picture * ramp[None, :, None], np.uint8)


def lopsided(picture: U8) -> float:
    """Mean difference of the skin's two halves, levels."""
    difference = np.abs(picture.astype(np.float32) - picture[:, ::-1])
    return float(difference[SKIN & SKIN[:, ::-1]].mean())


def sight(left: float, right: float) -> F32:
    out = np.full((SIDE, SIDE), left, np.float32)
    out[:, SIDE // 2 :] = right
    return out


def picture_of(merged: U8 | tuple[U8, F32]) -> U8:
    return merged[0] if isinstance(merged, tuple) else merged


def test_a_one_sided_shadow_is_taken_out() -> None:
    dark = shadowed(grey(180))
    assert lopsided(delight(dark)) < 0.25 * lopsided(dark)


def test_an_even_face_keeps_its_light() -> None:
    even = grey(150)
    assert np.abs(delight(even).astype(int) - even)[SKIN].max() <= 2


def test_a_shadow_on_both_sides_is_no_light_from_one_side() -> None:
    """What is symmetric stays: it may be the face's own."""
    ramp = 0.7 + 0.3 * np.cos((np.arange(SIDE) - (SIDE - 1) / 2) / 150)
    even = np.asarray(grey(180) * ramp[None, :, None], np.uint8)
    assert np.abs(delight(even).astype(int) - even)[SKIN].mean() < 1.5


def test_delighting_keeps_details() -> None:
    """A mole on the dark side is as far below its skin as before, in proportion."""
    dark = shadowed(grey(180))
    x, y = np.round(texture.layout()[50]).astype(int)
    beside = dark[y + 30, x].astype(float)
    cv2.circle(dark, (int(x), int(y)), 5, tuple(float(v) * 0.5 for v in dark[y, x]), -1)
    out = delight(dark)
    assert out[y, x, 0] / out[y + 30, x, 0] == pytest.approx(dark[y, x, 0] / beside[0], abs=0.1)


def test_a_single_photo_well_seen_stays_itself() -> None:
    random = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE, 3), np.uint8)
    assert np.abs(picture_of(merge([(random, sight(1, 1))])).astype(int) - random).mean() < 4


def test_what_one_photo_does_not_see_the_other_shows() -> None:
    """Left seen by the first only, right by the second only: skin tones are evened, marks are kept."""
    a, b = grey(150), grey(150)
    x, y = np.round(texture.layout()[[50, 280]]).astype(int).T
    for canvas in (a, b):
        cv2.circle(canvas, (int(x[0]), int(y[0])), 8, (30, 30, 30) if canvas is a else (250, 10, 10), -1)
        cv2.circle(canvas, (int(x[1]), int(y[1])), 8, (250, 10, 10) if canvas is a else (20, 90, 20), -1)
    got = picture_of(merge([(a, sight(1, 0)), (b, sight(0, 1))])).astype(int)
    assert np.abs(got[y[0], x[0]] - [30, 30, 30]).max() < 20
    assert np.abs(got[y[1], x[1]] - [20, 90, 20]).max() < 20


def test_a_side_that_nobody_saw_is_the_mirror_image() -> None:
    half = grey(60)
    half[:, : SIDE // 2] = grey(170)[:, : SIDE // 2]
    x, y = np.round(texture.layout()[50]).astype(int)
    cv2.circle(half, (int(x), int(y)), 9, (20, 20, 20), -1)
    got = picture_of(merge([(half, sight(1, 0))])).astype(int)
    assert np.abs(got[y, SIDE - 1 - x] - got[y, x]).max() < 12
    assert got[y + 30, SIDE - 1 - x, 0] > 150


def test_where_all_are_blind_the_first_photo_shows() -> None:
    got = picture_of(merge([(grey(120), sight(0, 0))]))
    assert np.abs(got.astype(int) - grey(120)).max() <= 1


def test_photos_are_brought_to_one_tone() -> None:
    bright = match(grey(200), grey(100))
    assert np.abs(bright.astype(int) - grey(100))[SKIN].max() <= 2


@pytest.fixture(scope="module")
def seen() -> tuple[Detector, Landmarks]:
    models = networks()
    return Detector(models.detector), Landmarks(models.landmarks)


def prepared(seen: tuple[Detector, Landmarks], *photos: tuple[str, U8]) -> SourceFace:
    return prepare_source(photos, *seen)


class TestRealPhotos:
    pytestmark = needs_models

    @pytest.mark.parametrize("name", ["astronaut", "hopper"])
    def test_a_portrait_becomes_a_source(self, seen: tuple[Detector, Landmarks], name: str) -> None:
        face = prepared(seen, (name, photo(name)))
        assert [t.shape[0] for t in face.textures] == [SIDE, SIDE // 2, SIDE // 4, SIDE // 8]
        assert face.shape.shape == (468, 3)
        assert np.abs(face.shape - CANONICAL).mean() < 0.5  # a human, in centimetres
        assert face.notes == ()
        skin = face.textures[0][SKIN].astype(float).mean(0)
        assert skin[0] > skin[1] > skin[2] > 30  # skin is reddish
        # and stands upright: eyes are darker than the cheeks below them
        eye, cheek = np.round(texture.layout()[[159, 50]]).astype(int)
        assert face.textures[0][eye[1], eye[0]].mean() < face.textures[0][cheek[1], cheek[0]].mean()

    def test_two_photos_make_one_person(self, seen: tuple[Detector, Landmarks]) -> None:
        a, b = prepared(seen, ("a", photo("hopper"))), prepared(seen, ("b", photo("hopper")[:, ::-1].copy()))
        both = prepared(seen, ("a", photo("hopper")), ("b", photo("hopper")[:, ::-1].copy()))
        assert np.allclose(both.shape, (a.shape + b.shape) / 2, atol=1e-4)

    def test_no_photo_at_all(self, seen: tuple[Detector, Landmarks]) -> None:
        with pytest.raises(SourceError, match="no source photo"):
            prepared(seen)

    def test_a_photo_of_nobody_says_what_is_wanted(self, seen: tuple[Detector, Landmarks]) -> None:
        with pytest.raises(SourceError, match=r"wall\.jpg: no face seen in this 640x480 photo; .*both eyes"):
            prepared(seen, ("wall.jpg", wall(640, 480)))

    def test_a_small_face_says_how_small(self, seen: tuple[Detector, Landmarks]) -> None:
        small = np.asarray(cv2.resize(photo("hopper"), None, fx=0.2, fy=0.2, interpolation=cv2.INTER_AREA), np.uint8)
        with pytest.raises(SourceError, match=r"only 3\d pixels wide; at least 48"):
            prepared(seen, ("s.jpg", small))

    def test_of_several_faces_the_largest_is_taken_and_said(self, seen: tuple[Detector, Landmarks]) -> None:
        small = np.asarray(cv2.resize(photo("astronaut")[:400, 100:400], (450, 600)), np.uint8)
        both = np.concatenate([photo("hopper"), small], axis=1)
        face = prepared(seen, ("both.jpg", both))
        assert len(face.notes) == 1
        assert "both.jpg: 2 faces seen, the largest" in face.notes[0] and "crop" in face.notes[0]
        alone = prepared(seen, ("hopper", photo("hopper")))
        assert np.abs(face.shape - alone.shape).mean() < 0.12

    def test_a_distant_face_in_a_large_photo_is_found(self, seen: tuple[Detector, Landmarks]) -> None:
        large = np.full((2000, 3000, 3), 90, np.uint8)
        large[1100:1612, 1900:2412] = photo("astronaut")
        detection, count = find(large, seen[0], "large")
        assert count == 1
        assert np.hypot(detection.box.centre[0] - 2125, detection.box.centre[1] - 1228) < 30

    def test_measuring_is_the_same_wherever_the_face_lies(self, seen: tuple[Detector, Landmarks]) -> None:
        wide = np.zeros((700, 900, 3), np.uint8)
        wide[60:660, 200:712] = photo("hopper")
        a, score = measure(photo("hopper"), seen[1], find(photo("hopper"), seen[0], "a")[0])
        b, _ = measure(wide, seen[1], find(wide, seen[0], "b")[0])
        assert score > 0.9
        assert np.abs(b[:, :2] - a[:, :2] - [200, 60]).mean() < 0.01 * 188

    @pytest.mark.parametrize("name", ["astronaut", "hopper"])
    @pytest.mark.parametrize("quarters", [1, 2, 3])
    def test_a_photo_that_lies_is_the_same_source(
        self, seen: tuple[Detector, Landmarks], name: str, quarters: int
    ) -> None:
        """On its side or upside down: the same shape, the same skin at the same places, and no word of it."""
        upright = prepared(seen, (name, photo(name)))
        lying = prepared(seen, (name, np.ascontiguousarray(np.rot90(photo(name), quarters))))
        assert lying.notes == ()
        assert np.abs(lying.shape - upright.shape).mean() < 0.06  # centimetres
        small, like = (f.textures[2].astype(int)[region.skin()[::4, ::4] > 0.5] for f in (lying, upright))
        assert np.abs(small - like).mean() < 5

    def test_what_is_no_face_does_not_keep_a_smaller_face_out(self, seen: tuple[Detector, Landmarks]) -> None:
        """A detector that takes a part of the wall for a larger face: FaceMesh sees none there, and the next is taken,
        as if the first had not been."""

        class Misled(Detector):
            def whole(self, image: U8) -> list[Detection]:
                found = super().whole(image)
                wrong = Detection(Box(0, 300, 250, 550), found[0].points + np.float32(200), 0.6) if found else None
                return [wrong, *found] if wrong else []

        picture = paint([Placed("hopper", 480, 200, 120)], (700, 600))
        mesh, notes = locate("a.jpg", picture, Misled(networks().detector), seen[1])
        assert np.hypot(*(mesh[:, :2].mean(0) - [480, 200])) < 40 and notes == ()
