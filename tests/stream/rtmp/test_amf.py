"""AMF0 by value: there and back, and damage of any kind as one kind of error."""

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.rtmp.amf import pack, unpack

TEXT = st.text(max_size=20)
VALUE = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(VALUE, max_size=4))
def test_values_come_back(values: list[object]) -> None:
    assert unpack(pack(*values)) == values


@given(st.binary(max_size=60))
def test_junk_is_refused_with_one_kind_of_error(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        unpack(data)


@given(st.lists(VALUE, max_size=3), st.integers(0, 200), st.binary(max_size=4))
def test_damage_is_refused_with_one_kind_of_error(values: list[object], at: int, other: bytes) -> None:
    data = pack(*values)
    with contextlib.suppress(ValueError):
        unpack(data[:at] + other + data[at + len(other) :])


def test_nesting_has_a_bottom() -> None:
    with pytest.raises(ValueError, match="deep"):
        unpack(b"\x03\x00\x01a" * 50)
    with pytest.raises(ValueError, match="type 17"):
        unpack(b"\x11")


def test_an_object_with_a_length_is_read_as_one_without() -> None:
    assert unpack(b"\x08\x00\x00\x00\x01" + pack({"a": 1.0})[1:]) == [{"a": 1.0}]
    assert unpack(b"\x05\x06") == [None, None]
    assert math.isnan(unpack(b"\x00\x7f\xf8" + bytes(6))[0])


@pytest.mark.parametrize("data", [b"\x02\x00\x05ab", b"\x00\x01", b"\x01", b"\x03\x00\x01a\x02\x00\x01\xff", b"\x03"])
def test_what_is_cut_short_is_damaged(data: bytes) -> None:
    with pytest.raises(ValueError, match="AMF0"):
        unpack(data)


def test_what_has_no_place_in_a_command_is_a_programmers_mistake() -> None:
    with pytest.raises(TypeError, match="list"):
        pack([1])
