"""Evidence: does what the network takes for something transparent change the picture? A pane or steam does; spectacles
and a smile that the plate knows hardly do. And is what nothing covers still the plate's face? Arrays of one crop; knows
no tracks.
"""

import cv2
import numpy as np

from engines.occlusion.clean_plate import Drawn, gain
from engines.occlusion.network import NONE, OPAQUE, TRANSPARENT, Occlusion
from engines.values import F32, U8

LEAST = 12.0  # levels of change, the median over what is claimed
WEIGHT = 2.0  # levels of change, what is claimed spread over the whole crop
CLAIM = (0.1, 0.5)  # opacity of a veil, probability of glass
FEW = 50  # pixels of the crop that are too few to say anything
OTHER = 28.0  # levels of change, the median over what nothing covers, above which it is no longer that face
LIGHT = (0.55, 1.8)  # times as bright as the plate: beyond, it is hair or a wall rather than the face in other light
BARE = 0.2  # opacity below which nothing covers a pixel


def claimed(seen: Occlusion) -> F32:
    """float32 (128, 128): 1 where something transparent is said to be."""
    return np.asarray((seen.veil > CLAIM[0]) | (seen.glass > CLAIM[1]), np.float32)


def stands(seen: Occlusion, crop: U8, plate: Drawn) -> bool:
    """Whether the claim is borne out by a change from the plate. crop: uint8 (128, 128, 3); plate: drawn in its pixels.
    Where the plate is not known there is nothing to hold against it."""
    face = (plate.mask > 0.5) & (plate.known > 0.3)
    said = claimed(seen) > 0
    claim = said & face
    if int(said.sum()) < FEW:
        return False
    if int(claim.sum()) < FEW:
        return True
    image = crop.astype(np.float32)
    rest = np.asarray(plate.known * (face & ~claim & (seen.opaque < 0.5)), np.float32)
    change = np.abs(cv2.GaussianBlur(image - plate.colour * gain(image, plate.colour, rest), (0, 0), 1.5))[claim].max(1)
    return bool(np.median(change) >= LEAST and change.sum() >= WEIGHT * claim.size)


def remains(seen: Occlusion, crop: U8, plate: Drawn) -> bool | None:
    """Whether the part of the face that nothing covers looks as the plate has it. crop, plate: as of `stands`. None
    where hardly any of it is to be seen: nothing then says whether the face is still there."""
    cover = np.maximum(seen.opaque, np.maximum(seen.veil, seen.glass))
    bare = (plate.mask > 0.5) & (plate.known > 0.3) & (cover < BARE)
    if int(bare.sum()) < FEW:
        return None
    image = crop.astype(np.float32)
    light = gain(image, plate.colour, np.asarray(bare, np.float32))
    if not (LIGHT[0] < float(light.min()) and float(light.max()) < LIGHT[1]):
        return False
    change = np.abs(cv2.GaussianBlur(image - plate.colour * light, (0, 0), 1.5))[bare].max(1)
    return float(np.median(change)) < OTHER


def weighed(seen: Occlusion, crop: U8, plate: Drawn) -> Occlusion:
    """The same without the transparent thing, if its claim does not stand."""
    if int(seen.logits.argmax()) != TRANSPARENT or stands(seen, crop, plate):
        return seen
    logits = seen.logits.copy()
    logits[TRANSPARENT] = min(float(logits[NONE]), float(logits[OPAQUE])) - 1
    nothing = np.zeros_like(seen.veil)
    return Occlusion(logits, seen.opaque, nothing, nothing, seen.matrix)
