"""What the mark says: version, producer, session, and a checksum over them. 72 bits. Knows nothing of pictures."""

import binascii
from dataclasses import dataclass

import numpy as np

from engines.values import Bool

VERSION = 1
BITS = 72
_VERSION_BITS, _PRODUCER_BITS, _SESSION_BITS, _CHECK_BITS = 4, 20, 32, 16


@dataclass(frozen=True, slots=True)
class Payload:
    """producer: 0 to 2**20 - 1, who runs the program (the first bits of the signing root's sha256, or a number of the
    user's own). session: 0 to 2**32 - 1, drawn at random for each job or live session. version: of this layout."""

    producer: int
    session: int
    version: int = VERSION

    def __post_init__(self) -> None:
        for name, value, bits in (
            ("version", self.version, _VERSION_BITS),
            ("producer", self.producer, _PRODUCER_BITS),
            ("session", self.session, _SESSION_BITS),
        ):
            if not 0 <= value < 1 << bits:
                raise ValueError(f"{name} {value} does not fit in {bits} bits")

    @property
    def text(self) -> str:
        """`1-0a3f2-9c01d2e4`: version, producer and session in hexadecimal, for people to compare."""
        return f"{self.version:x}-{self.producer:05x}-{self.session:08x}"


def to_bits(payload: Payload) -> Bool:
    """(72,) booleans, the most significant first, the CRC-16 last."""
    body = payload.version << (_PRODUCER_BITS + _SESSION_BITS) | payload.producer << _SESSION_BITS | payload.session
    word = body << _CHECK_BITS | _check(body)
    return np.unpackbits(np.frombuffer(word.to_bytes(BITS // 8, "big"), np.uint8)).astype(np.bool_)


def from_bits(bits: Bool) -> Payload | None:
    """None where the checksum does not fit or the version is not known."""
    word = int.from_bytes(np.packbits(bits).tobytes(), "big")
    body, check = word >> _CHECK_BITS, word & ((1 << _CHECK_BITS) - 1)
    version = body >> (_PRODUCER_BITS + _SESSION_BITS)
    if check != _check(body) or version != VERSION:
        return None
    return Payload(
        version=version,
        producer=body >> _SESSION_BITS & ((1 << _PRODUCER_BITS) - 1),
        session=body & ((1 << _SESSION_BITS) - 1),
    )


def _check(body: int) -> int:
    """CRC-16/CCITT. It starts from a seed of its own, so that a word of zeros does not check."""
    return binascii.crc_hqx(body.to_bytes(7, "big"), 0x5357)
