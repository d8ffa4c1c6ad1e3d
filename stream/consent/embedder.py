"""The identity embedding of photos, where an embedder is present: for packages and for the deny list.

Knows which networks that takes and how they follow one another. Without the embedder's model there is no embedding,
and that is not an error here: whoever needs one says so.
"""

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from calib.denylist import unit
from engines.align import crop, five_points, to_template
from engines.backends.choose import open_engine
from engines.detector import Detector
from engines.landmarks import Landmarks
from engines.mesh.source import find, measure
from engines.nets.arcface import Arcface
from engines.nets.net import Net
from engines.store.store import Store, default_store
from engines.values import F32
from stream.media.still import read_image

EMBEDDER = "arcface_w600k_r50"


def embed_photos(photos: Sequence[Path], store: Store | None = None, device: str = "auto") -> tuple[F32, str] | None:
    """The mean direction of one person's photos, float32 (512,) of length 1, and the embedder's sha256; None where the
    embedder's model was never pulled. Raises SourceError where a photo shows no face, ModelError, DeviceError."""
    store = store or default_store()
    if not store.holds(EMBEDDER):
        return None
    model = store.model(EMBEDDER)
    template = store.catalog.templates[model.template]
    with store.path(EMBEDDER).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    with ExitStack() as stack:
        detector = Detector(open_engine(store.path("face_detection_short_range"), device))
        stack.callback(detector.close)
        landmarks = Landmarks(open_engine(store.path("face_landmark"), device))
        stack.callback(landmarks.close)
        net = Net(model, open_engine(store.path(EMBEDDER), device))
        stack.callback(net.close)
        crops = []
        for photo in photos:
            image = read_image(str(photo))
            detection, _ = find(image, detector, photo.name)
            mesh, _ = measure(image, landmarks, detection)
            crops.append(crop(image, to_template(five_points(mesh), template, 112), 112))
        each = Arcface(net).embed(np.stack(crops))
    return unit(np.mean([unit(one) for one in each], axis=0).astype(np.float32)), digest
