"""The painting stage with a swapping network: all faces of a frame in one call, each with its person and its fade."""

from collections.abc import Sequence

import numpy as np
import pytest

from engines.nets.pasted import Asked
from engines.values import Patch
from stream.frame import Plan, Route, Scene
from stream.painting.network_painting import NetworkPainting
from stream.painting.painter import Painter
from stream.pipeline.control import Control, SourceSet
from tests.engines.mesh.heads import head
from tests.stream.painting.test_painter import RGB, plan, track
from tests.stream.portraits import framed


class Net:
    """Paints each face's middle with a grey of its person."""

    def __init__(self) -> None:
        self.calls: list[list[Asked]] = []

    def __call__(self, asked: Sequence[Asked]) -> list[Patch | None]:
        self.calls.append(list(asked))
        return [self._one(a) for a in asked]

    def _one(self, asked: Asked) -> Patch | None:
        if asked.person == 9:
            return None
        x, y = asked.mesh[:, :2].mean(axis=0).astype(int)
        level = np.full((8, 8, 3), 10 * (1 + asked.person), np.uint8)
        return Patch(int(x) - 4, int(y) - 4, level, np.full((8, 8), asked.fade, np.float32))


def painter(net: Net) -> Painter:
    return Painter(NetworkPainting(lambda _, __: net))


def test_all_faces_go_in_one_call_and_come_back_in_their_order() -> None:
    net = Net()
    paint = painter(net)
    other = head(8, (60, 220))
    done = paint(plan(track(1, 2), track(2, None), track(3, 0, mesh=other, fade=0.5)))
    assert [len(asked) for asked in net.calls] == [2]
    assert [(int(p.patch.rgb[0, 0, 0]), float(p.patch.alpha[0, 0])) for p in done.patches] == [(30, 1.0), (10, 0.5)]
    assert abs(done.patches[1].patch.x + 4 - 60) < 30 and abs(done.patches[0].patch.x + 4 - 160) < 30


def test_a_face_that_the_network_leaves_has_no_patch() -> None:
    done = painter(Net())(plan(track(1, 9), track(2, 0)))
    assert [int(p.patch.rgb[0, 0, 0]) for p in done.patches] == [10]


def test_profiles_fade_and_are_not_asked_for_beyond() -> None:
    net = Net()
    done = painter(net)(plan(track(1, 0, mesh=head(12, (160, 160), yaw=70)), track(2, 0, mesh=head(12, yaw=85))))
    assert len(net.calls[0]) == 1
    assert float(done.patches[0].patch.alpha[0, 0]) == pytest.approx(0.5, abs=0.03)


def test_a_frame_that_passes_asks_nothing() -> None:
    net = Net()
    assert painter(net)(plan(track(), route=Route.PASS)).patches == ()
    assert net.calls == []


def test_transparent_faces_wait_for_the_refinement_lane() -> None:
    net = Net()
    scene = Scene(framed(RGB), (track(1, 0), track(2, 1)))
    done = painter(net)(Plan(scene, (Route.REFINE, Route.REFINE)))
    assert done.patches == () and [p.track.id for p in done.pending] == [1, 2]


def test_the_chain_is_made_anew_for_other_sources_and_for_masks_switched_off() -> None:
    asked: list[tuple[SourceSet, bool]] = []
    net = Net()

    def chain(sources: SourceSet, masks: bool) -> Net:
        asked.append((sources, masks))
        return net

    paint = Painter(NetworkPainting(chain))
    first, second = Control(SourceSet(baked=True)), Control(SourceSet(baked=True), masks=False)
    for control in (first, first, second, second):
        paint(plan(track(1, 0), control=control))
    assert asked == [(first.sources, True), (second.sources, False)]


def test_it_gives_up_its_place_when_it_is_closed() -> None:
    left: list[bool] = []
    Painter(NetworkPainting(lambda _, __: Net(), leave=lambda: left.append(True))).close()
    assert left == [True]
