"""FilePace: when the packets of a file are due that is played as if it were live. Pure."""

from dataclasses import dataclass

from stream.io.rebase import AHEAD, BACK


@dataclass(slots=True)
class FilePace:
    """For one opening of a file. Seconds throughout."""

    _began: tuple[float, float] | None = None  # clock and time stamp
    _last: float = 0.0  # time stamp

    def wait(self, stamp: float, now: float) -> float:
        """How long to wait until the packet of this time stamp is due. A jump of the time stamps begins anew."""
        if self._began is None or not BACK < stamp - self._last < AHEAD:
            self._began = (now, stamp)
        self._last = stamp
        clock, first = self._began
        return max(0.0, clock + stamp - first - now)
