"""One picture from its file to its files in the tree: what is in it, its light, every stage."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from engines.detector import Detector
from engines.errors import InputError
from engines.landmarks import Landmarks
from engines.values import U8
from stream.media.still import read_image
from stream.perception.face_finding import face_finding, open_perception
from tools.relight.depth import DepthNetwork
from tools.relight.lighting import draw, generator
from tools.relight.people import PersonMask, covers, meshes, open_method, scaled
from tools.relight.picture import RelightSubject, Relit, relight, subject, work_copy
from tools.relight.settings import NormalMethod, PersonMethod, RelightSettings
from tools.relight.tree import Item, Tree, fingerprint

VERSION = 1  # of the method: files that another one made are made again


class SampleOutcome(StrEnum):
    """What became of a picture; the value is for people."""

    MADE = "made"
    KEPT = "there already"
    NO_FACE = "without a face"
    NO_PERSON = "without a person"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SampleResult:
    """why: for people, where something is to be said."""

    source: Path
    outcome: SampleOutcome
    why: str = ""


@dataclass(frozen=True, slots=True)
class RelightJob:
    """What all pictures of a run share; goes to other processes. selfie: the file of that network, where it is the
    method."""

    root: Path
    settings: RelightSettings
    method: PersonMethod
    selfie: Path | None = None

    def made_of(self) -> str:
        return f"{VERSION} {self.method} {self.settings}"


@dataclass(frozen=True, slots=True)
class Studio:
    """The networks of one process."""

    detector: Detector
    landmarks: Landmarks
    person: PersonMask
    depth: DepthNetwork | None

    def subject(self, rgb: U8, settings: RelightSettings) -> RelightSubject | SampleOutcome:
        """What is known of a picture, uint8 (h, w, 3), before any light; or what it lacks."""
        whole = meshes(rgb, self.detector, self.landmarks)
        if not whole:
            return SampleOutcome.NO_FACE
        small = work_copy(rgb, settings.work.longest)
        found = [scaled(mesh, rgb.shape[1] / small.shape[1], rgb.shape[0] / small.shape[0]) for mesh in whole]
        mask = self.person(small, found)
        if mask.mean() < settings.segmentation.smallest or not covers(mask, found[0]):
            return SampleOutcome.NO_PERSON
        known = self.depth.normals(small, settings.normals.relief) if self.depth is not None else None
        return subject(rgb, small, mask, found, known)


@contextmanager
def open_studio(settings: RelightSettings, method: PersonMethod, selfie: Path | None) -> Iterator[Studio]:
    """Raises ModelError, DeviceError."""
    depth = None
    if settings.normals.method is NormalMethod.DEPTH:
        depth = DepthNetwork(Path(settings.normals.network), settings.normals.side)
    with face_finding(open_perception("cpu")) as (detector, landmarks):
        yield Studio(detector, landmarks, open_method(method, settings.segmentation, selfie), depth)


def make(job: RelightJob, source: Path, studio: Studio) -> SampleResult:
    """All files of one picture, unless they are there. Raises OutputError where nothing can be written any more."""
    tree, name = Tree(job.root), source.stem
    try:
        made_of = fingerprint(source.read_bytes(), job.made_of())
        if tree.done(name, made_of):
            return SampleResult(source, SampleOutcome.KEPT)
        rgb = read_image(str(source))
    except (InputError, OSError) as error:
        return SampleResult(source, SampleOutcome.FAILED, " ".join(str(error).split()))
    seen = studio.subject(rgb, job.settings)
    if isinstance(seen, SampleOutcome):
        return SampleResult(source, seen)
    lighting = draw(job.settings, generator(job.settings.seed, name))
    done = relight(seen, lighting, job.settings)
    # a run that was broken off here must not pass for done
    tree.path(Item.METADATA, name).unlink(missing_ok=True)
    if tree.path(Item.RAW, name).resolve() != source.resolve():
        tree.write_picture(Item.RAW, name, rgb)
    _write(tree, name, seen, done)
    tree.write_json(Item.PARAMS, name, lighting.to_json())
    tree.write_json(Item.METADATA, name, _metadata(job, source, seen, done, lighting.to_json(), made_of))
    return SampleResult(source, SampleOutcome.MADE)


def _write(tree: Tree, name: str, seen: RelightSubject, done: Relit) -> None:
    for items, pixels in _pictures(seen, done):
        for item in items:
            tree.write_picture(item, name, pixels)


def _pictures(seen: RelightSubject, done: Relit) -> Iterator[tuple[tuple[Item, ...], U8]]:
    """What is written where, one at a time, as each takes as much memory as the picture. The foreground's alpha is what
    all is put together by; the mask is 255 where that is over a half."""
    rgb, alpha = seen.rgb, seen.alpha
    nothing = np.uint8(0)
    yield (Item.FOREGROUND, Item.OUTPUT_FOREGROUND), np.dstack([np.where(alpha[..., None] > 0, rgb, nothing), alpha])
    yield (Item.BACKGROUND,), np.dstack([np.where(alpha[..., None] < 255, rgb, nothing), 255 - alpha])
    yield (Item.MASK,), np.where(alpha > 127, np.uint8(255), nothing)
    yield (Item.ALBEDO, Item.OUTPUT_ALBEDO), np.dstack([done.albedo, alpha])
    yield (Item.DEGRADED,), np.dstack([done.degraded, alpha])
    yield (Item.COMPOSITE, Item.OUTPUT), done.composite
    yield (Item.INPUT,), rgb


def _metadata(
    job: RelightJob, source: Path, seen: RelightSubject, done: Relit, light: dict[str, object], made_of: str
) -> dict[str, object]:
    height, width = seen.alpha.shape
    settings = job.settings
    return {
        "name": source.stem,
        "source": source.name,
        "width": width,
        "height": height,
        "seed": settings.seed,
        "segmentation": {"method": job.method.value, "person_share": round(seen.coverage, 4)},
        "albedo": {
            "method": done.method.value,
            "scales": list(settings.albedo.scales),
            "reference": settings.albedo.reference,
            "original_share": light["original_share"],
        },
        "normals": settings.normals.method.value,
        "lighting": light,
        "background": settings.recombination.background.value,
        "files": {item.name.lower(): Tree(Path()).path(item, source.stem).as_posix() for item in Item},
        "made_of": made_of,
    }
