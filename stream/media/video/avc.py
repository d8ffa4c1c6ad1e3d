"""AVC: what an H.264 stream's `avcC` record and packets are made of: parameter sets, their numbers, key pictures.

Source: ISO/IEC 14496-15, 5.3.3.1 (the record), and ITU-T H.264, 7.3 (numbers of parameter sets).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from engines.errors import OutputError

IDR, SPS, PPS = 5, 7, 8
MOST = 31  # of the numbers that both kinds of parameter sets can have


@dataclass(frozen=True, slots=True)
class AvcRecord:
    """head: version, profile, compatibility, level. length: bytes that say how long each unit of a packet is. rest:
    what a high profile adds."""

    head: bytes
    length: int
    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]
    rest: bytes = b""

    @classmethod
    def read(cls, data: bytes) -> "AvcRecord":
        """Raises OutputError for what is no such record."""
        try:
            if data[0] != 1:
                raise ValueError
            sps, at = _sets(data, 6, data[5] & 31)
            pps, at = _sets(data, at + 1, data[at])
            return cls(data[:4], (data[4] & 3) + 1, sps, pps, data[at:])
        except (IndexError, ValueError):
            raise OutputError("the clip's H.264 has no parameter sets of its own; remux it to .mp4 or .mkv") from None

    def written(self) -> bytes:
        out = bytearray(self.head)
        out += bytes([0xFC | (self.length - 1), 0xE0 | len(self.sps)])
        for one in self.sps:
            out += len(one).to_bytes(2, "big") + one
        out.append(len(self.pps))
        for one in self.pps:
            out += len(one).to_bytes(2, "big") + one
        return bytes(out + self.rest)

    def free_number(self) -> int:
        """One that no parameter set here has. Raises OutputError where all are taken."""
        taken = {_number(one, 4) for one in self.sps} | {_number(one, 1) for one in self.pps}
        free = next((n for n in range(MOST + 1) if n not in taken), None)
        if free is None:
            raise OutputError("the clip's H.264 has no number free for more parameter sets; encode it anew first")
        return free

    def joined(self, units: Iterator[bytes]) -> "AvcRecord":
        """With the parameter sets among the units as well; the level is the higher one."""
        new = list(units)
        sps = tuple(unit for unit in new if kind(unit) == SPS)
        pps = tuple(unit for unit in new if kind(unit) == PPS)
        level = max([self.head[3], *(unit[3] for unit in sps)])
        return replace(self, head=self.head[:3] + bytes([level]), sps=self.sps + sps, pps=self.pps + pps)

    def packet(self, units: Iterator[bytes]) -> bytes:
        """A packet's bytes of units, without parameter sets: these stand in the record."""
        kept = [unit for unit in units if kind(unit) not in (SPS, PPS)]
        return b"".join(len(unit).to_bytes(self.length, "big") + unit for unit in kept)

    def units(self, packet: bytes) -> Iterator[bytes]:
        """The units of a packet as MP4 and Matroska hold it."""
        at = 0
        while at + self.length <= len(packet):
            size = int.from_bytes(packet[at : at + self.length], "big")
            yield packet[at + self.length : at + self.length + size]
            at += self.length + size

    def begins(self, packet: bytes) -> bool:
        """Whether nothing after this packet, in the order of decoding, needs anything before it."""
        return any(kind(unit) == IDR for unit in self.units(packet) if unit)


def kind(unit: bytes) -> int:
    return unit[0] & 31


def annex_b(data: bytes) -> Iterator[bytes]:
    """The units of a byte stream with start codes."""
    for part in data.split(b"\0\0\1")[1:]:
        if unit := part.rstrip(b"\0"):  # the last byte of a unit is never 0
            yield unit


def _sets(data: bytes, at: int, count: int) -> tuple[tuple[bytes, ...], int]:
    found = []
    for _ in range(count):
        size = int.from_bytes(data[at : at + 2], "big")
        if not size or at + 2 + size > len(data):
            raise ValueError
        found.append(data[at + 2 : at + 2 + size])
        at += 2 + size
    return tuple(found), at


def _number(unit: bytes, at: int) -> int:
    """The unsigned Exp-Golomb number that begins at a byte."""
    bits = "".join(f"{byte:08b}" for byte in unit[at : at + 4])
    zeros = len(bits) - len(bits.lstrip("0"))
    return int(bits[zeros : 2 * zeros + 1] or "1", 2) - 1
