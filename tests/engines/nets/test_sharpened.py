"""Patches gone over by an enhancer, which is a function here."""

from dataclasses import replace

import numpy as np

from engines.backends.reference import ReferenceEngine
from engines.nets.enhancer import Enhancer
from engines.nets.masked import Masked
from engines.nets.net import Net
from engines.nets.pasted import Pasted, by_swapper
from engines.nets.sharpened import Sharpened, composed, over
from engines.protocol import Spec
from engines.values import Patch, Region
from tests.engines.nets.asking import CATALOG, SOURCE, TEMPLATE, asked, even, negative, one, swapper


def brighter() -> Enhancer:
    """Answers white, whatever it sees."""
    model = CATALOG.model("gpen_bfr_256")
    spec = Spec((-1, 3, 256, 256), "float32")
    white = ReferenceEngine({"i": spec}, {"o": spec}, lambda feeds: {"o": np.ones_like(feeds["i"])})
    return Enhancer(Net(model, white))


def test_an_enhancer_works_within_the_swaps_own_mask() -> None:
    face = asked(side=256, x=350, y=270)
    inner = one(even(0.8)([face]))
    left = inner.alpha.copy()
    left[:, :148] = 0
    masked = replace(inner, alpha=left)
    patch = one(Sharpened(lambda faces: [masked], brighter(), TEMPLATE, 1.0)([face]))
    assert patch.alpha[:, :148].max() == 0, "untouched stays untouched"
    shown = composed(face.view, patch).rgb[148, 200].astype(int)
    below = np.array([200, 100, 50]) + 0.8 * (np.array([10, 20, 30]) - [200, 100, 50])
    assert np.abs(shown - (below + 0.8 * (255 - below))).max() <= 1.5
    weak = one(Sharpened(lambda faces: [masked], brighter(), TEMPLATE, 0.0)([face]))
    assert np.abs(composed(face.view, weak).rgb[148, 200] - below).max() <= 1.5, "strength 0 changes nothing"


def test_two_patches_become_one_that_shows_the_same() -> None:
    rng = np.random.default_rng(3)
    view = Region(5, 7, rng.integers(0, 256, (20, 30, 3), np.uint8))
    below = Patch(9, 10, rng.integers(0, 256, (8, 9, 3), np.uint8), rng.random((8, 9), np.float32))
    above, mask = rng.uniform(0, 255, (8, 9, 3)).astype(np.float32), rng.random((8, 9), np.float32)
    mask[0], below.alpha[0] = 0, 0
    got = composed(view, over(below, above, mask)).rgb[3:11, 4:13].astype(float)
    first = view.rgb[3:11, 4:13] + below.alpha[..., None] * (below.rgb.astype(float) - view.rgb[3:11, 4:13])
    wanted = first + mask[..., None] * (above - first)
    assert np.abs(got - wanted).max() <= 1.1
    assert np.array_equal(got[0], view.rgb[3, 4:13])


def test_the_order_of_a_chain_is_swap_sharpen_mask() -> None:
    """What the mask network hides stays hidden from the enhancer, too."""
    face = asked()
    negated = Pasted(by_swapper(swapper("inswapper_128", negative), SOURCE), TEMPLATE, 128)
    nothing = Masked(
        Sharpened(negated, brighter(), TEMPLATE, 1.0), lambda c: np.zeros(c.shape[:3], np.float32), TEMPLATE, 64
    )
    assert one(nothing([face])).alpha.max() == 0
