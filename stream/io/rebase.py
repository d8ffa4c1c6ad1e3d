"""TimestampRebase: one time line for a stream that breaks off and comes back, with drift taken out. Pure."""

from dataclasses import dataclass, field

from stream.io.avsync import Drift

GAP = 0.04  # seconds between the last packet before a break and the first after it, at least
BACK, AHEAD = -0.5, 2.0  # seconds by which time stamps may fall, or run ahead of all, before it is a new clock


@dataclass(slots=True)
class TimestampRebase:
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
        here = arrival - self._origin
        if self._shift is not None:
            drift = self._drift.get(kind)
            at = stamp + self._shift + (drift.correction if drift else 0.0)
            if at > max(here, self._end) + AHEAD or at < self._last.get(kind, at) + BACK:
                self.restart()  # the source's clock was set anew; a stall is not that: its stamps go on as they went
        if self._shift is None:
            self._shift = max(here, self._end + GAP if self._last else 0.0) - stamp
        seconds = self._drift.setdefault(kind, Drift()).correct(stamp, arrival) + self._shift
        seconds = max(seconds, self._last.get(kind, -1.0) + 1e-4)
        self._last[kind] = seconds
        self._end = max(self._end, seconds)
        return seconds
