"""The bound of the likeness to the source, by name and as a number."""

import pytest

from calib.identity.bounds import bounds_of
from calib.qa.bounds import SEED, QaBounds, identity_bound
from engines.errors import UnderstudyError
from engines.nets.embedder import ARCFACE, DLIB

OWN = bounds_of(DLIB)


def test_names_mean_the_embedder_s_own_bounds_and_the_seed_s() -> None:
    assert identity_bound("different", OWN) == OWN.different == 0.4
    assert identity_bound("same", OWN) == OWN.same == 0.5
    assert identity_bound("seed", OWN) == SEED == 0.6
    assert identity_bound("different", bounds_of(ARCFACE)) == 0.2


def test_a_number_is_itself() -> None:
    assert identity_bound("0.45", OWN) == 0.45 and identity_bound("-1", OWN) == -1


@pytest.mark.parametrize("text", ["alike", "", "nan", "2"])
def test_what_is_no_likeness_is_said(text: str) -> None:
    with pytest.raises(UnderstudyError, match="different, same, seed"):
        identity_bound(text, OWN)


def test_identity_is_not_judged_unless_there_is_a_bound() -> None:
    assert QaBounds().identity is None and QaBounds().confidence == 0.7
