"""A clip in which it is known, frame by frame, what lies before the face: nothing, something opaque, or something
transparent, laid as layers over a clip whose face is clear.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from engines.errors import InputError
from engines.occlusion.clean_plate import drawn
from engines.occlusion.network import CLASSES, NONE, OPAQUE, TRANSPARENT
from engines.values import F32, U8, Rect
from stream.media.source import open_source
from tools.synth import clear, smoke, things
from tools.synth.crops import UNSURE, VISIBLE, differing, label
from tools.synth.layers import LayerKind
from tools.synth.sequences import Passing

SHARES = {OPAQUE: 0.15, TRANSPARENT: 0.05}  # of all frames; the rest is clear
SPELL = 20  # frames that something stays, about
ARRIVING = 3  # frames that it takes to come, and to go
SOLID = ("object", "microphone", "cup", "phone", "fingers")
SEEN_THROUGH = ("veil", "glass", "liquid")
ALL = round(max(len(SOLID) / SHARES[OPAQUE], len(SEEN_THROUGH) / SHARES[TRANSPARENT]) * SPELL)
"""Frames of a clip in which each thing has its turn; a shorter one says nothing of some."""
PLAIN = 0.15  # share of the face that a thing has to alter visibly, so that nobody would overlook it
TRIES = 60  # draws of a thing until one is seen before this face


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of a clip, frame by frame. kinds: the class, as of `laid`. things: what is before the face, one of
    SOLID or SEEN_THROUGH, empty where nothing is."""

    kinds: tuple[int, ...]
    things: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OccluderSpan:
    """Frames `first` to `first + length` in which something of class `kind` is before the face."""

    kind: int
    first: int
    length: int

    def there(self, frame: int) -> float:
        """How far it has come, 0 to 1."""
        i = frame - self.first
        return float(np.clip(min(i + 1, self.length - i) / ARRIVING, 0, 1))


def spells(frames: int) -> list[OccluderSpan]:
    """The spells of a clip, in order: of either class so many frames as SHARES says, clear ones evenly between.

    Raises InputError where the clip is too short for one of each.
    """
    wanted = {kind: round(share * frames) for kind, share in SHARES.items()}
    if min(wanted.values()) < 2 * ARRIVING:
        least = round(2 * ARRIVING / min(SHARES.values()))
        raise InputError(f"{frames} frames are too few for this mix; take {least} or more")
    row = [(k, n) for k in wanted for n in _parts(wanted[k])]
    solid = [one for one in row if one[0] == OPAQUE]
    thin = [one for one in row if one[0] == TRANSPARENT]
    order = list(solid)
    for i, one in enumerate(thin):  # spread among the opaque ones
        order.insert(round((i + 0.5) * len(solid) / len(thin)) + i, one)
    gaps = _parts(frames - sum(wanted.values()), len(order) + 1)
    out, at = [], 0
    for (kind, length), gap in zip(order, gaps, strict=False):
        out.append(OccluderSpan(kind, at + gap, length))
        at += gap + length
    return out


def _parts(total: int, count: int | None = None) -> list[int]:
    """`total` in `count` parts that differ by one at most."""
    n = max(1, round(total / SPELL)) if count is None else count
    return [total * (i + 1) // n - total * i // n for i in range(n)]


def thing(name: str, mesh: F32, rng: np.random.Generator) -> Passing:
    """A random thing before the face with this mesh, (468, 3) pixels of the picture. name: one of SOLID or
    SEEN_THROUGH."""
    low, high = mesh[:, :2].min(0), mesh[:, :2].max(0)
    wide = float(high[0] - low[0])
    x, y = (low + high) / 2 + rng.normal(0, 0.1, 2) * wide + (0, 0.12 * wide)
    at, seed, side = (float(x), float(y)), int(rng.integers(2**31)), int(rng.choice([-1, 1]))
    sheet, cloud, hung, size = None, None, clear.drips(rng), wide * rng.uniform(0.8, 1.3)
    if name == "veil":
        cloud, size = smoke.smoke(rng), wide * rng.uniform(1.6, 2.4)
    elif name == "glass":
        sheet = clear.glass(rng)
    elif name != "liquid":
        sheet = things.THINGS[name](rng)
    return Passing(name, sheet, cloud, hung, seed, at, float(size), side, float(rng.normal(0, 0.2)))


def laid(image: U8, mesh: F32, what: Passing, there: float, step: int) -> tuple[F32, int]:
    """The picture (h, w, 3) with the thing before it, float32, and what its face is then: NONE, OPAQUE, TRANSPARENT, or
    UNSURE where that is a matter of opinion."""
    bare = image.astype(np.float32)
    wide = float(np.ptp(mesh[:, 0]))
    layers = what.layers(there, step, image.shape[:2], 2 * wide)
    if layers is None:
        return bare, NONE
    out = layers.over(bare)
    maps = np.stack([layers.map(kind) for kind in (LayerKind.OPAQUE, LayerKind.VEIL, LayerKind.GLASS)])
    return out, label(maps, drawn(None, mesh, image.shape[:2]).mask, differing(out, bare))


def cast_for(spell: OccluderSpan, number: int, image: U8, mesh: F32, rng: np.random.Generator) -> Passing:
    """What passes in a spell: drawn again until it can be seen before this face. number: of the spell in its class."""
    names = SOLID if spell.kind == OPAQUE else SEEN_THROUGH
    face = drawn(None, mesh, image.shape[:2]).mask
    for _ in range(TRIES):
        found = thing(names[number % len(names)], mesh, rng)
        over, kind = laid(image, mesh, found, 1.0, spell.length // 2)
        altered = float(((differing(over, image.astype(np.float32)) > VISIBLE) * face).sum())
        if kind == spell.kind and altered >= PLAIN * max(float(face.sum()), 1.0):
            return found
    raise InputError(f"nothing {CLASSES[spell.kind]} can be seen before this face; give a clip with a larger one")


def write(clip: Path, output: Path, meshes: Sequence[F32 | None], seed: int) -> Truth:
    """Writes the clip with its spells (H.264, nearly lossless); returns what is before the face in each frame.

    meshes: each frame's mesh (468, 3), None where no face was seen: such a frame is UNSURE. Raises InputError.
    """
    rng = np.random.default_rng(seed)
    row = spells(len(meshes))
    by_frame = {i: s for s in row for i in range(s.first, s.first + s.length)}
    count, now = {OPAQUE: 0, TRANSPARENT: 0}, None
    kinds, seen = list[int](), list[str]()
    passing: Passing | None = None
    with open_source(str(clip)) as source, av.open(str(output), "w") as sink:
        info = source.info
        stream = sink.add_stream("libx264", rate=info.rate or 25, options={"crf": "12", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = info.width, info.height, "yuv420p"
        for i, (frame, mesh) in enumerate(zip(source.frames(), meshes, strict=False)):
            image, kind = frame.picture.rgb(Rect(0, 0, info.width, info.height)), NONE if mesh is not None else UNSURE
            spell, name = by_frame.get(i), ""
            if spell is not None and mesh is not None:
                if spell is not now:
                    passing, now = cast_for(spell, count[spell.kind], image, mesh, rng), spell
                    count[spell.kind] += 1
                assert passing is not None
                over, kind = laid(image, mesh, passing, spell.there(i), i - spell.first)
                name = passing.kind
                image = np.rint(over).astype(np.uint8)
            sink.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")))
            kinds.append(kind)
            seen.append(name)
        sink.mux(stream.encode(None))
    return Truth(tuple(kinds), tuple(seen))
