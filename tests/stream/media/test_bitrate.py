"""Bit rates as people write them."""

import pytest

from engines.errors import UnderstudyError
from stream.media.bitrate import parse_bitrate


@pytest.mark.parametrize(
    ("text", "rate"), [("25000", 25_000), ("2500k", 2_500_000), ("4M", 4_000_000), ("1.5m", 1_500_000)]
)
def test_rates(text: str, rate: int) -> None:
    assert parse_bitrate(text) == rate


@pytest.mark.parametrize("text", ["", "fast", "M", "-4M", "0", "nan", "inf", "4G"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(UnderstudyError, match=r"--bitrate .* is no rate"):
        parse_bitrate(text)
