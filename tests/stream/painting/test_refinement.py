"""The refinement stage: what was pending is laid, each person remembers their own, for a while and within a shot."""

from fractions import Fraction

import numpy as np
import pytest

from engines.values import F32, Patch
from stream.frame import Done, FacePatch, FaceTrack, Frame, Pending, Plan, Route, Scene
from stream.painting.refinement import FORGET, Refinement
from stream.painting.underlay import UnderlayState, under_transparent
from tests.stream.fronts import SIZE, behind_veil, frame, laid, seen, swapped, track

PATCH = swapped()
ALPHA = np.full((SIZE, SIZE), 0.5, np.float32)
FRAME = frame()


def smoky(level: float, number: int = 1) -> FaceTrack:
    return track(behind_veil(ALPHA, (level,) * 3, PATCH).image, seen(veil=ALPHA), number=number)


def done(*people: FaceTrack, ms: int = 0, cut: bool = False, ready: tuple[FacePatch, ...] = ()) -> Done:
    at = Frame(0, ms, Fraction(1, 1000), FRAME.picture, 0.0)
    plan = Plan(Scene(at, people, cut), (Route.REFINE,) * len(people))
    return Done(plan, ready, tuple(Pending(p, PATCH) for p in people))


def airlight(out: Done, level: float, which: int = 0) -> F32:
    """The colour of the veil that was laid back over the new face, read where the veil is."""
    region = smoky(level).region
    assert region is not None
    rgb = region.rgb.astype(np.float32)
    got, bare = laid(rgb, out.patches[which].patch), behind_veil(ALPHA, (level,) * 3, PATCH).wanted
    return np.asarray((got - bare)[90:110, 90:110].mean((0, 1)), np.float32)


def test_what_was_pending_is_laid_after_what_was_ready() -> None:
    ready = FacePatch(7, Patch(1, 2, np.zeros((2, 2, 3), np.uint8), np.ones((2, 2), np.float32)))
    before = done(smoky(240), ready=(ready,))
    after = Refinement()(before)
    assert after.pending == ()
    assert after.patches[0] is ready
    assert after.patches[1].track == 1
    assert after.plan is before.plan
    want = under_transparent(smoky(240), PATCH, UnderlayState())
    assert np.array_equal(after.patches[1].patch.rgb, want.rgb)
    assert np.array_equal(after.patches[1].patch.alpha, want.alpha)
    assert np.abs(airlight(after, 240, 1)).max() < 4


def test_a_frame_with_nothing_pending_stays_as_it_is() -> None:
    before = done()
    assert Refinement()(before) == before


def sequence(*levels: float) -> list[Patch]:
    """What one memory, handed from frame to frame, gives."""
    memory = UnderlayState()
    return [under_transparent(smoky(level), PATCH, memory) for level in levels]


def same(a: Patch, b: Patch) -> bool:
    return np.array_equal(a.rgb, b.rgb) and np.array_equal(a.alpha, b.alpha)


def test_the_next_frame_of_a_track_goes_on_from_the_last() -> None:
    refine, want = Refinement(), sequence(240, 170)
    got = [refine(done(smoky(level), ms=40 * i)).patches[0].patch for i, level in enumerate((240, 170))]
    assert same(got[0], want[0])
    assert same(got[1], want[1])
    assert not same(got[1], sequence(170)[0])


def test_two_people_in_two_veils_do_not_share_their_memory() -> None:
    refine = Refinement()
    refine(done(smoky(240, 1), smoky(150, 2)))
    out = refine(done(smoky(150, 2), smoky(240, 1), ms=40))  # in the other order
    assert same(out.patches[0].patch, sequence(150, 150)[1])
    assert same(out.patches[1].patch, sequence(240, 240)[1])


def test_a_cut_forgets() -> None:
    refine = Refinement()
    refine(done(smoky(240)))
    assert same(refine(done(smoky(170), ms=40, cut=True)).patches[0].patch, sequence(170)[0])


@pytest.mark.parametrize("others", [False, True])
@pytest.mark.parametrize(("away", "kept"), [(FORGET - 0.5, True), (FORGET + 0.5, False)])
def test_who_is_away_for_long_is_forgotten(away: float, kept: bool, others: bool) -> None:
    """What counts is how long ago it was, whether or not somebody else was refined meanwhile."""
    refine = Refinement()
    refine(done(smoky(240, 1)))
    if others:
        refine(done(smoky(200, 2), ms=round(1000 * away)))
    out = refine(done(smoky(170, 1), ms=round(1000 * away) + 40)).patches[0].patch
    assert same(out, sequence(240, 170)[1]) is kept
    assert same(out, sequence(170)[0]) is not kept
