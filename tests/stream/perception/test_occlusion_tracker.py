"""What lies before a face, followed over time, with a network whose answers are known: it finds pure colours.

Green is opaque, blue is a veil, red is glass.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import pytest

from calib.thresholds import Thresholds
from engines.backends.reference import ReferenceEngine
from engines.landmarks import SIDE as CROP
from engines.landmarks import Landmarks, roi_from_mesh
from engines.mesh.fuse import view
from engines.occlusion.clean_plate import drawn, drawn_at
from engines.occlusion.network import NONE, OPAQUE, SIDE, TRANSPARENT, Occlusion, frame_to_crop, move
from engines.protocol import Spec
from engines.values import F32, Array, Box, Face, Region
from stream.perception.occlusion_tracker import (
    ASK_EVERY,
    KNOWN,
    LEARN_EVERY,
    MEASURE_EVERY,
    OcclusionTracker,
    covering,
    onto,
    settle,
)
from stream.perception.tracker import Look, mesh_box
from tests.engines.scenes import bytes_of, psnr
from tests.stream.fronts import CLEAN, CORNER, LOCAL, POSE, SIZE, box, on_face, seen

GREEN, BLUE, RED = (0.0, 255.0, 0.0), (0.0, 0.0, 255.0), (255.0, 0.0, 0.0)
QUICK = Thresholds(keep=0.0, enter=0.6, enter_frames=1, leave=0.4, leave_frames=1, dwell=0, sure=0.4)
GREY = np.asarray(CLEAN * 0 + 110 + 0.35 * (CLEAN.mean(2, keepdims=True) - 110), np.float32)  # a face of no colour


@dataclass
class Net:
    """The network of known answers, and every input it was given."""

    asked: list[F32] = field(default_factory=list)

    def answer(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        face = np.asarray(feeds["face"], np.float32)[0]
        self.asked.append(face.copy())
        r, g, b = face[:3]
        pure = [np.clip((c - np.maximum(o, p)) * 2, 0, 1) for c, o, p in ((g, r, b), (b, r, g), (r, g, b))]
        maps = np.stack([np.where(p > 0.1, p, 0) for p in pure]).astype(np.float32)
        share = (maps * face[6]).sum((1, 2)) / max(float(face[6].sum()), 1)
        logits = np.array([[2, 60 * share[0], 60 * max(share[1], share[2])]], np.float32)
        return {"logits": np.minimum(logits, 6), "maps": maps[None]}

    def engine(self) -> ReferenceEngine:
        sizes = {"logits": Spec((1, 3), "float32"), "maps": Spec((1, 3, SIDE, SIDE), "float32")}
        return ReferenceEngine({"face": Spec((1, 7, SIDE, SIDE), "float32")}, sizes, self.answer)


@dataclass
class Meshes:
    """Landmarks of known answers: the face as it sits in its crop, moved by `astray` crop pixels. looked: the crops."""

    astray: tuple[float, float] = (0.0, 0.0)
    looked: list[F32] = field(default_factory=list)

    def answer(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        self.looked.append(np.asarray(feeds["image"], np.float32)[0])
        roi = roi_from_mesh(LOCAL)
        at = LOCAL[:, :2] @ roi.matrix()[:, :2].T + roi.matrix()[:, 2] + 0.5 + np.array(self.astray)
        points = np.concatenate([at, LOCAL[:, 2:] * CROP / roi.side], 1)
        return {"points": points.reshape(1, -1).astype(np.float32), "score": np.full((1, 1), 5, np.float32)}

    def landmarks(self) -> Landmarks:
        sizes = {"points": Spec((1, 1404), "float32"), "score": Spec((1, 1), "float32")}
        return Landmarks(ReferenceEngine({"image": Spec((1, CROP, CROP, 3), "float32")}, sizes, self.answer))


def look(image: F32 = GREY, seconds: float = 0.0, mesh: F32 = POSE) -> Look:
    rgb = bytes_of(image)
    grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
    face = Face(mesh_box(mesh), np.zeros((6, 2), np.float32), mesh, 0.9)
    return Look(face, view(grey, CORNER, mesh, None), Region(*CORNER, rgb), np.zeros(432, np.float32), seconds, 0)


def painted(cover: F32, colour: tuple[float, float, float], image: F32 = GREY) -> F32:
    return np.asarray(image + cover[..., None] * (np.array(colour, np.float32) - image), np.float32)


HAND = box(70, 95, 150, 150)
MESHES = Meshes().landmarks()


def learned(net: Net, thresholds: Thresholds = QUICK, until: float = 3.0) -> OcclusionTracker:
    """A watch that has seen person 1 clearly, until just before `until` seconds."""
    watch = OcclusionTracker(net.engine(), thresholds)
    for i in range(10):
        watch(1, look(seconds=until - 4 + 0.4 * i), None, MESHES)
    net.asked.clear()
    return watch


def test_at_first_the_network_has_no_plate_and_then_it_has() -> None:
    net = Net()
    watch = OcclusionTracker(net.engine(), QUICK)
    _, front = watch(1, look(), None, MESHES)
    assert (front.kind, front.plate.frames) == (NONE, 1)
    assert front.seen is not None
    watch(1, look(seconds=1.0), None, MESHES)
    first, again, second = net.asked
    assert first[3:6].max() == 0
    assert again[3:6].max() > 0  # the same frame with the plate that was begun from it
    matrix = frame_to_crop(POSE)
    matrix[:, 2] += matrix[:, :2] @ np.array(CORNER, np.float32)
    crop = cv2.warpAffine(bytes_of(GREY), matrix, (SIDE, SIDE)).transpose(2, 0, 1) / 255
    assert np.abs(first[:3] - crop)[:, 30:100, 40:90].max() < 0.03
    sure = (cv2.erode(second[6], np.ones((15, 15))) > 0) & (second[3:6].min(0) > 0)
    assert sure.sum() > 1500
    assert np.abs(second[3:6] - second[:3])[:, sure].mean() < 0.02


@pytest.mark.parametrize(
    ("colour", "kind"), [(GREEN, OPAQUE), (BLUE, TRANSPARENT), (RED, TRANSPARENT)], ids=["green", "blue", "red"]
)
def test_what_the_network_finds_is_what_the_front_says(colour: tuple[float, float, float], kind: int) -> None:
    watch = learned(Net())
    _, front = watch(1, look(painted(HAND, colour), 4.0), None, MESHES)
    assert front.kind == kind
    assert front.seen is not None
    layer = {GREEN: front.seen.opaque, BLUE: front.seen.veil, RED: front.seen.glass}[colour]
    there = onto(layer, front.seen.matrix, look().region)
    core, off = cv2.erode(HAND, np.ones((9, 9))) > 0, cv2.dilate(HAND, np.ones((9, 9))) == 0
    assert there[core].min() > 0.8
    assert there[off].max() < 0.2


def test_a_calm_face_is_looked_at_now_and_then() -> None:
    net = Net()
    watch = learned(net)
    fronts = [watch(1, look(seconds=4 + i / 50), None, MESHES)[1] for i in range(51)]
    assert len(net.asked) == pytest.approx(1 / ASK_EVERY + 1, abs=1)
    for front in fronts:
        assert front.kind == NONE
    assert [f.seen is not None for f in fronts].count(True) == len(net.asked)


def test_one_that_is_always_watched_is_asked_about_in_every_frame() -> None:
    net = Net()
    watch = OcclusionTracker(net.engine(), QUICK, always=True)
    for i in range(10):
        assert watch(1, look(seconds=i / 50), None, MESHES)[1].seen is not None
    assert len(net.asked) == 11  # of the first frame twice: with no plate, and with the one begun from it


def test_a_change_before_the_face_is_noticed_at_once() -> None:
    """As large as one of 64 cells of the crop."""
    net = Net()
    watch = learned(net)
    watch(1, look(seconds=4.0), None, MESHES)
    watch(1, look(seconds=4.02), None, MESHES)
    assert len(net.asked) == 1
    watch(1, look(painted(box(90, 100, 112, 122), (230, 230, 230)), 4.04), None, MESHES)
    assert len(net.asked) == 2


def test_other_light_on_the_whole_face_is_no_change_before_it() -> None:
    net = Net()
    watch = learned(net)
    watch(1, look(seconds=4.0), None, MESHES)
    watch(1, look(np.asarray(GREY + 30, np.float32), 4.02), None, MESHES)
    assert len(net.asked) == 1


def test_while_something_is_there_every_frame_is_asked_about() -> None:
    net = Net()
    watch = learned(net)
    for i in range(8):
        _, front = watch(1, look(painted(HAND, GREEN), 4 + i / 50), None, MESHES)
        assert front.kind == OPAQUE
    assert len(net.asked) == 8


def test_the_plate_is_not_learned_from_what_covers_the_face() -> None:
    watch = learned(Net())
    _, before = watch(1, look(seconds=4.0), None, MESHES)
    for i in range(20):
        _, front = watch(1, look(painted(HAND, GREEN), 4.5 + i), None, MESHES)
    assert front.plate is before.plate
    _, front = watch(1, look(seconds=40.0), None, MESHES)
    assert front.kind == NONE
    assert front.plate.frames == before.plate.frames + 1


def test_who_enters_covered_gets_a_plate_from_what_is_seen() -> None:
    """Without one the network doubts; the covered part stays unknown."""
    watch = OcclusionTracker(Net().engine(), QUICK)
    for i in range(20):
        _, front = watch(1, look(painted(HAND, GREEN), i / 2), None, MESHES)
    assert front.kind == OPAQUE
    assert front.plate.frames == KNOWN
    shown = drawn(front.plate, LOCAL, (SIZE, SIZE))
    core = cv2.erode(HAND, np.ones((15, 15))) > 0
    assert shown.known[core].max() < 0.1
    beside = (cv2.dilate(HAND, np.ones((15, 15))) == 0) & (on_face() > 0)
    assert psnr(shown.colour, GREY, beside & (shown.known > 0.5)) > 30
    assert (beside & (shown.known > 0.5)).sum() > 1000


def test_the_plate_is_learned_in_seconds_not_in_frames() -> None:
    """Once it is known: at every frame rate as often."""
    for rate in (20, 50):
        watch = learned(Net())
        _, before = watch(1, look(seconds=5.0), None, MESHES)
        for i in range(1, 3 * rate + 1):
            _, front = watch(1, look(seconds=5 + i / rate), None, MESHES)
        assert front.plate.frames - before.plate.frames == pytest.approx(3 / LEARN_EVERY, abs=2)


def test_one_flicker_changes_nothing_and_what_lasts_does() -> None:
    slow = Thresholds(keep=0.0, enter=0.6, enter_frames=3, leave=0.1, leave_frames=3, dwell=3, sure=0.0)
    watch = learned(Net(), slow)
    kinds = []
    for i, covered in enumerate([0, 1, 0, 0, 1, 1, 0, 1, 1, 1, 1, 0, 0, 0, 0]):
        image = painted(HAND, GREEN) if covered else GREY
        kinds.append(watch(1, look(image, 4 + i), None, MESHES)[1].kind)
    assert kinds == [NONE] * 9 + [OPAQUE] * 4 + [NONE] * 2


def test_doubt_masks_a_face_that_passes_for_clear() -> None:
    for sure, want in ((0.3, NONE), (0.95, OPAQUE)):
        watch = learned(Net(), replace(QUICK, enter=0.9, sure=sure))
        image = painted(box(90, 100, 104, 114), GREEN)  # little of it: the network is not certain
        assert watch(1, look(image, 4.0), None, MESHES)[1].kind == want


def test_while_in_doubt_every_frame_has_its_mask() -> None:
    """A speck, too small to change the face's look, makes the network doubt: no frame is painted over it unmasked."""
    net = Net()
    watch = learned(net, replace(QUICK, enter=0.9, sure=0.775))
    assert watch(1, look(seconds=4.0), None, MESHES)[1].kind == NONE
    image = painted(box(92, 100, 98, 106), GREEN)
    watch(1, look(image, 4.0 + ASK_EVERY), None, MESHES)
    for i in range(1, 8):
        _, front = watch(1, look(image, 4.0 + ASK_EVERY + i / 50), None, MESHES)
        assert front.kind == OPAQUE
        assert front.seen is not None


def test_people_are_watched_each_for_themselves_and_forgotten() -> None:
    net = Net()
    watch = learned(net)
    _, second = watch(2, look(painted(HAND, GREEN), 4.0), None, MESHES)
    _, first = watch(1, look(seconds=4.0), None, MESHES)
    assert (first.kind, second.kind) == (NONE, OPAQUE)
    assert first.plate.frames > 5 > second.plate.frames
    watch.keep({2})
    net.asked.clear()
    _, again = watch(1, look(seconds=4.04), None, MESHES)
    assert again.plate.frames == 1
    assert net.asked[0][3:6].max() == 0
    _, kept = watch(2, look(painted(HAND, GREEN), 4.04), None, MESHES)
    assert kept.plate.frames == 2


def bent(away: float = 14.0) -> F32:
    """The mesh as something before the face would bend it: what lies under HAND slips to the right."""
    out = POSE.copy()
    x, y = (np.round(LOCAL[:, :2]).astype(int)).T
    out[HAND[y, x] > 0, 0] += away
    return out


def test_an_occluder_does_not_bend_the_mesh() -> None:
    meshes = Meshes()
    watch = learned(Net())
    before = look(seconds=3.98)
    got, front = watch(1, look(painted(HAND, GREEN), 4.0, bent()), before, meshes.landmarks())
    assert front.kind == OPAQUE
    wrong, right = (np.abs(m[:, :2] - POSE[:, :2]).max() for m in (bent(), got.face.mesh))
    assert wrong > 10
    assert right < 2
    assert got.face.box == mesh_box(got.face.mesh)
    # what lies before it is told for the mesh set right
    assert front.seen is not None
    assert np.array_equal(front.seen.matrix, frame_to_crop(got.face.mesh))
    # it was measured on a picture that shows the face where the hand is
    (crop,) = meshes.looked
    assert (crop[..., 1] - crop[..., 0] > 0.4).mean() < 0.01  # a tenth, unless it were completed


def test_a_face_that_stays_covered_is_asked_about_once_a_frame_where_it_is() -> None:
    """At first the bent mesh leads the network astray and it is asked again; from then on the face is carried along."""
    net, meshes = Net(), Meshes()
    watch, last = learned(net), look(seconds=3.98)
    for i, questions in enumerate((2, 1, 1)):
        net.asked.clear()
        last, front = watch(1, look(painted(HAND, GREEN), 4 + i / 50, bent()), last, meshes.landmarks())
        assert len(net.asked) == questions
        assert np.abs(last.face.mesh[:, :2] - POSE[:, :2]).max() < 2
        # the plate that the network saw lay where the face is, not where the bent mesh was
        want = drawn(front.plate, move(POSE, frame_to_crop(POSE)), (SIDE, SIDE))
        assert np.abs(net.asked[-1][6] - want.mask).mean() < 0.01
        assert front.seen is not None
        assert np.abs(front.seen.matrix - frame_to_crop(POSE)).max() < 1.5


def test_a_covered_face_is_measured_now_and_then_and_carried_along_in_between() -> None:
    """At 60 frames a second every fourth; it moves by 4 pixels a frame, hand and all."""
    meshes, watch, last, at = Meshes(), learned(Net()), look(seconds=3.98), []
    shown = painted(HAND, GREEN)
    for i in range(6):
        count = len(meshes.looked)
        image = np.asarray(np.roll(shown, 4 * min(i, 2), 1), np.float32)
        wrong = bent() + np.array([4 * min(i, 2), 0, 0], np.float32)
        last, _ = watch(1, look(image, 4 + i / 60, wrong), last, meshes.landmarks())
        at.append(len(meshes.looked) > count)
        if i == 2:  # carried, not measured
            assert np.median(last.face.mesh[:, 0] - POSE[:, 0]) == pytest.approx(8, abs=1.5)
            assert np.abs(last.face.mesh[:, 1] - POSE[:, 1]).max() < 3
    assert 3 / 60 < MEASURE_EVERY < 4 / 60
    assert at == [True, False, False, False, True, False]


def test_a_quick_face_that_flow_has_lost_is_found_where_it_was_measured() -> None:
    """The face leaps away from a hand that stays: carried along, it would still lie behind the hand."""
    net, meshes = Net(), Meshes()
    watch = learned(net)
    last, front = watch(1, look(painted(HAND, GREEN), 4.0, bent()), look(seconds=3.98), meshes.landmarks())
    assert front.kind == OPAQUE
    leap = np.array([0, -70, 0], np.float32)
    image = painted(HAND, GREEN, np.asarray(np.roll(GREY, -70, 0), np.float32))
    net.asked.clear()
    got, front = watch(1, look(image, 4.02, POSE + leap), last, meshes.landmarks())
    assert len(net.asked) == 2
    assert front.kind == NONE
    np.testing.assert_array_equal(got.face.mesh, POSE + leap)


def test_what_lies_before_a_face_comes_with_the_faces_place_in_the_plate() -> None:
    watch = learned(Net())
    clear, nothing = watch(1, look(seconds=2.7), None, MESHES)
    assert nothing.at is None  # it was not asked about
    got, front = watch(1, look(painted(HAND, GREEN), 4.0, bent()), look(seconds=3.98), MESHES)
    assert front.at is not None
    eye = np.eye(2, 3, dtype=np.float32)
    once = drawn_at(front.plate, front.at, eye, (300, 300))
    anew = drawn(front.plate, got.face.mesh, (300, 300))
    np.testing.assert_array_equal(once.mask, anew.mask)
    np.testing.assert_array_equal(once.colour, anew.colour)
    assert clear.face.mesh is not got.face.mesh


def test_a_clear_face_keeps_its_mesh_and_is_measured_no_second_time() -> None:
    meshes, watch = Meshes(), learned(Net())
    slightly = POSE + np.float32(0.7)
    got, _ = watch(1, look(seconds=4.0, mesh=slightly), look(seconds=3.98), meshes.landmarks())
    assert np.array_equal(got.face.mesh, slightly)
    assert meshes.looked == []


def test_a_mesh_that_jumps_away_is_not_believed() -> None:
    far = Meshes(astray=(90.0, 80.0))
    watch = learned(Net())
    seen_bent = look(painted(HAND, GREEN), 4.0, bent())
    got, _ = watch(1, seen_bent, look(seconds=3.98), far.landmarks())
    assert far.looked
    assert np.array_equal(got.face.mesh, seen_bent.face.mesh)


FRONT = box(60, 60, 160, 160)  # more of the face than FaceMesh sees it behind


def unseen(image: F32, seconds: float, mesh: F32 = POSE) -> Look:
    """As `tracker.held` gives it: where the face was, with no score."""
    found = look(image, seconds, mesh)
    return replace(found, face=replace(found.face, score=0.0))


def test_a_face_that_is_not_seen_is_known_behind_what_covers_it() -> None:
    watch = learned(Net())
    before = look(seconds=3.0)
    found = watch.behind(1, unseen(painted(FRONT, GREEN), 3.04), before, MESHES)
    assert found is not None
    seen_, front = found
    assert front.kind == OPAQUE and front.seen is not None and front.at is not None
    assert np.abs(seen_.face.mesh[:, :2] - POSE[:, :2]).mean() < 2
    assert seen_.face.score > 0.9, "the picture completed with the plate shows one"


def test_it_goes_along_with_what_is_still_seen_of_it() -> None:
    """The face moves by three pixels a frame, and the cover with it."""
    watch = learned(Net())
    last = look(seconds=3.0)
    for i in range(1, 5):
        move_by = np.array([[1, 0, 3.0 * i], [0, 1, 0]], np.float32)
        image = cv2.warpAffine(painted(FRONT, GREEN), move_by, (SIZE, SIZE), borderMode=cv2.BORDER_REPLICATE)
        found = watch.behind(1, unseen(np.asarray(image, np.float32), 3 + 0.04 * i, last.face.mesh), last, MESHES)
        assert found is not None
        last = found[0]
    moved = (last.face.mesh[:, :2] - POSE[:, :2]).mean(0)
    assert moved[0] == pytest.approx(12, abs=4) and abs(moved[1]) < 3


def test_where_nothing_covers_a_face_that_is_not_seen_there_is_none() -> None:
    net = Net()
    watch = learned(net)
    plain = watch(1, look(seconds=3.0), None, MESHES)[1].plate
    assert watch.behind(1, unseen(GREY, 3.04), look(seconds=3.0), MESHES) is None
    _, front = watch(1, look(seconds=3.4), None, MESHES)
    assert front.kind == NONE
    assert front.plate.frames <= plain.frames + 1, "nothing was learned meanwhile"


def test_what_is_no_longer_the_face_is_not_carried_along() -> None:
    """A wall beside the cover: the head has turned away, or gone."""
    rng = np.random.default_rng(1)
    wall = cv2.resize(rng.uniform(0, 255, (24, 24)).astype(np.float32), (SIZE, SIZE))
    grey = np.repeat(np.asarray(wall, np.float32)[..., None], 3, 2)  # the network takes pure colours for things
    watch = learned(Net())
    assert watch.behind(1, unseen(painted(FRONT, GREEN, grey), 3.04), look(seconds=3.0), MESHES) is None


def test_behind_something_transparent_a_face_that_is_not_seen_is_lost() -> None:
    watch = learned(Net())
    assert watch.behind(1, unseen(painted(FRONT, BLUE), 3.04), look(seconds=3.0), MESHES) is None


def test_nobody_is_known_behind_anything_without_a_plate() -> None:
    watch = OcclusionTracker(Net().engine(), QUICK)
    assert watch.behind(1, unseen(painted(FRONT, GREEN), 0.04), look(), MESHES) is None
    watch(1, look(), None, MESHES)  # one clear frame is not enough
    assert watch.behind(1, unseen(painted(FRONT, GREEN), 0.04), look(), MESHES) is None


def test_covered_whole_it_stays_where_it_was_known_and_nobody_is_met_there() -> None:
    whole = np.ones_like(FRONT)
    watch = learned(Net())
    assert watch.behind(1, unseen(painted(whole, GREEN), 3.04), look(seconds=3.0), MESHES) is None
    watch = learned(Net())
    part, _ = watch.behind(1, unseen(painted(FRONT, GREEN), 3.04), look(seconds=3.0), MESHES) or (None, None)
    assert part is not None
    found = watch.behind(1, unseen(painted(whole, GREEN), 3.08), part, MESHES)
    assert found is not None and found[1].kind == OPAQUE
    watch(1, look(painted(FRONT, GREEN), 3.12), found[0], MESHES)  # FaceMesh sees it again
    assert watch.behind(1, unseen(painted(whole, GREEN), 3.16), look(seconds=3.12), MESHES) is None


def test_hardly_any_transparent_area_is_no_work_for_the_refinement_lane() -> None:
    little, much = box(100, 100, 112, 112), box(60, 60, 140, 140)
    for layer in ("veil", "glass"):
        for area, want in ((little, OPAQUE), (much, TRANSPARENT)):
            what = seen(veil=area) if layer == "veil" else seen(glass=area)
            assert settle(TRANSPARENT, TRANSPARENT, what) == want
    assert settle(OPAQUE, OPAQUE, seen(veil=much)) == OPAQUE
    assert settle(NONE, NONE, seen(veil=much)) == NONE
    assert settle(NONE, OPAQUE, seen()) == NONE
    assert settle(NONE, OPAQUE, seen(opaque=little)) == OPAQUE


def test_a_map_of_the_crop_lies_where_the_region_shows_it() -> None:
    """The crop begins at (40, 60) of the frame, at twice its size."""
    matrix = np.array([[2, 0, -80], [0, 2, -120]], np.float32)
    field_ = np.zeros((SIDE, SIDE), np.float32)
    field_[20:60, 40:80] = 1  # frame: x 60 to 80, y 70 to 90
    region = Region(50, 65, np.zeros((60, 70, 3), np.uint8))
    got = onto(field_, matrix, region)
    assert got.shape == (60, 70)
    assert got[6:24, 11:29].min() == 1
    got[4:26, 9:31] = 0
    assert got.max() == 0
    whole = onto(np.ones((SIDE, SIDE), np.float32), matrix, replace(region, rgb=np.zeros((90, 90, 3), np.uint8)))
    assert whole[10:55, 10:50].min() == 1
    assert whole[:, 56:].max() == 0  # beyond the crop


def test_what_covers_is_the_densest_of_the_three_and_glass_counts_for_less() -> None:
    eye = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    flat = [np.full((SIDE, SIDE), v, np.float32) for v in (0.2, 0.5, 1.0)]
    for order, want in (((0, 1, 2), 0.6), ((2, 1, 0), 1.0), ((0, 2, 1), 1.0), ((1, 0, 0), 0.5)):
        maps = [flat[i] for i in order]
        found = covering(Occlusion(np.zeros(3, np.float32), maps[0], maps[1], maps[2], eye))
        assert found == pytest.approx(np.full((SIDE, SIDE), want), abs=1e-6)


def test_box_of_a_mesh() -> None:
    assert mesh_box(np.array([[3, 4, 9], [-1, 8, 0]], np.float32)) == Box(-1, 4, 3, 8)
