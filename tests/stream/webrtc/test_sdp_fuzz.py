"""Offers from strangers: damaged in many ways, to a publisher's and to a viewer's peer. Answered or BadSdp; no task, no
socket and no error in the loop is left, and no growth. Nothing is sent: the offers hold no candidates.

    UNDERSTUDY_FUZZ_SECONDS=600 pytest --timeout 0 tests/stream/webrtc/test_sdp_fuzz.py
"""

import asyncio
import contextlib
import random
import re
from pathlib import Path
from typing import Any

import pytest
from aiortc.sdp import candidate_from_sdp

from stream.io.fanout import Fanout
from stream.webrtc.peer import Peer
from stream.webrtc.sdp import BadSdp, parse_fragment, with_hints
from stream.webrtc.tracks import ViewerTrack
from tests.fuzzing import damaged, hammer
from tests.stream.webrtc.offers import offer

WORDS = (
    "", "0", "-1", "65536", "4294967296", "1e9", "9" * 400, "\u0663", "nan", "*", "?", "video", "audio", "application",
    "UDP/TLS/RTP/SAVPF", "RTP/AVP", "sendrecv", "inactive", "active", "actpass", "BUNDLE 0 1", "sha-256 00", "sha-1 zz",
    "IN IP6 ::", "IN IP4 0.0.0.0", "H264/90000", "VP8/0", "opus/48000/99", "rtx/90000", "apt=96", "apt=apt",
    "packetization-mode=9;profile-level-id=zzzzzz", "profile-level-id=", "urn:ietf:params:rtp-hdrext:sdes:mid", "\x00",
)  # fmt: skip
LINES = (
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=group:BUNDLE 0 1 2",
    "a=mid:0", "a=mid:", "a=ice-lite", "a=ice-options:trickle renomination", "a=setup:holdconn", "a=rtcp-mux",
    "a=rtpmap:300 H264/90000", "a=rtpmap:x", "a=fmtp:97", "a=fmtp:97 apt=97", "a=rtcp-fb:* nack pli",
    "a=ssrc:1 cname:x",
    "a=ssrc-group:FID 1 2", "a=ssrc:-1 msid:a b", "a=extmap:0 x", "a=extmap:1/sendonly urn:x", "a=msid:- ",
    "a=simulcast:send 1;2",
    "a=rid:1 send", "a=sctp-port:x", "a=max-message-size:-1", "a=fingerprint:md5 00:11", "c=IN IP4", "b=AS:x", "t=x",
    "o=-",
    "s=", "a=rtcp:9 IN", "a=crypto:1 x inline:y", "a=candidate:x", "a=end-of-candidates", "a=", "z=",
)  # fmt: skip
SEEDS = {
    "two sections of one mid": ("a=mid:1", "a=mid:0"),
    "a transport that is no number": ("m=video 9", "m=video nine"),
    "a payload type beyond all": ("m=video 9 UDP/TLS/RTP/SAVPF", "m=video 9 UDP/TLS/RTP/SAVPF 999999"),
    "rtx of itself": ("apt=97", "apt=98"),
    "a clock that stands still": ("VP8/90000", "VP8/0"),
    "a fingerprint of nothing": ("a=fingerprint:sha-256 ", "a=fingerprint:sha-256 \r\na=x:"),
    "a setup nobody can answer": ("a=setup:actpass", "a=setup:passive"),
    "an unknown direction": ("a=sendrecv", "a=sendsideways"),
    "a header extension of number 0": ("a=extmap:1 ", "a=extmap:0 "),
    "digits that are none of ASCII": ("a=rtcp:9", "a=rtcp:\u0669"),
}


@pytest.fixture(scope="module")
def whole() -> list[str]:
    lines = [line for line in offer().split("\r\n") if not line.startswith(("a=candidate", "a=end-of-candidates"))]
    return [re.sub(r"^(m=\w+) \d+", r"\1 9", line) for line in lines]


def changed(chance: random.Random, whole: list[str]) -> bytes:
    """Lines left out, doubled, moved, or with another word; or bytes damaged."""
    lines = list(whole)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        at = chance.randrange(len(lines))
        match chance.randrange(6):
            case 0:
                del lines[at]
            case 1:
                lines.insert(chance.randrange(len(lines)), lines[at])
            case 2:
                lines.insert(at, chance.choice(LINES))
            case 3:
                words = lines[at].split(" ")
                words[chance.randrange(len(words))] = chance.choice(WORDS)
                lines[at] = " ".join(words)
            case 4:
                head, colon, _ = lines[at].partition(":")
                lines[at] = head + colon + chance.choice(WORDS)
            case 5:
                lines[at], lines[-1] = lines[-1], lines[at]
        lines = lines or ["v=0"]
    data = "\r\n".join(lines).encode("utf-8", "surrogatepass")
    return damaged(chance, data) if chance.random() < 0.2 else data


async def answered(text: str, viewer: bool, troubles: list[dict[str, Any]]) -> bool:
    """Whether there was an answer; all is closed again."""
    asyncio.get_running_loop().set_exception_handler(lambda _, trouble: troubles.append(trouble))
    ended: list[int] = []
    peer = Peer(ended=lambda: ended.append(1))
    tracks = [ViewerTrack(Fanout(kind).subscribe()) for kind in ("video", "audio")] if viewer else []
    try:
        if viewer:
            answer = await peer.play(text, tracks)
        else:
            answer = await peer.publish(text, lambda _: None, lambda _: None)
        assert answer.startswith("v=0") and with_hints(answer)
        return True
    except BadSdp as error:
        assert "\n" not in str(error)
        return False
    finally:
        await peer.close()
        for track in tracks:
            track.stop()
        await asyncio.sleep(0)
        assert ended == [1], "told once"
        for _ in range(20):
            if len(asyncio.all_tasks()) == 1:
                break
            await asyncio.sleep(0.01)
        names = {task.get_coro().__qualname__ for task in asyncio.all_tasks()}  # type: ignore[union-attr]
        assert len(asyncio.all_tasks()) == 1, names


def look(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(BadSdp):
        for candidate, _ in parse_fragment(text).candidates:
            with contextlib.suppress(ValueError, AssertionError, IndexError):
                candidate_from_sdp(candidate)
    if "a=candidate" in text:  # whose addresses would be called
        return
    for viewer in (False, True):
        troubles: list[dict[str, Any]] = []
        before = descriptors()
        asyncio.run(answered(text, viewer, troubles))
        assert descriptors() <= before and troubles == []


def descriptors() -> int:
    """Open files and sockets of this process; 0 where that cannot be told."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def test_the_whole_offer_is_answered(whole: list[str]) -> None:
    text = "\r\n".join(whole)
    for viewer in (False, True):
        assert asyncio.run(answered(text, viewer, []))


@pytest.mark.parametrize("name", SEEDS)
def test_what_once_went_wrong_or_comes_near_it(name: str, whole: list[str]) -> None:
    text = "\r\n".join(whole)
    before, after = SEEDS[name]
    assert before in text
    look(text.replace(before, after).encode())
    look(text.replace(before, after, 1).encode())


def test_damaged_offers(whole: list[str]) -> None:
    hammer(20, lambda chance: changed(chance, whole), look)
