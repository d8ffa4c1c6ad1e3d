"""What a file says cannot move a terminal's cursor, turn the line round, or pretend to be our own words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.untrusted.text import LONGEST, printable, quoted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Ёлка 猫 ñ 🎬", "Ёлка 猫 ñ 🎬"),
        ("\x1b[2K\rsigned by X", "[2K signed by X"),
        ("a\x9b31mb\x90c", "a31mbc"),
        ("abc\u202etxt.exe", "abctxt.exe"),
        ("a\u2066b\u2069c\u200bd\ufeffe\U000e0041", "abcde"),
        ("one\ntwo\u2028three\x85four", "one two three four"),
        ("  much \t space  ", "much space"),
        ("\x00\x07\x08\x7f", ""),
        ("\ud800x", "x"),
        (12, "12"),
        (None, "None"),
    ],
)
def test_what_is_left(text: object, shown: str) -> None:
    assert printable(text) == shown


def test_it_is_bounded() -> None:
    assert printable("x" * LONGEST) == "x" * LONGEST
    assert printable("x" * (LONGEST + 1)) == "x" * (LONGEST - 3) + "..."
    assert printable("\x1b" * 10_000_000 + "x") == "..."
    assert len(printable("y" * 10_000_000, 10)) == 10


def test_quotes_cannot_be_closed_from_within() -> None:
    forged = 'a", whom this computer trusts. "'
    assert quoted(forged) == "\"a', whom this computer trusts. '\""
    assert quoted(forged).count('"') == 2


@given(st.text(max_size=400), st.integers(4, 60))
def test_nothing_that_a_terminal_obeys_is_left(text: str, longest: int) -> None:
    line = printable(text, longest)
    assert len(line) <= longest and line == line.strip()
    assert all(
        unicodedata.category(letter)[0] != "C" and unicodedata.category(letter) not in ("Zl", "Zp") for letter in line
    )
    assert printable(line, longest) == line
