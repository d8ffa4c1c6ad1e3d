"""Jitter buffers: RTP packets in, whole frames out, in order. Plain data structures: no clock, no network.

A video frame is released on its marker bit, not when the next frame begins (which costs a frame's time). A loss that is
not mended within `PATIENCE` is given up: everything up to the next key frame is dropped, for a picture with holes would
be shown, and its faces missed.
"""

from collections.abc import Callable

from aiortc.jitterbuffer import JitterFrame
from aiortc.rtp import RtpPacket

PATIENCE = 9_000  # ticks of the 90 kHz clock (100 ms) that a missing packet is waited for
STALE = 27_000  # ticks (300 ms) of missing pictures that are given up at once: sent again they would only be old
MOST = 2_048  # packets held
FAR = 3_000  # sequence numbers; a packet farther off than this begins a new stream
ASK_EVERY = 15  # frames between two requests for a key frame
REORDER = 3  # audio packets that may come before a late one is given up
WHOLE = 1 << 16


def ahead(a: int, b: int, bits: int = 16) -> int:
    """How far `a` is ahead of `b` on a wrapping counter; negative where it is behind."""
    half = 1 << (bits - 1)
    return ((a - b + half) & ((1 << bits) - 1)) - half


def is_key(data: bytes) -> bool:
    """Does a frame begin a picture that needs no other? H.264 with start codes (SPS or IDR first, a delimiter or SEI
    before it allowed), or VP8."""
    if data[:4] == b"\x00\x00\x00\x01":
        for part in data[:512].split(b"\x00\x00\x00\x01")[1:]:
            kind = part[0] & 0x1F if part else 0
            if kind in (5, 7):
                return True
            if kind not in (6, 9):
                return False
        return False
    return len(data) > 5 and not data[0] & 1 and data[3:6] == b"\x9d\x01\x2a"


class Frames(JitterFrame):
    """A frame, and those that had piled up behind it. later: data, and ticks after the first."""

    def __init__(self, data: bytes, timestamp: int, later: list[tuple[bytes, int]]) -> None:
        super().__init__(data, timestamp)
        self.later = later


def split(frame: JitterFrame) -> list[JitterFrame]:
    """One by one, all on the first one's clock."""
    later: list[tuple[bytes, int]] = getattr(frame, "later", [])
    return [frame, *(JitterFrame(data, frame.timestamp + ticks) for data, ticks in later)]


class VideoBuffer:
    """For one video stream. dropped: frames given up; `lost` is called for each of them."""

    def __init__(self, patience: int = PATIENCE, lost: Callable[[], object] = lambda: None) -> None:
        self.dropped = 0
        self._patience, self._lost = patience, lost
        self._held: dict[int, RtpPacket] = {}
        self._next: int | None = None  # sequence number that the next frame begins with
        self._newest = 0  # RTP time of the newest packet
        self._last: int | None = None  # RTP time of the last whole frame
        self._broken = True  # only a key frame may follow
        self._unusable = 0  # frames since then

    def __len__(self) -> int:
        """Packets that are held: of pictures that are not whole, or come too early."""
        return len(self._held)

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        """Takes a depayloaded packet. Returns whether a key frame is to be asked for, and what frames are whole now,
        if any, as one item."""
        sequence = packet.sequence_number
        if self._next is None or abs(ahead(sequence, self._next)) > FAR:
            self._held.clear()
            self._next, self._newest, self._last, self._broken = sequence, packet.timestamp, None, True
        elif ahead(sequence, self._next) < 0:
            return False, None  # too late
        self._held[sequence] = packet
        if ahead(packet.timestamp, self._newest, 32) > 0:
            self._newest = packet.timestamp
        ask = False
        out: list[tuple[bytes, int]] = []
        while True:
            packets = self._whole()
            if packets is None:
                ask = ask or not self._broken
                if self._give_up():
                    continue
                return ask and self._broken, _bundle(out)
            data = b"".join(_data(p) for p in packets)
            self._forget(packets[-1].sequence_number)
            self._last = packets[-1].timestamp
            if self._broken and not is_key(data):
                ask = ask or self._unusable % ASK_EVERY == 0
                self._unusable += 1
                self._drop()
                continue
            self._unusable, self._broken = 0, False
            if data:
                out.append((data, packets[0].timestamp))

    def _whole(self) -> list[RtpPacket] | None:
        """The packets of the next frame, from its first to its marker."""
        assert self._next is not None
        packets: list[RtpPacket] = []
        at = self._next
        while (packet := self._held.get(at)) is not None:
            if packets and packet.timestamp != packets[0].timestamp:
                return packets  # the sender sets no marker
            packets.append(packet)
            if packet.marker:
                return packets
            at = (at + 1) % WHOLE
        return None

    def _give_up(self) -> bool:
        """Skips a frame that misses packets, once it has waited long enough. False: wait on."""
        assert self._next is not None
        if not self._held:
            return False
        order = sorted(self._held, key=lambda s: ahead(s, self._next or 0))
        oldest = self._held[order[0]].timestamp
        gap = order[0] != self._next  # what is missing lies before it: it may itself be whole
        stale = gap and self._last is not None and ahead(self._newest, self._last, 32) > STALE
        if ahead(self._newest, oldest, 32) <= self._patience and len(self._held) < MOST and not stale:
            return False
        self._broken = True
        if gap:
            self._next = order[0]
            return True
        self._drop()
        later = next((s for s in order if self._held[s].timestamp != oldest), None)
        self._forget(order[-1] if later is None else (later - 1) % WHOLE)
        return True

    def _drop(self) -> None:
        self.dropped += 1
        self._lost()

    def _forget(self, through: int) -> None:
        self._held = {s: p for s, p in self._held.items() if ahead(s, through) > 0}
        self._next = (through + 1) % WHOLE


class AudioBuffer:
    """For one audio stream: each packet at once; a late one is waited for while at most `REORDER` came after it. What
    had piled up behind it leaves with it, or sound would stay late for good."""

    def __init__(self) -> None:
        self._held: dict[int, RtpPacket] = {}
        self._next: int | None = None

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        sequence = packet.sequence_number
        if self._next is None or abs(ahead(sequence, self._next)) > FAR:
            self._held.clear()
            self._next = sequence
        elif ahead(sequence, self._next) < 0:
            return False, None
        self._held[sequence] = packet
        if self._next not in self._held and len(self._held) > REORDER:
            base = self._next
            self._next = min(self._held, key=lambda s: ahead(s, base))
        out: list[tuple[bytes, int]] = []
        while (found := self._held.pop(self._next, None)) is not None:
            out.append((_data(found), found.timestamp))
            self._next = (self._next + 1) % WHOLE
        return False, _bundle(out)


def buffer(
    capacity: int, prefetch: int = 0, is_video: bool = False, lost: Callable[[], object] = lambda: None
) -> VideoBuffer | AudioBuffer:
    """What aiortc's receiver calls for its jitter buffer, with its arguments. lost: called for each frame given up."""
    return VideoBuffer(lost=lost) if is_video else AudioBuffer()


def _bundle(frames: list[tuple[bytes, int]]) -> JitterFrame | None:
    if not frames:
        return None
    data, first = frames[0]
    return Frames(data, first, [(more, ahead(at, first, 32)) for more, at in frames[1:]])


def _data(packet: RtpPacket) -> bytes:
    """What aiortc's receiver has left after depayloading."""
    return packet._data  # type: ignore[attr-defined,no-any-return]
