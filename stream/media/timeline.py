"""Timeline: one strictly rising integer pts for every decoded frame, whatever the container says.

Knows: missing and repeated time stamps. Knows nothing of files.
"""

from fractions import Fraction


class Timeline:
    """Settles the pts of frames that arrive in display order.

    A missing pts (raw H.264, some AVI) is the last known one plus whole frame durations. One that does not rise comes
    half way to where the next frame is due, as often as there is room, then a whole duration later: no muxer accepts
    two frames of one time, and nobody sees a frame that lasts for one tick.
    """

    def __init__(self, time_base: Fraction, rate: Fraction | None, start: int = 0) -> None:
        self._step = 1 / ((rate or Fraction(25)) * time_base)
        self._anchor, self._since = start, -1
        self._last: int | None = None
        self._least = max(1, round(self._step))  # ticks between two frames, by what was seen
        self._due = start

    def settle(self, pts: int | None) -> int:
        if pts is None:
            self._since += 1
            pts = self._anchor + round(self._since * self._step)
        else:
            self._anchor, self._since = pts, 0
        if self._last is not None and pts <= self._last:
            room = self._due - self._last
            pts = self._last + max(1, room // 2 if 4 * room > self._least else self._least)
        else:
            if self._last is not None:
                self._least = min(self._least, pts - self._last)
            self._due = pts + self._least
        self._last = pts
        return pts
