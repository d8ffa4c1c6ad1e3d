"""LiveSwaps: makes the swap of each live session. Networks are shared by all sessions; what remembers a face or signs a
picture is each session's own. Knows no HTTP.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction

import av
import cv2
import numpy as np

from engines.errors import SourceError
from engines.values import U8
from engines.watermark.payload import Payload
from stream.frame import Frame
from stream.live.swap import LiveSwap
from stream.marks.keys import local_identity
from stream.marks.layers import Marking
from stream.marks.live import live_mark
from stream.pipeline.control import SourceSet
from stream.pipeline.models import Models, Timing
from stream.pipeline.pipeline import Pipeline
from stream.pipeline.sources import photos_of
from stream.pipeline.spec import SwapSpec
from stream.pixels.label import Label, draw
from stream.pixels.planes import Planes
from stream.telemetry.metrics import Metered, Metrics

USUAL = Label("Face replaced by Understudy")
REHEARSED = 4  # frames of a rehearsal without, and with, something before the face


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """What a live swap has besides its spec. marking: the machine-readable marks; label: burnt into every picture, None
    for none."""

    marking: Marking = field(default_factory=Marking)
    label: Label | None = USUAL


class LiveSwaps:
    """models: opened by the caller for several of them (`Timing.LIVE`), who then closes them; None: opened and closed
    here. default: the people of sessions that bring none, those of the spec's photos; None where it names none. Slow to
    make. Raises ModelError, DeviceError, InputError, SourceError, UnderstudyError."""

    def __init__(self, spec: SwapSpec, options: LiveOptions | None = None, models: Models | None = None) -> None:
        self._spec = spec.for_live()
        self._options = options or LiveOptions()
        self._models, self._owned = models or Models(spec, Timing.LIVE), models is None
        self._identity = local_identity()
        self._rehearsed = False
        self.default: SourceSet | None = None
        try:
            if spec.model:  # a mistake is told now, and nobody waits for the networks later
                for painting in self._models.paintings():
                    painting.close()
            if self._models.baked:
                self.default = self._models.sources([])
            elif spec.source:
                self.default = self._prepared(self._models.sources_of(spec), photos_of(spec.source[0][:1])()[0][1])
        except BaseException:
            self.close()
            raise

    def prepare(self, photos: Sequence[tuple[str, U8]]) -> SourceSet:
        """One person of uint8 (h, w, 3) RGB photos, each with a name for messages. Raises SourceError, ModelError."""
        if self._models.baked:
            raise SourceError(f"{self._spec.model} is one person, and takes no photo of another")
        return self._prepared(self._models.sources([lambda: photos]), photos[0][1])

    def make(
        self,
        sources: SourceSet | None,
        payload: Payload | None = None,
        opened: Callable[[Pipeline], object] = lambda _: None,
    ) -> Callable[[Metered], LiveSwap]:
        """What makes a session's swap with these people; None: with the default ones. payload: what the session's
        invisible mark says; a new one for each session if None. opened: gets each session's pipeline. Raises
        SourceError."""
        people = self.default if sources is None else sources
        if people is None:
            raise SourceError("this server has no face of its own; upload one, or start it with --source")

        def make(stats: Metered) -> LiveSwap:
            o = self._options
            mark = live_mark("a live session", datetime.now(UTC), o.marking, o.label, self._identity, payload)
            pipeline = Pipeline(self._models, self._spec, people)
            opened(pipeline)
            relabel = mark.relabel if o.label is not None else None
            return LiveSwap(pipeline, stats, mark=mark, relabel=relabel)

        return make

    def close(self) -> None:
        """Close it after its sessions."""
        if self._owned:
            self._models.close()

    def _prepared(self, sources: SourceSet, photo: U8) -> SourceSet:
        if not self._rehearsed:
            self._rehearsed = True
            self._rehearse(photo, sources)
        return sources

    def _rehearse(self, photo: U8, sources: SourceSet) -> None:
        """The photo as a camera's picture, with nothing before the face and then with something: what is slow the first
        time in a process (fonts, kernels, memory) is behind it before anybody watches."""
        swap = LiveSwap(Pipeline(self._models, self._spec, sources), Metered(Metrics()))
        picture, label = fitted(photo), self._options.label
        for index in range(2 * REHEARSED):
            if index == REHEARSED:
                picture = picture.copy()
                picture[picture.shape[0] // 2 :] = 60
            image = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
            swap(Frame(index, 3000 * index, Fraction(1, 90_000), Planes.of(image), 0.0))
        swap.close()
        if label is not None:
            draw(label, picture.shape[1], picture.shape[0])


def fitted(photo: U8) -> U8:
    """The photo, uint8 (h, w, 3), at most 640 pixels a side and even."""
    scale = min(1.0, 640 / max(photo.shape[:2]))
    width, height = (max(2, round(side * scale) // 2 * 2) for side in (photo.shape[1], photo.shape[0]))
    return np.asarray(cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
