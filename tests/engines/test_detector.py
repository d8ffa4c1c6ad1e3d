"""BlazeFace's prepare, read and merge by value; its eyes on real portraits."""

from itertools import pairwise

import numpy as np
import pytest

from engines.detector import ANCHORS, SIDE, Detection, Detector, anchors, merge, prepare, read, tiles
from engines.values import F32, U8, Box
from tests.stream.portraits import FACES, Placed, needs_models, networks, paint, photo, wall


def logit(p: float) -> float:
    return float(np.log(p / (1 - p)))


def test_anchors_are_two_grids() -> None:
    got = anchors()
    assert got.shape == (896, 2) and got.dtype == np.float32
    assert got[0].tolist() == got[1].tolist() == [4, 4]  # 16x16 cells of 8 px, two each, row by row
    assert got[2].tolist() == [12, 4] and got[32].tolist() == [4, 12]
    assert got[511].tolist() == [124, 124]
    assert got[512].tolist() == got[517].tolist() == [8, 8]  # 8x8 cells of 16 px, six each
    assert got[518].tolist() == [24, 8] and got[-1].tolist() == [120, 120]


def test_prepare_letterboxes_into_minus_one_to_one() -> None:
    image = np.full((64, 256, 3), 255, np.uint8)
    feed, scale, (x, y) = prepare(image)
    assert feed.shape == (1, 128, 128, 3) and feed.dtype == np.float32
    assert scale == 0.5 and (x, y) == (0, 48)
    assert feed[0, 48:80].min() == feed[0, 48:80].max() == 1
    assert feed[0, :48].max() == -1 and feed[0, 80:].max() == -1


def test_prepare_keeps_rgb_order_and_upright_pictures() -> None:
    image = np.zeros((300, 150, 3), np.uint8)
    image[:150] = (255, 0, 0)
    feed, scale, (x, y) = prepare(image)
    assert scale == pytest.approx(128 / 300) and (x, y) == (32, 0)
    assert feed[0, 20, 64].tolist() == [1, -1, -1] and feed[0, 100, 64].tolist() == [-1, -1, -1]


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (128, 128)])
def test_prepare_takes_any_size(size: tuple[int, int]) -> None:
    feed, _, _ = prepare(np.zeros((*size, 3), np.uint8))
    assert feed.shape == (1, SIDE, SIDE, 3) and np.isfinite(feed).all()


def test_read_decodes_against_the_anchors() -> None:
    """One anchor speaks: its centre moved by (3, -2), 20 wide, 30 high, points counted from the anchor."""
    regressors, logits = np.zeros((1, 896, 16), np.float32), np.full((1, 896, 1), -50, np.float32)
    regressors[0, 300, :4] = [3, -2, 20, 30]
    regressors[0, 300, 4:] = np.arange(12)
    logits[0, 300] = logit(0.8)
    boxes, points, scores = read(regressors, logits, 0.5)
    x, y = ANCHORS[300]
    assert boxes.tolist() == [[x + 3 - 10, y - 2 - 15, x + 3 + 10, y - 2 + 15]]
    assert points.tolist() == [[[x + 2 * i, y + 2 * i + 1] for i in range(6)]]
    assert scores == pytest.approx([0.8])


def test_read_keeps_what_is_above_the_threshold_and_survives_extremes() -> None:
    logits = np.full((1, 896, 1), -1e6, np.float32)
    logits[0, :3, 0] = [1e6, logit(0.6), logit(0.4)]
    _, _, scores = read(np.zeros((1, 896, 16), np.float32), logits, 0.5)
    assert scores == pytest.approx([1, 0.6])


def merged(*found: tuple[tuple[float, float, float, float], float]) -> list[Detection]:
    boxes = np.array([f[0] for f in found], np.float32).reshape(-1, 4)
    points = np.repeat(boxes[:, None, :2], 6, 1)
    return merge(boxes, points, np.array([f[1] for f in found], np.float32))


def test_merge_of_nothing_is_nothing() -> None:
    assert merged() == []


def test_merge_averages_by_score_and_keeps_the_best_score() -> None:
    got = merged(((0, 0, 10, 10), 0.6), ((2, 0, 12, 10), 0.9))
    assert len(got) == 1 and got[0].score == pytest.approx(0.9)
    share = 0.9 / 1.5
    assert got[0].box.x0 == pytest.approx(2 * share) and got[0].box.x1 == pytest.approx(10 + 2 * share)
    assert got[0].points[0].tolist() == pytest.approx([2 * share, 0])


def test_merge_leaves_neighbours_apart_best_first() -> None:
    got = merged(((0, 0, 10, 10), 0.6), ((8, 0, 18, 10), 0.9), ((100, 100, 110, 110), 0.7))
    assert [d.score for d in got] == pytest.approx([0.9, 0.7, 0.6])


def test_merge_takes_a_part_of_a_face_as_that_face() -> None:
    assert len(merged(((0, 0, 100, 100), 0.9), ((20, 20, 50, 50), 0.6))) == 1


def test_merge_of_empty_boxes_does_not_divide_by_nought() -> None:
    got = merged(((5, 5, 5, 5), 0.9), ((5, 5, 5, 5), 0.8))
    assert all(np.isfinite([d.box.x0, d.box.x1]).all() for d in got)


@pytest.mark.parametrize(
    ("size", "tile"), [((640, 480), 160), ((1920, 1080), 320), ((360, 640), 192), ((161, 90), 160)]
)
def test_tiles_cover_the_picture_and_overlap(size: tuple[int, int], tile: int) -> None:
    corners = tiles(size, tile)
    seen = np.zeros((max(size[1], tile), max(size[0], tile)), int)
    for x, y in corners:
        assert x >= 0 and y >= 0 and x <= max(0, size[0] - tile) and y <= max(0, size[1] - tile)
        seen[y : y + tile, x : x + tile] += 1
    assert seen.min() >= 1
    for axis in (0, 1):
        starts = sorted({c[axis] for c in corners})
        assert all(b - a <= tile * 0.75 + 1 for a, b in pairwise(starts))


def test_a_picture_smaller_than_a_tile_is_one_tile() -> None:
    assert list(tiles((100, 80), 160)) == [(0, 0)]


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(networks().detector)


def crop_of(image: U8, x: int, y: int, side: int) -> U8:
    rows = np.clip(np.arange(y, y + side), 0, image.shape[0] - 1)
    columns = np.clip(np.arange(x, x + side), 0, image.shape[1] - 1)
    return np.asarray(image[rows[:, None], columns], np.uint8)


def near(box: Box, x: float, y: float, width: float) -> bool:
    return bool(np.hypot(box.centre[0] - x, box.centre[1] - y) < 0.35 * width and 0.6 < box.width / width < 1.6)


class TestPortraits:
    pytestmark = needs_models

    @pytest.mark.parametrize("name", FACES)
    def test_a_portrait_has_one_face(self, detector: Detector, name: str) -> None:
        found = detector.whole(photo(name))
        assert len(found) == 1 and found[0].score > 0.8
        assert near(found[0].box, *FACES[name])
        p: F32 = found[0].points
        right_eye, left_eye, nose, mouth, right_ear, left_ear = p
        assert right_ear[0] < right_eye[0] < nose[0] < left_eye[0] < left_ear[0]
        assert right_eye[1] < nose[1] < mouth[1]

    @pytest.mark.parametrize("face", [60, 120, 240, 400])
    def test_boxes_scale_with_the_face(self, detector: Detector, face: float) -> None:
        found = detector.whole(paint([Placed("hopper", 320, 240, face)]))
        assert len(found) == 1 and near(found[0].box, 320, 240, face)

    def test_two_people_are_two_boxes(self, detector: Detector) -> None:
        found = detector.whole(paint([Placed("hopper", 460, 230, 110), Placed("astronaut", 160, 240, 90)]))
        assert len(found) == 2
        assert (
            {near(d.box, 460, 230, 110) for d in found} == {near(d.box, 160, 240, 90) for d in found} == {True, False}
        )

    @pytest.mark.parametrize("name", FACES)
    def test_tiles_find_what_the_whole_picture_loses(self, detector: Detector, name: str) -> None:
        picture = paint([Placed(name, 400, 150, 22)])
        assert detector.whole(picture) == []
        found = detector.tiled((640, 480), 160, lambda x, y, s: crop_of(picture, x, y, s))
        assert len(found) == 1 and near(found[0].box, 400, 150, 22)

    def test_a_face_on_the_seam_of_tiles_is_found_where_it_is(self, detector: Detector) -> None:
        for x in range(100, 260, 13):
            picture = paint([Placed("hopper", x, 200, 40)])
            found = detector.tiled((640, 480), 160, lambda x, y, s, p=picture: crop_of(p, x, y, s))  # type: ignore[misc]
            assert any(near(d.box, x, 200, 40) for d in found)

    def test_a_wall_has_no_face(self, detector: Detector) -> None:
        assert detector.whole(wall(640, 480)) == []
        assert detector.tiled((640, 480), 160, lambda x, y, s: crop_of(wall(640, 480), x, y, s)) == []

    def test_a_higher_threshold_sees_less(self) -> None:
        picture = photo("astronaut")
        assert len(Detector(networks().detector, 0.5).whole(picture)) == 1
        assert Detector(networks().detector, 0.999).whole(picture) == []
