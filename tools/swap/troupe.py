"""Troupe: the swapping networks of a job out of the store, ready to paint all faces of a frame. Knows names and photos.

Order of a chain: swap, sharpen, mask.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engines.detector import Detector
from engines.errors import ModelError, UnderstudyError
from engines.landmarks import Landmarks
from engines.nets.detectors.finder import NetDetector
from engines.nets.masked import Masked
from engines.nets.opened import (
    EMBEDDER,
    RunOptions,
    open_dfm,
    open_embedder,
    open_enhancer,
    open_finder,
    open_swapper,
    open_visible,
)
from engines.nets.pasted import Pasted, Together, by_dfm, by_swapper
from engines.nets.person import embedding, face_embedding, read_person, source_of
from engines.nets.sharpened import Sharpened
from engines.nets.swapper import Swapper
from engines.store.store import Store
from engines.values import F32, U8
from stream.media.still import read_image
from stream.perception.face_selection import Rule
from stream.perception.perceiver import Perception
from stream.perception.reference import ReferenceMatcher
from tools.swap.chosen import Chosen

ROWS = 16  # of one call, unless a single face has more tiles
SIDE_ROWS = 4  # of the networks beside the swapper, whose pictures are large
BOOST = 8  # times the network's side, at most


# one person's photos, when they are wanted: a name for messages and uint8 (h, w, 3) RGB each
Photos = Callable[[], Sequence[tuple[str, U8]]]


@dataclass(frozen=True, slots=True)
class Sources:
    """People as a swapper wants them. rows: float32 (people, ...); None for a DFM, which is its own person. notes: one
    sentence each."""

    rows: F32 | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Troupe:
    """together: paints the faces of a frame. files: of all networks, by name. own: the swapper brings its own masks."""

    together: Together
    files: Mapping[str, Path]
    own: bool = False


def open_sources(
    chosen: Chosen, people: Sequence[Photos], models: Perception, store: Store, wanted: RunOptions
) -> Sources:
    """people: the photos of each, in the order of the sources. Raises ModelError, DeviceError, SourceError."""
    model = store.model(chosen.model)
    if model.task == "swap_dfm":
        if len(people) > 1:
            raise UnderstudyError(f"{model.name} is one person; give one --source, or none")
        return Sources(None)
    swapper = _swapper(chosen, store, wanted)
    try:
        return Sources(*read_sources(swapper, people, models, store, _beside(wanted)))
    finally:
        swapper.net.close()


def open_troupe(chosen: Chosen, sources: Sources, store: Store, wanted: RunOptions) -> Troupe:
    """sources: as `open_sources` gave them. Raises ModelError, DeviceError."""
    model = store.model(chosen.model)
    side, beside = chosen.boost or model.px, _beside(wanted)
    files = {model.name: store.path(model.name)}
    if sources.rows is None:
        if chosen.boost:
            raise UnderstudyError(f"--pixel-boost: {model.name} is a DFM, which has its own size")
        dfm = open_dfm(store, model.name, wanted)
        swap, side = by_dfm(dfm, chosen.morph), dfm.side
    else:
        swap = by_swapper(_swapper(chosen, store, wanted), sources.rows)
        helpers = (model.converter, "" if model.source == "image" else EMBEDDER)
        files |= {name: store.path(name) for name in helpers if name}
    together: Together = Pasted(swap, store.catalog.template(model.template), side)
    if chosen.enhancer:
        enhancer = open_enhancer(store, chosen.enhancer, beside)
        template = store.catalog.template(enhancer.net.model.template)
        together = Sharpened(together, enhancer, template, chosen.strength)
        files[chosen.enhancer] = store.path(chosen.enhancer)
    for name in chosen.masks:
        visible, entry = open_visible(store, name, beside)
        together = Masked(together, visible, store.catalog.template(entry.template), entry.px)
        files[name] = store.path(name)
    return Troupe(together, files, own=model.task == "swap_dfm" or len(model.outputs) > 1)


def _swapper(chosen: Chosen, store: Store, wanted: RunOptions) -> Swapper:
    model = store.model(chosen.model)
    tiles = check_boost(model.name, model.px, chosen.boost or model.px) if model.task == "swap" else 1
    return open_swapper(store, model.name, replace(wanted, batch=max(ROWS, tiles)))


def _beside(wanted: RunOptions) -> RunOptions:
    return replace(wanted, precision="auto", batch=SIDE_ROWS)


def check_boost(name: str, own: int, side: int) -> int:
    """Tiles of a face. Raises UnderstudyError where `side` is no multiple of the network's own."""
    if side % own or not own <= side <= BOOST * own:
        fits = ", ".join(str(own * k) for k in (1, 2, 4, BOOST))
        raise UnderstudyError(f"--pixel-boost {side}: {name} has {own} pixels; take {fits}")
    return (side // own) ** 2


def read_sources(
    swapper: Swapper, people: Sequence[Photos], models: Perception, store: Store, wanted: RunOptions
) -> tuple[F32, tuple[str, ...]]:
    """The sources of all people as rows, and what is to be said of their photos. Raises SourceError, ModelError."""
    model = swapper.net.model
    arcface = None if model.source == "image" else open_embedder(store, wanted)
    own = store.catalog.template(model.source_template) if model.source == "image" else None
    template = store.catalog.template(store.model(EMBEDDER).template)
    detector, landmarks = Detector(models.detector), Landmarks(models.landmarks)
    rows, notes = [], list[str]()
    try:
        for read in people:
            photos = read()
            person = read_person(photos, detector, landmarks)
            rows.append(source_of(person, swapper, own, arcface, template))
            notes += person.notes
            if own is not None and len(photos) > 1:
                notes.append(f"{model.name} takes one picture of a person: {photos[0][0]} is used")
    finally:
        detector.close()
        landmarks.close()
        if arcface is not None:
            arcface.net.close()
    return np.concatenate(rows), tuple(notes)


def read_photos(photos: Sequence[Path]) -> list[tuple[str, U8]]:
    """Raises InputError, SourceError."""
    return [(str(path), read_image(str(path))) for path in photos]


def open_eyes(chosen: Chosen, device: str, store: Store) -> tuple[NetDetector | None, Mapping[str, Path]]:
    """The detector that was chosen, None for the embedded one; and its file. Raises ModelError, DeviceError."""
    if not chosen.detector:
        return None, {}
    wanted = RunOptions(device, threads=os.cpu_count() or 1, strict=chosen.strict)
    return open_finder(store, chosen.detector, wanted), {chosen.detector: store.path(chosen.detector)}


def open_likeness(
    rules: Sequence[Rule], models: Perception, store: Store, device: str, strict: bool
) -> ReferenceMatcher | None:
    """What tells the people of `reference:PHOTO`; None where no rule names one. Raises ModelError, SourceError."""
    photos = {i: Path(rule.who.photo) for i, rule in enumerate(rules) if rule.who.kind == "reference"}
    if not photos:
        return None
    missing = next((path for path in photos.values() if not path.is_file()), None)
    if missing:
        raise UnderstudyError(f"reference:{missing}: there is no such photo; check the name")
    try:
        arcface = open_embedder(store, RunOptions(device, threads=os.cpu_count() or 1, batch=1, strict=strict))
    except ModelError as error:
        raise ModelError(f"reference:PHOTO compares faces with {EMBEDDER}: {error}") from error
    template = store.catalog.template(arcface.net.model.template)
    detector, landmarks = Detector(models.detector), Landmarks(models.landmarks)
    try:
        references = {
            i: embedding(read_person(read_photos([path]), detector, landmarks), arcface, template)
            for i, path in photos.items()
        }
    finally:
        detector.close()
        landmarks.close()
    return ReferenceMatcher(lambda view, mesh: face_embedding(view, mesh, arcface, template), references)
