"""The painter and the light field: one memory a track, gone with a cut, none where nobody gave it the network."""

from collections.abc import Mapping

import numpy as np
import pytest

from engines.backends.reference import ReferenceEngine
from engines.mesh.field.lightnet import CELLS, CHANNELS, SIDE, LightNet
from engines.protocol import Spec
from engines.values import Array
from stream.frame import Done, Route
from stream.painting.mesh_painting import MeshPainting
from stream.painting.painter import Painter
from tests.stream.painting.test_painter import plan, track

INPUTS = {"face": Spec((1, CHANNELS, SIDE, SIDE), "float32")}
OUTPUTS = {"gain": Spec((1, 3, CELLS, CELLS), "float32")}


class Net:
    """One gain everywhere; counts."""

    def __init__(self, gain: float) -> None:
        self.gain, self.asked = gain, 0

    def open(self) -> LightNet:
        return LightNet(ReferenceEngine(INPUTS, OUTPUTS, self._answer))

    def _answer(self, _: Mapping[str, Array]) -> dict[str, Array]:
        self.asked += 1
        return {"gain": np.full((1, 3, CELLS, CELLS), np.log(self.gain), np.float32)}


def brightness(done: Done) -> float:
    """Of what is painted in full, but for eyes and mouth, which are the target's own."""
    patch = done.patches[0].patch
    return float(np.median(patch.rgb[patch.alpha > 0.99]))


@pytest.mark.parametrize("route", [Route.FAST, Route.XSEG])
def test_the_light_is_finished_on_every_route(route: Route) -> None:
    plain = Painter(MeshPainting())(plan(track(), route=route))
    dark = Painter(MeshPainting(light=Net(0.7).open()))(plan(track(), route=route))
    assert brightness(dark) == pytest.approx(0.7 * brightness(plain), rel=0.06)


def test_each_track_is_asked_about_by_itself_and_seldom() -> None:
    net = Net(0.7)
    painter = Painter(MeshPainting(light=net.open()))
    for i in range(5):
        painter(plan(track(0), track(1), pts=40 * i))
    assert net.asked == 2
    painter.close()


def test_a_cut_begins_anew() -> None:
    net = Net(1.0)
    painter = Painter(MeshPainting(light=net.open()))
    before = brightness(painter(plan(track(), pts=0)))
    net.gain = 0.7
    assert brightness(painter(plan(track(), pts=40))) == pytest.approx(before, abs=2)
    assert brightness(painter(plan(track(), pts=80, cut=True))) < 0.8 * before
