"""What RTSP servers send, however it is cut: passed on as it is, redirects found, nothing hidden from the reader."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.untrusted.rtsp_replies import LONGEST, RtspRedirectError, RtspReplies

OPTIONS = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: DESCRIBE, PLAY\r\n\r\n"
DESCRIBE = b"RTSP/1.0 200 OK\r\nCSeq: 2\r\ncontent-length: 12\r\n\r\nv=0\r\n\r\nRTSP/"
FRAMES = b"$\x00\x00\x08RTSP/1.0" + b"$\x01\x00\x00" + b"$\x00\x01\x00" + bytes(256)
ASKED = b"OPTIONS rtsp://h/x RTSP/1.0\r\nCSeq: 9\r\n\r\n"
MOVED = b"RTSP/1.0 302 Moved\r\nCSeq: 3\r\nLocation: rtsp://10.0.0.1/x\r\n\r\n"
PLAIN = OPTIONS + DESCRIBE + FRAMES + b"\r\n" + ASKED + OPTIONS.replace(b"\r", b"") + FRAMES


def fed(data: bytes, step: int) -> bytes:
    replies, out = RtspReplies(), b""
    for at in range(0, len(data), step):
        out += replies.feed(data[at : at + step])
    return out


@pytest.mark.parametrize("step", [1, 3, 50, 10_000])
def test_what_is_no_redirect_comes_through_as_it_is(step: int) -> None:
    assert fed(PLAIN, step) == PLAIN


@pytest.mark.parametrize("step", [1, 3, 50, 10_000])
@pytest.mark.parametrize("status", [300, 301, 302, 303, 305, 307, 399])
def test_a_redirect_is_found_and_not_passed_on(step: int, status: int) -> None:
    moved = MOVED.replace(b"302", b"%d" % status)
    with pytest.raises(RtspRedirectError, match=r"another address, rtsp://10\.0\.0\.1/x"):
        fed(PLAIN + moved, step)
    replies, out = RtspReplies(), b""
    with contextlib.suppress(RtspRedirectError):
        for at in range(len(moved)):
            out += replies.feed(moved[at : at + 1])
    assert out == b""


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 302 Found\r\n\r\n",
        b"RTSP/1.0 three\r\n\r\n",
        b"RTSP/1.0  302 Moved\r\n\r\n",
        b"\x00" + MOVED,
        OPTIONS.replace(b"CSeq", b"$\x00\x00\x08\nCSeq"),
        b"RTSP/1.0 200 OK\r\nContent-Length: 5\r\nContent-Length: 500\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: 1e3\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nX: " + bytes([0x41]) * LONGEST + b"\r\n\r\n",
    ],
)
def test_what_readers_might_take_differently_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="a reply"):
        fed(data, 7)


def test_carriage_returns_hide_nothing() -> None:
    """FFmpeg leaves them out wherever they stand."""
    with pytest.raises(RtspRedirectError):
        fed(MOVED.replace(b"302", b"3\r02").replace(b"\r\n\r\n", b"\n\r\r\n"), 5)


def test_a_redirect_that_leads_nowhere_is_one_too() -> None:
    with pytest.raises(RtspRedirectError, match="nowhere"):
        fed(b"RTSP/1.0 302 Moved\r\n\r\n", 5)


@given(st.binary(max_size=300), st.integers(1, 50))
def test_junk_is_passed_on_or_refused(data: bytes, step: int) -> None:
    with contextlib.suppress(ValueError, RtspRedirectError):
        assert data.startswith(fed(data, step))
