"""Timeline: one strictly rising integer pts for every decoded frame, whatever the container says.

Knows: missing and repeated time stamps. Knows nothing of files.
"""

from fractions import Fraction


class Timeline:
    """Settles the pts of frames that arrive in display order.

    A missing pts (raw H.264, some AVI) is the last known one plus whole frame durations; one that does not rise takes
    the next tick, for no muxer accepts two frames of one time.
    """

    def __init__(self, time_base: Fraction, rate: Fraction | None, start: int = 0) -> None:
        self._step = 1 / ((rate or Fraction(25)) * time_base)
        self._anchor, self._since = start, -1
        self._last: int | None = None

    def settle(self, pts: int | None) -> int:
        if pts is None:
            self._since += 1
            pts = self._anchor + round(self._since * self._step)
        else:
            self._anchor, self._since = pts, 0
        if self._last is not None and pts <= self._last:
            pts = self._last + 1
        self._last = pts
        return pts
