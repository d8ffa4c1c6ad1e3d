"""Swap: pictures in, pictures with other faces out. One stream's; not to be shared between threads but for `update`.

Every picture that leaves carries the invisible mark, as the command line's outputs do.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from types import TracebackType
from typing import Self, overload

import av
import numpy as np
import numpy.typing as npt

from engines.values import U8, Box
from stream.frame import Done, Frame, Route
from stream.lanes.runtime import settle as settle_process
from stream.marks.layers import Marking
from stream.marks.live import live_mark
from stream.pipeline.choices import OnMiss, Routing
from stream.pipeline.control import Change
from stream.pipeline.models import Models
from stream.pipeline.pipeline import Pipeline
from stream.pipeline.spec import read_spec
from stream.pixels.planes import Planes
from understudy_video.people import Source, checked, settle, several

TICK = Fraction(1, 90_000)  # seconds: the clock of frames that are given as arrays
APART = 10.0  # seconds that a picture without a time lies before the one before it: a new shot for the pipeline


@dataclass(frozen=True, slots=True)
class SeenFace:
    """A face of the last picture. track: its number, the same as long as it is followed. box: pixels. source: the
    number of the person who was put in, None where it was left alone. painted: whether it was. route: how it was
    painted."""

    track: int
    box: Box
    source: int | None
    painted: bool
    route: Route


class Swap(AbstractContextManager["Swap"]):
    """See `understudy_video.open`. faces: of the last picture. notes: what is to be known, one sentence each."""

    def __init__(
        self, sources: Sequence[Source], consent: str | None, options: dict[str, object], marking: Marking
    ) -> None:
        settle_process()
        settled = settle(sources, consent)
        spec = read_spec({name: _plain(value) for name, value in options.items()}, tuple(() for _ in sources))
        self._models = Models(spec, lanes=1)
        try:
            people = self._models.sources(settled.people)
            self._pipeline = Pipeline(self._models, spec, people)
            self._mark = live_mark("the Python API", datetime.now(UTC), marking, label=None)
        except BaseException:
            self._models.close()
            raise
        self._spec, self._index, self._still = spec, 0, 0.0
        self._last: Planes | None = None
        self.consent, self.faces = settled.consent, tuple[SeenFace, ...]()

    @property
    def notes(self) -> tuple[str, ...]:
        return self._pipeline.notes

    @overload
    def __call__(self, picture: npt.NDArray[np.uint8], seconds: float | None = None) -> U8: ...
    @overload
    def __call__(self, picture: av.VideoFrame) -> av.VideoFrame: ...
    def __call__(
        self, picture: npt.NDArray[np.uint8] | av.VideoFrame, seconds: float | None = None
    ) -> U8 | av.VideoFrame:
        """picture: uint8 (height, width, 3) RGB, or an av.VideoFrame, whose format and times are kept. seconds: the
        array's time in its video, rising; None: a picture by itself. Raises SourceError for another array."""
        if isinstance(picture, av.VideoFrame):
            return self._frame(picture)
        rgb = checked(picture)
        if seconds is None:
            self._still -= APART
            seconds = self._still
        planes = Planes.of(av.VideoFrame.from_ndarray(rgb, format="rgb24"))
        shown = self._shown(Frame(self._index, round(seconds / TICK), TICK, planes, 0.0))
        return np.ascontiguousarray(shown.to_av().to_ndarray(format="rgb24"), np.uint8)

    def update(
        self,
        source: Source | Sequence[Source] | None = None,
        consent: str | None = None,
        who: str | None = None,
        strength: float | None = None,
        routing: Routing | None = None,
    ) -> None:
        """From the next picture on; may be called from another thread. source: as `open` takes it, with consent of its
        own. Raises UnderstudyError, and then nothing has changed."""
        people = None
        if source is not None:
            settled = settle(several(source), consent)
            people, self.consent = self._models.sources(settled.people), settled.consent
        self._pipeline.update(Change(people, who, None, None if routing is None else Routing(routing), strength))

    def close(self) -> None:
        """May be called more than once."""
        self._pipeline.close()
        self._models.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _frame(self, frame: av.VideoFrame) -> av.VideoFrame:
        base = frame.time_base or TICK
        base = Fraction(base.numerator, base.denominator)
        pts = frame.pts if frame.pts is not None else round(self._index / 25 / base)
        shown = self._shown(Frame(self._index, pts, base, Planes.of(frame), 0.0)).to_av()
        shown.pts, shown.time_base = frame.pts, frame.time_base
        return shown

    def _shown(self, frame: Frame) -> Planes:
        self._index += 1
        done = self._pipeline.process(frame)
        self.faces = _faces(done)
        picture = self._last if done.picture is None else done.picture
        assert isinstance(picture, Planes), "the first picture is never held back"
        if self._spec.on_miss is OnMiss.HOLD:
            self._last = picture
        marked = self._mark(picture)
        assert isinstance(marked, Planes)
        return marked


def _faces(done: Done) -> tuple[SeenFace, ...]:
    painted = {laid.track for laid in done.patches}
    return tuple(
        SeenFace(track.id, track.box, track.source, track.id in painted, route)
        for track, route in zip(done.plan.scene.tracks, done.plan.routes, strict=True)
    )


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
