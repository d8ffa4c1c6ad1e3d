"""Painting behind things: what is cut at once, what is left for refinement, and what the swap is painted from."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from engines.mesh import texture
from engines.mesh.source import SourceFace
from engines.mesh.topology import CANONICAL
from engines.occlusion.network import Occlusion
from engines.values import F32, Patch, Region
from stream.frame import Done, FaceTrack, Route, Scene
from stream.painting.mesh_painting import MeshPainting
from stream.painting.painter import Painter
from stream.pipeline.choices import Routing
from stream.pipeline.control import Control, SourceSet
from stream.route import route
from tests.engines.mesh.heads import plain
from tests.stream.fronts import CORNER, NOTHING, SIZE, box, frame, laid, mask_of, on_face, seen, track

TONE = np.array([190, 150, 130], np.float32)
CALM = np.asarray(TONE + 0 * NOTHING[..., None], np.float32)  # a face of one tone
WAVES = np.asarray(TONE * (0.85 + 0.15 * np.sin(np.mgrid[:SIZE, :SIZE].sum(0) / 9))[..., None], np.float32)
HAND = box(70, 95, 150, 150)
INNER = cv2.erode(on_face(), np.ones((25, 25))) > 0
SMOKE = np.full((SIZE, SIZE), 0.4, np.float32)


def source(colour: tuple[int, int, int] = (150, 110, 95)) -> SourceFace:
    levels = [plain(colour, texture.SIDE, texture.SIDE)]
    for _ in range(3):
        levels.append(np.asarray(cv2.pyrDown(levels[-1]), np.uint8))
    return SourceFace(tuple(levels), CANONICAL)


def hidden(cover: F32, colour: tuple[int, int, int] = (0, 40, 250), image: F32 = WAVES) -> F32:
    return np.asarray(image + cover[..., None] * (np.array(colour, np.float32) - image), np.float32)


def painted(*people: FaceTrack, routing: Routing = Routing.AUTO, most: Route = Route.REFINE) -> Done:
    scene = Scene(frame(), people, control=Control(SourceSet((source(),)), routing=routing))
    return Painter(MeshPainting())(route(scene).limited(most))


def patches(done: Done) -> list[Patch]:
    return [laid.patch for laid in done.patches]


def clear(number: int = 1) -> FaceTrack:
    return track(WAVES, seen(), number=number)


def covered(number: int = 1) -> FaceTrack:
    return track(hidden(HAND), seen(opaque=HAND), number=number)


def veiled(number: int = 1) -> FaceTrack:
    return track(hidden(SMOKE, (230, 230, 230)), seen(veil=SMOKE), number=number)


def test_what_is_left_for_refinement_comes_with_what_was_gathered() -> None:
    (pending,) = painted(veiled()).pending
    assert pending.before is not None
    assert pending.before.covers(pending.patch)
    (forced,) = painted(track(WAVES, None), routing=Routing.ALWAYS_REFINE).pending
    assert forced.before is None  # nobody has looked


def test_a_clear_face_is_laid_at_once() -> None:
    done = painted(clear())
    assert len(done.patches) == 1
    assert done.pending == ()


def test_an_opaque_thing_is_cut_out_at_once() -> None:
    done = painted(covered())
    (patch,) = patches(done)
    assert done.pending == ()
    core = cv2.erode(HAND, np.ones((15, 15))) > 0
    assert mask_of(patch)[core].max() == 0
    assert mask_of(patch)[INNER & (cv2.dilate(HAND, np.ones((31, 31))) == 0)].min() > 0.9


def test_smoke_is_left_for_the_refinement_lane_whole() -> None:
    done = painted(veiled())
    assert done.patches == ()
    (pending,) = done.pending
    assert pending.track.id == 1
    assert mask_of(pending.patch)[INNER].min() > 0.8


def test_everybody_in_a_frame_goes_their_own_way() -> None:
    done = painted(clear(1), veiled(2), covered(3))
    assert [p.track.id for p in done.pending] == [2]
    assert len(done.patches) == 2
    core = cv2.erode(HAND, np.ones((15, 15))) > 0
    whole, cut = (mask_of(p)[core].max() for p in patches(done))
    assert whole > 0.9
    assert cut == 0


@pytest.mark.parametrize(("most", "cut"), [(Route.FAST, False), (Route.XSEG, True)])
def test_a_plan_may_ask_for_less_than_a_face_needs(most: Route, cut: bool) -> None:
    """As a live session does that cannot keep up."""
    done = painted(covered(), veiled(2), most=most)
    assert done.pending == ()
    first = mask_of(patches(done)[0])[cv2.erode(HAND, np.ones((15, 15))) > 0]
    assert bool(first.max() == 0) is cut


@pytest.mark.parametrize(("routing", "pending"), [(Routing.ALWAYS_REFINE, 1), (Routing.XSEG, 0), (Routing.FAST, 0)])
def test_a_fixed_routing_rules_every_face(routing: Routing, pending: int) -> None:
    done = painted(clear(), routing=routing)
    assert (len(done.pending), len(done.patches)) == (pending, 1 - pending)


def middle(done: Done) -> F32:
    """The painted colour in the face's middle, as if nothing were before it."""
    patch = done.pending[0].patch if done.pending else patches(done)[0]
    return np.asarray(laid(CALM, replace(patch, alpha=np.ones_like(patch.alpha)))[40:70, 80:120].mean((0, 1)))


def before(what: Occlusion, image: F32) -> F32:
    return middle(painted(track(image, what), routing=Routing.ALWAYS_REFINE))


def test_what_is_before_a_face_does_not_colour_the_one_painted() -> None:
    """A blue thing over a third of it: the light is taken from the picture completed with the plate."""
    plain_face = before(seen(), WAVES)
    with_thing = before(seen(opaque=HAND), hidden(HAND))
    unknown = before(seen(), hidden(HAND))  # nobody said that it is there
    assert np.abs(with_thing - plain_face).max() < 0.4 * np.abs(unknown - plain_face).max()


def test_a_face_without_pixels_is_left_alone_on_every_route() -> None:
    for person in (clear(), covered(), veiled()):
        done = painted(replace(person, region=None))
        assert (done.patches, done.pending) == ((), ())


def test_a_pending_face_fades_as_any_other() -> None:
    """At half fade the patch that waits is half as opaque."""
    half = painted(replace(veiled(), fade=0.5)).pending[0].patch
    whole = painted(veiled()).pending[0].patch
    np.testing.assert_allclose(half.alpha, 0.5 * whole.alpha, atol=1e-6)


def test_a_region_elsewhere_in_the_frame_paints_the_same() -> None:
    """Moved with its mesh by whole pixels: the patch moves with it."""
    here = patches(painted(clear()))[0]
    person = clear()
    assert person.region is not None
    mesh = person.face.mesh + np.array([64, 32, 0], np.float32)
    moved = replace(
        person,
        face=replace(person.face, mesh=mesh),
        region=Region(CORNER[0] + 64, CORNER[1] + 32, person.region.rgb),
        front=None,
    )
    there = patches(painted(moved))[0]
    assert (there.x - here.x, there.y - here.y) == (64, 32)
    assert np.abs(there.alpha - here.alpha).max() < 0.01
    assert np.abs(there.rgb.astype(int) - here.rgb).max() <= 1
