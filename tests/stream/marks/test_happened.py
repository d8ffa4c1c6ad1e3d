"""What a job counted, checked for what cannot be."""

import json
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from stream.frame import Route
from stream.marks.happened import PASS, WhatHappened

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_the_route_without_paint_is_called_as_the_route_is() -> None:
    assert Route.PASS.value == PASS


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"frames": 3, "painted": 4}, "more than the output's 3"),
        ({"frames": 3, "painted": 0, "covered": 4}, "more than the output's 3"),
        ({"frames": -1, "painted": -1}, "negative"),
        ({"frames": 3, "painted": 0, "resumed": -1}, "negative"),
        ({"frames": 3, "painted": 0, "routes": {"pass": -3}}, "negative"),
    ],
)
def test_counts_that_cannot_be(counts: dict[str, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        WhatHappened(NOW, **counts)  # type: ignore[arg-type]


def test_a_time_without_a_zone_is_nobodys_time() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        WhatHappened(datetime(2026, 11, 21), 1, 1)


def test_as_json() -> None:
    told = WhatHappened(NOW, 4, 2, start=Fraction(1, 3), label="").to_json()
    assert json.loads(json.dumps(told)) == told
    assert (told["start_s"], told["end_s"], told["label"]) == (0.333333, None, None)
