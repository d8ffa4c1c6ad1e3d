"""A person as swapping networks want one: the faces of their photos, aligned, and one embedding of them all.

Knows photos and templates. Nothing of the mesh swapper's texture, which is `engines/mesh/source.py`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engines.align import crop, template_points, to_template
from engines.detector import Detector
from engines.landmarks import Landmarks
from engines.mesh.source import locate
from engines.nets.embedder import IdentityNet
from engines.nets.swapper import Swapper
from engines.store.catalog import Template
from engines.values import F32, U8, Region


@dataclass(frozen=True, slots=True)
class PersonPhotos:
    """photos: uint8 (h, w, 3) RGB. meshes: float32 (468, 3), pixels of each photo. notes: what a user may want to
    know."""

    photos: tuple[U8, ...]
    meshes: tuple[F32, ...]
    notes: tuple[str, ...] = ()

    def crops(self, template: Template, side: int) -> U8:
        """uint8 (photos, side, side, 3) RGB."""
        points = [template_points(mesh, template) for mesh in self.meshes]
        return np.stack(
            [crop(p, to_template(q, template, side), side) for p, q in zip(self.photos, points, strict=True)]
        )


def read_person(photos: Sequence[tuple[str, U8]], detector: Detector, landmarks: Landmarks) -> PersonPhotos:
    """The largest face of each photo, named for messages. Raises SourceError."""
    found = [locate(name, image, detector, landmarks) for name, image in photos]
    return PersonPhotos(
        tuple(image for _, image in photos),
        tuple(mesh for mesh, _ in found),
        tuple(note for _, notes in found for note in notes),
    )


def embedding(person: PersonPhotos, embedder: IdentityNet, template: Template) -> F32:
    """float32 (k,), of any length: the mean over the photos, of embeddings as the network gives them."""
    raw = embedder.embed(person.crops(template, embedder.net.model.px))
    return np.asarray(raw.mean(axis=0), np.float32)


def face_embedding(view: Region, mesh: F32, embedder: IdentityNet, template: Template) -> F32:
    """float32 (k,) of one face. mesh: float32 (468, 3), picture pixels."""
    local = mesh - np.array([view.x, view.y, 0], np.float32)
    return embedding(PersonPhotos((view.rgb,), (np.asarray(local, np.float32),)), embedder, template)


def source_of(
    person: PersonPhotos, swapper: Swapper, own: Template | None, arcface: IdentityNet | None, template: Template
) -> F32:
    """A swapper's source, (1, ...).

    own: the template of a swapper that takes a picture, the first photo's then. arcface, template: of the embedding,
    for all others.
    """
    model = swapper.net.model
    if model.source == "image" and own is not None:
        return swapper.source_picture(person.crops(own, model.source_px)[0])
    if arcface is None:
        raise ValueError(f"{model.name} takes an embedding")
    return swapper.source(embedding(person, arcface, template))
