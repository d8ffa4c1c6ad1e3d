"""Handshake, the server's side: RTMP's first 3073 bytes from a publisher (C0, C1, C2) and the answer (S0, S1, S2).

The plain handshake of Adobe's specification, section 5.2. Pure: knows no sockets. The client's side is in `client`.
"""

import os

C1_END = 1 + 1536  # C0 is the version, C1 time, zero and random bytes
C2_END = C1_END + 1536
VERSION = 3


class Handshake:
    """random: the 1528 bytes of S1."""

    def __init__(self, random: bytes | None = None) -> None:
        self._random = os.urandom(1528) if random is None else random
        self._first = bytearray()  # C0 and C1
        self._taken = 0

    @property
    def done(self) -> bool:
        return self._taken == C2_END

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """What of the bytes comes after the handshake, and what to answer. Raises ValueError for another protocol."""
        answer = b""
        if self._taken < C1_END:
            part, data = data[: C1_END - self._taken], data[C1_END - self._taken :]
            self._taken += len(part)
            self._first += part
            if self._first and self._first[0] != VERSION:
                raise ValueError("not RTMP")
            if self._taken == C1_END:
                answer = bytes([VERSION]) + bytes(8) + self._random + bytes(self._first[1:])
        if self._taken >= C1_END:
            rest = C2_END - self._taken
            self._taken += len(data[:rest])
            data = data[rest:]
        return data, answer
