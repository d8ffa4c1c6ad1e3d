"""LiveSession: one publisher on the way to any number of viewers. Nothing in it is shared with another session.

The newest frame is worked on, older ones make room; sound follows its picture. Pictures come in and go out on the event
loop's thread, the work is done on a lane of its own.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, Protocol

import av

from engines.errors import UnderstudyError
from stream.frame import Frame
from stream.io.avsync import Follow
from stream.io.fanout import Fanout
from stream.lanes.lane import Lane
from stream.lanes.ring import Closed, WhenFull
from stream.live.ladder import Rung
from stream.live.swap import FollowedFace, Shown
from stream.media.clone import Cloner
from stream.pipeline.control import Change
from stream.pixels.label import Label
from stream.pixels.planes import Planes
from stream.telemetry.metrics import Metered, Metrics
from stream.telemetry.trace import Tracer

CLOCK = Fraction(1, 90_000)
MADE_WITHIN = 10.0  # seconds that a change waits for a session that begins


class FrameSwap(Protocol):
    """What a session's lane runs."""

    def __call__(self, frame: Frame) -> Shown: ...
    def update(self, change: Change, label: Label | None = None) -> None: ...
    def close(self) -> None: ...


class LiveSession:
    """make: makes the swap, for this session alone. lane: the session's number and row in the trace. clock: seconds."""

    def __init__(
        self,
        make: Callable[[Metered], FrameSwap],
        metrics: Metrics,
        tracer: Tracer | None = None,
        lane: int = 0,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        slow = metrics.drops.labels("viewer").inc
        self.video, self.audio = Fanout("video", slow), Fanout("audio", slow)
        self.metrics, self._tracer, self.number, self.clock = metrics, tracer, lane, clock
        if tracer:
            tracer.name(lane, f"session {lane}")
        self.stats = Metered(metrics, tracer, lane, clock=clock)
        self._make = make
        self.came = self.left = self.held = 0
        self.rung, self.route, self.faces = Rung.FULL, "pass", 0
        self.seen: tuple[FollowedFace, ...] = ()  # faces of the last picture that left
        self.size = (0, 0)  # its width and height
        self.last_came = clock()
        self.delays: deque[float] = deque(maxlen=90)
        self.follow = Follow()
        self.sound_delay = 0.0
        self._cloner, self._index = Cloner(), 0
        self._loop = asyncio.get_running_loop()
        self._swap: FrameSwap | None = None
        self._ready = threading.Event()  # the swap is made
        self._lane: Lane[Frame, Shown] = Lane(
            "live", self._work, self._out, capacity=1, full=WhenFull.SHED, items=self._frames()
        )
        self._task = asyncio.create_task(self._lane.run())

    @property
    def shed(self) -> int:
        """Frames that made room for newer ones."""
        return self._lane.inbox.shed

    @property
    def waiting(self) -> int:
        return len(self._lane.inbox)

    @property
    def failed(self) -> BaseException | None:
        """What ended the work, if anything did."""
        return self._task.exception() if self._task.done() and not self._task.cancelled() else None

    def picture(self, image: av.VideoFrame) -> None:
        """A decoded frame has come."""
        self.came += 1
        self.last_came = self.clock()
        pts = image.pts if image.pts is not None else round(self.last_came / CLOCK)
        base = image.time_base or CLOCK
        frame = Frame(
            self._index,
            pts,
            Fraction(base.numerator, base.denominator),
            Planes.of(image, 0, self._cloner),
            self.last_came,
        )
        self._index += 1
        self.metrics.frames.labels("came").inc()
        if self._tracer:
            self._tracer.mark("came", self.number, frame=frame.index, pts=pts)
        try:
            shed = self._lane.put(frame)
        except Closed:
            return
        if shed is not None:
            self.metrics.drops.labels("newer").inc()
            if self._tracer:
                self._tracer.mark("shed", self.number, frame=shed.index)

    def sound(self, packet: Any) -> None:
        """A packet of sound has come: it leaves when its picture does."""
        now = self.clock()
        wait = self.follow.due(now) - now
        self.sound_delay = wait
        if wait > 0.001:
            self._loop.call_later(wait, self.audio.push, packet)
        else:
            self.audio.push(packet)

    def update(self, change: Change, label: Label | None = None) -> None:
        """Between two frames; from any thread but the loop's, as it may be slow. label: in the place of the one that is
        laid. Raises UnderstudyError, and then nothing has changed; so where the session's swap is not made in time."""
        if not self._ready.wait(MADE_WITHIN) or self._swap is None:
            raise UnderstudyError("this session has not begun yet; try again in a moment")
        self._swap.update(change, label)

    async def close(self) -> None:
        """Ends the work and every viewer's tracks; drops all that was kept."""
        self._lane.close()
        self.video.stop()
        self.audio.stop()
        await asyncio.wait({self._task}, timeout=5)
        self._task.cancel()
        if self._swap is not None:
            self._swap.close()

    def _frames(self) -> Iterator[Frame]:
        """On the lane's thread, as all work: making a swap takes long enough for other sessions to feel it."""
        self._swap = self._make(self.stats)
        self._ready.set()
        yield from self._lane.inbox

    def _work(self, frame: Frame) -> Shown:
        assert self._swap is not None
        self.stats.frame = frame.index
        return self._swap(frame)

    def _out(self, shown: Shown) -> None:
        """On the lane's thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._leave, shown)

    def _leave(self, shown: Shown) -> None:
        delay = self.clock() - shown.frame.born
        self.rung = shown.rung
        if shown.held or shown.picture is None:  # the viewer still has the last one
            self.held += 1
            if self._tracer:
                self._tracer.mark("held", self.number, frame=shown.frame.index)
            self.metrics.frames.labels("held").inc()
            return
        picture = shown.picture
        assert isinstance(picture, Planes)
        image = picture.to_av()
        image.pts, image.time_base = shown.frame.pts, shown.frame.time_base
        self.left += 1
        self.faces, self.seen, self.size = shown.faces, shown.seen, (picture.width, picture.height)
        self.route = str(shown.route)
        self.delays.append(delay)
        self.follow.picture(delay)
        self.metrics.frames.labels("left").inc()
        self.metrics.delay.observe(delay)
        if self._tracer:
            self._tracer.mark("left", self.number, frame=shown.frame.index)
        self.video.push(image)
