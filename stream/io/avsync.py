"""Sound and picture kept in step. Pure clock logic: readings in, times out; nothing here waits.

`Drift` takes out what two clocks of one source (a camera and a microphone, some 100 ppm apart) drift from each other
over hours. `Follow` holds sound back by the delay that its picture has just had. Seconds throughout.
"""

from dataclasses import dataclass, field

WARM_UP = 10.0  # seconds in which the usual distance between arrival and time stamp is learned
MEMORY = 30.0  # seconds of the filter: jitter averages out, 100 ppm lag 3 ms behind
JUMP = 1.0  # seconds; a time stamp this far off is a new beginning, not drift
GLIDE = 0.005  # most that a correction moves per second of stream


@dataclass(slots=True)
class Drift:
    """One stream's time stamps, bent to the receiver's clock by their long-term drift alone: what audio and video were
    apart at the start, they stay apart.

    `correct` the time stamp of each packet as it arrives; what comes out rises as what came in did.
    """

    correction: float = 0.0
    jumps: int = 0
    _mean: float = 0.0
    _usual: float | None = None
    _count: int = 0
    _began: float = 0.0
    _last: tuple[float, float] | None = None  # stamp, arrival

    def correct(self, stamp: float, arrival: float) -> float:
        """stamp: the packet's own time. arrival: when it came, by the receiver's clock."""
        lead = arrival - stamp
        if self._last is None:
            self._restart(lead, arrival)
        elif abs(lead - self._mean) > JUMP:
            self.jumps += 1
            self._restart(lead, arrival)
        step = 0.0 if self._last is None else max(arrival - self._last[1], 0.0)
        forward = 0.0 if self._last is None else max(stamp - self._last[0], 0.0)
        self._last = (stamp, arrival)
        self._count += 1
        self._mean += (lead - self._mean) * max(1 / self._count, min(step / MEMORY, 1.0))
        if arrival - self._began >= WARM_UP:
            if self._usual is None:
                self._usual = self._mean - self.correction
            wanted = self._mean - self._usual
            self.correction += min(max(wanted - self.correction, -GLIDE * forward), GLIDE * forward)
        return stamp + self.correction

    def _restart(self, lead: float, arrival: float) -> None:
        self._mean, self._usual, self._count, self._began = lead, None, 0, arrival


@dataclass(slots=True)
class Follow:
    """When sound is to leave so that it keeps step with its picture. delay: the picture's, smoothed."""

    delay: float = 0.0
    most: float = 0.5  # seconds; sound is never held back longer
    _due: float = field(default=0.0)

    def picture(self, delay: float) -> None:
        """A picture took `delay` seconds from its coming to its leaving."""
        self.delay += 0.05 * (min(max(delay, 0.0), self.most) - self.delay)

    def due(self, now: float) -> float:
        """The time at which a packet of sound that came `now` is to leave; never before one that came earlier."""
        self._due = max(self._due, now + self.delay)
        return self._due
