"""Connections: which connection may come in, and which one has to go for it. Pure; the clock is passed in.

A server that is full closes the connection that has been idle longest, so that nobody locks others out by connecting
and waiting. Connections in the middle of their work are never closed for another.
"""

from dataclasses import dataclass

from stream.net.loopback import is_loopback
from stream.net.rate import RateLimit

GRACE = 0.5  # seconds that a connection may be idle before it has to make room
ADDRESSES = 4096  # whose rates are remembered


@dataclass(frozen=True, slots=True)
class Arrival:
    """number: of the connection that was let in, None where it is refused. evicted: the one that has to go for it."""

    number: int | None
    evicted: int | None = None


class Connections:
    """most: at once. per_minute, burst: new ones of one address, None for any number; this machine's own addresses,
    behind which a proxy may stand for many, have no such limit."""

    def __init__(self, most: int, per_minute: float | None = None, burst: float = 0.0) -> None:
        self.most = most
        self._per_minute, self._burst = per_minute, burst
        self._idle: dict[int, float] = {}  # since when; in the order in which they fell idle
        self._busy: set[int] = set()
        self._rates: dict[str, RateLimit] = {}
        self._next = 0
        self.refused = 0

    def __len__(self) -> int:
        return len(self._idle) + len(self._busy)

    def arrive(self, address: str, now: float) -> Arrival:
        """A connection has come. It counts as idle until it is called busy, and until `leave`."""
        if self._too_often(address, now):
            self.refused += 1
            return Arrival(None)
        evicted = None
        if len(self) >= self.most:
            evicted = next(iter(self._idle), None)
            if evicted is None or now - self._idle[evicted] < GRACE:
                self.refused += 1
                return Arrival(None)
            del self._idle[evicted]
        self._next += 1
        self._idle[self._next] = now
        return Arrival(self._next, evicted)

    def busy(self, number: int) -> None:
        """It has begun to work: a request came, a publisher was let in."""
        if self._idle.pop(number, None) is not None:
            self._busy.add(number)

    def idle(self, number: int, now: float) -> None:
        """Its work is done; it may be closed when another comes."""
        if number in self._busy:
            self._busy.remove(number)
            self._idle[number] = now

    def leave(self, number: int) -> None:
        """It is closed. May be called more than once."""
        self._idle.pop(number, None)
        self._busy.discard(number)

    def _too_often(self, address: str, now: float) -> bool:
        if self._per_minute is None or is_loopback(address):
            return False
        rate = self._rates.get(address)
        if rate is None:
            if len(self._rates) >= ADDRESSES:
                self._rates = {a: r for a, r in self._rates.items() if not r.idle(now)}
            if len(self._rates) >= ADDRESSES:
                return True
            rate = self._rates[address] = RateLimit.full(self._per_minute, now, self._burst)
        return rate.take(now) > 0
