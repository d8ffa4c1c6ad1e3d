"""Values out of JSON by strangers, each taken only as what it is."""

from datetime import UTC, datetime

import pytest

from stream.untrusted.json_values import MOST, Json, count, mapping, mappings, moment, number, text


@pytest.mark.parametrize("value", [None, 1, "x", [], True])
def test_what_is_no_object(value: Json) -> None:
    assert mapping(value) == {}


def test_objects_in_lists() -> None:
    assert mapping({"a": 1}) == {"a": 1}
    assert mappings([{"a": 1}, None, "x", {"b": 2}]) == ({"a": 1}, {"b": 2})
    assert len(mappings([{}] * 100)) == MOST and len(mappings([{}] * 100, 60)) == 60
    assert mappings("{}{}") == mappings(None) == mappings({"a": {}}) == ()


def test_texts() -> None:
    assert text("\x1bab") == "ab"
    assert text("") is text("\x00") is text(3) is text(None) is None


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("2026-11-30T10:00:00Z", datetime(2026, 11, 30, 10, tzinfo=UTC)),
        ("2026-11-30T10:00:00+02:00", datetime(2026, 11, 30, 8, tzinfo=UTC)),
        ("2026-11-30T10:00:00", datetime(2026, 11, 30, 10, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("2026-11-30T10:00:00" + " " * 100, None),
        (1700000000, None),
    ],
)
def test_times(value: Json, read: datetime | None) -> None:
    assert moment(value) == read


@pytest.mark.parametrize("value", [-1, 1.5, "3", None, True, 1 << 60, float("nan")])
def test_what_is_no_count(value: Json) -> None:
    assert count(value) is None


@pytest.mark.parametrize("value", [-0.1, "3", None, False, float("nan"), float("inf"), 10**400])
def test_what_is_no_number(value: Json) -> None:
    assert number(value) is None


def test_numbers() -> None:
    assert (count(0), count(7), number(1.5), number(2)) == (0, 7, 1.5, 2.0)
