"""What perception says of faces that it knows and does not see (who, where, since when), and of faces that it does not
follow."""

from collections.abc import Sequence

import pytest

from engines.values import U8
from stream.frame import Scene
from stream.perception.face_selection import Rule, Who
from stream.perception.perceiver import MOST, Perceiver
from tests.stream.portraits import ALL, Placed, framed, needs_models, networks, paint, perceiver, wall

pytestmark = needs_models
STEP = 40  # milliseconds between frames
PAIR = [Placed("hopper", 460, 230, 120), Placed("astronaut", 150, 240, 80)]


def hidden(picture: U8, *people: Placed) -> U8:
    """The picture with a grey patch over each of these heads."""
    for p in people:
        x, y, half = round(p.x), round(p.y), round(p.width)
        picture[max(0, y - half) : y + half, max(0, x - half) : x + half] = 128
    return picture


def clip(see: Perceiver, pictures: Sequence[U8]) -> list[Scene]:
    return [see(framed(picture, STEP * i, i)) for i, picture in enumerate(pictures)]


def test_a_hidden_face_is_lost_since_its_first_frame_without_it() -> None:
    pictures = [paint(PAIR) if i < 4 or i > 8 else hidden(paint(PAIR), PAIR[0]) for i in range(11)]
    scenes = clip(perceiver((Rule(7, Who("largest")),)), pictures)
    assert [len(s.lost) for s in scenes] == [0] * 4 + [1] * 5 + [0] * 2
    known = scenes[3].tracks[0]
    for scene in scenes[4:9]:
        (lost,) = scene.lost
        assert (lost.id, lost.source) == (known.id, 7)
        assert lost.since == pytest.approx(4 * STEP / 1000)
        assert lost.box.iou(known.box) > 0.8


def test_a_face_that_nobody_wants_is_not_missed() -> None:
    """The smaller one is hidden; the source is the largest's."""
    pictures = [paint(PAIR) if i < 4 else hidden(paint(PAIR), PAIR[1]) for i in range(8)]
    scenes = clip(perceiver((Rule(0, Who("largest")),)), pictures)
    assert [len(s.tracks) for s in scenes] == [2] * 4 + [1] * 4
    assert all(s.lost == () for s in scenes)


def test_of_all_faces_each_is_missed_by_its_number() -> None:
    see = perceiver()
    before = clip(see, [paint(PAIR)] * 3)[-1]
    after = see(framed(hidden(paint(PAIR), *PAIR), 3 * STEP, 3))
    assert not after.cut and after.tracks == ()
    assert {m.id: m.box.iou(t.box) > 0.8 for m in after.lost for t in before.tracks if t.id == m.id} == {
        0: True,
        1: True,
    }


def test_a_cut_misses_nobody() -> None:
    scenes = clip(perceiver(), [paint(PAIR)] * 3 + [wall(640, 480, 9)] * 2)
    assert [s.cut for s in scenes] == [True, False, False, True, False]
    assert all(s.lost == () for s in scenes)


def test_who_is_gone_for_long_is_no_longer_missed() -> None:
    see = perceiver()
    first = clip(see, [paint(PAIR)] * 2)[-1]
    bare = hidden(paint(PAIR), *PAIR)
    scenes = [see(framed(bare, 80 + 250 * i, 2 + i)) for i in range(11)]
    assert len(first.tracks) == 2
    counts = [len(s.lost) for s in scenes]
    assert counts[0] == 2 and counts[-1] == 0 and counts == sorted(counts, reverse=True)


@pytest.mark.parametrize("size", [(480, 640), (320, 240), (1280, 960)])
def test_a_picture_of_another_size_begins_a_shot(size: tuple[int, int]) -> None:
    """The same view at another size, as streams of adaptive bit rate switch: found anew in its first frame."""
    see = perceiver()
    clip(see, [paint([Placed("hopper", 320, 240, 120)])] * 3)
    face = 0.25 * min(size)
    scene = see(framed(paint([Placed("hopper", size[0] / 2, size[1] / 2, face)], size), 3 * STEP, 3))
    assert scene.cut and len(scene.tracks) == 1
    assert scene.tracks[0].age == 0
    assert abs(scene.tracks[0].box.centre[0] - size[0] / 2) < 0.4 * face


def crowd(columns: int, rows: int, face: float, cell: int) -> U8:
    places = [
        Placed("hopper" if (i + j) % 2 else "astronaut", cell * (i + 0.5), cell * (j + 0.5), face)
        for j in range(rows)
        for i in range(columns)
    ]
    return paint(places, (columns * cell, rows * cell))


@pytest.mark.parametrize(("columns", "rows", "face", "cell"), [(6, 5, 90, 200), (8, 5, 34, 96)])
def test_a_crowd_is_followed_whole(columns: int, rows: int, face: float, cell: int) -> None:
    picture = crowd(columns, rows, face, cell)
    see = perceiver()
    scenes = clip(see, [picture] * 2)
    count = columns * rows
    assert [len(s.tracks) for s in scenes] == [count] * 2
    assert all(t.source == 0 for t in scenes[1].tracks)
    assert see.unfollowed == 0 and count <= MOST


def test_those_beyond_the_limit_are_counted() -> None:
    picture = crowd(6, 5, 90, 200)
    see = Perceiver(networks(), ALL, most=12)
    scenes = clip(see, [picture] * 3)
    assert [len(s.tracks) for s in scenes] == [12] * 3
    assert see.unfollowed == scenes[-1].unfollowed == 18


def test_nobody_is_counted_who_could_not_get_a_source() -> None:
    see = Perceiver(networks(), (Rule(0, Who("largest")),), most=1)
    clip(see, [paint(PAIR)] * 3)
    assert see.unfollowed == 0
