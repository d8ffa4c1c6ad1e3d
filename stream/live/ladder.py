"""The overload ladder: what is given up, in which order, when a session cannot keep up. A pure decision table.

| rung | what changes | why in this order |
|---|---|---|
| FULL | nothing | |
| SKIP | newcomers are looked for less often | nobody sees it while nobody comes |
| CUT | smoke and glass are cut out like opaque things | what shines through them is the old face |
| CHEAP | the straight swap, nobody looks for what is in front | something in front of the face may be painted over |
| HALF | the face is painted at half its resolution; servers let no new session in | softer |
| HOLD | every second frame repeats the last one | less smooth |

After `DOWN_AFTER` of too much work the next rung is taken, after `UP_AFTER` of room to spare the one above again:
slower, or it would swing.
What nobody sees is given up early; frames only where they do not fit any more, and they come back as soon as they do.
If a rung has to be left soon after a recovery, the wait before the next recovery doubles: what costs too much (a hand
before the face) would else be taken up and given up again every few seconds.
"""

from dataclasses import dataclass, field, replace
from enum import IntEnum

from stream.frame import Route
from stream.perception.perceiver import Pace


class Rung(IntEnum):
    FULL = 0
    SKIP = 1
    CUT = 2
    CHEAP = 3
    HALF = 4
    HOLD = 5


@dataclass(frozen=True, slots=True)
class Measures:
    """pace: of looks. costliest: the most costly route that is taken. half: paint at half resolution. every: only each
    n-th frame is worked on, the others repeat the last.

    most: load (work on a frame over the time there is for it) above which the next rung is taken. room: load that the
    rung above would have, at this rung's work, below which it is taken again.
    """

    pace: Pace
    costliest: Route = Route.REFINE
    half: bool = False
    every: int = 1
    most: float = 0.95
    room: float = 0.6


CALM = Pace(look=0.1, search=0.0, tiles=3.0)
RARE = Pace(look=0.5, search=0.0, tiles=1e9)
BLIND = replace(RARE, fronts=False)
TABLE = {
    Rung.FULL: Measures(CALM, most=0.85),
    Rung.SKIP: Measures(RARE),
    Rung.CUT: Measures(RARE, Route.XSEG),
    Rung.CHEAP: Measures(BLIND, Route.FAST),
    Rung.HALF: Measures(BLIND, Route.FAST, half=True, most=1.05),
    Rung.HOLD: Measures(BLIND, Route.FAST, half=True, every=2, room=0.85),
}
DOWN_AFTER, UP_AFTER, LONGEST = 0.5, 4.0, 32.0  # seconds
SMOOTH = 0.2  # share of each new measurement


@dataclass(slots=True)
class Ladder:
    """One session's place on it. Fed with every frame that was worked on."""

    rung: Rung = Rung.FULL
    load: float = 0.0  # smoothed work per frame over the frame's interval
    _since: float | None = None
    _sense: int = 0
    _settled: bool = field(default=False)
    _rose: float = -1e9  # when it last came up
    _wait: float = UP_AFTER

    @property
    def measures(self) -> Measures:
        return TABLE[self.rung]

    def step(self, work: float, interval: float, now: float) -> Rung:
        """work: seconds that this frame took. interval: seconds between frames as they arrive. now: a clock's reading.
        Returns the rung to stand on from the next frame."""
        here = self.measures
        share = work / max(interval * here.every, 1e-3)
        self.load = share if not self._settled else self.load + SMOOTH * (share - self.load)
        self._settled = True
        above = TABLE[Rung(max(self.rung - 1, 0))]
        sense = 1 if self.load > here.most else -1 if self.load * here.every / above.every < here.room else 0
        if sense != self._sense or sense == 0:
            self._sense, self._since = sense, now
            return self.rung
        assert self._since is not None
        if now - self._since >= (DOWN_AFTER if sense > 0 else self._wait):
            target = min(max(self.rung + sense, Rung.FULL), Rung.HOLD)
            if target != self.rung:
                if sense < 0:
                    self._rose = now
                else:
                    self._wait = min(2 * self._wait, LONGEST) if now - self._rose < self._wait else UP_AFTER
                self.rung = Rung(target)
                self._settled = False  # the old load says nothing of the new rung
            self._since = now
        return self.rung
