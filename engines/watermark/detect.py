"""Reads the mark from a window of pictures: is it there, what does it say, how sure is that."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from engines.values import F32, U8
from engines.watermark.code import pilot, read, spell
from engines.watermark.gather import WHOLE, SeenWindow, cells, normalise
from engines.watermark.geometry import search
from engines.watermark.payload import BITS, Payload, from_bits, to_bits
from engines.watermark.timing import signs

ENOUGH = 14.0
"""Least correlation with the whole pattern, in standard deviations of chance. The best of all 2**72 payloads in mere
noise reaches 10.6."""
TRACE = 9.0
"""Least correlation with the pilot alone for `traces`. The best of the windows tried in mere noise reaches about 5."""


@dataclass(frozen=True, slots=True)
class MarkDetection:
    """found: a mark is there. payload: what it says, None where it is too damaged to be read. confidence: 0 to 1, one
    less the odds of chance. strength: standard deviations over chance. window: the part of the picture still seen."""

    found: bool
    confidence: float
    payload: Payload | None
    strength: float
    window: SeenWindow = WHOLE


def detect(lumas: Sequence[U8], thorough: bool = True) -> MarkDetection:
    """lumas: uint8 (h, w), full frames in order as displayed, ten seconds being plenty, one still picture the least.

    thorough: look for mirrored pictures and crops too, where they do not read as they are: some seconds of work."""
    if not lumas:
        raise ValueError("no pictures to look at")
    best = None
    for found in _looks(lumas, thorough):
        if found.payload is not None:
            return found
        best = found if best is None or found.strength > best.strength else best
    assert best is not None
    return best


def _looks(lumas: Sequence[U8], thorough: bool) -> Iterator[MarkDetection]:
    """One look after the other, the cheapest and likeliest first."""
    pictures = [normalise(luma) for luma in lumas]
    yield read_window(pictures, WHOLE)
    if thorough:
        yield read_window([normalise(np.asarray(luma[:, ::-1], np.uint8)) for luma in lumas], WHOLE)
        for window in search(pictures):
            yield read_window(pictures, window)
        height, width = lumas[0].shape
        if 0.9 < width / height < 1.1:
            # A crop may have turned a wide picture into an upright one, or the other way about.
            pictures = [normalise(luma, upright=width >= height) for luma in lumas]
            for window in search(pictures):
                yield read_window(pictures, window)


def read_window(pictures: Sequence[U8], window: SeenWindow) -> MarkDetection:
    """pictures: as `normalise` makes them. The mark is looked for in one placement only."""
    stack = cells(pictures, window)
    soft = combine(stack, signs(stack))
    payload = from_bits(read(soft))
    if payload is None:
        # What was read, right in most groups, is a better reference for the signs than the pilot is.
        again = combine(stack, signs(stack, spell(read(soft))))
        payload, soft = (from_bits(read(again)), again) if from_bits(read(again)) else (None, soft)
    if payload is not None:
        strength = correlation(soft, spell(to_bits(payload)))
        if strength >= ENOUGH:
            chance = BITS * math.log(2) - strength * strength / 2
            return MarkDetection(True, 1 - math.exp(min(0.0, chance)), payload, strength, window)
    strength = correlation(soft, pilot())
    return MarkDetection(
        strength >= TRACE, 1 - math.exp(-strength) if strength >= TRACE else 0.0, None, strength, window
    )


def combine(stack: F32, sign: F32) -> F32:
    """Cells (n, 90, 160) and signs (n,) to one soft pattern (90, 160), each cell weighted by how quiet its place is."""
    mean = np.tensordot(sign, stack, axes=1) / max(float(np.abs(sign).sum()), 1e-6)
    power = cv2.blur(np.square(mean), (7, 7), borderType=cv2.BORDER_REFLECT) + 0.02**2
    noise = power
    if len(stack) > 8:
        noise = power + np.mean(np.square(stack - sign[:, None, None] * mean), axis=0) / len(stack)
    weighted = mean / noise
    limit = 3 * float(np.sqrt(np.mean(np.square(weighted)))) + 1e-9
    return np.asarray(np.clip(weighted, -limit, limit), np.float32)


def correlation(soft: F32, pattern: F32) -> float:
    """Standard deviations over chance of soft cells' agreement with +-1 cells (0: not looked at)."""
    agree = soft * pattern
    return float(agree.sum() / (np.sqrt(np.square(agree).sum()) + 1e-12))
