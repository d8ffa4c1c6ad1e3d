"""Who wears spectacles over time, by value: when the network is asked, what is believed, what comes and goes."""

from collections.abc import Mapping

import numpy as np
import pytest

from engines.backends.reference import ReferenceEngine
from engines.mesh.shape import fit
from engines.mesh.spectacles import Spectacles, opacity
from engines.mesh.swapper import MeshSwapper
from engines.occlusion.eyewear import HEIGHT, WIDTH, EyewearNet, Worn
from engines.protocol import Spec
from engines.values import F32, Array, Patch
from tests.engines.mesh.heads import head, plain
from tests.engines.mesh.test_swapper import even_source, frozen, shown

INPUTS = {"band": Spec((1, 3, HEIGHT, WIDTH), "float32")}
OUTPUTS = {"worn": Spec((1,), "float32"), "map": Spec((1, HEIGHT, WIDTH), "float32")}
IMAGE = plain((180, 140, 120), 300, 300)
STEP = 1 / 25


class Net:
    """Answers what it is told to; counts."""

    def __init__(self, worn: float = 6.0) -> None:
        self.worn, self.asked = worn, 0
        self.map = np.zeros((HEIGHT, WIDTH), np.float32)
        self.map[36:40, 20:140] = 1

    def spectacles(self) -> Spectacles:
        return Spectacles(EyewearNet(ReferenceEngine(INPUTS, OUTPUTS, self._answer)))

    def _answer(self, _: Mapping[str, Array]) -> dict[str, Array]:
        self.asked += 1
        return {"worn": np.array([self.worn], np.float32), "map": self.map[None].copy()}


def follow(look: Spectacles, frames: int, yaw: float = 0.0, turn: float = 0.0) -> list[Worn | None]:
    """What is seen in each frame of a head that turns by `turn` degrees a frame."""
    return [look(IMAGE, fit(head(12, (150, 150), yaw=yaw + i * turn)), STEP) for i in range(frames)]


def test_whoever_wears_none_is_seldom_asked_about() -> None:
    net = Net(-6.0)
    assert follow(net.spectacles(), 250) == [None] * 250
    assert 8 <= net.asked <= 15  # in ten seconds


def test_whoever_wears_some_does_so_from_the_first_frame_on() -> None:
    seen = follow(Net().spectacles(), 3)
    for worn in seen:
        assert worn is not None
        assert worn.map.max() == pytest.approx(1, abs=0.01)
    assert seen[0] is not None and seen[0].worn > 1.5


def test_a_still_head_is_asked_about_now_and_then_a_turning_one_more_often() -> None:
    still, turning = Net(), Net()
    follow(still.spectacles(), 50)
    follow(turning.spectacles(), 50, yaw=-30, turn=1.0)
    assert 12 <= still.asked <= 14  # every 0.15 s, in frames of 0.04 s: every fourth
    assert turning.asked >= still.asked
    quick = Net()
    follow(quick.spectacles(), 21, yaw=-40, turn=4.0)
    assert quick.asked == 7  # every third frame


def test_a_doubt_is_asked_about_more_often_and_shows_nothing() -> None:
    net = Net(0.5)
    assert follow(net.spectacles(), 50) == [None] * 50
    assert 8 <= net.asked <= 12


def test_one_wrong_answer_makes_no_spectacles() -> None:
    net = Net(-5.0)
    look = net.spectacles()
    follow(look, 100)
    before, net.worn = net.asked, 5.0
    while net.asked == before:
        assert follow(look, 1) == [None]
    net.worn = -5.0
    assert follow(look, 100) == [None] * 100


def test_put_on_they_appear_softly_and_taken_off_they_go() -> None:
    net = Net(-5.0)
    look = net.spectacles()
    follow(look, 50)
    net.worn = 5.0
    seen = [0.0 if w is None else float(w.map.max()) for w in follow(look, 100)]
    assert seen[0] == 0 and seen[-1] == pytest.approx(1, abs=0.01)
    assert max(np.diff(seen)) < 0.2
    net.worn = -5.0
    gone = [0.0 if w is None else float(w.map.max()) for w in follow(look, 100)]
    assert gone[0] > 0.99 and gone[-1] == 0
    assert min(np.diff(gone)) > -0.2


def test_a_short_doubt_takes_nobodys_spectacles_off() -> None:
    net = Net(5.0)
    look = net.spectacles()
    follow(look, 25)
    net.worn = -3.0
    follow(look, 6)  # two answers
    net.worn = 5.0
    assert all(w is not None and w.map.max() > 0.99 for w in follow(look, 25))


def test_maps_are_averaged_while_the_head_keeps_still() -> None:
    net = Net()
    look = net.spectacles()
    follow(look, 10)
    net.map = np.zeros((HEIGHT, WIDTH), np.float32)
    seen = [float(w.map.max()) for w in follow(look, 40) if w is not None]
    assert len(seen) == 40
    assert seen[3] > 0.5 and seen[-1] < 0.2
    assert max(np.diff(seen)) < 1e-6


def test_after_a_great_turn_the_old_map_counts_less() -> None:
    left = []
    for yaw in (0.0, 45.0):
        net = Net()
        look = net.spectacles()
        follow(look, 10)
        net.map = np.zeros((HEIGHT, WIDTH), np.float32)
        (*_, worn) = follow(look, 4, yaw=yaw)
        assert worn is not None
        left.append(float(worn.map.max()))
    assert left[1] < 0.1 < 0.9 < left[0]


def test_a_faint_rim_counts_where_this_persons_is_and_not_elsewhere() -> None:
    net = Net()
    look = net.spectacles()
    follow(look, 100)
    net.map = 0.3 * net.map
    net.map[60:70, 60:100] = 0.3
    (*_, worn) = follow(look, 30)
    assert worn is not None
    assert worn.map[37:39, 40:120].min() > 0.6
    assert worn.map[62:68, 64:96].max() < 0.25


def test_specks_and_doubts_are_not_worn() -> None:
    p = np.zeros((HEIGHT, WIDTH), np.float32)
    p[30:36, 20:140] = 0.9
    p[50:60, 20:50] = 0.1  # unlikely
    p[60:65, 100:105] = 0.9  # a speck by itself
    p[36:39, 60:63] = 0.9  # as small, at the rim
    out = opacity(p)
    assert out[30:36, 20:140].min() == 1 == out[36:39, 60:63].min()
    out[30:39, 20:140] = 0
    assert out.max() == 0
    assert opacity(np.zeros((HEIGHT, WIDTH), np.float32)).max() == 0


def swapped(look: Spectacles | None, mesh: F32) -> Patch:
    patch = MeshSwapper(even_source((60, 90, 150)), look).swap(frozen(plain((180, 140, 120), 320, 320)), mesh, 0.0)
    assert patch is not None
    return patch


def test_the_new_face_is_beneath_the_spectacles() -> None:
    mesh, net = head(12, (160, 160)), Net()
    bare, kept = swapped(None, mesh), swapped(net.spectacles(), mesh)
    worn = net.spectacles()(plain((0, 0, 0), 320, 320), fit(mesh), 0.0)
    assert worn is not None
    over = worn.onto(bare.alpha.shape, (bare.x, bare.y))
    assert (kept.x, kept.y) == (bare.x, bare.y)
    assert kept.alpha[over > 0.99].max() < 0.01
    assert ((over > 0.99) & (bare.alpha > 0.9)).sum() > 100
    np.testing.assert_allclose(kept.alpha, bare.alpha * (1 - over), atol=0.01)


def test_their_pixels_stay_as_they_were() -> None:
    mesh = head(12, (160, 160))
    rgb = plain((180, 140, 120), 320, 320)
    rgb[150:156] = (10, 10, 10)
    view, net = frozen(rgb), Net()
    patch = MeshSwapper(even_source(), net.spectacles()).swap(view, mesh, 0.0)
    assert patch is not None
    worn = net.spectacles()(rgb, fit(mesh), 0.0)
    assert worn is not None
    hidden = worn.onto((320, 320)) > 0.995
    assert hidden.sum() > 300
    np.testing.assert_array_equal(shown(view, patch)[hidden], rgb[hidden])


def test_where_none_are_worn_nothing_changes() -> None:
    mesh = head(12, (160, 160), yaw=10)
    a, b = swapped(None, mesh), swapped(Net(-6.0).spectacles(), mesh)
    np.testing.assert_array_equal(a.alpha, b.alpha)
    np.testing.assert_array_equal(a.rgb, b.rgb)
