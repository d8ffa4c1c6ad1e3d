"""Who is for what: nobody is in two sets, every set has somebody, and the same people come out of any order."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.errors import InputError
from tools.synth.purposes import HELD, LEAST, STRIDE, Purpose, of_people, of_row

NAMES = st.sets(st.text("abcxyz", min_size=1, max_size=4), min_size=LEAST, max_size=60)


@given(NAMES)
def test_every_set_has_somebody_and_most_are_for_training(names: set[str]) -> None:
    out = of_people(names)
    assert set(out) == names
    counts = {purpose: list(out.values()).count(purpose) for purpose in Purpose}
    held = [counts[purpose] for purpose in HELD]
    assert min(held) >= 1 and max(held) - min(held) <= 1
    assert counts[Purpose.TRAINING] >= 3


@given(NAMES, st.randoms())
def test_the_order_of_the_names_does_not_matter(names: set[str], chance: Random) -> None:
    mixed = [*names, *names]
    chance.shuffle(mixed)
    assert of_people(mixed) == of_people(names)


def test_one_person_in_six_is_held_back_and_they_take_turns() -> None:
    names = [f"p{n:03}" for n in range(81)]
    out = of_people(names)
    held = [name for name in names if out[name] is not Purpose.TRAINING]
    assert held == names[::STRIDE]
    assert [out[name] for name in held[:4]] == [*HELD, Purpose.SELECTION]


def test_signers_are_all_for_training() -> None:
    out = of_people([*"abcdef", "signer_man", "signer_woman"])
    assert [name for name, purpose in out.items() if purpose is Purpose.TRAINING] == [
        *"bdf",
        "signer_man",
        "signer_woman",
    ]


@pytest.mark.parametrize("names", [[], ["a"], [*"abcde"], [*"abcde", "signer_man", "signer_woman"]])
def test_too_few_people_are_told(names: list[str]) -> None:
    with pytest.raises(InputError, match=r"at least 6 people.*; \d are here"):
        of_people(names)


@given(st.integers(4, 200), st.floats(0, 0.5))
def test_a_row_is_cut_into_runs(length: int, share: float) -> None:
    out = of_row(range(length), share)
    assert [n for purpose in Purpose for n in out[purpose]] == list(range(length)), "in order, each once"
    assert all(out[purpose] for purpose in Purpose)
    held = sum(len(out[purpose]) for purpose in HELD)
    assert held == min(length - 1, max(3, round(share * length)))


def test_the_last_fifth_is_held_back() -> None:
    out = of_row(range(129))
    assert [len(out[purpose]) for purpose in Purpose] == [103, 8, 9, 9]


def test_too_short_a_row_is_told() -> None:
    with pytest.raises(InputError, match="at least 4 cut-out hands"):
        of_row(range(3))
