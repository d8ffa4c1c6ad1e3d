"""The identity embeddings of photos, where an embedder is present: for identity packages and for the deny list.

Knows which networks that takes and how they follow one another. Without the embedder's model there is no embedding,
and that is not an error here: whoever needs one says so. Photos in which no face is found are refused all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from calib.identity.bounds import bounds_of
from calib.identity.likeness import PersonEmbedding
from engines.backends.choose import open_engine
from engines.digest import sha256
from engines.nets.embedder import ARCFACE, DLIB, IdentityNet
from engines.nets.net import Net
from engines.nets.opened import identity_embedder
from engines.nets.person import PersonPhotos, read_person
from engines.protocol import Engine
from engines.store.catalog import Model, Template
from engines.store.store import Store, default_store
from stream.consent.photos import NamedPhoto
from stream.perception.face_finding import NAMES, Perception, face_finding, open_perception

EMBEDDER = ARCFACE
ROWS = 16  # faces of a call


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
            embedder = IdentityNet(net)
            raw = embedder.embed(person.crops(self.template, self.model.px))
        finally:
            net.close()
        return PersonEmbedding(embedder.metric.prepared(raw), self.digest, embedder.metric, bounds_of(self.model.name))


def open_finder(store: Store | None = None, device: str = "auto") -> FaceFinder | None:
    """None where the face networks were never pulled. Raises ModelError, DeviceError."""
    store = store or default_store()
    if not all(map(store.holds, NAMES)):
        return None
    return FaceFinder(open_perception(device, store=store))


def open_embedder(store: Store | None = None, device: str = "auto", digest: str = "") -> FaceEmbedder | None:
    """The embedder of this computer; None where it has none. digest: the sha256 of the one that is wanted, where it has
    two: what was made with one is compared by it. Raises ModelError where the face networks are missing beside the
    user's ArcFace, DeviceError."""
    store = store or default_store()
    name = identity_embedder(store)
    if name is None or (name == DLIB and not all(map(store.holds, NAMES))):
        return None
    held = (other for other in (ARCFACE, DLIB) if digest and store.holds(other))
    name = next((other for other in held if sha256(store.path(other)) == digest), name)
    model, path = store.model(name), store.path(name)
    finder, template = FaceFinder(open_perception(device, store=store)), store.catalog.templates[model.template]
    return FaceEmbedder(finder, model, open_engine(path, device, batch=ROWS), template, sha256(path))


def embed_photos(photos: Sequence[NamedPhoto], digest: str = "") -> PersonEmbedding | None:
    """The embeddings of one person's photos; None where no embedder is present. digest: as `open_embedder` has it.
    Raises SourceError where a photo shows no face and there are networks to tell that; ModelError, DeviceError."""
    embedder = open_embedder(digest=digest)
    if embedder is not None:
        return embedder.embed(photos)
    finder = open_finder()
    if finder is not None:
        finder.find(photos)
    return None
