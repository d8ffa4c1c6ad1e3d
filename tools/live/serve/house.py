"""House: the networks and faces of the live server, and the making of one session's swap. Knows no HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from functools import partial
from itertools import count

import av
import cv2
import numpy as np

from calib.thresholds import load as load_thresholds
from engines.backends.choose import open_engine
from engines.detector import Detector
from engines.errors import SourceError
from engines.landmarks import Landmarks
from engines.mesh.source import SourceFace, prepare_source
from engines.occlusion.eyewear import WEIGHTS as EYEWEAR
from engines.occlusion.eyewear import EyewearNet
from engines.occlusion.network import WEIGHTS
from engines.store.store import default_store
from engines.values import U8
from stream.frame import Frame, Route
from stream.live.guard import When
from stream.live.ladder import Rung
from stream.live.session import Swap
from stream.live.swap import Hook, LiveSwap, Shown
from stream.marks.keys import local_identity
from stream.marks.layers import Marking
from stream.marks.live import live_mark
from stream.media.still import read_image
from stream.painting.painter import Painter
from stream.painting.refinement import Refinement
from stream.perception.face_selection import parse_rules
from stream.perception.occlusion_tracker import OcclusionTracker
from stream.perception.perceiver import Perceiver, Perception
from stream.pixels.label import draw
from stream.pixels.planes import Planes
from stream.route import route
from stream.telemetry.metrics import Metered, Metrics
from tools.live.serve.settings import Settings
from tools.swap.cast import PRECISION
from tools.swap.ensemble import Face, for_live
from tools.swap.troupe import Sources

NETWORKS = ("face_detection_short_range", "face_landmark")
REHEARSED = 4  # frames of a rehearsal without, and with, something before the face


class House:
    """Engines are shared by all sessions; everything that remembers a face is made anew for each."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._marking = Marking(watermark=settings.mark, because=settings.because or "the command line said so")
        self._identity = local_identity()
        store = default_store()
        self._models = Perception(*(open_engine(store.path(name), settings.device) for name in NETWORKS))
        self._occlusion = open_engine(WEIGHTS, settings.device, PRECISION) if WEIGHTS.is_file() else None
        self._eyewear = open_engine(EYEWEAR, settings.device, PRECISION) if EYEWEAR.is_file() else None
        self._thresholds = load_thresholds()
        self._rehearsed = False
        self._ensemble = for_live(settings.nets, settings.device, store, self._models) if settings.nets.model else None
        self._streams = count()
        self.source: Face | None = None
        if self._ensemble:
            self._ensemble.warm()
        if self._ensemble and self._ensemble.alone:
            self.source = Sources(None)
        elif settings.sources:
            self.source = self.prepare([(path.name, read_image(str(path))) for path in settings.sources])

    def prepare(self, photos: list[tuple[str, U8]]) -> Face:
        """A source face from uint8 (h, w, 3) RGB photos. Raises SourceError."""
        face = self._ensemble.person(photos) if self._ensemble else self._mesh(photos)
        if not self._rehearsed:
            self._rehearsed = True
            self._rehearse(photos[0][1], face)
        return face

    def _mesh(self, photos: list[tuple[str, U8]]) -> SourceFace:
        detector, landmarks = Detector(self._models.detector), Landmarks(self._models.landmarks)
        try:
            return prepare_source(photos, detector, landmarks)
        finally:
            detector.close()
            landmarks.close()

    def close(self) -> None:
        """Ends the networks that sessions share; close it after the sessions."""
        if self._ensemble:
            self._ensemble.close()

    def swap(self, source: Face | None) -> Callable[[Metered], Swap]:
        """What makes a session's swap with this face; None: with the server's own."""
        face = source or self.source
        if face is None:
            raise SourceError("this server has no face of its own; upload one, or start it with --source")

        def make(stats: Metered) -> Swap:
            mark = live_mark("a live session", datetime.now(UTC), self._marking, self._settings.label, self._identity)
            return self._swap(face, stats, mark)

        return make

    def _swap(self, face: Face, stats: Metered, mark: Hook) -> Swap:
        watch = OcclusionTracker(self._occlusion, self._thresholds) if self._occlusion is not None else None
        perceiver = Perceiver(self._models, parse_rules(self._settings.who, (), 1), watch=watch)
        painter, leave = self._painter(face)
        when = When(self._settings.when)
        return Leaving(LiveSwap(perceiver, painter, route, stats, refine=Refinement(), mark=mark, when=when), leave)

    def _painter(self, face: Face) -> tuple[Painter, Callable[[], None]]:
        """A session's painter, and what to call when it ends. Raises ModelError."""
        if isinstance(face, SourceFace):
            eyewear = EyewearNet(self._eyewear) if self._eyewear is not None else None
            return Painter([face], defer=True, eyewear=eyewear), eyewear.close if eyewear else lambda: None
        ensemble, stream = self._ensemble, next(self._streams)
        assert ensemble is not None, "only an ensemble makes such faces"
        troupe = ensemble.troupe(face, stream)
        return Painter((), defer=True, together=troupe.together, own=troupe.own), partial(ensemble.leave, stream)

    def _rehearse(self, photo: U8, face: Face) -> None:
        """The photo as a camera's picture, with nothing before the face and then with something: what is slow the first
        time in a process (fonts, kernels, memory) is behind it before anybody watches."""
        swap = self._swap(face, Metered(Metrics()), lambda picture: picture)
        picture, label = fitted(photo), self._settings.label
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


@dataclass(frozen=True, slots=True)
class Leaving:
    """A session's swap that gives up its place in the shared networks when it ends."""

    swap: LiveSwap
    leave: Callable[[], None]

    def __call__(self, frame: Frame) -> Shown:
        return self.swap(frame)

    def close(self) -> None:
        self.leave()
        self.swap.close()


@dataclass(slots=True)
class Bare:
    """No swap: what the path costs without it."""

    stats: Metered

    def __call__(self, frame: Frame) -> Shown:
        return Shown(frame, frame.picture, False, Route.PASS, Rung.FULL)

    def close(self) -> None:
        pass
