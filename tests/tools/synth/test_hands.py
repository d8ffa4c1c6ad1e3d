"""Cut-out hands: their rim, their skin, and whose are for what."""

import numpy as np

from tools.synth.hands import Hands, cut, load, split
from tools.synth.purposes import Purpose


def hand(seed: int) -> np.ndarray:
    rgba = np.zeros((64, 64, 4), np.uint8)
    rgba[10:64, 20:44] = (180, 140, 120, 255)
    rgba[9, 20:44] = (0, 255, 0, 255)  # a rim of the old background
    rgba[..., 0] += np.uint8(seed)
    return rgba


def test_a_cut_out_loses_its_rim_and_takes_a_skin() -> None:
    tone = np.array([90, 60, 50], np.float32)
    sheet = cut(hand(0), np.random.default_rng(1), tone)
    covered = sheet.alpha > 0.9
    assert covered[30, 32]
    assert not covered[9:11].any()
    ratio = sheet.foreground[covered].mean(0) / tone
    np.testing.assert_allclose(ratio, ratio.mean(), atol=0.05)
    assert 0.8 < ratio.mean() < 1.2


def test_hands_are_split_by_the_row_they_were_taken_in(tmp_path) -> None:  # type: ignore[no-untyped-def]
    import cv2

    for n in (3, 1, 2, 10, 5):
        cv2.imwrite(str(tmp_path / f"hand_1_IMG_{n}.png"), hand(n))
    (tmp_path / "note.txt").write_text("no hand")
    found = load(tmp_path)
    assert sorted(found) == [1, 2, 3, 5, 10]
    sets = split(found, 0.4)
    assert all(isinstance(some, Hands) for some in sets.values())
    assert [len(sets[purpose].pictures) for purpose in Purpose] == [2, 1, 1, 1], "each that is held back has some"
    np.testing.assert_array_equal(sets[Purpose.VALIDATION].pictures[-1], found[10])
