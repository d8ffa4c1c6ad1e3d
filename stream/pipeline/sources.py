"""Sources: photos of people made into what paints them. Knows photos and networks; nothing of frames or tracks."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from engines.errors import UnderstudyError
from engines.mesh.source import prepare_source
from engines.nets.embedder import IdentityNet
from engines.nets.opened import EMBEDDER, RunOptions, open_embedder
from engines.nets.person import embedding, read_person, source_of
from engines.nets.swapper import Swapper
from engines.store.store import Store
from engines.values import F32, U8
from stream.media.still import read_image
from stream.perception.face_finding import Perception, face_finding
from stream.pipeline.control import SourceSet
from stream.pipeline.networks import beside_swapper, swap_model, swapper_of
from stream.pipeline.spec import SwapSpec

# one person's photos, when they are wanted: a name for messages and uint8 (h, w, 3) RGB each
Photos = Callable[[], Sequence[tuple[str, U8]]]


def photos_of(paths: Sequence[Path]) -> Photos:
    """Raises, when they are wanted, InputError and SourceError."""
    return lambda: [(str(path), read_image(str(path))) for path in paths]


def mesh_sources(people: Sequence[Photos], models: Perception) -> SourceSet:
    """For the mesh swapper. Raises InputError, SourceError."""
    with face_finding(models) as (detector, landmarks):
        faces = tuple(prepare_source(list(photos()), detector, landmarks) for photos in people)
    return SourceSet(faces=faces, notes=tuple(note for face in faces for note in face.notes))


def network_sources(
    spec: SwapSpec, people: Sequence[Photos], models: Perception, store: Store, options: RunOptions
) -> SourceSet:
    """For the spec's swapping network. Raises ModelError, DeviceError, InputError, SourceError, UnderstudyError."""
    model = swap_model(spec, store)
    if model.task == "swap_dfm":
        if len(people) > 1:
            raise UnderstudyError(f"{model.name} is one person; give one --source, or none")
        return SourceSet(baked=True)
    swapper = swapper_of(spec, store, options)
    try:
        return _rows(swapper, people, models, store, beside_swapper(options))
    finally:
        swapper.net.close()


def _rows(
    swapper: Swapper, people: Sequence[Photos], models: Perception, store: Store, options: RunOptions
) -> SourceSet:
    model = swapper.net.model
    arcface = None if model.source == "image" else open_embedder(store, options)
    own = store.catalog.template(model.source_template) if model.source == "image" else None
    template = store.catalog.template(store.model(EMBEDDER).template)
    rows, notes = [], list[str]()
    with face_finding(models) as (detector, landmarks):
        try:
            for read in people:
                photos = read()
                person = read_person(photos, detector, landmarks)
                rows.append(source_of(person, swapper, own, arcface, template))
                notes += person.notes
                if own is not None and len(photos) > 1:
                    notes.append(f"{model.name} takes one picture of a person: {photos[0][0]} is used")
        finally:
            if arcface is not None:
                arcface.net.close()
    return SourceSet(rows=np.concatenate(rows), notes=tuple(notes))


def reference_embedding(photo: Path, models: Perception, embedder: IdentityNet, store: Store) -> F32:
    """float32 (k,) of the face in a reference photo. Raises InputError, SourceError."""
    template = store.catalog.template(embedder.net.model.template)
    with face_finding(models) as (detector, landmarks):
        return embedding(read_person(photos_of([photo])(), detector, landmarks), embedder, template)
