"""SDP as WHIP and WHEP need it: bit-rate hints in an answer, trickled candidates, a check before anything is opened."""

import re
from dataclasses import dataclass

LARGEST = 64 * 1024  # bytes of an offer
HINTS = "x-google-start-bitrate=3000;x-google-min-bitrate=1500;x-google-max-bitrate=6000"


class BadSdp(ValueError):
    """The text is no offer that can be answered."""


def check_offer(text: str) -> None:
    """Raises BadSdp with a reason fit for the client."""
    if not text.startswith("v=0"):
        raise BadSdp("the body is no SDP: its first line is not v=0")
    lines = text.replace("\r\n", "\n").split("\n")
    if any(line and not re.match(r"^[a-z]=", line) for line in lines):
        raise BadSdp("a line of the SDP is not of the form x=value")
    media = [line for line in lines if line.startswith("m=")]
    if not any(line.startswith("m=video") for line in media):
        raise BadSdp("the offer has no video section")
    for kind in ("video", "audio"):  # one MediaStream, one track of each kind: pictures of two would be mixed into one
        if sum(line.startswith(f"m={kind}") for line in media) > 1:
            raise BadSdp(f"the offer has more than one {kind} section; send one video and at most one audio track")
    if len(media) > 4:
        raise BadSdp("the offer has more than four media sections")
    if not re.search(r"^a=fingerprint:", text, re.M) or not re.search(r"^a=ice-ufrag:", text, re.M):
        raise BadSdp("the offer has no DTLS fingerprint or no ICE credentials")


def with_hints(answer: str) -> str:
    """The answer with Chromium's bit-rate hints in each H.264 format: without them it stays at 640x360 for long."""
    h264 = set(re.findall(r"^a=rtpmap:(\d+) H264/", answer, re.M))

    def hinted(match: re.Match[str]) -> str:
        return f"{match[0]};{HINTS}" if match[1] in h264 and "x-google" not in match[0] else match[0]

    return re.sub(r"^a=fmtp:(\d+) [^\r\n]+", hinted, answer, flags=re.M)


@dataclass(frozen=True, slots=True)
class Fragment:
    """A `trickle-ice-sdpfrag`. candidates: (candidate without `candidate:`, mid). ufrag: the client's, if told."""

    candidates: tuple[tuple[str, str], ...]
    ufrag: str | None


def parse_fragment(text: str) -> Fragment:
    """Raises BadSdp."""
    mid, ufrag, found = "0", None, []
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.startswith("a=mid:"):
            mid = line[6:].strip()
        elif line.startswith("a=ice-ufrag:"):
            ufrag = line[12:].strip()
        elif line.startswith("a=candidate:"):
            candidate = line[12:].strip()
            if len(candidate.split()) < 8:
                raise BadSdp("a candidate has too few fields")
            found.append((candidate, mid))
        elif line and not re.match(r"^[a-z]=", line):
            raise BadSdp("a line of the fragment is not of the form x=value")
    if len(found) > 100:
        raise BadSdp("more than a hundred candidates")
    return Fragment(tuple(found), ufrag)


def ufrag_of(sdp: str) -> str | None:
    """The ICE user fragment of an offer or answer."""
    match = re.search(r"^a=ice-ufrag:(\S+)", sdp, re.M)
    return match[1] if match else None
