"""The people that light pairs are made of: portraits, and their textures as photos in many lights would give them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from engines.errors import InputError
from engines.mesh import region, source, texture, warp
from engines.mesh.field import lightnet
from engines.mesh.shape import fit
from engines.mesh.source import SourceFace
from engines.values import F32, U8
from tools.synth.bank import MeshFinder, meshed
from tools.synth.faces import Portrait, portrait
from tools.synth.light.lamps import filmed, level_of, random_scene, shading
from tools.synth.purposes import Purpose, of_people

LEFT_OUT = "composite_"  # averaged people: light and skin are averaged, too
FRAMES = 5  # that are taken of a person of whom there are many
FINEST = 2  # halvings of the texture that faces of light pairs are painted with, at least
LEFT = 0.1, 0.6  # share of a photo's light that its preparation leaves


@dataclass(frozen=True, slots=True)
class LitPortrait:
    """One photo of a person. portrait: see `faces`. sources: the person as the swap reads them from this photo, first
    as it is, then in other lights."""

    portrait: Portrait
    sources: tuple[SourceFace, ...]


def in_other_light(person: SourceFace, rng: np.random.Generator) -> SourceFace:
    """The same person as preparation leaves them of a photo in another light: a part of that light is still on their
    skin. Only the halved textures that small pictures are painted with."""
    base = person.textures[FINEST]
    size = (base.shape[0], base.shape[1])
    normals = warp.enlarge(lightnet.normals(), size)
    on = np.asarray(warp.shrink(region.mask(), size) > 0, np.float32)
    scene = random_scene(rng, rng.uniform(0.2, 1))
    light = shading(scene, normals, np.zeros(size, np.float32), on)
    plain = base.astype(np.float32)
    lit = filmed(plain, light, scene, level_of(plain, light, on))
    left = rng.uniform(*LEFT)
    mixed = (plain + 8) ** (1 - left) * (lit + 8) ** left - 8
    textures = [*person.textures[:FINEST], np.asarray(np.clip(mixed, 0, 255), np.uint8)]
    while len(textures) < len(person.textures):
        textures.append(np.asarray(cv2.pyrDown(textures[-1]), np.uint8))
    return replace(person, textures=tuple(textures))


def model(image: U8, mesh: F32, person: str, lights: int, rng: np.random.Generator) -> LitPortrait:
    """A photo, uint8 (h, w, 3) RGB, with its mesh. lights: how many other lights it is seen in."""
    whole, seen = source.merge([texture.lift(image, mesh)])
    plain = source.assemble(source.delight(whole), seen, fit(mesh).to_canonical(mesh))
    return LitPortrait(portrait(image, mesh, person), (plain, *(in_other_light(plain, rng) for _ in range(lights))))


def casts(
    folder: Path, finder: MeshFinder, lights: int, seed: int
) -> dict[Purpose, dict[str, tuple[LitPortrait, ...]]]:
    """The models of the data folder's people by name, for each purpose; nobody is in two. Raises InputError where the
    folder gives too few."""
    chosen = list(_few(meshed(folder, finder)))
    if not chosen:
        raise InputError(f"{folder} holds no photos of faces")
    purposes = of_people(person for _, _, person in chosen)
    out: dict[Purpose, dict[str, tuple[LitPortrait, ...]]] = {purpose: {} for purpose in Purpose}
    for i, (image, mesh, person) in enumerate(chosen):
        one = model(image, mesh, person, lights, np.random.default_rng((seed, i)))
        held = out[purposes[person]]
        held[person] = (*held.get(person, ()), one)
    return out


def _few(found: Iterable[tuple[U8, F32, str]]) -> Iterator[tuple[U8, F32, str]]:
    """Without averaged people, and with few pictures of one person."""
    count: dict[str, int] = {}
    for image, mesh, person in found:
        count[person] = count.get(person, 0) + 1
        # pictures from a film follow one another closely
        step = 6 if person.startswith("signer_") else 1
        if not person.startswith(LEFT_OUT) and count[person] % step == 1 % step and count[person] <= FRAMES * step:
            yield image, mesh, person
