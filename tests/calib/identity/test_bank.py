"""The memory bank: blended, added, refused, full; and its weights."""

import numpy as np
import pytest

from calib.identity.bank import ANCHOR, MOST, MemoryBank
from calib.identity.bounds import LikenessBounds
from calib.identity.vectors import IdVector
from engines.nets.embedder import Metric
from engines.values import F32
from tests.calib.identity.candidates import NET, who

BOUNDS = LikenessBounds(same=0.4, different=0.2, denied=0.4, stable=0.35, merge=0.5, fresh=0.3)


def begun() -> MemoryBank:
    bank = MemoryBank(BOUNDS)
    bank.begin(who(0), 0)
    return bank


def test_what_is_near_is_blended_what_is_less_near_is_a_new_look_and_others_are_refused() -> None:
    bank = begun()
    bank.update(who(59), 1)  # cosine .515
    assert [look.hits for look in bank.looks] == [2]
    bank.update(who(66), 2)  # .41
    assert [look.hits for look in bank.looks] == [2, 1]
    bank.update(who(70), 3)  # blended into the second
    assert [look.hits for look in bank.looks] == [2, 2]
    blended = bank.looks[1].vector.values
    assert np.degrees(np.arctan2(blended[1], blended[0])) == pytest.approx(66.4, abs=0.05)
    assert np.linalg.norm(blended) == pytest.approx(1)
    bank.update(who(180), 4)
    assert len(bank.looks) == 2 and sum(look.hits for look in bank.looks) == 4


def test_the_first_look_never_moves_and_looks_do_not_lead_away_from_it() -> None:
    bank = begun()
    for angle in range(0, 180, 5):
        bank.update(who(angle), angle)
    np.testing.assert_allclose(bank.looks[0].vector.values, who(0).values)
    assert max(np.degrees(np.arccos(look.vector.values[0])) for look in bank.looks) < 100
    assert bank.stable(who(180)) < BOUNDS.stable


def test_stable_is_the_nearest_look() -> None:
    bank = MemoryBank(BOUNDS)
    assert bank.stable(who(0)) == -1
    bank.update(who(0), 0)
    assert not bank.looks, "a bank begins with a prototype"
    bank.begin(who(0), 0)
    bank.update(who(66), 1)
    assert bank.stable(who(66)) == pytest.approx(1)
    bank.begin(who(10), 2)
    assert len(bank.looks) == 2 and bank.stable(who(10)) == pytest.approx(1)


def axis(number: int, share: float = 0.45) -> IdVector:
    """Of dimension 32: a look that is `share` like the first one, and otherwise like no other."""
    values: F32 = np.zeros(32, np.float32)
    values[number] = np.sqrt(1 - share**2)
    values[0] = share
    return IdVector(values, NET, Metric.COSINE)


def test_a_full_bank_lets_the_rarest_look_go_but_never_the_first() -> None:
    bank = MemoryBank(BOUNDS)
    bank.begin(axis(0, 1.0), 0)
    for number in range(1, MOST + 3):
        bank.update(axis(number), number)
        if number != 2:
            bank.update(axis(number), number + 0.5)
    assert len(bank.looks) == MOST
    assert bank.stable(axis(2)) < 0.5, "seen once"
    assert bank.stable(axis(0, 1.0)) == pytest.approx(1)


def test_the_first_look_keeps_its_share() -> None:
    bank = begun()
    for _ in range(99):
        bank.update(who(66), 1)
    weights = bank.weights()
    assert weights[0] == ANCHOR and sum(weights) == pytest.approx(1)
    assert begun().weights() == (1.0,) and MemoryBank(BOUNDS).weights() == ()


def test_who_is_only_a_little_like_a_look_is_not_taken_in() -> None:
    bank = begun()
    bank.update(who(75), 1)  # cosine .26: not different enough to be surely another, and too different to be a look
    assert [look.hits for look in bank.looks] == [1]
