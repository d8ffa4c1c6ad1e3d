"""Settings as values: they travel between processes and tell runs apart."""

import pickle

from tools.relight.read_settings import read_settings
from tools.relight.settings import Degradation, DegradationSettings


def test_settings_go_to_another_process_and_are_the_same() -> None:
    made = read_settings(seed=3)
    assert pickle.loads(pickle.dumps(made)) == made
    assert hash(made) == hash(read_settings(seed=3))


def test_what_differs_reads_differently() -> None:
    assert str(read_settings()) != str(read_settings(light={"ambient": [0.6, 0.84]}))


def test_shares_keep_the_order_of_the_methods() -> None:
    assert list(DegradationSettings(1, 2, 1).shares()) == list(Degradation)
    assert DegradationSettings(1, 2, 1).shares()[Degradation.HARD] == 0.5
