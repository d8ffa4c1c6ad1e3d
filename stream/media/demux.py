"""The packets of an opened file, in its order and on a clock that is carried on; and where to begin in one that cannot
be sought by time.

Knows: demuxing, and which formats' clocks may jump. Knows nothing of decoding.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

import av
from av.container import InputContainer

from stream.media.clock import Clock

_DISCONTINUOUS = 0x200  # AVFMT_TS_DISCONT
_WRAPPING = {"mpegts", "mpeg", "hls"}
_LEAST = 10_000  # bits a second; a video of less is none, but a clock that jumped
_MOST = 1000  # packets since the last key picture that are kept; a stream may have no key picture but its first
_NO_TIME = 1 << 60  # ticks
_EARLY = 1  # seconds before the start from which packets of other streams are kept


def jumps(container: InputContainer) -> bool:
    """Whether the clock of the container's format may jump, so that no place in the file can be sought by its time."""
    return bool(container.format.flags & _DISCONTINUOUS)


def tells_length(container: InputContainer) -> bool:
    """False where the length that FFmpeg estimates from the first and the last time cannot be true."""
    return not (jumps(container) and 0 < (container.bit_rate or 0) < _LEAST)


def clock_of(container: InputContainer, video: av.VideoStream) -> Clock[Any]:
    """A clock for all streams of a container, by the rules of its format. video: the main one."""
    sounds = (s.index for s in container.streams.audio)
    rate = video.average_rate or video.guessed_rate
    return Clock(video.index, sounds, rate, jumps(container), container.format.name in _WRAPPING)


def demuxed(container: InputContainer, clock: Clock[Any]) -> Iterator["av.Packet[Any]"]:
    """All packets from where the container stands, then the empty ones that flush decoders. Raises what PyAV raises."""
    for packet in _read(container):
        if packet.size or packet.dts is not None:
            yield from clock.pass_on(packet)
        else:
            yield from clock.flush()
            yield packet
    yield from clock.flush()


def _read(container: InputContainer) -> Iterator["av.Packet[Any]"]:
    """PyAV's packets; a time that no clock could have come to is none. At the end PyAV looks for streams that it does
    not know, where some came up on the way."""
    packets = container.demux()
    while True:
        try:
            packet = next(packets, None)
        except IndexError:
            return
        if packet is None:
            return
        if packet.pts is not None and abs(packet.pts) > _NO_TIME:
            packet.pts = None
        if packet.dts is not None and abs(packet.dts) > _NO_TIME:
            packet.dts = None
        yield packet


def from_key_picture(packets: Iterable["av.Packet[Any]"], video: int, start: Fraction) -> Iterator["av.Packet[Any]"]:
    """The packets from the last key picture at or before `start` (seconds) on. Nothing is decoded to find it."""
    waiting: deque[av.Packet[Any]] = deque(maxlen=_MOST)
    rest = iter(packets)
    for packet in rest:
        at = packet.dts if packet.dts is not None else packet.pts
        seconds = None if at is None else at * packet.time_base
        if packet.stream.index != video:
            if seconds is None or seconds >= start - _EARLY:
                waiting.append(packet)
            continue
        shown = seconds if packet.pts is None else packet.pts * packet.time_base
        if packet.is_keyframe and shown is not None and shown <= start:
            waiting = deque((p for p in waiting if p.stream.index != video), _MOST)
        waiting.append(packet)
        if seconds is not None and seconds > start:
            break
    yield from waiting
    yield from rest
