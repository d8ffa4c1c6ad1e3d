"""People told apart by their colours: descriptions by value on painted figures, and on two real people."""

import cv2
import numpy as np
import pytest

from engines.values import F32, U8
from stream.perception.appearance import ColourAppearance, described, zones
from tests.engines.mesh.heads import head
from tests.stream.portraits import Placed, framed, needs_models, paint, perceiver

RGB = tuple[int, int, int]
SKIN, DARK, BLOND, RED, BLUE = (200, 150, 130), (40, 30, 25), (200, 170, 90), (190, 30, 40), (30, 40, 170)


def figure(
    skin: RGB = SKIN, hair: RGB = DARK, clothes: RGB = RED, at: tuple[float, float] = (200, 150), scale: float = 5.0,
    turn: int = 0,
) -> tuple[U8, F32]:  # fmt: skip
    """A picture with a face, hair above it and clothes below it, turned by quarters clockwise, and the face's mesh."""
    mesh = head(scale, at)
    out = np.full((400, 400, 3), 110, np.uint8)
    x, y = (int(v) for v in at)
    w = int(8 * scale)
    cv2.rectangle(out, (x - 3 * w, y + int(1.4 * w)), (x + 3 * w, 400), clothes, -1)
    cv2.ellipse(out, (x, y - w // 3), (int(1.25 * w), int(1.6 * w)), 0, 0, 360, hair, -1)
    cv2.ellipse(out, (x, y), (w, int(1.3 * w)), 0, 0, 360, skin, -1)
    for _ in range(turn):
        out = np.ascontiguousarray(np.rot90(out, -1))
        mesh = np.stack([399 - mesh[:, 1], mesh[:, 0], mesh[:, 2]], 1)
    return out, np.asarray(mesh, np.float32)


def look(picture: U8, mesh: F32) -> F32:
    return described(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB), np.uint8), mesh)


def test_a_description_has_length_one_and_is_like_itself() -> None:
    one = look(*figure())
    assert one.dtype == np.float32 and one.ndim == 1
    assert float(one @ one) == pytest.approx(1, abs=1e-4)
    assert (one >= 0).all()


@pytest.mark.parametrize(("part", "other"), [("skin", (120, 80, 60)), ("hair", BLOND), ("clothes", BLUE)])
def test_each_part_counts(part: str, other: RGB) -> None:
    changed = figure(**{part: other})  # type: ignore[arg-type]
    alike = float(look(*figure()) @ look(*changed))
    assert 0.3 < alike < ColourAppearance.sure
    everything = float(look(*figure()) @ look(*figure((120, 80, 60), BLOND, BLUE)))
    assert everything < alike - 0.1


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_it_is_the_same_at_any_roll(turn: int) -> None:
    assert float(look(*figure()) @ look(*figure(turn=turn))) > 0.97


def test_it_is_the_same_at_another_size_and_place() -> None:
    assert float(look(*figure()) @ look(*figure(at=(150, 120), scale=3.5))) > 0.93


def test_a_little_other_light_is_the_same_person() -> None:
    picture, mesh = figure()
    dim = np.asarray(picture * 0.9, np.uint8)
    assert float(look(picture, mesh) @ look(dim, mesh)) > ColourAppearance.sure


def test_what_lies_outside_the_picture_says_nothing() -> None:
    """A face at the lower edge: its clothes are not seen, and not taken to be what the edge shows."""
    picture, mesh = figure(at=(200, 340))
    other, _ = figure(at=(200, 340), clothes=BLUE)
    assert float(look(picture[:350], mesh) @ look(other[:350], mesh)) > 0.97


def test_a_face_outside_the_picture_does_no_harm() -> None:
    picture, _ = figure()
    out = look(picture, head(5.0, (-900, 2000)))
    assert np.isfinite(out).all()


def test_zones_do_not_meet() -> None:
    face, hair, clothes = zones()
    assert not (face & hair).any() and not (face & clothes).any() and not (hair & clothes).any()
    assert min(z.sum() for z in zones()) > 100


def test_all_faces_of_a_frame_are_described_at_once() -> None:
    picture, mesh = figure()
    rows = ColourAppearance()(framed(picture).picture, [mesh, mesh + np.array([40, 0, 0], np.float32), mesh])
    assert rows.shape[0] == 3
    assert float(rows[0] @ rows[2]) == pytest.approx(1, abs=1e-4) and float(rows[0] @ rows[1]) < 0.99


class TestPortraits:
    pytestmark = needs_models

    def test_two_people_are_told_apart(self) -> None:
        """Seen twice, at other places and sizes and in another light; the right pairs are more alike than the wrong."""
        first = [Placed("hopper", 460, 230, 120), Placed("astronaut", 160, 240, 90)]
        then = [Placed("astronaut", 440, 200, 130), Placed("hopper", 180, 250, 80)]
        looks = []
        for people, gain in ((first, 1.0), (then, 0.9)):
            frame = framed(np.asarray(paint(people) * gain, np.uint8))
            tracks = sorted(perceiver()(frame).tracks, key=lambda t: t.box.x0)
            rows = ColourAppearance()(frame.picture, [t.face.mesh for t in tracks])
            looks.append(rows if people is first else rows[::-1])  # astronaut, hopper
        alike = looks[0] @ looks[1].T
        assert alike[0, 0] > alike[0, 1] + 0.04 and alike[1, 1] > alike[1, 0] + 0.04
        assert min(alike[0, 0], alike[1, 1]) > ColourAppearance.likely
