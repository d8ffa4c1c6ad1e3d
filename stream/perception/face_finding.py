"""The one opener of the embedded detector and landmark network, for streams and for single pictures."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from engines.backends.choose import open_engine
from engines.detector import Detector
from engines.landmarks import Landmarks
from engines.protocol import Engine
from engines.store.store import Store, default_store

NAMES = ("face_detection_short_range", "face_landmark")  # the catalogue's, in the order of Perception


@dataclass(frozen=True, slots=True)
class Perception:
    """The networks of perception."""

    detector: Engine
    landmarks: Engine


def perception_files(store: Store | None = None) -> dict[str, Path]:
    """Where they lie, by name. Raises ModelError."""
    store = store or default_store()
    return {name: store.path(name) for name in NAMES}


def open_perception(device: str = "auto", strict: bool = False, store: Store | None = None) -> Perception:
    """strict: an unusable device is an error. Raises ModelError, DeviceError."""
    return Perception(*(open_engine(path, device, strict=strict) for path in perception_files(store).values()))


@contextmanager
def face_finding(networks: Perception) -> Iterator[tuple[Detector, Landmarks]]:
    """A detector and a landmark network of one's own, on one thread, for as long as pictures are looked at."""
    with ExitStack() as opened:
        detector = Detector(networks.detector)
        opened.callback(detector.close)
        landmarks = Landmarks(networks.landmarks)
        opened.callback(landmarks.close)
        yield detector, landmarks
