"""The painter with a network that brings its own masks: when they decide, and what is then laid."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from engines.nets.pasted import Asked
from engines.occlusion.network import NONE
from engines.values import F32, Patch
from stream.frame import FaceTrack, Plan, Route, Scene
from stream.painting.network_painting import NetworkPainting
from stream.painting.own_masks import GONE, PATIENCE, OwnMasks, inside
from stream.painting.painter import Painter
from tests.stream.fronts import CLEAN, CORNER, NOTHING, box, frame, laid, on_face, seen, swapped, track

HAND = box(0, 110, 200, 200)  # the lower face
GREEN = np.array([20, 220, 30], np.float32)
COVERED = (CLEAN + HAND[..., None] * (GREEN - CLEAN)).astype(np.float32)
WHOLE = swapped()
FACE = on_face() > 0


def behind(number: int = 1) -> FaceTrack:
    return track(COVERED, seen(opaque=HAND), number=number)


def cut(patch: Patch, hole: F32) -> Patch:
    """The patch with a mask that leaves a hole, given in the region's pixels."""
    h, w = patch.alpha.shape
    x, y = patch.x - CORNER[0], patch.y - CORNER[1]
    return replace(patch, alpha=(patch.alpha * (1 - hole[y : y + h, x : x + w])).astype(np.float32))


class Dual:
    """A network whose mask leaves out `hole` where it sees green, and else paints all of the face. Keeps what it was
    asked."""

    def __init__(self, hole: F32 = HAND) -> None:
        self.hole, self.calls = hole, list[list[bool]]()

    def __call__(self, asked: Sequence[Asked]) -> list[Patch | None]:
        green = [bool((np.abs(a.view.rgb - GREEN).max(2) < 3)[FACE].mean() > 0.1) for a in asked]
        self.calls.append(green)
        return [cut(WHOLE, self.hole if g else NOTHING) for g in green]


def painter(net: Dual, own: bool = True) -> Painter:
    return Painter(NetworkPainting(lambda _, __: net, own))


def paint(painter: Painter, *tracks: FaceTrack, route: Route = Route.XSEG) -> list[Patch]:
    done = painter(Plan(Scene(frame(), tracks), (route,) * len(tracks)))
    return [laid.patch for laid in done.patches]


def test_the_inside_of_a_face_is_where_its_mask_says_something() -> None:
    within = inside(behind(), WHOLE)
    assert within.shape == WHOLE.alpha.shape
    assert within.min() == 0 and within.max() == 1
    assert 0.2 < within.mean() < 0.6
    assert WHOLE.alpha[within > 0].min() > 0.95


def test_a_mask_that_knows_of_the_hand_is_taken() -> None:
    own = OwnMasks()
    assert own(behind(), cut(WHOLE, HAND), 1.0)
    assert own.asked(behind())


def test_a_face_that_fades_is_no_less_sure() -> None:
    faded = cut(WHOLE, HAND)
    assert OwnMasks()(behind(), replace(faded, alpha=faded.alpha * np.float32(0.4)), 0.4)


def test_a_mask_that_paints_over_the_hand_is_doubted_for_a_while() -> None:
    own = OwnMasks()
    assert not own(behind(), WHOLE, 1.0)
    assert [own.asked(behind()) for _ in range(PATIENCE + 1)] == [False] * PATIENCE + [True]
    assert own.asked(behind(2)), "of somebody else nothing is known"


def test_what_is_known_of_a_track_ends_with_it() -> None:
    own = OwnMasks()
    own.keep({1})
    own(behind(), WHOLE, 1.0)
    for _ in range(GONE - 1):
        own.keep({2})
    assert not own.asked(behind())
    own(behind(), WHOLE, 1.0)
    own.keep({2})
    assert own.asked(behind())


def test_a_mask_that_was_taken_is_held_to_less_though_others_are_painted_between() -> None:
    spilling = cut(WHOLE, (HAND * np.float32(0.75)).astype(np.float32))  # a quarter of the hand is painted over
    assert not OwnMasks()(behind(), spilling, 1.0), "too much to be taken at first"
    own = OwnMasks()
    own.keep({1})
    assert own(behind(), cut(WHOLE, HAND), 1.0)
    own.keep({2})
    own.keep({1})
    assert own(behind(), spilling, 1.0)


def test_where_nobody_looked_the_own_mask_is_all_there_is() -> None:
    assert OwnMasks()(track(COVERED, None), WHOLE, 1.0)


def test_the_own_mask_decides_in_one_call_on_the_face_as_it_is() -> None:
    net = Dual()
    [patch] = paint(painter(net), behind())
    assert net.calls == [[True]]
    want = cut(WHOLE, HAND)
    np.testing.assert_array_equal(patch.alpha, want.alpha)
    np.testing.assert_array_equal(patch.rgb, want.rgb)
    shown = laid(COVERED, patch)
    np.testing.assert_allclose(shown[150:, :], np.rint(COVERED)[150:, :], atol=1)


def test_a_doubted_mask_gives_way_to_the_occlusion_networks() -> None:
    net = Dual(hole=NOTHING)
    one = painter(net)
    [patch] = paint(one, behind())
    assert net.calls == [[True], [False]], "the second time as if nothing were there"
    [plain] = paint(painter(Dual(hole=NOTHING), own=False), behind())
    np.testing.assert_array_equal(patch.alpha, plain.alpha)
    np.testing.assert_array_equal(patch.rgb, plain.rgb)
    deep = FACE & (box(0, 130, 200, 200) > 0)
    assert np.abs(laid(COVERED, patch) - COVERED)[deep].max() < 3, "the hand stays in front"
    net.calls.clear()
    paint(one, behind())
    assert net.calls == [[False]], "it is not asked for its mask again at once"


def test_of_two_people_each_has_the_mask_that_holds() -> None:
    """One network, whose mask is right for the first and blind for the second."""

    class Half(Dual):
        def __call__(self, asked: Sequence[Asked]) -> list[Patch | None]:
            out = super().__call__(asked)
            return [WHOLE if a.person == 1 else patch for a, patch in zip(asked, out, strict=True)]

    net = Half()
    first, second = paint(painter(net), behind(), replace(behind(2), source=1))
    assert net.calls == [[True, True], [False]]
    np.testing.assert_array_equal(first.alpha, cut(WHOLE, HAND).alpha)
    assert not np.array_equal(second.alpha, WHOLE.alpha)


@pytest.mark.parametrize("own", [False, True])
def test_clear_and_refined_faces_go_the_same_way_with_it_as_without(own: bool) -> None:
    net = Dual()
    clear = track(CLEAN, seen(kind=NONE))
    [patch] = paint(painter(net, own), clear, route=Route.FAST)
    np.testing.assert_array_equal(patch.alpha, WHOLE.alpha)
    thin = track(CLEAN, seen(veil=np.full_like(HAND, 0.4)))
    done = painter(net, own)(Plan(Scene(frame(), (thin,)), (Route.REFINE,)))
    assert len(done.pending) == 1 and done.patches == ()
