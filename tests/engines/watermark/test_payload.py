"""The payload's 72 bits, and that damage to them is seen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.watermark.payload import BITS, VERSION, Payload, from_bits, to_bits

payloads = st.builds(Payload, producer=st.integers(0, 2**20 - 1), session=st.integers(0, 2**32 - 1))


@given(payloads)
def test_bits_round_trip(payload: Payload) -> None:
    bits = to_bits(payload)
    assert bits.shape == (BITS,)
    assert from_bits(bits) == payload


@given(payloads, st.integers(0, BITS - 1))
def test_one_wrong_bit_is_refused(payload: Payload, place: int) -> None:
    bits = to_bits(payload)
    bits[place] ^= True
    assert from_bits(bits) is None


def test_layout_is_fixed() -> None:
    """Marks made today are read in ten years: the bits of a known payload never change."""
    word = np.packbits(to_bits(Payload(0xABCDE, 0x01234567))).tobytes().hex()
    assert word == "1abcde0123456701aa"


def test_empty_words_are_no_payload() -> None:
    assert from_bits(np.zeros(BITS, np.bool_)) is None
    assert from_bits(np.ones(BITS, np.bool_)) is None


def test_unknown_version_is_refused() -> None:
    assert from_bits(to_bits(Payload(1, 2, version=VERSION + 1))) is None


@pytest.mark.parametrize("numbers", [(1 << 20, 0), (-1, 0), (0, 1 << 32), (0, -1)])
def test_numbers_too_large_are_refused(numbers: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        Payload(*numbers)


def test_text_is_for_comparing() -> None:
    assert Payload(0xA3F2, 0x9C01D2E4).text == "1-0a3f2-9c01d2e4"
