"""A made-up face with something made-up before it, and the maps that a perfect occlusion network would give."""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

import cv2
import numpy as np

from engines.occlusion.clean_plate import Plate, drawn, updated
from engines.occlusion.network import NONE, OPAQUE, SIDE, TRANSPARENT, Occlusion, frame_to_crop
from engines.values import F32, Box, Face, Patch, Region
from stream.frame import FaceOcclusion, FaceTrack, Frame
from tests.engines.scenes import bytes_of, mesh, picture
from tests.stream.portraits import framed

SIZE = 200
CORNER = (30, 50)  # where the region begins in the frame
CLEAN = picture(SIZE, SIZE, 3, 14)  # the face as it is, float32 (200, 200, 3)
NEW = 255 - 0.8 * CLEAN  # the one to be put there: everywhere far from it
LOCAL = mesh(SIZE, 8.0)  # the mesh in the region's pixels
POSE = (LOCAL + np.array([*CORNER, 0], np.float32)).astype(np.float32)
NOTHING = np.zeros((SIZE, SIZE), np.float32)
THING = (20.0, 160.0, 40.0)  # an opaque thing's colour


@cache
def plate() -> Plate:
    """The clean face, learned."""
    out = Plate.empty()
    for _ in range(6):
        out = updated(out, bytes_of(CLEAN), LOCAL)
    return out


@cache
def on_face() -> F32:
    """float32 (200, 200): 1 well inside the mesh, where the plate is sure."""
    seen = drawn(plate(), LOCAL, (SIZE, SIZE))
    return np.asarray(cv2.erode(seen.mask * (seen.known > 0.9), np.ones((9, 9))), np.float32)


def box(x0: int, y0: int, x1: int, y1: int, value: float = 1.0) -> F32:
    out = NOTHING.copy()
    out[y0:y1, x0:x1] = value
    return out


def seen(opaque: F32 = NOTHING, veil: F32 = NOTHING, glass: F32 = NOTHING, kind: int | None = None) -> Occlusion:
    """What the network would say of maps that are given in the region's pixels."""
    matrix = frame_to_crop(POSE)
    local = matrix.copy()
    local[:, 2] += matrix[:, :2] @ np.array(CORNER, np.float32)
    maps = [np.asarray(cv2.warpAffine(m, local, (SIDE, SIDE)), np.float32) for m in (opaque, veil, glass)]
    if kind is None:
        kind = TRANSPARENT if max(veil.max(), glass.max()) > 0 else OPAQUE if opaque.max() > 0 else NONE
    logits = np.full(3, -4, np.float32)
    logits[kind] = 4
    return Occlusion(logits, maps[0], maps[1], maps[2], matrix)


def track(image: F32, what: Occlusion | None, known: Plate | None = None, number: int = 1) -> FaceTrack:
    """One face whose region shows `image`."""
    front = (
        None if what is None else FaceOcclusion(int(what.logits.argmax()), what, plate() if known is None else known)
    )
    low, high = POSE[:, :2].min(0), POSE[:, :2].max(0)
    face = Face(Box(*map(float, (*low, *high))), np.zeros((6, 2), np.float32), POSE, 1.0)
    return FaceTrack(number, face, 0, region=Region(*CORNER, bytes_of(image)), front=front)


def swapped(colour: F32 = NEW, inset: int = 20) -> Patch:
    """The new face as if nothing were before it: a soft mask over the mesh, cut from the region `inset` pixels in."""
    mask = drawn(None, LOCAL, (SIZE, SIZE)).mask
    soft = np.asarray(cv2.GaussianBlur(cv2.erode(mask, np.ones((9, 9))), (0, 0), 3), np.float32)
    soft[soft < 0.01] = 0
    cut = np.s_[inset : SIZE - inset, inset : SIZE - inset]
    return Patch(CORNER[0] + inset, CORNER[1] + inset, bytes_of(colour)[cut], np.ascontiguousarray(soft[cut]))


def mask_of(patch: Patch) -> F32:
    """The patch's alpha in the region's pixels."""
    out, (x, y) = NOTHING.copy(), (patch.x - CORNER[0], patch.y - CORNER[1])
    h, w = patch.alpha.shape
    out[y : y + h, x : x + w] = patch.alpha
    return out


def laid(image: F32, patch: Patch) -> F32:
    """The region with the patch over it, float32 (200, 200, 3)."""
    out, (x, y) = bytes_of(image).astype(np.float32), (patch.x - CORNER[0], patch.y - CORNER[1])
    h, w = patch.alpha.shape
    part = out[y : y + h, x : x + w]
    part += patch.alpha[..., None] * (patch.rgb - part)
    return out


@dataclass(frozen=True)
class Shown:
    """A picture with something in front, and what it would be were the new face there instead."""

    image: F32
    wanted: F32


def behind_veil(alpha: F32, airlight: tuple[float, float, float], patch: Patch) -> Shown:
    """`I = (1 - a) B + a A`."""
    a, light = alpha[..., None], np.array(airlight, np.float32)
    m = mask_of(patch)[..., None]
    image, new = (np.asarray((1 - a) * b + a * light, np.float32) for b in (CLEAN, NEW))
    return Shown(image, np.asarray(image + m * (new - image), np.float32))


def behind_glass(rho: tuple[float, float, float], shift: tuple[float, float], region: F32, patch: Patch) -> Shown:
    """`I = rho B(x + W)`, one transmission and one displacement."""
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    m, r = mask_of(patch)[..., None], region[..., None]
    mixed = np.asarray(CLEAN + m * (NEW - CLEAN), np.float32)
    through = [
        np.asarray(cv2.remap(b, x + shift[0], y + shift[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
        * np.array(rho, np.float32)
        for b in (CLEAN, mixed)
    ]
    image, wanted = (np.asarray(r * t + (1 - r) * b, np.float32) for t, b in zip(through, (CLEAN, mixed), strict=True))
    return Shown(image, wanted)


def frame(pts: int = 0) -> Frame:
    """A frame that shows the clean face at its place. pts: milliseconds."""
    whole = np.full((300, 300, 3), 90, np.uint8)
    whole[CORNER[1] : CORNER[1] + SIZE, CORNER[0] : CORNER[0] + SIZE] = bytes_of(CLEAN)
    return framed(whole, pts, time_base=Fraction(1, 1000))


def with_thing(cover: F32) -> F32:
    return np.asarray(CLEAN + cover[..., None] * (np.array(THING, np.float32) - CLEAN), np.float32)


def enlarged(what: FaceTrack, times: int) -> FaceTrack:
    """The same face in a picture so many times larger."""
    assert what.region is not None and what.front is not None and what.front.seen is not None
    rgb = np.asarray(cv2.resize(what.region.rgb, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC), np.uint8)
    move = np.float32(times / 2 - 0.5)
    mesh = what.face.mesh * np.float32(times) + np.array([move, move, 0], np.float32)
    matrix = what.front.seen.matrix / np.float32(times)
    matrix[:, 2] = what.front.seen.matrix[:, 2] - matrix[:, :2].sum(1) * move
    front = replace(what.front, seen=replace(what.front.seen, matrix=matrix))
    region = Region(what.region.x * times, what.region.y * times, rgb)
    return replace(what, face=replace(what.face, mesh=mesh), region=region, front=front)
