"""The painter and spectacles: one memory a track, gone with a cut, and none where nobody gave it the network."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from engines.backends.reference import ReferenceEngine
from engines.occlusion.eyewear import HEIGHT, WIDTH, EyewearNet
from engines.protocol import Spec
from engines.values import Array
from stream.frame import Done, Route
from stream.painting.mesh_painting import MeshPainting
from stream.painting.painter import Painter
from tests.engines.mesh.heads import head
from tests.stream.painting.test_painter import plan, track

INPUTS = {"band": Spec((1, 3, HEIGHT, WIDTH), "float32")}
OUTPUTS = {"worn": Spec((1,), "float32"), "map": Spec((1, HEIGHT, WIDTH), "float32")}


class Net:
    """A bar across the eyes, worn as sure as it is told."""

    def __init__(self, worn: float = 6.0) -> None:
        self.worn, self.asked = worn, 0

    def open(self) -> EyewearNet:
        return EyewearNet(ReferenceEngine(INPUTS, OUTPUTS, self._answer))

    def _answer(self, _: Mapping[str, Array]) -> dict[str, Array]:
        self.asked += 1
        bar = np.zeros((1, HEIGHT, WIDTH), np.float32)
        bar[0, 34:42, 20:140] = 1
        return {"worn": np.array([self.worn], np.float32), "map": bar}


def bridge(done: Done, which: int = 0) -> float:
    """Alpha of the new face at the bridge of the nose."""
    patch = done.patches[which].patch
    x, y = np.round(head(12, (160, 160))[6, :2]).astype(int) - (patch.x, patch.y + 0)
    return float(patch.alpha[y + 8, x])  # the bar's height: below the point between the eyes


@pytest.mark.parametrize("route", [Route.FAST, Route.XSEG])
def test_spectacles_stay_in_front_on_every_route(route: Route) -> None:
    bare, kept = (
        Painter(MeshPainting())(plan(track(), route=route)),
        Painter(MeshPainting(Net().open()))(plan(track(), route=route)),
    )
    assert bridge(bare) > 0.95
    assert bridge(kept) < 0.02


def test_each_track_is_asked_about_by_itself() -> None:
    net = Net()
    painter = Painter(MeshPainting(net.open()))
    painter(plan(track(0), track(1), pts=0))
    assert net.asked == 2
    painter(plan(track(0), track(1), pts=40))
    assert net.asked == 2  # nobody turned


def test_a_cut_begins_anew() -> None:
    net = Net(-6.0)
    painter = Painter(MeshPainting(net.open()))
    painter(plan(track(), pts=0))
    net.worn = 6.0
    assert bridge(painter(plan(track(), pts=40))) > 0.95  # not asked again so soon
    assert bridge(painter(plan(track(), pts=80, cut=True))) < 0.02


def test_another_source_begins_anew_and_keeps_them() -> None:
    net = Net()
    painter = Painter(MeshPainting(net.open()))
    painter(plan(track(0, 0)))
    assert bridge(painter(plan(track(0, 1), pts=40))) < 0.02
    assert net.asked == 2


def test_a_track_that_fades_shows_less_of_the_new_face_beside_them() -> None:
    painter = Painter(MeshPainting(Net().open()))
    done = painter(plan(replace(track(), fade=0.5)))
    assert done.patches[0].patch.alpha.max() == pytest.approx(0.5, abs=0.02)
    assert bridge(done) < 0.02
