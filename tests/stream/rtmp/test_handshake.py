"""The handshake by value: however its bytes are cut, one answer, and nothing of what follows is lost."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.rtmp.handshake import C1_END, C2_END, Handshake

C1 = bytes(range(256)) * 6
HELLO = b"\x03" + C1
ECHO = bytes(1536)
RANDOM = b"r" * 1528


def fed(pieces: list[bytes]) -> tuple[bytes, bytes, Handshake]:
    shake, rest, answer = Handshake(RANDOM), b"", b""
    for piece in pieces:
        more, said = shake.feed(piece)
        rest, answer = rest + more, answer + said
    return rest, answer, shake


@given(st.lists(st.integers(0, C2_END + 5), max_size=6))
def test_however_it_is_cut(cuts: list[int]) -> None:
    data = HELLO + ECHO + b"after"
    at = [0, *sorted(cuts), len(data)]
    rest, answer, shake = fed([data[a:b] for a, b in pairwise(at)])
    assert rest == b"after"
    assert answer == b"\x03" + bytes(8) + RANDOM + C1
    assert shake.done


def test_the_answer_comes_before_the_echo() -> None:
    rest, answer, shake = fed([HELLO])
    assert (len(answer), rest, shake.done) == (C2_END, b"", False)
    assert len(HELLO) == C1_END


def test_another_protocol_is_refused_by_its_first_byte() -> None:
    with pytest.raises(ValueError, match="not RTMP"):
        Handshake().feed(b"G")


def test_the_random_bytes_differ_from_one_to_the_next() -> None:
    assert Handshake().feed(HELLO)[1] != Handshake().feed(HELLO)[1]
