"""Line: one time line for a stream that breaks off and comes back, with drift taken out. Pure."""

from dataclasses import dataclass, field

from stream.avsync import Drift

GAP = 0.04  # seconds between the last packet before a break and the first after it, at least


@dataclass(slots=True)
class Line:
    """Maps the time stamps of one connection after another to seconds that only rise, sound and picture alike.

    A new connection begins as much later as it came later, by the receiver's clock.
    """

    _origin: float | None = None  # arrival of the very first packet
    _shift: float | None = None  # of the present connection
    _end: float = 0.0
    _last: dict[str, float] = field(default_factory=dict)
    _drift: dict[str, Drift] = field(default_factory=dict)

    def restart(self) -> None:
        """A new connection: its time stamps have nothing to do with the last one's."""
        self._shift, self._drift = None, {}

    def map(self, kind: str, stamp: float, arrival: float) -> float:
        """kind: `video` or `audio`. stamp: the packet's own seconds. arrival: the receiver's clock."""
        if self._origin is None:
            self._origin = arrival
        if self._shift is None:
            at = arrival - self._origin
            self._shift = max(at, self._end + GAP if self._last else 0.0) - stamp
        drift = self._drift.setdefault(kind, Drift())
        jumps = drift.jumps
        seconds = drift.correct(stamp, arrival) + self._shift
        if drift.jumps > jumps and abs(seconds - (arrival - self._origin)) > 2.0:  # the source's clock was set anew
            self.restart()
            return self.map(kind, stamp, arrival)
        seconds = max(seconds, self._last.get(kind, -1.0) + 1e-4)
        self._last[kind] = seconds
        self._end = max(self._end, seconds)
        return seconds
