"""Ways to damage a file, each a pure function of its bytes and a seeded random source."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

Mutation = Callable[[bytes, Random], bytes]
_PARENTS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"udta", b"moof", b"traf", b"dinf", b"mvex"}
_TIMED = {b"stts", b"ctts", b"elst", b"mdhd", b"mvhd", b"tkhd", b"tfdt", b"trun", b"tfhd", b"stsz", b"stco", b"stsc"}
_EXTREMES = (0, 1, 2, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFF00, 90_000, 1 << 20)


@dataclass(frozen=True, slots=True)
class Box:
    """An MP4 box. at: where it begins. size: with its head of 8 bytes."""

    at: int
    size: int
    kind: bytes


def boxes(data: bytes, low: int = 0, high: int | None = None) -> Iterator[Box]:
    """All boxes, parents before what they hold."""
    end = len(data) if high is None else high
    while low + 8 <= end:
        size, kind = int.from_bytes(data[low : low + 4], "big"), data[low + 4 : low + 8]
        if not 8 <= size <= end - low:
            return
        yield Box(low, size, kind)
        if kind in _PARENTS:
            yield from boxes(data, low + 8, low + size)
        low += size


def flip(data: bytes, rng: Random) -> bytes:
    """Some bits the other way round: near the beginning, near the end, or anywhere."""
    out = bytearray(data)
    where = rng.choice(((0, 4096), (max(0, len(data) - 4096), len(data)), (0, len(data))))
    for _ in range(rng.choice((1, 3, 20, 200))):
        out[rng.randrange(where[0], min(where[1], len(data)))] ^= 1 << rng.randrange(8)
    return bytes(out)


def truncate(data: bytes, rng: Random) -> bytes:
    """The end is missing."""
    return data[: rng.randrange(1, max(2, len(data)))]


def hole(data: bytes, rng: Random) -> bytes:
    """A piece is missing."""
    at, length = _piece(data, rng)
    return data[:at] + data[at + length :]


def blot(data: bytes, rng: Random) -> bytes:
    """A piece is zeros, ones or noise."""
    at, length = _piece(data, rng)
    ink = rng.choice((bytes(length), b"\xff" * length, rng.randbytes(length)))
    return data[:at] + ink + data[at + length :]


def again(data: bytes, rng: Random) -> bytes:
    """A piece is there twice."""
    at, length = _piece(data, rng)
    return data[: at + length] + data[at:]


def append(data: bytes, rng: Random) -> bytes:
    """Something is behind the end."""
    return data + rng.choice((rng.randbytes(rng.randrange(1, 4000)), data[: rng.randrange(len(data))], bytes(500)))


def box(data: bytes, rng: Random) -> bytes:
    """A box of an MP4 is gone, empty, there twice, or says another size."""
    found = list(boxes(data))
    if not found:
        return hole(data, rng)
    one = rng.choice(found)
    body = data[one.at : one.at + one.size]
    rest = data[one.at + one.size :]
    made = rng.choice(
        (
            b"",
            body[:8] + bytes(len(body) - 8),
            body * 2,
            struct.pack(">I", rng.choice((*_EXTREMES, one.size + 1, max(0, one.size - 1)))) + body[4:],
            body[:4] + b"free" + body[8:],
        )
    )
    return data[: one.at] + made + rest


def bend(data: bytes, rng: Random) -> bytes:
    """Numbers in the tables of times, sizes and places of an MP4 are others."""
    found = [one for one in boxes(data) if one.kind in _TIMED and one.size >= 16]
    if not found:
        return flip(data, rng)
    one, out = rng.choice(found), bytearray(data)
    for _ in range(rng.choice((1, 2, 8))):
        at = one.at + 8 + 4 * rng.randrange((one.size - 8) // 4)
        out[at : at + 4] = struct.pack(">I", rng.choice((*_EXTREMES, rng.getrandbits(32))))
    return bytes(out)


def packets(data: bytes, rng: Random) -> bytes:
    """Packets of a transport stream are missing, there twice or in another order."""
    size = 192 if data[4:5] == b"G" and data[:1] != b"G" else 188
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    for _ in range(rng.choice((1, 5, 50))):
        at = rng.randrange(len(pieces))
        what = rng.randrange(3)
        if what == 0 and len(pieces) > 1:
            del pieces[at]
        elif what == 1:
            pieces.insert(at, pieces[at])
        else:
            other = rng.randrange(len(pieces))
            pieces[at], pieces[other] = pieces[other], pieces[at]
    return b"".join(pieces)


def clock(data: bytes, rng: Random) -> bytes:
    """Time stamps in the headers of elementary streams (transport and program streams) are others."""
    out, at, moved = bytearray(data), -1, rng.choice((None, rng.getrandbits(33), 90_000 * 3600))
    start = rng.randrange(len(data))
    share = rng.choice((0.02, 0.3, 1.0))
    while (at := data.find(b"\0\0\1", at + 1)) >= 0:
        if at + 14 > len(data) or not 0xBD <= data[at + 3] <= 0xEF or data[at + 6] & 0xC0 != 0x80:
            continue
        if at > start and data[at + 7] & 0x80 and rng.random() < share:
            _stamp(out, at + 9, rng.getrandbits(33) if moved is None else moved)
    return bytes(out)


def clusters(data: bytes, rng: Random) -> bytes:
    """Time stamps of Matroska's clusters are others."""
    places, at = [], -1
    while (at := data.find(b"\x1f\x43\xb6\x75", at + 1)) >= 0:
        found = data.find(b"\xe7", at, at + 20)
        if found > 0:
            places.append(found)
    if not places:
        return blot(data, rng)
    out = bytearray(data)
    for place in rng.sample(places, rng.randrange(1, len(places) + 1)):
        length = out[place + 1] & 0x0F
        for i in range(place + 2, min(place + 2 + length, len(out))):
            out[i] = rng.randrange(256)
    return bytes(out)


ANY: tuple[Mutation, ...] = (flip, flip, truncate, hole, blot, again, append)
OWN: dict[str, tuple[Mutation, ...]] = {
    **dict.fromkeys(("mp4", "mov", "m4v"), (box, box, bend, bend)),
    **dict.fromkeys(("ts", "m2ts"), (packets, packets, clock, clock)),
    **dict.fromkeys(("mkv", "webm"), (clusters,)),
    "mpg": (clock,),
}


def mutated(data: bytes, ending: str, rng: Random) -> tuple[bytes, list[str]]:
    """A damaged file, and what was done to it."""
    done = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        one = rng.choice((*ANY, *OWN.get(ending, ()), *OWN.get(ending, ())))
        data = one(data, rng) or b"\0"
        done.append(one.__name__)
    return data, done


def _piece(data: bytes, rng: Random) -> tuple[int, int]:
    at = rng.randrange(len(data))
    return at, rng.randrange(1, max(2, min(len(data) - at, rng.choice((4, 100, len(data) // 5))) + 1))


def _stamp(out: bytearray, at: int, ticks: int) -> None:
    """Writes 33 bits as a time stamp of five bytes."""
    out[at] = (out[at] & 0xF1) | (ticks >> 29 & 0x0E)
    out[at + 1 : at + 3] = struct.pack(">H", (ticks >> 14 & 0xFFFE) | 1)
    out[at + 3 : at + 5] = struct.pack(">H", (ticks << 1 & 0xFFFE) | 1)
