"""House: the networks and faces of the live server, and the making of one session's swap. Knows no HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from engines.backends.choose import open_engine
from engines.detector import Detector
from engines.errors import SourceError
from engines.landmarks import Landmarks
from engines.mesh.source import SourceFace, prepare_source
from engines.store import default_store
from engines.values import U8
from stream.frame import Frame, Route
from stream.live.guard import When
from stream.live.ladder import Rung
from stream.live.session import Swap
from stream.live.swap import LiveSwap, Shown
from stream.metrics import Metered
from stream.paint import Painter
from stream.perceive import Perceiver, Perception
from stream.refine import Refinement
from stream.route import route
from stream.still import read_image
from stream.who import parse_rules
from tools.cast import open_watch
from tools.serve.settings import Settings
from tools.trust.keys import local_identity
from tools.trust.layers import Marking
from tools.trust.live import live_mark

NETWORKS = ("face_detection_short_range", "face_landmark")


class House:
    """Engines are shared by all sessions; everything that remembers a face is made anew for each."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._marking = Marking(watermark=settings.mark, because=settings.because or "the command line said so")
        self._identity = local_identity()
        store = default_store()
        self._models = Perception(*(open_engine(store.path(name), settings.device) for name in NETWORKS))
        self.source: SourceFace | None = None
        if settings.sources:
            self.source = self.prepare([(path.name, read_image(str(path))) for path in settings.sources])

    def prepare(self, photos: list[tuple[str, U8]]) -> SourceFace:
        """A source face from uint8 (h, w, 3) RGB photos. Raises SourceError."""
        detector, landmarks = Detector(self._models.detector), Landmarks(self._models.landmarks)
        try:
            return prepare_source(photos, detector, landmarks)
        finally:
            detector.close()
            landmarks.close()

    def swap(self, source: SourceFace | None) -> Callable[[Metered], Swap]:
        """What makes a session's swap with this face; None: with the server's own."""
        face = source or self.source
        if face is None:
            raise SourceError("this server has no face of its own; upload one, or start it with --source")

        def make(stats: Metered) -> Swap:
            perceiver = Perceiver(self._models, parse_rules(self._settings.who, (), 1), watch=open_watch("auto"))
            mark = live_mark("a live session", datetime.now(UTC), self._marking, self._settings.label, self._identity)
            painter, when = Painter([face], defer=True), When(self._settings.when)
            return LiveSwap(perceiver, painter, route, stats, refine=Refinement(), mark=mark, when=when)

        return make


@dataclass(slots=True)
class Bare:
    """No swap: what the path costs without it."""

    stats: Metered

    def __call__(self, frame: Frame) -> Shown:
        return Shown(frame, frame.picture, False, Route.PASS, Rung.FULL)

    def close(self) -> None:
        pass
