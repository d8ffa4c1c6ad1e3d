"""The light field over time, by value: when the network is asked, how its answers come in, where they lie."""

from dataclasses import replace

import numpy as np
import pytest

from engines.mesh.field.lightfield import EVERY, LightField, laid
from engines.mesh.field.lightnet import CELLS, LitFace
from engines.mesh.swapper import MeshSwapper
from engines.values import F32
from tests.engines.mesh.field.test_lightnet import SIZE, lit
from tests.engines.mesh.heads import head, picture
from tests.engines.mesh.test_swapper import even_source, frozen

STEP = 1 / 25


class Net:
    """Answers one gain everywhere; counts."""

    def __init__(self, gain: float = 1.0) -> None:
        self.gain, self.asked = gain, 0

    def run(self, face: LitFace) -> F32:
        self.asked += 1
        self.face = face
        return np.full((CELLS, CELLS, 3), np.log(self.gain), np.float32)


def test_the_first_answer_holds_at_once() -> None:
    gains = LightField(Net(1.5))(lit(), 0.0)
    assert gains.shape == (SIZE, SIZE, 3)
    np.testing.assert_allclose(gains, 1.5, rtol=1e-5)


def test_a_still_face_is_seldom_asked_about() -> None:
    net = Net()
    field = LightField(net)
    for _ in range(50):
        field(lit(), STEP)
    assert net.asked == pytest.approx(50 * STEP / EVERY, abs=2)


def test_a_turning_face_and_a_changing_light_are_asked_about_sooner() -> None:
    turning, dimmed = Net(), Net()
    field, other = LightField(turning), LightField(dimmed)
    for i in range(25):
        field(lit(yaw=4.0 * i), STEP)
        other(lit(tone=(200 - 6.0 * i, 150 - 5.0 * i, 130 - 4.0 * i)), STEP)
    assert turning.asked >= 8
    assert dimmed.asked >= 7


def test_a_new_answer_comes_in_gradually() -> None:
    net = Net(1.0)
    field = LightField(net)
    field(lit(), 0.0)
    net.gain = 2.0
    seen = [float(field(lit(), STEP)[SIZE // 2, SIZE // 2, 0]) for _ in range(30)]
    steps = np.diff(np.log([1.0, *seen]))
    assert steps.min() >= -1e-6 and steps.max() < 0.2
    assert seen[-1] > 1.9


def test_a_field_lies_on_the_face_wherever_that_is() -> None:
    field = np.zeros((CELLS, CELLS, 3), np.float32)
    field[:, : CELLS // 2] = np.log(0.5)
    face = lit()
    for shift in (-40.0, 0.0, 40.0):
        moved = replace(face, mesh=np.asarray(face.mesh + np.array([shift, 0, 0]), np.float32))
        row = laid(field, moved)[SIZE // 2, :, 0]
        assert int(np.argmax(row > 0.75)) == pytest.approx(120 + shift, abs=3)


def test_painted_skin_takes_the_fields_gain() -> None:
    view, mesh = frozen(picture(SIZE, SIZE, grain=0)), head(10, (120, 120))
    plain, darker = (
        MeshSwapper(even_source(), None, LightField(Net(gain))).swap(view, mesh, 0.0) for gain in (1.0, 0.8)
    )
    assert plain is not None and darker is not None
    without = MeshSwapper(even_source()).swap(view, mesh, 0.0)
    assert without is not None
    np.testing.assert_array_equal(plain.rgb, without.rgb)
    cheek = (slice(120, 140), slice(55, 75))
    ratio = darker.rgb[cheek].astype(float).mean() / plain.rgb[cheek].astype(float).mean()
    assert ratio == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("scale", [6.0, 12.0, 24.0])
def test_what_the_network_sees_is_of_one_size_at_every_distance(scale: float) -> None:
    """Pictures, alpha and mesh belong to the same pixels, however large the face is."""
    net, side = Net(), round(22 * scale)
    MeshSwapper(even_source(), None, LightField(net)).swap(
        frozen(picture(side, side)), head(scale, (side / 2, side / 2)), 0.0
    )
    face = net.face
    sizes = {a.shape[:2] for a in (face.target, face.painted, face.source, face.alpha)}
    assert len(sizes) == 1
    h, w = sizes.pop()
    low, high = face.mesh[:, :2].min(0), face.mesh[:, :2].max(0)
    rows, columns = (np.nonzero(face.alpha.max(axis) > 0.5)[0] for axis in (1, 0))
    for (first, last), lowest, highest in ((columns[[0, -1]], low[0], high[0]), (rows[[0, -1]], low[1], high[1])):
        assert (first, last) == pytest.approx((lowest, highest), abs=0.09 * max(h, w))
