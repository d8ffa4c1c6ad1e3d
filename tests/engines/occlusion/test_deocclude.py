import cv2
import numpy as np

from engines.mesh.fuse import view, width
from engines.occlusion.clean_plate import Plate, drawn, updated
from engines.occlusion.deocclude import Flow, carried, completed, visible
from engines.values import F32
from tests.engines.scenes import bytes_of, mesh, picture

SIDE = 200
FACE = picture(SIDE, SIDE, 3, 22)
POSE = mesh(SIDE, 8.0)


def moved(points: F32, m: F32) -> F32:
    return np.concatenate([points[:, :2] @ m[:, :2].T + m[:, 2], points[:, 2:]], 1).astype(np.float32)


def motion(dx: float, dy: float, degrees: float = 0.0, scale: float = 1.0) -> F32:
    m = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), degrees, scale)
    m[:, 2] += np.array([dx, dy])
    return np.asarray(m, np.float32)


def test_points_under_the_occluder_are_not_visible() -> None:
    hidden = np.zeros((SIDE, SIDE), np.float32)
    hidden[:, :100] = 1
    np.testing.assert_array_equal(visible(POSE, hidden, np.eye(2, 3, dtype=np.float32)), np.round(POSE[:, 0]) >= 100)


def test_what_hides_may_have_pixels_of_its_own_and_beyond_them_all_is_seen() -> None:
    hidden = np.ones((20, 20), np.float32)
    matrix = np.array([[0.25, 0, -20], [0, 0.25, -20]], np.float32)  # pixels 80 to 160 of the picture
    inside = ((POSE[:, :2] > 79) & (POSE[:, :2] < 157)).all(1)
    far = ((POSE[:, :2] < 77) | (POSE[:, :2] > 159)).any(1)
    found = visible(POSE, hidden, matrix)
    assert inside.sum() > 50 and far.sum() > 50
    assert found[inside].max() == 0
    assert found[far].min() == 1


def test_hidden_points_are_carried_by_the_visible_ones() -> None:
    want = moved(POSE, motion(7, -3, 6, 1.05))
    seen = want[:, :2].copy()
    hidden = POSE[:, 1] > 110
    seen[hidden] += 40  # flow goes astray there
    trust = np.where(hidden, 0, 1).astype(np.float32)
    np.testing.assert_allclose(carried(POSE, seen, trust)[:, :2], want[:, :2], atol=0.05)


def test_a_few_liars_among_the_visible_are_outvoted() -> None:
    want = moved(POSE, motion(4, 5))
    seen = want[:, :2].copy()
    seen[::6] += 25
    found = carried(POSE, seen, np.ones(468, np.float32))
    np.testing.assert_allclose(found[:, :2], want[:, :2], atol=0.1)


def test_with_too_few_points_the_pose_is_held() -> None:
    trust = np.zeros(468, np.float32)
    trust[:8] = 1
    np.testing.assert_array_equal(carried(POSE, POSE[:, :2] + 9, trust), POSE)


def test_a_face_that_would_double_in_size_is_not_believed() -> None:
    want = moved(POSE, motion(0, 0, 0, 2.0))
    np.testing.assert_array_equal(carried(POSE, want[:, :2], np.ones(468, np.float32)), POSE)


def test_tracking_follows_the_face_behind_something_that_stands_still() -> None:
    m = motion(6, 4, 3)
    then, now = FACE.copy(), np.asarray(cv2.warpAffine(FACE, m, (SIDE, SIDE)), np.float32)
    hidden = np.zeros((SIDE, SIDE), np.float32)
    hidden[115:, :] = 1
    for image in (then, now):
        image[115:] = picture(85, SIDE, 9, 30)
    before = view(cv2.cvtColor(bytes_of(then), cv2.COLOR_RGB2GRAY), (0, 0), POSE, None)  # type: ignore[arg-type]
    after = view(cv2.cvtColor(bytes_of(now), cv2.COLOR_RGB2GRAY), (0, 0), POSE, before.scale)  # type: ignore[arg-type]
    what = hidden, np.eye(2, 3, dtype=np.float32)
    found = Flow.between(before, after, POSE).carried(what, what)
    want = moved(POSE, m)
    assert np.linalg.norm(found - want, axis=1).mean() < 0.25 * np.linalg.norm(POSE - want, axis=1).mean()


def learned() -> Plate:
    plate = Plate.empty()
    for _ in range(6):
        plate = updated(plate, bytes_of(FACE), POSE)
    return plate


def test_the_completed_picture_shows_the_face_where_it_was_hidden() -> None:
    image, hidden = FACE.copy(), np.zeros((SIDE, SIDE), np.float32)
    image[100:140, 80:120], hidden[100:140, 80:120] = (0, 0, 255), 1
    plate = drawn(learned(), POSE, (SIDE, SIDE))
    frame = bytes_of(image).astype(np.float32)
    out = completed(frame, plate.colour, plate.known, hidden, width(POSE)).astype(np.float32)
    core = np.s_[104:136, 84:116]
    assert np.abs(out[core] - FACE[core]).mean() < 8
    assert np.abs(image[core] - FACE[core]).mean() > 60
    np.testing.assert_array_equal(out[:60], bytes_of(image)[:60])
