from pathlib import Path

import numpy as np
import pytest

from calib.thresholds import SHIPPED, Thresholds, advance, load, routed, save
from engines.errors import ModelError
from engines.occlusion.network import NONE, OPAQUE, TRANSPARENT
from engines.values import F32

PLAIN = Thresholds(keep=0.0, enter=0.7, enter_frames=2, leave=0.4, leave_frames=2, dwell=1, sure=0.5)


def says(*p: float) -> F32:
    """Logits of these probabilities."""
    return np.asarray(np.log(np.array(p, np.float32) + 1e-6), np.float32)


CLEAR, HAND, STEAM, UNDECIDED = (
    says(0.9, 0.05, 0.05),
    says(0.05, 0.9, 0.05),
    says(0.05, 0.05, 0.9),
    says(0.45, 0.5, 0.05),
)


def route(*rows: F32, thresholds: Thresholds = PLAIN) -> list[int]:
    return routed(np.stack(rows), thresholds)


def test_a_class_is_entered_after_enough_frames() -> None:
    assert route(CLEAR, CLEAR, HAND, HAND, HAND)[-2:] == [OPAQUE, OPAQUE]
    held = advance(None, CLEAR, PLAIN)
    kinds = []
    for row in (HAND, HAND, HAND):
        held = advance(held, row, PLAIN)
        kinds.append(held.kind)
    assert kinds == [NONE, OPAQUE, OPAQUE]


def test_one_frame_is_not_enough() -> None:
    held = advance(None, CLEAR, PLAIN)
    for row in (STEAM, CLEAR, STEAM, CLEAR):
        held = advance(held, row, PLAIN)
        assert held.kind == NONE


def test_a_face_in_doubt_is_masked_though_its_class_stays() -> None:
    held = advance(advance(None, CLEAR, PLAIN), HAND, PLAIN)
    assert held.kind == NONE
    assert held.masked(PLAIN) == OPAQUE


def test_doubt_alone_does_not_enter_but_weakness_leaves() -> None:
    held = advance(None, CLEAR, PLAIN)
    for _ in range(6):
        held = advance(held, UNDECIDED, PLAIN)
    assert held.kind == NONE  # .5 is below enter, .45 is above leave
    held = advance(None, STEAM, PLAIN)
    weak = says(0.45, 0.3, 0.25)
    kinds = []
    for _ in range(3):
        held = advance(held, weak, PLAIN)
        kinds.append(held.kind)
    assert kinds == [TRANSPARENT, NONE, NONE]


def test_a_class_is_kept_for_its_dwell() -> None:
    slow = Thresholds(keep=0.0, enter_frames=1, leave_frames=1, dwell=5)
    held = advance(None, HAND, slow)
    kinds = []
    for _ in range(7):
        held = advance(held, CLEAR, slow)
        kinds.append(held.kind)
    assert kinds == [OPAQUE] * 4 + [NONE] * 3


def test_smoothing_swallows_a_flash() -> None:
    smooth = Thresholds(keep=0.7, enter_frames=1, leave_frames=1, dwell=1)
    held = advance(None, CLEAR, smooth)
    held = advance(held, HAND, smooth)
    assert held.kind == NONE


def test_a_cut_forgets_everything() -> None:
    held = advance(None, HAND, PLAIN)
    held = advance(held, STEAM, PLAIN, cut=True)
    assert (held.kind, held.wanted, held.rising, held.falling, held.age) == (TRANSPARENT, TRANSPARENT, 0, 0, 0)


def test_changing_ones_mind_between_two_classes_starts_the_count_anew() -> None:
    held = advance(None, CLEAR, Thresholds(keep=0.0, enter_frames=2, leave_frames=9, dwell=1))
    for row in (HAND, STEAM, HAND, STEAM):
        held = advance(held, row, Thresholds(keep=0.0, enter_frames=2, leave_frames=9, dwell=1))
    assert held.kind == NONE


def test_temperature_counts() -> None:
    hot = Thresholds(temperature=4.0, keep=0.0, enter_frames=1, leave=0.1, dwell=1)
    held = advance(advance(None, CLEAR, hot), HAND, hot)
    assert held.kind == NONE  # .9 is .53 at that temperature


@pytest.mark.parametrize("bad", [
    {"enter": 0.3}, {"leave": 0.9}, {"keep": 1.0}, {"temperature": 0.0}, {"temperature": float("inf")}, {"sure": 1.5},
    {"sure": float("nan")}, {"dwell": -1}, {"enter_frames": -1},
])  # fmt: skip
def test_thresholds_that_cannot_work_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="cannot work"):
        Thresholds(**bad)  # type: ignore[arg-type]


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    kept = Thresholds(
        temperature=1.2345, keep=0.25, enter=0.65, enter_frames=3, leave=0.35, leave_frames=4, dwell=6, sure=0.55
    )
    save(kept, tmp_path / "routing.toml", ("fitted to nothing",))
    assert load(tmp_path / "routing.toml") == kept
    assert (tmp_path / "routing.toml").read_text().startswith("# fitted to nothing\n")


@pytest.mark.parametrize("text", [
    "temperature = 'hot'", "colour = 3", "enter = 0.1", "[[[", "dwell = 2.5", "enter_frames = '2'", "keep = true",
    "sure = nan", "keep = [0.4]", "\udcff",
])  # fmt: skip
def test_a_file_that_says_something_else_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ModelError, match="calibrate routing"):
        load(tmp_path / "bad.toml")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no route thresholds"):
        load(tmp_path / "none.toml")


def test_what_ships_can_be_read() -> None:
    shipped = load(SHIPPED)
    assert shipped.enter > shipped.leave
    assert routed(np.stack([CLEAR] * 8), shipped)[-1] == NONE
    assert routed(np.stack([CLEAR] * 3 + [STEAM] * 12), shipped)[-1] == TRANSPARENT
