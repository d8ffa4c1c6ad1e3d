"""The pattern that spells bits, and how much noise it takes."""

import hashlib

import numpy as np
import pytest

from engines.values import F32
from engines.watermark.code import CELLS, COLUMNS, PILOT, ROWS, pilot, read, spell
from engines.watermark.payload import Payload, from_bits, to_bits

PAYLOAD = Payload(0x12345, 0xDEADBEEF)


def noise(seed: int) -> F32:
    return np.random.default_rng(seed).standard_normal((ROWS, COLUMNS), np.float32)


def test_every_cell_is_plus_or_minus_one() -> None:
    pattern = spell(to_bits(PAYLOAD))
    assert pattern.shape == (ROWS, COLUMNS)
    assert set(np.unique(pattern)) == {-1.0, 1.0}
    assert abs(float(pattern.mean())) < 0.03


def test_the_pilot_is_in_every_pattern() -> None:
    known = pilot() != 0
    assert known.sum() == PILOT == CELLS // 4
    for session in (0, 1, 2**32 - 1):
        assert np.array_equal(spell(to_bits(Payload(7, session)))[known], pilot()[known])


def test_the_pattern_never_changes() -> None:
    """What was marked with this version must stay readable: the pattern of a known payload is pinned."""
    digest = hashlib.sha256(spell(to_bits(PAYLOAD)).astype(np.int8).tobytes()).hexdigest()
    assert digest == "28df0f8eb2d9c439a87d1d454dbad58595bb4c258c41be8a5e7ac45e609afc50"


def test_two_payloads_share_little() -> None:
    one, two = spell(to_bits(PAYLOAD)), spell(to_bits(Payload(0x54321, 0xBEEFDEAD)))
    apart = pilot() == 0
    assert abs(float((one * two)[apart].mean())) < 0.1


@pytest.mark.parametrize("seed", range(5))
def test_reads_through_noise_five_times_as_strong(seed: int) -> None:
    """Amplitude 0.2 in noise of 1 is 24 standard deviations over all cells."""
    bits = to_bits(PAYLOAD)
    assert np.array_equal(read(0.2 * spell(bits) + noise(seed)), bits)


def test_reads_with_a_third_of_the_cells_gone() -> None:
    bits = to_bits(PAYLOAD)
    cells = spell(bits)
    cells[:30] = 0
    assert from_bits(read(cells)) == PAYLOAD


def test_noise_spells_nothing() -> None:
    assert [seed for seed in range(100) if from_bits(read(noise(seed))) is not None] == []
