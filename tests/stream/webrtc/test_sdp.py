"""What WHIP needs of SDP: hints, fragments, refusals."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.webrtc.sdp import HINTS, BadSdp, check_offer, parse_fragment, ufrag_of, with_hints

ANSWER = """v=0\r
m=video 9 UDP/TLS/RTP/SAVPF 97 99 100\r
a=rtpmap:97 VP8/90000\r
a=rtpmap:99 H264/90000\r
a=fmtp:99 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r
a=rtpmap:100 rtx/90000\r
a=fmtp:100 apt=99\r
"""
OFFER = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=ice-ufrag:abcd\r\na=fingerprint:sha-256 00:11\r\n"


def test_hints_go_to_h264_alone() -> None:
    lines = with_hints(ANSWER).split("\r\n")
    assert lines[4] == f"a=fmtp:99 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f;{HINTS}"
    assert lines[6] == "a=fmtp:100 apt=99"
    assert with_hints(with_hints(ANSWER)) == with_hints(ANSWER)


def test_an_offer_is_looked_at_before_it_is_used() -> None:
    check_offer(OFFER)
    assert ufrag_of(OFFER) == "abcd" and ufrag_of("v=0") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "v=0"),
        ("hello", "v=0"),
        ("v=0\nm=audio 9\n", "no video"),
        (OFFER + "nonsense\n", "x=value"),
        (OFFER + "m=application 1\n" * 4, "four"),
        (OFFER + "m=video 9\n", "more than one video"),
        (OFFER + "m=audio 1\n" * 2, "more than one audio"),
        ("v=0\nm=video 9\na=ice-ufrag:a\n", "fingerprint"),
    ],
)
def test_a_bad_offer_is_told_why(text: str, reason: str) -> None:
    with pytest.raises(BadSdp, match=reason):
        check_offer(text)


def test_candidates_belong_to_their_section() -> None:
    text = (
        "a=ice-ufrag:EsAw\r\na=ice-pwd:x\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
        "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0\r\n"
        "m=video 9 RTP/AVP 0\r\na=mid:1\r\na=candidate:1 1 udp 1 192.0.2.1 2 typ host\r\na=end-of-candidates\r\n"
    )
    found = parse_fragment(text)
    assert found.ufrag == "EsAw"
    assert [mid for _, mid in found.candidates] == ["0", "1"]
    assert found.candidates[1][0] == "1 1 udp 1 192.0.2.1 2 typ host"


@pytest.mark.parametrize("text", ["a=candidate:1 2 3", "what", "a=candidate:1 1 udp 1 192.0.2.1 2 typ host\n" * 101])
def test_a_bad_fragment_is_refused(text: str) -> None:
    with pytest.raises(BadSdp):
        parse_fragment(text)


@given(st.text(max_size=2000))
def test_no_text_breaks_the_parsers(text: str) -> None:
    for parse in (check_offer, parse_fragment):
        with contextlib.suppress(BadSdp):
            parse(text)
    with_hints(text)
