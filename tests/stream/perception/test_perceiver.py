"""Perception with the real networks on real people: found, followed, told apart, lost and found again."""

from collections.abc import Callable, Sequence
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from calib.thresholds import load as load_thresholds
from engines.backends.choose import open_engine
from engines.mesh.shape import pose
from engines.occlusion.network import WEIGHTS
from engines.values import F32, U8
from stream.frame import Frame, Scene
from stream.perception.face_selection import Rule, Who
from stream.perception.occlusion_tracker import OcclusionTracker
from stream.perception.perceiver import Pace, Perceiver
from stream.pixels.planes import Planes
from stream.pixels.transfer import nits_to_pq, srgb_to_light
from tests.stream.portraits import ALL, FACES, Placed, framed, needs_models, networks, noisy, paint, perceiver, wall

pytestmark = needs_models
PEOPLE = tuple(FACES)


def clip(
    see: Perceiver,
    paint_at: Callable[[int], U8],
    count: int,
    step: int = 40,
    start: int = 0,
    pace: Pace | None = None,
) -> list[Scene]:
    """Scenes of `count` frames, `step` milliseconds apart."""
    return [see(framed(paint_at(i), start + i * step, i), pace) for i in range(count)]


def ids(scenes: Sequence[Scene]) -> list[list[int]]:
    return [sorted(t.id for t in s.tracks) for s in scenes]


def only(scene: Scene, placed: Placed) -> None:
    """The scene holds one face and it is that one."""
    assert len(scene.tracks) == 1
    track = scene.tracks[0]
    x, y = track.box.centre
    assert np.hypot(x - placed.x, y - placed.y) < 0.4 * placed.width
    assert track.box.width == pytest.approx(placed.width, rel=0.25)


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize(("x", "y"), [(0.5, 0.5), (0.1, 0.12), (0.9, 0.85)])
@pytest.mark.parametrize(("width", "height", "face"), [(640, 480, 20), (1920, 1080, 40)])
def test_small_faces_are_found_in_the_first_frame(
    name: str, x: float, y: float, width: int, height: int, face: float
) -> None:
    one = Placed(name, x * width, y * height, face)
    only(perceiver()(framed(paint([one], (width, height)))), one)


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("face", [60, 150, 420])
def test_a_face_of_any_size_is_one_face(name: str, face: float) -> None:
    """Also on the second look with tiles, which show parts of a large face only."""
    one = Placed(name, 320, 250, face)
    see = perceiver()
    for scene in clip(see, lambda _: paint([one]), 3, 1100):
        only(scene, one)


def test_nobody_is_seen_where_nobody_is() -> None:
    random = np.random.default_rng(0)
    noise = random.integers(0, 255, (480, 640, 3), np.uint8)
    for picture in (wall(640, 480), wall(1280, 720, 5), noise, np.zeros((360, 640, 3), np.uint8)):
        assert perceiver()(framed(picture)).tracks == ()


def test_two_people_are_two_tracks_with_sources_from_left_to_right() -> None:
    people = [Placed("hopper", 460, 230, 110), Placed("astronaut", 160, 240, 90)]
    see = perceiver((Rule(1, Who("left-to-right", n=1)), Rule(0, Who("left-to-right", n=2))))
    scene = see(framed(paint(people)))
    assert len({t.id for t in scene.tracks}) == 2
    left, right = sorted(scene.tracks, key=lambda t: t.box.x0)
    assert abs(left.box.centre[0] - 160) < 25 and abs(right.box.centre[0] - 460) < 25
    assert (left.source, right.source) == (1, 0)


def test_the_largest_alone_gets_the_source() -> None:
    people = [Placed("hopper", 460, 230, 120), Placed("astronaut", 160, 240, 80)]
    scene = perceiver((Rule(0, Who("largest")),))(framed(paint(people)))
    assert {round(t.box.width / 40): t.source for t in scene.tracks} == {3: 0, 2: None}


def test_what_a_track_carries() -> None:
    scenes = clip(perceiver(), lambda i: paint([Placed("hopper", 300 + i, 240, 120)]), 4)
    assert [s.cut for s in scenes] == [True, False, False, False]
    assert [s.tracks[0].age for s in scenes] == [0, 1, 2, 3]
    for i, scene in enumerate(scenes):
        track = scene.tracks[0]
        assert track.face.mesh.shape == (468, 3) and track.face.score > 0.9
        region = track.region
        assert region is not None and region.x % 2 == 0 and region.y % 2 == 0
        h, w = region.rgb.shape[:2]
        # the region holds the face, and its pixels are the picture's
        assert region.x <= track.box.x0 and region.x + w >= track.box.x1
        assert region.y <= track.box.y0 and region.y + h >= track.box.y1
        own = paint([Placed("hopper", 300 + i, 240, 120)])[region.y : region.y + h, region.x : region.x + w]
        assert np.abs(region.rgb.astype(int) - own).max() <= 1
        eyes, nose = track.face.points[:2], track.face.points[2]
        assert eyes[0, 0] < nose[0] < eyes[1, 0] and nose[1] > eyes[:, 1].max()


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("face", [110, 36])
def test_a_short_loss_keeps_the_number_and_ends_at_once(name: str, face: float) -> None:
    """A grey bar for five frames; in the frame in which the face is bare again it is a track again."""

    def at(i: int) -> U8:
        x = 200 + 2 * i
        picture = paint([Placed(name, x, 240, face)])
        if 8 <= i < 13:
            picture[:, int(x - face) : int(x + face)] = 128
        return picture

    got = ids(clip(perceiver(), at, 18))
    assert got == [[0]] * 8 + [[]] * 5 + [[0]] * 5


def test_the_source_stays_with_who_was_lost() -> None:
    """While the largest is hidden the other one must not take its source."""
    see = perceiver((Rule(0, Who("largest")),))

    def at(i: int) -> U8:
        picture = paint([Placed("hopper", 460, 230, 120), Placed("astronaut", 150, 240, 80)])
        if 4 <= i < 9:
            picture[:, 350:570] = 128
        return picture

    scenes = clip(see, at, 12)
    taken = [{t.id: t.source for t in s.tracks} for s in scenes]
    assert taken[0] == {0: 0, 1: None} and taken[6] == {1: None} and taken[11] == {0: 0, 1: None}


@pytest.mark.parametrize("front", PEOPLE)
@pytest.mark.parametrize("rightward", PEOPLE)
def test_a_crossing_keeps_both_numbers(front: str, rightward: str) -> None:
    """Two people pass each other, one hides the other for half a second, whichever is in front."""

    def places(i: int) -> dict[str, float]:
        return {n: 100 + 10 * i if n == rightward else 540 - 10 * i for n in PEOPLE}

    def at(i: int) -> U8:
        order = sorted(PEOPLE, key=lambda n: n == front)
        return paint([Placed(n, places(i)[n], 240, 100) for n in order])

    def named(scene: Scene, i: int) -> dict[str, int]:
        return {min(PEOPLE, key=lambda n: abs(places(i)[n] - t.box.centre[0])): t.id for t in scene.tracks}

    scenes = clip(perceiver(), at, 44)
    before, after = named(scenes[5], 5), named(scenes[43], 43)
    assert set(before) == set(PEOPLE) == set(after)
    assert before == after
    hidden = named(scenes[22], 22)
    assert len(scenes[22].tracks) == 1
    # who is in front is followed as who they are
    assert list(hidden.values()) == [before[front]]


def test_a_cut_begins_new_tracks() -> None:
    shots = [paint([Placed("hopper", 320, 240, 120)], seed=1), paint([Placed("astronaut", 300, 230, 110)], seed=2)]
    scenes = clip(perceiver(), lambda i: shots[i // 4 % 2], 12)
    assert [i for i, s in enumerate(scenes) if s.cut] == [0, 4, 8]
    assert ids(scenes) == [[0]] * 4 + [[1]] * 4 + [[2]] * 4
    assert scenes[4].tracks[0].age == 0


def test_a_flash_keeps_the_track() -> None:
    picture = paint([Placed("hopper", 320, 240, 120)])
    dim = (picture * 0.55).astype(np.uint8)
    scenes = clip(perceiver(), lambda i: picture if i == 5 else dim, 10)
    assert all(0 in numbers for numbers in ids(scenes)[:5] + ids(scenes)[6:])
    assert {n for numbers in ids(scenes) for n in numbers} == {0}


@pytest.mark.parametrize("face", [20, 110])
def test_time_that_jumps_back_is_a_new_stream(face: float) -> None:
    see = perceiver()
    picture = paint([Placed("hopper", 320, 240, face)])
    first = see(framed(picture, 100_000))
    assert ids([first]) == [[0]]
    again = see(framed(picture, 0))
    assert again.cut and ids([again]) == [[1]]
    assert ids([see(framed(picture, 40))]) == [[1]]


def test_small_faces_are_looked_for_after_a_jump_back() -> None:
    see = perceiver()
    assert see(framed(wall(640, 480), 100_000)).tracks == ()
    assert len(see(framed(paint([Placed("hopper", 320, 240, 20)]), 0)).tracks) == 1


def test_frames_of_equal_time_are_harmless() -> None:
    picture = paint([Placed("hopper", 320, 240, 110)])
    scenes = clip(perceiver(), lambda i: noisy(picture, i), 5, 0, 500)
    assert ids(scenes) == [[0]] * 5
    assert [s.tracks[0].age for s in scenes] == [0, 1, 2, 3, 4]
    assert all(np.isfinite(s.tracks[0].face.mesh).all() for s in scenes)


def test_a_little_step_back_in_time_is_harmless() -> None:
    picture = paint([Placed("hopper", 320, 240, 110)])
    see = perceiver()
    got = [ids([see(framed(picture, pts))])[0] for pts in (0, 40, 20, 80, 60, 120)]
    assert got == [[0]] * 6


@pytest.mark.parametrize("name", PEOPLE[:1])
@pytest.mark.parametrize("toward", [(1, 0), (-1, 0), (0, -1), (0, 1)])
def test_leaving_the_picture_and_coming_back(name: str, toward: tuple[int, int]) -> None:
    """Out over each border within a second and a half, and back again as the same person."""
    reach = [*range(0, 440, 24), *range(440, -1, -24)]

    def at(i: int) -> U8:
        return paint([Placed(name, 320 + toward[0] * reach[i], 240 + toward[1] * reach[i], 110)])

    scenes = clip(perceiver(), at, len(reach), 33)
    got = ids(scenes)
    assert got[0] == [0] and got[len(reach) // 2] == [] and got[-1] == [0]
    assert all(len(g) <= 1 for g in got)
    # who comes in half seen may be taken for somebody new, for a moment
    assert sum(g not in ([0], []) for g in got) <= 5


@pytest.mark.parametrize("place", [(30, 240), (610, 240), (320, 35), (320, 445)])
def test_a_face_at_the_border_is_seen(place: tuple[float, float]) -> None:
    scene = perceiver()(framed(paint([Placed("hopper", *place, 110)])))
    assert len(scene.tracks) == 1
    assert np.hypot(scene.tracks[0].box.centre[0] - place[0], scene.tracks[0].box.centre[1] - place[1]) < 40


@pytest.mark.parametrize("size", [(360, 640), (640, 100), (101, 333), (161, 121)])
def test_pictures_of_any_form(size: tuple[int, int]) -> None:
    one = Placed("astronaut", size[0] * 0.5, size[1] * 0.5, 0.45 * min(size))
    only(perceiver()(framed(paint([one], size))), one)


def test_a_newcomer_is_noticed_within_the_pace() -> None:
    see = Perceiver(networks(), (Rule(0, Who("all")),))

    def at(i: int) -> U8:
        people = [Placed("hopper", 460, 240, 110)]
        return paint(people if i < 6 else [*people, Placed("astronaut", 150, 240, 100)])

    got = ids(clip(see, at, 14, pace=Pace(look=0.2)))
    assert got[5] == [0] and got[-1] == [0, 1]
    assert next(i for i, g in enumerate(got) if len(g) == 2) <= 6 + 5


def test_no_more_people_than_asked_for() -> None:
    people = [Placed("hopper", 460, 230, 110), Placed("astronaut", 160, 240, 90)]
    see = Perceiver(networks(), (Rule(0, Who("all")),), most=1)
    scenes = clip(see, lambda _: paint(people), 3, 600)
    assert ids(scenes) == [[0]] * 3
    assert scenes[0].tracks[0].box.width > 95  # the larger one


def test_a_person_gone_for_long_is_somebody_new() -> None:
    see = perceiver()
    picture = paint([Placed("hopper", 320, 240, 110)])
    assert ids(clip(see, lambda _: picture, 2)) == [[0], [0]]
    empty = picture.copy()
    empty[:] = wall(640, 480)
    clip(see, lambda _: empty, 30, 100, 100)
    assert ids(clip(see, lambda _: picture, 2, 40, 3200))[1] == [1]


@pytest.mark.parametrize("turn", [-25.0, 25.0, 60.0])
def test_roll_is_the_turn_of_the_picture(turn: float) -> None:
    level = perceiver()(framed(paint([Placed("hopper", 320, 240, 120)]))).tracks[0]
    tilted = perceiver()(framed(paint([Placed("hopper", 320, 240, 120, turn)]))).tracks[0]
    assert pose(tilted.face.mesh).roll - pose(level.face.mesh).roll == pytest.approx(turn, abs=4)


@pytest.mark.parametrize("name", PEOPLE)
def test_the_mirror_image_mirrors_yaw_and_roll(name: str) -> None:
    one, other = (
        pose(perceiver()(framed(paint([Placed(name, 320, 240, 130, 15 * (1 - 2 * m), bool(m))]))).tracks[0].face.mesh)
        for m in (0, 1)
    )
    assert other.yaw == pytest.approx(-one.yaw, abs=4)
    assert other.roll == pytest.approx(-one.roll, abs=4)
    assert other.pitch == pytest.approx(one.pitch, abs=4)


def moved(rate: int, seconds: float = 1.2) -> tuple[F32, F32]:
    """Centres (n, 2) seen and true offsets (n,), of a face that stands, sets off, and stops; frames at `rate`."""
    see = perceiver()
    count = round(seconds * rate)
    true, seen = [], []
    for i in range(count):
        t = i / rate
        x = 200 + 200 * np.clip((t - 0.3) / 0.6, 0, 1)  # 333 px/s
        picture = noisy(paint([Placed("hopper", float(x), 240, 130)]), i, 5.0)
        scene = see(framed(picture, i, i, Fraction(1, rate)))
        seen.append(scene.tracks[0].face.mesh[:, :2].mean(0))
        true.append(x)
    return np.asarray(seen, np.float32), np.asarray(true, np.float32)


@pytest.mark.parametrize("rate", [15, 30, 60])
def test_there_is_no_lag_at_any_frame_rate(rate: int) -> None:
    seen, true = moved(rate)
    offset = seen[:, 0] - true
    still, going = offset[: int(0.3 * rate)], offset[int(0.45 * rate) : int(0.85 * rate)]
    # in seconds: less than six thousandths behind a face that runs two and a half widths a second
    assert abs(going.mean() - still.mean()) < 333 * 0.006


def test_a_still_face_trembles_less_than_it_is_measured() -> None:
    """The same noisy frames, each seen as if it were the first: the smoothing's worth."""
    picture = paint([Placed("hopper", 320, 240, 90)])
    frames = [noisy(picture, i, 9.0) for i in range(14)]
    smooth = np.stack([s.tracks[0].face.mesh[:, :2] for s in clip(perceiver(), lambda i: frames[i], 14)])
    raw = np.stack([perceiver()(framed(f)).tracks[0].face.mesh[:, :2] for f in frames])

    def tremble(points: F32) -> float:
        return float(np.abs(np.diff(points[4:], axis=0)).mean())

    assert tremble(smooth) < 0.6 * tremble(raw)
    assert np.abs(smooth[4:].mean(0) - raw[4:].mean(0)).mean() < 0.01 * 90  # and stays where the face is


def test_where_nobody_acts_on_it_nobody_looks_before_faces() -> None:
    """Under load; the plate is kept for when there is time again."""
    one = Placed(PEOPLE[0], 320, 250, 200)
    watch = OcclusionTracker(open_engine(WEIGHTS), load_thresholds())
    see = Perceiver(networks(), ALL, watch=watch)
    before = clip(see, lambda _: paint([one]), 3)
    between = clip(see, lambda _: paint([one]), 3, start=120, pace=Pace(fronts=False))
    (after,) = clip(see, lambda _: paint([one]), 1, start=240)
    fronts = [s.tracks[0].front for s in (*before, *between, after)]
    assert [f is None for f in fronts] == [False] * 3 + [True] * 3 + [False]
    assert fronts[2] is not None and fronts[-1] is not None and fronts[-1].plate.frames >= fronts[2].plate.frames > 0
    assert ids([*before, *between, after]) == [[0]] * 7
    see.close()


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("size", [(320, 240), (480, 640), (1280, 960)])
def test_a_picture_of_another_size_is_a_new_shot_with_its_faces(name: str, size: tuple[int, int]) -> None:
    """As adaptive streams and calls change theirs: in the very frame, and not seconds later."""
    see, before = perceiver(), Placed(name, 320, 240, 120)
    clip(see, lambda _: paint([before]), 5)
    k = size[0] / 640
    after = Placed(name, 320 * k, 0.5 * size[1], 120 * k)
    scenes = clip(see, lambda _: paint([after], size), 3, start=200)
    assert [s.cut for s in scenes] == [True, False, False]
    for scene in scenes:
        only(scene, after)


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("aspect", [Fraction(16, 11), Fraction(2)])
def test_a_face_in_pixels_that_are_not_square_is_as_wide_as_it_is_shown(name: str, aspect: Fraction) -> None:
    one = Placed(name, 320, 240, 150)
    narrow = np.asarray(cv2.resize(paint([one]), (round(640 / aspect), 480), interpolation=cv2.INTER_AREA), np.uint8)
    picture = Planes.of(av.VideoFrame.from_ndarray(narrow, format="rgb24"), aspect=aspect)
    only(perceiver()(Frame(0, 0, Fraction(1, 25), picture, 0.0)), one)


@pytest.mark.parametrize("name", PEOPLE)
def test_a_face_in_hdr_is_found(name: str) -> None:
    one = Placed(name, 320, 240, 120)
    light = srgb_to_light(paint([one]) / 255) * 203
    deep = np.rint(nits_to_pq(light) * 65_535).astype(np.uint16)
    frame = av.VideoFrame.from_ndarray(deep, format="rgb48le").reformat(format="gbrp10le")
    frame.color_primaries, frame.color_trc = 1, 16
    only(perceiver()(Frame(0, 0, Fraction(1, 25), Planes.of(frame), 0.0)), one)
