"""Admission: is there room for one more session? By what the machine is measured to do, not by a guess. Pure."""

from dataclasses import dataclass

from stream.live.ladder import Rung

FILL = 0.9  # share of the cores that may be in use after one more has come
PRIOR = 0.7  # cores that a session is taken to need before any was measured (720p at 30)
RETRY = 10  # seconds that a refused client is told to wait


@dataclass(frozen=True, slots=True)
class Capacity:
    """The machine's state. cores: in all. used: cores this process uses now. sessions: running now. rung: the
    worst of their ladders. most: the operator's limit."""

    cores: int
    used: float
    sessions: int
    rung: Rung
    most: int


def refusal(room: Capacity) -> str | None:
    """Why one more session cannot come now; None where it can. The first always can, unless forbidden."""
    if room.sessions >= room.most:
        return f"all {room.most} sessions are taken"
    if room.sessions == 0:
        return None
    if room.rung >= Rung.HALF:
        return "the sessions that run already need all of this machine"
    each = max(room.used / room.sessions, 0.1) if room.used > 0.2 else PRIOR
    if room.used + each > FILL * room.cores:
        return f"one more session needs about {each:.1f} cores and {max(room.cores - room.used, 0):.1f} are free"
    return None


@dataclass(slots=True)
class Usage:
    """Cores in use, smoothed, from readings of the process's clock and the wall's."""

    cores: float = 0.0
    _last: tuple[float, float] | None = None

    def read(self, work: float, now: float) -> float:
        """work: processor seconds of the process so far; now: wall clock."""
        if self._last is not None and now > self._last[1]:
            fresh = (work - self._last[0]) / (now - self._last[1])
            self.cores += 0.4 * (fresh - self.cores)
        self._last = (work, now)
        return self.cores
