"""Portraits kept and read again, and how people and hands are split: nobody is on both sides."""

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.errors import InputError
from engines.values import U8
from tests.tools.synth.people import person
from tools.synth.bank import casts, read, save
from tools.synth.faces import Portrait
from tools.synth.hands import Hands, cut, load
from tools.synth.purposes import Purpose

LOOK = person("x", 1)


def looks(names: list[str]) -> list[Portrait]:
    return [replace(LOOK, person=n) for n in names]


def hand(number: int) -> U8:
    """A cut-out whose red says which it is."""
    rgba = np.zeros((40, 40, 4), np.uint8)
    rgba[5:, 10:30] = (number, 90, 80, 255)
    return rgba


def hands(folder: Path, numbers: range) -> Path:
    folder.mkdir()
    for n in numbers:
        cv2.imwrite(str(folder / f"hand_9_IMG_{n}.png"), cv2.cvtColor(hand(n), cv2.COLOR_RGBA2BGRA))
    return folder


def reds(some: Hands) -> list[int]:
    return [int(p[20, 20, 0]) for p in some.pictures]


def test_a_bank_is_read_as_it_was_saved(tmp_path: Path) -> None:
    bank = [person("a", 1), person("b", 2), replace(person("a", 3), back=np.ones((256, 256), np.float32))]
    save(bank, tmp_path / "bank.npz")
    again = read(tmp_path / "bank.npz")
    assert [p.person for p in again] == ["a", "b", "a"]
    for one, other in zip(bank, again, strict=True):
        for name in ("image", "back", "mesh"):
            was, now = getattr(one, name), getattr(other, name)
            assert was.dtype == now.dtype
            assert np.array_equal(was, now)


PEOPLE = [f"p{n:02}" for n in range(50)]


def test_nobody_appears_for_two_purposes(tmp_path: Path) -> None:
    sets = casts(looks([*PEOPLE, *PEOPLE]), hands(tmp_path / "hands", range(1, 21)))
    assert list(sets) == list(Purpose)
    shown = [name for some in sets.values() for name in some.people]
    assert sorted(shown) == PEOPLE
    assert all(len(both) == 2 for some in sets.values() for both in some.people.values())
    assert {p: sorted(some.people) for p, some in sets.items() if p is not Purpose.TRAINING} == {
        Purpose.SELECTION: ["p00", "p18", "p36"],
        Purpose.CALIBRATION: ["p06", "p24", "p42"],
        Purpose.VALIDATION: ["p12", "p30", "p48"],
    }


def test_no_hand_is_in_two_and_those_held_are_the_last_of_the_row(tmp_path: Path) -> None:
    sets = casts(looks(PEOPLE), hands(tmp_path / "hands", range(1, 21)))
    shown = [reds(some.hands) for some in sets.values()]
    assert shown == [list(range(1, 17)), [17], [18], [19, 20]]


def test_only_training_makes_people_of_two(tmp_path: Path) -> None:
    sets = casts(looks(PEOPLE), hands(tmp_path / "hands", range(1, 21)))
    assert {p: some.morphs > 0 for p, some in sets.items()} == {p: p is Purpose.TRAINING for p in Purpose}


def test_the_split_does_not_hang_on_the_order_of_the_files(tmp_path: Path) -> None:
    folder = hands(tmp_path / "hands", range(1, 6))
    one, other = casts(looks(PEOPLE), folder), casts(looks(PEOPLE[::-1]), folder)
    assert {p: set(some.people) for p, some in one.items()} == {p: set(some.people) for p, some in other.items()}


def test_a_folder_without_hands_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cut-out hands"):
        casts(looks(PEOPLE), tmp_path)


def test_too_few_people_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least 6 people are needed"):
        casts(looks(["a", "b", "signer_man"]), hands(tmp_path / "hands", range(1, 6)))


def test_only_cut_outs_with_a_number_are_hands(tmp_path: Path) -> None:
    folder = hands(tmp_path / "hands", range(3, 5))
    cv2.imwrite(str(folder / "solid_7.png"), hand(7)[..., :3])  # no alpha
    cv2.imwrite(str(folder / "nameless.png"), hand(8))
    (folder / "torn_9.png").write_bytes(b"not a picture")
    shutil.copy(folder / "hand_9_IMG_3.png", folder / "hand_9_IMG_3.txt")
    found = load(folder)
    assert sorted(found) == [3, 4]
    assert found[3].shape == (40, 40, 4)
    assert found[3][20, 20].tolist() == [3, 90, 80, 255]


def test_a_hand_of_any_colour_comes_out_of_the_seed() -> None:
    """Without a skin to match, light and colour vary; the same seed gives the same hand."""
    one, again, other = (cut(hand(180), np.random.default_rng(n)) for n in (1, 1, 2))
    assert np.array_equal(one.foreground, again.foreground)
    assert np.abs(one.foreground[20, 20] - other.foreground[20, 20]).max() > 3
    assert np.array_equal(one.alpha, other.alpha)


def test_a_hand_is_drawn_from_all() -> None:
    some = Hands(tuple(hand(n) for n in (60, 120, 180)))
    rng = np.random.default_rng(1)
    tones = {round(float(some.sheet(rng, np.array([200, 9, 9], np.float32)).alpha.sum()), 3) for _ in range(12)}
    assert len(tones) == 1  # the same outline
    drawn = [some.sheet(np.random.default_rng(n)).foreground[20, 20, 0] for n in range(30)]
    assert min(drawn) < 80
    assert max(drawn) > 130


def test_a_wholly_clear_cut_out_is_no_trouble() -> None:
    sheet = cut(np.zeros((40, 40, 4), np.uint8), np.random.default_rng(1))
    assert sheet.alpha.max() == 0
    assert np.isfinite(sheet.foreground).all()
