"""The people that crops are made of: portraits from a folder of photos and clips, kept as plain arrays, split by
person into the sets of `purposes`.

Only material that may be used for weights that ship: see PHOTOS and CLIPS, and the training cards for its credit.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from engines.detector import Detector
from engines.errors import InputError
from engines.landmarks import Landmarks, roi_from_eyes, roi_from_mesh
from engines.values import F32, U8
from tools.synth.crops import CropPeople
from tools.synth.faces import Portrait, portrait
from tools.synth.hands import load, split
from tools.synth.purposes import Purpose, of_people

# folder under photos/: whose photo a file is, by its name
PHOTOS: dict[str, Callable[[str], str]] = {
    "london_neutral": lambda stem: "london_" + stem.split("_")[0],
    "london_smiling": lambda stem: "london_" + stem.split("_")[0],
    "canada": lambda stem: "canada_" + stem,
    "composite": lambda stem: "composite_" + stem,
}
# clips whose face stays clear of the hands, and who is in them; the other signing clips are kept for looking at
CLIPS = {"again": "man", "student": "man", "yes": "man", "no": "man", "school": "woman", "walk": "woman"}
EVERY = 4  # frames between two portraits from a clip
MORPHS = 0.5  # share of training crops whose person is made of two


@dataclass(frozen=True, slots=True)
class MeshFinder:
    """The networks that find a mesh."""

    detector: Detector
    landmarks: Landmarks

    def mesh(self, image: U8) -> F32 | None:
        """The mesh of the surest face in an image, uint8 (h, w, 3) RGB; None where there is none."""
        found = self.detector.whole(image)
        if not found:
            return None
        best = max(found, key=lambda d: d.score)
        box = (best.box.x0, best.box.y0, best.box.x1, best.box.y1)
        points, _ = self.landmarks.run(image, roi_from_eyes(box, best.points[0], best.points[1]))
        points, score = self.landmarks.run(image, roi_from_mesh(points))
        return points if score > 0.5 else None


def meshed(folder: Path, finder: MeshFinder) -> Iterator[tuple[U8, F32, str]]:
    """Every picture of a face that the evaluation data's folder gives, uint8 (h, w, 3) RGB, its mesh, and whose it
    is."""
    for name, person in PHOTOS.items():
        for path in sorted((folder / "photos" / name).glob("*.jpg")):
            bgr = cv2.imread(str(path))
            if bgr is None:
                continue
            image = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
            mesh = finder.mesh(image)
            if mesh is not None:
                yield image, mesh, person(path.stem)
    for name, who in CLIPS.items():
        film = folder / "clips" / f"asl_gestures_{name}.mkv"
        if film.is_file():
            yield from ((*found, "signer_" + who) for found in _frames(film, finder))


def _frames(film: Path, finder: MeshFinder) -> Iterator[tuple[U8, F32]]:
    import av

    with av.open(str(film)) as clip:
        for i, frame in enumerate(clip.decode(video=0)):
            if i % EVERY:
                continue
            # people stand in the middle: the detector sees a small face only in a part of the picture
            image = np.ascontiguousarray(frame.to_ndarray(format="rgb24")[20:320, 150:450], np.uint8)
            mesh = finder.mesh(image)
            if mesh is not None:
                yield image, mesh


def build(folder: Path, finder: MeshFinder) -> list[Portrait]:
    """The portraits of a folder. Errors: InputError where it gives none."""
    found = [portrait(*one) for one in meshed(folder, finder)]
    if not found:
        raise InputError(f"{folder} holds no photos of faces under photos/{{{', '.join(PHOTOS)}}}")
    return found


def save(bank: list[Portrait], path: Path) -> None:
    """Portraits in one file of plain arrays."""
    np.savez(
        path, image=np.stack([p.image for p in bank]), back=np.stack([p.back for p in bank]),
        mesh=np.stack([p.mesh for p in bank]), person=np.array([p.person for p in bank]),
    )  # fmt: skip


def read(path: Path) -> list[Portrait]:
    """What `save` wrote."""
    with np.load(path) as held:
        arrays = [held[n] for n in ("image", "back", "mesh", "person")]
    return [Portrait(i, b, m, str(p)) for i, b, m, p in zip(*arrays, strict=True)]


def casts(bank: list[Portrait], hands: Path) -> dict[Purpose, CropPeople]:
    """Who appears in which crops, with neither people nor hands in common, see `of_people` and `hands.split`. Only
    training makes people of two. Raises InputError where there are too few."""
    purposes = of_people(p.person for p in bank)
    pictures = load(hands)
    if not pictures:
        raise InputError(f"{hands} holds no cut-out hands (PNG with alpha)")
    mine = split(pictures)
    people: dict[Purpose, dict[str, tuple[Portrait, ...]]] = {purpose: {} for purpose in Purpose}
    for p in bank:
        group = people[purposes[p.person]]
        group[p.person] = (*group.get(p.person, ()), p)
    morphs = dict.fromkeys(Purpose, 0.0) | {Purpose.TRAINING: MORPHS}
    return {purpose: CropPeople(people[purpose], mine[purpose], morphs[purpose]) for purpose in Purpose}
