"""The identity embeddings of photos, where an embedder is present: for identity packages and for the deny list.

Knows which networks that takes and how they follow one another. Without the embedder's model there is no embedding,
and that is not an error here: whoever needs one says so. Photos in which no face is found are refused all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calib.denylist import unit
from calib.likeness import PersonEmbedding
from engines.backends.choose import open_engine
from engines.digest import sha256
from engines.nets.arcface import Arcface
from engines.nets.net import Net
from engines.nets.person import PersonPhotos, read_person
from engines.protocol import Engine
from engines.store.catalog import Model, Template
from engines.store.store import Store, default_store
from stream.consent.photos import NamedPhoto
from stream.perception.face_finding import NAMES, Perception, face_finding, open_perception

EMBEDDER = "arcface_w600k_r50"


@dataclass(frozen=True, slots=True)
class FaceFinder:
    """Finds the face of each photo, as a swap's source is found. Any thread may call it, several at once."""

    networks: Perception

    def find(self, photos: Sequence[NamedPhoto]) -> PersonPhotos:
        """Raises SourceError where a photo shows no face."""
        with face_finding(self.networks) as (detector, landmarks):
            return read_person(photos, detector, landmarks)


@dataclass(frozen=True, slots=True)
class FaceEmbedder:
    """Photos to embeddings. Any thread may call it, several at once. template: how faces are aligned for the model.
    digest: sha256 of the model's file."""

    finder: FaceFinder
    model: Model
    engine: Engine
    template: Template
    digest: str

    def embed(self, photos: Sequence[NamedPhoto]) -> PersonEmbedding:
        """The largest face of each photo. Raises SourceError where a photo shows no face."""
        person = self.finder.find(photos)
        net = Net(self.model, self.engine)
        try:
            raw = Arcface(net).embed(person.crops(self.template, self.model.px))
        finally:
            net.close()
        return PersonEmbedding(np.stack([unit(one) for one in raw]), self.digest)


def open_finder(store: Store | None = None, device: str = "auto") -> FaceFinder | None:
    """None where the face networks were never pulled. Raises ModelError, DeviceError."""
    store = store or default_store()
    if not all(map(store.holds, NAMES)):
        return None
    return FaceFinder(open_perception(device, store=store))


def open_embedder(store: Store | None = None, device: str = "auto") -> FaceEmbedder | None:
    """None where the embedder's model was never pulled. Raises ModelError where the face networks are missing beside
    it, DeviceError."""
    store = store or default_store()
    if not store.holds(EMBEDDER):
        return None
    model, path = store.model(EMBEDDER), store.path(EMBEDDER)
    finder, template = FaceFinder(open_perception(device, store=store)), store.catalog.templates[model.template]
    return FaceEmbedder(finder, model, open_engine(path, device), template, sha256(path))


def embed_photos(photos: Sequence[NamedPhoto]) -> PersonEmbedding | None:
    """The embeddings of one person's photos; None where no embedder is present. Raises SourceError where a photo shows
    no face and there are networks to tell that; ModelError, DeviceError."""
    embedder = open_embedder()
    if embedder is not None:
        return embedder.embed(photos)
    finder = open_finder()
    if finder is not None:
        finder.find(photos)
    return None
